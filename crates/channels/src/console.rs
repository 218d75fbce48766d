//! SMS on the console: for the sandbox, where a partner's programmer sees what would be sent and can try each outcome.
//!
//! The last four digits of the recipient's number choose what becomes of the message:
//!
//! | ends in | outcome |
//! | --- | --- |
//! | `0001` | receipt `UNDELIVERABLE`, code `1` |
//! | `0002` | receipt `EXPIRED`, code `2` |
//! | `0003` | receipt `REJECTED`, code `3` |
//! | `0004` | receipt `FAILED`, code `4` |
//! | `0005` | accepted, and no receipt ever comes |
//! | `0006` | the provider refuses it at once: a permanent fault, code `6` |
//! | `0007` | the provider cannot be reached: a temporary fault, code `7`, at each try |
//! | `0008` | the provider asks to slow down: a throttled fault, code `8`, at each try |
//! | any other | receipt `DELIVERED` |
//!
//! A message for which no receipt is asked, such as a one-time code, has none.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::sms::{MOST_PARTS, Parts, SmsState};
use domain::{Clock, Environment};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::{Accepted, ConfigFault, Fault, Receipt, ReceiptSink, SmsChannel, SmsSubmit};

/// SMS on the console. See the [module](self) for the numbers that choose an outcome.
pub struct ConsoleChannel {
    name: String,
    console: Mutex<Box<dyn Write + Send>>,
    sink: Arc<dyn ReceiptSink>,
    clock: Arc<dyn Clock>,
}

/// What becomes of a message.
enum Outcome {
    Receipt(SmsState, Option<&'static str>),
    Silence,
    Fault(Fault),
}

impl ConsoleChannel {
    /// Writes to `console`; receipts go to `sink`, from a task of their own.
    ///
    /// # Errors
    /// [`ConfigFault`] in production, where it would lose messages.
    pub fn new(
        name: &str,
        environment: Environment,
        console: Box<dyn Write + Send>,
        sink: Arc<dyn ReceiptSink>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigFault> {
        if environment != Environment::Sandbox {
            return Err(ConfigFault::new(
                name,
                "the console channel works in the sandbox only: use smpp or http-gateway",
            ));
        }
        Ok(Self { name: name.to_owned(), console: Mutex::new(console), sink, clock })
    }

    async fn print(&self, message: &SmsSubmit) -> Result<Accepted, Fault> {
        let parts = Parts::of(&message.text, MOST_PARTS).map_err(|fault| Fault::permanent(fault.to_string()))?;
        let outcome = outcome(&message.recipient);
        if let Outcome::Fault(fault) = outcome {
            return Err(fault);
        }
        let line = format!(
            "SMS to {} from {} ({}, {} {}): {}\n",
            message.recipient,
            message.sender,
            parts.encoding().as_str(),
            parts.count(),
            if parts.count() == 1 { "part" } else { "parts" },
            printable(&message.text),
        );
        self.write(&line).map_err(|error| Fault::temporary(format!("the console takes nothing: {error}")))?;
        let ids: Vec<String> = (1..=parts.count()).map(|number| format!("{}-{number}", message.id.simple())).collect();
        if let Outcome::Receipt(state, error_code) = outcome
            && message.wants_receipt
        {
            let receipts: Vec<Receipt> = ids.iter().map(|id| self.receipt(message, id, state, error_code)).collect();
            let sink = Arc::clone(&self.sink);
            // After the answer or before it, as with any provider.
            tokio::spawn(async move {
                for receipt in receipts {
                    if sink.receive(receipt).await.is_err() {
                        tracing::warn!("a receipt of the console channel could not be stored and is lost");
                    }
                }
            });
        }
        Ok(Accepted { provider_message_ids: ids })
    }

    fn write(&self, line: &str) -> std::io::Result<()> {
        // A line that was cut by a panic is no reason to print no more.
        let mut console = self.console.lock().unwrap_or_else(PoisonError::into_inner);
        console.write_all(line.as_bytes())?;
        console.flush()
    }

    fn receipt(&self, message: &SmsSubmit, id: &str, state: SmsState, error_code: Option<&str>) -> Receipt {
        Receipt {
            channel: self.name.clone(),
            provider_message_id: id.to_owned(),
            state,
            error_code: error_code.map(str::to_owned),
            recipient: Some(message.recipient.clone()),
            at: self.clock.now(),
            text: None,
        }
    }
}

fn outcome(recipient: &str) -> Outcome {
    let end = recipient.len().checked_sub(4).and_then(|start| recipient.get(start..)).unwrap_or_default();
    match end {
        "0001" => Outcome::Receipt(SmsState::Undeliverable, Some("1")),
        "0002" => Outcome::Receipt(SmsState::Expired, Some("2")),
        "0003" => Outcome::Receipt(SmsState::Rejected, Some("3")),
        "0004" => Outcome::Receipt(SmsState::Failed, Some("4")),
        "0005" => Outcome::Silence,
        "0006" => Outcome::Fault(Fault::permanent("the number ends in 0006, which the console refuses").with_code("6")),
        "0007" => {
            Outcome::Fault(Fault::temporary("the number ends in 0007, which the console never reaches").with_code("7"))
        }
        "0008" => {
            let fault =
                Fault::throttled("the number ends in 0008, which the console throttles", Some(Duration::from_secs(1)));
            Outcome::Fault(fault.with_code("8"))
        }
        _ => Outcome::Receipt(SmsState::Delivered, None),
    }
}

/// One line that cannot steer a terminal.
fn printable(text: &str) -> String {
    let shown = |character: char| {
        if character.is_control() { character.escape_default().to_string() } else { character.to_string() }
    };
    text.chars().map(shown).collect()
}

impl std::fmt::Debug for ConsoleChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleChannel").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SmsChannel for ConsoleChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn submit<'a>(&'a self, message: &'a SmsSubmit) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.print(message).boxed()
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        async { Ok("prints each message, and gives a receipt by the last digits of its number".to_owned()) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::sms::Sender;
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;
    use crate::{FaultKind, SinkFault};

    struct Sink(mpsc::UnboundedSender<Receipt>);

    impl ReceiptSink for Sink {
        fn receive(&self, receipt: Receipt) -> BoxFuture<'_, Result<(), SinkFault>> {
            async move { self.0.send(receipt).map_err(|_| SinkFault) }.boxed()
        }
    }

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(43_200_000_000)
        }
    }

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn channel() -> (ConsoleChannel, Paper, mpsc::UnboundedReceiver<Receipt>) {
        let (paper, (sender, receipts)) = (Paper::default(), mpsc::unbounded_channel());
        let sink = Arc::new(Sink(sender));
        let channel =
            ConsoleChannel::new("console", Environment::Sandbox, Box::new(paper.clone()), sink, Arc::new(Noon));
        (channel.unwrap(), paper, receipts)
    }

    fn message(recipient: &str, text: &str) -> SmsSubmit {
        SmsSubmit {
            id: Uuid::from_u128(7),
            recipient: recipient.to_owned(),
            sender: Sender::parse("Tally").unwrap(),
            text: text.to_owned(),
            validity: None,
            wants_receipt: true,
            reference: None,
            accepted: Vec::new(),
        }
    }

    #[tokio::test]
    async fn prints_and_gives_a_receipt_for_each_part() {
        let (channel, paper, mut receipts) = channel();
        let text = format!("Hello\n\u{1b}[2J{}", "š".repeat(70));
        let accepted = channel.submit(&message("+358441234567", &text)).await.unwrap();
        assert_eq!(accepted.provider_message_ids.len(), 2);
        for id in accepted.provider_message_ids {
            let receipt = receipts.recv().await.unwrap();
            assert_eq!((receipt.provider_message_id, receipt.state, receipt.at), (id, SmsState::Delivered, Noon.now()));
        }
        let printed = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert!(
            printed.starts_with("SMS to +358441234567 from Tally (UCS2, 2 parts): Hello\\n\\u{1b}[2J"),
            "{printed}"
        );
        assert_eq!(printed.lines().count(), 1);
    }

    #[tokio::test]
    async fn the_last_digits_choose_the_outcome() {
        let (channel, _, mut receipts) = channel();
        for (end, state) in [
            ("0001", SmsState::Undeliverable),
            ("0002", SmsState::Expired),
            ("0003", SmsState::Rejected),
            ("0004", SmsState::Failed),
            ("0000", SmsState::Delivered),
        ] {
            channel.submit(&message(&format!("+35844123{end}"), "Hello")).await.unwrap();
            assert_eq!(receipts.recv().await.unwrap().state, state, "{end}");
        }
        for (end, kind) in
            [("0006", FaultKind::Permanent), ("0007", FaultKind::Temporary), ("0008", FaultKind::Throttled)]
        {
            let fault = channel.submit(&message(&format!("+35844123{end}"), "Hello")).await.unwrap_err();
            assert_eq!((fault.kind, fault.may_have_been_accepted), (kind, false), "{end}");
        }
        channel.submit(&message("+358441230005", "Hello")).await.unwrap();
        drop(channel);
        assert_eq!(receipts.recv().await, None);
    }

    #[tokio::test]
    async fn no_receipt_comes_that_was_not_asked_for() {
        let (channel, _, mut receipts) = channel();
        for end in ["0000", "0001"] {
            let unasked = SmsSubmit { wants_receipt: false, ..message(&format!("+35844123{end}"), "Hello") };
            assert_eq!(channel.submit(&unasked).await.unwrap().provider_message_ids.len(), 1);
        }
        // Of those who could still send one none is left.
        drop(channel);
        assert_eq!(receipts.recv().await, None);
    }

    #[test]
    fn production_has_no_console() {
        let (sender, _receipts) = mpsc::unbounded_channel();
        let sink = Arc::new(Sink(sender));
        let fault =
            ConsoleChannel::new("sms", Environment::Production, Box::new(Paper::default()), sink, Arc::new(Noon));
        assert!(fault.unwrap_err().to_string().contains("sandbox"));
    }
}
