//! Webhooks: what happens is told to the endpoints that want it, signed, for days, and nobody holds up another.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::Fault;
use channels::webhook::{WebhookCall, WebhookChannel};
use domain::Clock;
use domain::api_key::{KeyHolder, KeyKind};
use domain::sms::{Sender, SmsDraft, SmsRules};
use domain::webhook::{EventSelection, WebhookSecret, signature};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use service::mail::MailSettings;
use service::outbox::{Provider, Sends, Worker};
use service::partner::AddedPartner;
use service::sms::SmsSettings;
use service::webhook::{Endpoint, NewSecret};
use service::{AdminError, Core, MasterKeys, Settings};
use testkit::clock::TestClock;
use testkit::core::{MASTER_KEY, TestCore, draft, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::random::TestRandom;
use uuid::Uuid;

/// The longest that anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

type Answer = BoxFuture<'static, Result<u16, Fault>>;
/// What a receiver does when it is called.
type Act = Box<dyn Fn(&WebhookCall) -> Answer + Send>;

/// A receiver that does what the test says. The real sender is tried in `channels`.
struct Scripted {
    act: Mutex<Act>,
    seen: Mutex<Vec<WebhookCall>>,
}

impl Scripted {
    fn new(act: impl Fn(&WebhookCall) -> Answer + Send + 'static) -> Arc<Self> {
        Arc::new(Self { act: Mutex::new(Box::new(act)), seen: Mutex::default() })
    }

    fn willing() -> Arc<Self> {
        Self::new(|_| Box::pin(async { Ok(204) }))
    }

    fn failing(fault: Fault) -> Arc<Self> {
        let act = failing(fault);
        Self::new(act)
    }

    fn now_acts(&self, act: impl Fn(&WebhookCall) -> Answer + Send + 'static) {
        *self.act.lock().unwrap() = Box::new(act);
    }

    fn seen(&self) -> Vec<WebhookCall> {
        self.seen.lock().unwrap().clone()
    }
}

fn failing(fault: Fault) -> impl Fn(&WebhookCall) -> Answer + Send + 'static {
    move |_| {
        let fault = fault.clone();
        Box::pin(async move { Err(fault) })
    }
}

impl WebhookChannel for Scripted {
    fn name(&self) -> &str {
        "webhook"
    }

    fn call<'a>(&'a self, call: &'a WebhookCall) -> BoxFuture<'a, Result<u16, Fault>> {
        self.seen.lock().unwrap().push(call.clone());
        (self.act.lock().unwrap())(call)
    }
}

fn gone() -> Fault {
    Fault::permanent("the receiver says that the endpoint is gone").with_code("410")
}

fn down() -> Fault {
    Fault::temporary("the receiver answered 500").with_code("500")
}

struct Bench {
    test: TestCore,
    partner: AddedPartner,
}

impl Bench {
    async fn open(database: &TestDatabase) -> Self {
        let rules = SmsRules { sender: Sender::parse("Tally").unwrap(), most_parts: 10 };
        let settings = Settings {
            sms: Some(SmsSettings { channel: "test".into(), rules }),
            mail: Some(MailSettings {
                channel: "post".into(),
                from: "noreply@operator.example".into(),
                operator: "deployment@operator.example".into(),
            }),
            client_key_lifetime: Some(100 * DAY),
            expiry_notice: vec![30 * DAY],
            ..Settings::default()
        };
        let test = TestCore::with(database, settings).await;
        let partner = test.partner("QUICK3").await;
        Self { test, partner }
    }

    fn core(&self) -> &Core {
        &self.test.core
    }

    async fn add(&self, url: &str, events: &str) -> NewSecret {
        let events: EventSelection = events.parse().unwrap();
        self.core().add_webhook("QUICK3", url, &events, &operator()).await.unwrap()
    }

    /// Creates a client and gives its number and its key.
    async fn client(&self, number: u32) -> (i64, String) {
        let asker = self.test.provisioner(&self.partner).await;
        let made = self.core().create_client(&asker, &draft("QUICK3", number), None, &operator()).await.unwrap().value;
        (made.client.0, made.key.expose().to_text())
    }

    fn start(&self, channel: &Arc<Scripted>, window: usize) -> Worker {
        let channel: Arc<dyn WebhookChannel> = Arc::clone(channel) as Arc<dyn WebhookChannel>;
        self.core().start_worker(vec![Provider { sends: Sends::Webhook(channel), window, per_second: None }])
    }

    /// Sends what is due, and gives all that was sent, as it was sent.
    async fn sent(&self) -> Vec<WebhookCall> {
        let receiver = Scripted::willing();
        let worker = self.start(&receiver, 4);
        until(async || self.waiting().await == 0).await;
        worker.stop().await;
        receiver.seen()
    }

    async fn count(&self, dead: bool) -> i64 {
        let counts = self.core().outbox_counts().await.unwrap();
        let count = counts.iter().find(|count| count.channel == "webhook");
        count.map_or(0, |count| if dead { count.dead } else { count.waiting })
    }

    async fn waiting(&self) -> i64 {
        self.count(false).await
    }

    async fn mails(&self) -> i64 {
        let counts = self.core().outbox_counts().await.unwrap();
        counts.iter().find(|count| count.channel == "post").map_or(0, |count| count.waiting)
    }

    /// Whether what became of the last try was recorded.
    async fn is_recorded(&self, call: &WebhookCall) -> bool {
        let id = Uuid::parse_str(call.id.trim_start_matches("msg_")).unwrap();
        let mut reader = self.core().db().reader().await.unwrap();
        let row = store::outbox::by_id(&mut reader, self.partner.partner, id).await.unwrap();
        row.is_none_or(|row| row.lease.is_none())
    }

    async fn endpoint(&self, id: Uuid) -> Endpoint {
        self.core().list_webhooks(None).await.unwrap().into_iter().find(|endpoint| endpoint.id == id).unwrap()
    }

    async fn actions(&self) -> Vec<String> {
        let records = self.core().audit_records(Some("QUICK3"), None, 100).await.unwrap();
        let webhooks = records.into_iter().rev().filter(|record| record.action.starts_with("webhook."));
        webhooks.map(|record| format!("{} {}", record.action, record.actor)).collect()
    }
}

async fn until(reached: impl AsyncFn() -> bool) {
    let waiting = async {
        while !reached().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it comes so far");
}

fn bodies(calls: &[WebhookCall]) -> Vec<Value> {
    calls.iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect()
}

fn is_signed(call: &WebhookCall, secrets: &[&WebhookSecret]) -> bool {
    let secrets: Vec<WebhookSecret> = secrets.iter().map(|secret| (*secret).clone()).collect();
    call.signatures == signature::signatures(&secrets, &call.id, call.timestamp, &call.body)
}

on_both_engines! {
    async fn what_happens_is_told_to_whom_wants_it(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let other = bench.test.partner("SLOW4").await;
        bench.core().add_webhook("SLOW4", "https://slow.example/", &EventSelection::default(), &operator()).await.unwrap();
        let all = bench.add("https://all.example/hook", "").await;
        bench.add("https://some.example/hook", "sms.final,token.expiring").await;
        let (client, key) = bench.client(1).await;
        assert_eq!(bench.waiting().await, 1, "only one wants it, and it is nobody else's");
        let asker = bench.test.provisioner(&bench.partner).await;
        let refused = bench.core().create_client(&asker, &draft("QUICK3", 1), None, &operator()).await;
        assert!(refused.is_err());
        assert_eq!(bench.waiting().await, 1, "what was not done is not told");
        let calls = bench.sent().await;
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].url, "https://all.example/hook");
        assert!(is_signed(&calls[0], &[&all.secret]) && !is_signed(&calls[0], &[]));
        let told = &bodies(&calls)[0];
        assert_eq!((&told["type"], &told["timestamp"]), (&json!("client.created"), &json!("2026-01-02T03:04:05.000Z")));
        assert_eq!(told["data"]["clientIdentifier"], client);
        for personal in ["Test Customer", "0000001-7", "testcustomer.fi", "+358", &key] {
            assert!(!calls[0].body.contains(personal), "{}", calls[0].body);
        }

        // A renewal that is given again is one renewal.
        let holder = bench.core().authenticate(Some(&key), None).await.unwrap();
        let successor = bench.core().renew(&holder, &operator()).await.unwrap();
        bench.core().renew(&holder, &operator()).await.unwrap();
        let told = bodies(&bench.sent().await);
        assert_eq!(told.len(), 1);
        let expected = json!({
            "keyId": holder.key, "kind": "client", "clientIdentifier": client, "successorKeyId": successor.id,
            "overlapUntil": "2026-01-02T03:19:05.000Z", "successorExpiresAt": successor.expires_at,
        });
        assert_eq!((&told[0]["type"], &told[0]["data"]), (&json!("token.renewed"), &expected));
        bench.core().rotate_partner("QUICK3", KeyKind::Partner, None, &operator()).await.unwrap();
        let told = bodies(&bench.sent().await);
        assert_eq!((&told[0]["data"]["kind"], &told[0]["data"]["clientIdentifier"]), (&json!("partner"), &json!(null)));

        let text = SmsDraft { recipient: Some("+358441234567".into()), text: Some("Hei".into()), ..SmsDraft::default() };
        let sender = KeyHolder { partner: bench.partner.partner, client: None };
        let sms = bench.core().send_sms(sender, Some(client), &text, None, &operator()).await.unwrap().value.id;
        bench.test.clock.advance(4 * DAY);
        bench.core().settle_sms().await.unwrap();
        let calls = bench.sent().await;
        assert_eq!(calls.len(), 2, "both want it");
        assert_ne!(calls[0].id, calls[1].id);
        let expected = json!({ "smsId": sms, "clientIdentifier": client, "state": "EXPIRED", "errorCode": null });
        for told in bodies(&calls) {
            assert_eq!((&told["type"], &told["data"]), (&json!("sms.final"), &expected));
        }
        bench.test.clock.advance(70 * DAY);
        assert_eq!(bench.core().send_expiry_notices().await.unwrap(), 1);
        let told = bodies(&bench.sent().await);
        assert_eq!((told.len(), &told[0]["type"], &told[0]["data"]["keyId"]), (2, &json!("token.expiring"), &json!(successor.id)));
        drop(other);
    }

    async fn a_webhook_is_tried_again_under_its_identifier(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let endpoint = bench.add("https://quick.example/hook", "").await;
        bench.client(1).await;
        let receiver = Scripted::failing(down());
        let worker = bench.start(&receiver, 4);
        until(async || bench.endpoint(endpoint.endpoint.id).await.failing_since.is_some()).await;
        assert_eq!((receiver.seen().len(), bench.waiting().await), (1, 1));
        receiver.now_acts(|_| Box::pin(async { Ok(200) }));
        bench.test.clock.advance(Duration::from_secs(6));
        until(async || bench.waiting().await == 0).await;
        worker.stop().await;
        let seen = receiver.seen();
        assert_eq!(seen.len(), 2);
        assert_eq!((&seen[0].id, &seen[0].body), (&seen[1].id, &seen[1].body));
        assert_eq!(seen[1].timestamp, seen[0].timestamp + 6, "the time is that of the try");
        assert!(is_signed(&seen[1], &[&endpoint.secret]));
        assert_eq!(bench.endpoint(endpoint.endpoint.id).await.failing_since, None);
    }

    async fn an_endpoint_that_fails_for_days_is_disabled_with_notice(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        bench.client(1).await;
        let receiver = Scripted::failing(down());
        let worker = bench.start(&receiver, 4);
        let mut tries = 0;
        while bench.endpoint(id).await.disabled_at.is_none() {
            tries += 1;
            until(async || receiver.seen().len() == tries).await;
            until(async || bench.is_recorded(&receiver.seen()[0]).await).await;
            bench.test.clock.advance(27 * HOUR);
            assert!(tries < 10, "it ends");
        }
        worker.stop().await;
        let endpoint = bench.endpoint(id).await;
        assert!(endpoint.disabled_reason.contains("2026-01-02T03:04:05.000Z has failed"), "{}", endpoint.disabled_reason);
        assert_eq!((bench.count(true).await, bench.mails().await), (1, 1));
        assert_eq!(bench.actions().await, ["webhook.add operator:test", "webhook.disable job:webhook"]);
        bench.client(2).await;
        assert_eq!(bench.waiting().await, 0, "nothing is written for it");

        bench.core().enable_webhook(id, &operator()).await.unwrap();
        assert!(matches!(bench.core().enable_webhook(id, &operator()).await, Err(AdminError::State(_))));
        let letter = bench.core().dead_letters(None, 10).await.unwrap().remove(0);
        assert_eq!((letter.kind.as_str(), letter.fault.as_str()), ("webhook", "500: the receiver answered 500"));
        bench.core().replay(letter.message, &operator()).await.unwrap();
        assert_eq!(bench.sent().await.len(), 1);
    }

    async fn an_endpoint_that_is_gone_is_disabled_at_once(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        for number in 0..5 {
            bench.client(number).await;
        }
        let receiver = Scripted::failing(gone());
        let worker = bench.start(&receiver, 4);
        until(async || bench.count(true).await == 5).await;
        worker.stop().await;
        let endpoint = bench.endpoint(id).await;
        assert_eq!(endpoint.disabled_reason, "410: the receiver says that the endpoint is gone");
        assert!(receiver.seen().len() <= 2, "no more than were under way");
        assert_eq!((bench.waiting().await, bench.mails().await), (0, 1));
        assert_eq!(bench.actions().await.len(), 2, "it is disabled once");
        // A day after they are no longer worth sending.
        bench.test.clock.advance(7 * DAY);
        bench.core().clean_up().await.unwrap();
        assert_eq!(bench.count(true).await, 0);
    }

    async fn a_receiver_that_hangs_holds_up_nobody_else(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        bench.add("https://hangs.example/", "").await;
        bench.add("https://works.example/", "").await;
        for number in 0..12 {
            bench.client(number).await;
        }
        let receiver = Scripted::new(|call| match call.url.as_str() {
            "https://hangs.example/" => Box::pin(std::future::pending()),
            _ => Box::pin(async { Ok(204) }),
        });
        let worker = bench.start(&receiver, 4);
        let to = |host: &str| receiver.seen().iter().filter(|call| call.url.contains(host)).count();
        until(async || to("works.example") == 12 && bench.waiting().await == 12).await;
        assert_eq!(to("hangs.example"), 2);
        drop(worker);
    }

    async fn two_secrets_sign_while_one_is_replaced(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let first = bench.add("https://quick.example/hook", "").await;
        let id = first.endpoint.id;
        let second = bench.core().rotate_webhook(id, DAY, &operator()).await.unwrap();
        assert_ne!(first.secret, second.secret);
        assert_eq!(second.endpoint.former_secret_until, Some(bench.test.clock.now().after(DAY)));
        bench.client(1).await;
        let both = bench.sent().await;
        assert!(is_signed(&both[0], &[&second.secret, &first.secret]), "{both:?}");
        bench.test.clock.advance(DAY);
        bench.client(2).await;
        assert!(is_signed(&bench.sent().await[0], &[&second.secret]));
        let third = bench.core().rotate_webhook(id, Duration::ZERO, &operator()).await.unwrap();
        bench.client(3).await;
        assert!(is_signed(&bench.sent().await[0], &[&third.secret]));
        let long = bench.core().rotate_webhook(id, 8 * DAY, &operator()).await;
        assert!(matches!(long, Err(AdminError::Invalid(_))));

        let fourth = bench.core().rotate_webhook(id, DAY, &operator()).await.unwrap();
        let newest = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
        let open = async |keys: &str, seed: u64| {
            let (keys, random) = (MasterKeys::parse(keys).unwrap(), Arc::new(TestRandom::new(u64::MAX / seed)));
            let clock = Arc::new(TestClock::new());
            Core::open(database.open().await, clock, random, keys, Settings::default()).await.unwrap()
        };
        let resealing = open(&format!("1:{MASTER_KEY},2:{newest}"), 5).await;
        resealing.reseal(&operator(), |_| {}).await.unwrap();
        assert_eq!(resealing.under_older_keys().await.unwrap().secrets, 0);
        let new = open(&format!("2:{newest}"), 7).await;
        let receiver = Scripted::willing();
        assert_eq!(new.test_webhook(&*receiver, id, &operator()).await.unwrap(), Ok(204));
        let call = receiver.seen().remove(0);
        assert!(is_signed(&call, &[&fourth.secret, &third.secret]));
        assert_eq!(bodies(&[call])[0]["type"], "webhook.test");
        let shown = format!("{:?} {:?}", bench.core().audit_records(Some("QUICK3"), None, 100).await.unwrap(), fourth);
        assert!(!shown.contains("whsec_") && !shown.contains("/hook\""), "{shown}");
    }

    async fn what_waits_for_an_endpoint_that_was_removed_is_dropped(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        bench.client(1).await;
        bench.core().remove_webhook(id, &operator()).await.unwrap();
        assert_eq!(bench.sent().await, []);
        assert_eq!(bench.count(true).await, 0);
        assert!(matches!(bench.core().remove_webhook(id, &operator()).await, Err(AdminError::NotFound(_))));
        assert_eq!(bench.actions().await, ["webhook.add operator:test", "webhook.remove operator:test"]);
    }

    async fn what_is_no_endpoint_is_refused(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let add = async |partner: &str, url: &str| {
            bench.core().add_webhook(partner, url, &EventSelection::default(), &operator()).await.map(drop)
        };
        for url in ["https://127.0.0.1/", "https://10.0.0.1/", "ftp://quick.example/", "https://a:b@quick.example/"] {
            let refused = add("QUICK3", url).await;
            assert!(matches!(&refused, Err(AdminError::Invalid(faults)) if faults[0].field == "url"), "{url}: {refused:?}");
        }
        assert!(matches!(add("NOBODY", "https://quick.example/").await, Err(AdminError::NotFound(_))));
        for _ in 0..16 {
            add("QUICK3", "https://quick.example/").await.unwrap();
        }
        assert!(matches!(add("QUICK3", "https://quick.example/").await, Err(AdminError::State(_))));
        bench.test.partner("SLOW4").await;
        bench.core().revoke_partner("SLOW4", &operator()).await.unwrap();
        assert!(matches!(add("SLOW4", "https://quick.example/").await, Err(AdminError::State(_))));
    }
}
