//! What a query runs on: a reader's connection or a writer's transaction, on either engine.

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, SqlSafeStr, SqlStr, Sqlite, SqliteConnection};

use crate::error::{StoreError, wants_another_run};
use crate::health::HealthRecord;
use crate::statement::Statement;

/// The connection of one engine, borrowed for one statement.
pub(crate) enum Link<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

pub(crate) enum Owned {
    SqliteWriter(SqliteConnection),
    SqliteReader(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A connection and what its statements showed.
pub struct Connection {
    pub(crate) owned: Owned,
    health: HealthRecord,
    /// A statement failed in a way that another run of the transaction mends.
    pub(crate) run_again: bool,
    /// SQLite: where the job's savepoint stands.
    pub(crate) savepoint: Savepoint,
}

/// The savepoint of the job that runs in a group. It is made with the job's first statement and released with the next job's, in one
/// step with it, because each step costs more than the savepoint.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Savepoint {
    /// One is open, of this job or of the one before.
    pub(crate) is_open: bool,
    /// This job has none yet.
    pub(crate) is_wanted: bool,
}

impl Connection {
    pub(crate) fn new(owned: Owned, health: HealthRecord) -> Self {
        Self { owned, health, run_again: false, savepoint: Savepoint::default() }
    }

    pub(crate) fn engine(&mut self) -> Link<'_> {
        match &mut self.owned {
            Owned::SqliteWriter(connection) => Link::Sqlite(connection),
            Owned::SqliteReader(connection) => Link::Sqlite(connection),
            Owned::Postgres(connection) => Link::Postgres(connection),
        }
    }

    /// What goes ahead of the next statement, in one step with it.
    pub(crate) fn take_prefix(&mut self) -> &'static str {
        if !self.savepoint.is_wanted {
            return "";
        }
        let was_open = self.savepoint.is_open;
        self.savepoint = Savepoint { is_open: true, is_wanted: false };
        if was_open { "RELEASE job; SAVEPOINT job; " } else { "SAVEPOINT job; " }
    }

    /// Runs what goes ahead of the next statement in a step of its own.
    pub(crate) async fn run_prefix(&mut self) -> Result<(), sqlx::Error> {
        match self.take_prefix() {
            "" => Ok(()),
            prefix => self.control(prefix).await,
        }
    }

    /// The text of a statement with what goes ahead of it.
    pub(crate) fn text_of(&mut self, statement: &Statement) -> SqlStr {
        match self.take_prefix() {
            "" => statement.sql().into_sql_str(),
            prefix => AssertSqlSafe(format!("{prefix}{}", statement.sql())).into_sql_str(),
        }
    }

    /// Turns a statement's error into ours, and keeps what it says about the database.
    pub(crate) fn note<T>(&mut self, statement: &Statement, result: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        result.map_err(|error| {
            self.run_again |= matches!(self.owned, Owned::Postgres(_)) && wants_another_run(&error);
            let error = StoreError::from_sqlx(statement.name(), error);
            if let StoreError::Unavailable { reason } = &error {
                self.health.failed(reason);
            }
            error
        })
    }

    /// Runs text that is no query: `BEGIN`, `SAVEPOINT`, `COMMIT`.
    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        match self.engine() {
            Link::Sqlite(connection) => sqlx::query::<Sqlite>(sql).execute(connection).await.map(drop),
            Link::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
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
            Owned::SqliteReader(connection) => {
                connection.close_on_drop();
                "BEGIN"
            }
            Owned::Postgres(connection) => {
                connection.close_on_drop();
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
            }
            Owned::SqliteWriter(_) => return Ok(()),
        };
        self.0.control(begin).await.map_err(|error| StoreError::from_sqlx(begin, error))
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
