//! `[database]`: where the records are kept.

use store::DbOptions;

use super::ConfigError;
use super::error::at_least_one;
use super::section::section;
use super::span::Span;

section! {
    /// Where the records are kept, and how many may use it at once.
    Database, DatabaseLayer, "database";

    /// `sqlite:FILE` or `postgres://USER:PASSWORD@HOST:PORT/NAME`
    database ["TALLYSTICK_DATABASE", "URL"]: String = defaults().url;

    /// Whether `serve` brings an older schema up to date when it starts
    migrate ["TALLYSTICK_MIGRATE", "true|false"]: bool = true;

    /// SQLite: connections that read side by side
    read_connections ["TALLYSTICK_READ_CONNECTIONS", "NUMBER"]: u32 = defaults().read_connections;

    /// SQLite: the most writes that share one commit. 1 commits each alone
    write_group ["TALLYSTICK_WRITE_GROUP", "NUMBER"]: usize = defaults().write_group;

    /// SQLite: the most writes that may wait. Further ones are answered 503
    write_queue ["TALLYSTICK_WRITE_QUEUE", "NUMBER"]: usize = defaults().write_queue;

    /// SQLite: how long to wait for another process that is writing
    busy_timeout ["TALLYSTICK_BUSY_TIMEOUT", "SPAN"]: Span = Span(defaults().busy_timeout);

    /// PostgreSQL: connections of this process
    connections ["TALLYSTICK_CONNECTIONS", "NUMBER"]: u32 = defaults().connections;

    /// How long to wait for a free connection
    acquire_timeout ["TALLYSTICK_ACQUIRE_TIMEOUT", "SPAN"]: Span = Span(defaults().acquire_timeout);
}

/// The store's own defaults, so that they stand in one place.
fn defaults() -> DbOptions {
    DbOptions::new("sqlite:tallystick.db")
}

impl Database {
    /// The options to open the database with.
    #[must_use]
    pub fn options(&self) -> DbOptions {
        DbOptions {
            url: self.database.clone(),
            read_connections: self.read_connections,
            write_group: self.write_group,
            write_queue: self.write_queue,
            busy_timeout: self.busy_timeout.0,
            connections: self.connections,
            acquire_timeout: self.acquire_timeout.0,
        }
    }
}

impl Database {
    /// Refuses an address of neither engine, and bounds that would let nothing through.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        self.options().engine().map_err(|error| ConfigError::invalid("database", error.to_string()))?;
        at_least_one("read-connections", self.read_connections as usize)?;
        at_least_one("write-group", self.write_group)?;
        at_least_one("write-queue", self.write_queue)?;
        at_least_one("connections", self.connections as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_every_setting_to_the_store() {
        let options = Database { write_group: 1, acquire_timeout: Span::seconds(9), ..Database::default() }.options();
        assert_eq!(options.url, "sqlite:tallystick.db");
        assert_eq!(options.write_group, 1);
        assert_eq!(options.acquire_timeout, std::time::Duration::from_secs(9));
    }
}
