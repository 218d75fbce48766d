//! The way to one server, and those settings of it that every client of this crate has.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use rustls::ClientConfig;

use crate::builder::BuildError;
use crate::endpoint::Endpoint;
use crate::retry::RetryPolicy;
use crate::runtime::{Runtime, SystemRuntime};
use crate::tls;

/// The way to one server: connections and settings, shared by all clients that hold different keys for it.
pub(crate) struct Wire {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) time_limit: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) runtime: Arc<dyn Runtime>,
}

/// What a builder sets of it.
pub(crate) struct WireSettings {
    pub(crate) time_limit: Duration,
    pub(crate) retry: RetryPolicy,
    pub(crate) proxy: bool,
    pub(crate) tls: Option<ClientConfig>,
    pub(crate) runtime: Arc<dyn Runtime>,
}

impl Default for WireSettings {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(30),
            retry: RetryPolicy::default(),
            proxy: true,
            tls: None,
            runtime: Arc::new(SystemRuntime),
        }
    }
}

impl WireSettings {
    /// The way to `endpoint`, where answers of the media types `accept` are asked for. Nothing is sent yet.
    pub(crate) fn connect(self, endpoint: Endpoint, accept: &'static str) -> Result<Wire, BuildError> {
        if endpoint.is_exposed() {
            tracing::warn!("keys and secrets travel in clear: the base URL is plain http to another machine");
        }
        let tls = match self.tls {
            Some(config) => config,
            None => tls::config(endpoint.is_https())?,
        };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
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
        Ok(Wire { http, endpoint, time_limit: self.time_limit, retry: self.retry, runtime: self.runtime })
    }
}

/// The settings that every builder has, as its methods. The builder holds them in `wire`.
macro_rules! wire_settings {
    () => {
        /// How long one try may take, from connecting to the last byte of the answer. Default: 30 s. A call with a `wait`, such as
        /// [`Client::sms`](crate::Client::sms), has that much more.
        #[must_use]
        pub const fn timeout(mut self, limit: std::time::Duration) -> Self {
            self.wire.time_limit = limit;
            self
        }

        /// How often a call is tried again after the first try. Default: 3, which makes four tries in all; 0 turns retry off.
        #[must_use]
        pub const fn max_retries(mut self, retries: u32) -> Self {
            self.wire.retry.max_retries = retries;
            self
        }

        /// The pauses between tries: a random part of `first`, then of twice as much and so on, never more than `longest`.
        /// Default: 200 ms and 10 s.
        #[must_use]
        pub const fn backoff(mut self, first: std::time::Duration, longest: std::time::Duration) -> Self {
            self.wire.retry.first_pause = first;
            self.wire.retry.longest_pause = longest;
            self
        }

        /// The longest `Retry-After` that a call waits out. When an answer asks for more, its error is returned at once. Default: 60 s.
        #[must_use]
        pub const fn longest_retry_after(mut self, longest: std::time::Duration) -> Self {
            self.wire.retry.longest_retry_after = longest;
            self
        }

        /// Goes straight to the server, whatever proxy `HTTP_PROXY`, `HTTPS_PROXY` and `ALL_PROXY` name.
        #[must_use]
        pub const fn no_proxy(mut self) -> Self {
            self.wire.proxy = false;
            self
        }

        /// TLS settings of your own: a private certificate authority, or a client certificate. Default: TLS 1.2 and 1.3 with ring,
        /// trusting what the system trusts.
        #[must_use]
        pub fn tls(mut self, config: rustls::ClientConfig) -> Self {
            self.wire.tls = Some(config);
            self
        }

        /// Where time, randomness and waiting come from. Default: [`SystemRuntime`](crate::SystemRuntime).
        #[must_use]
        pub fn runtime(mut self, runtime: std::sync::Arc<dyn crate::Runtime>) -> Self {
            self.wire.runtime = runtime;
            self
        }
    };
}

pub(crate) use wire_settings;
