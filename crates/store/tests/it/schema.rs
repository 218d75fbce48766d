//! The two engines hold the same: the same tables and columns, and every statement.

use std::collections::BTreeMap;

use sqlx::Connection;
use testkit::database::TestDatabase;
use testkit::on_both_engines;

/// A table's columns in order, each with its type and whether it may be null.
type Schema = BTreeMap<String, Vec<(String, &'static str, bool)>>;

/// The types that stand for each other.
fn common(name: &str) -> &'static str {
    match name.to_ascii_uppercase().as_str() {
        "INTEGER" | "BIGINT" => "integer",
        "TEXT" => "text",
        "BLOB" | "BYTEA" | "UUID" => "bytes",
        other => panic!("a column has the type {other}, which has no counterpart in the other engine"),
    }
}

async fn sqlite_schema() -> Schema {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
         WHERE t.schema = 'main' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_sqlx%' ESCAPE '\\' ORDER BY t.name, c.cid",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    gather(rows)
}

async fn postgres_schema(database: &TestDatabase) -> Schema {
    database.open().await.close().await;
    let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
    let rows: Vec<(String, String, String, bool)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES' FROM information_schema.columns \
         WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%' ORDER BY table_name, ordinal_position",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    gather(rows)
}

fn gather(rows: Vec<(String, String, String, bool)>) -> Schema {
    let mut schema = Schema::new();
    for (table, column, kind, nullable) in rows {
        schema.entry(table).or_default().push((column, common(&kind), nullable));
    }
    schema
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_tables_and_columns() {
    let Some(postgres) = TestDatabase::postgres().await else { return };
    let (sqlite, postgres) = (sqlite_schema().await, postgres_schema(&postgres).await);
    assert!(sqlite.len() > 10, "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}

on_both_engines! {
    async fn every_statement_is_taken(database: TestDatabase) {
        let db = database.open().await;
        assert!(store::statements().count() > 50);
        assert_eq!(db.refused_statements().await.unwrap(), []);
    }
}
