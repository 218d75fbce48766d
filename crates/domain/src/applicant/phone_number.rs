//! Telephone numbers of ten digits, as the point-of-sale contract has them.

use crate::stored_text::stored_text;

/// A number of the North American Numbering Plan, ten digits: `6135550123`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NorthAmericanNumber(String);

stored_text!(NorthAmericanNumber);

impl std::fmt::Debug for NorthAmericanNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NorthAmericanNumber(…)")
    }
}

/// The text is no such number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The telephone number is not a North American one: write its ten digits, such as 613 555 0123")]
pub struct PhoneNumberFault;

impl NorthAmericanNumber {
    /// Reads ten digits, with or without the country code 1 before them; spaces, hyphens, full stops and parentheses may
    /// separate them. Area code and exchange begin with 2 to 9, and neither ends in 11 (the plan's "NPA-NXX"). Which area
    /// codes are in use is not looked at, since new ones come every year.
    ///
    /// # Errors
    /// [`PhoneNumberFault`] for any other text.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberFault> {
        let text = text.trim();
        let plain = text.strip_prefix('+').unwrap_or(text);
        let separator = |character: &char| matches!(character, ' ' | '\u{a0}' | '-' | '.' | '(' | ')');
        // Longer texts are none, however many of their characters separate something.
        let digits: String = plain.chars().take(32).filter(|character| !separator(character)).collect();
        let national = match digits.len() {
            11 => digits.strip_prefix('1').ok_or(PhoneNumberFault)?,
            _ if text.starts_with('+') => return Err(PhoneNumberFault),
            _ => &digits,
        };
        let formed = national.len() == 10 && national.bytes().all(|byte| byte.is_ascii_digit()) && plain.len() <= 32;
        let code = |part: &str| !part.starts_with(['0', '1']) && !part.ends_with("11");
        if formed && code(&national[..3]) && code(&national[3..6]) {
            Ok(Self(national.to_owned()))
        } else {
            Err(PhoneNumberFault)
        }
    }

    /// The number in E.164: `+16135550123`.
    #[must_use]
    pub fn e164(&self) -> String {
        format!("+1{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_ten_digits() {
        for text in ["6135550123", "613 555 0123", "(613) 555-0123", "+1 613.555.0123", "16135550123", "1-613-555-0123"]
        {
            assert_eq!(NorthAmericanNumber::parse(text).unwrap().as_str(), "6135550123", "{text}");
        }
        assert_eq!(NorthAmericanNumber::parse("6135550123").unwrap().e164(), "+16135550123");
        for wrong in [
            "",
            "613555012",
            "61355501234",
            "26135550123",
            "0135550123",
            "1135550123",
            "6130550123",
            "9115550123",
            "6139110123",
            "613555012a",
            "+6135550123",
            "+358441234567",
            "６１３５５５０１２３",
            "613 555 0123 ext 4",
            "++16135550123",
        ] {
            assert_eq!(NorthAmericanNumber::parse(wrong), Err(PhoneNumberFault), "{wrong}");
        }
        assert_eq!(NorthAmericanNumber::parse(&format!("6135550123{}", "-".repeat(100))), Err(PhoneNumberFault));
        assert!(!format!("{:?}", NorthAmericanNumber::parse("6135550123")).contains("613"));
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again(text in "[+]?1?[ (]?[0-9]{3}[)-]?[0-9]{3}[ .-]?[0-9]{4}|\\PC*") {
            if let Ok(number) = NorthAmericanNumber::parse(&text) {
                prop_assert_eq!(NorthAmericanNumber::parse(number.as_str()), Ok(number.clone()));
                prop_assert_eq!(NorthAmericanNumber::parse(&number.e164()), Ok(number));
            }
        }
    }
}
