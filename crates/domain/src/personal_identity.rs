//! Personal identity numbers of natural persons, by country. They are never shown but on purpose.

use crate::Secret;
use crate::calendar::CalendarDate;
use crate::check_digit;
use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::pattern;
use crate::text;

/// The most characters of a number of a country whose form is not known here.
const LONGEST_OTHER: usize = 32;

/// A personal identity number in one form: `131052-308T`, `811218-9876`. Its `Debug` hides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalIdentityNumber(Secret<String>);

/// What is wrong with a personal identity number. It never repeats the number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonalIdentityFault {
    /// It does not have the form of its country.
    #[error(
        "The personal identity number is none of the person's country: write it like {example}, or leave it out when \
         it is of another one"
    )]
    Format {
        /// A number of that country, of nobody.
        example: &'static str,
    },
    /// It has the form, but its check character does not match.
    #[error("The check character of the personal identity number does not match: copy the number again")]
    CheckCharacter,
}

impl Coded for PersonalIdentityFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format { .. } => "personal_identity_format",
            Self::CheckCharacter => "personal_identity_check_digit",
        }
    }
}

impl PersonalIdentityNumber {
    /// Reads the number of a person who lives in `country`, in either case.
    ///
    /// - FI and SE: henkilötunnus, with the signs of the centuries that were added in 2023, its day of birth and its
    ///   check character; or personnummer or samordningsnummer of ten or twelve digits, kept as twelve where the
    ///   century is given, and its check digit. Either is taken in both countries, since a person keeps the number that
    ///   the first country gave. Whether a Swedish day is in the calendar is not looked at: Sweden gives such that are
    ///   not.
    /// - Elsewhere 1 to 32 printable characters.
    ///
    /// # Errors
    /// [`PersonalIdentityFault`], with a wrong check character apart from a wrong form.
    pub fn parse(text: &str, country: CountryCode) -> Result<Self, PersonalIdentityFault> {
        let upper = text.trim().to_ascii_uppercase();
        let example = if country.as_str() == "SE" { "811218-9876" } else { "131052-308T" };
        let (number, right) = match country.as_str() {
            // A text that could be both, with a digit at its end, is the one whose check character is right.
            "FI" | "AX" | "SE" => [finnish(&upper), swedish(&upper)]
                .into_iter()
                .flatten()
                .max_by_key(|(_, right)| *right)
                .ok_or(PersonalIdentityFault::Format { example })?,
            _ => {
                let fits = text::check(text, LONGEST_OTHER).is_ok()
                    && !text::is_blank(text)
                    && !text.chars().any(char::is_control);
                if !fits {
                    return Err(PersonalIdentityFault::Format { example: "01019012345" });
                }
                (text.trim().to_owned(), true)
            }
        };
        let number = Self(Secret::new(number));
        if right { Ok(number) } else { Err(PersonalIdentityFault::CheckCharacter) }
    }

    /// The number itself. Whoever shows it to a person records that in the audit trail.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

/// The number, and whether its check character is right: the nine digits modulo 31 (valtioneuvoston asetus 128/2010).
fn finnish(text: &str) -> Option<(String, bool)> {
    const CHECK: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let sign = text.chars().nth(6).filter(|sign| matches!(sign, '+' | '-' | 'U'..='Y' | 'A'..='F'))?;
    // The template takes a hyphen and a space alike, so that the sign is left out for it.
    let plain: String = text.chars().take(6).chain(text.chars().skip(7)).collect();
    pattern::fit("dddddddddx", &plain)?;
    let century = match sign {
        '+' => 18,
        '-' | 'U'..='Y' => 19,
        _ => 20,
    };
    CalendarDate::parse(&format!("{century}{}-{}-{}", &plain[4..6], &plain[2..4], &plain[..2])).ok()?;
    let digits: usize = plain.get(..9)?.parse().ok()?;
    let right = plain.as_bytes().get(9) == CHECK.get(digits % 31);
    Some((format!("{}{sign}{}", &plain[..6], &plain[6..]), right))
}

/// The number, and whether its check digit is right: Luhn over the ten digits without the century (folkbokföringslag
/// 1991:481 section 18).
fn swedish(text: &str) -> Option<(String, bool)> {
    // A plus stands for a hyphen from the year in which the person becomes a hundred.
    let century = ["16", "17", "18", "19", "20"]
        .into_iter()
        .find_map(|century| text.strip_prefix(century).filter(|rest| rest.len() >= 10).map(|rest| (century, rest)));
    let (century, rest) = century.unwrap_or(("", text));
    let (day, sign, number) = match rest.len() {
        10 => (rest.get(..6)?, '-', rest.get(6..)?),
        11 => (rest.get(..6)?, rest.chars().nth(6).filter(|sign| matches!(sign, '-' | '+'))?, rest.get(7..)?),
        _ => return None,
    };
    let digits = pattern::fit("dddddddddd", &format!("{day}{number}"))?;
    Some((format!("{century}{day}{sign}{number}"), check_digit::luhn(digits.as_bytes())))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str, country: &str) -> Result<String, &'static str> {
        PersonalIdentityNumber::parse(text, CountryCode::parse(country).unwrap())
            .map(|number| number.expose().to_owned())
            .map_err(|fault| fault.code())
    }

    #[test]
    fn numbers_have_one_form() {
        for (text, country, stored) in [
            ("131052-308t", "FI", "131052-308T"),
            ("131052V308T", "FI", "131052V308T"),
            ("8112189876", "SE", "811218-9876"),
            ("811218+9876", "SE", "811218+9876"),
            ("19811218-9876", "SE", "19811218-9876"),
            ("198112189876", "SE", "19811218-9876"),
            (" 010190-1234 ", "DK", "010190-1234"),
            // A Finn in Sweden and a Swede in Finland.
            ("131052-308T", "SE", "131052-308T"),
            ("811218-9876", "FI", "811218-9876"),
        ] {
            assert_eq!(parse(text, country).as_deref(), Ok(stored), "{text}");
        }
        for (text, country, code) in [
            ("131052-308U", "FI", "personal_identity_check_digit"),
            ("811218-9875", "SE", "personal_identity_check_digit"),
            ("131052-308U", "SE", "personal_identity_check_digit"),
            ("811218-9875", "FI", "personal_identity_check_digit"),
            ("131052 308T", "FI", "personal_identity_format"),
            ("310200A0000", "FI", "personal_identity_format"),
            ("290201A0000", "FI", "personal_identity_format"),
            ("131052G308T", "FI", "personal_identity_format"),
            ("13105-308T", "FI", "personal_identity_format"),
            ("131052-3é8T", "FI", "personal_identity_format"),
            ("811218 9876", "SE", "personal_identity_format"),
            ("8112é9876", "SE", "personal_identity_format"),
            ("", "NO", "personal_identity_format"),
            ("1\n2", "NO", "personal_identity_format"),
        ] {
            assert_eq!(parse(text, country), Err(code), "{text}");
        }
    }

    #[test]
    fn neither_the_number_nor_its_fault_shows_it() {
        let finland = CountryCode::parse("FI").unwrap();
        let number = PersonalIdentityNumber::parse("131052-308T", finland);
        let fault = PersonalIdentityNumber::parse("131052-308U", finland).unwrap_err();
        assert!(!format!("{number:?} {fault:?} {fault}").contains("131052"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[0-9]{6,8}[-+A-Fé]?[0-9A-Z]{3,5}|\\PC*") {
            for country in ["FI", "SE", "NO"] {
                if let Ok(stored) = parse(&text, country) {
                    prop_assert_eq!(parse(&stored, country), Ok(stored.clone()));
                }
            }
        }
    }
}
