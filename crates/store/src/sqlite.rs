//! SQLite: one writer that commits in groups, and a few connections that only read.
//!
//! Statements run on the thread that asks for them: one takes some microseconds, and handing it to another thread and waiting for the
//! answer would cost several times that. The writer has a thread of its own, and a query that gives any number of rows runs on one of
//! those that may wait.

use std::ffi::CStr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use crate::options::DbOptions;

pub(crate) mod link;
pub(crate) mod readers;
pub(crate) mod writer;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Read,
    Write,
}

/// Makes the file when there is none, readable for its owner only: it holds sealed secrets and personal data.
pub(crate) fn create_file(path: &Path) -> std::io::Result<()> {
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a connection to a file that is there.
pub(crate) fn connect(options: &DbOptions, path: &Path, used_to: Use) -> rusqlite::Result<Connection> {
    let access = match used_to {
        Use::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Use::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    // A connection is used by one thread at a time, so SQLite's own lock around each call would only cost.
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match used_to {
        Use::Read => Connection::open_with_flags(path, flags)?,
        // A group of writes goes to the log in a few pieces, not in two for each page.
        Use::Write => Connection::open_with_flags_and_vfs(path, flags, write_through()?)?,
    };
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(256);
    // Plans don't look at the values of parameters. Otherwise SQLite prepares a statement anew for each other value where a partial index may
    // serve it, which takes several times as long as running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    if used_to == Use::Write {
        use_log(&connection, options.busy_timeout)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // The log is cut back to this after a burst, or it would keep its largest size. Bytes.
        connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
        // Pages, 32 MiB: a page that many writes change is folded into the file once for all of them, and the disk is asked less often.
        connection.pragma_update(None, "wal_autocheckpoint", 8000)?;
        // What a savepoint may have to undo is kept in memory, not in a file.
        connection.pragma_update(None, "temp_store", "MEMORY")?;
    }
    // In KiB when negative. With a million clients these were faster than larger ones: what is not here is in the system's cache, and a page
    // that is read into memory of before is copied quicker where the processor's own caches still hold that.
    connection.pragma_update(None, "cache_size", if used_to == Use::Write { -4096 } else { -2048 })?;
    Ok(connection)
}

fn write_through() -> rusqlite::Result<&'static CStr> {
    wal_vfs::name().map_err(|error| rusqlite::Error::SqliteFailure(ffi::Error::new(error.0), Some(error.to_string())))
}

/// Turns the write-ahead log on. Of two that do so at once on a new file each may have what the other waits for; SQLite tells that at once,
/// without its own waiting, and one has to begin anew.
fn use_log(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    const PAUSE: Duration = Duration::from_millis(10);
    #[expect(
        clippy::disallowed_methods,
        reason = "how long to wait for others is no matter of the clock that is handed in"
    )]
    let begun = std::time::Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < patience => {
                std::thread::sleep(PAUSE);
            }
            done => return done,
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;
    use rusqlite::types::Value;

    use super::*;
    use crate::Db;

    #[tokio::test]
    async fn statements_are_prepared_once_whatever_their_values() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let options = DbOptions::new(format!("sqlite:{}", file.display()));
        Db::open(options.clone()).await.unwrap().migrate().await.unwrap();
        let connection = connect(&options, &file, Use::Write).unwrap();
        connection.execute_batch("BEGIN").unwrap();
        let mut anew = Vec::new();
        for statement in crate::statements() {
            let mut prepared = connection.prepare(statement.sqlite()).unwrap();
            for round in 1..4 {
                for place in 1..=prepared.parameter_count() {
                    // A text and a number, and never the same: what comes of them does not matter.
                    let value = if round == 2 { Value::Text(format!("{place}")) } else { Value::Integer(round) };
                    prepared.raw_bind_parameter(place, value).unwrap();
                }
                let mut rows = prepared.raw_query();
                while let Ok(Some(_)) = rows.next() {}
            }
            if prepared.get_status(StatementStatus::RePrepare) > 0 {
                anew.push(statement.name());
            }
        }
        assert_eq!(anew, Vec::<&str>::new());
    }
}
