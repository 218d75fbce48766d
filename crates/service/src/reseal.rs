//! Sealing anew under the newest master key.

use futures_util::future::BoxFuture;
use store::{StoreError, Tx};

use crate::Core;
use crate::vault::Sealed;

/// The most records that one transaction seals anew, so that other writes do not wait long.
pub(crate) const BATCH: i64 = 200;

impl Core {
    /// Runs `batch` in a transaction, and again until it finds nothing more to seal, and gives how many records it sealed in all.
    pub(crate) async fn reseal_in_batches<F>(&self, batch: F) -> Result<u64, StoreError>
    where
        F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<u64, StoreError>> + Clone + Send + 'static,
    {
        let mut count = 0;
        loop {
            match self.db().write(batch.clone()).await? {
                0 => return Ok(count),
                sealed => count += sealed,
            }
        }
    }

    /// What is sealed under `version` for the record `name`, sealed under the newest master key. `what` names it in an error.
    pub(crate) fn sealed_again(
        &self,
        what: &'static str,
        name: &str,
        sealed: &[u8],
        version: i64,
    ) -> Result<Sealed, StoreError> {
        let seals = &self.vault().seals;
        let plain = seals.unseal(name, sealed, version).map_err(|error| StoreError::unreadable(what, error))?;
        Ok(seals.seal(name, &plain, self.random()))
    }
}
