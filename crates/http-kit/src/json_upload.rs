//! The extractor of a JSON body that may hold files.
//!
//! Such a body is read into memory, and there more than once while it is handled. So few are received at once in a process, and fewer
//! handled; the others wait. A body that is no larger than any other may be waits for nobody. A sender that is slow has a place among
//! those that are received, and holds up nobody who is handled.

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

/// How many are received at once.
const RECEIVED: usize = 8;

/// How many are handled at once.
const HANDLED: usize = 2;

/// How long one waits for its turn, each time.
const PATIENCE: Duration = Duration::from_secs(10);

/// The turns of one server.
#[derive(Clone, Debug)]
pub struct Uploads {
    received: Arc<Semaphore>,
    handled: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { received: Arc::new(Semaphore::new(RECEIVED)), handled: Arc::new(Semaphore::new(HANDLED)) }
    }
}

/// A body that is one JSON object of at most [`LARGEST_UPLOAD`] bytes. For the rest as [`JsonBody`]; keep it until all is done.
#[derive(Debug)]
pub struct JsonUpload<T> {
    /// The body.
    pub body: JsonBody<T>,
    /// The turn to be handled; `None` for a small one.
    pub turn: Option<OwnedSemaphorePermit>,
}

impl<T: DeserializeOwned> FromRequest<HttpState> for JsonUpload<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &HttpState) -> Result<Self, Problem> {
        let usual = BodyLimit::from_ref(state);
        let largest = BodyLimit(LARGEST_UPLOAD.max(usual.0));
        let size = request.body().size_hint();
        // One that is refused whatever it holds waits for nobody either.
        let is_refused = size.lower() > largest.0 as u64 || json_body::check_media_type(request.headers()).is_err();
        if is_refused || size.upper().is_some_and(|size| size <= usual.0 as u64) {
            return Ok(Self { body: json_body::receive(request, largest, Kind::Object).await?, turn: None });
        }
        let received = turn(&state.uploads().received).await?;
        let bytes = json_body::receive_bytes(request, largest).await?;
        let turn = turn(&state.uploads().handled).await?;
        drop(received);
        Ok(Self { body: bytes.read(Kind::Object)?, turn: Some(turn) })
    }
}

async fn turn(turns: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    let turn = timeout(PATIENCE, Arc::clone(turns).acquire_owned()).await;
    turn.ok().and_then(Result::ok).ok_or_else(|| Problem::from(StoreError::Overloaded))
}
