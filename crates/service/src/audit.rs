//! The audit trail: recorded in the transaction of its cause, sealed in the background into a chain per partner, read and verified.

use std::sync::Arc;

use domain::audit::{AuditRecord, INSTALLATION, Outcome};
use domain::identifier::PartnerId;
use sha2::{Digest, Sha256};
use store::audit::SealRow;
use store::{Reader, StoreError};
use uuid::Uuid;

use crate::{AdminError, Context, Core};

/// The most seals that one round makes of a trail.
const MOST_SEALS: usize = 1_000;

/// The most records that one seal covers.
const LARGEST_SEAL: i64 = 500;

/// How many rows are read at a time.
const PAGE: i64 = 200;

/// More faults than this of one trail are not listed.
const MOST_FAULTS: usize = 100;

/// What verifying one trail showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailReport {
    /// The partner's code; empty for the installation's own trail.
    pub partner_code: String,
    /// How many records there are.
    pub records: u64,
    /// How many of them the seals cover.
    pub sealed: u64,
    /// How many wait for their seal.
    pub pending: u64,
    /// How many seals there are.
    pub seals: u64,
    /// The hash of the last seal in hexadecimal. Kept elsewhere, it shows whether the end of the trail was cut off later.
    pub head: String,
    /// What does not fit, at most a hundred.
    pub faults: Vec<TrailFault>,
}

/// Something in a trail that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrailFault {
    /// A seal is missing.
    #[error("seal {0} is missing")]
    MissingSeal(i64),
    /// A seal does not continue the one before it.
    #[error("seal {0} does not continue the seal before it")]
    BrokenChain(i64),
    /// A seal's hash is not that of its records.
    #[error("seal {0} does not match its records: one of them was changed")]
    WrongHash(i64),
    /// A record that a seal covers is gone.
    #[error("record {record}, which seal {seal} covers, is missing")]
    MissingRecord {
        /// The seal.
        seal: i64,
        /// The record.
        record: Uuid,
    },
    /// A record that waits for its seal is gone.
    #[error("record {0}, which waits for its seal, is missing")]
    MissingPendingRecord(Uuid),
    /// There are more or fewer records than the seals and the queue account for.
    #[error("there are {found} records, but the seals and the queue account for {accounted}")]
    WrongCount {
        /// The records that are there.
        found: u64,
        /// The records that should be.
        accounted: u64,
    },
}

impl Core {
    /// Keeps a record that belongs to no other change.
    pub(crate) async fn record_alone(&self, record: AuditRecord) -> Result<(), StoreError> {
        self.db()
            .write(move |tx| {
                let record = record.clone();
                Box::pin(async move { store::audit::insert(tx, &record).await })
            })
            .await
    }

    /// Records that credentials were shown once more, to a repeat of the `operation` that made them.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn record_shown_again(
        &self,
        partner: PartnerId,
        operation: &'static str,
        subject: String,
        context: &Context,
    ) -> Result<(), StoreError> {
        let detail = format!("a repeat of {operation}");
        self.record_alone(context.record(self, partner, "credentials.show", subject, Outcome::Done, detail)).await
    }

    /// Records of one partner's trail, or of the installation's own: the oldest after `after`, or without it the newest, newest first.
    ///
    /// # Errors
    /// When there is no such partner, or the database fails.
    pub async fn audit_records(
        &self,
        partner_code: Option<&str>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, AdminError> {
        let mut reader = self.db().reader().await?;
        let partner = match partner_code {
            Some(code) => {
                let row = store::partner::by_code(&mut reader, code).await?;
                row.ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?.partner
            }
            None => INSTALLATION,
        };
        Ok(match after {
            Some(after) => store::audit::page(&mut reader, partner, after, limit).await?,
            None => store::audit::latest(&mut reader, partner, limit).await?,
        })
    }

    /// Seals what waits, and gives the number of records sealed.
    ///
    /// # Errors
    /// When the database fails. What was sealed by then stays.
    pub async fn seal_audit(&self) -> Result<u64, StoreError> {
        let partners = store::audit::pending_partners(&mut self.db().reader().await?).await?;
        let mut sealed = 0;
        let mut first_error = None;
        for partner in partners {
            // What is wrong with one trail does not hold up the others.
            match self.seal_trail(partner).await {
                Ok(count) => sealed += count,
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        first_error.map_or(Ok(sealed), Err)
    }

    async fn seal_trail(&self, partner: PartnerId) -> Result<u64, StoreError> {
        let mut sealed = 0;
        // When another process is always first, it makes the seals.
        for _ in 0..MOST_SEALS {
            let Some((seal, records)) = self.next_seal(partner).await? else { return Ok(sealed) };
            let count = records.len() as u64;
            let job = Arc::new((seal, records));
            let fits = self
                .db()
                .write(move |tx| {
                    let job = Arc::clone(&job);
                    Box::pin(async move {
                        let (seal, records) = &*job;
                        let fits = store::audit::is_next(tx, seal, records).await?;
                        if fits {
                            store::audit::insert_seal(tx, seal, records).await?;
                        }
                        Ok::<_, StoreError>(fits)
                    })
                })
                .await?;
            // When it did not fit, another process was first, or a record came late that belongs before the last of these.
            if fits {
                sealed += count;
                if count < LARGEST_SEAL as u64 {
                    break;
                }
            }
        }
        Ok(sealed)
    }

    /// The next seal of a trail, and what it covers. It is made outside of the transaction, which has all other writes wait.
    async fn next_seal(&self, partner: PartnerId) -> Result<Option<(SealRow, Vec<AuditRecord>)>, StoreError> {
        let mut reader = self.db().reader().await?;
        let records = store::audit::pending_records(&mut reader, partner, LARGEST_SEAL).await?;
        if records.is_empty() {
            return Ok(None);
        }
        let last = store::audit::last_seal(&mut reader, partner).await?;
        let previous_hash = last.as_ref().map_or_else(|| vec![0; 32], |seal| seal.hash.clone());
        let mut seal = SealRow {
            partner,
            seal_number: last.map_or(0, |seal| seal.seal_number) + 1,
            record_count: i64::try_from(records.len()).unwrap_or(i64::MAX),
            record_ids: records.iter().flat_map(|record| record.id.into_bytes()).collect(),
            hash: Vec::new(),
            previous_hash,
            sealed_at: self.now(),
        };
        seal.hash = chain_hash(&seal, &records);
        Ok(Some((seal, records)))
    }

    /// Walks every trail and tells what does not fit. It may run while others write.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_audit(&self) -> Result<Vec<TrailReport>, AdminError> {
        let mut reader = self.db().reader().await?;
        // Seals and the queue move while others write; a frozen view keeps the numbers together.
        reader.freeze().await?;
        let mut reports = Vec::new();
        for partner in store::audit::trails(&mut reader).await? {
            let code = store::partner::by_id(&mut reader, partner).await?.map(|row| row.code).unwrap_or_default();
            reports.push(verify(&mut reader, partner, code).await?);
        }
        Ok(reports)
    }
}

/// SHA-256 over the hash before, the seal's own number, count and time, and the hash of each record in turn.
fn chain_hash(seal: &SealRow, records: &[AuditRecord]) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(&seal.previous_hash);
    for number in [seal.partner.0, seal.seal_number, seal.record_count, seal.sealed_at.micros()] {
        hash.update(number.to_be_bytes());
    }
    for record in records {
        hash.update(Sha256::digest(record.canonical()));
    }
    hash.finalize().to_vec()
}

async fn verify(reader: &mut Reader, partner: PartnerId, partner_code: String) -> Result<TrailReport, StoreError> {
    let mut faults = Vec::new();
    let mut note = |fault| {
        if faults.len() < MOST_FAULTS {
            faults.push(fault);
        }
    };
    let mut head = vec![0; 32];
    let (mut number, mut sealed, mut seals) = (0, 0_u64, 0_u64);
    loop {
        let page = store::audit::seals(reader, partner, number, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for seal in page {
            for missing in number + 1..seal.seal_number.min(number + 1 + MOST_FAULTS as i64) {
                note(TrailFault::MissingSeal(missing));
            }
            if seal.seal_number == number + 1 && seal.previous_hash != head {
                note(TrailFault::BrokenChain(seal.seal_number));
            }
            let mut records = Vec::new();
            let mut is_whole = true;
            for id in seal.record_ids.chunks_exact(16).filter_map(|id| Uuid::from_slice(id).ok()) {
                match store::audit::record(reader, partner, id).await? {
                    Some(record) => records.push(record),
                    None => {
                        is_whole = false;
                        note(TrailFault::MissingRecord { seal: seal.seal_number, record: id });
                    }
                }
            }
            let is_counted = i64::try_from(records.len()) == Ok(seal.record_count);
            if is_whole && !(is_counted && chain_hash(&seal, &records) == seal.hash) {
                note(TrailFault::WrongHash(seal.seal_number));
            }
            sealed += records.len() as u64;
            seals += 1;
            number = seal.seal_number;
            head = seal.hash;
        }
    }
    let mut pending = 0_u64;
    let mut after = Uuid::nil();
    loop {
        let page = store::audit::pending_page(reader, partner, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = *last;
        for id in page {
            match store::audit::record(reader, partner, id).await? {
                Some(_) => pending += 1,
                None => note(TrailFault::MissingPendingRecord(id)),
            }
        }
    }
    let records = count(store::audit::record_count(reader, partner).await?);
    if records != sealed + pending {
        note(TrailFault::WrongCount { found: records, accounted: sealed + pending });
    }
    let head = head.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(TrailReport { partner_code, records, sealed, pending, seals, head, faults })
}

fn count(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or(0)
}
