//! Why measuring ended early.

use std::io;

/// Why measuring ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It was called wrongly.
    #[error("{0}")]
    Usage(String),
    /// The system refused a step.
    #[error("could not {step}: {source}")]
    System {
        /// What was tried.
        step: String,
        /// Its answer.
        source: io::Error,
    },
    /// A program ended otherwise than it should.
    #[error("{program} failed: {said}")]
    Program {
        /// Its name.
        program: String,
        /// What it said.
        said: String,
    },
    /// Requests failed, so that their times tell nothing.
    #[error("under load {what}; see server.log in the directory of the benchmark")]
    Load {
        /// What failed, and how often.
        what: String,
    },
    /// The database of the loop failed.
    #[error("the single-threaded loop: {0}")]
    Store(#[from] store::StoreError),
    /// The database of the loop can't be opened.
    #[error("the single-threaded loop: {0}")]
    Open(#[from] store::OpenError),
    /// SQLite itself failed, in the loop or where a database is made.
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The store has no statement of this name.
    #[error("the store has no statement {0} any more: mend the single-threaded loop")]
    Statement(String),
    /// No PostgreSQL.
    #[error("no PostgreSQL to measure: {0}")]
    Postgres(#[from] throwaway_postgres::Fault),
}

impl Fault {
    /// Names the step that an error of the system belongs to.
    pub(crate) fn system(step: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::System { step: step.into(), source }
    }
}
