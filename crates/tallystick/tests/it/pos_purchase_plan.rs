//! Plans that a purchase can't be paid by: those that the merchant does not offer, and those that the customer may not have.

use std::sync::Arc;

use domain::identifier::ClientIdentifier;
use domain::merchant::MerchantChange;
use http::StatusCode;
use serde_json::json;
use testkit::app::{POS, TestAnswer, TestApp};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::widget::add_verified_session;

use crate::pos_calculate_interest::{ONTARIO, QUEBEC, Till, is, refused, tills};

/// A purchase of a customer who was verified in the widget, by a plan and term.
async fn buy(till: &Till, number: i64, (plan, term): (u8, u8), amount: &str, query: &str) -> TestAnswer {
    let (db, key) = (till.app.test.core.db(), till.key(number).await);
    let session = add_verified_session(db, key, ClientIdentifier(till.merchant.creditor)).await;
    let body = json!({
        "account_number": number, "amount": amount, "auto_capture": false, "widget_session_id": session,
        "financing_option": {"transaction_type": "promotional_purchase", "plan_id": plan, "term": term},
    });
    till.call(POS, &format!("/authorization{query}")).json(&body).send().await
}

/// The same merchant on a server with these settings of `[lending]`.
async fn with_lending(database: &TestDatabase, till: &Till, lending: &str) -> Till {
    let mut settings = TestApp::settings();
    settings.lending = toml::from_str(lending).unwrap();
    Till { app: Arc::new(TestApp::with(database, settings).await), ..till.clone() }
}

on_both_engines! {
    async fn a_plan_is_not_available_to_who_may_not_have_it(database: TestDatabase) {
        let [till, ..] = tills(TestApp::open(&database).await).await;
        let change = MerchantChange { standard_accounts: Some(true), ..MerchantChange::default() };
        till.app.test.core.change_merchant(&till.merchant.id, &change, &operator()).await.unwrap();
        let ontario = till.account("Anne", "L", ONTARIO).await;
        let quebec = till.account("Luc", "L", QUEBEC).await;
        let standard = till.account("Zoé", "XX", ONTARIO).await;
        for (number, plan) in [(ontario, (7, 6)), (quebec, (6, 6)), (standard, (2, 12)), (standard, (5, 3)), (standard, (9, 6))] {
            let english = buy(&till, number, plan, "100.00", "").await;
            assert_eq!(refused(&english), is(409, "plan_term_not_available"), "{number}, {plan:?}");
            let french = buy(&till, number, plan, "100.00", "?lang=fr").await;
            assert_eq!(refused(&french), is(409, "plan_term_not_available"), "{number}, {plan:?}");
            assert_ne!(english.json()["message"], french.json()["message"]);
        }
        for (number, plan) in [(ontario, (6, 6)), (quebec, (7, 6)), (standard, (4, 3)), (ontario, (5, 3)), (quebec, (5, 3))] {
            let bought = buy(&till, number, plan, "100.00", "").await;
            assert_eq!(bought.status, StatusCode::OK, "{number}, {plan:?}: {}", bought.text());
        }
        // What was refused holds nothing.
        let held = till.app.test.core.account_stories(till.key(standard).await.number, 9).await.unwrap().remove(0);
        assert_eq!(held.movement_count, 1);
    }

    async fn a_plan_that_a_merchant_does_not_offer_is_not_set(database: TestDatabase) {
        let [first, other, _] = tills(TestApp::open(&database).await).await;
        let (number, others) = (first.account("Anne", "L", ONTARIO).await, other.account("Luc", "L", ONTARIO).await);
        let chosen = with_lending(&database, &first, &format!("[merchants]\n\"{}\" = [5, 4]\n", first.merchant.id)).await;
        // Left out for the merchant, whether or not the customer could have it; no such term; no such plan.
        for plan in [(1, 6), (6, 6), (7, 6), (4, 4), (5, 119), (3, 3)] {
            let english = buy(&chosen, number, plan, "100.00", "").await;
            assert_eq!(refused(&english), is(409, "plan_term_not_set"), "{plan:?}");
            let french = buy(&chosen, number, plan, "100.00", "?lang=fr").await;
            assert_eq!(refused(&french), is(409, "plan_term_not_set"), "{plan:?}");
            assert_ne!(english.json()["message"], french.json()["message"]);
        }
        for plan in [(4, 3), (5, 3)] {
            let bought = buy(&chosen, number, plan, "100.00", "").await;
            assert_eq!(bought.status, StatusCode::OK, "{plan:?}: {}", bought.text());
        }
        // Nothing was chosen for the other one.
        let other = Till { app: Arc::clone(&chosen.app), ..other };
        let bought = buy(&other, others, (1, 6), "100.00", "").await;
        assert_eq!(bought.status, StatusCode::OK, "{}", bought.text());
    }

    async fn a_plan_is_not_available_for_too_small_a_purchase(database: TestDatabase) {
        let [till, ..] = tills(TestApp::open(&database).await).await;
        let number = till.account("Anne", "L", ONTARIO).await;
        let till = with_lending(
            &database,
            &till,
            "[[plan]]\nid = 4\nleast-amount = \"150.00\"\n[[plan]]\nid = 5\nfees = [{ amount = \"4.00\", charged = \"once\" }]\n",
        )
        .await;
        // Below the least; and fees that would be more than the law allows.
        for (plan, amount) in [((4, 3), "149.99"), ((5, 3), "20.00")] {
            let small = buy(&till, number, plan, amount, "").await;
            assert_eq!(refused(&small), is(409, "plan_term_not_available"), "{plan:?}");
        }
        for (plan, amount) in [((4, 3), "150.00"), ((5, 3), "200.00")] {
            let bought = buy(&till, number, plan, amount, "").await;
            assert_eq!(bought.status, StatusCode::OK, "{plan:?}: {}", bought.text());
        }
    }
}
