//! Migrations: once, under a lock, and never backwards.

use sqlx::Connection;
use store::{Db, DbOptions, Engine, OpenError};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

/// The number of the newest migration, which is how many there are.
fn newest() -> i64 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    i64::try_from(std::fs::read_dir(folder).unwrap().count()).unwrap()
}

async fn run(database: &TestDatabase, sql: &'static str) {
    match database.engine() {
        Engine::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        }
        Engine::Postgres => {
            let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
    }
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
            assert_eq!((report.version, report.missing.len()), (newest(), 0));
            applied += report.applied.len() as i64;
        }
        assert_eq!(applied, newest());
    }

    async fn a_database_of_a_newer_program_is_refused(database: TestDatabase) {
        database.open().await.close().await;
        run(
            &database,
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9999, 'of the future', TRUE, '', 0)",
        )
        .await;
        let db = Db::open(DbOptions::new(database.url())).await.unwrap();
        let refused = db.migrate().await.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 9999, known } if known == newest()), "{refused}");
        assert!(matches!(db.migration_state().await, Err(OpenError::Newer { .. })));
    }

    async fn a_database_of_another_build_is_refused(database: TestDatabase) {
        database.open().await.close().await;
        run(&database, "UPDATE _sqlx_migrations SET checksum = '' WHERE version = 1").await;
        let db = Db::open(DbOptions::new(database.url())).await.unwrap();
        assert!(matches!(db.migrate().await, Err(OpenError::Altered(1))));
    }

    async fn an_empty_database_tells_what_is_missing(database: TestDatabase) {
        let db = Db::open(DbOptions::new(database.url())).await.unwrap();
        let state = db.migration_state().await.unwrap();
        assert_eq!((state.version, state.missing.len() as i64), (0, newest()));
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
