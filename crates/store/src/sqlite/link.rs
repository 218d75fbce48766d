//! How a statement runs on SQLite.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};
use tokio::sync::oneshot;

use crate::columns::{Columns, FromColumns};
use crate::error::EngineError;
use crate::sqlite::readers::PooledReader;

/// A connection of SQLite, borrowed for one statement.
pub(crate) enum SqliteLink<'c> {
    Writer(&'c mut Connection),
    /// `None` after a query was given up half-way: the connection is still busy with it.
    Reader(&'c mut Option<PooledReader>),
}

impl SqliteLink<'_> {
    fn connection(&self) -> Result<&Connection, EngineError> {
        match self {
            Self::Writer(connection) => Ok(connection),
            Self::Reader(Some(reader)) => Ok(reader.connection()),
            Self::Reader(None) => Err(EngineError::GivenUp),
        }
    }

    /// Runs text that is no query: `BEGIN`, `SAVEPOINT`, `COMMIT`.
    pub(crate) fn control(&self, sql: &str) -> Result<(), EngineError> {
        Ok(self.connection()?.prepare_cached(sql)?.execute([]).map(drop)?)
    }

    /// Only has it prepared.
    pub(crate) fn prepare(&self, sql: &str) -> Result<(), EngineError> {
        Ok(self.connection()?.prepare(sql).map(drop)?)
    }

    /// Runs a statement for its effect and gives the number of rows it touched.
    pub(crate) fn execute(&self, sql: &str, values: &[&dyn ToSql]) -> Result<u64, EngineError> {
        Ok(self.connection()?.prepare_cached(sql)?.execute(values)? as u64)
    }

    pub(crate) fn fetch_one<T: FromColumns>(&self, sql: &str, values: &[&dyn ToSql]) -> Result<T, EngineError> {
        self.fetch_optional(sql, values)?.ok_or(EngineError::Sqlite(rusqlite::Error::QueryReturnedNoRows))
    }

    pub(crate) fn fetch_optional<T: FromColumns>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
    ) -> Result<Option<T>, EngineError> {
        let mut statement = self.connection()?.prepare_cached(sql)?;
        let found = statement.query_row(values, |row| Ok(T::from_columns(&Columns::Sqlite(row)))).optional()?;
        found.transpose()
    }

    /// All rows, read by a thread that may wait when it is not the writer's: there may be many.
    pub(crate) async fn fetch_all<T: FromColumns + Send + 'static>(
        self,
        sql: &'static str,
        values: Result<Vec<Value>, EngineError>,
    ) -> Result<Vec<T>, EngineError> {
        let values = values?;
        match self {
            Self::Writer(connection) => all_rows(connection, sql, values),
            Self::Reader(slot) => {
                let reader = slot.take().ok_or(EngineError::GivenUp)?;
                let (reply, answer) = oneshot::channel();
                // Boxed, so that the runtime's part of it is compiled once and not once for each kind of row.
                let reading: Box<dyn FnOnce() + Send> = Box::new(move || {
                    let rows = all_rows(reader.connection(), sql, values);
                    // Whoever asked may have gone; then the reader goes back by itself.
                    drop(reply.send((reader, rows)));
                });
                tokio::task::spawn_blocking(reading);
                let (reader, rows) = answer.await.map_err(|_| EngineError::GivenUp)?;
                *slot = Some(reader);
                rows
            }
        }
    }
}

fn all_rows<T: FromColumns>(connection: &Connection, sql: &str, values: Vec<Value>) -> Result<Vec<T>, EngineError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(T::from_columns(&Columns::Sqlite(row))?);
    }
    Ok(found)
}

/// The values for a query that runs on another thread.
pub(crate) fn owned(values: &[&dyn ToSql]) -> Result<Vec<Value>, EngineError> {
    use rusqlite::types::{ToSqlOutput, ValueRef};
    let mut owned = Vec::with_capacity(values.len());
    for value in values {
        owned.push(match value.to_sql()? {
            ToSqlOutput::Owned(value) => value,
            ToSqlOutput::Borrowed(ValueRef::Null) => Value::Null,
            ToSqlOutput::Borrowed(ValueRef::Integer(value)) => Value::Integer(value),
            ToSqlOutput::Borrowed(ValueRef::Real(value)) => Value::Real(value),
            ToSqlOutput::Borrowed(ValueRef::Text(value)) => Value::Text(String::from_utf8_lossy(value).into_owned()),
            ToSqlOutput::Borrowed(ValueRef::Blob(value)) => Value::Blob(value.to_vec()),
            _ => {
                return Err(EngineError::Sqlite(rusqlite::Error::InvalidParameterName(
                    "a value of its own kind".into(),
                )));
            }
        });
    }
    Ok(owned)
}
