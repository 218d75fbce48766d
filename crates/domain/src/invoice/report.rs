//! How members of the forms that only invoices have are read.

use std::fmt::Display;

pub(super) use crate::report::{Member, Report, present};

use crate::calendar::CalendarDate;
use crate::currency::CurrencyCode;
use crate::fault_code::OUT_OF_RANGE;
use crate::money::Money;

/// The most characters of a reference, a code or another short text.
pub(super) const LONGEST_CODE: usize = 70;

/// The most characters of a long text.
pub(super) const LONGEST_TEXT: usize = 2_000;

/// The years of which dates are taken: a slip of a digit should not wait a thousand years.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

/// The path of an element of a list, as in the paths of the rest of the API.
pub(super) fn element(list: &str, place: usize) -> String {
    format!("{list}.{place}")
}

impl Report {
    pub(super) fn date(&mut self, at: impl Display, member: &Option<String>) -> Option<CalendarDate> {
        let date = self.optional(&at, member, CalendarDate::parse)?;
        if !YEARS.contains(&date.year()) {
            self.add(at, OUT_OF_RANGE, "The date must lie in the years 2000 to 2099: check its year");
            return None;
        }
        Some(date)
    }

    pub(super) fn money(
        &mut self,
        at: impl Display,
        member: &Option<String>,
        currency: Option<CurrencyCode>,
    ) -> Option<Money> {
        let currency = currency?;
        self.optional(at, member, |text| Money::parse(text, currency))
    }
}
