//! What PostgreSQL knows of tables that have just been filled: enough to find a row by its key.

use std::time::Duration;

use store::{Engine, dialect};
use testkit::database::TestDatabase;

use crate::{client, insert};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_table_that_has_just_been_filled_is_read_by_its_key() {
    let Some(database) = TestDatabase::of(Engine::Postgres).await else { return };
    let db = database.open().await;
    db.write(|tx| {
        Box::pin(async move {
            for number in 1..=2000 {
                insert(tx, client(1, number, &format!("code {number}"))).await?;
            }
            Ok::<_, store::StoreError>(())
        })
    })
    .await
    .unwrap();
    // The server counts what a transaction has changed a little later.
    let looked = async {
        while dialect::refresh_statistics(&db).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, looked).await.expect("the table is never looked at");
    let mut connection = <sqlx::PgConnection as sqlx::Connection>::connect(database.url()).await.unwrap();
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT 1 FROM ONLY client x WHERE partner_id = 1 AND client_id = 7 FOR KEY SHARE OF x",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("client_pkey") || plan.contains("client_number"), "{plan}");
    assert_eq!(dialect::refresh_statistics(&db).await.unwrap(), 0, "it was looked at");
}
