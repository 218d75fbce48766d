//! The operator changes the state of an account.

use domain::credit_account::{AccountNumber, AccountState};
use domain::purchase::Refusal;
use service::AdminError;
use service::purchase_error::PurchaseError;
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
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
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
        let unknown = core.set_account_state(AccountNumber::of_stored(1), None, AccountState::NORMAL, &operator()).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))), "{unknown:?}");
        let nobody = core.set_account_state(account.number, Some("nobody"), AccountState::NORMAL, &operator()).await;
        assert!(matches!(nobody, Err(AdminError::NotFound(_))), "{nobody:?}");
    }
}
