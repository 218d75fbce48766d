//! Creditors: clients as their partner manages them (the contract's section "Partner services"): their state, their settings, and
//! what a change of one may be.

mod change;

pub use change::{CreditorData, FieldChange, FieldValue, changes, keep_fixed_members};

use crate::agreement::{self, Agreement, AgreementDraft};
use crate::client::{self, Checked, ClientDraft};
use crate::fault_code::Coded;
use crate::sms::Sender;
use crate::text;
use crate::{Environment, Faults};

/// Whether a creditor can use the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CreditorStatus {
    /// It holds a key that works or can be renewed.
    Active,
    /// Every key of it was revoked.
    Revoked,
}

/// The status is none of [`CreditorStatus::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The status is unknown: use ACTIVE or REVOKED")]
pub struct UnknownStatus;

impl Coded for UnknownStatus {
    fn code(&self) -> &'static str {
        "unknown_status"
    }
}

impl CreditorStatus {
    /// Every status.
    pub const ALL: [Self; 2] = [Self::Active, Self::Revoked];

    /// Reads the name used on the wire, upper-case.
    ///
    /// # Errors
    /// [`UnknownStatus`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Revoked => "REVOKED",
        }
    }
}

impl std::fmt::Display for CreditorStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The service settings of a creditor as they are sent. What is absent has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsDraft {
    /// `settings.expiryNotices`.
    pub expiry_notices: Option<bool>,
    /// `settings.smsSender`.
    pub sms_sender: Option<String>,
}

/// The service settings of a creditor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditorSettings {
    /// Whether its technical contact is told by mail that a key is about to expire, where the operator has turned such notices on.
    pub expiry_notices: bool,
    /// Who texts to its debtors are from, when the text itself names nobody.
    pub sms_sender: Option<Sender>,
}

impl Default for CreditorSettings {
    fn default() -> Self {
        Self { expiry_notices: true, sms_sender: None }
    }
}

impl CreditorSettings {
    /// Reads the settings of a draft.
    ///
    /// # Errors
    /// Every fault of them.
    pub fn check(draft: &SettingsDraft) -> Result<Self, Faults> {
        let mut faults = Faults::new();
        let given = draft.sms_sender.as_deref().filter(|text| !text::is_blank(text)).map(str::trim);
        let sms_sender = given.and_then(|text| {
            Sender::parse(text).map_err(|fault| faults.add("settings.smsSender", fault.code(), fault.to_string())).ok()
        });
        let expiry_notices = draft.expiry_notices.unwrap_or(Self::default().expiry_notices);
        if faults.is_empty() { Ok(Self { expiry_notices, sms_sender }) } else { Err(faults) }
    }

    /// The settings as a draft again.
    #[must_use]
    pub fn to_draft(&self) -> SettingsDraft {
        SettingsDraft {
            expiry_notices: Some(self.expiry_notices),
            sms_sender: self.sms_sender.as_ref().map(ToString::to_string),
        }
    }
}

/// A creditor in which nothing is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedCreditor {
    /// Its data and contacts.
    pub client: Checked,
    /// Its settings.
    pub settings: CreditorSettings,
    /// Its agreements.
    pub agreements: Vec<Agreement>,
}

impl From<Checked> for CheckedCreditor {
    /// A client as `POST /client` makes it: with default settings and without agreements.
    fn from(client: Checked) -> Self {
        Self { client, settings: CreditorSettings::default(), agreements: Vec::new() }
    }
}

/// Checks a new creditor by the rules of [`client::check`], of its settings and of its agreements.
///
/// # Errors
/// Every fault of all of them.
pub fn check(
    client: &ClientDraft,
    settings: &SettingsDraft,
    agreements: &[AgreementDraft],
    environment: Environment,
) -> Result<CheckedCreditor, Faults> {
    match (
        client::check(client, environment),
        CreditorSettings::check(settings),
        agreement::check(agreements, "agreements."),
    ) {
        (Ok(client), Ok(settings), Ok(agreements)) => Ok(CheckedCreditor { client, settings, agreements }),
        (client, settings, agreements) => {
            let mut faults = client.err().unwrap_or_default();
            faults.extend(settings.err().unwrap_or_default().into_vec());
            faults.extend(agreements.err().unwrap_or_default().into_vec());
            Err(faults)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_defaults_and_a_sender_has_a_form() {
        assert_eq!(CreditorSettings::check(&SettingsDraft::default()), Ok(CreditorSettings::default()));
        let draft = SettingsDraft { expiry_notices: Some(false), sms_sender: Some(" Tally ".into()) };
        let settings = CreditorSettings::check(&draft).unwrap();
        assert_eq!((settings.expiry_notices, settings.sms_sender.as_ref().map(Sender::as_str)), (false, Some("Tally")));
        assert_eq!(CreditorSettings::check(&settings.to_draft()), Ok(settings));
        let wrong = SettingsDraft { sms_sender: Some("a name that is too long".into()), ..draft };
        let faults = CreditorSettings::check(&wrong).unwrap_err().into_vec();
        assert_eq!((&*faults[0].field, &*faults[0].code), ("settings.smsSender", "sender_name"));
    }

    #[test]
    fn a_status_has_one_name() {
        for status in CreditorStatus::ALL {
            assert_eq!(CreditorStatus::parse(status.as_str()), Ok(status));
        }
        assert_eq!(CreditorStatus::parse("active"), Err(UnknownStatus));
    }
}
