//! A request that is sent again.

use std::time::Duration;

use futures_util::future::join_all;
use service::idempotency::{Idempotency, IdempotencyError};
use service::onboarding::OnboardingError;
use testkit::core::{TestCore, draft, operator};
use testkit::on_both_engines;

fn named(key: &str, fingerprint: u8) -> Option<Idempotency> {
    Some(Idempotency { key: key.to_owned(), fingerprint: [fingerprint; 32] })
}

on_both_engines! {
    async fn a_repeat_gets_the_first_answer_also_after_a_restart(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let create = async |test: &TestCore, fingerprint| {
            test.core.create_client(&provisioner, &draft("QUICK3", 1), named("k", fingerprint), &operator()).await
        };
        let first = create(&test, 1).await.unwrap();
        let again = create(&test, 1).await.unwrap();
        assert!(!first.replayed && again.replayed);
        assert_eq!(first.value.client, again.value.client);
        assert_eq!(first.value.key.expose().to_text(), again.value.key.expose().to_text());

        let restarted = TestCore::open(&database).await;
        let after = create(&restarted, 1).await.unwrap();
        assert!(after.replayed);
        assert_eq!(first.value.key.expose().to_text(), after.value.key.expose().to_text());

        let other = create(&restarted, 2).await;
        assert!(matches!(other, Err(OnboardingError::Idempotency(IdempotencyError::KeyReused))), "{other:?}");
        assert_eq!(test.core.list_clients(None, None, 10).await.unwrap().len(), 1);
        // Each time that the key was shown.
        let records = test.core.audit_records(Some("QUICK3"), None, 10).await.unwrap();
        let of = |action: &str| records.iter().filter(|record| record.action == action).collect::<Vec<_>>();
        assert_eq!((of("client.create").len(), of("credentials.show").len()), (1, 2));
        assert!(of("credentials.show").iter().all(|record| record.detail == "a repeat of client.create"));
    }

    async fn at_once_from_two_processes_it_has_its_effect_once(database: TestDatabase) {
        let (here, there) = (TestCore::open(&database).await, TestCore::open(&database).await);
        let partner = here.partner("QUICK3").await;
        let provisioner = here.provisioner(&partner).await;
        let tries = (0..40).map(|number| {
            let core = if number % 2 == 0 { here.core.clone() } else { there.core.clone() };
            let provisioner = provisioner.clone();
            tokio::spawn(async move {
                core.create_client(&provisioner, &draft("QUICK3", 1), named("k", 1), &operator()).await
            })
        });
        let mut keys = Vec::new();
        let mut firsts = 0;
        for outcome in join_all(tries).await {
            match outcome.unwrap() {
                Ok(answer) => {
                    firsts += u32::from(!answer.replayed);
                    keys.push(answer.value.key.expose().to_text());
                }
                Err(OnboardingError::Idempotency(IdempotencyError::InProgress)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        keys.dedup();
        assert_eq!((firsts, keys.len()), (1, 1));
        assert_eq!(here.core.list_clients(None, None, 10).await.unwrap().len(), 1);
    }

    async fn a_refusal_that_was_decided_is_kept_and_a_faulty_body_is_not(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let create = async |draft: domain::client::ClientDraft, key| {
            test.core.create_client(&provisioner, &draft, key, &operator()).await
        };

        let mut wrong = draft("QUICK3", 1);
        wrong.name = None;
        assert!(matches!(create(wrong, named("k", 1)).await, Err(OnboardingError::Invalid(_))));
        let mended = create(draft("QUICK3", 1), named("k", 2)).await.unwrap();
        assert!(!mended.replayed, "a refused body used nothing up");

        for replays in [false, true] {
            let exists = create(draft("QUICK3", 1), named("other", 1)).await;
            let Err(OnboardingError::Exists { client, replayed }) = exists else { panic!("{exists:?}") };
            assert_eq!((client, replayed), (mended.value.client, replays));
        }
    }

    async fn an_answer_is_kept_for_its_time_and_then_goes(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let create = async || test.core.create_client(&provisioner, &draft("QUICK3", 1), named("k", 1), &operator()).await;
        create().await.unwrap();
        test.clock.advance(Duration::from_secs(24 * 3600 - 1));
        assert!(create().await.unwrap().replayed);
        test.clock.advance(Duration::from_secs(1));
        assert_eq!(test.core.clean_up().await.unwrap(), 1);
        assert!(matches!(create().await, Err(OnboardingError::Exists { replayed: false, .. })));
    }

    async fn the_same_name_of_another_holder_is_another_name(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        for code in ["QUICK3", "SLOW4"] {
            let partner = test.partner(code).await;
            let provisioner = test.provisioner(&partner).await;
            let made = test.core.create_client(&provisioner, &draft(code, 1), named("k", 1), &operator()).await.unwrap();
            assert!(!made.replayed);
        }
    }
}
