//! Several processes over one database.

use futures_util::future::join_all;
use futures_util::join;
use http::StatusCode;
use testkit::app::body;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use testkit::process::within;

use super::api::Api;
use super::{installation, sql};

/// How many times two requests are sent at once.
const ROUNDS: u32 = 20;

/// A slow machine may let so many requests at once wait for the database for longer than they would by default.
const PATIENT: [&str; 2] = ["--acquire-timeout", "25s"];

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_decide_as_one() {
    let Some(database) = TestDatabase::postgres().await else { return };
    within(120, async {
        let installation = installation(database.url());
        // Both at once on an empty database: they agree on its schema and its secrets.
        let (first, second) = join!(installation.serve(&PATIENT), installation.serve(&PATIENT));
        let partner = installation.partner("QUICK3").await;
        let token = &partner.provisioning;
        let (one, two) = (&Api::new(&first.url), &Api::new(&second.url));

        for number in 0..ROUNDS {
            let (key, body) = (format!("same-{number}"), body("QUICK3", number));
            let replies = join!(one.create(token, &key, &body), two.create(token, &key, &body));
            let replies = [replies.0, replies.1];
            let created =
                replies.iter().find(|reply| reply.status == StatusCode::OK).expect("one of them makes it").created();
            for reply in &replies {
                match reply.status {
                    StatusCode::OK => assert_eq!(reply.created(), created),
                    _ => assert_eq!(reply.problem(), (409, "request_in_progress".to_owned())),
                }
            }
            for api in [one, two] {
                assert_eq!(api.create(token, &key, &body).await.created(), created, "each tells it again");
            }
        }
        for number in ROUNDS..2 * ROUNDS {
            let body = body("QUICK3", number);
            let key = |side: &str| format!("{side}-{number}");
            let (key_one, key_two) = (key("one"), key("two"));
            let replies = join!(one.create(token, &key_one, &body), two.create(token, &key_two, &body));
            let replies = [replies.0, replies.1];
            assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::OK).count(), 1, "{replies:?}");
            let other = replies.iter().find(|reply| reply.status != StatusCode::OK).unwrap();
            assert_eq!(other.problem(), (409, "client_exists".to_owned()));
        }
        assert_eq!(sql::whole_clients(database.url()).await.len(), 2 * ROUNDS as usize);

        let (client, key) = one.create(token, "renewed", &body("QUICK3", 2 * ROUNDS)).await.created();
        let renewals =
            join_all((0..50).map(|turn| if turn % 2 == 0 { one.renew(&key) } else { two.renew(&key) })).await;
        let successor = renewals[0].json()["apiAccessToken"].as_str().unwrap().to_owned();
        for renewal in &renewals {
            assert_eq!(renewal.status, StatusCode::OK, "{renewal:?}");
            assert_eq!(renewal.json()["apiAccessToken"], successor.as_str());
        }
        for api in [one, two] {
            assert_eq!(api.validate(&successor).await, StatusCode::OK);
        }
        let keys = installation.run(&["key", "list", "QUICK3", "--client", &client.to_string(), "--json"]).await;
        assert_eq!(keys.done().json()["items"].as_array().unwrap().len(), 2);
        drop(installation.run(&["audit", "verify"]).await.done());
    })
    .await;
}

on_both_engines! {
    async fn the_first_commands_may_start_at_once(database: TestDatabase) {
        within(60, async {
            let installation = installation(database.url());
            let missing = installation.run(&["migrate", "--check"]).await;
            assert_eq!(missing.code, Some(1), "{missing:?}");
            assert!(missing.stderr.contains("tallystick migrate"), "{missing:?}");
            assert_eq!(sql::number(database.url(), tables(&database)).await, 0, "a check makes nothing");

            let starts = join_all((0..6).map(|_| installation.run(&["partner", "list", "--json"]))).await;
            for start in starts {
                assert_eq!(start.done().json()["items"], serde_json::json!([]));
            }
            drop(installation.partner("QUICK3").await);
        })
        .await;
    }
}

/// Counts the tables.
fn tables(database: &TestDatabase) -> &'static str {
    match database.engine() {
        store::Engine::Sqlite => "SELECT COUNT(*) FROM sqlite_master",
        store::Engine::Postgres => "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'",
    }
}
