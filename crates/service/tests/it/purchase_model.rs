//! Random histories of an account, beside a small model in memory that knows no ledger: after each step both say the same.

use std::time::Duration;

use domain::purchase::{Financing, Refusal};
use domain::{Clock as _, Timestamp};
use service::capture::CaptureView;
use service::purchase_error::PurchaseError;
use testkit::account::open_account;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;

use crate::purchase::{Shop, assert_books, purchase};

const DAY: Duration = Duration::from_secs(24 * 3600);
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;
const LIMIT: i64 = 60_000;

/// A plan without interest and fees, so that what is owed is what was bought for.
const FREE_PLAN: Financing = Financing::Promotional { plan: 5, term: 3 };

/// A plan that is the same as cash, and its months.
const SAME_AS_CASH: Financing = Financing::Promotional { plan: 6, term: 6 };

/// The days of plans of three and of six months: a month is a twelfth of 365, and what is begun counts.
const DAYS: [i64; 2] = [92, 183];

/// 30.99 % of a year of 365 days: of each cent that is owed at the end of a day so many parts, of which 3,650,000 are a cent.
const PARTS_A_DAY: i64 = 3_099;
const PARTS: i64 = 3_650_000;

struct Hold {
    amount: i64,
    plan: Option<Financing>,
    captured: i64,
    released: i64,
    until: Timestamp,
}

struct Taken {
    amount: i64,
    plan: Option<Financing>,
    returned: i64,
    at: Timestamp,
    /// The day on which its plan is over.
    ends: i64,
    has_ended: bool,
    /// The least that was owed of it by its plan.
    least: i64,
}

impl Taken {
    const fn billed(&self) -> i64 {
        self.amount - self.returned
    }
}

/// What an account is, by amounts alone.
struct Model {
    regular: i64,
    promotional: i64,
    interest: i64,
    /// The part of a cent of interest that was not charged yet.
    rest: i64,
    /// The first day whose interest was not charged yet.
    day: i64,
    holds: Vec<Hold>,
    taken: Vec<Taken>,
    seen: Seen,
}

/// How often something was seen.
#[derive(Debug, Default)]
struct Seen {
    /// A plan has ended with nothing left.
    paid: u32,
    /// A plan has ended with something left, and bore nothing.
    left: u32,
    /// Interest of the whole time was charged.
    late: u32,
    /// Of less than what was unpaid, because less was owed for a time.
    bounded: u32,
}

impl Model {
    fn new(now: Timestamp) -> Self {
        let day = now.micros() / DAY_MICROS;
        Self {
            regular: 0,
            promotional: 0,
            interest: 0,
            rest: 0,
            day,
            holds: Vec::new(),
            taken: Vec::new(),
            seen: Seen::default(),
        }
    }

    /// Day by day, what ends when it begins and the interest when it has ended.
    fn reach(&mut self, now: Timestamp) {
        let today = now.micros() / DAY_MICROS;
        loop {
            while let Some((of, left)) = self.left().into_iter().find(|(of, _)| self.taken[*of].ends <= self.day) {
                self.end(of, left);
            }
            if self.day == today {
                break;
            }
            self.rest += self.regular.max(0) * PARTS_A_DAY;
            self.day += 1;
        }
        self.interest += self.rest / PARTS;
        self.rest %= PARTS;
    }

    /// What is left of each capture whose plan has not ended: what was paid is taken from those that end first.
    fn left(&self) -> Vec<(usize, i64)> {
        let is_open = |of: &usize| self.taken[*of].plan.is_some() && !self.taken[*of].has_ended;
        let mut open: Vec<usize> = (0..self.taken.len()).filter(is_open).collect();
        open.sort_by_key(|of| (self.taken[*of].ends, self.taken[*of].at));
        let mut paid = open.iter().map(|of| self.taken[*of].billed()).sum::<i64>() - self.promotional;
        let left = |of: usize| {
            let part = self.taken[of].billed().min(paid);
            paid -= part;
            (of, self.taken[of].billed() - part)
        };
        open.into_iter().map(left).collect()
    }

    /// A capture.
    fn take(&mut self, amount: i64, plan: Option<Financing>, at: Timestamp) {
        let ends = at.micros() / DAY_MICROS + DAYS[usize::from(plan == Some(SAME_AS_CASH))];
        self.taken.push(Taken { amount, plan, returned: 0, at, ends, has_ended: false, least: amount });
        *(if plan.is_some() { &mut self.promotional } else { &mut self.regular }) += amount;
    }

    /// Notes the least that was owed of each.
    fn note(&mut self) {
        for (of, left) in self.left() {
            self.taken[of].least = self.taken[of].least.min(left);
        }
    }

    /// The plan of a capture is over: what is left is owed like a regular purchase, with six months' interest of the same as cash.
    fn end(&mut self, of: usize, left: i64) {
        let unpaid = (left - (-self.regular).max(0)).max(0);
        self.promotional -= left;
        self.regular += left;
        let taken = &mut self.taken[of];
        taken.has_ended = true;
        if taken.plan == Some(SAME_AS_CASH) {
            // Half a year at 30.99 %: 20,000 parts of a cent, a half to the even one.
            let parts = unpaid.min(taken.least) * 3_099;
            self.interest += parts / 20_000 + i64::from(parts % 20_000 > 10_000 - parts / 20_000 % 2);
            self.seen.bounded += u32::from(taken.least < unpaid);
        }
        let kind = match (left, taken.plan) {
            (0, _) => &mut self.seen.paid,
            (_, Some(SAME_AS_CASH)) if unpaid > 0 => &mut self.seen.late,
            _ => &mut self.seen.left,
        };
        *kind += 1;
    }

    fn available(&self, now: Timestamp) -> i64 {
        let open = self.holds.iter().filter(|hold| now < hold.until);
        let held: i64 = open.map(|hold| hold.amount - hold.captured - hold.released).sum();
        LIMIT - self.regular - self.promotional - held
    }

    /// Takes from each balance what it has, and the rest from the regular one.
    fn credit(&mut self, mut amount: i64, order: &[fn(&mut Self) -> &mut i64]) {
        for balance in order {
            let balance = balance(self);
            let part = amount.min((*balance).max(0));
            *balance -= part;
            amount -= part;
        }
        self.regular -= amount;
    }
}

fn interest(model: &mut Model) -> &mut i64 {
    &mut model.interest
}

fn regular(model: &mut Model) -> &mut i64 {
    &mut model.regular
}

fn promotional(model: &mut Model) -> &mut i64 {
    &mut model.promotional
}

/// A number that follows from the state, which it changes (Knuth's MMIX).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Whether it was done; a refusal is of the rules.
#[track_caller]
fn done<T>(result: Result<T, PurchaseError>, fits: bool, what: &str) -> Option<T> {
    match result {
        Ok(value) => {
            assert!(fits, "{what} was done");
            Some(value)
        }
        Err(PurchaseError::Refused(refusal)) => {
            assert!(!fits, "{what}: {refusal}");
            // Nobody has asked for so much in a day.
            let is_limit =
                matches!(refusal, Refusal::LimitPaymentAmount24 { .. } | Refusal::RefundsLimitExceededAmount { .. });
            assert!(!is_limit, "{what}: {refusal}");
            None
        }
        Err(error) => panic!("{what}: {error}"),
    }
}

async fn history(test: &TestCore, shop: Shop, number: u32) -> Seen {
    let core = &test.core;
    let (account, _) = open_account(core, shop.lender(), number, LIMIT).await;
    let mut state = 0x7a11_0000 + u64::from(number);
    let mut model = Model::new(test.clock.now());
    let (mut holds, mut taken): (Vec<i64>, Vec<CaptureView>) = (Vec::new(), Vec::new());
    for step in 0..90 {
        let amount = i64::try_from(next(&mut state) % 12_000).unwrap() + 1;
        let (of, more) = (usize::try_from(next(&mut state)).unwrap(), next(&mut state));
        let now = test.clock.now();
        let what = format!("history {number}, step {step}, {amount}");
        match next(&mut state) % 9 {
            0 | 1 => {
                // Payments reach those of plans in histories that have no others.
                let plans = [Some(FREE_PLAN), Some(SAME_AS_CASH), None];
                let plan = plans[usize::try_from(more % (2 + u64::from(number % 2))).unwrap()];
                let fits = amount <= model.available(now);
                let mut asked = purchase(core, shop.caller, account, (amount, None)).await;
                asked.financing = plan.unwrap_or(Financing::Regular);
                asked.auto_capture = of.is_multiple_of(2);
                let made = core.authorize_purchase(&shop.caller, &asked, None, &operator()).await;
                let made = done(made.map(|answer| answer.value), fits, &what);
                model.reach(now);
                if let Some(held) = made {
                    assert_eq!(held.finance_charge.0, 0);
                    holds.push(held.authorization);
                    let captured = if asked.auto_capture { amount } else { 0 };
                    model.holds.push(Hold { amount, plan, captured, released: 0, until: held.expires_at });
                    if asked.auto_capture {
                        taken.extend(held.captures);
                        model.take(amount, plan, now);
                    }
                }
            }
            2 | 3 if !holds.is_empty() => {
                let of = of % holds.len();
                let hold = &mut model.holds[of];
                let fits = now < hold.until && amount <= hold.amount - hold.captured - hold.released;
                let result = done(shop.capture(core, holds[of], amount).await, fits, &what);
                let plan = hold.plan;
                hold.captured += if fits { amount } else { 0 };
                model.reach(now);
                if let Some(capture) = result {
                    taken.push(capture);
                    model.take(amount, plan, now);
                }
            }
            4 if !holds.is_empty() => {
                let of = of % holds.len();
                let hold = &mut model.holds[of];
                let amount = amount / 4 + 1;
                let fits = now < hold.until && amount <= hold.amount - hold.captured - hold.released;
                done(shop.release(core, holds[of], Some(amount)).await, fits, &what);
                hold.released += if fits { amount } else { 0 };
                model.reach(now);
            }
            5 if !taken.is_empty() => {
                let of = of % taken.len();
                let capture = &mut model.taken[of];
                let is_in_time = now < capture.at.after(101 * DAY);
                let fits = capture.plan.is_some() && is_in_time && amount <= capture.amount - capture.returned;
                done(shop.bring_back(core, &taken[of], Some(amount)).await, fits, &what);
                model.reach(now);
                if fits {
                    let capture = &mut model.taken[of];
                    capture.returned += amount;
                    match capture.has_ended {
                        false => model.credit(amount, &[promotional]),
                        true => model.credit(amount, &[regular, promotional]),
                    }
                }
            }
            6 => {
                let amount = amount / 4 + 1;
                done(shop.pay(core, account, amount).await, true, &what);
                model.reach(now);
                model.credit(amount, &[interest, regular, promotional]);
            }
            7 if more.is_multiple_of(3) => {
                done(shop.refund(core, account, amount / 10 + 1).await, true, &what);
                model.reach(now);
                model.credit(amount / 10 + 1, &[regular, promotional]);
            }
            8 if more.is_multiple_of(4) => {
                core.expire_authorizations().await.unwrap();
                core.post_interest().await.unwrap();
                model.reach(now);
            }
            _ => test.clock.advance(Duration::from_secs(3600 * (more % 600))),
        }
        // So that no two are captured at one moment.
        test.clock.advance(Duration::from_secs(1));
        model.note();
        let story = &core.account_stories(account.number, 1).await.unwrap()[0];
        let now = test.clock.now();
        assert_eq!((story.principal, story.regular), (model.regular + model.promotional, model.regular), "{what}");
        assert_eq!(story.available_credit, model.available(now).max(0), "{what}");
    }
    // Every plan ends.
    test.clock.advance(200 * DAY);
    core.post_interest().await.unwrap();
    model.reach(test.clock.now());
    assert!(model.left().is_empty() && model.promotional == 0, "history {number}");
    let story = &core.account_stories(account.number, 1).await.unwrap()[0];
    assert_eq!((story.regular, story.interest), (model.regular, model.interest), "history {number}");
    model.seen
}

on_both_engines! {
    async fn random_histories_are_as_the_model_has_them(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [shop, ..] = Shop::open(&test).await;
        let mut all = Seen::default();
        for number in 1..=12 {
            let Seen { paid, left, late, bounded } = history(&test, shop, number).await;
            all = Seen { paid: all.paid + paid, left: all.left + left, late: all.late + late, bounded: all.bounded + bounded };
        }
        assert!(all.paid > 10 && all.left > 10 && all.late > 10 && all.bounded > 0, "{all:?}");
        assert!(assert_books(&test.core).await > 200);
    }
}
