//! The story of kept answers.

use std::time::Duration;

use domain::api_key::KeyHolder;
use domain::identifier::{ClientIdentifier, PartnerId};
use store::idempotency::{self, KeptAnswer};
use testkit::on_both_engines;

use crate::{keep, now};

const HOLDER: KeyHolder = KeyHolder { partner: PartnerId(1), client: None };

fn answer(byte: u8) -> KeptAnswer {
    KeptAnswer {
        operation: "client.create".into(),
        fingerprint: vec![byte; 32],
        sealed_answer: vec![byte; 40],
        master_key_version: 1,
    }
}

async fn keep(tx: &mut store::Tx, byte: u8, at: domain::Timestamp) -> Result<bool, store::StoreError> {
    let until = at.after(Duration::from_secs(60));
    idempotency::keep(tx, HOLDER, "k", &answer(byte), at, until).await
}

on_both_engines! {
    async fn an_answer_is_kept_for_its_holder_until_it_expires(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| keep(tx, 1, now())).unwrap();
        let mut reader = db.reader().await.unwrap();
        let expiry = now().after(Duration::from_secs(60));
        let last = domain::Timestamp::from_micros(expiry.micros() - 1);
        assert_eq!(idempotency::find(&mut reader, HOLDER, "k", last).await.unwrap(), Some(answer(1)));
        assert_eq!(idempotency::find(&mut reader, HOLDER, "k", expiry).await.unwrap(), None);
        assert_eq!(idempotency::find(&mut reader, HOLDER, "K", now()).await.unwrap(), None);
        let client = KeyHolder { client: Some(ClientIdentifier(1)), ..HOLDER };
        assert_eq!(idempotency::find(&mut reader, client, "k", now()).await.unwrap(), None);
    }

    async fn a_new_answer_takes_the_place_of_an_expired_one_only(database: TestDatabase) {
        let db = database.open().await;
        assert!(keep!(db, |tx| keep(tx, 1, now())).unwrap());
        assert!(!keep!(db, |tx| keep(tx, 2, now())).unwrap());
        let kept = idempotency::find(&mut db.reader().await.unwrap(), HOLDER, "k", now()).await.unwrap();
        assert_eq!(kept, Some(answer(1)));
        let later = now().after(Duration::from_secs(60));
        keep!(db, |tx| keep(tx, 3, later)).unwrap();
        let kept = idempotency::find(&mut db.reader().await.unwrap(), HOLDER, "k", later).await.unwrap();
        assert_eq!(kept, Some(answer(3)));
    }

    async fn expired_answers_go(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| keep(tx, 1, now())).unwrap();
        assert_eq!(keep!(db, |tx| idempotency::purge_expired(tx, now(), 10)).unwrap(), 0);
        let later = now().after(Duration::from_secs(60));
        assert_eq!(keep!(db, |tx| idempotency::purge_expired(tx, later, 10)).unwrap(), 1);
        assert_eq!(keep!(db, |tx| idempotency::purge_expired(tx, later, 10)).unwrap(), 0);
    }
}
