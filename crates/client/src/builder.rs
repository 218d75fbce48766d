//! How a client is put together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use rustls::ClientConfig;

use crate::api_key::{ApiKey, ApiKeyError};
use crate::client::{Client, Wire};
use crate::endpoint::Endpoint;
use crate::retry::RetryPolicy;
use crate::runtime::{Runtime, SystemRuntime};
use crate::tls;

/// Puts a [`Client`] together. Every setting but the key has a default.
pub struct Builder {
    base_url: String,
    key: Option<Result<ApiKey, ApiKeyError>>,
    time_limit: Duration,
    retry: RetryPolicy,
    proxy: bool,
    tls: Option<ClientConfig>,
    runtime: Arc<dyn Runtime>,
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
    /// TLS could not be set up, for want of trusted certificates on this machine most likely.
    #[error("TLS could not be set up: install the system's root certificates, or hand in settings with `tls`")]
    Tls(#[from] rustls::Error),
    /// The HTTP library refused its settings.
    #[error("the HTTP client could not be set up")]
    Http(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Builder {
    pub(crate) fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            key: None,
            time_limit: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            proxy: true,
            tls: None,
            runtime: Arc::new(SystemRuntime),
        }
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

    /// How long one try may take, from connecting to the last byte of the answer. Default: 30 s. A call with a `wait`, such as
    /// [`Client::sms`], has that much more.
    #[must_use]
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// How often a call is tried again after the first try. Default: 3, which makes four tries in all; 0 turns retry off.
    #[must_use]
    pub const fn max_retries(mut self, retries: u32) -> Self {
        self.retry.max_retries = retries;
        self
    }

    /// The pauses between tries: a random part of `first`, then of twice as much and so on, never more than `longest`.
    /// Default: 200 ms and 10 s.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.retry.first_pause = first;
        self.retry.longest_pause = longest;
        self
    }

    /// The longest `Retry-After` that a call waits out. When an answer asks for more, its error is returned at once. Default: 60 s.
    #[must_use]
    pub const fn longest_retry_after(mut self, longest: Duration) -> Self {
        self.retry.longest_retry_after = longest;
        self
    }

    /// Goes straight to the server, whatever proxy `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` name.
    #[must_use]
    pub const fn no_proxy(mut self) -> Self {
        self.proxy = false;
        self
    }

    /// TLS settings of your own: a private certificate authority, or a client certificate. Default: TLS 1.2 and 1.3 with ring, trusting
    /// what the system trusts.
    #[must_use]
    pub fn tls(mut self, config: ClientConfig) -> Self {
        self.tls = Some(config);
        self
    }

    /// Where time, randomness and waiting come from. Default: [`SystemRuntime`].
    #[must_use]
    pub fn runtime(mut self, runtime: Arc<dyn Runtime>) -> Self {
        self.runtime = runtime;
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the base URL or the key cannot be used, or TLS cannot be set up.
    pub fn build(self) -> Result<Client, BuildError> {
        let endpoint =
            Endpoint::parse(&self.base_url).map_err(|error| BuildError::BaseUrl { reason: error.to_string() })?;
        let key = self.key.ok_or(BuildError::NoApiKey)??;
        if endpoint.is_exposed() {
            tracing::warn!("API keys travel in clear: the base URL is plain http to another machine");
        }
        let tls = match self.tls {
            Some(config) => config,
            None => tls::config(endpoint.is_https())?,
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, application/problem+json"));
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("tallystick-client/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .tls_backend_preconfigured(tls::with_alpn(tls))
            // A redirect would carry the key to wherever it points.
            .redirect(Policy::none())
            // All tries are counted in one place, and that is here.
            .retry(reqwest::retry::never());
        if !self.proxy {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| BuildError::Http(Box::new(error)))?;
        let wire = Wire { http, endpoint, time_limit: self.time_limit, retry: self.retry, runtime: self.runtime };
        Ok(Client::new(Arc::new(wire), key))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL is left out: it has not been checked for a password yet.
        f.debug_struct("Builder")
            .field("time_limit", &self.time_limit)
            .field("retry", &self.retry)
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
