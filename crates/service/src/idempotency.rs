//! A request that is sent again has its effect once, and the same answer.
//!
//! The answer is kept in the transaction of the effect, so there is no window in which a repeat runs twice. What is kept is what the
//! use case came to, not its HTTP form: the front gives it the same form again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Secret;
use domain::api_key::{KeyHolder, KeyValue};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
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

/// The use cases that can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// [`Core::apply`].
    Apply,
    /// [`Core::create_client`] and [`Core::create_creditor`].
    CreateClient,
    /// [`Core::request_deployment`].
    RequestDeployment,
    /// [`Core::rotate_credentials`].
    RotateCredentials,
    /// [`Core::send_sms`].
    SendSms,
    /// [`Core::submit_invoice`].
    SubmitInvoice,
    /// [`Core::authorize_purchase`].
    AuthorizePurchase,
    /// [`Core::capture`].
    Capture,
    /// [`Core::release`].
    Release,
    /// [`Core::return_capture`].
    ReturnCapture,
    /// [`Core::refund`].
    Refund,
    /// [`Core::pay_account`].
    PayAccount,
}

impl Operation {
    /// Its name, in what is kept and in the audit trail.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Apply => "application.apply",
            Self::CreateClient => "client.create",
            Self::RequestDeployment => "deployment.request",
            Self::RotateCredentials => "credentials.rotate",
            Self::SendSms => "sms.send",
            Self::SubmitInvoice => "invoice.submit",
            Self::AuthorizePurchase => "authorization.create",
            Self::Capture => "authorization.capture",
            Self::Release => "authorization.release",
            Self::ReturnCapture => "capture.return",
            Self::Refund => "account.refund",
            Self::PayAccount => "account.pay",
        }
    }
}

/// Reads a key or secret that was kept for a repeat.
pub(crate) fn kept_secret(text: &str) -> Result<Secret<KeyValue>, StoreError> {
    KeyValue::parse(text).ok_or_else(|| StoreError::unreadable("idempotency.sealed_answer", "a kept key is no key"))
}

/// How a request begins.
pub(crate) enum Begun<T> {
    /// It was carried out before, and came to this.
    Repeat(T),
    /// It runs now. While the guard is held, this process begins no other of its key.
    First {
        /// `None` for a request that can't be repeated.
        _guard: Option<InFlightGuard>,
    },
}

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
    pub(crate) operation: Operation,
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
    /// Begins a request, unless it is a repeat: ahead of everything, so that the same key with another body is told as such, whatever is
    /// wrong with the body. A request without a key is never a repeat.
    pub(crate) async fn begin<T, E>(&self, request: Option<&Repeatable>) -> Result<Begun<T>, E>
    where
        T: DeserializeOwned,
        E: From<IdempotencyError> + From<StoreError>,
    {
        let Some(request) = request else { return Ok(Begun::First { _guard: None }) };
        if let Some(kept) = self.kept_answer::<T, E>(&mut self.db().reader().await?, request).await? {
            return Ok(Begun::Repeat(kept));
        }
        let guard = self.in_flight().enter(request.holder, &request.idempotency.key)?;
        Ok(Begun::First { _guard: Some(guard) })
    }

    /// Takes a request for this transaction, or gives what it came to when another transaction has carried it out since it began.
    pub(crate) async fn take_request<T, E>(&self, tx: &mut Tx, request: Option<&Repeatable>) -> Result<Option<T>, E>
    where
        T: DeserializeOwned,
        E: From<IdempotencyError> + From<StoreError>,
    {
        let Some(request) = request else { return Ok(None) };
        if !store::dialect::try_lock(tx, request.lock_number()).await? {
            return Err(IdempotencyError::InProgress.into());
        }
        self.kept_answer(tx, request).await
    }

    /// Refuses an idempotency key that was used for another request, ahead of a refusal of this one for its form.
    ///
    /// # Errors
    /// [`IdempotencyError::KeyReused`] when it was, or when the database fails.
    pub async fn refuse_reused_key<E>(
        &self,
        holder: KeyHolder,
        operation: Operation,
        idempotency: Option<&Idempotency>,
    ) -> Result<(), E>
    where
        E: From<IdempotencyError> + From<StoreError>,
    {
        let Some(idempotency) = idempotency else { return Ok(()) };
        let request = Repeatable { holder, operation, idempotency: idempotency.clone() };
        let _kept: Option<IgnoredAny> = self.kept_answer::<_, E>(&mut self.db().reader().await?, &request).await?;
        Ok(())
    }

    /// What the request came to the first time, if this is a repeat.
    pub(crate) async fn kept_answer<T, E>(&self, db: &mut impl Access, request: &Repeatable) -> Result<Option<T>, E>
    where
        T: DeserializeOwned,
        E: From<IdempotencyError> + From<StoreError>,
    {
        let kept = store::idempotency::find(db, request.holder, &request.idempotency.key, self.now()).await?;
        let Some(kept) = kept else { return Ok(None) };
        if kept.operation != request.operation.name() || kept.fingerprint != request.idempotency.fingerprint {
            return Err(IdempotencyError::KeyReused.into());
        }
        let plain = self
            .vault()
            .seals
            .unseal(&request.seal_name(), &kept.sealed_answer, kept.master_key_version)
            .map_err(|error| StoreError::unreadable("idempotency.sealed_answer", error))?;
        let answer = serde_json::from_slice(&plain)
            .map_err(|error| StoreError::unreadable("idempotency.sealed_answer", error))?;
        Ok(Some(answer))
    }

    /// Keeps what the request came to, in the transaction of its effect, and says whether it is kept: false where the key was used meanwhile,
    /// which whoever has taken the request by [`Core::take_request`] need not look at.
    pub(crate) async fn keep_answer<T: Serialize>(
        &self,
        tx: &mut Tx,
        request: &Repeatable,
        answer: &T,
    ) -> Result<bool, StoreError> {
        let plain = zeroize::Zeroizing::new(
            serde_json::to_vec(answer).map_err(|error| StoreError::unreadable("idempotency.sealed_answer", error))?,
        );
        let sealed = self.vault().seals.seal(&request.seal_name(), &plain, self.random());
        let kept = KeptAnswer {
            operation: request.operation.name().to_owned(),
            fingerprint: request.idempotency.fingerprint.to_vec(),
            sealed_answer: sealed.bytes,
            master_key_version: sealed.version,
        };
        let now = self.now();
        let expires_at = now.after(self.settings().idempotency_retention);
        store::idempotency::keep(tx, request.holder, &request.idempotency.key, &kept, now, expires_at).await
    }
}
