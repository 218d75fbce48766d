//! The OpenAPI 3.1 document: made from the handlers, so that it can't drift from them.

use std::sync::{Arc, LazyLock, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_kit::HttpState;
use pos_api::Prefix;
use utoipa::openapi::OpenApi;

/// The document of all fronts, with the point-of-sale API where it is by default.
#[must_use]
pub fn document() -> OpenApi {
    document_below(&Prefix::default())
}

/// The same with the point-of-sale API below `prefix`.
#[must_use]
pub fn document_below(prefix: &Prefix) -> OpenApi {
    let mut document = partner_api::document();
    document.merge(pos_api::document(prefix));
    document.merge(super::health::document());
    document
}

/// Serves it as JSON, made at the first request for it: a server that nobody asks spends no memory on it. It is kept then, since it is
/// the work of ten milliseconds, and anybody may ask.
pub(super) fn router(prefix: &Prefix) -> Router<HttpState> {
    // Of all routers of a process, which in tests are many.
    static DEFAULT: LazyLock<Arc<OnceLock<Bytes>>> = LazyLock::new(Arc::default);
    let kept = if *prefix == Prefix::default() { Arc::clone(&DEFAULT) } else { Arc::default() };
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=60")];
    let prefix = prefix.clone();
    let serve = async move || (headers, kept.get_or_init(|| json(&prefix)).clone());
    Router::new().route("/openapi.json", get(serve))
}

fn json(prefix: &Prefix) -> Bytes {
    let json = serde_json::to_vec(&document_below(prefix));
    Bytes::from(json.expect("a document of strings, numbers and lists is always JSON"))
}
