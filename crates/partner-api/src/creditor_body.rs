//! The bodies of creditors: what is sent, what is answered, and how a patch is merged (RFC 7396).

use domain::agreement::{AgreementDraft, MOST_AGREEMENTS};
use domain::client::{ClientDraft, ContactDraft};
use domain::creditor::{CreditorData, CreditorStatus, SettingsDraft};
use domain::{Faults, Timestamp};
use http_kit::{Flag, List, Section, Text, openapi};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service::creditor::{Creditor, CreditorSummary, Merged};
use service::onboarding::CreditorExtras;
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;

use crate::client_request::{ClientSection, Contacts, ServiceSection, draft_of};

/// A creditor to be created: as for `POST /client`, with settings and agreements.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CreateCreditorRequest {
    /// What the creditor is connected to.
    #[schema(value_type = ServiceSection)]
    service: Section<ServiceSection>,
    /// The business itself.
    #[schema(value_type = ClientSection)]
    client: Section<ClientSection>,
    /// The persons to turn to.
    #[schema(value_type = Contacts)]
    contacts: Section<Contacts>,
    /// How the service works for the creditor. What is left out has its default.
    #[schema(value_type = Option<SettingsSection>)]
    settings: Section<SettingsSection>,
    /// How the creditor is known in the partner's own systems: 100 at most.
    #[schema(value_type = Option<Vec<AgreementSection>>, max_items = 100)]
    agreements: List<Section<AgreementSection>>,
}

/// How the service works for a creditor.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingsSection {
    /// Whether the technical contact is told by mail that a key is about to expire, where the operator has turned such notices on.
    /// Without it: `true`.
    #[schema(value_type = Option<bool>, example = true)]
    expiry_notices: Flag,
    /// Who texts to the creditor's debtors are from, when the text itself names nobody: a number in E.164, a short code of 3 to 8 digits,
    /// or a name of 1 to 11 letters, digits, spaces and `. - _ &`.
    #[schema(value_type = Option<String>, example = "Testaajat")]
    sms_sender: Text,
}

/// How a creditor is known in a system of its partner's. Within one system, its periods don't overlap.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AgreementSection {
    /// The name of the system, such as `ERP`. White space around it does not count.
    #[schema(value_type = String, example = "ERP", min_length = 1, max_length = 64, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    system: Text,
    /// The identifier in that system; no other creditor of the partner has the same in the same system. White space around it does not
    /// count.
    #[schema(value_type = String, example = "A-1001", min_length = 1, max_length = 128, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    identifier: Text,
    /// The first day: `YYYY-MM-DD`.
    #[schema(value_type = String, format = Date, example = "2026-01-01")]
    valid_from: Text,
    /// The last day, which is still inside; null for no end.
    #[schema(value_type = Option<String>, format = Date, example = "2026-12-31")]
    valid_to: Text,
}

impl CreateCreditorRequest {
    /// The drafts of the creditor. Members of a wrong type are faults and left out of them.
    pub(crate) fn into_drafts(self, faults: &mut Faults) -> (ClientDraft, CreditorExtras) {
        let client = draft_of(self.service, self.client, self.contacts, faults);
        let settings = settings_of(self.settings, faults);
        let agreements = agreements_of(self.agreements.take("agreements", faults), "agreements.", faults);
        (client, CreditorExtras { settings, agreements })
    }
}

fn settings_of(settings: Section<SettingsSection>, faults: &mut Faults) -> SettingsDraft {
    let settings = settings.take("settings", faults);
    SettingsDraft {
        expiry_notices: settings.expiry_notices.take("settings.expiryNotices", faults),
        sms_sender: settings.sms_sender.take("settings.smsSender", faults),
    }
}

/// The drafts of a list of agreements whose paths begin with `prefix`. Of a list that is too long as many are read as show that.
pub(crate) fn agreements_of(
    list: Vec<Section<AgreementSection>>,
    prefix: &str,
    faults: &mut Faults,
) -> Vec<AgreementDraft> {
    list.into_iter()
        .take(MOST_AGREEMENTS + 1)
        .enumerate()
        .map(|(place, agreement)| {
            let agreement = agreement.take(format!("{prefix}{place}"), faults);
            let path = |member: &str| format!("{prefix}{place}.{member}");
            AgreementDraft {
                system: agreement.system.take(path("system"), faults),
                identifier: agreement.identifier.take(path("identifier"), faults),
                valid_from: agreement.valid_from.take(path("validFrom"), faults),
                valid_to: agreement.valid_to.take(path("validTo"), faults),
            }
        })
        .collect()
}

/// What of a creditor a patch can name.
#[derive(Debug, Default, Deserialize)]
struct Patched {
    service: Section<ServiceSection>,
    client: Section<ClientSection>,
    contacts: Section<Contacts>,
    settings: Section<SettingsSection>,
}

/// What a patch may hold. Null removes what is optional; what is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema of the API document; a patch is merged before it is read")]
pub(crate) struct CreditorPatch {
    /// What can't change may be sent with the value that it has.
    #[schema(value_type = Option<Object>, example = json!({"type": "LIFECYCLE"}))]
    service: (),
    /// Members of the business to change, such as its address or bank account.
    #[schema(value_type = Option<Object>, example = json!({"email": "laskut@testcustomer.fi", "telephone": null}))]
    client: (),
    /// Contacts to change; null removes the technical contact or the accountant.
    #[schema(value_type = Option<Object>, example = json!({"technical": {"name": "Maija", "email": "maija@testcustomer.fi"}}))]
    contacts: (),
    /// Settings to change; null gives one its default again.
    #[schema(value_type = Option<Object>, example = json!({"smsSender": "Testaajat"}))]
    settings: (),
}

/// Makes of a creditor what a patch wants, and names the members of the patch that are not known.
pub(crate) fn merged(current: &CreditorData, patch: &Value, duplicates: &Faults) -> (Merged, Vec<String>) {
    let view = Sections::of(current);
    // Texts, booleans and nulls always have a form in JSON.
    let mut tree = serde_json::to_value(&view).unwrap_or_default();
    merge(&mut tree, patch);
    let mut faults = duplicates.clone();
    // It never fails: its members read whatever is there, and the tree is an object.
    let (patched, unknown) = http_kit::json_body::read::<Patched>(tree).unwrap_or_default();
    let client = draft_of(patched.service, patched.client, patched.contacts, &mut faults);
    let settings = settings_of(patched.settings, &mut faults);
    (Merged { data: CreditorData { client, settings }, faults }, unknown)
}

/// RFC 7396 section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(members) = patch else {
        target.clone_from(patch);
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in members {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

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
    fn of(data: &CreditorData) -> Self {
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

pub(crate) fn status() -> Object {
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

#[cfg(test)]
mod tests {
    use domain::Environment;
    use serde_json::json;

    use super::*;

    fn current() -> CreditorData {
        let request: CreateCreditorRequest = serde_json::from_value(crate::client::seed_example()).unwrap();
        let (draft, extras) = request.into_drafts(&mut Faults::new());
        let checked = domain::creditor::check(&draft, &extras.settings, &[], Environment::Sandbox).unwrap();
        CreditorData { client: checked.client.client.to_draft("QUICK3"), settings: checked.settings.to_draft() }
    }

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn merging_is_that_of_the_rfc() {
        for (target, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"a":"foo"}), json!("bar"), json!("bar")),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut merged = target.clone();
            merge(&mut merged, &patch);
            assert_eq!(merged, result, "{target} {patch}");
        }
    }

    #[test]
    fn an_empty_patch_changes_nothing_and_every_section_of_it_is_known() {
        let current = current();
        let (merged, unknown) = merged(&current, &json!({}), &Faults::new());
        assert_eq!((merged.data, merged.faults.is_empty(), unknown), (current.clone(), true, Vec::new()));
        let whole = serde_json::to_value(Sections::of(&current)).unwrap();
        let (merged, unknown) = super::merged(&current, &whole, &Faults::new());
        assert_eq!((merged.data, merged.faults.is_empty(), unknown), (current, true, Vec::new()));
    }

    #[test]
    fn null_removes_wrong_types_are_named_and_unknown_members_too() {
        let patch = json!({
            "client": {"vatRegNbr": null, "email": 7, "foo": 1},
            "contacts": {"technical": {"name": "Maija", "email": "maija@example.fi"}},
            "settings": {"expiryNotices": "no"},
            "status": "REVOKED",
        });
        let (merged, mut unknown) = merged(&current(), &patch, &Faults::new());
        assert_eq!(merged.data.client.vat_reg_nbr, None);
        assert_eq!(merged.data.client.technical.name.as_deref(), Some("Maija"));
        let told: Vec<_> = merged.faults.as_slice().iter().map(|fault| (&*fault.field, &*fault.code)).collect();
        assert_eq!(told, [("client.email", "wrong_type"), ("settings.expiryNotices", "wrong_type")]);
        unknown.sort();
        assert_eq!(unknown, ["client.foo", "status"]);
    }
}
