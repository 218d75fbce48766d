//! What is sent about a creditor: to create one, and to change one by a merge patch (RFC 7396).

use domain::Faults;
use domain::agreement::{AgreementDraft, MOST_AGREEMENTS};
use domain::client::ClientDraft;
use domain::creditor::{CreditorData, SettingsDraft};
use http_kit::{Flag, List, Section, Text};
use serde::Deserialize;
use serde_json::{Map, Value};
use service::creditor::Merged;
use service::onboarding::CreditorExtras;
use utoipa::ToSchema;

use crate::client_request::{ClientSection, Contacts, ServiceSection, draft_of};
use crate::creditor_answer::Sections;

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

/// Makes of a creditor what a patch wants.
pub(crate) fn merged(current: &CreditorData, patch: &Value, duplicates: &Faults) -> Merged {
    // Texts, booleans and nulls always have a form in JSON.
    let mut tree = serde_json::to_value(Sections::of(current)).unwrap_or_default();
    merge(&mut tree, patch);
    let mut faults = duplicates.clone();
    let (patched, _) = read(tree);
    let client = draft_of(patched.service, patched.client, patched.contacts, &mut faults);
    let settings = settings_of(patched.settings, &mut faults);
    Merged { data: CreditorData { client, settings }, faults }
}

/// The members of a patch that are not known, those that it would remove among them.
pub(crate) fn unknown_members(patch: &Value) -> Vec<String> {
    read(patch.clone()).1
}

fn read(tree: Value) -> (Patched, Vec<String>) {
    // It never fails: its members read whatever is there, and the tree is an object.
    http_kit::json_body::read(tree).unwrap_or_default()
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
        for patch in [json!({}), serde_json::to_value(Sections::of(&current)).unwrap()] {
            let merged = merged(&current, &patch, &Faults::new());
            assert_eq!((&merged.data, merged.faults.is_empty()), (&current, true));
            assert_eq!(unknown_members(&patch), [""; 0]);
        }
    }

    #[test]
    fn null_removes_wrong_types_are_named_and_unknown_members_too() {
        let patch = json!({
            "client": {"vatRegNbr": null, "vatRegNr": null, "email": 7, "foo": 1},
            "contacts": {"technical": {"name": "Maija", "email": "maija@example.fi"}},
            "settings": {"expiryNotices": "no"},
            "status": "REVOKED",
        });
        let merged = merged(&current(), &patch, &Faults::new());
        assert_eq!(merged.data.client.vat_reg_nbr, None);
        assert_eq!(merged.data.client.technical.name.as_deref(), Some("Maija"));
        let told: Vec<_> = merged.faults.as_slice().iter().map(|fault| (&*fault.field, &*fault.code)).collect();
        assert_eq!(told, [("client.email", "wrong_type"), ("settings.expiryNotices", "wrong_type")]);
        let mut unknown = unknown_members(&patch);
        unknown.sort();
        assert_eq!(unknown, ["client.foo", "client.vatRegNr", "status"]);
    }
}
