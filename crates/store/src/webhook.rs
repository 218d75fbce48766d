//! Webhook endpoints: where a partner is told of events, with its sealed secrets, and how it fares.

use domain::Timestamp;
use domain::identifier::PartnerId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `webhook_endpoint`.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointRow {
    /// Whose it is.
    pub partner: PartnerId,
    /// Its identifier.
    pub endpoint: Uuid,
    /// Where it is.
    pub url: String,
    /// The kinds of event that it wants, separated by commas; empty for every one.
    pub events: String,
    /// The secret, sealed.
    pub sealed: Vec<u8>,
    /// The secret before, sealed.
    pub former_sealed: Option<Vec<u8>>,
    /// Until when the secret before signs as well, in microseconds.
    pub former_until: Option<i64>,
    /// The master key that both are sealed under.
    pub master_key_version: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When the first try failed since the last that did not, in microseconds.
    pub failing_since: Option<i64>,
    /// When it was disabled, in microseconds.
    pub disabled_at: Option<i64>,
    /// Why it was disabled; else empty.
    pub disabled_reason: String,
}

impl std::fmt::Debug for EndpointRow {
    /// Without the address, which may hold a secret of the receiver's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EndpointRow")
            .field("endpoint", &self.endpoint)
            .field("disabled_at", &self.disabled_at)
            .finish_non_exhaustive()
    }
}

columns!(EndpointRow {
    partner as i64 = "partner_id",
    endpoint = "endpoint_id",
    url,
    events,
    sealed,
    former_sealed,
    former_until,
    master_key_version,
    created_at as i64,
    failing_since,
    disabled_at,
    disabled_reason,
});

/// The columns of an [`EndpointRow`].
macro_rules! endpoint_columns {
    () => {
        "partner_id, endpoint_id, url, events, sealed, former_sealed, former_until, master_key_version, created_at, failing_since, \
         disabled_at, disabled_reason"
    };
}

statements! {
    INSERT = "INSERT INTO webhook_endpoint (partner_id, endpoint_id, url, events, sealed, master_key_version, created_at, disabled_reason) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, '')";
    COUNT = "SELECT COUNT(*) FROM webhook_endpoint WHERE partner_id = $1";
    ENABLED = "SELECT endpoint_id, events FROM webhook_endpoint WHERE partner_id = $1 AND disabled_at IS NULL ORDER BY endpoint_id";
    OF_PARTNER = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint WHERE partner_id = $1 ORDER BY endpoint_id");
    ALL = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint ORDER BY partner_id, endpoint_id");
    BY_ID = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint WHERE endpoint_id = $1");
    DELETE = "DELETE FROM webhook_endpoint WHERE partner_id = $1 AND endpoint_id = $2";
    REPLACE_SECRETS = "UPDATE webhook_endpoint SET sealed = $3, former_sealed = $4, former_until = $5, master_key_version = $6 \
                       WHERE partner_id = $1 AND endpoint_id = $2 AND master_key_version = $7 AND sealed = $8";
    FAILS = "UPDATE webhook_endpoint SET failing_since = $3 WHERE partner_id = $1 AND endpoint_id = $2 AND failing_since IS NULL";
    WORKS = "UPDATE webhook_endpoint SET failing_since = NULL WHERE partner_id = $1 AND endpoint_id = $2 AND failing_since IS NOT NULL";
    DISABLE = "UPDATE webhook_endpoint SET disabled_at = $3, disabled_reason = $4 \
               WHERE partner_id = $1 AND endpoint_id = $2 AND disabled_at IS NULL";
    ENABLE = "UPDATE webhook_endpoint SET disabled_at = NULL, disabled_reason = '', failing_since = NULL \
              WHERE partner_id = $1 AND endpoint_id = $2 AND disabled_at IS NOT NULL";
    NOT_SEALED_UNDER = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint WHERE master_key_version <> $1 LIMIT $2");
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM webhook_endpoint WHERE master_key_version <> $1";
}

/// Adds an endpoint that works, with one secret.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &EndpointRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.endpoint,
        &row.url,
        &row.events,
        &row.sealed,
        row.master_key_version,
        row.created_at.micros(),
    )
    .map(drop)
}

/// How many endpoints a partner has.
///
/// # Errors
/// When the statement fails.
pub async fn count(db: &mut impl Access, partner: PartnerId) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT, partner.0)
}

/// The endpoints of a partner that are not disabled, each with the kinds of event that it wants.
///
/// # Errors
/// When the statement fails.
pub async fn enabled(tx: &mut Tx, partner: PartnerId) -> Result<Vec<(Uuid, String)>, StoreError> {
    fetch!(fetch_all, (Uuid, String), tx, ENABLED, partner.0)
}

/// The endpoints of a partner, or of all, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn list(db: &mut impl Access, partner: Option<PartnerId>) -> Result<Vec<EndpointRow>, StoreError> {
    match partner {
        Some(partner) => fetch!(fetch_all, EndpointRow, db, OF_PARTNER, partner.0),
        None => fetch!(fetch_all, EndpointRow, db, ALL),
    }
}

/// The endpoint of this identifier.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, endpoint: Uuid) -> Result<Option<EndpointRow>, StoreError> {
    fetch!(fetch_optional, EndpointRow, db, BY_ID, endpoint)
}

/// Removes an endpoint; false when it is not there.
///
/// # Errors
/// When the statement fails.
pub async fn delete(tx: &mut Tx, row: &EndpointRow) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, row.partner.0, row.endpoint)? == 1)
}

/// Keeps the secrets of `after`; false when they are not those of `before` any more.
///
/// # Errors
/// When the statement fails.
pub async fn replace_secrets(tx: &mut Tx, before: &EndpointRow, after: &EndpointRow) -> Result<bool, StoreError> {
    let changed = execute!(
        tx,
        REPLACE_SECRETS,
        before.partner.0,
        before.endpoint,
        &after.sealed,
        &after.former_sealed,
        after.former_until,
        after.master_key_version,
        before.master_key_version,
        &before.sealed,
    )?;
    Ok(changed == 1)
}

/// Notes that a try failed at `now`, unless one had failed before.
///
/// # Errors
/// When the statement fails.
pub async fn fails(tx: &mut Tx, row: &EndpointRow, now: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, FAILS, row.partner.0, row.endpoint, now.micros())? == 1)
}

/// Notes that a try did not fail.
///
/// # Errors
/// When the statement fails.
pub async fn works(tx: &mut Tx, row: &EndpointRow) -> Result<bool, StoreError> {
    Ok(execute!(tx, WORKS, row.partner.0, row.endpoint)? == 1)
}

/// Disables an endpoint; false when it is disabled, or gone.
///
/// # Errors
/// When the statement fails.
pub async fn disable(tx: &mut Tx, row: &EndpointRow, now: Timestamp, reason: &str) -> Result<bool, StoreError> {
    Ok(execute!(tx, DISABLE, row.partner.0, row.endpoint, now.micros(), reason)? == 1)
}

/// Has an endpoint work again, as if it had never failed; false when it is not disabled, or gone.
///
/// # Errors
/// When the statement fails.
pub async fn enable(tx: &mut Tx, row: &EndpointRow) -> Result<bool, StoreError> {
    Ok(execute!(tx, ENABLE, row.partner.0, row.endpoint)? == 1)
}

/// At most `limit` endpoints whose secrets are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(db: &mut impl Access, version: i64, limit: i64) -> Result<Vec<EndpointRow>, StoreError> {
    fetch!(fetch_all, EndpointRow, db, NOT_SEALED_UNDER, version, limit)
}

/// How many endpoints have secrets that are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}
