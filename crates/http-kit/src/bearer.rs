//! The extractor of an access token in `Authorization: Bearer` (RFC 6750): who presents it, with the rate of its holder.
//!
//! It reads the head of the request only, so a stranger is refused before a body is read. What a token may be used for is the front's to
//! say.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use domain::api_key::{KeyHolder, KeyKind};
use domain::audit::Actor;
use domain::oauth_token::TokenId;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use service::Context;
use service::oauth_token::{TokenError, TokenPrincipal};

use crate::rate_limit::too_many;
use crate::request_info::{KnownCaller, RequestInfo};
use crate::{Code, HttpState, Problem};

/// `bearer_missing`.
pub const MISSING: Code =
    Code::new("bearer_missing", StatusCode::UNAUTHORIZED, "The header `Authorization: Bearer` is missing or empty");
/// `bearer_malformed`.
pub const MALFORMED: Code = Code::new(
    "bearer_malformed",
    StatusCode::UNAUTHORIZED,
    "The access token does not have 40 hexadecimal digits, or the header is there twice",
);
/// `bearer_unknown`.
pub const UNKNOWN: Code = Code::new("bearer_unknown", StatusCode::UNAUTHORIZED, "The access token does not exist here");
/// `bearer_expired`.
pub const EXPIRED: Code = Code::new("bearer_expired", StatusCode::UNAUTHORIZED, "The access token has expired");
/// `bearer_revoked`.
pub const REVOKED: Code = Code::new(
    "bearer_revoked",
    StatusCode::UNAUTHORIZED,
    "The access token was revoked, alone or with its family, its client or its client's secret",
);

/// Every code of a token that does not open.
pub const ALL: [Code; 5] = [MISSING, MALFORMED, UNKNOWN, EXPIRED, REVOKED];

/// What is asked for where no token was presented (RFC 6750 section 3).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"point-of-sale\"");

/// The same where one was presented that does not open (section 3.1).
const INVALID: HeaderValue = HeaderValue::from_static("Bearer realm=\"point-of-sale\", error=\"invalid_token\"");

/// The challenge of a token that opens, but not this (section 3.1).
pub const INSUFFICIENT_SCOPE: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"point-of-sale\", error=\"insufficient_scope\"");

/// Who presents an access token that works.
#[derive(Debug)]
pub struct Bearer {
    /// Whose token it is.
    pub principal: Arc<TokenPrincipal>,
    source: Option<IpAddr>,
    info: RequestInfo,
}

impl Bearer {
    /// Who asks for what and from where, for the use case and its audit record.
    #[must_use]
    pub fn context(&self) -> Context {
        Context {
            actor: Actor::Token(self.principal.token),
            source: self.source,
            request_id: self.info.id().as_str().to_owned(),
        }
    }
}

impl FromRequestParts<HttpState> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        let info = RequestInfo::of(parts);
        let source = state.settings().trusted_proxies.caller(parts);
        let token = presented(&parts.headers);
        let is_known = || token.as_ref().is_ok_and(|token| state.core().has_seen_token(*token));
        state.limits().admit_known(source, info.started(), is_known)?;
        let authenticated = match token {
            Ok(token) => state.core().authenticate_token(token).await,
            Err(error) => Err(error),
        };
        let principal = authenticated.map_err(|error| {
            if is_guess(&error) {
                state.limits().failed(source, info.started());
            }
            Problem::from(error)
        })?;
        count(&info, state, principal.holder, Some(principal.token))?;
        Ok(Self { principal, source, info })
    }
}

/// Counts a request of a client that has proved itself by its secret, and not by a token.
///
/// # Errors
/// 429 with the time to wait.
pub fn count_client(parts: &Parts, state: &HttpState, holder: KeyHolder) -> Result<(), Problem> {
    count(&RequestInfo::of(parts), state, holder, None)
}

/// A client has one rate, whichever of its keys and tokens it uses.
fn count(info: &RequestInfo, state: &HttpState, holder: KeyHolder, token: Option<TokenId>) -> Result<(), Problem> {
    let quota = state.limits().count(holder, KeyKind::Client, info.started());
    info.set_caller(KnownCaller { key: None, token, quota });
    match quota.and_then(|quota| quota.retry) {
        Some(seconds) => Err(too_many("Too many requests were made for this client", seconds)),
        None => Ok(()),
    }
}

/// The one token that is there. Another scheme is none (RFC 6750 section 3: it lacks authentication information).
fn presented(headers: &HeaderMap) -> Result<Option<&str>, TokenError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(TokenError::Malformed);
    }
    let Some(value) = first else { return Ok(None) };
    let value = value.to_str().map_err(|_| TokenError::Malformed)?.trim();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let token = token.trim_start();
    Ok((scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token))
}

/// Whether the failure counts against the address. One that has expired or was revoked was right once, and so was, hours ago, most
/// that is unknown: a hundred tills behind one address may wake with yesterday's token. Nobody finds one of 160 bits by trying.
fn is_guess(error: &TokenError) -> bool {
    match error {
        TokenError::Malformed => true,
        TokenError::Missing
        | TokenError::Unknown
        | TokenError::Expired
        | TokenError::Revoked
        | TokenError::Store(_) => false,
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        let (code, detail) = match error {
            TokenError::Missing => (MISSING, "Send your access token in the header Authorization: Bearer"),
            TokenError::Malformed => {
                (MALFORMED, "Send one access token, the 40 hexadecimal digits that the token endpoint gave")
            }
            TokenError::Unknown => {
                (UNKNOWN, "The access token is unknown here. Get a new one from the token endpoint of this environment")
            }
            TokenError::Expired => (EXPIRED, "The access token has expired. Get a new one from the token endpoint"),
            TokenError::Revoked => (REVOKED, "The access token was revoked. Get a new one from the token endpoint"),
            TokenError::Store(error) => return error.into(),
        };
        let challenge = if code == MISSING { CHALLENGE } else { INVALID };
        Self::new(code, detail).with_header(WWW_AUTHENTICATE, challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn one_token_is_taken_whatever_the_case_of_the_scheme() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc "] {
            assert!(matches!(presented(&with(&[value])), Ok(Some("abc"))), "{value}");
        }
        for none in [&[][..], &["Basic abc"], &["Bearer"], &["Bearer "], &["abc"]] {
            assert!(matches!(presented(&with(none)), Ok(None)), "{none:?}");
        }
        for wrong in [&["Bearer abc", "Bearer abc"][..], &["Bearer \u{e9}"]] {
            assert!(matches!(presented(&with(wrong)), Err(TokenError::Malformed)), "{wrong:?}");
        }
    }

    #[test]
    fn each_error_has_its_code_and_challenge() {
        for (error, code, challenge) in [
            (TokenError::Missing, MISSING, Some(CHALLENGE)),
            (TokenError::Malformed, MALFORMED, Some(INVALID)),
            (TokenError::Unknown, UNKNOWN, Some(INVALID)),
            (TokenError::Expired, EXPIRED, Some(INVALID)),
            (TokenError::Revoked, REVOKED, Some(INVALID)),
            (TokenError::Store(service::StoreError::Overloaded), crate::code::OVERLOADED, None),
        ] {
            let problem = Problem::from(error);
            assert_eq!(problem.code(), code);
            assert_eq!(problem.headers().get(WWW_AUTHENTICATE).cloned(), challenge);
        }
    }

    #[test]
    fn a_token_that_may_have_been_right_once_is_no_guess() {
        assert!(is_guess(&TokenError::Malformed));
        for error in [TokenError::Missing, TokenError::Unknown, TokenError::Expired, TokenError::Revoked] {
            assert!(!is_guess(&error), "{error:?}");
        }
    }
}
