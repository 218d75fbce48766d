//! The story of keys.

use std::time::Duration;

use domain::api_key::{KeyHolder, KeyId, KeyState};
use domain::identifier::{ClientIdentifier, PartnerId};
use store::api_key;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{keep, key, now};

async fn insert(tx: &mut store::Tx, row: api_key::ApiKeyRow) -> Result<(), store::StoreError> {
    api_key::insert(tx, &row).await
}

on_both_engines! {
    async fn a_key_is_found_by_its_hash_renewed_and_revoked(database: TestDatabase) {
        let db = database.open().await;
        let (first, second) = (key(1, 7, 1), key(1, 7, 2));
        let (a, b) = (first.clone(), second.clone());
        keep!(db, [a], |tx| insert(tx, a)).unwrap();
        keep!(db, [b], |tx| insert(tx, b)).unwrap();

        let mut reader = db.reader().await.unwrap();
        assert_eq!(api_key::by_lookup(&mut reader, &[1; 32]).await.unwrap(), Some(first.clone()));
        assert_eq!(api_key::by_id(&mut reader, second.key).await.unwrap(), Some(second.clone()));
        assert_eq!(api_key::by_lookup(&mut reader, &[3; 32]).await.unwrap(), None);
        let holder = KeyHolder { partner: PartnerId(1), client: Some(ClientIdentifier(7)) };
        assert_eq!(first.holder(), holder);
        assert_eq!(api_key::of_holder(&mut reader, holder).await.unwrap(), [first.clone(), second.clone()]);
        let partner = KeyHolder { client: None, ..holder };
        assert_eq!(api_key::of_holder(&mut reader, partner).await.unwrap(), []);
        drop(reader);

        let until = now().after(Duration::from_secs(900));
        let (old, new) = (first.key, second.key);
        assert!(keep!(db, |tx| api_key::supersede(tx, PartnerId(1), old, new, until)).unwrap());
        assert!(!keep!(db, |tx| api_key::supersede(tx, PartnerId(1), old, new, until)).unwrap(), "it has a successor");
        assert!(keep!(db, |tx| api_key::revoke(tx, PartnerId(1), new, now())).unwrap());
        assert!(!keep!(db, |tx| api_key::revoke(tx, PartnerId(1), new, now())).unwrap(), "it is revoked");
        assert!(!keep!(db, |tx| api_key::revoke(tx, PartnerId(2), old, now())).unwrap(), "it is another partner's");

        let mut reader = db.reader().await.unwrap();
        let renewed = api_key::by_id(&mut reader, old).await.unwrap().unwrap();
        assert_eq!((renewed.successor_id, renewed.overlap_until), (Some(new.0), Some(until.micros())));
        let revoked = api_key::by_id(&mut reader, new).await.unwrap().unwrap();
        assert_eq!(revoked.life().state(now()), KeyState::Revoked);
    }

    async fn the_last_use_only_moves_forward(database: TestDatabase) {
        let db = database.open().await;
        let row = key(1, 0, 1);
        let id = row.key;
        keep!(db, [row], |tx| insert(tx, row)).unwrap();
        let later = now().after(Duration::from_secs(60));
        for at in [later, now()] {
            keep!(db, |tx| api_key::used(tx, PartnerId(1), id, at)).unwrap();
        }
        let kept = api_key::last_use(&mut db.reader().await.unwrap(), PartnerId(1), id).await.unwrap();
        assert_eq!(kept, Some(later));
    }

    async fn keys_under_an_old_master_key_are_found_and_sealed_anew(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=3 {
            keep!(db, |tx| insert(tx, key(1, 0, number))).unwrap();
        }
        let nil = KeyId(Uuid::nil());
        let old = api_key::not_sealed_under(&mut db.reader().await.unwrap(), 2, nil, 2).await.unwrap();
        assert_eq!(old.iter().map(|row| row.key.0.as_bytes()[0]).collect::<Vec<_>>(), [1, 2]);
        let first = old[0].clone();
        db.write(move |tx| {
            let first = first.clone();
            Box::pin(async move { api_key::reseal(tx, &first, b"new", 2).await })
        })
        .await
        .unwrap();
        let left = api_key::not_sealed_under(&mut db.reader().await.unwrap(), 2, nil, 10).await.unwrap();
        assert_eq!(left.iter().map(|row| row.key.0.as_bytes()[0]).collect::<Vec<_>>(), [2, 3]);
    }

    async fn superseded_keys_go_after_their_time(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=3 {
            keep!(db, |tx| insert(tx, key(1, 0, number))).unwrap();
        }
        let ids: Vec<_> = (1..=3).map(|number| KeyId(Uuid::from_bytes([number; 16]))).collect();
        let (one, two, three) = (ids[0], ids[1], ids[2]);
        let soon = now().after(Duration::from_secs(1));
        keep!(db, |tx| api_key::supersede(tx, PartnerId(1), one, two, now())).unwrap();
        keep!(db, |tx| api_key::supersede(tx, PartnerId(1), two, three, soon)).unwrap();
        assert_eq!(keep!(db, |tx| api_key::purge_superseded(tx, soon, 10)).unwrap(), 1);
        let mut reader = db.reader().await.unwrap();
        assert!(api_key::by_id(&mut reader, one).await.unwrap().is_none());
        assert!(api_key::by_lookup(&mut reader, &[1; 32]).await.unwrap().is_none());
        assert!(api_key::by_lookup(&mut reader, &[2; 32]).await.unwrap().is_some());
    }

    async fn the_version_counts_up(database: TestDatabase) {
        let db = database.open().await;
        assert_eq!(api_key::version(&mut db.reader().await.unwrap()).await.unwrap(), 0);
        keep!(db, |tx| api_key::count_version_up(tx)).unwrap();
        assert_eq!(api_key::version(&mut db.reader().await.unwrap()).await.unwrap(), 1);
    }
}

/// On PostgreSQL a process hears of it without asking.
#[tokio::test(flavor = "multi_thread")]
async fn another_process_hears_that_the_version_counted_up() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (here, there) = (database.open().await, database.open().await);
    let mut listener = store::dialect::KeyListener::start(&there).await.unwrap().unwrap();
    keep!(here, |tx| api_key::count_version_up(tx)).unwrap();
    tokio::time::timeout(Duration::from_secs(30), listener.heard()).await.expect("it hears").unwrap();
}
