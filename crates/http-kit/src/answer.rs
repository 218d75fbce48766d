//! Answers that succeed.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::{Problem, idempotency};

/// 200 with a JSON body that must not be stored on the way, because it carries a secret or holds for one moment only.
#[derive(Debug)]
pub struct PrivateJson<T> {
    body: T,
    replayed: bool,
}

impl<T: Serialize> PrivateJson<T> {
    /// A first answer.
    pub const fn new(body: T) -> Self {
        Self { body, replayed: false }
    }

    /// Says by a header that it is the kept answer to an earlier request with the same idempotency key.
    #[must_use]
    pub const fn replayed(mut self, replayed: bool) -> Self {
        self.replayed = replayed;
        self
    }
}

/// The header of an answer that is the kept first one.
pub const REPLAYED: (HeaderName, HeaderValue) =
    (HeaderName::from_static(idempotency::REPLAYED), HeaderValue::from_static("true"));

/// Room for the headers of an answer, those of the outermost layer included, so that the map is made once.
const USUAL_HEADERS: usize = 10;

impl<T: Serialize> IntoResponse for PrivateJson<T> {
    fn into_response(self) -> Response {
        let bytes = match serde_json::to_vec(&self.body) {
            Ok(bytes) => bytes,
            Err(error) => return Problem::internal(error).into_response(),
        };
        let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.replayed {
            let (name, value) = REPLAYED;
            headers.insert(name, value);
        }
        let mut response = Response::new(Body::from(bytes));
        *response.headers_mut() = headers;
        response
    }
}
