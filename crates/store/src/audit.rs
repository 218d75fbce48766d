//! The audit trail: records that are only added, the queue of those that wait for a seal, and the seals.

use domain::Timestamp;
use domain::audit::AuditRecord;
use domain::identifier::PartnerId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

struct RecordRow {
    partner_id: i64,
    record_id: Uuid,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    source: String,
    request_id: String,
    outcome: String,
    detail: String,
}

columns!(RecordRow { partner_id, record_id, at, actor, action, subject, source, request_id, outcome, detail });

impl From<RecordRow> for AuditRecord {
    fn from(row: RecordRow) -> Self {
        Self {
            partner: PartnerId(row.partner_id),
            id: row.record_id,
            at: Timestamp::from_micros(row.at),
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            source: row.source,
            request_id: row.request_id,
            outcome: row.outcome,
            detail: row.detail,
        }
    }
}

/// A row of `audit_seal`: one link of a partner's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealRow {
    /// Whose chain.
    pub partner: PartnerId,
    /// Its place in the chain, from 1 without a gap.
    pub seal_number: i64,
    /// How many records it covers.
    pub record_count: i64,
    /// Their identifiers in order, 16 bytes each.
    pub record_ids: Vec<u8>,
    /// The hash of the link before; zeros for the first.
    pub previous_hash: Vec<u8>,
    /// The hash over the link before and the records.
    pub hash: Vec<u8>,
    /// When it was made.
    pub sealed_at: Timestamp,
}

columns!(SealRow {
    partner as i64 = "partner_id",
    seal_number,
    record_count,
    record_ids,
    previous_hash,
    hash,
    sealed_at as i64,
});

statements! {
    INSERT = "INSERT INTO audit_record (partner_id, record_id, at, actor, action, subject, source, request_id, outcome, detail) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    INSERT_PENDING = "INSERT INTO audit_pending (partner_id, record_id) VALUES ($1, $2)";
    PENDING_PARTNERS = "SELECT DISTINCT partner_id FROM audit_pending ORDER BY partner_id";
    PENDING_RECORDS = "SELECT r.partner_id, r.record_id, r.at, r.actor, r.action, r.subject, r.source, r.request_id, r.outcome, r.detail \
                       FROM audit_pending p JOIN audit_record r ON r.partner_id = p.partner_id AND r.record_id = p.record_id \
                       WHERE p.partner_id = $1 ORDER BY p.record_id LIMIT $2";
    PENDING_COUNT = "SELECT COUNT(*) FROM audit_pending WHERE partner_id = $1";
    PENDING_PAGE = "SELECT record_id FROM audit_pending WHERE partner_id = $1 AND record_id > $2 ORDER BY record_id LIMIT $3";
    PENDING_UP_TO = "SELECT COUNT(*) FROM audit_pending WHERE partner_id = $1 AND record_id <= $2";
    DELETE_PENDING = "DELETE FROM audit_pending WHERE partner_id = $1 AND record_id <= $2";
    LAST_SEAL = "SELECT partner_id, seal_number, record_count, record_ids, previous_hash, hash, sealed_at FROM audit_seal \
                 WHERE partner_id = $1 ORDER BY seal_number DESC LIMIT 1";
    INSERT_SEAL = "INSERT INTO audit_seal (partner_id, seal_number, record_count, record_ids, previous_hash, hash, sealed_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
    SEALS = "SELECT partner_id, seal_number, record_count, record_ids, previous_hash, hash, sealed_at FROM audit_seal \
             WHERE partner_id = $1 AND seal_number > $2 ORDER BY seal_number LIMIT $3";
    RECORD = "SELECT partner_id, record_id, at, actor, action, subject, source, request_id, outcome, detail FROM audit_record \
              WHERE partner_id = $1 AND record_id = $2";
    TRAILS = "SELECT DISTINCT partner_id FROM audit_record UNION SELECT DISTINCT partner_id FROM audit_seal ORDER BY partner_id";
    RECORD_COUNT = "SELECT COUNT(*) FROM audit_record WHERE partner_id = $1";
    PAGE = "SELECT partner_id, record_id, at, actor, action, subject, source, request_id, outcome, detail FROM audit_record \
            WHERE partner_id = $1 AND record_id > $2 ORDER BY record_id LIMIT $3";
    LATEST = "SELECT partner_id, record_id, at, actor, action, subject, source, request_id, outcome, detail FROM audit_record \
              WHERE partner_id = $1 ORDER BY record_id DESC LIMIT $2";
}

/// Adds a record, and puts it into the queue for its seal.
///
/// # Errors
/// When a statement fails.
pub async fn insert(tx: &mut Tx, record: &AuditRecord) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        record.partner.0,
        record.id,
        record.at.micros(),
        &record.actor,
        &record.action,
        &record.subject,
        &record.source,
        &record.request_id,
        &record.outcome,
        &record.detail,
    )?;
    execute!(tx, INSERT_PENDING, record.partner.0, record.id).map(drop)
}

/// The partners that have records without a seal.
///
/// # Errors
/// When the statement fails.
pub async fn pending_partners(db: &mut impl Access) -> Result<Vec<PartnerId>, StoreError> {
    Ok(fetch!(fetch_all, (i64,), db, PENDING_PARTNERS)?.into_iter().map(|(partner,)| PartnerId(partner)).collect())
}

/// At most `limit` records of a partner without a seal, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn pending_records(
    db: &mut impl Access,
    partner: PartnerId,
    limit: i64,
) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = fetch!(fetch_all, RecordRow, db, PENDING_RECORDS, partner.0, limit)?;
    Ok(rows.into_iter().map(AuditRecord::from).collect())
}

/// How many records of a partner have no seal.
///
/// # Errors
/// When the statement fails.
pub async fn pending_count(db: &mut impl Access, partner: PartnerId) -> Result<i64, StoreError> {
    fetch!(count, db, PENDING_COUNT, partner.0)
}

/// At most `limit` identifiers in the queue of a partner, after `after`.
///
/// # Errors
/// When the statement fails.
pub async fn pending_page(
    db: &mut impl Access,
    partner: PartnerId,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    Ok(fetch!(fetch_all, (Uuid,), db, PENDING_PAGE, partner.0, after, limit)?.into_iter().map(|(id,)| id).collect())
}

/// The newest seal of a partner.
///
/// # Errors
/// When the statement fails.
pub async fn last_seal(db: &mut impl Access, partner: PartnerId) -> Result<Option<SealRow>, StoreError> {
    fetch!(fetch_optional, SealRow, db, LAST_SEAL, partner.0)
}

/// Whether `seal` follows the newest one, and `records` are the first of the queue.
///
/// # Errors
/// When a statement fails.
pub async fn is_next(tx: &mut Tx, seal: &SealRow, records: &[AuditRecord]) -> Result<bool, StoreError> {
    let Some(last) = records.last() else { return Ok(false) };
    let newest = last_seal(tx, seal.partner).await?.map_or(0, |seal| seal.seal_number);
    let (waiting,) = fetch!(fetch_one, (i64,), tx, PENDING_UP_TO, last.partner.0, last.id)?;
    Ok(newest + 1 == seal.seal_number && usize::try_from(waiting) == Ok(records.len()))
}

/// Adds a seal over `records`, the first of the queue in their order, and takes them out of it.
///
/// # Errors
/// When a statement fails, also when another process has made the seal of that number or the records are not the first of the queue.
pub async fn insert_seal(tx: &mut Tx, seal: &SealRow, records: &[AuditRecord]) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_SEAL,
        seal.partner.0,
        seal.seal_number,
        seal.record_count,
        &seal.record_ids,
        &seal.previous_hash,
        &seal.hash,
        seal.sealed_at.micros(),
    )?;
    if let Some(last) = records.last() {
        // One statement for all, because a statement each would cost half as much again as the writes that made them.
        let taken = execute!(tx, DELETE_PENDING, last.partner.0, last.id)?;
        if taken != records.len() as u64 {
            return Err(StoreError::unreadable(
                "audit_pending",
                "a seal covers other records than the first of the queue",
            ));
        }
    }
    Ok(())
}

/// At most `limit` seals of a partner after the number `after`, in order.
///
/// # Errors
/// When the statement fails.
pub async fn seals(
    db: &mut impl Access,
    partner: PartnerId,
    after: i64,
    limit: i64,
) -> Result<Vec<SealRow>, StoreError> {
    fetch!(fetch_all, SealRow, db, SEALS, partner.0, after, limit)
}

/// One record.
///
/// # Errors
/// When the statement fails.
pub async fn record(db: &mut impl Access, partner: PartnerId, id: Uuid) -> Result<Option<AuditRecord>, StoreError> {
    Ok(fetch!(fetch_optional, RecordRow, db, RECORD, partner.0, id)?.map(AuditRecord::from))
}

/// Every partner that has a trail.
///
/// # Errors
/// When the statement fails.
pub async fn trails(db: &mut impl Access) -> Result<Vec<PartnerId>, StoreError> {
    Ok(fetch!(fetch_all, (i64,), db, TRAILS)?.into_iter().map(|(partner,)| PartnerId(partner)).collect())
}

/// How many records a partner's trail has.
///
/// # Errors
/// When the statement fails.
pub async fn record_count(db: &mut impl Access, partner: PartnerId) -> Result<i64, StoreError> {
    fetch!(count, db, RECORD_COUNT, partner.0)
}

/// At most `limit` records of a partner after `after`, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    partner: PartnerId,
    after: Uuid,
    limit: u32,
) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = fetch!(fetch_all, RecordRow, db, PAGE, partner.0, after, i64::from(limit))?;
    Ok(rows.into_iter().map(AuditRecord::from).collect())
}

/// The newest `limit` records of a partner, newest first.
///
/// # Errors
/// When the statement fails.
pub async fn latest(db: &mut impl Access, partner: PartnerId, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
    let rows = fetch!(fetch_all, RecordRow, db, LATEST, partner.0, i64::from(limit))?;
    Ok(rows.into_iter().map(AuditRecord::from).collect())
}
