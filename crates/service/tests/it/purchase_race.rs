//! Purchases at once: nothing is captured twice, held twice or lost, on one process and on two.

use std::sync::Arc;

use domain::cents::Cents;
use domain::purchase::{AuthorizationId, Refusal};
use domain::verification::{LIFE, VerificationFault, VerificationFormat};
use service::Core;
use service::account_book::Till;
use service::authorization::AuthorizationRequest;
use service::purchase_error::PurchaseError;
use service::verification::Proof;
use store::credit_account::AccountKey;
use store::verification::VerificationRow;
use testkit::account::open_account;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::purchase::{Shop, assert_books, named, purchase};

/// Runs so many at once, and gives what they came to.
pub(crate) async fn at_once<T, F>(count: usize, make: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count));
    let mut tasks = JoinSet::new();
    for number in 0..count {
        let (barrier, work) = (Arc::clone(&barrier), make(number));
        tasks.spawn(async move {
            barrier.wait().await;
            work.await
        });
    }
    tasks.join_all().await
}

/// How many were done; each other one was refused so.
fn done<T: std::fmt::Debug>(results: &[Result<T, PurchaseError>], is_refused: impl Fn(&Refusal) -> bool) -> usize {
    for result in results {
        match result {
            Ok(_) => {}
            Err(PurchaseError::Refused(refusal)) if is_refused(refusal) => {}
            other => panic!("{other:?}"),
        }
    }
    results.iter().filter(|result| result.is_ok()).count()
}

/// The next of a few random numbers (xorshift): each task has its own, the same in every run.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap()
}

/// Does whatever comes, on a few accounts, and passes over what is refused.
async fn anything(core: Core, shop: Shop, accounts: Vec<AccountKey>, seed: u64) {
    let mut state = seed;
    let (mut authorizations, mut captures) = (Vec::new(), Vec::new());
    for _ in 0..25 {
        let account = accounts[next(&mut state) % accounts.len()];
        let amount = i64::try_from(next(&mut state) % 4_000).unwrap();
        let plan = next(&mut state).is_multiple_of(2).then_some(4);
        let of = next(&mut state);
        let result = match next(&mut state) % 7 {
            0 | 1 => {
                shop.authorize(&core, account, (amount, plan)).await.map(|it| authorizations.push(it.authorization))
            }
            2 | 3 if !authorizations.is_empty() => {
                let id = authorizations[of % authorizations.len()];
                shop.capture(&core, id, amount / 2).await.map(|it| captures.push(it))
            }
            4 if !authorizations.is_empty() => {
                shop.release(&core, authorizations[of % authorizations.len()], Some(amount / 3)).await.map(drop)
            }
            5 if !captures.is_empty() => {
                shop.bring_back(&core, &captures[of % captures.len()], Some(amount / 4)).await.map(drop)
            }
            6 if amount % 2 == 0 => shop.pay(&core, account, amount).await.map(drop),
            _ => shop.refund(&core, account, amount / 8).await.map(drop),
        };
        match result {
            Ok(()) | Err(PurchaseError::Refused(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// A code that nobody knows was sent to the customer for the request 1.
async fn add_verification(core: &Core, shop: Shop, account: AccountKey) {
    let now = core.clock().now();
    let row = VerificationRow {
        partner: account.partner,
        lender: account.lender,
        number: account.number.get(),
        client: shop.caller.client,
        request: "1".to_owned(),
        format: VerificationFormat::Sms.name().to_owned(),
        code_hash: vec![7; 32],
        tries: 0,
        wrong_total: 0,
        made_total: 1,
        made_at: now,
        expires_at: now.after(LIFE),
        used_at: None,
        changed_at: now,
    };
    let added = core.db().take(move |tx| {
        let row = row.clone();
        Box::pin(async move { store::verification::keep(tx, &row).await })
    });
    added.await.unwrap();
}

on_both_engines! {
    async fn fifty_captures_at_once_take_no_cent_too_many(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let held = shop.authorize(core, account, (49, Some(4))).await.unwrap();
        let results = at_once(50, |_| {
            let core = core.clone();
            async move { shop.capture(&core, held.authorization, 1).await }
        })
        .await;
        assert_eq!(done(&results, |refusal| *refusal == Refusal::AuthorizationEnded), 49);
        let shown = core.authorization_of(&shop.caller, AuthorizationId(held.authorization)).await.unwrap();
        assert_eq!((shown.status.as_str(), shown.captured, shown.captures.len()), ("closed", Cents(49), 49));
        assert_books(core).await;
    }

    async fn authorizations_at_once_hold_no_more_than_there_is(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 10_000).await;
        let results = at_once(40, |_| {
            let core = core.clone();
            async move { shop.authorize(&core, account, (300, None)).await }
        })
        .await;
        assert_eq!(done(&results, |refusal| matches!(refusal, Refusal::CreditExceeded { .. })), 33);
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(100)));
        assert_books(core).await;
    }

    async fn of_wrong_codes_at_once_three_count(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let core = &tests[0].core;
        let [shop, ..] = Shop::open(&tests[0]).await;
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        add_verification(core, shop, account).await;
        let results = at_once(12, |number| {
            let core = tests[number % 2].core.clone();
            async move {
                let code = Some(format!("{}", 1_000 + number));
                let proof = Proof { code, request: Some("1".into()), widget_session: None };
                let asked = purchase(&core, shop.caller, account, (100, None)).await;
                let asked = AuthorizationRequest { proof, ..asked };
                core.authorize_purchase(&shop.caller, &asked, None, &operator()).await.map(drop)
            }
        })
        .await;
        let count = |wanted: VerificationFault| {
            results.iter().filter(|it| matches!(it, Err(PurchaseError::WrongCode(fault)) if *fault == wanted)).count()
        };
        assert_eq!((count(VerificationFault::Wrong), count(VerificationFault::TooManyTries)), (3, 9), "{results:?}");
        let mut reader = core.db().reader().await.unwrap();
        let row = store::verification::by_request(&mut reader, account, shop.caller.client, "1").await.unwrap().unwrap();
        assert_eq!((row.tries, row.wrong_total), (3, 3));
        let records = core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        assert_eq!(records.iter().filter(|it| it.detail.starts_with("wrong verification code")).count(), 3);
    }

    async fn a_hundred_identical_calls_have_one_effect_and_one_answer(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let asked = purchase(core, shop.caller, account, (1_000, None)).await;
        let answers = at_once(100, |_| {
            let (core, asked) = (core.clone(), asked.clone());
            async move {
                core.authorize_purchase(&shop.caller, &asked, named("one", 1), &operator()).await.unwrap()
            }
        })
        .await;
        assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
        let first = answers[0].value.authorization;
        assert!(answers.iter().all(|answer| answer.value.authorization == first));
        let captures = at_once(100, |_| {
            let core = core.clone();
            async move {
                let what = (AuthorizationId(first), Cents(400));
                core.capture(&shop.caller, what, &Till::default(), named("two", 2), &operator()).await.unwrap()
            }
        })
        .await;
        assert!(captures.iter().all(|answer| answer.value.capture == captures[0].value.capture));
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(99_000)));
        assert_eq!(assert_books(core).await, 2);
    }

    async fn whatever_comes_at_once_the_books_balance(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        // Another process on the same database.
        let other = TestCore::open(&database).await;
        let (core, [shop, sister, _]) = (&test.core, Shop::open(&test).await);
        let mut accounts = Vec::new();
        for number in 1..=3 {
            accounts.push(open_account(core, shop.lender(), number, 10_000).await.0);
        }
        let (given, second) = (accounts.clone(), other.core.clone());
        at_once(12, |number| {
            let core = if number % 2 == 0 { core.clone() } else { second.clone() };
            anything(core, if number % 3 == 0 { sister } else { shop }, given.clone(), 77 + number as u64)
        })
        .await;
        let movements = assert_books(core).await;
        assert!(movements > 60, "{movements} movements are no history");
        for account in accounts {
            let story = &core.account_stories(account.number, 1).await.unwrap()[0];
            assert!(story.principal + story.held <= story.credit_limit && story.held >= 0, "{story:?}");
        }
    }
}
