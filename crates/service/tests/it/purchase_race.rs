//! Purchases at once: nothing is captured twice, held twice or lost, on one process and on two.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::cents::Cents;
use domain::purchase::{AuthorizationId, Financing, Refusal};
use domain::verification::{LIFE, VerificationFault, VerificationFormat};
use service::Core;
use service::account_book::Till;
use service::authorization::AuthorizationRequest;
use service::capture::CaptureView;
use service::purchase_error::PurchaseError;
use service::verification::Proof;
use store::credit_account::AccountKey;
use store::verification::VerificationRow;
use testkit::account::open_account;
use testkit::clock::TestClock;
use testkit::core::{TestCore, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::sync::{Barrier, Semaphore};
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

/// How many callers do whatever comes, and how often each.
const CALLERS: usize = 12;
const STEPS: usize = 40;

/// How many tasks let time pass beside them: each turns the clocks and runs the jobs whenever callers have gone so many steps.
const JOBS: usize = 2;
const PACE: usize = 6;

const FINANCING: [Financing; 3] = [
    Financing::Regular,
    // Interest is added, and earned over 92 days.
    Financing::Promotional { plan: 4, term: 3 },
    // The same as cash for 183 days.
    Financing::Promotional { plan: 6, term: 6 },
];

/// Two processes on one database, with merchants of one lender.
struct Run {
    cores: [Core; 2],
    clocks: [Arc<TestClock>; 2],
    shops: [Shop; 2],
    accounts: Vec<AccountKey>,
    /// The steps that were gone and that no time has passed for.
    steps: Semaphore,
    done: Mutex<Tally>,
}

/// What was answered, whoever asked.
#[derive(Default)]
struct Tally {
    authorizations: Vec<(Shop, i64)>,
    captures: Vec<(Shop, CaptureView)>,
    /// What was captured of each authorization.
    captured: HashMap<i64, i64>,
    /// What was brought back of each capture, by its authorization and its own identifier, which another merchant's may have as well.
    returned: HashMap<(i64, i64), i64>,
    /// How many authorizations the jobs have ended.
    ended: u64,
    /// On how many accounts they have posted interest.
    posted: u64,
}

impl Run {
    async fn open(database: &TestDatabase) -> Self {
        let tests = [TestCore::open(database).await, TestCore::open(database).await];
        let [shop, sister, _] = Shop::open(&tests[0]).await;
        let mut accounts = Vec::new();
        for number in 1..=4 {
            accounts.push(open_account(&tests[0].core, shop.lender(), number, 10_000).await.0);
        }
        let clocks = tests.each_ref().map(|test| Arc::clone(&test.clock));
        let (shops, steps, done) = ([shop, sister], Semaphore::new(0), Mutex::default());
        Self { cores: tests.map(|test| test.core), clocks, shops, accounts, steps, done }
    }

    fn done(&self) -> MutexGuard<'_, Tally> {
        self.done.lock().unwrap()
    }

    /// Does whatever comes, also with what others have made, and passes over what the rules refuse.
    async fn call(&self, number: usize) {
        let (core, mut state) = (&self.cores[number % 2], 77 + number as u64);
        for _ in 0..STEPS {
            // The last account is seldom called, and is left to the jobs.
            let account = self.accounts[next(&mut state) % 10 / 3];
            let amount = i64::try_from(next(&mut state) % 4_000).unwrap() + 1;
            let of = next(&mut state);
            let known = (self.authorization(of), self.capture(of));
            match (next(&mut state) % 7, known) {
                (0 | 1, _) => {
                    self.authorize(core, (self.shops[number % 3 % 2], account), (amount, FINANCING[of % 3])).await
                }
                (2 | 3, (Some((shop, id)), _)) => {
                    let made = unless(shop.capture(core, id, amount / 2 + 1).await, is_of_authorization);
                    if let Some(capture) = made {
                        let mut done = self.done();
                        *done.captured.entry(id).or_default() += capture.amount.0;
                        done.captures.push((shop, capture));
                    }
                }
                (4, (Some((shop, id)), _)) => {
                    // All that is left, or a part.
                    let part = (!of.is_multiple_of(3)).then_some(amount / 3 + 1);
                    unless(shop.release(core, id, part).await, is_of_authorization);
                }
                (5, (_, Some((shop, capture)))) => {
                    let made = unless(shop.bring_back(core, &capture, Some(amount / 4 + 1)).await, is_of_capture);
                    if let Some(back) = made {
                        *self.done().returned.entry((capture.authorization, back.capture)).or_default() +=
                            back.amount.0;
                    }
                }
                (6, _) if amount % 2 == 0 => drop(self.shops[0].pay(core, account, amount / 6 + 1).await.unwrap()),
                _ => drop(self.shops[1].refund(core, account, amount / 8 + 1).await.unwrap()),
            }
            self.steps.add_permits(1);
        }
    }

    /// One of the last authorizations: the time of most others is over.
    fn authorization(&self, of: usize) -> Option<(Shop, i64)> {
        let done = self.done();
        let last = &done.authorizations[done.authorizations.len().saturating_sub(9)..];
        last.get(of % last.len().max(1)).copied()
    }

    fn capture(&self, of: usize) -> Option<(Shop, CaptureView)> {
        let done = self.done();
        done.captures.get(of % done.captures.len().max(1)).cloned()
    }

    async fn authorize(&self, core: &Core, (shop, account): (Shop, AccountKey), (amount, financing): (i64, Financing)) {
        let asked = purchase(core, shop.caller, account, (amount, None)).await;
        let asked = AuthorizationRequest { financing, ..asked };
        let made = core.authorize_purchase(&shop.caller, &asked, None, &operator()).await;
        if let Some(held) = unless(made, |refusal| matches!(refusal, Refusal::CreditExceeded { .. })) {
            self.done().authorizations.push((shop, held.value.authorization));
        }
    }

    /// Turns the clocks, by hours mostly and now and then by more than an authorization lives, and runs the jobs each time.
    async fn pass_time(&self, number: usize) {
        let (core, mut state) = (&self.cores[number % 2], 770 + number as u64);
        for round in 1..=CALLERS * STEPS / (JOBS * PACE) {
            self.steps.acquire_many(PACE as u32).await.unwrap().forget();
            let hours = if round % 6 == 0 { 24 * 31 } else { next(&mut state) % 48 };
            for clock in &self.clocks {
                clock.advance(Duration::from_secs(3600 * hours as u64));
            }
            let (ended, posted) = tokio::join!(core.expire_authorizations(), core.post_interest());
            let mut done = self.done();
            (done.ended, done.posted) = (done.ended + ended.unwrap(), done.posted + posted.unwrap());
        }
    }

    /// What the database says of authorizations and captures is what was answered, and within their bounds.
    async fn check_parts(&self) {
        let (core, done) = (&self.cores[0], std::mem::take(&mut *self.done()));
        for (shop, id) in done.authorizations {
            let shown = core.authorization_of(&shop.caller, AuthorizationId(id)).await.unwrap();
            assert_eq!(shown.captured.0, done.captured.get(&id).copied().unwrap_or_default(), "{shown:?}");
            assert!(shown.captured + shown.released <= shown.amount && !shown.released.is_negative(), "{shown:?}");
            assert_eq!(shown.captures.iter().map(|capture| capture.amount).sum::<Cents>(), shown.captured, "{shown:?}");
            for capture in shown.captures {
                let returned = done.returned.get(&(id, capture.capture)).copied().unwrap_or_default();
                assert_eq!((capture.amount - capture.remaining).0, returned, "{capture:?}");
                assert!(returned <= capture.amount.0, "{capture:?}");
            }
        }
        assert!(done.ended > 0 && done.posted > 0, "the jobs have ended {} and posted {}", done.ended, done.posted);
    }

    /// After no movement more was owed and held than may be; gives how many there are of each kind.
    async fn check_accounts(&self) -> HashMap<String, u32> {
        let mut kinds = HashMap::new();
        for account in &self.accounts {
            let story = &self.cores[1].account_stories(account.number, 10_000).await.unwrap()[0];
            for line in &story.movements {
                assert!(line.principal + line.held <= story.credit_limit && line.held >= 0, "{line:?}");
                *kinds.entry(line.kind.clone()).or_default() += 1;
            }
        }
        kinds
    }
}

/// What was done; `None` where it was refused as it may be.
#[track_caller]
fn unless<T: std::fmt::Debug>(result: Result<T, PurchaseError>, is_refused: impl Fn(&Refusal) -> bool) -> Option<T> {
    match result {
        Err(PurchaseError::Refused(refusal)) if is_refused(&refusal) => None,
        other => Some(other.unwrap()),
    }
}

/// Its time is over, nothing is left of it, or less.
const fn is_of_authorization(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::AuthorizationEnded | Refusal::AuthAmountExceeded { .. })
}

/// It is of a regular purchase, too long ago, or less is left of it.
const fn is_of_capture(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::WrongTransactionType | Refusal::ReturnDateExceeded | Refusal::CaptureAmountExceeded { .. }
    )
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
        let run = Arc::new(Run::open(&database).await);
        at_once(CALLERS + JOBS, |number| {
            let run = Arc::clone(&run);
            async move { if number < CALLERS { run.call(number).await } else { run.pass_time(number).await } }
        })
        .await;
        let movements = assert_books(&run.cores[0]).await;
        assert!(movements > 150, "{movements} movements are no history");
        run.check_parts().await;
        let kinds = run.check_accounts().await;
        for kind in ["authorization", "capture", "release", "expiry", "return", "refund", "instore_payment", "interest", "maturity"] {
            assert!(kinds.contains_key(kind), "{kind} is not in {kinds:?}");
        }
    }
}
