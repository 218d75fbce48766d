//! The OpenAPI 3.1 document: made from the handlers, so that it can't drift from them.

use std::sync::OnceLock;

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
    of_prefix(&Prefix::default())
}

fn of_prefix(prefix: &Prefix) -> OpenApi {
    let mut document = partner_api::document();
    document.merge(pos_api::document(prefix));
    document.merge(super::health::document());
    document
}

/// Serves it as JSON, made at the first request for it: a server that nobody asks spends no memory on it.
pub(super) fn router(prefix: &Prefix) -> Router<HttpState> {
    static DEFAULT: OnceLock<Bytes> = OnceLock::new();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=60")];
    let prefix = prefix.clone();
    Router::new().route(
        "/openapi.json",
        get(async move || {
            // Another prefix is rare enough to make the document each time.
            let body =
                if prefix == Prefix::default() { DEFAULT.get_or_init(|| json(&prefix)).clone() } else { json(&prefix) };
            (headers, body)
        }),
    )
}

fn json(prefix: &Prefix) -> Bytes {
    let json = serde_json::to_vec(&of_prefix(prefix));
    Bytes::from(json.expect("a document of strings, numbers and lists is always JSON"))
}
