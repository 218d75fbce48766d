//! Conditional requests (RFC 9110 section 13): `If-Match` against lost updates, `If-None-Match` against needless answers.

use axum::extract::FromRequestParts;
use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use service::creditor::Condition;

use crate::{Problem, code};

/// The `ETag` of a version of a record.
#[must_use]
pub fn entity_tag(version: i64) -> HeaderValue {
    // Digits, a letter and quotes may stand in any header.
    HeaderValue::from_str(&format!("\"v{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"v0\""))
}

/// The version that a strong entity tag of ours names.
fn version(tag: &str) -> Option<i64> {
    let text = tag.strip_prefix("\"v")?.strip_suffix('"')?;
    let version = text.parse().ok()?;
    (entity_tag(version) == tag).then_some(version)
}

/// The versions that a header names; of tags that are none of ours there are none. `None` when it is `*` and nothing else.
fn versions(headers: &HeaderMap, name: &HeaderName, weak: bool) -> Option<Vec<i64>> {
    let mut values = headers.get_all(name).iter();
    if values.next().is_some_and(|value| value.as_bytes().trim_ascii() == b"*") && values.next().is_none() {
        return None;
    }
    let mut versions = Vec::new();
    for value in headers.get_all(name) {
        // A comma may stand in a tag of somebody else's. No quote may, so what is cut out of such a tag is none of ours.
        for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            let tag = tag.strip_prefix("W/").filter(|_| weak).unwrap_or(tag);
            versions.extend(version(tag));
        }
    }
    Some(versions)
}

/// The versions of the record that a change is meant for. Without the header the request is refused: 428.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Condition);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if !parts.headers.contains_key(IF_MATCH) {
            return Err(precondition_required());
        }
        // The comparison is the strong one (RFC 9110 section 13.1.1): a weak tag matches nothing.
        let versions = versions(&parts.headers, &IF_MATCH, false);
        Ok(Self(versions.map_or(Condition::Any, Condition::Versions)))
    }
}

/// The versions of the record that the caller has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfNoneMatch(Option<Vec<i64>>);

impl IfNoneMatch {
    /// Whether the caller has this version.
    #[must_use]
    pub fn has(&self, version: i64) -> bool {
        self.0.as_ref().is_none_or(|versions| versions.contains(&version))
    }
}

impl<S: Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // The comparison is the weak one (RFC 9110 section 13.1.2): a proxy may have made the tag weak.
        Ok(Self(versions(&parts.headers, &IF_NONE_MATCH, true)))
    }
}

/// The entity tags that the caller has, of whatever form: for an answer that is no version of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTags(Option<Vec<String>>);

impl KnownTags {
    /// Whether the caller has this tag, given with its quotes. The comparison is the weak one, as above.
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        self.0.as_ref().is_none_or(|tags| tags.iter().any(|known| known == opaque))
    }
}

impl<S: Sync> FromRequestParts<S> for KnownTags {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(tags(&parts.headers)))
    }
}

/// The opaque tags of `If-None-Match`, with their quotes. `None` when it is `*` and nothing else. What is no list of tags ends it: the
/// rest of that line names none.
fn tags(headers: &HeaderMap) -> Option<Vec<String>> {
    let mut values = headers.get_all(IF_NONE_MATCH).iter();
    if values.next().is_some_and(|value| value.as_bytes().trim_ascii() == b"*") && values.next().is_none() {
        return None;
    }
    let mut tags = Vec::new();
    for value in headers.get_all(IF_NONE_MATCH) {
        let mut rest = value.to_str().unwrap_or_default();
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            rest = rest.strip_prefix("W/").unwrap_or(rest);
            // A comma may stand in a tag, and no quote.
            let Some((tag, after)) = rest.strip_prefix('"').and_then(|tag| tag.split_once('"')) else { break };
            tags.push(format!("\"{tag}\""));
            rest = after;
        }
    }
    Some(tags)
}

/// 428 `precondition_required`.
#[must_use]
pub fn precondition_required() -> Problem {
    Problem::new(
        code::PRECONDITION_REQUIRED,
        "Send If-Match with the ETag of the version that you read, so that nobody's change is lost; or * for any version",
    )
}

/// 412 `precondition_failed`.
#[must_use]
pub fn precondition_failed() -> Problem {
    Problem::new(
        code::PRECONDITION_FAILED,
        "The record has another version than If-Match names: read it again, and send its ETag with its quotes",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn if_match(values: &[&'static str]) -> Result<Condition, &'static str> {
        let mut parts = http::Request::new(()).into_parts().0;
        for value in values {
            parts.headers.append(IF_MATCH, HeaderValue::from_static(value));
        }
        let read = IfMatch::from_request_parts(&mut parts, &()).await;
        read.map(|condition| condition.0).map_err(|problem| problem.code().name)
    }

    async fn knows(value: Option<&'static str>, version: i64) -> bool {
        let mut parts = http::Request::new(()).into_parts().0;
        if let Some(value) = value {
            parts.headers.append(IF_NONE_MATCH, HeaderValue::from_static(value));
        }
        let Ok(known) = IfNoneMatch::from_request_parts(&mut parts, &()).await;
        known.has(version)
    }

    #[tokio::test]
    async fn a_change_names_the_version_it_is_meant_for() {
        assert_eq!(if_match(&[]).await, Err("precondition_required"));
        assert_eq!(if_match(&["*"]).await, Ok(Condition::Any));
        assert_eq!(if_match(&[" * "]).await, Ok(Condition::Any));
        for none in [&["\"a, *, b\""][..], &["*, *"], &["*", "*"]] {
            assert_eq!(if_match(none).await, Ok(Condition::Versions(Vec::new())), "{none:?}");
        }
        assert_eq!(if_match(&["\"v7\""]).await, Ok(Condition::Versions(vec![7])));
        assert_eq!(if_match(&["\"v7\", \"v8\"", "\"v9\""]).await, Ok(Condition::Versions(vec![7, 8, 9])));
        for none in ["", "v7", "\"7\"", "W/\"v7\"", "\"v07\"", "\"v+7\"", "\"v\"", "\"v99999999999999999999\""] {
            assert_eq!(if_match(&[none]).await, Ok(Condition::Versions(Vec::new())), "{none}");
        }
    }

    #[tokio::test]
    async fn a_reader_names_the_tags_it_has() {
        let has = async |values: &[&'static str], tag| {
            let mut parts = http::Request::new(()).into_parts().0;
            for value in values {
                parts.headers.append(IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            let Ok(known) = KnownTags::from_request_parts(&mut parts, &()).await;
            known.has(tag)
        };
        for values in [
            &["\"3f\""][..],
            &["W/\"3f\""],
            &["*"],
            &[" * "],
            &["\"a\", \"3f\""],
            &["\"a,b\",W/\"3f\" "],
            &["\"a\"", ", ,\"3f\""],
        ] {
            assert!(has(values, "\"3f\"").await, "{values:?}");
        }
        for values in
            [&[][..], &["3f"], &["\"3F\""], &["\"a, *\""], &["*", "*"], &["\"a"], &["x, \"3f\""], &["\"x\"3f\""]]
        {
            assert!(!has(values, "\"3f\"").await, "{values:?}");
        }
    }

    #[tokio::test]
    async fn a_reader_names_the_versions_it_has() {
        assert!(!knows(None, 7).await);
        assert!(knows(Some("*"), 7).await);
        assert!(knows(Some("\"v6\", W/\"v7\""), 7).await);
        assert!(!knows(Some("\"v6\""), 7).await);
    }
}
