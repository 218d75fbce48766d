//! The credentials of a creditor over HTTP.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::app::{CREDITORS, PartnerKeys, TestAnswer, TestApp, VALIDATE, body, creditor_path};
use testkit::core::operator;
use testkit::on_both_engines;

async fn show(app: &TestApp, partner: &PartnerKeys, creditor: i64) -> TestAnswer {
    app.get(&creditor_path(creditor, "/credentials"), &partner.partner).await
}

async fn rotate(app: &TestApp, partner: &PartnerKeys, creditor: i64, name: Option<&str>) -> TestAnswer {
    let request = app.request(Method::POST, &creditor_path(creditor, "/credentials/rotate")).key(&partner.partner);
    match name {
        Some(name) => request.header("Idempotency-Key", name).send().await,
        None => request.send().await,
    }
}

async fn revoke(app: &TestApp, partner: &PartnerKeys, creditor: i64) -> TestAnswer {
    app.request(Method::DELETE, &creditor_path(creditor, "/credentials")).key(&partner.partner).send().await
}

fn key(answer: &TestAnswer) -> String {
    answer.json()["apiAccessToken"].as_str().unwrap().to_owned()
}

async fn works(app: &TestApp, key: &str) -> bool {
    app.get(VALIDATE, key).await.status == StatusCode::OK
}

on_both_engines! {
    async fn a_lost_key_is_shown_again_and_each_time_recorded(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let created = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&body("QUICK3", 1)).send().await;
        let creditor = created.json()["clientIdentifier"].as_i64().unwrap();
        for count in 1..=2 {
            let shown = show(&app, &partner, creditor).await;
            assert_eq!((shown.status, shown.header("cache-control")), (StatusCode::OK, "no-store"));
            assert_eq!(key(&shown), key(&created));
            let shown = shown.json();
            assert_eq!((&shown["state"], &shown["issuedAt"]), (&json!("ACTIVE"), &json!("2026-01-02T03:04:05.000Z")));
            assert_eq!((&shown["expiresAt"], &shown["revokedAt"]), (&Value::Null, &Value::Null));
            assert!(shown.get("oauthClientId").is_none());
            let records = app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
            let told: Vec<_> = records.iter().filter(|record| record.action == "credentials.show").collect();
            assert_eq!(told.len(), count);
            assert_eq!(told[0].subject, format!("client:{creditor}"));
            assert!(told[0].detail.contains(shown["keyId"].as_str().unwrap()));
            assert!(!format!("{records:?}").contains(&key(&created)), "a record holds the key");
        }
    }

    async fn a_rotation_overlaps_and_can_be_repeated(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let old = key(&show(&app, &partner, creditor).await);
        let first = rotate(&app, &partner, creditor, Some("k-1")).await;
        assert_eq!((first.status, first.header("cache-control")), (StatusCode::OK, "no-store"), "{}", first.text());
        let again = rotate(&app, &partner, creditor, Some("k-1")).await;
        assert_eq!((&first.body, again.header("idempotent-replayed")), (&again.body, "true"));
        let new = key(&first);
        assert_ne!(old, new);
        assert_eq!(first.json()["formerKeyWorksUntil"], "2026-01-02T03:19:05.000Z");
        assert!(works(&app, &old).await && works(&app, &new).await);
        assert_eq!(key(&show(&app, &partner, creditor).await), new);
        let elsewhere = app.creditor(&partner, 2).await;
        let reused = rotate(&app, &partner, elsewhere, Some("k-1")).await;
        assert_eq!((reused.status.as_u16(), reused.problem().as_str()), (422, "idempotency_key_reused"));
        // The old key renews to the same successor, as after a renewal of its own.
        let renewed = app.get("/api/v1/partner/renew", &old).await;
        assert_eq!(key(&renewed), new);
        app.clock().advance(Duration::from_secs(15 * 60));
        assert!(!works(&app, &old).await && works(&app, &new).await);
    }

    async fn rotations_at_once_leave_one_key_at_the_end(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let answers = futures_util::future::join_all((0..8).map(|_| rotate(&app, &partner, creditor, None))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
        let last = key(&show(&app, &partner, creditor).await);
        assert!(answers.iter().any(|answer| key(answer) == last));
        app.clock().advance(Duration::from_secs(15 * 60));
        for answer in &answers {
            assert_eq!(works(&app, &key(answer)).await, key(answer) == last);
        }
        let named = futures_util::future::join_all((0..8).map(|_| rotate(&app, &partner, creditor, Some("one")))).await;
        let mut made: Vec<_> = named.iter().filter(|answer| answer.status == StatusCode::OK).map(|answer| answer.body.clone()).collect();
        made.dedup();
        assert_eq!(made.len(), 1);
    }

    async fn revoking_stops_every_key_at_once_and_a_rotation_heals(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let old = key(&show(&app, &partner, creditor).await);
        let new = key(&rotate(&app, &partner, creditor, None).await);
        assert!(works(&app, &old).await && works(&app, &new).await);
        let revoked = revoke(&app, &partner, creditor).await;
        assert_eq!(revoked.status, StatusCode::OK);
        assert_eq!(revoked.json(), json!({"message": "Credentials revoked", "clientIdentifier": creditor, "state": "REVOKED", "revokedKeys": 2}));
        assert!(!works(&app, &old).await && !works(&app, &new).await, "the one in its overlap as well");
        let shown = show(&app, &partner, creditor).await.json();
        assert_eq!((&shown["apiAccessToken"], &shown["state"]), (&Value::Null, &json!("REVOKED")));
        assert_eq!(shown["revokedAt"], "2026-01-02T03:04:05.000Z");
        let creditor_now = app.get(&creditor_path(creditor, ""), &partner.partner).await;
        assert_eq!((&creditor_now.json()["status"], creditor_now.header("etag")), (&json!("REVOKED"), "\"v2\""));
        assert_eq!(revoke(&app, &partner, creditor).await.json()["revokedKeys"], 0);

        let healed = rotate(&app, &partner, creditor, None).await;
        assert_eq!((healed.status, &healed.json()["formerKeyWorksUntil"]), (StatusCode::OK, &Value::Null));
        assert!(works(&app, &key(&healed)).await && !works(&app, &new).await);
        let creditor_now = app.get(&creditor_path(creditor, ""), &partner.partner).await;
        assert_eq!((&creditor_now.json()["status"], creditor_now.header("etag")), (&json!("ACTIVE"), "\"v3\""));
        assert_eq!(key(&show(&app, &partner, creditor).await), key(&healed));
    }

    async fn the_operators_revocation_shows(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        rotate(&app, &partner, creditor, None).await;
        let id = show(&app, &partner, creditor).await.json()["keyId"].as_str().unwrap().parse::<uuid::Uuid>().unwrap();
        app.test.core.revoke_key(id.into(), &operator()).await.unwrap();
        assert_eq!(show(&app, &partner, creditor).await.json()["state"], "REVOKED");
        let shown = app.get(&creditor_path(creditor, ""), &partner.partner).await.json();
        assert_eq!(shown["status"], "REVOKED");
        let history = app.get(&creditor_path(creditor, "/history"), &partner.partner).await.json();
        assert_eq!(history["changes"][0]["changedBy"], json!({"kind": "operator", "keyId": null}));
    }

    async fn an_expired_key_is_told_and_rotated(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.keys.client_key_lifetime = "90d".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        app.clock().advance(Duration::from_secs(91 * 24 * 3600));
        let shown = show(&app, &partner, creditor).await.json();
        assert_eq!((&shown["state"], shown["apiAccessToken"].is_string()), (&json!("EXPIRED"), true));
        assert_eq!(shown["expiresAt"], "2026-04-02T03:04:05.000Z");
        let rotated = rotate(&app, &partner, creditor, None).await;
        assert_eq!(rotated.json()["formerKeyWorksUntil"], Value::Null, "it did not work any more");
        assert!(works(&app, &key(&rotated)).await);
    }

    async fn a_point_of_sale_client_has_its_oauth_client_as_well(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut body = body("QUICK3", 1);
        body["service"]["type"] = "POS_FINANCING".into();
        let created = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&body).send().await.json();
        let creditor = created["clientIdentifier"].as_i64().unwrap();
        let oauth = |answer: &Value| (answer["oauthClientId"].clone(), answer["oauthClientSecret"].clone());
        assert!(created["oauthClientSecret"].is_string());
        assert_eq!(oauth(&show(&app, &partner, creditor).await.json()), oauth(&created));
        let rotated = rotate(&app, &partner, creditor, None).await.json();
        assert_eq!(oauth(&rotated), (Value::Null, Value::Null), "its secret stays");
        revoke(&app, &partner, creditor).await;
        assert_eq!(oauth(&show(&app, &partner, creditor).await.json()), (Value::Null, Value::Null));
        let healed = rotate(&app, &partner, creditor, None).await.json();
        assert_eq!(healed["oauthClientId"], created["oauthClientId"]);
        assert_ne!(healed["oauthClientSecret"], created["oauthClientSecret"]);
        assert_eq!(oauth(&show(&app, &partner, creditor).await.json()), oauth(&healed));
    }

    async fn credentials_are_shown_so_often_and_not_more(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.limits.credentials_rate_limit = "1/3".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let (partner, other) = (app.partner("QUICK3").await, app.partner("SLOW4").await);
        let (one, two, foreign) = (app.creditor(&partner, 1).await, app.creditor(&partner, 2).await, app.creditor(&other, 3).await);
        assert_eq!(show(&app, &partner, one).await.status, StatusCode::OK);
        assert_eq!(rotate(&app, &partner, two, None).await.status, StatusCode::OK);
        assert_eq!(show(&app, &partner, 999_999).await.status, StatusCode::NOT_FOUND, "a guess counts too");
        for refused in [show(&app, &partner, two).await, rotate(&app, &partner, one, None).await] {
            assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
            assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
        assert_eq!(revoke(&app, &partner, one).await.status, StatusCode::OK, "nothing holds up a revocation");
        assert_eq!(show(&app, &other, foreign).await.status, StatusCode::OK, "another partner has its own");
    }
}
