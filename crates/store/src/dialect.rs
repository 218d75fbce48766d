//! The few things that have no common text on both engines.

use sqlx::postgres::PgListener;

use crate::connection::{Link, Tx};
use crate::db::Db;
use crate::error::{EngineError, StoreError};
use crate::statement::Statement;

/// The channel on which processes over one PostgreSQL tell each other that cached keys are no longer true.
const KEYS_CHANNEL: &str = "tallystick_keys";
static NOTIFY: Statement = Statement::new("store::dialect::NOTIFY", "SELECT pg_notify('tallystick_keys', '')");
static TRY_LOCK: Statement = Statement::new("store::dialect::TRY_LOCK", "SELECT pg_try_advisory_xact_lock($1)");
static LOCK: Statement = Statement::new("store::dialect::LOCK", "SELECT pg_advisory_xact_lock($1)");

/// Tables of which the server knows a tenth of the rows at most.
static OUTGROWN: Statement = Statement::new(
    "store::dialect::OUTGROWN",
    "SELECT quote_ident(s.relname) FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid \
     WHERE s.schemaname = current_schema() AND pg_has_role(c.relowner, 'USAGE') AND s.n_mod_since_analyze > 500 + 9 * GREATEST(c.reltuples, 0) \
     AND COALESCE(GREATEST(s.last_analyze, s.last_autoanalyze), '-infinity') < now() - interval '1 minute'",
);

/// Has PostgreSQL look at the tables that have grown tenfold since it last did, and gives their number. Its own round does so too, but comes
/// once a minute; until then a new database that is filled is read by plans for an empty one, some of which go through all clients of a
/// partner for each row that is added. Where this account does not own the tables it is left to the server. SQLite plans without
/// statistics.
///
/// # Errors
/// When the server can't be reached.
pub async fn refresh_statistics(db: &Db) -> Result<usize, StoreError> {
    let Some(pool) = db.postgres_pool() else { return Ok(0) };
    let failed = |error: sqlx::Error| StoreError::from_engine("ANALYZE", error.into());
    let tables = sqlx::query_scalar::<_, String>(OUTGROWN.sql()).fetch_all(pool).await.map_err(failed)?;
    for table in &tables {
        // The server has quoted the name. A table that is being vacuumed is left to that: waiting for it would have the vacuum cancelled.
        sqlx::query(sqlx::AssertSqlSafe(format!("ANALYZE (SKIP_LOCKED) {table}")))
            .execute(pool)
            .await
            .map_err(failed)?;
    }
    Ok(tables.len())
}

/// Tells the other processes, at the commit of this transaction, that cached keys are no longer true. SQLite can't: there the poll of
/// `cache_version` finds it.
///
/// # Errors
/// When the statement fails.
pub async fn notify_keys(tx: &mut Tx) -> Result<(), StoreError> {
    let result = match tx.0.engine() {
        Link::Sqlite(_) => return Ok(()),
        Link::Postgres(link) => sqlx::query(NOTIFY.sql()).execute(link).await.map(drop),
    };
    tx.0.note(&NOTIFY, result.map_err(EngineError::from))
}

/// Takes the lock of this number until the transaction ends, without waiting; false when another transaction holds it. On SQLite
/// writes never overlap, so it is always free.
///
/// # Errors
/// When the statement fails.
pub async fn try_lock(tx: &mut Tx, number: i64) -> Result<bool, StoreError> {
    let result = match tx.0.engine() {
        Link::Sqlite(_) => return Ok(true),
        Link::Postgres(link) => sqlx::query_scalar::<_, bool>(TRY_LOCK.sql()).bind(number).fetch_one(link).await,
    };
    tx.0.note(&TRY_LOCK, result.map_err(EngineError::from))
}

/// The same, waiting until it is free.
///
/// # Errors
/// When the statement fails.
pub async fn lock(tx: &mut Tx, number: i64) -> Result<(), StoreError> {
    let result = match tx.0.engine() {
        Link::Sqlite(_) => return Ok(()),
        Link::Postgres(link) => sqlx::query(LOCK.sql()).bind(number).execute(link).await.map(drop),
    };
    tx.0.note(&LOCK, result.map_err(EngineError::from))
}

/// Hears what [`notify_keys`] tells.
pub struct KeyListener(PgListener);

impl KeyListener {
    /// Starts to listen; `None` on SQLite.
    ///
    /// # Errors
    /// When the server can't be reached.
    pub async fn start(db: &Db) -> Result<Option<Self>, StoreError> {
        let Some(pool) = db.postgres_pool() else { return Ok(None) };
        let lost = |error: sqlx::Error| StoreError::from_engine("LISTEN", error.into());
        let mut listener = PgListener::connect_with(pool).await.map_err(lost)?;
        listener.listen(KEYS_CHANNEL).await.map_err(lost)?;
        Ok(Some(Self(listener)))
    }

    /// Waits for the next word. It may also wake without one, after the connection was lost and made again.
    ///
    /// # Errors
    /// When the server can't be reached any more.
    pub async fn heard(&mut self) -> Result<(), StoreError> {
        self.0.try_recv().await.map(drop).map_err(|error: sqlx::Error| StoreError::from_engine("LISTEN", error.into()))
    }
}
