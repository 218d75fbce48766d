//! What stands on an account besides its limit, as postings have left it.

use crate::Timestamp;
use crate::cents::Cents;
use crate::credit_account::Balances;
use crate::ledger::{LedgerAccount, Movement, Posting};

/// The microseconds of a day.
const MICROS: i64 = 24 * 3600 * 1_000_000;

/// A day of UTC, counted from 1970-01-01. Interest is reckoned by such days everywhere, so that no province has a day of 25 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i64);

impl Day {
    /// The day of a point in time.
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.micros().div_euclid(MICROS))
    }

    /// When it begins.
    #[must_use]
    pub const fn begins(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(MICROS))
    }

    /// The day so many months later. A month is a twelfth of 365 days; a day that is begun counts.
    #[must_use]
    pub fn after_months(self, months: u8) -> Self {
        Self(self.0 + (i64::from(months) * 365 + 11) / 12)
    }
}

/// The book of an account: its balances, and what the next movement has to know besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// What is owed, held and free.
    pub balances: Balances,
    /// The part of the principal that is of regular purchases and of those whose plan is over, and bears interest by the day; below zero where
    /// more was paid than was owed.
    pub regular: Cents,
    /// The part of a cent of interest that was not charged yet, in parts of which `PARTS` of `interest.rs` are a cent.
    pub interest_rest: i64,
    /// The first day whose interest is not posted yet.
    pub interest_from: Day,
    /// What of the balance that is held is held by authorizations whose time is over and that were not ended yet. It is as free.
    pub lapsed: Cents,
}

/// What a transition has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<T> {
    /// The book after it.
    pub book: Book,
    /// What happened.
    pub movement: Movement,
    /// What came of it.
    pub outcome: T,
}

impl Book {
    /// The balances as they are once every authorization whose time is over has ended.
    #[must_use]
    pub fn balances_now(&self) -> Balances {
        Balances { held: self.balances.held - self.lapsed, ..self.balances }
    }

    /// What is owed of promotional purchases whose plan is not over, with their finance charges. Never below zero.
    #[must_use]
    pub fn promotional(&self) -> Cents {
        self.balances.principal - self.regular
    }

    /// The book after these postings.
    #[must_use]
    pub fn after(&self, postings: &[Posting]) -> Self {
        let sum = |account| postings.iter().map(|posting| posting.debit_of(account)).sum::<Cents>();
        let regular = sum(LedgerAccount::RegularReceivable);
        let mut book = *self;
        book.regular += regular;
        book.balances.principal += regular + sum(LedgerAccount::PromotionalReceivable);
        book.balances.interest += sum(LedgerAccount::InterestReceivable);
        book.balances.held += sum(LedgerAccount::Hold);
        book
    }

    /// The movement carried out.
    pub(super) fn done<T>(&self, movement: Movement, outcome: T) -> Done<T> {
        debug_assert!(
            movement.postings.iter().all(|posting| movement.kind.posts(posting.debit, posting.credit)),
            "the check of the books would call {movement:?} a fault"
        );
        Done { book: self.after(&movement.postings), movement, outcome }
    }

    /// The day of `now` as this book counts: where clocks differ, never one whose interest is posted.
    pub(super) fn day(&self, now: Timestamp) -> Day {
        Day::of(now).max(self.interest_from)
    }
}
