//! What is left unpaid when the time of a plan is over.
//!
//! A promotional capture matures on the first day after its plan's time, grace and term. Payments go to what ends first, so of the promotional
//! balance the captures that mature later have theirs first, and what is left is of this one. That is owed like a regular purchase from this
//! day on, and bears interest by the day. Of a plan that is the same as cash interest of the whole time is charged on it besides.

use super::{Book, Capture, Day, Done, RegularRate};
use crate::Timestamp;
use crate::cents::Cents;
use crate::ledger::{LedgerAccount, Movement, MovementKind};
use crate::lending;
use crate::percent::Percent;

/// What becomes of a promotional capture after the time of its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Maturity {
    /// The first day after that time.
    pub on: Day,
    /// That time, in months.
    pub months: u8,
    /// Of a plan that is the same as cash its yearly rate, as it was when the purchase was authorized; of any other none.
    pub late_rate: Percent,
    /// The least that was owed of the capture at any time, as far as it can't be told from the balances any more: [`Book::note_unpaid`].
    pub owed_throughout: Cents,
    /// The day on which it has matured; `None` before.
    pub matured_on: Option<Day>,
}

/// What time alone has done to an account, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passed {
    /// Interest of days that have ended, from the first to the last. It may have no postings.
    Interest(Done<(Day, Day)>),
    /// A capture has matured. Where nothing of it was left on the promotional balance, it has no postings.
    Maturity {
        /// Which one of those that were due.
        of: usize,
        /// The book after it, and the capture.
        done: Done<Capture>,
    },
}

impl Maturity {
    pub(super) fn new(day: Day, months: u8, late_rate: Percent, billed: Cents) -> Self {
        Self { on: day.after_months(months), months, late_rate, owed_throughout: billed, matured_on: None }
    }
}

impl Capture {
    /// Whether the time of its plan was over and it has matured.
    #[must_use]
    pub fn has_matured(&self) -> bool {
        self.maturity.is_some_and(|maturity| maturity.matured_on.is_some())
    }

    /// What of the promotional balance is of this capture, where those that mature later have billed `later`.
    #[must_use]
    pub fn owed_of(&self, promotional: Cents, later: Cents) -> Cents {
        self.billed.min((promotional - later).max(Cents::ZERO))
    }
}

impl Book {
    /// Brings the book up to `now`: the interest of the days that have ended and what has matured, each on its day, so that it does not matter
    /// how often this is done.
    ///
    /// `due` are the captures that mature on the day of `now` or before and have not, in the order in which they do: by that day, then by when
    /// they were captured. Those that mature after it have billed `later`. `earning` are the captures whose finance charge is not all earned.
    #[must_use]
    pub fn catch_up(
        &self,
        (due, later): (&[Capture], Cents),
        earning: &[Capture],
        rate: RegularRate,
        now: Timestamp,
    ) -> Vec<Passed> {
        let (mut book, mut passed) = (*self, Vec::new());
        let mut later = later + due.iter().map(|capture| capture.billed).sum();
        for (of, capture) in due.iter().enumerate() {
            later -= capture.billed;
            let Some(maturity) = capture.maturity else { continue };
            if let Some(done) = book.post_interest(earning, rate, maturity.on.begins()) {
                book = done.book;
                passed.push(Passed::Interest(done));
            }
            let done = book.mature(capture, maturity, later);
            book = done.book;
            passed.push(Passed::Maturity { of, done });
        }
        passed.extend(book.post_interest(earning, rate, now).map(Passed::Interest));
        passed
    }

    /// Moves what is left of a capture to what bears interest by the day. A credit of the customer pays it first.
    ///
    /// The interest of a plan that is the same as cash is that of its whole time on what is unpaid now, a month being a twelfth of a year,
    /// rounded once: of the price alone, because fees bear none and are paid first. It is never more than what has accrued on what was really
    /// owed of the capture: that was never less than what is unpaid now, because after the capture its part of the balance goes down only, but
    /// where a purchase is added that ends before it and takes over what was paid. For that there is `owed_throughout`.
    fn mature(&self, capture: &Capture, maturity: Maturity, later: Cents) -> Done<Capture> {
        let left = capture.owed_of(self.promotional(), later);
        let unpaid = (left - (-self.regular).max(Cents::ZERO)).max(Cents::ZERO);
        let bearing = unpaid.min(capture.remaining()).min(maturity.owed_throughout);
        let late = lending::interest(bearing, maturity.late_rate, maturity.months);
        let movement = Movement::new(MovementKind::Maturity)
            .and(LedgerAccount::RegularReceivable, LedgerAccount::PromotionalReceivable, left)
            .and(LedgerAccount::InterestReceivable, LedgerAccount::InterestIncome, late);
        let matured_on = Some(maturity.on.max(self.interest_from));
        let capture = Capture { maturity: Some(Maturity { matured_on, ..maturity }), ..*capture };
        self.done(movement, capture)
    }

    /// Notes what is owed of each of these captures, before one is added that matures before them all: payments that they have had go to that
    /// one then, but they were less for a time, on which no interest accrues. `captures` are all that mature later than the new one, in the order
    /// in which they do.
    pub fn note_unpaid(&self, captures: &mut [Capture]) {
        let mut later = Cents::ZERO;
        for capture in captures.iter_mut().rev() {
            let owed = capture.owed_of(self.promotional(), later);
            later += capture.billed;
            if let Some(maturity) = &mut capture.maturity {
                maturity.owed_throughout = maturity.owed_throughout.min(owed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::credit_account::{AccountState, Balances};
    use crate::purchase::{CreditLimits, EarningTime, FinanceCharge, Financing, Payment, Purchase};

    const DAY: Duration = Duration::from_secs(24 * 3600);
    const SAME_AS_CASH: u16 = 3_099;

    fn start() -> Timestamp {
        Day(20_000).begins().after(Duration::from_secs(3600))
    }

    fn on(day: i64) -> Timestamp {
        Day(20_000 + day).begins().after(Duration::from_secs(7200))
    }

    fn empty() -> Book {
        let balances = Balances { limit: Cents(1_000_000), ..Balances::default() };
        Book { balances, interest_from: Day::of(start()), ..Book::default() }
    }

    /// A capture of a plan of so many months.
    fn bought(book: &mut Book, (amount, fees, months): (i64, i64, u8), late_rate: u16, now: Timestamp) -> Capture {
        let purchase = Purchase {
            financing: Financing::Promotional { plan: 6, term: months },
            amount: Cents(amount),
            charge: FinanceCharge { interest: Cents::ZERO, fees: Cents(fees) },
            earned: EarningTime { from_month: 0, until_month: months },
            late_rate: Percent::from_hundredths(late_rate).unwrap(),
        };
        let held = purchase.authorize(book, AccountState::NORMAL, now, DAY).unwrap();
        let done = held.outcome.capture(&held.book, Cents(amount), now).unwrap();
        *book = done.book;
        done.outcome.1
    }

    fn pay(book: &mut Book, amount: i64) {
        *book = Payment::Deposit.pay(book, Cents(amount), Cents::ZERO, &CreditLimits::default()).unwrap().book;
    }

    /// What has passed until `now`; the captures are changed by it.
    fn pass(book: &mut Book, captures: &mut [Capture], now: Timestamp) -> Vec<Movement> {
        let today = Day::of(now);
        captures.sort_by_key(|capture| (capture.maturity.map(|it| it.on), capture.captured_at));
        let is_open = |capture: &&Capture| !capture.has_matured();
        let is_due = |capture: &&Capture| capture.maturity.is_some_and(|it| it.on <= today);
        let due: Vec<_> = captures.iter().filter(is_open).filter(is_due).copied().collect();
        let later = captures.iter().filter(is_open).filter(|it| !is_due(it)).map(|it| it.billed).sum();
        let mut movements = Vec::new();
        for passed in book.catch_up((&due, later), captures, RegularRate::USUAL, now) {
            let (after, movement) = match passed {
                Passed::Interest(done) => (done.book, done.movement),
                Passed::Maturity { of, done } => {
                    *captures.iter_mut().find(|it| **it == due[of]).unwrap() = done.outcome;
                    (done.book, done.movement)
                }
            };
            *book = after;
            movements.extend((!movement.postings.is_empty()).then_some(movement));
        }
        movements
    }

    /// What has moved to what bears interest, and the interest of the whole time.
    fn matured(movements: &[Movement]) -> Vec<(i64, i64)> {
        let of = |movement: &Movement, account| movement.postings.iter().map(|it| it.debit_of(account).0).sum::<i64>();
        movements
            .iter()
            .filter(|movement| movement.kind == MovementKind::Maturity)
            .map(|it| (of(it, LedgerAccount::RegularReceivable), of(it, LedgerAccount::InterestReceivable)))
            .collect()
    }

    #[test]
    fn what_was_paid_in_time_costs_nothing() {
        let mut book = empty();
        let capture = bought(&mut book, (100_000, 0, 6), SAME_AS_CASH, start());
        pay(&mut book, 100_000);
        let mut captures = [capture];
        assert_eq!(pass(&mut book, &mut captures, on(1_000)), []);
        assert_eq!((book.balances.principal, book.balances.interest), (Cents::ZERO, Cents::ZERO));
        assert!(captures[0].has_matured());
    }

    #[test]
    fn what_is_unpaid_bears_interest_of_the_whole_time_and_by_the_day_from_then_on() {
        // 183 days: a day that is begun counts.
        let mut book = empty();
        let mut captures = [bought(&mut book, (100_000, 0, 6), SAME_AS_CASH, start())];
        assert_eq!(pass(&mut book, &mut captures, on(182)), []);
        assert_eq!((book.regular, captures[0].has_matured()), (Cents::ZERO, false));
        // Half a year at 30.99 % on 1,000.00, to the cent as it was told; and nothing by the day yet.
        let movements = pass(&mut book, &mut captures, on(183));
        assert_eq!(matured(&movements), [(100_000, 15_495)]);
        assert_eq!(
            (book.regular, book.promotional(), book.balances.interest),
            (Cents(100_000), Cents::ZERO, Cents(15_495))
        );
        assert_eq!(captures[0].maturity.unwrap().matured_on, Some(Day(20_183)));
        // Ten days of 84.9 cents, on the principal alone.
        assert_eq!(matured(&pass(&mut book, &mut captures, on(193))), []);
        assert_eq!((book.balances.principal, book.balances.interest), (Cents(100_000), Cents(15_495 + 849)));
        assert_eq!(book.balances.available(), Cents(900_000));
    }

    #[test]
    fn it_does_not_matter_how_late_it_is_posted() {
        let mut book = empty();
        let captures =
            [bought(&mut book, (70_000, 0, 6), SAME_AS_CASH, start()), bought(&mut book, (30_001, 77, 3), 0, on(2))];
        let (mut once, mut late) = (book, captures);
        pass(&mut once, &mut late, on(400));
        let (mut daily, mut each) = (book, captures);
        for day in 0..=400 {
            pass(&mut daily, &mut each, on(day));
        }
        assert_eq!((once, late), (daily, each));
        assert!(once.interest_from == Day(20_400) && once.promotional().is_zero());
    }

    #[test]
    fn a_part_that_was_paid_bears_none_and_fees_are_paid_first() {
        let mut book = empty();
        let mut captures = [bought(&mut book, (100_000, 4_900, 12), SAME_AS_CASH, start())];
        assert_eq!(captures[0].billed, Cents(104_900));
        let mut unpaid = book;
        // Fees bear nothing: 309.90 of 1,000.00 and not of 1,049.00.
        assert_eq!(matured(&pass(&mut unpaid, &mut captures.clone(), on(365))), [(104_900, 30_990)]);
        pay(&mut book, 54_900);
        assert_eq!(matured(&pass(&mut book, &mut captures, on(365))), [(50_000, 15_495)]);
    }

    #[test]
    fn payments_go_to_what_ends_first() {
        let mut book = empty();
        let long = bought(&mut book, (50_000, 0, 12), SAME_AS_CASH, start());
        let short = bought(&mut book, (40_000, 0, 6), SAME_AS_CASH, on(1));
        pay(&mut book, 45_000);
        let mut captures = [long, short];
        assert_eq!(matured(&pass(&mut book, &mut captures, on(200))), []);
        assert_eq!(book.promotional(), Cents(45_000));
        assert_eq!(matured(&pass(&mut book, &mut captures, on(365))), [(45_000, 13_946)]);
        // Of two that end on one day it is the one that was bought first.
        let mut book = empty();
        let first = bought(&mut book, (50_000, 0, 6), SAME_AS_CASH, start());
        let second = bought(&mut book, (40_000, 0, 6), 0, start().after(Duration::from_secs(1)));
        pay(&mut book, 45_000);
        assert_eq!(matured(&pass(&mut book, &mut [second, first], on(300))), [(5_000, 775), (40_000, 0)]);
    }

    #[test]
    fn what_was_paid_before_a_shorter_purchase_has_borne_nothing_for_that_time() {
        let mut book = empty();
        let long = bought(&mut book, (30_000, 0, 12), SAME_AS_CASH, start());
        pay(&mut book, 10_000);
        let mut captures = vec![long];
        book.note_unpaid(&mut captures);
        assert_eq!(captures[0].maturity.unwrap().owed_throughout, Cents(20_000));
        captures.push(bought(&mut book, (10_000, 0, 3), SAME_AS_CASH, on(100)));
        // The payment counts for the shorter one. Of the longer one 200.00 were owed all the time.
        assert_eq!(matured(&pass(&mut book, &mut captures, on(365))), [(30_000, 6_198)]);
    }

    #[test]
    fn a_credit_pays_what_matures() {
        let mut book = empty();
        pay(&mut book, 30_000);
        let mut captures = [bought(&mut book, (50_000, 0, 6), SAME_AS_CASH, start())];
        assert_eq!((book.regular, book.promotional()), (Cents(-30_000), Cents(50_000)));
        assert_eq!(matured(&pass(&mut book, &mut captures, on(183))), [(50_000, 3_099)]);
        assert_eq!((book.regular, book.balances.principal), (Cents(20_000), Cents(20_000)));
        let mut book = empty();
        pay(&mut book, 60_000);
        let mut captures = [bought(&mut book, (50_000, 0, 6), SAME_AS_CASH, start())];
        assert_eq!(matured(&pass(&mut book, &mut captures, on(500))), [(50_000, 0)]);
        assert_eq!((book.regular, book.balances.interest), (Cents(-10_000), Cents::ZERO));
    }

    #[test]
    fn what_was_brought_back_is_not_unpaid() {
        let mut book = empty();
        let capture = bought(&mut book, (80_000, 800, 6), SAME_AS_CASH, start());
        let back = capture.take_back(&book, Some(Cents(60_000)), on(50)).unwrap();
        book = back.book;
        let mut captures = [back.outcome.0];
        assert_eq!(captures[0].billed, Cents(20_200));
        let rest = captures[0].take_back(&book, None, on(60)).unwrap();
        assert_eq!(rest.outcome.0.billed, Cents::ZERO);
        assert_eq!(matured(&pass(&mut rest.book.clone(), &mut [rest.outcome.0], on(183))), []);
        assert_eq!(matured(&pass(&mut book, &mut captures, on(183))), [(20_200, 3_099)]);
    }

    #[test]
    fn what_has_matured_is_brought_back_from_what_bears_interest() {
        let mut book = empty();
        let mut captures =
            [bought(&mut book, (10_000, 0, 3), 0, start()), bought(&mut book, (20_000, 0, 12), 0, start())];
        assert_eq!(matured(&pass(&mut book, &mut captures, on(95))), [(10_000, 0)]);
        let back = captures[0].take_back(&book, None, on(95)).unwrap().book;
        assert_eq!((back.regular, back.promotional()), (Cents::ZERO, Cents(20_000)));
    }

    #[test]
    fn other_plans_move_and_bear_nothing_for_the_time_before() {
        let mut book = empty();
        let mut captures = [bought(&mut book, (50_000, 0, 6), 0, start())];
        assert_eq!(matured(&pass(&mut book, &mut captures, on(184))), [(50_000, 0)]);
        // A day of 42.45 cents.
        assert_eq!((book.regular, book.balances.interest), (Cents(50_000), Cents(42)));
    }

    #[test]
    fn what_is_found_too_late_matures_on_the_first_day_that_is_not_posted() {
        let mut book = empty();
        let mut captures = [bought(&mut book, (50_000, 0, 6), 0, start())];
        book.interest_from = Day(20_300);
        assert_eq!(matured(&pass(&mut book, &mut captures, on(300))), [(50_000, 0)]);
        assert_eq!((book.balances.interest, book.interest_from), (Cents::ZERO, Day(20_300)));
        assert_eq!(captures[0].maturity.unwrap().matured_on, Some(Day(20_300)));
    }
}
