//! The client and its calls.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use reqwest::Method;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::answers::{Created, IsValid, Renewed, ValidKey, Validity};
use crate::api_key::ApiKey;
use crate::builder::Builder;
use crate::error::Error;
use crate::exchange::Call;
use crate::idempotency::IdempotencyKey;
use crate::receive::Answer;
use crate::requests::CreateClient;
use crate::wire::Wire;

/// The key in use, shared by all clones of one client.
pub(crate) struct KeyRing {
    in_use: RwLock<Arc<ApiKey>>,
    /// Held while a renewal runs. What is in it is the last renewal, for those who waited for it.
    pub(crate) renewal: Mutex<Option<Renewed>>,
}

/// A client of the Partner API: one server, one key. Cheap to clone; the clones share the connections and the key, so that a
/// renewal in one is seen by all.
#[derive(Clone)]
pub struct Client {
    pub(crate) wire: Arc<Wire>,
    pub(crate) keys: Arc<KeyRing>,
}

impl Client {
    /// Starts to build a client for the server at `base_url`, such as `https://partner.example.com`; `/api/v1/partner` is appended.
    pub fn builder(base_url: impl Into<String>) -> Builder {
        Builder::new(base_url)
    }

    pub(crate) fn new(wire: Arc<Wire>, key: ApiKey) -> Self {
        let keys = KeyRing { in_use: RwLock::new(Arc::new(key)), renewal: Mutex::new(None) };
        Self { wire, keys: Arc::new(keys) }
    }

    /// A client with another key and the same settings, over the same connections. Its key is renewed and replaced by itself.
    #[must_use]
    pub fn with_api_key(&self, key: ApiKey) -> Self {
        Self::new(Arc::clone(&self.wire), key)
    }

    /// The key in use.
    #[must_use]
    pub fn api_key(&self) -> Arc<ApiKey> {
        Arc::clone(&self.keys.in_use.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses another key from the next try on, also in calls that are under way: one that was renewed elsewhere, for instance.
    pub fn set_api_key(&self, key: ApiKey) {
        *self.keys.in_use.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }

    /// Puts `new` in the place of `old`, unless somebody has replaced `old` in the meantime.
    pub(crate) fn swap_api_key(&self, old: &Arc<ApiKey>, new: ApiKey) {
        let mut in_use = self.keys.in_use.write().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&in_use, old) {
            *in_use = Arc::new(new);
        }
    }

    /// Creates a client (creditor) with the provisioning token. However often this call is tried, the client is created once.
    ///
    /// # Errors
    /// [`Error::Validation`] names every fault of the request; [`Error::ClientExists`] names the client that is there already.
    /// After a transient error (see [`Error::is_transient`]) the client may have been created all the same: a further call answers
    /// [`Error::ClientExists`] then, and the credentials are lost to this program. [`Client::create_client_with`] has no such gap.
    pub async fn create_client(&self, request: &CreateClient) -> Result<Created, Error> {
        self.create_client_with(request, &self.new_idempotency_key()).await
    }

    /// As [`Client::create_client`], with an idempotency key that the caller stored before, together with the request. After a restart,
    /// or after a transient error, the same request with the same key brings the first answer, credentials included, for 24 hours.
    ///
    /// # Errors
    /// As [`Client::create_client`], and [`Error::IdempotencyKeyReused`] when the key was used with another request.
    pub async fn create_client_with(&self, request: &CreateClient, key: &IdempotencyKey) -> Result<Created, Error> {
        let body = serde_json::to_vec(request).expect("a request of texts alone has no part that JSON cannot hold");
        let call = Call { body: Some(body), idempotency_key: Some(key), ..Call::new(Method::POST, "/client") };
        parse(&self.run(&call).await?)
    }

    /// A fresh random idempotency key for [`Client::create_client_with`].
    #[must_use]
    pub fn new_idempotency_key(&self) -> IdempotencyKey {
        IdempotencyKey::random(self.wire.runtime.as_ref())
    }

    /// Asks whether the key in use works: when your service starts, and before sensitive operations. A key that the API refuses is
    /// an answer here ([`Validity::Invalid`]), not an error.
    ///
    /// # Errors
    /// Every error but [`Error::Unauthorized`]. None of them says anything about the key, but [`Error::Forbidden`], which says that it
    /// may not be used from here.
    pub async fn validate(&self) -> Result<Validity, Error> {
        let answer = match self.run(&Call::new(Method::GET, "/validate")).await {
            Ok(answer) => answer,
            Err(Error::Unauthorized(problem)) => {
                return Ok(Validity::Invalid { code: problem.code, message: problem.message });
            }
            Err(error) => return Err(error),
        };
        let verdict: IsValid = parse(&answer)?;
        if verdict.is_valid {
            parse::<ValidKey>(&answer).map(Validity::Valid)
        } else {
            Ok(Validity::Invalid { code: "invalid".to_owned(), message: verdict.message })
        }
    }
}

/// Reads the body of a success.
pub(crate) fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    // The parser's own words are dropped: they may quote the body, and the body may hold a key.
    serde_json::from_slice(&answer.body).map_err(|_| answer.unexpected("the body has not the documented form"))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("endpoint", &self.wire.endpoint.as_str()).finish_non_exhaustive()
    }
}
