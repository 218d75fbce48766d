//! The token endpoint and what belongs to it.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::client::Session;
use super::closed::{Lang, Scope};
use super::error::PosError;
use super::exchange::X_REFERENCE_ID;
use super::form;
use super::pair::Pair;
use super::reference_id::ReferenceId;
use crate::api_key::Secret;
use crate::receive::Answer;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// How long a request of the token endpoint may take.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    /// As many tries as make sense.
    Usual,
    /// The same, of which only the first may begin at this time or later.
    Until(OffsetDateTime),
    /// One try of this length at most.
    Once(Duration),
}

/// How the token endpoint is asked.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    pub(super) patience: Patience,
    /// The flow for whose call it is asked, so that the server's log has both under one name.
    pub(super) reference: Option<ReferenceId>,
}

impl Manner {
    /// For no flow, as long as makes sense.
    pub(super) const USUAL: Self = Self { patience: Patience::Usual, reference: None };
}

/// Why the token endpoint gave nothing.
#[derive(Debug)]
pub(super) struct Failed {
    /// That of the last try.
    pub(super) error: PosError,
    /// Whether the server may have done what one of the tries asked for.
    pub(super) may_be_done: bool,
}

impl From<Failed> for PosError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

impl Session {
    /// A pair for the client itself.
    pub(super) async fn client_credentials(&self, manner: Manner) -> Result<Pair, PosError> {
        let scope = self.settings.scope;
        let fields = [("grant_type", "client_credentials"), ("scope", scope.as_str())];
        Ok(self.pair(&fields, manner, scope).await?)
    }

    /// A pair for a merchant's user.
    pub(super) async fn password(&self, username: &str, password: &Secret) -> Result<Pair, PosError> {
        let scope = self.settings.scope;
        let fields = [
            ("grant_type", "password"),
            ("scope", scope.as_str()),
            ("username", username),
            ("password", password.expose()),
        ];
        Ok(self.pair(&fields, Manner::USUAL, scope).await?)
    }

    /// The next pair.
    pub(super) async fn refresh(&self, token: &Secret, scope: Scope, manner: Manner) -> Result<Pair, Failed> {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token.expose())];
        let mut next = self.pair(&fields, manner, scope).await?;
        // An answer without a refresh token leaves the old one in use (RFC 6749 section 6).
        next.refresh.get_or_insert_with(|| token.clone());
        Ok(next)
    }

    async fn pair(&self, fields: &[(&str, &str)], manner: Manner, scope: Scope) -> Result<Pair, Failed> {
        let (answer, asked_at) = self.ask("/oauth/token", fields, manner).await?;
        Pair::of(&answer, asked_at, scope).map_err(|error| Failed { error, may_be_done: true })
    }

    /// Posts a form with the credentials of the client, with as many tries as make sense and `manner` allows. Gives the answer, and when the request was sent that it answers.
    pub(super) async fn ask(
        &self,
        path: &'static str,
        fields: &[(&str, &str)],
        Manner { patience, reference }: Manner,
    ) -> Result<(Answer, OffsetDateTime), Failed> {
        let credentials =
            [("client_id", self.settings.client_id.as_str()), ("client_secret", self.settings.client_secret.expose())];
        let form = form::encode(&[&credentials, fields].concat());
        let limit = match patience {
            Patience::Once(limit) => limit.min(self.wire.time_limit),
            Patience::Usual | Patience::Until(_) => self.wire.time_limit,
        };
        let (mut retries, mut may_be_done) = (0, false);
        loop {
            let asked_at = self.now();
            let error = match self.post_form(path, &form, limit, reference).await {
                Ok(answer) if answer.status.is_success() => return Ok((answer, asked_at)),
                Ok(answer) => PosError::of_token_endpoint(&answer),
                Err(error) => error,
            };
            may_be_done |= error.leaves_open_what_was_done();
            let Some(pause) = self.pause(&error, retries) else { return Err(Failed { error, may_be_done }) };
            match patience {
                Patience::Usual => (),
                Patience::Until(end) if self.now() + pause < end => (),
                Patience::Until(_) | Patience::Once(_) => return Err(Failed { error, may_be_done }),
            }
            retries += 1;
            tracing::debug!(path, retries, pause_ms = pause.as_millis(), %error, "trying again");
            self.wire.runtime.sleep(pause).await;
        }
    }

    async fn post_form(
        &self,
        path: &str,
        form: &Zeroizing<Vec<u8>>,
        limit: Duration,
        reference: Option<ReferenceId>,
    ) -> Result<Answer, PosError> {
        let mut request = self
            .wire
            .http
            .request(Method::POST, self.wire.endpoint.at(path, &in_language(self.settings.lang)))
            .header(CONTENT_TYPE, FORM)
            .body(form.to_vec());
        if let Some(reference) = reference {
            request = request.header(X_REFERENCE_ID, reference.header());
        }
        Ok(self.wire.exchange(request, limit).await?)
    }
}

/// The parameter of a language; English needs none.
pub(super) fn in_language(lang: Lang) -> Vec<(&'static str, String)> {
    match lang {
        Lang::English => Vec::new(),
        Lang::French => vec![("lang", lang.as_str().to_owned())],
    }
}

/// Reads the body of a success.
pub(super) fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, PosError> {
    // The parser's own words are dropped: they may quote the body.
    serde_json::from_slice(&answer.body)
        .map_err(|_| PosError::unexpected(answer, "the body has not the documented form"))
}
