//! What comes back. Unknown members are passed over, so that the server can add some.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use time::OffsetDateTime;

use super::closed::Scope;
use super::reference_data::FormValues;
use crate::api_key::Secret;

/// An access token that works.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessToken {
    /// The token itself.
    pub value: Secret,
    /// What it may be used for.
    pub scope: Scope,
    /// From when on it does not work, by the clock of this program.
    pub expires_at: OffsetDateTime,
}

/// What the server says of a token (RFC 7662).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Introspection {
    /// Whether it works.
    pub active: bool,
    /// What it may be used for.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// The client that it was given to.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The merchant's user that it was given to, with the grant `password`.
    #[serde(default)]
    pub username: Option<String>,
    /// `bearer` for an access token, `None` for a refresh token.
    #[serde(default)]
    pub token_type: Option<String>,
    /// When it expires.
    #[serde(default, rename = "exp", deserialize_with = "unix_time")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was made.
    #[serde(default, rename = "iat", deserialize_with = "unix_time")]
    pub issued_at: Option<OffsetDateTime>,
}

/// What the token endpoint can do, and where it is (RFC 8414).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ServerMetadata {
    /// The name of the server: what the addresses below begin with.
    pub issuer: String,
    /// Where tokens are given.
    pub token_endpoint: String,
    /// Where they are asked about.
    #[serde(default)]
    pub introspection_endpoint: Option<String>,
    /// Where they are revoked.
    #[serde(default)]
    pub revocation_endpoint: Option<String>,
    /// The grants.
    #[serde(default)]
    pub grant_types_supported: Vec<String>,
    /// The scopes.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
    /// How a client proves itself.
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// The languages.
    #[serde(default)]
    pub ui_locales_supported: Vec<String>,
}

/// A merchant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LoggedIn {
    /// Its name.
    pub merchant_name: String,
    /// Its number.
    #[serde(deserialize_with = "number")]
    pub merchant_id: u64,
    /// What its forms offer, in the language of the flow.
    #[serde(default)]
    pub form_values: FormValues,
}

/// Terms and conditions.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Terms {
    /// The version: what an application that accepts them sends as `tos_version`.
    pub version: String,
    /// The first day on which they are in force, `YYYY-MM-DD`.
    pub effective_date: String,
    /// The title.
    pub title: String,
    /// Paragraphs with an empty line between them.
    pub text: String,
}

fn unix_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let seconds = Option::<i64>::deserialize(deserializer)?;
    seconds.map(OffsetDateTime::from_unix_timestamp).transpose().map_err(serde::de::Error::custom)
}

/// A number, which the text of the public documentation has as a text and its table as a number.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    number.ok_or_else(|| serde::de::Error::custom("no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_merchant_may_be_a_text() {
        for id in ["123456", "\"123456\""] {
            let told: LoggedIn =
                serde_json::from_str(&format!(r#"{{"merchant_name":"Shop","merchant_id":{id}}}"#)).unwrap();
            assert_eq!((told.merchant_id, told.form_values), (123_456, FormValues::default()));
        }
        assert!(serde_json::from_str::<LoggedIn>(r#"{"merchant_name":"Shop","merchant_id":"x"}"#).is_err());
    }

    #[test]
    fn of_a_token_that_does_not_work_only_that_is_told() {
        let told: Introspection = serde_json::from_str(r#"{"active":false}"#).unwrap();
        assert!(!told.active && told.scope.is_none() && told.expires_at.is_none());
    }
}
