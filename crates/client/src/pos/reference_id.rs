//! The identifier of a flow.

use std::fmt;
use std::str::FromStr;

use reqwest::header::HeaderValue;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

use crate::runtime::Runtime;

/// The value of the header `x-reference-id`: a GUID that names a flow, from its first call to its last. It is no secret; it stands in the
/// server's log, and errors repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReferenceId(Uuid);

/// A text that is no reference id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reference id is a GUID, such as 8848372d-8457-4ca4-9da9-673f1cdd6684")]
pub struct ReferenceIdError;

impl ReferenceId {
    /// A random one: a UUID of version 4 (RFC 9562 section 5.4).
    pub(super) fn random(runtime: &dyn Runtime) -> Self {
        let mut bytes = [0; 16];
        runtime.fill(&mut bytes);
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The GUID.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }

    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.to_string()).expect("digits and hyphens fit a header")
    }
}

impl From<Uuid> for ReferenceId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for ReferenceId {
    type Err = ReferenceIdError;

    /// Reads a GUID with its hyphens or without, in either case.
    fn from_str(text: &str) -> Result<Self, ReferenceIdError> {
        // The library also reads braces and URNs, which the server does not.
        let id = matches!(text.len(), 32 | 36).then(|| Uuid::try_parse(text).ok()).flatten();
        id.map(Self).ok_or(ReferenceIdError)
    }
}

impl<'de> Deserialize<'de> for ReferenceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_is_read_with_hyphens_or_without() {
        let text = "8848372d-8457-4ca4-9da9-673f1cdd6684";
        let id: ReferenceId = text.parse().unwrap();
        assert_eq!((id.to_string().as_str(), id.header().to_str().unwrap()), (text, text));
        assert_eq!("8848372D84574CA49DA9673F1CDD6684".parse(), Ok(id));
        for wrong in ["", "order-4711", "{8848372d-8457-4ca4-9da9-673f1cdd6684}", &format!("urn:uuid:{text}")] {
            assert_eq!(wrong.parse::<ReferenceId>(), Err(ReferenceIdError), "{wrong}");
        }
    }
}
