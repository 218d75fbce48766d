//! A request that is sent again has its effect once, and the same answer.
//!
//! The answer is kept in the transaction of the effect, so there is no window in which a repeat runs twice. What is kept is what the
//! use case came to, not its HTTP form: the front gives it the same form again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::api_key::KeyHolder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use store::idempotency::KeptAnswer;
use store::{Access, StoreError, Tx};

use crate::Core;

/// The sender's name for a request, and what the request was.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The `Idempotency-Key`.
    pub key: String,
    /// A hash of the request; a repeat has the same.
    pub fingerprint: [u8; 32],
}

/// Why a repeat is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdempotencyError {
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The first request of this key still runs.
    #[error("the first request of this idempotency key still runs")]
    InProgress,
}

/// The requests of this process that run now.
#[derive(Default)]
pub(crate) struct InFlight(Arc<Mutex<HashSet<(KeyHolder, String)>>>);

/// Ends with the request.
pub(crate) struct InFlightGuard {
    set: Arc<Mutex<HashSet<(KeyHolder, String)>>>,
    name: (KeyHolder, String),
}

impl InFlight {
    fn enter(&self, holder: KeyHolder, key: &str) -> Result<InFlightGuard, IdempotencyError> {
        let name = (holder, key.to_owned());
        let is_new = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        if is_new { Ok(InFlightGuard { set: Arc::clone(&self.0), name }) } else { Err(IdempotencyError::InProgress) }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        self.set.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

/// One request that can be repeated: who sent it, what it asks for, and under which key.
#[derive(Clone)]
pub(crate) struct Repeatable {
    pub(crate) holder: KeyHolder,
    pub(crate) operation: &'static str,
    pub(crate) idempotency: Idempotency,
}

impl Repeatable {
    fn seal_name(&self) -> String {
        let client = self.holder.client.map_or(0, |client| client.0);
        format!("idempotency:{}:{client}:{}", self.holder.partner, self.idempotency.key)
    }

    /// The number of the lock by which processes over one database tell that the request runs.
    fn lock_number(&self) -> i64 {
        let hash = Sha256::digest(self.seal_name());
        let mut number = [0; 8];
        number.copy_from_slice(&hash[..8]);
        i64::from_be_bytes(number)
    }
}

impl Core {
    /// Marks a request as running in this process, until the guard is dropped.
    pub(crate) fn enter(&self, request: &Repeatable) -> Result<InFlightGuard, IdempotencyError> {
        self.in_flight().enter(request.holder, &request.idempotency.key)
    }

    /// What the request came to the first time, if this is a repeat.
    pub(crate) async fn kept_answer<T: DeserializeOwned>(
        &self,
        db: &mut impl Access,
        request: &Repeatable,
    ) -> Result<Result<Option<T>, IdempotencyError>, StoreError> {
        let kept = store::idempotency::find(db, request.holder, &request.idempotency.key, self.now()).await?;
        let Some(kept) = kept else { return Ok(Ok(None)) };
        if kept.operation != request.operation || kept.fingerprint != request.idempotency.fingerprint {
            return Ok(Err(IdempotencyError::KeyReused));
        }
        let plain = self
            .vault()
            .seals
            .unseal(&request.seal_name(), &kept.sealed_answer, kept.master_key_version)
            .map_err(|error| StoreError::unreadable("idempotency.sealed_answer", error))?;
        let answer = serde_json::from_slice(&plain)
            .map_err(|error| StoreError::unreadable("idempotency.sealed_answer", error))?;
        Ok(Ok(Some(answer)))
    }

    /// Takes the request for this transaction; false when another process runs it.
    pub(crate) async fn take(&self, tx: &mut Tx, request: &Repeatable) -> Result<bool, StoreError> {
        store::dialect::try_lock(tx, request.lock_number()).await
    }

    /// Keeps what the request came to, in the transaction of its effect.
    pub(crate) async fn keep_answer<T: Serialize>(
        &self,
        tx: &mut Tx,
        request: &Repeatable,
        answer: &T,
    ) -> Result<(), StoreError> {
        let plain = zeroize::Zeroizing::new(
            serde_json::to_vec(answer).map_err(|error| StoreError::unreadable("idempotency.sealed_answer", error))?,
        );
        let sealed = self.vault().seals.seal(&request.seal_name(), &plain, self.random());
        let kept = KeptAnswer {
            operation: request.operation.to_owned(),
            fingerprint: request.idempotency.fingerprint.to_vec(),
            sealed_answer: sealed.bytes,
            master_key_version: sealed.version,
        };
        let now = self.now();
        let expires_at = now.after(self.settings().idempotency_retention);
        store::idempotency::keep(tx, request.holder, &request.idempotency.key, &kept, now, expires_at).await
    }
}
