//! Purchases on credit over HTTP: each call of the contract, and every way in which it is refused.

use std::time::Duration;

use domain::credit_account::{AccountNumber, CardNumber};
use domain::identifier::ClientIdentifier;
use domain::merchant::MerchantChange;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use store::credit_account::AccountKey;
use testkit::account::open_account;
use testkit::app::{Merchant, POS, TestAnswer, TestApp, TestRequest, application};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::widget::add_verified_session;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A merchant with a shop in the web, its back office, and a customer with an account.
struct Desk {
    app: TestApp,
    merchant: Merchant,
    customer: String,
    office: String,
    account: AccountKey,
    card: CardNumber,
}

impl Desk {
    async fn open(database: &TestDatabase) -> Self {
        let app = TestApp::open(database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let lender = (app.test.core.partner_of_code("QUICK3").await.unwrap(), ClientIdentifier(merchant.creditor));
        let (account, card) = open_account(&app.test.core, lender, 1, 100_000).await;
        let mut desk = Self { app, merchant, customer: String::new(), office: String::new(), account, card };
        desk.log_in().await;
        desk
    }

    async fn log_in(&mut self) {
        for (scope, token) in [("customer", &mut self.customer), ("merchant", &mut self.office)] {
            let pair = self.app.token(&self.merchant, &[("scope", scope)]).await;
            pair["access_token"].as_str().unwrap().clone_into(token);
        }
    }

    fn call(&self, method: Method, path: &str, token: &str) -> TestRequest<'_> {
        let path = format!("{POS}/client-id/{}{path}", self.merchant.id);
        self.app.request(method, &path).bearer(token).header("x-reference-id", FLOW)
    }

    fn purchase(&self, amount: impl Into<Value>) -> Value {
        let amount: Value = amount.into();
        json!({
            "account_number": self.account.number.get(),
            "reference": "Order-1234",
            "financing_option": {"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3},
            "amount": amount,
            "auto_capture": false,
            "widget_session_id": FLOW,
        })
    }

    /// The same body of a customer who was verified in the widget, where it names a session.
    async fn verified(&self, body: &Value) -> Value {
        let mut body = body.clone();
        if body["widget_session_id"] == FLOW {
            let client = ClientIdentifier(self.merchant.creditor);
            let session = add_verified_session(self.app.test.core.db(), self.account, client).await;
            body["widget_session_id"] = json!(session);
        }
        body
    }

    async fn authorize(&self, body: &Value) -> TestAnswer {
        self.call(Method::POST, "/authorization", &self.office).json(&self.verified(body).await).send().await
    }

    async fn authorized(&self, amount: impl Into<Value>) -> i64 {
        let answer = self.authorize(&self.purchase(amount)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["authorization_id"].as_i64().unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> TestAnswer {
        self.call(Method::POST, path, &self.office).json(body).send().await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, &self.office).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }
}

/// The status and the error of an answer.
#[track_caller]
fn refused(answer: &TestAnswer) -> (u16, String) {
    let body = answer.json();
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    (answer.status.as_u16(), body["error"].as_str().unwrap().to_owned())
}

/// The wrong inputs of an answer: parameter and value.
#[track_caller]
fn wrong(answer: &TestAnswer) -> Vec<(String, Value)> {
    assert_eq!(refused(answer), (409, "wrong_inputs".to_owned()), "{}", answer.text());
    let errors = answer.json()["field_errors"].as_array().unwrap().clone();
    errors.iter().map(|error| (error["param"].as_str().unwrap().to_owned(), error["value"].clone())).collect()
}

fn is(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

on_both_engines! {
    async fn a_purchase_goes_its_way(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let answer = desk.authorize(&desk.purchase(300.5)).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.text());
        let held = answer.json();
        let id = held["authorization_id"].as_i64().unwrap();
        assert_eq!(id.to_string().len(), 16);
        assert_eq!(
            held,
            json!({
                "authorization_id": id,
                "authorization_status": "opened",
                "account_number": desk.account.number.get(),
                "reference": "Order-1234",
                "financing_option": {"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3},
                "amount": 300.5,
                "finance_charge": held["finance_charge"],
                "apr": 0.0999,
                "captured_amount": 0,
                "released_amount": 0,
                "remaining_authorization_amount": 300.5,
                "date": "2026-01-02T03:04:05Z",
                "expiry_date": "2026-02-01T03:04:05Z",
                "available_credit": held["available_credit"],
            })
        );
        // An amount may be a text.
        let capture = desk.post(&format!("/authorization/{id}/capture"), &json!({"reference": "Order-1234", "amount": "200.50"})).await;
        assert_eq!(capture.status, StatusCode::OK, "{}", capture.text());
        let captured = capture.json();
        let capture_id = captured["capture_id"].as_i64().unwrap();
        assert_eq!(capture_id.to_string().len(), 9);
        assert_eq!((&captured["amount"], &captured["remaining_authorization_amount"], &captured["authorization_status"]), (&json!(200.5), &json!(100), &json!("opened")));

        let over = desk.post(&format!("/authorization/{id}/capture"), &json!({"amount": 100.01})).await;
        assert_eq!(refused(&over), is(409, "auth_amount_exceeded"));
        let over = desk.post(&format!("/authorization/{id}/release"), &json!({"amount": 100.01})).await;
        assert_eq!(refused(&over), is(409, "auth_amount_exceeded"));
        // Nothing has to be said where all that is left is released.
        let released = desk.call(Method::POST, &format!("/authorization/{id}/release"), &desk.office).send().await.json();
        assert_eq!((&released["authorization_status"], &released["released_amount"]), (&json!("closed"), &json!(100)));
        let late = desk.post(&format!("/authorization/{id}/capture"), &json!({"amount": 1})).await;
        assert_eq!(refused(&late), is(409, "authorization_ended"));
        let late = desk.post(&format!("/authorization/{id}/release"), &json!({"amount": 1})).await;
        assert_eq!(refused(&late), is(409, "authorization_ended"));

        let path = format!("/authorization/{id}/capture/{capture_id}/return");
        // The published example, with our card.
        let example = json!({
            "reference": "Order-1234", "vcc_number": desk.card.expose(), "full_return": false, "amount": 10,
            "sku_data": {"purchase_order": "100001234", "transaction_total": -1026.47, "products": [{"sku_id": "100xx4567", "quantity": 1}]},
        });
        let back = desk.post(&path, &example).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text());
        let back = back.json();
        assert_eq!(back["return_id"].as_i64().unwrap().to_string().len(), 16);
        assert_eq!(
            (&back["reference"], &back["capture_id"], &back["date"], &back["amount"], &back["remaining_capture_amount"]),
            (&json!("Order-1234"), &json!(capture_id), &json!("2026-01-02T03:04:05Z"), &json!(10), &json!(190.5))
        );
        assert_eq!(back["remaining_authorization_amount"], json!(0));
        assert_eq!(refused(&desk.post(&path, &json!({"amount": 190.51})).await), is(409, "capture_amount_exceeded"));
        let other = wrong(&desk.post(&path, &json!({"full_return": true, "amount": 190})).await);
        assert_eq!(other, [("amount".to_owned(), Value::Null)]);
        let whole = desk.post(&path, &json!({"full_return": true})).await.json();
        assert_eq!((&whole["amount"], &whole["remaining_capture_amount"]), (&json!(190.5), &json!(0)));

        let shown = desk.get(&format!("/authorization/{id}")).await;
        assert_eq!((&shown["captured_amount"], &shown["captures"][0]["capture_id"]), (&json!(200.5), &json!(capture_id)));
        assert_eq!(shown.get("available_credit"), None);
    }

    async fn lists_are_filtered_and_paged(database: TestDatabase) {
        let mut desk = Desk::open(&database).await;
        let first = desk.authorized(10).await;
        desk.app.clock().advance(DAY);
        desk.log_in().await;
        let mut body = desk.purchase("0.50");
        body["financing_option"] = json!({"transaction_type": "regular_purchase"});
        body["auto_capture"] = json!(true);
        let second = desk.authorize(&body).await.json();
        assert_eq!((&second["authorization_status"], second["capture_id"].is_i64()), (&json!("closed"), true));
        let second = second["authorization_id"].as_i64().unwrap();
        let account = desk.account.number;
        for (query, expected, total) in [
            (String::new(), vec![second, first], 2),
            ("?page_size=1&page_number=2".to_owned(), vec![first], 2),
            // The published query, of our days.
            (format!("?lang=en&account_number={account}&transaction_type=promotional_purchase&authorization_status=opened&creation_date_from=2026-01-01&creation_date_to=2026-01-02&page_number=1&page_size=10"), vec![first], 1),
            ("?authorization_status=closed".to_owned(), vec![second], 1),
            ("?creation_date_from=2026-01-03".to_owned(), vec![second], 1),
            ("?creation_date_to=2026-01-01".to_owned(), vec![], 0),
            ("?account_number=12345678901237".to_owned(), vec![], 0),
            ("?account_number=12341234".to_owned(), vec![], 0),
        ] {
            let page = desk.get(&format!("/authorizations{query}")).await;
            let ids: Vec<_> = page["authorizations"].as_array().unwrap().iter().map(|it| it["authorization_id"].as_i64().unwrap()).collect();
            assert_eq!((ids, &page["total_records"]), (expected, &json!(total)), "{query}");
        }
        let captures = desk.get(&format!("/captures?authorization_id={second}")).await;
        assert_eq!((&captures["total_records"], &captures["captures"][0]["amount"]), (&json!(1), &json!(0.5)));
        assert_eq!(desk.get(&format!("/captures?authorization_id={first}")).await["total_records"], json!(0));

        let query = "?account_number=x&transaction_type=y&authorization_status=z&creation_date_from=2026-02-30&page_number=0&page_size=101&page_size=1";
        let answer = desk.call(Method::GET, &format!("/authorizations{query}"), &desk.office).send().await;
        let params: Vec<_> = wrong(&answer).into_iter().map(|(param, _)| param).collect();
        assert_eq!(params, ["account_number", "transaction_type", "authorization_status", "creation_date_from", "page_size", "page_number"]);
        let far = desk.call(Method::GET, "/captures?page_size=100&page_number=101", &desk.office).send().await;
        assert_eq!(wrong(&far), [("page_number".to_owned(), json!("101"))]);
    }

    async fn the_annual_rate_is_told_in_the_shape_of_the_address(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let newer = "/flexiti/pos-api/v2.5.1";
        let path = |rest: &str| format!("{newer}/client-id/{}{rest}", desk.merchant.id);
        let call = |method, rest: &str| desk.app.request(method, &path(rest)).bearer(&desk.office).header("x-reference-id", FLOW);
        let body = desk.verified(&desk.purchase(300.5)).await;
        let buy = async |lang: &str| {
            let request = call(Method::POST, &format!("/authorization?lang={lang}")).header("x-idempotency-key", "one");
            request.json(&body).send().await.json()
        };
        let held = buy("en").await;
        let named = json!({
            "description": "Annual Percentage Rate (APR)", "rate": 0.0999, "type": "apr",
            "message": "Interest and fees of a year, when every payment is made in time",
        });
        assert_eq!((&held["annual_rates"], held.get("apr")), (&named, None));
        // A repeat is told in its own language.
        let again = buy("fr").await;
        assert_eq!(again["authorization_id"], held["authorization_id"]);
        assert_eq!(again["annual_rates"]["description"], "Taux annuel du coût d'emprunt (TAC)");
        let id = held["authorization_id"].as_i64().unwrap();
        for rest in [format!("/authorization/{id}"), "/authorizations".to_owned()] {
            let shown = |body: Value| body.get("authorizations").map_or(body.clone(), |list| list[0].clone());
            let newer = shown(call(Method::GET, &rest).send().await.json());
            assert_eq!((&newer["annual_rates"], newer.get("apr")), (&named, None));
            let older = shown(desk.get(&rest).await);
            assert_eq!((&older["apr"], older.get("annual_rates")), (&json!(0.0999), None));
        }
        let mut regular = desk.purchase(10);
        regular["financing_option"] = json!({"transaction_type": "regular_purchase"});
        let regular = desk.authorize(&regular).await.json();
        assert!(regular["authorization_id"].is_i64() && regular.get("apr").is_none(), "{regular}");
    }

    async fn bad_amounts_and_members_are_told_by_name(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        for amount in [json!(0), json!(-1), json!(10.505), json!("ten"), json!(""), json!(1e300), json!("1e400"), json!([1]), json!(true), json!("10000000000000.00")] {
            let faults = wrong(&desk.authorize(&desk.purchase(amount.clone())).await);
            assert_eq!((faults.len(), faults[0].0.as_str()), (1, "amount"), "{amount}: {faults:?}");
        }
        // The largest that fits is an amount, and more than anybody is lent.
        let mut body = desk.purchase("9999999999999.99");
        body["financing_option"] = json!({"transaction_type": "regular_purchase"});
        let largest = desk.authorize(&body).await;
        assert_eq!(refused(&largest), is(409, "credit_exceeded"));
        let faults: Vec<_> = wrong(&desk.authorize(&json!({"vcc_number": "1"})).await).into_iter().map(|(param, _)| param).collect();
        assert_eq!(faults, ["account_number", "vcc_number", "financing_option", "amount", "auto_capture"]);
        let mut body = desk.purchase(1);
        body["financing_option"] = json!({"transaction_type": "promotional_purchase", "term": "x"});
        let faults: Vec<_> = wrong(&desk.authorize(&body).await).into_iter().map(|(param, _)| param).collect();
        assert_eq!(faults, ["financing_option.term", "financing_option.plan_id"]);
        // A card is repeated to nobody.
        let answer = desk.authorize(&json!({"vcc_number": "1070015210367983"})).await;
        assert!(!answer.text().contains("1070015210367983"), "{}", answer.text());
        let french = desk.call(Method::POST, "/authorization?lang=fr", &desk.office).json(&desk.purchase(0)).send().await;
        assert!(french.text().contains("doit être supérieur à 0"), "{}", french.text());
        let id = desk.authorized(10).await;
        let french = desk.call(Method::POST, &format!("/authorization/{id}/capture?lang=fr"), &desk.office).json(&json!({"amount": 11})).send().await;
        assert_eq!(french.json()["message"], "Il ne reste que 10.00 de l'autorisation");
    }

    async fn what_is_told_of_goods_is_an_object_of_any_members(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let path = format!("/accounts/{}/refund", desk.account.number);
        let refund = async |sku_data: Value, capture: Value| {
            let body = json!({"amount": 1, "sku_data": sku_data, "capture_id": capture});
            desk.post(&path, &body).await
        };
        let long = |bytes: usize| json!({"products": "x".repeat(bytes)});
        for (sku_data, capture) in [
            (json!({"products": 7, "deep": [[{"a": null}]], "total": "1e400"}), json!("346123")),
            (json!(null), json!("")),
            (json!({}), json!(null)),
            (long(16 * 1024 - 15), json!(346_123_456)),
        ] {
            let answer = refund(sku_data.clone(), capture).await;
            assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({})), "{sku_data}");
        }
        for (sku_data, capture, expected) in [
            (json!("a lamp"), json!(null), vec!["sku_data"]),
            (json!([{"sku_id": 1}]), json!(1_070_015_210_367_982_i64), vec!["capture_id", "sku_data"]),
            (long(16 * 1024 - 14), json!("x1"), vec!["capture_id", "sku_data"]),
            (json!(7), json!(-1), vec!["capture_id", "sku_data"]),
        ] {
            let wrong = wrong(&refund(sku_data, capture).await);
            assert_eq!(wrong.iter().map(|(param, _)| param.as_str()).collect::<Vec<_>>(), expected);
        }
    }

    async fn a_merchant_may_hold_and_sell_as_the_operator_allows(database: TestDatabase) {
        let mut desk = Desk::open(&database).await;
        let allow = async |desk: &Desk, change: MerchantChange| {
            desk.app.test.core.change_merchant(&desk.merchant.id, &change, &operator()).await.unwrap();
        };
        allow(&desk, MerchantChange { preauthorization: Some(false), ..MerchantChange::default() }).await;
        assert_eq!(refused(&desk.authorize(&desk.purchase(1)).await), is(409, "auth_not_allowed"));
        let mut at_once = desk.purchase(1);
        at_once["auto_capture"] = json!(true);
        assert_eq!(desk.authorize(&at_once).await.json()["authorization_status"], "closed");
        allow(&desk, MerchantChange { preauthorization: Some(true), ..MerchantChange::default() }).await;
        desk.authorized(1).await;

        allow(&desk, MerchantChange { business_accounts: Some(true), ..MerchantChange::default() }).await;
        let mut business = application("Anna");
        business["account_type"] = json!("business");
        let business = desk.post("/apply", &business).await.json()["account_number"].as_i64().unwrap();
        desk.account.number = AccountNumber::of_stored(business);
        desk.authorized(1).await;
        allow(&desk, MerchantChange { business_accounts: Some(false), ..MerchantChange::default() }).await;
        assert_eq!(refused(&desk.authorize(&desk.purchase(1)).await), is(409, "account_type_not_permitted"));
        // What is given back reaches every account.
        let refund = desk.post(&format!("/accounts/{}/refund", desk.account.number), &json!({"amount": 1})).await;
        assert_eq!(refund.status, StatusCode::OK, "{}", refund.text());
    }

    async fn what_is_not_there_and_what_is_not_allowed_is_told(database: TestDatabase) {
        let mut desk = Desk::open(&database).await;
        let unknown = json!({"account_number": "12345678901237", "financing_option": {"transaction_type": "regular_purchase"}, "amount": 1, "auto_capture": true, "widget_session_id": FLOW});
        assert_eq!(refused(&desk.authorize(&unknown).await), is(404, "not_found"));
        for path in ["/authorization/1234/capture", "/authorization/1234567890123456/capture", "/authorization/1234567890123456/release"] {
            assert_eq!(refused(&desk.post(path, &json!({"amount": 1})).await), is(404, "not_found"), "{path}");
        }
        let id = desk.authorized(20).await;
        let elsewhere = format!("/authorization/{id}/capture/123456789/return");
        assert_eq!(refused(&desk.post(&elsewhere, &json!({"amount": 1})).await), is(404, "not_found"));
        assert_eq!(refused(&desk.post("/accounts/12345678901237/refund", &json!({"amount": 1})).await), is(404, "not_found"));

        for (member, number) in [("plan_id", json!(3)), ("term", json!(999)), ("term", json!("4"))] {
            let mut body = desk.purchase(1);
            body["financing_option"][member] = number;
            assert_eq!(refused(&desk.authorize(&body).await), is(409, "plan_term_not_set"), "{body}");
        }
        let mut body = desk.purchase(1);
        body["external_location_id"] = json!("nowhere");
        assert_eq!(refused(&desk.authorize(&body).await), is(409, "external_location_id_not_found"));
        let mut body = desk.purchase(1);
        body["verification_code"] = json!(2222);
        assert_eq!(refused(&desk.authorize(&body).await), is(409, "not_verified"));
        let mut body = desk.purchase(1);
        body["widget_session_id"] = Value::Null;
        assert_eq!(refused(&desk.authorize(&body).await), is(409, "verification_code_required"));
        for blank in ["", "  "] {
            let mut body = desk.purchase(1);
            body["account_number"] = blank.into();
            assert_eq!(wrong(&desk.authorize(&body).await)[0].0, "account_number");
            let payment = json!({"transaction_type": "deposit", "amount": 1, "account_number": blank, "verification_code": 1234});
            assert_eq!(wrong(&desk.post("/transactions", &payment).await)[0].0, "account_number");
        }
        // A token in a browser buys on the account that it has applied for, and on no other.
        let browser = desk.call(Method::POST, "/authorization", &desk.customer).json(&desk.purchase(1)).send().await;
        assert_eq!(refused(&browser), is(404, "customer_identity_not_found"));

        // The published example of a payment, with our account: no codes are sent yet.
        let payment = json!({
            "verification_code": 1234, "transaction_type": "deposit", "amount": "10.00", "account_number": desk.account.number.to_string(),
            "request_id": "34561234",
        });
        assert_eq!(refused(&desk.post("/transactions", &payment).await), is(409, "not_verified"));
        let mut other = payment.clone();
        other["transaction_type"] = json!("loan");
        assert_eq!(refused(&desk.post("/transactions", &other).await), is(409, "invalid_transaction_type"));
        let faults: Vec<_> = wrong(&desk.post("/transactions", &json!({})).await).into_iter().map(|(param, _)| param).collect();
        assert_eq!(faults, ["transaction_type", "amount", "account_number"]);

        let refunded = desk.post(&format!("/accounts/{}/refund", desk.account.number), &json!({"reference": "orderid-12345", "amount": 1000.12, "vcc_number": desk.card.expose(), "capture_id": 346_123, "sku_data": {}})).await;
        assert_eq!((refunded.status, refunded.json()), (StatusCode::OK, json!({})), "{}", refunded.text());
        let more = desk.post(&format!("/accounts/{}/refund", desk.account.number), &json!({"amount": "10000.01"})).await;
        assert_eq!(refused(&more), is(409, "refunds_limit_exceeded_amount"));

        // A hundred and one days later nothing is taken back any more.
        let captured = desk.post(&format!("/authorization/{id}/capture"), &json!({"amount": 20})).await.json();
        desk.app.clock().advance(101 * DAY);
        desk.log_in().await;
        let path = format!("/authorization/{id}/capture/{}/return", captured["capture_id"]);
        assert_eq!(refused(&desk.post(&path, &json!({"amount": 1})).await), is(409, "return_date_exceeded"));
        let regular = desk.authorize(&json!({"account_number": desk.account.number.get(), "financing_option": {"transaction_type": "regular_purchase"}, "amount": 1, "auto_capture": true, "widget_session_id": FLOW})).await.json();
        let path = format!("/authorization/{}/capture/{}/return", regular["authorization_id"], regular["capture_id"]);
        assert_eq!(refused(&desk.post(&path, &json!({"amount": 1})).await), is(409, "wrong_transaction_type"));
    }

    async fn what_is_the_same_as_cash_costs_nothing_in_time_and_the_whole_time_otherwise(database: TestDatabase) {
        let mut desk = Desk::open(&database).await;
        let (other, _) = open_account(&desk.app.test.core, (desk.account.partner, desk.account.lender), 2, 100_000).await;
        let paid = std::mem::replace(&mut desk.account, other);
        for account in [paid, other] {
            desk.account = account;
            let mut body = desk.purchase(400);
            body["financing_option"] = json!({"transaction_type": "promotional_purchase", "plan_id": 6, "term": 6});
            body["auto_capture"] = json!(true);
            let bought = desk.authorize(&body).await;
            assert_eq!((bought.status, &bought.json()["finance_charge"]), (StatusCode::OK, &json!(0)), "{}", bought.text());
        }
        desk.app.clock().advance(182 * DAY);
        desk.log_in().await;
        let back = desk.post(&format!("/accounts/{}/refund", paid.number), &json!({"amount": 400})).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text());
        desk.app.clock().advance(DAY);
        desk.log_in().await;
        // By the job, twice and at once, and for the account that is called by the call.
        let core = &desk.app.test.core;
        let posted = tokio::join!(core.post_interest(), core.post_interest());
        assert_eq!(posted.0.unwrap() + posted.1.unwrap(), 2);
        assert_eq!(core.post_interest().await.unwrap(), 0);
        let back = desk.post(&format!("/accounts/{}/refund", other.number), &json!({"amount": 10})).await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text());
        // Half a year of 30.99 %.
        for (account, owed) in [(paid, (0, 0)), (other, (39_000, 6_198))] {
            let story = &core.account_stories(account.number, 9).await.unwrap()[0];
            assert_eq!((story.principal, story.interest), owed);
            assert_eq!(story.available_credit, 100_000 - owed.0);
        }
        assert_eq!(core.check_ledger().await.unwrap().faults, Vec::<String>::new());
    }

    async fn a_repeat_is_answered_as_the_first(database: TestDatabase) {
        let desk = Desk::open(&database).await;
        let ask = async |body: &Value, key: &str, hash: Option<&str>| {
            let mut request = desk.call(Method::POST, "/authorization", &desk.office).header("x-idempotency-key", key);
            if let Some(hash) = hash {
                request = request.header("x-context-hash", hash);
            }
            request.json(body).send().await
        };
        let body = desk.verified(&desk.purchase(10)).await;
        let first = ask(&body, "a", Some("h")).await;
        assert_eq!((first.status, first.header("idempotent-replayed")), (StatusCode::OK, ""), "{}", first.text());
        let again = ask(&body, "a", Some("h")).await;
        assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
        for (body, hash) in [(desk.verified(&desk.purchase(11)).await, None), (body.clone(), Some("i")), (body.clone(), None)] {
            assert_eq!(refused(&ask(&body, "a", hash).await), is(409, "idempotency_key_reused"));
        }
        assert_eq!(desk.get("/authorizations").await["total_records"], json!(1));
        // The address is part of what a request is, also where its hash tells the rest.
        let capture = async |id: i64| {
            let path = format!("/authorization/{id}/capture");
            let request = desk.call(Method::POST, &path, &desk.office).header("x-idempotency-key", "order-7");
            request.header("x-context-hash", "h").json(&json!({"amount": 1})).send().await
        };
        let other = desk.authorized(1).await;
        assert_eq!(capture(first.json()["authorization_id"].as_i64().unwrap()).await.status, StatusCode::OK);
        assert_eq!(refused(&capture(other).await), is(409, "idempotency_key_reused"));
        assert_eq!(desk.get(&format!("/authorization/{other}")).await["captured_amount"], json!(0));
        // What was refused may be sent again, mended.
        assert_eq!(refused(&ask(&desk.verified(&desk.purchase(5000)).await, "b", None).await), is(409, "credit_exceeded"));
        assert_eq!(ask(&desk.verified(&desk.purchase(50)).await, "b", None).await.status, StatusCode::OK);
        for key in ["", "ä", &"k".repeat(256)] {
            let params: Vec<_> = wrong(&ask(&body, key, None).await).into_iter().map(|(param, _)| param).collect();
            assert_eq!(params, ["x-idempotency-key"], "{key}");
        }
    }
}
