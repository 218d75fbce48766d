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
