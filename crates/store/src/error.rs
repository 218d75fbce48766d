//! What can go wrong with the database, in the three ways that callers tell apart.

use std::borrow::Cow;

use sqlx::error::DatabaseError;

/// An error of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be used now, and may be later: the disk is full, the file is locked or read-only, the server is gone. Nothing
    /// of the transaction was kept, or (when the connection broke at the commit) it is unknown whether all of it was.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// What the engine says, for the log.
        reason: String,
    },
    /// More writes wait than the queue holds, or every connection was in use for too long. Nothing was done.
    #[error("too many reads or writes are waiting")]
    Overloaded,
    /// The job panicked. Nothing of it was kept.
    #[error("the job panicked")]
    Panicked,
    /// A fault of ours, or of the data. Nothing of the transaction was kept.
    #[error("{statement}: {source}")]
    Broken {
        /// The statement that failed.
        statement: &'static str,
        /// What the engine says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    pub(crate) fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into() }
    }

    /// A value in the database that the program can't read.
    pub fn unreadable(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Broken { statement: what, source: source.into() }
    }

    /// Tells apart why a pool gave no connection: all of them are in use, or none can be made.
    pub(crate) fn from_acquire(error: sqlx::Error, pool_is_full: bool) -> Self {
        match error {
            sqlx::Error::PoolTimedOut if pool_is_full => Self::Overloaded,
            error => Self::from_engine("connection", error.into()),
        }
    }

    /// Tells an engine's error apart.
    pub(crate) fn from_engine(statement: &'static str, error: EngineError) -> Self {
        if error.is_unavailable() {
            Self::unavailable(error.to_string())
        } else {
            Self::Broken { statement, source: Box::new(error) }
        }
    }
}

/// What an engine's driver says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Postgres(#[from] sqlx::Error),
    /// SQLite has undone the whole transaction after an error in it.
    #[error("the database undid the transaction")]
    Undone,
    /// The query before this one was given up while it ran.
    #[error("an earlier query of this reader was given up")]
    GivenUp,
}

impl EngineError {
    /// Whether SQLite may not write the file, or that of its locks.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ReadOnly))
    }

    /// Whether the database may well answer later.
    pub(crate) fn is_unavailable(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(error, _)) => sqlite_unavailable(error.extended_code),
            Self::Undone => true,
            Self::Sqlite(_) | Self::GivenUp => false,
            Self::Postgres(error) => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::BeginFailed => true,
                sqlx::Error::Database(error) => error.code().is_some_and(|code| postgres_unavailable(&code)),
                _ => false,
            },
        }
    }

    /// Whether PostgreSQL asks for the transaction to be run again: serialization failure, deadlock; and unique violation, which is
    /// how a race of two inserts shows when neither transaction saw the other's row. A second run sees the row and decides by it.
    pub(crate) fn wants_another_run(&self) -> bool {
        const SERIALIZATION_FAILURE: &str = "40001";
        const DEADLOCK_DETECTED: &str = "40P01";
        const UNIQUE_VIOLATION: &str = "23505";
        let Self::Postgres(error) = self else { return false };
        error.as_database_error().and_then(DatabaseError::code).is_some_and(|code: Cow<'_, str>| {
            [SERIALIZATION_FAILURE, DEADLOCK_DETECTED, UNIQUE_VIOLATION].contains(&code.as_ref())
        })
    }
}

/// <https://www.sqlite.org/rescode.html>: the primary code is the low byte of the extended one.
fn sqlite_unavailable(extended_code: i32) -> bool {
    use rusqlite::ffi::{
        SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_PROTOCOL,
        SQLITE_READONLY,
    };
    matches!(
        extended_code & 0xff,
        SQLITE_BUSY
            | SQLITE_LOCKED
            | SQLITE_NOMEM
            | SQLITE_READONLY
            | SQLITE_IOERR
            | SQLITE_FULL
            | SQLITE_CANTOPEN
            | SQLITE_PROTOCOL
    )
}

/// PostgreSQL 15, appendix A: connection (08), resources (53), intervention (57P), system (58) and a server that only reads.
fn postgres_unavailable(code: &str) -> bool {
    const READ_ONLY_SQL_TRANSACTION: &str = "25006";
    code.starts_with("08")
        || code.starts_with("53")
        || code.starts_with("57P")
        || code.starts_with("58")
        || code == READ_ONLY_SQL_TRANSACTION
}

/// Why a database can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address is neither engine's.
    #[error("`{0}` is no database: write sqlite:FILE or postgres://USER@HOST/NAME")]
    Address(String),
    /// A newer program has migrated it.
    #[error(
        "the database is newer than this program: it has migration {found}, which the program does not know; its last is {known}. \
         Run the newer program, or restore a backup from before the upgrade"
    )]
    Newer {
        /// The first migration in the database that the program does not know.
        found: i64,
        /// The newest migration of the program.
        known: i64,
    },
    /// The program is newer, and was told not to migrate.
    #[error("the database is older than this program: migration {missing} is not applied. Run `tallystick migrate`")]
    Older {
        /// The first migration that is missing.
        missing: i64,
    },
    /// A migration in the database differs from the program's.
    #[error("migration {0} in the database is not the one of this program: the database belongs to another build")]
    Altered(i64),
    /// A migration failed and was undone.
    #[error("migration failed: {0}")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file or the server can't be reached.
    #[error("the database can't be opened: {0}")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unreachable(Box::new(error))
    }
}

impl From<std::io::Error> for OpenError {
    fn from(error: std::io::Error) -> Self {
        Self::Unreachable(Box::new(error))
    }
}
