//! Swedish giro numbers: bankgiro and plusgiro, each with a Luhn check digit at its end.

use crate::check_digit;
use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// A bankgiro number as it is printed: `5805-6201`, `902-0033`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bankgiro(String);

stored_text!(Bankgiro);

/// A plusgiro number as it is printed: `28 65 43-4`, `4-2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Plusgiro(String);

stored_text!(Plusgiro);

/// What is wrong with a bankgiro number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BankgiroFault {
    /// It does not have 7 or 8 digits.
    #[error("The bankgiro number is not valid: write its 7 or 8 digits like 5805-6201")]
    Format,
    /// Its last digit does not match the others.
    #[error("The check digit of the bankgiro number does not match: copy the number again")]
    CheckDigit,
}

impl Coded for BankgiroFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "bankgiro_format",
            Self::CheckDigit => "bankgiro_check_digit",
        }
    }
}

/// What is wrong with a plusgiro number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlusgiroFault {
    /// It does not have 2 to 8 digits.
    #[error("The plusgiro number is not valid: write its 2 to 8 digits like 28 65 43-4")]
    Format,
    /// Its last digit does not match the others.
    #[error("The check digit of the plusgiro number does not match: copy the number again")]
    CheckDigit,
}

impl Coded for PlusgiroFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "plusgiro_format",
            Self::CheckDigit => "plusgiro_check_digit",
        }
    }
}

impl Bankgiro {
    /// Reads a bankgiro number; spaces and hyphens are dropped wherever they are.
    ///
    /// # Errors
    /// [`BankgiroFault`], when the number of digits or the check digit is wrong.
    pub fn parse(text: &str) -> Result<Self, BankgiroFault> {
        let digits = digits(text).filter(|digits| (7..=8).contains(&digits.len())).ok_or(BankgiroFault::Format)?;
        if !check_digit::luhn(digits.as_bytes()) {
            return Err(BankgiroFault::CheckDigit);
        }
        let (start, end) = digits.split_at(digits.len() - 4);
        Ok(Self(format!("{start}-{end}")))
    }
}

impl Plusgiro {
    /// Reads a plusgiro number; spaces and hyphens are dropped wherever they are.
    ///
    /// # Errors
    /// [`PlusgiroFault`], when the number of digits or the check digit is wrong.
    pub fn parse(text: &str) -> Result<Self, PlusgiroFault> {
        let digits = digits(text).filter(|digits| (2..=8).contains(&digits.len())).ok_or(PlusgiroFault::Format)?;
        if !check_digit::luhn(digits.as_bytes()) {
            return Err(PlusgiroFault::CheckDigit);
        }
        let (body, check) = digits.split_at(digits.len() - 1);
        let mut printed = String::with_capacity(12);
        for (place, digit) in body.char_indices() {
            // Pairs from the right; a digit left over joins the first pair.
            if place > 1 && (body.len() - place).is_multiple_of(2) {
                printed.push(' ');
            }
            printed.push(digit);
        }
        Ok(Self(format!("{printed}-{check}")))
    }
}

/// The digits of `text`, when there is nothing else in it but spaces and hyphens.
fn digits(text: &str) -> Option<String> {
    if text.len() > 32 {
        return None;
    }
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    plain.bytes().all(|byte| byte.is_ascii_digit()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bankgiro_is_stored_as_it_is_printed() {
        for (text, stored) in [
            ("5805-6201", "5805-6201"),
            ("58056201", "5805-6201"),
            ("902-0033", "902-0033"),
            ("9020033", "902-0033"),
            (" 5402968 1 ", "5402-9681"),
        ] {
            assert_eq!(Bankgiro::parse(text).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn plusgiro_is_stored_as_it_is_printed() {
        for (text, stored) in [
            ("28 65 43-4", "28 65 43-4"),
            ("2865434", "28 65 43-4"),
            ("28 65 434", "28 65 43-4"),
            ("41054685", "410 54 68-5"),
            ("42", "4-2"),
            ("4-2", "4-2"),
        ] {
            assert_eq!(Plusgiro::parse(text).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn faults_are_told_apart() {
        assert_eq!(Bankgiro::parse("5805-6202"), Err(BankgiroFault::CheckDigit));
        for text in ["", "-", "580-620", "58056-62012", "5805/6201", "5805 6201x", "５８０５６２０１", "5805-6201\0"]
        {
            assert_eq!(Bankgiro::parse(text), Err(BankgiroFault::Format), "{text:?}");
        }
        assert_eq!(Plusgiro::parse("28 65 43-5"), Err(PlusgiroFault::CheckDigit));
        for text in ["", "0", "123456789", "28.65.43-4", "PG 28 65 43-4"] {
            assert_eq!(Plusgiro::parse(text), Err(PlusgiroFault::Format), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again_as_it_is(text in "[0-9]{1,4}[ -]?[0-9]{1,4}|\\PC*") {
            if let Ok(giro) = Bankgiro::parse(&text) {
                prop_assert_eq!(Bankgiro::parse(giro.as_str()), Ok(giro));
            }
            if let Ok(giro) = Plusgiro::parse(&text) {
                prop_assert_eq!(Plusgiro::parse(giro.as_str()), Ok(giro));
            }
        }

        #[test]
        fn of_ten_last_digits_one_fits(body in "[0-9]{6,7}") {
            let fitting = (0..10).filter(|digit| Bankgiro::parse(&format!("{body}{digit}")).is_ok()).count();
            prop_assert_eq!(fitting, 1);
        }
    }
}
