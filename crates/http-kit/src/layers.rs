//! Puts around the routes what every answer needs.

use std::sync::Arc;

use axum::Router;
use domain::{Clock, Timestamp};
use http::header::{CONTENT_TYPE, ETAG, RETRY_AFTER};
use http::{HeaderName, Method};
use service::Core;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::observe::ObserveLayer;
use crate::{HttpSettings, HttpState, fallback};

/// The whole server of `routes`: unknown addresses and methods answered with problems, CORS when origins are set, and the outermost
/// layer around all of it.
///
/// Install the recorder of metrics first. Serve the router with connect info, or no caller has an address.
pub fn assemble(routes: Router<HttpState>, state: HttpState) -> Router {
    let settings = state.settings().clone();
    let clock = Arc::new(CoreClock(state.core().clone()));
    let layer = ObserveLayer::new(clock, state.core().random(), &settings);
    around(routes.with_state(state), layer, &settings)
}

/// As [`assemble`], for routes that need no state.
pub(crate) fn around(routes: Router, layer: ObserveLayer, settings: &HttpSettings) -> Router {
    let mut router = routes.fallback(fallback::not_found).method_not_allowed_fallback(fallback::method_not_allowed);
    if !settings.cors_origins.is_empty() {
        router = router.layer(cors(settings));
    }
    router.layer(layer)
}

fn cors(settings: &HttpSettings) -> CorsLayer {
    let ours = [
        "authorization",
        "x-reference-id",
        "x-api-key",
        "idempotency-key",
        "x-request-id",
        "traceparent",
        "if-match",
        "if-none-match",
    ]
    .map(HeaderName::from_static);
    let shown = [
        "x-reference-id",
        "x-request-id",
        "idempotent-replayed",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
    ]
    .map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(settings.cors_origins.iter().cloned()))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(ours.into_iter().chain([CONTENT_TYPE]).collect::<Vec<_>>())
        .expose_headers(shown.into_iter().chain([RETRY_AFTER, ETAG]).collect::<Vec<_>>())
}

/// The clock of the core, to be kept where the core cannot be borrowed.
struct CoreClock(Core);

impl Clock for CoreClock {
    fn now(&self) -> Timestamp {
        self.0.clock().now()
    }
}
