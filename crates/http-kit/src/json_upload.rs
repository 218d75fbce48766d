//! The extractor of a JSON body that may hold files.
//!
//! Such a body is read into memory, some of it more than once. So only few are read and handled at once in a process, and the others wait
//! for them; a body that is no larger than any other may be waits for nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::body::HttpBody;
use axum::extract::{FromRef, FromRequest, Request};
use serde::de::DeserializeOwned;
use service::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::json_body::{self, BodyLimit, JsonBody, Kind};
use crate::{HttpState, Problem};

/// The most bytes of such a body: 10 MiB of files in Base64, and room for the rest.
pub const LARGEST_UPLOAD: usize = 15 * 1024 * 1024;

/// How many are read and handled at once.
const AT_ONCE: usize = 3;

/// How long one waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The turns of one server.
#[derive(Clone, Debug)]
pub struct Uploads(Arc<Semaphore>);

impl Default for Uploads {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// A body that is one JSON object of at most [`LARGEST_UPLOAD`] bytes. For the rest as [`JsonBody`]; keep it until all is done.
#[derive(Debug)]
pub struct JsonUpload<T> {
    /// The body.
    pub body: JsonBody<T>,
    /// `None` for a small one.
    pub turn: Option<OwnedSemaphorePermit>,
}

impl<T: DeserializeOwned> FromRequest<HttpState> for JsonUpload<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self, Problem> {
        let usual = BodyLimit::from_ref(state);
        let is_small = request.body().size_hint().upper().is_some_and(|size| size <= usual.0 as u64);
        if is_small {
            return Ok(Self { body: json_body::receive(request, usual, Kind::Object).await?, turn: None });
        }
        let turn = timeout(PATIENCE, Arc::clone(&state.uploads().0).acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or_else(|| Problem::from(StoreError::Overloaded))?;
        let limit = BodyLimit(LARGEST_UPLOAD.max(usual.0));
        Ok(Self { body: json_body::receive(request, limit, Kind::Object).await?, turn: Some(turn) })
    }
}
