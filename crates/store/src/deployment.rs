//! Requests of manual onboarding, which the operator decides.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `deployment_request`.
#[derive(Clone, PartialEq, Eq)]
pub struct DeploymentRow {
    /// The partner that asks; 0 when it came by the public form.
    pub partner: PartnerId,
    /// Its identifier.
    pub request: Uuid,
    /// `RECEIVED`, `APPROVED` or `REJECTED`.
    pub state: String,
    /// The client that is asked for, as it was sent, in JSON.
    pub client: String,
    /// The accounting system; empty when there is none.
    pub accounting_system: String,
    /// The name of the person who completes the onboarding.
    pub responsible_name: String,
    /// That person's e-mail address.
    pub responsible_email: String,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was decided, in microseconds.
    pub decided_at: Option<i64>,
    /// Why it was rejected; else empty.
    pub reason: String,
    /// The partner of the client that was created; 0 before.
    pub client_partner: PartnerId,
    /// The client that was created; 0 before.
    pub client_id: i64,
}

impl std::fmt::Debug for DeploymentRow {
    /// Without persons and addresses.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeploymentRow")
            .field("request", &self.request)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

columns!(DeploymentRow {
    partner as i64 = "partner_id",
    request = "request_id",
    state,
    client,
    accounting_system,
    responsible_name,
    responsible_email,
    created_at as i64,
    decided_at,
    reason,
    client_partner as i64 = "client_partner_id",
    client_id,
});

/// The columns of a [`DeploymentRow`].
macro_rules! deployment_columns {
    () => {
        "partner_id, request_id, state, client, accounting_system, responsible_name, responsible_email, created_at, \
         decided_at, reason, client_partner_id, client_id"
    };
}

statements! {
    INSERT = "INSERT INTO deployment_request (partner_id, request_id, state, client, accounting_system, responsible_name, \
              responsible_email, created_at, reason, client_partner_id, client_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, 0)";
    BY_ID = concat!("SELECT ", deployment_columns!(), " FROM deployment_request WHERE request_id = $1");
    PAGE = concat!("SELECT ", deployment_columns!(), " FROM deployment_request WHERE request_id > $1 ORDER BY request_id LIMIT $2");
    PAGE_IN_STATE = concat!("SELECT ", deployment_columns!(), " FROM deployment_request \
                     WHERE state = $1 AND request_id > $2 ORDER BY request_id LIMIT $3");
    APPROVE = "UPDATE deployment_request SET state = 'APPROVED', decided_at = $3, client_partner_id = $4, client_id = $5 \
               WHERE partner_id = $1 AND request_id = $2 AND state = 'RECEIVED'";
    REJECT = "UPDATE deployment_request SET state = 'REJECTED', decided_at = $3, reason = $4 \
              WHERE partner_id = $1 AND request_id = $2 AND state = 'RECEIVED'";
    COUNT_OPEN = "SELECT COUNT(*) FROM (SELECT 1 FROM deployment_request WHERE partner_id = $1 AND decided_at IS NULL LIMIT $2) AS open";
    DECIDED_BEFORE = "SELECT partner_id, request_id FROM deployment_request WHERE decided_at < $1 LIMIT $2";
    DELETE = "DELETE FROM deployment_request WHERE partner_id = $1 AND request_id = $2";
}

/// Adds a request that nobody has decided.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &DeploymentRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.request,
        &row.state,
        &row.client,
        &row.accounting_system,
        &row.responsible_name,
        &row.responsible_email,
        row.created_at.micros(),
    )
    .map(drop)
}

/// The request of this identifier, whosever it is.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, request: Uuid) -> Result<Option<DeploymentRow>, StoreError> {
    fetch!(fetch_optional, DeploymentRow, db, BY_ID, request)
}

/// At most `limit` requests after `after`, oldest first, of one state or of all.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    state: Option<&str>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<DeploymentRow>, StoreError> {
    match state {
        Some(state) => fetch!(fetch_all, DeploymentRow, db, PAGE_IN_STATE, state, after, limit),
        None => fetch!(fetch_all, DeploymentRow, db, PAGE, after, limit),
    }
}

/// How many requests of a partner wait for their decision; no more than `most` are counted.
///
/// # Errors
/// When the statement fails.
pub async fn count_open(db: &mut impl Access, partner: PartnerId, most: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_OPEN, partner.0, most)
}

/// Notes that a request was approved and which client it became; false when it was decided before.
///
/// # Errors
/// When the statement fails.
pub async fn approve(
    tx: &mut Tx,
    row: &DeploymentRow,
    partner: PartnerId,
    client: ClientIdentifier,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, APPROVE, row.partner.0, row.request, now.micros(), partner.0, client.0)? == 1)
}

/// Notes that a request was rejected and why; false when it was decided before.
///
/// # Errors
/// When the statement fails.
pub async fn reject(tx: &mut Tx, row: &DeploymentRow, reason: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, REJECT, row.partner.0, row.request, now.micros(), reason)? == 1)
}

/// Removes at most `limit` requests that were decided before `before`, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let decided = fetch!(fetch_all, (i64, Uuid), tx, DECIDED_BEFORE, before.micros(), limit)?;
    for (partner, request) in &decided {
        execute!(tx, DELETE, *partner, *request)?;
    }
    Ok(decided.len() as u64)
}
