//! The identifier of a flow at the point of sale: the header `x-reference-id`, a GUID that the caller makes up and sends with each call of
//! the flow. It is returned, and stands in the log and in the trace.

use std::fmt;

use domain::{Random, random};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;
use uuid::Uuid;

use crate::request_info::RequestInfo;

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("x-reference-id");

/// The identifier of one flow, as it was sent.
#[derive(Clone, PartialEq, Eq)]
pub struct ReferenceId {
    value: HeaderValue,
    id: Uuid,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadReference {
    /// The header is missing or empty.
    Missing,
    /// It is no GUID, or is there more than once.
    NoGuid,
}

impl ReferenceId {
    /// The caller's: a GUID with its hyphens (RFC 9562 section 4) or without, in either case.
    ///
    /// # Errors
    /// [`BadReference`].
    pub fn given(headers: &HeaderMap) -> Result<Self, BadReference> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next().filter(|value| !value.is_empty()).ok_or(BadReference::Missing)?;
        if values.next().is_some() {
            return Err(BadReference::NoGuid);
        }
        // The library also reads braces and URNs, which the documentation does not know.
        let id = matches!(value.len(), 32 | 36).then(|| Uuid::try_parse_ascii(value.as_bytes()).ok()).flatten();
        id.map(|id| Self { value: value.clone(), id }).ok_or(BadReference::NoGuid)
    }

    /// A new one, where the caller need not send any.
    #[must_use]
    pub fn make(random: &dyn Random) -> Self {
        let id = random::uuid_v4(random);
        let mut text = Uuid::encode_buffer();
        let value = HeaderValue::from_str(id.hyphenated().encode_lower(&mut text));
        Self { value: value.unwrap_or(HeaderValue::from_static("")), id }
    }

    /// The GUID, whichever way it was written.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Notes that the request belongs to this flow: for the span, the log and the header of the answer.
    pub fn note(&self, parts: &Parts) {
        Span::current().record("reference_id", tracing::field::display(self));
        if let Some(info) = parts.extensions.get::<RequestInfo>() {
            info.set_reference(self.clone());
        }
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.value.clone()
    }
}

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value.to_str().unwrap_or_default())
    }
}

impl fmt::Debug for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_id::tests::Fixed;

    fn given(values: &[&str]) -> Result<String, BadReference> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_str(value).unwrap());
        }
        ReferenceId::given(&headers).map(|reference| reference.to_string())
    }

    #[test]
    fn a_guid_is_taken_and_returned_as_it_was_sent() {
        for guid in [
            "8848372d-8457-4ca4-9da9-673f1cdd6684",
            "8848372D-8457-4CA4-9DA9-673F1CDD6684",
            "8848372d84574ca49da9673f1cdd6684",
        ] {
            assert_eq!(given(&[guid]).as_deref(), Ok(guid));
        }
    }

    #[test]
    fn anything_else_is_none() {
        assert_eq!(given(&[]), Err(BadReference::Missing));
        assert_eq!(given(&[""]), Err(BadReference::Missing));
        let (guid, long) = ("8848372d-8457-4ca4-9da9-673f1cdd6684", "8".repeat(10_000));
        let braces = format!("{{{guid}}}");
        for wrong in
            [&[guid, guid][..], &["order-4711"], &[&long], &[&braces], &["8848372d-8457-4ca4-9da9-673f1cdd668g"]]
        {
            assert_eq!(given(wrong), Err(BadReference::NoGuid), "{wrong:?}");
        }
    }

    #[test]
    fn a_made_one_is_fit_to_be_sent_back() {
        let made = ReferenceId::make(&Fixed).to_string();
        assert_eq!(given(&[&made]), Ok(made));
    }
}
