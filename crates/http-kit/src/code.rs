//! The codes of problems: stable, in snake case, what a program may rely on where a person reads the message.

use http::StatusCode;

/// A kind of problem, with the one status that it is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code on the wire.
    pub name: &'static str,
    /// The status of the answer.
    pub status: StatusCode,
    /// What it means and what to do, for the API document. Without a full stop.
    pub meaning: &'static str,
}

impl Code {
    /// A code of a front's own; those that all fronts share are the constants of [`crate::code`].
    #[must_use]
    pub const fn new(name: &'static str, status: StatusCode, meaning: &'static str) -> Self {
        Self { name, status, meaning }
    }
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $status:ident, $meaning:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`: ", $meaning, ".")]
            pub const $constant: Code = Code::new($name, StatusCode::$status, $meaning);
        )+

        /// Every code that the fronts share.
        pub const ALL: &[Code] = &[$($constant),+];
    };
}

codes! {
    VALIDATION_FAILED = "validation_failed", BAD_REQUEST, "The body or the query breaks rules; `errors` names every one";
    EMPTY_BODY = "empty_body", BAD_REQUEST, "The request has no body";
    MALFORMED_JSON = "malformed_json", BAD_REQUEST, "The body is not JSON in UTF-8; the message tells the line and column";
    NOT_AN_OBJECT = "not_an_object", BAD_REQUEST, "The body is JSON, but not an object";
    NOT_A_LIST = "not_a_list", BAD_REQUEST, "The body is JSON, but not a list";
    NESTING_TOO_DEEP = "nesting_too_deep", BAD_REQUEST, "The body is nested deeper than 32 levels";
    BODY_INCOMPLETE = "body_incomplete", BAD_REQUEST, "The body ended before its announced length, or broke off";
    IDEMPOTENCY_KEY_INVALID = "idempotency_key_invalid", BAD_REQUEST,
        "The header Idempotency-Key does not have 1 to 255 printable ASCII characters, or is there twice";
    API_KEY_MISSING = "api_key_missing", UNAUTHORIZED, "The header X-Api-Key is missing or empty";
    API_KEY_MALFORMED = "api_key_malformed", UNAUTHORIZED, "The header X-Api-Key is no UUID in hyphenated form, or is there twice";
    API_KEY_UNKNOWN = "api_key_unknown", UNAUTHORIZED, "The key does not exist here; a key of another environment is unknown too";
    API_KEY_REVOKED = "api_key_revoked", UNAUTHORIZED, "The key was revoked";
    TOKEN_EXPIRED = "token_expired", UNAUTHORIZED, "The key has expired; it can still be renewed";
    TOKEN_SUPERSEDED = "token_superseded", UNAUTHORIZED, "The key was renewed and its overlap is over; use its successor";
    FORBIDDEN_FOR_KEY = "forbidden_for_key", FORBIDDEN, "A key of this kind may not call this";
    NETWORK_NOT_ALLOWED = "network_not_allowed", FORBIDDEN, "The key may not be used from this network";
    NOT_FOUND = "not_found", NOT_FOUND, "There is nothing at this address, or nothing that belongs to the caller";
    METHOD_NOT_ALLOWED = "method_not_allowed", METHOD_NOT_ALLOWED, "The address does not take this method; the header Allow lists those it takes";
    REQUEST_IN_PROGRESS = "request_in_progress", CONFLICT, "The first request with this idempotency key is still under way; repeat later";
    PRECONDITION_FAILED = "precondition_failed", PRECONDITION_FAILED,
        "The record has changed since the version that If-Match names; read it again";
    PRECONDITION_REQUIRED = "precondition_required", PRECONDITION_REQUIRED,
        "The header If-Match is missing; send the ETag of the version that the change is meant for";
    BODY_TOO_LARGE = "body_too_large", PAYLOAD_TOO_LARGE, "The body is larger than the limit that the message names";
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is not announced as application/json in UTF-8, or is encoded";
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The idempotency key was used for another request: another body or another path";
    RATE_LIMITED = "rate_limited", TOO_MANY_REQUESTS, "Too many requests; the header Retry-After tells when to go on";
    INTERNAL_ERROR = "internal_error", INTERNAL_SERVER_ERROR, "A fault of the server; its operator finds the cause by the request id";
    UNAVAILABLE = "unavailable", SERVICE_UNAVAILABLE, "The service cannot work now; repeat after the time in Retry-After";
    OVERLOADED = "overloaded", SERVICE_UNAVAILABLE, "More requests wait than can be queued; repeat after the time in Retry-After";
    TIMED_OUT = "timed_out", SERVICE_UNAVAILABLE,
        "The answer took too long; the work may still be done, and a repeat with the same idempotency key finds its answer";
}

/// `callback_invalid`, of the calls of providers, which no API document describes: so it is not in [`ALL`].
pub const CALLBACK_INVALID: Code = Code::new(
    "callback_invalid",
    StatusCode::BAD_REQUEST,
    "The body of a callback does not hold receipts where the channel looks for them",
);

/// `signature_invalid`, likewise.
pub const SIGNATURE_INVALID: Code = Code::new(
    "signature_invalid",
    StatusCode::UNAUTHORIZED,
    "The signature or the timestamp of a callback is missing, wrong or too old",
);

/// The codes that tell that a key does not open.
const OF_KEYS: [Code; 6] =
    [API_KEY_MISSING, API_KEY_MALFORMED, API_KEY_UNKNOWN, API_KEY_REVOKED, TOKEN_EXPIRED, TOKEN_SUPERSEDED];

impl Code {
    /// Whether another key would help: the answer then names the scheme of keys.
    pub(crate) fn is_of_keys(self) -> bool {
        OF_KEYS.contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_snake_case_and_errors() {
        for (place, code) in ALL.iter().enumerate() {
            assert!(code.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", code.name);
            assert!(code.status.is_client_error() || code.status.is_server_error(), "{}", code.name);
            assert!(!code.meaning.ends_with('.'), "{}", code.name);
            assert!(ALL[..place].iter().all(|other| other.name != code.name), "{} is listed twice", code.name);
        }
    }

    #[test]
    fn every_code_of_401_is_one_of_keys() {
        let unauthorized = ALL.iter().filter(|code| code.status == StatusCode::UNAUTHORIZED);
        assert_eq!(unauthorized.copied().collect::<Vec<_>>(), OF_KEYS);
        assert!(!SIGNATURE_INVALID.is_of_keys());
    }
}
