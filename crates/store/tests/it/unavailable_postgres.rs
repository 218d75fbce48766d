//! A PostgreSQL server that is killed and comes back.

use std::time::Duration;

use store::{Db, DbOptions, Health, StoreError};
use testkit::postgres;

use crate::{client, count, insert, keep};

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_server_is_unavailable_until_it_is_back() {
    let Some(mut server) = postgres::server() else { return };
    let options = DbOptions { acquire_timeout: Duration::from_secs(1), ..DbOptions::new(server.url()) };
    let db = Db::open(options).await.unwrap();
    db.migrate().await.unwrap();
    keep!(db, |tx| insert(tx, client(1, 1, "1"))).unwrap();

    server.stop_at_once().unwrap();
    let outcome = keep!(db, |tx| insert(tx, client(1, 2, "2")));
    assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), "{outcome:?}");
    assert!(matches!(db.reader().await.map(drop), Err(StoreError::Unavailable { .. }) | Ok(())));
    assert!(matches!(db.health(), Health::Unavailable(_)));

    server.start_again().unwrap();
    // A connection from before may still be handed out once; it fails and is replaced.
    let mut outcome = Err(StoreError::Overloaded);
    for _ in 0..32 {
        outcome = keep!(db, |tx| insert(tx, client(1, 3, "3")));
        if outcome.is_ok() {
            break;
        }
    }
    outcome.unwrap();
    assert_eq!(db.health(), Health::Ready);
    assert_eq!(count(&db, 1).await, 2);
    db.close().await;
}
