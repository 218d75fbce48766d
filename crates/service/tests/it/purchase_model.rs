//! Random histories of an account, beside a small model in memory that knows no ledger: after each step both say the same.

mod account;
mod plan;

use std::time::Duration;

use domain::Clock as _;
use domain::cents::Cents;
use domain::purchase::{Financing, Refusal};
use service::Settings;
use service::capture::CaptureView;
use service::ledger::AccountStory;
use service::purchase_error::PurchaseError;
use testkit::account::open_account;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;

use self::account::{Charge, Hold, Model, Seen};
use self::plan::{FREE, GRACE, INTEREST, Plan, SAME_AS_CASH, lending};
use crate::purchase::{Shop, assert_books, purchase};

const DAY: Duration = Duration::from_secs(24 * 3600);
const LIMIT: i64 = 60_000;

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

/// What the movements of an account have posted to the credit of one of the chart, less its debits.
fn credited(story: &AccountStory, account: &str) -> i64 {
    let postings = story.movements.iter().flat_map(|line| &line.postings);
    postings
        .map(|(debit, credit, amount)| amount * (i64::from(*credit == account) - i64::from(*debit == account)))
        .sum()
}

async fn history(test: &TestCore, shop: Shop, number: u32) -> Seen {
    let core = &test.core;
    let (account, _) = open_account(core, shop.lender(), number, LIMIT).await;
    let mut state = 0x7a11_0000 + u64::from(number);
    let mut model = Model::new(LIMIT, test.clock.now());
    let (mut holds, mut taken): (Vec<i64>, Vec<CaptureView>) = (Vec::new(), Vec::new());
    for step in 0..90 {
        let amount = i64::try_from(next(&mut state) % 12_000).unwrap() + 1;
        let (of, more) = (usize::try_from(next(&mut state)).unwrap(), next(&mut state));
        let now = test.clock.now();
        let what = format!("history {number}, step {step}, {amount}");
        match next(&mut state) % 9 {
            0 | 1 => {
                // Payments reach those of plans in histories that have no others.
                let plans: [Option<&Plan>; 5] = [Some(&FREE), Some(&SAME_AS_CASH), Some(&INTEREST), Some(&GRACE), None];
                let plan = plans[usize::try_from(more % (4 + u64::from(number % 2))).unwrap()];
                let charge = Charge::of(plan, amount);
                let mut asked = purchase(core, shop.caller, account, (amount, None)).await;
                asked.financing = plan.map_or(Financing::Regular, |plan| plan.financing);
                asked.auto_capture = of.is_multiple_of(2);
                let made = core.authorize_purchase(&shop.caller, &asked, None, &operator()).await;
                let is_small = plan.is_some_and(|plan| amount < plan.least);
                let fits = amount + charge.total() <= model.available(now);
                model.reach(now);
                if is_small {
                    assert!(matches!(made, Err(PurchaseError::PlanTermNotAvailable)), "{what}: {made:?}");
                    model.seen.small += 1;
                } else if let Some(held) = done(made.map(|answer| answer.value), fits, &what) {
                    assert_eq!(held.finance_charge, Cents(charge.total()), "{what}");
                    holds.push(held.authorization);
                    model.holds.push(Hold { amount, plan, charge, captured: 0, released: 0, until: held.expires_at });
                    if asked.auto_capture {
                        assert_eq!(held.captures[0].finance_charge, Cents(charge.total()), "{what}");
                        taken.extend(held.captures);
                        model.take(model.holds.len() - 1, amount, now);
                    }
                }
            }
            2 | 3 if !holds.is_empty() => {
                let of = of % holds.len();
                let result = done(shop.capture(core, holds[of], amount).await, model.holds[of].has(amount, now), &what);
                model.reach(now);
                if let Some(capture) = result {
                    assert_eq!(capture.finance_charge, Cents(model.take(of, amount, now)), "{what}");
                    taken.push(capture);
                }
            }
            4 if !holds.is_empty() => {
                let of = of % holds.len();
                let hold = &mut model.holds[of];
                let amount = amount / 4 + 1;
                let fits = hold.has(amount, now);
                done(shop.release(core, holds[of], Some(amount)).await, fits, &what);
                hold.released += if fits { amount } else { 0 };
                model.reach(now);
            }
            5 if !taken.is_empty() => {
                let of = of % taken.len();
                // What is not earned is often not much.
                let amount = if more.is_multiple_of(2) { amount } else { amount / 4 + 1 };
                let fits = model.taken[of].has(amount, now);
                let back = done(shop.bring_back(core, &taken[of], Some(amount)).await, fits, &what);
                model.reach(now);
                if let Some(back) = back {
                    assert_eq!(back.finance_charge, Cents(model.bring_back(of, amount, now)), "{what}");
                }
            }
            6 => {
                let amount = amount / 4 + 1;
                done(shop.pay(core, account, amount).await, true, &what);
                model.reach(now);
                model.pay(amount);
            }
            7 if more.is_multiple_of(3) => {
                let amount = amount / 10 + 1;
                done(shop.refund(core, account, amount).await, true, &what);
                model.reach(now);
                model.refund(amount);
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
    // Every plan ends, and all interest of plans is earned.
    test.clock.advance(280 * DAY);
    core.post_interest().await.unwrap();
    model.reach(test.clock.now());
    assert!(model.left().is_empty() && model.promotional == 0, "history {number}");
    let story = &core.account_stories(account.number, 10_000).await.unwrap()[0];
    assert_eq!((story.regular, story.interest), (model.regular, model.interest), "history {number}");
    let income = ["interest_income", "fee_income", "unearned_interest"].map(|account| credited(story, account));
    assert_eq!(income, [model.income.interest, model.income.fee, 0], "history {number}");
    model.seen
}

on_both_engines! {
    async fn random_histories_are_as_the_model_has_them(database: TestDatabase) {
        let test = TestCore::with(&database, Settings { lending: lending(), ..Settings::default() }).await;
        let [shop, ..] = Shop::open(&test).await;
        let mut all = Seen::default();
        for number in 1..=12 {
            all += history(&test, shop, number).await;
        }
        assert!(all.paid > 10 && all.left > 10 && all.late > 10 && all.bounded > 0, "{all:?}");
        assert!(all.earned > 5 && all.unearned > 0 && all.fees > 0 && all.small > 10, "{all:?}");
        assert!(assert_books(&test.core).await > 200);
    }
}
