//! One call behind a token: its tries, the pauses between them, and the one new token for one that was refused.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use zeroize::Zeroizing;

use super::client::Session;
use super::closed::Scope;
use super::error::PosError;
use super::pair::Pair;
use super::reference_id::ReferenceId;
use super::tokens::Why;
use crate::entity_tag::EntityTag;
use crate::idempotency::IdempotencyKey;
use crate::receive::Answer;

pub(super) const X_REFERENCE_ID: HeaderName = HeaderName::from_static("x-reference-id");
const X_IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("x-idempotency-key");

/// A request that can be sent again and again.
pub(super) struct Call {
    pub(super) method: Method,
    /// Below `/client-id/{client_id}`, with its slash.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    /// JSON.
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
    pub(super) reference: ReferenceId,
    /// The state that is known already.
    pub(super) known: Option<EntityTag>,
    /// The name of the request, by which the server does it once however often it comes.
    pub(super) idempotency_key: Option<IdempotencyKey>,
    /// Whether it has its effect each time that it comes, so that a further try must not follow one that may have arrived.
    pub(super) is_done_each_time: bool,
}

impl Session {
    /// Makes the call, with as many tries as make sense.
    pub(super) async fn run(&self, call: &Call) -> Result<Answer, PosError> {
        let mut open = None;
        let outcome = self.try_on(call, &mut open).await;
        outcome.map_err(|error| match open {
            // That the last try was not let in says nothing of one before it, which may have done what the call asks for.
            Some(earlier) if call.idempotency_key.is_some() && !error.is_of_the_request() => earlier,
            _ => error,
        })
    }

    /// The same; `open` becomes the error of the last try that the server may have done.
    async fn try_on(&self, call: &Call, open: &mut Option<PosError>) -> Result<Answer, PosError> {
        let mut retries = 0;
        let mut was_refused = false;
        let reference = Some(call.reference);
        let mut pair = self.fresh(reference).await?;
        loop {
            let error = match self.try_once(call, &pair).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if error.leaves_open_what_was_done() {
                *open = Some(error.clone());
            }
            let next = if matches!(error, PosError::Unauthorized(_)) && !was_refused {
                was_refused = true;
                tracing::debug!(path = call.path, %error, "trying again with another token");
                self.renew(Why::Refused(&pair), reference).await?
            } else {
                if call.is_done_each_time && open.is_some() {
                    return Err(error);
                }
                let Some(pause) = self.pause(&error, retries) else { return Err(error) };
                retries += 1;
                tracing::debug!(path = call.path, retries, pause_ms = pause.as_millis(), %error, "trying again");
                self.wire.runtime.sleep(pause).await;
                // The pause may have been long.
                self.fresh(reference).await?
            };
            // The server keeps the keys of the scope `customer` for the family: with a token of another one it would be done again.
            let is_kept_by_family = call.idempotency_key.is_some() && self.settings.scope == Scope::Customer;
            if is_kept_by_family && open.is_some() && !next.is_of_family_of(&pair) {
                return Err(error);
            }
            pair = next;
        }
    }

    /// The pause before the next try; `None` when there should be none.
    pub(super) fn pause(&self, error: &PosError, retries: u32) -> Option<Duration> {
        if !error.is_transient() {
            return None;
        }
        self.wire.retry.pause(retries, error.retry_after(), self.wire.runtime.as_ref())
    }

    async fn try_once(&self, call: &Call, pair: &Arc<Pair>) -> Result<Answer, PosError> {
        let path = format!("/client-id/{}{}", self.settings.client_id, call.path);
        let mut request = self
            .wire
            .http
            .request(call.method.clone(), self.wire.endpoint.at(&path, &call.query))
            .header(AUTHORIZATION, pair.header())
            .header(X_REFERENCE_ID, call.reference.header());
        if let Some(tag) = &call.known {
            request = request.header(IF_NONE_MATCH, tag.header());
        }
        if let Some(key) = &call.idempotency_key {
            request = request.header(X_IDEMPOTENCY_KEY, key.header());
        }
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body.to_vec());
        }
        let answer = self.wire.exchange(request, self.wire.time_limit).await?;
        let is_known = answer.status == StatusCode::NOT_MODIFIED && call.known.is_some();
        if answer.status.is_success() || is_known { Ok(answer) } else { Err(PosError::of_call(&answer)) }
    }
}
