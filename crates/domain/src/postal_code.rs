//! Postal codes, by the pattern of their country.

use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::pattern;
use crate::stored_text::stored_text;
use crate::text::{self, TextFault};

/// The most characters of a postal code of a country whose pattern is not known here.
const LONGEST_OTHER: usize = 12;

/// A postal code as its country writes it: `00100`, `123 45`, `LV-1010`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PostalCode(String);

stored_text!(PostalCode);

/// What is wrong with a postal code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostalCodeFault {
    /// It does not follow the pattern of its country.
    #[error("The postal code does not fit its country: write it like {example}")]
    Format {
        /// A code of that country.
        example: &'static str,
    },
    /// It cannot be a postal code of any country.
    #[error(transparent)]
    Text(#[from] TextFault),
}

impl Coded for PostalCodeFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format { .. } => "postal_code_format",
            Self::Text(fault) => fault.code(),
        }
    }
}

/// The templates of a country ([`pattern`]) and an example; `None` where any short text will do.
fn rule(country: CountryCode) -> Option<(&'static [&'static str], &'static str)> {
    Some(match country.as_str() {
        "AT" => (&["nddd"], "1010"),
        "BE" => (&["nddd"], "1000"),
        "BG" => (&["nddd"], "1000"),
        "CH" => (&["nddd"], "8001"),
        "CY" => (&["nddd"], "1010"),
        "CZ" => (&["ddd dd"], "110 00"),
        "DE" => (&["ddddd"], "10115"),
        "DK" => (&["dddd"], "1050"),
        "EE" => (&["ddddd"], "10111"),
        "ES" => (&["ddddd"], "28001"),
        "FI" => (&["ddddd"], "00100"),
        "FR" => (&["ddddd"], "75001"),
        "GB" => (&["ad daa", "add daa", "aad daa", "aadd daa", "ada daa", "aada daa"], "SW1A 1AA"),
        "GR" => (&["ddd dd"], "104 31"),
        "HR" => (&["ddddd"], "10000"),
        "HU" => (&["nddd"], "1011"),
        "IE" => (&["add xxxx", "D6W xxxx"], "D02 AF30"),
        "IS" => (&["ddd"], "101"),
        "IT" => (&["ddddd"], "00118"),
        "LI" => (&["nddd"], "9490"),
        "LT" => (&["LT-ddddd"], "LT-01100"),
        "LU" => (&["L-dddd"], "L-1009"),
        "LV" => (&["LV-dddd"], "LV-1010"),
        "MT" => (&["aaa dddd"], "VLT 1117"),
        "NL" => (&["nddd aa"], "1012 AB"),
        "NO" => (&["dddd"], "0150"),
        "PL" => (&["dd-ddd"], "00-001"),
        "PT" => (&["dddd-ddd"], "1100-148"),
        "RO" => (&["dddddd"], "010011"),
        "SE" => (&["ndd dd"], "111 22"),
        "SI" => (&["nddd"], "1000"),
        "SK" => (&["ddd dd"], "811 01"),
        _ => return None,
    })
}

impl PostalCode {
    /// Reads a postal code of `country`, in either case, with or without the space or hyphen that belongs in it.
    ///
    /// # Errors
    /// [`PostalCodeFault`], when the code is none of that country, or is longer than 12 characters.
    pub fn parse(text: &str, country: CountryCode) -> Result<Self, PostalCodeFault> {
        let Some((templates, example)) = rule(country) else {
            text::check(text, LONGEST_OTHER)?;
            return if text::is_blank(text) {
                Err(PostalCodeFault::Format { example: "1010" })
            } else {
                Ok(Self(text.to_owned()))
            };
        };
        let mut upper = text.to_ascii_uppercase();
        // Letters that belong to the code and that people leave out.
        let letters = match country.as_str() {
            "LT" => "LT",
            "LU" => "L",
            "LV" => "LV",
            _ => "",
        };
        if upper.starts_with(|character: char| character.is_ascii_digit()) {
            upper.insert_str(0, letters);
        }
        templates
            .iter()
            .find_map(|template| pattern::fit(template, &upper))
            .map(Self)
            .ok_or(PostalCodeFault::Format { example })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::every_country;

    fn parse(country: &str, text: &str) -> Result<String, PostalCodeFault> {
        PostalCode::parse(text, CountryCode::parse(country).unwrap()).map(PostalCode::into_string)
    }

    #[test]
    fn every_example_follows_its_own_rule() {
        let mut known = 0;
        for country in every_country() {
            if let Some((_, example)) = rule(country) {
                assert_eq!(parse(country.as_str(), example).as_deref(), Ok(example), "{country}");
                known += 1;
            }
        }
        // The 27 members of the EU, and Norway, Iceland, Liechtenstein, Switzerland and the United Kingdom.
        assert_eq!(known, 32);
    }

    #[test]
    fn codes_are_stored_as_their_country_writes_them() {
        for (country, text, stored) in [
            ("FI", "12345", "12345"),
            ("SE", "12345", "123 45"),
            ("SE", "123 45", "123 45"),
            ("NL", "1012ab", "1012 AB"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "M1 1AE", "M1 1AE"),
            ("LV", "1010", "LV-1010"),
            ("LT", "lt 01100", "LT-01100"),
            ("LU", "1009", "L-1009"),
            ("PL", "00001", "00-001"),
            ("IE", "d6wxy12", "D6W XY12"),
            ("US", "20500-0003", "20500-0003"),
            ("HK", "-", "-"),
        ] {
            assert_eq!(parse(country, text).as_deref(), Ok(stored), "{country} {text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for (country, text) in [
            ("FI", "1234"),
            ("FI", "123456"),
            ("FI", "1234A"),
            ("FI", "12 345"),
            ("FI", "１２３４５"),
            ("SE", "012 34"),
            ("NO", "150"),
            ("DK", "DK-1050"),
            ("EE", "1011"),
            ("GB", "SW1A"),
            ("PL", "PL-001"),
            ("NL", "0012 AB"),
        ] {
            let fault = parse(country, text).unwrap_err();
            assert_eq!(fault.code(), "postal_code_format", "{country} {text}");
        }
        assert_eq!(parse("US", "1234567890123").unwrap_err().code(), "too_long");
        assert_eq!(parse("US", "1\u{0}2").unwrap_err().code(), "nul_character");
        assert_eq!(parse("US", " ").unwrap_err().code(), "postal_code_format");
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again_as_it_is(text in "[A-Za-z0-9 -]{1,9}|\\PC{0,14}") {
            for country in every_country() {
                if let Ok(code) = PostalCode::parse(&text, country) {
                    prop_assert_eq!(PostalCode::parse(code.as_str(), country), Ok(code));
                }
            }
        }
    }
}
