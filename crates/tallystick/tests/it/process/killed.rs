//! A server that is killed while it creates clients.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use testkit::app::{body, business_code};
use testkit::on_both_engines;
use testkit::process::{until, within};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinSet;

use super::api::Api;
use super::{installation, sql};

const CONNECTIONS: usize = 64;

/// How many clients have been answered for when the server is killed.
const ANSWERS: usize = 200;

/// On a slow machine so many connections at once may wait for the database for longer than they would by default.
const PATIENT: [&str; 2] = ["--acquire-timeout", "25s"];

/// A request, and what came of it: the client and its key, or no answer.
struct Sent {
    number: u32,
    answer: Option<(i64, String)>,
}

fn idempotency_key(number: u32) -> String {
    format!("create-{number}")
}

/// Creates one client after the other on one connection, until that breaks.
async fn create_on(api: Api, token: String, next: Arc<AtomicU32>, tell: UnboundedSender<Sent>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let answer = api.try_create(&token, &idempotency_key(number), &body("QUICK3", number)).await;
        let answer = answer.ok().map(|reply| reply.created());
        let is_broken = answer.is_none();
        tell.send(Sent { number, answer }).unwrap();
        if is_broken {
            return;
        }
    }
}

on_both_engines! {
    async fn a_killed_server_keeps_what_it_answered_and_nothing_by_halves(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let partner = installation.partner("QUICK3").await;
            let mut server = installation.serve(&PATIENT).await;

            let (tell, mut told) = mpsc::unbounded_channel();
            let next = Arc::new(AtomicU32::new(0));
            let mut connections = JoinSet::new();
            for _ in 0..CONNECTIONS {
                let (token, next) = (partner.provisioning.clone(), Arc::clone(&next));
                connections.spawn(create_on(Api::new(&server.url), token, next, tell.clone()));
            }
            drop(tell);
            let mut all = Vec::new();
            while let Some(sent) = told.recv().await {
                all.push(sent);
                if all.len() == ANSWERS {
                    server.process.kill();
                }
            }
            connections.join_all().await;
            let answered = all.iter().filter(|sent| sent.answer.is_some()).count();
            assert!(answered >= ANSWERS);
            assert_eq!(all.len() - answered, CONNECTIONS, "every connection had a request under way");

            if database.url().starts_with("postgres") {
                // The transactions of a process that is gone are PostgreSQL's to end, which it does as soon as it notices.
                const LEFT: &str = "SELECT COUNT(*) FROM pg_stat_activity \
                                    WHERE datname = current_database() AND application_name = 'tallystick'";
                until(async || sql::number(database.url(), LEFT).await == 0).await;
            }
            let before = sql::whole_clients(database.url()).await;
            let there: HashMap<_, _> = before.iter().cloned().collect();
            assert_eq!(there.len(), before.len(), "a client is there twice");
            assert!((answered..=all.len()).contains(&there.len()), "{} of {answered} answered", there.len());

            let server = installation.serve(&PATIENT).await;
            let api = Api::new(&server.url);
            let there = &there;
            let check = stream::iter(&all).map(async |sent| {
                if let Some((client, key)) = &sent.answer {
                    assert_eq!(there.get(&business_code(sent.number)), Some(client));
                    assert_eq!(api.validate(key).await, StatusCode::OK);
                }
                let again = api.create(&partner.provisioning, &idempotency_key(sent.number), &body("QUICK3", sent.number)).await;
                let (client, key) = again.created();
                assert_eq!(api.validate(&key).await, StatusCode::OK);
                let kept = there.get(&business_code(sent.number));
                assert_eq!(again.is_replayed(), kept.is_some(), "what was made is told again, and what was not is made");
                assert!(kept.is_none_or(|kept| *kept == client));
                assert!(sent.answer.as_ref().is_none_or(|answer| *answer == (client, key)));
            });
            check.buffer_unordered(CONNECTIONS).collect::<()>().await;

            let after = sql::whole_clients(database.url()).await;
            assert_eq!(after.len(), all.len());
            assert!(after.starts_with(&before), "what was there has not changed, and what is new has new numbers");
            let verified = installation.run(&["audit", "verify", "--json"]).await.done().json();
            let trail = verified["items"].as_array().unwrap().iter().find(|trail| trail["partnerCode"] == "QUICK3").unwrap();
            assert!(trail["records"].as_u64().unwrap() >= all.len() as u64, "{verified}");
        })
        .await;
    }
}
