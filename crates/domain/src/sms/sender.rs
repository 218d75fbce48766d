//! Who a short message says it is from.

use std::fmt;

use crate::fault_code::Coded;

/// The sender of a short message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// A number in E.164, with its plus: `+358441234567`.
    Number(String),
    /// A short code: 3 to 8 digits.
    ShortCode(String),
    /// A name of 1 to 11 characters, at least one of them no digit. It cannot be answered.
    Name(String),
}

/// What is wrong with a sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SenderFault {
    /// It begins with a plus and is no number.
    #[error("The sender is not a number in E.164: write a plus and 7 to 15 digits, the first of them not 0")]
    Number,
    /// It is all digits, and neither a short code nor in E.164.
    #[error("The sender is neither a short code of 3 to 8 digits nor a number: begin a number with a plus")]
    Digits,
    /// It is no name.
    #[error(
        "The sender's name may have 1 to 11 of the letters A to Z, digits, spaces and . - _ &, and no space at its ends"
    )]
    Name,
}

impl Coded for SenderFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Number => "sender_number",
            Self::Digits => "sender_digits",
            Self::Name => "sender_name",
        }
    }
}

impl Sender {
    /// Reads a number in E.164 with its plus, a short code, or a name.
    ///
    /// # Errors
    /// [`SenderFault`], when it is none of them.
    pub fn parse(text: &str) -> Result<Self, SenderFault> {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        if let Some(number) = text.strip_prefix('+') {
            let valid = digits(number) && (7..=15).contains(&number.len()) && !number.starts_with('0');
            return valid.then(|| Self::Number(text.to_owned())).ok_or(SenderFault::Number);
        }
        if digits(text) {
            let valid = (3..=8).contains(&text.len());
            return valid.then(|| Self::ShortCode(text.to_owned())).ok_or(SenderFault::Digits);
        }
        let allowed = |character: char| character.is_ascii_alphanumeric() || " .-_&".contains(character);
        let valid = (1..=11).contains(&text.len()) && text.chars().all(allowed) && text.trim() == text;
        valid.then(|| Self::Name(text.to_owned())).ok_or(SenderFault::Name)
    }

    /// As it was read.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(text) | Self::ShortCode(text) | Self::Name(text) => text,
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_kinds() {
        assert!(matches!(Sender::parse("+358441234567"), Ok(Sender::Number(_))));
        for code in ["112", "17163", "12345678"] {
            assert!(matches!(Sender::parse(code), Ok(Sender::ShortCode(_))), "{code}");
        }
        for name in ["Tally", "A", "Oy A&B 24-7", "12345678901a".get(1..).unwrap_or_default()] {
            assert!(matches!(Sender::parse(name), Ok(Sender::Name(_))), "{name}");
        }
    }

    #[test]
    fn refuses_the_rest_and_says_why() {
        for (text, fault) in [
            ("+", SenderFault::Number),
            ("+0441234567", SenderFault::Number),
            ("+1234567890123456", SenderFault::Number),
            ("12", SenderFault::Digits),
            ("358441234567", SenderFault::Digits),
            ("", SenderFault::Name),
            ("Tallystick Oy", SenderFault::Name),
            ("Töölö", SenderFault::Name),
            (" Tally", SenderFault::Name),
            ("Tally\n", SenderFault::Name),
        ] {
            assert_eq!(Sender::parse(text), Err(fault), "{text:?}");
        }
    }
}
