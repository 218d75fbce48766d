//! The examples that the public pages print of customers, purchases and lists. They are sent as printed but for the numbers of accounts,
//! authorizations and captures, and for the one-time code: those the server gives. Cards are left out, since no answer tells all of their digits. Three of the printed numbers can be nobody's: the account
//! `20076677` and the cards `1234567890121256` and `1234567890123423`, whose check digits are wrong.

use domain::merchant::LocationDraft;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::app::{Merchant, POS, TestAnswer, TestApp, TestRequest, application};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";
const NEWER: &str = "/flexiti/pos-api/v2.5.1";

/// A till, with the location of the examples.
struct Till {
    app: TestApp,
    merchant: Merchant,
    token: String,
}

impl Till {
    async fn open(database: &TestDatabase) -> Self {
        let app = TestApp::open(database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let shop = LocationDraft { id: "00-12345".into(), name: "Shop".into(), province: "ON".into() };
        app.test.core.add_merchant_location(&merchant.id, &shop, &operator()).await.unwrap();
        let token = app.token(&merchant, &[("scope", "merchant")]).await["access_token"].as_str().unwrap().to_owned();
        Self { app, merchant, token }
    }

    fn call(&self, method: Method, prefix: &str, rest: &str) -> TestRequest<'_> {
        let path = format!("{prefix}/client-id/{}{rest}", self.merchant.id);
        self.app.request(method, &path).bearer(&self.token).header("x-reference-id", FLOW)
    }

    async fn post(&self, prefix: &str, rest: &str, body: &Value) -> TestAnswer {
        self.call(Method::POST, prefix, rest).json(body).send().await
    }

    async fn done(&self, prefix: &str, rest: &str, body: &Value) -> Value {
        let answer = self.post(prefix, rest, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{rest}: {}", answer.text());
        answer.json()
    }

    async fn get(&self, rest: &str) -> TestAnswer {
        self.call(Method::GET, NEWER, rest).send().await
    }
}

/// The printed `sku_data` of a return.
fn sku_data() -> Value {
    json!({
        "purchase_order": "100001234", "register_id": "1A45", "transaction_discount_total": -125.08, "transaction_subtotal": -821.17,
        "transaction_total": -1026.47, "gst_hst": -133.45, "pst": -71.85,
        "products": [{
            "sku_id": "100xx4567", "category": "electronics", "description": "Apple Macbook 16-inch", "quantity": 1, "unit_price": 1000,
            "extended_price": 984.35,
        }],
    })
}

on_both_engines! {
    async fn the_printed_examples_of_a_purchase_succeed(database: TestDatabase) {
        let till = Till::open(&database).await;
        let account = till.done(POS, "/apply", &application("John")).await["account_number"].clone();
        let named = |rest: &str| format!("/accounts/{account}/{rest}");

        let sent = till.done(POS, &format!("/account/{account}/verify"), &json!({"format": "sms", "request_id": "12345678901234567890"})).await;
        assert_eq!(sent, json!({"verification_code": "verification_sent_to_sms"}));
        let told = till.done(NEWER, &named("calculate-interest?lang=en"), &json!({"amount": 234.45})).await;
        assert_eq!((&told["account_number"], &told["amount"]), (&account, &json!(234.45)));

        let bought = json!({
            "account_number": account, "financing_option": {"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3},
            "amount": 234.45, "auto_capture": false, "verification_code": 2222, "request_id": "12345678901234567890",
            "external_location_id": "00-12345", "external_employee_id": "12345-SMITH", "sku_data": sku_data(),
        });
        let held = till.done(NEWER, "/authorization", &bought).await;
        let purchase = format!("/authorization/{}", held["authorization_id"]);
        let capture = till.done(NEWER, &format!("{purchase}/capture"), &json!({"reference": "Order-1234", "amount": 234.45})).await;

        let back = json!({"reference": "Order-1234", "full_return": false, "amount": 10, "sku_data": sku_data()});
        let back = till.done(NEWER, &format!("{purchase}/capture/{}/return", capture["capture_id"]), &back).await;
        assert_eq!((&back["reference"], &back["capture_id"], &back["amount"]), (&json!("Order-1234"), &capture["capture_id"], &json!(10)));

        till.done(POS, &format!("/account/{account}/verify"), &json!({"format": "sms", "request_id": "34561234"})).await;
        let paid = json!({
            "verification_code": 2222, "transaction_type": "deposit", "amount": "10.00", "account_number": account.to_string(),
            "request_id": "34561234", "external_location_id": "00-12345", "external_employee_id": "12345-SMITH",
        });
        till.done(NEWER, "/transactions?lang=en", &paid).await;

        let refund = json!({
            "reference": "orderid-12345", "amount": 1000.12, "external_location_id": "00-12345", "external_employee_id": "12345-SMITH",
            "capture_id": 346_123, "sku_data": sku_data(),
        });
        assert_eq!(till.done(NEWER, &named("refund"), &refund).await, json!({}));
    }

    async fn the_printed_queries_are_answered(database: TestDatabase) {
        let till = Till::open(&database).await;
        let printed = "/authorizations?lang=en&account_number=12341234&transaction_type=promotional_purchase&authorization_status=opened&\
                       creation_date_from=2018-11-11&creation_date_to=2018-12-11&page_number=1&page_size=10";
        let answer = till.get(printed).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.json(), json!({"authorizations": [], "page_number": 1, "page_size": 10, "total_records": 0}));
        let none = json!({"captures": [], "page_number": 1, "page_size": 10, "total_records": 0});
        for rest in ["/captures", "/captures?account_number=12341234", "/captures?authorization_id=12343"] {
            assert_eq!(till.get(rest).await.json(), none, "{rest}");
        }
        for rest in ["/authorizations?account_number=1234x", "/authorizations?account_number=123456789012345", "/captures?authorization_id=-1"] {
            let answer = till.get(rest).await;
            assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::CONFLICT, &json!("wrong_inputs")), "{rest}");
        }
        // Printed with an ampersand where the question mark belongs.
        for rest in ["/authorization/12343&lang=en", "/authorization/12343?lang=en"] {
            let answer = till.get(rest).await;
            assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::NOT_FOUND, &json!("not_found")), "{rest}");
        }
    }

    async fn the_printed_numbers_that_are_nobodys_are_told(database: TestDatabase) {
        let till = Till::open(&database).await;
        let account = till.done(POS, "/apply", &application("John")).await["account_number"].clone();
        let deposit = json!({
            "verification_code": 1234, "transaction_type": "deposit", "amount": "10.00", "account_number": "20076677",
            "request_id": "34561234",
        });
        let refund = json!({"amount": 1000.12, "vcc_number": "1234567890123423", "capture_id": 346_123});
        for (rest, body, param) in [
            ("/transactions".to_owned(), deposit, "account_number"),
            (format!("/accounts/{account}/refund"), refund, "vcc_number"),
        ] {
            let answer = till.post(NEWER, &rest, &body).await;
            assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::CONFLICT, &json!("wrong_inputs")), "{rest}");
            assert_eq!(answer.json()["field_errors"][0]["param"], param, "{rest}");
        }
        let pays_back = till.post(POS, "/authorization/1234567890123456/capture/346123456/return", &json!({"amount": 10, "vcc_number": "1234567890121256"})).await;
        assert_eq!(pays_back.json()["field_errors"][0]["param"], "vcc_number");
    }
}
