//! API keys: kept as a keyed hash for look-up and a sealed value for showing again.

use domain::Timestamp;
use domain::api_key::{KeyHolder, KeyId, KeyLife};
use domain::identifier::{ClientIdentifier, PartnerId};
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `api_key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// The holder's partner.
    pub partner: PartnerId,
    /// The key's identifier.
    pub key: KeyId,
    /// The client that holds it; 0 when the partner does.
    pub client_id: i64,
    /// Its kind, by name.
    pub kind: String,
    /// The keyed hash of its value.
    pub lookup: Vec<u8>,
    /// Its value, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
    /// Allowed networks, separated by commas; empty for any.
    pub networks: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// In microseconds, like the times below.
    pub expires_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// Until when it works beside its successor.
    pub overlap_until: Option<i64>,
    /// The key that renewed it.
    pub successor_id: Option<Uuid>,
}

columns!(ApiKeyRow {
    partner as i64 = "partner_id",
    key as Uuid = "key_id",
    client_id,
    kind,
    lookup,
    sealed,
    master_key_version,
    networks,
    created_at as i64,
    expires_at,
    revoked_at,
    overlap_until,
    successor_id,
});

impl ApiKeyRow {
    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> KeyHolder {
        KeyHolder { partner: self.partner, client: (self.client_id != 0).then_some(ClientIdentifier(self.client_id)) }
    }

    /// What decides whether it works.
    #[must_use]
    pub fn life(&self) -> KeyLife {
        KeyLife {
            expires_at: self.expires_at.map(Timestamp::from_micros),
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
            overlap_until: self.overlap_until.map(Timestamp::from_micros),
        }
    }
}

statements! {
    INSERT = "INSERT INTO api_key (partner_id, key_id, client_id, kind, lookup, sealed, master_key_version, networks, created_at, \
              expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    INSERT_LOOKUP = "INSERT INTO api_key_lookup (lookup, partner_id, key_id) VALUES ($1, $2, $3)";
    BY_LOOKUP = "SELECT k.partner_id, k.key_id, k.client_id, k.kind, k.lookup, k.sealed, k.master_key_version, k.networks, \
                 k.created_at, k.expires_at, k.revoked_at, k.overlap_until, k.successor_id \
                 FROM api_key_lookup l JOIN api_key k ON k.partner_id = l.partner_id AND k.key_id = l.key_id WHERE l.lookup = $1";
    BY_ID = "SELECT partner_id, key_id, client_id, kind, lookup, sealed, master_key_version, networks, created_at, expires_at, \
             revoked_at, overlap_until, successor_id FROM api_key WHERE key_id = $1";
    OF_HOLDER = "SELECT partner_id, key_id, client_id, kind, lookup, sealed, master_key_version, networks, created_at, expires_at, \
                 revoked_at, overlap_until, successor_id FROM api_key WHERE partner_id = $1 AND key_id IN ( \
                 SELECT key_id FROM api_key WHERE partner_id = $1 AND client_id = $2) ORDER BY created_at, key_id";
    SUPERSEDE = "UPDATE api_key SET successor_id = $3, overlap_until = $4 \
                 WHERE partner_id = $1 AND key_id = $2 AND successor_id IS NULL AND revoked_at IS NULL";
    REVOKE = "UPDATE api_key SET revoked_at = $3 WHERE partner_id = $1 AND key_id = $2 AND revoked_at IS NULL";
    USED = "INSERT INTO api_key_use (partner_id, key_id, last_used_at) VALUES ($1, $2, $3) \
            ON CONFLICT (partner_id, key_id) DO UPDATE SET last_used_at = excluded.last_used_at \
            WHERE api_key_use.last_used_at < excluded.last_used_at";
    LAST_USE = "SELECT last_used_at FROM api_key_use WHERE partner_id = $1 AND key_id = $2";
    DELETE_USE = "DELETE FROM api_key_use WHERE partner_id = $1 AND key_id = $2";
    NOT_SEALED_UNDER = "SELECT partner_id, key_id, client_id, kind, lookup, sealed, master_key_version, networks, created_at, \
                        expires_at, revoked_at, overlap_until, successor_id FROM api_key \
                        WHERE key_id > $1 AND master_key_version <> $2 ORDER BY key_id LIMIT $3";
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM api_key WHERE master_key_version <> $1";
    ALLOW = "UPDATE api_key SET networks = $3 WHERE partner_id = $1 AND key_id = $2";
    RESEAL = "UPDATE api_key SET sealed = $3, master_key_version = $4 WHERE partner_id = $1 AND key_id = $2";
    SUPERSEDED_BEFORE = "SELECT partner_id, key_id, lookup FROM api_key WHERE overlap_until < $1 LIMIT $2";
    DELETE = "DELETE FROM api_key WHERE partner_id = $1 AND key_id = $2";
    DELETE_LOOKUP = "DELETE FROM api_key_lookup WHERE lookup = $1";
    VERSION = "SELECT version FROM cache_version WHERE name = 'api_key'";
    COUNT_VERSION_UP = "UPDATE cache_version SET version = version + 1 WHERE name = 'api_key'";
}

/// Adds a key. Only what a new key has is kept: it is neither revoked nor renewed.
///
/// # Errors
/// When a statement fails.
pub async fn insert(tx: &mut Tx, row: &ApiKeyRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.key.0,
        row.client_id,
        &row.kind,
        &row.lookup,
        &row.sealed,
        row.master_key_version,
        &row.networks,
        row.created_at.micros(),
        row.expires_at,
    )?;
    execute!(tx, INSERT_LOOKUP, &row.lookup, row.partner.0, row.key.0).map(drop)
}

/// The key whose value has this keyed hash.
///
/// # Errors
/// When the statement fails.
pub async fn by_lookup(db: &mut impl Access, lookup: &[u8]) -> Result<Option<ApiKeyRow>, StoreError> {
    fetch!(fetch_optional, ApiKeyRow, db, BY_LOOKUP, lookup)
}

/// The key of this identifier.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, key: KeyId) -> Result<Option<ApiKeyRow>, StoreError> {
    fetch!(fetch_optional, ApiKeyRow, db, BY_ID, key.0)
}

/// Every key of a holder, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn of_holder(db: &mut impl Access, holder: KeyHolder) -> Result<Vec<ApiKeyRow>, StoreError> {
    let client = holder.client.map_or(0, |client| client.0);
    fetch!(fetch_all, ApiKeyRow, db, OF_HOLDER, holder.partner.0, client)
}

/// Names the successor of a key and the end of their overlap; false when it has one already or is revoked.
///
/// # Errors
/// When the statement fails.
pub async fn supersede(
    tx: &mut Tx,
    partner: PartnerId,
    key: KeyId,
    successor: KeyId,
    overlap_until: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, SUPERSEDE, partner.0, key.0, successor.0, overlap_until.micros())? == 1)
}

/// Revokes a key; false when it was already.
///
/// # Errors
/// When the statement fails.
pub async fn revoke(tx: &mut Tx, partner: PartnerId, key: KeyId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, REVOKE, partner.0, key.0, now.micros())? == 1)
}

/// Keeps when a key was last used. A time earlier than the one that is kept changes nothing.
///
/// # Errors
/// When the statement fails.
pub async fn used(tx: &mut Tx, partner: PartnerId, key: KeyId, at: Timestamp) -> Result<(), StoreError> {
    execute!(tx, USED, partner.0, key.0, at.micros()).map(drop)
}

/// When a key was last used, to the minute.
///
/// # Errors
/// When the statement fails.
pub async fn last_use(db: &mut impl Access, partner: PartnerId, key: KeyId) -> Result<Option<Timestamp>, StoreError> {
    let row = fetch!(fetch_optional, (i64,), db, LAST_USE, partner.0, key.0)?;
    Ok(row.map(|(at,)| Timestamp::from_micros(at)))
}

/// At most `limit` keys after `after` that are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(
    db: &mut impl Access,
    version: i64,
    after: KeyId,
    limit: i64,
) -> Result<Vec<ApiKeyRow>, StoreError> {
    fetch!(fetch_all, ApiKeyRow, db, NOT_SEALED_UNDER, after.0, version, limit)
}

/// How many keys are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}

/// Keeps from which networks a key may be used, separated by commas; empty for any.
///
/// # Errors
/// When the statement fails.
pub async fn allow(tx: &mut Tx, partner: PartnerId, key: KeyId, networks: &str) -> Result<(), StoreError> {
    execute!(tx, ALLOW, partner.0, key.0, networks).map(drop)
}

/// Keeps the value of a key sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, key: &ApiKeyRow, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    execute!(tx, RESEAL, key.partner.0, key.key.0, sealed, version).map(drop)
}

/// Removes at most `limit` keys whose overlap ended before `before`, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge_superseded(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let ended = fetch!(fetch_all, (i64, Uuid, Vec<u8>), tx, SUPERSEDED_BEFORE, before.micros(), limit)?;
    for (partner, key, lookup) in &ended {
        execute!(tx, DELETE_LOOKUP, lookup)?;
        execute!(tx, DELETE_USE, *partner, *key)?;
        execute!(tx, DELETE, *partner, *key)?;
    }
    Ok(ended.len() as u64)
}

/// Counts up whenever a cached key, or what is known of webhook endpoints, may no longer be true.
///
/// # Errors
/// When the statement fails.
pub async fn version(db: &mut impl Access) -> Result<i64, StoreError> {
    fetch!(fetch_one, (i64,), db, VERSION).map(|(version,)| version)
}

/// Tells every process, at the commit, that cached keys, or what is known of webhook endpoints, may no longer be true.
///
/// # Errors
/// When a statement fails.
pub async fn count_version_up(tx: &mut Tx) -> Result<(), StoreError> {
    execute!(tx, COUNT_VERSION_UP)?;
    crate::dialect::notify_keys(tx).await
}
