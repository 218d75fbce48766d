//! Invoices on their way: what became of a try is recorded with the status, the counts and the webhooks.

use std::sync::{Arc, Mutex};

use channels::{Accepted, Fault, Mail, MailChannel};
use domain::api_key::KeyHolder;
use domain::identifier::ClientIdentifier;
use domain::webhook::EventSelection;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use service::mail::MailSettings;
use service::outbox::{Provider, Sends};
use service::{Core, Settings};
use testkit::core::{TestCore, draft, invoice, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

use crate::webhook::{Scripted, bodies, until};

/// A mail server that answers by the recipient. The real one is tried in `channels`.
struct Post(Mutex<Vec<Mail>>);

impl MailChannel for Post {
    fn name(&self) -> &str {
        "post"
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.0.lock().unwrap().push(mail.clone());
        let refused = mail.to.starts_with("refused");
        Box::pin(async move {
            if refused {
                return Err(Fault::permanent("no such user").with_code("550 5.1.1"));
            }
            Ok(Accepted { provider_message_ids: Vec::new() })
        })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        Box::pin(async { Ok(String::new()) })
    }
}

struct Bench {
    test: TestCore,
    holder: KeyHolder,
    client: ClientIdentifier,
}

impl Bench {
    async fn open(database: &TestDatabase) -> Self {
        let settings = Settings {
            mail: Some(MailSettings {
                channel: "post".into(),
                from: "invoices@operator.example".into(),
                operator: "operator@operator.example".into(),
            }),
            ..Settings::default()
        };
        let test = TestCore::with(database, settings).await;
        let partner = test.partner("QUICK3").await;
        let asker = test.provisioner(&partner).await;
        let made = test.core.create_client(&asker, &draft("QUICK3", 1), None, &operator()).await.unwrap().value;
        let events = EventSelection::default();
        test.core.add_webhook("QUICK3", "https://quick.example/hook", &events, &operator()).await.unwrap();
        let holder = KeyHolder { partner: partner.partner, client: Some(made.client) };
        Self { test, holder, client: made.client }
    }

    fn core(&self) -> &Core {
        &self.test.core
    }

    /// Sends an invoice to `address`, and gives the identifiers of it and of its delivery.
    async fn submit(&self, number: i64, address: &str) -> (Value, Value) {
        let mut draft = invoice(number, "EMAIL");
        draft.buyer.contact.email = Some(address.to_owned());
        let taken = self.core().submit_invoice(self.holder, self.client, &draft, None, &operator()).await.unwrap();
        (json!(taken.value.invoice), json!(taken.value.distribution))
    }

    async fn waiting(&self, channel: &str) -> i64 {
        let counts = self.core().outbox_counts().await.unwrap();
        counts.iter().find(|count| count.channel == channel).map_or(0, |count| count.waiting)
    }

    async fn work(&self, sends: Sends, channel: &str) {
        let worker = self.core().start_worker(vec![Provider { sends, window: 8, per_second: None }]);
        until(async || self.waiting(channel).await == 0).await;
        worker.stop().await;
    }

    /// Sends the mails, and then the webhooks, and gives what those tell.
    async fn told(&self) -> Vec<Value> {
        self.work(Sends::Mail(Arc::new(Post(Mutex::default()))), "post").await;
        let receiver = Scripted::willing();
        self.work(Sends::Webhook(receiver.clone()), "webhook").await;
        bodies(&receiver.seen())
    }

    async fn status(&self, number: i64) -> String {
        let details = self.core().invoice_details(self.client, number).await.unwrap();
        details.deliveries[0].0.status.to_string()
    }
}

on_both_engines! {
    async fn the_end_of_a_delivery_is_told_once(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let (invoice, distribution) = bench.submit(1001, "refused@buyer.example").await;
        bench.submit(1002, "matti@buyer.example").await;
        let told = bench.told().await;
        assert_eq!((bench.status(1001).await, bench.status(1002).await), ("FAILED".to_owned(), "SENT".to_owned()));
        assert_eq!(told.len(), 1, "what was sent may still come back: {told:?}");
        assert_eq!(told[0]["type"], "distribution.failed");
        let expected = json!({
            "distributionId": distribution, "invoiceId": invoice, "invoiceNumber": 1001, "clientIdentifier": bench.client.0,
            "method": "EMAIL", "status": "FAILED", "statusReason": "The mail server refused it with 550 5.1.1: check the e-mail address",
        });
        assert_eq!(told[0]["data"], expected);
        assert_eq!(bench.core().recount_distributions(bench.holder.partner).await.unwrap(), []);
    }
}
