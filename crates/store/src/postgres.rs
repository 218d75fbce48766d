//! PostgreSQL: each write in a SERIALIZABLE transaction of its own, run again when the server asks for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::PgPool;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Postgres};

use crate::connection::{Connection, Owned, Tx};
use crate::error::{OpenError, StoreError};
use crate::health::HealthRecord;
use crate::job::catch;
use crate::options::DbOptions;

/// The most runs of one write. Races of dozens of writes on one row end well below it.
const MOST_RUNS: u32 = 30;

/// What a transaction is kept apart by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Isolation {
    /// As if no other ran beside it.
    Serializable,
    /// It locks the rows that it takes, and sees what others have committed.
    ReadCommitted,
}

impl Isolation {
    /// Begins the transaction, in one message. One that its process forgot must not hold its locks for ever; that is said here and not
    /// when connecting, because a pooler such as PgBouncer takes no settings then.
    fn begin(self) -> &'static str {
        match self {
            Self::Serializable => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL idle_in_transaction_session_timeout = '30s'"
            }
            Self::ReadCommitted => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '30s'"
            }
        }
    }
}

fn connect_options(options: &DbOptions) -> Result<PgConnectOptions, OpenError> {
    let connect: PgConnectOptions = options.url.parse::<PgConnectOptions>()?;
    Ok(connect.application_name("tallystick").statement_cache_capacity(256).disable_statement_logging())
}

/// Connects and leaves again. A pool would try until its time is up, and then not say why it failed.
pub(crate) async fn connect_once(options: &DbOptions) -> Result<(), OpenError> {
    let connect = connect_options(options)?;
    let connection = tokio::time::timeout(options.acquire_timeout, connect.connect())
        .await
        .map_err(|_| OpenError::Unreachable("the server does not answer".into()))??;
    Ok(sqlx::Connection::close(connection).await?)
}

pub(crate) fn pool(options: &DbOptions) -> Result<PgPool, OpenError> {
    let connect = connect_options(options)?;
    Ok(PgPoolOptions::new()
        .max_connections(options.connections.max(2))
        .acquire_timeout(options.acquire_timeout)
        .connect_lazy_with(connect))
}

/// Whether every connection that the pool may have is there. Connections that broke are not, so a server that is gone shows as a pool
/// that is not full.
pub(crate) fn is_full(pool: &PgPool) -> bool {
    pool.size() >= pool.options().get_max_connections()
}

/// Runs `work` to its end. The caller spawns it, so that a request that is dropped does not leave a transaction half-way.
pub(crate) async fn write<T, E, F>(
    pool: PgPool,
    health: HealthRecord,
    isolation: Isolation,
    mut work: F,
) -> Result<T, E>
where
    E: From<StoreError>,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    let retries = metrics::counter!("store_write_retries_total");
    for run in 1..=MOST_RUNS {
        if let Some(outcome) = run_once(&pool, &health, isolation, &mut work, run == MOST_RUNS).await {
            return outcome;
        }
        retries.increment(1);
        tokio::time::sleep(backoff(run)).await;
    }
    // The last run always has an outcome; this is for the compiler.
    Err(StoreError::Overloaded.into())
}

/// One run; `None` when it is to be run again.
async fn run_once<T, E, F>(
    pool: &PgPool,
    health: &HealthRecord,
    isolation: Isolation,
    work: &mut F,
    last: bool,
) -> Option<Result<T, E>>
where
    E: From<StoreError>,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    let lost = |error: StoreError| {
        if let StoreError::Unavailable { reason } = &error {
            health.failed(reason);
        }
        Some(Err(error.into()))
    };
    let connection = match pool.acquire().await {
        Ok(connection) => connection,
        Err(error) => return lost(StoreError::from_acquire(error, is_full(pool))),
    };
    let mut tx = Tx(Connection::new(Owned::Postgres(connection), health.clone()));
    if let Err(error) = tx.0.control(isolation.begin()).await {
        discard(tx);
        return lost(StoreError::from_engine("BEGIN", error));
    }
    let outcome = catch(work, &mut tx).await;
    let run_again = tx.0.run_again && !last;
    if outcome.is_err() || tx.0.run_again {
        if tx.0.control("ROLLBACK").await.is_err() {
            discard(tx);
        }
        return if run_again { None } else { Some(outcome.and(Err(StoreError::Overloaded.into()))) };
    }
    match tx.0.control("COMMIT").await {
        Ok(()) => {
            health.wrote();
            Some(outcome)
        }
        Err(error) if error.wants_another_run() && !last => None,
        Err(error) => {
            discard(tx);
            lost(StoreError::from_engine("COMMIT", error))
        }
    }
}

/// Closes a connection whose state is unknown instead of giving it back.
fn discard(tx: Tx) {
    if let Owned::Postgres(mut connection) = tx.0.owned {
        PoolConnection::<Postgres>::close_on_drop(&mut connection);
    }
}

/// A growing pause, spread so that racing writes do not meet again. The spread need not be unpredictable, so a counter makes it.
fn backoff(run: u32) -> Duration {
    static SPREAD: AtomicU64 = AtomicU64::new(0);
    let mixed = SPREAD.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let ceiling = 500_u64 << run.min(7);
    Duration::from_micros(ceiling / 4 + mixed % ceiling)
}
