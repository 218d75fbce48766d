//! Accounts of Quebec are closed at their customer's wish once nothing is owed, held or left on them; a refusal changes nothing.

use std::future::{Future as _, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::Duration;

use domain::applicant::{ApplicantDraft, ApplicantFaults};
use domain::cents::Cents;
use domain::reference_data::Lang;
use domain::verification::VerificationFormat;
use service::Core;
use service::authorization::AuthorizationRequest;
use service::customer::CloseError;
use service::purchase_error::PurchaseError;
use service::verification::{Proof, VerificationRequest};
use store::StoreError;
use store::credit_account::AccountKey;
use testkit::core::{TestCore, applicant, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use uuid::Uuid;

use crate::purchase::{Shop, assert_books, purchase};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Opens an account of somebody in Quebec.
async fn account_in_quebec(core: &Core, shop: Shop) -> AccountKey {
    let said = ApplicantDraft {
        province: Some("QC".to_owned()),
        postal_code: Some("H2X 1Y4".to_owned()),
        ..applicant("Marie")
    };
    let said = (said, ApplicantFaults::new());
    let applied = core.apply(shop.caller, Uuid::nil(), said, Lang::French, None, &operator()).await.unwrap().value;
    let (partner, lender) = shop.lender();
    AccountKey { partner, lender, number: applied.account.unwrap().number }
}

async fn close(core: &Core, shop: Shop, account: AccountKey) -> Result<(), CloseError> {
    core.close_account(shop.caller, account.number, &operator()).await
}

on_both_engines! {
    async fn a_hold_whose_time_is_over_keeps_no_account_open(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let account = account_in_quebec(core, shop).await;
        shop.authorize(core, account, (5_000, None)).await.unwrap();
        let held = close(core, shop, account).await;
        assert!(matches!(held, Err(CloseError::Owed { owed: Cents::ZERO, held: Cents(5_000) })), "{held:?}");
        test.clock.advance(30 * DAY);
        close(core, shop, account).await.unwrap();
        let story = &core.account_stories(account.number, 9).await.unwrap()[0];
        let kinds: Vec<_> = story.movements.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!((story.status.as_str(), story.held, kinds), ("C", 0, vec!["expiry", "authorization"]));
        close(core, shop, account).await.unwrap();
        assert_books(core).await;
    }

    async fn what_is_owed_is_told_with_the_interest_of_the_days_before(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let account = account_in_quebec(core, shop).await;
        let held = shop.authorize(core, account, (100_000, None)).await.unwrap();
        shop.capture(core, held.authorization, 100_000).await.unwrap();
        test.clock.advance(10 * DAY);
        let owed = close(core, shop, account).await;
        assert!(matches!(owed, Err(CloseError::Owed { owed: Cents(100_849), held: Cents::ZERO })), "{owed:?}");
    }

    async fn a_credit_is_used_up_first(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let account = account_in_quebec(core, shop).await;
        shop.refund(core, account, 1_200).await.unwrap();
        let refused = close(core, shop, account).await;
        assert!(matches!(refused, Err(CloseError::InCredit { credit: Cents(1_200) })), "{refused:?}");
        let held = shop.authorize(core, account, (1_200, None)).await.unwrap();
        shop.capture(core, held.authorization, 1_200).await.unwrap();
        close(core, shop, account).await.unwrap();
        assert_books(core).await;
    }

    async fn every_record_of_an_account_names_it_alike(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let account = account_in_quebec(core, shop).await;
        shop.refund(core, account, 100).await.unwrap();
        shop.pay(core, account, 100).await.unwrap();
        let asked = VerificationRequest {
            account: account.number,
            card: None,
            format: VerificationFormat::Sms,
            request: "1".to_owned(),
            answer: None,
        };
        core.verify(&shop.caller, &asked, &operator()).await.unwrap();
        let wrong = AuthorizationRequest {
            proof: Proof { code: Some("1111".into()), request: Some("1".into()), widget_session: None },
            ..purchase(core, shop.caller, account, (100, None)).await
        };
        let refused = core.authorize_purchase(&shop.caller, &wrong, None, &operator()).await;
        assert!(matches!(refused, Err(PurchaseError::WrongCode(_))), "{refused:?}");
        let used = shop.authorize(core, account, (200, None)).await.unwrap();
        shop.capture(core, used.authorization, 200).await.unwrap();
        close(core, shop, account).await.unwrap();
        let records = core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        let subject = format!("credit_account:{}", account.number);
        let mut actions: Vec<_> = records.iter().filter(|it| it.subject == subject).map(|it| it.action.as_str()).collect();
        actions.sort_unstable();
        let all = ["account.pay", "account.refund", "account.verify", "authorization.create", "credit_account.close"];
        assert_eq!(actions, all, "{records:?}");
    }

    async fn a_clock_that_is_behind_sets_no_time_back(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let ahead = TestCore::open(&database).await;
        let [shop, ..] = Shop::open(&test).await;
        let account = account_in_quebec(&test.core, shop).await;
        ahead.clock.advance(Duration::from_secs(60));
        let held = shop.authorize(&ahead.core, account, (100, None)).await.unwrap();
        shop.release(&ahead.core, held.authorization, None).await.unwrap();
        close(&test.core, shop, account).await.unwrap();
        let mut reader = test.core.db().reader().await.unwrap();
        let row = store::credit_account::by_number(&mut reader, account).await.unwrap().unwrap();
        let then = ahead.core.clock().now();
        assert_eq!((row.status.as_str(), row.changed_at, row.closed_at), ("C", then, Some(then.micros())));
    }
}

/// On SQLite writes share a transaction. A refusal must not have the others of its group run again.
#[tokio::test]
async fn a_refusal_undoes_nobody_elses_write() {
    let database = TestDatabase::sqlite();
    let test = TestCore::open(&database).await;
    let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
    let account = account_in_quebec(core, shop).await;
    shop.refund(core, account, 1_200).await.unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let (go_on, wait) = channel::<()>();
    let (counted, wait) = (Arc::clone(&runs), Arc::new(std::sync::Mutex::new(wait)));
    // A write that changes something and keeps the writer until the refused one waits behind it.
    let other = core.db().take(move |tx| {
        let (counted, wait) = (Arc::clone(&counted), Arc::clone(&wait));
        Box::pin(async move {
            store::credit_account::take(tx, account).await?;
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                wait.lock().unwrap().recv().unwrap();
            }
            Ok::<_, StoreError>(())
        })
    });
    let mut other = Box::pin(other);
    assert!(poll_fn(|context| Poll::Ready(other.as_mut().poll(context))).await.is_pending());
    let mut refused = Box::pin(close(core, shop, account));
    assert!(poll_fn(|context| Poll::Ready(refused.as_mut().poll(context))).await.is_pending());
    go_on.send(()).unwrap();
    let refused = refused.await;
    assert!(matches!(refused, Err(CloseError::InCredit { .. })), "{refused:?}");
    other.await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}
