//! The end of a server that is asked to end.

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use testkit::app::{CLIENT, body};
use testkit::database::TestDatabase;
use testkit::process::{Server, until, within};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::api::{Api, Reply, builder};
use super::installation;
use super::wire::{Wire, address};

/// It tells how many requests are under way, and waits for them for longer than any of these tests.
const PATIENT: [&str; 5] = ["--json", "--metrics-listen", "127.0.0.1:0", "--shutdown-timeout", "1h"];

/// The two halves of a request that creates a client.
fn halves(token: &str, number: u32) -> (String, String) {
    let body = body("QUICK3", number).to_string();
    let head = format!(
        "POST {CLIENT} HTTP/1.1\r\nHost: test\r\nX-Api-Key: {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let (first, second) = body.split_at(body.len() / 2);
    (head + first, second.to_owned())
}

/// Waits until so many requests are under way.
async fn under_way(server: &Server, requests: usize) {
    let metrics = Api::new(server.metrics.as_deref().unwrap());
    let line = format!("http_requests_in_flight {requests}\n");
    until(async || metrics.get("", "").await.text.contains(&line)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_is_finished_and_nothing_new_is_taken() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let server = installation.serve(&PATIENT).await;

        let mut idle = Wire::connect(&server.url).await;
        idle.send("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").await;
        assert!(idle.answer().await.0.starts_with("http/1.1 200"));
        let mut half_sent = Vec::new();
        for number in 0..8 {
            let (first, second) = halves(&partner.provisioning, number);
            let mut wire = Wire::connect(&server.url).await;
            wire.send(&first).await;
            half_sent.push((wire, second));
        }
        // Its body is not at its end before the gate opens.
        let (open, gate) = oneshot::channel::<()>();
        let h2 = Api::with(builder().http2_prior_knowledge(), &server.url);
        let json = Bytes::from(body("QUICK3", 8).to_string());
        let held = Full::new(json).with_trailers(async { gate.await.ok().and(None) });
        let request = h2.creation(&partner.provisioning, &body("QUICK3", 8)).body(reqwest::Body::wrap(held));
        let on_http_2 = tokio::spawn(async { Reply::read(request.send().await.unwrap()).await.unwrap() });
        under_way(&server, 9).await;

        server.process.signal("TERM");
        until(async || TcpStream::connect(address(&server.url)).await.is_err()).await;
        idle.closed().await;
        for (mut wire, second) in half_sent {
            wire.send(&second).await;
            let (head, body) = wire.answer().await;
            assert!(head.starts_with("http/1.1 200"), "{head}{body}");
            assert!(body.contains("New client created"), "{body}");
            wire.closed().await;
        }
        open.send(()).unwrap();
        assert!(on_http_2.await.unwrap().text.contains("New client created"));
        assert_eq!(server.process.ended().await.code, Some(0));
        let clients = installation.run(&["client", "list", "--json"]).await.done().json();
        assert_eq!(clients["items"].as_array().unwrap().len(), 9);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_does_not_end_holds_it_up_for_so_long_and_not_longer() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let arguments = ["--json", "--metrics-listen", "127.0.0.1:0", "--shutdown-timeout", "100ms"];
        let server = installation.serve(&arguments).await;
        let mut wire = Wire::connect(&server.url).await;
        wire.send(&halves(&partner.provisioning, 1).0).await;
        under_way(&server, 1).await;
        server.process.signal("INT");
        assert_eq!(server.process.ended().await.code, Some(0));
        wire.closed().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    within(60, async {
        let database = TestDatabase::sqlite();
        let installation = installation(database.url());
        let partner = installation.partner("QUICK3").await;
        let server = installation.serve(&PATIENT).await;
        let mut wire = Wire::connect(&server.url).await;
        wire.send(&halves(&partner.provisioning, 1).0).await;
        under_way(&server, 1).await;
        server.process.signal("TERM");
        server.process.logged("shutting down").await;
        server.process.signal("TERM");
        let ended = server.process.ended().await;
        assert_eq!(ended.code, Some(1));
        assert!(ended.stderr.contains("ended at once by a second signal"), "{ended:?}");
    })
    .await;
}
