//! The captures of an account whose plan has a time that is not over, or was not found to be.

use domain::cents::Cents;
use domain::purchase::Day;

use super::CaptureRow;
use crate::connection::Access;
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// What is told of the captures of an account that mature after a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maturing {
    /// What they have billed.
    pub billed: Cents,
    /// The day on which the first of them matures; `None` where there are none.
    pub next: Option<Day>,
}

macro_rules! unmatured {
    ($rest:literal) => {
        capture!("WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND matured_on IS NULL AND ", $rest)
    };
}

statements! {
    MATURING = unmatured!("matures_on <= $4 ORDER BY matures_on, captured_at, capture_id");
    LATER = unmatured!("matures_on > $4 ORDER BY matures_on, captured_at, capture_id");
    UNMATURED = "SELECT CAST(COALESCE(SUM(billed), 0) AS BIGINT), MIN(matures_on) FROM credit_capture \
                 WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND matured_on IS NULL AND matures_on > $4";
    BILLED = "SELECT CAST(COALESCE(SUM(billed), 0) AS BIGINT) FROM credit_capture \
              WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3";
}

/// The captures of an account that mature on `day` or before and have not, in the order in which they do: by that day, by when they were
/// captured, and by their identifier.
///
/// # Errors
/// When the statement fails.
pub async fn maturing(db: &mut impl Access, key: AccountKey, day: Day) -> Result<Vec<CaptureRow>, StoreError> {
    fetch!(fetch_all, CaptureRow, db, MATURING, key.partner.0, key.lender.0, key.number.get(), day.0)
}

/// The captures of an account that mature after `day`, in the same order.
///
/// # Errors
/// When the statement fails.
pub async fn later(db: &mut impl Access, key: AccountKey, day: Day) -> Result<Vec<CaptureRow>, StoreError> {
    fetch!(fetch_all, CaptureRow, db, LATER, key.partner.0, key.lender.0, key.number.get(), day.0)
}

/// What the captures of an account that mature after `day` come to.
///
/// # Errors
/// When the statement fails.
pub async fn unmatured(db: &mut impl Access, key: AccountKey, day: Day) -> Result<Maturing, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    let (billed, next) = fetch!(fetch_one, (i64, Option<i64>), db, UNMATURED, partner, lender, number, day.0)?;
    Ok(Maturing { billed: Cents(billed), next: next.map(Day) })
}

/// What all captures of an account have billed, those that have matured too.
///
/// # Errors
/// When the statement fails.
pub async fn billed(db: &mut impl Access, key: AccountKey) -> Result<Cents, StoreError> {
    let (billed,) = fetch!(fetch_one, (i64,), db, BILLED, key.partner.0, key.lender.0, key.number.get())?;
    Ok(Cents(billed))
}
