//! Keys are renewed without lock-out.

use std::time::Duration;

use domain::api_key::KeyState;
use futures_util::future::join_all;
use service::Settings;
use service::api_key::KeyError;
use service::onboarding::CreatedClient;
use testkit::core::{TestCore, draft, operator};
use testkit::on_both_engines;

const OVERLAP: Duration = Duration::from_secs(15 * 60);

async fn client(test: &TestCore) -> CreatedClient {
    let partner = test.partner("QUICK3").await;
    let provisioner = test.provisioner(&partner).await;
    test.core.create_client(&provisioner, &draft("QUICK3", 1), None, &operator()).await.unwrap().value
}

async fn renew(test: &TestCore, key: &str) -> Result<String, KeyError> {
    let principal = test.core.authenticate_for_renewal(Some(key), None).await?;
    let issued = test.core.renew(&principal, &operator()).await?;
    Ok(issued.value.expose().to_text())
}

on_both_engines! {
    async fn a_lost_answer_locks_nobody_out(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let old = client(&test).await.key.expose().to_text();
        let new = renew(&test, &old).await.unwrap();
        assert_ne!(old, new);
        assert_eq!(renew(&test, &old).await.unwrap(), new, "the lost answer is given again");
        test.core.authenticate(Some(&old), None).await.unwrap();
        test.core.authenticate(Some(&new), None).await.unwrap();

        test.clock.advance(OVERLAP);
        assert!(matches!(test.core.authenticate(Some(&old), None).await, Err(KeyError::Superseded)));
        assert!(matches!(renew(&test, &old).await, Err(KeyError::Superseded)));
        test.core.authenticate(Some(&new), None).await.unwrap();
    }

    async fn fifty_renewals_at_once_give_one_successor(database: TestDatabase) {
        let (here, there) = (TestCore::open(&database).await, TestCore::open(&database).await);
        let made = client(&here).await;
        let old = made.key.expose().to_text();
        let (here, there) = (std::sync::Arc::new(here), std::sync::Arc::new(there));
        let tries = (0..50).map(|number| {
            let test = if number % 2 == 0 { here.clone() } else { there.clone() };
            let old = old.clone();
            tokio::spawn(async move { renew(&test, &old).await.unwrap() })
        });
        let mut keys: Vec<_> = join_all(tries).await.into_iter().map(|key| key.unwrap()).collect();
        keys.dedup();
        assert_eq!(keys.len(), 1);
        assert_eq!(here.core.list_keys("QUICK3", Some(made.client)).await.unwrap().len(), 2);
    }

    async fn an_expired_key_is_renewed_but_does_not_work(database: TestDatabase) {
        let settings = Settings { client_key_lifetime: Some(Duration::from_secs(3600)), ..Settings::default() };
        let test = TestCore::with(&database, settings).await;
        let old = client(&test).await.key.expose().to_text();
        test.clock.advance(Duration::from_secs(3600));
        assert!(matches!(test.core.authenticate(Some(&old), None).await, Err(KeyError::Expired)));
        let new = renew(&test, &old).await.unwrap();
        assert!(matches!(test.core.authenticate(Some(&old), None).await, Err(KeyError::Expired)));
        let principal = test.core.authenticate(Some(&new), None).await.unwrap();
        let now = domain::Clock::now(&*test.clock);
        assert_eq!(principal.expires_at, Some(now.after(Duration::from_secs(3600))));
    }

    async fn renewals_follow_each_other(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let made = client(&test).await;
        let mut key = made.key.expose().to_text();
        for _ in 0..3 {
            key = renew(&test, &key).await.unwrap();
        }
        test.core.authenticate(Some(&key), None).await.unwrap();
        let states: Vec<_> = test.core.list_keys("QUICK3", Some(made.client)).await.unwrap();
        assert_eq!(states.len(), 4);
        test.clock.advance(OVERLAP);
        let states: Vec<_> =
            test.core.list_keys("QUICK3", Some(made.client)).await.unwrap().iter().map(|key| key.state).collect();
        assert_eq!(states.iter().filter(|state| **state == KeyState::Superseded).count(), 3);
        test.clock.advance(Duration::from_secs(31 * 24 * 3600));
        test.core.clean_up().await.unwrap();
        assert_eq!(test.core.list_keys("QUICK3", Some(made.client)).await.unwrap().len(), 1, "old ones go in time");
        test.core.authenticate(Some(&key), None).await.unwrap();
    }

    async fn without_overlap_the_old_key_ends_at_once_also_elsewhere(database: TestDatabase) {
        let settings = Settings { key_overlap: Duration::ZERO, ..Settings::default() };
        let (here, there) =
            (TestCore::with(&database, settings.clone()).await, TestCore::with(&database, settings).await);
        let old = client(&here).await.key.expose().to_text();
        there.core.hear_revocations().await.unwrap();
        there.core.authenticate(Some(&old), None).await.unwrap();
        renew(&here, &old).await.unwrap();
        assert!(matches!(here.core.authenticate(Some(&old), None).await, Err(KeyError::Superseded)));
        there.core.hear_revocations().await.unwrap();
        assert!(matches!(there.core.authenticate(Some(&old), None).await, Err(KeyError::Superseded)));
    }
}
