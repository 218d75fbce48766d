//! `POST …/customers/driverslicense`: the fields of a driver's licence, from the decoded text of its bar code. Nothing of it is kept.

use domain::Secret;
use domain::drivers_licence::{self, DriversLicence, ScanFault};
use http_kit::openapi::{Responses, body_problems};
use http_kit::{JsonUpload, PrivateJson, Problem, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::call::{Call, CallParameters};
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};
use crate::reference_data::TAG;

/// A scan.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = LicenceScan)]
pub(crate) struct ScanRequest {
    /// The decoded text of the PDF417 bar code on the back of the licence.
    #[serde(default)]
    #[schema(value_type = String, max_length = 8192)]
    code: Text,
}

/// What the licence says, by the names that the fields of an application have.
#[derive(Serialize, ToSchema)]
#[schema(as = LicenceFields)]
pub(crate) struct LicenceAnswer {
    /// Null for people who have one name only.
    #[schema(example = "MARIE")]
    first_name: Option<String>,
    #[schema(example = "CLAIRE ANNE")]
    middle_name: Option<String>,
    #[schema(example = "TREMBLAY")]
    last_name: String,
    #[schema(example = "1985-02-14", format = "date")]
    dob: String,
    #[schema(example = "55 QUEEN ST W")]
    address_1: String,
    #[schema(example = "TORONTO")]
    city: String,
    /// The province of the address.
    #[schema(example = "ON")]
    province: &'static str,
    #[schema(example = "M5H 2M9")]
    postal_code: String,
    /// Always `CADL`.
    #[schema(example = "CADL")]
    govid_type: &'static str,
    /// The province that issued the licence.
    #[schema(example = "ON")]
    govid_issuedby: &'static str,
    #[schema(example = "T1234-56789-50214")]
    govid_number: String,
    /// The last day on which it is valid, which may be past.
    #[schema(example = "2029-02-14", format = "date")]
    govid_expiry: String,
}

impl From<&DriversLicence> for LicenceAnswer {
    fn from(licence: &DriversLicence) -> Self {
        Self {
            first_name: licence.first_name.clone(),
            middle_name: licence.middle_name.clone(),
            last_name: licence.last_name.clone(),
            dob: licence.dob.to_string(),
            address_1: licence.address_1.clone(),
            city: licence.city.clone(),
            province: licence.province.as_str(),
            postal_code: licence.postal_code.to_string(),
            govid_type: DriversLicence::GOVID_TYPE,
            govid_issuedby: licence.issued_by.as_str(),
            govid_number: licence.number.clone(),
            govid_expiry: licence.expiry.to_string(),
        }
    }
}

/// Read a driver's licence
///
/// Gives the fields of a Canadian driver's licence from the decoded text of its bar code. Nothing of it is kept. A scan that is empty, cut
/// short, damaged, of another country or of something else is 409 `wrong_inputs`, and says which.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/customers/driverslicense",
    operation_id = "readDriversLicence",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters),
    request_body(content = ScanRequest, content_type = "application/json"),
    responses(
        (
            status = 200,
            description = "What the licence says.",
            body = LicenceAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        ScanProblems,
    ),
)]
pub(crate) async fn read_licence(
    call: Call,
    // Larger than another body may be: a scan that is too long is told as that.
    upload: JsonUpload<ScanRequest>,
) -> Result<PrivateJson<LicenceAnswer>, Problem> {
    let fault = |en, fr| wrong_scan(call.lang, of_two(call.lang, en, fr).to_owned());
    if !upload.body.faults.is_empty() {
        return Err(fault("must be there once", "doit être présent une seule fois"));
    }
    let code = match upload.body.value.code {
        Text::Given(code) => Secret::new(code),
        Text::Absent => return Err(wrong_scan(call.lang, ScanFault::Empty.text(call.lang))),
        Text::Wrong(_) => return Err(fault("must be a text", "doit être un texte")),
    };
    let licence = drivers_licence::read(code.expose());
    let licence = licence.map_err(|fault| wrong_scan(call.lang, fault.text(call.lang)))?;
    Ok(PrivateJson::new(LicenceAnswer::from(&licence)))
}

/// 409 for a scan, which is not repeated.
fn wrong_scan(lang: Lang, msg: String) -> Problem {
    wrong_inputs(lang, &[FieldError { param: "code", msg: msg.into(), value: None }])
}

/// What can go wrong, for the API document.
struct ScanProblems;

impl utoipa::IntoResponses for ScanProblems {
    fn responses() -> Responses {
        let own = wrong_scan(Lang::English, ScanFault::OtherCountry.text(Lang::English));
        problem::responses(body_problems().into_iter().chain([own]))
    }
}
