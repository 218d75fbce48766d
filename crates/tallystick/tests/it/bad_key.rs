//! Keys that do not open: each is told apart, and none says more than it must.

use domain::audit::Actor;
use http::{Method, StatusCode};
use service::Context;
use testkit::app::{CLIENT, RENEW, TestAnswer, TestApp, VALIDATE, body};
use testkit::on_both_engines;

fn unauthorized(answer: &TestAnswer, code: &str) {
    assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::UNAUTHORIZED, code), "{}", answer.text());
    assert_eq!(answer.header("www-authenticate"), "ApiKey");
    assert_eq!(answer.header("cache-control"), "no-store");
}

on_both_engines! {
    async fn no_key_and_no_good_key(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        for (method, path) in [(Method::GET, VALIDATE), (Method::GET, RENEW), (Method::POST, CLIENT)] {
            let ask = |key: Option<&'static [u8]>| {
                let request = app.request(method.clone(), path);
                async move {
                    match key {
                        Some(key) => request.header("X-Api-Key", key).send().await,
                        None => request.send().await,
                    }
                }
            };
            unauthorized(&ask(None).await, "api_key_missing");
            unauthorized(&ask(Some(b"not a key")).await, "api_key_malformed");
            unauthorized(&ask(Some(b"8848372d84574ca49da9673f1cdd6684")).await, "api_key_malformed");
            unauthorized(&ask(Some(b"\xff\xfe")).await, "api_key_malformed");
            unauthorized(&ask(Some(b"8848372d-8457-4ca4-9da9-673f1cdd6684")).await, "api_key_unknown");
        }
        let twice = app.request(Method::GET, VALIDATE).key("8848372d-8457-4ca4-9da9-673f1cdd6684").key("x").send().await;
        unauthorized(&twice, "api_key_malformed");
    }

    async fn validate_says_that_the_key_is_not_valid(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let answer = app.get(VALIDATE, "8848372d-8457-4ca4-9da9-673f1cdd6684").await;
        unauthorized(&answer, "api_key_unknown");
        assert_eq!(answer.json()["isValid"], false);
        assert!(!answer.text().contains("8848372d"), "the key is not repeated");
    }

    async fn a_revoked_key_is_refused_at_once(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        app.test.core.hear_revocations().await.unwrap();
        for _ in 0..2 {
            assert_eq!(app.get(VALIDATE, &partner.provisioning).await.status, StatusCode::OK);
        }
        let context = Context { actor: Actor::Job("test"), source: None, request_id: String::new() };
        app.test.core.revoke_key(partner.added.provisioning_token.id, &context).await.unwrap();
        unauthorized(&app.get(VALIDATE, &partner.provisioning).await, "api_key_revoked");
        unauthorized(&app.get(RENEW, &partner.provisioning).await, "api_key_revoked");
        unauthorized(&app.create(&partner.provisioning, &body("QUICK3", 1)).await, "api_key_revoked");
    }

    async fn an_expired_key_says_so(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.keys.client_key_lifetime = "1h".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        assert_eq!(app.get(VALIDATE, &key).await.json()["expiresAt"], "2026-01-02T04:04:05.000Z");
        app.clock().advance(std::time::Duration::from_secs(3600));
        unauthorized(&app.get(VALIDATE, &key).await, "token_expired");
        assert_eq!(app.get(RENEW, &key).await.status, StatusCode::OK, "it can be renewed");
    }

    async fn a_key_is_bound_to_its_networks(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.limits.trusted_proxies = "10.0.0.0/8".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let networks = domain::api_key::AllowedNetworks::parse("192.0.2.0/24").unwrap();
        let partner = app.test.core.add_partner("QUICK3", "Quick", &networks, &Context::operator("test")).await.unwrap();
        let key = partner.provisioning_token.value.expose().to_text();
        let from = |peer: [u8; 4], forwarded: Option<&'static str>| {
            let request = app.request(Method::GET, VALIDATE).key(&key).from(peer);
            async move {
                match forwarded {
                    Some(list) => request.header("X-Forwarded-For", list).send().await.status,
                    None => request.send().await.status,
                }
            }
        };
        assert_eq!(from([192, 0, 2, 9], None).await, StatusCode::OK);
        assert_eq!(from([198, 51, 100, 1], None).await, StatusCode::FORBIDDEN);
        assert_eq!(from([198, 51, 100, 1], Some("192.0.2.9")).await, StatusCode::FORBIDDEN, "anyone can write that");
        assert_eq!(from([10, 0, 0, 1], Some("192.0.2.9")).await, StatusCode::OK, "a trusted proxy's word counts");
        assert_eq!(from([10, 0, 0, 1], Some("192.0.2.9, 198.51.100.1")).await, StatusCode::FORBIDDEN, "the rightmost counts");
    }

    async fn the_same_business_of_two_partners_stays_apart(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let (one, two) = (app.partner("QUICK3").await, app.partner("SLOW4").await);
        let first = app.create(&one.provisioning, &body("QUICK3", 1)).await;
        let second = app.create(&two.provisioning, &body("SLOW4", 1)).await;
        assert_eq!((first.status, second.status), (StatusCode::OK, StatusCode::OK), "nothing tells that the other has it");
        assert_ne!(first.json()["clientIdentifier"], second.json()["clientIdentifier"]);
    }
}
