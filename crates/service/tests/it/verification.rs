//! One-time codes on their way: sealed until they are sent, to the customer's telephone or mailbox, and gone then.

use std::sync::Arc;
use std::time::Duration;

use channels::{Accepted, Fault, Mail, MailChannel, SmsChannel, SmsSubmit};
use domain::Environment;
use domain::applicant::ApplicantFaults;
use domain::merchant::{MerchantChange, MerchantDraft};
use domain::oauth_token::{FamilyId, Scope};
use domain::reference_data::Lang;
use domain::sms::{Sender, SmsRules};
use domain::verification::VerificationFormat;
use futures_util::future::BoxFuture;
use service::Settings;
use service::information::FlowCaller;
use service::mail::MailSettings;
use service::merchant::OWN_PARTNER;
use service::outbox::{Provider, Sends};
use service::sms::SmsSettings;
use service::verification::{VerificationAnswer, VerificationError, VerificationRequest};
use testkit::core::{TestCore, applicant, operator};
use testkit::on_both_engines;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;
use uuid::Uuid;

/// The longest that anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// A provider that tells the test what it was handed: recipient and text.
struct Telling(UnboundedSender<(String, String)>);

impl SmsChannel for Telling {
    fn name(&self) -> &str {
        "sms"
    }

    fn submit<'a>(&'a self, message: &'a SmsSubmit) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.0.send((message.recipient.clone(), message.text.clone())).unwrap();
        Box::pin(async { Ok(Accepted { provider_message_ids: vec!["1".to_owned()] }) })
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
        Box::pin(async { Ok(Accepted { provider_message_ids: vec!["1".to_owned()] }) })
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

on_both_engines! {
    async fn a_code_goes_to_its_customer_and_is_kept_nowhere(database: TestDatabase) {
        let test = TestCore::with(&database, settings(true)).await;
        let (caller, by_sms) = shop(&test).await;
        let (sender, mut texts) = unbounded_channel();
        let channel = Arc::new(Telling(sender));
        let worker = test.core.start_worker(vec![
            Provider { sends: Sends::Sms(Arc::clone(&channel) as Arc<dyn SmsChannel>), window: 1, per_second: None },
            Provider { sends: Sends::Mail(channel as Arc<dyn MailChannel>), window: 1, per_second: None },
        ]);
        let sent = test.core.verify(&caller, &by_sms, &operator()).await.unwrap();
        assert_eq!(sent, VerificationAnswer::Sent(VerificationFormat::Sms));
        let (to, text) = heard(&mut texts).await;
        assert!(to.starts_with("+1"), "{to}");
        let code: String = text.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        assert_eq!((code.len(), text.starts_with("Chez Marie: your code is ")), (6, true), "{text}");
        let by_mail = VerificationRequest { format: VerificationFormat::Email, ..by_sms };
        test.core.verify(&caller, &by_mail, &operator()).await.unwrap();
        let (to, text) = heard(&mut texts).await;
        assert!(to.contains('@') && text.contains("Chez Marie"), "{to}: {text}");
        worker.stop().await;
        assert_eq!(waiting(&test).await, 0);
        let trail = format!("{:?}", test.core.audit_records(Some(OWN_PARTNER), None, 100).await.unwrap());
        assert!(trail.contains("account.verify") && !trail.contains(&code), "{trail}");
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
