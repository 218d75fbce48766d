//! The operator changes the state of an account.

use domain::credit_account::{AccountNumber, AccountState};
use domain::purchase::Refusal;
use service::AdminError;
use service::purchase_error::PurchaseError;
use store::credit_account::{AccountKey, CreditAccountRow};
use testkit::account::open_account;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;

use crate::purchase::{Shop, assert_books};

fn state(status: &str, reason: &str) -> AccountState {
    AccountState::of_codes(status, reason).unwrap()
}

on_both_engines! {
    async fn only_the_state_normal_buys_and_what_was_promised_is_captured(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, _, stranger]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let held = shop.authorize(core, account, (1_000, None)).await.unwrap();
        for (number, (status, reason)) in (1..).zip([("A", "AAUT"), ("F", "FFRD"), ("Z", "ZCOP")]) {
            let set = core.set_account_state(account.number, None, state(status, reason), &operator()).await.unwrap();
            assert_eq!(set, state(status, reason));
            let refused = shop.authorize(core, account, (100, None)).await;
            assert!(matches!(refused, Err(PurchaseError::Refused(Refusal::UserNotAbleToPurchase))), "{refused:?}");
            shop.capture(core, held.authorization, 100).await.unwrap();
            let records = core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
            let set = records.iter().filter(|record| record.action == "credit_account.set_state").count();
            assert_eq!(set, number);
        }
        core.set_account_state(account.number, None, AccountState::NORMAL, &operator()).await.unwrap();
        shop.authorize(core, account, (100, None)).await.unwrap();
        assert_books(core).await;

        let refused = core.set_account_state(account.number, None, state("C", "FCQC"), &operator()).await;
        assert!(matches!(refused, Err(AdminError::State(_))), "{refused:?}");
        // One that is closed stays so.
        let (closed, _) = open_account(core, shop.lender(), 2, 100_000).await;
        let at = core.clock().now();
        let kept = core.db().write(move |tx| {
            Box::pin(async move { store::credit_account::keep_state(tx, closed, ("C", "FCQC"), at, Some(at.micros())).await })
        });
        kept.await.unwrap();
        let refused = core.set_account_state(closed.number, None, AccountState::NORMAL, &operator()).await;
        assert!(matches!(refused, Err(AdminError::State(_))), "{refused:?}");
        // Two lenders with one number: it has to be said whose it is meant.
        let twin = AccountKey { lender: stranger.lender().1, ..account };
        let copied = core.db().write(move |tx| {
            Box::pin(async move {
                let row = store::credit_account::by_number(tx, account).await?.unwrap();
                let row = CreditAccountRow { lender: twin.lender, client: twin.lender, card_hash: vec![9; 32], ..row };
                store::credit_account::insert(tx, &row).await
            })
        });
        assert!(copied.await.unwrap());
        let frozen = state("F", "FFRD");
        let whose = core.set_account_state(account.number, None, frozen, &operator()).await;
        assert!(matches!(whose, Err(AdminError::State(_))), "{whose:?}");
        let merchant = core.merchant_of(stranger.lender().0, stranger.lender().1).await.unwrap().unwrap();
        core.set_account_state(account.number, Some(&merchant.client_id), frozen, &operator()).await.unwrap();
        let states = core.account_stories(account.number, 1).await.unwrap();
        let statuses: Vec<_> = states.iter().map(|story| (story.lender, story.status.as_str())).collect();
        assert_eq!(statuses, [(account.lender.0, "N"), (twin.lender.0, "F")]);
        let unknown = core.set_account_state(AccountNumber::of_stored(1), None, AccountState::NORMAL, &operator()).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))), "{unknown:?}");
        let nobody = core.set_account_state(account.number, Some("nobody"), AccountState::NORMAL, &operator()).await;
        assert!(matches!(nobody, Err(AdminError::NotFound(_))), "{nobody:?}");
    }
}
