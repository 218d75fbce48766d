//! One-time codes at the till: made, told, used once, and every way in which one is refused.

use std::sync::Arc;
use std::time::Duration;

use domain::merchant::MerchantChange;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::app::{Merchant, POS, TestAnswer, TestApp, application};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::task::JoinSet;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

/// A merchant's till, and a customer's account.
#[derive(Clone)]
struct Till {
    app: Arc<TestApp>,
    merchant: Merchant,
    token: String,
    customers: String,
    account: i64,
}

impl Till {
    async fn open(database: &TestDatabase) -> Self {
        let app = Arc::new(TestApp::open(database).await);
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let token = async |scope: &str| {
            let pair = app.token(&merchant, &[("scope", scope)]).await;
            pair["access_token"].as_str().unwrap().to_owned()
        };
        let (token, customers) = (token("merchant").await, token("customer").await);
        let mut till = Self { app: Arc::clone(&app), merchant, token, customers, account: 0 };
        let answer = till.post("/apply", &application("Marie")).await;
        till.account = answer.json()["account_number"].as_i64().unwrap_or_else(|| panic!("{}", answer.text()));
        till
    }

    async fn post_by(&self, token: &str, rest: &str, body: &Value) -> TestAnswer {
        let path = format!("{POS}/client-id/{}{rest}", self.merchant.id);
        self.app.request(Method::POST, &path).bearer(token).header("x-reference-id", FLOW).json(body).send().await
    }

    async fn post(&self, rest: &str, body: &Value) -> TestAnswer {
        self.post_by(&self.token, rest, body).await
    }

    async fn verify(&self, body: &Value) -> TestAnswer {
        self.post(&format!("/account/{}/verify", self.account), body).await
    }

    /// Has a code sent, which is 2222 in a sandbox.
    async fn send(&self, request: &str) {
        let answer = self.verify(&json!({"format": "sms", "request_id": request})).await;
        assert_eq!(answer.json(), json!({"verification_code": "verification_sent_to_sms"}));
    }

    async fn code(&self, body: &Value) -> i64 {
        let answer = self.verify(body).await;
        answer.json()["verification_code"].as_i64().unwrap_or_else(|| panic!("{}", answer.text()))
    }

    /// Buys for this amount with a code.
    async fn buy(&self, amount: f64, promotional: bool, (code, request): (i64, &str)) -> TestAnswer {
        let option = if promotional {
            json!({"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3})
        } else {
            json!({"transaction_type": "regular_purchase"})
        };
        let body = json!({
            "account_number": self.account, "financing_option": option, "amount": amount, "auto_capture": false,
            "verification_code": code, "request_id": request,
        });
        self.post("/authorization", &body).await
    }
}

/// The status and the error of an answer.
#[track_caller]
fn told(answer: &TestAnswer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn is(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

on_both_engines! {
    async fn a_code_is_for_its_request_and_good_once(database: TestDatabase) {
        let till = Till::open(&database).await;
        assert_eq!(told(&till.buy(10.0, true, (2222, "1")).await), is(409, "not_verified"));
        till.send("1").await;
        let by_mail = till.post(&format!("/accounts/{}/verify", till.account), &json!({"format": "email", "request_id": 2})).await;
        assert_eq!(by_mail.json(), json!({"verification_code": "verification_sent_to_email"}));
        assert_eq!(by_mail.header("cache-control"), "no-store");
        assert_eq!(told(&till.buy(10.0, true, (2222, "3")).await), is(409, "not_verified"));
        // What is refused for another reason leaves the code as it is.
        assert_eq!(told(&till.buy(1e6, true, (2222, "1")).await), is(409, "credit_exceeded"));
        assert_eq!(till.buy(10.0, true, (2222, "1")).await.status, StatusCode::OK);
        let again = till.buy(10.0, true, (2222, "1")).await;
        assert_eq!(told(&again), is(409, "wrong_verification_code"));
        assert!(again.json()["message"].as_str().unwrap().contains("was used"), "{}", again.text());
        let payment = json!({
            "transaction_type": "deposit", "amount": "10.00", "account_number": till.account, "verification_code": "2222",
            "request_id": "2",
        });
        assert_eq!(till.post("/transactions", &payment).await.status, StatusCode::OK);
        assert_eq!(told(&till.post("/transactions", &payment).await), is(409, "wrong_verification_code"));
    }

    async fn three_wrong_ones_and_the_right_one_is_refused(database: TestDatabase) {
        let till = Till::open(&database).await;
        till.send("1").await;
        for wrong in [1111, 3333, 22222] {
            assert_eq!(told(&till.buy(10.0, false, (wrong, "1")).await), is(409, "wrong_verification_code"));
        }
        let right = till.buy(10.0, false, (2222, "1")).await;
        assert_eq!(told(&right), is(409, "wrong_verification_code"));
        assert!(right.json()["message"].as_str().unwrap().contains("Too many"), "{}", right.text());
        let records = till.app.test.core.audit_records(Some("QUICK3"), None, 4).await.unwrap();
        let refused = records.iter().filter(|record| record.outcome == "refused").count();
        assert_eq!(refused, 3, "each wrong one is on record: {records:?}");
        assert!(!format!("{records:?}").contains("3333"));
        // Another code works, until nine were wrong in an hour.
        till.send("1").await;
        assert_eq!(till.buy(10.0, false, (2222, "1")).await.status, StatusCode::OK);
        for request in ["2", "3"] {
            till.send(request).await;
            for _ in 0..3 {
                assert_eq!(told(&till.buy(10.0, false, (1111, request)).await), is(409, "wrong_verification_code"));
            }
        }
        let shut = till.verify(&json!({"format": "sms", "request_id": "4"})).await;
        assert_eq!(told(&shut), is(409, "too_many_verifications"));
    }

    async fn a_right_one_too_late_is_refused(database: TestDatabase) {
        let till = Till::open(&database).await;
        till.send("1").await;
        till.app.test.clock.advance(Duration::from_secs(600));
        let late = till.buy(10.0, true, (2222, "1")).await;
        assert_eq!(told(&late), is(409, "wrong_verification_code"));
        assert!(late.json()["message"].as_str().unwrap().contains("expired"), "{}", late.text());
        till.send("1").await;
        assert_eq!(till.buy(10.0, true, (2222, "1")).await.status, StatusCode::OK);
    }

    async fn of_many_purchases_with_one_code_at_once_one_is_made(database: TestDatabase) {
        let till = Till::open(&database).await;
        till.send("1").await;
        let mut calls = JoinSet::new();
        for _ in 0..12 {
            let till = till.clone();
            calls.spawn(async move { till.buy(10.0, true, (2222, "1")).await.status.as_u16() });
        }
        let mut statuses = calls.join_all().await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (200, &[409; 11][..]));
    }

    async fn the_till_is_told_a_code_where_the_format_says(database: TestDatabase) {
        let till = Till::open(&database).await;
        let applicant = application("Marie");
        let mut asked = json!({
            "format": "security_question", "request_id": "1", "security_qid": applicant["security_qid"],
            "security_answer": format!("  {}", applicant["security_answer"].as_str().unwrap().to_uppercase()),
        });
        let code = till.code(&asked).await;
        assert_eq!(till.buy(10.0, true, (code, "1")).await.status, StatusCode::OK);
        asked["security_answer"] = "something else".into();
        let wrong = till.verify(&asked).await;
        assert_eq!(told(&wrong), is(409, "secret_answer_mismatch"));
        assert!(!wrong.text().contains("something else"));
        assert_eq!(told(&till.buy(10.0, true, (code, "1")).await), is(409, "not_verified"));

        let bypass = json!({"format": "regular_purchase_bypass", "request_id": "2"});
        let early = till.code(&json!({"format": "regular_purchase_bypass", "request_id": "early"})).await;
        let code = till.code(&bypass).await;
        assert_eq!(told(&till.buy(10.0, true, (code, "2")).await), is(409, "wrong_verification_code"));
        assert_eq!(told(&till.buy(200.01, false, (code, "2")).await), is(409, "wrong_verification_code"));
        assert_eq!(till.buy(200.0, false, (code, "2")).await.status, StatusCode::OK);
        for _ in 0..3 {
            let code = till.code(&bypass).await;
            assert_eq!(till.buy(1.0, false, (code, "2")).await.status, StatusCode::OK);
        }
        assert_eq!(told(&till.verify(&bypass).await), is(409, "regular_purchase_bypass_is_not_allowed"));
        // Nor is one that was made before.
        assert_eq!(told(&till.buy(1.0, false, (early, "early")).await), is(409, "wrong_verification_code"));

        let vouch = json!({"format": "merchant_override", "request_id": "3"});
        assert_eq!(told(&till.verify(&vouch).await), is(409, "merchant_override_is_not_allowed"));
        let change = MerchantChange { merchant_override: Some(true), ..MerchantChange::default() };
        till.app.test.core.change_merchant(&till.merchant.id, &change, &operator()).await.unwrap();
        let code = till.code(&vouch).await;
        assert_eq!(till.buy(10.0, true, (code, "3")).await.status, StatusCode::OK);
    }

    async fn who_may_not_and_what_is_wrong_is_told(database: TestDatabase) {
        let till = Till::open(&database).await;
        let path = format!("/account/{}/verify", till.account);
        // A browser that has not applied for the account.
        let asked = json!({"format": "sms", "request_id": "1"});
        assert_eq!(told(&till.post_by(&till.customers, &path, &asked).await), is(404, "not_found"));
        assert_eq!(told(&till.post("/account/12345678901237/verify", &asked).await), is(404, "not_found"));
        assert_eq!(told(&till.post("/account/1/verify", &asked).await), is(404, "not_found"));
        for (body, params) in [
            (json!({}), vec!["format", "request_id"]),
            (json!({"format": "telegram", "request_id": "1"}), vec!["format"]),
            (json!({"format": "sms", "request_id": "1".repeat(41)}), vec!["request_id"]),
            (json!({"format": "security_question", "request_id": "1"}), vec!["security_qid", "security_answer"]),
            (json!({"format": "sms", "request_id": "1", "vcc_number": "1070"}), vec!["vcc_number"]),
        ] {
            let answer = till.verify(&body).await;
            assert_eq!(told(&answer), is(409, "wrong_inputs"), "{body}");
            let errors = answer.json()["field_errors"].as_array().unwrap().clone();
            assert_eq!(errors.iter().map(|error| error["param"].as_str().unwrap()).collect::<Vec<_>>(), params);
        }
        let french = till.post(&format!("{path}?lang=fr"), &json!({"format": "merchant_override", "request_id": "1"})).await;
        assert!(french.json()["message"].as_str().unwrap().starts_with("Le personnel"), "{}", french.text());
    }
}
