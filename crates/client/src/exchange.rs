//! One call: its tries, the pauses between them, and what each answer means.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH};
use reqwest::{Method, RequestBuilder};

use crate::api_key::ApiKey;
use crate::client::Client;
use crate::entity_tag::EntityTag;
use crate::error::Error;
use crate::idempotency::IdempotencyKey;
use crate::problem;
use crate::receive::Answer;

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

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
        let answer = self.wire.exchange(self.request(call, key), limit).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(match problem::parse(answer.status.as_u16(), &answer.body) {
            Some((problem, members)) => Error::refused(problem, members, answer.retry_after),
            None => answer.unexpected("the body is no problem body"),
        })
    }

    fn request(&self, call: &Call<'_>, key: &ApiKey) -> RequestBuilder {
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
        request
    }
}
