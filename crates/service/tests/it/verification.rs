//! One-time codes on their way: sealed until they are sent, to the customer's telephone or mailbox, and gone then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use channels::{Accepted, Fault, Mail, MailChannel, Receipt, SmsChannel, SmsSubmit};
use domain::Environment;
use domain::applicant::ApplicantFaults;
use domain::merchant::{MerchantChange, MerchantDraft};
use domain::oauth_token::{FamilyId, Scope};
use domain::reference_data::Lang;
use domain::sms::{Sender, SmsRules, SmsState};
use domain::verification::VerificationFormat;
use futures_util::future::BoxFuture;
use service::Settings;
use service::information::FlowCaller;
use service::mail::MailSettings;
use service::merchant::OWN_PARTNER;
use service::outbox::{Provider, Sends, Worker};
use service::sms::SmsSettings;
use service::verification::{VerificationAnswer, VerificationError, VerificationRequest};
use testkit::core::{TestCore, applicant, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use uuid::Uuid;

use crate::sql;

/// The longest that anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider that tells the test what it was handed, recipient and text, and takes it, or answers this fault.
struct Telling(UnboundedSender<(String, String)>, Option<Fault>);

impl Telling {
    fn answer(&self) -> Result<Accepted, Fault> {
        match &self.1 {
            Some(fault) => Err(fault.clone()),
            None => Ok(Accepted { provider_message_ids: vec!["1".to_owned()] }),
        }
    }
}

impl SmsChannel for Telling {
    fn name(&self) -> &str {
        "sms"
    }

    fn submit<'a>(&'a self, message: &'a SmsSubmit) -> BoxFuture<'a, Result<Accepted, Fault>> {
        assert!(!message.wants_receipt);
        self.0.send((message.recipient.clone(), message.text.clone())).unwrap();
        let answer = self.answer();
        Box::pin(async { answer })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        Box::pin(async { Ok(String::new()) })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}

impl MailChannel for Telling {
    fn name(&self) -> &str {
        "mail"
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.0.send((mail.to.clone(), mail.text.clone())).unwrap();
        let answer = self.answer();
        Box::pin(async { answer })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        Box::pin(async { Ok(String::new()) })
    }
}

fn settings(with_channels: bool) -> Settings {
    let rules = SmsRules { sender: Sender::parse("Tally").unwrap(), most_parts: 10 };
    let sms = SmsSettings { channel: "sms".into(), rules };
    let mail =
        MailSettings { channel: "mail".into(), from: "shop@example.ca".into(), operator: "operator@example.ca".into() };
    Settings {
        environment: Environment::Production,
        sms: with_channels.then_some(sms),
        mail: with_channels.then_some(mail),
        ..Settings::default()
    }
}

/// A merchant with a customer's account, and a request for a code.
async fn shop(test: &TestCore) -> (FlowCaller, VerificationRequest) {
    let named = MerchantChange { name: Some("Chez Marie".to_owned()), ..MerchantChange::default() };
    let draft = MerchantDraft { client_id: "shop".to_owned(), settings: named };
    let added = test.core.add_merchant(None, &draft, &operator()).await.unwrap().merchant;
    let (partner, client) = (added.partner, added.client_identifier);
    let caller = FlowCaller { partner, client, family: FamilyId(Uuid::nil()), scope: Scope::Merchant };
    let said = (applicant("Marie"), ApplicantFaults::new());
    let applied = test.core.apply(caller, Uuid::nil(), said, Lang::English, None, &operator()).await.unwrap();
    let account = applied.value.account.unwrap().number;
    let request = "1".to_owned();
    (caller, VerificationRequest { account, card: None, format: VerificationFormat::Sms, request, answer: None })
}

async fn heard(texts: &mut UnboundedReceiver<(String, String)>) -> (String, String) {
    timeout(PATIENCE, texts.recv()).await.unwrap().unwrap()
}

/// How many messages wait.
async fn waiting(test: &TestCore) -> i64 {
    let counts = store::outbox::counts(&mut test.core.db().reader().await.unwrap()).await.unwrap();
    counts.iter().map(|count| count.waiting).sum()
}

fn start(test: &TestCore, channel: Telling) -> Worker {
    let channel = Arc::new(channel);
    test.core.start_worker(vec![
        Provider { sends: Sends::Sms(Arc::clone(&channel) as Arc<dyn SmsChannel>), window: 1, per_second: None },
        Provider { sends: Sends::Mail(channel as Arc<dyn MailChannel>), window: 1, per_second: None },
    ])
}

/// The columns in which the customer's telephone or address, or one of these codes as a word, can be read.
async fn readable(database: &TestDatabase, codes: &[&str]) -> Vec<String> {
    let found = sql::texts_and_bytes(database).await;
    // What is kept in the clear is found.
    assert!(found.iter().any(|(column, value)| column == "merchant.name" && value == b"Chez Marie"));
    let is_told = |value: &[u8]| {
        let text = String::from_utf8_lossy(value);
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        digits.contains("6135550123")
            || text.contains("5550123")
            || text.contains("marie@example.ca")
            || words.any(|word| codes.contains(&word))
    };
    found.into_iter().filter(|(_, value)| is_told(value)).map(|(column, _)| column).collect()
}

/// The code that a text tells.
fn code_in(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned()
}

on_both_engines! {
    async fn a_code_goes_to_its_customer_and_is_kept_nowhere(database: TestDatabase) {
        let test = TestCore::with(&database, settings(true)).await;
        let (caller, by_sms) = shop(&test).await;
        let (sender, mut texts) = unbounded_channel();
        let sent = test.core.verify(&caller, &by_sms, &operator()).await.unwrap();
        assert_eq!(sent, VerificationAnswer::Sent(VerificationFormat::Sms));
        assert_eq!((waiting(&test).await, readable(&database, &[]).await), (1, Vec::new()), "sealed");
        let worker = start(&test, Telling(sender, None));
        let (to, text) = heard(&mut texts).await;
        assert_eq!(to, "+16135550123");
        let by_sms_code = code_in(&text);
        assert!(text.starts_with(&format!("Chez Marie: your code is {by_sms_code}.")), "{text}");
        let by_mail = VerificationRequest { format: VerificationFormat::Email, ..by_sms };
        test.core.verify(&caller, &by_mail, &operator()).await.unwrap();
        let (to, text) = heard(&mut texts).await;
        assert!(to.contains('@') && text.contains("Chez Marie"), "{to}: {text}");
        worker.stop().await;
        assert_eq!(waiting(&test).await, 0);
        // Nobody has asked for it.
        for told in ["+16135550123", "16135550123", "6135550123", "1 613 555-0123", "0016135550123"] {
            let receipt = Receipt {
                channel: "sms".into(),
                provider_message_id: "1".into(),
                state: SmsState::Delivered,
                error_code: None,
                recipient: Some(told.into()),
                at: test.core.clock().now(),
                text: Some(format!("to {told}")),
            };
            test.core.receive_receipt(receipt).await.unwrap();
        }
        let kept = "SELECT COUNT(*) FROM sms_receipt WHERE recipient = '0123'";
        assert_eq!(sql::number(&database, kept).await, 5);
        assert_eq!(readable(&database, &[&by_sms_code, &code_in(&text)]).await, Vec::<String>::new());
        let trail = format!("{:?}", test.core.audit_records(Some(OWN_PARTNER), None, 100).await.unwrap());
        assert!(trail.contains("account.verify"), "{trail}");
    }

    async fn a_provider_that_names_the_customer_in_its_answer_is_not_quoted(database: TestDatabase) {
        let test = TestCore::with(&database, settings(true)).await;
        let (caller, by_sms) = shop(&test).await;
        let by_mail = VerificationRequest { format: VerificationFormat::Email, request: "2".into(), ..by_sms.clone() };
        let words = "try later to reach +1 613 555-0123, marie@example.ca";
        for fault in [Fault::temporary(words).with_code("E17"), Fault::unreachable(words).with_code("E17")] {
            let (sender, mut texts) = unbounded_channel();
            for asked in [&by_sms, &by_mail] {
                test.core.verify(&caller, asked, &operator()).await.unwrap();
            }
            let worker = start(&test, Telling(sender, Some(fault.clone())));
            // By address: a provider that was not reached may be tried again meanwhile.
            let mut codes = BTreeMap::new();
            while codes.len() < 2 {
                let (to, text) = heard(&mut texts).await;
                codes.insert(to, code_in(&text));
            }
            worker.stop().await;
            assert_eq!(waiting(&test).await, 2);
            let codes: Vec<_> = codes.values().map(String::as_str).collect();
            assert_eq!(readable(&database, &codes).await, Vec::<String>::new(), "{fault:?}");
            let of_the_code = "SELECT COUNT(*) FROM outbox WHERE fault LIKE 'E17: %'";
            assert_eq!(sql::number(&database, of_the_code).await, 2, "{fault:?}");
            test.clock.advance(Duration::from_secs(601));
            test.core.clean_up().await.unwrap();
        }
    }

    async fn one_that_was_not_sent_in_its_time_is_gone(database: TestDatabase) {
        let test = TestCore::with(&database, settings(true)).await;
        let (caller, by_sms) = shop(&test).await;
        test.core.verify(&caller, &by_sms, &operator()).await.unwrap();
        assert_eq!(waiting(&test).await, 1);
        test.clock.advance(Duration::from_secs(601));
        test.core.clean_up().await.unwrap();
        assert_eq!(waiting(&test).await, 0);
    }

    async fn in_production_nothing_is_said_to_be_sent_that_can_not_be(database: TestDatabase) {
        let test = TestCore::with(&database, settings(false)).await;
        let (caller, by_sms) = shop(&test).await;
        let refused = test.core.verify(&caller, &by_sms, &operator()).await;
        assert!(matches!(refused, Err(VerificationError::NoChannel(VerificationFormat::Sms))), "{refused:?}");
    }
}
