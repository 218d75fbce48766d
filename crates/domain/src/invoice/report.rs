//! How members of the forms that only invoices have are read.

use std::fmt::{self, Display};

pub(super) use crate::report::{Member, Report, present};

use super::draft::NumberDraft;
use crate::calendar::CalendarDate;
use crate::currency::CurrencyCode;
use crate::decimal::{Decimal, DecimalFault};
use crate::fault_code::{Coded, OUT_OF_RANGE};
use crate::money::Money;

/// The most characters of a reference, a code or another short text.
pub(super) const LONGEST_CODE: usize = 70;

/// The most characters of a long text.
pub(super) const LONGEST_TEXT: usize = 2_000;

/// The years of which dates are taken: a slip of a digit should not wait a thousand years.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

/// The path of an element of a list, as in the paths of the rest of the API. It becomes a text only where there is a
/// fault to tell.
#[derive(Clone, Copy)]
pub(super) struct Element(pub(super) &'static str, pub(super) usize);

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
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
        member: Option<NumberDraft>,
        currency: Option<CurrencyCode>,
    ) -> Option<Money> {
        let currency = currency?;
        self.number(at, member, |number| Money::exact(number, currency))
    }

    /// The value that a number stands for, when it is given and right.
    pub(super) fn number<T, E: Coded + From<DecimalFault>>(
        &mut self,
        at: impl Display,
        member: Option<NumberDraft>,
        read: impl FnOnce(Decimal) -> Result<T, E>,
    ) -> Option<T> {
        match member?.get().map_err(E::from).and_then(read) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(at, &fault);
                None
            }
        }
    }

    /// The value of a number that must be given.
    pub(super) fn needed_number<T, E: Coded + From<DecimalFault>>(
        &mut self,
        at: impl Display,
        missing: &'static str,
        member: Option<NumberDraft>,
        read: impl FnOnce(Decimal) -> Result<T, E>,
    ) -> Option<T> {
        if member.is_none() {
            self.missing(at, missing);
            return None;
        }
        self.number(at, member, read)
    }
}
