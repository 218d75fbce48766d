//! What sessions of the widget have asked of a telephone number, an address or a question: counted whoever asks, and by who asks.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::FamilyId;

use crate::connection::{Access, Tx};
use crate::error::StoreError;
use crate::verification::Asked;
use crate::widget_session::WidgetSessionRow;

statements! {
    COUNT = "INSERT INTO widget_asked (partner_id, destination_hash, client_id, widget_session_id, family_id, scope, wrong_total, made_total, \
             changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
             ON CONFLICT (partner_id, destination_hash, client_id, widget_session_id) DO UPDATE SET \
             wrong_total = widget_asked.wrong_total + $7, made_total = widget_asked.made_total + $8, changed_at = $9";
    MADE_FOR_CLIENT = "SELECT CAST(COALESCE(SUM(made_total), 0) AS BIGINT) AS made FROM widget_asked \
                       WHERE partner_id = $1 AND client_id = $2 AND changed_at > $3";
    MADE_FOR_FAMILY = "SELECT CAST(COALESCE(SUM(made_total), 0) AS BIGINT) AS made FROM widget_asked \
                       WHERE partner_id = $1 AND client_id = $2 AND scope = $3 AND family_id = $4 AND changed_at > $5";
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
    session: &WidgetSessionRow,
    destination_hash: &[u8],
    asked: Asked,
    now: Timestamp,
) -> Result<(), StoreError> {
    execute!(
        tx,
        COUNT,
        session.partner.0,
        destination_hash,
        session.client.0,
        session.session,
        session.family.0,
        &session.scope,
        asked.wrong,
        asked.made,
        now.micros(),
    )
    .map(drop)
}

/// How many codes and questions sessions of a merchant have asked in all that asked last after `since`.
///
/// # Errors
/// When the statement fails.
pub async fn made_for_client(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    since: Timestamp,
) -> Result<i64, StoreError> {
    fetch!(count, db, MADE_FOR_CLIENT, partner.0, client.0, since.micros())
}

/// The same of sessions that tokens of this scope and family began.
///
/// # Errors
/// When the statement fails.
pub async fn made_for_family(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    (scope, family): (&str, FamilyId),
    since: Timestamp,
) -> Result<i64, StoreError> {
    fetch!(count, db, MADE_FOR_FAMILY, partner.0, client.0, scope, family.0, since.micros())
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
