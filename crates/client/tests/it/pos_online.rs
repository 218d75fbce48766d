//! The flow of a web shop against the server itself: the customer's tokens apply and buy, the merchant's capture.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use tallystick_client::pos::{
    ApplicationStatus, AuthorizationStatus, ErrorName, Financing, PosError, Proof, Province, Purchase, Scope, Till,
};
use testkit::app::{POS, TestApp};
use testkit::on_both_engines;

use crate::pos::client;
use crate::pos_in_store::{applicant, dollars, open};
use crate::relay::Relay;

on_both_engines! {
    async fn a_customer_applies_and_buys_and_the_merchant_captures(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (still, shop) = client(&relay.url, &merchant, Scope::Customer);
        let office = shop.with_scope(Scope::Merchant);
        let flow = shop.flow();
        relay.lose(1);
        let applied = flow.apply(&applicant("Marie", Province::On)).await.unwrap();
        assert_eq!(applied.status, ApplicationStatus::Approved);
        let account = applied.account_number.unwrap();
        let price = dollars("300.50");
        let cost = flow.calculate_interest(account, price).await.unwrap();
        assert!(cost.promotional_purchase.iter().any(|plan| plan.plan_id == 4));

        // The tokens are refreshed on the way, and stay those of the customer who applied.
        still.turn(1140);
        app.clock().advance(std::time::Duration::from_secs(1140));
        relay.take();
        let purchase = Purchase::new(account, price, Financing::Plan { plan_id: 4, term: 3 }, Proof::OwnTokens);
        let purchase = Purchase { till: Till::order("Order-1"), ..purchase };
        let held = flow.authorize(&purchase).await.unwrap();
        assert_eq!(relay.lines(), ["refresh_token 200", "authorization 200"]);
        assert_eq!((held.authorization_status, held.amount), (AuthorizationStatus::Opened, price));

        // Another customer's tokens reach neither the account nor the application.
        let stranger = shop.with_scope(Scope::Customer).flow();
        let refused = stranger.authorize(&purchase).await.unwrap_err();
        assert_eq!(refused.name(), Some(ErrorName::CustomerIdentityNotFound));
        assert!(matches!(stranger.application(applied.application_id).await, Err(PosError::NotFound(_))));
        let shown = flow.application(applied.application_id).await.unwrap();
        assert_eq!((shown.account_number, shown.available_credit), (Some(account), held.available_credit));

        // What moves the merchant's money is the merchant's.
        let denied = flow.capture(held.authorization_id, price, &purchase.till).await.unwrap_err();
        assert!(matches!(denied, PosError::InsufficientScope(_)), "{denied:?}");
        let captured = office.flow().capture(held.authorization_id, price, &purchase.till).await.unwrap();
        assert_eq!((captured.amount, captured.authorization_status), (price, Some(AuthorizationStatus::Closed)));
    }

    async fn a_lost_purchase_of_a_customer_is_held_once(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (_, shop) = client(&relay.url, &merchant, Scope::Customer);
        let flow = shop.flow();
        let account = flow.apply(&applicant("Marie", Province::On)).await.unwrap().account_number.unwrap();
        let purchase = Purchase::new(account, dollars("10.5"), Financing::Regular, Proof::OwnTokens);
        let key = flow.new_idempotency_key();
        relay.lose(4);
        let lost = flow.authorize_with(&purchase, &key).await.unwrap_err();
        assert!(lost.is_transient(), "{lost:?}");
        let held = flow.authorize_with(&purchase, &key).await.unwrap();
        let other = Purchase { amount: dollars("10.51"), ..purchase };
        let reused = flow.authorize_with(&other, &key).await.unwrap_err();
        assert!(matches!(reused, PosError::IdempotencyKeyReused(_)), "{reused:?}");
        let office = shop.with_scope(Scope::Merchant).flow();
        let page = office.authorizations(&Default::default()).await.unwrap();
        assert_eq!((page.total_records, page.authorizations[0].authorization_id), (1, held.authorization_id));
    }

    async fn every_reason_that_the_server_documents_has_a_name(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let document = app.request(Method::GET, "/openapi.json").send().await.json();
        let mut told = BTreeSet::new();
        let paths = document["paths"].as_object().unwrap().iter();
        // What the widget's own page calls is no call of this client.
        let is_ours = |path: &str| path.starts_with(POS) && path.contains("/client-id/") && !path.contains("/widget/session");
        for (_, operations) in paths.filter(|(path, _)| is_ours(path)) {
            for response in operations.as_object().unwrap().values().filter_map(|operation| operation["responses"].as_object()) {
                for status in ["404", "409", "504"] {
                    let examples = response.get(status).map(|response| &response["content"]["application/json"]["examples"]);
                    let examples = examples.and_then(Value::as_object).into_iter().flat_map(|examples| examples.values());
                    told.extend(examples.filter_map(|example| example["value"]["error"].as_str().map(str::to_owned)));
                }
            }
        }
        let known: BTreeSet<_> = ErrorName::ALL.iter().map(|name| name.as_str().to_owned()).collect();
        assert!(told.len() > 30, "{told:?}");
        assert!(told.is_subset(&known), "{:?}", told.difference(&known));
    }
}
