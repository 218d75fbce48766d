//! The small write by which a process learns whether the database takes writes.

use domain::Timestamp;

use crate::connection::Tx;
use crate::error::StoreError;

statements! {
    BEAT = "INSERT INTO heartbeat (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at";
    FORGET = "DELETE FROM heartbeat WHERE at < $1";
}

/// Writes that the process `name` is there at `now`.
///
/// # Errors
/// When the statement fails.
pub async fn beat(tx: &mut Tx, name: &str, now: Timestamp) -> Result<(), StoreError> {
    execute!(tx, BEAT, name, now.micros()).map(drop)
}

/// Forgets the processes that have not written since `before`.
///
/// # Errors
/// When the statement fails.
pub async fn forget(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    execute!(tx, FORGET, before.micros())
}
