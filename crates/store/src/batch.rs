//! Several statements in one step.
//!
//! SQLite's driver runs on a thread of its own, and handing it a statement and waiting for the answer costs several times what the
//! statement does. So what a write only adds is gathered and handed over together. PostgreSQL takes one statement at a time.

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Postgres, Sqlite};
use uuid::Uuid;

use crate::connection::{Link, Tx};
use crate::error::StoreError;
use crate::statement::Statement;

/// A value of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
    Bytes(Vec<u8>),
    Uuid(Uuid),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(Some(value.clone()))
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(ToOwned::to_owned))
    }
}

impl From<&Vec<u8>> for Value {
    fn from(value: &Vec<u8>) -> Self {
        Self::Bytes(value.clone())
    }
}

impl From<Uuid> for Value {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

/// Statements that are run in their order, for their effect only. When one fails, those behind it are not run.
#[derive(Debug, Default)]
pub struct Batch(Vec<(&'static Statement, Vec<Value>)>);

/// Adds a statement with its values to a batch.
macro_rules! add {
    ($batch:expr, $statement:expr $(, $value:expr)* $(,)?) => {
        $batch.add(&$statement, vec![$($crate::batch::Value::from($value)),*])
    };
}
pub(crate) use add;

impl Batch {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, statement: &'static Statement, values: Vec<Value>) {
        self.0.push((statement, values));
    }

    /// One text of all, in which each placeholder counts on from those before: `$1` of the second statement is `$4` when the first has three.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.0.iter().map(|(statement, _)| statement.sql().len() + 16).sum());
        let mut before = 0;
        for (statement, values) in &self.0 {
            let mut parts = statement.sql().split('$');
            text.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let digits = part.bytes().take_while(u8::is_ascii_digit).count();
                let (number, rest) = part.split_at(digits);
                let number: usize = number.parse().unwrap_or_default();
                text.push('$');
                text.push_str(&(number + before).to_string());
                text.push_str(rest);
            }
            text.push_str("; ");
            before += values.len();
        }
        text
    }

    fn sqlite_arguments(&self) -> Result<SqliteArguments, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        for value in self.0.iter().flat_map(|(_, values)| values) {
            match value.clone() {
                Value::Integer(value) => arguments.add(value),
                Value::Text(value) => arguments.add(value),
                Value::Bytes(value) => arguments.add(value),
                Value::Uuid(value) => arguments.add(value),
            }
            .map_err(sqlx::Error::Encode)?;
        }
        Ok(arguments)
    }
}

impl Tx {
    /// Runs a batch.
    ///
    /// # Errors
    /// When a statement of it fails.
    pub async fn run(&mut self, batch: Batch) -> Result<(), StoreError> {
        let Some((first, _)) = batch.0.first() else { return Ok(()) };
        let first = *first;
        let prefix = self.0.take_prefix();
        match self.0.engine() {
            Link::Sqlite(link) => {
                // The text is put together from statements of this crate and placeholders.
                let text = format!("{prefix}{}", batch.text());
                let result = match batch.sqlite_arguments() {
                    Ok(arguments) => {
                        sqlx::query_with::<Sqlite, _>(AssertSqlSafe(text), arguments).execute(link).await.map(drop)
                    }
                    Err(error) => Err(error),
                };
                self.0.note(first, result)
            }
            Link::Postgres(_) => {
                for (statement, values) in batch.0 {
                    let Link::Postgres(link) = self.0.engine() else { continue };
                    let mut query = sqlx::query::<Postgres>(statement.sql());
                    for value in values {
                        query = match value {
                            Value::Integer(value) => query.bind(value),
                            Value::Text(value) => query.bind(value),
                            Value::Bytes(value) => query.bind(value),
                            Value::Uuid(value) => query.bind(value),
                        };
                    }
                    let result = query.execute(link).await.map(drop);
                    self.0.note(statement, result)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Statement = Statement::new("one", "INSERT INTO a VALUES ($1, $2, $12)");
    const TWO: Statement = Statement::new("two", "UPDATE b SET c = $2 WHERE d = $1");

    #[test]
    fn placeholders_count_on() {
        let mut batch = Batch::new();
        batch.add(&ONE, vec![Value::from(1), Value::from("a"), Value::from(None::<i64>)]);
        batch.add(&TWO, vec![Value::from(2), Value::from(3)]);
        assert_eq!(batch.text(), "INSERT INTO a VALUES ($1, $2, $12); UPDATE b SET c = $5 WHERE d = $4; ");
    }
}
