//! Answers that succeed.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::condition::{IfNoneMatch, entity_tag};
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

/// 200 with a JSON body that its reader may keep and must ask about before using it again; with an `ETag` when it has a version.
#[derive(Debug)]
pub struct ResourceJson<T> {
    body: T,
    version: Option<i64>,
    is_known: bool,
}

impl<T: Serialize> ResourceJson<T> {
    /// An answer without a version, such as a list.
    pub const fn new(body: T) -> Self {
        Self { body, version: None, is_known: false }
    }

    /// The answer that is this version of a record.
    pub const fn of_version(body: T, version: i64) -> Self {
        Self { body, version: Some(version), is_known: false }
    }

    /// Leaves the body out (304) when the caller has this version.
    #[must_use]
    pub fn unless(mut self, known: &IfNoneMatch) -> Self {
        self.is_known = self.version.is_some_and(|version| known.has(version));
        self
    }
}

impl<T: Serialize> IntoResponse for ResourceJson<T> {
    fn into_response(self) -> Response {
        let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        if let Some(version) = self.version {
            headers.insert(ETAG, entity_tag(version));
        }
        let mut response = Response::new(Body::empty());
        if self.is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            match serde_json::to_vec(&self.body) {
                Ok(bytes) => *response.body_mut() = Body::from(bytes),
                Err(error) => return Problem::internal(error).into_response(),
            }
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *response.headers_mut() = headers;
        response
    }
}
