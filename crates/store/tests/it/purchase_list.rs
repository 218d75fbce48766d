//! Lists of purchases go by indexes: what a page has is found, whatever else there is.

use domain::identifier::{ClientIdentifier, PartnerId};
use sqlx::Connection;
use store::{Engine, Statement};
use testkit::database::TestDatabase;

fn statement(name: &str) -> &'static Statement {
    store::statements().find(|statement| statement.name() == format!("store::{name}")).unwrap()
}

/// Of SQLite, which plans without looking at the rows.
#[tokio::test]
async fn filtered_lists_of_sqlite_go_by_an_index() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
    let part = "credit_authorization_status (partner_id=? AND client_id=? AND status=? AND transaction_type=? AND created_at>? AND created_at<?)";
    let own = "credit_authorization_account (partner_id=? AND lender_id=? AND account_number=? AND created_at>? AND created_at<?)";
    let captures = "credit_capture_account (partner_id=? AND lender_id=? AND account_number=?)";
    let of_one = "credit_capture_authorization (partner_id=? AND client_id=? AND authorization_id=?";
    for (name, plan) in [
        ("authorization::list::PAGE_OF_PART", part),
        ("authorization::list::COUNT_OF_PART", part),
        ("authorization::list::PAGE_OF_LAPSED", "credit_authorization_due (open_until<?)"),
        ("authorization::list::COUNT_OF_LAPSED", "credit_authorization_due (open_until<?)"),
        ("authorization::list::PAGE_OF_ACCOUNT", own),
        ("authorization::list::COUNT_OF_ACCOUNT", own),
        ("capture::list::PAGE_OF_ACCOUNT", captures),
        ("capture::list::PAGE_OF_AUTHORIZATION", of_one),
        ("capture::list::COUNT_OF_AUTHORIZATION", of_one),
        ("capture::OF_AUTHORIZATION", of_one),
        ("capture::RETURNS", "capture_return_capture (partner_id=? AND client_id=? AND capture_id=?)"),
        ("credit_application::COUNT_PENDING_AT", "credit_application_pending (partner_id=? AND client_id=?)"),
    ] {
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement(name).sqlite()));
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
        let steps: Vec<_> = rows.into_iter().map(|(_, _, _, step)| step).collect();
        assert!(steps.iter().any(|step| step.contains(plan)), "{name}: {steps:?}");
        let is_sorted = steps.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(
            !is_sorted || name.contains("LAPSED") || name.contains("capture::list::PAGE_OF_ACCOUNT"),
            "{name}: {steps:?}"
        );
    }
}

/// Of PostgreSQL, with a merchant that has one authorization of a status among many of another.
#[tokio::test(flavor = "multi_thread")]
async fn filtered_lists_of_postgres_go_by_an_index() {
    let Some(database) = TestDatabase::of(Engine::Postgres).await else { return };
    let db = database.open().await;
    let account = crate::credit_account::row(7, 12_345_678_901_237, 1);
    let key = account.key();
    db.write(move |tx| {
        let account = account.clone();
        Box::pin(async move {
            crate::credit_account::two_merchants(tx).await?;
            store::credit_account::insert(tx, &account).await?;
            for number in 1..=2_000 {
                let mut row = crate::purchase::new(number, None, crate::now());
                let rare = if number == 1_000 { "unauthorized" } else { "closed" };
                row.status = rare.to_owned();
                store::authorization::insert(tx, &row).await?;
            }
            Ok::<_, store::StoreError>(())
        })
    })
    .await
    .unwrap();
    assert_eq!((key.partner, key.lender), (PartnerId(1), ClientIdentifier(7)));
    let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql("ANALYZE credit_authorization").execute(&mut connection).await.unwrap();
    for name in ["PAGE_OF_PART", "COUNT_OF_PART"] {
        let mut sql = format!("EXPLAIN {}", statement(&format!("authorization::list::{name}")).sql());
        let values = ["1", "8", "'unauthorized'", "'regular_purchase'", "0", "9000000000000000", "9", "10"];
        for (place, value) in values.into_iter().enumerate() {
            sql = sql.replace(&format!("${}", place + 1), value);
        }
        let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains("credit_authorization_status"), "{name}: {plan}");
        assert!(!plan.contains("Sort"), "{name}: {plan}");
    }
}
