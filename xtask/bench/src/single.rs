//! The rival of `POST /client`: one thread that runs the statements of a client in groups of 200, and nothing else. It reads no request,
//! checks no field, makes no key, hashes and seals nothing and writes no log.

use std::sync::Arc;
use std::time::Duration;

use domain::api_key::{KeyId, KeyKind};
use domain::audit::{AuditRecord, Outcome};
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::random::{OrderedIds, uuid_v4};
use domain::{Random, Timestamp};
use store::api_key::ApiKeyRow;
use store::client::{ClientRow, ContactRow};
use store::{Db, DbOptions, StoreError, Tx};
use testkit::random::TestRandom;

use crate::body::BusinessCode;
use crate::fault::Fault;
use crate::stopwatch::Stopwatch;

/// The clients that share a commit.
const GROUP: usize = 200;

/// What makes the rows of clients that differ.
struct Source<C> {
    codes: C,
    random: TestRandom,
    ids: OrderedIds,
}

/// The rows of one client.
struct Rows {
    client: ClientRow,
    contact: ContactRow,
    key: ApiKeyRow,
    record: AuditRecord,
}

/// Adds clients to the database at `url`, first for `warm_up` and then for `time`, and gives how many a second it added in `time`.
pub(crate) fn run(url: &str, warm_up: Duration, time: Duration) -> Result<f64, Fault> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::system("start tokio"))?;
    runtime.block_on(async {
        let db = Db::open(DbOptions::new(url)).await?;
        let mut source =
            Source { codes: BusinessCode::after(0), random: TestRandom::new(1), ids: OrderedIds::default() };
        add_for(&db, &mut source, warm_up).await?;
        let watch = Stopwatch::start();
        let added = add_for(&db, &mut source, time).await?;
        let elapsed = watch.elapsed();
        db.close().await;
        Ok(f64::from(added) / elapsed.as_secs_f64())
    })
}

async fn add_for(
    db: &Db,
    source: &mut Source<impl Iterator<Item = BusinessCode>>,
    time: Duration,
) -> Result<u32, StoreError> {
    let watch = Stopwatch::start();
    let mut added = 0;
    while watch.elapsed() < time {
        let group: Arc<[Rows]> =
            source.codes.by_ref().take(GROUP).map(|code| Rows::of(code, &source.random, &source.ids)).collect();
        added += u32::try_from(group.len()).unwrap_or(u32::MAX);
        db.write(move |tx| {
            let group = Arc::clone(&group);
            Box::pin(async move {
                for rows in group.iter() {
                    rows.add(tx).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await?;
    }
    Ok(added)
}

impl Rows {
    fn of(code: BusinessCode, random: &TestRandom, ids: &OrderedIds) -> Self {
        // Any time will do: the identifiers go up as they do in the program.
        let now = Timestamp::from_micros(1_767_323_045_000_000);
        let number = i64::from(code.base);
        let bytes = |count: usize| {
            let mut bytes = vec![0; count];
            random.fill(&mut bytes);
            bytes
        };
        let partner = PartnerId(1);
        let key = KeyId(ids.next(now, random));
        let text = str::to_owned;
        Self {
            client: ClientRow {
                partner,
                client: ClientIdentifier(100_000 + number),
                customer_code: CustomerCode(500_000 + number),
                reference_prefix: ReferencePrefix(10_000_000 + number),
                service_type: text("LIFECYCLE"),
                name: text("Test Customer Oy"),
                business_code: format!("{:07}-{}", code.base, code.check),
                vat_number: Some(format!("FI{:07}{}", code.base, code.check)),
                postal_address: text("Testikuja 7"),
                postal_code: text("12345"),
                postal_district: text("HELSINKI"),
                country_code: text("FI"),
                telephone: None,
                email: text("email@testcustomer.fi"),
                website: None,
                language_code: text("FI"),
                currency_code: text("EUR"),
                iban: None,
                bic: None,
                bankgiro: None,
                plusgiro: None,
                created_at: now,
            },
            contact: ContactRow {
                role: text("primary"),
                name: text("Matti Meikäläinen"),
                telephone: None,
                mobile: Some(text("+358441234567")),
                email: Some(text("matti@testcustomer.fi")),
            },
            key: ApiKeyRow {
                partner,
                key,
                client_id: 100_000 + number,
                kind: KeyKind::Client.name().to_owned(),
                lookup: bytes(32),
                // A nonce of 24 bytes, 16 of the value and 16 of the tag.
                sealed: bytes(56),
                master_key_version: 1,
                networks: String::new(),
                created_at: now,
                expires_at: None,
                revoked_at: None,
                overlap_until: None,
                successor_id: None,
                last_used_at: None,
            },
            record: AuditRecord {
                partner,
                id: ids.next(now, random),
                at: now,
                actor: format!("provisioning:{}", uuid_v4(random)),
                action: text("client.create"),
                subject: format!("client:{}", 100_000 + number),
                source: text("127.0.0.1"),
                request_id: text("01JD7Q4M8T3N5R6S7V8W9X0Y1Z"),
                outcome: Outcome::Done.name().to_owned(),
                detail: format!("FI {:07}-{}, key {key}", code.base, code.check),
            },
        }
    }

    /// The statements of `service::onboarding`, in their order.
    async fn add(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let ClientRow { partner, country_code, business_code, client, .. } = &self.client;
        let there = store::client::by_business_code(tx, *partner, country_code, business_code).await?;
        if there.is_some() {
            return Err(StoreError::unreadable("the loop", "a business code came twice"));
        }
        store::client::insert(tx, &self.client).await?;
        store::client::insert_contact(tx, *partner, *client, &self.contact).await?;
        store::api_key::insert(tx, &self.key).await?;
        store::audit::insert(tx, &self.record).await
    }
}
