//! Manual onboarding over HTTP: the two routes, the public form, and the page behind a one-time link.

use domain::client::ClientDraft;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tallystick::config::Settings;
use testkit::app::{DEPLOYMENTS, PartnerKeys, TestAnswer, TestApp};
use testkit::core::operator;
use testkit::on_both_engines;
use uuid::Uuid;

const FORM: &str = "/onboarding/request";
const RECEIVED: &str = "/onboarding/request/received";

fn settings() -> Settings {
    let mut settings = TestApp::settings();
    settings.onboarding.public_url = Some("https://partner.example".parse().unwrap());
    settings
}

fn request() -> Value {
    json!({
        "service": {"type": "LIFECYCLE"},
        "client": {"name": "Test Customer Oy", "businessCode": "123456-7", "countryCode": "FI"},
        "contacts": {"primary": {"name": "Matti", "email": "matti@test.example"}},
        "accountingSystem": "Procountor",
        "responsible": {"name": "Liisa", "email": "liisa@quick.example"}
    })
}

async fn ask(app: &TestApp, partner: &PartnerKeys, body: &Value) -> TestAnswer {
    app.request(Method::POST, DEPLOYMENTS).key(&partner.provisioning).json(body).send().await
}

/// Approves a request and gives the path of its link.
async fn approve(app: &TestApp, answer: &TestAnswer) -> String {
    let id: Uuid = answer.json()["deploymentRequestId"].as_str().unwrap().parse().unwrap();
    let some = |text: &str| Some(text.to_owned());
    let further = ClientDraft {
        postal_address: some("Testikuja 7"),
        postal_code: some("12345"),
        postal_district: some("HELSINKI"),
        email: some("info@test.example"),
        language_code: some("FI"),
        currency_code: some("EUR"),
        ..ClientDraft::default()
    };
    let approved = app.test.core.approve_deployment(id, &further, None, &operator()).await.unwrap();
    approved.link.unwrap().strip_prefix("https://partner.example").unwrap().to_owned()
}

/// What every page says in its headers.
fn check_page(answer: &TestAnswer) {
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert_eq!(answer.header("x-robots-tag"), "noindex, nofollow");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let text = answer.text();
    assert!(text.starts_with("<!doctype html>") && text.contains("<html lang=\"en\">"), "{text}");
    assert!(!text.contains("<script"), "{text}");
}

fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(
                |byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") },
            )
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

const FILLED: &[(&str, &str)] = &[
    ("client.name", "Test <Customer> Oy"),
    ("client.businessCode", "123456-7"),
    ("client.countryCode", "fi"),
    ("service.type", "LIFECYCLE"),
    ("responsible.name", "Liisa"),
    ("responsible.email", "liisa@quick.example"),
    ("contacts.primary.name", "Matti"),
    ("contacts.primary.email", "matti@test.example"),
    ("x-leave-empty", ""),
];

async fn fill(app: &TestApp, fields: &[(&str, &str)]) -> TestAnswer {
    let request = app.request(Method::POST, FORM).header("Content-Type", "application/x-www-form-urlencoded");
    request.bytes(form(fields)).send().await
}

on_both_engines! {
    async fn a_request_is_received_and_shown_to_its_partner_only(database: TestDatabase) {
        let app = TestApp::with(&database, settings()).await;
        let (partner, other) = (app.partner("QUICK3").await, app.partner("SLOW4").await);
        let mut body = request();
        body["further"] = json!(1);
        let answer = ask(&app, &partner, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        let received = answer.json();
        assert_eq!((&received["state"], &received["clientIdentifier"]), (&json!("RECEIVED"), &Value::Null));
        assert!(received["message"].as_str().unwrap().contains("No mail is set up"), "{received}");
        assert_eq!(
            answer.warnings(),
            [("client.businessCode".into(), "business_code_check_digit".into()), ("further".into(), "unknown_field".into())]
        );
        let path = format!("{DEPLOYMENTS}/{}", received["deploymentRequestId"].as_str().unwrap());
        let shown = app.get(&path, &partner.provisioning).await;
        assert_eq!((shown.status, &shown.json()["responsible"]["name"]), (StatusCode::OK, &json!("Liisa")));

        let mut bodies = Vec::new();
        for (path, key) in [
            (path.clone(), &other.provisioning),
            (format!("{DEPLOYMENTS}/{}", Uuid::nil()), &partner.provisioning),
            (format!("{DEPLOYMENTS}/7"), &partner.provisioning),
            (format!("{DEPLOYMENTS}/%FF"), &partner.provisioning),
        ] {
            let none = app.request(Method::GET, &path).key(key).header("X-Request-Id", "same").send().await;
            assert_eq!((none.status, none.problem().as_str()), (StatusCode::NOT_FOUND, "not_found"));
            bodies.push(none.body);
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]));

        drop(approve(&app, &answer).await);
        let approved = app.get(&path, &partner.provisioning).await.json();
        assert_eq!((&approved["state"], &approved["clientIdentifier"]), (&json!("APPROVED"), &json!(100_001)));
        assert!(!approved["decidedAt"].is_null());
    }

    async fn all_faults_of_a_request_are_told_at_once(database: TestDatabase) {
        let app = TestApp::with(&database, settings()).await;
        let partner = app.partner("QUICK3").await;
        let body = json!({
            "service": {"type": 7, "partnerCode": "QUICK3"},
            "client": {"businessCode": "123456-7", "countryCode": "FI", "email": "nobody", "ibanAccount": "FI2112345600000786"},
            "contacts": {"primary": {"name": "Matti"}},
            "accountingSystem": ["x"],
            "responsible": {"name": "", "email": "a@b@c"}
        });
        let expected = [
            ("service.type", "wrong_type"),
            ("accountingSystem", "wrong_type"),
            ("client.name", "required"),
            ("client.email", "email_format"),
            ("client.ibanAccount", "iban_check_digits"),
            ("contacts.primary", "contact_channel_required"),
            ("responsible.name", "required"),
            ("responsible.email", "email_format"),
        ];
        let faults = ask(&app, &partner, &body).await.faults();
        assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
        let mut foreign = request();
        foreign["service"]["partnerCode"] = "SLOW4".into();
        assert_eq!(ask(&app, &partner, &foreign).await.problem(), "partner_mismatch");
        assert!(app.test.core.list_deployments(None, None, 10).await.unwrap().is_empty());
    }

    async fn a_repeat_is_answered_as_the_first(database: TestDatabase) {
        let app = TestApp::with(&database, settings()).await;
        let partner = app.partner("QUICK3").await;
        let send = async |body: &Value| {
            let request = app.request(Method::POST, DEPLOYMENTS).key(&partner.provisioning);
            request.header("Idempotency-Key", "one").json(body).send().await
        };
        let first = send(&request()).await;
        let again = send(&request()).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!((again.status, again.json()), (first.status, first.json()));
        // A key that was used is told as such, whatever is wrong with the body.
        assert_eq!(send(&json!({"client": 7})).await.problem(), "idempotency_key_reused");
        assert_eq!(app.test.core.list_deployments(None, None, 10).await.unwrap().len(), 1);
    }

    async fn a_link_asks_for_a_click_and_shows_the_credentials_once(database: TestDatabase) {
        let app = TestApp::with(&database, settings()).await;
        let partner = app.partner("QUICK3").await;
        let mut body = request();
        body["service"]["type"] = "POS_FINANCING".into();
        let path = approve(&app, &ask(&app, &partner, &body).await).await;
        for _ in 0..3 {
            // A program that looks through mail.
            let asked = app.request(Method::GET, &path).send().await;
            check_page(&asked);
            assert_eq!(asked.status, StatusCode::OK);
            let text = asked.text();
            assert!(text.contains("<form method=\"post\">") && text.contains("<button"), "{text}");
            assert!(!text.contains("apiAccessToken"), "{text}");
        }
        let shown = app.request(Method::POST, &path).from([192, 0, 2, 7]).header("X-Request-Id", "the-request").send().await;
        check_page(&shown);
        assert_eq!(shown.status, StatusCode::OK);
        let text = shown.text();
        for name in ["clientIdentifier", "confirmaFinanceCustomerCode", "paymentReferencePrefix", "apiAccessToken", "oauthClientId", "oauthClientSecret"] {
            assert!(text.contains(&format!("<dt>{name}</dt>")), "{name} is not in {text}");
        }
        let (_, key) = text.split_once("<dt>apiAccessToken</dt><dd><code>").unwrap();
        let valid = app.get(testkit::app::VALIDATE, &key[..36]).await;
        assert_eq!((valid.status, &valid.json()["kind"]), (StatusCode::OK, &json!("client")));
        assert!(text.contains("100001"));

        let record = app.test.core.audit_records(Some("QUICK3"), None, 1).await.unwrap().remove(0);
        assert_eq!((record.action.as_str(), record.outcome.as_str()), ("credentials_link.open", "done"));
        assert_eq!((record.source.as_str(), record.request_id.as_str()), ("192.0.2.7", "the-request"));
        assert_eq!((record.actor.as_str(), record.subject.as_str()), ("visitor:credentials_link", "client:100001"));
        let said = format!("{record:?}");
        assert!(!said.contains(&key[..36]) && !said.contains(path.rsplit('/').next().unwrap()), "{said}");

        for method in [Method::GET, Method::POST] {
            let gone = app.request(method, &path).send().await;
            check_page(&gone);
            assert_eq!(gone.status, StatusCode::GONE);
            assert!(gone.text().contains("This link was used") && !gone.text().contains(&key[..36]), "{}", gone.text());
        }
        assert_eq!(app.request(Method::DELETE, &path).send().await.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn a_late_link_is_told_from_one_that_never_was(database: TestDatabase) {
        let app = TestApp::with(&database, settings()).await;
        let partner = app.partner("QUICK3").await;
        let path = approve(&app, &ask(&app, &partner, &request()).await).await;
        app.clock().advance(std::time::Duration::from_secs(7 * 24 * 3600));
        let late = app.request(Method::POST, &path).send().await;
        check_page(&late);
        assert_eq!(late.status, StatusCode::GONE);
        assert!(late.text().contains("expired") && late.text().contains("new link"), "{}", late.text());
        let mut bodies = Vec::new();
        for guess in ["x", "%00", &"0".repeat(64), &"f".repeat(64), &"A".repeat(64), "%F0%9F%A6%80", "%FF"] {
            for method in [Method::GET, Method::POST] {
                let none = app.request(method, &format!("/onboarding/credentials/{guess}")).send().await;
                check_page(&none);
                assert_eq!(none.status, StatusCode::NOT_FOUND, "{guess}");
                bodies.push(none.body);
            }
        }
        assert!(bodies.iter().all(|body| *body == bodies[0]), "malformed, guessed and unknown look the same");
    }

    async fn whoever_guesses_is_stopped_also_with_the_right_link(database: TestDatabase) {
        let mut limited = settings();
        limited.limits.failure_rate_limit = "1/3".parse().unwrap();
        let app = TestApp::with(&database, limited).await;
        let partner = app.partner("QUICK3").await;
        let path = approve(&app, &ask(&app, &partner, &request()).await).await;
        for _ in 0..3 {
            let guess = app.request(Method::GET, "/onboarding/credentials/x").from([192, 0, 2, 7]).send().await;
            assert_eq!(guess.status, StatusCode::NOT_FOUND);
        }
        let stopped = app.request(Method::POST, &path).from([192, 0, 2, 7]).send().await;
        check_page(&stopped);
        assert_eq!(stopped.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(!stopped.header("retry-after").is_empty());
        // Wrong keys and wrong links are counted together. This key has not been seen before.
        let validated = app.request(Method::GET, testkit::app::VALIDATE).key(&partner.partner).from([192, 0, 2, 7]).send().await;
        assert_eq!(validated.problem(), "rate_limited");
        assert_eq!(app.request(Method::POST, &path).from([192, 0, 2, 8]).send().await.status, StatusCode::OK);
    }

    async fn the_form_is_there_only_where_it_was_turned_on(database: TestDatabase) {
        let app = TestApp::with(&database, settings()).await;
        for path in [FORM, RECEIVED] {
            assert_eq!(app.request(Method::GET, path).send().await.status, StatusCode::NOT_FOUND);
        }
        assert_eq!(fill(&app, FILLED).await.status, StatusCode::NOT_FOUND);
    }

    async fn the_form_keeps_what_is_right_and_says_what_is_wrong(database: TestDatabase) {
        let mut open = settings();
        open.onboarding.deployment_form = "on".parse().unwrap();
        let app = TestApp::with(&database, open).await;
        let empty = app.request(Method::GET, FORM).send().await;
        check_page(&empty);
        let text = empty.text();
        for (name, _) in FILLED {
            assert!(text.contains(&format!("<label for=\"{name}\">")), "{name} has no label");
            assert!(text.contains(&format!("id=\"{name}\" name=\"{name}\"")), "{name}");
        }
        let style = app.request(Method::GET, "/onboarding/style.css").send().await;
        assert_eq!((style.status, style.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));

        let mut wrong = FILLED.to_vec();
        wrong[1].1 = "";
        wrong[5].1 = "no\"body";
        let refused = fill(&app, &wrong).await;
        check_page(&refused);
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let text = refused.text();
        for part in [
            "role=\"alert\"",
            "<a href=\"#client.businessCode\">Business, business code</a>: A client needs a business code",
            "id=\"client.businessCode-error\"",
            "id=\"responsible.email-error\"",
            "value=\"no&quot;body\"",
            "value=\"Test &lt;Customer&gt; Oy\"",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(app.test.core.list_deployments(None, None, 10).await.unwrap().is_empty());

        let sent = fill(&app, FILLED).await;
        assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, RECEIVED), "{}", sent.text());
        check_page(&app.request(Method::GET, RECEIVED).send().await);
        let kept = app.test.core.list_deployments(None, None, 10).await.unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].partner_code.as_deref(), kept[0].client.country_code.as_deref()), (None, Some("FI")));
        assert_eq!(kept[0].client.name.as_deref(), Some("Test <Customer> Oy"));
        let record = app.test.core.audit_records(None, None, 1).await.unwrap().remove(0);
        assert_eq!((record.actor.as_str(), record.action.as_str()), ("visitor:deployment_form", "deployment.request"));

        let mut trapped = FILLED.to_vec();
        trapped[8].1 = "https://spam.example";
        assert_eq!(fill(&app, &trapped).await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.test.core.list_deployments(None, None, 10).await.unwrap().len(), 1, "a program filled it in");

        let long = "x".repeat(65 * 1024);
        let large = fill(&app, &[("client.name", &long)]).await;
        assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
        check_page(&large);
        let json = app.request(Method::POST, FORM).json(&json!({})).send().await;
        assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }

    async fn one_address_sends_few_forms(database: TestDatabase) {
        let mut open = settings();
        open.onboarding.deployment_form = "on".parse().unwrap();
        open.limits.failure_rate_limit = "1/30".parse().unwrap();
        let app = TestApp::with(&database, open).await;
        for _ in 0..5 {
            assert_eq!(fill(&app, FILLED).await.status, StatusCode::SEE_OTHER);
        }
        let refused = fill(&app, FILLED).await;
        check_page(&refused);
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        let elsewhere = app.request(Method::POST, FORM).from([192, 0, 2, 9]);
        let elsewhere = elsewhere.header("Content-Type", "application/x-www-form-urlencoded").bytes(form(FILLED)).send().await;
        assert_eq!(elsewhere.status, StatusCode::SEE_OTHER);
    }
}
