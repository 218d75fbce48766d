//! How to reach a database, and how much of it to use.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::OpenError;

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, in one file, for one machine.
    Sqlite,
    /// A server, for any number of processes.
    Postgres,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Where the database is, and the bounds of its use.
#[derive(Clone)]
pub struct DbOptions {
    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
    pub url: String,
    /// SQLite: connections that read side by side.
    pub read_connections: u32,
    /// SQLite: the most writes that share one commit. 1 commits each alone.
    pub write_group: usize,
    /// SQLite: the most writes that may wait; further ones are refused.
    pub write_queue: usize,
    /// SQLite: how long to wait for another process that is writing.
    pub busy_timeout: Duration,
    /// PostgreSQL: connections.
    pub connections: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
}

impl DbOptions {
    /// The defaults for the database at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            read_connections: 4,
            write_group: 200,
            write_queue: 4096,
            busy_timeout: Duration::from_secs(2),
            connections: 16,
            acquire_timeout: Duration::from_secs(3),
        }
    }

    /// Which engine the address names.
    ///
    /// # Errors
    /// [`OpenError::Address`] when it names neither.
    pub fn engine(&self) -> Result<Engine, OpenError> {
        if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            Ok(Engine::Postgres)
        } else if self.sqlite_path().is_some() {
            Ok(Engine::Sqlite)
        } else {
            Err(OpenError::Address(self.url_without_password()))
        }
    }

    /// The file of a SQLite address.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("sqlite://").or_else(|| self.url.strip_prefix("sqlite:"))?;
        // A database in memory can't be shared between the writer and the readers, and holds nothing after a restart.
        (!path.is_empty() && path != ":memory:" && !path.contains('?')).then(|| PathBuf::from(path))
    }

    /// The address without its password, for logs and messages.
    #[must_use]
    pub fn url_without_password(&self) -> String {
        let Some((scheme, rest)) = self.url.split_once("://") else { return self.url.clone() };
        // The query may hold a password as well, and nothing that a reader needs. It goes first, because an `@` may stand in it.
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        match login {
            Some(login) => format!("{scheme}://{}@{place}", login.split(':').next().unwrap_or_default()),
            None => format!("{scheme}://{place}"),
        }
    }
}

impl fmt::Debug for DbOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DbOptions").field("url", &self.url_without_password()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_engines_apart() {
        assert_eq!(DbOptions::new("sqlite:tallystick.db").engine().unwrap(), Engine::Sqlite);
        assert_eq!(DbOptions::new("sqlite:///var/lib/t.db").sqlite_path().unwrap(), PathBuf::from("/var/lib/t.db"));
        assert_eq!(DbOptions::new("postgres://u@h/n").engine().unwrap(), Engine::Postgres);
        for wrong in ["", "sqlite:", "sqlite::memory:", "sqlite:a?mode=rw", "mysql://h/n", "tallystick.db"] {
            assert!(matches!(DbOptions::new(wrong).engine(), Err(OpenError::Address(_))), "{wrong}");
        }
    }

    #[test]
    fn hides_the_password() {
        let options = DbOptions::new("postgres://user:p@ss@host:5432/name");
        assert_eq!(options.url_without_password(), "postgres://user@host:5432/name");
        assert!(!format!("{options:?}").contains("p@ss"));
        let options = DbOptions::new("postgres://host/name?user=u&password=p@ss");
        assert_eq!(options.url_without_password(), "postgres://host/name");
        let error = DbOptions::new("mysql://user:pass@host/name").engine().unwrap_err();
        assert!(!error.to_string().contains("pass"));
    }
}
