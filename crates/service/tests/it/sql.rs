//! A look into the database behind the core's back.

use sqlx::Connection as _;
use testkit::database::TestDatabase;

/// Runs the same on the engine of the database.
macro_rules! on_engine {
    ($database:expr, |$connection:ident| $run:expr) => {
        if $database.url().starts_with("postgres") {
            let mut $connection = sqlx::PgConnection::connect($database.url()).await.unwrap();
            $run
        } else {
            let mut $connection = sqlx::SqliteConnection::connect($database.url()).await.unwrap();
            $run
        }
    };
}

/// The one number that a query gives.
pub(crate) async fn number(database: &TestDatabase, sql: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    on_engine!(database, |connection| sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap())
}

/// Changes something.
pub(crate) async fn execute(database: &TestDatabase, sql: &'static str) {
    on_engine!(database, |connection| sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ()).unwrap());
}

/// What every table holds in the columns of this engine's types for texts and bytes: the column, and the value as bytes. Without what sqlx
/// keeps of the migrations.
pub(crate) async fn texts_and_bytes(database: &TestDatabase) -> Vec<(String, Vec<u8>)> {
    let is_postgres = database.url().starts_with("postgres");
    let (columns, bytes) = if is_postgres {
        let columns = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
                       WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'uuid')";
        (columns, "bytea")
    } else {
        let columns = "SELECT t.name, c.name, c.type FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
                       WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite%' AND c.type IN ('TEXT', 'BLOB')";
        (columns, "BLOB")
    };
    on_engine!(database, |connection| {
        let columns: Vec<(String, String, String)> = sqlx::query_as(columns).fetch_all(&mut connection).await.unwrap();
        let mut found = Vec::new();
        for (table, column, kind) in columns.into_iter().filter(|(table, ..)| !table.starts_with("_sqlx")) {
            let value = match (is_postgres, kind == bytes) {
                (_, true) => format!("\"{column}\""),
                (true, false) => format!("convert_to(\"{column}\"::text, 'UTF8')"),
                (false, false) => format!("CAST(\"{column}\" AS BLOB)"),
            };
            let sql = format!("SELECT {value} FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
            let values: Vec<Vec<u8>> =
                sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
            found.extend(values.into_iter().map(|value| (format!("{table}.{column}"), value)));
        }
        found
    })
}
