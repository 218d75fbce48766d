//! What is unpaid when the time of a plan is over, and what it costs: in the books, in the story of an account and in its statement.

use std::time::Duration;

use domain::calendar::CalendarDate;
use domain::purchase::{CaptureId, Financing};
use service::Core;
use service::capture::CaptureView;
use service::ledger::AccountStory;
use store::capture::CaptureRow;
use store::credit_account::AccountKey;
use testkit::account::open_account;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;

use crate::purchase::{Shop, assert_books, purchase};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Half a year, the same as cash.
const SAME_AS_CASH: Financing = Financing::Promotional { plan: 6, term: 6 };
/// A quarter of a year at 9.99 %.
const EQUAL: Financing = Financing::Promotional { plan: 4, term: 3 };

async fn buy(core: &Core, shop: Shop, account: AccountKey, (amount, financing): (i64, Financing)) -> CaptureView {
    let mut asked = purchase(core, shop.caller, account, (amount, None)).await;
    (asked.financing, asked.auto_capture) = (financing, true);
    let bought = core.authorize_purchase(&shop.caller, &asked, None, &operator()).await.unwrap().value;
    bought.captures[0].clone()
}

async fn story(core: &Core, account: AccountKey) -> AccountStory {
    core.account_stories(account.number, 100).await.unwrap().remove(0)
}

fn kinds(story: &AccountStory) -> Vec<&str> {
    story.movements.iter().map(|line| line.kind.as_str()).collect()
}

/// A capture of a plan that can't be, beside one of the same account.
async fn add_unreadable(core: &Core, shop: Shop, beside: &CaptureView) {
    let (capture, other) = (CaptureId(beside.capture), CaptureId(beside.capture + 100_000_000));
    let added = core.db().take(move |tx| {
        Box::pin(async move {
            let row = store::capture::by_number(tx, shop.lender(), capture).await?.unwrap();
            store::capture::insert(tx, &CaptureRow { capture: other, plan: Some(999), ..row }).await
        })
    });
    assert!(added.await.unwrap());
}

/// What is changed behind the back of the books.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// The capture has matured before its time.
    Matured,
    /// It has billed a cent less.
    Billed,
    /// The account's row has another day.
    Next,
    /// Interest is posted for a year more.
    Posted,
}

impl Change {
    /// Makes the change, or takes it back where `sign` is below zero.
    async fn make(self, core: &Core, shop: Shop, account: AccountKey, (capture, sign): (i64, i64)) {
        let changed = core.db().write(move |tx| {
            Box::pin(async move {
                let mut book = store::account_book::take(tx, account).await?.unwrap();
                let found = store::capture::by_number(tx, shop.lender(), CaptureId(capture)).await?;
                let mut row = found.unwrap();
                match self {
                    Self::Matured => row.matured_on = (sign > 0).then_some(0),
                    Self::Billed => row.billed -= sign,
                    Self::Next => book.next_maturity = book.next_maturity.map(|day| day + sign),
                    Self::Posted => book.interest_from += 365 * sign,
                }
                store::capture::keep(tx, &row).await?;
                store::account_book::keep(tx, &book).await
            })
        });
        changed.await.unwrap();
    }
}

on_both_engines! {
    async fn what_is_unpaid_is_charged_once_whoever_comes_first(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let mut accounts = Vec::new();
        for number in 1..=3 {
            let (account, _) = open_account(core, shop.lender(), number, 200_000).await;
            let bought = buy(core, shop, account, (100_000, SAME_AS_CASH)).await;
            accounts.push((account, bought.capture));
        }
        let [(early, _), (paid, _), (late, capture)] = accounts.try_into().unwrap();
        test.clock.advance(182 * DAY);
        // The last day on which it may be paid.
        shop.pay(core, paid, 100_000).await.unwrap();
        assert_eq!(core.post_interest().await.unwrap(), 0, "nothing has matured and nothing bears interest");
        test.clock.advance(DAY);
        // A call of one account is before the job, and several jobs come at once.
        shop.refund(core, early, 1).await.unwrap();
        let posted = tokio::join!(core.post_interest(), core.post_interest(), core.post_interest());
        assert_eq!(posted.0.unwrap() + posted.1.unwrap() + posted.2.unwrap(), 2);
        assert_eq!(core.post_interest().await.unwrap(), 0);
        let owed = async |key| {
            let story = story(core, key).await;
            (story.principal, story.regular, story.interest)
        };
        assert_eq!(owed(paid).await, (0, 0, 0));
        // Half a year of 30.99 % on 1,000.00.
        assert_eq!((owed(early).await, owed(late).await), ((99_999, 99_999, 15_495), (100_000, 100_000, 15_495)));
        let shown = story(core, late).await;
        assert_eq!((kinds(&shown), shown.available_credit), (vec!["maturity", "capture", "authorization"], 100_000));
        assert_eq!(shown.movements[0].subject, format!("capture:{capture}"));
        let moved = [("regular_receivable", "promotional_receivable", 100_000), ("interest_receivable", "interest_income", 15_495)];
        assert_eq!(shown.movements[0].postings, moved);
        assert_eq!(kinds(&story(core, paid).await), ["instore_payment", "capture", "authorization"]);
        // And by the day from then on: ten days of 84.9 cents.
        test.clock.advance(10 * DAY);
        core.post_interest().await.unwrap();
        assert_eq!(owed(late).await, (100_000, 100_000, 15_495 + 849));
        assert_books(core).await;
        let day = |text| CalendarDate::parse(text).unwrap();
        let days = (day("2026-01-01"), day("2026-12-31"));
        let statement = core.account_statements(late.number, days, &operator()).await.unwrap().remove(0);
        assert_eq!((statement.purchases, statement.interest, statement.closing), (100_000, 16_344, 116_344));
        let entries: Vec<_> = statement.entries.iter().map(|it| (it.kind.as_str(), it.amount, it.finance_charge)).collect();
        assert_eq!(entries, [("capture", 100_000, 0), ("maturity", 15_495, 15_495), ("interest", 849, 0)]);
    }

    async fn a_job_that_comes_late_posts_the_same(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let mut accounts = Vec::new();
        for number in 1..=2 {
            let (account, _) = open_account(core, shop.lender(), number, 200_000).await;
            buy(core, shop, account, (70_000, SAME_AS_CASH)).await;
            buy(core, shop, account, (30_050, EQUAL)).await;
            buy(core, shop, account, (1_234, Financing::Regular)).await;
            shop.pay(core, account, 40_000).await.unwrap();
            accounts.push(account);
        }
        // One account is moved every ten days, and the other is not; no job runs meanwhile.
        for _ in 0..30 {
            test.clock.advance(10 * DAY);
            shop.refund(core, accounts[0], 0).await.unwrap_err();
        }
        core.post_interest().await.unwrap();
        let [daily, once] = [story(core, accounts[0]).await, story(core, accounts[1]).await];
        let told = |it: &AccountStory| (it.principal, it.regular, it.interest);
        assert_eq!(told(&daily), told(&once));
        assert!(daily.movement_count > once.movement_count + 10, "{} and {}", daily.movement_count, once.movement_count);
        assert_eq!(kinds(&once).iter().filter(|kind| **kind == "maturity").count(), 1, "the shorter plan was paid");
        assert_eq!(once.principal, once.regular, "every plan has ended");
        assert_books(core).await;
    }

    async fn one_that_can_not_be_read_keeps_no_other_from_its_interest(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (mut broken, mut sound) = (Vec::new(), Vec::new());
        for number in 1..=8 {
            let (account, _) = open_account(core, shop.lender(), number, 200_000).await;
            let bought = buy(core, shop, account, (70_000, EQUAL)).await;
            if number % 2 == 0 {
                sound.push(account);
            } else {
                add_unreadable(core, shop, &bought).await;
                broken.push(account);
            }
        }
        test.clock.advance(10 * DAY);
        for _ in 0..2 {
            let failed = core.post_interest().await.unwrap_err();
            assert!(failed.to_string().contains("plan"), "{failed}");
            for account in &sound {
                assert_eq!(kinds(&story(core, *account).await), ["interest", "capture", "authorization"]);
            }
            for account in &broken {
                assert_eq!(kinds(&story(core, *account).await), ["capture", "authorization"]);
            }
        }
    }

    async fn what_was_paid_for_a_time_bears_nothing_for_it(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 200_000).await;
        buy(core, shop, account, (30_000, SAME_AS_CASH)).await;
        shop.pay(core, account, 10_000).await.unwrap();
        test.clock.advance(30 * DAY);
        // The payment counts for the shorter plan from now on.
        let short = buy(core, shop, account, (9_000, Financing::Promotional { plan: 5, term: 3 })).await;
        test.clock.advance(93 * DAY);
        core.post_interest().await.unwrap();
        assert_eq!((story(core, account).await.regular, story(core, account).await.interest), (0, 0));
        test.clock.advance(60 * DAY);
        core.post_interest().await.unwrap();
        // Half a year of 30.99 % on 200.00, although 290.00 are unpaid.
        let shown = story(core, account).await;
        assert_eq!((shown.regular, shown.interest), (29_000, 3_099));
        assert!(shop.bring_back(core, &short, None).await.is_err(), "it is too long ago");
        assert_books(core).await;
    }

    async fn what_has_matured_can_be_brought_back(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 200_000).await;
        let short = buy(core, shop, account, (9_000, Financing::Promotional { plan: 5, term: 3 })).await;
        buy(core, shop, account, (20_000, SAME_AS_CASH)).await;
        test.clock.advance(92 * DAY);
        // The return is the first that comes on that day.
        shop.bring_back(core, &short, Some(4_000)).await.unwrap();
        let shown = story(core, account).await;
        assert_eq!((shown.principal, shown.regular, shown.interest), (25_000, 5_000, 0));
        assert_eq!(kinds(&shown)[..2], ["return", "maturity"]);
        shop.bring_back(core, &short, None).await.unwrap();
        assert_eq!((story(core, account).await.principal, story(core, account).await.regular), (20_000, 0));
        assert_books(core).await;
    }

    async fn the_check_of_the_books_finds_what_does_not_go_together(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 200_000).await;
        let bought = buy(core, shop, account, (30_000, EQUAL)).await;
        assert_books(core).await;
        for (change, found) in [
            (Change::Matured, vec!["its captures have 0.00 to be earned", "is owed of plans", "its next capture matures on day None"]),
            (Change::Billed, vec!["its captures have billed", "is owed of plans"]),
            (Change::Next, vec!["its next capture matures on day"]),
            (Change::Posted, vec!["interest is posted for days after", "to be earned"]),
        ] {
            change.make(core, shop, account, (bought.capture, 1)).await;
            let faults = core.check_ledger().await.unwrap().faults;
            for what in &found {
                assert!(faults.iter().any(|fault| fault.contains(what)), "{change:?}, {what}: {faults:?}");
            }
            assert_eq!(faults.len(), found.len(), "{change:?}: {faults:?}");
            change.make(core, shop, account, (bought.capture, -1)).await;
            assert_books(core).await;
        }
    }
}
