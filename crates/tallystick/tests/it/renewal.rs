//! Renewal over HTTP.

use http::{Method, StatusCode};
use testkit::app::{RENEW, TestApp, VALIDATE};
use testkit::on_both_engines;

on_both_engines! {
    async fn a_renewal_answers_to_the_letter_and_can_be_repeated(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let old = app.client(&partner, 1).await;
        let first = app.get(RENEW, &old).await;
        assert_eq!(first.status, StatusCode::OK, "{}", first.text());
        assert_eq!(first.header("cache-control"), "no-store");
        let body = first.json();
        assert_eq!(body["Message"], body["message"]);
        assert!(body["expiresAt"].is_null());
        let new = body["apiAccessToken"].as_str().unwrap().to_owned();
        assert_ne!(old, new);
        assert_eq!(app.get(RENEW, &old).await.body, first.body, "a lost answer is given again");
        for key in [&old, &new] {
            assert_eq!(app.get(VALIDATE, key).await.status, StatusCode::OK);
        }
        let until = app.get(VALIDATE, &old).await.json()["expiresAt"].clone();
        assert_eq!(until, "2026-01-02T03:19:05.000Z", "the old key says when it ends");

        app.clock().advance(std::time::Duration::from_secs(15 * 60));
        let ended = app.get(VALIDATE, &old).await;
        assert_eq!((ended.status, ended.problem().as_str()), (StatusCode::UNAUTHORIZED, "token_superseded"));
        assert_eq!(app.get(RENEW, &old).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.get(VALIDATE, &new).await.status, StatusCode::OK);
    }

    async fn fifty_renewals_at_once_have_one_successor(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let old = app.client(&partner, 1).await;
        let answers = futures_util::future::join_all((0..50).map(|_| app.get(RENEW, &old))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    }

    async fn head_renews_nothing(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        for method in [Method::HEAD, Method::POST] {
            let answer = app.request(method, RENEW).key(&key).send().await;
            assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET"));
        }
        assert!(app.get(VALIDATE, &key).await.json()["expiresAt"].is_null(), "the key was not renewed");
    }
}
