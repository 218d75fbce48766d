//! The languages of the point-of-sale front.

use std::fmt;

use crate::stored_text::stored_name;

/// A language that every text of the point-of-sale front is there in: the parameter `lang`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// English, which is meant where none is named.
    #[default]
    English,
    /// French, as written in Canada.
    French,
}

stored_name!(Lang);

/// The text names no language of the front.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The language is unknown: use en or fr")]
pub struct UnknownLang;

impl Lang {
    /// Both languages.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// Reads `en` or `fr`.
    ///
    /// # Errors
    /// [`UnknownLang`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownLang> {
        Self::ALL.into_iter().find(|lang| lang.as_str() == text).ok_or(UnknownLang)
    }

    /// Reads a language as a customer's is written: `en` or `fr` in either case, with or without the country Canada
    /// (`fr-CA`, as the public example of a customer has it).
    ///
    /// # Errors
    /// [`UnknownLang`] for any other text.
    pub fn parse_preferred(text: &str) -> Result<Self, UnknownLang> {
        let lower = text.to_ascii_lowercase();
        Self::parse(lower.strip_suffix("-ca").unwrap_or(&lower))
    }

    /// The two letters in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_languages_and_english_unless_named() {
        assert_eq!(
            (Lang::parse("en"), Lang::parse("fr"), Lang::default()),
            (Ok(Lang::English), Ok(Lang::French), Lang::English)
        );
        for wrong in ["", "de", "EN", "fr-CA", "en ", "french"] {
            assert_eq!(Lang::parse(wrong), Err(UnknownLang), "{wrong}");
        }
        for (text, lang) in [("fr-CA", Lang::French), ("EN", Lang::English), ("en-ca", Lang::English)] {
            assert_eq!(Lang::parse_preferred(text), Ok(lang), "{text}");
        }
        for wrong in ["fr-FR", "-ca", "", "de-CA"] {
            assert_eq!(Lang::parse_preferred(wrong), Err(UnknownLang), "{wrong}");
        }
    }
}
