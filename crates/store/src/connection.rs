//! What a query runs on: a reader's connection or a writer's transaction, on either engine.

use sqlx::PgConnection;

use crate::error::{EngineError, StoreError};
use crate::health::HealthRecord;
use crate::postgres::{Pooled, query};
use crate::sqlite::link::SqliteLink;
use crate::sqlite::readers::PooledReader;
use crate::statement::Statement;

/// The connection of one engine, borrowed for one statement.
pub(crate) enum Link<'c> {
    Sqlite(SqliteLink<'c>),
    Postgres(&'c mut PgConnection),
}

pub(crate) enum Owned {
    SqliteWriter(rusqlite::Connection),
    /// `None` while a query runs on another thread.
    SqliteReader(Option<PooledReader>),
    Postgres(Box<dyn Pooled>),
}

/// A connection and what its statements showed.
pub struct Connection {
    pub(crate) owned: Owned,
    health: HealthRecord,
    /// A statement failed in a way that another run of the transaction mends.
    pub(crate) run_again: bool,
}

impl Connection {
    pub(crate) fn new(owned: Owned, health: HealthRecord) -> Self {
        Self { owned, health, run_again: false }
    }

    pub(crate) fn engine(&mut self) -> Link<'_> {
        match &mut self.owned {
            Owned::SqliteWriter(connection) => Link::Sqlite(SqliteLink::Writer(connection)),
            Owned::SqliteReader(reader) => Link::Sqlite(SqliteLink::Reader(reader)),
            Owned::Postgres(connection) => Link::Postgres(connection.link()),
        }
    }

    /// Turns a statement's error into ours, and keeps what it says about the database.
    pub(crate) fn note<T>(&mut self, statement: &Statement, result: Result<T, EngineError>) -> Result<T, StoreError> {
        result.map_err(|error| {
            self.run_again |= error.wants_another_run();
            let error = StoreError::from_engine(statement.name(), error);
            if let StoreError::Unavailable { reason } = &error {
                self.health.failed(reason);
            }
            error
        })
    }

    /// Runs text that is no query: `BEGIN`, `SAVEPOINT`, `COMMIT`.
    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), EngineError> {
        match self.engine() {
            Link::Sqlite(link) => link.control(sql),
            Link::Postgres(link) => query::control(sql, link).await,
        }
    }
}

/// What queries that only read take: a [`Reader`] or a [`Tx`].
pub trait Access: Send {
    #[doc(hidden)]
    fn connection(&mut self) -> &mut Connection;
}

/// A connection that reads. On SQLite it can't write at all.
pub struct Reader(pub(crate) Connection);

impl Access for Reader {
    fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Reader {
    /// From here on this reader sees the database as it is now, whatever others write meanwhile.
    ///
    /// # Errors
    /// When the engine refuses.
    pub async fn freeze(&mut self) -> Result<(), StoreError> {
        let begin = match &mut self.0.owned {
            // The connection ends with the reader, and its open transaction with it.
            Owned::SqliteReader(reader) => {
                if let Some(reader) = reader {
                    reader.close_on_drop();
                }
                "BEGIN"
            }
            Owned::Postgres(connection) => {
                connection.close_on_drop();
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '30s'"
            }
            Owned::SqliteWriter(_) => return Ok(()),
        };
        self.0.control(begin).await.map_err(|error| StoreError::from_engine(begin, error))
    }
}

/// A transaction that reads and writes. [`crate::Db::write`] makes it, and commits or undoes it.
pub struct Tx(pub(crate) Connection);

impl Access for Tx {
    fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl<A: Access> Access for &mut A {
    fn connection(&mut self) -> &mut Connection {
        (**self).connection()
    }
}
