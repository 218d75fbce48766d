//! The rivals of `POST /client`: one thread that runs the statements of a client in groups of 200, and nothing else. It reads no
//! request, checks no field, makes no key, hashes and seals nothing and writes no log.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};
use store::{Db, DbOptions, StoreError, Tx};

use crate::fault::Fault;
use crate::rows::{Rows, rows};
use crate::stopwatch::Stopwatch;

/// The clients that share a commit.
const GROUP: usize = 200;

/// How long a loop runs: a while to warm up, and then what is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

/// Adds clients to the SQLite file, by plain calls of SQLite on this thread, and gives how many a second.
pub(crate) fn plain(file: &Path, times: Times) -> Result<f64, Fault> {
    let mut connection = Connection::open(file)?;
    // As the store opens it.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -4096; \
         PRAGMA wal_autocheckpoint = 8000; PRAGMA temp_store = MEMORY;",
    )?;
    let texts = Texts::find()?;
    let mut rows = rows();
    let mut add_for = |time: Duration| -> Result<f64, Fault> {
        let watch = Stopwatch::start();
        let mut added = 0.0;
        while watch.elapsed() < time {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for rows in rows.by_ref().take(GROUP) {
                add_plain(&tx, &texts, &rows)?;
                added += 1.0;
            }
            tx.commit()?;
        }
        Ok(added / watch.elapsed().as_secs_f64())
    };
    add_for(times.warm_up)?;
    add_for(times.measured)
}

/// Adds clients to the database at `url` through the store, and gives how many a second.
pub(crate) fn through_store(url: &str, times: Times) -> Result<f64, Fault> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::system("start tokio"))?;
    runtime.block_on(async {
        let db = Db::open(DbOptions::new(url)).await?;
        let mut rows = rows();
        add_for(&db, &mut rows, times.warm_up).await?;
        let rate = add_for(&db, &mut rows, times.measured).await?;
        db.close().await;
        Ok(rate)
    })
}

async fn add_for(db: &Db, rows: &mut impl Iterator<Item = Rows>, time: Duration) -> Result<f64, StoreError> {
    let watch = Stopwatch::start();
    let mut added = 0.0;
    while watch.elapsed() < time {
        let group: Arc<[Rows]> = rows.take(GROUP).collect();
        db.write(move |tx| {
            let group = Arc::clone(&group);
            Box::pin(async move {
                for rows in group.iter() {
                    add(tx, rows).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await?;
        added += 200.0;
    }
    Ok(added / watch.elapsed().as_secs_f64())
}

/// The statements of `service::onboarding`, in their order.
async fn add(tx: &mut Tx, rows: &Rows) -> Result<(), StoreError> {
    let Rows { client, contact, key, record } = rows;
    if !store::client::insert(tx, client).await? {
        return Err(StoreError::unreadable("the loop", "a business code came twice"));
    }
    store::client::insert_contact(tx, client.partner, client.client, contact).await?;
    store::api_key::insert(tx, key).await?;
    store::audit::insert(tx, record).await
}

/// The same, by the same texts.
fn add_plain(tx: &rusqlite::Transaction<'_>, texts: &Texts, rows: &Rows) -> rusqlite::Result<()> {
    let Rows { client, contact, key, record } = rows;
    let (partner, number) = (client.partner.0, client.client.0);
    let added = tx.prepare_cached(texts.client)?.execute(params![
        partner,
        number,
        client.customer_code.0,
        client.reference_prefix.0,
        client.service_type,
        client.name,
        client.business_code,
        client.vat_number,
        client.postal_address,
        client.postal_code,
        client.postal_district,
        client.country_code,
        client.telephone,
        client.email,
        client.website,
        client.language_code,
        client.currency_code,
        client.iban,
        client.bic,
        client.bankgiro,
        client.plusgiro,
        client.created_at.micros(),
        client.name_folded,
        client.expiry_notices,
        client.sms_sender,
    ])?;
    if added != 1 {
        return Err(rusqlite::Error::StatementChangedRows(added));
    }
    let contact =
        params![partner, number, contact.role, contact.name, contact.telephone, contact.mobile, contact.email];
    tx.prepare_cached(texts.contact)?.execute(contact)?;
    let (key_id, record_id) = (key.key.0.as_bytes().as_slice(), record.id.as_bytes().as_slice());
    tx.prepare_cached(texts.key)?.execute(params![
        partner,
        key_id,
        key.client_id,
        key.kind,
        key.lookup,
        key.sealed,
        key.master_key_version,
        key.networks,
        key.created_at.micros(),
        key.expires_at,
    ])?;
    tx.prepare_cached(texts.lookup)?.execute(params![key.lookup, partner, key_id])?;
    tx.prepare_cached(texts.record)?.execute(params![
        partner,
        record_id,
        record.at.micros(),
        record.actor,
        record.action,
        record.subject,
        record.source,
        record.request_id,
        record.outcome,
        record.detail,
    ])?;
    tx.prepare_cached(texts.pending)?.execute(params![partner, record_id])?;
    Ok(())
}

/// The texts of the store for one client.
struct Texts {
    client: &'static str,
    contact: &'static str,
    key: &'static str,
    lookup: &'static str,
    record: &'static str,
    pending: &'static str,
}

impl Texts {
    fn find() -> Result<Self, Fault> {
        Ok(Self {
            client: text("store::client::INSERT")?,
            contact: text("store::client::INSERT_CONTACT")?,
            key: text("store::api_key::INSERT")?,
            lookup: text("store::api_key::INSERT_LOOKUP")?,
            record: text("store::audit::INSERT")?,
            pending: text("store::audit::INSERT_PENDING")?,
        })
    }
}

fn text(name: &str) -> Result<&'static str, Fault> {
    let found = store::statements().find(|statement| statement.name() == name);
    found.map(store::Statement::sqlite).ok_or_else(|| Fault::Statement(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_loops_add_clients_that_are_whole() {
        let database = testkit::database::TestDatabase::sqlite();
        let db = database.open().await;
        let mut rows = rows();
        let first = Arc::new(rows.next().unwrap());
        db.write(move |tx| {
            let first = Arc::clone(&first);
            Box::pin(async move { add(tx, &first).await })
        })
        .await
        .unwrap();
        db.close().await;

        let file = database.directory().unwrap().join("test.db");
        let mut connection = Connection::open(file).unwrap();
        let tx = connection.transaction().unwrap();
        add_plain(&tx, &Texts::find().unwrap(), &rows.next().unwrap()).unwrap();
        tx.commit().unwrap();
        for table in ["client", "client_contact", "api_key", "api_key_lookup", "audit_record", "audit_pending"] {
            let count = connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
            assert_eq!(count.unwrap(), 2, "{table}");
        }
        // As the store wrote them, so that it can read them.
        let kinds = "SELECT COUNT(DISTINCT typeof(key_id) || typeof(lookup) || typeof(expires_at)) FROM api_key";
        assert_eq!(connection.query_row(kinds, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    }
}
