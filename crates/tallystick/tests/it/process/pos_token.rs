//! Tokens over real connections: by libraries that nobody here wrote, and from a server that is killed.

use futures_util::{StreamExt as _, stream};
use reqwest::{Client, Error};
use serde_json::{Value, json};
use testkit::app::{POS, TOKEN, body};
use testkit::on_both_engines;
use testkit::peer::Peer;
use testkit::process::{Installation, Server, until, within};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::api::{Api, builder};
use super::{installation, sql};

const CONNECTIONS: usize = 32;

/// How many tokens have been answered when the server is killed.
const ANSWERS: usize = 300;

/// On a slow machine so many connections at once may wait for the database for longer than they would by default.
const PATIENT: [&str; 2] = ["--acquire-timeout", "25s"];

/// A merchant's `client_id` and `client_secret`.
async fn merchant(installation: &Installation, server: &Server) -> (String, String) {
    let partner = installation.partner("QUICK3").await;
    let mut body = body("QUICK3", 1);
    body["service"]["type"] = "POS_FINANCING".into();
    let reply = Api::new(&server.url).create(&partner.provisioning, "one", &body).await;
    let made: Value = serde_json::from_str(&reply.text).unwrap();
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{name} is missing: {made}")).to_owned();
    (text("oauthClientId"), text("oauthClientSecret"))
}

async fn ask(http: &Client, url: &str, fields: &[(&str, &str)]) -> Result<Value, Error> {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = http.post(url).header("Content-Type", "application/x-www-form-urlencoded").body(pairs.join("&"));
    request.send().await?.json().await
}

on_both_engines! {
    async fn every_token_that_a_killed_server_answered_works(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let mut server = installation.serve(&PATIENT).await;
            let (id, secret) = merchant(&installation, &server).await;
            let (tell, mut told) = mpsc::unbounded_channel();
            let mut connections = JoinSet::new();
            for _ in 0..CONNECTIONS {
                let (url, tell) = (format!("{}{TOKEN}", server.url), tell.clone());
                let (id, secret) = (id.clone(), secret.clone());
                connections.spawn(async move {
                    let http = builder().build().unwrap();
                    let by_secret = [("client_id", id.as_str()), ("client_secret", secret.as_str())];
                    // A pair, and what it is refreshed to, by turns.
                    while let Ok(first) = ask(&http, &url, &by_secret).await {
                        let refresh = first["refresh_token"].as_str().unwrap().to_owned();
                        tell.send(first).unwrap();
                        let more = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
                        let Ok(second) = ask(&http, &url, &[&by_secret[..], &more].concat()).await else { return };
                        tell.send(second).unwrap();
                    }
                });
            }
            drop(tell);
            let mut pairs = Vec::new();
            while let Some(pair) = told.recv().await {
                pairs.push(pair);
                if pairs.len() == ANSWERS {
                    server.process.kill();
                }
            }
            connections.join_all().await;
            assert!(pairs.len() >= ANSWERS);
            if database.url().starts_with("postgres") {
                // The transactions of a process that is gone are PostgreSQL's to end, which it does as soon as it notices.
                const LEFT: &str = "SELECT COUNT(*) FROM pg_stat_activity \
                                    WHERE datname = current_database() AND application_name = 'tallystick'";
                until(async || sql::number(database.url(), LEFT).await == 0).await;
            }

            let server = installation.serve(&PATIENT).await;
            let http = builder().build().unwrap();
            let check = stream::iter(&pairs).map(async |pair| {
                let access = pair["access_token"].as_str().unwrap_or_else(|| panic!("no token: {pair}"));
                let url = format!("{}{POS}/client-id/{id}/i18n", server.url);
                let call = http.get(url).bearer_auth(access).header("x-reference-id", "8848372d84574ca49da9673f1cdd6684");
                let status = call.send().await.unwrap().status().as_u16();
                assert_eq!(status, 200, "an answered token does not work");
            });
            check.buffer_unordered(8).collect::<()>().await;
            let audited = installation.run(&["audit", "verify", "--json"]).await.done().json();
            let trail = audited["items"].as_array().unwrap().iter().find(|trail| trail["partnerCode"] == "QUICK3").unwrap();
            assert!(trail["records"].as_u64().unwrap() >= pairs.len() as u64, "{audited}");
        })
        .await;
    }

    async fn the_commands_of_the_operator_reach_a_running_server_within_a_second(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let server = installation.serve(&[]).await;
            let (http, url) = (builder().build().unwrap(), format!("{}{TOKEN}", server.url));
            let secret_of = |told: Value| told["clientSecret"].as_str().unwrap_or_else(|| panic!("no secret: {told}")).to_owned();
            let add = ["merchant", "add", "--client-id", "flexitidemo", "--name", "Flexiti Demo", "--json"];
            let mut secret = secret_of(installation.run(&add).await.done().json());
            for command in ["rotate", "revoke"] {
                let by_secret = [("client_id", "flexitidemo"), ("client_secret", secret.as_str())];
                let pair = ask(&http, &url, &by_secret).await.unwrap();
                let access = pair["access_token"].as_str().unwrap_or_else(|| panic!("no token: {pair}"));
                let status = async || {
                    let call = http.get(format!("{}{POS}/client-id/flexitidemo/i18n", server.url)).bearer_auth(access);
                    let call = call.header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6684");
                    call.send().await.unwrap().status().as_u16()
                };
                assert_eq!(status().await, 200, "{command}");
                let told = installation.run(&["merchant", command, "flexitidemo", "--json"]).await.done().json();
                #[expect(clippy::disallowed_methods, reason = "the promise is about real time")]
                let done = std::time::Instant::now();
                until(async || status().await == 401).await;
                assert!(done.elapsed() < std::time::Duration::from_secs(1), "{command}: it was believed for too long");
                let refresh = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
                let refused = ask(&http, &url, &[&by_secret[..], &refresh].concat()).await.unwrap();
                assert_eq!(refused["error"], "invalid_client", "{command}");
                if command == "rotate" {
                    secret = secret_of(told);
                }
            }
            // One that was revoked works again with a new secret, and nothing that it had before.
            let rotated = installation.run(&["merchant", "rotate", "flexitidemo", "--json"]).await.done().json();
            let secret = secret_of(rotated);
            let pair = ask(&http, &url, &[("client_id", "flexitidemo"), ("client_secret", secret.as_str())]).await.unwrap();
            assert!(pair["access_token"].is_string(), "{pair}");
        })
        .await;
    }

    async fn libraries_that_know_oauth_know_this_server(database: TestDatabase) {
        within(120, async {
            // What succeeds is not logged else.
            let installation = installation(database.url()).with("TALLYSTICK_LOG", "trace");
            let server = installation.serve(&[]).await;
            let (id, secret) = merchant(&installation, &server).await;
            let given = json!({
                "id": id,
                "secret": secret,
                "issuer": format!("{}{POS}", server.url),
                "call": format!("{}{POS}/client-id/{id}/i18n", server.url),
            });
            for told in [Peer::authlib_client(given.clone()).await, Peer::openid_client(given.clone()).await] {
                let of_method = |method: &str| {
                    [
                        json!({"event": "token", "method": method, "scope": "customer", "expires": 1200, "kind": "bearer"}),
                        json!({"event": "call", "status": 200, "error": null}),
                        json!({"event": "refresh", "differs": true, "scope": "customer"}),
                        json!({"event": "introspect", "active": true, "client": id}),
                        json!({"event": "revoke", "status": 200}),
                        json!({"event": "introspect", "active": false}),
                        json!({"event": "refused", "error": "invalid_grant"}),
                    ]
                };
                assert_eq!(told, [of_method("client_secret_basic"), of_method("client_secret_post")].concat());
            }
            // That of the call; the peers send it.
            server.process.logged("reference_id=8848372d-8457-4ca4-9da9-673f1cdd6684").await;
            for secret in [secret.as_str(), "access_token"] {
                assert!(!server.process.stderr().contains(secret), "{secret} is in the log");
            }
        })
        .await;
    }
}
