//! The stories of deployment requests, one-time links and notices of expiry.

use std::time::Duration;

use domain::Timestamp;
use domain::api_key::KeyId;
use domain::identifier::{ClientIdentifier, PartnerId};
use store::api_key::{self, ApiKeyRow};
use store::credentials_link::{self, LinkRow};
use store::deployment::{self, DeploymentRow};
use store::expiry_notice::{self, ExpiringKey};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{keep, now};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn request(partner: i64, number: u128) -> DeploymentRow {
    DeploymentRow {
        partner: PartnerId(partner),
        request: Uuid::from_u128(number),
        state: "RECEIVED".into(),
        client: "{\"name\":\"Test Customer Oy \u{1F980}\"}".into(),
        accounting_system: String::new(),
        responsible_name: "Liisa \u{202E}".into(),
        responsible_email: "liisa@quick.example".into(),
        created_at: now(),
        decided_at: None,
        reason: String::new(),
        client_partner: PartnerId(0),
        client_id: 0,
    }
}

fn link(number: u128) -> LinkRow {
    LinkRow {
        partner: PartnerId(1),
        link: Uuid::from_u128(number),
        client: ClientIdentifier(7),
        request: Uuid::from_u128(1),
        lookup: vec![u8::try_from(number).unwrap(); 32],
        created_at: now(),
        expires_at: now().after(DAY),
        used_at: None,
    }
}

fn key(number: u128, client_id: i64, lives: Duration) -> ApiKeyRow {
    ApiKeyRow {
        partner: PartnerId(1),
        key: KeyId(Uuid::from_u128(number)),
        client_id,
        kind: "client".into(),
        lookup: vec![u8::try_from(number).unwrap(); 32],
        sealed: vec![2; 40],
        master_key_version: 1,
        networks: String::new(),
        created_at: now(),
        expires_at: Some(now().after(lives).micros()),
        revoked_at: None,
        overlap_until: None,
        successor_id: None,
    }
}

on_both_engines! {
    async fn a_request_is_decided_once(database: TestDatabase) {
        let db = database.open().await;
        let rows = [request(1, 1), request(0, 2), request(1, 3)];
        for row in rows.clone() {
            keep!(db, [row], |tx| deployment::insert(tx, &row)).unwrap();
        }
        let mut reader = db.reader().await.unwrap();
        assert_eq!(deployment::by_id(&mut reader, Uuid::from_u128(2)).await.unwrap().as_ref(), Some(&rows[1]));
        assert_eq!(deployment::by_id(&mut reader, Uuid::from_u128(9)).await.unwrap(), None);
        drop(reader);
        let (first, third) = (rows[0].clone(), rows[2].clone());
        let approve = async || {
            let row = first.clone();
            keep!(db, [row], |tx| deployment::approve(tx, &row, PartnerId(1), ClientIdentifier(7), now())).unwrap()
        };
        assert!(approve().await && !approve().await);
        let row = first.clone();
        assert!(!keep!(db, [row], |tx| deployment::reject(tx, &row, "no", now())).unwrap());
        assert!(keep!(db, [third], |tx| deployment::reject(tx, &third, "no", now())).unwrap());

        let mut reader = db.reader().await.unwrap();
        let page = async |reader: &mut store::Reader, state, after: u128, limit| {
            let rows = deployment::page(reader, state, Uuid::from_u128(after), limit).await.unwrap();
            rows.iter().map(|row| row.request.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(page(&mut reader, None, 0, 2).await, [1, 2]);
        assert_eq!(page(&mut reader, None, 2, 2).await, [3]);
        assert_eq!(page(&mut reader, Some("APPROVED"), 0, 9).await, [1]);
        let rejected = deployment::by_id(&mut reader, Uuid::from_u128(3)).await.unwrap().unwrap();
        assert_eq!((rejected.reason.as_str(), rejected.decided_at), ("no", Some(now().micros())));
        drop(reader);
        let later = now().after(DAY);
        assert_eq!(keep!(db, |tx| deployment::purge(tx, later, 10)).unwrap(), 2, "what waits is kept");
    }

    async fn a_link_is_used_once_and_in_its_time(database: TestDatabase) {
        let db = database.open().await;
        for row in [link(1), link(2), link(3)] {
            keep!(db, [row], |tx| credentials_link::insert(tx, &row)).unwrap();
        }
        let spend = async |number: u128, at: Timestamp| {
            let row = link(number);
            keep!(db, [row], |tx| credentials_link::spend(tx, &row, at)).unwrap()
        };
        assert!(spend(1, now()).await && !spend(1, now()).await);
        assert!(!spend(2, now().after(DAY)).await, "its end is not within its time");
        let mut reader = db.reader().await.unwrap();
        let found = credentials_link::by_lookup(&mut reader, &[1; 32]).await.unwrap().unwrap();
        assert_eq!((found.link, found.used_at), (Uuid::from_u128(1), Some(now().micros())));
        assert_eq!(credentials_link::by_lookup(&mut reader, &[9; 32]).await.unwrap(), None);
        drop(reader);
        let ended = keep!(db, |tx| credentials_link::end(tx, PartnerId(1), ClientIdentifier(7), now())).unwrap();
        assert_eq!(ended, 2, "the used one has ended already");
        assert!(!spend(3, now()).await);
        assert_eq!(keep!(db, |tx| credentials_link::purge(tx, now().after(2 * DAY), 10)).unwrap(), 3);
    }

    async fn a_key_is_due_until_it_has_its_notice(database: TestDatabase) {
        let db = database.open().await;
        let mut partners_own = key(4, 0, 5 * DAY);
        partners_own.kind = "partner".into();
        for row in [key(1, 7, 5 * DAY), key(2, 7, 20 * DAY), key(3, 8, 6 * DAY), partners_own, key(5, 8, 5 * DAY)] {
            keep!(db, [row], |tx| api_key::insert(tx, &row)).unwrap();
        }
        keep!(db, |tx| api_key::revoke(tx, PartnerId(1), KeyId(Uuid::from_u128(5)), now())).unwrap();
        let due = async |now: Timestamp, lead: Duration| -> Vec<ExpiringKey> {
            expiry_notice::due(&mut db.reader().await.unwrap(), (now, KeyId(Uuid::max())), now.after(lead), lead, 10, true).await.unwrap()
        };
        let numbers = |keys: &[ExpiringKey]| keys.iter().map(|key| key.key.0.as_u128()).collect::<Vec<_>>();
        // The lives of 1 and 3 are shorter than seven days.
        assert!(due(now(), 7 * DAY).await.is_empty());
        let found = due(now().after(2 * DAY), 4 * DAY).await;
        assert_eq!(numbers(&found), [1, 3]);
        let first = found[0].clone();
        assert!(expiry_notice::still_expires(&mut db.reader().await.unwrap(), &first).await.unwrap());
        let insert = async || {
            let key = first.clone();
            keep!(db, [key], |tx| expiry_notice::insert(tx, &key, 4 * DAY)).unwrap()
        };
        assert!(insert().await && !insert().await);
        assert_eq!(numbers(&due(now().after(2 * DAY), 4 * DAY).await), [3]);
        assert_eq!(numbers(&due(now().after(4 * DAY), DAY).await), [1], "each lead time has a notice of its own");
        let (third, successor) = (KeyId(Uuid::from_u128(3)), KeyId(Uuid::from_u128(6)));
        let until = now().after(30 * DAY);
        keep!(db, |tx| api_key::supersede(tx, PartnerId(1), third, successor, until)).unwrap();
        assert!(!expiry_notice::still_expires(&mut db.reader().await.unwrap(), &found[1]).await.unwrap());
        assert!(due(now().after(2 * DAY), 4 * DAY).await.is_empty());
        assert_eq!(keep!(db, |tx| expiry_notice::purge(tx, now(), 10)).unwrap(), 0);
        assert_eq!(keep!(db, |tx| expiry_notice::purge(tx, until, 10)).unwrap(), 1);
    }
}
