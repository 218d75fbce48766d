//! The extractor of the caller: authenticates the key, keeps its rate, and lets only the kinds of key pass that may call.
//!
//! It reads the head of the request only, so a stranger is refused before a body is read.

use std::marker::PhantomData;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use domain::api_key::KeyKind;
use domain::audit::Actor;
use domain::identifier::ClientIdentifier;
use http::HeaderMap;
use http::request::Parts;
use service::Context;
use service::api_key::{KeyError, Principal};

use crate::rate_limit::too_many;
use crate::request_info::{KnownCaller, RequestInfo};
use crate::{HttpState, Problem, code};

/// The header that carries the key.
pub const HEADER: &str = "x-api-key";

/// Which keys may call: a marker type, written into the handler's signature.
pub trait Admits: Send + Sync + 'static {
    /// The kinds.
    const KINDS: &'static [KeyKind];
    /// Whether an expired key may call as well.
    const EXPIRED: bool = false;
}

macro_rules! markers {
    ($($(#[$doc:meta])* $name:ident = $kinds:expr $(, expired $expired:literal)?;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}

            impl Admits for $name {
                const KINDS: &'static [KeyKind] = $kinds;
                $(const EXPIRED: bool = $expired;)?
            }
        )+
    };
}

markers! {
    /// Any key that works.
    AnyKey = &KeyKind::ALL;
    /// Any key that works or has expired.
    RenewableKey = &KeyKind::ALL, expired true;
    /// A partner's provisioning token.
    ProvisioningToken = &[KeyKind::Provisioning];
    /// A partner's key.
    PartnerKey = &[KeyKind::Partner];
    /// A client's key.
    ClientKey = &[KeyKind::Client];
}

/// The caller, when its key is one of those that `K` admits.
#[derive(Debug)]
pub struct Caller<K> {
    /// Whose key it is.
    pub principal: Principal,
    source: Option<IpAddr>,
    info: RequestInfo,
    admits: PhantomData<fn() -> K>,
}

impl<K> Caller<K> {
    /// Who asks for what and from where, for the use case and its audit record.
    #[must_use]
    pub fn context(&self) -> Context {
        Context {
            actor: Actor::Key { id: self.principal.key, kind: self.principal.kind },
            source: self.source,
            request_id: self.info.id().as_str().to_owned(),
        }
    }
}

impl Caller<ClientKey> {
    /// The client whose key it is.
    ///
    /// # Errors
    /// 500 when the key is kept as nobody's, which none is.
    pub fn client(&self) -> Result<ClientIdentifier, Problem> {
        let client = self.principal.holder.client;
        client.ok_or_else(|| {
            Problem::internal(service::StoreError::Broken {
                statement: "api_key.client_id",
                source: "a client key is nobody's".into(),
            })
        })
    }
}

impl<K> Caller<K> {
    /// Counts credentials that are about to be shown to the caller's partner.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn count_credentials(&self, state: &HttpState) -> Result<(), Problem> {
        state.limits().show_credentials(self.principal.holder.partner, self.info.started())
    }
}

impl<K: Admits> FromRequestParts<HttpState> for Caller<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Problem> {
        let info = RequestInfo::of(parts);
        let source = state.settings().trusted_proxies.caller(parts);
        let key = presented(&parts.headers);
        let is_known = || key.as_ref().is_ok_and(|key| state.core().has_seen_key(*key));
        state.limits().admit_known(source, info.started(), is_known)?;
        let authenticated = match key {
            Ok(key) if K::EXPIRED => state.core().authenticate_for_renewal(key, source).await,
            Ok(key) => state.core().authenticate(key, source).await,
            Err(error) => Err(error),
        };
        let principal = authenticated.map_err(|error| {
            if is_guess(&error) {
                state.limits().failed(source, info.started());
            }
            Problem::from(error)
        })?;
        let quota = state.limits().count(principal.holder, principal.kind, info.started());
        info.set_caller(KnownCaller { key: Some(principal.key), token: None, quota });
        if let Some(seconds) = quota.and_then(|quota| quota.retry) {
            return Err(too_many("Too many requests were made with this key", seconds));
        }
        if !K::KINDS.contains(&principal.kind) {
            return Err(forbidden(principal.kind, K::KINDS));
        }
        Ok(Self { principal, source, info, admits: PhantomData })
    }
}

/// The one key that is there. An empty one is none.
fn presented(headers: &HeaderMap) -> Result<Option<&str>, KeyError> {
    let mut values = headers.get_all(HEADER).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(KeyError::Malformed);
    }
    match first.map(|value| value.to_str()) {
        None | Some(Ok("")) => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(KeyError::Malformed),
    }
}

/// Whether the failure may be that of a stranger who tries keys. An expired, superseded or revoked key was right once: a program that
/// was forgotten and goes on using it must not shut out the good keys behind the same address.
fn is_guess(error: &KeyError) -> bool {
    match error {
        KeyError::Malformed | KeyError::Unknown => true,
        KeyError::Missing
        | KeyError::Expired
        | KeyError::Superseded
        | KeyError::Revoked
        | KeyError::NetworkNotAllowed
        | KeyError::Store(_) => false,
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Missing => Self::new(code::API_KEY_MISSING, "Send your key in the header X-Api-Key"),
            KeyError::Malformed => Self::new(
                code::API_KEY_MALFORMED,
                "Send one key in the header X-Api-Key, as the UUID that it was given to you",
            ),
            KeyError::Unknown => Self::new(
                code::API_KEY_UNKNOWN,
                "The key is unknown here. Check that it is whole and belongs to this environment",
            ),
            KeyError::Revoked => Self::new(code::API_KEY_REVOKED, "The key was revoked. Ask its issuer for a new one"),
            KeyError::Expired => Self::new(code::TOKEN_EXPIRED, "The key has expired. Renew it"),
            KeyError::Superseded => {
                Self::new(code::TOKEN_SUPERSEDED, "The key was renewed and no longer works. Use its successor")
            }
            KeyError::NetworkNotAllowed => Self::new(
                code::NETWORK_NOT_ALLOWED,
                "The key may not be used from this network. Call from a network that its list allows",
            ),
            KeyError::Store(error) => error.into(),
        }
    }
}

/// What people call a key of this kind.
const fn spoken(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Provisioning => "provisioning token",
        KeyKind::Partner => "partner key",
        KeyKind::Client => "client key",
    }
}

/// The refusal of a client key where `K` does not admit it, for the API document.
#[must_use]
pub fn refusal<K: Admits>() -> Problem {
    forbidden(KeyKind::Client, K::KINDS)
}

fn forbidden(kind: KeyKind, admitted: &[KeyKind]) -> Problem {
    let admitted = admitted.iter().map(|kind| spoken(*kind)).collect::<Vec<_>>().join(" or a ");
    Problem::new(code::FORBIDDEN_FOR_KEY, format!("A {} may not call this. Use a {admitted}", spoken(kind)))
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, StatusCode};

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        values.iter().map(|value| (HEADER.parse().unwrap(), HeaderValue::from_bytes(value).unwrap())).fold(
            HeaderMap::new(),
            |mut headers, (name, value): (http::HeaderName, _)| {
                headers.append(name, value);
                headers
            },
        )
    }

    #[test]
    fn one_key_is_taken_and_an_empty_one_is_none() {
        assert!(matches!(presented(&headers(&[])), Ok(None)));
        assert!(matches!(presented(&headers(&[b""])), Ok(None)));
        assert!(matches!(presented(&headers(&[b"key"])), Ok(Some("key"))));
        assert!(matches!(presented(&headers(&[b"key", b"key"])), Err(KeyError::Malformed)));
        assert!(matches!(presented(&headers(&[b"k\xe9y"])), Err(KeyError::Malformed)));
    }

    #[test]
    fn each_error_has_its_code_and_status() {
        for (error, code, status) in [
            (KeyError::Missing, "api_key_missing", StatusCode::UNAUTHORIZED),
            (KeyError::Malformed, "api_key_malformed", StatusCode::UNAUTHORIZED),
            (KeyError::Unknown, "api_key_unknown", StatusCode::UNAUTHORIZED),
            (KeyError::Revoked, "api_key_revoked", StatusCode::UNAUTHORIZED),
            (KeyError::Expired, "token_expired", StatusCode::UNAUTHORIZED),
            (KeyError::Superseded, "token_superseded", StatusCode::UNAUTHORIZED),
            (KeyError::NetworkNotAllowed, "network_not_allowed", StatusCode::FORBIDDEN),
            (KeyError::Store(service::StoreError::Overloaded), "overloaded", StatusCode::SERVICE_UNAVAILABLE),
        ] {
            let problem = Problem::from(error);
            assert_eq!((problem.code().name, problem.status()), (code, status));
        }
    }

    #[test]
    fn a_key_that_was_right_once_is_no_guess() {
        for error in [KeyError::Malformed, KeyError::Unknown] {
            assert!(is_guess(&error), "{error:?}");
        }
        for error in [
            KeyError::Missing,
            KeyError::Expired,
            KeyError::Superseded,
            KeyError::Revoked,
            KeyError::NetworkNotAllowed,
            KeyError::Store(service::StoreError::Overloaded),
        ] {
            assert!(!is_guess(&error), "{error:?}");
        }
    }

    #[test]
    fn the_refusal_of_a_kind_names_the_right_one() {
        let problem = forbidden(KeyKind::Client, ProvisioningToken::KINDS);
        assert_eq!(problem.code(), code::FORBIDDEN_FOR_KEY);
        assert_eq!(problem.detail(), "A client key may not call this. Use a provisioning token");
    }
}
