//! How a client is put together.

use std::fmt;
use std::sync::Arc;

use crate::api_key::{ApiKey, ApiKeyError};
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::wire::{WireSettings, wire_settings};

/// Puts a [`Client`] together. Every setting but the key has a default.
pub struct Builder {
    base_url: String,
    key: Option<Result<ApiKey, ApiKeyError>>,
    wire: WireSettings,
}

/// Why no client could be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The base URL cannot be used.
    #[error("the base URL cannot be used: {reason}; write it like https://partner.example.com")]
    BaseUrl {
        /// What is wrong with it.
        reason: String,
    },
    /// No key was given.
    #[error("no API key was given: call `api_key` with the provisioning token, partner key or client key")]
    NoApiKey,
    /// The key cannot be one.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    /// No credentials were given.
    #[error("no credentials were given: call `credentials` with the client_id and the client_secret of the merchant")]
    NoCredentials,
    /// The client id cannot be one.
    #[error("the client id is no name that a merchant has: copy it again, such as flexitidemo")]
    ClientId,
    /// TLS could not be set up, for want of trusted certificates on this machine most likely.
    #[error("TLS could not be set up: install the system's root certificates, or hand in settings with `tls`")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refused its settings.
    #[error("the HTTP client could not be set up")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Builder {
    pub(crate) fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), key: None, wire: WireSettings::default() }
    }

    /// The key that every call carries until it is renewed or replaced: a provisioning token, a partner key or a client key.
    #[must_use]
    pub fn api_key<K>(mut self, key: K) -> Self
    where
        K: TryInto<ApiKey>,
        ApiKeyError: From<K::Error>,
    {
        self.key = Some(key.try_into().map_err(ApiKeyError::from));
        self
    }

    wire_settings!();

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the base URL or the key cannot be used, or TLS cannot be set up.
    pub fn build(self) -> Result<Client, BuildError> {
        let endpoint =
            Endpoint::parse(&self.base_url).map_err(|error| BuildError::BaseUrl { reason: error.to_string() })?;
        let key = self.key.ok_or(BuildError::NoApiKey)??;
        let wire = self.wire.connect(endpoint, "application/json, application/problem+json")?;
        Ok(Client::new(Arc::new(wire), key))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL is left out: it has not been checked for a password yet.
        f.debug_struct("Builder")
            .field("time_limit", &self.wire.time_limit)
            .field("retry", &self.wire.retry)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_missing_without_showing_it() {
        let built = Client::builder("http://127.0.0.1:1").build();
        assert!(matches!(built, Err(BuildError::NoApiKey)));
        let built = Client::builder("http://127.0.0.1:1").api_key("a secret\n").build();
        assert!(matches!(built, Err(BuildError::ApiKey(ApiKeyError::Character))));
        let error = Client::builder("http://me:hunter2@127.0.0.1:1").api_key("k").build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        let builder = Client::builder("http://me:hunter2@127.0.0.1:1").api_key("opensesame");
        let shown = format!("{builder:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("opensesame"), "{shown}");
    }

    #[test]
    fn leaves_the_process_wide_crypto_provider_alone() {
        Client::builder("http://127.0.0.1:1").api_key("k").build().unwrap();
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
