//! The locations of merchants.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `merchant_location`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationRow {
    /// The merchant's partner.
    pub partner: PartnerId,
    /// The merchant's client.
    pub client: ClientIdentifier,
    /// How the merchant calls it.
    pub location: String,
    /// What people call it.
    pub name: String,
    /// The postal abbreviation.
    pub province: String,
    /// When it was added.
    pub created_at: Timestamp,
}

columns!(LocationRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    location = "location_id",
    name,
    province,
    created_at as i64,
});

statements! {
    INSERT = "INSERT INTO merchant_location (partner_id, client_id, location_id, name, province, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (partner_id, client_id, location_id) DO NOTHING";
    BY_ID = "SELECT partner_id, client_id, location_id, name, province, created_at FROM merchant_location \
             WHERE partner_id = $1 AND client_id = $2 AND location_id = $3";
    LIST = "SELECT partner_id, client_id, location_id, name, province, created_at FROM merchant_location \
            WHERE partner_id = $1 AND client_id = $2 ORDER BY location_id";
    COUNT = "SELECT COUNT(*) FROM merchant_location WHERE partner_id = $1 AND client_id = $2";
    DELETE = "DELETE FROM merchant_location WHERE partner_id = $1 AND client_id = $2 AND location_id = $3";
}

/// Adds a location; false when the merchant has one of that identifier, and then nothing is changed.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &LocationRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        &row.location,
        &row.name,
        &row.province,
        row.created_at.micros(),
    )?;
    Ok(added == 1)
}

/// The merchant's location of this identifier.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    location: &str,
) -> Result<Option<LocationRow>, StoreError> {
    fetch!(fetch_optional, LocationRow, db, BY_ID, partner.0, client.0, location)
}

/// The locations of a merchant, by their identifiers.
///
/// # Errors
/// When the statement fails.
pub async fn list(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Vec<LocationRow>, StoreError> {
    fetch!(fetch_all, LocationRow, db, LIST, partner.0, client.0)
}

/// How many locations a merchant has.
///
/// # Errors
/// When the statement fails.
pub async fn count(db: &mut impl Access, partner: PartnerId, client: ClientIdentifier) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT, partner.0, client.0)
}

/// Removes a location; false when there is none.
///
/// # Errors
/// When the statement fails, also when a user belongs to it.
pub async fn delete(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    location: &str,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, partner.0, client.0, location)? == 1)
}
