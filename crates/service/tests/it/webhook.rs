//! Webhooks: what happens is told to the endpoints that want it, signed, for days, and nobody holds up another.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::Fault;
use channels::webhook::{WebhookCall, WebhookChannel};
use domain::Clock;
use domain::api_key::{KeyHolder, KeyKind};
use domain::identifier::ClientIdentifier;
use domain::sms::{Sender, SmsDraft, SmsRules};
use domain::webhook::{EventSelection, WebhookSecret, signature};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use service::mail::MailSettings;
use service::outbox::{LEAST_WEBHOOK_WINDOW, Provider, Sends, Worker};
use service::partner::AddedPartner;
use service::sms::SmsSettings;
use service::webhook::{Endpoint, NewSecret, WebhookSettings};
use service::{AdminError, Core, MasterKeys, Settings};
use testkit::clock::TestClock;
use testkit::core::{MASTER_KEY, TestCore, draft, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::random::TestRandom;
use uuid::Uuid;

use crate::sql::{execute, number};

/// The longest that anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

type Answer = BoxFuture<'static, Result<u16, Fault>>;
/// What a receiver does when it is called.
type Act = Box<dyn Fn(&WebhookCall) -> Answer + Send>;

/// A receiver that does what the test says. The real sender is tried in `channels`.
pub(crate) struct Scripted {
    act: Mutex<Act>,
    seen: Mutex<Vec<WebhookCall>>,
}

impl Scripted {
    fn new(act: impl Fn(&WebhookCall) -> Answer + Send + 'static) -> Arc<Self> {
        Arc::new(Self { act: Mutex::new(Box::new(act)), seen: Mutex::default() })
    }

    pub(crate) fn willing() -> Arc<Self> {
        Self::new(|_| Box::pin(async { Ok(204) }))
    }

    fn failing(fault: Fault) -> Arc<Self> {
        let act = failing(fault);
        Self::new(act)
    }

    fn now_acts(&self, act: impl Fn(&WebhookCall) -> Answer + Send + 'static) {
        *self.act.lock().unwrap() = Box::new(act);
    }

    pub(crate) fn seen(&self) -> Vec<WebhookCall> {
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
        Self::with(database, WebhookSettings::default()).await
    }

    async fn with(database: &TestDatabase, webhook: WebhookSettings) -> Self {
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
            webhook,
            ..Settings::default()
        };
        Self::of(database, settings).await
    }

    async fn of(database: &TestDatabase, settings: Settings) -> Self {
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

    async fn all_recorded(&self, receiver: &Scripted) -> bool {
        for call in receiver.seen() {
            if !self.is_recorded(&call).await {
                return false;
            }
        }
        true
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

pub(crate) async fn until(reached: impl AsyncFn() -> bool) {
    let waiting = async {
        while !reached().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it comes so far");
}

pub(crate) fn bodies(calls: &[WebhookCall]) -> Vec<Value> {
    calls.iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect()
}

fn is_signed(call: &WebhookCall, secrets: &[&WebhookSecret]) -> bool {
    let secrets: Vec<WebhookSecret> = secrets.iter().map(|secret| (*secret).clone()).collect();
    call.signatures == signature::signatures(&secrets, &call.id, call.timestamp, &call.body)
}

/// Tries that fail at once do not make each other's recording run again.
#[tokio::test]
async fn what_became_of_webhooks_is_recorded_without_running_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let bench = Bench::open(&database).await;
    for number in 0..16 {
        bench.add(&format!("https://quick.example/{number}"), "").await;
    }
    for number in 0..4 {
        bench.client(number).await;
    }
    let all = tokio::sync::watch::Sender::new(0);
    let arrived = all.clone();
    // Every one of them is held until all have come, so that they end at once.
    let receiver = Scripted::new(move |_| {
        arrived.send_modify(|count| *count += 1);
        let mut count = arrived.subscribe();
        Box::pin(async move {
            count.wait_for(|count| *count >= 16).await.unwrap();
            Err(down())
        })
    });
    let before = recorder.handle().render();
    let worker = bench.start(&receiver, 64);
    until(async || receiver.seen().len() >= 16 && bench.all_recorded(&receiver).await).await;
    worker.stop().await;
    let retries =
        |text: String| text.lines().find(|line| line.starts_with("store_write_retries_total")).map(str::to_owned);
    assert_eq!(retries(recorder.handle().render()), retries(before));
}

on_both_engines! {
    async fn endpoints_of_one_partner_take_turns(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let addresses: Vec<_> = (0..16).map(|number| format!("https://quick.example/{number}")).collect();
        for address in &addresses {
            bench.add(address, "").await;
        }
        for number in 0..10 {
            bench.client(number).await;
        }
        let receiver = Scripted::willing();
        let worker = bench.start(&receiver, LEAST_WEBHOOK_WINDOW);
        let told = |address: &str| receiver.seen().iter().filter(|call| call.url == address).count();
        until(async || addresses.iter().any(|address| told(address) == 10)).await;
        let least = addresses.iter().map(|address| told(address)).min();
        worker.stop().await;
        assert!(least > Some(0), "none waits until another has all of its own");
    }

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
        let rotated = bench.core().rotate_partner("QUICK3", KeyKind::Partner, None, &operator()).await.unwrap();
        let told = bodies(&bench.sent().await);
        let expected = json!({
            "keyId": bench.partner.partner_key.id, "kind": "partner", "clientIdentifier": null, "successorKeyId": rotated.id,
            "overlapUntil": "2026-01-02T03:19:05.000Z", "successorExpiresAt": null,
        });
        assert_eq!((told.len(), &told[0]["data"]), (1, &expected));

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
        let worker = bench.start(&receiver, 8);
        let to = |host: &str| receiver.seen().iter().filter(|call| call.url.contains(host)).count();
        until(async || to("works.example") == 12 && to("hangs.example") > 0 && bench.waiting().await == 12).await;
        assert_eq!(to("hangs.example"), 1, "half of what its partner may take");
        drop(worker);
    }

    async fn a_partner_that_was_revoked_is_told_of_nothing_more(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        let (_, key) = bench.client(1).await;
        assert_eq!(bench.waiting().await, 1);
        bench.core().revoke_partner("QUICK3", &operator()).await.unwrap();
        let endpoint = bench.endpoint(id).await;
        assert_eq!((endpoint.disabled_at.is_some(), endpoint.disabled_reason.as_str()), (true, "the partner was revoked"));
        let holder = bench.core().authenticate(Some(&key), None).await.unwrap();
        bench.core().renew(&holder, &operator()).await.unwrap();
        assert_eq!(bench.sent().await, [], "neither what waited nor what came after");
        assert_eq!(bench.count(true).await, 1, "the renewal was not even written");
        let core = bench.core();
        assert!(matches!(core.enable_webhook(id, &operator()).await, Err(AdminError::State(_))));
        assert!(matches!(core.rotate_webhook(id, DAY, &operator()).await, Err(AdminError::State(_))));
        let receiver = Scripted::willing();
        assert!(matches!(core.test_webhook(&*receiver, id, &operator()).await, Err(AdminError::State(_))));
        assert_eq!(receiver.seen(), []);
        core.remove_webhook(id, &operator()).await.unwrap();
    }

    async fn a_success_meanwhile_outweighs_a_failure(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        bench.client(1).await;
        bench.client(2).await;
        let down_for_days = Scripted::failing(down());
        let worker = bench.start(&down_for_days, 1);
        for tries in 1..=7 {
            until(async || down_for_days.seen().len() >= tries && bench.all_recorded(&down_for_days).await).await;
            bench.test.clock.advance(10 * HOUR);
        }
        worker.stop().await;
        bench.test.clock.advance(15 * HOUR);
        // One try is under way when another, of another process, is answered.
        let (hold, held) = tokio::sync::watch::channel(false);
        let slow = Scripted::new(move |_| {
            let mut held = held.clone();
            Box::pin(async move {
                held.wait_for(|is_over| *is_over).await.unwrap();
                Err(down())
            })
        });
        let here = bench.start(&slow, 1);
        until(async || slow.seen().len() == 1).await;
        let there = bench.start(&Scripted::willing(), 1);
        until(async || bench.endpoint(id).await.failing_since.is_none()).await;
        there.stop().await;
        hold.send(true).unwrap();
        until(async || bench.all_recorded(&slow).await).await;
        here.stop().await;
        let endpoint = bench.endpoint(id).await;
        assert_eq!((endpoint.disabled_at, endpoint.failing_since), (None, None), "{}", endpoint.disabled_reason);
    }

    async fn a_time_without_tries_does_not_count_as_failing(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        bench.client(1).await;
        let receiver = Scripted::failing(down());
        for tries in 1..=2 {
            let worker = bench.start(&receiver, 4);
            until(async || receiver.seen().len() == tries && bench.all_recorded(&receiver).await).await;
            worker.stop().await;
            assert_eq!(bench.endpoint(id).await.disabled_at, None);
            assert_eq!(bench.endpoint(id).await.failing_since, Some(bench.test.clock.now()));
            // Nothing runs over a long weekend.
            bench.test.clock.advance(4 * DAY);
        }
    }

    async fn partners_whose_receivers_hang_leave_the_window_to_others(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        for (partner, host) in [("HANGS1", "hangs.example"), ("HANGS2", "hangs.example"), ("QUICK3", "works.example")] {
            if partner != "QUICK3" {
                bench.test.partner(partner).await;
            }
            for path in ["a", "b"] {
                let url = format!("https://{host}/{path}");
                bench.core().add_webhook(partner, &url, &EventSelection::default(), &operator()).await.unwrap();
            }
            if partner != "QUICK3" {
                for _ in 0..4 {
                    bench.core().rotate_partner(partner, KeyKind::Partner, None, &operator()).await.unwrap();
                }
            }
        }
        for number in 0..6 {
            bench.client(number).await;
        }
        let receiver = Scripted::new(|call| {
            if call.url.contains("hangs") { Box::pin(std::future::pending()) } else { Box::pin(async { Ok(204) }) }
        });
        let worker = bench.start(&receiver, 8);
        let to = |host: &str| receiver.seen().iter().filter(|call| call.url.contains(host)).count();
        until(async || to("works.example") == 12 && to("hangs.example") >= 4 && bench.waiting().await == 16).await;
        assert_eq!(to("hangs.example"), 4, "a quarter of the window for each");
        drop(worker);
    }

    async fn an_endpoint_that_fails_has_a_pause_for_all_its_messages(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        bench.add("https://fails.example/", "").await;
        bench.add("https://works.example/", "").await;
        for number in 0..10 {
            bench.client(number).await;
        }
        let receiver = Scripted::new(|call| {
            if call.url.contains("fails") { failing(down())(call) } else { Box::pin(async { Ok(204) }) }
        });
        let to = |host: &str| receiver.seen().iter().filter(|call| call.url.contains(host)).count();
        let worker = bench.start(&receiver, 16);
        let pauses = async || {
            let paused = format!(
                "SELECT COUNT(*) FROM webhook_endpoint WHERE next_try_at > {}",
                bench.test.clock.now().micros()
            );
            number(&database, &paused).await == 1 && bench.all_recorded(&receiver).await
        };
        until(async || to("works.example") == 10 && pauses().await).await;
        let first = to("fails.example");
        assert!((2..=5).contains(&first), "no more than were under way, and one more: {first}");
        bench.test.clock.advance(6 * SECOND);
        until(async || to("fails.example") == first + 1 && pauses().await).await;
        // Whoever has come to the one has looked at the other.
        bench.client(10).await;
        until(async || to("works.example") == 11).await;
        bench.test.clock.advance(60 * SECOND);
        bench.client(11).await;
        until(async || to("works.example") == 12 && bench.all_recorded(&receiver).await).await;
        assert_eq!(to("fails.example"), first + 1, "also what is new waits for its next try");
        receiver.now_acts(|_| Box::pin(async { Ok(204) }));
        bench.test.clock.advance(5 * HOUR);
        until(async || bench.waiting().await == 0).await;
        worker.stop().await;
        assert_eq!(to("fails.example"), first + 1 + 12);
    }

    async fn a_receiver_that_dislikes_one_message_gets_the_others_at_once(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        let mut clients = Vec::new();
        for number in 0..12 {
            clients.push(bench.client(number).await.0);
        }
        let disliked = format!("\"clientIdentifier\":{},", clients[5]);
        let receiver = Scripted::new(move |call| {
            if call.body.contains(&disliked) { failing(down())(call) } else { Box::pin(async { Ok(204) }) }
        });
        let worker = bench.start(&receiver, 64);
        until(async || bench.waiting().await == 1).await;
        worker.stop().await;
        assert_eq!(receiver.seen().len(), 12);
        assert_eq!(bench.endpoint(id).await.disabled_at, None);
    }

    async fn what_another_master_key_has_sealed_waits_for_it(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        bench.add("https://quick.example/hook", "").await;
        // A server that has the new key already; ours has only the old one.
        let keys = MasterKeys::parse(&format!("1:{MASTER_KEY},2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")).unwrap();
        let (clock, random) = (Arc::clone(&bench.test.clock), Arc::new(TestRandom::new(u64::MAX / 3)));
        let there = Core::open(database.open().await, clock, random, keys, bench.core().settings().clone()).await.unwrap();
        let asker = bench.test.provisioner(&bench.partner).await;
        there.create_client(&asker, &draft("QUICK3", 1), None, &operator()).await.unwrap();
        let receiver = Scripted::willing();
        let worker = bench.start(&receiver, 4);
        let given_back = format!("SELECT COUNT(*) FROM outbox WHERE lease IS NULL AND due_at > {}", bench.test.clock.now().micros());
        until(async || number(&database, &given_back).await + bench.count(true).await == 1).await;
        worker.stop().await;
        assert_eq!((bench.waiting().await, receiver.seen().len()), (1, 0), "it is not given up");
        assert_eq!(number(&database, "SELECT attempts FROM outbox").await, 0);
        bench.test.clock.advance(61 * SECOND);
        let handed: Arc<dyn WebhookChannel> = Arc::clone(&receiver) as Arc<dyn WebhookChannel>;
        let worker = there.start_worker(vec![Provider { sends: Sends::Webhook(handed), window: 4, per_second: None }]);
        until(async || bench.waiting().await == 0).await;
        worker.stop().await;
        assert_eq!((receiver.seen().len(), bench.count(true).await), (1, 0));
    }

    async fn what_is_our_own_fault_counts_against_no_endpoint(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        bench.client(1).await;
        let receiver = Scripted::failing(Fault::unreachable("no trusted certificates"));
        let worker = bench.start(&receiver, 8);
        until(async || receiver.seen().len() >= 2).await;
        receiver.now_acts(|_| Box::pin(async { Ok(204) }));
        until(async || bench.waiting().await == 0).await;
        worker.stop().await;
        assert_eq!((bench.count(true).await, bench.endpoint(id).await.failing_since), (0, None));
    }

    async fn where_nobody_answers_an_endpoint_has_twice_the_time(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        let began = bench.test.clock.now();
        let receiver = Scripted::failing(Fault::temporary("could not connect to the receiver"));
        let worker = bench.start(&receiver, 8);
        let mut tries = 0;
        while bench.endpoint(id).await.disabled_at.is_none() {
            bench.client(tries).await;
            tries += 1;
            until(async || receiver.seen().len() >= tries as usize && bench.all_recorded(&receiver).await).await;
            bench.test.clock.advance(23 * HOUR);
            assert!(tries < 12, "it ends");
        }
        worker.stop().await;
        let after = bench.endpoint(id).await.disabled_at.unwrap().since(began);
        assert!(after >= 6 * DAY && after < 7 * DAY, "{after:?}");
    }

    async fn an_endpoint_that_fails_with_too_many_waiting_is_disabled_and_they_are_given_up(database: TestDatabase) {
        let webhook = WebhookSettings { most_waiting: 10, ..WebhookSettings::default() };
        let bench = Bench::with(&database, webhook).await;
        let id = bench.add("https://quick.example/hook", "").await.endpoint.id;
        for number in 0..11 {
            bench.client(number).await;
        }
        let receiver = Scripted::failing(down());
        let worker = bench.start(&receiver, 8);
        for _ in 0..6 {
            let before = receiver.seen().len();
            bench.test.clock.advance(HOUR);
            until(async || {
                bench.waiting().await == 0 || receiver.seen().len() > before && bench.all_recorded(&receiver).await
            })
            .await;
        }
        until(async || bench.waiting().await == 0).await;
        worker.stop().await;
        let reason = bench.endpoint(id).await.disabled_reason;
        assert!(reason.starts_with("more than 10 messages wait for it, and every try since 2026-01-0"), "{reason}");
        assert_eq!(bench.count(true).await, 11);
        assert!(receiver.seen().len() <= 7, "the others were given up untried");

        // What was given up of this endpoint goes out, and of no other.
        bench.core().enable_webhook(id, &operator()).await.unwrap();
        let other = bench.add("https://other.example/hook", "").await.endpoint.id;
        assert_eq!(bench.core().dead_webhooks(other, None, 10).await.unwrap().len(), 0);
        let unknown = bench.core().dead_webhooks(Uuid::nil(), None, 10).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))));
        let letters = bench.core().dead_webhooks(id, None, 4).await.unwrap();
        assert_eq!(letters.len(), 4);
        assert_eq!(bench.core().dead_webhooks(id, Some(letters[3].message), 100).await.unwrap().len(), 7);
        bench.core().replay(letters[0].message, &operator()).await.unwrap();
        assert_eq!((bench.sent().await.len(), bench.count(true).await), (1, 10));
    }

    async fn who_listens_is_known_without_asking(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let jobs = bench.core().start_jobs();
        let there = TestCore::with(&database, bench.core().settings().clone()).await;
        // Added by another process: told of within the second in which it is heard of.
        there.core.add_webhook("QUICK3", "https://quick.example/hook", &EventSelection::default(), &operator()).await.unwrap();
        let mut number = 0;
        until(async || bench.core().hear_revocations().await.is_ok()).await;
        while bench.waiting().await == 0 {
            number += 1;
            bench.client(number).await;
        }
        assert_eq!(number, 1);
        // The table is not even read. Where the process has not heard of changes for a second it would be, and is asked again.
        let asker = bench.test.provisioner(&bench.partner).await;
        until(async || {
            bench.core().hear_revocations().await.unwrap();
            execute(&database, "ALTER TABLE webhook_endpoint RENAME TO hidden").await;
            let made = bench.core().create_client(&asker, &draft("QUICK3", 100), None, &operator()).await.is_ok();
            execute(&database, "ALTER TABLE hidden RENAME TO webhook_endpoint").await;
            made
        })
        .await;
        assert_eq!(bench.waiting().await, 2);
        let id = bench.core().list_webhooks(None).await.unwrap()[0].id;
        bench.core().remove_webhook(id, &operator()).await.unwrap();
        bench.client(number + 1).await;
        assert_eq!(bench.waiting().await, 2, "in the process itself it is known at once");
        jobs.stop().await;
    }

    async fn keys_that_will_expire_are_told_of_without_mail_too(database: TestDatabase) {
        let settings = Settings {
            client_key_lifetime: Some(100 * DAY),
            partner_key_lifetime: Some(200 * DAY),
            expiry_notice: vec![30 * DAY],
            ..Settings::default()
        };
        let bench = Bench::of(&database, settings).await;
        bench.test.partner("SLOW4").await;
        bench.add("https://quick.example/hook", "token.expiring").await;
        bench.core().add_webhook("SLOW4", "https://slow.example/", &"sms.final".parse().unwrap(), &operator()).await.unwrap();
        let (client, _) = bench.client(1).await;
        let key = bench.core().list_keys("QUICK3", Some(ClientIdentifier(client))).await.unwrap().remove(0);
        bench.test.clock.advance(80 * DAY);
        assert_eq!(bench.core().send_expiry_notices().await.unwrap(), 1);
        let told = bodies(&bench.sent().await);
        let expected = json!({ "keyId": key.id, "kind": "client", "clientIdentifier": client, "expiresAt": key.expires_at });
        assert_eq!((told.len(), &told[0]["data"]), (1, &expected));
        bench.test.clock.advance(100 * DAY);
        assert_eq!(bench.core().send_expiry_notices().await.unwrap(), 2, "both of the partner's own, and none of who wants none");
        let told = bodies(&bench.sent().await);
        assert!(told.iter().all(|told| told["data"].as_object().unwrap()["clientIdentifier"].is_null()), "{told:?}");
        assert_eq!(bench.core().send_expiry_notices().await.unwrap(), 0, "each once");
    }

    async fn two_secrets_sign_while_one_is_replaced(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let first = bench.add("https://quick.example/hook?token=hunter22", "").await;
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
        assert!(!shown.contains("whsec_") && !shown.contains("/hook") && !shown.contains("hunter22"), "{shown}");
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
