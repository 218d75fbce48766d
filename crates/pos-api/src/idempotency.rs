//! The headers `x-idempotency-key` and `x-context-hash`: a request that is sent again has its effect once, and the same answer.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use http_kit::Problem;
use service::idempotency::{Idempotency, IdempotencyError};
use sha2::{Digest, Sha256};
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::code::{IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS};
use crate::lang::{self, Lang, of_two};
use crate::problem::{FieldError, wrong_inputs};

const KEY: &str = "x-idempotency-key";
const CONTEXT_HASH: &str = "x-context-hash";

/// The most characters of either.
const LONGEST: usize = 255;

/// The caller's name for a request, and what the caller says that the request is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IdempotencyHeaders {
    key: Option<String>,
    context_hash: Option<String>,
    /// The address, which names what is moved.
    path: String,
}

impl<S: Sync> FromRequestParts<S> for IdempotencyHeaders {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::read(&parts.headers, parts.uri.path(), lang::of(&parts.uri).unwrap_or_default())
    }
}

impl IdempotencyHeaders {
    fn read(headers: &HeaderMap, path: &str, lang: Lang) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        let key = read(headers, KEY, lang, &mut errors);
        let context_hash = read(headers, CONTEXT_HASH, lang, &mut errors);
        if errors.is_empty() {
            Ok(Self { key, context_hash, path: path.to_owned() })
        } else {
            Err(wrong_inputs(lang, &errors))
        }
    }

    /// The name of the request, where there is one. Two requests of one name are alike when their bodies are, to the byte; of a caller that
    /// sends a hash of what it means, when that and the address are: it may write the same in another order.
    pub(crate) fn of_body(self, fingerprint: [u8; 32]) -> Option<Idempotency> {
        let key = self.key?;
        let fingerprint = match self.context_hash {
            Some(hash) => {
                Sha256::digest([b"x-context-hash:", self.path.as_bytes(), b"\0", hash.as_bytes()].concat()).into()
            }
            None => fingerprint,
        };
        Some(Idempotency { key, fingerprint })
    }
}

/// A header of 1 to 255 printable ASCII characters, there once.
fn read(headers: &HeaderMap, name: &'static str, lang: Lang, errors: &mut Vec<FieldError>) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    let printable = value.as_bytes().iter().all(|byte| matches!(byte, b' '..=b'~'));
    match value.to_str() {
        Ok(text) if printable && (1..=LONGEST).contains(&text.len()) && values.next().is_none() => {
            Some(text.to_owned())
        }
        _ => {
            errors.push(FieldError {
                param: name,
                msg: of_two(
                    lang,
                    "must be there once, with 1 to 255 printable ASCII characters, such as a GUID, or be left out",
                    "doit être présent une seule fois, avec 1 à 255 caractères ASCII imprimables, par exemple un GUID, ou absent",
                )
                .into(),
                value: None,
            });
            None
        }
    }
}

/// 409 for a key that can't be used so.
pub(crate) fn problem(lang: Lang, error: IdempotencyError) -> Problem {
    match error {
        IdempotencyError::KeyReused => Problem::new(
            IDEMPOTENCY_KEY_REUSED,
            of_two(
                lang,
                "This x-idempotency-key was used for another request: send each request with a key of its own",
                "Cette x-idempotency-key a servi à une autre requête : envoyez chaque requête avec une clé qui lui est propre",
            ),
        ),
        IdempotencyError::InProgress => Problem::new(
            REQUEST_IN_PROGRESS,
            of_two(
                lang,
                "The first request with this x-idempotency-key is still under way: repeat it in a second",
                "La première requête avec cette x-idempotency-key est encore en cours : répétez-la dans une seconde",
            ),
        )
        .with_retry_after(1),
    }
}

/// What an operation that takes the headers can answer because of them, for the API document.
pub(crate) fn problems() -> [Problem; 2] {
    [IdempotencyError::KeyReused, IdempotencyError::InProgress].map(|error| problem(Lang::English, error))
}

impl utoipa::IntoParams for IdempotencyHeaders {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = |name: &str, description: &str| {
            let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(LONGEST));
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(text))
                .build()
        };
        vec![
            header(
                KEY,
                "Your name for this request: a repeat with the same name and the same body has no second effect and gets the same answer, \
                 with `Idempotent-Replayed: true`. With another body it is 409 `idempotency_key_reused`.",
            ),
            header(
                CONTEXT_HASH,
                "A hash of what the request means, of your own making: with it a repeat is told by this hash and not by the bytes of its body.",
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn of(pairs: &[(&'static str, &str)]) -> Result<IdempotencyHeaders, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        IdempotencyHeaders::read(&headers, "/capture", Lang::French)
    }

    #[test]
    fn a_request_is_named_and_told_by_its_body_or_by_the_callers_hash() {
        let (one, other) = ([1; 32], [2; 32]);
        for nameless in [&[][..], &[(CONTEXT_HASH, "abc")]] {
            assert!(of(nameless).unwrap().of_body(one).is_none());
        }
        let named = of(&[(KEY, "order 7")]).unwrap().of_body(one).unwrap();
        assert_eq!((named.key.as_str(), named.fingerprint), ("order 7", one));
        let hashed = |hash, body| of(&[(KEY, "k"), (CONTEXT_HASH, hash)]).unwrap().of_body(body).unwrap().fingerprint;
        assert_eq!(hashed("abc", one), hashed("abc", other));
        assert_ne!(hashed("abc", one), hashed("abd", one));
    }

    #[test]
    fn what_is_no_name_is_told_in_the_language_of_the_call() {
        let long = "a".repeat(256);
        for wrong in
            [&[(KEY, "")][..], &[(KEY, "a\tb")], &[(KEY, &long)], &[(KEY, "a"), (KEY, "a")], &[(CONTEXT_HASH, "")]]
        {
            let problem = of(wrong).unwrap_err();
            let told = problem.member("field_errors").unwrap().to_string();
            assert!(told.contains(wrong[0].0) && told.contains("doit être présent"), "{told}");
        }
    }
}
