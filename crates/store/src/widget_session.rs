//! Sessions of the widget: a sealed row each, found by merchant and identifier, by the token that opens it, and by what it has proved.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::FamilyId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// A row of `widget_session`.
#[derive(Clone, PartialEq, Eq)]
pub struct WidgetSessionRow {
    /// The merchant's partner.
    pub partner: PartnerId,
    /// The merchant's client.
    pub client: ClientIdentifier,
    /// `widget_session_id`, which is no secret.
    pub session: Uuid,
    /// `x-reference-id` of the call that began it.
    pub reference: Uuid,
    /// The token family that began it.
    pub family: FamilyId,
    /// The scope of that token, by name.
    pub scope: String,
    /// The client of the merchant on whose book the accounts are.
    pub lender: ClientIdentifier,
    /// `purchase` or `apply`.
    pub flow: String,
    /// `en` or `fr`.
    pub lang: String,
    /// What the shop has told of the customer, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
    /// The keyed hash of the token that opens it.
    pub token_hash: Vec<u8>,
    /// The keyed hash of the key that the page has, once it is open.
    pub key_hash: Option<Vec<u8>>,
    /// How far it has come, by name.
    pub step: String,
    /// The way that was chosen last to prove who the customer is.
    pub format: Option<String>,
    /// The keyed hash of where that leads.
    pub destination_hash: Option<Vec<u8>>,
    /// The keyed hash of the code that was sent.
    pub code_hash: Option<Vec<u8>>,
    /// Until when the code, or the question, may be answered; in microseconds.
    pub code_expires_at: Option<i64>,
    /// The wrong answers since the way was chosen.
    pub tries: i64,
    /// The wrong answers in all.
    pub wrong_total: i64,
    /// How often a way was chosen.
    pub made_total: i64,
    /// How it ended, by name.
    pub outcome: Option<String>,
    /// The account that was chosen, named, or opened by the application that came of it.
    pub account_number: Option<i64>,
    /// When what it has proved was used, in microseconds.
    pub used_at: Option<i64>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for WidgetSessionRow {
    /// Without the hash of the code, of which few are possible.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WidgetSessionRow").field("session", &self.session).field("step", &self.step).finish()
    }
}

columns!(WidgetSessionRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    session = "widget_session_id",
    reference = "reference_id",
    family as Uuid = "family_id",
    scope,
    lender as i64 = "lender_id",
    flow,
    lang,
    sealed,
    master_key_version,
    token_hash,
    key_hash,
    step,
    format,
    destination_hash,
    code_hash,
    code_expires_at,
    tries,
    wrong_total,
    made_total,
    outcome,
    account_number,
    used_at,
    created_at as i64,
    changed_at as i64,
    expires_at as i64,
});

/// A statement with every column of a session where the gap is.
macro_rules! session {
    ($before:literal $after:literal) => {
        concat!(
            $before,
            "partner_id, client_id, widget_session_id, reference_id, family_id, scope, lender_id, flow, lang, sealed, master_key_version, \
             token_hash, key_hash, step, format, destination_hash, code_hash, code_expires_at, tries, wrong_total, made_total, outcome, \
             account_number, used_at, created_at, changed_at, expires_at",
            $after
        )
    };
}

statements! {
    INSERT = session!("INSERT INTO widget_session (" ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
                      $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)");
    KEEP = "UPDATE widget_session SET key_hash = $4, step = $5, format = $6, destination_hash = $7, code_hash = $8, code_expires_at = $9, \
            tries = $10, wrong_total = $11, made_total = $12, outcome = $13, account_number = $14, used_at = $15, changed_at = $16, \
            expires_at = $17 WHERE partner_id = $1 AND client_id = $2 AND widget_session_id = $3";
    CLAIM = "UPDATE widget_session SET account_number = $4 \
             WHERE partner_id = $1 AND client_id = $2 AND widget_session_id = $3 AND account_number IS NULL";
    BY_KEY = session!("SELECT " " FROM widget_session WHERE partner_id = $1 AND client_id = $2 AND widget_session_id = $3");
    BY_TOKEN = session!("SELECT " " FROM widget_session WHERE partner_id = $1 AND client_id = $2 AND token_hash = $3");
    PROVED_BY = session!("SELECT " " FROM widget_session WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND family_id = $4 \
                         AND client_id = $5 AND expires_at > $6 ORDER BY created_at DESC LIMIT $7");
    COUNT_OPEN = "SELECT COUNT(*) FROM (SELECT 1 FROM widget_session WHERE partner_id = $1 AND client_id = $2 AND scope = $3 \
                  AND step IN ('begun', 'opened', 'verified') AND expires_at > $4 LIMIT $5) AS open";
    COUNT_OF_FAMILY = "SELECT COUNT(*) FROM (SELECT 1 FROM widget_session \
                       WHERE partner_id = $1 AND client_id = $2 AND scope = $3 AND family_id = $4 AND created_at > $5 LIMIT $6) AS begun";
    PURGE = "WITH gone AS MATERIALIZED ( \
             SELECT partner_id, client_id, widget_session_id FROM widget_session WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 \
             FOR UPDATE SKIP LOCKED) \
             DELETE FROM widget_session \
             WHERE (partner_id, client_id, widget_session_id) IN (SELECT partner_id, client_id, widget_session_id FROM gone)";
    NOT_SEALED_UNDER = session!("SELECT " " FROM widget_session WHERE master_key_version <> $1 LIMIT $2");
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM widget_session WHERE master_key_version <> $1";
    RESEAL = "UPDATE widget_session SET sealed = $4, master_key_version = $5 \
              WHERE partner_id = $1 AND client_id = $2 AND widget_session_id = $3";
}

/// Adds a session.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &WidgetSessionRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        row.session,
        row.reference,
        row.family.0,
        &row.scope,
        row.lender.0,
        &row.flow,
        &row.lang,
        &row.sealed,
        row.master_key_version,
        &row.token_hash,
        row.key_hash.as_deref(),
        &row.step,
        row.format.as_deref(),
        row.destination_hash.as_deref(),
        row.code_hash.as_deref(),
        row.code_expires_at,
        row.tries,
        row.wrong_total,
        row.made_total,
        row.outcome.as_deref(),
        row.account_number,
        row.used_at,
        row.created_at.micros(),
        row.changed_at.micros(),
        row.expires_at.micros(),
    )
    .map(drop)
}

/// Keeps what has become of a session. What was said at its beginning stays.
///
/// # Errors
/// When the statement fails.
pub async fn keep(tx: &mut Tx, row: &WidgetSessionRow) -> Result<(), StoreError> {
    execute!(
        tx,
        KEEP,
        row.partner.0,
        row.client.0,
        row.session,
        row.key_hash.as_deref(),
        &row.step,
        row.format.as_deref(),
        row.destination_hash.as_deref(),
        row.code_hash.as_deref(),
        row.code_expires_at,
        row.tries,
        row.wrong_total,
        row.made_total,
        row.outcome.as_deref(),
        row.account_number,
        row.used_at,
        row.changed_at.micros(),
        row.expires_at.micros(),
    )
    .map(drop)
}

/// Names the account that was opened by the application of a session, which had none.
///
/// # Errors
/// When the statement fails.
pub async fn claim(
    tx: &mut Tx,
    (partner, client): (PartnerId, ClientIdentifier),
    session: Uuid,
    account_number: i64,
) -> Result<(), StoreError> {
    execute!(tx, CLAIM, partner.0, client.0, session, account_number).map(drop)
}

/// A session of a merchant, whether it still counts or not.
///
/// # Errors
/// When the statement fails.
pub async fn by_key(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    session: Uuid,
) -> Result<Option<WidgetSessionRow>, StoreError> {
    fetch!(fetch_optional, WidgetSessionRow, db, BY_KEY, partner.0, client.0, session)
}

/// The session of a merchant that a token opens, whether it still counts or not.
///
/// # Errors
/// When the statement fails.
pub async fn by_token(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    token_hash: &[u8],
) -> Result<Option<WidgetSessionRow>, StoreError> {
    fetch!(fetch_optional, WidgetSessionRow, db, BY_TOKEN, partner.0, client.0, token_hash)
}

/// At most `limit` sessions of a merchant that a token family began, are about this account and count at the moment `now`; the newest first.
///
/// # Errors
/// When the statement fails.
pub async fn of_family(
    db: &mut impl Access,
    account: AccountKey,
    (client, family): (ClientIdentifier, FamilyId),
    now: Timestamp,
    limit: i64,
) -> Result<Vec<WidgetSessionRow>, StoreError> {
    let (partner, lender, number) = (account.partner.0, account.lender.0, account.number.get());
    fetch!(fetch_all, WidgetSessionRow, db, PROVED_BY, partner, lender, number, family.0, client.0, now.micros(), limit)
}

/// How many sessions of a merchant that tokens of this scope began have not ended at the moment `now`; `most` when there are more.
///
/// # Errors
/// When the statement fails.
pub async fn count_open(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    scope: &str,
    now: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_OPEN, partner.0, client.0, scope, now.micros(), most)
}

/// How many sessions of a merchant tokens of this scope and family have begun after `since`, ended or not; `most` when there are more.
///
/// # Errors
/// When the statement fails.
pub async fn count_of_family(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    (scope, family): (&str, FamilyId),
    since: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_OF_FAMILY, partner.0, client.0, scope, family.0, since.micros(), most)
}

/// Removes at most `limit` sessions that counted until the moment `until` or before, and gives their number. Those that another process is
/// removing or changing are passed over.
///
/// # Errors
/// When the statement fails.
pub async fn purge(tx: &mut Tx, until: Timestamp, limit: i64) -> Result<u64, StoreError> {
    execute!(tx, PURGE, until.micros(), limit)
}

/// At most `limit` sessions that are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(
    db: &mut impl Access,
    version: i64,
    limit: i64,
) -> Result<Vec<WidgetSessionRow>, StoreError> {
    fetch!(fetch_all, WidgetSessionRow, db, NOT_SEALED_UNDER, version, limit)
}

/// How many sessions are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}

/// Keeps a session sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, row: &WidgetSessionRow, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    execute!(tx, RESEAL, row.partner.0, row.client.0, row.session, sealed, version).map(drop)
}
