//! What the public documentation shows, to the letter.

use domain::Environment;
use http::StatusCode;
use serde_json::{Value, json};
use testkit::app::{TestApp, VALIDATE, body, seed_body};
use testkit::on_both_engines;

fn with_unknown_members() -> Value {
    let mut body = body("QUICK3", 1);
    body["client"]["favouriteColour"] = "blue".into();
    body["extra"] = json!({"deep": [1, 2]});
    body
}

on_both_engines! {
    async fn the_documented_example_succeeds_in_sandbox_as_it_stands(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let answer = app.create(&partner.provisioning, &seed_body()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let created = answer.json();
        assert_eq!(created["message"], "New client created");
        for number in ["clientIdentifier", "confirmaFinanceCustomerCode", "paymentReferencePrefix"] {
            assert!(created[number].is_i64(), "{created}");
        }
        let key = created["apiAccessToken"].as_str().unwrap();
        assert_eq!(uuid::Uuid::parse_str(key).unwrap().get_version_num(), 4);
        assert_eq!(
            answer.warnings(),
            [
                ("client.businessCode".into(), "business_code_check_digit".into()),
                ("client.vatRegNbr".into(), "vat_number_check_digits".into())
            ]
        );

        let valid = app.get(VALIDATE, key).await;
        assert_eq!(valid.status, StatusCode::OK);
        assert_eq!(
            valid.json(),
            json!({"isValid": true, "message": "Token is valid", "kind": "client", "environment": "sandbox", "expiresAt": null})
        );
    }

    async fn the_same_in_production_names_the_wrong_check_digits(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.server.environment = Environment::Production;
        let app = TestApp::with(&database, settings).await;
        let partner = app.partner("QUICK3").await;
        let answer = app.create(&partner.provisioning, &seed_body()).await;
        assert_eq!(
            answer.faults(),
            [
                ("client.businessCode".into(), "business_code_check_digit".into()),
                ("client.vatRegNbr".into(), "vat_number_check_digits".into())
            ]
        );
        let mended = app.create(&partner.provisioning, &body("QUICK3", 1)).await;
        assert_eq!((mended.status, mended.warnings()), (StatusCode::OK, vec![]));
    }

    async fn unknown_members_are_named_in_sandbox(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let answer = app.create(&partner.provisioning, &with_unknown_members()).await;
        assert_eq!(answer.status, StatusCode::OK);
        let mut warnings = answer.warnings();
        warnings.sort();
        assert_eq!(
            warnings,
            [("client.favouriteColour".into(), "unknown_field".into()), ("extra".into(), "unknown_field".into())]
        );
    }

    // A test of its own, because a database stays with the environment that it was first opened in.
    async fn unknown_members_are_ignored_in_production(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.server.environment = Environment::Production;
        let app = TestApp::with(&database, settings).await;
        let partner = app.partner("QUICK3").await;
        let answer = app.create(&partner.provisioning, &with_unknown_members()).await;
        assert_eq!((answer.status, answer.warnings()), (StatusCode::OK, vec![]), "{}", answer.text());
        assert!(!answer.text().contains("favouriteColour"), "{}", answer.text());
    }

    async fn names_are_kept_as_they_were_sent(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        for (number, name) in ["Tab\tand\u{1} bell\u{7}", "\u{202E}שלום Oy", "🦀 𝔊𝔬𝔱𝔥 Oy", " spaced  out ", "e\u{301}"].iter().enumerate() {
            let mut named = body("QUICK3", u32::try_from(number).unwrap());
            named["client"]["name"] = (*name).into();
            let answer = app.create(&partner.provisioning, &named).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
            let client = answer.json()["clientIdentifier"].as_i64().unwrap();
            let kept = app.test.core.show_client(client.into()).await.unwrap();
            assert_eq!(kept.name, *name);
        }
    }

    async fn a_point_of_sale_client_gets_oauth_credentials_too(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut body = body("QUICK3", 1);
        body["service"]["type"] = "POS_FINANCING".into();
        let send = || app.request(http::Method::POST, testkit::app::CLIENT).key(&partner.provisioning);
        let first = send().header("Idempotency-Key", "k").json(&body).send().await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text());
        let created = first.json();
        let (id, secret) = (created["oauthClientId"].as_str().unwrap(), created["oauthClientSecret"].as_str().unwrap());
        assert!(!id.is_empty() && id.len() <= 100 && id.is_ascii());
        assert_eq!(uuid::Uuid::parse_str(secret).unwrap().get_version_num(), 4);
        assert_ne!(secret, created["apiAccessToken"]);
        assert_eq!(app.get(VALIDATE, secret).await.status, StatusCode::UNAUTHORIZED, "it is no key");
        let again = send().header("Idempotency-Key", "k").json(&body).send().await;
        assert_eq!(first.body, again.body);
    }

    async fn the_documented_service_types_are_taken(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        for (number, kind) in ["LIFECYCLE", "INTERMEDIATION", "COOP"].into_iter().enumerate() {
            let mut body = body("QUICK3", u32::try_from(number).unwrap());
            body["service"]["type"] = kind.into();
            let answer = app.create(&partner.provisioning, &body).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        }
    }

    async fn a_client_that_is_there_is_told_with_its_number(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let first = app.create(&partner.provisioning, &body("QUICK3", 1)).await;
        let mut again = body("QUICK3", 1);
        again["client"]["name"] = "Another name".into();
        let second = app.create(&partner.provisioning, &again).await;
        assert_eq!((second.status, second.problem().as_str()), (StatusCode::CONFLICT, "client_exists"));
        assert_eq!(second.json()["clientIdentifier"], first.json()["clientIdentifier"]);
        assert_eq!(second.json().get("apiAccessToken"), None::<&Value>);
        let client = first.json()["clientIdentifier"].as_i64().unwrap();
        assert_eq!(app.test.core.show_client(client.into()).await.unwrap().name, "Test Customer Oy");
    }
}
