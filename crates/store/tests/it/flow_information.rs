//! The story of what is known in flows.

use std::time::Duration;

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::FamilyId;
use store::flow_information::{self, FlowInformationRow};
use store::{Db, StoreError, Tx};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{keep, now};

const HOUR: Duration = Duration::from_secs(3600);

fn row(client: i64, flow: u8) -> FlowInformationRow {
    FlowInformationRow {
        partner: PartnerId(1),
        client: ClientIdentifier(client),
        reference: Uuid::from_bytes([flow; 16]),
        family: FamilyId(Uuid::from_bytes([flow; 16])),
        scope: "customer".into(),
        sealed: vec![flow; 40],
        master_key_version: 1,
        created_at: now(),
        changed_at: now(),
        expires_at: now().after(HOUR),
    }
}

/// Takes a flow and keeps this in it; gives what was there.
async fn put(db: &Db, row: FlowInformationRow) -> FlowInformationRow {
    let take_and_keep = async |tx: &mut Tx, row: &FlowInformationRow| {
        let found = flow_information::take(tx, row).await?;
        flow_information::keep(tx, row).await?;
        Ok::<_, StoreError>(found)
    };
    keep!(db, [row], |tx| async move { take_and_keep(tx, &row).await }).unwrap()
}

async fn found(db: &Db, of: &FlowInformationRow, at: Timestamp) -> Option<FlowInformationRow> {
    let mut reader = db.reader().await.unwrap();
    flow_information::by_flow(&mut reader, (of.partner, of.client), of.reference, at).await.unwrap()
}

async fn open(db: &Db, client: i64, at: Timestamp, most: i64) -> i64 {
    let mut reader = db.reader().await.unwrap();
    let merchant = (PartnerId(1), ClientIdentifier(client));
    flow_information::count_open(&mut reader, merchant, "customer", at, most).await.unwrap()
}

async fn of_family(db: &Db, (scope, family): (&str, u8), at: Timestamp) -> i64 {
    let merchant = (PartnerId(1), ClientIdentifier(7));
    let family = FamilyId(Uuid::from_bytes([family; 16]));
    flow_information::count_of_family(&mut db.reader().await.unwrap(), merchant, (scope, family), at, 10).await.unwrap()
}

async fn purge(tx: &mut Tx, at: Timestamp, limit: i64) -> Result<u64, StoreError> {
    flow_information::purge(tx, at, limit).await
}

async fn under_another_key(db: &Db) -> i64 {
    flow_information::count_not_sealed_under(&mut db.reader().await.unwrap(), 2).await.unwrap()
}

on_both_engines! {
    async fn a_flow_is_kept_added_to_sealed_anew_and_removed(database: TestDatabase) {
        let db = database.open().await;
        let first = row(7, 1);
        assert_eq!(put(&db, first.clone()).await, first, "it is made where there is none");
        put(&db, row(7, 2)).await;
        // Another merchant's flow of the same reference.
        put(&db, row(8, 1)).await;
        assert_eq!(found(&db, &first, now()).await, Some(first.clone()));
        assert_eq!(found(&db, &row(9, 1), now()).await, None);
        assert_eq!((open(&db, 7, now(), 10).await, open(&db, 7, now(), 1).await, open(&db, 9, now(), 10).await), (2, 1, 0));
        let mut reader = db.reader().await.unwrap();
        let merchant = (first.partner, first.client);
        assert_eq!(flow_information::count_open(&mut reader, merchant, "merchant", now(), 10).await.unwrap(), 0);
        drop(reader);
        for (of, count) in [(("customer", 1), 1), (("customer", 3), 0), (("merchant", 1), 0)] {
            assert_eq!(of_family(&db, of, now()).await, count, "{of:?}");
        }

        let later = now().after(HOUR / 2);
        let added = FlowInformationRow {
            sealed: vec![9; 50],
            changed_at: later,
            expires_at: later.after(HOUR),
            ..first.clone()
        };
        assert_eq!(put(&db, added.clone()).await, first, "as it was");
        assert_eq!(found(&db, &first, now()).await, Some(added.clone()));

        // The other two have expired, and are as none while they are still there.
        let end = now().after(HOUR);
        assert_eq!((found(&db, &row(7, 2), end).await, found(&db, &added, end).await), (None, Some(added.clone())));
        assert_eq!((open(&db, 7, end, 10).await, open(&db, 8, end, 10).await), (1, 0));
        assert_eq!((of_family(&db, ("customer", 1), end).await, of_family(&db, ("customer", 2), end).await), (1, 0));
        // Taken by somebody else it is another flow in all that is kept.
        let anothers = FlowInformationRow { family: FamilyId(Uuid::max()), scope: "merchant".into(), ..added.clone() };
        assert_eq!(put(&db, anothers.clone()).await, added);
        assert_eq!(put(&db, added.clone()).await, anothers);

        assert_eq!(under_another_key(&db).await, 3);
        let old = flow_information::not_sealed_under(&mut db.reader().await.unwrap(), 2, 10).await.unwrap();
        assert_eq!(old.len(), 3);
        let one = added.clone();
        keep!(db, [one], |tx| async move { flow_information::reseal(tx, &one, &[3; 60], 2).await }).unwrap();
        assert_eq!(under_another_key(&db).await, 2);
        let resealed = FlowInformationRow { sealed: vec![3; 60], master_key_version: 2, ..added };
        assert_eq!(found(&db, &resealed, end).await, Some(resealed.clone()));

        let before_the_end = Timestamp::from_micros(end.micros() - 1);
        assert_eq!(keep!(db, |tx| purge(tx, before_the_end, 10)).unwrap(), 0);
        assert_eq!(keep!(db, |tx| purge(tx, end, 1)).unwrap(), 1);
        assert_eq!(keep!(db, |tx| purge(tx, end, 10)).unwrap(), 1);
        assert_eq!(found(&db, &row(7, 2), now()).await, None);
        assert_eq!(found(&db, &resealed, end).await, Some(resealed));
    }
}
