//! Answers kept for repeats of a request, in the transaction of the effect.

use domain::Timestamp;
use domain::api_key::KeyHolder;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// What was asked for: `client.create`.
    pub operation: String,
    /// The fingerprint of the request.
    pub fingerprint: Vec<u8>,
    /// The answer, sealed, because it may carry a secret.
    pub sealed_answer: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
}

columns!(KeptAnswer { operation, fingerprint, sealed_answer, master_key_version });

statements! {
    FIND = "SELECT operation, fingerprint, sealed_answer, master_key_version FROM idempotency \
            WHERE partner_id = $1 AND holder_id = $2 AND idempotency_key = $3 AND expires_at > $4";
    KEEP = "INSERT INTO idempotency (partner_id, holder_id, idempotency_key, operation, fingerprint, sealed_answer, \
            master_key_version, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
            ON CONFLICT (partner_id, holder_id, idempotency_key) DO UPDATE SET operation = excluded.operation, \
            fingerprint = excluded.fingerprint, sealed_answer = excluded.sealed_answer, \
            master_key_version = excluded.master_key_version, created_at = excluded.created_at, expires_at = excluded.expires_at \
            WHERE idempotency.expires_at <= excluded.created_at";
    EXPIRED = "SELECT partner_id, holder_id, idempotency_key FROM idempotency WHERE expires_at <= $1 LIMIT $2";
    DELETE = "DELETE FROM idempotency WHERE partner_id = $1 AND holder_id = $2 AND idempotency_key = $3 AND expires_at <= $4";
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM idempotency WHERE master_key_version <> $1";
}

/// The kept answer to this key of the holder that has not expired at `now`.
///
/// # Errors
/// When the statement fails.
pub async fn find(
    db: &mut impl Access,
    holder: KeyHolder,
    key: &str,
    now: Timestamp,
) -> Result<Option<KeptAnswer>, StoreError> {
    let client = holder.client.map_or(0, |client| client.0);
    fetch!(fetch_optional, KeptAnswer, db, FIND, holder.partner.0, client, key, now.micros())
}

/// Keeps an answer, in place of one that has expired, and says whether it is kept: false where there is one already.
///
/// # Errors
/// When the statement fails.
pub async fn keep(
    tx: &mut Tx,
    holder: KeyHolder,
    key: &str,
    answer: &KeptAnswer,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let client = holder.client.map_or(0, |client| client.0);
    let kept = execute!(
        tx,
        KEEP,
        holder.partner.0,
        client,
        key,
        &answer.operation,
        &answer.fingerprint,
        &answer.sealed_answer,
        answer.master_key_version,
        now.micros(),
        expires_at.micros(),
    )?;
    Ok(kept == 1)
}

/// Removes at most `limit` answers that have expired, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge_expired(tx: &mut Tx, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let expired = fetch!(fetch_all, (i64, i64, String), tx, EXPIRED, now.micros(), limit)?;
    for (partner, holder, key) in &expired {
        execute!(tx, DELETE, *partner, *holder, key, now.micros())?;
    }
    Ok(expired.len() as u64)
}

/// How many kept answers are sealed under another master key than `version`. They go by themselves when they expire.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}
