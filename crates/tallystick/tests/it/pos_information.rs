//! `POST …/information`: what is known of an applicant, gathered for the flow, and every way in which it is refused.

use std::sync::Arc;
use std::time::Duration;

use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::{FamilyId, Scope};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use service::information::FlowCaller;
use testkit::app::{Merchant, POS, TestAnswer, TestApp, TestRequest};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use uuid::Uuid;

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

/// What must be shown to nobody.
const ANSWER: &str = "hunter2 hunter2";
const NUMBER: &str = "T1234-56789-50214";

/// A merchant with an access token of the scope `customer`.
#[derive(Clone)]
struct Till {
    app: Arc<TestApp>,
    merchant: Merchant,
    token: String,
    partner: PartnerId,
}

impl Till {
    async fn open(database: &TestDatabase) -> Self {
        Self::with(TestApp::open(database).await).await
    }

    async fn with(app: TestApp) -> Self {
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let token = token(&app, &merchant).await;
        let partner = app.test.core.partner_of_code("QUICK3").await.unwrap();
        Self { app: Arc::new(app), merchant, token, partner }
    }

    /// The same merchant with another token, of this scope.
    async fn with_scope(&self, scope: &str) -> Self {
        let pair = self.app.token(&self.merchant, &[("scope", scope)]).await;
        Self { token: pair["access_token"].as_str().unwrap().to_owned(), ..self.clone() }
    }

    fn call(&self, query: &str) -> TestRequest<'_> {
        let path = format!("{POS}/client-id/{}/information{query}", self.merchant.id);
        self.app.request(Method::POST, &path).bearer(&self.token)
    }

    async fn tell(&self, flow: &str, body: Value) -> TestAnswer {
        self.call("").header("x-reference-id", flow).json(&body).send().await
    }

    async fn tell_in_french(&self, flow: &str, body: Value) -> TestAnswer {
        self.call("?lang=fr").header("x-reference-id", flow).json(&body).send().await
    }

    /// What is kept.
    async fn kept(&self, flow: &str) -> Value {
        let client = ClientIdentifier(self.merchant.creditor);
        let reference = Uuid::parse_str(flow).unwrap();
        let family = FamilyId(Uuid::nil());
        let caller = FlowCaller { partner: self.partner, client, family, scope: Scope::Merchant };
        let draft = self.app.test.core.information_of(caller, reference).await.unwrap();
        serde_json::to_value(draft).unwrap()
    }
}

async fn token(app: &TestApp, merchant: &Merchant) -> String {
    app.token(merchant, &[("scope", "customer")]).await["access_token"].as_str().unwrap().to_owned()
}

/// The error of an answer, and its field errors.
#[track_caller]
fn refused(answer: &TestAnswer) -> (u16, String, Vec<(String, String, Value)>) {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = body["field_errors"].as_array().unwrap_or_else(|| panic!("{body}")).iter();
    let errors = errors.map(|error| (text(&error["param"]), text(&error["msg"]), error["value"].clone())).collect();
    assert!(body["url"].as_str().unwrap().ends_with("/information"), "{body}");
    (answer.status.as_u16(), text(&body["error"]), errors)
}

fn fault(param: &str, msg: &str, value: Value) -> (String, String, Value) {
    (param.to_owned(), msg.to_owned(), value)
}

on_both_engines! {
    async fn what_is_told_is_gathered_and_only_its_names_are_answered(database: TestDatabase) {
        let till = Till::open(&database).await;
        let first = till.tell(FLOW, json!({
            "first_name": "Marie", "last_name": " ", "annual_income": 72_000, "housing_payment": 1450.5, "phone_number": "613 555 0123",
            "govid_number": NUMBER, "govid_issuedby": "ON", "security_answer": ANSWER, "tos_agreement": true, "loyalty_card": {"a": [1]},
        })).await;
        assert_eq!((first.status, first.header("cache-control")), (StatusCode::OK, "no-store"), "{}", first.text());
        assert_eq!(first.header("x-reference-id"), FLOW);
        let told = first.json();
        assert_eq!(
            told,
            json!({
                "reference_id": FLOW,
                "known": [
                    "first_name", "phone_number", "housing_payment", "annual_income", "govid_issued_by", "govid_number", "security_answer",
                    "tos_agreement",
                ],
                "missing": [
                    "last_name", "dob", "email", "address_1", "city", "province", "postal_code", "housing_type", "occupation_id",
                    "govid_type", "govid_expiry", "security_qid",
                ],
                "expires_at": "2026-01-02T04:04:05Z",
            })
        );
        till.app.clock().advance(Duration::from_secs(600));
        // The same flow, written otherwise.
        let simple = FLOW.replace('-', "").to_uppercase();
        let second = till.tell(&simple, json!({"last_name": "Tremblay", "province": "ON", "occupation_id": "FE"})).await;
        assert_eq!(second.status, StatusCode::OK, "{}", second.text());
        let told = second.json();
        assert_eq!((&told["reference_id"], &told["expires_at"]), (&json!(simple), &json!("2026-01-02T04:14:05Z")));
        assert_eq!(told["known"].as_array().unwrap().len(), 11);
        let missing = told["missing"].as_array().unwrap();
        assert!(missing.contains(&json!("employer")) && !missing.contains(&json!("province")), "{told}");
        for answer in [first.text(), second.text()] {
            for private in ["Marie", "Tremblay", "72000", "1450", "555", NUMBER, "hunter2"] {
                assert!(!answer.contains(private), "{answer}");
            }
        }
        assert_eq!(
            till.kept(FLOW).await,
            json!({
                "first_name": "Marie", "last_name": "Tremblay", "phone_number": "613 555 0123", "province": "ON", "housing_payment": "1450.5",
                "occupation_id": "FE", "annual_income": "72000", "govid_issued_by": "ON", "govid_number": NUMBER, "security_answer": ANSWER,
                "tos_agreement": true,
            })
        );

        // Nothing of it is another flow's, or another merchant's of the same reference.
        let nothing = till.tell("8848372d-8457-4ca4-9da9-673f1cdd6685", json!({})).await;
        assert_eq!((nothing.status, &nothing.json()["known"]), (StatusCode::OK, &json!([])));
        assert_eq!(till.kept("8848372d-8457-4ca4-9da9-673f1cdd6685").await, Value::Null);
        let partner = till.app.partner("OTHER1").await;
        let merchant = till.app.merchant(&partner, 1).await;
        let path = format!("{POS}/client-id/{}/information", merchant.id);
        let request = till.app.request(Method::POST, &path).bearer(&token(&till.app, &merchant).await);
        let other = request.header("x-reference-id", FLOW).json(&json!({"city": "Ottawa"})).send().await;
        assert_eq!(other.json()["known"], json!(["city"]));

        till.app.clock().advance(Duration::from_secs(3600));
        assert_eq!(till.kept(FLOW).await, Value::Null);
        let records = till.app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        assert!(records.iter().any(|record| record.action == "information.keep"), "{records:?}");
        let trail = format!("{records:?}");
        assert!(!trail.contains("Tremblay") && !trail.contains("hunter2") && !trail.contains(NUMBER), "{trail}");
    }

    async fn every_fault_is_told_at_once_in_the_language_of_the_call(database: TestDatabase) {
        let till = Till::open(&database).await;
        let body = json!({
            "first_name": 7, "dob": "12-31-1999", "annual_income": [1], "housing_payment": "a lot", "province": "ON",
            "postal_code": "H2X 1Y4", "tos_agreement": "yes", "govid_number": "hunter2 hunter2!", "security_answer": "hunter2".repeat(20),
        });
        let wrong = till.tell(FLOW, body.clone()).await;
        let told = refused(&wrong);
        assert_eq!(
            told,
            (409, "wrong_inputs".to_owned(), vec![
                fault("first_name", "must be a text", Value::Null),
                fault("dob", "must be a past date, YYYY-MM-DD", json!("12-31-1999")),
                fault("postal_code", "must begin with K, L, M, N, P, as postal codes in Ontario do", json!("H2X 1Y4")),
                fault("housing_payment", "must be an amount in dollars and cents, such as 1234.56", json!("a lot")),
                fault("annual_income", "must be a number", Value::Null),
                fault(
                    "govid_number",
                    "must have 3 to 32 letters, digits, blanks and hyphens, one of them a digit",
                    Value::Null,
                ),
                fault("security_answer", "may have 100 characters at most", Value::Null),
                fault("tos_agreement", "must be true or false", Value::Null),
            ])
        );
        let french = till.tell_in_french(FLOW, body).await;
        assert_eq!(french.json()["message"], "Certaines données sont erronées");
        let (status, _, errors) = refused(&french);
        assert_eq!((status, errors.len()), (409, told.2.len()));
        assert_eq!(errors[1], fault("dob", "doit être une date passée, AAAA-MM-JJ", json!("12-31-1999")));
        assert!(errors.iter().zip(&told.2).all(|(french, english)| french.0 == english.0 && french.1 != english.1));
        for answer in [wrong, french] {
            assert!(!answer.text().contains("hunter2"), "{}", answer.text());
        }
        assert_eq!(till.kept(FLOW).await, Value::Null, "nothing of a call with a fault is kept");
    }

    async fn what_was_told_before_is_checked_again_and_not_repeated(database: TestDatabase) {
        let till = Till::open(&database).await;
        assert_eq!(till.tell(FLOW, json!({"postal_code": "K1A 0B1", "dob": "2007-06-01"})).await.status, StatusCode::OK);
        let wrong = till.tell(FLOW, json!({"province": "BC"})).await;
        assert_eq!(
            refused(&wrong).2,
            [
                fault("dob", "must be 19 years ago at least, the age of majority in British Columbia", Value::Null),
                fault("postal_code", "must begin with V, as postal codes in British Columbia do", Value::Null),
            ]
        );
        let right = till.tell(FLOW, json!({"province": "BC", "postal_code": "V5K 0A1", "dob": "2006-06-01", "govid_type": "CAHC"})).await;
        assert_eq!(right.json()["known"], json!(["dob", "province", "postal_code", "govid_type"]));
        // Nor do the messages say what they go by.
        let wrong = json!({"postal_code": "K1A 0B1", "dob": "2007-06-01", "govid_issued_by": "AB", "tos_version": "roc-2020-01-01"});
        let english = till.tell(FLOW, wrong.clone()).await;
        let by = |param: &str| format!("does not fit {param}, as an earlier call of the flow has it");
        assert_eq!(
            refused(&english).2,
            [
                fault("dob", &by("province"), json!("2007-06-01")),
                fault("postal_code", &by("province"), json!("K1A 0B1")),
                fault("govid_issued_by", &by("govid_type"), json!("AB")),
                fault("tos_version", &by("province"), json!("roc-2020-01-01")),
            ]
        );
        let french = till.tell_in_french(FLOW, wrong).await;
        for answer in [english, french] {
            for other in ["British", "Britannique", "BC", "CAHC", "roc-2025"] {
                assert!(!answer.text().contains(other), "{other}: {}", answer.text());
            }
        }
    }

    async fn a_body_that_is_none_is_told_so(database: TestDatabase) {
        let till = Till::open(&database).await;
        let send = async |query: &str, body: &'static str| {
            let request = till.call(query).header("x-reference-id", FLOW).header("content-type", "application/json");
            request.bytes(body).send().await
        };
        for (body, status, error) in [
            ("", 400, "empty_body"),
            ("[]", 400, "not_an_object"),
            ("{\"first_name\":", 400, "malformed_json"),
        ] {
            let answer = send("", body).await;
            assert_eq!(refused(&answer), (status, error.to_owned(), vec![]), "{body}");
            let french = send("?lang=fr", body).await;
            assert_ne!(french.json()["message"], answer.json()["message"], "{body}");
        }
        let form = till.call("").header("x-reference-id", FLOW).form(&[("first_name", "Marie")]).send().await;
        assert_eq!(refused(&form).1, "unsupported_media_type");
        let twice = send("", r#"{"first_name":"Marie","first_name":"Anne","x":1,"x":2,"email":"no"}"#).await;
        assert_eq!(
            refused(&twice).2,
            [
                fault("first_name", "must be there once", Value::Null),
                fault("email", "must be an e-mail address, such as name@example.ca", json!("no")),
                fault("body", "must have each member once", Value::Null),
            ]
        );
        let missing = till.call("").json(&json!({"first_name": "Marie"})).send().await;
        assert_eq!(refused(&missing).2[0].0, "x-reference-id");
        assert_eq!(till.kept(FLOW).await, Value::Null);
    }

    async fn a_merchant_has_so_many_flows_at_once(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.point_of_sale.most_open_flows = 2;
        settings.point_of_sale.information_retention = "5m".parse().unwrap();
        let till = Till::with(TestApp::with(&database, settings).await).await;
        let merchants = till.with_scope("merchant").await;
        let flow = |number: u128| Uuid::from_u128(number).to_string();
        let is_full = async |till: &Till, texts: [&str; 2]| {
            let english = till.tell(&flow(3), json!({"city": "Ottawa"})).await;
            assert_eq!(refused(&english), (409, "too_many_flows".to_owned(), vec![]));
            let french = till.tell_in_french(&flow(3), json!({"city": "Ottawa"})).await;
            for (answer, text) in [english, french].iter().zip(texts) {
                assert!(answer.json()["message"].as_str().unwrap().starts_with(text), "{}", answer.text());
            }
        };
        assert_eq!(till.tell(&flow(1), json!({"city": "Ottawa"})).await.status, StatusCode::OK);
        is_full(&till, ["Tokens of the scope customer have 1 flows", "Des jetons de portée customer ont 1 parcours"]).await;
        assert_eq!(merchants.tell(&flow(2), json!({"city": "Ottawa"})).await.status, StatusCode::OK);
        is_full(&merchants, ["The merchant has 2 flows open", "Le marchand a 2 parcours"]).await;
        assert_eq!(till.tell(&flow(1), json!({"city": "Gatineau"})).await.status, StatusCode::OK);
        merchants.app.clock().advance(Duration::from_secs(300));
        assert_eq!(till.tell(&flow(3), json!({"city": "Ottawa"})).await.status, StatusCode::OK);
    }

    async fn a_token_of_the_scope_customer_has_so_many_flows_at_once(database: TestDatabase) {
        let till = Till::open(&database).await;
        let flow = |number: u128| Uuid::from_u128(number).to_string();
        for number in 1..=20 {
            assert_eq!(till.tell(&flow(number), json!({"city": "Ottawa"})).await.status, StatusCode::OK);
        }
        let english = till.tell(&flow(21), json!({"city": "Ottawa"})).await;
        assert_eq!(refused(&english), (409, "too_many_flows".to_owned(), vec![]));
        assert!(english.text().contains("This token and those of its refreshes have 20 flows open"), "{}", english.text());
        let french = till.tell_in_french(&flow(21), json!({"city": "Ottawa"})).await;
        assert!(french.text().contains("Ce jeton et ceux de ses renouvellements ont 20 parcours ouverts"), "{}", french.text());
        let merchants = till.with_scope("merchant").await;
        assert_eq!(merchants.tell(&flow(21), json!({"city": "Ottawa"})).await.status, StatusCode::OK);
    }

    async fn a_customer_changes_nobody_elses_flow(database: TestDatabase) {
        let till = Till::open(&database).await;
        let first = till.app.token(&till.merchant, &[("scope", "customer")]).await;
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", first["refresh_token"].as_str().unwrap())];
        let second = till.app.token(&till.merchant, &refresh).await;
        let by = |pair: &Value| Till { token: pair["access_token"].as_str().unwrap().to_owned(), ..till.clone() };
        let (first, refreshed) = (by(&first), by(&second));
        assert_eq!(first.tell(FLOW, json!({"email": "a@example.ca"})).await.status, StatusCode::OK);
        let told = refreshed.tell(FLOW, json!({"city": "Ottawa"})).await;
        assert_eq!(told.json()["known"], json!(["email", "city"]), "a refresh is of the same family");
        // Whoever else has a token of the same merchant.
        for body in [json!({"email": "b@example.ca", "phone_number": "613 555 0123"}), json!({})] {
            let answer = till.tell(FLOW, body.clone()).await;
            let (status, error, errors) = refused(&answer);
            assert_eq!((status, error.as_str(), errors.len()), (409, "wrong_inputs", 1));
            let (param, msg, value) = &errors[0];
            assert_eq!((param.as_str(), value), ("x-reference-id", &json!(FLOW)));
            assert!(msg.contains("make up a new GUID"), "{msg}");
            let french = till.tell_in_french(FLOW, body).await;
            assert!(refused(&french).2[0].1.contains("créez un nouveau GUID"), "{}", french.text());
        }
        assert_eq!(till.kept(FLOW).await, json!({"email": "a@example.ca", "city": "Ottawa"}));
        let merchants = till.with_scope("merchant").await;
        let told = merchants.tell(FLOW, json!({"province": "ON"})).await;
        assert_eq!(told.json()["known"], json!(["email", "city", "province"]));
    }
}
