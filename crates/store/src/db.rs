//! The database as the services see it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use crate::connection::{Connection, Owned, Reader, Tx};
use crate::error::{OpenError, StoreError};
use crate::health::{Health, HealthRecord};
use crate::job::{Job, Work};
use crate::migration::{self, MigrationReport};
use crate::options::{DbOptions, Engine};
use crate::postgres::Isolation;
use crate::sqlite::readers::Readers;
use crate::sqlite::writer::Writer;
use crate::{postgres, sqlite};

/// A database on either engine. Cheap to clone; the clones share it.
#[derive(Clone)]
pub struct Db(Arc<Shared>);

struct Shared {
    options: DbOptions,
    health: HealthRecord,
    pools: Pools,
}

pub(crate) enum Pools {
    Sqlite(SqlitePools),
    Postgres(PgPool),
}

pub(crate) struct SqlitePools {
    path: PathBuf,
    readers: Readers,
    queue: Mutex<Option<mpsc::Sender<Box<dyn Job>>>>,
    /// Says when the writer's thread has ended.
    writer: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Db {
    /// Opens the database; a SQLite file that is not there is made. It does not migrate.
    ///
    /// # Errors
    /// When the address names no engine, or the file or server can't be reached.
    pub async fn open(options: DbOptions) -> Result<Self, OpenError> {
        let health = HealthRecord::new();
        let pools = match options.engine()? {
            Engine::Sqlite => {
                let path = options.sqlite_path().ok_or_else(|| OpenError::Address(options.url_without_password()))?;
                sqlite::create_file(&path)?;
                let readers = Readers::new(&options, path.clone());
                let writer = Writer::open(&options, &path, readers.clone(), health.clone())?;
                let (sender, receiver) = mpsc::channel(options.write_queue.max(1));
                Pools::Sqlite(SqlitePools {
                    readers,
                    path,
                    queue: Mutex::new(Some(sender)),
                    writer: Mutex::new(Some(writer.start(receiver)?)),
                })
            }
            Engine::Postgres => {
                // A wrong address or password shows here, with the server's own words, not at the first request.
                postgres::connect_once(&options).await?;
                Pools::Postgres(postgres::pool(&options)?)
            }
        };
        Ok(Self(Arc::new(Shared { options, health, pools })))
    }

    /// Applies the migrations that are missing, under a lock, so that several processes may start at once.
    ///
    /// # Errors
    /// When the database is newer than the program, belongs to another build, or a migration fails and was undone.
    pub async fn migrate(&self) -> Result<MigrationReport, OpenError> {
        match &self.0.pools {
            Pools::Sqlite(pools) => migration::sqlite::run(&self.0.options, &pools.path).await,
            Pools::Postgres(pool) => migration::postgres::run(pool).await,
        }
    }

    /// How the schema stands: the newest migration that is applied, and those that are missing.
    ///
    /// # Errors
    /// When the database is newer than the program, or can't be read.
    pub async fn migration_state(&self) -> Result<MigrationReport, OpenError> {
        match &self.0.pools {
            Pools::Sqlite(pools) => migration::sqlite::state(&self.0.options, &pools.path).await,
            Pools::Postgres(pool) => migration::postgres::state(pool).await,
        }
    }

    /// As [`Db::migration_state`], once nobody migrates it: what is missing then is not about to come.
    ///
    /// # Errors
    /// As [`Db::migration_state`].
    pub async fn settled_migration_state(&self) -> Result<MigrationReport, OpenError> {
        match &self.0.pools {
            Pools::Sqlite(pools) => migration::sqlite::settled_state(&self.0.options, &pools.path).await,
            Pools::Postgres(pool) => migration::postgres::settled_state(pool).await,
        }
    }

    /// Which engine it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.0.pools {
            Pools::Sqlite(_) => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// How it was opened.
    #[must_use]
    pub fn options(&self) -> &DbOptions {
        &self.0.options
    }

    /// What its last uses showed.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.health.get()
    }

    pub(crate) fn postgres_pool(&self) -> Option<&PgPool> {
        match &self.0.pools {
            Pools::Sqlite(_) => None,
            Pools::Postgres(pool) => Some(pool),
        }
    }

    /// Reaches for the database outside the pool, and marks it unavailable when it is not there. A pool in which every connection is
    /// being made looks just like one in which every connection is in use.
    pub async fn reach(&self) {
        if self.postgres_pool().is_some()
            && let Err(error) = postgres::connect_once(&self.0.options).await
        {
            self.0.health.failed(&error.to_string());
        }
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none is free in time or the database is gone.
    pub async fn reader(&self) -> Result<Reader, StoreError> {
        let owned = match &self.0.pools {
            Pools::Sqlite(pools) => pools.readers.acquire().await.map(|reader| Owned::SqliteReader(Some(reader))),
            Pools::Postgres(pool) => postgres::acquire(pool).await.map(Owned::Postgres),
        };
        match owned {
            Ok(owned) => Ok(Reader(Connection::new(owned, self.0.health.clone()))),
            Err(error) => {
                if let StoreError::Unavailable { reason } = &error {
                    self.0.health.failed(reason);
                }
                Err(error)
            }
        }
    }

    /// Runs `work` in a transaction, which is committed when it gives `Ok` and undone when it gives `Err` or panics.
    ///
    /// The work awaits nothing but the database, because on SQLite others wait for it, and changes nothing outside, because it may
    /// be run again. When the caller goes away before its turn, it is not run; once begun, it is run to its end.
    ///
    /// # Errors
    /// What `work` gives, or a [`StoreError`] when the transaction was lost.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_in(Isolation::Serializable, work).await
    }

    /// Like [`Db::write`], for statements each of which takes or changes rows only as they are now: it passes over those that another
    /// transaction has, or names what they must still be, such as their lease. What they decide depends on no other row, so on PostgreSQL
    /// they need not be serializable; there neighbours in an index would make such writes fail for each other.
    ///
    /// # Errors
    /// Those of [`Db::write`].
    pub async fn take<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_in(Isolation::ReadCommitted, work).await
    }

    /// Like [`Db::write`], for work that adds rows of which the indexes decide whether they may be there, and that reads nothing else that
    /// others change. On PostgreSQL it need not be serializable: there neighbours in an index, such as clients whose numbers follow each
    /// other, would make writes at once fail for each other, although none has to do with another.
    ///
    /// # Errors
    /// Those of [`Db::write`].
    pub async fn add<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_in(Isolation::ReadCommitted, work).await
    }

    async fn write_in<T, E, F>(&self, isolation: Isolation, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let ended = self.start(isolation, Box::new(Work::new(work, reply)))?;
        answer.await.unwrap_or_else(|_| Err(ended().into()))
    }

    /// Has the job run, and gives what it means when it ends without an answer.
    fn start(&self, isolation: Isolation, job: Box<dyn Job>) -> Result<fn() -> StoreError, StoreError> {
        match &self.0.pools {
            Pools::Sqlite(pools) => {
                let queue = pools.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let queue = queue.ok_or_else(|| StoreError::unavailable("the database is closed"))?;
                queue.try_send(job).map_err(|refused| match refused {
                    mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                    mpsc::error::TrySendError::Closed(_) => StoreError::unavailable("the writer has ended"),
                })?;
                Ok(|| StoreError::unavailable("the writer has ended"))
            }
            Pools::Postgres(pool) => {
                tokio::spawn(postgres::write(pool.clone(), self.0.health.clone(), isolation, job));
                Ok(|| StoreError::Panicked)
            }
        }
    }

    /// Finishes what waits and closes the connections.
    pub async fn close(&self) {
        match &self.0.pools {
            Pools::Sqlite(pools) => {
                // The readers first: the last connection to close folds the log into the file, and only the writer's can.
                pools.readers.close().await;
                drop(pools.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
                let writer = pools.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(writer) = writer
                    && writer.await.is_err()
                {
                    tracing::error!("the writer ended by a panic");
                }
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// Prepares every statement of this crate and gives those that the engine refuses, by name.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn refused_statements(&self) -> Result<Vec<(&'static str, String)>, StoreError> {
        use sqlx::Executor as _;
        let mut reader = self.reader().await?;
        let mut refused = Vec::new();
        for statement in crate::statements() {
            let prepared = match reader.0.engine() {
                crate::connection::Link::Sqlite(link) => link.prepare(statement.sqlite()),
                crate::connection::Link::Postgres(link) => {
                    let prepared = link.prepare(sqlx::SqlSafeStr::into_sql_str(statement.sql())).await;
                    prepared.map(drop).map_err(crate::error::EngineError::from)
                }
            };
            if let Err(error) = prepared {
                refused.push((statement.name(), error.to_string()));
            }
        }
        Ok(refused)
    }
}
