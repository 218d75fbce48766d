//! A revoked key is refused at once; a key may be bound to networks; its uses are noted.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use domain::api_key::{AllowedNetworks, KeyId, KeyState};
use service::AdminError;
use service::api_key::KeyError;
use testkit::core::{TestCore, draft, operator};
use testkit::on_both_engines;
use uuid::Uuid;

on_both_engines! {
    async fn a_revoked_key_is_refused_on_the_next_request(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let token = partner.provisioning_token.value.expose().to_text();
        test.core.hear_revocations().await.unwrap();
        test.core.authenticate(Some(&token), None).await.unwrap();
        test.core.authenticate(Some(&token), None).await.unwrap();
        let revoked = test.core.revoke_key(partner.provisioning_token.id, &operator()).await.unwrap();
        assert!(!revoked.already);
        assert!(matches!(test.core.authenticate(Some(&token), None).await, Err(KeyError::Revoked)));
        assert!(matches!(test.core.authenticate_for_renewal(Some(&token), None).await, Err(KeyError::Revoked)));
        assert!(test.core.revoke_key(partner.provisioning_token.id, &operator()).await.unwrap().already);
        let unknown = test.core.revoke_key(KeyId(Uuid::nil()), &operator()).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))), "{unknown:?}");
    }

    async fn another_process_refuses_it_within_a_second(database: TestDatabase) {
        let (here, there) = (TestCore::open(&database).await, TestCore::open(&database).await);
        let jobs = there.core.start_jobs();
        let partner = here.partner("QUICK3").await;
        let token = partner.provisioning_token.value.expose().to_text();
        there.core.authenticate(Some(&token), None).await.unwrap();
        here.core.revoke_key(partner.provisioning_token.id, &operator()).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "the promise is about real time")]
        let revoked = Instant::now();
        // Asked without a pause, so that the key is in the cache whenever it can be.
        while there.core.authenticate(Some(&token), None).await.is_ok() {
            assert!(revoked.elapsed() < Duration::from_secs(1), "it still works after a second");
            tokio::task::yield_now().await;
        }
        jobs.stop().await;
    }

    async fn revoking_a_renewed_key_ends_the_ones_before_it(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let made = test.core.create_client(&provisioner, &draft("QUICK3", 1), None, &operator()).await.unwrap().value;
        let old = made.key.expose().to_text();
        let principal = test.core.authenticate(Some(&old), None).await.unwrap();
        let new = test.core.renew(&principal, &operator()).await.unwrap();
        let revoked = test.core.revoke_key(new.id, &operator()).await.unwrap();
        assert_eq!(revoked.also, [made.key_id]);
        assert!(matches!(test.core.authenticate_for_renewal(Some(&old), None).await, Err(KeyError::Revoked)));
    }

    async fn revoking_a_stolen_key_ends_what_the_thief_renewed_it_to(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let made = test.core.create_client(&provisioner, &draft("QUICK3", 1), None, &operator()).await.unwrap().value;
        let mut stolen = made.key.expose().to_text();
        let mut held = Vec::new();
        for _ in 0..3 {
            let principal = test.core.authenticate(Some(&stolen), None).await.unwrap();
            let issued = test.core.renew(&principal, &operator()).await.unwrap();
            held.push(issued.id);
            stolen = issued.value.expose().to_text();
        }
        let revoked = test.core.revoke_key(made.key_id, &operator()).await.unwrap();
        assert_eq!(revoked.also, held);
        assert!(matches!(test.core.authenticate(Some(&stolen), None).await, Err(KeyError::Revoked)));
        let other = partner.partner_key.value.expose().to_text();
        test.core.authenticate(Some(&other), None).await.unwrap();
    }

    async fn a_key_works_from_its_networks_only(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let networks = AllowedNetworks::parse("192.0.2.0/24").unwrap();
        let partner = test.core.add_partner("QUICK3", "Quick", &networks, &operator()).await.unwrap();
        let token = partner.provisioning_token.value.expose().to_text();
        let from = async |address: Option<&str>| {
            test.core.authenticate(Some(&token), address.map(|address| address.parse::<IpAddr>().unwrap())).await
        };
        from(Some("192.0.2.9")).await.unwrap();
        for elsewhere in [Some("198.51.100.1"), None] {
            assert!(matches!(from(elsewhere).await, Err(KeyError::NetworkNotAllowed)));
        }
        // The successor is bound to them as well.
        let source = Some("192.0.2.9".parse().unwrap());
        let principal = test.core.authenticate(Some(&token), source).await.unwrap();
        let new = test.core.renew(&principal, &operator()).await.unwrap().value.expose().to_text();
        assert!(matches!(test.core.authenticate(Some(&new), None).await, Err(KeyError::NetworkNotAllowed)));
    }

    async fn what_is_no_key_is_told_apart(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let ask = async |key: Option<&str>| test.core.authenticate(key, None).await.unwrap_err();
        assert!(matches!(ask(None).await, KeyError::Missing));
        assert!(matches!(ask(Some("abc")).await, KeyError::Malformed));
        assert!(matches!(ask(Some("8848372d-8457-4ca4-9da9-673f1cdd6684")).await, KeyError::Unknown));
    }

    async fn a_clients_key_can_be_bound_to_networks_and_freed_again(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let made = test.core.create_client(&provisioner, &draft("QUICK3", 1), None, &operator()).await.unwrap().value;
        let key = made.key.expose().to_text();
        test.core.authenticate(Some(&key), None).await.unwrap();
        let networks = AllowedNetworks::parse("192.0.2.7/24").unwrap();
        let shown = test.core.allow_networks(made.key_id, &networks, &operator()).await.unwrap();
        assert_eq!(shown.networks, "192.0.2.0/24");
        let from = |address: &'static str| test.core.authenticate(Some(&key), Some(address.parse::<IpAddr>().unwrap()));
        from("192.0.2.200").await.unwrap();
        assert!(matches!(from("198.51.100.1").await, Err(KeyError::NetworkNotAllowed)));
        let record = test.core.audit_records(Some("QUICK3"), None, 1).await.unwrap().remove(0);
        assert_eq!((record.action.as_str(), record.detail.as_str()), ("api_key.networks", "192.0.2.0/24"));
        test.core.allow_networks(made.key_id, &AllowedNetworks::default(), &operator()).await.unwrap();
        from("198.51.100.1").await.unwrap();
        let unknown = test.core.allow_networks(KeyId(Uuid::nil()), &networks, &operator()).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))), "{unknown:?}");
    }

    async fn uses_are_noted_to_the_minute(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let token = partner.provisioning_token.value.expose().to_text();
        test.core.authenticate(Some(&token), None).await.unwrap();
        test.core.write_last_uses().await.unwrap();
        let shown = test.core.show_key(partner.provisioning_token.id, false, &operator()).await.unwrap();
        assert_eq!(shown.last_used_at.unwrap().to_string(), "2026-01-02T03:04:00.000Z");
        assert_eq!((shown.state, shown.value.is_none()), (KeyState::Active, true));
    }

    async fn showing_a_value_is_recorded(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let shown = test.core.show_key(partner.partner_key.id, true, &operator()).await.unwrap();
        assert_eq!(shown.value.unwrap(), partner.partner_key.value);
        let record = test.core.audit_records(Some("QUICK3"), None, 1).await.unwrap().remove(0);
        assert_eq!((record.action.as_str(), record.actor.as_str()), ("api_key.reveal", "operator:test"));
        assert!(!format!("{record:?}").contains(&partner.partner_key.value.expose().to_text()));
    }
}
