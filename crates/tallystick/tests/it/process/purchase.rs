//! A server that is killed while accounts are moved: what it answered is there, nothing is there by halves, and the books balance.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::identifier::{ClientIdentifier, PartnerId};
use reqwest::{Client, Error};
use serde_json::{Value, json};
use store::{Db, DbOptions};
use testkit::account::add_account;
use testkit::app::{POS, TOKEN};
use testkit::on_both_engines;
use testkit::process::{Installation, Server, until, within};
use testkit::widget::add_verified_session;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::api::builder;
use super::{installation, sql};

const CONNECTIONS: usize = 16;

/// How many calls have been answered when the server is killed.
const ANSWERS: usize = 150;

const ACCOUNTS: u32 = 5;

/// On a slow machine so many connections at once may wait for the database for longer than they would by default.
const PATIENT: [&str; 4] = ["--acquire-timeout", "25s", "--rate-limit", "off"];

/// How many purchases of each account the widget has verified.
const VERIFIED: usize = 200;

/// An account, and the sessions of the widget in which its customer was verified, one for each purchase.
struct Account {
    number: i64,
    sessions: Vec<Uuid>,
}

/// A merchant, and accounts on its book.
struct Shop {
    id: String,
    secret: String,
    accounts: Arc<Vec<Account>>,
}

impl Shop {
    async fn open(installation: &Installation, url: &str, accounts: u32) -> Self {
        let add = ["merchant", "add", "--client-id", "flexitidemo", "--name", "Flexiti Demo", "--json"];
        let told = installation.run(&add).await.done().json();
        let secret = told["clientSecret"].as_str().unwrap_or_else(|| panic!("no secret: {told}")).to_owned();
        let partner = PartnerId(sql::number(url, "SELECT partner_id FROM merchant").await);
        let lender = ClientIdentifier(sql::number(url, "SELECT client_id FROM merchant").await);
        let db = Db::open(DbOptions::new(url)).await.unwrap();
        let mut numbers = Vec::new();
        for number in 1..=accounts {
            let hash = number.to_be_bytes().to_vec();
            let account = add_account(&db, (partner, lender), number, 1_000_000_000, hash).await;
            let mut sessions = Vec::new();
            for _ in 0..if accounts > ACCOUNTS { 1 } else { VERIFIED } {
                sessions.push(add_verified_session(&db, account, lender).await);
            }
            numbers.push(Account { number: account.number.get(), sessions });
        }
        db.close().await;
        Self { id: "flexitidemo".into(), secret, accounts: Arc::new(numbers) }
    }

    async fn token(&self, server: &Server) -> String {
        let form = format!("client_id={}&client_secret={}", self.id, self.secret);
        let request = builder().build().unwrap().post(format!("{}{TOKEN}", server.url));
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        let pair: Value = request.send().await.unwrap().json().await.unwrap();
        pair["access_token"].as_str().unwrap_or_else(|| panic!("no token: {pair}")).to_owned()
    }
}

/// A till.
#[derive(Clone)]
struct Till {
    http: Client,
    base: String,
    token: String,
    accounts: Arc<Vec<Account>>,
}

impl Till {
    async fn open(shop: &Shop, server: &Server) -> Self {
        let base = format!("{}{POS}/client-id/{}", server.url, shop.id);
        let accounts = Arc::clone(&shop.accounts);
        Self { http: builder().build().unwrap(), base, token: shop.token(server).await, accounts }
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Value, Error> {
        let request = self.http.post(format!("{}{path}", self.base)).bearer_auth(&self.token);
        let request = request.header("x-reference-id", "8848372d84574ca49da9673f1cdd6684");
        let request = request.header("x-idempotency-key", key).header("Content-Type", "application/json");
        let answer = request.body(body.to_string()).send().await?;
        let status = answer.status();
        let body: Value = answer.json().await?;
        assert!(status.is_success(), "{body}");
        Ok(body)
    }

    /// Buys for a dollar: holds it, and captures it. The two identifiers, as far as they were answered.
    async fn buy(&self, number: usize) -> (Option<i64>, Option<i64>) {
        let account = &self.accounts[number % self.accounts.len()];
        let asked = json!({
            "account_number": account.number,
            "financing_option": {"transaction_type": "regular_purchase"},
            "amount": 1,
            "auto_capture": false,
            "widget_session_id": account.sessions[number / self.accounts.len()],
        });
        let Ok(held) = self.post("/authorization", &format!("hold-{number}"), &asked).await else {
            return (None, None);
        };
        let id = held["authorization_id"].as_i64().unwrap();
        let path = format!("/authorization/{id}/capture");
        let captured = self.post(&path, &format!("capture-{number}"), &json!({"amount": "1.00"})).await.ok();
        (Some(id), captured.map(|it| it["capture_id"].as_i64().unwrap()))
    }
}

/// Proves the books, and gives the report.
async fn check(installation: &Installation) -> Value {
    let report = installation.run(&["ledger", "check", "--json"]).await.done().json();
    assert_eq!((&report["faultCount"], &report["faults"]), (&json!(0), &json!([])), "{report}");
    report
}

async fn gone(url: &str) {
    if url.starts_with("postgres") {
        // The transactions of a process that is gone are PostgreSQL's to end, which it does as soon as it notices.
        const LEFT: &str = "SELECT COUNT(*) FROM pg_stat_activity \
                            WHERE datname = current_database() AND application_name = 'tallystick'";
        until(async || sql::number(url, LEFT).await == 0).await;
    }
}

on_both_engines! {
    async fn a_server_that_is_killed_amid_captures_keeps_what_it_answered(database: TestDatabase) {
        within(120, async {
            let installation = installation(database.url());
            let shop = Shop::open(&installation, database.url(), ACCOUNTS).await;
            let mut server = installation.serve(&PATIENT).await;
            let till = Till::open(&shop, &server).await;
            let (tell, mut told) = mpsc::unbounded_channel();
            let next = Arc::new(AtomicUsize::new(0));
            let mut connections = JoinSet::new();
            for _ in 0..CONNECTIONS {
                let (till, next, tell) = (till.clone(), Arc::clone(&next), tell.clone());
                connections.spawn(async move {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let bought = till.buy(number).await;
                        tell.send((number, bought)).unwrap();
                        if bought.1.is_none() {
                            return;
                        }
                    }
                });
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
            gone(database.url()).await;
            check(&installation).await;

            // Whoever was not answered sends the same again, and everybody gets what there is.
            let server = installation.serve(&PATIENT).await;
            let till = Till::open(&shop, &server).await;
            for (number, (held, captured)) in &all {
                let again = till.buy(*number).await;
                assert!(held.is_none_or(|held| again.0 == Some(held)), "{number}: {held:?} was {again:?} again");
                assert!(captured.is_none_or(|captured| again.1 == Some(captured)), "{number}");
            }
            let report = check(&installation).await;
            let bought = i64::try_from(all.len()).unwrap();
            assert_eq!((&report["movements"], &report["balances"]["regular_receivable"]), (&json!(2 * bought), &json!(100 * bought)));
            assert_eq!(report["balances"]["hold"], json!(0));
            let shown = installation.run(&["account", "show", &shop.accounts[0].number.to_string(), "--json"]).await.done().json();
            assert_eq!(shown["items"][0]["held"], json!(0), "{shown}");
            let number = shop.accounts[0].number.to_string();
            let stated = ["account", "statement", &number, "--from", "2020-01-01", "--until", "2120-01-01", "--json"];
            let stated = installation.run(&stated).await.done().json();
            let (owed, story) = (&stated["items"][0]["closing"], &shown["items"][0]);
            assert_eq!(owed.as_i64(), Some(story["principal"].as_i64().unwrap() + story["interest"].as_i64().unwrap()));
        })
        .await;
    }

    async fn interest_is_posted_once_whenever_the_server_is_killed(database: TestDatabase) {
        const BEARING: u32 = 60;
        within(120, async {
            let url = database.url();
            let installation = installation(url);
            let shop = Shop::open(&installation, url, BEARING).await;
            let server = installation.serve(&PATIENT).await;
            let till = Till::open(&shop, &server).await;
            for number in 0..BEARING as usize {
                assert!(till.buy(number).await.1.is_some());
            }
            drop(server);
            gone(url).await;
            // As if the purchases had been made a thousand days ago.
            let aged = "UPDATE credit_account SET interest_from = interest_from - 1000, accrues_from = accrues_from - 1000";
            sql::execute(url, aged).await;
            const POSTED: &str = "SELECT COUNT(*) FROM ledger_movement WHERE kind = 'interest'";
            let mut kills = 0;
            loop {
                let mut server = installation.serve(&PATIENT).await;
                let before = sql::number(url, POSTED).await;
                until(async || {
                    let now = sql::number(url, POSTED).await;
                    now > before || now == i64::from(BEARING)
                })
                .await;
                server.process.kill();
                kills += 1;
                gone(url).await;
                check(&installation).await;
                if sql::number(url, POSTED).await == i64::from(BEARING) {
                    break;
                }
            }
            assert!(kills > 0);
            let report = check(&installation).await;
            // 1.00 at 30.99 % for a thousand days of 365: 84.9 cents.
            assert_eq!(report["balances"]["interest_receivable"], json!(84 * BEARING), "{report}");
        })
        .await;
    }
}
