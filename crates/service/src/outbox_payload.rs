//! What is sent, sealed into a row of the outbox.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::StoreError;
use store::outbox::OutboxRow;
use uuid::Uuid;

use crate::Core;
use crate::vault::UnsealError;

/// How long a row is left alone whose master key this process does not have.
pub(crate) const KEY_MISSING: Duration = Duration::from_secs(60);

/// Why something sealed can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    /// This process does not have its master key. Another may: servers are given a new key one after the other.
    #[error(transparent)]
    KeyMissing(UnsealError),
    /// Nobody can read it.
    #[error(transparent)]
    Broken(#[from] StoreError),
}

impl Unreadable {
    pub(crate) fn of(what: &'static str, error: UnsealError) -> Self {
        match error {
            UnsealError::NoSuchKey(_) => Self::KeyMissing(error),
            UnsealError::DoesNotOpen(_) => Self::Broken(StoreError::unreadable(what, error)),
        }
    }
}

impl From<Unreadable> for StoreError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::KeyMissing(error) => Self::unreadable("a sealed value", error),
            Unreadable::Broken(error) => error,
        }
    }
}

const PAYLOAD: &str = "outbox.payload";

fn seal_name(message: Uuid) -> String {
    format!("outbox:{message}")
}

impl Core {
    /// The row with this payload.
    pub(crate) fn with_payload(&self, row: OutboxRow, payload: &impl Serialize) -> Result<OutboxRow, StoreError> {
        let plain = serde_json::to_vec(payload).map_err(|error| StoreError::unreadable(PAYLOAD, error))?;
        let plain = zeroize::Zeroizing::new(plain);
        let sealed = self.vault().seals.seal(&seal_name(row.message), &plain, self.random());
        Ok(OutboxRow { payload: sealed.bytes, master_key_version: sealed.version, ..row })
    }

    /// The payload of a row.
    pub(crate) fn payload_of<T: DeserializeOwned>(&self, row: &OutboxRow) -> Result<T, Unreadable> {
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name(row.message), &row.payload, row.master_key_version)
            .map_err(|error| Unreadable::of(PAYLOAD, error))?;
        Ok(serde_json::from_slice(&plain).map_err(|error| StoreError::unreadable(PAYLOAD, error))?)
    }
}
