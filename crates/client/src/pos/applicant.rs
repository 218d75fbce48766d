//! What is told of an applicant.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use time::OffsetDateTime;
use uuid::Uuid;

use super::closed::{AccountType, Lang, Province};
use super::reference_id::ReferenceId;
use crate::answers::time_or_none;
use crate::api_key::Secret;
use crate::decimal::Decimal;

/// What a member may be: something that JSON holds.
trait Member {
    fn write<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error>;
}

macro_rules! plain_members {
    ($($type:ty,)+) => {
        $(
            impl Member for $type {
                fn write<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
                    map.serialize_entry(name, self)
                }
            }
        )+
    };
}

plain_members! { String, bool, Decimal, Province, Lang, AccountType, }

impl Member for Secret {
    fn write<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, self.expose())
    }
}

impl Member for Uuid {
    fn write<M: SerializeMap>(&self, name: &'static str, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry(name, &self.hyphenated().to_string())
    }
}

macro_rules! draft {
    ($($(#[$doc:meta])+ $member:ident: $type:ty,)+) => {
        /// What is known of an applicant. What is `None` is not told. Codes are those of the
        /// [`ReferenceData`](super::ReferenceData), days `YYYY-MM-DD`. Its `Debug` names the members that are there and shows none of them.
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct ApplicantDraft {
            $($(#[$doc])+ pub $member: Option<$type>,)+
        }

        impl Serialize for Body<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                $(
                    if let Some(member) = &self.0.$member {
                        member.write(stringify!($member), &mut map)?;
                    }
                )+
                map.end()
            }
        }

        impl fmt::Debug for ApplicantDraft {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut set = f.debug_set();
                $(
                    if self.$member.is_some() {
                        set.entry(&stringify!($member));
                    }
                )+
                set.finish()
            }
        }
    };
}

/// A draft as it is sent. The draft itself can't be written anywhere, since it holds secrets.
pub(super) struct Body<'a>(&'a ApplicantDraft);

impl ApplicantDraft {
    pub(super) const fn body(&self) -> Body<'_> {
        Body(self)
    }
}

draft! {
    /// How the person is addressed: a code of `salutations`.
    salutation: String,
    /// The first name.
    first_name: String,
    /// Other given names. In sandbox, the key of the answer that is wanted.
    middle_name: String,
    /// The family name.
    last_name: String,
    /// The day of birth.
    dob: String,
    /// The e-mail address.
    email: String,
    /// The telephone number, of ten digits.
    phone_number: String,
    /// Street and number.
    address_1: String,
    /// Flat, floor or box.
    address_2: String,
    /// The town.
    city: String,
    /// The province.
    province: Province,
    /// The postal code: `M5H 2M9`.
    postal_code: String,
    /// How the person lives: a code of `housing_type`.
    housing_type: String,
    /// What that costs in a month, in Canadian dollars.
    housing_payment: Decimal,
    /// What the person does for a living: a code of `occupation_ids`.
    occupation_id: String,
    /// Who employs the person.
    employer: String,
    /// The income of a year, in Canadian dollars.
    annual_income: Decimal,
    /// The document that was shown: a code of `govid_types`.
    govid_type: String,
    /// Who issued it: a code of what `govid_issued_bys` has for the document.
    govid_issued_by: String,
    /// Its number.
    govid_number: Secret,
    /// The last day on which it is valid.
    govid_expiry: String,
    /// The question that the person is asked later: a code of `security_ids`.
    security_qid: String,
    /// The answer to it.
    security_answer: Secret,
    /// The language that the person is written to in.
    preferred_language: Lang,
    /// What the account is for.
    account_type: AccountType,
    /// Whether the terms and conditions were accepted.
    tos_agreement: bool,
    /// Which of them: [`Terms::version`](super::Terms::version).
    tos_version: String,
    /// The session of the widget that the person came through.
    widget_session_id: Uuid,
    /// The merchant's location.
    external_location_id: String,
}

/// What the server knows of an applicant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct KnownInformation {
    /// The flow that it is kept for.
    pub reference_id: ReferenceId,
    /// The members that are known.
    #[serde(default)]
    pub known: Vec<String>,
    /// Those that an application needs besides.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Until when it is kept.
    #[serde(default, deserialize_with = "time_or_none")]
    pub expires_at: Option<OffsetDateTime>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_there_is_sent_by_its_name_and_not_shown() {
        let draft = ApplicantDraft {
            first_name: Some("Marie".to_owned()),
            province: Some(Province::Qc),
            annual_income: Some("52000.50".parse().unwrap()),
            govid_number: Some(Secret::from("T1234")),
            preferred_language: Some(Lang::French),
            account_type: Some(AccountType::Consumer),
            tos_agreement: Some(false),
            widget_session_id: Some(Uuid::nil()),
            ..ApplicantDraft::default()
        };
        assert_eq!(
            serde_json::to_value(draft.body()).unwrap(),
            json!({
                "first_name": "Marie", "province": "QC", "annual_income": 52000.5, "govid_number": "T1234",
                "preferred_language": "fr", "account_type": "consumer", "tos_agreement": false,
                "widget_session_id": "00000000-0000-0000-0000-000000000000",
            })
        );
        let shown = format!("{draft:?}");
        assert!(shown.contains("\"govid_number\"") && !shown.contains("T1234") && !shown.contains("Marie"), "{shown}");
        assert_eq!(serde_json::to_string(&ApplicantDraft::default().body()).unwrap(), "{}");
    }

    #[test]
    fn an_answer_is_read_as_the_contract_has_it() {
        let body = r#"{"reference_id":"8848372d-8457-4ca4-9da9-673f1cdd6684","known":["dob"],"missing":["email"],
            "expires_at":"2026-11-21T12:44:41.123Z"}"#;
        let known: KnownInformation = serde_json::from_str(body).unwrap();
        assert_eq!((known.known, known.missing), (vec!["dob".to_owned()], vec!["email".to_owned()]));
        assert!(known.expires_at.is_some());
    }
}
