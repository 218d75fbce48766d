//! A text that a person reads, in both languages of the point of sale.

use crate::reference_data::Lang;

/// A text in English and in French.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bilingual {
    /// In English.
    pub en: String,
    /// In French.
    pub fr: String,
}

impl Bilingual {
    /// A text in both.
    #[must_use]
    pub fn new(en: &str, fr: &str) -> Self {
        Self { en: en.to_owned(), fr: fr.to_owned() }
    }

    /// The text in a language.
    #[must_use]
    pub fn of(&self, lang: Lang) -> &str {
        match lang {
            Lang::English => &self.en,
            Lang::French => &self.fr,
        }
    }

    /// Both texts.
    pub(super) fn both(&self) -> [&str; 2] {
        [&self.en, &self.fr]
    }
}
