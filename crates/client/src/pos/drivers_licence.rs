//! What a driver's licence says.

use std::fmt;

use serde::Deserialize;

use super::applicant::ApplicantDraft;
use super::closed::Province;
use crate::api_key::Secret;

/// The fields of a driver's licence, by the names that an application has for them. Personal data: its `Debug` shows who issued it only.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DriversLicence {
    /// `None` for people who have one name only.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Other given names.
    #[serde(default)]
    pub middle_name: Option<String>,
    /// The family name.
    pub last_name: String,
    /// The day of birth, `YYYY-MM-DD`.
    pub dob: String,
    /// Street and number.
    pub address_1: String,
    /// The town.
    pub city: String,
    /// The province of the address.
    pub province: Province,
    /// The postal code.
    pub postal_code: String,
    /// Always `CADL`.
    pub govid_type: String,
    /// The province that issued it.
    #[serde(rename = "govid_issuedby", alias = "govid_issued_by")]
    pub govid_issued_by: String,
    /// Its number.
    pub govid_number: Secret,
    /// The last day on which it is valid, `YYYY-MM-DD`. It may be past.
    pub govid_expiry: String,
}

impl DriversLicence {
    /// What it tells of an applicant.
    #[must_use]
    pub fn to_draft(&self) -> ApplicantDraft {
        ApplicantDraft {
            first_name: self.first_name.clone(),
            middle_name: self.middle_name.clone(),
            last_name: Some(self.last_name.clone()),
            dob: Some(self.dob.clone()),
            address_1: Some(self.address_1.clone()),
            city: Some(self.city.clone()),
            province: Some(self.province),
            postal_code: Some(self.postal_code.clone()),
            govid_type: Some(self.govid_type.clone()),
            govid_issued_by: Some(self.govid_issued_by.clone()),
            govid_number: Some(self.govid_number.clone()),
            govid_expiry: Some(self.govid_expiry.clone()),
            ..ApplicantDraft::default()
        }
    }
}

impl fmt::Debug for DriversLicence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DriversLicence").field("govid_issued_by", &self.govid_issued_by).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_becomes_a_draft_and_shows_nobody() {
        let body = r#"{"first_name":null,"middle_name":null,"last_name":"TREMBLAY","dob":"1985-02-14","address_1":"55 QUEEN ST W",
            "city":"TORONTO","province":"ON","postal_code":"M5H 2M9","govid_type":"CADL","govid_issuedby":"ON",
            "govid_number":"T1234-56789-50214","govid_expiry":"2029-02-14"}"#;
        let licence: DriversLicence = serde_json::from_str(body).unwrap();
        assert_eq!(format!("{licence:?}"), r#"DriversLicence { govid_issued_by: "ON", .. }"#);
        let draft = licence.to_draft();
        assert_eq!(
            (draft.last_name.as_deref(), draft.province, draft.first_name),
            (Some("TREMBLAY"), Some(Province::On), None)
        );
        assert_eq!(draft.govid_number.as_ref().map(Secret::expose), Some("T1234-56789-50214"));
    }
}
