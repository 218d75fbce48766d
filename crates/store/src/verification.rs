//! One-time codes. They are made, tried and used under the lock of their account (`credit_account::take`), so that tries are counted one after
//! the other.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};

use crate::columns::{Columns, FromColumns};
use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::{EngineError, StoreError};

/// A row of `verification`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerificationRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender of the account.
    pub lender: ClientIdentifier,
    /// The account.
    pub number: i64,
    /// The client of the merchant that asked for it.
    pub client: ClientIdentifier,
    /// As the merchant calls it.
    pub request: String,
    /// How it was made, by name.
    pub format: String,
    /// The keyed hash of the code; empty where there is none.
    pub code_hash: Vec<u8>,
    /// The wrong ones since it was made.
    pub tries: i64,
    /// The wrong ones in all.
    pub wrong_total: i64,
    /// How often a code was made.
    pub made_total: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
    /// When it was used, in microseconds.
    pub used_at: Option<i64>,
    /// When it was made or tried last.
    pub changed_at: Timestamp,
}

impl std::fmt::Debug for VerificationRow {
    /// Without the hash, of which few codes are possible.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerificationRow").field("number", &self.number).field("request", &self.request).finish()
    }
}

columns!(VerificationRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    client as i64 = "client_id",
    request = "request_id",
    format,
    code_hash,
    tries,
    wrong_total,
    made_total,
    made_at as i64,
    expires_at as i64,
    used_at,
    changed_at as i64,
});

/// How much was asked of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// How many codes were made.
    pub made: i64,
    /// How many were wrong.
    pub wrong: i64,
}

impl FromColumns for Asked {
    fn from_columns(columns: &Columns<'_>) -> Result<Self, EngineError> {
        let mut place = 0;
        Ok(Self { made: columns.named(&mut place, "made")?, wrong: columns.named(&mut place, "wrong")? })
    }
}

statements! {
    KEEP = "INSERT INTO verification (partner_id, lender_id, account_number, client_id, request_id, format, code_hash, tries, wrong_total, \
            made_total, made_at, expires_at, used_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
            ON CONFLICT (partner_id, lender_id, account_number, client_id, request_id) DO UPDATE SET format = $6, code_hash = $7, tries = $8, \
            wrong_total = $9, made_total = $10, made_at = $11, expires_at = $12, used_at = $13, changed_at = $14";
    BY_REQUEST = "SELECT partner_id, lender_id, account_number, client_id, request_id, format, code_hash, tries, wrong_total, made_total, \
                  made_at, expires_at, used_at, changed_at FROM verification \
                  WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND client_id = $4 AND request_id = $5";
    ASKED = "SELECT CAST(COALESCE(SUM(made_total), 0) AS BIGINT) AS made, CAST(COALESCE(SUM(wrong_total), 0) AS BIGINT) AS wrong \
             FROM verification WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND changed_at > $4";
    PURGE = "WITH gone AS MATERIALIZED ( \
             SELECT partner_id, lender_id, account_number, client_id, request_id FROM verification WHERE changed_at <= $1 \
             ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED) \
             DELETE FROM verification WHERE (partner_id, lender_id, account_number, client_id, request_id) IN ( \
             SELECT partner_id, lender_id, account_number, client_id, request_id FROM gone)";
}

/// Keeps a code, in place of the one before of the same account, merchant and request.
///
/// # Errors
/// When the statement fails.
pub async fn keep(tx: &mut Tx, row: &VerificationRow) -> Result<(), StoreError> {
    execute!(
        tx,
        KEEP,
        row.partner.0,
        row.lender.0,
        row.number,
        row.client.0,
        &row.request,
        &row.format,
        &row.code_hash,
        row.tries,
        row.wrong_total,
        row.made_total,
        row.made_at.micros(),
        row.expires_at.micros(),
        row.used_at,
        row.changed_at.micros(),
    )
    .map(drop)
}

/// The code of an account that this merchant has asked for under this name.
///
/// # Errors
/// When the statement fails.
pub async fn by_request(
    db: &mut impl Access,
    key: AccountKey,
    client: ClientIdentifier,
    request: &str,
) -> Result<Option<VerificationRow>, StoreError> {
    fetch!(
        fetch_optional,
        VerificationRow,
        db,
        BY_REQUEST,
        key.partner.0,
        key.lender.0,
        key.number.get(),
        client.0,
        request
    )
}

/// What was asked of an account under names that were made or tried after `since`.
///
/// # Errors
/// When the statement fails.
pub async fn asked(db: &mut impl Access, key: AccountKey, since: Timestamp) -> Result<Asked, StoreError> {
    fetch!(fetch_one, Asked, db, ASKED, key.partner.0, key.lender.0, key.number.get(), since.micros())
}

/// Removes at most `limit` codes that were made or tried last at the moment `until` or before, and gives their number.
///
/// # Errors
/// When the statement fails.
pub async fn purge(tx: &mut Tx, until: Timestamp, limit: i64) -> Result<u64, StoreError> {
    execute!(tx, PURGE, until.micros(), limit)
}
