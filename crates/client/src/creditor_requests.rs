//! What is sent about creditors.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::requests::{ClientData, Contacts, Service};

/// The body of [`Client::create_creditor`](crate::Client::create_creditor): that of a client, with settings and agreements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCreditor {
    /// What the creditor is to use, and through whom.
    pub service: Service,
    /// The creditor itself.
    pub client: ClientData,
    /// Who answers for what.
    pub contacts: Contacts,
    /// How the service works for it.
    #[serde(default)]
    pub settings: NewSettings,
    /// How it is known in your own systems.
    #[serde(default)]
    pub agreements: Vec<NewAgreement>,
}

/// The service settings of a new creditor. What is `None` has the server's default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NewSettings {
    /// Whether the technical contact is told by mail that a key is about to expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry_notices: Option<bool>,
    /// Who texts to its debtors are from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms_sender: Option<String>,
}

/// How a creditor is known in one of your systems. Dates are `YYYY-MM-DD`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewAgreement {
    /// The name of the system.
    pub system: String,
    /// The identifier in it.
    pub identifier: String,
    /// The first day.
    pub valid_from: String,
    /// The last day, which is still inside; `None` is without end.
    #[serde(default)]
    pub valid_to: Option<String>,
}

/// What [`Client::creditors`](crate::Client::creditors) asks for. By default everything, 100 at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditorQuery {
    /// The beginning of a name, or a whole business code.
    pub search: Option<String>,
    /// `ACTIVE` or `REVOKED`.
    pub status: Option<String>,
    /// The identifier of an agreement. Not together with `search`.
    pub agreement: Option<String>,
    /// The system of that agreement.
    pub system: Option<String>,
    /// How many at most: 1 to 500.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl CreditorQuery {
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        [
            ("search", self.search.clone()),
            ("status", self.status.clone()),
            ("agreement", self.agreement.clone()),
            ("system", self.system.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

/// A change of a creditor: a merge patch (RFC 7396). What it does not name stays; a value of `None` removes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CreditorPatch(Map<String, Value>);

impl CreditorPatch {
    /// A patch that changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a member of the business, by its name on the wire: `email`, `ibanAccount`.
    #[must_use]
    pub fn client<'v>(self, member: &str, value: impl Into<Option<&'v str>>) -> Self {
        self.set(&["client", member], value.into().map_or(Value::Null, Value::from))
    }

    /// Sets a member of a contact: `contact("technical", "email", …)`.
    #[must_use]
    pub fn contact<'v>(self, role: &str, member: &str, value: impl Into<Option<&'v str>>) -> Self {
        self.set(&["contacts", role, member], value.into().map_or(Value::Null, Value::from))
    }

    /// Removes the technical contact or the accountant.
    #[must_use]
    pub fn without_contact(self, role: &str) -> Self {
        self.set(&["contacts", role], Value::Null)
    }

    /// Sets a setting: `smsSender`, `expiryNotices`.
    #[must_use]
    pub fn setting(self, member: &str, value: impl Into<Value>) -> Self {
        self.set(&["settings", member], value.into())
    }

    /// Sets whatever stands at this path.
    #[must_use]
    pub fn set(mut self, path: &[&str], value: Value) -> Self {
        let Some((last, sections)) = path.split_last() else { return self };
        let mut members = &mut self.0;
        for section in sections {
            let place = members.entry((*section).to_owned()).or_insert_with(|| Value::Object(Map::new()));
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            let Value::Object(inner) = place else { return self };
            members = inner;
        }
        members.insert((*last).to_owned(), value);
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_names_what_it_changes() {
        let patch = CreditorPatch::new()
            .client("email", "a@example.fi")
            .client("website", None)
            .without_contact("accountant")
            .contact("technical", "name", "Maija")
            .setting("expiryNotices", false);
        assert_eq!(
            serde_json::to_value(patch).unwrap(),
            json!({
                "client": {"email": "a@example.fi", "website": null},
                "contacts": {"accountant": null, "technical": {"name": "Maija"}},
                "settings": {"expiryNotices": false},
            })
        );
    }

    #[test]
    fn a_query_has_what_was_asked_for() {
        assert_eq!(CreditorQuery::default().pairs(), []);
        let query = CreditorQuery { search: Some("Ä".into()), limit: Some(5), ..CreditorQuery::default() };
        assert_eq!(query.pairs(), [("search", "Ä".to_owned()), ("limit", "5".to_owned())]);
    }
}
