//! Partners.

use domain::Timestamp;
use domain::identifier::PartnerId;

use crate::columns::{Columns, FromColumns};
use crate::connection::{Access, Tx};
use crate::error::{EngineError, StoreError};

/// A row of `partner`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerRow {
    /// Its number, inside.
    pub partner: PartnerId,
    /// Its code, outside: `QUICK3`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was revoked, in microseconds.
    pub revoked_at: Option<i64>,
}

columns!(PartnerRow { partner as i64 = "partner_id", code, name, created_at as i64, revoked_at });

/// A partner and the number of its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerWithClients {
    /// The partner.
    pub partner: PartnerRow,
    /// How many clients it has.
    pub clients: i64,
}

impl FromColumns for PartnerWithClients {
    fn from_columns(columns: &Columns<'_>) -> Result<Self, EngineError> {
        Ok(Self { partner: PartnerRow::from_columns(columns)?, clients: columns.named(&mut 0, "clients")? })
    }
}

statements! {
    INSERT = "INSERT INTO partner (partner_id, code, name, created_at) VALUES ($1, $2, $3, $4)";
    BY_CODE = "SELECT partner_id, code, name, created_at, revoked_at FROM partner WHERE code = $1";
    BY_ID = "SELECT partner_id, code, name, created_at, revoked_at FROM partner WHERE partner_id = $1";
    LIST = "SELECT p.partner_id, p.code, p.name, p.created_at, p.revoked_at, \
            (SELECT COUNT(*) FROM client c WHERE c.partner_id = p.partner_id) AS clients \
            FROM partner p ORDER BY p.code";
    REVOKE = "UPDATE partner SET revoked_at = $2 WHERE partner_id = $1 AND revoked_at IS NULL";
}

/// Adds a partner.
///
/// # Errors
/// When the statement fails, also when the code is taken.
pub async fn insert(tx: &mut Tx, partner: PartnerId, code: &str, name: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(tx, INSERT, partner.0, code, name, now.micros()).map(drop)
}

/// The partner of this code.
///
/// # Errors
/// When the statement fails.
pub async fn by_code(db: &mut impl Access, code: &str) -> Result<Option<PartnerRow>, StoreError> {
    fetch!(fetch_optional, PartnerRow, db, BY_CODE, code)
}

/// The partner of this number.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, partner: PartnerId) -> Result<Option<PartnerRow>, StoreError> {
    fetch!(fetch_optional, PartnerRow, db, BY_ID, partner.0)
}

/// Every partner, by code.
///
/// # Errors
/// When the statement fails.
pub async fn list(db: &mut impl Access) -> Result<Vec<PartnerWithClients>, StoreError> {
    fetch!(fetch_all, PartnerWithClients, db, LIST)
}

/// Marks a partner as revoked; false when it was already.
///
/// # Errors
/// When the statement fails.
pub async fn revoke(tx: &mut Tx, partner: PartnerId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, REVOKE, partner.0, now.micros())? == 1)
}
