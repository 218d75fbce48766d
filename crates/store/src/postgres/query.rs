//! One statement on one connection, as the driver runs it.

use futures_util::future::BoxFuture;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Executor as _, PgConnection, Postgres};

use crate::error::EngineError;

/// A statement with what it is given.
type Query<'q> = sqlx::query::Query<'q, Postgres, PgArguments>;

/// What the driver gives.
type Answer<'f, T> = BoxFuture<'f, Result<T, sqlx::Error>>;

/// The number of rows that it touches.
pub(crate) fn execute<'f>(query: Query<'f>, link: &'f mut PgConnection) -> BoxFuture<'f, Result<u64, EngineError>> {
    Box::pin(async move { Ok(link.execute(query).await?.rows_affected()) })
}

/// Its one row.
pub(crate) fn fetch_one<'f>(query: Query<'f>, link: &'f mut PgConnection) -> Answer<'f, PgRow> {
    link.fetch_one(query)
}

/// Its row, when it has one.
pub(crate) fn fetch_optional<'f>(query: Query<'f>, link: &'f mut PgConnection) -> Answer<'f, Option<PgRow>> {
    link.fetch_optional(query)
}

/// All its rows.
pub(crate) fn fetch_all<'f>(query: Query<'f>, link: &'f mut PgConnection) -> Answer<'f, Vec<PgRow>> {
    link.fetch_all(query)
}

/// Runs text that is no query.
pub(crate) fn control<'f>(sql: &'static str, link: &'f mut PgConnection) -> BoxFuture<'f, Result<(), EngineError>> {
    Box::pin(async move { Ok(link.execute(sqlx::raw_sql(sql)).await.map(drop)?) })
}
