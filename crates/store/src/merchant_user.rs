//! The users of merchants: the people at tills, with the hashes of their passwords and how often these were guessed at.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `merchant_user`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRow {
    /// The merchant's partner.
    pub partner: PartnerId,
    /// The merchant's client.
    pub client: ClientIdentifier,
    /// The name in the form in which it is unique.
    pub name_folded: String,
    /// The name as it was typed.
    pub name: String,
    /// The hash of the password, a PHC string.
    pub password: String,
    /// The location that the user belongs to.
    pub location: Option<String>,
    /// When the user was added.
    pub created_at: Timestamp,
    /// When the user was disabled, in microseconds.
    pub disabled_at: Option<i64>,
    /// When the password was last right, in microseconds.
    pub last_login_at: Option<i64>,
    /// Wrong passwords since.
    pub failed_count: i64,
    /// Until when none is taken, in microseconds.
    pub locked_until: Option<i64>,
    /// Counted up by whatever ends the tokens of the user: being disabled or enabled, another password. 1 at first.
    pub tokens_version: i64,
}

impl std::fmt::Debug for UserRow {
    /// Without the hash, by which passwords can be tried elsewhere.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow")
            .field("client", &self.client)
            .field("name", &self.name)
            .field("location", &self.location)
            .field("disabled_at", &self.disabled_at)
            .field("last_login_at", &self.last_login_at)
            .field("failed_count", &self.failed_count)
            .field("locked_until", &self.locked_until)
            .finish_non_exhaustive()
    }
}

columns!(UserRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    name_folded,
    name,
    password,
    location = "location_id",
    created_at as i64,
    disabled_at,
    last_login_at,
    failed_count,
    locked_until,
    tokens_version,
});

/// The columns of a [`UserRow`].
macro_rules! user_columns {
    () => {
        "partner_id, client_id, name_folded, name, password, location_id, created_at, disabled_at, last_login_at, failed_count, \
         locked_until, tokens_version"
    };
}

statements! {
    INSERT = "INSERT INTO merchant_user (partner_id, client_id, name_folded, name, password, location_id, created_at, failed_count, \
              tokens_version) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8) ON CONFLICT (partner_id, client_id, name_folded) DO NOTHING";
    BY_NAME = concat!(
        "SELECT ", user_columns!(), " FROM merchant_user WHERE partner_id = $1 AND client_id = $2 AND name_folded = $3"
    );
    LIST = concat!(
        "SELECT ", user_columns!(), " FROM merchant_user WHERE partner_id = $1 AND client_id = $2 ORDER BY name_folded"
    );
    COUNT = "SELECT COUNT(*) FROM merchant_user WHERE partner_id = $1 AND client_id = $2";
    COUNT_AT = "SELECT COUNT(*) FROM merchant_user WHERE partner_id = $1 AND client_id = $2 AND location_id = $3";
    UPDATE = "UPDATE merchant_user SET password = $4, location_id = $5, disabled_at = $6, last_login_at = $7, failed_count = $8, \
              locked_until = $9, tokens_version = $10 WHERE partner_id = $1 AND client_id = $2 AND name_folded = $3";
}

/// Adds a user who has never logged in; false when the merchant has one of that name, and then nothing is changed.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &UserRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        &row.name_folded,
        &row.name,
        &row.password,
        row.location.as_deref(),
        row.created_at.micros(),
        row.tokens_version,
    )?;
    Ok(added == 1)
}

/// The merchant's user of this name, in folded form.
///
/// # Errors
/// When the statement fails.
pub async fn by_name(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    name_folded: &str,
) -> Result<Option<UserRow>, StoreError> {
    fetch!(fetch_optional, UserRow, db, BY_NAME, partner.0, client.0, name_folded)
}

/// The users of a merchant, by name.
///
/// # Errors
/// When the statement fails.
pub async fn list(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Vec<UserRow>, StoreError> {
    fetch!(fetch_all, UserRow, db, LIST, partner.0, client.0)
}

/// How many users a merchant has.
///
/// # Errors
/// When the statement fails.
pub async fn count(db: &mut impl Access, partner: PartnerId, client: ClientIdentifier) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT, partner.0, client.0)
}

/// How many of them belong to a location.
///
/// # Errors
/// When the statement fails.
pub async fn count_at(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    location: &str,
) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_AT, partner.0, client.0, location)
}

/// Keeps what may change of a user.
///
/// # Errors
/// When the statement fails.
pub async fn update(tx: &mut Tx, row: &UserRow) -> Result<(), StoreError> {
    execute!(
        tx,
        UPDATE,
        row.partner.0,
        row.client.0,
        &row.name_folded,
        &row.password,
        row.location.as_deref(),
        row.disabled_at,
        row.last_login_at,
        row.failed_count,
        row.locked_until,
        row.tokens_version,
    )
    .map(drop)
}
