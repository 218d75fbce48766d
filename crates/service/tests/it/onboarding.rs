//! A partner creates clients.

use domain::api_key::KeyKind;
use domain::identifier::ClientIdentifier;
use futures_util::future::join_all;
use service::client::Imported;
use service::onboarding::OnboardingError;
use testkit::core::{TestCore, draft, operator};
use testkit::on_both_engines;

on_both_engines! {
    async fn a_client_is_created_with_a_key_that_works(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let answer =
            test.core.create_client(&provisioner, &draft("QUICK3", 1), None, &operator()).await.unwrap();
        let created = answer.value;
        assert!(!answer.replayed);
        assert_eq!(created.client, ClientIdentifier(100_001));
        assert_eq!(created.reference_prefix.0, 10_000_001);
        let key = created.key.expose().to_text();
        let principal = test.core.authenticate(Some(&key), None).await.unwrap();
        assert_eq!((principal.kind, principal.holder.client), (KeyKind::Client, Some(created.client)));

        let shown = test.core.show_client(created.client).await.unwrap();
        assert_eq!((shown.partner_code.as_str(), shown.business_code.as_str()), ("QUICK3", "0000001-7"));
        assert_eq!(shown.contacts.len(), 1);
        let listed = test.core.list_clients(Some("QUICK3"), None, 10).await.unwrap();
        assert_eq!(listed.len(), 1);
    }

    async fn the_same_client_fifty_times_at_once_is_made_once(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let tries = (0..50).map(|_| {
            let (core, provisioner) = (test.core.clone(), provisioner.clone());
            tokio::spawn(async move { core.create_client(&provisioner, &draft("QUICK3", 1), None, &operator()).await })
        });
        let mut made = Vec::new();
        let mut found = Vec::new();
        for outcome in join_all(tries).await {
            match outcome.unwrap() {
                Ok(answer) => made.push(answer.value.client),
                Err(OnboardingError::Exists { client, .. }) => found.push(client),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((made.len(), found.len()), (1, 49));
        assert!(found.iter().all(|client| *client == made[0]), "each is told the one that is there");
        assert_eq!(test.core.list_clients(None, None, 10).await.unwrap().len(), 1);
    }

    async fn two_partners_may_have_the_same_business(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let mut numbers = Vec::new();
        for code in ["QUICK3", "SLOW4"] {
            let partner = test.partner(code).await;
            let provisioner = test.provisioner(&partner).await;
            let answer = test.core.create_client(&provisioner, &draft(code, 1), None, &operator()).await.unwrap();
            numbers.push(answer.value.client);
        }
        assert_ne!(numbers[0], numbers[1]);
    }

    async fn a_client_for_another_partner_is_refused_and_recorded(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        test.partner("SLOW4").await;
        let provisioner = test.provisioner(&partner).await;
        let refused = test.core.create_client(&provisioner, &draft("SLOW4", 1), None, &operator()).await;
        assert!(matches!(refused, Err(OnboardingError::PartnerMismatch)), "{refused:?}");
        assert_eq!(test.core.list_clients(None, None, 10).await.unwrap().len(), 0);
        let record = test.core.audit_records(Some("QUICK3"), None, 1).await.unwrap().remove(0);
        assert_eq!((record.action.as_str(), record.outcome.as_str()), ("client.create", "refused"));
        assert_eq!(record.detail, "partner_mismatch");
    }

    async fn every_fault_is_told_and_nothing_is_kept(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let mut wrong = draft("QUICK3", 1);
        wrong.iban_account = Some("FI2112345600000786".into());
        wrong.primary.name = None;
        let refused = test.core.create_client(&provisioner, &wrong, None, &operator()).await;
        let Err(OnboardingError::Invalid(faults)) = refused else { panic!("{refused:?}") };
        let fields: Vec<_> = faults.iter().map(|fault| (&*fault.field, &*fault.code)).collect();
        assert_eq!(fields, [("client.ibanAccount", "iban_check_digits"), ("contacts.primary.name", "required")]);
        assert_eq!(test.core.list_clients(None, None, 10).await.unwrap().len(), 0);
    }

    async fn many_clients_get_numbers_of_their_own_from_two_processes(database: TestDatabase) {
        let (here, there) = (TestCore::open(&database).await, TestCore::open(&database).await);
        let partner = here.partner("QUICK3").await;
        let provisioner = here.provisioner(&partner).await;
        let tries = (0..120).map(|number| {
            let core = if number % 2 == 0 { here.core.clone() } else { there.core.clone() };
            let provisioner = provisioner.clone();
            tokio::spawn(async move {
                core.create_client(&provisioner, &draft("QUICK3", number), None, &operator()).await.unwrap().value
            })
        });
        let made: Vec<_> = join_all(tries).await.into_iter().map(|made| made.unwrap()).collect();
        let distinct = |mut numbers: Vec<i64>| {
            numbers.sort_unstable();
            numbers.dedup();
            numbers.len()
        };
        assert_eq!(distinct(made.iter().map(|made| made.client.0).collect()), 120);
        assert_eq!(distinct(made.iter().map(|made| made.customer_code.0).collect()), 120);
        assert_eq!(distinct(made.iter().map(|made| made.reference_prefix.0).collect()), 120);
    }

    async fn an_import_finds_what_is_there(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        test.partner("QUICK3").await;
        let mut row = draft("QUICK3", 1);
        row.partner_code = None;
        let first = test.core.import_client("QUICK3", &row, &operator()).await.unwrap();
        let Imported::Created(created) = first else { panic!("{first:?}") };
        let second = test.core.import_client("QUICK3", &row, &operator()).await.unwrap();
        assert!(matches!(second, Imported::AlreadyThere(client) if client == created.client), "{second:?}");
        row.partner_code = Some("SLOW4".into());
        let third = test.core.import_client("QUICK3", &row, &operator()).await;
        assert!(matches!(third, Err(OnboardingError::PartnerMismatch)), "{third:?}");
    }
}
