//! The idempotency key over HTTP.

use http::{Method, StatusCode};
use serde_json::Value;
use testkit::app::{CLIENT, TestAnswer, TestApp, body};
use testkit::on_both_engines;

async fn create(app: &TestApp, key: &str, name: &str, body: &Value) -> TestAnswer {
    app.request(Method::POST, CLIENT).key(key).header("Idempotency-Key", name).json(body).send().await
}

on_both_engines! {
    async fn a_repeat_gets_the_first_answer_byte_for_byte(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let first = create(&app, &partner.provisioning, "k-1", &body("QUICK3", 1)).await;
        let again = create(&app, &partner.provisioning, "k-1", &body("QUICK3", 1)).await;
        assert_eq!((first.status, again.status), (StatusCode::OK, StatusCode::OK));
        assert_eq!(first.body, again.body);
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        assert_eq!(again.header("cache-control"), "no-store");

        let restarted = TestApp::open(&database).await;
        let after = create(&restarted, &partner.provisioning, "k-1", &body("QUICK3", 1)).await;
        assert_eq!(first.body, after.body);
        assert_eq!(app.test.core.list_clients(None, None, 10).await.unwrap().len(), 1);
    }

    async fn another_body_under_the_same_key_is_refused(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        create(&app, &partner.provisioning, "k-1", &body("QUICK3", 1)).await;
        for other in [body("QUICK3", 2), serde_json::json!({}), serde_json::json!({"client": 1})] {
            let answer = create(&app, &partner.provisioning, "k-1", &other).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.text());
            assert_eq!(answer.problem(), "idempotency_key_reused");
        }
    }

    async fn the_kept_refusal_is_told_again(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        app.client(&partner, 1).await;
        let first = create(&app, &partner.provisioning, "k-2", &body("QUICK3", 1)).await;
        let again = create(&app, &partner.provisioning, "k-2", &body("QUICK3", 1)).await;
        assert_eq!((first.status, again.status), (StatusCode::CONFLICT, StatusCode::CONFLICT));
        assert_eq!(first.json()["clientIdentifier"], again.json()["clientIdentifier"]);
        assert_eq!(again.header("idempotent-replayed"), "true");
    }

    async fn fifty_at_once_make_one_client(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let body = body("QUICK3", 1);
        let tries = (0..50).map(|_| create(&app, &partner.provisioning, "k-1", &body));
        let answers = futures_util::future::join_all(tries).await;
        let mut made: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert!(!made.is_empty());
        for answer in &answers {
            if answer.status != StatusCode::OK {
                assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::CONFLICT, "request_in_progress"));
            }
        }
        made.dedup_by_key(|answer| answer.body.clone());
        assert_eq!(made.len(), 1);
        assert_eq!(app.test.core.list_clients(None, None, 10).await.unwrap().len(), 1);
    }

    async fn fifty_at_once_of_two_bodies_make_one_client(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let bodies = [body("QUICK3", 1), body("QUICK3", 2)];
        let tries = (0..50).map(|number| create(&app, &partner.provisioning, "k-1", &bodies[number % 2]));
        let answers = futures_util::future::join_all(tries).await;
        let mut made = Vec::new();
        for (number, answer) in answers.iter().enumerate() {
            match answer.status {
                StatusCode::OK => made.push((number % 2, answer.body.clone())),
                StatusCode::CONFLICT => assert_eq!(answer.problem(), "request_in_progress", "{}", answer.text()),
                StatusCode::UNPROCESSABLE_ENTITY => {
                    assert_eq!(answer.problem(), "idempotency_key_reused", "{}", answer.text());
                }
                status => panic!("{status}: {}", answer.text()),
            }
        }
        made.dedup();
        assert_eq!(made.len(), 1, "one body, and one answer to it: {made:?}");
        let (first, _) = made[0];
        let clients = app.test.core.list_clients(None, None, 10).await.unwrap();
        assert_eq!(clients.len(), 1);
        assert_eq!(bodies[first]["client"]["businessCode"], clients[0].business_code.as_str());
        // Whoever was told to wait learns afterwards which of them came first.
        let later = create(&app, &partner.provisioning, "k-1", &bodies[first]).await;
        assert_eq!((later.status, &later.body), (StatusCode::OK, &made[0].1));
        let other = create(&app, &partner.provisioning, "k-1", &bodies[1 - first]).await;
        assert_eq!(other.problem(), "idempotency_key_reused");
    }

    async fn fifty_at_once_without_a_key_make_one_client(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let body = body("QUICK3", 1);
        let tries = (0..50).map(|_| app.create(&partner.provisioning, &body));
        let answers = futures_util::future::join_all(tries).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!(made.len(), 1);
        let later = app.create(&partner.provisioning, &body).await;
        assert_eq!((later.status, later.problem().as_str()), (StatusCode::CONFLICT, "client_exists"));
        assert_eq!(later.json()["clientIdentifier"], made[0].json()["clientIdentifier"]);
        // All but the number of the request, which is another each time.
        let told = |answer: &TestAnswer| {
            let mut told = answer.json();
            told.as_object_mut().unwrap().remove("requestId");
            told
        };
        for answer in refused {
            assert_eq!((answer.status, told(answer)), (StatusCode::CONFLICT, told(&later)));
        }
        assert_eq!(app.test.core.list_clients(None, None, 10).await.unwrap().len(), 1);
    }

    async fn a_key_that_is_none_is_refused(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        for name in ["", &"x".repeat(256), "tab\tinside"] {
            let answer = create(&app, &partner.provisioning, name, &body("QUICK3", 1)).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, "idempotency_key_invalid"), "{name:?}");
        }
        let answer = create(&app, &partner.provisioning, &"x".repeat(255), &body("QUICK3", 1)).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}
