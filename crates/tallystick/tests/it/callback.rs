//! `/callbacks/NAME`: a gateway's signed receipts, through the router. Who may call is decided by the signature and by nothing else.

use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use service::outbox::Worker;
use sha2::Sha256;
use tallystick::config::{Channels, Settings};
use tallystick::providers;
use testkit::app::{PartnerKeys, TestAnswer, TestApp};
use testkit::on_both_engines;
use testkit::process::{until, within};

const SMS: &str = "/api/v1/partner/sms";
const CALLBACK: &str = "/callbacks/gateway";
const SECRET: &str = "sixteen-octets-long";
const OTHER_SECRET: &str = "another-secret-of-it";

/// The identifier that the gateway gives to every message.
const PROVIDER_ID: &str = "gw-77";

/// The tests' gateway takes every message.
struct Gateway {
    port: u16,
    server: tokio::task::JoinHandle<()>,
}

impl Gateway {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(async || axum::Json(json!({"id": PROVIDER_ID})).into_response());
        Self { port, server: tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }) }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A server with the gateway as its channel of short messages, and another channel that is not called back.
fn settings(gateway: &Gateway) -> Settings {
    let channels: Channels = toml::from_str(&format!(
        "[gateway]\nkind = 'http-gateway'\nurl = 'http://127.0.0.1:{}/send'\nbody = '{{\"to\": \"{{recipient}}\"}}'\nmessage-id = '/id'\n\
         [gateway.callback]\nsecret = '{SECRET}'\nerror-code = '/error'\nrecipient = '/to'\n\
         states = {{ delivered = 'DELIVERED', failed = 'UNDELIVERABLE' }}\n\
         [second]\nkind = 'http-gateway'\nurl = 'http://127.0.0.1:1/send'\n\
         [second.callback]\nsecret = '{OTHER_SECRET}'\nstates = {{ delivered = 'DELIVERED' }}\n\
         [uncalled]\nkind = 'http-gateway'\nurl = 'http://127.0.0.1:1/send'\n",
        gateway.port
    ))
    .unwrap();
    let mut settings = TestApp::settings();
    settings.channels = channels;
    settings.messages.sms_channel = Some("gateway".to_owned());
    settings
}

/// A server with its gateway, a partner, and a message that the gateway has taken.
struct Sent {
    app: TestApp,
    partner: PartnerKeys,
    path: String,
    worker: Worker,
    _gateway: Gateway,
}

impl Sent {
    async fn new(database: &testkit::database::TestDatabase) -> Self {
        let gateway = Gateway::start().await;
        let settings = settings(&gateway);
        let app = TestApp::with(database, settings.clone()).await;
        let partner = app.partner("QUICK3").await;
        let worker = app.test.core.start_worker(providers::all(&app.test.core, &settings).unwrap().worker);
        let path = send(&app, &partner).await;
        until(async || app.get(&path, &partner.partner).await.json()["state"] != "QUEUED").await;
        Self { app, partner, path, worker, _gateway: gateway }
    }

    async fn shown(&self) -> Value {
        self.app.get(&self.path, &self.partner.partner).await.json()
    }

    async fn state(&self) -> String {
        self.shown().await["state"].as_str().unwrap().to_owned()
    }
}

/// Takes a message, and gives the address that shows it.
async fn send(app: &TestApp, partner: &PartnerKeys) -> String {
    let body = json!({"recipient": "+358441234567", "text": "Your invoice is due."});
    let taken = app.request(Method::POST, SMS).key(&partner.partner).json(&body).send().await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text());
    format!("{SMS}/{}", taken.json()["smsId"].as_str().unwrap())
}

fn receipt(status: &str) -> Value {
    json!({"messageId": PROVIDER_ID, "status": status, "error": "", "to": "358441234567"})
}

/// HMAC-SHA-256 over the timestamp, a full stop and the body, in hexadecimal.
fn sign(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.{body}").as_bytes());
    mac.finalize().into_bytes().iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A call as a provider makes it.
#[derive(Clone)]
struct Call {
    path: &'static str,
    timestamp: String,
    signature: String,
    body: String,
}

impl Call {
    /// Signed by the gateway, `age` seconds ago.
    fn signed(app: &TestApp, age: i64, body: &str) -> Self {
        let timestamp = (app.test.core.clock().now().seconds() - age).to_string();
        Self { path: CALLBACK, signature: sign(SECRET, &timestamp, body), timestamp, body: body.to_owned() }
    }

    async fn make(&self, app: &TestApp) -> TestAnswer {
        app.request(Method::POST, self.path)
            .header("X-Timestamp", &self.timestamp)
            .header("X-Signature", &self.signature)
            .header("Content-Type", "application/json")
            .bytes(self.body.clone())
            .send()
            .await
    }

    async fn refused(&self, app: &TestApp) -> (u16, String) {
        let answer = self.make(app).await;
        assert!(!answer.text().contains(SECRET), "{}", answer.text());
        (answer.status.as_u16(), answer.problem())
    }
}

async fn deliver(app: &TestApp, body: &Value) {
    let answer = Call::signed(app, 0, &body.to_string()).make(app).await;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::NO_CONTENT, ""));
}

on_both_engines! {
    async fn a_signed_receipt_moves_the_message_and_a_repeat_changes_nothing(database: TestDatabase) {
        within(60, async {
            let sent = Sent::new(&database).await;
            assert_eq!(sent.state().await, "SENT");
            let records = sent.app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap().len();
            let call = Call::signed(&sent.app, 0, &receipt("Delivered").to_string());
            assert_eq!(call.make(&sent.app).await.status, StatusCode::NO_CONTENT);
            let delivered = sent.shown().await;
            assert_eq!((&delivered["state"], &delivered["errorCode"]), (&json!("DELIVERED"), &json!(null)), "{delivered}");
            let last = delivered["deliveryReports"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&last["state"], &last["providerMessageId"]), (&json!("DELIVERED"), &json!(PROVIDER_ID)));

            // The same call again, and another receipt that comes too late.
            assert_eq!(call.make(&sent.app).await.status, StatusCode::NO_CONTENT);
            deliver(&sent.app, &receipt("failed")).await;
            assert_eq!(sent.shown().await, delivered);
            // The trail is of who has asked for what; what a provider tells is in the message's own reports.
            assert_eq!(sent.app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap().len(), records);
            sent.worker.stop().await;
        })
        .await;
    }

    async fn a_failure_is_told_with_the_providers_code(database: TestDatabase) {
        within(60, async {
            let sent = Sent::new(&database).await;
            let mut failed = receipt("FAILED");
            failed["error"] = json!("E-23");
            deliver(&sent.app, &failed).await;
            let shown = sent.shown().await;
            assert_eq!((&shown["state"], &shown["errorCode"]), (&json!("UNDELIVERABLE"), &json!("E-23")), "{shown}");
            sent.worker.stop().await;
        })
        .await;
    }

    async fn a_receipt_that_comes_before_the_answer_is_kept_for_its_message(database: TestDatabase) {
        within(60, async {
            let gateway = Gateway::start().await;
            let settings = settings(&gateway);
            let app = TestApp::with(&database, settings.clone()).await;
            let partner = app.partner("QUICK3").await;
            let path = send(&app, &partner).await;
            deliver(&app, &receipt("delivered")).await;
            assert_eq!(app.get(&path, &partner.partner).await.json()["state"], "QUEUED");
            let worker = app.test.core.start_worker(providers::all(&app.test.core, &settings).unwrap().worker);
            let shown = app.get(&format!("{path}?wait=20"), &partner.partner).await.json();
            assert_eq!(shown["state"], "DELIVERED", "{shown}");
            worker.stop().await;
        })
        .await;
    }

    async fn what_the_gateway_did_not_sign_or_not_now_moves_nothing(database: TestDatabase) {
        within(60, async {
            let sent = Sent::new(&database).await;
            let app = &sent.app;
            let body = receipt("delivered").to_string();
            let good = Call::signed(app, 0, &body);
            let unsigned = (401, "signature_invalid".to_owned());
            let other_body = body.replace("delivered", "failed");
            let by_another = sign(OTHER_SECRET, &good.timestamp, &body);
            let later = (good.timestamp.parse::<i64>().unwrap() + 1).to_string();
            for wrong in [
                Call { signature: by_another.clone(), ..good.clone() },
                Call { signature: String::new(), ..good.clone() },
                Call { signature: "not hex".to_owned(), ..good.clone() },
                Call { body: other_body, ..good.clone() },
                Call { timestamp: later, ..good.clone() },
                Call { timestamp: "soon".to_owned(), ..good.clone() },
                Call::signed(app, 301, &body),
                Call::signed(app, -301, &body),
                // Each channel has a secret of its own.
                Call { path: "/callbacks/second", ..good.clone() },
            ] {
                assert_eq!(wrong.refused(app).await, unsigned);
            }
            // A key of a partner's opens nothing here.
            let with_key = app.request(Method::POST, CALLBACK).key(&sent.partner.partner).json(&receipt("delivered")).send().await;
            assert_eq!((with_key.status.as_u16(), with_key.problem()), unsigned);
            let twice = app.request(Method::POST, CALLBACK).header("X-Timestamp", &good.timestamp);
            let twice = twice.header("X-Signature", &good.signature).header("X-Signature", &good.signature).bytes(body.clone());
            assert_eq!(twice.send().await.problem(), "signature_invalid");
            // Another channel of the gateway's own: its receipts are for the messages of that channel.
            let elsewhere = Call { path: "/callbacks/second", signature: by_another, ..good.clone() };
            assert_eq!(elsewhere.make(app).await.status, StatusCode::NO_CONTENT);
            assert_eq!(sent.state().await, "SENT");

            // The good one, seen by somebody and made again when it is too old.
            app.clock().advance(Duration::from_secs(301));
            assert_eq!(good.refused(app).await, unsigned);
            assert_eq!(sent.state().await, "SENT");
            deliver(app, &receipt("delivered")).await;
            assert_eq!(sent.state().await, "DELIVERED");
            sent.worker.stop().await;
        })
        .await;
    }

    async fn what_is_no_callback_is_told_apart(database: TestDatabase) {
        within(60, async {
            let sent = Sent::new(&database).await;
            let app = &sent.app;
            let good = Call::signed(app, 0, &receipt("delivered").to_string());
            for path in ["/callbacks/nobody", "/callbacks/uncalled", "/callbacks/", "/callbacks"] {
                assert_eq!(Call { path, ..good.clone() }.refused(app).await, (404, "not_found".to_owned()), "{path}");
            }
            let read = app.request(Method::GET, CALLBACK).send().await;
            assert_eq!((read.status, read.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
            for body in ["", "[1]", "{}", r#"{"messageId": "gw-77"}"#, "not json"] {
                let signed = Call::signed(app, 0, body);
                assert_eq!(signed.refused(app).await, (400, "callback_invalid".to_owned()), "{body}");
            }
            let large = Call::signed(app, 0, &" ".repeat(256 * 1024 + 1));
            assert_eq!(large.refused(app).await, (413, "body_too_large".to_owned()));
            let just = receipt("delivered").to_string();
            let just = format!("{just}{}", " ".repeat(256 * 1024 - just.len()));
            assert_eq!(sent.state().await, "SENT");
            // A state without a name here is logged; asking for it again would not help.
            deliver(app, &receipt("on its way")).await;
            assert_eq!(sent.state().await, "SENT");
            assert_eq!(Call::signed(app, 0, &just).make(app).await.status, StatusCode::NO_CONTENT);
            assert_eq!(sent.state().await, "DELIVERED");
            sent.worker.stop().await;
        })
        .await;
    }

    async fn guessing_signatures_is_slowed_down(database: TestDatabase) {
        let gateway = Gateway::start().await;
        let mut settings = settings(&gateway);
        settings.limits.failure_rate_limit = "1/3".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let guess = async |address: [u8; 4]| {
            let request = app.request(Method::POST, CALLBACK).header("X-Timestamp", "1").header("X-Signature", "00");
            request.bytes("{}").from(address).send().await.problem()
        };
        for _ in 0..3 {
            assert_eq!(guess([192, 0, 2, 1]).await, "signature_invalid");
        }
        assert_eq!(guess([192, 0, 2, 1]).await, "rate_limited");
        assert_eq!(guess([192, 0, 2, 2]).await, "signature_invalid", "another address has its own");
    }
}
