//! Partners in the operator's hands.

use std::time::Duration;

use domain::api_key::{AllowedNetworks, KeyKind};
use service::AdminError;
use service::api_key::KeyError;
use testkit::core::{TestCore, draft, operator};
use testkit::on_both_engines;

on_both_engines! {
    async fn a_partner_gets_a_new_key_beside_the_old_one(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let old = partner.provisioning_token.value.expose().to_text();
        let minute = Duration::from_secs(60);
        let issued =
            test.core.rotate_partner("QUICK3", KeyKind::Provisioning, Some(minute), &operator()).await.unwrap();
        let new = issued.value.expose().to_text();
        for key in [&old, &new] {
            test.core.authenticate(Some(key), None).await.unwrap();
        }
        test.clock.advance(minute);
        assert!(matches!(test.core.authenticate(Some(&old), None).await, Err(KeyError::Superseded)));
        test.core.authenticate(Some(&new), None).await.unwrap();
        let other = partner.partner_key.value.expose().to_text();
        test.core.authenticate(Some(&other), None).await.unwrap();
    }

    async fn a_revoked_partner_is_shut_out_and_its_clients_are_not(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let made = test.core.create_client(&provisioner, &draft("QUICK3", 1), None, &operator()).await.unwrap().value;
        assert_eq!(test.core.revoke_partner("QUICK3", &operator()).await.unwrap(), 2);
        for key in [&partner.provisioning_token, &partner.partner_key] {
            let key = key.value.expose().to_text();
            assert!(matches!(test.core.authenticate(Some(&key), None).await, Err(KeyError::Revoked)));
        }
        test.core.authenticate(Some(&made.key.expose().to_text()), None).await.unwrap();
        let refused = test.core.rotate_partner("QUICK3", KeyKind::Partner, None, &operator()).await;
        assert!(matches!(refused, Err(AdminError::State(_))), "{refused:?}");
        assert!(test.core.list_partners().await.unwrap()[0].revoked_at.is_some());
    }

    async fn wrong_input_is_refused(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        test.partner("QUICK3").await;
        let any = AllowedNetworks::default();
        let again = test.core.add_partner("QUICK3", "Another", &any, &operator()).await;
        assert!(matches!(again, Err(AdminError::Exists(_))), "{again:?}");
        let wrong = test.core.add_partner("QUICK 3", " ", &any, &operator()).await;
        let Err(AdminError::Invalid(faults)) = wrong else { panic!("{wrong:?}") };
        assert_eq!(faults.iter().map(|fault| &*fault.field).collect::<Vec<_>>(), ["code", "name"]);
        let long = Duration::from_secs(8 * 24 * 3600);
        let wrong = test.core.rotate_partner("QUICK3", KeyKind::Client, Some(long), &operator()).await;
        let Err(AdminError::Invalid(faults)) = wrong else { panic!("{wrong:?}") };
        assert_eq!(faults.len(), 2);
        let none = test.core.rotate_partner("NOBODY", KeyKind::Partner, None, &operator()).await;
        assert!(matches!(none, Err(AdminError::NotFound(_))), "{none:?}");
    }
}
