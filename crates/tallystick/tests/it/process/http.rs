//! HTTP/1.1 and HTTP/2 on the same port, and peers that do not keep their side of it.

use futures_util::future::join_all;
use http::StatusCode;
use reqwest::Version;
use testkit::app::{CLIENT, VALIDATE};
use testkit::database::TestDatabase;
use testkit::process::within;
use tokio::time::{Duration, interval};

use super::api::{Api, builder};
use super::installation;
use super::wire::Wire;

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_spoken_without_tls_to_who_knows() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let server = installation.serve(&[]).await;
        let api = Api::with(builder().http2_prior_knowledge(), &server.url);
        for reply in join_all((0..50).map(|_| api.get(VALIDATE, &partner.partner))).await {
            assert_eq!((reply.status, reply.version), (StatusCode::OK, Version::HTTP_2));
            assert_eq!(reply.json()["isValid"], true);
        }
        let reply = Api::new(&server.url).get(VALIDATE, &partner.partner).await;
        assert_eq!((reply.status, reply.version), (StatusCode::OK, Version::HTTP_11), "the same port speaks both");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_takes_more_than_one_request() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let server = installation.serve(&[]).await;
        let mut wire = Wire::connect(&server.url).await;
        let request = |key: &str| format!("GET {VALIDATE} HTTP/1.1\r\nHost: test\r\nX-Api-Key: {key}\r\n\r\n");
        wire.send(&request(&partner.partner)).await;
        assert!(wire.answer().await.0.starts_with("http/1.1 200"));
        wire.send(&request("wrong")).await;
        assert!(wire.answer().await.0.starts_with("http/1.1 401"), "a refusal does not end it");
        // Two at once: each gets its own answer, in order.
        wire.send(&(request(&partner.provisioning) + &request(&partner.partner))).await;
        for kind in ["provisioning", "partner"] {
            assert!(wire.answer().await.1.contains(&format!(r#""kind":"{kind}""#)));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_finish_a_request_is_cut_off() {
    within(25, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let server = installation.serve(&["--header-timeout", "500ms", "--request-timeout", "500ms"]).await;

        let mut silent = Wire::connect(&server.url).await;
        let mut half_a_preface = Wire::connect(&server.url).await;
        half_a_preface.send("PRI * HTTP/2.0\r\n").await;
        let mut half_a_head = Wire::connect(&server.url).await;
        half_a_head.send("GET /healthz HTTP/1.1\r\nHost: te").await;
        // Always a little more, so that the connection is never quiet.
        let mut slow = Wire::connect(&server.url).await;
        slow.send("GET /healthz HTTP/1.1\r\n").await;
        let mut pace = interval(Duration::from_millis(20));
        while slow.try_send("X-Slow: 1\r\n").await {
            pace.tick().await;
        }
        for wire in [&mut silent, &mut half_a_preface, &mut half_a_head, &mut slow] {
            wire.closed().await;
        }

        let mut no_body = Wire::connect(&server.url).await;
        let key = &partner.provisioning;
        let head =
            format!("POST {CLIENT} HTTP/1.1\r\nHost: test\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n");
        no_body.send(&(head + "Content-Length: 100\r\n\r\n{")).await;
        let (head, body) = no_body.answer().await;
        assert!(head.starts_with("http/1.1 503") && head.contains("retry-after: "), "{head}");
        assert!(body.contains(r#""code":"timed_out""#), "{body}");
        no_body.closed().await;
        let api = Api::new(&server.url);
        assert_eq!(api.validate(key).await, StatusCode::OK, "it serves everybody else");
    })
    .await;
}
