//! Business codes: the number of a business in the trade register of its country.

use crate::check_digit;
use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::pattern;
use crate::stored_text::stored_text;
use crate::text::{self, TextFault};

/// The most characters of a business code of a country whose form is not known here.
const LONGEST_OTHER: usize = 32;

/// A business code in the one form by which a business is recognised again: `0737546-2`, `556016-0680`, `923609016`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BusinessCode(String);

stored_text!(BusinessCode);

/// What is wrong with a business code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusinessCodeFault {
    /// It does not have the form of its country.
    #[error("The business code does not fit its country: write it like {example}")]
    Format {
        /// A code of that country.
        example: &'static str,
    },
    /// It has the form, but its check digit does not match.
    #[error("The check digit of the business code does not match: copy the code again from the trade register")]
    CheckDigit {
        /// The code all the same: the sandbox takes it.
        code: BusinessCode,
    },
    /// It cannot be a business code of any country.
    #[error(transparent)]
    Text(#[from] TextFault),
}

impl Coded for BusinessCodeFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format { .. } => "business_code_format",
            Self::CheckDigit { .. } => "business_code_check_digit",
            Self::Text(fault) => fault.code(),
        }
    }
}

impl BusinessCode {
    /// Whether codes of `country` have a form that is known here, so that other texts are refused.
    #[must_use]
    pub fn has_form(country: CountryCode) -> bool {
        matches!(country.as_str(), "FI" | "SE" | "NO" | "DK" | "EE")
    }

    /// Reads a business code of `country`. Spaces inside the number are taken for the Nordic countries and Estonia.
    ///
    /// - FI: Y-tunnus `1234567-8`; the old form with six digits before the hyphen gets a leading zero.
    /// - SE: organisationsnummer, ten digits with or without the hyphen; the twelve digits of a personal number, whose first
    ///   two (the century) are dropped, so that a sole trader has one code.
    /// - NO: organisasjonsnummer, nine digits. DK: CVR number, eight digits. EE: registrikood, eight digits.
    /// - Elsewhere any text of 1 to 32 characters, kept as sent.
    ///
    /// # Errors
    /// [`BusinessCodeFault`], with a wrong check digit apart from a wrong form.
    pub fn parse(text: &str, country: CountryCode) -> Result<Self, BusinessCodeFault> {
        let (form, rule, example): (Form, Rule, _) = match country.as_str() {
            "FI" => (finnish, check_digit::finnish, "1234567-1"),
            "SE" => (swedish, check_digit::luhn, "556016-0680"),
            "NO" => (|text| pattern::fit("ddddddddd", text), check_digit::norwegian, "923609016"),
            "DK" => (|text| pattern::fit("nddddddd", text), check_digit::danish, "13585628"),
            "EE" => (|text| pattern::fit("dddddddd", text), check_digit::estonian, "12345678"),
            _ => return other(text),
        };
        let code = form(&text.replace(' ', "")).ok_or(BusinessCodeFault::Format { example })?;
        let digits: Vec<u8> = code.bytes().filter(u8::is_ascii_digit).collect();
        if rule(&digits) { Ok(Self(code)) } else { Err(BusinessCodeFault::CheckDigit { code: Self(code) }) }
    }
}

/// The one form of a number, when it has the right digits.
type Form = fn(&str) -> Option<String>;

/// Whether the check digit among the digits of a number matches.
type Rule = fn(&[u8]) -> bool;

fn finnish(text: &str) -> Option<String> {
    // The template alone would let the hyphen be missing, and the number has always been written with it.
    let (base, _) = text.split_once('-')?;
    let zero = if base.len() == 6 { "0" } else { "" };
    pattern::fit("ddddddd-d", &format!("{zero}{text}"))
}

fn swedish(text: &str) -> Option<String> {
    let ten = ["16", "18", "19", "20"]
        .into_iter()
        .find_map(|century| text.strip_prefix(century).filter(|rest| pattern::fit("dddddd-dddd", rest).is_some()));
    pattern::fit("dddddd-dddd", ten.unwrap_or(text))
}

fn other(text: &str) -> Result<BusinessCode, BusinessCodeFault> {
    text::check(text, LONGEST_OTHER)?;
    if text::is_blank(text) {
        return Err(BusinessCodeFault::Format { example: "12345678" });
    }
    Ok(BusinessCode(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::every_country;

    fn parse(country: &str, text: &str) -> Result<String, BusinessCodeFault> {
        BusinessCode::parse(text, CountryCode::parse(country).unwrap()).map(BusinessCode::into_string)
    }

    #[test]
    fn a_form_is_known_where_an_arbitrary_text_is_refused() {
        for country in every_country() {
            assert_eq!(BusinessCode::has_form(country), parse(country.as_str(), "arbitrary").is_err(), "{country}");
        }
    }

    #[test]
    fn codes_are_stored_in_one_form() {
        for (country, text, stored) in [
            ("FI", "0737546-2", "0737546-2"),
            ("FI", "737546-2", "0737546-2"),
            ("FI", "2077474-0", "2077474-0"),
            ("FI", "1366959-8", "1366959-8"),
            ("FI", "0112038-9", "0112038-9"),
            ("SE", "556016-0680", "556016-0680"),
            ("SE", "5560160680", "556016-0680"),
            ("SE", "165560160680", "556016-0680"),
            ("SE", "19811218-9876", "811218-9876"),
            ("SE", "198112189876", "811218-9876"),
            ("SE", "811218-9876", "811218-9876"),
            ("NO", "923 609 016", "923609016"),
            ("NO", "974760673", "974760673"),
            ("DK", "13585628", "13585628"),
            ("DK", "13 58 56 28", "13585628"),
            ("EE", "12345678", "12345678"),
            ("DE", "HRB 12345 B", "HRB 12345 B"),
            ("US", "12-3456789", "12-3456789"),
        ] {
            assert_eq!(parse(country, text).as_deref(), Ok(stored), "{country} {text}");
        }
    }

    #[test]
    fn a_wrong_check_digit_is_told_from_a_wrong_form() {
        for (country, text, stored) in [
            ("FI", "123456-7", "0123456-7"),
            ("FI", "0737546-3", "0737546-3"),
            ("SE", "556016-0681", "556016-0681"),
            ("NO", "923609017", "923609017"),
            ("DK", "13585629", "13585629"),
            ("EE", "12345679", "12345679"),
        ] {
            let code = BusinessCode(stored.into());
            assert_eq!(parse(country, text), Err(BusinessCodeFault::CheckDigit { code }), "{country} {text}");
        }
        for (country, text) in [
            ("FI", "07375462"),
            ("FI", "12345-6"),
            ("FI", "0737546-22"),
            ("FI", "0737546–2"),
            ("FI", "FI07375462"),
            ("SE", "55601-60680"),
            ("SE", "556016068"),
            ("SE", "175560160680"),
            ("NO", "92360901"),
            ("NO", "NO923609016MVA"),
            ("DK", "03585628"),
            ("EE", "1234567"),
            ("EE", "١٢٣٤٥٦٧٨"),
            ("US", " "),
        ] {
            assert_eq!(parse(country, text).unwrap_err().code(), "business_code_format", "{country} {text}");
        }
        assert_eq!(parse("US", &"1".repeat(33)).unwrap_err().code(), "too_long");
        assert_eq!(parse("US", "1\0").unwrap_err().code(), "nul_character");
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again_as_it_is(text in "[0-9]{6,8}-[0-9]|[0-9 -]{7,14}|[0-9]{8,12}|\\PC{0,34}") {
            for country in every_country() {
                match BusinessCode::parse(&text, country) {
                    Ok(code) => prop_assert_eq!(BusinessCode::parse(code.as_str(), country), Ok(code)),
                    Err(BusinessCodeFault::CheckDigit { code }) => prop_assert_eq!(
                        BusinessCode::parse(code.as_str(), country),
                        Err(BusinessCodeFault::CheckDigit { code })
                    ),
                    Err(_) => {}
                }
            }
        }

        #[test]
        fn most_finnish_bases_have_exactly_one_check_digit(base in 0_u32..10_000_000) {
            let finland = CountryCode::parse("FI").unwrap();
            let fitting = (0..10).filter(|digit| BusinessCode::parse(&format!("{base:07}-{digit}"), finland).is_ok()).count();
            prop_assert!(fitting <= 1);
        }
    }
}
