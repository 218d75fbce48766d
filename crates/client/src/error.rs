//! What can go wrong with a call.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::problem::{Members, Problem, TakenAgreement};
use crate::receive::{Broken, TOO_LONG};

/// Why a call failed. By then every retry that makes sense has been made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `400`: the input is malformed or invalid; [`Problem::faults`] names every fault. Mend the input, then call again.
    #[error("the input was refused: {0}")]
    Validation(Box<Problem>),
    /// `401`: the key is missing, unknown, revoked, expired (code `token_expired`) or of another environment.
    #[error("the API key was refused: {0}")]
    Unauthorized(Box<Problem>),
    /// `402`: well-formed, but not allowed in this state.
    #[error("not allowed in this state: {0}")]
    BusinessRule(Box<Problem>),
    /// `403`: the key works, but may not do this.
    #[error("the API key may not do this: {0}")]
    Forbidden(Box<Problem>),
    /// `404`: there is nothing of the caller's under this name.
    #[error("there is no such record: {0}")]
    NotFound(Box<Problem>),
    /// `412`: the record has changed since it was read. Read it again and decide anew. After a lost answer it may be one's own change.
    #[error("the record was changed meanwhile: {0}")]
    Stale(Box<Problem>),
    /// `409 client_exists`: the partner has this client already, and nothing was changed. Use the credentials kept for it, or get them
    /// with the partner key: [`Client::credentials`](crate::Client::credentials).
    #[error("the client exists already, as {client_identifier}: {problem}")]
    ClientExists {
        /// The client that exists.
        client_identifier: u64,
        /// The answer.
        problem: Box<Problem>,
    },
    /// `409 agreement_taken`: another creditor of the partner has this agreement, and nothing was changed.
    #[error("creditor {client_identifier} has the agreement already: {problem}")]
    AgreementTaken {
        /// The creditor that has it.
        client_identifier: u64,
        /// The agreement.
        agreement: TakenAgreement,
        /// The answer.
        problem: Box<Problem>,
    },
    /// `409 invoice_exists`: the client has an invoice of this number already, and nothing was changed.
    #[error("invoice {invoice_id} has this number already: {problem}")]
    InvoiceExists {
        /// The server's identifier of the invoice that is there.
        invoice_id: Uuid,
        /// The answer.
        problem: Box<Problem>,
    },
    /// `409 request_in_progress`, still so after the last try: an earlier request with the same idempotency key is under way.
    #[error("the same request is still under way: {problem}")]
    InProgress {
        /// The answer.
        problem: Box<Problem>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// Another `409`.
    #[error("in conflict with what is there: {0}")]
    Conflict(Box<Problem>),
    /// `422`: the idempotency key was used for another request. Make a new one for a changed request.
    #[error("the idempotency key belongs to another request: {0}")]
    IdempotencyKeyReused(Box<Problem>),
    /// `429`, still so after the last try, or with a `Retry-After` longer than a call may wait.
    #[error("too many requests: {problem}")]
    RateLimited {
        /// The answer.
        problem: Box<Problem>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// `500`, `502`, `503` or `504`, still so after the last try, or with a `Retry-After` longer than a call may wait.
    #[error("the server cannot answer now: {problem}")]
    Unavailable {
        /// The answer.
        problem: Box<Problem>,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// Any other problem body.
    #[error("the API refused the call: {0}")]
    Api(Box<Problem>),
    /// An answer that this API does not give: the page of a proxy, a redirect, a body of another form. The text of the body is left
    /// out, since some proxies repeat the request's headers in it, and the key is one of them.
    #[error(
        "the answer (status {status}, {}) is not one of the Partner API: {reason}; check the base URL and what stands between",
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
    /// No answer within the time limit of one try, in any try. Whether the server acted is not known.
    #[error("no answer within {limit:?}")]
    Timeout {
        /// The limit of one try, with what the call had besides for a `wait`.
        limit: Duration,
    },
    /// No connection, or one that broke. After [`TransportFault::Interrupted`] it is not known whether the server acted.
    #[error("{fault}")]
    Transport {
        /// Where it failed.
        fault: TransportFault,
        /// The cause.
        #[source]
        source: TransportCause,
    },
}

/// Where a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TransportFault {
    /// The request was not sent. It is tried again.
    #[error("no connection to the server")]
    Connect,
    /// TLS was refused: an untrusted certificate, another name in it, or a peer that does not speak TLS. Not tried again.
    #[error("the server's TLS is not acceptable: check its certificate, its host name and the base URL")]
    Tls,
    /// The connection broke before the whole answer was there. It is tried again.
    #[error("the connection broke before the answer was complete")]
    Interrupted,
}

/// The cause of a failed connection, as the HTTP library tells it, without the URL.
#[derive(Clone)]
pub struct TransportCause(Arc<reqwest::Error>);

impl fmt::Display for TransportCause {
    /// The whole chain of causes in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for TransportCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for TransportCause {}

/// Where a connection failed, and why.
pub(crate) fn transport(error: reqwest::Error) -> (TransportFault, TransportCause) {
    let error = error.without_url();
    let fault = if is_tls(&error) {
        TransportFault::Tls
    } else if error.is_connect() {
        TransportFault::Connect
    } else {
        TransportFault::Interrupted
    };
    (fault, TransportCause(Arc::new(error)))
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Transport(error) => {
                let (fault, source) = transport(error);
                Self::Transport { fault, source }
            }
            Broken::TooLong(answer) => answer.unexpected(TOO_LONG),
            Broken::Silent(limit) => Self::Timeout { limit },
        }
    }
}

impl Error {
    /// The error that a problem body stands for.
    pub(crate) fn refused(problem: Problem, members: Members, retry_after: Option<Duration>) -> Self {
        let problem = Box::new(problem);
        match (problem.status, problem.code.as_str(), members.client_identifier) {
            (400, ..) => Self::Validation(problem),
            (401, ..) => Self::Unauthorized(problem),
            (402, ..) => Self::BusinessRule(problem),
            (403, ..) => Self::Forbidden(problem),
            (404, ..) => Self::NotFound(problem),
            (412, ..) => Self::Stale(problem),
            (409, "client_exists", Some(client_identifier)) => Self::ClientExists { client_identifier, problem },
            (409, "agreement_taken", Some(client_identifier)) => match members.agreement {
                Some(agreement) => Self::AgreementTaken { client_identifier, agreement, problem },
                None => Self::Conflict(problem),
            },
            (409, "invoice_exists", _) => match members.invoice_id {
                Some(invoice_id) => Self::InvoiceExists { invoice_id, problem },
                None => Self::Conflict(problem),
            },
            (409, "request_in_progress", _) => Self::InProgress { problem, retry_after },
            (409, ..) => Self::Conflict(problem),
            (422, ..) => Self::IdempotencyKeyReused(problem),
            (429, ..) => Self::RateLimited { problem, retry_after },
            (500 | 502 | 503 | 504, ..) => Self::Unavailable { problem, retry_after },
            _ => Self::Api(problem),
        }
    }

    /// Whether the same call may well succeed later: this is what is tried again, but for most of it where
    /// [`FetchType::Unfetched`](crate::FetchType::Unfetched) deliveries are listed.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::InProgress { .. } | Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Timeout { .. } => {
                true
            }
            Self::Transport { fault, .. } => !matches!(fault, TransportFault::Tls),
            Self::UnexpectedAnswer { status, .. } => matches!(status, 429 | 500 | 502 | 503 | 504),
            Self::Validation(_)
            | Self::Unauthorized(_)
            | Self::BusinessRule(_)
            | Self::Forbidden(_)
            | Self::NotFound(_)
            | Self::Stale(_)
            | Self::ClientExists { .. }
            | Self::AgreementTaken { .. }
            | Self::InvoiceExists { .. }
            | Self::Conflict(_)
            | Self::IdempotencyKeyReused(_)
            | Self::Api(_) => false,
        }
    }

    /// Whether the server has surely not acted on the request: it was not sent, or there were too many.
    pub(crate) const fn was_not_handled(&self) -> bool {
        matches!(
            self,
            Self::Transport { fault: TransportFault::Connect, .. }
                | Self::RateLimited { .. }
                | Self::UnexpectedAnswer { status: 429, .. }
        )
    }

    /// How long the answer asks to wait, if it does.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::InProgress { retry_after, .. }
            | Self::RateLimited { retry_after, .. }
            | Self::Unavailable { retry_after, .. }
            | Self::UnexpectedAnswer { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The API's own words, when it was the API that refused.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Validation(problem)
            | Self::Unauthorized(problem)
            | Self::BusinessRule(problem)
            | Self::Forbidden(problem)
            | Self::NotFound(problem)
            | Self::Stale(problem)
            | Self::ClientExists { problem, .. }
            | Self::AgreementTaken { problem, .. }
            | Self::InvoiceExists { problem, .. }
            | Self::InProgress { problem, .. }
            | Self::Conflict(problem)
            | Self::IdempotencyKeyReused(problem)
            | Self::RateLimited { problem, .. }
            | Self::Unavailable { problem, .. }
            | Self::Api(problem) => Some(problem),
            Self::UnexpectedAnswer { .. } | Self::Timeout { .. } | Self::Transport { .. } => None,
        }
    }
}

/// Why [`Client::renew_with`](crate::Client::renew_with) failed. The key in use is the same as before in either case.
#[derive(Debug, thiserror::Error)]
pub enum RenewError<E: StdError + 'static> {
    /// The server did not renew the key, or its answers were lost.
    #[error("the key was not renewed")]
    Call(#[from] Error),
    /// The new key could not be stored. Renewing again inside the overlap brings the same new key.
    #[error("the renewed key could not be stored")]
    Persist(#[source] E),
}

/// Whether the TLS library is what refused. It hides in I/O errors, which do not count it among their sources.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(error) = cause {
        if error.is::<rustls::Error>() {
            return true;
        }
        cause = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str, client_identifier: Option<u64>) -> Error {
        let problem =
            Problem { status, code: code.to_owned(), message: String::new(), request_id: None, faults: Vec::new() };
        let members = Members { client_identifier, ..Members::default() };
        Error::refused(problem, members, Some(Duration::from_secs(3)))
    }

    #[test]
    fn only_what_may_pass_is_transient() {
        let transient: Vec<u16> = (300..600).filter(|status| refused(*status, "any", None).is_transient()).collect();
        assert_eq!(transient, [429, 500, 502, 503, 504]);
        assert!(refused(409, "request_in_progress", None).is_transient());
        assert!(!refused(409, "client_exists", Some(7)).is_transient());
        let foreign = |status| Error::UnexpectedAnswer { status, content_type: None, reason: "", retry_after: None };
        let transient: Vec<u16> = (200..600).filter(|status| foreign(*status).is_transient()).collect();
        assert_eq!(transient, [429, 500, 502, 503, 504]);
    }

    #[test]
    fn every_refusal_keeps_the_problem_and_transient_ones_the_wait() {
        for status in 300..600 {
            let error = refused(status, "any", None);
            assert_eq!(error.problem().unwrap().status, status);
            assert_eq!(error.retry_after().is_some(), error.is_transient(), "{status}");
        }
    }

    #[test]
    fn client_exists_without_its_identifier_is_a_plain_conflict() {
        assert!(matches!(refused(409, "client_exists", Some(7)), Error::ClientExists { client_identifier: 7, .. }));
        assert!(matches!(refused(409, "client_exists", None), Error::Conflict(_)));
        assert!(matches!(refused(409, "agreement_taken", Some(7)), Error::Conflict(_)));
        assert!(matches!(refused(409, "invoice_exists", Some(7)), Error::Conflict(_)));
    }
}
