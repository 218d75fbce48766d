//! One answer, read whole: what every client of this crate does with a request that is ready.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, LINK};
use reqwest::{RequestBuilder, StatusCode};
use zeroize::{Zeroize, Zeroizing};

use crate::entity_tag::EntityTag;
use crate::error::Error;
use crate::retry_after;
use crate::wire::Wire;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_REFERENCE_ID: HeaderName = HeaderName::from_static("x-reference-id");

/// The most bytes of a body that are read, so that a peer that is not the API can't fill the memory. The longest answers are pages of
/// creditors' histories with many agreements; who finds one longer than this asks for fewer changes at a time.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// The version of the record, where the answer has one.
    pub(crate) etag: Option<EntityTag>,
    /// What it links to (RFC 8288).
    pub(crate) links: Vec<String>,
    /// Names the request in the server's log.
    pub(crate) request_id: Option<String>,
    /// Names the flow that the request belongs to.
    pub(crate) reference_id: Option<String>,
    /// It may hold a key, so it is overwritten when dropped.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// Why no whole answer came.
pub(crate) enum Broken {
    /// No connection, or one that broke.
    Transport(reqwest::Error),
    /// The body is longer than any of these APIs. What there is of the answer.
    TooLong(Box<Answer>),
    /// Nothing within this time.
    Silent(Duration),
}

/// What is told of an answer that is too long.
pub(crate) const TOO_LONG: &str = "the body is longer than any of this API";

impl Answer {
    /// The error of an answer that the Partner API does not give.
    pub(crate) fn unexpected(&self, reason: &'static str) -> Error {
        Error::UnexpectedAnswer {
            status: self.status.as_u16(),
            content_type: self.content_type.clone(),
            reason,
            retry_after: self.retry_after,
        }
    }

    /// Whether its body is of this media type, whatever the parameters.
    pub(crate) fn is_of(&self, media_type: &str) -> bool {
        let content_type = self.content_type.as_deref().and_then(|value| value.split(';').next());
        content_type.is_some_and(|value| value.trim().eq_ignore_ascii_case(media_type))
    }
}

impl Wire {
    /// Sends a request once and reads its answer, within `limit`.
    pub(crate) async fn exchange(&self, request: RequestBuilder, limit: Duration) -> Result<Answer, Broken> {
        tokio::select! {
            biased;
            answer = self.receive(request) => answer,
            () = self.runtime.sleep(limit) => Err(Broken::Silent(limit)),
        }
    }

    async fn receive(&self, request: RequestBuilder) -> Result<Answer, Broken> {
        let mut response = request.send().await.map_err(Broken::Transport)?;
        let headers = response.headers();
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut answer = Answer {
            status: response.status(),
            content_type: text(CONTENT_TYPE),
            retry_after: retry_after::read(headers, self.runtime.now()),
            etag: headers.get(ETAG).and_then(EntityTag::of_header),
            links: links(headers),
            request_id: text(X_REQUEST_ID),
            reference_id: text(X_REFERENCE_ID),
            body: Zeroizing::new(Vec::new()),
        };
        while let Some(chunk) = response.chunk().await.map_err(Broken::Transport)? {
            if answer.body.len() + chunk.len() > LARGEST_BODY {
                return Err(Broken::TooLong(Box::new(answer)));
            }
            append(&mut answer.body, &chunk);
        }
        Ok(answer)
    }
}

fn links(headers: &HeaderMap) -> Vec<String> {
    headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
}

/// Appends without leaving a copy of what is there behind, as a growing `Vec` would.
fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    if body.capacity() - body.len() < chunk.len() {
        let mut larger = Vec::with_capacity((body.len() + chunk.len()).next_power_of_two());
        larger.extend_from_slice(body);
        body.zeroize();
        **body = larger;
    }
    body.extend_from_slice(chunk);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn appending_keeps_every_byte(chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20)) {
            let mut body = Zeroizing::new(Vec::new());
            for chunk in &chunks {
                append(&mut body, chunk);
            }
            prop_assert_eq!(&*body, &chunks.concat());
        }
    }
}
