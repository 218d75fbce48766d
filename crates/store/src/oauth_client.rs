//! OAuth clients of the point-of-sale service: kept like keys, as a keyed hash and a sealed secret.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `oauth_client`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthClientRow {
    /// The client's partner.
    pub partner: PartnerId,
    /// The client that holds it.
    pub client: ClientIdentifier,
    /// `client_id` of the token endpoint.
    pub oauth_client_id: String,
    /// The keyed hash of `client_secret`.
    pub lookup: Vec<u8>,
    /// `client_secret`, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked, in microseconds.
    pub revoked_at: Option<i64>,
}

columns!(OauthClientRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    oauth_client_id,
    lookup,
    sealed,
    master_key_version,
    created_at as i64,
    revoked_at,
});

statements! {
    INSERT = "INSERT INTO oauth_client (partner_id, client_id, oauth_client_id, lookup, sealed, master_key_version, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_CLIENT = "SELECT partner_id, client_id, oauth_client_id, lookup, sealed, master_key_version, created_at, revoked_at \
                 FROM oauth_client WHERE partner_id = $1 AND client_id = $2";
    BY_OAUTH_CLIENT_ID = "SELECT partner_id, client_id, oauth_client_id, lookup, sealed, master_key_version, created_at, revoked_at \
                          FROM oauth_client WHERE oauth_client_id = $1";
    REVOKE = "UPDATE oauth_client SET revoked_at = $3 WHERE partner_id = $1 AND client_id = $2 AND revoked_at IS NULL";
    REPLACE_SECRET = "UPDATE oauth_client SET lookup = $3, sealed = $4, master_key_version = $5, created_at = $6, revoked_at = NULL \
                      WHERE partner_id = $1 AND client_id = $2";
    NOT_SEALED_UNDER = "SELECT partner_id, client_id, oauth_client_id, lookup, sealed, master_key_version, created_at, revoked_at \
                        FROM oauth_client WHERE master_key_version <> $1 LIMIT $2";
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM oauth_client WHERE master_key_version <> $1";
    RESEAL = "UPDATE oauth_client SET sealed = $3, master_key_version = $4 WHERE partner_id = $1 AND client_id = $2";
}

/// Adds an OAuth client that is not revoked.
///
/// # Errors
/// When the statement fails, also when the client has one.
pub async fn insert(tx: &mut Tx, row: &OauthClientRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        &row.oauth_client_id,
        &row.lookup,
        &row.sealed,
        row.master_key_version,
        row.created_at.micros(),
    )
    .map(drop)
}

/// The OAuth client of a client.
///
/// # Errors
/// When the statement fails.
pub async fn by_client(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Option<OauthClientRow>, StoreError> {
    fetch!(fetch_optional, OauthClientRow, db, BY_CLIENT, partner.0, client.0)
}

/// The OAuth client of this `client_id`, by its unique index.
///
/// # Errors
/// When the statement fails.
pub async fn by_oauth_client_id(
    db: &mut impl Access,
    oauth_client_id: &str,
) -> Result<Option<OauthClientRow>, StoreError> {
    fetch!(fetch_optional, OauthClientRow, db, BY_OAUTH_CLIENT_ID, oauth_client_id)
}

/// Revokes the OAuth client of a client; false when it has none that works.
///
/// # Errors
/// When the statement fails.
pub async fn revoke(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, REVOKE, partner.0, client.0, now.micros())? == 1)
}

/// Gives the OAuth client of `row`'s client the secret of `row`, with which it works again.
///
/// # Errors
/// When the statement fails.
pub async fn replace_secret(tx: &mut Tx, row: &OauthClientRow) -> Result<(), StoreError> {
    execute!(
        tx,
        REPLACE_SECRET,
        row.partner.0,
        row.client.0,
        &row.lookup,
        &row.sealed,
        row.master_key_version,
        row.created_at.micros(),
    )
    .map(drop)
}

/// At most `limit` OAuth clients that are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(
    db: &mut impl Access,
    version: i64,
    limit: i64,
) -> Result<Vec<OauthClientRow>, StoreError> {
    fetch!(fetch_all, OauthClientRow, db, NOT_SEALED_UNDER, version, limit)
}

/// How many secrets are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}

/// Keeps a secret sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, row: &OauthClientRow, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    execute!(tx, RESEAL, row.partner.0, row.client.0, sealed, version).map(drop)
}
