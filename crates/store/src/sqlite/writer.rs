//! The one writer: a thread that takes whatever waits, runs the jobs in one transaction, commits once, and only then
//! answers. The disk is asked to keep the data once a group instead of once a job, with the same durability for each.

use std::path::{Path, PathBuf};

use rusqlite::{Connection as SqliteConnection, MAIN_DB, ffi};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::connection::{Connection, Owned, Tx};
use crate::error::{EngineError, OpenError, StoreError};
use crate::health::HealthRecord;
use crate::job::Job;
use crate::options::DbOptions;
use crate::sqlite::readers::Readers;
use crate::sqlite::{Use, connect};

/// Why a group was lost.
pub(crate) struct Lost {
    reason: String,
    /// Whether the database may well take the writes later.
    for_now: bool,
}

impl From<EngineError> for Lost {
    fn from(error: EngineError) -> Self {
        Self { reason: error.to_string(), for_now: error.is_unavailable() }
    }
}

impl Lost {
    fn error(&self) -> StoreError {
        if self.for_now {
            StoreError::unavailable(&self.reason)
        } else {
            StoreError::unreadable("a group of writes", self.reason.clone())
        }
    }
}

/// The writer's half of the queue. It ends when every sender is gone and the queue is empty.
pub(crate) struct Writer {
    options: DbOptions,
    path: PathBuf,
    connection: Option<SqliteConnection>,
    readers: Readers,
    health: HealthRecord,
}

impl Writer {
    pub(crate) fn open(
        options: &DbOptions,
        path: &Path,
        readers: Readers,
        health: HealthRecord,
    ) -> Result<Self, OpenError> {
        let connection = connect(options, path, Use::Write)?;
        Ok(Self { options: options.clone(), path: path.to_owned(), connection: Some(connection), readers, health })
    }

    /// Starts the thread. What is given back says when it has ended.
    pub(crate) fn start(self, queue: mpsc::Receiver<Box<dyn Job>>) -> Result<oneshot::Receiver<()>, OpenError> {
        let runtime = Handle::current();
        let (ended, end) = oneshot::channel();
        std::thread::Builder::new().name("sqlite-writer".into()).spawn(move || {
            self.serve(queue, &runtime);
            // Fails when nobody waits for it.
            ended.send(()).unwrap_or_default();
        })?;
        Ok(end)
    }

    fn serve(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>, runtime: &Handle) {
        let group_size = metrics::histogram!("store_write_group_size");
        let most = self.options.write_group.max(1);
        let mut crowd = Crowd::default();
        let mut jobs = Vec::with_capacity(most);
        while let Some(first) = queue.blocking_recv() {
            if first.is_abandoned() {
                continue;
            }
            jobs.push(first);
            let mut group = Group { jobs: &mut jobs, queue: &mut queue, most: most.min(crowd.half()) };
            let (has_changed, lost) = match self.run_group(&mut group, runtime) {
                Ok(has_changed) => (has_changed, None),
                Err(error) => {
                    if error.is_read_only() {
                        // The file of locks beside the log is opened once for all connections of a process: as long as one of them is there that
                        // found it read-only, it is so for the next writer as well, whoever has made it writable.
                        self.readers.renew();
                    }
                    (false, Some(Lost::from(error)))
                }
            };
            crowd.saw(jobs.len() + queue.len());
            #[expect(clippy::cast_precision_loss, reason = "a group has a few hundred jobs")]
            group_size.record(jobs.len() as f64);
            match &lost {
                Some(lost) => self.health.failed(&lost.reason),
                None if has_changed => self.health.wrote(),
                // Nothing was written, so nothing is known.
                None => {}
            }
            for job in jobs.drain(..) {
                job.answer(lost.as_ref().map(Lost::error));
            }
        }
        if let Some(Err((_, error))) = self.connection.take().map(SqliteConnection::close) {
            tracing::warn!(%error, "the writer's connection did not close cleanly");
        }
    }

    /// One transaction for all; true when it has changed anything. An error means that nothing of it was kept.
    fn run_group(&mut self, group: &mut Group<'_>, runtime: &Handle) -> Result<bool, EngineError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.options, &self.path, Use::Write)?,
        };
        // On such a connection `BEGIN IMMEDIATE` begins to read, and the jobs fail one by one. It is dropped, since the next one may write.
        if connection.is_readonly(MAIN_DB)? {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_READONLY), None).into());
        }
        let mut tx = Tx(Connection::new(Owned::SqliteWriter(connection), self.health.clone()));
        // On any error the connection is dropped, which undoes what is open, and the next group opens a new one: a transaction that
        // SQLite has ended by itself must not go on as single statements.
        let has_changed = runtime.block_on(run_jobs(&mut tx, group))?;
        if let Owned::SqliteWriter(connection) = tx.0.owned {
            self.connection = Some(connection);
        }
        Ok(has_changed)
    }
}

/// The jobs that share a commit, and the queue that more of them come from.
struct Group<'g> {
    jobs: &'g mut Vec<Box<dyn Job>>,
    queue: &'g mut mpsc::Receiver<Box<dyn Job>>,
    most: usize,
}

impl Group<'_> {
    /// Takes the next job that waits, if there is room.
    fn take_next(&mut self) -> bool {
        while self.jobs.len() < self.most
            && let Ok(job) = self.queue.try_recv()
        {
            if !job.is_abandoned() {
                self.jobs.push(job);
                return true;
            }
        }
        false
    }
}

/// How many writes there are at a time, of late. A group takes half of them and leaves the others to the next one: would it take all, nobody
/// had anything to do while the disk has them, and nothing would wait when it is free.
#[derive(Default)]
struct Crowd {
    /// In 1/256, so that it shrinks by less than one at a time.
    of_late: usize,
}

impl Crowd {
    /// So many pay for a commit, however many there are.
    const FEW: usize = 16;

    /// Counts those of a group, and those that wait at its end.
    fn saw(&mut self, jobs: usize) {
        self.of_late = (self.of_late - self.of_late / 512).max(jobs * 256);
    }

    fn half(&self) -> usize {
        Self::FEW.max(self.of_late / 512)
    }
}

/// Runs the jobs, and those that come meanwhile, and keeps what those did that want it kept.
///
/// At first without savepoints, because a savepoint has SQLite copy every page that a job changes. When a job that fails has changed
/// something, which is rare (most refusals come before the first change), all is undone and the jobs run again, each in a savepoint.
async fn run_jobs(tx: &mut Tx, group: &mut Group<'_>) -> Result<bool, EngineError> {
    tx.0.control("BEGIN IMMEDIATE").await?;
    let mut unchanged = changes(tx)?;
    loop {
        let before = changes(tx)?;
        // The one that was taken last.
        let Some(job) = group.jobs.last_mut() else { break };
        if !job.run(tx).await && changes(tx)? != before {
            metrics::counter!("store_write_retries_total").increment(1);
            tx.0.control("ROLLBACK").await?;
            tx.0.control("BEGIN IMMEDIATE").await?;
            unchanged = changes(tx)?;
            run_apart(tx, group.jobs).await?;
            break;
        }
        if !group.take_next() {
            break;
        }
    }
    let has_changed = changes(tx)? != unchanged;
    tx.0.control("COMMIT").await?;
    Ok(has_changed)
}

async fn run_apart(tx: &mut Tx, jobs: &mut [Box<dyn Job>]) -> Result<(), EngineError> {
    for job in jobs {
        tx.0.control("SAVEPOINT job").await?;
        let is_kept = job.run(tx).await;
        changes(tx)?;
        if !is_kept {
            tx.0.control("ROLLBACK TO job").await?;
        }
        tx.0.control("RELEASE job").await?;
    }
    Ok(())
}

/// How many rows this connection has changed, ever.
///
/// # Errors
/// When SQLite has undone the whole transaction by itself, as it may when the disk is full: from then on each statement would be kept
/// alone.
fn changes(tx: &Tx) -> Result<u64, EngineError> {
    match &tx.0.owned {
        Owned::SqliteWriter(connection) if !connection.is_autocommit() => Ok(connection.total_changes()),
        _ => Err(EngineError::Undone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_takes_half_of_those_there_are() {
        let mut crowd = Crowd::default();
        assert_eq!(crowd.half(), Crowd::FEW);
        crowd.saw(64);
        assert_eq!(crowd.half(), 32);
        crowd.saw(33);
        assert!((31..=32).contains(&crowd.half()), "others may be about to come");
        for _ in 0..2000 {
            crowd.saw(1);
        }
        assert_eq!(crowd.half(), Crowd::FEW, "they have gone");
    }
}
