//! SQLite: one writer that commits in groups, and a pool of connections that only read.
//!
//! The writer takes whatever waits, runs each job in a savepoint of one transaction, commits once, and only then answers. The disk is
//! asked to keep the data once a group instead of once a job, with the same durability for each.

use std::os::unix::fs::OpenOptionsExt;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use crate::connection::{Connection, Owned, Tx};
use crate::error::{OpenError, StoreError};
use crate::health::HealthRecord;
use crate::options::DbOptions;

pub(crate) fn connect_options(options: &DbOptions, path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        // 4 MiB of pages a connection: enough for the upper levels of the indexes at a million clients.
        .pragma("cache_size", "-4096")
        // The log is cut back to this after a burst, or it would keep its largest size.
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(256)
        .disable_statement_logging()
}

/// Makes the file when there is none, readable for its owner only: it holds sealed secrets and personal data.
pub(crate) fn create_file(path: &Path) -> std::io::Result<()> {
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

pub(crate) async fn readers(options: &DbOptions, path: &Path) -> Result<SqlitePool, OpenError> {
    Ok(SqlitePoolOptions::new()
        .max_connections(options.read_connections.max(1))
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .connect_lazy_with(connect_options(options, path).read_only(true)))
}

/// A write that waits for its turn.
pub(crate) trait Job: Send {
    /// Whether nobody waits for the answer any more; then it is not run.
    fn is_abandoned(&self) -> bool;
    /// Runs it. True when its changes are to be kept.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    /// Whether it was run, and its changes are kept.
    fn is_kept(&self) -> bool;
    /// Answers with what the job came to, or with the reason why the group was lost.
    fn answer(self: Box<Self>, lost: Option<&str>);
}

pub(crate) struct QueuedJob<T, E, F> {
    work: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> QueuedJob<T, E, F> {
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { work, outcome: None, reply }
    }
}

impl<T, E, F> Job for QueuedJob<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        Box::pin(async move {
            let outcome = catch(&mut self.work, tx).await;
            let keep = outcome.is_ok();
            self.outcome = Some(outcome);
            keep
        })
    }

    fn is_kept(&self) -> bool {
        self.outcome.as_ref().is_some_and(Result::is_ok)
    }

    fn answer(self: Box<Self>, lost: Option<&str>) {
        let outcome = match (lost, self.outcome) {
            (Some(reason), _) => Err(StoreError::unavailable(reason).into()),
            (None, Some(outcome)) => outcome,
            (None, None) => return,
        };
        // Whoever asked may have gone; the write stands all the same.
        drop(self.reply.send(outcome));
    }
}

/// Runs the work, with a panic turned into an error, so that it harms nobody else.
pub(crate) async fn catch<T, E, F>(work: &mut F, tx: &mut Tx) -> Result<T, E>
where
    E: From<StoreError>,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    AssertUnwindSafe(async { work(tx).await }).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a write panicked; its changes are undone");
        Err(StoreError::Panicked.into())
    })
}

/// The one writer. It ends when every sender is gone and the queue is empty.
pub(crate) struct Writer {
    options: SqliteConnectOptions,
    connection: Option<SqliteConnection>,
    group: usize,
    health: HealthRecord,
}

impl Writer {
    pub(crate) async fn open(options: &DbOptions, path: &Path, health: HealthRecord) -> Result<Self, OpenError> {
        let connect = connect_options(options, path);
        let connection = connect.connect().await?;
        Ok(Self { options: connect, connection: Some(connection), group: options.write_group.max(1), health })
    }

    pub(crate) async fn serve(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        let group_size = metrics::histogram!("store_write_group_size");
        let mut jobs = Vec::with_capacity(self.group);
        while queue.recv_many(&mut jobs, self.group).await > 0 {
            jobs.retain(|job| !job.is_abandoned());
            if jobs.is_empty() {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "a group has a few hundred jobs")]
            group_size.record(jobs.len() as f64);
            let lost = self.run_group(&mut jobs).await.err();
            match &lost {
                Some(reason) => self.health.failed(reason),
                None if jobs.iter().any(|job| job.is_kept()) => self.health.wrote(),
                // Nothing was written, so nothing is known.
                None => {}
            }
            for job in jobs.drain(..) {
                job.answer(lost.as_deref());
            }
        }
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the writer's connection did not close cleanly");
        }
    }

    /// One transaction for all. An error means that nothing of it was kept.
    async fn run_group(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), String> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(|error| error.to_string())?,
        };
        let mut tx = Tx(Connection::new(Owned::SqliteWriter(connection), self.health.clone()));
        // On any error the connection is dropped, which undoes what is open, and the next group opens a new one: a transaction that
        // SQLite has ended by itself must not go on as single statements.
        Self::run_jobs(&mut tx, jobs).await.map_err(|error| error.to_string())?;
        if let Owned::SqliteWriter(connection) = tx.0.owned {
            self.connection = Some(connection);
        }
        Ok(())
    }

    async fn run_jobs(tx: &mut Tx, jobs: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
        tx.0.control("BEGIN IMMEDIATE").await?;
        for job in jobs {
            tx.0.savepoint.is_wanted = true;
            let is_kept = job.run(tx).await;
            // A job that ran no statement has no savepoint, and nothing to undo.
            let has_savepoint = !std::mem::take(&mut tx.0.savepoint.is_wanted);
            if !is_kept && has_savepoint {
                // Fails when SQLite has undone the whole transaction by itself, as it may when the disk is full. So does the release that
                // comes with the next step.
                tx.0.control("ROLLBACK TO job").await?;
            }
        }
        tx.0.control(if tx.0.savepoint.is_open { "RELEASE job; COMMIT" } else { "COMMIT" }).await
    }
}
