//! The audit trail: who did what, on which record, from where, and how it ended; and the hash chain that shows a gap or a change.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::Timestamp;
use crate::api_key::{KeyId, KeyKind};
use crate::identifier::PartnerId;
use crate::oauth_token::TokenId;

/// Who caused a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The holder of a key, over HTTP.
    Key {
        /// The key, never its value.
        id: KeyId,
        /// What the key is for.
        kind: KeyKind,
    },
    /// A person at the command line, by the name of their account on the machine.
    Operator(String),
    /// The program itself: a background job, by its name.
    Job(&'static str),
    /// A person without a key, at a page of this name.
    Visitor(&'static str),
    /// A client of the token endpoint, by its `client_id`, once its secret was found to be right.
    OauthClient(String),
    /// Somebody at the token endpoint whose client is unknown, or who does not know its secret.
    OauthStranger,
    /// The holder of an access token.
    Token(TokenId),
}

impl fmt::Display for Actor {
    /// The form that is kept: `provisioning:<key id>`, `operator:<name>`, `job:<name>`, `visitor:<page>`, `oauth_client:<client_id>`,
    /// `stranger:token`, `oauth_token:<id>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { id, kind } => write!(f, "{kind}:{id}"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Job(name) => write!(f, "job:{name}"),
            Self::Visitor(page) => write!(f, "visitor:{page}"),
            Self::OauthClient(id) => write!(f, "oauth_client:{id}"),
            Self::OauthStranger => f.write_str("stranger:token"),
            Self::Token(id) => write!(f, "oauth_token:{id}"),
        }
    }
}

/// How the attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// A rule forbade it, and nothing was changed.
    Refused,
}

impl Outcome {
    /// The name used in the database and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "done" => Ok(Self::Done),
            "refused" => Ok(Self::Refused),
            other => Err(format!("`{other}` is no outcome")),
        }
    }
}

/// One record of the trail, as it is kept. Records are added, never changed or removed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// Whose trail it belongs to; partner 0 is the installation itself.
    pub partner: PartnerId,
    /// The record's identifier, which sorts by time.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// Who, in the form of [`Actor`].
    pub actor: String,
    /// What: `client.create`, `api_key.renew`.
    pub action: String,
    /// On which record: `client:100001`, `api_key:<id>`.
    pub subject: String,
    /// The address it came from; empty for the command line and jobs.
    pub source: String,
    /// The request it belongs to; empty when there was none.
    pub request_id: String,
    /// `done` or `refused`.
    pub outcome: String,
    /// Why it was refused, or what changed: short, and never a secret.
    pub detail: String,
}

impl AuditRecord {
    /// The bytes that the chain is made of: every member behind its length, so that no two records share a form.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(&self.partner.0.to_be_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&self.at.micros().to_be_bytes());
        for text in
            [&self.actor, &self.action, &self.subject, &self.source, &self.request_id, &self.outcome, &self.detail]
        {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

/// The trail of the installation itself, for what belongs to no partner.
pub const INSTALLATION: PartnerId = PartnerId(0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_records_share_a_canonical_form() {
        let record = |action: &str, subject: &str| AuditRecord {
            partner: PartnerId(1),
            id: Uuid::nil(),
            at: Timestamp::from_micros(0),
            actor: String::new(),
            action: action.into(),
            subject: subject.into(),
            source: String::new(),
            request_id: String::new(),
            outcome: "done".into(),
            detail: String::new(),
        };
        assert_ne!(record("ab", "c").canonical(), record("a", "bc").canonical());
    }
}
