//! One call: its tries, the pauses between them, and what each answer means.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_MATCH, LINK};
use reqwest::{Method, StatusCode};
use zeroize::{Zeroize, Zeroizing};

use crate::api_key::ApiKey;
use crate::client::Client;
use crate::entity_tag::EntityTag;
use crate::error::Error;
use crate::idempotency::IdempotencyKey;
use crate::{problem, retry_after};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The most bytes of a body that are read, so that a peer that is not the API can't fill the memory. The longest answers are pages of
/// creditors' histories with many agreements; who finds one longer than this asks for fewer changes at a time.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A request that can be sent again and again.
pub(crate) struct Call<'a> {
    pub(crate) method: Method,
    /// Below the base path, with its slash.
    pub(crate) path: Cow<'static, str>,
    /// The parameters behind the path.
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
    /// The media type of the body.
    pub(crate) media_type: &'static str,
    /// The media type that is asked for, in place of JSON.
    pub(crate) accept: Option<&'static str>,
    /// The version that a change is meant for.
    pub(crate) if_match: Option<&'a EntityTag>,
    pub(crate) idempotency_key: Option<&'a IdempotencyKey>,
    /// The key to use in every try, instead of the one in use at that moment.
    pub(crate) key: Option<&'a Arc<ApiKey>>,
    /// For how long the server is asked to hold its answer. Each try may take so much longer.
    pub(crate) further_time: Duration,
    /// Whether the server tells once what it answers, so that a further try must not follow an answer that was lost.
    pub(crate) is_answered_once: bool,
}

impl Call<'_> {
    pub(crate) fn new(method: Method, path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            media_type: "application/json",
            accept: None,
            if_match: None,
            idempotency_key: None,
            key: None,
            further_time: Duration::ZERO,
            is_answered_once: false,
        }
    }
}

/// A whole answer.
pub(crate) struct Answer {
    status: StatusCode,
    content_type: Option<String>,
    retry_after: Option<Duration>,
    /// The version of the record, where the answer has one.
    pub(crate) etag: Option<EntityTag>,
    /// What it links to (RFC 8288).
    pub(crate) links: Vec<String>,
    /// It may hold a key, so it is overwritten when dropped.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// The error of an answer that this API does not give.
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

    /// The answer itself when it is a success, the error that it stands for otherwise.
    fn success(self) -> Result<Self, Error> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(match problem::parse(self.status.as_u16(), &self.body) {
            Some((problem, members)) => Error::refused(problem, members, self.retry_after),
            None => self.unexpected("the body is no problem body"),
        })
    }
}

impl Client {
    /// Makes the call, with as many tries as make sense.
    pub(crate) async fn run(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let mut retries = 0;
        loop {
            let key = call.key.map_or_else(|| self.api_key(), Arc::clone);
            let error = match self.try_once(call, &key).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let pause = if error.is_transient() && (!call.is_answered_once || error.was_not_handled()) {
                self.wire.retry.pause(retries, error.retry_after(), self.wire.runtime.as_ref())
            } else if matches!(error, Error::Unauthorized(_)) && self.was_replaced(call, &key) {
                // The refused key was replaced while this try was under way: the refusal says nothing about the one in use.
                (retries < self.wire.retry.max_retries).then_some(Duration::ZERO)
            } else {
                None
            };
            let Some(pause) = pause else { return Err(error) };
            retries += 1;
            tracing::debug!(path = &*call.path, retries, pause_ms = pause.as_millis(), %error, "trying again");
            if !pause.is_zero() {
                self.wire.runtime.sleep(pause).await;
            }
        }
    }

    fn was_replaced(&self, call: &Call<'_>, key: &Arc<ApiKey>) -> bool {
        call.key.is_none() && *self.api_key() != **key
    }

    async fn try_once(&self, call: &Call<'_>, key: &ApiKey) -> Result<Answer, Error> {
        let limit = self.wire.time_limit.saturating_add(call.further_time);
        tokio::select! {
            biased;
            answer = self.exchange(call, key) => answer?.success(),
            () = self.wire.runtime.sleep(limit) => Err(Error::Timeout { limit }),
        }
    }

    async fn exchange(&self, call: &Call<'_>, key: &ApiKey) -> Result<Answer, Error> {
        let mut request = self
            .wire
            .http
            .request(call.method.clone(), self.wire.endpoint.at(&call.path, &call.query))
            .header(X_API_KEY, key.header());
        if let Some(key) = call.idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key.header());
        }
        if let Some(media_type) = call.accept {
            // Problems come as JSON whatever is asked for.
            request = request.header(ACCEPT, HeaderValue::from_static(media_type));
        }
        if let Some(tag) = call.if_match {
            request = request.header(IF_MATCH, tag.header());
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static(call.media_type)).body(body.clone());
        }
        let mut response = request.send().await.map_err(Error::transport)?;
        let headers = response.headers();
        let mut answer = Answer {
            status: response.status(),
            content_type: headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned),
            retry_after: retry_after::read(headers, self.wire.runtime.now()),
            etag: headers.get(ETAG).and_then(EntityTag::of_header),
            links: headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect(),
            body: Zeroizing::new(Vec::new()),
        };
        while let Some(chunk) = response.chunk().await.map_err(Error::transport)? {
            if answer.body.len() + chunk.len() > LARGEST_BODY {
                return Err(answer.unexpected("the body is longer than any of this API"));
            }
            append(&mut answer.body, &chunk);
        }
        Ok(answer)
    }
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
