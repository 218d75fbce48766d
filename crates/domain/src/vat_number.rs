//! VAT numbers: the pattern of the European Union's VIES by the prefix of the number, and Norway's.

use crate::check_digit;
use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::pattern;
use crate::stored_text::stored_text;

/// The most characters of a VAT number as it is sent.
const LONGEST: usize = 32;

/// A VAT number with the prefix of its country and without separators: `FI07375462`, `SE556016068001`, `NO923609016MVA`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VatNumber(String);

stored_text!(VatNumber);

/// What is wrong with a VAT number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VatNumberFault {
    /// It does not begin with the letters of a country.
    #[error("The VAT number has no country: begin with its two letters, such as FI")]
    Prefix,
    /// It does not have the form of its country.
    #[error("The VAT number does not fit the country of its first two letters: write it like {example}")]
    Format {
        /// A number of that country.
        example: &'static str,
    },
    /// It has the form, but its check digits do not match.
    #[error("The check digits of the VAT number do not match: copy the number again")]
    CheckDigits {
        /// The number all the same: the sandbox takes it.
        number: VatNumber,
    },
}

impl Coded for VatNumberFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Prefix => "vat_number_prefix",
            Self::Format { .. } => "vat_number_format",
            Self::CheckDigits { .. } => "vat_number_check_digits",
        }
    }
}

/// The templates ([`pattern`]) of what follows the prefix, and an example; `None` outside the EU, Norway and the United Kingdom.
fn rule(prefix: &str) -> Option<(&'static [&'static str], &'static str)> {
    Some(match prefix {
        "AT" => (&["Udddddddd"], "ATU13585627"),
        "BE" => (&["dddddddddd"], "BE0403019261"),
        "BG" => (&["ddddddddd", "dddddddddd"], "BG175074752"),
        "CY" => (&["dddddddda"], "CY10259033P"),
        "CZ" => (&["dddddddd", "ddddddddd", "dddddddddd"], "CZ25123891"),
        "DE" => (&["ndddddddd"], "DE136695976"),
        "DK" => (&["nddddddd"], "DK13585628"),
        "EE" => (&["ddddddddd"], "EE100931558"),
        "EL" => (&["ddddddddd"], "EL094259216"),
        "ES" => (&["addddddda", "adddddddd", "dddddddda"], "ESB58378431"),
        "FI" => (&["dddddddd"], "FI07375462"),
        "FR" => (&["xxddddddddd"], "FR40303265045"),
        "GB" | "XI" => (&["ddddddddd", "dddddddddddd", "GDddd", "HAddd"], "GB980780684"),
        "HR" => (&["ddddddddddd"], "HR33392005961"),
        "HU" => (&["dddddddd"], "HU12892312"),
        "IE" => (&["ddddddda", "dddddddaa", "dxddddda"], "IE6433435F"),
        "IT" => (&["ddddddddddd"], "IT00743110157"),
        "LT" => (&["ddddddddd", "dddddddddddd"], "LT119511515"),
        "LU" => (&["dddddddd"], "LU15027442"),
        "LV" => (&["ddddddddddd"], "LV40003521600"),
        "MT" => (&["dddddddd"], "MT11679112"),
        "NL" => (&["dddddddddBdd"], "NL004495445B01"),
        "NO" => (&["dddddddddMVA"], "NO923609016MVA"),
        "PL" => (&["dddddddddd"], "PL8567346215"),
        "PT" => (&["ddddddddd"], "PT501964843"),
        "RO" => {
            (&["ndd", "nddd", "ndddd", "nddddd", "ndddddd", "nddddddd", "ndddddddd", "nddddddddd", "nd"], "RO18547290")
        }
        "SE" => (&["dddddddddddd"], "SE556016068001"),
        "SI" => (&["nddddddd"], "SI50223054"),
        "SK" => (&["nddddddddd"], "SK2022749619"),
        _ => return None,
    })
}

impl VatNumber {
    /// Reads a VAT number with its prefix, in either case; spaces, hyphens and full stops are dropped. `GR` is taken as `EL`. The
    /// old Finnish form of seven digits gets a leading zero, as its business code does, and so does the Belgian one of nine.
    /// Check digits are verified for DK, EE, FI, NO and SE. A number of a country outside the EU, Norway and the United Kingdom is
    /// taken when 2 to 20 letters or digits follow the prefix.
    ///
    /// # Errors
    /// [`VatNumberFault`], with wrong check digits apart from a wrong form.
    pub fn parse(text: &str) -> Result<Self, VatNumberFault> {
        if text.len() > LONGEST {
            return Err(VatNumberFault::Format { example: "FI07375462" });
        }
        let plain: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '.')).map(|c| c.to_ascii_uppercase()).collect();
        let (prefix, rest) = plain.split_at_checked(2).ok_or(VatNumberFault::Prefix)?;
        let prefix = if prefix == "GR" { "EL" } else { prefix };
        let Some((templates, example)) = rule(prefix) else { return elsewhere(prefix, rest) };
        let zero = if matches!((prefix, rest.len()), ("FI", 7) | ("BE", 9)) { "0" } else { "" };
        let rest = format!("{zero}{rest}");
        if !templates.iter().any(|template| pattern::fit(template, &rest).is_some()) {
            return Err(VatNumberFault::Format { example });
        }
        let number = Self(format!("{prefix}{rest}"));
        if check_digits_match(prefix, rest.as_bytes()) {
            Ok(number)
        } else {
            Err(VatNumberFault::CheckDigits { number })
        }
    }

    /// The country whose VAT it is for. Its prefix is that of the country but for Greece and Northern Ireland.
    #[must_use]
    pub fn country(&self) -> Option<CountryCode> {
        CountryCode::parse(match self.0.get(..2)? {
            "EL" => "GR",
            "XI" => "GB",
            prefix => prefix,
        })
        .ok()
    }
}

/// Whether the check digits of `rest` match, which fits the form of `prefix`; `true` where they are not verified.
fn check_digits_match(prefix: &str, rest: &[u8]) -> bool {
    match prefix {
        "DK" => check_digit::danish(rest),
        "EE" => check_digit::estonian_vat(rest),
        "FI" => check_digit::finnish(rest),
        "NO" => check_digit::norwegian(&rest[..9]),
        "SE" => check_digit::luhn(&rest[..10]),
        _ => true,
    }
}

fn elsewhere(prefix: &str, rest: &str) -> Result<VatNumber, VatNumberFault> {
    if CountryCode::parse(prefix).is_err() {
        Err(VatNumberFault::Prefix)
    } else if (2..=20).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Ok(VatNumber(format!("{prefix}{rest}")))
    } else {
        Err(VatNumberFault::Format { example: "CHE116281710" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<String, VatNumberFault> {
        VatNumber::parse(text).map(VatNumber::into_string)
    }

    #[test]
    fn every_example_follows_its_own_rule() {
        let mut known = 0;
        for (a, b) in (b'A'..=b'Z').flat_map(|a| (b'A'..=b'Z').map(move |b| (a, b))) {
            let prefix = String::from_utf8(vec![a, b]).unwrap();
            if let Some((_, example)) = rule(&prefix) {
                let example = if prefix == "XI" { "XI980780684" } else { example };
                assert!(example.starts_with(&prefix));
                assert_eq!(parse(example).as_deref(), Ok(example));
                assert!(VatNumber::parse(example).unwrap().country().is_some());
                known += 1;
            }
        }
        // The 27 members of the EU, Northern Ireland, and Norway and the United Kingdom beside it.
        assert_eq!(known, 30);
    }

    #[test]
    fn numbers_are_stored_with_prefix_and_without_separators() {
        for (text, stored) in [
            ("fi 0737546-2", "FI07375462"),
            ("FI7375462", "FI07375462"),
            ("SE 556016-0680 01", "SE556016068001"),
            ("no 923 609 016 mva", "NO923609016MVA"),
            ("BE 403.019.261", "BE0403019261"),
            ("GR094259216", "EL094259216"),
            ("RO18", "RO18"),
            ("CHE-116.281.710 MWST", "CHE116281710MWST"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(stored), "{text}");
        }
    }

    #[test]
    fn faults_are_told_apart() {
        for (text, stored) in [
            ("FI1234567", "FI01234567"),
            ("FI07375463", "FI07375463"),
            ("SE556016068101", "SE556016068101"),
            ("NO923609017MVA", "NO923609017MVA"),
            ("DK13585629", "DK13585629"),
            ("EE100931559", "EE100931559"),
        ] {
            let number = VatNumber(stored.into());
            assert_eq!(parse(text), Err(VatNumberFault::CheckDigits { number }), "{text}");
        }
        for text in ["", "F", "07375462", "XX123456", "€123", "EU372000063"] {
            assert_eq!(parse(text), Err(VatNumberFault::Prefix), "{text}");
        }
        for text in [
            "FI",
            "FI123456",
            "FI123456789",
            "FI0737546A",
            "NO923609016",
            "NO923609016MWA",
            "SE5560160680",
            "ATA13585627",
            "US1",
            "US12\0",
            "FI٠٧٣٧٥٤٦٢",
            "FI 07375462 07375462 07375462 07375462",
        ] {
            assert_eq!(parse(text).unwrap_err().code(), "vat_number_format", "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_stored_is_read_again_as_it_is(text in "[A-Za-z]{2}[0-9A-Z .-]{2,14}|(FI|SE|DK|EE|BE|DE|PL|RO)[0-9]{7,12}|\\PC{0,40}") {
            match VatNumber::parse(&text) {
                Ok(number) => prop_assert_eq!(VatNumber::parse(number.as_str()), Ok(number)),
                Err(VatNumberFault::CheckDigits { number }) => prop_assert_eq!(
                    VatNumber::parse(number.as_str()),
                    Err(VatNumberFault::CheckDigits { number })
                ),
                Err(_) => {}
            }
        }
    }
}
