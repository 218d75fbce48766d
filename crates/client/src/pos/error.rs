//! What can go wrong with a call to the point-of-sale API.

use std::time::Duration;

use super::error_name::ErrorName;
use super::problem::{OauthProblem, PosProblem};
use crate::error::{TransportCause, TransportFault, transport};
use crate::receive::{Answer, Broken, TOO_LONG};

/// Why a call failed. By then every retry that makes sense has been made, and a refused token was replaced. It can be cloned, since tasks
/// that wait for one token share the outcome.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PosError {
    /// `409 wrong_inputs`: [`PosProblem::field_errors`] names every input that is wrong.
    #[error("the input was refused: {0}")]
    WrongInputs(Box<PosProblem>),
    /// `409 authentication_failure`: the user name or the password is wrong, or the user may not log in now. Nobody is told which.
    #[error("the user was not let in: {0}")]
    AuthenticationFailure(Box<PosProblem>),
    /// `409 request_in_progress`, still so after the last try: an earlier request with the same idempotency key is under way.
    #[error("the same request is still under way: {problem}")]
    InProgress {
        /// The answer.
        problem: Box<PosProblem>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// `409 idempotency_key_reused`: the idempotency key was used for another request. Make a new one for a changed request.
    #[error("the idempotency key belongs to another request: {0}")]
    IdempotencyKeyReused(Box<PosProblem>),
    /// Another `409`: not allowed in this state. [`PosError::name`] tells why: `credit_exceeded`.
    #[error("not allowed in this state: {0}")]
    Refused(Box<PosProblem>),
    /// `401`, also with the token that was got in the place of the one that was refused.
    #[error("the access token was refused: {0}")]
    Unauthorized(Box<PosProblem>),
    /// `403`: a token of the scope `customer` may not call this. Use a client of the scope `merchant`, on the merchant's own server.
    #[error("the scope of the token is insufficient: {0}")]
    InsufficientScope(Box<PosProblem>),
    /// Another `403`: the token belongs to another client than the address.
    #[error("the token may not do this: {0}")]
    Forbidden(Box<PosProblem>),
    /// `404`: nothing of this name.
    #[error("there is no such thing: {0}")]
    NotFound(Box<PosProblem>),
    /// `429`, still so after the last try, or with a `Retry-After` longer than a call may wait.
    #[error("too many requests: {problem}")]
    RateLimited {
        /// The answer.
        problem: Box<PosProblem>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// `500`, `502`, `503` or `504`, still so after the last try, or with a `Retry-After` longer than a call may wait.
    #[error("the server cannot answer now: {problem}")]
    Unavailable {
        /// The answer.
        problem: Box<PosProblem>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// Any other error in the form of this API.
    #[error("the API refused the call: {0}")]
    Api(Box<PosProblem>),
    /// The token endpoint does not know the client, or not with this secret, or it was revoked (`invalid_client`).
    #[error("the client was refused: {0}")]
    InvalidClient(Box<OauthProblem>),
    /// Any other refusal of the token endpoint.
    #[error("the token endpoint refused the request: {0}")]
    TokenRefused(Box<OauthProblem>),
    /// The token endpoint cannot answer now, or was asked too often; still so after the last try.
    #[error("the token endpoint cannot answer now: {problem}")]
    TokenUnavailable {
        /// The answer.
        problem: Box<OauthProblem>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// The tokens of this user have ended: they were revoked, have expired unused, or the password was changed. Log in again with
    /// [`PosClient::log_in_with_password`](super::PosClient::log_in_with_password).
    #[error("the log-in has ended, and the user has to log in again{}", told(problem.as_deref()))]
    LoginNeeded {
        /// What the server said, when it was the server that ended it.
        problem: Option<Box<OauthProblem>>,
    },
    /// An answer that this API does not give: the page of a proxy, a redirect, a body of another form. The text of the body is left
    /// out, since some proxies repeat the request's headers in it, and the token is one of them.
    #[error(
        "the answer (status {status}, {}) is not one of the POS API: {reason}; check the base URL and what stands between",
        content_type.as_deref().unwrap_or("no content type")
    )]
    UnexpectedAnswer {
        /// The HTTP status.
        status: u16,
        /// The content type.
        content_type: Option<String>,
        /// What is unexpected in it.
        reason: &'static str,
        /// How long the sender asks to wait.
        retry_after: Option<Duration>,
    },
    /// No answer within the time limit of one try, in any try.
    #[error("no answer within {limit:?}")]
    Timeout {
        /// The limit of one try.
        limit: Duration,
    },
    /// No connection, or one that broke.
    #[error("{fault}")]
    Transport {
        /// Where it failed.
        fault: TransportFault,
        /// The cause.
        #[source]
        source: TransportCause,
    },
}

fn told(problem: Option<&OauthProblem>) -> String {
    problem.map(|problem| format!(": {problem}")).unwrap_or_default()
}

impl From<Broken> for PosError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Transport(error) => {
                let (fault, source) = transport(error);
                Self::Transport { fault, source }
            }
            Broken::TooLong(answer) => Self::unexpected(&answer, TOO_LONG),
            Broken::Silent(limit) => Self::Timeout { limit },
        }
    }
}

impl PosError {
    /// The error of an answer that this API does not give.
    pub(super) fn unexpected(answer: &Answer, reason: &'static str) -> Self {
        Self::UnexpectedAnswer {
            status: answer.status.as_u16(),
            content_type: answer.content_type.clone(),
            reason,
            retry_after: answer.retry_after,
        }
    }

    /// The error that the answer to a call stands for.
    pub(super) fn of_call(answer: &Answer) -> Self {
        let Some(problem) = PosProblem::of(answer) else {
            return Self::unexpected(answer, "the body is no error of this API");
        };
        let (problem, retry_after) = (Box::new(problem), answer.retry_after);
        match (problem.status, problem.error.as_str()) {
            // The example of the public documentation leaves the `s` out.
            (409, "wrong_inputs" | "wrong_input") => Self::WrongInputs(problem),
            (409, "authentication_failure") => Self::AuthenticationFailure(problem),
            (409, "request_in_progress") => Self::InProgress { problem, retry_after },
            (409, "idempotency_key_reused") => Self::IdempotencyKeyReused(problem),
            (409, _) => Self::Refused(problem),
            (401, _) => Self::Unauthorized(problem),
            (403, error) if error.starts_with("Insufficient scope") => Self::InsufficientScope(problem),
            (403, _) => Self::Forbidden(problem),
            (404, _) => Self::NotFound(problem),
            (429, _) => Self::RateLimited { problem, retry_after },
            (500 | 502 | 503 | 504, _) => Self::Unavailable { problem, retry_after },
            _ => Self::Api(problem),
        }
    }

    /// The error that an answer of the token endpoint stands for.
    pub(super) fn of_token_endpoint(answer: &Answer) -> Self {
        let Some(problem) = OauthProblem::of(answer) else {
            return Self::unexpected(answer, "the body is no error of the token endpoint");
        };
        let (problem, retry_after) = (Box::new(problem), answer.retry_after);
        match (problem.status, problem.error.as_str()) {
            (429 | 500 | 502 | 503 | 504, _) => Self::TokenUnavailable { problem, retry_after },
            (_, "invalid_client") => Self::InvalidClient(problem),
            _ => Self::TokenRefused(problem),
        }
    }

    /// Whether the same call may well succeed later: this is what is tried again.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::InProgress { .. }
            | Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::TokenUnavailable { .. }
            | Self::Timeout { .. } => true,
            Self::Transport { fault, .. } => !matches!(fault, TransportFault::Tls),
            Self::UnexpectedAnswer { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Self::WrongInputs(_)
            | Self::AuthenticationFailure(_)
            | Self::IdempotencyKeyReused(_)
            | Self::Refused(_)
            | Self::Unauthorized(_)
            | Self::InsufficientScope(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Api(_)
            | Self::InvalidClient(_)
            | Self::TokenRefused(_)
            | Self::LoginNeeded { .. } => false,
        }
    }

    /// How long the answer asks to wait, if it does.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::InProgress { retry_after, .. }
            | Self::RateLimited { retry_after, .. }
            | Self::Unavailable { retry_after, .. }
            | Self::TokenUnavailable { retry_after, .. }
            | Self::UnexpectedAnswer { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The API's own words, when it was a call behind a token that was refused.
    #[must_use]
    pub fn problem(&self) -> Option<&PosProblem> {
        match self {
            Self::WrongInputs(problem)
            | Self::AuthenticationFailure(problem)
            | Self::InProgress { problem, .. }
            | Self::IdempotencyKeyReused(problem)
            | Self::Refused(problem)
            | Self::Unauthorized(problem)
            | Self::InsufficientScope(problem)
            | Self::Forbidden(problem)
            | Self::NotFound(problem)
            | Self::RateLimited { problem, .. }
            | Self::Unavailable { problem, .. }
            | Self::Api(problem) => Some(problem),
            _ => None,
        }
    }

    /// The token endpoint's own words, when it was that which refused.
    #[must_use]
    pub fn oauth_problem(&self) -> Option<&OauthProblem> {
        match self {
            Self::InvalidClient(problem) | Self::TokenRefused(problem) | Self::TokenUnavailable { problem, .. } => {
                Some(problem)
            }
            Self::LoginNeeded { problem } => problem.as_deref(),
            _ => None,
        }
    }

    /// Why a call behind a token was refused, by the API's own name for it. `None` for what is no error of a call, such as a broken connection.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{ErrorName, Flow, PosError, Purchase};
    /// # async fn run(flow: Flow, purchase: Purchase) -> Result<(), PosError> {
    /// match flow.authorize(&purchase).await {
    ///     Err(error) if error.name() == Some(ErrorName::CreditExceeded) => println!("take another payment for a part"),
    ///     other => println!("{:?}", other?.authorization_status),
    /// }
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<ErrorName> {
        self.problem().map(|problem| ErrorName::of(&problem.error))
    }

    /// `error` of the answer, whichever form it has: stable, for programs.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        let of_call = self.problem().map(|problem| problem.error.as_str());
        of_call.or_else(|| self.oauth_problem().map(|problem| problem.error.as_str()))
    }

    /// Whether the server may have done what it was asked for. Not where the request did not arrive, nor where an answer says that it was
    /// refused: by its name, for its number (429), or by the token endpoint (RFC 6749 section 5.2). What moves money is then asked for
    /// again with the same idempotency key, which tells.
    #[must_use]
    pub const fn leaves_open_what_was_done(&self) -> bool {
        match self {
            Self::Transport { fault, .. } => matches!(fault, TransportFault::Interrupted),
            Self::TokenUnavailable { problem, .. } => problem.status != 429,
            Self::UnexpectedAnswer { status, .. } => *status != 429,
            _ => matches!(self, Self::InProgress { .. } | Self::Unavailable { .. } | Self::Timeout { .. }),
        }
    }

    /// Whether it tells of the request itself, and not only that a try was not let in or has failed.
    pub(super) const fn is_of_the_request(&self) -> bool {
        matches!(
            self,
            Self::WrongInputs(_)
                | Self::AuthenticationFailure(_)
                | Self::IdempotencyKeyReused(_)
                | Self::Refused(_)
                | Self::NotFound(_)
                | Self::Api(_)
        )
    }

    /// Whether nothing is given for a grant: the refresh token or the password is not taken.
    pub(super) fn is_invalid_grant(&self) -> bool {
        matches!(self, Self::TokenRefused(problem) if problem.error == "invalid_grant")
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use zeroize::Zeroizing;

    use super::*;
    use crate::tls;

    fn answer(status: u16, error: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: None,
            retry_after: Some(Duration::from_secs(3)),
            etag: None,
            links: Vec::new(),
            request_id: None,
            reference_id: None,
            body: Zeroizing::new(format!(r#"{{"error":"{error}","message":"This is {error}"}}"#).into_bytes()),
        }
    }

    #[test]
    fn only_what_may_pass_is_transient_and_keeps_the_wait() {
        for read in [PosError::of_call, PosError::of_token_endpoint] {
            let transient: Vec<u16> =
                (300..600).filter(|status| read(&answer(*status, "any")).is_transient()).collect();
            assert_eq!(transient, [429, 500, 502, 503, 504]);
            for status in 300..600 {
                let error = read(&answer(status, "any"));
                assert_eq!((error.code(), error.retry_after().is_some()), (Some("any"), error.is_transient()));
                assert_eq!(error.problem().is_some(), error.oauth_problem().is_none());
            }
        }
    }

    #[test]
    fn each_documented_error_has_its_kind() {
        let call = |status, error| PosError::of_call(&answer(status, error));
        assert!(matches!(call(409, "wrong_inputs"), PosError::WrongInputs(_)));
        assert!(matches!(call(409, "wrong_input"), PosError::WrongInputs(_)));
        assert!(matches!(call(409, "authentication_failure"), PosError::AuthenticationFailure(_)));
        assert!(matches!(call(409, "request_in_progress"), PosError::InProgress { retry_after: Some(_), .. }));
        assert!(call(409, "request_in_progress").is_transient());
        assert!(matches!(call(409, "idempotency_key_reused"), PosError::IdempotencyKeyReused(_)));
        assert!(matches!(call(409, "invalid_role"), PosError::Refused(_)));
        let scope = "Insufficient scope: authorized scope is insufficient";
        assert!(matches!(call(403, scope), PosError::InsufficientScope(_)));
        assert!(matches!(call(403, "forbidden"), PosError::Forbidden(_)));
        let token = |status, error| PosError::of_token_endpoint(&answer(status, error));
        assert!(matches!(token(401, "invalid_client"), PosError::InvalidClient(_)));
        assert!(token(400, "invalid_grant").is_invalid_grant() && !token(400, "invalid_scope").is_invalid_grant());
    }
    #[tokio::test]
    async fn what_was_refused_or_did_not_arrive_was_not_done() {
        let token = |status, error| PosError::of_token_endpoint(&answer(status, error)).leaves_open_what_was_done();
        assert!(
            !token(429, "temporarily_unavailable") && !token(400, "invalid_client") && !token(400, "invalid_scope")
        );
        assert!(token(500, "server_error") && token(503, "temporarily_unavailable"));
        let call = |status| PosError::of_call(&answer(status, "any")).leaves_open_what_was_done();
        assert!(!call(429) && call(500) && call(503) && call(504));
        let page = |status| Answer { body: Zeroizing::new(b"<h1>".to_vec()), ..answer(status, "") };
        let page = |status| PosError::of_token_endpoint(&page(status)).leaves_open_what_was_done();
        assert!(!page(429) && page(403) && page(502) && page(524));
        assert!(PosError::Timeout { limit: Duration::ZERO }.leaves_open_what_was_done());
        // Nothing listens where no request can go.
        let http = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls::config(false).unwrap());
        let source = http.build().unwrap().get("http://127.0.0.1:0").send().await.unwrap_err();
        let (fault, source) = transport(source);
        assert_eq!(fault, TransportFault::Connect);
        let at = |fault| PosError::Transport { fault, source: source.clone() }.leaves_open_what_was_done();
        assert!(!at(fault) && !at(TransportFault::Tls) && at(TransportFault::Interrupted));
    }
}
