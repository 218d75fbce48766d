//! Calls behind a token: whom each endpoint of the table lets in, and in which form the others are refused.

use std::time::Duration;

use domain::Secret;
use domain::oauth_token::Scope;
use http::{Method, StatusCode};
use pos_api::endpoint::{ENDPOINTS, Endpoint};
use serde_json::{Value, json};
use service::merchant_user::NewMerchantUser;
use testkit::app::{Merchant, POS, TestAnswer, TestApp, TestRequest};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

const GUID: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";
const PASSWORD: &str = "dice-manila-purism";

fn path(endpoint: &Endpoint, client: &str) -> String {
    let path = endpoint.path.replace("{client_id}", client);
    let parts = path.split('/').map(|part| if part.starts_with('{') { "1234" } else { part });
    format!("{POS}{}", parts.collect::<Vec<_>>().join("/"))
}

/// The error of an answer, after a look at whether it is a whole one.
fn error(answer: &TestAnswer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["error", "field_errors", "message", "url"]);
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    (answer.status.as_u16(), body["error"].as_str().unwrap().to_owned())
}

fn is(status: u16, error: &str) -> (u16, String) {
    (status, error.to_owned())
}

async fn open(database: &TestDatabase) -> (TestApp, Merchant, Merchant) {
    let app = TestApp::open(database).await;
    let partner = app.partner("QUICK3").await;
    let (merchant, other) = (app.merchant(&partner, 1).await, app.merchant(&partner, 2).await);
    (app, merchant, other)
}

async fn access(app: &TestApp, merchant: &Merchant, scope: Scope) -> String {
    app.token(merchant, &[("scope", scope.name())]).await["access_token"].as_str().unwrap().to_owned()
}

fn call<'a>(app: &'a TestApp, endpoint: &Endpoint, client: &str, token: &str) -> TestRequest<'a> {
    app.request(endpoint.method.clone(), &path(endpoint, client)).bearer(token).header("x-reference-id", GUID)
}

/// What a call without a body and a query is answered where it is served: its status, and the error where it is one.
fn answered(endpoint: &Endpoint) -> (u16, Option<&'static str>) {
    match (&endpoint.method, endpoint.path.trim_start_matches("/client-id/{client_id}")) {
        (_, "/i18n") => (200, None),
        (&Method::GET, "/i18n/{key}") => (404, Some("unknown_key")),
        (&Method::GET, "/terms-and-conditions") => (409, Some("wrong_inputs")),
        (&Method::POST, "/merchants/login" | "/information" | "/customers/driverslicense" | "/widget/init") => {
            (415, Some("unsupported_media_type"))
        }
        (&Method::GET, "/authorizations" | "/captures") => (200, None),
        (&Method::GET, "/authorization/{authorization_id}") => (404, Some("not_found")),
        // It needs no body.
        (&Method::POST, path) if path.ends_with("/release") => (404, Some("not_found")),
        (&Method::POST, path)
            if path.starts_with("/authorization")
                || path.ends_with("/refund")
                || path.ends_with("/verify")
                || path == "/transactions" =>
        {
            (415, Some("unsupported_media_type"))
        }
        (&Method::POST, "/apply" | "/accounts/{account_number}/calculate-interest") => {
            (415, Some("unsupported_media_type"))
        }
        (&Method::GET, "/apply/{application_id}") | (&Method::POST, "/accounts/{account_number}/close") => {
            (404, Some("not_found"))
        }
        (&Method::GET, "/customers/search" | "/customers/lookup") => (409, Some("wrong_inputs")),
        _ => panic!("say what it answers: {endpoint:?}"),
    }
}

const INSUFFICIENT: &str = "Insufficient scope: authorized scope is insufficient";

on_both_engines! {
    async fn every_endpoint_lets_in_whom_the_table_says(database: TestDatabase) {
        let (app, merchant, other) = open(&database).await;
        let tokens = [
            (Scope::Merchant, access(&app, &merchant, Scope::Merchant).await),
            (Scope::Customer, access(&app, &merchant, Scope::Customer).await),
        ];
        let others = access(&app, &other, Scope::Merchant).await;
        for endpoint in ENDPOINTS {
            for (scope, token) in &tokens {
                let answer = call(&app, endpoint, &merchant.id, token).send().await;
                assert_eq!(answer.header("x-reference-id"), GUID);
                if !endpoint.admits(*scope) {
                    assert_eq!(error(&answer), is(403, INSUFFICIENT), "{endpoint:?}");
                    assert!(answer.header("www-authenticate").contains("error=\"insufficient_scope\""));
                } else {
                    let body = answer.json();
                    assert_eq!((answer.status.as_u16(), body["error"].as_str()), answered(endpoint), "{endpoint:?}: {body}");
                }
            }
            assert_eq!(error(&call(&app, endpoint, &merchant.id, &others).send().await), is(403, "forbidden"));
            let nobody = app.request(endpoint.method.clone(), &path(endpoint, &merchant.id)).send().await;
            assert_eq!(error(&nobody), is(401, "unauthorized"), "{endpoint:?}");
            assert_eq!(nobody.header("www-authenticate"), "Bearer realm=\"point-of-sale\"");
        }
    }

    async fn a_token_that_does_not_open_is_401(database: TestDatabase) {
        let (app, merchant, _) = open(&database).await;
        let endpoint = &ENDPOINTS[1];
        let token = access(&app, &merchant, Scope::Merchant).await;
        for wrong in ["x", &"0".repeat(40), &token.to_uppercase(), &merchant.secret] {
            let answer = call(&app, endpoint, &merchant.id, wrong).send().await;
            assert_eq!(error(&answer), is(401, "unauthorized"), "{wrong}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"point-of-sale\", error=\"invalid_token\"");
        }
        let twice = call(&app, endpoint, &merchant.id, &token).bearer(&token).send().await;
        assert_eq!(error(&twice), is(401, "unauthorized"));
        assert_eq!(call(&app, endpoint, &merchant.id, &token).send().await.status, StatusCode::OK);
        app.clock().advance(Duration::from_secs(1200));
        let expired = call(&app, endpoint, &merchant.id, &token).send().await;
        assert_eq!(error(&expired), is(401, "unauthorized"));
        assert!(expired.text().contains("expired"), "{}", expired.text());
    }

    async fn a_revoked_merchant_is_refused_on_its_next_request(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let token = access(&app, &merchant, Scope::Merchant).await;
        let endpoint = &ENDPOINTS[1];
        assert_eq!(call(&app, endpoint, &merchant.id, &token).send().await.status, StatusCode::OK);
        let revoked = app
            .request(Method::DELETE, &testkit::app::creditor_path(merchant.creditor, "/credentials"))
            .key(&partner.partner)
            .send()
            .await;
        assert_eq!(revoked.status, StatusCode::OK, "{}", revoked.text());
        assert_eq!(error(&call(&app, endpoint, &merchant.id, &token).send().await), is(401, "unauthorized"));
        let again = app.request(Method::POST, testkit::app::TOKEN).form(&merchant.with(&[])).send().await;
        assert_eq!((again.status, &again.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_client")));
    }
}

on_both_engines! {
    async fn a_merchant_logs_in_and_is_told_what_its_forms_offer(database: TestDatabase) {
        let (app, merchant, other) = open(&database).await;
        for merchant in [&merchant, &other] {
            let anna = NewMerchantUser { username: "anna".into(), password: Secret::new(PASSWORD.into()), location: None };
            app.test.core.add_merchant_user(&merchant.id, anna, &testkit::core::operator()).await.unwrap();
        }
        let bert = NewMerchantUser { username: "bert".into(), password: Secret::new(PASSWORD.into()), location: None };
        app.test.core.add_merchant_user(&other.id, bert, &testkit::core::operator()).await.unwrap();
        let token = access(&app, &merchant, Scope::Customer).await;
        let log_in = async |query: &str, body: Value| {
            let path = format!("{}{query}", path(&ENDPOINTS[0], &merchant.id));
            app.request(Method::POST, &path).bearer(&token).json(&body).send().await
        };
        let as_user = |name: &str, password: &str| json!({"merchant_username": name, "merchant_password": password});
        for body in [json!({}), as_user("ANNA", PASSWORD), as_user("", "")] {
            let answer = log_in("?lang=fr", body).await;
            assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.text());
            let told = answer.json();
            assert_eq!((told["merchant_name"].as_str(), told["merchant_id"].as_i64()), (Some("Test Customer Oy"), Some(300_001)));
            assert_eq!(told["form_values"]["province"]["options"]["QC"], "Québec");
        }
        let wrong = log_in("", as_user("anna", "a wrong password")).await;
        assert_eq!(error(&wrong), is(409, "authentication_failure"));
        for (name, password) in [("bert", PASSWORD), ("nobody", PASSWORD)] {
            let answer = log_in("", as_user(name, password)).await;
            assert_eq!((error(&answer), answer.json()), (is(409, "authentication_failure"), wrong.json()), "{name}");
        }
        for _ in 0..6 {
            let answer = log_in("", as_user("anna", "a wrong password")).await;
            assert_eq!((error(&answer), answer.header("retry-after")), (is(409, "authentication_failure"), ""));
        }
        assert_eq!(log_in("", as_user("anna", PASSWORD)).await.json(), wrong.json(), "it waits, and is told alike");
        for (body, param) in [
            (json!({"merchant_username": "anna"}), "merchant_password"),
            (json!({"merchant_password": PASSWORD}), "merchant_username"),
            (json!({"merchant_username": 7, "merchant_password": PASSWORD}), "merchant_username"),
        ] {
            let answer = log_in("", body).await;
            assert_eq!(error(&answer), is(409, "wrong_inputs"));
            assert_eq!(answer.json()["field_errors"][0]["param"], param);
            assert!(!answer.text().contains(PASSWORD));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_data_are_there_in_both_languages_and_known_by_their_tag() {
    let (app, merchant, _) = open(&TestDatabase::sqlite()).await;
    let token = access(&app, &merchant, Scope::Customer).await;
    let all = path(&ENDPOINTS[1], &merchant.id);
    let ask = |method: Method, path: &str| app.request(method, path).bearer(&token).header("x-reference-id", GUID);
    let english = ask(Method::GET, &all).send().await;
    assert_eq!((english.status, english.header("cache-control")), (StatusCode::OK, "private, no-cache"));
    assert_eq!(english.json()["salutations"]["mr"], "Mr.");
    let french = ask(Method::GET, &format!("{all}?lang=fr")).send().await;
    let keys = |answer: &TestAnswer| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&french), keys(&english));
    assert_ne!(french.header("etag"), english.header("etag"));
    assert_eq!(ask(Method::POST, &all).send().await.body, english.body);

    let tag = english.header("etag");
    for known in [tag.to_owned(), format!("W/{tag}"), "*".to_owned()] {
        let answer = ask(Method::GET, &all).header("if-none-match", &known).send().await;
        assert_eq!(
            (answer.status, answer.body.len(), answer.header("etag")),
            (StatusCode::NOT_MODIFIED, 0, tag),
            "{known}"
        );
    }
    let other = ask(Method::GET, &format!("{all}?lang=fr")).header("if-none-match", tag).send().await;
    assert_eq!(other.status, StatusCode::OK);
    let asked = ask(Method::POST, &all).header("if-none-match", tag).send().await;
    assert_eq!(asked.status, StatusCode::OK);

    for key in keys(&english) {
        let group = ask(Method::GET, &format!("{all}/{key}")).send().await;
        assert_eq!(group.json(), json!({(key.clone()): english.json()[&key]}));
        let known =
            ask(Method::GET, &format!("{all}/{key}")).header("if-none-match", group.header("etag")).send().await;
        assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    }
    let unknown = ask(Method::GET, &format!("{all}/nothing?lang=fr")).send().await;
    assert_eq!(error(&unknown), is(404, "unknown_key"));
    assert!(unknown.json()["message"].as_str().unwrap().starts_with("Les données"), "{}", unknown.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terms_are_those_of_the_province_on_its_own_day() {
    let (app, merchant, _) = open(&TestDatabase::sqlite()).await;
    let token = access(&app, &merchant, Scope::Customer).await;
    let terms = format!("{POS}/client-id/{}/terms-and-conditions", merchant.id);
    let ask = async |query: &str, known: &str| {
        let request = app.request(Method::GET, &format!("{terms}{query}")).bearer(&token);
        request.header("x-reference-id", GUID).header("if-none-match", known).send().await
    };
    let english = ask("?province=ON", "").await;
    assert_eq!((english.status, english.header("cache-control")), (StatusCode::OK, "private, no-cache"));
    assert_eq!(
        (&english.json()["version"], &english.json()["effective_date"]),
        (&json!("roc-2025-01-01"), &json!("2025-01-01"))
    );
    let french = ask("?province=QC&lang=fr", "").await;
    assert_eq!(french.json()["version"], "qc-2025-01-01");
    assert!(french.json()["text"].as_str().is_some_and(|text| text.len() > 1_000));
    let known = ask("?province=ON", english.header("etag")).await;
    assert_eq!((known.status, known.body.len()), (StatusCode::NOT_MODIFIED, 0));
    for query in ["", "?province=", "?province=ZZ"] {
        let answer = ask(query, "").await;
        assert_eq!(error(&answer), is(409, "wrong_inputs"));
        assert_eq!(answer.json()["field_errors"][0]["param"], "province");
    }
    // A token lives shorter: from 2026-01-02T03:04:05Z to the last hour before the next version, in Ontario and one zone west.
    app.clock().advance(Duration::from_secs(180 * 24 * 3600 + 3600 + 26 * 60));
    let token = access(&app, &merchant, Scope::Customer).await;
    let version = async |province: &str| {
        let request = app.request(Method::GET, &format!("{terms}?province={province}")).bearer(&token);
        request.header("x-reference-id", GUID).send().await.json()["version"].clone()
    };
    assert_eq!((version("ON").await, version("MB").await), (json!("roc-2026-07-01"), json!("roc-2025-01-01")));
}

/// A made-up licence of Ontario.
const LICENCE: &str = "@\n\u{1e}\rANSI 636012080102DL00410223ZO03190008DLDAQT1234-56789-50214\nDCSTREMBLAY\nDACMARIE\nDADCLAIRE,ANNE\nDDEN\n\
    DBD20240214\nDBB19850214\nDBA20290214\nDBC2\nDAU165 cm\nDAYBRO\nDAG55 QUEEN ST W\nDAITORONTO\nDAJON\nDAKM5H 2M9  \nDCFAB1234567\n\
    DCGCAN\nDCAG\nDCBX\nDCDNONE\rZOZOAX\r";

#[tokio::test(flavor = "multi_thread")]
async fn a_licence_is_read_and_anything_else_is_told_as_what_it_is() {
    let (app, merchant, _) = open(&TestDatabase::sqlite()).await;
    let token = access(&app, &merchant, Scope::Customer).await;
    let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.path.ends_with("/driverslicense")).unwrap();
    let scan = async |body: Value| call(&app, endpoint, &merchant.id, &token).json(&body).send().await;
    let answer = scan(json!({"code": LICENCE})).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"), "{}", answer.text());
    assert_eq!(
        answer.json(),
        json!({
            "first_name": "MARIE", "middle_name": "CLAIRE ANNE", "last_name": "TREMBLAY", "dob": "1985-02-14",
            "address_1": "55 QUEEN ST W", "city": "TORONTO", "province": "ON", "postal_code": "M5H 2M9",
            "govid_type": "CADL", "govid_issuedby": "ON", "govid_number": "T1234-56789-50214", "govid_expiry": "2029-02-14",
        })
    );
    let cut = LICENCE.split_once("DAG55").unwrap().0;
    for (code, told) in [
        (json!(""), "empty"),
        (Value::Null, "empty"),
        (json!(LICENCE.replace("636012", "636014")), "not a Canadian one"),
        (json!(cut), "cut short"),
        (json!("x".repeat(1_000_000)), "longer than a bar code"),
        (json!("@\u{0}\u{1}\u{2}PNG"), "not text"),
        (json!(7), "must be a text"),
    ] {
        let answer = scan(json!({"code": code})).await;
        assert_eq!(error(&answer), is(409, "wrong_inputs"), "{told}");
        let fault = &answer.json()["field_errors"][0];
        assert_eq!((&fault["param"], &fault["value"]), (&json!("code"), &Value::Null));
        assert!(fault["msg"].as_str().unwrap().contains(told), "{told}: {fault}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_must_be_there_and_a_guid() {
    let (app, merchant, _) = open(&TestDatabase::sqlite()).await;
    let token = access(&app, &merchant, Scope::Merchant).await;
    let (login, i18n) = (&ENDPOINTS[0], &ENDPOINTS[1]);
    let without =
        |endpoint: &Endpoint| app.request(endpoint.method.clone(), &path(endpoint, &merchant.id)).bearer(&token);
    let answer = without(i18n).send().await;
    assert_eq!(error(&answer), is(409, "wrong_inputs"));
    let fault = |answer: &TestAnswer| answer.json()["field_errors"][0].clone();
    assert_eq!((&fault(&answer)["param"], &fault(&answer)["value"]), (&json!("x-reference-id"), &Value::Null));
    let long = "8".repeat(10_000);
    for wrong in ["order-4711", &long, "{8848372d-8457-4ca4-9da9-673f1cdd6684}"] {
        let answer = without(i18n).header("x-reference-id", wrong).send().await;
        assert_eq!(error(&answer), is(409, "wrong_inputs"));
        assert_eq!(fault(&answer)["value"], wrong.chars().take(64).collect::<String>());
        assert_eq!(answer.header("x-reference-id"), "");
    }
    let twice = without(i18n).header("x-reference-id", GUID).header("x-reference-id", GUID).send().await;
    assert_eq!(error(&twice), is(409, "wrong_inputs"));
    // The older table of the log-in does not have it.
    let answer = without(login).json(&json!({})).send().await;
    assert_eq!((answer.status, answer.header("x-reference-id").len()), (StatusCode::OK, 36));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_is_english_or_french() {
    let (app, merchant, _) = open(&TestDatabase::sqlite()).await;
    let token = access(&app, &merchant, Scope::Merchant).await;
    let send = async |endpoint: &Endpoint, query: &str, token: &str| {
        let path = format!("{}{query}", path(endpoint, &merchant.id));
        app.request(endpoint.method.clone(), &path).bearer(token).header("x-reference-id", GUID).send().await
    };
    let message = |answer: &TestAnswer| answer.json()["message"].as_str().unwrap().to_owned();
    for endpoint in ENDPOINTS {
        for wrong in ["?lang=de", "?lang=fr&lang=en", "?lang=FR"] {
            let answer = send(endpoint, wrong, &token).await;
            assert_eq!(error(&answer), is(409, "wrong_inputs"), "{endpoint:?} {wrong}");
            assert_eq!(answer.json()["field_errors"][0]["param"], "lang", "{endpoint:?} {wrong}");
        }
        // All faults at once.
        if !endpoint.reference_optional {
            let path = format!("{}?lang=de", path(endpoint, &merchant.id));
            let answer = app.request(endpoint.method.clone(), &path).bearer(&token).send().await;
            assert_eq!(answer.json()["field_errors"].as_array().unwrap().len(), 2, "{endpoint:?}");
        }
        let french = send(endpoint, "?lang=fr", &"0".repeat(40)).await;
        assert!(message(&french).contains("jeton d'accès est inconnu"), "{endpoint:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_version_answers_the_same_endpoints() {
    let (app, merchant, _) = open(&TestDatabase::sqlite()).await;
    let newer = |path: &str| path.replace("/v2.5/", "/v2.5.1/");
    let answer = app.request(Method::POST, &newer(testkit::app::TOKEN)).form(&merchant.with(&[])).send().await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    // The address that was called is the only difference.
    let send = async |endpoint: &Endpoint, path: &str| {
        let request = app.request(endpoint.method.clone(), path).bearer(&token).header("x-reference-id", GUID);
        let answer = request.send().await;
        let mut body = answer.json();
        let url = body.as_object_mut().unwrap().remove("url");
        assert_eq!(url.is_some(), !answer.status.is_success());
        assert!(url.is_none_or(|url| url == path), "{path}");
        (answer.status, answer.header("etag").to_owned(), body)
    };
    for endpoint in ENDPOINTS {
        let path = path(endpoint, &merchant.id);
        let (older, newer) = (send(endpoint, &path).await, send(endpoint, &newer(&path)).await);
        assert_eq!(newer, older, "{endpoint:?}");
        assert_eq!((newer.0.as_u16(), newer.2["error"].as_str()), answered(endpoint), "{endpoint:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told_in_the_same_form() {
    let (app, merchant, _) = open(&TestDatabase::sqlite()).await;
    for path in ["/nowhere", "/client-id/x", "/client-id/x/apply/1/2", "/oauth/authorize"] {
        let path = format!("{POS}{path}");
        let answer = app.request(Method::GET, &path).header("x-reference-id", GUID).send().await;
        assert_eq!(error(&answer), is(404, "not_found"), "{path}");
        assert_eq!((answer.json()["url"].as_str().unwrap(), answer.header("x-reference-id")), (path.as_str(), GUID));
    }
    let answer = app.request(Method::PUT, &path(&ENDPOINTS[1], &merchant.id)).send().await;
    assert_eq!(error(&answer), is(405, "method_not_allowed"));
    let mut allowed: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    // The other front keeps its own form.
    assert_eq!(app.request(Method::GET, "/api/v1/partner/nowhere").send().await.problem(), "not_found");
}

#[test]
fn the_document_tells_of_every_endpoint() {
    let document = serde_json::to_value(tallystick::app::document()).unwrap();
    for endpoint in ENDPOINTS {
        let operation = &document["paths"][format!("{POS}{}", endpoint.path)][endpoint.method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{endpoint:?}");
    }
}
