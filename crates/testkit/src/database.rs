//! An empty database of one's own on either engine.

use store::{Db, DbOptions, Engine};
use tempfile::TempDir;

use crate::postgres;

/// An empty database. It goes with this value.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    engine: Engine,
    directory: Option<TempDir>,
    _postgres: Option<postgres::TestDatabase>,
}

impl TestDatabase {
    /// A SQLite file in a temporary directory.
    ///
    /// # Panics
    /// When the directory can't be made.
    #[must_use]
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a test needs a temporary directory");
        let url = format!("sqlite:{}", directory.path().join("test.db").display());
        Self { url, engine: Engine::Sqlite, directory: Some(directory), _postgres: None }
    }

    /// A database on the PostgreSQL server that `cargo xtask test` starts; `None` when there is none and the test is to be skipped.
    pub async fn postgres() -> Option<Self> {
        let postgres = postgres::database().await?;
        Some(Self {
            url: postgres.url().to_owned(),
            engine: Engine::Postgres,
            directory: None,
            _postgres: Some(postgres),
        })
    }

    /// One of `engine`.
    pub async fn of(engine: Engine) -> Option<Self> {
        match engine {
            Engine::Sqlite => Some(Self::sqlite()),
            Engine::Postgres => Self::postgres().await,
        }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its engine.
    #[must_use]
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Its directory, when it is a file.
    #[must_use]
    pub fn directory(&self) -> Option<&std::path::Path> {
        self.directory.as_ref().map(TempDir::path)
    }

    /// Opens and migrates it.
    ///
    /// # Panics
    /// When that fails.
    pub async fn open(&self) -> Db {
        let db = Db::open(DbOptions::new(&self.url)).await.expect("the test database opens");
        db.migrate().await.expect("the test database migrates");
        db
    }
}

/// Declares a test that runs on both engines: `on_both_engines!(name, |database| async { … });` makes `name::sqlite` and
/// `name::postgres`.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($database:ident: TestDatabase) $body:block)*) => {
        $(
            $(#[$attribute])*
            mod $name {
                use super::*;

                async fn on_engine($database: $crate::database::TestDatabase) $body

                #[tokio::test(flavor = "multi_thread")]
                async fn sqlite() {
                    on_engine($crate::database::TestDatabase::sqlite()).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn postgres() {
                    let Some(database) = $crate::database::TestDatabase::postgres().await else { return };
                    on_engine(database).await;
                }
            }
        )*
    };
}
