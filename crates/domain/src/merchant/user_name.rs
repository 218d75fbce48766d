//! The user name of a merchant's user: `merchant_username` of the POS API.

use crate::fault_code::Coded;
use crate::stored_text::stored_text;
use crate::text;

/// The most characters of a user name.
const LONGEST: usize = 100;

/// A user name as it was typed when the user was added. Two that differ in case only are one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

stored_text!(UserName);

/// What is wrong with a user name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserNameFault {
    /// It is empty, too long, has control characters, or white space around it.
    #[error(
        "A user name has 1 to {LONGEST} characters, no control characters and no space around it, such as merchantonline"
    )]
    Format,
}

impl Coded for UserNameFault {
    fn code(&self) -> &'static str {
        "user_name_format"
    }
}

impl UserName {
    /// Reads a user name.
    ///
    /// # Errors
    /// [`UserNameFault`].
    pub fn parse(name: &str) -> Result<Self, UserNameFault> {
        let is_plain = name.trim() == name && !name.contains(char::is_control) && !name.contains(text::AFTER_ALL);
        if name.is_empty() || name.chars().nth(LONGEST).is_some() || !is_plain {
            return Err(UserNameFault::Format);
        }
        Ok(Self(name.to_owned()))
    }

    /// The form in which it is unique: [`text::folded`].
    #[must_use]
    pub fn folded(&self) -> String {
        text::folded(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_tell_two_apart() {
        let folded = |name: &str| UserName::parse(name).unwrap().folded();
        assert_eq!(folded("MerchantOnline"), folded("merchantonline"));
        assert_eq!(folded("Zoé Côté"), folded("ZOÉ CÔTÉ"));
        assert_ne!(folded("merchantonline"), folded("merchantonline2"));
        assert_eq!(UserName::parse("Zoé Côté").unwrap().as_str(), "Zoé Côté");
    }

    #[test]
    fn the_rest_is_refused() {
        let long = "é".repeat(101);
        for name in ["", " ", " a", "a\n", "a\0b", "a\u{1b}[2J", "\u{10ffff}", &long] {
            assert_eq!(UserName::parse(name), Err(UserNameFault::Format), "{name:?}");
        }
        assert!(UserName::parse(&"é".repeat(100)).is_ok());
    }
}
