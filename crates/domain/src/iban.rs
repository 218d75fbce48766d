//! Bank account numbers: IBAN, ISO 13616.

use iban::{IbanLike, ParseBaseIbanError, ParseIbanError};

use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// The length of an IBAN of each country in the SWIFT registry, sorted by country.
///
/// The library knows the lengths too, but tells only at the end whether all is well, so that a person could not be told what is not.
const LENGTHS: [(&str, usize); 87] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

/// An IBAN in its electronic form, without spaces: `FI2112345600000785`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Iban(String);

stored_text!(Iban);

/// What is wrong with an IBAN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IbanFault {
    /// It is not two letters, two digits and then letters and digits, or not structured as its country's are.
    #[error("The IBAN is not valid: write it like FI21 1234 5600 0007 85")]
    Format,
    /// Its country has no IBANs.
    #[error("The country of the IBAN has no IBANs: check its first two letters")]
    Country,
    /// It does not have its country's length.
    #[error("The IBAN of this country has {wanted} characters: check that none is missing or too many")]
    Length {
        /// The length that it should have.
        wanted: usize,
    },
    /// Its check digits do not match.
    #[error("The IBAN's check digits do not match: copy the number again")]
    CheckDigits,
}

impl Coded for IbanFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "iban_format",
            Self::Country => "iban_country",
            Self::Length { .. } => "iban_length",
            Self::CheckDigits => "iban_check_digits",
        }
    }
}

impl Iban {
    /// Reads an IBAN in either case; spaces are dropped wherever they are.
    ///
    /// # Errors
    /// [`IbanFault`], the first that holds in the order of its variants, but the country's structure last.
    pub fn parse(text: &str) -> Result<Self, IbanFault> {
        let electronic: String =
            text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}')).map(|c| c.to_ascii_uppercase()).take(64).collect();
        let (country, rest) = electronic.split_at_checked(2).ok_or(IbanFault::Format)?;
        let formed = country.bytes().all(|byte| byte.is_ascii_uppercase())
            && rest.len() >= 2
            && rest.bytes().take(2).all(|byte| byte.is_ascii_digit())
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !formed {
            return Err(IbanFault::Format);
        }
        let place = LENGTHS.binary_search_by_key(&country, |(known, _)| known).map_err(|_| IbanFault::Country)?;
        let wanted = LENGTHS[place].1;
        if electronic.len() != wanted {
            return Err(IbanFault::Length { wanted });
        }
        match electronic.parse::<iban::Iban>() {
            Ok(iban) => Ok(Self(iban.electronic_str().to_owned())),
            Err(ParseIbanError::InvalidBaseIban { source: ParseBaseIbanError::InvalidChecksum }) => {
                Err(IbanFault::CheckDigits)
            }
            Err(ParseIbanError::UnknownCountry(_)) => Err(IbanFault::Country),
            Err(
                ParseIbanError::InvalidBaseIban { source: ParseBaseIbanError::InvalidFormat }
                | ParseIbanError::InvalidBban(_),
            ) => Err(IbanFault::Format),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::check_digit::modulo_97;

    /// The IBAN of `bban` with fitting check digits.
    fn with_check_digits(country: &str, bban: &str) -> String {
        let check = 98 - modulo_97(format!("{bban}{country}00").chars());
        format!("{country}{check:02}{bban}")
    }

    #[test]
    fn takes_spaces_and_either_case() {
        for text in ["FI2112345600000785", "FI21 1234 5600 0007 85", " fi21\u{a0}1234560 0000785 "] {
            assert_eq!(Iban::parse(text).unwrap().as_str(), "FI2112345600000785", "{text:?}");
        }
        for text in [
            "FI1410093000123458",
            "SE4550000000058398257466",
            "NO9386011117947",
            "DK5000400440116243",
            "EE382200221020145685",
        ] {
            assert_eq!(Iban::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn faults_are_told_apart() {
        for (text, code) in [
            ("FI2112345600000786", "iban_check_digits"),
            ("FI21123456000007851", "iban_length"),
            ("FI211234560000078", "iban_length"),
            ("FI21", "iban_length"),
            ("US2112345600000785", "iban_country"),
            ("XX21", "iban_country"),
            ("", "iban_format"),
            ("FI", "iban_format"),
            ("FI2", "iban_format"),
            ("2112345600000785", "iban_format"),
            ("FI21-1234-5600-0007-85", "iban_format"),
            ("FI2112345600000785\0", "iban_format"),
            ("FI２１12345600000785", "iban_format"),
        ] {
            assert_eq!(Iban::parse(text).unwrap_err().code(), code, "{text:?}");
        }
        // Right length and check digits, but a Finnish account number has no letters.
        assert_eq!(Iban::parse(&with_check_digits("FI", "1234560000078A")), Err(IbanFault::Format));
        assert_eq!(Iban::parse(&"FI21".repeat(100_000)), Err(IbanFault::Length { wanted: 18 }));
    }

    #[test]
    fn the_countries_are_those_of_the_library() {
        assert!(LENGTHS.is_sorted());
        for (a, b) in ('A'..='Z').flat_map(|a| ('A'..='Z').map(move |b| (a, b))) {
            let country = format!("{a}{b}");
            let known = LENGTHS.binary_search_by_key(&country.as_str(), |(known, _)| known).is_ok();
            let answer = with_check_digits(&country, "00000000000000").parse::<iban::Iban>();
            assert_eq!(!matches!(answer, Err(ParseIbanError::UnknownCountry(_))), known, "{country}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_never_passes(bban in "[0-9]{14}", place in 2_usize..18, shift in 1_u8..10) {
            let right = with_check_digits("FI", &bban);
            prop_assert!(Iban::parse(&right).is_ok());
            let mut wrong = right.clone().into_bytes();
            wrong[place] = b'0' + (wrong[place] - b'0' + shift) % 10;
            prop_assert_eq!(Iban::parse(&String::from_utf8(wrong).unwrap()), Err(IbanFault::CheckDigits));
        }

        #[test]
        fn arbitrary_texts_are_refused_or_read_again_as_stored(text in "[A-Z]{2}[0-9]{2}[0-9A-Z ]{0,32}|\\PC*") {
            if let Ok(iban) = Iban::parse(&text) {
                prop_assert_eq!(Iban::parse(iban.as_str()), Ok(iban));
            }
        }
    }
}
