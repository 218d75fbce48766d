//! Manual onboarding: a request is decided once, its credentials are seen once, and keys that will expire are told of once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::{Accepted, Fault, Mail, MailChannel};
use domain::Clock as _;
use domain::client::{ClientDraft, ContactDraft};
use domain::deployment::{DeploymentDraft, DeploymentState};
use domain::identifier::ClientIdentifier;
use futures_util::future::{BoxFuture, join_all};
use service::api_key::Principal;
use service::credentials_link::LinkError;
use service::deployment::DeploymentError;
use service::idempotency::{Idempotency, IdempotencyError};
use service::mail::MailSettings;
use service::outbox::{Provider, Sends};
use service::{AdminError, Core, MasterKeys, Settings};
use testkit::core::{MASTER_KEY, TestCore, draft as client_draft, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::random::TestRandom;
use uuid::Uuid;

use crate::sql::number;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Takes every mail and keeps it.
#[derive(Default)]
struct Postbox(Mutex<Vec<Mail>>);

impl MailChannel for Postbox {
    fn name(&self) -> &str {
        "post"
    }

    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(async { Ok(Accepted { provider_message_ids: Vec::new() }) })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        Box::pin(async { Ok("a box".to_owned()) })
    }
}

/// Takes no mail.
struct Closed;

impl MailChannel for Closed {
    fn name(&self) -> &str {
        "post"
    }

    fn send<'a>(&'a self, _: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>> {
        Box::pin(async { Err(Fault::permanent("550 no such mailbox")) })
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        Box::pin(async { Ok("closed".to_owned()) })
    }
}

struct Office {
    test: TestCore,
    asker: Principal,
}

fn settings() -> Settings {
    Settings {
        mail: Some(MailSettings {
            channel: "post".into(),
            from: "noreply@operator.example".into(),
            operator: "deployment@operator.example".into(),
        }),
        public_url: Some("https://partner.example".into()),
        ..Settings::default()
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The least that a request may say; `number` makes its business different.
fn request(number: u32) -> DeploymentDraft {
    DeploymentDraft {
        client: ClientDraft {
            service_type: some("LIFECYCLE"),
            name: some("Test Customer Oy"),
            business_code: Some(format!("{number:07}-7")),
            country_code: some("FI"),
            primary: ContactDraft { name: some("Matti"), email: some("matti@test.example"), ..ContactDraft::default() },
            ..ClientDraft::default()
        },
        accounting_system: some("Procountor"),
        responsible_name: some("Liisa Virtanen"),
        responsible_email: some("liisa@quick.example"),
    }
}

/// What a client needs besides.
fn further() -> ClientDraft {
    ClientDraft {
        postal_address: some("Testikuja 7"),
        postal_code: some("12345"),
        postal_district: some("HELSINKI"),
        email: some("info@test.example"),
        language_code: some("FI"),
        currency_code: some("EUR"),
        ..ClientDraft::default()
    }
}

impl Office {
    async fn open(database: &TestDatabase, settings: Settings) -> Self {
        let test = TestCore::with(database, settings).await;
        let partner = test.partner("QUICK3").await;
        let asker = test.provisioner(&partner).await;
        Self { test, asker }
    }

    async fn ask(&self, number: u32) -> Uuid {
        let kept = self.test.core.request_deployment(Some(&self.asker), &request(number), None, &operator()).await;
        kept.unwrap().value.deployment.id
    }

    /// Sends what waits, and gives all that was sent since the last time, in the order of its recipients.
    async fn mails(&self) -> Vec<Mail> {
        let post = Arc::new(Postbox::default());
        self.send_by(Arc::clone(&post) as Arc<dyn MailChannel>).await;
        let mut mails = std::mem::take(&mut *post.0.lock().unwrap());
        mails.sort_by(|one, other| one.to.cmp(&other.to));
        mails
    }

    /// Has a worker send what waits, until nothing does.
    async fn send_by(&self, channel: Arc<dyn MailChannel>) {
        let provider = Provider { sends: Sends::Mail(channel), window: 4, per_second: None };
        let worker = self.test.core.start_worker(vec![provider]);
        let empty = async {
            while self.test.core.outbox_counts().await.unwrap().iter().any(|count| count.waiting > 0) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), empty).await.expect("the outbox empties");
        worker.stop().await;
    }

    async fn actions(&self) -> Vec<String> {
        let records = self.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        records.iter().rev().map(|record| format!("{} {}", record.action, record.outcome)).collect()
    }
}

/// The token of the link in a mail.
fn token(mail: &Mail) -> String {
    let start = "https://partner.example/onboarding/credentials/";
    let (_, rest) = mail.text.split_once(start).expect("the mail has a link");
    assert!(mail.html.as_deref().is_some_and(|html| html.contains(start)));
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

on_both_engines! {
    async fn a_request_is_kept_told_and_shown_to_its_partner_only(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let kept = core.request_deployment(Some(&office.asker), &request(1), None, &operator()).await.unwrap().value;
        assert!(kept.notified && !kept.warnings.is_empty());
        let mails = office.mails().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "deployment@operator.example");
        for part in ["Test Customer Oy", "0000001-7", "Procountor", "liisa@quick.example", "QUICK3", &kept.deployment.id.to_string()] {
            assert!(mails[0].text.contains(part), "{part} is not in {}", mails[0].text);
        }
        let partner = office.asker.holder.partner;
        let shown = core.deployment(partner, kept.deployment.id).await.unwrap().unwrap();
        assert_eq!((shown.state, shown.partner_code.as_deref()), (DeploymentState::Received, Some("QUICK3")));
        let other = office.test.partner("SLOW4").await;
        assert!(core.deployment(other.partner, kept.deployment.id).await.unwrap().is_none());
        assert!(core.deployment(partner, Uuid::nil()).await.unwrap().is_none());
        assert_eq!(core.list_deployments(Some(DeploymentState::Received), None, 10).await.unwrap().len(), 1);
        assert!(core.list_deployments(Some(DeploymentState::Approved), None, 10).await.unwrap().is_empty());
        assert_eq!(office.actions().await.last().unwrap(), "deployment.request done");
    }

    async fn a_repeat_is_the_first_request_and_a_foreign_partner_is_refused(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let ask = async |draft: &DeploymentDraft, fingerprint: u8| {
            let name = Idempotency { key: "one".into(), fingerprint: [fingerprint; 32] };
            core.request_deployment(Some(&office.asker), draft, Some(name), &operator()).await
        };
        let first = ask(&request(1), 1).await.unwrap();
        core.reject_deployment(first.value.deployment.id, "No contract", &operator()).await.unwrap();
        let again = ask(&request(1), 1).await.unwrap();
        assert!(!first.replayed && again.replayed);
        assert_eq!(again.value.deployment.id, first.value.deployment.id);
        assert_eq!(again.value.deployment.state, DeploymentState::Received, "it is the first answer");
        let reused = ask(&request(2), 2).await;
        assert!(matches!(reused, Err(DeploymentError::Idempotency(IdempotencyError::KeyReused))), "{reused:?}");
        assert_eq!(core.list_deployments(None, None, 10).await.unwrap().len(), 1);
        let mut foreign = request(3);
        foreign.client.partner_code = some("SLOW4");
        let refused = core.request_deployment(Some(&office.asker), &foreign, None, &operator()).await;
        assert!(matches!(refused, Err(DeploymentError::PartnerMismatch)), "{refused:?}");
        assert_eq!(office.actions().await.last().unwrap(), "deployment.request refused");
    }

    async fn approval_makes_a_client_whose_credentials_are_seen_once(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let id = office.ask(1).await;
        let lacking = core.approve_deployment(id, &ClientDraft::default(), None, &operator()).await;
        let Err(AdminError::Invalid(faults)) = lacking else { panic!("{lacking:?}") };
        let fields: Vec<_> = faults.iter().map(|fault| &*fault.field).collect();
        assert_eq!(
            fields,
            ["client.postalAddress", "client.postalCode", "client.postalDistrict", "client.email", "client.languageCode", "client.currencyCode"]
        );
        office.mails().await;

        let mut more = further();
        more.service_type = some("POS_FINANCING");
        let approved = core.approve_deployment(id, &more, None, &operator()).await.unwrap();
        assert_eq!((approved.deployment.state, approved.link), (DeploymentState::Approved, None));
        assert_eq!(approved.deployment.client_identifier, Some(approved.client));
        let client = core.show_client(approved.client).await.unwrap();
        assert_eq!((client.name.as_str(), client.service_type.as_str()), ("Test Customer Oy", "POS_FINANCING"));
        let mails = office.mails().await;
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, "liisa@quick.example");
        let token = token(&mails[0]);

        for _ in 0..3 {
            core.look_at_link(&token).await.expect("looking uses nothing up");
        }
        let shown = core.open_link(&token, &operator()).await.unwrap();
        assert_eq!((shown.client, shown.name.as_str()), (approved.client, "Test Customer Oy"));
        let key = shown.key.expose().to_text();
        assert!(!mails[0].text.contains(&key), "the mail holds no key");
        assert!(shown.oauth.is_some());
        let holder = core.authenticate(Some(&key), None).await.unwrap().holder;
        assert_eq!(holder.client, Some(approved.client));
        assert!(matches!(core.look_at_link(&token).await, Err(LinkError::Used)));
        assert!(matches!(core.open_link(&token, &operator()).await, Err(LinkError::Used)));
        assert_eq!(
            office.actions().await[1..],
            [
                "deployment.request done",
                "deployment.approve done",
                "client.create done",
                "credentials_link.open done",
                "credentials_link.open refused"
            ]
        );
    }

    async fn a_request_approved_by_many_at_once_is_one_client(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        // A second process.
        let there = TestCore::with(&database, settings()).await;
        let id = office.ask(1).await;
        office.mails().await;
        let tries = (0..12).map(|number| {
            let core = if number % 2 == 0 { office.test.core.clone() } else { there.core.clone() };
            tokio::spawn(async move { core.approve_deployment(id, &further(), None, &operator()).await })
        });
        let mut approved = 0;
        for outcome in join_all(tries).await {
            match outcome.unwrap() {
                Ok(_) => approved += 1,
                Err(AdminError::State(how)) => assert!(how.contains("approved"), "{how}"),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(approved, 1);
        assert_eq!(office.test.core.list_clients(None, None, 10).await.unwrap().len(), 1);
        assert_eq!(office.mails().await.len(), 1);
    }

    async fn what_is_decided_stays_so(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let (first, second) = (office.ask(1).await, office.ask(2).await);
        office.mails().await;
        let wordless = core.reject_deployment(first, " ", &operator()).await;
        assert!(matches!(wordless, Err(AdminError::Invalid(_))), "{wordless:?}");
        let (rejected, mailed) = core.reject_deployment(first, "No <contract> yet", &operator()).await.unwrap();
        assert!(mailed && rejected.state == DeploymentState::Rejected);
        assert_eq!(rejected.reason.as_deref(), Some("No <contract> yet"));
        let mails = office.mails().await;
        assert_eq!(mails[0].to, "liisa@quick.example");
        assert!(mails[0].text.contains("No <contract> yet"));
        assert!(mails[0].html.as_ref().unwrap().contains("No &lt;contract&gt; yet"));
        core.approve_deployment(second, &further(), None, &operator()).await.unwrap();
        for (id, word) in [(first, "rejected"), (second, "approved")] {
            let again = core.approve_deployment(id, &further(), None, &operator()).await;
            assert!(matches!(&again, Err(AdminError::State(how)) if how.contains(word)), "{again:?}");
            let again = core.reject_deployment(id, "No", &operator()).await;
            assert!(matches!(&again, Err(AdminError::State(how)) if how.contains(word)), "{again:?}");
        }
        let none = core.approve_deployment(Uuid::nil(), &further(), None, &operator()).await;
        assert!(matches!(none, Err(AdminError::NotFound(_))), "{none:?}");
    }

    async fn a_client_that_is_there_leaves_the_request_open(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let created = core.create_client(&office.asker, &client_draft("QUICK3", 1), None, &operator()).await.unwrap();
        let id = office.ask(1).await;
        let refused = core.approve_deployment(id, &further(), None, &operator()).await;
        let Err(AdminError::Exists(what)) = refused else { panic!("{refused:?}") };
        assert!(what.contains(&created.value.client.to_string()), "{what}");
        assert_eq!(core.show_deployment(id).await.unwrap().state, DeploymentState::Received);
        assert_eq!(office.mails().await.len(), 1, "only the operator was told");
    }

    async fn a_request_of_the_public_form_needs_a_partner(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let kept = core.request_deployment(None, &request(1), None, &operator()).await.unwrap().value;
        assert_eq!(kept.deployment.partner_code, None);
        let id = kept.deployment.id;
        let alone = core.approve_deployment(id, &further(), None, &operator()).await;
        assert!(matches!(&alone, Err(AdminError::Invalid(faults)) if faults[0].field == "partner"), "{alone:?}");
        let unknown = core.approve_deployment(id, &further(), Some("SLOW4"), &operator()).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))), "{unknown:?}");
        let approved = core.approve_deployment(id, &further(), Some("QUICK3"), &operator()).await.unwrap();
        assert_eq!(core.show_client(approved.client).await.unwrap().partner_code, "QUICK3");
        assert_eq!(core.show_deployment(id).await.unwrap().client_identifier, Some(approved.client));
        let own = office.ask(2).await;
        let foreign = core.approve_deployment(own, &further(), Some("SLOW4"), &operator()).await;
        assert!(matches!(&foreign, Err(AdminError::Invalid(faults)) if faults[0].field == "partner"), "{foreign:?}");
    }

    async fn a_mail_about_the_public_form_that_was_given_up_is_listed(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        office.test.core.request_deployment(None, &request(1), None, &operator()).await.unwrap();
        office.send_by(Arc::new(Closed)).await;
        let dead = office.test.core.dead_letters(None, 10).await.unwrap();
        assert_eq!((dead.len(), dead[0].partner_code.as_str(), dead[0].kind.as_str()), (1, "", "mail"));
        office.test.core.replay(dead[0].message, &operator()).await.unwrap();
        assert_eq!(office.mails().await.len(), 1);
    }

    async fn without_mail_the_request_is_kept_and_the_operator_gets_the_link(database: TestDatabase) {
        let office = Office::open(&database, Settings { mail: None, ..settings() }).await;
        let core = &office.test.core;
        let kept = core.request_deployment(Some(&office.asker), &request(1), None, &operator()).await.unwrap().value;
        assert!(!kept.notified);
        let approved = core.approve_deployment(kept.deployment.id, &further(), None, &operator()).await.unwrap();
        let link = approved.link.unwrap();
        let token = link.rsplit('/').next().unwrap();
        assert_eq!(core.open_link(token, &operator()).await.unwrap().client, approved.client);
        assert!(!core.reject_deployment(office.ask(2).await, "No", &operator()).await.unwrap().1);
    }

    async fn without_an_address_nothing_is_approved(database: TestDatabase) {
        let office = Office::open(&database, Settings { public_url: None, ..settings() }).await;
        let id = office.ask(1).await;
        let refused = office.test.core.approve_deployment(id, &further(), None, &operator()).await;
        assert!(matches!(&refused, Err(AdminError::State(what)) if what.contains("public-url")), "{refused:?}");
        assert!(office.test.core.list_clients(None, None, 10).await.unwrap().is_empty());
    }

    async fn a_link_opened_by_many_at_once_shows_its_credentials_once(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let there = TestCore::with(&database, settings()).await;
        let id = office.ask(1).await;
        office.mails().await;
        office.test.core.approve_deployment(id, &further(), None, &operator()).await.unwrap();
        let token = token(&office.mails().await[0]);
        let tries = (0..16).map(|number| {
            let core = if number % 2 == 0 { office.test.core.clone() } else { there.core.clone() };
            let token = token.clone();
            tokio::spawn(async move { core.open_link(&token, &operator()).await })
        });
        let mut shown = 0;
        for outcome in join_all(tries).await {
            match outcome.unwrap() {
                Ok(_) => shown += 1,
                Err(LinkError::Used) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(shown, 1);
    }

    async fn a_link_that_is_late_guessed_or_replaced_shows_nothing(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let id = office.ask(1).await;
        assert!(matches!(core.renew_link(id, &operator()).await, Err(AdminError::State(_))), "nothing is approved yet");
        office.mails().await;
        let approved = core.approve_deployment(id, &further(), None, &operator()).await.unwrap();
        let first = token(&office.mails().await[0]);
        for guess in ["", "x", &"0".repeat(64), &first.to_uppercase(), &first[1..]] {
            assert!(matches!(core.look_at_link(guess).await, Err(LinkError::Unknown)), "{guess}");
            assert!(matches!(core.open_link(guess, &operator()).await, Err(LinkError::Unknown)), "{guess}");
        }
        core.renew_link(id, &operator()).await.unwrap();
        let second = token(&office.mails().await[0]);
        assert!(matches!(core.open_link(&first, &operator()).await, Err(LinkError::Expired)));
        office.test.clock.advance(7 * DAY);
        assert!(matches!(core.look_at_link(&second).await, Err(LinkError::Expired)));
        assert!(matches!(core.open_link(&second, &operator()).await, Err(LinkError::Expired)));
        core.renew_link(id, &operator()).await.unwrap();
        let third = token(&office.mails().await[0]);
        let keys = core.list_keys("QUICK3", Some(approved.client)).await.unwrap();
        core.revoke_key(keys[0].id, &operator()).await.unwrap();
        assert!(matches!(core.open_link(&third, &operator()).await, Err(LinkError::Expired)));
    }

    async fn a_link_that_nobody_has_opened_ends_with_a_revocation(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let id = office.ask(1).await;
        office.mails().await;
        let approved = core.approve_deployment(id, &further(), None, &operator()).await.unwrap();
        let link = token(&office.mails().await[0]);
        let partner = Principal { kind: domain::api_key::KeyKind::Partner, ..office.asker.clone() };
        core.revoke_credentials(&partner, approved.client, &operator()).await.unwrap();
        core.rotate_credentials(&partner, approved.client, None, &operator()).await.unwrap();
        assert!(matches!(core.open_link(&link, &operator()).await, Err(LinkError::Expired)), "it would show the new key");
    }

    async fn a_link_to_a_key_that_has_expired_shows_nothing(database: TestDatabase) {
        let office = Office::open(&database, Settings { client_key_lifetime: Some(DAY), ..settings() }).await;
        let id = office.ask(1).await;
        office.mails().await;
        office.test.core.approve_deployment(id, &further(), None, &operator()).await.unwrap();
        let link = token(&office.mails().await[0]);
        office.test.clock.advance(2 * DAY);
        assert!(matches!(office.test.core.open_link(&link, &operator()).await, Err(LinkError::NoKey)));
    }

    async fn mail_that_was_given_up_goes_when_it_is_not_worth_sending_any_more(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        office.ask(1).await;
        office.send_by(Arc::new(Closed)).await;
        office.test.clock.advance(2 * DAY);
        core.clean_up().await.unwrap();
        let dead = core.dead_letters(None, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        // Tried again, it is worth as much as a new one.
        core.replay(dead[0].message, &operator()).await.unwrap();
        office.send_by(Arc::new(Closed)).await;
        office.test.clock.advance(2 * DAY);
        core.clean_up().await.unwrap();
        assert_eq!(core.dead_letters(None, 10).await.unwrap().len(), 1);
        office.test.clock.advance(3 * DAY);
        core.clean_up().await.unwrap();
        assert_eq!(core.outbox_counts().await.unwrap(), []);
    }

    async fn mail_that_waited_too_long_is_given_up_unsent(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        office.ask(1).await;
        office.test.clock.advance(4 * DAY);
        assert_eq!(office.mails().await.len(), 0);
        let dead = office.test.core.dead_letters(None, 10).await.unwrap();
        assert!(dead[0].fault.contains("worth sending"), "{}", dead[0].fault);
    }

    async fn requests_of_strangers_are_bounded(database: TestDatabase) {
        let office = Office::open(&database, Settings { mail: None, ..settings() }).await;
        let core = &office.test.core;
        let first = core.request_deployment(None, &request(1), None, &operator()).await.unwrap().value.deployment.id;
        let row = store::deployment::by_id(&mut core.db().reader().await.unwrap(), first).await.unwrap().unwrap();
        core.db()
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move {
                    for number in 1..1000_u128 {
                        let further = store::deployment::DeploymentRow { request: Uuid::from_u128(number), ..row.clone() };
                        store::deployment::insert(tx, &further).await?;
                    }
                    Ok::<_, service::StoreError>(())
                })
            })
            .await
            .unwrap();
        let full = core.request_deployment(None, &request(2), None, &operator()).await;
        assert!(matches!(full, Err(DeploymentError::Full)), "{full:?}");
        // Partners are not strangers, and what is decided makes room.
        office.ask(3).await;
        core.reject_deployment(first, "No", &operator()).await.unwrap();
        core.request_deployment(None, &request(2), None, &operator()).await.unwrap();
    }

    async fn a_link_shows_the_key_that_works_then(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let id = office.ask(1).await;
        core.approve_deployment(id, &further(), None, &operator()).await.unwrap();
        let mails = office.mails().await;
        let first = core.open_link(&token(&mails[1]), &operator()).await.unwrap();
        let key = core.authenticate(Some(&first.key.expose().to_text()), None).await.unwrap();
        let renewed = core.renew(&key, &operator()).await.unwrap();
        core.renew_link(id, &operator()).await.unwrap();
        let second = core.open_link(&token(&office.mails().await[0]), &operator()).await.unwrap();
        assert_eq!(second.key_id, renewed.id);
        assert_ne!(second.key_id, first.key_id);
    }

    async fn what_has_had_its_time_is_removed(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        let core = &office.test.core;
        let (decided, waiting) = (office.ask(1).await, office.ask(2).await);
        core.approve_deployment(decided, &further(), None, &operator()).await.unwrap();
        let mails = office.mails().await;
        let token = token(mails.iter().find(|mail| mail.to == "liisa@quick.example").unwrap());
        office.test.clock.advance(37 * DAY);
        core.clean_up().await.unwrap();
        assert!(matches!(core.look_at_link(&token).await, Err(LinkError::Expired)), "it is kept, to be told as such");
        office.test.clock.advance(DAY);
        core.clean_up().await.unwrap();
        assert!(matches!(core.look_at_link(&token).await, Err(LinkError::Unknown)));
        office.test.clock.advance(365 * DAY);
        core.clean_up().await.unwrap();
        assert!(matches!(core.show_deployment(decided).await, Err(AdminError::NotFound(_))));
        assert_eq!(core.show_deployment(waiting).await.unwrap().state, DeploymentState::Received);
    }

    async fn each_key_is_told_of_once_for_each_lead_time(database: TestDatabase) {
        let wanted = Settings {
            client_key_lifetime: Some(40 * DAY),
            expiry_notice: vec![30 * DAY, 7 * DAY, DAY],
            ..settings()
        };
        let office = Office::open(&database, wanted.clone()).await;
        let core = &office.test.core;
        let there = TestCore::with(&database, wanted).await;
        let mut drafts = [client_draft("QUICK3", 1), client_draft("QUICK3", 2), client_draft("QUICK3", 3), client_draft("QUICK3", 4), client_draft("QUICK3", 5)];
        drafts[0].technical = ContactDraft { name: some("T"), email: some("technical@1.example"), ..ContactDraft::default() };
        drafts[1].primary.email = some("primary@2.example");
        drafts[2].primary.email = None;
        drafts[2].email = some("client@3.example");
        let mut created = Vec::new();
        for draft in &drafts {
            created.push(core.create_client(&office.asker, draft, None, &operator()).await.unwrap().value);
        }
        assert_eq!(core.send_expiry_notices().await.unwrap(), 0);
        // One is renewed and one revoked before their time comes.
        let fourth = core.authenticate(Some(&created[3].key.expose().to_text()), None).await.unwrap();
        core.renew(&fourth, &operator()).await.unwrap();
        core.revoke_key(created[4].key_id, &operator()).await.unwrap();
        for clock in [&office.test.clock, &there.clock] {
            clock.advance(9 * DAY);
        }
        assert_eq!(core.send_expiry_notices().await.unwrap(), 0);
        for clock in [&office.test.clock, &there.clock] {
            clock.advance(DAY);
        }
        let look = |core: Core| tokio::spawn(async move { core.send_expiry_notices().await.unwrap() });
        let looks: Vec<_> = (0..6).map(|n| look(if n % 2 == 0 { core.clone() } else { there.core.clone() })).collect();
        let mut sent = 0;
        for look in looks {
            sent += look.await.unwrap();
        }
        // The successor of the fourth lives as long, because the clock stood still.
        assert_eq!(sent, 4);
        let mails = office.mails().await;
        let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["client@3.example", "matti@testcustomer.fi", "primary@2.example", "technical@1.example"]);
        let text = &mails[3].text;
        for part in [created[0].key_id.to_string(), created[0].client.to_string(), created[0].key_expires_at.unwrap().to_string(), "/renew".to_owned()] {
            assert!(text.contains(&part), "{part} is not in {text}");
        }
        for key in &created {
            assert!(mails.iter().all(|mail| !mail.text.contains(&key.key.expose().to_text())), "a mail holds a key");
        }
        assert!(!text.contains(&created[4].key_id.to_string()));
        let told: BTreeSet<_> = office.actions().await.into_iter().filter(|action| action.contains(".expiring")).collect();
        assert_eq!(told.into_iter().collect::<Vec<_>>(), ["api_key.expiring done"]);

        assert_eq!(core.send_expiry_notices().await.unwrap(), 0, "each once");
        // Nobody looked while seven days passed: the nearest alone is told.
        office.test.clock.advance(29 * DAY + DAY / 2);
        assert_eq!(core.send_expiry_notices().await.unwrap(), 4);
        office.test.clock.advance(DAY);
        assert_eq!(core.send_expiry_notices().await.unwrap(), 0, "what has expired is not told of");
        assert_eq!(created[0].client, ClientIdentifier(100_001));
    }

    async fn a_mail_that_another_master_key_has_sealed_waits_for_it(database: TestDatabase) {
        let office = Office::open(&database, settings()).await;
        // A server that has the new key already; ours has only the old one.
        let keys = MasterKeys::parse(&format!("1:{MASTER_KEY},2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")).unwrap();
        let (clock, random) = (Arc::clone(&office.test.clock), Arc::new(TestRandom::new(u64::MAX / 3)));
        let there = Core::open(database.open().await, clock, random, keys, settings()).await.unwrap();
        there.request_deployment(Some(&office.asker), &request(1), None, &operator()).await.unwrap();
        let post = Arc::new(Postbox::default());
        let provider = |post: &Arc<Postbox>| Provider {
            sends: Sends::Mail(Arc::clone(post) as Arc<dyn MailChannel>),
            window: 4,
            per_second: None,
        };
        let worker = office.test.core.start_worker(vec![provider(&post)]);
        let tried = format!(
            "SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT NULL OR lease IS NULL AND due_at > {}",
            office.test.clock.now().micros()
        );
        let given_back = async {
            while number(&database, &tried).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), given_back).await.expect("it is tried");
        worker.stop().await;
        assert_eq!(number(&database, "SELECT COUNT(*) FROM outbox WHERE dead_at IS NULL AND attempts = 0").await, 1);
        office.test.clock.advance(Duration::from_secs(61));
        let worker = there.start_worker(vec![provider(&post)]);
        let sent = async {
            while post.0.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), sent).await.expect("it is sent");
        worker.stop().await;
    }

    async fn no_notice_is_sent_where_none_is_wanted(database: TestDatabase) {
        let office = Office::open(&database, Settings { client_key_lifetime: Some(DAY), ..settings() }).await;
        office.test.core.create_client(&office.asker, &client_draft("QUICK3", 1), None, &operator()).await.unwrap();
        assert_eq!(office.test.core.send_expiry_notices().await.unwrap(), 0);
        assert!(office.mails().await.is_empty());
    }
}
