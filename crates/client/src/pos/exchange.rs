//! One call behind a token: its tries, the pauses between them, and the one new token for one that was refused.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, IF_NONE_MATCH};
use reqwest::{Method, StatusCode};
use zeroize::Zeroizing;

use super::client::Session;
use super::error::PosError;
use super::pair::Pair;
use super::reference_id::ReferenceId;
use super::tokens::Why;
use crate::entity_tag::EntityTag;
use crate::receive::Answer;

pub(super) const X_REFERENCE_ID: HeaderName = HeaderName::from_static("x-reference-id");

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
}

impl Session {
    /// Makes the call, with as many tries as make sense.
    pub(super) async fn run(&self, call: &Call) -> Result<Answer, PosError> {
        let mut retries = 0;
        let mut was_refused = false;
        let reference = Some(call.reference);
        let mut pair = self.fresh(reference).await?;
        loop {
            let error = match self.try_once(call, &pair).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if matches!(error, PosError::Unauthorized(_)) && !was_refused {
                was_refused = true;
                tracing::debug!(path = call.path, %error, "trying again with another token");
                pair = self.renew(Why::Refused(&pair), reference).await?;
                continue;
            }
            let Some(pause) = self.pause(&error, retries) else { return Err(error) };
            retries += 1;
            tracing::debug!(path = call.path, retries, pause_ms = pause.as_millis(), %error, "trying again");
            self.wire.runtime.sleep(pause).await;
            // The pause may have been long.
            pair = self.fresh(reference).await?;
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
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body.to_vec());
        }
        let answer = self.wire.exchange(request, self.wire.time_limit).await?;
        let is_known = answer.status == StatusCode::NOT_MODIFIED && call.known.is_some();
        if answer.status.is_success() || is_known { Ok(answer) } else { Err(PosError::of_call(&answer)) }
    }
}
