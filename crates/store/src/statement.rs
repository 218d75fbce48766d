//! Statements and the macros that run them: the same text on whichever engine is there.

/// One SQL text. The `statements!` macro makes one and lists it, so that no statement escapes the test that prepares every one on both
/// engines; only the dialect makes its own, for what one engine alone can do.
#[derive(Debug)]
pub struct Statement {
    name: &'static str,
    sql: &'static str,
}

impl Statement {
    pub(crate) const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql }
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
}

/// Declares the statements of a module, and the list of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* const $name: $crate::Statement =
            $crate::Statement::new(concat!(module_path!(), "::", stringify!($name)), $sql);)*
        pub(crate) const STATEMENTS: &[$crate::Statement] = &[$($name),*];
    };
}

/// Runs a statement for its effect and gives the number of rows it touched.
macro_rules! execute {
    ($db:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        let connection = $crate::Access::connection($db);
        // On its own: SQLite would count the rows of the statement before it as those of a savepoint.
        let prepared = connection.run_prefix().await;
        let text = $statement.sql();
        let result = match connection.engine() {
            _ if prepared.is_err() => prepared.map(|()| 0),
            $crate::connection::Link::Sqlite(link) => {
                sqlx::query::<sqlx::Sqlite>(text)$(.bind($bind))*.execute(link).await.map(|done| done.rows_affected())
            }
            $crate::connection::Link::Postgres(link) => {
                sqlx::query::<sqlx::Postgres>(text)$(.bind($bind))*.execute(link).await.map(|done| done.rows_affected())
            }
        };
        connection.note(&$statement, result)
    }};
}

/// Runs a statement and gives its rows by the named method of `sqlx`: `fetch_one`, `fetch_optional` or `fetch_all`.
macro_rules! fetch {
    ($how:ident, $row:ty, $db:expr, $statement:expr $(, $bind:expr)* $(,)?) => {{
        let connection = $crate::Access::connection($db);
        let text = connection.text_of(&$statement);
        let result = match connection.engine() {
            $crate::connection::Link::Sqlite(link) => {
                sqlx::query_as::<sqlx::Sqlite, $row>(text)$(.bind($bind))*.$how(link).await
            }
            $crate::connection::Link::Postgres(link) => {
                sqlx::query_as::<sqlx::Postgres, $row>(text)$(.bind($bind))*.$how(link).await
            }
        };
        connection.note(&$statement, result)
    }};
}
