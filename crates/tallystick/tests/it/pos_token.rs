//! The token endpoint over HTTP: its form, its errors to the letter, and what belongs to it.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::app::{Merchant, POS, TOKEN, TestAnswer, TestApp};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

const INTROSPECT: &str = "/flexiti/pos-api/v2.5/oauth/introspect";
const REVOKE: &str = "/flexiti/pos-api/v2.5/oauth/revoke";
const METADATA: &str = "/.well-known/oauth-authorization-server/flexiti/pos-api/v2.5";

async fn open(database: &TestDatabase) -> (TestApp, Merchant) {
    let app = TestApp::open(database).await;
    let partner = app.partner("QUICK3").await;
    let merchant = app.merchant(&partner, 1).await;
    (app, merchant)
}

async fn post(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> TestAnswer {
    app.request(Method::POST, path).form(fields).send().await
}

/// The error of an answer, after a look at whether it is a whole one.
fn error(answer: &TestAnswer) -> (u16, String) {
    assert_eq!(answer.header("content-type"), "application/json", "{}", answer.text());
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["error", "error_description", "message"]);
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    (answer.status.as_u16(), body["error"].as_str().unwrap().to_owned())
}

fn refused(name: &str) -> (u16, String) {
    (400, name.to_owned())
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is missing in {value}"))
}

fn basic(id: &str, secret: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{id}:{secret}")))
}

on_both_engines! {
    async fn a_token_is_given_as_the_contract_shows_it(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        for (more, scope) in [
            (&[][..], "merchant"),
            (&[("grant_type", "client_credentials"), ("scope", "merchant")], "merchant"),
            (&[("scope", "customer"), ("grant_type", ""), ("unknown", "x")], "customer"),
        ] {
            let answer = post(&app, TOKEN, &merchant.with(more)).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
            let body = answer.json();
            let hex = |name| text(&body, name).len() == 40 && text(&body, name).bytes().all(|b| b"0123456789abcdef".contains(&b));
            assert!(hex("access_token") && hex("refresh_token"), "{body}");
            assert_eq!(
                (&body["token_type"], &body["expires_in"], &body["scope"]),
                (&json!("bearer"), &json!(1200), &json!(scope))
            );
            assert_eq!(body.as_object().unwrap().len(), 5);
            // Made, because none was sent.
            assert_eq!(answer.header("x-reference-id").len(), 36);
        }
    }

    async fn a_refresh_is_made_once_and_ends_its_family_when_it_is_used_later(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let first = app.token(&merchant, &[]).await;
        let with = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
        let second = app.token(&merchant, &with).await;
        assert_ne!(second["access_token"], first["access_token"]);
        let again = app.token(&merchant, &with).await;
        assert_eq!(again, second);
        app.clock().advance(Duration::from_secs(10));
        let answer = post(&app, TOKEN, &merchant.with(&with)).await;
        assert_eq!(error(&answer), refused("invalid_grant"));
        let next = [("grant_type", "refresh_token"), ("refresh_token", text(&second, "refresh_token"))];
        let answer = post(&app, TOKEN, &merchant.with(&next)).await;
        assert_eq!(error(&answer), refused("invalid_grant"));
    }

    async fn a_refresh_after_the_expiry_or_with_a_wider_scope_is_refused(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let narrow = app.token(&merchant, &[("scope", "customer")]).await;
        let with = [("grant_type", "refresh_token"), ("refresh_token", text(&narrow, "refresh_token")), ("scope", "merchant")];
        assert_eq!(error(&post(&app, TOKEN, &merchant.with(&with)).await), refused("invalid_scope"));
        app.clock().advance(Duration::from_secs(1200));
        let answer = post(&app, TOKEN, &merchant.with(&with[..2])).await;
        assert_eq!(error(&answer), refused("invalid_grant"));
        assert!(answer.text().contains("expired"), "{}", answer.text());
    }

    async fn each_wrong_request_is_told_what_is_wrong(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let (id, secret) = (merchant.id.as_str(), merchant.secret.as_str());
        let wrong = "77fde15a-9d33-4e15-930a-76e4b3ae33e9";
        for (fields, expected) in [
            (vec![("client_id", id), ("client_secret", wrong)], "invalid_client"),
            (vec![("client_id", id), ("client_secret", "")], "invalid_client"),
            (vec![("client_id", id)], "invalid_client"),
            (vec![("client_secret", secret)], "invalid_client"),
            (vec![("client_id", "nobody"), ("client_secret", secret)], "invalid_client"),
            (vec![], "invalid_client"),
            (merchant.with(&[("grant_type", "authorization_code")]), "unsupported_grant_type"),
            (merchant.with(&[("grant_type", "password"), ("username", "a"), ("password", "b")]), "unsupported_grant_type"),
            (merchant.with(&[("grant_type", "password"), ("username", "a")]), "invalid_request"),
            (merchant.with(&[("scope", "admin")]), "invalid_scope"),
            (merchant.with(&[("scope", "merchant customer")]), "invalid_scope"),
            (merchant.with(&[("grant_type", "refresh_token")]), "invalid_request"),
            (merchant.with(&[("grant_type", "refresh_token"), ("refresh_token", "nothing")]), "invalid_grant"),
            (merchant.with(&[("grant_type", "refresh_token"), ("refresh_token", &"0".repeat(40))]), "invalid_grant"),
            (merchant.with(&[("scope", "merchant"), ("scope", "merchant")]), "invalid_request"),
            (merchant.with(&[("client_id", id)]), "invalid_request"),
            (merchant.with(&[("x", &"x".repeat(20_000))]), "invalid_request"),
        ] {
            let answer = post(&app, TOKEN, &fields).await;
            assert_eq!(error(&answer), refused(expected), "{fields:?}: {}", answer.text());
            assert!(!answer.text().contains(secret));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_a_form_and_nothing_else() {
    let (app, merchant) = open(&TestDatabase::sqlite()).await;
    let pair = json!({"client_id": merchant.id, "client_secret": merchant.secret});
    let answer = app.request(Method::POST, TOKEN).json(&pair).send().await;
    assert_eq!(error(&answer), refused("invalid_request"));
    assert!(answer.text().contains("not as JSON"), "{}", answer.text());

    let query = format!("{TOKEN}?client_id={}&client_secret={}", merchant.id, merchant.secret);
    for request in [app.request(Method::POST, &query), app.request(Method::POST, &query).form(&[])] {
        let answer = request.send().await;
        assert_eq!(error(&answer), refused("invalid_request"));
        assert!(
            answer.text().contains("query string") && !answer.text().contains(&merchant.secret),
            "{}",
            answer.text()
        );
    }
    let answer = post(&app, &format!("{TOKEN}?scope=merchant"), &merchant.with(&[])).await;
    assert_eq!(error(&answer), refused("invalid_request"));

    let answer = app.request(Method::POST, TOKEN).bytes("client_id=a").send().await;
    assert_eq!(error(&answer), refused("invalid_request"));
    let answer = app.request(Method::POST, TOKEN).form(&[]).bytes("client_id=%zz").send().await;
    assert_eq!(error(&answer), refused("invalid_request"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_proves_itself_by_basic_or_in_the_form_and_never_both() {
    let (app, merchant) = open(&TestDatabase::sqlite()).await;
    let (id, secret) = (merchant.id.as_str(), merchant.secret.as_str());
    let encoded = |text: &str| text.replace('-', "%2D");
    for header in
        [basic(id, secret), basic(&encoded(id), &encoded(secret)), basic(id, secret).replace("Basic", "basic")]
    {
        for form in [&[][..], &[("grant_type", "client_credentials")], &[("client_id", id)]] {
            let answer = app.request(Method::POST, TOKEN).header("Authorization", &header).form(form).send().await;
            assert_eq!(answer.status, StatusCode::OK, "{header} {form:?}: {}", answer.text());
        }
    }
    for (header, form, expected) in [
        (basic(id, secret), vec![("client_secret", secret)], "invalid_request"),
        (basic(id, secret), merchant.with(&[]), "invalid_request"),
        (basic(id, secret), vec![("client_id", "another")], "invalid_request"),
        (basic(id, "wrong"), vec![], "invalid_client"),
        (basic("Zoë:%&=+", "ö\"\\\u{0}"), vec![], "invalid_client"),
        (basic("", ""), vec![], "invalid_client"),
        ("Basic ???".to_owned(), vec![], "invalid_client"),
        (format!("Bearer {secret}"), merchant.with(&[]), "invalid_client"),
    ] {
        let answer = app.request(Method::POST, TOKEN).header("Authorization", &header).form(&form).send().await;
        assert_eq!(error(&answer), refused(expected), "{header} {form:?}");
        if expected == "invalid_client" {
            assert_eq!(answer.header("www-authenticate"), "Basic realm=\"point-of-sale\"", "{header}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_follow_the_language_and_descriptions_stay_ascii() {
    let (app, _) = open(&TestDatabase::sqlite()).await;
    let answer = post(&app, &format!("{TOKEN}?lang=fr"), &[]).await;
    assert_eq!(error(&answer), refused("invalid_client"));
    let body = answer.json();
    assert!(text(&body, "message").starts_with("Envoyez"), "{body}");
    assert!(text(&body, "error_description").starts_with("Send"), "{body}");
    let answer = post(&app, &format!("{TOKEN}?lang=de"), &[]).await;
    assert_eq!(error(&answer), (409, "wrong_inputs".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_returned_and_must_be_right_when_it_is_sent() {
    let (app, merchant) = open(&TestDatabase::sqlite()).await;
    let guid = "8848372d-8457-4ca4-9da9-673f1cdd6684";
    let with = |value: &str| app.request(Method::POST, TOKEN).header("x-reference-id", value).form(&merchant.with(&[]));
    let answer = with(guid).send().await;
    assert_eq!((answer.status, answer.header("x-reference-id")), (StatusCode::OK, guid));
    let answer = with("order-1").send().await;
    assert_eq!(error(&answer), (409, "wrong_inputs".to_owned()));
    assert!(text(&answer.json(), "error_description").starts_with("x-reference-id must be one GUID"));
    let french = app.request(Method::POST, &format!("{TOKEN}?lang=fr")).header("x-reference-id", "order-1");
    let answer = french.form(&merchant.with(&[])).send().await;
    assert_eq!(error(&answer), (409, "wrong_inputs".to_owned()));
    let body = answer.json();
    assert!(text(&body, "error_description").starts_with("x-reference-id must be"), "{body}");
    assert!(text(&body, "message").starts_with("x-reference-id doit être"), "{body}");
    // All faults at once.
    let both = app.request(Method::POST, &format!("{TOKEN}?lang=de")).header("x-reference-id", "order-1");
    let answer = both.form(&merchant.with(&[])).send().await;
    let described = text(&answer.json(), "error_description").to_owned();
    assert!(described.contains("x-reference-id must") && described.contains("lang must be en or fr"), "{described}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_guesses_is_slowed_down() {
    let mut settings = TestApp::settings();
    settings.limits.failure_rate_limit = "1/3".parse().unwrap();
    let app = TestApp::with(&TestDatabase::sqlite(), settings).await;
    let partner = app.partner("QUICK3").await;
    let merchant = app.merchant(&partner, 1).await;
    let guess = async || post(&app, TOKEN, &[("client_id", &merchant.id), ("client_secret", "wrong")]).await;
    let (used, unused) = (app.token(&merchant, &[]).await, app.token(&merchant, &[]).await);
    let forms = format!("{POS}/client-id/{}/i18n", merchant.id);
    let ask = async |pair: &Value| {
        let request = app.request(Method::GET, &forms).bearer(text(pair, "access_token"));
        request.header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6684").send().await.status
    };
    assert_eq!(ask(&used).await, StatusCode::OK);
    for _ in 0..3 {
        assert_eq!(error(&guess().await), refused("invalid_client"));
    }
    let answer = guess().await;
    assert_eq!(error(&answer), (429, "temporarily_unavailable".to_owned()));
    assert!(!answer.header("retry-after").is_empty());
    // A token that was found before is let in, another is not looked up.
    assert_eq!((ask(&used).await, ask(&unused).await), (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS));
    // Whoever is right is let in from elsewhere.
    let answer = app.request(Method::POST, TOKEN).form(&merchant.with(&[])).from([192, 0, 2, 9]).send().await;
    assert_eq!(answer.status, StatusCode::OK);
}

on_both_engines! {
    async fn a_token_is_asked_about_and_revoked(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let pair = app.token(&merchant, &[("scope", "customer")]).await;
        let access = text(&pair, "access_token");
        let told = post(&app, INTROSPECT, &merchant.with(&[("token", access), ("token_type_hint", "access_token")])).await;
        assert_eq!(told.header("cache-control"), "no-store");
        let told = told.json();
        let now = told["iat"].as_i64().unwrap();
        assert_eq!(
            told,
            json!({"active": true, "scope": "customer", "client_id": merchant.id, "token_type": "bearer", "exp": now + 1200, "iat": now})
        );
        let refresh = text(&pair, "refresh_token");
        let of_refresh = post(&app, INTROSPECT, &merchant.with(&[("token", refresh)])).await.json();
        assert_eq!((&of_refresh["active"], of_refresh.get("token_type")), (&json!(true), None));
        for _ in 0..2 {
            let answer = post(&app, REVOKE, &merchant.with(&[("token", refresh)])).await;
            assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, ""));
        }
        for token in [access, refresh, "nothing"] {
            let told = post(&app, INTROSPECT, &merchant.with(&[("token", token)])).await;
            assert_eq!(told.json(), json!({"active": false}));
        }
        for path in [INTROSPECT, REVOKE] {
            assert_eq!(error(&post(&app, path, &merchant.with(&[])).await), refused("invalid_request"));
            assert_eq!(error(&post(&app, path, &[("token", access)]).await), refused("invalid_client"));
        }
    }
}

on_both_engines! {
    async fn a_till_whose_answer_was_lost_logs_out_by_the_refresh_token_that_it_has(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let first = app.token(&merchant, &[]).await;
        let used = text(&first, "refresh_token");
        let second = app.token(&merchant, &[("grant_type", "refresh_token"), ("refresh_token", used)]).await;
        assert_eq!(post(&app, REVOKE, &merchant.with(&[("token", used)])).await.status, StatusCode::OK);
        for token in [&first, &second].into_iter().flat_map(|pair| [text(pair, "access_token"), text(pair, "refresh_token")]) {
            let told = post(&app, INTROSPECT, &merchant.with(&[("token", token)])).await;
            assert_eq!(told.json(), json!({"active": false}));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_lead_to_the_endpoints() {
    let (app, merchant) = open(&TestDatabase::sqlite()).await;
    for version in [POS, "/flexiti/pos-api/v2.5.1"] {
        let path = METADATA.replace(POS, version);
        let answer = app.request(Method::GET, &path).header("Host", "pos.example:8080").send().await;
        let told = answer.json();
        let issuer = format!("http://pos.example:8080{version}");
        assert_eq!(text(&told, "issuer"), issuer);
        for (name, path) in
            [("token_endpoint", "token"), ("introspection_endpoint", "introspect"), ("revocation_endpoint", "revoke")]
        {
            assert_eq!(text(&told, name), format!("{issuer}/oauth/{path}"));
        }
        let there = text(&told, "token_endpoint").trim_start_matches("http://pos.example:8080").to_owned();
        assert_eq!(post(&app, &there, &merchant.with(&[])).await.status, StatusCode::OK);
    }
    for host in [&b"a/b"[..], b"a b", b""] {
        assert_eq!(app.request(Method::GET, METADATA).header("Host", host).send().await.status, StatusCode::NOT_FOUND);
    }
    let mut settings = TestApp::settings();
    settings.onboarding.public_url = Some("https://pos.example.com/base".parse().unwrap());
    settings.point_of_sale.pos_prefix = "/pos/v2.5".parse().unwrap();
    let app = TestApp::with(&TestDatabase::sqlite(), settings).await;
    let told = app.request(Method::GET, "/.well-known/oauth-authorization-server/pos/v2.5").send().await.json();
    assert_eq!(text(&told, "token_endpoint"), "https://pos.example.com/base/pos/v2.5/oauth/token");
    assert_eq!(
        app.request(Method::POST, "/pos/v2.5/oauth/token").form(&[]).send().await.status,
        StatusCode::BAD_REQUEST
    );
    let document = app.request(Method::GET, "/openapi.json").send().await.json();
    assert!(document["paths"]["/pos/v2.5/oauth/token"]["post"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_is_refused_in_the_same_form() {
    let (app, _) = open(&TestDatabase::sqlite()).await;
    let answer = app.request(Method::GET, TOKEN).send().await;
    assert_eq!(error(&answer), (405, "invalid_request".to_owned()));
    assert_eq!(answer.header("allow"), "POST");
}
