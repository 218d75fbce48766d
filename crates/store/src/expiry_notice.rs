//! Notices of keys that will expire: which are to be sent, and which were.

use std::time::Duration;

use domain::Timestamp;
use domain::api_key::KeyId;
use domain::identifier::PartnerId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A key that will expire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiringKey {
    /// Whose it is.
    pub partner: PartnerId,
    /// The key.
    pub key: KeyId,
    /// The client that holds it; 0 where the partner does.
    pub client_id: i64,
    /// The name of its kind.
    pub kind: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// 1 when its client is told by mail.
    pub by_mail: i64,
}

columns!(ExpiringKey {
    partner as i64 = "partner_id",
    key as Uuid = "key_id",
    client_id,
    kind,
    created_at as i64,
    expires_at as i64,
    by_mail,
});

statements! {
    EXPIRING = "SELECT partner_id, key_id, client_id, kind, created_at, expires_at, by_mail FROM ( \
                SELECT k.partner_id, k.key_id, k.client_id, k.kind, k.created_at, k.expires_at, \
                CAST(CASE WHEN $6 <> 0 AND k.client_id <> 0 AND NOT EXISTS (SELECT 1 FROM client c WHERE c.partner_id = k.partner_id \
                AND c.client_id = k.client_id AND c.expiry_notices = 0) THEN 1 ELSE 0 END AS BIGINT) AS by_mail FROM api_key k \
                WHERE k.expires_at >= $1 AND (k.expires_at, k.key_id) > ($1, $5) AND k.expires_at <= $2 AND k.expires_at IS NOT NULL AND k.revoked_at IS NULL \
                AND k.successor_id IS NULL AND k.expires_at - k.created_at > $3 \
                AND NOT EXISTS (SELECT 1 FROM expiry_notice n WHERE n.partner_id = k.partner_id AND n.key_id = k.key_id AND n.lead = $3)) found \
                WHERE by_mail = 1 OR EXISTS (SELECT 1 FROM webhook_endpoint e WHERE e.partner_id = found.partner_id AND e.disabled_at IS NULL \
                AND (e.events = '' OR e.events LIKE '%token.expiring%')) \
                ORDER BY expires_at, key_id LIMIT $4";
    STILL_EXPIRES = "SELECT k.expires_at FROM api_key k WHERE k.partner_id = $1 AND k.key_id = $2 AND k.revoked_at IS NULL \
                     AND k.successor_id IS NULL AND k.expires_at = $3";
    INSERT = "INSERT INTO expiry_notice (partner_id, key_id, lead, expires_at) VALUES ($1, $2, $3, $4) \
              ON CONFLICT (partner_id, key_id, lead) DO NOTHING";
    EXPIRED = "SELECT partner_id, key_id, lead FROM expiry_notice WHERE expires_at < $1 LIMIT $2";
    DELETE = "DELETE FROM expiry_notice WHERE partner_id = $1 AND key_id = $2 AND lead = $3";
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// At most `limit` keys after `after` (when one expires, and which of those that expire then) that expire at `until` at the
/// latest, were neither revoked nor renewed, live longer than `lead`, have no notice of this lead time, and of which somebody is told: their
/// client where there is mail (`has_mail`) and it wants that, or an endpoint of their partner; in that order.
///
/// # Errors
/// When the statement fails.
pub async fn due(
    db: &mut impl Access,
    after: (Timestamp, KeyId),
    until: Timestamp,
    lead: Duration,
    limit: i64,
    has_mail: bool,
) -> Result<Vec<ExpiringKey>, StoreError> {
    let (from, until, has_mail) = (after.0.micros(), until.micros(), i64::from(has_mail));
    fetch!(fetch_all, ExpiringKey, db, EXPIRING, from, until, micros(lead), limit, after.1.0, has_mail)
}

/// Whether a key was neither revoked nor renewed since it was found.
///
/// # Errors
/// When the statement fails.
pub async fn still_expires(db: &mut impl Access, key: &ExpiringKey) -> Result<bool, StoreError> {
    let found = fetch!(fetch_optional, (i64,), db, STILL_EXPIRES, key.partner.0, key.key.0, key.expires_at.micros())?;
    Ok(found.is_some())
}

/// Notes that a notice is sent; false when there is one of this key and lead time.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, key: &ExpiringKey, lead: Duration) -> Result<bool, StoreError> {
    Ok(execute!(tx, INSERT, key.partner.0, key.key.0, micros(lead), key.expires_at.micros())? == 1)
}

/// Removes at most `limit` notices of keys that expired before `before`, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let expired = fetch!(fetch_all, (i64, Uuid, i64), tx, EXPIRED, before.micros(), limit)?;
    for (partner, key, lead) in &expired {
        execute!(tx, DELETE, *partner, *key, *lead)?;
    }
    Ok(expired.len() as u64)
}
