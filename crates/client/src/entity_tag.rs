//! The version of a record, as the server names it.

use std::fmt;

use reqwest::header::HeaderValue;

/// An `ETag`: names the version of a record that was read, so that a change of it is refused when somebody else has changed it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntityTag(HeaderValue);

impl EntityTag {
    /// Whichever version is there: a change that may overwrite another's.
    pub const ANY: Self = Self(HeaderValue::from_static("*"));

    /// The tag as it was given, with its quotes; `None` when it can't stand in a header.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let value = HeaderValue::from_str(text).ok()?;
        Self::of_header(&value)
    }

    pub(crate) fn of_header(value: &HeaderValue) -> Option<Self> {
        value.to_str().is_ok_and(|text| !text.is_empty()).then(|| Self(value.clone()))
    }

    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// The text, to store it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Display for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_a_header_can_carry() {
        assert_eq!(EntityTag::new("\"v1\"").unwrap().as_str(), "\"v1\"");
        assert_eq!(EntityTag::new("*"), Some(EntityTag::ANY));
        for wrong in ["", "a\nb", "\u{e4}"] {
            assert_eq!(EntityTag::new(wrong), None, "{wrong:?}");
        }
    }
}
