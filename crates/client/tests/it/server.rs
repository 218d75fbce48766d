//! The client against the server itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tallystick_client::{Client, CreateClient, Error, KeyKind, Runtime, SystemRuntime, Validity};
use testkit::app::{PartnerKeys, TestApp, body, seed_body};
use testkit::on_both_engines;

use crate::example;

fn client(url: &str, key: &str) -> Client {
    Client::builder(url).api_key(key).build().unwrap()
}

fn request(partner: &PartnerKeys, number: u32) -> CreateClient {
    serde_json::from_value(body(&partner.code, number)).unwrap()
}

on_both_engines! {
    async fn a_partner_creates_a_client_whose_key_works_and_is_renewed(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let served = app.serve().await;
        let provisioner = client(&served.url, &partner.provisioning);
        let seed: CreateClient = serde_json::from_value(seed_body()).unwrap();
        let created = provisioner.create_client(&seed).await.unwrap();
        assert_eq!(created.message, "New client created");
        assert_eq!(created.warnings.iter().map(|warning| &*warning.field).collect::<Vec<_>>(), ["client.businessCode", "client.vatRegNbr"]);

        let own = provisioner.with_api_key(created.api_access_token.clone());
        let Validity::Valid(key) = own.validate().await.unwrap() else { panic!("the key does not work") };
        assert_eq!((key.kind, key.environment.as_deref(), key.expires_at), (Some(KeyKind::Client), Some("sandbox"), None));

        let renewed = own.renew().await.unwrap();
        assert_ne!(renewed.api_access_token, created.api_access_token);
        assert!(own.validate().await.unwrap().is_valid());
        app.clock().advance(Duration::from_secs(15 * 60));
        let old = provisioner.with_api_key(created.api_access_token);
        let Validity::Invalid { code, .. } = old.validate().await.unwrap() else { panic!("the old key still works") };
        assert_eq!(code, "token_superseded");
    }

    async fn problems_are_typed(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let served = app.serve().await;
        let provisioner = client(&served.url, &partner.provisioning);
        let created = provisioner.create_client(&request(&partner, 1)).await.unwrap();
        match provisioner.create_client(&request(&partner, 1)).await {
            Err(Error::ClientExists { client_identifier, .. }) => assert_eq!(client_identifier, created.client_identifier),
            other => panic!("{other:?}"),
        }
        let mut wrong = request(&partner, 2);
        wrong.client.iban_account = "FI2112345600000786".into();
        wrong.contacts.primary.name = String::new();
        let Err(Error::Validation(problem)) = provisioner.create_client(&wrong).await else { panic!("it was taken") };
        let faults: Vec<_> = problem.faults.iter().map(|fault| (&*fault.field, &*fault.code)).collect();
        assert_eq!(faults, [("client.ibanAccount", "iban_check_digits"), ("contacts.primary.name", "required")]);
        let mut foreign = request(&partner, 2);
        foreign.service.partner_code = "SLOW4".into();
        assert!(matches!(provisioner.create_client(&foreign).await, Err(Error::Forbidden(_))));
        let stranger = client(&served.url, "8848372d-8457-4ca4-9da9-673f1cdd6684");
        assert!(matches!(stranger.create_client(&request(&partner, 2)).await, Err(Error::Unauthorized(_))));
        assert!(!stranger.validate().await.unwrap().is_valid());
    }

    async fn a_create_that_is_sent_again_makes_one_client(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let served = app.serve().await;
        let provisioner = client(&served.url, &partner.provisioning);
        let key = provisioner.new_idempotency_key();
        let first = provisioner.create_client_with(&request(&partner, 1), &key).await.unwrap();
        let again = provisioner.create_client_with(&request(&partner, 1), &key).await.unwrap();
        assert_eq!(first, again);
        let other = provisioner.create_client_with(&request(&partner, 2), &key).await;
        assert!(matches!(other, Err(Error::IdempotencyKeyReused(_))), "{other:?}");
    }

    async fn renewals_at_once_agree(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let served = app.serve().await;
        let tries = (0..20).map(|_| {
            let client = client(&served.url, &key);
            tokio::spawn(async move { client.renew().await.unwrap().api_access_token })
        });
        let mut keys = Vec::new();
        for renewed in tries.collect::<Vec<_>>() {
            keys.push(renewed.await.unwrap());
        }
        keys.dedup();
        assert_eq!(keys.len(), 1);
    }
}

/// Runs the example once and gives what it printed.
async fn run(url: &str, database: &Path, further: &[&str]) -> String {
    let args = ["--server", url, "--database", database.to_str().unwrap()];
    let args = args.iter().chain(further).map(|arg| (*arg).to_owned());
    let options = example::Options::read(args, None).unwrap_or_else(|usage| panic!("{usage}")).unwrap();
    let mut out = Vec::new();
    example::run(&options, Arc::new(SystemRuntime) as Arc<dyn Runtime>, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

on_both_engines! {
    async fn the_example_onboards_its_client_and_finds_it_again(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let served = app.serve().await;
        let directory = tempfile::tempdir().unwrap();
        let own = directory.path().join("partner.db");
        let first = run(&served.url, &own, &["--token", &partner.provisioning]).await;
        assert!(first.starts_with("Test Customer Oy: created as client 100001"), "{first}");
        let second = run(&served.url, &own, &[]).await;
        assert!(second.starts_with("Test Customer Oy: credentials found in "), "{second}");
        assert_eq!(app.test.core.list_clients(None, None, 10).await.unwrap().len(), 1);
    }
}
