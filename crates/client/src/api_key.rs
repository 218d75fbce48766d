//! Texts that nobody may see by accident: API keys and other secrets.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use reqwest::header::HeaderValue;
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A secret text. `Debug` does not show it, there is no `Display` and no `Serialize`, and its memory is overwritten when it
/// is dropped (as far as this crate holds it: the TLS and HTTP buffers below are not ours).
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself. Every place that calls this should be easy to justify.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// The value of the header `X-Api-Key`: a provisioning token, a partner key or a client key. As secret as a [`Secret`].
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Secret);

impl ApiKey {
    /// The key itself, to store it or to hand it on.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The header, marked so that HTTP libraries neither print nor index it.
    pub(crate) fn header(&self) -> HeaderValue {
        let mut value = HeaderValue::from_str(self.expose())
            .expect("an ApiKey holds visible ASCII only, which every header can carry");
        value.set_sensitive(true);
        value
    }
}

/// A text that cannot be an API key. It does not show the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// Nothing is there.
    #[error("the API key is empty: give the provisioning token, partner key or client key as it was issued")]
    Empty,
    /// A space, a line break, a control character or a letter outside ASCII is in it.
    #[error("the API key holds a space, a line break or another character that no key has: copy it again")]
    Character,
}

impl From<Infallible> for ApiKeyError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl TryFrom<String> for ApiKey {
    type Error = ApiKeyError;

    fn try_from(text: String) -> Result<Self, ApiKeyError> {
        // Wrapped first, so that a refused text is overwritten too.
        let secret = Secret::from(text);
        if secret.expose().is_empty() {
            Err(ApiKeyError::Empty)
        } else if secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(secret))
        } else {
            Err(ApiKeyError::Character)
        }
    }
}

impl TryFrom<&str> for ApiKey {
    type Error = ApiKeyError;

    fn try_from(text: &str) -> Result<Self, ApiKeyError> {
        Self::try_from(text.to_owned())
    }
}

impl FromStr for ApiKey {
    type Err = ApiKeyError;

    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        Self::try_from(text)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for ApiKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_visible_ascii() {
        assert_eq!(ApiKey::try_from(""), Err(ApiKeyError::Empty));
        for wrong in ["a b", "a\n", "\u{7f}", "ä", "a\0"] {
            assert_eq!(ApiKey::try_from(wrong), Err(ApiKeyError::Character), "{wrong:?}");
        }
        assert_eq!(ApiKey::try_from("abc").unwrap().expose(), "abc");
    }

    proptest! {
        #[test]
        fn every_accepted_key_fits_a_header_and_no_debug_shows_it(text in "\\PC{1,60}|[!-~]{8,60}") {
            if let Ok(key) = ApiKey::try_from(text.as_str()) {
                let header = key.header();
                prop_assert_eq!(header.as_bytes(), text.as_bytes());
                prop_assert_eq!(format!("{:?} {:#?}", key, Some(&key)).matches("[secret]").count(), 2);
                prop_assert_eq!(format!("{:?}", key.header()), "Sensitive");
            }
        }
    }
}
