//! What belongs to the installation as a whole: its environment, its master keys.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Environment;
use domain::api_key::KeyHolder;
use domain::invoice::{AttachmentDraft, InvoiceDraft};
use service::{Core, CoreError, MasterKeys, Settings};
use testkit::clock::TestClock;
use testkit::core::{MASTER_KEY, TestCore, draft, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::random::TestRandom;

const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

async fn open(database: &TestDatabase, keys: &str, environment: Environment) -> Result<Core, CoreError> {
    let keys = MasterKeys::parse(keys).unwrap();
    let settings = Settings { environment, ..Settings::default() };
    let random = Arc::new(TestRandom::new(u64::MAX / 3));
    Core::open(database.open().await, Arc::new(TestClock::new()), random, keys, settings).await
}

pub(crate) const PDF: &[u8] = include_bytes!("../../../domain/src/pdf_file/table.pdf");

/// An invoice that nobody sends, with a file.
fn invoice() -> InvoiceDraft {
    let mut draft = testkit::core::invoice(7, "NONE");
    draft.attachments =
        vec![AttachmentDraft { name: Some("note.pdf".to_owned()), content: Some(STANDARD.encode(PDF)) }];
    draft
}

on_both_engines! {
    async fn it_opens_in_its_environment_and_under_its_master_key_only(database: TestDatabase) {
        TestCore::open(&database).await;
        let other = open(&database, MASTER_KEY, Environment::Production).await;
        assert!(matches!(other, Err(CoreError::WrongEnvironment { .. })));
        let other = open(&database, NEW_KEY, Environment::Sandbox).await;
        assert!(matches!(other, Err(CoreError::WrongMasterKey(_))));
        open(&database, MASTER_KEY, Environment::Sandbox).await.unwrap();
    }

    async fn a_new_master_key_takes_over(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        for number in 0..5 {
            let mut draft = draft("QUICK3", number);
            if number == 0 {
                draft.service_type = Some("POS_FINANCING".into());
            }
            test.core.create_client(&provisioner, &draft, None, &operator()).await.unwrap();
        }
        let client = test.core.list_clients(None, None, 1).await.unwrap()[0].client_identifier;
        let holder = KeyHolder { partner: provisioner.holder.partner, client: Some(client) };
        let sent = test.core.submit_invoice(holder, client, invoice(), None, &operator()).await.unwrap().value;
        let both = open(&database, &format!("1:{MASTER_KEY},2:{NEW_KEY}"), Environment::Sandbox).await.unwrap();
        let mut told = 0;
        // Two keys of the partner, five of clients, one OAuth secret, an invoice and its file, and the pepper.
        assert_eq!(both.reseal(&operator(), |count| told = count).await.unwrap(), 11);
        assert_eq!(told, 11);
        assert_eq!(both.under_older_keys().await.unwrap().secrets, 0);
        assert_eq!(both.reseal(&operator(), |_| {}).await.unwrap(), 0, "it can be run again");

        let new = open(&database, &format!("2:{NEW_KEY}"), Environment::Sandbox).await.unwrap();
        let shown = new.show_key(partner.partner_key.id, true, &operator()).await.unwrap();
        assert_eq!(shown.value.unwrap(), partner.partner_key.value);
        let token = partner.provisioning_token.value.expose().to_text();
        new.authenticate(Some(&token), None).await.unwrap();
        let (kept, files) = new.invoice(holder.partner, sent.invoice).await.unwrap().unwrap();
        assert_eq!((kept.header.number.get(), files.len(), files[0].name.as_str()), (7, 1, "note.pdf"));
        assert_eq!(files[0].content, PDF);
    }
}
