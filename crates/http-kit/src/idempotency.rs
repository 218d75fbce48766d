//! The header `Idempotency-Key`: 1 to 255 printable ASCII characters.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;

use service::idempotency::IdempotencyError;

use crate::{Problem, code};

/// The header's name.
pub const HEADER: &str = "idempotency-key";

/// The header of an answer that is the kept first one.
pub const REPLAYED: &str = "idempotent-replayed";

const LONGEST: usize = 255;

/// The caller's idempotency key, when there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read(&parts.headers).map(Self)
    }
}

fn read(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let printable = value.as_bytes().iter().all(|byte| matches!(byte, b' '..=b'~'));
    match value.to_str() {
        Ok(key) if printable && (1..=LONGEST).contains(&key.len()) && values.next().is_none() => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(invalid()),
    }
}

fn invalid() -> Problem {
    Problem::new(
        code::IDEMPOTENCY_KEY_INVALID,
        "Send one Idempotency-Key of 1 to 255 printable ASCII characters, such as a UUID, or none",
    )
}

impl From<IdempotencyError> for Problem {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::KeyReused => Self::new(
                code::IDEMPOTENCY_KEY_REUSED,
                "This Idempotency-Key was used for another request: send each request with a key of its own",
            ),
            IdempotencyError::InProgress => Self::new(
                code::REQUEST_IN_PROGRESS,
                "The first request with this Idempotency-Key is still under way: repeat after the time in Retry-After",
            )
            .with_retry_after(1),
        }
    }
}

/// What an operation that takes the header can answer because of it.
#[must_use]
pub fn problems() -> Vec<Problem> {
    vec![invalid(), IdempotencyError::KeyReused.into(), IdempotencyError::InProgress.into()]
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&[u8]]) -> Option<Option<String>> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        read(&headers).ok()
    }

    #[test]
    fn takes_one_printable_key() {
        assert_eq!(of(&[]), Some(None));
        assert_eq!(of(&[b"a"]), Some(Some("a".to_owned())));
        assert_eq!(of(&[b"order 7"]), Some(Some("order 7".to_owned())));
        assert_eq!(of(&[&[b'~'; 255]]), Some(Some("~".repeat(255))));
    }

    #[test]
    fn refuses_every_other() {
        let too_long = [b'a'; 256];
        for wrong in [&[&b""[..]][..], &[b"a\tb"], &["ä".as_bytes()], &[&too_long], &[b"a", b"a"]] {
            assert_eq!(of(wrong), None, "{wrong:?}");
        }
    }
}
