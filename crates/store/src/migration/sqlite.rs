//! Migrations of SQLite. The table of those that were applied has the shape that sqlx gives it on PostgreSQL, so that both engines tell
//! of themselves in the same way.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sqlx::migrate::{MigrateError, Migration, Migrator};

use super::{MigrationReport, done, files, migrator, report, translate};
use crate::error::OpenError;
use crate::options::DbOptions;
use crate::sqlite::{Use, connect};

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| migrator(files::SQLITE));

const TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                     installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, \
                     execution_time BIGINT NOT NULL)";
const IS_THERE: &str = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
const APPLIED: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
const DANGLING: &str = "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1";
const KEEP: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES ($1, $2, TRUE, $3, 0)";

pub(crate) async fn run(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    let (options, path) = (options.clone(), path.to_owned());
    waiting(move || {
        let _lock = lock(&path)?;
        let mut connection = connect(&options, &path, Use::Write)?;
        // A table that others refer to can be written anew only without (<https://www.sqlite.org/lang_altertable.html>, section 7); what the
        // migration leaves is checked instead.
        connection.pragma_update(None, "foreign_keys", false)?;
        connection.execute_batch(TABLE)?;
        let before = applied(&connection)?;
        let state = report(&MIGRATOR, &before)?;
        for migration in MIGRATOR.iter().filter(|migration| !before.contains(&migration.version)) {
            apply(&mut connection, migration)?;
        }
        Ok(done(&state, report(&MIGRATOR, &applied(&connection)?)?))
    })
    .await
}

pub(crate) async fn state(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    let (options, path) = (options.clone(), path.to_owned());
    waiting(move || {
        let connection = connect(&options, &path, Use::Write)?;
        // Without the table nothing was applied. It is not made here: who only looks changes nothing.
        let is_there = connection.query_row(IS_THERE, [], |_| Ok(())).optional()?.is_some();
        report(&MIGRATOR, &if is_there { applied(&connection)? } else { Vec::new() })
    })
    .await
}

/// As [`state`], once nobody migrates it.
pub(crate) async fn settled_state(options: &DbOptions, path: &Path) -> Result<MigrationReport, OpenError> {
    let locked = path.to_owned();
    let lock = waiting(move || lock(&locked)).await?;
    let state = state(options, path).await;
    drop(lock);
    state
}

async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| OpenError::Unreachable(Box::new(error)))?
}

/// Other processes may start at once, and SQLite's lock does not reach over several transactions, so a file beside the database is the
/// lock. The system frees it when the process ends, however that comes about.
fn lock(path: &Path) -> Result<File, OpenError> {
    let lock = File::options().create(true).truncate(false).write(true).open(lock_path(path))?;
    lock.lock()?;
    Ok(lock)
}

fn lock_path(path: &Path) -> PathBuf {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    PathBuf::from(lock)
}

/// The versions that were applied. Those that the program knows must be its own.
fn applied(connection: &Connection) -> Result<Vec<i64>, OpenError> {
    let mut statement = connection.prepare(APPLIED)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, rusqlite::types::Value>(1)?)))?;
    let mut versions = Vec::new();
    for row in rows {
        let (version, checksum) = row?;
        if MIGRATOR.iter().any(|migration| {
            migration.version == version && rusqlite::types::Value::Blob(migration.checksum.to_vec()) != checksum
        }) {
            return Err(translate(&MIGRATOR, MigrateError::VersionMismatch(version)));
        }
        versions.push(version);
    }
    Ok(versions)
}

fn apply(connection: &mut Connection, migration: &Migration) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .execute_batch(migration.sql.as_str())
        .and_then(|()| transaction.execute(KEEP, (migration.version, &*migration.description, &*migration.checksum)))
        .map_err(|error| OpenError::Migration(Box::new(error)))?;
    // Only one that writes a table anew can leave such rows, and to look takes a walk through the whole database.
    let writes_anew = migration.sql.as_str().contains(" RENAME TO ");
    let dangling = writes_anew.then(|| transaction.query_row(DANGLING, [], |row| row.get::<_, String>(0)).optional());
    if let Some(table) = dangling.transpose()?.flatten() {
        let found = format!("migration {:04}: rows of {table} refer to rows that are not there", migration.version);
        return Err(OpenError::Migration(found.into()));
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A database as the migrations up to this one leave it.
    fn database(folder: &Path, version: i64) -> Connection {
        let path = folder.join("a.db");
        crate::sqlite::create_file(&path).unwrap();
        let options = DbOptions::new(format!("sqlite:{}", path.display()));
        let mut connection = connect(&options, &path, Use::Write).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection.execute_batch(TABLE).unwrap();
        for migration in MIGRATOR.iter().filter(|migration| migration.version <= version) {
            apply(&mut connection, migration).unwrap();
        }
        connection
    }

    fn migrate(connection: &mut Connection, version: i64) -> Result<(), OpenError> {
        apply(connection, MIGRATOR.iter().find(|migration| migration.version == version).unwrap())
    }

    /// Adds a row with these values; of the other columns that have to have one, numbers are 0 and the rest is empty.
    fn add(connection: &Connection, table: &str, values: &[(&str, i64)]) {
        let columns: Vec<(String, String)> = connection
            .prepare(&format!("SELECT name, type FROM pragma_table_info('{table}') WHERE \"notnull\" = 1"))
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .filter(|(name, _): &(String, String)| values.iter().all(|(given, _)| name != given))
            .collect();
        let given = values.iter().map(|(name, value)| ((*name).to_owned(), value.to_string()));
        let others = columns.into_iter().map(|(name, kind)| {
            let empty = match kind.as_str() {
                "INTEGER" => "0",
                "BLOB" => "x''",
                _ => "''",
            };
            (name, empty.to_owned())
        });
        let (names, values): (Vec<_>, Vec<_>) = given.chain(others).unzip();
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
        connection.execute(&sql, []).unwrap();
    }

    fn rows(connection: &Connection, sql: &str) -> Vec<Vec<Option<i64>>> {
        let mut statement = connection.prepare(sql).unwrap();
        let count = statement.column_count();
        let rows = statement.query_map([], |row| (0..count).map(|column| row.get(column)).collect()).unwrap();
        rows.map(Result::unwrap).collect()
    }

    const ACCOUNT: [(&str, i64); 3] = [("partner_id", 1), ("lender_id", 7), ("account_number", 5)];

    /// An account with two authorizations, the first of which was captured in part and the second all.
    fn with_purchases(connection: &Connection) {
        add(connection, "partner", &[("partner_id", 1)]);
        add(connection, "client", &[("partner_id", 1), ("client_id", 7)]);
        add(connection, "merchant", &[("partner_id", 1), ("client_id", 7)]);
        add(
            connection,
            "credit_account",
            &[&ACCOUNT[..], &[("client_id", 7), ("held", 30), ("movement_count", 2)]].concat(),
        );
        let own = |table: &str, values: &[(&str, i64)]| {
            add(connection, table, &[&ACCOUNT[..], &[("client_id", 7)], values].concat());
        };
        own("credit_authorization", &[("authorization_id", 11), ("open_until", 900)]);
        own("credit_authorization", &[("authorization_id", 12), ("open_until", 800)]);
        own("credit_authorization", &[("authorization_id", 13)]);
        own("credit_capture", &[("capture_id", 21), ("authorization_id", 13), ("captured_at", 4), ("matures_on", 90)]);
        own("credit_capture", &[("capture_id", 20), ("authorization_id", 11), ("captured_at", 3)]);
        own("capture_return", &[("return_id", 31), ("capture_id", 21), ("amount", 5)]);
        own("ledger_movement", &[("movement_number", 1), ("at", 50)]);
        own("ledger_movement", &[("movement_number", 2), ("at", 40)]);
        for (movement, line) in [(1, 1), (1, 2), (2, 1)] {
            let values = [("movement_number", movement), ("line", line), ("amount", 10 * movement + line)];
            add(connection, "ledger_entry", &[&ACCOUNT[..], &values].concat());
        }
    }

    #[test]
    fn what_is_written_together_is_kept_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database(folder.path(), 21);
        with_purchases(&connection);
        migrate(&mut connection, 22).unwrap();
        let numbers =
            |rows: &[&[i64]]| rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect::<Vec<Vec<_>>>();
        let entries = rows(&connection, "SELECT at, movement_number, line, amount FROM ledger_entry");
        assert_eq!(entries, numbers(&[&[40, 2, 1, 21], &[50, 1, 1, 11], &[50, 1, 2, 12]]), "in the order of time");
        let account = rows(
            &connection,
            "SELECT account_number, client_id, held, movement_count, open_count, holds_until FROM credit_account",
        );
        assert_eq!(account, numbers(&[&[5, 7, 30, 2, 2, 800]]));
        let captures = rows(
            &connection,
            "SELECT capture_id, authorization_id, captured_at, matures_on FROM credit_capture ORDER BY rowid",
        );
        assert_eq!(
            captures,
            [[20, 11, 3].map(Some).into_iter().chain([None]).collect(), [21, 13, 4, 90].map(Some).to_vec()]
        );
        assert_eq!(
            rows(&connection, "SELECT return_id, capture_id, amount FROM capture_return"),
            numbers(&[&[31, 21, 5]])
        );
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        for refused in [
            "DELETE FROM ledger_entry",
            "UPDATE capture_return SET amount = 6",
            "INSERT INTO capture_return SELECT partner_id, lender_id, account_number, 32, 99, client_id, 1, 0, 0, NULL, 0 FROM capture_return",
            "INSERT INTO ledger_entry SELECT partner_id, at, lender_id, account_number, 9, line, debit, credit, amount FROM ledger_entry",
        ] {
            assert!(connection.execute(refused, []).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_migration_that_leaves_a_row_without_what_it_refers_to_is_undone() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database(folder.path(), 21);
        with_purchases(&connection);
        connection.execute("DELETE FROM credit_authorization WHERE authorization_id = 13", []).unwrap();
        let error = migrate(&mut connection, 22).unwrap_err();
        let OpenError::Migration(what) = error else { panic!("{error}") };
        assert_eq!(what.to_string(), "migration 0022: rows of credit_capture refer to rows that are not there");
        assert_eq!(applied(&connection).unwrap().last(), Some(&21));
        assert_eq!(
            rows(&connection, "SELECT COUNT(*) FROM pragma_table_info('ledger_entry') WHERE name = 'at'"),
            [[Some(0)]]
        );
    }
}
