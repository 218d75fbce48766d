//! What is answered about a creditor.

use domain::Timestamp;
use domain::client::ContactDraft;
use domain::creditor::{CreditorData, CreditorStatus};
use http_kit::openapi;
use serde::Serialize;
use service::creditor::{Creditor, CreditorSummary};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

/// What a creditor is connected to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreditorService {
    /// The service that the creditor buys. It can't change.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "LIFECYCLE", required)]
    kind: Option<String>,
    /// Your partner code.
    #[schema(value_type = String, example = "QUICK3", required)]
    partner_code: Option<String>,
}

/// The business itself. A member without a value is null.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreditorBusiness {
    /// The full name of the business.
    #[schema(value_type = String, example = "Test Customer Oy", required)]
    name: Option<String>,
    /// The number in the trade register. It can't change.
    #[schema(value_type = String, example = "0123456-7", required)]
    business_code: Option<String>,
    /// The VAT number.
    #[schema(example = "FI01234567", required)]
    vat_reg_nbr: Option<String>,
    /// The street or box of the postal address.
    #[schema(value_type = String, example = "Testikuja 7", required)]
    postal_address: Option<String>,
    /// The postal code.
    #[schema(value_type = String, example = "12345", required)]
    postal_code: Option<String>,
    /// The town of the postal address.
    #[schema(value_type = String, example = "HELSINKI", required)]
    postal_district: Option<String>,
    /// The country. It can't change.
    #[schema(value_type = String, example = "FI", required)]
    country_code: Option<String>,
    /// A telephone number in E.164.
    #[schema(example = json!(null), required)]
    telephone: Option<String>,
    /// The e-mail address of the business.
    #[schema(value_type = String, example = "email@testcustomer.fi", required)]
    email: Option<String>,
    /// The website.
    #[schema(example = json!(null), required)]
    website: Option<String>,
    /// The language to write in.
    #[schema(value_type = String, example = "FI", required)]
    language_code: Option<String>,
    /// The currency to settle in.
    #[schema(value_type = String, example = "EUR", required)]
    currency_code: Option<String>,
    /// The bank account.
    #[schema(example = "FI2112345600000785", required)]
    iban_account: Option<String>,
    /// The bank of the account.
    #[schema(example = "NDEAFIHH", required)]
    bic: Option<String>,
    /// The Swedish bankgiro number.
    #[schema(example = json!(null), required)]
    bankgiro: Option<String>,
    /// The Swedish plusgiro number.
    #[schema(example = json!(null), required)]
    plusgiro: Option<String>,
}

/// The persons to turn to.
#[derive(Serialize, ToSchema)]
struct CreditorContacts {
    /// For everything.
    #[schema(value_type = CreditorContact, required)]
    primary: Option<CreditorContact>,
    /// For the integration; null when there is none.
    #[schema(required)]
    technical: Option<CreditorContact>,
    /// For the books; null when there is none.
    #[schema(required)]
    accountant: Option<CreditorContact>,
}

/// A person to turn to.
#[derive(Serialize, ToSchema)]
struct CreditorContact {
    /// The name.
    #[schema(value_type = String, example = "Matti Meikäläinen", required)]
    name: Option<String>,
    /// A telephone number in E.164.
    #[schema(example = json!(null), required)]
    telephone: Option<String>,
    /// A mobile telephone number in E.164.
    #[schema(example = "+358441234567", required)]
    mobile: Option<String>,
    /// An e-mail address.
    #[schema(example = "matti@testcustomer.fi", required)]
    email: Option<String>,
}

/// How the service works for a creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreditorSettingsView {
    /// Whether the technical contact is told by mail that a key is about to expire, where the operator has turned such notices on.
    #[schema(example = true)]
    expiry_notices: bool,
    /// Who texts to the creditor's debtors are from, when the text itself names nobody.
    #[schema(example = "Testaajat", required)]
    sms_sender: Option<String>,
}

/// The sections of a creditor that a patch is merged into.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sections {
    /// What the creditor is connected to.
    service: CreditorService,
    /// The business itself.
    client: CreditorBusiness,
    /// The persons to turn to.
    contacts: CreditorContacts,
    /// How the service works for the creditor.
    settings: CreditorSettingsView,
}

impl Sections {
    pub(crate) fn of(data: &CreditorData) -> Self {
        let client = data.client.clone();
        let contact = |draft: ContactDraft| {
            let ContactDraft { name, telephone, mobile, email } = draft;
            name.is_some().then_some(CreditorContact { name, telephone, mobile, email })
        };
        Self {
            service: CreditorService { kind: client.service_type, partner_code: client.partner_code },
            contacts: CreditorContacts {
                primary: contact(client.primary),
                technical: contact(client.technical),
                accountant: contact(client.accountant),
            },
            client: CreditorBusiness {
                name: client.name,
                business_code: client.business_code,
                vat_reg_nbr: client.vat_reg_nbr,
                postal_address: client.postal_address,
                postal_code: client.postal_code,
                postal_district: client.postal_district,
                country_code: client.country_code,
                telephone: client.telephone,
                email: client.email,
                website: client.website,
                language_code: client.language_code,
                currency_code: client.currency_code,
                iban_account: client.iban_account,
                bic: client.bic,
                bankgiro: client.bankgiro,
                plusgiro: client.plusgiro,
            },
            settings: CreditorSettingsView {
                expiry_notices: data.settings.expiry_notices.unwrap_or_default(),
                sms_sender: data.settings.sms_sender.clone(),
            },
        }
    }
}

/// A creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreditorAnswer {
    /// The creditor's identifier: unique, never given twice.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// The creditor's customer code: unique, never given twice.
    #[schema(example = 500_001)]
    confirma_finance_customer_code: i64,
    /// The digits that start every payment reference of the creditor.
    #[schema(example = 10_000_001)]
    payment_reference_prefix: i64,
    /// `ACTIVE` while the creditor holds a key that works or can be renewed, else `REVOKED`.
    #[schema(schema_with = status, required = true)]
    status: CreditorStatus,
    #[serde(flatten)]
    sections: Sections,
    /// When it was created.
    #[schema(schema_with = created_at, required = true)]
    created_at: Timestamp,
    /// When it was last changed; null when it never was.
    #[schema(schema_with = changed_at, required = true)]
    updated_at: Option<Timestamp>,
}

impl CreditorAnswer {
    pub(crate) fn new(creditor: &Creditor) -> Self {
        Self {
            client_identifier: creditor.client.0,
            confirma_finance_customer_code: creditor.customer_code.0,
            payment_reference_prefix: creditor.reference_prefix.0,
            status: creditor.status,
            sections: Sections::of(&creditor.data),
            created_at: creditor.created_at,
            updated_at: creditor.changed_at,
        }
    }
}

/// A creditor in a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreditorSummaryAnswer {
    /// The creditor's identifier.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// The creditor's customer code.
    #[schema(example = 500_001)]
    confirma_finance_customer_code: i64,
    /// The digits that start every payment reference of the creditor.
    #[schema(example = 10_000_001)]
    payment_reference_prefix: i64,
    /// `ACTIVE` while the creditor holds a key that works or can be renewed, else `REVOKED`.
    #[schema(schema_with = status, required = true)]
    status: CreditorStatus,
    /// The service that the creditor buys.
    #[schema(example = "LIFECYCLE")]
    service_type: String,
    /// The full name of the business.
    #[schema(example = "Test Customer Oy")]
    name: String,
    /// The number in the trade register.
    #[schema(example = "0123456-7")]
    business_code: String,
    /// The country of that register.
    #[schema(example = "FI")]
    country_code: String,
    /// When it was created.
    #[schema(schema_with = created_at, required = true)]
    created_at: Timestamp,
    /// When it was last changed; null when it never was.
    #[schema(schema_with = changed_at, required = true)]
    updated_at: Option<Timestamp>,
}

impl From<CreditorSummary> for CreditorSummaryAnswer {
    fn from(creditor: CreditorSummary) -> Self {
        Self {
            client_identifier: creditor.client.0,
            confirma_finance_customer_code: creditor.customer_code.0,
            payment_reference_prefix: creditor.reference_prefix.0,
            status: creditor.status,
            service_type: creditor.service_type,
            name: creditor.name,
            business_code: creditor.business_code,
            country_code: creditor.country_code,
            created_at: creditor.created_at,
            updated_at: creditor.changed_at,
        }
    }
}

fn status() -> Object {
    openapi::one_of(
        CreditorStatus::ALL.map(CreditorStatus::as_str),
        "`ACTIVE` while the creditor holds a key that works or can be renewed, else `REVOKED`.",
    )
}

fn created_at() -> Object {
    openapi::time("When it was created.")
}

fn changed_at() -> Object {
    openapi::time_or_null("When it was last changed; null when it never was.")
}
