//! What comes back about creditors. Unknown fields are ignored, so that the server can add some.

use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::answers::{Warning, time_or_none};
use crate::api_key::{ApiKey, Secret};
use crate::entity_tag::EntityTag;

/// Whether a creditor can use the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum CreditorStatus {
    /// It holds a key that works or can be renewed.
    Active,
    /// Every key of it was revoked. A rotation gives it a new one.
    Revoked,
    /// A status that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// A creditor that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Creditor {
    /// Names its version, for a change of it.
    pub etag: EntityTag,
    /// What it is.
    pub data: CreditorData,
}

impl std::ops::Deref for Creditor {
    type Target = CreditorData;

    fn deref(&self) -> &CreditorData {
        &self.data
    }
}

/// What is kept of a creditor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreditorData {
    /// Names the creditor in every further call.
    pub client_identifier: u64,
    /// The creditor's number in the operator's own books.
    pub confirma_finance_customer_code: u64,
    /// Starts every payment reference of the creditor.
    pub payment_reference_prefix: u64,
    /// Whether it can use the API.
    pub status: CreditorStatus,
    /// What it uses, and through whom.
    pub service: CreditorService,
    /// The business itself.
    pub client: CreditorBusiness,
    /// Who answers for what.
    pub contacts: CreditorContacts,
    /// How the service works for it.
    pub settings: Settings,
    /// When it was created.
    #[serde(default, deserialize_with = "time_or_none")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was last changed; `None` when it never was.
    #[serde(default, deserialize_with = "time_or_none")]
    pub updated_at: Option<OffsetDateTime>,
}

/// What a creditor uses, and through whom.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreditorService {
    /// `LIFECYCLE`, `INTERMEDIATION`, `COOP` or `POS_FINANCING`.
    #[serde(rename = "type")]
    pub service_type: String,
    /// The partner's code.
    pub partner_code: String,
}

/// The business of a creditor, each value in the form in which it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the member of the same name of ClientData")]
pub struct CreditorBusiness {
    pub name: String,
    pub business_code: String,
    pub vat_reg_nbr: Option<String>,
    pub postal_address: String,
    pub postal_code: String,
    pub postal_district: String,
    pub country_code: String,
    pub telephone: Option<String>,
    pub email: String,
    pub website: Option<String>,
    pub language_code: String,
    pub currency_code: String,
    pub iban_account: Option<String>,
    pub bic: Option<String>,
    pub bankgiro: Option<String>,
    pub plusgiro: Option<String>,
}

/// Who answers for what at a creditor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CreditorContacts {
    /// For everything.
    pub primary: CreditorContact,
    /// For the integration.
    pub technical: Option<CreditorContact>,
    /// For the books.
    pub accountant: Option<CreditorContact>,
}

/// A person to turn to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the member of the same name of PrimaryContact")]
pub struct CreditorContact {
    pub name: String,
    pub telephone: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
}

/// How the service works for a creditor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Settings {
    /// Whether the technical contact is told by mail that a key is about to expire.
    pub expiry_notices: bool,
    /// Who texts to its debtors are from.
    pub sms_sender: Option<String>,
}

/// A creditor after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangedCreditor {
    /// What it is now, with its new version.
    pub creditor: Creditor,
    /// What was accepted although it looks wrong.
    pub warnings: Vec<Warning>,
}

#[derive(Deserialize)]
pub(crate) struct ChangedBody {
    #[serde(flatten)]
    pub(crate) data: CreditorData,
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}

/// A creditor in a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(missing_docs, reason = "each is the member of the same name of CreditorData or of its sections")]
pub struct CreditorSummary {
    pub client_identifier: u64,
    pub confirma_finance_customer_code: u64,
    pub payment_reference_prefix: u64,
    pub status: CreditorStatus,
    pub service_type: String,
    pub name: String,
    pub business_code: String,
    pub country_code: String,
    #[serde(default, deserialize_with = "time_or_none")]
    pub created_at: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "time_or_none")]
    pub updated_at: Option<OffsetDateTime>,
}

/// A page of creditors.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreditorPage {
    /// The creditors, by name.
    pub creditors: Vec<CreditorSummary>,
    /// The `cursor` of the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

/// A page of changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HistoryPage {
    /// The changes, newest first.
    pub changes: Vec<CreditorChange>,
    /// The `cursor` of the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

/// One change of a creditor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreditorChange {
    /// When it was made.
    #[serde(default, deserialize_with = "time_or_none")]
    pub at: Option<OffsetDateTime>,
    /// Who made it.
    pub changed_by: ChangedBy,
    /// The request it was made by.
    pub request_id: Option<String>,
    /// The members that were changed.
    pub fields: Vec<FieldChange>,
}

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ChangedBy {
    /// `partner`, `client` or `provisioning` for a key of that kind, `operator`, or `job`.
    pub kind: String,
    /// The identifier of the key, when it was one.
    pub key_id: Option<String>,
}

/// One member that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// Its path: `client.email`.
    pub field: String,
    /// What it was.
    pub from: Value,
    /// What it is since.
    pub to: Value,
}

/// What a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum CredentialsState {
    /// It works.
    Active,
    /// It has expired. It can be renewed or rotated.
    Expired,
    /// It was revoked. A rotation gives a new one.
    Revoked,
    /// A state that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

/// The credentials of a creditor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Credentials {
    /// Whose they are.
    pub client_identifier: u64,
    /// Its key; `None` when it was revoked.
    pub api_access_token: Option<ApiKey>,
    /// The identifier of the key.
    pub key_id: Option<String>,
    /// What the key is.
    pub state: CredentialsState,
    /// When it was made.
    #[serde(default, deserialize_with = "time_or_none")]
    pub issued_at: Option<OffsetDateTime>,
    /// From when on it no longer works; `None` when it has no expiry.
    #[serde(default, deserialize_with = "time_or_none")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    #[serde(default, deserialize_with = "time_or_none")]
    pub revoked_at: Option<OffsetDateTime>,
    /// The OAuth client of a client of the point-of-sale service.
    #[serde(default)]
    pub oauth_client_id: Option<String>,
    /// Its secret.
    #[serde(default)]
    pub oauth_client_secret: Option<Secret>,
}

/// A new key of a creditor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Rotated {
    /// Whose it is.
    pub client_identifier: u64,
    /// The new key.
    pub api_access_token: ApiKey,
    /// The identifier of the key.
    pub key_id: String,
    /// When it was made.
    #[serde(default, deserialize_with = "time_or_none")]
    pub issued_at: Option<OffsetDateTime>,
    /// From when on it no longer works; `None` when it has no expiry.
    #[serde(default, deserialize_with = "time_or_none")]
    pub expires_at: Option<OffsetDateTime>,
    /// Until when the key before works beside it; `None` when there was none that worked.
    #[serde(default, deserialize_with = "time_or_none")]
    pub former_key_works_until: Option<OffsetDateTime>,
    /// The OAuth client, when its secret is new.
    #[serde(default)]
    pub oauth_client_id: Option<String>,
    /// Its new secret.
    #[serde(default)]
    pub oauth_client_secret: Option<Secret>,
}

/// Credentials that were revoked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Revoked {
    /// Whose they were.
    pub client_identifier: u64,
    /// How many keys were revoked; 0 when none was left.
    pub revoked_keys: u64,
}

/// How a creditor is known in one of your systems. Dates are `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Agreement {
    /// The name of the system.
    pub system: String,
    /// The identifier in it.
    pub identifier: String,
    /// The first day.
    pub valid_from: String,
    /// The last day, which is still inside; `None` is without end.
    pub valid_to: Option<String>,
}

/// The agreements of a creditor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreements {
    /// Names the version of the list, for a change of it.
    pub etag: EntityTag,
    /// By system and first day.
    pub list: Vec<Agreement>,
}

/// Agreements after they were replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplacedAgreements {
    /// What they are now, with their new version.
    pub agreements: Agreements,
    /// What was accepted although it looks wrong.
    pub warnings: Vec<Warning>,
}

#[derive(Deserialize)]
pub(crate) struct ReplacedBody {
    pub(crate) agreements: Vec<Agreement>,
    #[serde(default)]
    pub(crate) warnings: Vec<Warning>,
}
