//! Migrations of PostgreSQL, by its driver.

use std::sync::LazyLock;

use sqlx::migrate::{Migrate, Migrator};
use sqlx::{PgConnection, PgPool};

use super::{MigrationReport, done, files, migrator, report, translate};
use crate::error::OpenError;

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator(files::POSTGRES));

pub(crate) async fn run(pool: &PgPool) -> Result<MigrationReport, OpenError> {
    let mut connection = pool.acquire().await?;
    // An advisory lock, around all of it, so that the report tells what this call did and not what another did meanwhile. It counts
    // its takers, so the migrator's own inside it does no harm.
    connection.lock().await.map_err(|error| translate(&MIGRATOR, error))?;
    let report = run_locked(&mut connection).await;
    connection.unlock().await.map_err(|error| translate(&MIGRATOR, error))?;
    report
}

async fn run_locked(connection: &mut PgConnection) -> Result<MigrationReport, OpenError> {
    let failed = |error| translate(&MIGRATOR, error);
    connection.ensure_migrations_table(&MIGRATOR.table_name).await.map_err(failed)?;
    let before = report(&MIGRATOR, &applied(connection).await?)?;
    MIGRATOR.run_direct(None, connection, false).await.map_err(failed)?;
    Ok(done(&before, report(&MIGRATOR, &applied(connection).await?)?))
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<i64>, OpenError> {
    let applied = connection.list_applied_migrations(&MIGRATOR.table_name).await;
    let applied = applied.map_err(|error| translate(&MIGRATOR, error))?;
    Ok(applied.into_iter().map(|migration| migration.version).collect())
}

/// As [`state`], once nobody migrates it.
pub(crate) async fn settled_state(pool: &PgPool) -> Result<MigrationReport, OpenError> {
    let mut connection = pool.acquire().await?;
    connection.lock().await.map_err(|error| translate(&MIGRATOR, error))?;
    let state = state(pool).await;
    connection.unlock().await.map_err(|error| translate(&MIGRATOR, error))?;
    state
}

pub(crate) async fn state(pool: &PgPool) -> Result<MigrationReport, OpenError> {
    const IS_THERE: &str = "SELECT to_regclass($1) IS NOT NULL";
    let mut connection = pool.acquire().await?;
    let is_there = sqlx::query_scalar(IS_THERE).bind(&*MIGRATOR.table_name).fetch_one(&mut *connection).await?;
    // Without the table nothing was applied. It is not made here: who only looks changes nothing, and two who make it at once without
    // the lock stand in each other's way.
    let applied = if is_there { applied(&mut connection).await? } else { Vec::new() };
    report(&MIGRATOR, &applied)
}
