//! What authorizations, captures and returns of an account say of each other, for the check of the books.

use domain::cents::Cents;
use domain::purchase::{AuthorizationId, CaptureId};

use crate::connection::Access;
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// An authorization that does not go together with its captures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddAuthorization {
    /// Which it is.
    pub authorization: AuthorizationId,
    /// How it stands, as it was last moved.
    pub status: String,
    /// The amount that was authorized, in cents like what follows.
    pub amount: i64,
    /// What of it was captured, as it says.
    pub captured: i64,
    /// What of it was released.
    pub released: i64,
    /// What its captures come to.
    pub of_captures: i64,
}

columns!(OddAuthorization {
    authorization as i64 = "authorization_id",
    status,
    amount,
    captured,
    released,
    of_captures,
});

/// A capture that does not go together with its returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddCapture {
    /// Which it is.
    pub capture: CaptureId,
    /// The amount, in cents like what follows.
    pub amount: i64,
    /// What of it was brought back, as it says.
    pub returned: i64,
    /// What its returns come to.
    pub of_returns: i64,
}

columns!(OddCapture { capture as i64 = "capture_id", amount, returned, of_returns });

/// Amounts with their finance charges, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// The amounts.
    pub amount: Cents,
    /// The interest of plans.
    pub interest: Cents,
    /// The fees.
    pub fees: Cents,
}

/// The returns `r` of a capture `c`. SQLite would read all that the merchant has of them: the keys are asked for first, which the index has.
macro_rules! returns {
    () => {
        "capture_return k CROSS JOIN capture_return r \
         WHERE k.partner_id = c.partner_id AND k.client_id = c.client_id AND k.capture_id = c.capture_id \
         AND r.partner_id = k.partner_id AND r.client_id = k.client_id AND r.return_id = k.return_id"
    };
}

statements! {
    /// All of an authorization is captured or released once it is closed or has expired, and never more than all.
    ODD_AUTHORIZATIONS = "SELECT authorization_id, status, amount, captured, released, of_captures FROM ( \
        SELECT a.authorization_id, a.status, a.amount, a.captured, a.released, (SELECT CAST(COALESCE(SUM(c.amount), 0) AS BIGINT) \
        FROM credit_capture c WHERE c.partner_id = a.partner_id AND c.client_id = a.client_id AND c.authorization_id = a.authorization_id) \
        AS of_captures FROM credit_authorization a WHERE a.partner_id = $1 AND a.lender_id = $2 AND a.account_number = $3) AS told \
        WHERE captured <> of_captures OR captured + released > amount OR released < 0 \
        OR (status IN ('closed', 'expired') AND captured + released <> amount) ORDER BY authorization_id LIMIT $4";
    ODD_CAPTURES = concat!(
        "SELECT capture_id, amount, returned, of_returns FROM ( \
         SELECT c.capture_id, c.amount, c.returned, (SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM ",
        returns!(),
        ") AS of_returns FROM credit_capture c WHERE c.partner_id = $1 AND c.lender_id = $2 AND c.account_number = $3) AS told \
         WHERE returned <> of_returns OR returned > amount ORDER BY capture_id LIMIT $4"
    );
    CAPTURED = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT), CAST(COALESCE(SUM(charge_interest), 0) AS BIGINT), \
        CAST(COALESCE(SUM(charge_fees), 0) AS BIGINT) FROM credit_capture WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3";
    /// The captures come first, which SQLite does not see by itself.
    RETURNED = concat!(
        "SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT), CAST(COALESCE(SUM(r.charge_interest), 0) AS BIGINT), \
         CAST(COALESCE(SUM(r.charge_fees), 0) AS BIGINT) FROM credit_capture c CROSS JOIN ",
        returns!(),
        " AND c.partner_id = $1 AND c.lender_id = $2 AND c.account_number = $3"
    );
}

/// At most `limit` authorizations of an account that do not go together with their captures. All of the account are read.
///
/// # Errors
/// When the statement fails.
pub async fn odd_authorizations(
    db: &mut impl Access,
    key: AccountKey,
    limit: i64,
) -> Result<Vec<OddAuthorization>, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    fetch!(fetch_all, OddAuthorization, db, ODD_AUTHORIZATIONS, partner, lender, number, limit)
}

/// At most `limit` captures of an account that do not go together with their returns. All of the account are read.
///
/// # Errors
/// When the statement fails.
pub async fn odd_captures(db: &mut impl Access, key: AccountKey, limit: i64) -> Result<Vec<OddCapture>, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    fetch!(fetch_all, OddCapture, db, ODD_CAPTURES, partner, lender, number, limit)
}

/// What all captures of an account come to.
///
/// # Errors
/// When the statement fails.
pub async fn captured(db: &mut impl Access, key: AccountKey) -> Result<Sums, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    sums(fetch!(fetch_all, (i64, i64, i64), db, CAPTURED, partner, lender, number)?)
}

/// What all returns of an account come to.
///
/// # Errors
/// When the statement fails.
pub async fn returned(db: &mut impl Access, key: AccountKey) -> Result<Sums, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    sums(fetch!(fetch_all, (i64, i64, i64), db, RETURNED, partner, lender, number)?)
}

fn sums(rows: Vec<(i64, i64, i64)>) -> Result<Sums, StoreError> {
    let (amount, interest, fees) = rows.into_iter().next().unwrap_or_default();
    Ok(Sums { amount: Cents(amount), interest: Cents(interest), fees: Cents(fees) })
}
