//! What the handlers and layers share.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use http::HeaderValue;
use service::Core;

use crate::client_address::TrustedProxies;
use crate::held::HeldAnswers;
use crate::json_body::BodyLimit;
use crate::json_upload::Uploads;
use crate::rate_limit::{Rate, RateLimits};
use crate::stopwatch;

/// The settings of the HTTP side.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The most bytes of a body.
    pub body_limit: usize,
    /// How long a request may take, from its head to the answer.
    pub deadline: Duration,
    /// How much one key may do; `None` is no limit.
    pub key_rate: Option<Rate>,
    /// How often one address may fail to authenticate; `None` is no limit.
    pub failure_rate: Option<Rate>,
    /// How often credentials may be shown to one partner; `None` is no limit.
    pub credentials_rate: Option<Rate>,
    /// The proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: TrustedProxies,
    /// The origins whose pages may call, such as `https://partner.example`; none turns CORS off.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether the server itself speaks HTTPS; behind a proxy it does not know.
    pub tls: bool,
    /// Whether answers of more than 1 KiB are compressed for callers who take that.
    pub compression: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_limit: 256 * 1024,
            // More than the longest wait that an operation offers, which is 30 s.
            deadline: Duration::from_secs(40),
            key_rate: Some(Rate::new(50, 100)),
            failure_rate: Some(Rate::new(1, 30)),
            credentials_rate: Some(Rate::new(1, 30)),
            trusted_proxies: TrustedProxies::default(),
            cors_origins: Vec::new(),
            tls: false,
            compression: true,
        }
    }
}

/// What every handler can take. Cheap to clone.
#[derive(Clone)]
pub struct HttpState(Arc<Shared>);

struct Shared {
    core: Core,
    settings: HttpSettings,
    limits: RateLimits,
    held: HeldAnswers,
    uploads: Uploads,
}

impl HttpState {
    /// The state of one server.
    #[must_use]
    pub fn new(core: Core, settings: HttpSettings) -> Self {
        let limits =
            RateLimits::new(settings.key_rate, settings.failure_rate, settings.credentials_rate, stopwatch::now());
        Self(Arc::new(Shared { core, settings, limits, held: HeldAnswers::default(), uploads: Uploads::default() }))
    }

    /// The use cases.
    #[must_use]
    pub fn core(&self) -> &Core {
        &self.0.core
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &HttpSettings {
        &self.0.settings
    }

    /// The rate limits.
    #[must_use]
    pub fn limits(&self) -> &RateLimits {
        &self.0.limits
    }

    /// The answers that are held now.
    #[must_use]
    pub fn held(&self) -> &HeldAnswers {
        &self.0.held
    }

    /// The turns of bodies that hold files.
    #[must_use]
    pub fn uploads(&self) -> &Uploads {
        &self.0.uploads
    }
}

impl FromRef<HttpState> for BodyLimit {
    fn from_ref(state: &HttpState) -> Self {
        Self(state.settings().body_limit)
    }
}
