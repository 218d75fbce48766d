//! Global location numbers: GLN, of the GS1 General Specifications.

use crate::check_digit;
use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// A GLN of 13 digits: `9506000134352`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gln(String);

stored_text!(Gln);

/// What is wrong with a GLN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlnFault {
    /// It does not have 13 digits.
    #[error("The global location number is not valid: write its 13 digits like 9506000134352")]
    Format,
    /// Its last digit does not match the others.
    #[error("The check digit of the global location number does not match: copy the number again")]
    CheckDigit,
}

impl Coded for GlnFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "gln_format",
            Self::CheckDigit => "gln_check_digit",
        }
    }
}

impl Gln {
    /// Reads a GLN; spaces are dropped.
    ///
    /// # Errors
    /// [`GlnFault`], with a wrong check digit apart from a wrong form.
    pub fn parse(text: &str) -> Result<Self, GlnFault> {
        let digits: String = text.chars().filter(|c| *c != ' ').take(14).collect();
        if digits.len() != 13 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(GlnFault::Format);
        }
        if check_digit::gs1(digits.as_bytes()) { Ok(Self(digits)) } else { Err(GlnFault::CheckDigit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_apart() {
        // The example of the GS1 General Specifications, and an article number, which has the same check digit.
        for text in ["9506000134352", "4006381333931", "4006381 33393 1"] {
            assert_eq!(Gln::parse(text).unwrap().as_str(), text.replace(' ', ""));
        }
        assert_eq!(Gln::parse("4006381333932").unwrap_err().code(), "gln_check_digit");
        for text in ["", "400638133393", "40063813339311", "400638133393A", "４006381333931", "4006381-33393-1"] {
            assert_eq!(Gln::parse(text), Err(GlnFault::Format), "{text}");
        }
    }
}
