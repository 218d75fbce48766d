//! What a change of a creditor may be, and what it was.

use std::borrow::Cow;

use crate::Faults;
use crate::agreement::Agreement;
use crate::business_code::{BusinessCode, BusinessCodeFault};
use crate::client::{ClientDraft, ContactRole};
use crate::country::CountryCode;
use crate::creditor::SettingsDraft;

/// A creditor as it stands before a change, in stored forms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreditorData {
    /// Its data and contacts.
    pub client: ClientDraft,
    /// Its settings.
    pub settings: SettingsDraft,
}

/// One member that was changed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldChange {
    /// Its path: `client.email`, `contacts.primary.name`, `settings.smsSender`, `status`, `agreements`.
    pub field: Cow<'static, str>,
    /// What it was.
    pub from: FieldValue,
    /// What it is since.
    pub to: FieldValue,
}

/// The value of a member.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// No value.
    Nothing,
    /// Yes or no.
    Flag(bool),
    /// A text.
    Text(String),
    /// Agreements: in a change, those that went or came.
    Agreements(Vec<Agreement>),
}

impl From<Option<String>> for FieldValue {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

/// Puts back into `wanted` the members that can't change, and tells each that was to have another value. A value that is merely written
/// in another way is the same.
pub fn keep_fixed_members(current: &ClientDraft, wanted: &mut ClientDraft) -> Faults {
    let mut faults = Faults::new();
    let country = current.country_code.as_deref().and_then(|code| CountryCode::parse(code).ok());
    let same_code = |text: &str| {
        let code = match BusinessCode::parse(text, country?) {
            Ok(code) | Err(BusinessCodeFault::CheckDigit { code }) => code,
            Err(_) => return None,
        };
        (Some(code.as_str()) == current.business_code.as_deref()).then(|| code.into_string())
    };
    let mut keep =
        |field: &'static str, what: &str, current: &Option<String>, wanted: &mut Option<String>, same: bool| {
            // An absent value is left to the rules, which tell that it is required.
            if wanted.as_deref().is_none_or(crate::text::is_blank) {
                return;
            }
            if !same {
                faults.add(
                    field,
                    "immutable",
                    format!("{what} can't be changed: leave it out, or create another creditor"),
                );
            }
            wanted.clone_from(current);
        };
    let same = |current: &Option<String>, wanted: &Option<String>| {
        wanted.as_deref().is_some_and(|wanted| Some(wanted.trim()) == current.as_deref())
    };
    let is_same = same(&current.service_type, &wanted.service_type);
    keep("service.type", "The service type", &current.service_type, &mut wanted.service_type, is_same);
    let is_same = same(&current.partner_code, &wanted.partner_code);
    keep("service.partnerCode", "The partner", &current.partner_code, &mut wanted.partner_code, is_same);
    let is_same = wanted.business_code.as_deref().is_some_and(|code| same_code(code.trim()).is_some());
    keep("client.businessCode", "The business code", &current.business_code, &mut wanted.business_code, is_same);
    let is_same = same(&current.country_code, &wanted.country_code);
    keep("client.countryCode", "The country", &current.country_code, &mut wanted.country_code, is_same);
    faults
}

/// Every member whose value differs, in the order of the contract. Both are in stored forms.
#[must_use]
pub fn changes(from: &CreditorData, to: &CreditorData) -> Vec<FieldChange> {
    let mut found = Vec::new();
    let mut compare = |field: Cow<'static, str>, from: FieldValue, to: FieldValue| {
        if from != to {
            found.push(FieldChange { field, from, to });
        }
    };
    macro_rules! texts {
        ($from:expr, $to:expr, $($field:expr => $member:ident),+ $(,)?) => {
            $(compare($field.into(), $from.$member.clone().into(), $to.$member.clone().into());)+
        };
    }
    texts!(
        from.client, to.client,
        "service.type" => service_type,
        "client.name" => name,
        "client.businessCode" => business_code,
        "client.vatRegNbr" => vat_reg_nbr,
        "client.postalAddress" => postal_address,
        "client.postalCode" => postal_code,
        "client.postalDistrict" => postal_district,
        "client.countryCode" => country_code,
        "client.telephone" => telephone,
        "client.email" => email,
        "client.website" => website,
        "client.languageCode" => language_code,
        "client.currencyCode" => currency_code,
        "client.ibanAccount" => iban_account,
        "client.bic" => bic,
        "client.bankgiro" => bankgiro,
        "client.plusgiro" => plusgiro,
    );
    for role in ContactRole::ALL {
        let (from, to) = (from.client.contact(role), to.client.contact(role));
        texts!(
            from, to,
            format!("contacts.{role}.name") => name,
            format!("contacts.{role}.telephone") => telephone,
            format!("contacts.{role}.mobile") => mobile,
            format!("contacts.{role}.email") => email,
        );
    }
    let flag = |flag: Option<bool>| flag.map_or(FieldValue::Nothing, FieldValue::Flag);
    compare("settings.expiryNotices".into(), flag(from.settings.expiry_notices), flag(to.settings.expiry_notices));
    compare(
        "settings.smsSender".into(),
        from.settings.sms_sender.clone().into(),
        to.settings.sms_sender.clone().into(),
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn current() -> CreditorData {
        let some = |text: &str| Some(text.to_owned());
        let mut client = ClientDraft {
            service_type: some("LIFECYCLE"),
            partner_code: some("QUICK3"),
            business_code: some("0123456-7"),
            country_code: some("FI"),
            email: some("a@example.fi"),
            ..ClientDraft::default()
        };
        client.primary.mobile = some("+358441234567");
        CreditorData { client, settings: SettingsDraft { expiry_notices: Some(true), sms_sender: None } }
    }

    fn fixed(change: impl FnOnce(&mut ClientDraft)) -> Vec<(String, String)> {
        let current = current().client;
        let mut wanted = current.clone();
        change(&mut wanted);
        let faults = keep_fixed_members(&current, &mut wanted).into_vec();
        assert!(wanted == current || faults.is_empty(), "{wanted:?}");
        faults.into_iter().map(|fault| (fault.field.into_owned(), fault.code.into_owned())).collect()
    }

    #[test]
    fn another_value_is_refused_and_the_same_in_another_form_is_taken() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(fixed(|_| {}), []);
        assert_eq!(fixed(|draft| draft.business_code = some(" 123456-7 ")), []);
        assert_eq!(fixed(|draft| draft.business_code = None), [], "that it is required is told by the rules");
        let all = fixed(|draft| {
            draft.service_type = some("COOP");
            draft.partner_code = some("SLOW4");
            draft.business_code = some("0737546-2");
            draft.country_code = some("SE");
        });
        let fields: Vec<_> = all.iter().map(|(field, code)| (field.as_str(), code.as_str())).collect();
        assert_eq!(
            fields,
            [
                ("service.type", "immutable"),
                ("service.partnerCode", "immutable"),
                ("client.businessCode", "immutable"),
                ("client.countryCode", "immutable"),
            ]
        );
        assert_eq!(fixed(|draft| draft.business_code = some("nonsense")).len(), 1);
    }

    #[test]
    fn changes_name_what_differs_and_nothing_else() {
        let from = current();
        assert_eq!(changes(&from, &from), []);
        let mut to = from.clone();
        to.client.email = Some("b@example.fi".into());
        to.client.primary.mobile = None;
        to.settings.expiry_notices = Some(false);
        let told: Vec<_> =
            changes(&from, &to).into_iter().map(|change| (change.field, change.from, change.to)).collect();
        assert_eq!(
            told,
            [
                (
                    "client.email".into(),
                    FieldValue::Text("a@example.fi".into()),
                    FieldValue::Text("b@example.fi".into())
                ),
                ("contacts.primary.mobile".into(), FieldValue::Text("+358441234567".into()), FieldValue::Nothing),
                ("settings.expiryNotices".into(), FieldValue::Flag(true), FieldValue::Flag(false)),
            ]
        );
    }
}
