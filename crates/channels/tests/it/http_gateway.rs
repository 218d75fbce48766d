//! The HTTP gateway, against a small server that stands for any.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use channels::http_gateway::HttpGatewayChannel;
use channels::{FaultKind, SmsChannel, SmsSubmit};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{Noon, message};
use testkit::peer::PATIENCE;

/// A request as the gateway saw it.
struct Seen {
    uri: Uri,
    headers: HeaderMap,
    body: String,
}

/// Answers what the test says, in turn, and then not at all.
struct Gateway {
    port: u16,
    seen: mpsc::UnboundedReceiver<Seen>,
    server: JoinHandle<()>,
}

impl Gateway {
    async fn start(answers: Vec<Response>) -> Self {
        let (sender, seen) = mpsc::unbounded_channel();
        let answers = Arc::new(Mutex::new(answers.into_iter()));
        let handler = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let (sender, answers) = (sender.clone(), Arc::clone(&answers));
            async move {
                let body = String::from_utf8(body.to_vec()).unwrap();
                sender.send(Seen { uri, headers, body }).unwrap();
                let answer = answers.lock().await.next();
                match answer {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await.unwrap() });
        Self { port, seen, server }
    }

    async fn next(&mut self) -> Seen {
        timeout(PATIENCE, self.seen.recv()).await.expect("no request came in time").unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn channel(port: u16, extra: &str) -> HttpGatewayChannel {
    let text = format!(
        r#"
        url = "http://127.0.0.1:{port}/v1/send?ref={{reference}}"
        message-id = "/messages/0/id"
        error-code = "/error"
        {extra}
        body = '{{"to": "{{recipient}}", "from": "{{sender}}", "text": "{{text}}", "parts": {{parts}}, "ttl": {{validity_seconds}}, "report": {{wants_receipt}}}}'
        [headers]
        Authorization = "Bearer {{secret.token}}"
        Idempotency-Key = "{{id}}"
        [secrets]
        token = "hunter22"
        "#
    );
    HttpGatewayChannel::new("gateway", &toml::from_str(&text).unwrap(), Arc::new(Noon)).unwrap()
}

fn answer(status: u16, body: Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

#[tokio::test]
async fn a_message_arrives_as_the_template_says() {
    let mut gateway = Gateway::start(vec![answer(201, json!({ "messages": [{ "id": 90_210 }] }))]).await;
    let channel = channel(gateway.port, "");
    let mut sent = message(7, "Hei \"Maija\"\\\n{text} š");
    sent.reference = Some("a&b=ä".to_owned());
    assert_eq!(channel.submit(&sent).await.unwrap().provider_message_ids, ["90210"]);
    let seen = gateway.next().await;
    assert_eq!(seen.uri, "/v1/send?ref=a%26b%3D%C3%A4");
    assert_eq!(seen.headers["authorization"], "Bearer hunter22");
    assert_eq!(seen.headers["idempotency-key"], sent.id.to_string());
    assert_eq!(seen.headers["content-type"], "application/json");
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    let expected = json!({
        "to": "+358441234567", "from": "Tally", "text": sent.text, "parts": 1, "ttl": 86_400, "report": true
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_template_tells_that_no_receipt_is_wanted() {
    let mut gateway = Gateway::start(vec![answer(201, json!({ "messages": [{ "id": 90_210 }] }))]).await;
    let sent = SmsSubmit { wants_receipt: false, ..message(7, "Hello") };
    channel(gateway.port, "").submit(&sent).await.unwrap();
    let body: Value = serde_json::from_str(&gateway.next().await.body).unwrap();
    assert_eq!(body["report"], false);
}

#[tokio::test]
async fn the_status_decides_and_the_wait_is_read() {
    let with = |status: u16, wait: &str| {
        (StatusCode::from_u16(status).unwrap(), [("retry-after", wait.to_owned())]).into_response()
    };
    let cases = [
        (with(429, "7"), FaultKind::Throttled, "429", Some(7), false),
        (with(503, "Sat, 21 Nov 2026 12:00:30 GMT"), FaultKind::Temporary, "503", Some(30), false),
        (answer(500, json!({ "error": "E17" })), FaultKind::Temporary, "E17", None, true),
        (answer(400, json!({ "error": 4_001 })), FaultKind::Permanent, "4001", None, false),
        (answer(302, json!({})), FaultKind::Permanent, "302", None, false),
        (answer(200, json!({ "error": "no credit" })), FaultKind::Permanent, "no credit", None, false),
    ];
    for (response, kind, code, wait, unsure) in cases {
        let gateway = Gateway::start(vec![response]).await;
        let fault = channel(gateway.port, "").submit(&message(7, "Hello")).await.unwrap_err();
        let found = (
            fault.kind,
            fault.code.as_deref(),
            fault.retry_after.map(|wait| wait.as_secs()),
            fault.may_have_been_accepted,
        );
        assert_eq!(found, (kind, Some(code), wait, unsure), "{fault}");
    }
}

#[tokio::test]
async fn a_success_without_an_id_is_not_sent_again() {
    let gateway = Gateway::start(vec![answer(200, json!("thanks"))]).await;
    let accepted = channel(gateway.port, "").submit(&message(7, "Hello")).await.unwrap();
    assert!(accepted.provider_message_ids.is_empty());
}

#[tokio::test]
async fn silence_leaves_a_doubt_and_nobody_there_does_not() {
    let mut gateway = Gateway::start(Vec::new()).await;
    let channel = channel(gateway.port, "timeout = \"1s\"");
    let fault = channel.submit(&message(7, "Hello")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true), "{fault}");
    gateway.next().await;
    // Taken and given back, so that nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let fault = self::channel(port, "").submit(&message(7, "Hello")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
    assert!(!format!("{fault:?} {channel:?}").contains("hunter22"));
}

#[tokio::test]
async fn the_test_of_the_channel_asks_where_it_is_told() {
    let mut gateway = Gateway::start(vec![answer(200, json!({})), answer(401, json!({}))]).await;
    let channel = channel(gateway.port, &format!("test-url = \"http://127.0.0.1:{}/v1/balance\"", gateway.port));
    assert!(channel.test().await.unwrap().contains("200"));
    let seen = gateway.next().await;
    assert_eq!(
        (seen.uri.path(), &seen.headers["authorization"].to_str().unwrap()),
        ("/v1/balance", &"Bearer hunter22")
    );
    assert_eq!(channel.test().await.unwrap_err().code.as_deref(), Some("401"));
}
