//! `POST …/information`: what is known of an applicant before applying, gathered call by call for the flow.

use axum::extract::State;
use domain::applicant::{ApplicantFaults, Message};
use http_kit::openapi::{Responses, body_problems};
use http_kit::{HttpState, JsonBody, PrivateJson, Problem};
use serde::Serialize;
use service::information::{InformationError, OpenFlows};
use utoipa::ToSchema;

use crate::applicant_request::ApplicantRequest;
use crate::call::{Call, CallParameters};
use crate::code::TOO_MANY_FLOWS;
use crate::lang::{Lang, of_two};
use crate::problem::{self, FieldError, wrong_inputs};
use crate::reference_data::TAG;

/// What is known in the flow: names, and no values.
#[derive(Serialize, ToSchema)]
#[schema(as = KnownInformation)]
pub(crate) struct InformationAnswer {
    /// The flow, as `x-reference-id` was sent.
    #[schema(example = "8848372d-8457-4ca4-9da9-673f1cdd6684")]
    reference_id: String,
    /// What was said so far.
    #[schema(example = json!(["first_name", "last_name", "province"]))]
    known: Vec<&'static str>,
    /// What an application still needs.
    #[schema(example = json!(["dob", "email"]))]
    missing: Vec<&'static str>,
    /// Until when it is kept, unless it is added to. Where nothing is known, nothing is kept: until when something said now would be.
    #[schema(example = "2026-11-22T10:15:00Z", format = "date-time")]
    expires_at: String,
}

/// Tell what is known of an applicant
///
/// Checks any of the members of an application and keeps them for the flow, sealed, for a short time from the last call (an hour unless the
/// operator has set another), and for a day at most. A further call adds to them or replaces them, and the whole is checked again. A token
/// of the scope `customer` adds only to flows that it has opened, or the tokens that it was refreshed from; one of the scope `merchant` to
/// any of the merchant. The answer names what is known and what an application still needs; no call answers a value. Members that an
/// application does not have are passed over.
#[utoipa::path(
    post,
    path = "/client-id/{client_id}/information",
    operation_id = "tellInformation",
    tag = TAG,
    security(("AccessToken" = ["customer"]), ("AccessToken" = ["merchant"])),
    params(CallParameters),
    request_body(
        content = ApplicantRequest,
        content_type = "application/json",
        example = json!({
            "first_name": "Marie",
            "last_name": "Tremblay",
            "dob": "1985-02-14",
            "province": "ON",
            "postal_code": "K1A 0B1",
            "annual_income": 72000,
        }),
    ),
    responses(
        (
            status = 200,
            description = "It is kept.",
            body = InformationAnswer,
            headers(("Cache-Control" = String, description = "`no-store`")),
        ),
        InformationProblems,
    ),
)]
pub(crate) async fn tell_information(
    State(state): State<HttpState>,
    call: Call,
    body: JsonBody<ApplicantRequest>,
) -> Result<PrivateJson<InformationAnswer>, Problem> {
    let caller = call.caller()?;
    let said = body.value.read(&body.faults);
    let kept = state.core().keep_information(caller, call.reference.id(), said, &call.context).await;
    let kept = kept.map_err(|error| match error {
        InformationError::Invalid(faults) => wrong_applicant(call.lang, faults),
        InformationError::AnothersFlow => anothers_flow(call.lang, call.reference.to_string()),
        InformationError::TooManyFlows { most, of } => too_many_flows(call.lang, most, of),
        InformationError::Store(error) => error.into(),
    })?;
    Ok(PrivateJson::new(InformationAnswer {
        reference_id: call.reference.to_string(),
        known: kept.known,
        missing: kept.missing,
        expires_at: kept.expires_at.whole_seconds(),
    }))
}

/// 409 for what is wrong with an applicant.
pub(crate) fn wrong_applicant(lang: Lang, faults: ApplicantFaults) -> Problem {
    let errors: Vec<_> = faults.into_vec().into_iter().map(|fault| FieldError::of_fault(fault, lang)).collect();
    wrong_inputs(lang, &errors)
}

/// 409 for a flow that a token of the scope `customer` may not add to.
pub(crate) fn anothers_flow(lang: Lang, reference: String) -> Problem {
    let msg = of_two(
        lang,
        "belongs to a flow that another session opened: make up a new GUID for this one, or go on with a token of the scope merchant",
        "appartient à un parcours ouvert par une autre session : créez un nouveau GUID pour celle-ci, ou continuez avec un jeton de portée merchant",
    );
    wrong_inputs(lang, &[FieldError { param: "x-reference-id", msg: msg.into(), value: Some(reference) }])
}

fn too_many_flows(lang: Lang, most: u32, of: OpenFlows) -> Problem {
    let message = match (lang, of) {
        (Lang::English, OpenFlows::Merchant) => format!(
            "The merchant has {most} flows open, which is the most. Send the x-reference-id of one of them, or wait: each ends by itself"
        ),
        (Lang::English, OpenFlows::Customers) => format!(
            "Tokens of the scope customer have {most} flows of the merchant open, which is the most. Use one of the scope merchant, or wait: each flow ends by itself"
        ),
        (Lang::English, OpenFlows::Family) => format!(
            "This token and those of its refreshes have {most} flows open, which is the most. Get a token of its own for each customer, use one of the scope merchant, or wait: each flow ends by itself"
        ),
        (Lang::French, OpenFlows::Merchant) => format!(
            "Le marchand a {most} parcours ouverts, ce qui est le maximum. Envoyez le x-reference-id de l'un d'eux, ou attendez : chacun prend fin de lui-même"
        ),
        (Lang::French, OpenFlows::Customers) => format!(
            "Des jetons de portée customer ont {most} parcours du marchand ouverts, ce qui est le maximum. Utilisez un jeton de portée merchant, ou attendez : chaque parcours prend fin de lui-même"
        ),
        (Lang::French, OpenFlows::Family) => format!(
            "Ce jeton et ceux de ses renouvellements ont {most} parcours ouverts, ce qui est le maximum. Obtenez un jeton pour chaque client, utilisez un jeton de portée merchant, ou attendez : chaque parcours prend fin de lui-même"
        ),
    };
    Problem::new(TOO_MANY_FLOWS, message)
}

/// What can go wrong, for the API document.
struct InformationProblems;

impl utoipa::IntoResponses for InformationProblems {
    fn responses() -> Responses {
        let mut faults = ApplicantFaults::new();
        faults.add("dob", Message::PastDate, Some("12-31-1999"));
        faults.add("govid_number", Message::GovidNumber, Some("never shown"));
        let own = [
            wrong_applicant(Lang::English, faults),
            anothers_flow(Lang::English, "8848372d-8457-4ca4-9da9-673f1cdd6684".to_owned()),
            too_many_flows(Lang::English, 10_000, OpenFlows::Merchant),
        ];
        problem::responses(body_problems().into_iter().chain(own))
    }
}
