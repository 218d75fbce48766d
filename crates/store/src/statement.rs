//! Statements and the macros that run them: the same text on whichever engine is there.

use std::sync::OnceLock;

/// Row locks: of rows that no other transaction has, of rows that this one is going to change, and of rows that nobody is to change until the
/// end of this one.
const ROW_LOCKS: [&str; 3] = [" FOR UPDATE SKIP LOCKED", " FOR NO KEY UPDATE", " FOR SHARE"];

/// One SQL text. The `statements!` macro makes one and lists it, so that no statement escapes the test that prepares every one on both
/// engines; only the dialect makes its own, for what one engine alone can do.
#[derive(Debug)]
pub struct Statement {
    name: &'static str,
    sql: &'static str,
    sqlite: OnceLock<String>,
}

impl Statement {
    pub(crate) const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, sqlite: OnceLock::new() }
    }

    /// Where it stands: `store::client::INSERT`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The text, with `$1` placeholders.
    #[must_use]
    pub const fn sql(&self) -> &'static str {
        self.sql
    }

    /// The text as SQLite takes it, with `?1` placeholders: there `$1` is a name, and names are counted in the order in which they come.
    /// And without row locks, which it does not know, because no two writes overlap.
    #[must_use]
    pub fn sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| {
            let mut parts = self.sql.split('$');
            let mut text = String::with_capacity(self.sql.len());
            text.push_str(parts.next().unwrap_or_default());
            for part in parts {
                text.push(if part.starts_with(|first: char| first.is_ascii_digit()) { '?' } else { '$' });
                text.push_str(part);
            }
            ROW_LOCKS.iter().fold(text, |text, locks| text.replace(locks, ""))
        })
    }
}

/// Declares the statements of a module, and the list of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* static $name: $crate::Statement =
            $crate::Statement::new(concat!(module_path!(), "::", stringify!($name)), $sql);)*
        pub(crate) static STATEMENTS: &[&$crate::Statement] = &[$(&$name),*];
    };
}

/// Runs a statement for its effect and gives the number of rows it touched.
macro_rules! execute {
    ($db:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        let connection = $crate::Access::connection($db);
        let result = match connection.engine() {
            $crate::connection::Link::Sqlite(link) => link.execute($statement.sqlite(), &[$(&$bind),*]),
            $crate::connection::Link::Postgres(link) => {
                $crate::postgres::query::execute(sqlx::query($statement.sql())$(.bind($bind))*, link).await
            }
        };
        connection.note(&$statement, result)
    }};
}

/// Runs a statement and gives its rows: `fetch_one` and `fetch_optional` for a look-up, `fetch_all` for whatever may have many rows and
/// `count` for what reads many, because on SQLite that one alone does not hold up the thread that asks.
macro_rules! fetch {
    (count, $db:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        let rows = fetch!(fetch_all, (i64,), $db, $statement $(, $bind)*)?;
        Ok(rows.first().map_or(0, |(count,)| *count))
    }};
    (fetch_all, $row:ty, $db:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        let connection = $crate::Access::connection($db);
        let result = match connection.engine() {
            $crate::connection::Link::Sqlite(link) => {
                let values = $crate::sqlite::link::owned(&[$(&$bind),*]);
                link.fetch_all::<$row>($statement.sqlite(), values).await
            }
            $crate::connection::Link::Postgres(link) => $crate::columns::postgres::fetch_all::<$row>(
                $crate::postgres::query::fetch_all(sqlx::query($statement.sql())$(.bind($bind))*, link).await,
            ),
        };
        connection.note(&$statement, result)
    }};
    ($how:ident, $row:ty, $db:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        let connection = $crate::Access::connection($db);
        let result = match connection.engine() {
            $crate::connection::Link::Sqlite(link) => link.$how::<$row>($statement.sqlite(), &[$(&$bind),*]),
            $crate::connection::Link::Postgres(link) => $crate::columns::postgres::$how::<$row>(
                $crate::postgres::query::$how(sqlx::query($statement.sql())$(.bind($bind))*, link).await,
            ),
        };
        connection.note(&$statement, result)
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_counts_placeholders() {
        static STATEMENT: Statement = Statement::new("one", "UPDATE a SET b = $12, c = '$.d' WHERE e = $1");
        assert_eq!(STATEMENT.sqlite(), "UPDATE a SET b = ?12, c = '$.d' WHERE e = ?1");
        static LOCKS: Statement =
            Statement::new("two", "IN (SELECT a FROM b LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING a");
        assert_eq!(LOCKS.sqlite(), "IN (SELECT a FROM b LIMIT ?1) RETURNING a");
        static TAKEN: Statement = Statement::new("four", "SELECT a FROM b WHERE c = $1 FOR NO KEY UPDATE");
        assert_eq!(TAKEN.sqlite(), "SELECT a FROM b WHERE c = ?1");
        static SHARED: Statement = Statement::new("three", "SELECT a FROM b WHERE c = $1 FOR SHARE");
        assert_eq!(SHARED.sqlite(), "SELECT a FROM b WHERE c = ?1");
    }
}
