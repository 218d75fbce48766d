//! Facts and secrets of the installation as a whole.

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `installation_secret`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// The value, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
}

columns!(SecretRow { sealed, master_key_version });

statements! {
    FACT = "SELECT value FROM installation WHERE name = $1";
    KEEP_FACT = "INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    SECRET = "SELECT sealed, master_key_version FROM installation_secret WHERE name = $1";
    KEEP_SECRET = "INSERT INTO installation_secret (name, sealed, master_key_version) VALUES ($1, $2, $3)";
    RESEAL = "UPDATE installation_secret SET sealed = $2, master_key_version = $3 WHERE name = $1";
}

/// The fact of this name.
///
/// # Errors
/// When the statement fails.
pub async fn fact(db: &mut impl Access, name: &str) -> Result<Option<String>, StoreError> {
    Ok(fetch!(fetch_optional, (String,), db, FACT, name)?.map(|(value,)| value))
}

/// Keeps a fact, unless there is one of that name.
///
/// # Errors
/// When the statement fails.
pub async fn keep_fact(tx: &mut Tx, name: &str, value: &str) -> Result<(), StoreError> {
    execute!(tx, KEEP_FACT, name, value).map(drop)
}

/// The secret of this name.
///
/// # Errors
/// When the statement fails.
pub async fn secret(db: &mut impl Access, name: &str) -> Result<Option<SecretRow>, StoreError> {
    fetch!(fetch_optional, SecretRow, db, SECRET, name)
}

/// Keeps a secret that is not there yet.
///
/// # Errors
/// When the statement fails, also when there is one of that name.
pub async fn keep_secret(tx: &mut Tx, name: &str, row: &SecretRow) -> Result<(), StoreError> {
    execute!(tx, KEEP_SECRET, name, &row.sealed, row.master_key_version).map(drop)
}

/// Keeps a secret sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, name: &str, row: &SecretRow) -> Result<(), StoreError> {
    execute!(tx, RESEAL, name, &row.sealed, row.master_key_version).map(drop)
}
