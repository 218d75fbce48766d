//! Invoices on their way: what became of a try is recorded with the status, the counts and the webhooks.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use channels::acknowledgement::{Acknowledgement, AcknowledgementFault, AcknowledgementSink};
use channels::bounce::{Bounce, BounceSink, Outcome};
use channels::drop_folder::DropChannel;
use channels::{Accepted, Fault, Mail, MailChannel};
use domain::api_key::KeyHolder;
use domain::creditor::CreditorData;
use domain::identifier::ClientIdentifier;
use domain::invoice::{AttachmentDraft, EInvoiceAddress, EInvoiceCode, InvoiceDraft};
use domain::webhook::EventSelection;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use service::api_key::Principal;
use service::creditor::{Condition, Merged};
use service::delivery_news::Newsroom;
use service::invoice::InvoiceError;
use service::mail::MailSettings;
use service::outbox::{Provider, Sends, Worker};
use service::{Core, EInvoiceSettings, PrintSettings, Settings};
use testkit::core::{TestCore, draft, invoice, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use uuid::Uuid;

use crate::installation::PDF;
use crate::sql::execute;
use crate::webhook::{Scripted, bodies, until};

const HOUR: Duration = Duration::from_secs(3600);

/// A mail server that answers by the recipient. The real one is tried in `channels`.
pub(crate) struct Post(pub(crate) Mutex<Vec<Mail>>);

impl MailChannel for Post {
    fn name(&self) -> &str {
        "post"
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.0.lock().unwrap().push(mail.clone());
        let answer = match mail.to.split_once('@').unwrap().0 {
            "refused" => Err(Fault::permanent("no such user").with_code("550 5.1.1")),
            // We could not even offer it.
            "stuck" => Err(Fault::permanent("the server takes no mail with octets beyond ASCII")),
            // It has the mail, and says nothing.
            "silent" => Err(Fault::temporary("it did not answer in time").unsure()),
            _ => Ok(Accepted { provider_message_ids: Vec::new() }),
        };
        Box::pin(async { answer })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        Box::pin(async { Ok(String::new()) })
    }
}

pub(crate) struct Bench {
    pub(crate) test: TestCore,
    asker: Principal,
    pub(crate) holder: KeyHolder,
    pub(crate) client: ClientIdentifier,
}

impl Bench {
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        let code = |text| EInvoiceCode::parse(text).unwrap();
        let settings = Settings {
            print: Some(PrintSettings { channel: "print".into() }),
            e_invoice: Some(EInvoiceSettings {
                channel: "einvoice".into(),
                sender: EInvoiceAddress { account: code("003707375462"), operator: code("003721291126") },
            }),
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
        Self { test, asker, holder, client: made.client }
    }

    pub(crate) fn core(&self) -> &Core {
        &self.test.core
    }

    /// Sends an invoice to `address`, and gives the identifiers of it and of its delivery.
    pub(crate) async fn submit(&self, number: i64, address: &str) -> (Uuid, Uuid) {
        let mut draft = invoice(number, "EMAIL");
        draft.buyer.contact.email = Some(address.to_owned());
        self.take(&draft).await
    }

    pub(crate) async fn submit_e_invoice(&self, number: i64) -> Uuid {
        self.take(&e_invoice(number)).await.1
    }

    pub(crate) async fn take(&self, draft: &InvoiceDraft) -> (Uuid, Uuid) {
        let taken =
            self.core().submit_invoice(self.holder, self.client, draft.clone(), None, &operator()).await.unwrap().value;
        (taken.invoice, taken.distribution)
    }

    /// What is wrong with an invoice, by member and code.
    async fn faults(&self, draft: &InvoiceDraft) -> Vec<(String, String)> {
        match self.core().submit_invoice(self.holder, self.client, draft.clone(), None, &operator()).await {
            Err(InvoiceError::Invalid(faults)) => {
                faults.into_vec().into_iter().map(|fault| (fault.field.to_string(), fault.code.to_string())).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn hear(&self, message: &str, code: i64) -> Result<(), AcknowledgementFault> {
        self.hear_file(ack(message, code)).await
    }

    pub(crate) async fn hear_file(&self, text: String) -> Result<(), AcknowledgementFault> {
        let told = Acknowledgement { channel: "einvoice".into(), name: "ack.xml".into(), bytes: text.into_bytes() };
        AcknowledgementSink::receive(&Newsroom(self.core().clone()), told).await
    }

    async fn bounce(&self, id: Uuid, outcome: Outcome) {
        let bounce =
            Bounce { id, outcome, status: Some("5.1.1".into()), diagnostic: Some("matti@buyer.example".into()) };
        BounceSink::receive(&Newsroom(self.core().clone()), bounce).await.unwrap();
    }

    /// The status of an invoice's delivery, why, and how often something was heard of it.
    pub(crate) async fn story(&self, number: i64) -> (String, Option<String>, usize) {
        let details = self.core().invoice_details(self.client, number).await.unwrap();
        let (delivery, attempts) = &details.deliveries[0];
        (delivery.status.to_string(), delivery.status_reason.clone(), attempts.len())
    }

    /// Why the last try of a message failed, in the words for the operator.
    pub(crate) async fn fault(&self, message: Uuid) -> String {
        let mut reader = self.core().db().reader().await.unwrap();
        store::outbox::by_id(&mut reader, self.holder.partner, message)
            .await
            .unwrap()
            .map_or_else(String::new, |row| row.fault)
    }

    pub(crate) fn start(&self, sends: Sends) -> Worker {
        self.core().start_worker(vec![Provider { sends, window: 8, per_second: None }])
    }

    /// Waits until so much was heard of a delivery.
    pub(crate) async fn heard(&self, number: i64, times: usize) {
        until(async || self.story(number).await.2 >= times).await;
    }

    pub(crate) async fn waiting(&self, channel: &str) -> i64 {
        let counts = self.core().outbox_counts().await.unwrap();
        counts.iter().find(|count| count.channel == channel).map_or(0, |count| count.waiting)
    }

    pub(crate) async fn work(&self, sends: Sends, channel: &str) {
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

    /// Whether it is said of the latest delivery when it was sent, and when it was delivered.
    async fn has_times(&self, number: i64) -> (bool, bool) {
        let details = self.core().invoice_details(self.client, number).await.unwrap();
        let delivery = &details.deliveries[0].0;
        (delivery.sent_at.is_some(), delivery.delivered_at.is_some())
    }

    pub(crate) async fn status(&self, number: i64) -> String {
        let details = self.core().invoice_details(self.client, number).await.unwrap();
        details.deliveries[0].0.status.to_string()
    }
}

/// What the operator answers to a message.
fn ack(message: &str, code: i64) -> String {
    format!(
        "<Finvoiceack Version=\"1.0\"><Acknowledgement><MessageData><MessageId>{message}</MessageId></MessageData>\
         <Reason><Code>{code}</Code><Text>secret words</Text></Reason></Acknowledgement></Finvoiceack>\n"
    )
}

fn e_invoice(number: i64) -> InvoiceDraft {
    let mut draft = invoice(number, "EINVOICE");
    let text = |text: &str| Some(text.to_owned());
    draft.buyer.electronic_invoice_account = text("003712345671");
    draft.buyer.electronic_routing_address = text("BAWCFI22");
    draft
}

/// A folder as a channel. The folder itself is tried in `channels`.
fn drop_at(name: &str, folder: &Path) -> Sends {
    let config = toml::from_str(&format!("folder = '{}'", folder.display())).unwrap();
    Sends::Documents(Arc::new(DropChannel::new(name, &config).unwrap()))
}

/// What a manifest in the folder tells of the document of this identifier.
fn manifest(folder: &Path, id: Uuid) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(format!("{id}.json"))).unwrap()).unwrap()
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

    async fn an_invoice_is_printed_with_its_files_and_its_address(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let folder = tempfile::tempdir().unwrap();
        let mut draft = invoice(1001, "PRINT");
        draft.attachments = vec![AttachmentDraft { name: Some("note.pdf".into()), content: Some(STANDARD.encode(PDF)) }];
        let (_, distribution) = bench.take(&draft).await;
        bench.work(drop_at("print", folder.path()), "print").await;
        assert_eq!(bench.story(1001).await, ("SENT".into(), None, 1));
        let told = manifest(folder.path(), distribution);
        let expected = json!({
            "name": "Matti Meikäläinen",
            "address": {"lines": ["Kauppakatu 1"], "postalCode": "00100", "town": "HELSINKI", "country": "FI", "countryName": null},
        });
        assert_eq!((&told["kind"], &told["invoiceNumber"], &told["recipient"]), (&json!("invoice"), &json!("1001"), &expected), "{told}");
        let files: Vec<_> = told["files"].as_array().unwrap().iter().map(|file| file["name"].as_str().unwrap()).collect();
        assert_eq!(files, [format!("{distribution}-1.pdf"), format!("{distribution}-2.pdf")]);
        assert_eq!(std::fs::read(folder.path().join(files[1])).unwrap(), PDF);

        // Its folder is gone: the channel waits, and no invoice fails for it.
        let (_, waits) = bench.take(&invoice(1002, "PRINT")).await;
        let gone = folder.path().join("gone");
        let worker = bench.core().start_worker(vec![Provider { sends: drop_at("print", &gone), window: 8, per_second: None }]);
        until(async || bench.fault(waits).await.contains("gone")).await;
        worker.stop().await;
        let why = "The printer can't be used for now; it is tried again";
        assert_eq!(bench.story(1002).await, ("PENDING".into(), Some(why.into()), 0));
        bench.work(drop_at("print", folder.path()), "print").await;
        assert_eq!(bench.status(1002).await, "SENT");
    }

    async fn what_may_have_arrived_is_not_sent_again_and_again(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let post = Arc::new(Post(Mutex::default()));
        bench.submit(1001, "silent@buyer.example").await;
        let worker = bench.start(Sends::Mail(post.clone()));
        bench.heard(1001, 1).await;
        let why = "The mail server did not say whether it has taken it; it is tried again in an hour";
        assert_eq!(bench.story(1001).await, ("PENDING".into(), Some(why.into()), 1));
        bench.test.clock.advance(HOUR - Duration::from_secs(1));
        // Whatever is due is looked at with this one.
        bench.submit(1002, "matti@buyer.example").await;
        until(async || bench.status(1002).await == "SENT").await;
        assert_eq!(bench.story(1001).await.2, 1);
        for times in [2, 3] {
            bench.test.clock.advance(2 * HOUR);
            bench.heard(1001, times).await;
        }
        worker.stop().await;
        let silent = post.0.lock().unwrap().iter().filter(|mail| mail.to.starts_with("silent")).count();
        assert_eq!(silent, 3, "the buyer has it each time");
        let why = "The mail server did not say whether it has taken it: it may have arrived, so ask the buyer before it is sent again";
        assert_eq!(bench.story(1001).await, ("FAILED".into(), Some(why.into()), 3));
    }

    async fn what_nobody_can_send_fails_in_the_end_or_is_sent_anew(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let (_, stuck) = bench.submit(1001, "stuck@buyer.example").await;
        bench.submit(1002, "stuck@buyer.example").await;
        bench.work(Sends::Mail(Arc::new(Post(Mutex::default()))), "post").await;
        let why = "The operator of this service has to mend something before it can be sent";
        assert_eq!(bench.story(1001).await, ("PENDING".into(), Some(why.into()), 1));
        // Nobody has its channel.
        bench.submit(1003, "matti@buyer.example").await;
        assert_eq!(bench.core().fail_unsent_invoices().await.unwrap(), 0);
        let anew = bench.core().resend_invoice(bench.client, 1001, &operator()).await.unwrap();
        let details = bench.core().invoice_details(bench.client, 1001).await.unwrap();
        let told: Vec<_> =
            details.deliveries.iter().map(|(one, _)| (one.distribution, one.status.as_str(), one.attempts, one.replaced_by)).collect();
        assert_eq!(told, [(anew, "PENDING", 0, None), (stuck, "CANCELLED", 0, Some(anew))]);
        bench.test.clock.advance(73 * HOUR);
        assert_eq!(bench.core().fail_unsent_invoices().await.unwrap(), 3);
        for number in 1001..=1003 {
            let (status, why, _) = bench.story(number).await;
            assert_eq!((&status[..], why.as_deref()), ("FAILED", Some("It could not be handed over in time: ask the operator of this service")));
        }
        let counts = bench.core().outbox_counts().await.unwrap();
        assert!(counts.iter().all(|count| count.channel != "post"), "{counts:?}");
        assert_eq!(bench.told().await.len(), 3);
        assert_eq!(bench.core().recount_distributions(bench.holder.partner).await.unwrap(), []);
    }

    async fn what_is_sent_anew_twice_at_once_is_sent_anew_once(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let other = TestCore::with(&database, bench.core().settings().clone()).await;
        bench.submit(1001, "matti@buyer.example").await;
        for times in 2..6 {
            bench.told().await;
            let context = operator();
            let (one, two) = tokio::join!(
                bench.core().resend_invoice(bench.client, 1001, &context),
                other.core.resend_invoice(bench.client, 1001, &context)
            );
            assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
            let details = bench.core().invoice_details(bench.client, 1001).await.unwrap();
            assert_eq!(details.deliveries.len(), times);
        }
    }

    async fn the_time_of_an_invoice_ends(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        bench.submit(1001, "matti@buyer.example").await;
        bench.test.clock.advance(73 * HOUR);
        let post = Arc::new(Post(Mutex::default()));
        bench.work(Sends::Mail(post.clone()), "post").await;
        assert_eq!(post.0.lock().unwrap().len(), 0);
        let details = bench.core().invoice_details(bench.client, 1001).await.unwrap();
        let delivery = &details.deliveries[0].0;
        let why = "It could not be handed over in time: ask the operator of this service";
        assert_eq!((delivery.status.as_str(), delivery.status_reason.as_deref(), delivery.attempts), ("FAILED", Some(why), 0), "it was not tried");
    }

    async fn what_the_e_invoice_operator_answers_is_kept(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let folder = tempfile::tempdir().unwrap();
        let (accepted, refused) = (bench.submit_e_invoice(1001).await, bench.submit_e_invoice(1002).await);
        bench.hear(&refused.to_string(), 2).await.unwrap();
        bench.work(drop_at("einvoice", folder.path()), "einvoice").await;
        assert!(!folder.path().join(format!("{refused}.json")).exists(), "what has failed is not sent");
        let message = std::fs::read(folder.path().join(format!("{accepted}-1.xml"))).unwrap();
        let message = String::from_utf8_lossy(&message);
        for told in ["003707375462", "003712345671", "BAWCFI22", &accepted.to_string(), "125,50"] {
            assert!(message.contains(told), "{told}: {message}");
        }
        assert_eq!(bench.status(1001).await, "SENT");
        for _ in 0..2 {
            bench.hear(&accepted.to_string().to_uppercase(), 1).await.unwrap();
        }
        // The operator has it twice; one that is refused after all has failed, whatever is heard later.
        bench.hear(&accepted.to_string(), 5).await.unwrap();
        assert_eq!(bench.story(1001).await, ("DELIVERED".into(), None, 2));
        let late = bench.submit_e_invoice(1003).await;
        for code in [1, 2, 1] {
            bench.hear(&late.to_string(), code).await.unwrap();
        }
        let why = "The e-invoice operator refused it with 2: check the e-invoice address and its operator";
        assert_eq!(bench.story(1002).await, ("FAILED".into(), Some(why.into()), 1));
        assert_eq!(bench.story(1003).await, ("FAILED".into(), Some(why.into()), 2));
        assert_eq!(bench.has_times(1001).await, (true, true));
        assert_eq!(bench.has_times(1003).await, (true, false), "what was refused after all did not arrive");
        // What stands behind one that is none of ours in the same file is heard.
        let third = bench.submit_e_invoice(1004).await;
        let both = [ack("no identifier", 1), ack("", 1), ack(&third.to_string(), 1)].concat();
        assert_eq!(bench.hear_file(both).await, Err(AcknowledgementFault::Unreadable));
        assert_eq!(bench.status(1004).await, "DELIVERED");
        assert_eq!(bench.hear("no identifier", 1).await, Err(AcknowledgementFault::Unreadable));
        // Nor does one hold up the others of which the database has nonsense.
        let odd = bench.submit_e_invoice(1005).await;
        execute(&database, "UPDATE distribution SET status = 'ODD' WHERE invoice_number = 1005").await;
        assert_eq!(bench.hear(&odd.to_string(), 1).await, Err(AcknowledgementFault::Unreadable));
        execute(&database, "UPDATE distribution SET status = 'PENDING' WHERE invoice_number = 1005").await;
        bench.hear(&Uuid::nil().to_string(), 1).await.unwrap();
        let mut told = bench.told().await;
        told.sort_by_key(|told| told["data"]["invoiceNumber"].as_i64());
        let told: Vec<_> = told.iter().map(|told| (&told["type"], &told["data"]["status"])).collect();
        let (delivered, failed) = (("distribution.delivered", "DELIVERED"), ("distribution.failed", "FAILED"));
        let expected = [delivered, failed, delivered, failed, delivered];
        assert_eq!(told, expected.map(|(kind, status)| (json!(kind), json!(status))).each_ref().map(|(kind, status)| (kind, status)));
        assert_eq!(bench.core().recount_distributions(bench.holder.partner).await.unwrap(), []);
    }

    async fn what_could_never_be_an_e_invoice_is_refused(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let mut with_file = e_invoice(1);
        with_file.attachments = vec![AttachmentDraft { name: Some("note.pdf".into()), content: Some(STANDARD.encode(PDF)) }];
        assert_eq!(bench.faults(&with_file).await, [("invoice.attachments".to_owned(), "not_combinable".to_owned())]);
        let mut without_account = e_invoice(1);
        without_account.seller.payment.iban = None;
        let iban = "invoice.parties.sellerParty.paymentDetails.iban".to_owned();
        assert_eq!(bench.faults(&without_account).await, [(iban, "required".to_owned())]);
        let mut without_address = e_invoice(1);
        without_address.buyer.electronic_invoice_account = None;
        assert_eq!(bench.faults(&without_address).await.len(), 1);
        assert_eq!(bench.waiting("einvoice").await, 0);
    }

    async fn what_comes_back_has_failed(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let ((_, sent), (_, early)) = (bench.submit(1001, "a@buyer.example").await, bench.submit(1002, "b@buyer.example").await);
        // The server was quicker than we in recording that it has it.
        bench.bounce(early, Outcome::Failed).await;
        bench.told().await;
        bench.bounce(sent, Outcome::Delayed).await;
        bench.bounce(sent, Outcome::Delivered).await;
        assert_eq!(bench.story(1001).await, ("SENT".into(), None, 1), "anybody can write a bounce");
        bench.bounce(sent, Outcome::Failed).await;
        bench.bounce(sent, Outcome::Failed).await;
        let why = Some("The mail came back with 5.1.1: check the e-mail address".to_owned());
        assert_eq!(bench.story(1001).await, ("FAILED".into(), why.clone(), 2));
        assert_eq!(bench.story(1002).await, ("FAILED".into(), why, 1));
        assert_eq!(bench.has_times(1002).await, (true, false), "what came back was sent");
        // It says nothing of what goes another way, and nothing of what is not there.
        let printed = bench.take(&invoice(1003, "PRINT")).await.1;
        bench.bounce(printed, Outcome::Failed).await;
        bench.bounce(Uuid::nil(), Outcome::Failed).await;
        assert_eq!(bench.status(1003).await, "PENDING");
        assert_eq!(bench.core().recount_distributions(bench.holder.partner).await.unwrap(), []);
    }

    async fn an_invoice_names_its_seller_as_it_is_now(database: TestDatabase) {
        let bench = Bench::open(&database).await;
        let seller = async |number: i64| {
            let (id, _) = bench.take(&invoice(number, "NONE")).await;
            let (invoice, _) = bench.core().invoice(bench.holder.partner, id).await.unwrap().unwrap();
            invoice.parties.seller.name
        };
        assert_eq!(seller(1001).await, "Test Customer Oy");
        assert_eq!(seller(1002).await, "Test Customer Oy");
        let rename = |data: &CreditorData| {
            let mut data = data.clone();
            data.client.name = Some("Renamed Oy".to_owned());
            Merged { data, ..Merged::default() }
        };
        bench.core().change_creditor(&bench.asker, bench.client, &Condition::Any, rename, &operator()).await.unwrap();
        assert_eq!(seller(1003).await, "Renamed Oy");
    }
}
