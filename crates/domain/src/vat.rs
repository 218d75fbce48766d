//! Value added tax: the rates of countries and the categories of UNCL5305 that EN 16931 takes.

use std::fmt;

use time::Date;
use time::macros::date;

use crate::calendar::CalendarDate;
use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::percent::Percent;
use crate::stored_text::stored_name;

/// A rate of a country, in hundredths of a percent, and its first and last day.
struct Span(u16, Date, Option<Date>);

impl Span {
    fn is_of(&self, rate: Percent) -> bool {
        self.0 == rate.hundredths()
    }

    fn holds_on(&self, day: CalendarDate) -> bool {
        let Self(_, first, last) = self;
        *first <= day.date() && last.is_none_or(|last| day.date() <= last)
    }
}

/// The rates of a country from the first day on which all of them are known here.
///
/// FI: arvonlisäverolaki 1501/1993 sections 84 to 85 a with their changes of 2013, 2024-09-01 and 2026-01-01. SE:
/// mervärdesskattelag 2023:200 chapter 9 and the law before it. NO: the Storting's annual decision on merverdiavgift;
/// 11.11 is that of raw fish. DK: momsloven section 33. EE: käibemaksuseadus section 15; 20 was still taken for
/// contracts of before May 2023 until June 2025.
fn spans(country: CountryCode) -> Option<(Date, &'static [Span])> {
    Some(match country.as_str() {
        // Åland is outside the fiscal territory of the EU, but its sellers charge Finnish VAT.
        "FI" | "AX" => (
            date!(2013 - 01 - 01),
            &[
                Span(2400, date!(2013 - 01 - 01), Some(date!(2024 - 08 - 31))),
                Span(2550, date!(2024 - 09 - 01), None),
                Span(1400, date!(2013 - 01 - 01), Some(date!(2025 - 12 - 31))),
                Span(1350, date!(2026 - 01 - 01), None),
                Span(1000, date!(2013 - 01 - 01), None),
            ],
        ),
        "SE" => (
            date!(1996 - 01 - 01),
            &[
                Span(2500, date!(1996 - 01 - 01), None),
                Span(1200, date!(1996 - 01 - 01), None),
                Span(600, date!(1996 - 01 - 01), None),
            ],
        ),
        "NO" => (
            date!(2018 - 01 - 01),
            &[
                Span(2500, date!(2018 - 01 - 01), None),
                Span(1500, date!(2018 - 01 - 01), None),
                Span(1200, date!(2018 - 01 - 01), None),
                // Lowered against the pandemic.
                Span(600, date!(2020 - 04 - 01), Some(date!(2021 - 09 - 30))),
                Span(1111, date!(2018 - 01 - 01), None),
            ],
        ),
        "DK" => (date!(1992 - 01 - 01), &[Span(2500, date!(1992 - 01 - 01), None)]),
        "EE" => (
            date!(2009 - 07 - 01),
            &[
                Span(2000, date!(2009 - 07 - 01), Some(date!(2025 - 06 - 30))),
                Span(2200, date!(2024 - 01 - 01), Some(date!(2025 - 06 - 30))),
                Span(2400, date!(2025 - 07 - 01), None),
                Span(900, date!(2009 - 07 - 01), None),
                Span(500, date!(2022 - 08 - 01), Some(date!(2024 - 12 - 31))),
                Span(1300, date!(2025 - 01 - 01), None),
            ],
        ),
        _ => return None,
    })
}

/// The rates of `country`, when all that it has on `day` are known here.
fn spans_known_on(country: CountryCode, day: CalendarDate) -> Option<&'static [Span]> {
    spans(country).filter(|(known_from, _)| *known_from <= day.date()).map(|(_, spans)| spans)
}

/// The rates above zero that `country` has on `day`, the highest first. `None` where they are not known here: in other
/// countries, and before the table begins; any rate of 0 to 100 is taken there.
#[must_use]
pub fn rates_on(country: CountryCode, day: CalendarDate) -> Option<Vec<Percent>> {
    let mut rates: Vec<Percent> = spans_known_on(country, day)?
        .iter()
        .filter(|span| span.holds_on(day))
        .filter_map(|Span(hundredths, ..)| Percent::from_hundredths(*hundredths))
        .collect();
    rates.sort_unstable_by(|one, other| other.cmp(one));
    Some(rates)
}

/// Whether `country` has `rate` on `day`, as far as is known. Zero is a rate everywhere: the category tells why.
#[must_use]
pub fn has_rate(country: CountryCode, day: CalendarDate, rate: Percent) -> bool {
    rate == Percent::ZERO
        || spans_known_on(country, day)
            .is_none_or(|spans| spans.iter().any(|span| span.is_of(rate) && span.holds_on(day)))
}

/// Whether `country` has had `rate` on any day up to `day`, as far as is known: for credit notes, which take back older
/// supplies.
#[must_use]
pub fn has_had_rate(country: CountryCode, day: CalendarDate, rate: Percent) -> bool {
    rate == Percent::ZERO
        || spans_known_on(country, day)
            .is_none_or(|spans| spans.iter().any(|span| span.is_of(rate) && span.1 <= day.date()))
}

/// Why a rate is what it is: the codes of UNCL5305 that EN 16931 takes, without those of the Canary Islands, Ceuta and
/// Melilla.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VatCategory {
    /// `S`: a rate above zero, standard or reduced.
    Standard,
    /// `Z`: taxed at zero.
    Zero,
    /// `E`: exempt.
    Exempt,
    /// `AE`: the buyer owes the tax (reverse charge).
    ReverseCharge,
    /// `K`: goods delivered to a business in another member state of the EU.
    IntraCommunity,
    /// `G`: exported out of the EU.
    Export,
    /// `O`: outside the scope of VAT.
    OutOfScope,
}

stored_name!(VatCategory);

/// The text is none of [`VatCategory::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The VAT category is unknown: use S, Z, E, AE, K, G or O (UNCL5305)")]
pub struct UnknownVatCategory;

impl Coded for UnknownVatCategory {
    fn code(&self) -> &'static str {
        "unknown_vat_category"
    }
}

impl VatCategory {
    /// Every category.
    pub const ALL: [Self; 7] = [
        Self::Standard,
        Self::Zero,
        Self::Exempt,
        Self::ReverseCharge,
        Self::IntraCommunity,
        Self::Export,
        Self::OutOfScope,
    ];

    /// Reads a code of UNCL5305, upper-case.
    ///
    /// # Errors
    /// [`UnknownVatCategory`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownVatCategory> {
        Self::ALL.into_iter().find(|category| category.as_str() == text).ok_or(UnknownVatCategory)
    }

    /// The code of UNCL5305.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::Zero => "Z",
            Self::Exempt => "E",
            Self::ReverseCharge => "AE",
            Self::IntraCommunity => "K",
            Self::Export => "G",
            Self::OutOfScope => "O",
        }
    }

    /// Whether the buyer must have a VAT number: it is on the invoice (Directive 2006/112/EC article 226 (4); EN 16931
    /// BR-AE-02, BR-IC-02).
    #[must_use]
    pub const fn needs_buyers_vat_number(self) -> bool {
        matches!(self, Self::ReverseCharge | Self::IntraCommunity)
    }

    /// Whether the reason must be given in words, because the code alone does not tell it (EN 16931 BR-E-10).
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::Exempt)
    }
}

impl fmt::Display for VatCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(country: &str, day: &str) -> Option<Vec<String>> {
        let (country, day) = (CountryCode::parse(country).unwrap(), CalendarDate::parse(day).unwrap());
        rates_on(country, day).map(|rates| rates.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn rates_change_on_their_day() {
        for (country, day, expected) in [
            ("FI", "2024-08-31", &["24", "14", "10"][..]),
            ("FI", "2024-09-01", &["25.5", "14", "10"]),
            ("FI", "2025-12-31", &["25.5", "14", "10"]),
            ("AX", "2026-01-01", &["25.5", "13.5", "10"]),
            ("SE", "2026-11-21", &["25", "12", "6"]),
            ("NO", "2026-11-21", &["25", "15", "12", "11.11"]),
            ("NO", "2020-06-01", &["25", "15", "12", "11.11", "6"]),
            ("DK", "2026-11-21", &["25"]),
            ("EE", "2023-12-31", &["20", "9", "5"]),
            ("EE", "2025-06-30", &["22", "20", "13", "9"]),
            ("EE", "2025-07-01", &["24", "13", "9"]),
        ] {
            assert_eq!(rates(country, day).unwrap(), expected, "{country} {day}");
        }
        assert_eq!(rates("FI", "2012-12-31"), None);
        assert_eq!(rates("DE", "2026-11-21"), None);
    }

    #[test]
    fn a_credit_note_may_have_a_rate_of_the_past_but_none_of_the_future() {
        let finland = CountryCode::parse("FI").unwrap();
        let (old, new) = (Percent::parse("24").unwrap(), Percent::parse("13.5").unwrap());
        let day = CalendarDate::parse("2025-06-01").unwrap();
        assert!(!has_rate(finland, day, old) && has_had_rate(finland, day, old));
        assert!(!has_rate(finland, day, new) && !has_had_rate(finland, day, new));
        assert!(!has_had_rate(finland, day, Percent::parse("19").unwrap()));
        assert!(has_rate(finland, day, Percent::ZERO) && has_had_rate(finland, day, Percent::ZERO));
        let germany = CountryCode::parse("DE").unwrap();
        assert!(has_rate(germany, day, old) && has_had_rate(germany, day, old));
    }

    #[test]
    fn every_category_is_read_again() {
        for category in VatCategory::ALL {
            assert_eq!(VatCategory::parse(&category.to_string()), Ok(category));
        }
        for wrong in ["", "s", "L", "M", "B", "VAT"] {
            assert_eq!(VatCategory::parse(wrong), Err(UnknownVatCategory), "{wrong}");
        }
    }
}
