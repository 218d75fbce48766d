//! What is known of an applicant in a flow at the point of sale, before applying: a sealed row for each flow of a merchant.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::FamilyId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `flow_information`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowInformationRow {
    /// The merchant's partner.
    pub partner: PartnerId,
    /// The merchant's client.
    pub client: ClientIdentifier,
    /// The flow: `x-reference-id`.
    pub reference: Uuid,
    /// The token family that opened it.
    pub family: FamilyId,
    /// The scope of the token that opened it, by name.
    pub scope: String,
    /// What is known, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
    /// When the flow was opened.
    pub created_at: Timestamp,
    /// When it was last added to.
    pub changed_at: Timestamp,
    /// From when on it is as none.
    pub expires_at: Timestamp,
}

columns!(FlowInformationRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    reference = "reference_id",
    family as Uuid = "family_id",
    scope,
    sealed,
    master_key_version,
    created_at as i64,
    changed_at as i64,
    expires_at as i64,
});

statements! {
    /// Of a row that is there nothing is changed: the update is for its lock, and has what another transaction has just made of it given.
    TAKE = "INSERT INTO flow_information \
            (partner_id, client_id, reference_id, family_id, scope, sealed, master_key_version, created_at, changed_at, expires_at) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (partner_id, client_id, reference_id) DO UPDATE SET \
            changed_at = flow_information.changed_at \
            RETURNING partner_id, client_id, reference_id, family_id, scope, sealed, master_key_version, created_at, changed_at, expires_at";
    KEEP = "UPDATE flow_information SET family_id = $4, scope = $5, sealed = $6, master_key_version = $7, created_at = $8, \
            changed_at = $9, expires_at = $10 WHERE partner_id = $1 AND client_id = $2 AND reference_id = $3";
    BY_FLOW = "SELECT partner_id, client_id, reference_id, family_id, scope, sealed, master_key_version, created_at, changed_at, expires_at \
               FROM flow_information WHERE partner_id = $1 AND client_id = $2 AND reference_id = $3 AND expires_at > $4";
    COUNT_OPEN = "SELECT COUNT(*) FROM (SELECT 1 FROM flow_information \
                  WHERE partner_id = $1 AND client_id = $2 AND scope = $3 AND expires_at > $4 LIMIT $5) AS open";
    COUNT_OF_FAMILY = "SELECT COUNT(*) FROM (SELECT 1 FROM flow_information \
                       WHERE partner_id = $1 AND client_id = $2 AND scope = $3 AND family_id = $4 AND expires_at > $5 LIMIT $6) AS open";
    PURGE = "WITH gone AS MATERIALIZED ( \
             SELECT partner_id, client_id, reference_id FROM flow_information WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 \
             FOR UPDATE SKIP LOCKED) \
             DELETE FROM flow_information \
             WHERE (partner_id, client_id, reference_id) IN (SELECT partner_id, client_id, reference_id FROM gone)";
    NOT_SEALED_UNDER = "SELECT partner_id, client_id, reference_id, family_id, scope, sealed, master_key_version, created_at, changed_at, expires_at \
                        FROM flow_information WHERE master_key_version <> $1 LIMIT $2";
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM flow_information WHERE master_key_version <> $1";
    RESEAL = "UPDATE flow_information SET sealed = $4, master_key_version = $5 \
              WHERE partner_id = $1 AND client_id = $2 AND reference_id = $3";
}

/// Takes a flow for this transaction, and gives it as it is now, also when it has expired; one that is not there is made as `new`. Another
/// transaction that takes it waits for the end of this one, and finds what this one has kept.
///
/// # Errors
/// When the statement fails.
pub async fn take(tx: &mut Tx, new: &FlowInformationRow) -> Result<FlowInformationRow, StoreError> {
    fetch!(
        fetch_one,
        FlowInformationRow,
        tx,
        TAKE,
        new.partner.0,
        new.client.0,
        new.reference,
        new.family.0,
        &new.scope,
        &new.sealed,
        new.master_key_version,
        new.created_at.micros(),
        new.changed_at.micros(),
        new.expires_at.micros(),
    )
}

/// Keeps what is known in a flow that this transaction has taken, in place of what was kept of it.
///
/// # Errors
/// When the statement fails.
pub async fn keep(tx: &mut Tx, row: &FlowInformationRow) -> Result<(), StoreError> {
    execute!(
        tx,
        KEEP,
        row.partner.0,
        row.client.0,
        row.reference,
        row.family.0,
        &row.scope,
        &row.sealed,
        row.master_key_version,
        row.created_at.micros(),
        row.changed_at.micros(),
        row.expires_at.micros(),
    )
    .map(drop)
}

/// What is known in a flow at the moment `now`. What has expired is as none, also while it is still there.
///
/// # Errors
/// When the statement fails.
pub async fn by_flow(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    reference: Uuid,
    now: Timestamp,
) -> Result<Option<FlowInformationRow>, StoreError> {
    fetch!(fetch_optional, FlowInformationRow, db, BY_FLOW, partner.0, client.0, reference, now.micros())
}

/// How many flows of a merchant that tokens of this scope opened have not expired at the moment `now`; `most` when there are more.
///
/// # Errors
/// When the statement fails.
pub async fn count_open(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    scope: &str,
    now: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_OPEN, partner.0, client.0, scope, now.micros(), most)
}

/// The same of those that one token family opened.
///
/// # Errors
/// When the statement fails.
pub async fn count_of_family(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    (scope, family): (&str, FamilyId),
    now: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_OF_FAMILY, partner.0, client.0, scope, family.0, now.micros(), most)
}

/// Removes at most `limit` flows that have expired at the moment `now`, and gives their number. Those that another process is removing or
/// adding to are passed over.
///
/// # Errors
/// When the statement fails.
pub async fn purge(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    execute!(tx, PURGE, now.micros(), limit)
}

/// At most `limit` flows that are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(
    db: &mut impl Access,
    version: i64,
    limit: i64,
) -> Result<Vec<FlowInformationRow>, StoreError> {
    fetch!(fetch_all, FlowInformationRow, db, NOT_SEALED_UNDER, version, limit)
}

/// How many flows are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}

/// Keeps a flow sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, row: &FlowInformationRow, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    execute!(tx, RESEAL, row.partner.0, row.client.0, row.reference, sealed, version).map(drop)
}
