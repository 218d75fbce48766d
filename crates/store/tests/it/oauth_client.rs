//! The story of OAuth clients.

use domain::identifier::{ClientIdentifier, PartnerId};
use store::oauth_client::{self, OauthClientRow};
use testkit::on_both_engines;

use crate::{keep, now};

fn row(client: i64) -> OauthClientRow {
    OauthClientRow {
        partner: PartnerId(1),
        client: ClientIdentifier(client),
        oauth_client_id: format!("pos-{client}"),
        lookup: vec![1; 32],
        sealed: vec![2; 40],
        master_key_version: 1,
        created_at: now(),
        revoked_at: None,
    }
}

async fn insert(tx: &mut store::Tx, client: i64) -> Result<(), store::StoreError> {
    oauth_client::insert(tx, &row(client)).await
}

async fn reseal(tx: &mut store::Tx, client: i64) -> Result<(), store::StoreError> {
    oauth_client::reseal(tx, &row(client), b"new", 2).await
}

on_both_engines! {
    async fn it_is_kept_found_and_sealed_anew(database: TestDatabase) {
        let db = database.open().await;
        for client in [7, 8] {
            keep!(db, |tx| insert(tx, client)).unwrap();
        }
        assert!(keep!(db, |tx| insert(tx, 7)).is_err(), "a client has one");
        let mut reader = db.reader().await.unwrap();
        let found = oauth_client::by_client(&mut reader, PartnerId(1), ClientIdentifier(7)).await.unwrap();
        assert_eq!(found, Some(row(7)));
        assert_eq!(oauth_client::by_client(&mut reader, PartnerId(2), ClientIdentifier(7)).await.unwrap(), None);
        assert_eq!(oauth_client::not_sealed_under(&mut reader, 2, 10).await.unwrap().len(), 2);
        drop(reader);
        keep!(db, |tx| reseal(tx, 7)).unwrap();
        let left = oauth_client::not_sealed_under(&mut db.reader().await.unwrap(), 2, 10).await.unwrap();
        assert_eq!(left, [row(8)]);
    }
}
