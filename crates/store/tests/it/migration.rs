//! Migrations: once, under a lock, and never backwards.

use store::{Db, DbOptions, Engine, OpenError};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use uuid::Uuid;

use crate::run;

/// The number of the newest migration, and how many there are.
fn migrations() -> (i64, usize) {
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).unwrap();
    let numbers: Vec<i64> = files
        .map(|file| file.unwrap().file_name().to_str().unwrap().split('_').next().unwrap().parse().unwrap())
        .collect();
    (*numbers.iter().max().unwrap(), numbers.len())
}

on_both_engines! {
    async fn many_processes_may_start_at_once(database: TestDatabase) {
        let mut starts = Vec::new();
        for _ in 0..8 {
            let url = database.url().to_owned();
            starts.push(tokio::spawn(async move {
                let db = Db::open(DbOptions { connections: 4, ..DbOptions::new(url) }).await?;
                let report = db.migrate().await?;
                db.close().await;
                Ok::<_, OpenError>(report)
            }));
        }
        let mut applied = 0;
        for start in starts {
            let report = start.await.unwrap().unwrap();
            assert_eq!((report.version, report.missing.len()), (migrations().0, 0));
            applied += report.applied.len();
        }
        assert_eq!(applied, migrations().1);
    }

    async fn a_database_of_a_newer_program_is_refused(database: TestDatabase) {
        database.open().await.close().await;
        run(
            &database,
            ["INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
              VALUES (9999, 'of the future', TRUE, '', 0)"],
        )
        .await;
        let db = Db::open(DbOptions::new(database.url())).await.unwrap();
        let refused = db.migrate().await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 9999, known } if known == migrations().0), "{refused}");
        assert!(matches!(db.migration_state().await, Err(OpenError::Newer { .. })));
    }

    async fn a_database_of_another_build_is_refused(database: TestDatabase) {
        database.open().await.close().await;
        run(&database, ["UPDATE _sqlx_migrations SET checksum = '' WHERE version = 1"]).await;
        let db = Db::open(DbOptions::new(database.url())).await.unwrap();
        assert!(matches!(db.migrate().await, Err(OpenError::Altered(1))));
    }

    async fn of_receipts_that_wait_the_end_of_the_number_is_kept(database: TestDatabase) {
        database.open().await.close().await;
        let waiting = ["+16135550123", "16135550123", "0123", "123", ""];
        let rows = waiting.iter().enumerate().map(|(number, recipient)| {
            let id = Uuid::from_u128(number as u128 + 1);
            let id = if database.engine() == Engine::Sqlite { format!("x'{}'", id.simple()) } else { format!("'{id}'") };
            format!("INSERT INTO sms_receipt VALUES ('sms', {id}, '1', '1', 'DELIVERED', '', '{recipient}', 0)")
        });
        let before = ["DELETE FROM _sqlx_migrations WHERE version = 23".to_owned()];
        run(&database, rows.chain(before)).await;
        let db = database.open().await;
        let kept = store::sms::receipt_page(&mut db.reader().await.unwrap(), Uuid::nil(), 10).await.unwrap();
        let kept: Vec<_> = kept.into_iter().map(|row| row.recipient).collect();
        assert_eq!(kept, ["0123", "0123", "0123", "123", ""]);
    }

    async fn an_empty_database_tells_what_is_missing(database: TestDatabase) {
        let db = Db::open(DbOptions::new(database.url())).await.unwrap();
        let state = db.migration_state().await.unwrap();
        assert_eq!((state.version, state.missing.len()), (0, migrations().1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let database = TestDatabase::sqlite();
    let db = database.open().await;
    for entry in std::fs::read_dir(database.directory().unwrap()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("test.db") && !name.ends_with(".lock") {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{name}");
        }
    }
    drop(db);
}
