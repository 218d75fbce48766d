//! `POST …/apply` and `GET …/apply/{application_id}`, and every way in which they are refused.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::app::{Merchant, POS, TestAnswer, TestApp, TestRequest, application};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::task::JoinSet;
use uuid::Uuid;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

/// A merchant with an access token.
#[derive(Clone)]
struct Till {
    app: Arc<TestApp>,
    merchant: Merchant,
    token: String,
}

impl Till {
    async fn open(database: &TestDatabase) -> Self {
        let app = TestApp::open(database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let token = token(&app, &merchant, "merchant").await;
        Self { app: Arc::new(app), merchant, token }
    }

    /// The same merchant with another token, of this scope.
    async fn with_scope(&self, scope: &str) -> Self {
        Self { token: token(&self.app, &self.merchant, scope).await, ..self.clone() }
    }

    /// Another merchant of another partner.
    async fn elsewhere(&self) -> Self {
        let partner = self.app.partner("OTHER1").await;
        let merchant = self.app.merchant(&partner, 1).await;
        Self { token: token(&self.app, &merchant, "merchant").await, merchant, ..self.clone() }
    }

    fn call(&self, method: Method, rest: &str) -> TestRequest<'_> {
        let path = format!("{POS}/client-id/{}{rest}", self.merchant.id);
        self.app.request(method, &path).bearer(&self.token).header("x-reference-id", FLOW)
    }

    async fn apply(&self, body: &Value) -> TestAnswer {
        self.call(Method::POST, "/apply").json(body).send().await
    }

    async fn apply_in_french(&self, body: &Value) -> TestAnswer {
        self.call(Method::POST, "/apply?lang=fr").json(body).send().await
    }

    async fn show(&self, id: &str) -> TestAnswer {
        self.call(Method::GET, &format!("/apply/{id}")).send().await
    }
}

async fn token(app: &TestApp, merchant: &Merchant, scope: &str) -> String {
    app.token(merchant, &[("scope", scope)]).await["access_token"].as_str().unwrap().to_owned()
}

/// An application with this in place of what it says there.
fn with(first_name: &str, changes: Value) -> Value {
    let mut body = application(first_name);
    for (param, value) in changes.as_object().unwrap() {
        body[param] = value.clone();
    }
    body
}

/// The status and the error of an answer, and its field errors: parameter and message.
#[track_caller]
fn refused(answer: &TestAnswer) -> (u16, String, Vec<(String, String)>) {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = body["field_errors"].as_array().unwrap_or_else(|| panic!("{body}")).iter();
    let errors = errors.map(|error| (text(&error["param"]), text(&error["msg"]))).collect();
    (answer.status.as_u16(), text(&body["error"]), errors)
}

#[track_caller]
fn status(answer: &TestAnswer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["status"].as_str().unwrap().to_owned()
}

on_both_engines! {
    async fn an_application_is_decided_and_shown_again(database: TestDatabase) {
        let till = Till::open(&database).await;
        let answer = till.apply(&application("Marie")).await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.text());
        let body = answer.json();
        let id = body["application_id"].as_str().unwrap().to_owned();
        let number = body["account_number"].as_i64().unwrap();
        assert_eq!(number.to_string().len(), 14);
        assert_eq!(
            body,
            json!({
                "application_id": id, "status": "approved", "message": "Your application is approved.",
                "creation_date": "2026-01-02T03:04:05Z", "account_number": number, "credit_limit": 15000, "available_credit": 15000,
                "risk_rating": "L",
            })
        );
        assert_eq!(till.show(&id).await.json(), body);
        let french = till.call(Method::GET, &format!("/apply/{id}?lang=fr")).send().await;
        assert_eq!(french.json()["message"], "Votre demande est approuvée.");
        // The newer version answers the same.
        let newer = format!("{POS}.1/client-id/{}/apply/{id}", till.merchant.id);
        let newer = till.app.request(Method::GET, &newer).bearer(&till.token).header("x-reference-id", FLOW).send().await;
        assert_eq!(newer.json(), body);

        // Once for each person, however the name is typed.
        for body in [application("Marie"), with("MARIE", json!({"last_name": "tremblay ", "dob": "1985-02-14"}))] {
            let again = till.apply(&body).await;
            assert_eq!(refused(&again), (409, "customer_already_exists".to_owned(), vec![]));
        }
        let french = till.apply_in_french(&application("Marie")).await;
        assert!(french.json()["message"].as_str().unwrap().starts_with("La personne a déjà un compte"));

        for unknown in ["1234", &Uuid::nil().to_string()] {
            assert_eq!(refused(&till.show(unknown).await), (404, "not_found".to_owned(), vec![]));
        }
        let elsewhere = till.elsewhere().await;
        assert_eq!(refused(&elsewhere.show(&id).await).0, 404);
        assert_eq!(status(&elsewhere.apply(&application("Marie")).await), "approved", "on a book of its own");

        let trail = format!("{:?}", till.app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap());
        assert!(trail.contains("application.apply") && !trail.contains("Tremblay") && !trail.contains("Snowball"), "{trail}");
    }

    async fn a_sandbox_answers_as_it_is_asked(database: TestDatabase) {
        let till = Till::open(&database).await;
        let mut letters = 'a'..='z';
        let mut asked = async |key: &str| {
            let name = format!("Marie{}", letters.next().unwrap());
            let answer = till.apply(&with(&name, json!({"middle_name": key}))).await;
            let rating = answer.json()["risk_rating"].as_str().map(|rating| format!(" {rating}")).unwrap_or_default();
            status(&answer) + &rating
        };
        for (key, expected) in [
            ("A-RR_L", "approved L"),
            ("A-RR_M", "approved M"),
            ("A-RR_H", "approved H"),
            ("a-rr_x", "approved XH"),
            ("A-RR_XX", "declined"),
            ("A-RR_XXX", "declined"),
            ("D-NO_HIT", "declined"),
            ("D-FRAUD", "declined"),
            ("P-MISSING_INFO", "pending"),
            ("D-MISSING_INFO", "pending"),
            ("P-CREDIT", "pending"),
            ("D-EMAIL_DBL_TIMEOUT", "retry"),
        ] {
            assert_eq!(asked(key).await, expected, "{key}");
        }
        let change = domain::merchant::MerchantChange { standard_accounts: Some(true), ..Default::default() };
        till.app.test.core.change_merchant(&till.merchant.id, &change, &operator()).await.unwrap();
        assert_eq!(asked("A-RR_XX").await, "approved XXH");
        assert_eq!(asked("A-RR_XXX").await, "approved XXXH");
    }

    async fn what_the_flow_knows_need_not_be_said_again(database: TestDatabase) {
        let till = Till::open(&database).await.with_scope("customer").await;
        let mut known = application("Marie");
        known.as_object_mut().unwrap().remove("tos_agreement");
        let told = till.call(Method::POST, "/information").json(&known).send().await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text());
        // Another shopper's token does not go on with it.
        let stranger = till.with_scope("customer").await;
        let (code, error, errors) = refused(&stranger.apply(&json!({"tos_agreement": true})).await);
        assert_eq!((code, error.as_str(), errors[0].0.as_str()), (409, "wrong_inputs", "x-reference-id"));

        let wrong = till.apply(&json!({"province": "BC", "tos_agreement": true})).await;
        assert_eq!(refused(&wrong).2, [
            ("postal_code".to_owned(), "must begin with V, as postal codes in British Columbia do".to_owned()),
        ]);
        assert!(!wrong.text().contains("K1A"), "what was said before is not repeated: {}", wrong.text());
        let answer = till.apply(&json!({"tos_agreement": true})).await;
        assert_eq!(status(&answer), "approved");
        let id = answer.json()["application_id"].as_str().unwrap().to_owned();
        assert_eq!(status(&till.show(&id).await), "approved");
        assert_eq!(refused(&stranger.show(&id).await).0, 404, "an application is its own family's");
        let merchants = till.with_scope("merchant").await;
        assert_eq!(status(&merchants.show(&id).await), "approved");
        // What a refresh gives is of the same family.
        let pair = till.app.token(&till.merchant, &[("scope", "customer")]).await;
        let own = Till { token: pair["access_token"].as_str().unwrap().to_owned(), ..till.clone() };
        let flow = "8848372d-8457-4ca4-9da9-673f1cdd6685";
        let path = format!("{POS}/client-id/{}/apply", own.merchant.id);
        let request = own.app.request(Method::POST, &path).bearer(&own.token).header("x-reference-id", flow);
        let id = request.json(&application("Anne")).send().await.json()["application_id"].as_str().unwrap().to_owned();
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
        let next = own.app.token(&own.merchant, &refresh).await;
        let next = Till { token: next["access_token"].as_str().unwrap().to_owned(), ..own };
        assert_eq!(status(&next.show(&id).await), "approved");
    }

    async fn every_rule_that_is_broken_is_told(database: TestDatabase) {
        let till = Till::open(&database).await;
        let faults = async |changes: Value| {
            let (code, error, errors) = refused(&till.apply(&with("Marie", changes)).await);
            assert_eq!((code, error.as_str()), (409, "wrong_inputs"));
            errors
        };
        let one = |param: &str, msg: &str| vec![(param.to_owned(), msg.to_owned())];
        let past = "must be a past date, YYYY-MM-DD";
        for dob in ["2027-01-01", "12-31-1999", "2026-01-02"] {
            assert_eq!(faults(json!({"dob": dob})).await, one("dob", past), "{dob}");
        }
        // It is still the first of January where they live.
        let under_age = "must be 18 years ago at least, the age of majority in Ontario";
        assert_eq!(faults(json!({"dob": "2008-01-02"})).await, one("dob", under_age));
        let bc = json!({"dob": "2007-01-02", "province": "BC", "postal_code": "V5K 0A1"});
        let under_age = "must be 19 years ago at least, the age of majority in British Columbia";
        assert_eq!(faults(bc).await, one("dob", under_age));
        assert_eq!(status(&till.apply(&with("Zoé", json!({"dob": "2008-01-01"}))).await), "approved");
        let issuer = faults(json!({"govid_type": "CAHC", "govid_issued_by": "AB"})).await;
        assert_eq!((issuer.len(), issuer[0].0.as_str()), (1, "govid_issued_by"));
        let old = faults(json!({"tos_version": "roc-2024-01-01"})).await;
        assert!(old[0].0 == "tos_version" && old[0].1.contains("roc-2025-01-01"), "{old:?}");
    }

    async fn what_else_forbids_an_application_has_a_name_of_its_own(database: TestDatabase) {
        let till = Till::open(&database).await;
        for (changes, error, param) in [
            (json!({"tos_agreement": false}), "tos_agreement_required", "tos_agreement"),
            (json!({"tos_agreement": null}), "tos_agreement_required", "tos_agreement"),
            (json!({"external_location_id": "00-12345"}), "external_location_id_not_found", "external_location_id"),
            (json!({"account_type": "business"}), "account_type_not_permitted", "account_type"),
        ] {
            let body = with("Marie", changes);
            let english = till.apply(&body).await;
            let (code, told, errors) = refused(&english);
            assert_eq!((code, told.as_str(), errors.len(), errors[0].0.as_str()), (409, error, 1, param));
            let french = till.apply_in_french(&body).await;
            assert_ne!(english.json()["message"], french.json()["message"], "{error}");
            assert_ne!(refused(&french).2, errors);
        }
        let empty = refused(&till.apply(&json!({})).await);
        assert_eq!((empty.0, empty.1.as_str(), empty.2.len()), (409, "wrong_inputs", 20));
        let draft = domain::merchant::LocationDraft { id: "00-12345".into(), name: "Shop".into(), province: "ON".into() };
        till.app.test.core.add_merchant_location(&till.merchant.id, &draft, &operator()).await.unwrap();
        assert_eq!(status(&till.apply(&with("Marie", json!({"external_location_id": "00-12345"}))).await), "approved");
        let change = domain::merchant::MerchantChange { business_accounts: Some(true), ..Default::default() };
        till.app.test.core.change_merchant(&till.merchant.id, &change, &operator()).await.unwrap();
        assert_eq!(status(&till.apply(&with("Anne", json!({"account_type": "business"}))).await), "approved");
    }

    async fn a_repeat_gets_the_same_answer(database: TestDatabase) {
        let till = Till::open(&database).await;
        let send = async |key: &str, hash: Option<&str>, body: &Value| {
            let request = till.call(Method::POST, "/apply").header("x-idempotency-key", key);
            let request = if let Some(hash) = hash { request.header("x-context-hash", hash) } else { request };
            request.json(body).send().await
        };
        let first = send("k1", None, &application("Marie")).await;
        let second = send("k1", None, &application("Marie")).await;
        assert_eq!((first.header("idempotent-replayed"), second.header("idempotent-replayed")), ("", "true"));
        assert_eq!((first.json(), status(&first).as_str()), (second.json(), "approved"));
        let other = send("k1", None, &application("Anne")).await;
        assert_eq!(refused(&other), (409, "idempotency_key_reused".to_owned(), vec![]));
        // With a hash of the caller's own, that tells.
        let first = send("k2", Some("h"), &application("Anne")).await;
        let second = send("k2", Some("h"), &with("Anne", json!({"annual_income": 72_000}))).await;
        assert_eq!(first.json(), second.json());
        assert_eq!(refused(&send("k2", Some("i"), &application("Anne")).await).1, "idempotency_key_reused");
        for _ in 0..2 {
            let exists = send("k3", None, &application("Anne")).await;
            assert_eq!(refused(&exists).1, "customer_already_exists");
        }
        assert_eq!(send("k3", None, &application("Anne")).await.header("idempotent-replayed"), "true");
        let wrong = send(&"k".repeat(256), None, &application("Zoé")).await;
        assert_eq!(refused(&wrong).2[0].0, "x-idempotency-key");
        // What was refused for its faults may be mended under the same key.
        assert_eq!(refused(&send("k4", None, &with("Zoé", json!({"city": null}))).await).1, "wrong_inputs");
        assert_eq!(status(&send("k4", None, &application("Zoé")).await), "approved");
        // A key of another shopper's is another.
        let one = till.with_scope("customer").await;
        let two = till.with_scope("customer").await;
        let send = async |till: &Till| {
            till.call(Method::POST, "/apply").header("x-idempotency-key", "k").json(&application("Luc")).send().await
        };
        assert_eq!(status(&send(&one).await), "approved");
        assert_eq!(refused(&send(&two).await).1, "customer_already_exists");
    }

    async fn many_at_once_have_one_effect(database: TestDatabase) {
        let till = Till::open(&database).await;
        let mut calls = JoinSet::new();
        for number in 0..30 {
            let till = till.clone();
            calls.spawn(async move {
                let request = till.call(Method::POST, "/apply");
                let request = if number % 2 == 0 { request.header("x-idempotency-key", "k") } else { request };
                request.json(&application("Marie")).send().await
            });
        }
        let answers = calls.join_all().await;
        let approved: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        let others = answers.iter().filter(|answer| answer.status != StatusCode::OK).map(|answer| refused(answer).1);
        for error in others {
            assert!(["customer_already_exists", "request_in_progress"].contains(&error.as_str()), "{error}");
        }
        assert!(approved.windows(2).all(|pair| pair[0].json() == pair[1].json()), "one answer");
        let search = "/customers/search?first_name=marie&last_name=TREMBLAY&dob=1985-02-14";
        let found = till.call(Method::GET, search).send().await.json();
        assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
    }

    async fn a_shopper_applies_so_often_a_day(database: TestDatabase) {
        let till = Till::open(&database).await.with_scope("customer").await;
        for number in 0..20 {
            let answer = till.apply(&with("Marie", json!({"middle_name": "D-NO_HIT", "last_name": format!("Roy{number}x")}))).await;
            assert_eq!(status(&answer), "declined");
        }
        let full = till.apply(&application("Marie")).await;
        assert_eq!(refused(&full), (409, "too_many_applications".to_owned(), vec![]));
        assert!(full.json()["message"].as_str().unwrap().contains("20 applications"), "{}", full.text());
        assert_eq!(status(&till.with_scope("merchant").await.apply(&application("Marie")).await), "approved");
        till.app.clock().advance(Duration::from_secs(24 * 3600));
        let later = till.with_scope("customer").await;
        assert_eq!(status(&later.apply(&application("Anne")).await), "approved");
    }
}
