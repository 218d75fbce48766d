//! Limits, request identifiers, and what every answer carries.

use http::{Method, StatusCode};
use testkit::app::{CLIENT, TestApp, VALIDATE, body};
use testkit::on_both_engines;

on_both_engines! {
    async fn a_key_may_ask_so_much_and_not_more(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.limits.rate_limit = "1/5".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let (one, two) = (app.partner("QUICK3").await, app.partner("SLOW4").await);
        let mut last = None;
        for left in (0..5).rev() {
            let answer = app.get(VALIDATE, &one.provisioning).await;
            assert_eq!(answer.status, StatusCode::OK);
            assert_eq!((answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")), ("5", left.to_string().as_str()));
            assert!(answer.header("ratelimit-reset").parse::<u64>().is_ok());
            last = Some(answer);
        }
        drop(last);
        let refused = app.get(VALIDATE, &one.provisioning).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
        assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
        assert_eq!(app.get(VALIDATE, &two.provisioning).await.status, StatusCode::OK, "another key has its own");
    }

    async fn guessing_keys_is_slowed_down(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.limits.failure_rate_limit = "1/5".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let partner = app.partner("QUICK3").await;
        let ask = |key: String, address: [u8; 4]| {
            let request = app.request(Method::GET, VALIDATE).key(&key).from(address);
            async move { request.send().await.status }
        };
        let guess = || "8848372d-8457-4ca4-9da9-673f1cdd6684".to_owned();
        assert_eq!(ask(partner.provisioning.clone(), [192, 0, 2, 1]).await, StatusCode::OK);
        for _ in 0..5 {
            assert_eq!(ask(guess(), [192, 0, 2, 1]).await, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(ask(guess(), [192, 0, 2, 1]).await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(ask(guess(), [192, 0, 2, 2]).await, StatusCode::UNAUTHORIZED, "another address has its own");
        assert_eq!(ask(partner.provisioning.clone(), [192, 0, 2, 2]).await, StatusCode::OK);
        // Of the address that guesses, what was found before is let in; what was not is not looked up.
        assert_eq!(ask(partner.provisioning.clone(), [192, 0, 2, 1]).await, StatusCode::OK);
        assert_eq!(ask(partner.partner.clone(), [192, 0, 2, 1]).await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(ask(partner.partner.clone(), [192, 0, 2, 2]).await, StatusCode::OK);
        assert_eq!(ask(partner.partner.clone(), [192, 0, 2, 1]).await, StatusCode::OK);
    }

    async fn a_request_has_an_identifier(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let send = async |id: Option<&str>| {
            let request = app.request(Method::GET, "/healthz");
            let answer = match id {
                Some(id) => request.header("X-Request-Id", id).send().await,
                None => request.send().await,
            };
            answer.header("x-request-id").to_owned()
        };
        assert_eq!(send(Some("mine-1")).await, "mine-1");
        let (one, two) = (send(None).await, send(None).await);
        assert!(!one.is_empty() && one != two);
        for odd in ["has space", "a;b", &"x".repeat(500)] {
            let made = send(Some(odd)).await;
            assert!(!made.is_empty() && made != *odd, "{odd}");
        }
    }

    async fn what_is_not_served_is_a_problem(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let answer = app.request(Method::GET, "/api/v1/partner/nothing").send().await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::NOT_FOUND, "not_found"));
        let answer = app.request(Method::DELETE, CLIENT).send().await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
        assert!(answer.header("allow").contains("POST"));
    }

    async fn other_origins_may_not_call_unless_they_are_named(database: TestDatabase) {
        let preflight = async |app: &TestApp| {
            let request = app.request(Method::OPTIONS, CLIENT).header("Origin", "https://partner.example");
            let request = request.header("Access-Control-Request-Method", "POST");
            request.send().await.header("access-control-allow-origin").to_owned()
        };
        let app = TestApp::open(&database).await;
        assert_eq!(preflight(&app).await, "");
        let mut settings = TestApp::settings();
        settings.limits.cors_origins = "https://partner.example".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        assert_eq!(preflight(&app).await, "https://partner.example");
    }

    async fn a_large_answer_is_compressed_for_who_takes_it(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let ask = async |encoding: &str| {
            let request = app.request(Method::GET, "/openapi.json").header("Accept-Encoding", encoding);
            let answer = request.send().await;
            (answer.header("content-encoding").to_owned(), answer.body.len())
        };
        let (plain, long) = ask("identity").await;
        let (gzip, short) = ask("gzip").await;
        assert_eq!((plain.as_str(), gzip.as_str()), ("", "gzip"));
        assert!(short * 3 < long, "{short} of {long}");
    }

    async fn no_answer_repeats_a_secret(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut wrong = body("QUICK3", 1);
        wrong["client"]["email"] = partner.provisioning.clone().into();
        let answer = app.create(&partner.provisioning, &wrong).await;
        assert!(!answer.text().contains(&partner.provisioning), "{}", answer.text());
    }
}
