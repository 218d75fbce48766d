//! Health, and what a lost database does to answers.

use http::{Method, StatusCode};
use testkit::app::{TestApp, body};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

on_both_engines! {
    async fn it_lives_and_is_ready(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        for path in ["/healthz", "/readyz"] {
            assert_eq!(app.request(Method::GET, path).send().await.status, StatusCode::OK, "{path}");
        }
        let hidden = app.request(Method::GET, "/metrics").send().await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "metrics are for who was given the token");
    }
}

/// Another program holds the write lock; nothing is lost, the caller is told to come again, and it goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_503_until_it_is_unlocked() {
    use sqlx::Connection;
    let database = TestDatabase::sqlite();
    let mut settings = TestApp::settings();
    settings.database.busy_timeout = "50ms".parse().unwrap();
    let app = TestApp::with(&database, settings).await;
    let partner = app.partner("QUICK3").await;
    app.client(&partner, 1).await;
    let mut other = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let refused = app.create(&partner.provisioning, &body("QUICK3", 2)).await;
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        "{}",
        refused.text()
    );
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert!(!refused.text().contains("locked"), "the cause is for the log: {}", refused.text());
    let ready = app.request(Method::GET, "/readyz").send().await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.request(Method::GET, "/healthz").send().await.status, StatusCode::OK);

    sqlx::query("COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(app.create(&partner.provisioning, &body("QUICK3", 2)).await.status, StatusCode::OK);
    assert_eq!(app.request(Method::GET, "/readyz").send().await.status, StatusCode::OK);
}
