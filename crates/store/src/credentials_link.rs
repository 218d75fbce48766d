//! One-time links to credentials: found by a keyed hash of the token in their address.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `credentials_link`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The client's partner.
    pub partner: PartnerId,
    /// The link's identifier, which is no secret.
    pub link: Uuid,
    /// The client whose credentials it shows.
    pub client: ClientIdentifier,
    /// The deployment request that it belongs to.
    pub request: Uuid,
    /// The keyed hash of its token.
    pub lookup: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not work.
    pub expires_at: Timestamp,
    /// When it was used, in microseconds.
    pub used_at: Option<i64>,
}

columns!(LinkRow {
    partner as i64 = "partner_id",
    link = "link_id",
    client as i64 = "client_id",
    request = "request_id",
    lookup,
    created_at as i64,
    expires_at as i64,
    used_at,
});

statements! {
    INSERT = "INSERT INTO credentials_link (partner_id, link_id, client_id, request_id, lookup, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_LOOKUP = "SELECT partner_id, link_id, client_id, request_id, lookup, created_at, expires_at, used_at FROM credentials_link \
                 WHERE lookup = $1";
    USE = "UPDATE credentials_link SET used_at = $3 WHERE partner_id = $1 AND link_id = $2 AND used_at IS NULL AND expires_at > $3";
    END = "UPDATE credentials_link SET expires_at = $3 WHERE partner_id = $1 AND client_id = $2 AND used_at IS NULL AND expires_at > $3";
    EXPIRED_BEFORE = "SELECT partner_id, link_id FROM credentials_link WHERE expires_at < $1 LIMIT $2";
    DELETE = "DELETE FROM credentials_link WHERE partner_id = $1 AND link_id = $2";
}

/// Adds a link that nobody has used.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &LinkRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.link,
        row.client.0,
        row.request,
        &row.lookup,
        row.created_at.micros(),
        row.expires_at.micros(),
    )
    .map(drop)
}

/// The link whose token has this keyed hash.
///
/// # Errors
/// When the statement fails.
pub async fn by_lookup(db: &mut impl Access, lookup: &[u8]) -> Result<Option<LinkRow>, StoreError> {
    fetch!(fetch_optional, LinkRow, db, BY_LOOKUP, lookup)
}

/// Notes that a link was used; false when it was before, or has expired.
///
/// # Errors
/// When the statement fails.
pub async fn spend(tx: &mut Tx, row: &LinkRow, now: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, USE, row.partner.0, row.link, now.micros())? == 1)
}

/// Ends every link of a client that nobody has used, and gives their number.
///
/// # Errors
/// When the statement fails.
pub async fn end(tx: &mut Tx, partner: PartnerId, client: ClientIdentifier, now: Timestamp) -> Result<u64, StoreError> {
    execute!(tx, END, partner.0, client.0, now.micros())
}

/// Removes at most `limit` links that expired before `before`, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let expired = fetch!(fetch_all, (i64, Uuid), tx, EXPIRED_BEFORE, before.micros(), limit)?;
    for (partner, link) in &expired {
        execute!(tx, DELETE, *partner, *link)?;
    }
    Ok(expired.len() as u64)
}
