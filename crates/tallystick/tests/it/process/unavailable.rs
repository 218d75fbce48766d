//! A database that goes away under a running server, and comes back.

use futures_util::future::join_all;
use http::StatusCode;
use testkit::app::body;
use testkit::postgres;
use testkit::process::{Server, until, within};
use testkit::small_disk::SmallDisk;
use tokio::task::block_in_place;

use super::api::{Api, Reply};
use super::{installation, sql};

/// An answer that says to come back later.
fn says_later(reply: &Reply) -> bool {
    if reply.status != StatusCode::SERVICE_UNAVAILABLE {
        return false;
    }
    assert_eq!(reply.problem(), (503, "unavailable".to_owned()), "{reply:?}");
    assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    true
}

async fn end(server: Server) {
    server.process.signal("TERM");
    assert_eq!(server.process.ended().await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn service_comes_back_by_itself_after_postgresql_does() {
    let Some(mut postgres) = block_in_place(postgres::server) else { return };
    within(90, async {
        let url = postgres.url();
        let installation = installation(&url);
        let token = installation.partner("QUICK3").await.provisioning;
        let server = installation.serve(&[]).await;
        let api = Api::new(&server.url);
        let key = api.client(&token, &body("QUICK3", 1)).await;
        assert!(api.is_ready().await);

        block_in_place(|| postgres.stop_at_once()).unwrap();
        // More than it has connections that broke.
        let replies = join_all(
            (2..22).map(async |number| api.create(&token, &number.to_string(), &body("QUICK3", number)).await),
        );
        for reply in replies.await {
            assert!(says_later(&reply), "{reply:?}");
        }
        assert!(!api.is_ready().await);
        assert_eq!(api.get("/healthz", "").await.status, StatusCode::OK, "it need not be started anew");

        block_in_place(|| postgres.start_again()).unwrap();
        within(30, until(async || api.is_ready().await)).await;
        let first = api.create(&token, "2", &body("QUICK3", 2)).await;
        assert!(!first.is_replayed(), "nothing of it was kept");
        let second = api.create(&token, "2", &body("QUICK3", 2)).await;
        assert_eq!(second.created(), first.created());
        assert_eq!(api.validate(&key).await, StatusCode::OK);
        assert_eq!(sql::whole_clients(&url).await.len(), 2);
        end(server).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn service_comes_back_by_itself_after_a_full_disk_has_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    within(90, async {
        let url = format!("sqlite:{}", disk.path().join("test.db").display());
        let installation = installation(&url);
        let token = installation.partner("QUICK3").await.provisioning;
        let server = installation.serve(&[]).await;
        let api = Api::new(&server.url);
        let key = api.client(&token, &body("QUICK3", 0)).await;

        disk.fill();
        // What the database had taken of the disk before may do for a few more.
        let mut made = 1;
        let refused = loop {
            let number = u32::try_from(made).unwrap();
            let reply = api.create(&token, &number.to_string(), &body("QUICK3", number)).await;
            if says_later(&reply) {
                break number;
            }
            drop(reply.created());
            made += 1;
        };
        // A write of the background that is small enough may still succeed, and readiness with it.
        until(async || {
            says_later(&api.create(&token, &refused.to_string(), &body("QUICK3", refused)).await)
                && !api.is_ready().await
        })
        .await;
        assert_eq!(api.validate(&key).await, StatusCode::OK, "what only reads is served");
        assert_eq!(sql::whole_clients(&url).await.len(), made, "nothing is there that was not answered for");

        disk.free();
        within(30, until(async || api.is_ready().await)).await;
        let again = api.create(&token, &refused.to_string(), &body("QUICK3", refused)).await;
        assert!(!again.is_replayed(), "nothing of it was kept");
        drop(again.created());
        assert_eq!(sql::whole_clients(&url).await.len(), made + 1);
        end(server).await;
    })
    .await;
}
