//! An applicant as a till sends it: the body of `information`, and of `apply`.

use domain::Faults;
use domain::applicant::{ApplicantDraft, ApplicantFaults, Message};
use http_kit::{Flag, Text, TextOrNumber};
use serde::Deserialize;
use utoipa::ToSchema;

/// What is known of an applicant. Every member may be left out; null and a blank text say nothing.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = ApplicantInformation)]
pub(crate) struct ApplicantRequest {
    /// A code of `salutations`.
    #[schema(value_type = Option<String>, example = "mrs")]
    salutation: Text,
    #[schema(value_type = Option<String>, max_length = 80, example = "Marie")]
    first_name: Text,
    /// Other given names; in sandbox, the key of the answer that is wanted.
    #[schema(value_type = Option<String>, max_length = 80)]
    middle_name: Text,
    #[schema(value_type = Option<String>, max_length = 130, example = "Tremblay")]
    last_name: Text,
    /// The day of birth, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, example = "1985-02-14")]
    dob: Text,
    #[schema(value_type = Option<String>, max_length = 100, example = "marie@example.ca")]
    email: Text,
    /// Ten digits, as a text or a number.
    #[schema(value_type = Option<TextOrNumber>)]
    phone_number: TextOrNumber,
    #[schema(value_type = Option<String>, max_length = 250, example = "55 Queen St W")]
    address_1: Text,
    #[schema(value_type = Option<String>, max_length = 100)]
    address_2: Text,
    #[schema(value_type = Option<String>, max_length = 100, example = "Ottawa")]
    city: Text,
    /// A code of `provinces`.
    #[schema(value_type = Option<String>, example = "ON")]
    province: Text,
    /// One of the province.
    #[schema(value_type = Option<String>, example = "K1A 0B1")]
    postal_code: Text,
    /// A code of `housing_type`.
    #[schema(value_type = Option<String>, example = "Rent")]
    housing_type: Text,
    /// What it costs in a month, in dollars, as a text or a number.
    #[schema(value_type = Option<TextOrNumber>)]
    housing_payment: TextOrNumber,
    /// A code of `occupation_ids`.
    #[schema(value_type = Option<String>, example = "FE")]
    occupation_id: Text,
    #[schema(value_type = Option<String>, max_length = 100, example = "Example Inc.")]
    employer: Text,
    /// The income of a year, in dollars, as a text or a number.
    #[schema(value_type = Option<TextOrNumber>)]
    annual_income: TextOrNumber,
    /// A code of `govid_types`.
    #[schema(value_type = Option<String>, example = "CADL")]
    govid_type: Text,
    /// A code of `govid_issued_bys` that issues documents of this type.
    #[schema(value_type = Option<String>, example = "ON")]
    govid_issued_by: Text,
    /// The same as `customers/driverslicense` spells it. It counts where `govid_issued_by` says nothing.
    #[schema(value_type = Option<String>)]
    govid_issuedby: Text,
    #[schema(value_type = Option<String>, min_length = 3, max_length = 32, example = "T1234-56789-50214")]
    govid_number: Text,
    /// The last day on which the document is valid, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, example = "2029-02-14")]
    govid_expiry: Text,
    /// A key of `security_ids`, as a text or a number.
    #[schema(value_type = Option<TextOrNumber>)]
    security_qid: TextOrNumber,
    #[schema(value_type = Option<String>, min_length = 2, max_length = 100)]
    security_answer: Text,
    /// `en` or `fr`, with or without `-CA`.
    #[schema(value_type = Option<String>, example = "fr-CA")]
    preferred_language: Text,
    /// `consumer` or `business`.
    #[schema(value_type = Option<String>, example = "consumer")]
    account_type: Text,
    /// Whether the terms and conditions were accepted.
    #[schema(value_type = Option<bool>, example = true)]
    tos_agreement: Flag,
    /// Their version, as `terms-and-conditions` has it.
    #[schema(value_type = Option<String>, example = "roc-2026-07-01")]
    tos_version: Text,
    /// The session of the widget.
    #[schema(value_type = Option<String>, example = "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa")]
    widget_session_id: Text,
    /// The merchant's location.
    #[schema(value_type = Option<String>, example = "STORE-1")]
    external_location_id: Text,
}

impl ApplicantRequest {
    /// Where an applicant lives and is reached, and what they have agreed to: `email`, `address_1`, `address_2`, `city`, `province` and
    /// `account_type` in this order, and the other two.
    pub(crate) fn of_contact(texts: [Text; 6], phone_number: TextOrNumber, tos_agreement: Flag) -> Self {
        let [email, address_1, address_2, city, province, account_type] = texts;
        Self {
            email,
            address_1,
            address_2,
            city,
            province,
            account_type,
            phone_number,
            tos_agreement,
            ..Self::default()
        }
    }

    /// What it says, and what of it can't be read. `repeated` are the members that were there twice.
    pub(crate) fn read(self, repeated: &Faults) -> (ApplicantDraft, ApplicantFaults) {
        let mut faults = ApplicantFaults::new();
        for fault in repeated.as_slice() {
            match ApplicantDraft::PARAMS.iter().find(|param| ***param == *fault.field) {
                Some(param) => faults.add(param, Message::Twice, None),
                None => faults.add("body", Message::MemberTwice, None),
            }
        }
        let at = &mut faults;
        // Both are read, so that neither may be of a wrong type.
        let issuer = text("govid_issued_by", self.govid_issued_by, at).filter(|issuer| !issuer.trim().is_empty());
        let issuer_in_one_word = text("govid_issuedby", self.govid_issuedby, at);
        let draft = ApplicantDraft {
            salutation: text("salutation", self.salutation, at),
            first_name: text("first_name", self.first_name, at),
            middle_name: text("middle_name", self.middle_name, at),
            last_name: text("last_name", self.last_name, at),
            dob: text("dob", self.dob, at),
            email: text("email", self.email, at),
            phone_number: number("phone_number", self.phone_number, at),
            address_1: text("address_1", self.address_1, at),
            address_2: text("address_2", self.address_2, at),
            city: text("city", self.city, at),
            province: text("province", self.province, at),
            postal_code: text("postal_code", self.postal_code, at),
            housing_type: text("housing_type", self.housing_type, at),
            housing_payment: number("housing_payment", self.housing_payment, at),
            occupation_id: text("occupation_id", self.occupation_id, at),
            employer: text("employer", self.employer, at),
            annual_income: number("annual_income", self.annual_income, at),
            govid_type: text("govid_type", self.govid_type, at),
            govid_issued_by: issuer.or(issuer_in_one_word),
            govid_number: text("govid_number", self.govid_number, at),
            govid_expiry: text("govid_expiry", self.govid_expiry, at),
            security_qid: number("security_qid", self.security_qid, at),
            security_answer: text("security_answer", self.security_answer, at),
            preferred_language: text("preferred_language", self.preferred_language, at),
            account_type: text("account_type", self.account_type, at),
            tos_agreement: match self.tos_agreement {
                Flag::Given(agreed) => Some(agreed),
                Flag::Absent => None,
                Flag::Wrong(_) => {
                    at.add("tos_agreement", Message::NotBoolean, None);
                    None
                }
            },
            tos_version: text("tos_version", self.tos_version, at),
            widget_session_id: text("widget_session_id", self.widget_session_id, at),
            external_location_id: text("external_location_id", self.external_location_id, at),
        };
        (draft, faults)
    }
}

fn text(param: &'static str, member: Text, faults: &mut ApplicantFaults) -> Option<String> {
    match member {
        Text::Given(text) => Some(text),
        Text::Absent => None,
        Text::Wrong(_) => {
            faults.add(param, Message::NotText, None);
            None
        }
    }
}

fn number(param: &'static str, member: TextOrNumber, faults: &mut ApplicantFaults) -> Option<String> {
    match member {
        TextOrNumber::Given(text) => Some(text),
        TextOrNumber::Absent => None,
        TextOrNumber::Wrong(_) => {
            faults.add(param, Message::NotNumber, None);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> (ApplicantDraft, Vec<(&'static str, &'static str)>) {
        let request: ApplicantRequest = serde_json::from_value(body).unwrap();
        let (draft, faults) = request.read(&Faults::new());
        (draft, faults.into_vec().into_iter().map(|fault| (fault.param, fault.message.id())).collect())
    }

    #[test]
    fn each_member_comes_to_the_parameter_of_its_name() {
        for param in ApplicantDraft::PARAMS.iter().filter(|param| **param != "tos_agreement") {
            let (draft, faults) = read(json!({(*param): "x"}));
            assert_eq!(serde_json::to_value(&draft).unwrap(), json!({(*param): "x"}));
            assert_eq!((draft.known(), faults), (vec![*param], vec![]));
            let (draft, faults) = read(json!({(*param): [1]}));
            assert_eq!((draft.known().len(), faults.len(), faults[0].0), (0, 1, *param));
        }
        assert_eq!(read(json!({"tos_agreement": true})).0.tos_agreement, Some(true));
        assert_eq!(read(json!({"tos_agreement": "yes"})).1, [("tos_agreement", "not_boolean")]);
    }

    #[test]
    fn a_number_may_be_a_number() {
        let (draft, faults) = read(json!({
            "phone_number": 6_135_550_123_i64, "housing_payment": 1450.5, "annual_income": 72000, "security_qid": 4,
        }));
        assert_eq!(faults, []);
        let texts = [draft.phone_number, draft.housing_payment, draft.annual_income, draft.security_qid];
        assert_eq!(texts.map(Option::unwrap), ["6135550123", "1450.5", "72000", "4"]);
        let (_, faults) = read(json!({"annual_income": true, "dob": 19850214}));
        assert_eq!(faults, [("dob", "not_text"), ("annual_income", "not_number")]);
    }

    #[test]
    fn the_issuer_of_a_scan_is_taken_where_no_other_is_given() {
        assert_eq!(read(json!({"govid_issuedby": "ON"})).0.govid_issued_by.as_deref(), Some("ON"));
        let both = json!({"govid_issued_by": "QC", "govid_issuedby": "ON"});
        assert_eq!(read(both).0.govid_issued_by.as_deref(), Some("QC"));
        assert_eq!(read(json!({"govid_issued_by": "ON", "govid_issuedby": 1})).1, [("govid_issuedby", "not_text")]);
    }
}
