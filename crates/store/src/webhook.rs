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
    /// How many tries were counted as failed since the last that did not.
    pub failures: i64,
    /// Before when there is no try, because one has failed; in microseconds.
    pub next_try_at: Option<i64>,
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
    failures,
    next_try_at,
    disabled_at,
    disabled_reason,
});

/// How an endpoint fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// When the first try failed since the last that did not.
    pub since: Timestamp,
    /// How many were counted since.
    pub failures: i64,
    /// Before when there is no other try.
    pub next_try_at: Timestamp,
}

/// The columns of an [`EndpointRow`].
macro_rules! endpoint_columns {
    () => {
        "partner_id, endpoint_id, url, events, sealed, former_sealed, former_until, master_key_version, created_at, failing_since, \
         failures, next_try_at, disabled_at, disabled_reason"
    };
}

statements! {
    INSERT = "INSERT INTO webhook_endpoint (partner_id, endpoint_id, url, events, sealed, master_key_version, created_at, failures, \
              disabled_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')";
    COUNT = "SELECT COUNT(*) FROM webhook_endpoint WHERE partner_id = $1";
    ENABLED = "SELECT partner_id, endpoint_id, events FROM webhook_endpoint WHERE disabled_at IS NULL ORDER BY partner_id, endpoint_id";
    PAUSED = "SELECT endpoint_id, next_try_at FROM webhook_endpoint WHERE next_try_at IS NOT NULL AND disabled_at IS NULL";
    OF_PARTNER = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint WHERE partner_id = $1 ORDER BY endpoint_id");
    ALL = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint ORDER BY partner_id, endpoint_id");
    BY_ID = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint WHERE endpoint_id = $1");
    BY_KEY = concat!("SELECT ", endpoint_columns!(), " FROM webhook_endpoint WHERE partner_id = $1 AND endpoint_id = $2");
    DELETE = "DELETE FROM webhook_endpoint WHERE partner_id = $1 AND endpoint_id = $2";
    REPLACE_SECRETS = "UPDATE webhook_endpoint SET sealed = $3, former_sealed = $4, former_until = $5, master_key_version = $6 \
                       WHERE partner_id = $1 AND endpoint_id = $2 AND master_key_version = $7 AND sealed = $8";
    FORGET_FORMER = "UPDATE webhook_endpoint SET former_sealed = NULL, former_until = NULL WHERE former_until < $1";
    FAILS = "UPDATE webhook_endpoint SET failing_since = $5, failures = $6, next_try_at = $7 WHERE partner_id = $1 AND endpoint_id = $2 \
             AND failures = $3 AND COALESCE(failing_since, 0) = $4 AND disabled_at IS NULL";
    WORKS = "UPDATE webhook_endpoint SET failing_since = NULL, failures = 0, next_try_at = NULL \
             WHERE partner_id = $1 AND endpoint_id = $2 AND failing_since IS NOT NULL";
    DISABLE = "UPDATE webhook_endpoint SET disabled_at = $3, disabled_reason = $4 \
               WHERE partner_id = $1 AND endpoint_id = $2 AND disabled_at IS NULL";
    DISABLE_FAILING = "UPDATE webhook_endpoint SET disabled_at = $3, disabled_reason = $4 \
                       WHERE partner_id = $1 AND endpoint_id = $2 AND disabled_at IS NULL AND failures = $5 AND COALESCE(failing_since, 0) = $6";
    DISABLE_ALL = "UPDATE webhook_endpoint SET disabled_at = $2, disabled_reason = $3 WHERE partner_id = $1 AND disabled_at IS NULL";
    ENABLE = "UPDATE webhook_endpoint SET disabled_at = NULL, disabled_reason = '', failing_since = NULL, failures = 0, next_try_at = NULL \
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

/// The endpoints that are not disabled: whose each is, and the kinds of event that it wants.
///
/// # Errors
/// When the statement fails.
pub async fn enabled(db: &mut impl Access) -> Result<Vec<(PartnerId, Uuid, String)>, StoreError> {
    let rows = fetch!(fetch_all, (i64, Uuid, String), db, ENABLED)?;
    Ok(rows.into_iter().map(|(partner, endpoint, events)| (PartnerId(partner), endpoint, events)).collect())
}

/// The endpoints that are not disabled and of which a try has failed, each with the time before which there is no other.
///
/// # Errors
/// When the statement fails.
pub async fn paused(db: &mut impl Access) -> Result<Vec<(Uuid, Timestamp)>, StoreError> {
    let rows = fetch!(fetch_all, (Uuid, i64), db, PAUSED)?;
    Ok(rows.into_iter().map(|(endpoint, at)| (endpoint, Timestamp::from_micros(at))).collect())
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

/// The endpoint of a partner.
///
/// # Errors
/// When the statement fails.
pub async fn by_key(
    db: &mut impl Access,
    partner: PartnerId,
    endpoint: Uuid,
) -> Result<Option<EndpointRow>, StoreError> {
    fetch!(fetch_optional, EndpointRow, db, BY_KEY, partner.0, endpoint)
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

/// Removes the former secrets that ended before `now`, and gives their number.
///
/// # Errors
/// When the statement fails.
pub async fn forget_former(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx, FORGET_FORMER, now.micros())
}

/// Notes how an endpoint fails after a try that began when it was as `before`; false when another try has ended in between.
///
/// # Errors
/// When the statement fails.
pub async fn fails(tx: &mut Tx, before: &EndpointRow, after: &Failing) -> Result<bool, StoreError> {
    let changed = execute!(
        tx,
        FAILS,
        before.partner.0,
        before.endpoint,
        before.failures,
        before.failing_since.unwrap_or_default(),
        after.since.micros(),
        after.failures,
        after.next_try_at.micros(),
    )?;
    Ok(changed == 1)
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

/// Disables an endpoint because it fails as in `row`; false when it is disabled or gone, or another try has ended in between.
///
/// # Errors
/// When the statement fails.
pub async fn disable_failing(tx: &mut Tx, row: &EndpointRow, now: Timestamp, reason: &str) -> Result<bool, StoreError> {
    let (failures, since) = (row.failures, row.failing_since.unwrap_or_default());
    Ok(execute!(tx, DISABLE_FAILING, row.partner.0, row.endpoint, now.micros(), reason, failures, since)? == 1)
}

/// Disables every endpoint of a partner that is not disabled, and gives their number.
///
/// # Errors
/// When the statement fails.
pub async fn disable_all(tx: &mut Tx, partner: PartnerId, now: Timestamp, reason: &str) -> Result<u64, StoreError> {
    execute!(tx, DISABLE_ALL, partner.0, now.micros(), reason)
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
