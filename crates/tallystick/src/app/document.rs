//! The OpenAPI 3.1 document: made from the handlers, so that it can't drift from them.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_kit::HttpState;
use utoipa::openapi::OpenApi;

/// The document of all fronts.
#[must_use]
pub fn document() -> OpenApi {
    super::routes().into_openapi()
}

/// Its JSON, made at the first request for it: a server that nobody asks spends no memory on it.
static JSON: LazyLock<Bytes> = LazyLock::new(|| {
    let json = serde_json::to_vec(&document());
    Bytes::from(json.expect("a document of strings, numbers and lists is always JSON"))
});

pub(super) fn router() -> Router<HttpState> {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=60")];
    Router::new().route("/openapi.json", get(async move || (headers, JSON.clone())))
}
