//! Interest by the day: what regular purchases bear, and what of finance charges is earned.
//!
//! The interest of a day is that on the principal of regular purchases as it stood when the day ended. It is rounded down to the cent, and the
//! part of a cent that is left is kept for the next day: so over any time what was charged is less than a cent below the exact interest, and
//! never above it. It is posted before whatever moves the account next, so that it does not matter when the job that posts it comes.

use super::{Book, Capture, Day, Done};
use crate::Timestamp;
use crate::cents::Cents;
use crate::ledger::{LedgerAccount, Movement, MovementKind};

/// The parts of a cent in which what is left of a day's interest is kept: a rate in ten-thousandths, a year of 365 days.
pub(super) const PARTS: i64 = 10_000 * 365;

/// The yearly rate of regular purchases, in ten-thousandths: 3099 is 30.99 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegularRate(pub u16);

impl RegularRate {
    /// That of the published example: `air` of the POS API.
    pub const USUAL: Self = Self(3_099);
}

impl Book {
    /// Posts the interest of the days that have ended, once: `None` where it is posted already. `captures` are those of the account whose
    /// finance charge is not all earned on `interest_from`; the outcome is the first and the last day that it is for.
    ///
    /// A day without interest has no postings, and its movement need not be kept. No capture may mature in these days: [`Book::catch_up`] stops
    /// where one does.
    #[must_use]
    pub fn post_interest(&self, captures: &[Capture], rate: RegularRate, now: Timestamp) -> Option<Done<(Day, Day)>> {
        let (from, today) = (self.interest_from, Day::of(now));
        if today <= from {
            return None;
        }
        let days = today.0 - from.0;
        let base = self.regular.max(Cents::ZERO);
        let parts = i128::from(base.0) * i128::from(rate.0) * i128::from(days) + i128::from(self.interest_rest);
        let charged = i64::try_from(parts / i128::from(PARTS)).unwrap_or(i64::MAX);
        let earned = captures.iter().map(|capture| capture.unearned_on(from) - capture.unearned_on(today)).sum();
        let movement = Movement::new(MovementKind::Interest)
            .and(LedgerAccount::InterestReceivable, LedgerAccount::InterestIncome, Cents(charged))
            .and(LedgerAccount::UnearnedInterest, LedgerAccount::InterestIncome, earned);
        let mut done = self.done(movement, (from, Day(today.0 - 1)));
        // Below PARTS.
        done.book.interest_rest = i64::try_from(parts % i128::from(PARTS)).unwrap_or_default();
        done.book.interest_from = today;
        Some(done)
    }
}
