//! Random histories of an account, beside a small model in memory that knows no ledger: after each step both say the same.

use std::time::Duration;

use domain::purchase::Refusal;
use domain::{Clock as _, Timestamp};
use service::capture::CaptureView;
use service::purchase_error::PurchaseError;
use testkit::account::open_account;
use testkit::core::TestCore;
use testkit::on_both_engines;

use crate::purchase::{Shop, assert_books};

const DAY: Duration = Duration::from_secs(24 * 3600);
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;
const LIMIT: i64 = 60_000;

/// A plan without interest and fees, so that what is owed is what was bought for.
const FREE_PLAN: u8 = 5;

/// 30.99 % of a year of 365 days: of each cent that is owed at the end of a day so many parts, of which 3,650,000 are a cent.
const PARTS_A_DAY: i64 = 3_099;
const PARTS: i64 = 3_650_000;

struct Hold {
    amount: i64,
    is_promotional: bool,
    captured: i64,
    released: i64,
    until: Timestamp,
}

struct Taken {
    amount: i64,
    is_promotional: bool,
    returned: i64,
    at: Timestamp,
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
}

impl Model {
    const fn new(now: Timestamp) -> Self {
        let day = now.micros() / DAY_MICROS;
        Self { regular: 0, promotional: 0, interest: 0, rest: 0, day, holds: Vec::new(), taken: Vec::new() }
    }

    /// The interest of the days that have ended.
    fn reach(&mut self, now: Timestamp) {
        for _ in self.day..now.micros() / DAY_MICROS {
            self.rest += self.regular.max(0) * PARTS_A_DAY;
        }
        self.interest += self.rest / PARTS;
        self.rest %= PARTS;
        self.day = now.micros() / DAY_MICROS;
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

async fn history(test: &TestCore, shop: Shop, number: u32) {
    let core = &test.core;
    let (account, _) = open_account(core, shop.lender(), number, LIMIT).await;
    let mut state = 0x7a11_0000 + u64::from(number);
    let mut model = Model::new(test.clock.now());
    let (mut holds, mut taken): (Vec<i64>, Vec<CaptureView>) = (Vec::new(), Vec::new());
    for step in 0..60 {
        let amount = i64::try_from(next(&mut state) % 12_000).unwrap() + 1;
        let (of, more) = (usize::try_from(next(&mut state)).unwrap(), next(&mut state));
        let now = test.clock.now();
        let what = format!("history {number}, step {step}, {amount}");
        match next(&mut state) % 9 {
            0 | 1 => {
                let is_promotional = more.is_multiple_of(2);
                let fits = amount <= model.available(now);
                let plan = is_promotional.then_some(FREE_PLAN);
                if let Some(held) = done(shop.authorize(core, account, (amount, plan)).await, fits, &what) {
                    assert_eq!(held.finance_charge.0, 0);
                    holds.push(held.authorization);
                    model.holds.push(Hold { amount, is_promotional, captured: 0, released: 0, until: held.expires_at });
                }
                model.reach(now);
            }
            2 | 3 if !holds.is_empty() => {
                let of = of % holds.len();
                let hold = &mut model.holds[of];
                let fits = now < hold.until && amount <= hold.amount - hold.captured - hold.released;
                let result = done(shop.capture(core, holds[of], amount).await, fits, &what);
                let is_promotional = hold.is_promotional;
                hold.captured += if fits { amount } else { 0 };
                model.reach(now);
                if let Some(capture) = result {
                    taken.push(capture);
                    model.taken.push(Taken { amount, is_promotional, returned: 0, at: now });
                    *(if is_promotional { &mut model.promotional } else { &mut model.regular }) += amount;
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
                let fits = capture.is_promotional && is_in_time && amount <= capture.amount - capture.returned;
                done(shop.bring_back(core, &taken[of], Some(amount)).await, fits, &what);
                capture.returned += if fits { amount } else { 0 };
                model.reach(now);
                if fits {
                    model.credit(amount, &[promotional]);
                }
            }
            6 => {
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
            _ => test.clock.advance(Duration::from_secs(3600 * (more % 240))),
        }
        let story = &core.account_stories(account.number, 1).await.unwrap()[0];
        let now = test.clock.now();
        assert_eq!((story.principal, story.regular), (model.regular + model.promotional, model.regular), "{what}");
        assert_eq!(story.available_credit, model.available(now).max(0), "{what}");
    }
    core.post_interest().await.unwrap();
    model.reach(test.clock.now());
    let story = &core.account_stories(account.number, 1).await.unwrap()[0];
    assert_eq!(story.interest, model.interest, "history {number}");
}

on_both_engines! {
    async fn random_histories_are_as_the_model_has_them(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [shop, ..] = Shop::open(&test).await;
        for number in 1..=12 {
            history(&test, shop, number).await;
        }
        assert!(assert_books(&test.core).await > 200);
    }
}
