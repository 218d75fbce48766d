//! Migrations of SQLite. The table of those that were applied has the shape that sqlx gives it on PostgreSQL, so that both engines tell
//! of themselves in the same way.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sqlx::migrate::{MigrateError, Migration, Migrator};

use super::{MigrationReport, done, files, migrator, report, translate};
use crate::error::OpenError;
use crate::options::DbOptions;
use crate::sqlite::{Use, connect};

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator(files::SQLITE));

const TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                     installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, \
                     execution_time BIGINT NOT NULL)";
const IS_THERE: &str = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
const KEEP: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES ($1, $2, TRUE, $3, 0)";

pub(crate) async fn run(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    let (options, path) = (options.clone(), path.to_owned());
    waiting(move || {
        let _lock = lock(&path)?;
        let mut connection = connect(&options, &path, Use::Write)?;
        connection.execute_batch(TABLE)?;
        let before = applied(&connection)?;
        let state = report(&MIGRATOR, &before)?;
        for migration in MIGRATOR.iter().filter(|migration| !before.contains(&migration.version)) {
            apply(&mut connection, migration)?;
        }
        Ok(done(&state, report(&MIGRATOR, &applied(&connection)?)?))
    })
    .await
}

pub(crate) async fn state(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    let (options, path) = (options.clone(), path.to_owned());
    waiting(move || {
        let connection = connect(&options, &path, Use::Write)?;
        // Without the table nothing was applied. It is not made here: who only looks changes nothing.
        let is_there = connection.query_row(IS_THERE, [], |_| Ok(())).optional()?.is_some();
        report(&MIGRATOR, &if is_there { applied(&connection)? } else { Vec::new() })
    })
    .await
}

/// As [`state`], once nobody migrates it.
pub(crate) async fn settled_state(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    let locked = path.to_owned();
    let lock = waiting(move || lock(&locked)).await?;
    let state = state(options, path).await;
    drop(lock);
    state
}

async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| OpenError::Unreachable(Box::new(error)))?
}

/// Other processes may start at once, and SQLite's lock does not reach over several transactions, so a file beside the database is the
/// lock. The system frees it when the process ends, however that comes about.
fn lock(path: &Path) -> Result<File, OpenError> {
    let lock = File::options().create(true).truncate(false).write(true).open(lock_path(path))?;
    lock.lock()?;
    Ok(lock)
}

fn lock_path(path: &Path) -> PathBuf {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    PathBuf::from(lock)
}

/// The versions that were applied. Those that the program knows must be its own.
fn applied(connection: &Connection) -> Result<Vec<i64>, OpenError> {
    let mut statement = connection.prepare(APPLIED)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, rusqlite::types::Value>(1)?)))?;
    let mut versions = Vec::new();
    for row in rows {
        let (version, checksum) = row?;
        if MIGRATOR.iter().any(|migration| {
            migration.version == version && rusqlite::types::Value::Blob(migration.checksum.to_vec()) != checksum
        }) {
            return Err(translate(&MIGRATOR, MigrateError::VersionMismatch(version)));
        }
        versions.push(version);
    }
    Ok(versions)
}

fn apply(connection: &mut Connection, migration: &Migration) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .execute_batch(migration.sql.as_str())
        .and_then(|()| transaction.execute(KEEP, (migration.version, &*migration.description, &*migration.checksum)))
        .map_err(|error| OpenError::Migration(Box::new(error)))?;
    Ok(transaction.commit()?)
}
