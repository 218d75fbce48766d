//! The key that makes a repeated request one request.

use std::fmt;
use std::str::FromStr;

use reqwest::header::HeaderValue;

use crate::runtime::Runtime;

/// The value of the header `Idempotency-Key`, or `x-idempotency-key` of the point-of-sale API: 1 to 255 visible ASCII characters. The
/// server keeps it for 24 hours per holder of keys and answers a repeat with the first answer. It is no secret, but it must not be guessable
/// by chance: use a random one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// The longest idempotency key that the server takes, in characters.
const LONGEST: usize = 255;

impl IdempotencyKey {
    /// A random UUID, version 4 (RFC 9562 section 5.4).
    pub(crate) fn random(runtime: &dyn Runtime) -> Self {
        let mut bytes = [0; 16];
        runtime.fill(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string())
    }

    /// The text, to store it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0)
            .expect("an IdempotencyKey holds visible ASCII only, which every header can carry")
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot be an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 255 visible ASCII characters and no spaces")]
pub struct IdempotencyKeyError;

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(IdempotencyKeyError) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_1_to_255_characters() {
        for (length, fits) in [(0, false), (1, true), (255, true), (256, false)] {
            assert_eq!("k".repeat(length).parse::<IdempotencyKey>().is_ok(), fits, "{length}");
        }
    }

    proptest! {
        #[test]
        fn every_accepted_key_fits_a_header(text in "\\PC{0,80}|[!-~]{1,255}") {
            if let Ok(key) = text.parse::<IdempotencyKey>() {
                let header = key.header();
                prop_assert_eq!(header.as_bytes(), text.as_bytes());
            }
        }
    }
}
