//! The check of the books finds what somebody has changed behind the server's back, also where the books still balance.

use std::time::Duration;

use service::Core;
use testkit::account::open_account;
use testkit::core::TestCore;
use testkit::database::TestDatabase;
use testkit::on_both_engines;

use crate::purchase::{Shop, assert_books};
use crate::sql;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Lets entries and returns be changed.
const UNGUARDED: [&str; 2] = [
    "DROP TRIGGER ledger_entry_no_update; DROP TRIGGER capture_return_no_update",
    "DROP TRIGGER ledger_entry_append_only ON ledger_entry; DROP TRIGGER capture_return_append_only ON capture_return",
];

async fn unguard(database: &TestDatabase) {
    sql::execute(database, UNGUARDED[usize::from(database.url().starts_with("postgres"))]).await;
}

async fn faults(core: &Core) -> Vec<String> {
    core.check_ledger().await.unwrap().faults
}

on_both_engines! {
    async fn each_change_is_found_and_nothing_else(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 1_000_000).await;
        let (other, _) = open_account(core, shop.lender(), 2, 1_000_000).await;
        // Movements 1 to 3: one with interest, of which all is taken; 4 to 6: one that is given up in part; then one that stays, and one that expires.
        let whole = shop.authorize(core, account, (30_000, Some(4))).await.unwrap();
        let captured = shop.capture(core, whole.authorization, 30_000).await.unwrap();
        shop.bring_back(core, &captured, Some(10_000)).await.unwrap();
        let part = shop.authorize(core, account, (20_000, None)).await.unwrap();
        shop.capture(core, part.authorization, 5_000).await.unwrap();
        shop.release(core, part.authorization, None).await.unwrap();
        shop.authorize(core, account, (700, None)).await.unwrap();
        test.clock.advance(40 * DAY);
        shop.pay(core, account, 900).await.unwrap();
        shop.refund(core, account, 100).await.unwrap();
        shop.authorize(core, account, (800, None)).await.unwrap();
        let held = shop.authorize(core, other, (900, None)).await.unwrap();
        shop.capture(core, held.authorization, 900).await.unwrap();
        assert_books(core).await;
        unguard(&database).await;

        for (change, undo, found) in [
            // The books balance: what is wrong is where it stands.
            (
                "UPDATE ledger_entry SET credit = 'clearing' WHERE movement_number = 2 AND credit = 'merchant_payable' AND amount = 30000",
                "UPDATE ledger_entry SET credit = 'merchant_payable' WHERE movement_number = 2 AND credit = 'clearing'",
                vec!["movement 2 is of the kind capture and debits promotional_receivable to credit clearing", "its captures come to 350.00"],
            ),
            (
                "UPDATE ledger_entry SET credit = 'fee_income' WHERE movement_number = 2 AND credit = 'merchant_payable' AND amount = 30000",
                "UPDATE ledger_entry SET credit = 'merchant_payable' WHERE movement_number = 2 AND credit = 'fee_income'",
                vec!["its captures come to 350.00 with 5.01 of interest and 0.00 of fees, and the ledger has 50.00 with 5.01 of interest and 300.00 of fees"],
            ),
            (
                "UPDATE ledger_entry SET debit = 'fee_income' WHERE movement_number = 3 AND debit = 'merchant_payable'",
                "UPDATE ledger_entry SET debit = 'merchant_payable' WHERE movement_number = 3 AND debit = 'fee_income'",
                vec!["its returns come to 100.00"],
            ),
            (
                "UPDATE ledger_entry SET debit = 'merchant_payable' WHERE debit = 'clearing'",
                "UPDATE ledger_entry SET debit = 'clearing' WHERE movement_number = (SELECT movement_number FROM ledger_movement WHERE kind = 'instore_payment') AND debit = 'merchant_payable'",
                vec!["debits merchant_payable to credit interest_receivable", "debits merchant_payable to credit regular_receivable"],
            ),
            // What can't be read is told, and keeps nothing else from being checked.
            (
                "UPDATE credit_capture SET plan_id = 999 WHERE plan_id = 4",
                "UPDATE credit_capture SET plan_id = 4 WHERE plan_id = 999",
                vec!["a plan or a term is out of range"],
            ),
            // Of the three authorizations that are over, each says of itself what its captures do not.
            (
                "UPDATE credit_authorization SET captured = captured - 1, released = released + 1 WHERE status = 'closed' AND amount = 20000",
                "UPDATE credit_authorization SET captured = captured + 1, released = released - 1 WHERE status = 'closed' AND amount = 20000",
                vec!["of 200.00 is closed with 49.99 captured and 150.01 released, and its captures come to 50.00"],
            ),
            (
                "UPDATE credit_authorization SET released = released - 1 WHERE status = 'closed' AND amount = 20000",
                "UPDATE credit_authorization SET released = released + 1 WHERE status = 'closed' AND amount = 20000",
                vec!["of 200.00 is closed with 50.00 captured and 149.99 released"],
            ),
            (
                "UPDATE credit_authorization SET released = released - 1 WHERE status = 'expired'",
                "UPDATE credit_authorization SET released = released + 1 WHERE status = 'expired'",
                vec!["of 7.00 is expired with 0.00 captured and 6.99 released"],
            ),
            (
                "UPDATE credit_capture SET returned = returned + 1 WHERE amount = 30000",
                "UPDATE credit_capture SET returned = returned - 1 WHERE amount = 30000",
                vec!["of 300.00 has 100.01 brought back, and its returns come to 100.00"],
            ),
            (
                "UPDATE capture_return SET amount = amount + 1",
                "UPDATE capture_return SET amount = amount - 1",
                vec!["of 300.00 has 100.00 brought back, and its returns come to 100.01", "its returns come to 100.01 with"],
            ),
            (
                "UPDATE credit_capture SET charge_fees = charge_fees + 1 WHERE amount = 5000",
                "UPDATE credit_capture SET charge_fees = charge_fees - 1 WHERE amount = 5000",
                vec!["its captures come to 350.00 with 5.01 of interest and 0.01 of fees"],
            ),
        ] {
            sql::execute(&database, change).await;
            let told = faults(core).await;
            for what in &found {
                assert!(told.iter().any(|fault| fault.contains(what)), "{change}: {what}: {told:?}");
            }
            assert_eq!(told.len(), found.len(), "{change}: {told:?}");
            sql::execute(&database, undo).await;
            assert_books(core).await;
        }
    }
}
