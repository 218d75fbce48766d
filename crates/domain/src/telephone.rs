//! Telephone numbers: E.164, or national in the client's country; stored as E.164.

use std::panic::{AssertUnwindSafe, catch_unwind};

use phonenumber::Metadata;
use phonenumber::country::Id;
use phonenumber::metadata::{DATABASE, Descriptor};

use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// The most characters of a number as it is sent, separators included.
const LONGEST: usize = 40;

/// A telephone number in E.164: `+358441234567`.
///
/// The numbering plans are loaded for the first number that is read, or by [`Telephone::load_plans`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Telephone(String);

stored_text!(Telephone);

/// What is wrong with a telephone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TelephoneFault {
    /// It has characters or a length that no number has.
    #[error("The telephone number is not valid: write it with digits like +358 44 1234567, without an extension")]
    Format,
    /// It is in no numbering plan, or not in that of the client's country.
    #[error("The telephone number is in no numbering plan: check its digits, or begin with + and a calling code")]
    Unknown,
    /// It is national, and the country is not known.
    #[error("The country of the telephone number is not known: begin with + and the country's calling code")]
    NoCountry,
}

impl Coded for TelephoneFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "telephone_format",
            Self::Unknown | Self::NoCountry => "telephone_unknown",
        }
    }
}

impl Telephone {
    /// Reads a number that begins with `+` and a calling code, or is national in `country` (there also with the
    /// international prefix). Spaces, no-break spaces, hyphens, full stops, slashes and parentheses may separate digits.
    ///
    /// # Errors
    /// [`TelephoneFault`], when the number is in no numbering plan.
    pub fn parse(text: &str, country: Option<CountryCode>) -> Result<Self, TelephoneFault> {
        let digits = plain(text).ok_or(TelephoneFault::Format)?;
        let found = match country {
            _ if digits.starts_with('+') => contained(|| international(&digits[1..])),
            Some(country) => contained(|| national(&digits, country)),
            None => return Err(TelephoneFault::NoCountry),
        };
        found.map(Self).ok_or(TelephoneFault::Unknown)
    }

    /// Whether a short message may reach it. A number of which the plan does not tell is given the benefit of the doubt; one that the plan
    /// keeps for fixed lines or for services is not.
    #[must_use]
    pub fn takes_messages(&self) -> bool {
        contained(|| takes_messages(&self.0[1..]).then(String::new)).is_some()
    }

    /// Loads the numbering plans, which takes some 60 ms and 6 MiB of memory; without it, the first number that is read takes that long.
    pub fn load_plans() {
        contained(|| international("358441234567"));
    }
}

/// `text` without its separators: digits, perhaps with a plus before them. `None` when it holds anything else.
fn plain(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let mut digits = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if digits.is_empty() => digits.push(character),
            ' ' | '\u{a0}' | '-' | '.' | '/' | '(' | ')' => {}
            _ => return None,
        }
    }
    // Fifteen digits are the most of E.164; a trunk or international prefix may come before them.
    (3..=20).contains(&digits.trim_start_matches('+').len()).then_some(digits)
}

/// What `look_up` finds, or nothing should it panic: the library has panicked on odd input before. What reaches it here is plain
/// digits. It holds a lock only while it compiles a pattern of its own, so that a panic over input leaves nothing of it broken.
fn contained(look_up: impl FnOnce() -> Option<String>) -> Option<String> {
    catch_unwind(AssertUnwindSafe(look_up)).ok().flatten()
}

/// The calling code that `digits` begin with, and what follows it.
fn calling_code(digits: &str) -> Option<(u16, &str)> {
    (1..=3).find_map(|length| {
        let (code, rest) = digits.split_at_checked(length)?;
        code.parse::<u16>().ok().filter(|number| DATABASE.by_code(number).is_some()).map(|number| (number, rest))
    })
}

/// The number in E.164, where `digits` begin with a calling code.
///
/// Not by the library's `parse` and `is_valid`: they try the patterns of every kind of number of every region of the calling code,
/// more than the library keeps compiled, and so take milliseconds per number when numbers of several countries come by turns. The
/// general pattern of a region says enough, and is no stricter than a plan that has grown since.
fn international(digits: &str) -> Option<String> {
    let (code, rest) = calling_code(digits)?;
    let regions = DATABASE.by_code(&code)?;
    if regions.iter().any(|region| fits_plan(region, rest)) {
        return e164(code, rest);
    }
    // In `+358 (0)44 1234567` the trunk prefix is told to those who dial inside the country, and is no part of the number.
    let main = regions.iter().find(|region| region.is_main_country_for_code()).or(regions.first())?;
    let number = without_trunk_prefix(main, rest).filter(|number| fits_plan(main, number))?;
    e164(code, number)
}

/// Whether some region that has the number, which begins with its calling code, has it for mobiles or says nothing of it.
fn takes_messages(digits: &str) -> bool {
    let Some((code, number)) = calling_code(digits) else { return false };
    let regions = DATABASE.by_code(&code).unwrap_or_default();
    regions.iter().filter(|region| fits_plan(region, number)).any(|region| {
        let plan = region.descriptors();
        let is = |kind: Option<&Descriptor>| {
            kind.is_some_and(|kind| {
                kind.possible_length().iter().any(|length| usize::from(*length) == number.len())
                    && kind.is_match(number)
            })
        };
        let others = [
            plan.fixed_line(),
            plan.toll_free(),
            plan.premium_rate(),
            plan.shared_cost(),
            plan.uan(),
            plan.voicemail(),
        ];
        is(plan.mobile()) || is(plan.personal_number()) || !others.into_iter().any(is)
    })
}

/// The number in E.164, where `digits` are as dialled in `country`.
fn national(digits: &str, country: CountryCode) -> Option<String> {
    let region = DATABASE.by_id(country.as_str())?;
    let abroad = region
        .international_prefix()
        .and_then(|prefix| prefix.find(digits))
        .filter(|prefix| prefix.start() == 0)
        .and_then(|prefix| international(&digits[prefix.end()..]));
    if abroad.is_some() {
        return abroad;
    }
    let candidates = [without_trunk_prefix(region, digits), Some(digits)];
    match candidates.into_iter().flatten().find(|number| fits_plan(region, number)) {
        Some(number) => e164(region.country_code(), number),
        None => rewritten(digits, country),
    }
}

/// `digits` without what is dialled before a number inside the country of `region`; `None` when they do not begin with it.
fn without_trunk_prefix<'a>(region: &Metadata, digits: &'a str) -> Option<&'a str> {
    match region.national_prefix_for_parsing() {
        // Where a rule rewrites the number, the pattern covers more than the prefix.
        Some(prefix) if region.national_prefix_transform_rule().is_none() => {
            prefix.find(digits).filter(|prefix| prefix.start() == 0).map(|prefix| &digits[prefix.end()..])
        }
        _ => digits.strip_prefix(region.national_prefix()?),
    }
}

/// What the library's rules for carriers and old ways of dialling in `country` make of `digits`.
fn rewritten(digits: &str, country: CountryCode) -> Option<String> {
    let region = country.as_str().parse::<Id>().ok()?;
    let number = phonenumber::parse(Some(region), digits).ok()?;
    let (code, national) = (number.country().code(), number.national().to_string());
    let fits = DATABASE.by_code(&code)?.iter().any(|region| fits_plan(region, &national));
    if fits { e164(code, &national) } else { None }
}

/// Whether `number`, without calling code and trunk prefix, has a length and digits of the plan of `region`.
fn fits_plan(region: &Metadata, number: &str) -> bool {
    let plan = region.descriptors();
    // The general pattern is matched at the start only and has no lengths of its own; those of the kinds of number are its.
    let kinds = [
        plan.fixed_line(),
        plan.mobile(),
        plan.toll_free(),
        plan.premium_rate(),
        plan.shared_cost(),
        plan.personal_number(),
        plan.voip(),
        plan.pager(),
        plan.uan(),
        plan.voicemail(),
    ];
    let length = |kind: &Descriptor| kind.possible_length().iter().any(|length| usize::from(*length) == number.len());
    kinds.into_iter().flatten().any(length) && plan.general().is_match(number)
}

/// The form that is stored, unless it is longer than the fifteen digits of E.164.
fn e164(code: u16, national: &str) -> Option<String> {
    let number = format!("+{code}{national}");
    (number.len() <= 16).then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::every_country;

    fn parse(country: &str, text: &str) -> Result<String, TelephoneFault> {
        Telephone::parse(text, Some(CountryCode::parse(country).unwrap())).map(Telephone::into_string)
    }

    #[test]
    fn numbers_are_stored_as_e164() {
        for (country, text, stored) in [
            ("FI", "+358441234567", "+358441234567"),
            ("FI", "044 123 4567", "+358441234567"),
            ("FI", "044-1234567", "+358441234567"),
            ("FI", "(044) 123\u{a0}4567", "+358441234567"),
            ("FI", "00358 44 1234567", "+358441234567"),
            ("FI", "+358 (0)44 123 4567", "+358441234567"),
            ("FI", "09 310 1691", "+35893101691"),
            ("AX", "018 25000", "+3581825000"),
            ("SE", "070-174 06 05", "+46701740605"),
            ("SE", "+46 8 508 290 00", "+46850829000"),
            ("NO", "22 41 90 30", "+4722419030"),
            ("NO", "47 67 10 97", "+4747671097"),
            ("LT", "+370 8 683 38883", "+37068338883"),
            ("RU", "8 (800) 123-45-67", "+78001234567"),
            ("BY", "8 0152 45-09-11", "+375152450911"),
            ("US", "011 358 44 1234567", "+358441234567"),
            ("IT", "00 39 06 6982", "+39066982"),
            ("AR", "011 15-2345-6789", "+5491123456789"),
            ("DK", "33 92 33 33", "+4533923333"),
            ("EE", "631 3101", "+3726313101"),
            ("DE", "030/227-0", "+49302270"),
            ("IT", "06 6982", "+39066982"),
            ("US", "(202) 456-1111", "+12024561111"),
            ("FI", "+1 202-456-1111", "+12024561111"),
            ("GB", "020 7219 3000", "+442072193000"),
        ] {
            assert_eq!(parse(country, text).as_deref(), Ok(stored), "{country} {text}");
        }
    }

    #[test]
    fn what_no_number_looks_like_is_refused_by_its_form() {
        let long = "1".repeat(41);
        for text in [
            "",
            "+",
            "12",
            "abc",
            "044 PIZZA 1",
            "+358 44 1234567 ext. 5",
            "044+1234567",
            "tel:+358441234567",
            "+;phone-context=é",
            ".;phone-context=",
            "０４４１２３４５６７",
            "044\u{0}1234567",
            "+358441234567\n",
            &long,
        ] {
            assert_eq!(parse("FI", text), Err(TelephoneFault::Format), "{text:?}");
        }
    }

    #[test]
    fn what_is_in_no_plan_is_refused() {
        for (country, text) in [
            ("FI", "+3581"),
            ("FI", "+35844"),
            ("FI", "+999 1234567"),
            ("FI", "+0441234567"),
            ("FI", "+3584412345678901"),
            ("NO", "0441234567"),
            ("AQ", "1234567"),
        ] {
            assert_eq!(parse(country, text), Err(TelephoneFault::Unknown), "{country} {text}");
        }
    }

    #[test]
    fn a_national_number_needs_a_country_and_another_does_not() {
        assert_eq!(Telephone::parse("044 1234567", None), Err(TelephoneFault::NoCountry));
        assert_eq!(Telephone::parse("+358 44 1234567", None).unwrap().as_str(), "+358441234567");
    }

    #[test]
    fn a_panic_of_the_library_refuses_the_number() {
        assert_eq!(contained(|| panic!("as the library has done")), None);
        assert!(Telephone::parse("+358441234567", None).is_ok());
    }

    proptest! {
        #[test]
        fn arbitrary_texts_never_panic(text in any::<String>(), country in any::<proptest::sample::Index>()) {
            let countries: Vec<_> = every_country().collect();
            let _ = Telephone::parse(&text, Some(*country.get(&countries)));
            let _ = Telephone::parse(&text, None);
        }

        #[test]
        fn the_library_itself_takes_any_digits(
            digits in "[0-9]{3,20}",
            country in any::<proptest::sample::Index>(),
        ) {
            // Not through `contained`, so that a panic of the library is seen here.
            let countries: Vec<_> = every_country().collect();
            for found in [international(&digits), national(&digits, *country.get(&countries))].into_iter().flatten() {
                prop_assert!(found.starts_with('+') && (4..=16).contains(&found.len()), "{}", found);
            }
        }

        #[test]
        fn what_is_stored_is_read_again_as_it_is(
            text in "(\\+|00|0)?[1-9][0-9 ()-]{4,14}",
            country in any::<proptest::sample::Index>(),
        ) {
            let countries: Vec<_> = every_country().collect();
            if let Ok(number) = Telephone::parse(&text, Some(*country.get(&countries))) {
                for other in ["FI", "US", "IT"] {
                    prop_assert_eq!(Telephone::parse(number.as_str(), CountryCode::parse(other).ok()), Ok(number.clone()));
                }
            }
        }
    }
}
