//! Short messages and the outbox: each is sent, what the provider tells ends in the right state, and nobody holds up another.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::{Accepted, Fault, Receipt, ReceiptSink, SmsChannel, SmsSubmit};
use domain::identifier::PartnerId;
use domain::retry::MOST_TRIES;
use domain::sms::{Sender, SmsDraft, SmsRules, SmsState};
use futures_util::future::BoxFuture;
use service::api_key::Principal;
use service::outbox::{Provider, Sends, Worker};
use service::sms::{Sms, SmsError, SmsFilter, SmsSettings};
use service::sms_receipt::Receipts;
use service::{Core, Settings};
use testkit::core::{TestCore, draft, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use uuid::Uuid;

/// The longest that anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// The answer of a provider to one submit.
type Answer = Result<Vec<String>, Fault>;
/// What a provider does when it gets a message; the second argument is how often it has got this one.
type Act = Box<dyn Fn(Uuid, usize) -> BoxFuture<'static, Answer> + Send + Sync>;

/// A provider that does what the test says. The real ones are tried in `channels`; this one shows what no real one does on demand.
struct Scripted {
    act: Act,
    seen: Mutex<Vec<Uuid>>,
}

impl Scripted {
    fn new(act: impl Fn(Uuid, usize) -> BoxFuture<'static, Answer> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { act: Box::new(act), seen: Mutex::default() })
    }

    /// One that takes everything, under our own identifier.
    fn willing() -> Arc<Self> {
        Self::new(|id, _| Box::pin(async move { Ok(vec![id.simple().to_string()]) }))
    }

    fn seen(&self) -> Vec<Uuid> {
        self.seen.lock().unwrap().clone()
    }
}

impl SmsChannel for Scripted {
    fn name(&self) -> &str {
        "test"
    }

    fn submit<'a>(&'a self, message: &'a SmsSubmit) -> BoxFuture<'a, Result<Accepted, Fault>> {
        let times = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(message.id);
            seen.iter().filter(|id| **id == message.id).count()
        };
        let answer = (self.act)(message.id, times);
        Box::pin(async move { answer.await.map(|provider_message_ids| Accepted { provider_message_ids }) })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        Box::pin(async { Ok("scripted".to_owned()) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

fn start(core: &Core, channel: &Arc<Scripted>, window: usize) -> Worker {
    let channel: Arc<dyn SmsChannel> = Arc::clone(channel) as Arc<dyn SmsChannel>;
    core.start_worker(vec![Provider { sends: Sends::Sms(channel), window, per_second: None }])
}

struct Bench {
    test: TestCore,
    partner: Principal,
}

impl Bench {
    async fn open(database: &TestDatabase) -> Self {
        Self::with(database, Settings::default()).await
    }

    async fn with(database: &TestDatabase, settings: Settings) -> Self {
        let rules = SmsRules { sender: Sender::parse("Tally").unwrap(), most_parts: 10 };
        let sms = Some(SmsSettings { channel: "test".into(), rules });
        let test = TestCore::with(database, Settings { sms, ..settings }).await;
        let partner = test.partner("QUICK3").await;
        let key = partner.partner_key.value.expose().to_text();
        let partner = test.core.authenticate(Some(&key), None).await.unwrap();
        Self { test, partner }
    }

    fn id(&self) -> PartnerId {
        self.partner.holder.partner
    }

    async fn send(&self, creditor: Option<i64>, text: &str) -> Uuid {
        let draft =
            SmsDraft { recipient: Some("+358441234567".into()), text: Some(text.into()), ..SmsDraft::default() };
        let sent = self.test.core.send_sms(self.partner.holder, creditor, &draft, None, &operator()).await;
        sent.unwrap().value.id
    }

    async fn sms(&self, id: Uuid) -> Sms {
        self.test.core.sms(self.id(), id).await.unwrap().unwrap()
    }

    /// The message once `reached` holds of it.
    async fn until(&self, id: Uuid, reached: impl Fn(&Sms) -> bool) -> Sms {
        let waiting = async {
            loop {
                let sms = self.sms(id).await;
                if reached(&sms) {
                    return sms;
                }
                tokio::task::yield_now().await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, waiting).await;
        match reached {
            Ok(sms) => sms,
            Err(_) => panic!("it never came so far: {:?}", self.sms(id).await),
        }
    }

    /// Returns once the message is leased for at least `time` from now.
    async fn until_leased_for(&self, id: Uuid, time: Duration) {
        let waiting = async {
            loop {
                let core = &self.test.core;
                let row = store::outbox::by_id(&mut core.db().reader().await.unwrap(), self.id(), id).await.unwrap();
                if row.is_some_and(|row| row.lease.is_some() && row.due_at >= core.clock().now().after(time)) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("the lease is not renewed");
    }

    async fn receive(&self, id: &str, state: SmsState) {
        self.test.core.receive_receipt(self.receipt(id, state)).await.unwrap();
    }

    fn receipt(&self, id: &str, state: SmsState) -> Receipt {
        Receipt {
            channel: "test".into(),
            provider_message_id: id.into(),
            state,
            error_code: Some("000".into()),
            recipient: Some("358441234567".into()),
            at: self.test.core.clock().now(),
            text: None,
        }
    }
}

fn states(sms: &Sms) -> Vec<SmsState> {
    sms.reports.iter().map(|report| report.state).collect()
}

on_both_engines! {
    async fn a_message_goes_out_and_its_receipt_comes_back(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let provider = Scripted::new(|_, _| Box::pin(async { Ok(vec!["00FF12ab".to_owned()]) }));
        let worker = start(&bench.test.core, &provider, 4);
        let id = bench.send(None, "Hei").await;
        let sent = bench.until(id, |sms| sms.state == SmsState::Sent).await;
        assert_eq!(states(&sent), [SmsState::Queued, SmsState::Sent]);
        assert_eq!(sent.reports[1].provider_message_id.as_deref(), Some("00FF12ab"));
        // In another base, twice, and then one that is too late.
        for state in [SmsState::Delivered, SmsState::Delivered, SmsState::Expired] {
            bench.receive("16716459", state).await;
        }
        let waited = bench.test.core.wait_for_sms(bench.id(), id, Duration::from_secs(20)).await.unwrap().unwrap();
        assert_eq!(waited.state, SmsState::Delivered);
        assert_eq!(states(&waited), [SmsState::Queued, SmsState::Sent, SmsState::Delivered]);
        assert_eq!(provider.seen(), [id]);
        worker.stop().await;
    }

    async fn a_receipt_may_come_before_the_answer_to_the_submit(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let sink = Arc::new(Receipts(bench.test.core.clone()));
        let early = bench.receipt("4660", SmsState::Delivered);
        let provider = Scripted::new(move |_, _| {
            let (sink, early) = (Arc::clone(&sink), early.clone());
            Box::pin(async move {
                sink.receive(early).await.unwrap();
                Ok(vec!["0x1234".to_owned()])
            })
        });
        let worker = start(&bench.test.core, &provider, 4);
        let id = bench.send(None, "Hei").await;
        let sms = bench.until(id, |sms| sms.state.is_final()).await;
        assert_eq!(states(&sms), [SmsState::Queued, SmsState::Sent, SmsState::Delivered]);
        worker.stop().await;
    }

    async fn an_early_receipt_of_a_failure_keeps_its_code(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let sink = Arc::new(Receipts(bench.test.core.clone()));
        let early = Receipt { error_code: Some("011".into()), ..bench.receipt("77", SmsState::Undeliverable) };
        let provider = Scripted::new(move |_, _| {
            let (sink, early) = (Arc::clone(&sink), early.clone());
            Box::pin(async move {
                sink.receive(early).await.unwrap();
                Ok(vec!["77".to_owned()])
            })
        });
        let worker = start(&bench.test.core, &provider, 4);
        let id = bench.send(None, "Hei").await;
        let sms = bench.until(id, |sms| sms.state.is_final()).await;
        assert_eq!((sms.state, sms.error_code.as_deref()), (SmsState::Undeliverable, Some("011")));
        worker.stop().await;
    }

    async fn a_long_message_is_delivered_when_each_part_is(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let provider = Scripted::new(|_, _| Box::pin(async { Ok(vec!["a1".to_owned(), "a2".to_owned()]) }));
        let worker = start(&bench.test.core, &provider, 4);
        let id = bench.send(None, &"x".repeat(200)).await;
        let sent = bench.until(id, |sms| sms.state == SmsState::Sent).await;
        assert_eq!((sent.parts, sent.encoding.as_str()), (2, "GSM_7BIT"));
        bench.receive("a2", SmsState::Delivered).await;
        assert_eq!(bench.sms(id).await.state, SmsState::Sent);
        bench.receive("a1", SmsState::Undeliverable).await;
        let failed = bench.sms(id).await;
        assert_eq!((failed.state, failed.error_code.as_deref()), (SmsState::Undeliverable, Some("000")));
        worker.stop().await;
    }

    async fn a_receipt_of_another_recipient_is_not_taken_for_it(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let provider = Scripted::new(|_, _| Box::pin(async { Ok(vec!["77".to_owned()]) }));
        let worker = start(&bench.test.core, &provider, 4);
        let id = bench.send(None, "Hei").await;
        bench.until(id, |sms| sms.state == SmsState::Sent).await;
        let other = Receipt { recipient: Some("46701234567".into()), ..bench.receipt("77", SmsState::Rejected) };
        bench.test.core.receive_receipt(other).await.unwrap();
        assert_eq!(bench.sms(id).await.state, SmsState::Sent);
        worker.stop().await;
    }

    async fn what_the_provider_refuses_is_over_and_what_may_pass_is_tried_again(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let refused = Scripted::new(|_, times| {
            Box::pin(async move {
                match times {
                    1 => Err(Fault::throttled("slow down", Some(Duration::from_millis(5)))),
                    2 => Err(Fault::temporary("no route").with_code("0x08")),
                    _ => Err(Fault::permanent("no such number").with_code("0x0b")),
                }
            })
        });
        let worker = start(&bench.test.core, &refused, 4);
        let id = bench.send(None, "Hei").await;
        bench.until(id, |sms| sms.reason.as_deref().is_some_and(|reason| reason.contains("no route"))).await;
        bench.test.clock.advance(Duration::from_secs(10));
        let sms = bench.until(id, |sms| sms.state.is_final()).await;
        assert_eq!((sms.state, sms.error_code.as_deref()), (SmsState::Rejected, Some("0x0b")));
        assert_eq!(refused.seen().len(), 3);
        assert_eq!(bench.test.core.outbox_counts().await.unwrap(), []);
        worker.stop().await;
    }

    async fn what_never_passes_is_given_up_and_can_be_replayed(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let most = usize::try_from(MOST_TRIES).unwrap();
        let provider = Scripted::new(move |id, times| {
            Box::pin(async move {
                if times <= most { Err(Fault::temporary(format!("down {times}"))) } else { Ok(vec![id.simple().to_string()]) }
            })
        });
        let worker = start(&bench.test.core, &provider, 4);
        let id = bench.send(None, "Hei").await;
        let given_up = async {
            for tries in 1..=most {
                let told = format!("down {tries}");
                bench.until(id, |sms| sms.reason.as_deref() == Some(&told)).await;
                // The longest pause, so that the next look finds it due.
                bench.test.clock.advance(Duration::from_secs(900));
            }
            loop {
                if let Some(dead) = bench.test.core.dead_letters(None, 10).await.unwrap().into_iter().next() {
                    return dead;
                }
                tokio::task::yield_now().await;
            }
        };
        let dead = tokio::time::timeout(PATIENCE * 2, given_up).await.unwrap();
        assert_eq!((dead.message, dead.attempts, dead.fault.as_str()), (id, MOST_TRIES, "down 20"));
        assert_eq!(bench.sms(id).await.state, SmsState::Queued);
        assert!(bench.test.core.replay(id, &operator()).await.is_ok());
        bench.until(id, |sms| sms.state == SmsState::Sent).await;
        assert!(bench.test.core.replay(id, &operator()).await.is_err());
        let record = bench.test.core.audit_records(Some("QUICK3"), None, 1).await.unwrap().remove(0);
        assert_eq!(record.action, "outbox.replay");
        worker.stop().await;
    }

    async fn a_worker_that_died_leaves_it_to_another_under_the_same_identifier(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        // Takes it, and is never heard of again.
        let silent = Scripted::new(|_, _| Box::pin(std::future::pending()));
        let dead = start(&bench.test.core, &silent, 4);
        let id = bench.send(None, "Hei").await;
        tokio::time::timeout(Duration::from_secs(10), async {
            while silent.seen().is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
        // As by kill -9: nothing is given back.
        drop(dead);
        let provider = Scripted::willing();
        let second = start(&bench.test.core, &provider, 4);
        // The lease is not over.
        bench.test.clock.advance(Duration::from_secs(60));
        let other = bench.send(None, "Another").await;
        bench.until(other, |sms| sms.state == SmsState::Sent).await;
        assert_eq!(provider.seen(), [other]);
        bench.test.clock.advance(Duration::from_secs(61));
        bench.until(id, |sms| sms.state == SmsState::Sent).await;
        assert_eq!(provider.seen(), [other, id]);
        second.stop().await;
    }

    async fn a_slow_provider_gets_a_message_once_because_its_lease_is_renewed(database: TestDatabase) {
        let lease = Duration::from_millis(300);
        let bench = Bench::with(&database, Settings { outbox_lease: lease, ..Settings::default() }).await;
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let slow = {
            let gate = Arc::clone(&gate);
            Scripted::new(move |id, _| {
                let gate = Arc::clone(&gate);
                Box::pin(async move {
                    gate.acquire().await.unwrap().forget();
                    Ok(vec![id.simple().to_string()])
                })
            })
        };
        let first = start(&bench.test.core, &slow, 4);
        let id = bench.send(None, "Hei").await;
        for _ in 0..4 {
            bench.test.clock.advance(lease * 3 / 4);
            bench.until_leased_for(id, lease / 2).await;
        }
        let quick = Scripted::willing();
        let second = start(&bench.test.core, &quick, 4);
        let other = bench.send(None, "Another").await;
        gate.add_permits(2);
        bench.until(other, |sms| sms.state == SmsState::Sent).await;
        bench.until(id, |sms| sms.state == SmsState::Sent).await;
        assert_eq!(slow.seen().iter().chain(&quick.seen()).filter(|seen| **seen == id).count(), 1);
        assert_eq!(bench.test.core.outbox_counts().await.unwrap(), []);
        first.stop().await;
        second.stop().await;
    }

    async fn what_was_taken_of_a_message_that_is_refused_is_kept(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let provider = Scripted::new(|_, _| {
            Box::pin(async {
                let mut fault = Fault::permanent("no such number").with_code("0x0b");
                fault.accepted.push(channels::AcceptedPart { index: 0, provider_message_id: "p0".to_owned() });
                Err(fault)
            })
        });
        let worker = start(&bench.test.core, &provider, 4);
        let id = bench.send(None, &"x".repeat(200)).await;
        let sms = bench.until(id, |sms| sms.state.is_final()).await;
        assert_eq!((sms.state, sms.error_code.as_deref()), (SmsState::Rejected, Some("0x0b")));
        assert_eq!(states(&sms), [SmsState::Queued, SmsState::Sent, SmsState::Rejected]);
        // Its receipt is known, and changes nothing.
        bench.receive("p0", SmsState::Delivered).await;
        assert_eq!(bench.sms(id).await.state, SmsState::Rejected);
        worker.stop().await;
    }

    async fn a_receipt_that_names_our_own_number_is_taken(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let provider = Scripted::new(|_, _| Box::pin(async { Ok(vec!["77".to_owned()]) }));
        let worker = start(&bench.test.core, &provider, 4);
        let draft = SmsDraft {
            recipient: Some("+358441234567".into()),
            text: Some("Hei".into()),
            sender: Some("17017".into()),
            ..SmsDraft::default()
        };
        let sent = bench.test.core.send_sms(bench.partner.holder, None, &draft, None, &operator()).await.unwrap();
        bench.until(sent.value.id, |sms| sms.state == SmsState::Sent).await;
        let receipt = Receipt { recipient: Some("17017".into()), ..bench.receipt("77", SmsState::Delivered) };
        bench.test.core.receive_receipt(receipt).await.unwrap();
        assert_eq!(bench.sms(sent.value.id).await.state, SmsState::Delivered);
        worker.stop().await;
    }

    async fn a_receipt_of_somebody_elses_message_goes_after_a_week(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        bench.receive("other-1", SmsState::Delivered).await;
        assert_eq!(bench.test.core.settle_sms().await.unwrap(), 0);
        bench.test.clock.advance(Duration::from_secs(8 * 24 * 3600));
        assert_eq!(bench.test.core.clean_up().await.unwrap(), 1);
    }

    async fn a_page_holds_the_reports_of_each_message(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let (one, other) = (bench.creditor(1).await, bench.creditor(2).await);
        let provider = Scripted::willing();
        let worker = start(&bench.test.core, &provider, 4);
        let mut ids = Vec::new();
        for number in 0..6 {
            ids.push(bench.send(Some(if number % 2 == 0 { one } else { other }), &number.to_string()).await);
        }
        for id in &ids {
            bench.until(*id, |sms| sms.state == SmsState::Sent).await;
        }
        worker.stop().await;
        let list = |filter, limit| bench.test.core.list_sms(bench.id(), filter, limit);
        let of_one = SmsFilter { creditor: Some(one.into()), before: None };
        for listed in [list(SmsFilter::default(), 4).await.unwrap(), list(of_one, 4).await.unwrap()] {
            for sms in listed {
                assert_eq!(states(&sms), [SmsState::Queued, SmsState::Sent]);
                assert_eq!(sms.reports[1].provider_message_id, Some(sms.id.simple().to_string()));
            }
        }
        let second = list(SmsFilter { creditor: Some(one.into()), before: Some(ids[4]) }, 10).await.unwrap();
        assert_eq!(second.iter().map(|sms| sms.id).collect::<Vec<_>>(), [ids[2], ids[0]]);
    }

    async fn a_provider_that_is_away_costs_no_message_a_try(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let there = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let provider = {
            let there = Arc::clone(&there);
            Scripted::new(move |id, _| {
                let is_there = there.load(Ordering::SeqCst);
                Box::pin(async move {
                    let retry_after = Some(Duration::from_millis(100));
                    if is_there {
                        Ok(vec![id.simple().to_string()])
                    } else {
                        Err(Fault { retry_after, ..Fault::unreachable("nobody answers") })
                    }
                })
            })
        };
        let worker = start(&bench.test.core, &provider, 2);
        let mut ids = Vec::new();
        for number in 0..50 {
            ids.push(bench.send(None, &number.to_string()).await);
        }
        // One after another waits for the channel, and none for a time of its own.
        while provider.seen().len() < 8 {
            tokio::task::yield_now().await;
        }
        let mut reader = bench.test.core.db().reader().await.unwrap();
        for id in &ids {
            // One that is taken at this moment has its try counted until it is given back.
            let row = store::outbox::by_id(&mut reader, bench.id(), *id).await.unwrap().unwrap();
            assert!(row.attempts <= 1, "{} tries were counted", row.attempts);
        }
        drop(reader);
        there.store(true, Ordering::SeqCst);
        for id in ids {
            let sms = bench.until(id, |sms| sms.state == SmsState::Sent).await;
            assert_eq!(sms.reason, None);
        }
        assert_eq!(bench.test.core.outbox_counts().await.unwrap(), []);
        worker.stop().await;
    }

    async fn two_workers_send_each_message_once(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let rules = SmsRules { sender: Sender::parse("Tally").unwrap(), most_parts: 10 };
        let settings = Settings { sms: Some(SmsSettings { channel: "test".into(), rules }), ..Settings::default() };
        let there = TestCore::with(&database, settings).await;
        let (one, two) = (Scripted::willing(), Scripted::willing());
        let mut ids = Vec::new();
        for number in 0..120 {
            ids.push(bench.send(None, &number.to_string()).await);
        }
        let workers = [start(&bench.test.core, &one, 4), start(&there.core, &two, 4)];
        for id in &ids {
            bench.until(*id, |sms| sms.state == SmsState::Sent).await;
        }
        let mut seen = [one.seen(), two.seen()].concat();
        seen.sort_unstable();
        ids.sort_unstable();
        assert_eq!(seen, ids);
        for worker in workers {
            worker.stop().await;
        }
    }

    async fn one_creditors_many_do_not_hold_up_anothers_few(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let mut creditors = Vec::new();
        for number in 1..=2 {
            creditors.push(bench.creditor(number).await);
        }
        for number in 0..400 {
            bench.send(Some(creditors[0]), &number.to_string()).await;
        }
        let mut few = Vec::new();
        for number in 0..10 {
            few.push(bench.send(Some(creditors[1]), &number.to_string()).await);
        }
        let provider = Scripted::willing();
        let worker = start(&bench.test.core, &provider, 4);
        for id in &few {
            bench.until(*id, |sms| sms.state == SmsState::Sent).await;
        }
        let seen = provider.seen();
        let last = few.iter().map(|id| seen.iter().position(|seen| seen == id).unwrap()).max().unwrap();
        assert!(last < 60, "the last of the ten was number {last}");
        worker.stop().await;
    }

    async fn many_that_wait_for_another_try_do_not_hide_one_that_is_due(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let mut creditors = Vec::new();
        for number in 0..130 {
            creditors.push(bench.creditor(number).await);
        }
        let last = creditors.pop().unwrap();
        let down = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let provider = {
            let down = Arc::clone(&down);
            Scripted::new(move |id, _| {
                let is_down = down.load(Ordering::SeqCst);
                Box::pin(async move { if is_down { Err(Fault::temporary("down")) } else { Ok(vec![id.simple().to_string()]) } })
            })
        };
        let worker = start(&bench.test.core, &provider, 8);
        let mut waiting = Vec::new();
        for creditor in creditors {
            waiting.push(bench.send(Some(creditor), "Hei").await);
        }
        for id in waiting {
            bench.until(id, |sms| sms.reason.is_some()).await;
        }
        down.store(false, Ordering::SeqCst);
        let id = bench.send(Some(last), "Hei").await;
        bench.until(id, |sms| sms.state == SmsState::Sent).await;
        worker.stop().await;
    }

    async fn a_message_ends_with_its_validity(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let queued = bench.send(None, "never sent").await;
        let provider = Scripted::willing();
        let worker = start(&bench.test.core, &provider, 4);
        let sent = bench.send(None, "never heard of").await;
        bench.until(sent, |sms| sms.state == SmsState::Sent).await;
        bench.until(queued, |sms| sms.state == SmsState::Sent).await;
        worker.stop().await;
        let waiting = bench.send(None, "no worker any more").await;
        bench.test.clock.advance(Duration::from_secs(26 * 3600));
        assert_eq!(bench.test.core.settle_sms().await.unwrap(), 3);
        assert_eq!(bench.sms(waiting).await.state, SmsState::Expired);
        assert_eq!(bench.sms(sent).await.state, SmsState::Failed);
        assert_eq!(bench.test.core.outbox_counts().await.unwrap(), []);
        // After its time it goes, with all that belongs to it.
        bench.test.clock.advance(Duration::from_secs(91 * 24 * 3600));
        assert!(bench.test.core.clean_up().await.unwrap() >= 3);
        assert!(bench.test.core.sms(bench.id(), sent).await.unwrap().is_none());
    }

    async fn a_repeat_sends_nothing_and_another_partner_sees_nothing(database: TestDatabase) {
        use service::idempotency::{Idempotency, IdempotencyError};
        let bench = Bench::open(&database).await;
        let draft = SmsDraft {
            recipient: Some("+358441234567".into()),
            text: Some("Hei".into()),
            ..SmsDraft::default()
        };
        let key = |byte| Some(Idempotency { key: "one".into(), fingerprint: [byte; 32] });
        let send = |key| bench.test.core.send_sms(bench.partner.holder, None, &draft, key, &CONTEXT);
        static CONTEXT: std::sync::LazyLock<service::Context> = std::sync::LazyLock::new(operator);
        let first = send(key(1)).await.unwrap();
        let again = send(key(1)).await.unwrap();
        assert_eq!((first.value.id, first.replayed, again.replayed), (again.value.id, false, true));
        let other = send(key(2)).await;
        assert!(matches!(other, Err(SmsError::Idempotency(IdempotencyError::KeyReused))), "{other:?}");
        let listed = bench.test.core.list_sms(bench.id(), SmsFilter::default(), 10).await.unwrap();
        assert_eq!(listed.len(), 1);
        let stranger = bench.test.partner("OTHER").await;
        let key = stranger.partner_key.value.expose().to_text();
        let stranger = bench.test.core.authenticate(Some(&key), None).await.unwrap();
        let partner = stranger.holder.partner;
        assert!(bench.test.core.sms(partner, first.value.id).await.unwrap().is_none());
        assert!(bench.test.core.list_sms(partner, SmsFilter::default(), 10).await.unwrap().is_empty());
        let creditor = bench.creditor(9).await;
        let refused = bench.test.core.send_sms(stranger.holder, Some(creditor), &draft, None, &operator()).await;
        let Err(SmsError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        assert_eq!(faults[0].code, "unknown_creditor");
    }
}

impl Bench {
    async fn creditor(&self, number: u32) -> i64 {
        let provisioner = Principal { kind: domain::api_key::KeyKind::Provisioning, ..self.partner.clone() };
        let made = self.test.core.create_client(&provisioner, &draft("QUICK3", number), None, &operator()).await;
        made.unwrap().value.client.0
    }
}

/// Each of many senders at once, with a provider that answers in any order, ends in the state that its receipt told.
#[tokio::test(flavor = "multi_thread")]
async fn receipts_at_once_find_their_messages() {
    let database = TestDatabase::sqlite();
    let bench = Bench::open(&database).await;
    let count = Arc::new(AtomicUsize::new(0));
    let numbers = Arc::new(Mutex::new(HashMap::new()));
    let provider = {
        let (count, numbers) = (Arc::clone(&count), Arc::clone(&numbers));
        Scripted::new(move |id, _| {
            let number = count.fetch_add(1, Ordering::SeqCst) + 0x1000_0000;
            numbers.lock().unwrap().insert(id, number);
            Box::pin(async move { Ok(vec![format!("{number:08X}")]) })
        })
    };
    let worker = start(&bench.test.core, &provider, 32);
    let mut ids = Vec::new();
    for number in 0..200 {
        ids.push(bench.send(None, &number.to_string()).await);
    }
    let receipts = ids.iter().map(|id| async {
        loop {
            let number = numbers.lock().unwrap().get(id).copied();
            if let Some(number) = number {
                bench.receive(&number.to_string(), SmsState::Delivered).await;
                return;
            }
            tokio::task::yield_now().await;
        }
    });
    tokio::time::timeout(Duration::from_secs(20), futures_util::future::join_all(receipts)).await.unwrap();
    for id in &ids {
        bench.until(*id, |sms| sms.state == SmsState::Delivered).await;
    }
    worker.stop().await;
}
