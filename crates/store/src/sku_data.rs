//! What was bought or brought back by a movement of an account: a sealed row where the merchant has told it.

use domain::credit_account::AccountNumber;
use domain::identifier::{ClientIdentifier, PartnerId};

use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// A row of `sku_data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkuDataRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender.
    pub lender: ClientIdentifier,
    /// The number of the account.
    pub number: i64,
    /// The place of the movement among those of the account.
    pub movement: i64,
    /// The subject of the movement.
    pub subject: String,
    /// What was told, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
}

columns!(SkuDataRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    movement = "movement_number",
    subject,
    sealed,
    master_key_version,
});

impl SkuDataRow {
    /// On which account it is.
    #[must_use]
    pub fn key(&self) -> AccountKey {
        AccountKey { partner: self.partner, lender: self.lender, number: AccountNumber::of_stored(self.number) }
    }
}

statements! {
    INSERT = "INSERT INTO sku_data (partner_id, lender_id, account_number, movement_number, subject, sealed, master_key_version) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_MOVEMENT = "SELECT partner_id, lender_id, account_number, movement_number, subject, sealed, master_key_version FROM sku_data \
                   WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND movement_number = $4";
    BY_SUBJECT = "SELECT partner_id, lender_id, account_number, movement_number, subject, sealed, master_key_version FROM sku_data \
                  WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND subject = $4 ORDER BY movement_number LIMIT 1";
    NOT_SEALED_UNDER = "SELECT partner_id, lender_id, account_number, movement_number, subject, sealed, master_key_version FROM sku_data \
                        WHERE master_key_version < $1 LIMIT $2";
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM sku_data WHERE master_key_version < $1";
    RESEAL = "UPDATE sku_data SET sealed = $5, master_key_version = $6 \
              WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND movement_number = $4";
}

/// Adds what was told of a movement.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &SkuDataRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.lender.0,
        row.number,
        row.movement,
        &row.subject,
        &row.sealed,
        row.master_key_version,
    )
    .map(drop)
}

/// What was told of a movement.
///
/// # Errors
/// When the statement fails.
pub async fn by_movement(
    db: &mut impl Access,
    key: AccountKey,
    movement: i64,
) -> Result<Option<SkuDataRow>, StoreError> {
    fetch!(fetch_optional, SkuDataRow, db, BY_MOVEMENT, key.partner.0, key.lender.0, key.number.get(), movement)
}

/// What was told of the first movement with this subject.
///
/// # Errors
/// When the statement fails.
pub async fn by_subject(
    db: &mut impl Access,
    key: AccountKey,
    subject: &str,
) -> Result<Option<SkuDataRow>, StoreError> {
    fetch!(fetch_optional, SkuDataRow, db, BY_SUBJECT, key.partner.0, key.lender.0, key.number.get(), subject)
}

/// At most `limit` rows that are sealed under an older master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(db: &mut impl Access, version: i64, limit: i64) -> Result<Vec<SkuDataRow>, StoreError> {
    fetch!(fetch_all, SkuDataRow, db, NOT_SEALED_UNDER, version, limit)
}

/// How many rows are sealed under an older master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}

/// Keeps a row sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, row: &SkuDataRow, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    let key = row.key();
    execute!(tx, RESEAL, key.partner.0, key.lender.0, key.number.get(), row.movement, sealed, version).map(drop)
}
