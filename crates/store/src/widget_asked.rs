//! What sessions of the widget have asked of a telephone number, an address or a question: counted over an hour, whoever asks.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;
use crate::verification::Asked;

statements! {
    COUNT = "INSERT INTO widget_asked (partner_id, destination_hash, client_id, widget_session_id, wrong_total, made_total, changed_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (partner_id, destination_hash, client_id, widget_session_id) DO UPDATE SET \
             wrong_total = widget_asked.wrong_total + $5, made_total = widget_asked.made_total + $6, changed_at = $7";
    ASKED = "SELECT CAST(COALESCE(SUM(made_total), 0) AS BIGINT) AS made, CAST(COALESCE(SUM(wrong_total), 0) AS BIGINT) AS wrong \
             FROM widget_asked WHERE partner_id = $1 AND destination_hash = $2 AND changed_at > $3";
    PURGE = "WITH gone AS MATERIALIZED ( \
             SELECT partner_id, destination_hash, client_id, widget_session_id FROM widget_asked WHERE changed_at <= $1 \
             ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
             DELETE FROM widget_asked WHERE (partner_id, destination_hash, client_id, widget_session_id) IN ( \
             SELECT partner_id, destination_hash, client_id, widget_session_id FROM gone)";
}

/// Adds what a session asks of a destination, by the keyed hash of it, to what it has asked before.
///
/// # Errors
/// When the statement fails.
pub async fn count(
    tx: &mut Tx,
    (partner, client, session): (PartnerId, ClientIdentifier, Uuid),
    destination_hash: &[u8],
    asked: Asked,
    now: Timestamp,
) -> Result<(), StoreError> {
    execute!(tx, COUNT, partner.0, destination_hash, client.0, session, asked.wrong, asked.made, now.micros()).map(drop)
}

/// What was asked of a destination by sessions that asked last after `since`.
///
/// # Errors
/// When the statement fails.
pub async fn asked(
    db: &mut impl Access,
    partner: PartnerId,
    destination_hash: &[u8],
    since: Timestamp,
) -> Result<Asked, StoreError> {
    fetch!(fetch_one, Asked, db, ASKED, partner.0, destination_hash, since.micros())
}

/// Removes at most `limit` rows of sessions that asked last at the moment `until` or before, and gives their number.
///
/// # Errors
/// When the statement fails.
pub async fn purge(tx: &mut Tx, until: Timestamp, limit: i64) -> Result<u64, StoreError> {
    execute!(tx, PURGE, until.micros(), limit)
}
