//! The kinds of problems that only this front has. Their names are those of the log; what the wire has is in [`crate::problem`].

use http::StatusCode;
use http_kit::Code;

/// `wrong_inputs`.
pub(crate) const WRONG_INPUTS: Code =
    Code::new("wrong_inputs", StatusCode::CONFLICT, "An input is missing or wrong; `field_errors` names every one");

/// `too_many_flows`.
pub(crate) const TOO_MANY_FLOWS: Code = Code::new(
    "too_many_flows",
    StatusCode::CONFLICT,
    "The merchant has told something of as many applicants as it may at once; flows end by themselves",
);

/// `forbidden`.
pub(crate) const FORBIDDEN: Code = Code::new(
    "forbidden",
    StatusCode::FORBIDDEN,
    "The access token belongs to another client than the one in the address",
);

/// `insufficient_scope`.
pub(crate) const INSUFFICIENT_SCOPE: Code =
    Code::new("insufficient_scope", StatusCode::FORBIDDEN, "A token of this scope may not call this");

/// `not_served`.
pub(crate) const NOT_SERVED: Code =
    Code::new("not_served", StatusCode::NOT_FOUND, "The endpoint is part of the API and not served yet");

/// `authentication_failure`.
pub(crate) const AUTHENTICATION_FAILURE: Code = Code::new(
    "authentication_failure",
    StatusCode::CONFLICT,
    "The user name or the password is wrong, or the user may not log in now",
);

/// `unknown_key`.
pub(crate) const UNKNOWN_KEY: Code =
    Code::new("unknown_key", StatusCode::NOT_FOUND, "The reference data have no group of this key");

macro_rules! oauth {
    ($($constant:ident = $name:literal, $meaning:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "` (RFC 6749 section 5.2).")]
            pub(crate) const $constant: Code = Code::new($name, StatusCode::BAD_REQUEST, $meaning);
        )+
    };
}

oauth! {
    INVALID_REQUEST = "invalid_request", "The request is no form, or a parameter is missing or there twice";
    INVALID_CLIENT = "invalid_client", "The client is unknown, its secret is wrong or missing, or it was revoked";
    INVALID_GRANT = "invalid_grant",
        "The refresh token is unknown, was used before, has expired or was revoked; or the user name or the password is wrong";
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type", "There is no such grant, or the merchant does not allow it";
    INVALID_SCOPE = "invalid_scope", "There is no such scope, or it is wider than the one of the refresh token";
}
