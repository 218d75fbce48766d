//! E-mail addresses, by the pattern of the WHATWG HTML standard ("valid e-mail address").

use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// The most characters of an address (RFC 5321 section 4.5.3.1.3, less the angle brackets).
pub const LONGEST: usize = 254;

/// An e-mail address, kept as sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(String);

stored_text!(Email);

/// What is wrong with an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// It does not follow the pattern.
    #[error("The e-mail address is not valid: write it like name@example.fi, with a domain outside ASCII as xn--…")]
    Format,
    /// It is longer than mail servers take.
    #[error("The e-mail address may have {LONGEST} characters at most: use a shorter one")]
    TooLong,
}

impl Coded for EmailFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "email_format",
            Self::TooLong => "too_long",
        }
    }
}

impl Email {
    /// Reads an address.
    ///
    /// # Errors
    /// [`EmailFault`], when it does not follow the pattern or is longer than 254 characters.
    pub fn parse(text: &str) -> Result<Self, EmailFault> {
        if text.chars().nth(LONGEST).is_some() {
            return Err(EmailFault::TooLong);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailFault::Format)?;
        if !local.is_empty() && local.bytes().all(is_local) && domain.split('.').all(is_label) {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailFault::Format)
        }
    }
}

/// Whether `byte` may stand before the `@`.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

/// Whether `label` may stand between the dots of the domain.
fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_what_the_pattern_takes() {
        for text in
            ["email@testcustomer.fi", "a@b", "first.last+tag@sub.example.co.uk", "..@1-2.3", "!#$%&'*+/=?^_`{|}~-@x.y"]
        {
            assert_eq!(Email::parse(text).unwrap().as_str(), text);
        }
        assert!(Email::parse(&format!("a@{}.fi", "b".repeat(63))).is_ok());
    }

    #[test]
    fn refuses_what_the_pattern_refuses() {
        for text in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c.fi",
            "a@b..fi",
            "a@.fi",
            "a@b.",
            "a@-b.fi",
            "a@b-.fi",
            "a@b_c.fi",
            "\"a\"@b.fi",
            "ä@b.fi",
            "a@meikäläinen.fi",
            "a@b.fi\n",
            "a\0@b.fi",
            "Name <a@b.fi>",
            "a@[192.0.2.1]",
        ] {
            assert_eq!(Email::parse(text), Err(EmailFault::Format), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("a@{}.fi", "b".repeat(64))), Err(EmailFault::Format));
    }

    #[test]
    fn two_hundred_and_fifty_four_characters_are_the_most() {
        let of = |length: usize| format!("{}@b.fi", "a".repeat(length - 5));
        assert!(Email::parse(&of(254)).is_ok());
        assert_eq!(Email::parse(&of(255)), Err(EmailFault::TooLong));
    }

    proptest! {
        #[test]
        fn takes_every_match_of_the_pattern(
            text in "[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?){0,3}"
        ) {
            prop_assert_eq!(Email::parse(&text).map(Email::into_string), Ok(text));
        }

        #[test]
        fn never_takes_a_blank_or_a_line_break(text in any::<String>()) {
            if Email::parse(&text).is_ok() {
                prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
