//! Migrations: embedded, applied in order under a lock, each in a transaction of its own.

use std::fs::File;
use std::path::Path;

use sqlx::migrate::{AppliedMigration, Migrate, MigrateError, Migrator};
use sqlx::{ConnectOptions, PgPool};

use crate::error::OpenError;
use crate::options::DbOptions;
use crate::sqlite::connect_options;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// What was done, and how things stand now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// The migrations that this call applied.
    pub applied: Vec<String>,
    /// The migrations that are in the program but not in the database.
    pub missing: Vec<String>,
    /// The newest migration in the database; 0 for an empty one.
    pub version: i64,
}

pub(crate) async fn sqlite(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    // SQLite's driver takes no lock for the whole of it, so a file beside the database is the lock. The system frees it when the
    // process ends, however that comes about.
    let mut lock_path = path.as_os_str().to_owned();
    lock_path.push(".lock");
    let lock = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).truncate(false).write(true).open(lock_path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    })
    .await
    .map_err(|error| OpenError::Unreachable(Box::new(error)))??;
    let mut connection = connect_options(options, path).connect().await?;
    let report = run(&SQLITE, &mut connection).await;
    sqlx::Connection::close(connection).await?;
    drop(lock);
    report
}

pub(crate) async fn postgres(pool: &PgPool) -> Result<MigrationReport, OpenError> {
    // The driver takes an advisory lock.
    let mut connection = pool.acquire().await?;
    run(&POSTGRES, &mut *connection).await
}

pub(crate) async fn sqlite_state(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    const IS_THERE: &str = "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)";
    let mut connection = connect_options(options, path).connect().await?;
    let is_there = sqlx::query_scalar(IS_THERE).bind(&*SQLITE.table_name).fetch_one(&mut connection).await?;
    let report = state_if(is_there, &SQLITE, &mut connection).await;
    sqlx::Connection::close(connection).await?;
    report
}

pub(crate) async fn postgres_state(pool: &PgPool) -> Result<MigrationReport, OpenError> {
    const IS_THERE: &str = "SELECT to_regclass($1) IS NOT NULL";
    let mut connection = pool.acquire().await?;
    let is_there = sqlx::query_scalar(IS_THERE).bind(&*POSTGRES.table_name).fetch_one(&mut *connection).await?;
    state_if(is_there, &POSTGRES, &mut *connection).await
}

/// Without the table of migrations nothing was applied. It is not made here: who only looks changes nothing, and two who make it at
/// once without the lock stand in each other's way.
async fn state_if<C: Migrate>(
    is_there: bool,
    migrator: &'static Migrator,
    connection: &mut C,
) -> Result<MigrationReport, OpenError> {
    if is_there { state(migrator, connection).await } else { Ok(report(migrator, &[])) }
}

async fn run<C: Migrate>(migrator: &'static Migrator, connection: &mut C) -> Result<MigrationReport, OpenError> {
    // Around all of it, so that the report tells what this call did and not what another did meanwhile. The lock counts its takers, so
    // the migrator's own inside it does no harm.
    connection.lock().await.map_err(|error| translate(migrator, error))?;
    let report = run_locked(migrator, connection).await;
    connection.unlock().await.map_err(|error| translate(migrator, error))?;
    report
}

async fn run_locked<C: Migrate>(migrator: &'static Migrator, connection: &mut C) -> Result<MigrationReport, OpenError> {
    connection.ensure_migrations_table(&migrator.table_name).await.map_err(|error| translate(migrator, error))?;
    let before = state(migrator, connection).await?;
    migrator.run_direct(None, connection, false).await.map_err(|error| translate(migrator, error))?;
    let after = state(migrator, connection).await?;
    Ok(MigrationReport {
        applied: before.missing.iter().filter(|name| !after.missing.contains(name)).cloned().collect(),
        ..after
    })
}

async fn state<C: Migrate>(migrator: &'static Migrator, connection: &mut C) -> Result<MigrationReport, OpenError> {
    let applied = connection.list_applied_migrations(&migrator.table_name).await;
    let applied = applied.map_err(|error| translate(migrator, error))?;
    let report = report(migrator, &applied);
    if applied.iter().any(|migration| !migrator.version_exists(migration.version)) {
        return Err(translate(migrator, MigrateError::VersionMissing(report.version)));
    }
    Ok(report)
}

fn report(migrator: &'static Migrator, applied: &[AppliedMigration]) -> MigrationReport {
    let version = applied.iter().map(|migration| migration.version).max().unwrap_or(0);
    let missing = migrator
        .iter()
        .filter(|migration| applied.iter().all(|done| done.version != migration.version))
        .map(|migration| format!("{:04} {}", migration.version, migration.description))
        .collect();
    MigrationReport { applied: Vec::new(), missing, version }
}

fn translate(migrator: &'static Migrator, error: MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(found) => {
            OpenError::Newer { found, known: migrator.iter().map(|migration| migration.version).max().unwrap_or(0) }
        }
        MigrateError::VersionMismatch(version) => OpenError::Altered(version),
        MigrateError::Execute(error) => OpenError::from(error),
        other => OpenError::Migration(other),
    }
}
