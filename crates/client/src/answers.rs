//! What comes back. Unknown fields are ignored, so that the server can add some.

use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::api_key::{ApiKey, Secret};

/// A new client and its credentials. They are not shown again: store them at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Created {
    /// What happened, for a person.
    pub message: String,
    /// Names the client in every further call.
    pub client_identifier: u64,
    /// The client's number in the operator's own books.
    pub confirma_finance_customer_code: u64,
    /// Starts every payment reference of the client.
    pub payment_reference_prefix: u64,
    /// The client's first key.
    pub api_access_token: ApiKey,
    /// From when on that key no longer works; `None` when it has no expiry.
    #[serde(default, deserialize_with = "time_or_none")]
    pub api_access_token_expires_at: Option<OffsetDateTime>,
    /// What was accepted although it looks wrong.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// With [`ServiceType::PosFinancing`](crate::ServiceType::PosFinancing): the OAuth client.
    #[serde(default)]
    pub oauth_client_id: Option<String>,
    /// With [`ServiceType::PosFinancing`](crate::ServiceType::PosFinancing): its secret.
    #[serde(default)]
    pub oauth_client_secret: Option<Secret>,
}

/// Something that was accepted although it looks wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Warning {
    /// The path of the field: `client.businessCode`.
    pub field: String,
    /// What is odd, stable, in snake case.
    pub code: String,
    /// The same for a person.
    pub message: String,
}

/// What the server says of the key in use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Validity {
    /// The key works.
    Valid(ValidKey),
    /// The key does not work.
    Invalid {
        /// Why, stable: `token_expired` can be cured by a renewal, anything else cannot.
        code: String,
        /// Why, for a person.
        message: String,
    },
}

impl Validity {
    /// The code of a key whose expiry has passed. Such a key can still be renewed, unless it was revoked.
    pub const EXPIRED: &str = "token_expired";

    /// Whether the key works.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

/// A key that works.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ValidKey {
    /// What the server says, for a person.
    pub message: String,
    /// Who holds the key.
    #[serde(default)]
    pub kind: Option<KeyKind>,
    /// `sandbox` or `production`.
    #[serde(default)]
    pub environment: Option<String>,
    /// From when on the key no longer works; `None` when it has no expiry.
    #[serde(default, deserialize_with = "time_or_none")]
    pub expires_at: Option<OffsetDateTime>,
}

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyKind {
    /// Held by a partner; creates clients.
    Provisioning,
    /// Held by a partner; calls the partner services.
    Partner,
    /// Held by a client; calls for the client's own records.
    Client,
    /// A kind that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// The answer to `GET /validate`, before it is known whether the key is valid.
#[derive(Deserialize)]
pub(crate) struct IsValid {
    #[serde(rename = "isValid")]
    pub(crate) is_valid: bool,
    #[serde(default)]
    pub(crate) message: String,
}

/// A renewed key. It is the one to use from now on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "RenewedBody")]
#[non_exhaustive]
pub struct Renewed {
    /// What happened, for a person.
    pub message: String,
    /// The new key.
    pub api_access_token: ApiKey,
    /// From when on the new key no longer works; `None` when it has no expiry.
    pub expires_at: Option<OffsetDateTime>,
}

/// The answer as it is sent. The documented name is `Message`; `message` is the addition that all other answers have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RenewedBody {
    #[serde(rename = "Message", default)]
    documented_message: Option<String>,
    #[serde(default)]
    message: Option<String>,
    api_access_token: ApiKey,
    #[serde(default, deserialize_with = "time_or_none")]
    expires_at: Option<OffsetDateTime>,
}

impl From<RenewedBody> for Renewed {
    fn from(body: RenewedBody) -> Self {
        Self {
            message: body.message.or(body.documented_message).unwrap_or_default(),
            api_access_token: body.api_access_token,
            expires_at: body.expires_at,
        }
    }
}

/// A time in RFC 3339. An unreadable one counts as absent: it must not cost what came with it, such as credentials.
pub(crate) fn time_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let time = value.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    if time.is_none() && !value.is_null() {
        tracing::warn!("a time in an answer is not in RFC 3339 and was passed over");
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_unreadable_expiry_does_not_cost_the_key() {
        for expiry in ["\"soon\"", "12", "null"] {
            let body = format!(r#"{{"Message":"Token renewed","apiAccessToken":"abc","expiresAt":{expiry}}}"#);
            let renewed: Renewed = serde_json::from_str(&body).unwrap();
            assert_eq!((renewed.message.as_str(), renewed.expires_at), ("Token renewed", None));
            assert_eq!(renewed.api_access_token.expose(), "abc");
        }
    }

    #[test]
    fn both_spellings_of_message_may_come_together() {
        let body = r#"{"Message":"A","message":"B","apiAccessToken":"abc","expiresAt":"2026-01-31T12:00:00Z"}"#;
        let renewed: Renewed = serde_json::from_str(body).unwrap();
        assert_eq!(renewed.message, "B");
        assert_eq!(renewed.expires_at, Some(datetime!(2026-01-31 12:00 UTC)));
    }

    #[test]
    fn a_new_kind_of_key_is_unknown_and_no_error() {
        let key: ValidKey = serde_json::from_str(r#"{"message":"","kind":"merchant"}"#).unwrap();
        assert_eq!(key.kind, Some(KeyKind::Unknown));
    }
}
