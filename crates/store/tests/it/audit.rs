//! The story of the audit trail.

use domain::audit::AuditRecord;
use domain::identifier::PartnerId;
use store::audit::{self, SealRow};
use store::{Db, StoreError};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::now;

fn record(partner: i64, number: u8) -> AuditRecord {
    AuditRecord {
        partner: PartnerId(partner),
        id: Uuid::from_bytes([number; 16]),
        at: now(),
        actor: "operator:test".into(),
        action: "client.create".into(),
        subject: format!("client:{number}"),
        source: "192.0.2.1".into(),
        request_id: "r-1".into(),
        outcome: "done".into(),
        detail: String::new(),
    }
}

async fn insert(db: &Db, record: AuditRecord) -> Result<(), StoreError> {
    db.write(move |tx| {
        let record = record.clone();
        Box::pin(async move { audit::insert(tx, &record).await })
    })
    .await
}

on_both_engines! {
    async fn records_wait_for_their_seal_and_stay_as_they_are(database: TestDatabase) {
        let db = database.open().await;
        for (partner, number) in [(1, 2), (1, 1), (2, 3)] {
            insert(&db, record(partner, number)).await.unwrap();
        }
        let mut reader = db.reader().await.unwrap();
        assert_eq!(audit::pending_partners(&mut reader).await.unwrap(), [PartnerId(1), PartnerId(2)]);
        let waiting = audit::pending_records(&mut reader, PartnerId(1), 10).await.unwrap();
        assert_eq!(waiting, [record(1, 1), record(1, 2)]);
        assert_eq!(audit::page(&mut reader, PartnerId(1), Uuid::from_bytes([1; 16]), 10).await.unwrap(), [record(1, 2)]);
        assert_eq!(audit::latest(&mut reader, PartnerId(1), 1).await.unwrap(), [record(1, 2)]);
        drop(reader);

        let seal = SealRow {
            partner: PartnerId(1),
            seal_number: 1,
            record_count: 2,
            record_ids: vec![1; 32],
            previous_hash: vec![0; 32],
            hash: vec![9; 32],
            sealed_at: now(),
        };
        let (job, sealed) = (seal.clone(), waiting.clone());
        db.write(move |tx| {
            let (job, sealed) = (job.clone(), sealed.clone());
            Box::pin(async move { audit::insert_seal(tx, &job, &sealed).await })
        })
        .await
        .unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(audit::pending_count(&mut reader, PartnerId(1)).await.unwrap(), 0);
        assert_eq!(audit::record_count(&mut reader, PartnerId(1)).await.unwrap(), 2);
        assert_eq!(audit::last_seal(&mut reader, PartnerId(1)).await.unwrap(), Some(seal.clone()));
        assert_eq!(audit::seals(&mut reader, PartnerId(1), 0, 10).await.unwrap(), [seal]);
        assert_eq!(audit::trails(&mut reader).await.unwrap(), [PartnerId(1), PartnerId(2)]);
    }

    async fn the_engine_itself_refuses_to_change_the_trail(database: TestDatabase) {
        let db = database.open().await;
        insert(&db, record(1, 1)).await.unwrap();
        db.close().await;
        for sql in ["UPDATE audit_record SET action = 'x'", "DELETE FROM audit_record"] {
            let refused = match database.engine() {
                store::Engine::Sqlite => {
                    use sqlx::Connection;
                    let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
                    sqlx::query(sql).execute(&mut connection).await.map(drop)
                }
                store::Engine::Postgres => {
                    use sqlx::Connection;
                    let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
                    sqlx::query(sql).execute(&mut connection).await.map(drop)
                }
            };
            assert!(matches!(refused, Err(sqlx::Error::Database(_))), "{sql}: {refused:?}");
        }
    }
}
