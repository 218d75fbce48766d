//! A key that is revoked by the command line while a server runs.

use std::time::{Duration, Instant};

use http::StatusCode;
use testkit::app::{VALIDATE, body};
use testkit::on_both_engines;
use testkit::process::within;

use super::api::Api;
use super::installation;

#[expect(clippy::disallowed_methods, reason = "the promise is one second of real time")]
fn now() -> Instant {
    Instant::now()
}

on_both_engines! {
    async fn a_revoked_key_is_refused_within_a_second(database: TestDatabase) {
        within(60, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let server = installation.serve(&[]).await;
            let api = Api::new(&server.url);
            let key = api.client(&partner.provisioning, &body("QUICK3", 1)).await;
            let listed = installation.run(&["key", "list", "QUICK3", "--client", "100001", "--json"]).await.done().json();
            let id = listed["items"][0]["keyId"].as_str().unwrap();
            // More than once, so that the server has it at hand.
            for _ in 0..3 {
                assert_eq!(api.validate(&key).await, StatusCode::OK);
            }

            let revoked = installation.run(&["key", "revoke", id, "--json"]).await.done().json();
            assert_eq!((revoked["keyId"].as_str(), revoked["alreadyRevoked"].as_bool()), (Some(id), Some(false)));
            let since = now();
            loop {
                let asked = since.elapsed();
                let reply = api.get(VALIDATE, &key).await;
                if reply.status == StatusCode::UNAUTHORIZED {
                    assert_eq!(reply.json()["isValid"], false);
                    break;
                }
                assert!(asked < Duration::from_secs(1), "it was still taken {asked:?} after it was revoked");
            }
            assert_eq!(api.renew(&key).await.status, StatusCode::UNAUTHORIZED);
            assert_eq!(api.validate(&partner.provisioning).await, StatusCode::OK, "the others work on");
            let again = installation.run(&["key", "revoke", id]).await.done();
            assert!(again.stdout.contains("had been revoked before"), "{again:?}");
        })
        .await;
    }
}
