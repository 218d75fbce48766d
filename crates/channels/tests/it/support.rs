//! What the tests share.

use std::path::PathBuf;
use std::sync::Arc;

use channels::smpp::{SmppChannel, SmppConfig};
use channels::{About, Addressee, Attachment, Document, DocumentKind, Receipt, ReceiptSink, SinkFault, SmsSubmit};
use domain::sms::Sender;
use domain::{Clock, Random, Timestamp};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

use testkit::peer::{PATIENCE, Peer};

/// What is answered to the one who delivered a receipt.
pub(crate) type Verdict = oneshot::Sender<Result<(), SinkFault>>;

/// Hands each receipt to the test, and answers what the test says.
struct Sink(mpsc::UnboundedSender<(Receipt, Verdict)>);

impl ReceiptSink for Sink {
    fn receive(&self, receipt: Receipt) -> BoxFuture<'_, Result<(), SinkFault>> {
        async move {
            let (verdict, heard) = oneshot::channel();
            self.0.send((receipt, verdict)).map_err(|_| SinkFault)?;
            heard.await.unwrap_or(Err(SinkFault))
        }
        .boxed()
    }
}

/// The receipts that have come.
pub(crate) struct Receipts(mpsc::UnboundedReceiver<(Receipt, Verdict)>);

impl Receipts {
    /// The next one, still to be stored.
    pub(crate) async fn next(&mut self) -> (Receipt, Verdict) {
        timeout(PATIENCE, self.0.recv()).await.expect("no receipt came in time").expect("the sink is gone")
    }

    /// The next one, stored.
    pub(crate) async fn stored(&mut self) -> Receipt {
        let (receipt, verdict) = self.next().await;
        verdict.send(Ok(())).unwrap();
        receipt
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub(crate) fn sink() -> (Arc<dyn ReceiptSink>, Receipts) {
    let (sender, receipts) = mpsc::unbounded_channel();
    (Arc::new(Sink(sender)), Receipts(receipts))
}

/// 2026-11-21T12:00:00Z, always.
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-21T12:00:00Z").unwrap()
    }
}

pub(crate) struct Sevens;

impl Random for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x77);
    }
}

/// The settings of a channel to the peer: short times, so that what waits for them does not wait long.
pub(crate) fn settings(port: u16, extra: &str) -> SmppConfig {
    let text = format!(
        "host = '127.0.0.1'\nport = {port}\nsystem-id = 'tally'\npassword = 'hunter22'\nreconnect-first = '10ms'\n\
         reconnect-longest = '50ms'\n{extra}"
    );
    toml::from_str(&text).unwrap()
}

/// A channel to a running SMSC.
pub(crate) struct Smpp {
    pub(crate) smsc: Peer,
    pub(crate) channel: Arc<SmppChannel>,
    pub(crate) receipts: Receipts,
}

pub(crate) fn channel(config: &SmppConfig) -> (Arc<SmppChannel>, Receipts) {
    let (sink, receipts) = sink();
    (Arc::new(SmppChannel::new("smsc", config, sink, Arc::new(Noon), Arc::new(Sevens)).unwrap()), receipts)
}

/// An SMSC with `options`, and a channel to it with `extra` settings, bound.
pub(crate) async fn bound(options: Value, extra: &str) -> Smpp {
    let mut smsc = Peer::smsc(options).await;
    let (channel, receipts) = channel(&settings(smsc.port, extra));
    smsc.event("bind").await;
    Smpp { smsc, channel, receipts }
}

impl Smpp {
    /// Sets how the SMSC answers messages from here on.
    pub(crate) async fn answer_with(&mut self, submit: Value) {
        self.smsc.order("mode", json!({ "set": { "submit": submit } })).await;
    }
}

pub(crate) fn message(number: u128, text: &str) -> SmsSubmit {
    SmsSubmit {
        id: Uuid::from_u128(number),
        recipient: "+358441234567".to_owned(),
        sender: Sender::parse("Tally").unwrap(),
        text: text.to_owned(),
        validity: None,
        wants_receipt: true,
        reference: None,
        accepted: Vec::new(),
    }
}

/// A document with these files, which are PDFs.
pub(crate) fn document(number: u128, files: &[&[u8]]) -> Document {
    let file = |bytes: &&[u8]| Attachment {
        name: "invoice.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: bytes.to_vec(),
    };
    Document {
        id: Uuid::from_u128(number),
        files: files.iter().map(file).collect(),
        about: About {
            kind: DocumentKind::Invoice,
            invoice_number: number.to_string(),
            seller: "Tally Oy".to_owned(),
            recipient: Addressee { name: "Maija Äänekoski".to_owned(), address: None },
            made_at: Noon.now(),
        },
    }
}

/// A certificate for 127.0.0.1 and its key, as files.
pub(crate) struct Certificate {
    directory: tempfile::TempDir,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(directory.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { directory }
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.directory.path().join("cert.pem")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.directory.path().join("key.pem")
    }
}
