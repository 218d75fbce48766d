//! The store on both engines.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod agreement;
mod api_key;
mod audit;
mod client;
mod credit_account;
mod credit_application;
mod creditor;
mod deployment;
mod flow_information;
mod idempotency;
mod invoice;
mod maturity;
mod merchant;
mod migration;
mod oauth_client;
mod oauth_token;
mod plan;
mod purchase;
mod purchase_list;
mod schema;
mod sku_data;
mod statistics;
mod unavailable;
mod unavailable_postgres;
mod verification;
mod webhook;
mod widget_session;
mod write;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use domain::api_key::KeyId;
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::{Clock, Timestamp};
use sqlx::Connection;
use store::api_key::ApiKeyRow;
use store::client::ClientRow;
use store::{Db, Engine, StoreError, Tx};
use testkit::clock::TestClock;
use testkit::database::TestDatabase;
use uuid::Uuid;

fn now() -> Timestamp {
    TestClock::new().now()
}

/// Runs one statement's worth of work in a transaction of its own.
macro_rules! keep {
    ($db:expr, |$tx:ident| $body:expr) => {
        $db.write(move |$tx| Box::pin(async move { $body.await })).await
    };
    ($db:expr, [$($given:ident),+], |$tx:ident| $body:expr) => {
        $db.write(move |$tx| {
            $(let $given = $given.clone();)+
            Box::pin(async move { $body.await })
        })
        .await
    };
}
pub(crate) use keep;

fn client(partner: i64, number: i64, business_code: &str) -> ClientRow {
    ClientRow {
        partner: PartnerId(partner),
        client: ClientIdentifier(number),
        customer_code: CustomerCode(number + 1),
        reference_prefix: ReferencePrefix(number + 2),
        service_type: "LIFECYCLE".into(),
        name: "Test Customer Oy \u{1F980} \u{202E}\n".into(),
        business_code: business_code.into(),
        vat_number: Some("FI01234567".into()),
        postal_address: "Testikuja 7".into(),
        postal_code: "12345".into(),
        postal_district: "HELSINKI".into(),
        country_code: "FI".into(),
        telephone: None,
        email: "email@testcustomer.fi".into(),
        website: None,
        language_code: "FI".into(),
        currency_code: "EUR".into(),
        iban: None,
        bic: None,
        bankgiro: None,
        plusgiro: Some("286543-4".into()),
        created_at: now(),
        name_folded: domain::text::folded("Test Customer Oy \u{1F980} \u{202E}"),
        status: "ACTIVE".into(),
        expiry_notices: 1,
        sms_sender: None,
        version: 1,
        agreements_version: 1,
        changed_at: None,
    }
}

fn key(partner: i64, client_id: i64, number: u8) -> ApiKeyRow {
    ApiKeyRow {
        partner: PartnerId(partner),
        key: KeyId(Uuid::from_bytes([number; 16])),
        client_id,
        kind: "client".into(),
        lookup: vec![number; 32],
        sealed: vec![number, 1, 2, 3],
        master_key_version: 1,
        networks: String::new(),
        created_at: now(),
        expires_at: Some(now().micros() + 1),
        revoked_at: None,
        overlap_until: None,
        successor_id: None,
    }
}

/// How many clients a partner has, as a reader sees it.
async fn count(db: &Db, partner: i64) -> usize {
    let mut reader = db.reader().await.unwrap();
    store::client::page(&mut reader, Some(PartnerId(partner)), ClientIdentifier(-1), 100_000).await.unwrap().len()
}

async fn insert(tx: &mut Tx, row: ClientRow) -> Result<bool, StoreError> {
    store::client::insert(tx, &row).await
}

/// Polls once, which hands a write in, and tells whether its answer is still to come.
async fn is_pending<F: Future + ?Sized>(mut future: Pin<&mut F>) -> bool {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

/// Adds the partner 1, whose merchants are looked up with it, unless it is there.
async fn partner(tx: &mut Tx) -> Result<(), StoreError> {
    if store::partner::by_code(tx, "QUICK3").await?.is_some() {
        return Ok(());
    }
    store::partner::insert(tx, PartnerId(1), "QUICK3", "Quick Software Oy", now()).await
}

/// Runs statements by hand, one after the other.
async fn run(database: &TestDatabase, script: impl IntoIterator<Item = impl Into<String>>) {
    let script = script.into_iter().map(|sql| sqlx::AssertSqlSafe(sql.into()));
    match database.engine() {
        Engine::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
            for sql in script {
                sqlx::query(sql).execute(&mut connection).await.unwrap();
            }
            connection.close().await.unwrap();
        }
        Engine::Postgres => {
            let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
            for sql in script {
                sqlx::query(sql).execute(&mut connection).await.unwrap();
            }
        }
    }
}

/// Undoes the migration of the copies that a page by agreement is read from.
fn without_agreement_creditor(engine: Engine) -> Vec<&'static str> {
    let of_engine: &[_] = match engine {
        Engine::Sqlite => {
            &["DROP TRIGGER agreement_added", "DROP TRIGGER agreement_removed", "DROP TRIGGER client_changed"]
        }
        Engine::Postgres => &[
            "DROP FUNCTION agreement_added CASCADE",
            "DROP FUNCTION agreement_removed CASCADE",
            "DROP FUNCTION client_changed CASCADE",
        ],
    };
    let of_both = ["DROP TABLE agreement_creditor", "DELETE FROM _sqlx_migrations WHERE version = 9"];
    of_engine.iter().copied().chain(of_both).collect()
}
