//! PostgreSQL: each write in a SERIALIZABLE transaction of its own, run again when the server asks for it.
//!
//! What awaits the driver is boxed here. The body of an async function is compiled into each crate that awaits it, with all that it awaits:
//! without the boxes every front would hold its own copy of connecting, of TLS and of the protocol.

pub(crate) mod query;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection, PgPool, Postgres};

use crate::connection::{Connection, Owned, Tx};
use crate::error::{OpenError, StoreError};
use crate::health::HealthRecord;
use crate::job::Job;
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

/// A connection of the pool, which goes back to it when this is dropped.
pub(crate) trait Pooled: Send {
    fn link(&mut self) -> &mut PgConnection;
    /// Closes it when it is dropped, instead of giving it back.
    fn close_on_drop(&mut self);
}

impl Pooled for PoolConnection<Postgres> {
    fn link(&mut self) -> &mut PgConnection {
        self
    }

    fn close_on_drop(&mut self) {
        Self::close_on_drop(self);
    }
}

/// A connection, when one is free in time.
pub(crate) fn acquire(pool: &PgPool) -> BoxFuture<'_, Result<Box<dyn Pooled>, StoreError>> {
    Box::pin(async move {
        match pool.acquire().await {
            Ok(connection) => Ok(Box::new(connection) as Box<dyn Pooled>),
            Err(error) => Err(StoreError::from_acquire(error, is_full(pool))),
        }
    })
}

/// Whether every connection that the pool may have is there. Connections that broke are not, so a server that is gone shows as a pool
/// that is not full.
pub(crate) fn is_full(pool: &PgPool) -> bool {
    pool.size() >= pool.options().get_max_connections()
}

/// Runs the job to its end and answers. The caller spawns it, so that a request that is dropped does not leave a transaction half-way.
pub(crate) async fn write(pool: PgPool, health: HealthRecord, isolation: Isolation, mut job: Box<dyn Job>) {
    let retries = metrics::counter!("store_write_retries_total");
    for run in 1..=MOST_RUNS {
        match run_once(&pool, &health, isolation, &mut *job, run == MOST_RUNS).await {
            Run::Done => return job.answer(None),
            Run::Lost(error) => return job.answer(Some(error)),
            Run::Again => {
                retries.increment(1);
                tokio::time::sleep(backoff(run)).await;
            }
        }
    }
    // The last run is never one that is to be run again; this is for the compiler.
    job.answer(Some(StoreError::Overloaded));
}

/// What a run came to.
enum Run {
    /// It is over, one way or the other; the job knows.
    Done,
    /// Nothing of it was kept, whatever the job came to.
    Lost(StoreError),
    /// It met with another.
    Again,
}

/// One run; never [`Run::Again`] when it is the last.
async fn run_once(pool: &PgPool, health: &HealthRecord, isolation: Isolation, job: &mut dyn Job, last: bool) -> Run {
    let lost = |error: StoreError| {
        if let StoreError::Unavailable { reason } = &error {
            health.failed(reason);
        }
        Run::Lost(error)
    };
    let connection = match acquire(pool).await {
        Ok(connection) => connection,
        Err(error) => return lost(error),
    };
    let mut tx = Tx(Connection::new(Owned::Postgres(connection), health.clone()));
    if let Err(error) = tx.0.control(isolation.begin()).await {
        discard(tx);
        return lost(StoreError::from_engine("BEGIN", error));
    }
    let is_kept = job.run(&mut tx).await;
    let run_again = tx.0.run_again;
    if !is_kept || run_again {
        if tx.0.control("ROLLBACK").await.is_err() {
            discard(tx);
        }
        return match (run_again, last) {
            (true, false) => Run::Again,
            // The job did not see that a statement of its met with another.
            (true, true) if is_kept => Run::Lost(StoreError::Overloaded),
            _ => Run::Done,
        };
    }
    match tx.0.control("COMMIT").await {
        Ok(()) => {
            health.wrote();
            Run::Done
        }
        Err(error) if error.wants_another_run() && !last => Run::Again,
        Err(error) => {
            discard(tx);
            lost(StoreError::from_engine("COMMIT", error))
        }
    }
}

/// Closes a connection whose state is unknown instead of giving it back.
fn discard(tx: Tx) {
    if let Owned::Postgres(mut connection) = tx.0.owned {
        connection.close_on_drop();
    }
}

/// A growing pause, spread so that racing writes do not meet again. The spread need not be unpredictable, so a counter makes it.
fn backoff(run: u32) -> Duration {
    static SPREAD: AtomicU64 = AtomicU64::new(0);
    let mixed = SPREAD.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let ceiling = 500_u64 << run.min(7);
    Duration::from_micros(ceiling / 4 + mixed % ceiling)
}
