//! PostgreSQL for tests: a database of one's own on the server that `cargo xtask test` starts for all, or a server of one's own
//! for a test that takes it away.
//!
//! Where PostgreSQL is missing a test is skipped and says so; with `CI=true` it fails.

use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, process, thread};

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use throwaway_postgres::Programs;
pub use throwaway_postgres::Server as PostgresServer;

/// The address of the server that all tests share: `postgres://postgres@127.0.0.1:PORT/postgres`.
const VARIABLE: &str = "TALLYSTICK_TEST_POSTGRES";

/// An empty database, which goes with this value.
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
    url: String,
}

impl TestDatabase {
    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Makes an empty database on the shared server; `None` when there is none and the test is to be skipped.
///
/// # Panics
/// With `CI=true` when there is no shared server, and whenever that server refuses.
pub async fn database() -> Option<TestDatabase> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = env::var(VARIABLE) else {
        skip(&format!("{VARIABLE} is not set"));
        return None;
    };
    let name = format!("tallystick_test_{}_{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    // An earlier process of the same number may have left its own.
    for statement in [drop_database(&name), format!("CREATE DATABASE {name}")] {
        execute(&server, &statement).await.unwrap_or_else(|error| panic!("{VARIABLE}={server}: {statement}: {error}"));
    }
    let url = sibling(&server, &name);
    Some(TestDatabase { server, name, url })
}

/// Starts a private server, which the test may stop at once and start again; `None` when PostgreSQL is not installed and the
/// test is to be skipped. It and what it offers block the calling thread, for about a second at the start.
///
/// # Panics
/// With `CI=true` when PostgreSQL is not installed, and whenever it does not start.
pub fn server() -> Option<PostgresServer> {
    if Programs::find().is_none() {
        skip("PostgreSQL's server programs are missing");
        return None;
    }
    Some(PostgresServer::start().unwrap_or_else(|fault| panic!("{fault}")))
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, statement) = (self.server.clone(), drop_database(&self.name));
        // A runtime of its own on a thread of its own, since this may run on a worker of another. A failure is left alone: the
        // whole server goes when the tests have ended.
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(execute(&server, &statement)).map_err(std::io::Error::other)
        });
        drop(thread.join());
    }
}

/// Cuts the connections to it too.
fn drop_database(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")
}

async fn execute(server: &str, statement: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(server).await?;
    // The name in it is made of digits and our own letters.
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await
}

/// The address of another database on the same server.
fn sibling(server: &str, name: &str) -> String {
    let address = server.rsplit_once('/').map_or(server, |(address, _)| address);
    format!("{address}/{name}")
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests is told what did not run")]
fn skip(why: &str) {
    assert!(!env::var("CI").is_ok_and(|ci| ci == "true"), "{why}; run `cargo xtask test`");
    eprintln!("skipped: {why}; run `cargo xtask test`");
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(url: &str, sql: &'static str) -> Result<i32, sqlx::Error> {
        let mut connection = PgConnection::connect(url).await?;
        sqlx::query_scalar(sql).fetch_one(&mut connection).await
    }

    #[test]
    fn a_database_is_named_on_the_same_server() {
        assert_eq!(sibling("postgres://a@h:1/postgres", "t"), "postgres://a@h:1/t");
    }

    #[tokio::test]
    async fn databases_are_apart_and_go_with_their_value() {
        let (Some(one), Some(two)) = (database().await, database().await) else { return };
        let mut connection = PgConnection::connect(one.url()).await.unwrap();
        sqlx::raw_sql("CREATE TABLE mine (n int)").execute(&mut connection).await.unwrap();
        assert_eq!(answer(one.url(), "SELECT count(*)::int4 FROM mine").await.unwrap(), 0);
        assert!(answer(two.url(), "SELECT count(*)::int4 FROM mine").await.is_err());
        let url = one.url().to_owned();
        // With a connection still open.
        drop(one);
        assert!(answer(&url, "SELECT 1").await.is_err());
        assert_eq!(answer(two.url(), "SELECT 1").await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_server_that_is_taken_away_comes_back() {
        let Some(mut server) = server() else { return };
        assert_eq!(answer(&server.url(), "SELECT 1").await.unwrap(), 1);
        server.stop_at_once().unwrap();
        assert!(matches!(answer(&server.url(), "SELECT 1").await, Err(sqlx::Error::Io(_))));
        server.start_again().unwrap();
        assert_eq!(answer(&server.url(), "SELECT 1").await.unwrap(), 1);
    }
}
