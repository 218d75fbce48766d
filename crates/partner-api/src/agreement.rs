//! `GET` and `PUT /creditors/{clientIdentifier}/agreements`.

use axum::extract::State;
use domain::agreement::Agreement;
use domain::calendar::CalendarDate;
use http::StatusCode;
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::problem::FieldFault;
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, IfMatch, IfNoneMatch, JsonList, Problem, ResourceJson, Section};
use serde::Serialize;
use serde_json::{Value, json};
use service::agreement::TakenAgreement;
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::creditor::{ShowProblems, problem};
use crate::creditor_path::{CreditorPath, not_found};
use crate::creditor_request::{AgreementSection, agreements_of};
use crate::{code, warnings};

/// How a creditor is known in a system of its partner's.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementAnswer {
    /// The name of the system.
    #[schema(example = "ERP")]
    system: String,
    /// The identifier in that system.
    #[schema(example = "A-1001")]
    identifier: String,
    /// The first day.
    #[schema(schema_with = first_day, required = true)]
    valid_from: CalendarDate,
    /// The last day, which is still inside; null for no end.
    #[schema(schema_with = last_day, required = true)]
    valid_to: Option<CalendarDate>,
}

fn first_day() -> Object {
    openapi::date("The first day.", false)
}

fn last_day() -> Object {
    openapi::date("The last day, which is still inside; null for no end.", true)
}

impl From<Agreement> for AgreementAnswer {
    fn from(agreement: Agreement) -> Self {
        let Agreement { system, identifier, valid_from, valid_to } = agreement;
        Self { system, identifier, valid_from, valid_to }
    }
}

/// Show the agreements of a creditor
///
/// How the partner's own systems know the creditor, by system and first day, with an `ETag` for a change of the list. `GET
/// /creditors?agreement=` finds a creditor by them.
#[utoipa::path(
    get,
    path = "/api/v1/partner/creditors/{clientIdentifier}/agreements",
    operation_id = "showAgreements",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, IfNoneMatch, RequestId),
    responses(
        (
            status = 200,
            description = "The agreements.",
            body = Vec<AgreementAnswer>,
            headers(
                ("ETag" = String, description = "The version of the list, for `If-Match` and `If-None-Match`"),
                ("Cache-Control" = String, description = "`private, no-cache`"),
            ),
            example = json!(list_example()),
        ),
        (
            status = 304,
            description = "The list still has the version that `If-None-Match` names.",
            headers(
                ("ETag" = String, description = "That version"),
                ("Cache-Control" = String, description = "`private, no-cache`"),
            ),
        ),
        ShowProblems,
    ),
)]
pub(crate) async fn show_agreements(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    known: IfNoneMatch,
) -> Result<ResourceJson<Vec<AgreementAnswer>>, Problem> {
    let agreements = state.core().agreements(caller.principal.holder.partner, client).await.map_err(problem)?;
    let list = agreements.list.into_iter().map(AgreementAnswer::from).collect();
    Ok(ResourceJson::of_version(list, agreements.version).unless(&known))
}

/// The agreements of a creditor after a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReplaceAgreementsAnswer {
    /// The agreements, by system and first day.
    agreements: Vec<AgreementAnswer>,
    /// In sandbox: members that are not known.
    warnings: Vec<FieldFault>,
}

/// Replace the agreements of a creditor
///
/// The whole list at once: what is left out is gone. Within one system, the periods of a creditor don't overlap; an identifier is one
/// creditor's in a system, whenever it holds. All faults are told at once, and `agreement_taken` names an entry that another creditor has.
/// `If-Match` names the version of the list that was read. The same list again changes nothing.
#[utoipa::path(
    put,
    path = "/api/v1/partner/creditors/{clientIdentifier}/agreements",
    operation_id = "replaceAgreements",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, IfMatch, RequestId),
    request_body(
        content = Vec<AgreementSection>,
        content_type = "application/json",
        description = "The agreements: 100 at most. An unknown member is passed over and, in sandbox, named in `warnings`.",
        example = json!(list_example()),
    ),
    responses(
        (
            status = 200,
            description = "The agreements as they are now.",
            body = ReplaceAgreementsAnswer,
            headers(
                ("ETag" = String, description = "The new version of the list"),
                ("Cache-Control" = String, description = "`private, no-cache`"),
            ),
            example = json!({"agreements": list_example(), "warnings": []}),
        ),
        ReplaceProblems,
    ),
)]
pub(crate) async fn replace_agreements(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    IfMatch(condition): IfMatch,
    JsonList(body): JsonList<Section<AgreementSection>>,
) -> Result<ResourceJson<ReplaceAgreementsAnswer>, Problem> {
    // Paths begin with the place in the list, as the sender wrote it.
    const PREFIX: &str = "";
    let mut faults = body.faults;
    let drafts = agreements_of(body.value, PREFIX, &mut faults);
    let agreements = state
        .core()
        .replace_agreements(&caller.principal, client, &condition, (&drafts, PREFIX, faults), &caller.context())
        .await
        .map_err(problem)?;
    let answer = ReplaceAgreementsAnswer {
        agreements: agreements.list.into_iter().map(AgreementAnswer::from).collect(),
        warnings: warnings::of_unknown(&state, body.unknown).into_iter().map(FieldFault::from).collect(),
    };
    Ok(ResourceJson::of_version(answer, agreements.version))
}

/// What can go wrong, for the API document.
struct ReplaceProblems;

impl utoipa::IntoResponses for ReplaceProblems {
    fn responses() -> Responses {
        let fault = domain::Fault {
            field: "1.validFrom".into(),
            code: "period_overlap".into(),
            message: "The period overlaps that of entry 0: in one system, let one end before the next begins".into(),
        };
        let mut own = vec![Problem::validation(vec![fault]), not_found(), example_taken()];
        own.extend(openapi::condition_problems());
        own.extend(openapi::list_body_problems());
        let mut responses = openapi::keyed_responses::<PartnerKey>(own);
        openapi::add_members(&mut responses, StatusCode::CONFLICT, [client_member(), agreement_member()]);
        responses
    }
}

/// 409 `agreement_taken`.
pub(crate) fn taken(agreement: &TakenAgreement) -> Problem {
    let TakenAgreement { system, identifier, client } = agreement;
    let text = format!(
        "Creditor {client} has the agreement {identifier} in {system} already: take it from that one first, or leave it out here"
    );
    Problem::new(code::AGREEMENT_TAKEN, text)
        .with_member("clientIdentifier", client.0)
        .with_member("agreement", json!({"system": system, "identifier": identifier}))
}

/// 409 `agreement_taken`, for the API document.
pub(crate) fn example_taken() -> Problem {
    taken(&TakenAgreement { system: "ERP".into(), identifier: "A-1001".into(), client: 100_002.into() })
}

/// The further member of `client_exists` and `agreement_taken`.
pub(crate) fn client_member() -> (&'static str, ObjectBuilder) {
    let schema = ObjectBuilder::new().schema_type(Type::Integer);
    ("clientIdentifier", schema.description(Some("The client that is there, or that has the agreement")))
}

/// The further member of `agreement_taken`.
pub(crate) fn agreement_member() -> (&'static str, ObjectBuilder) {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let schema = ObjectBuilder::new()
        .property("system", text())
        .property("identifier", text())
        .required("system")
        .required("identifier");
    (
        "agreement",
        schema.description(Some("The agreement that another creditor has, when the code is `agreement_taken`")),
    )
}

fn list_example() -> Value {
    json!([
        {"system": "ERP", "identifier": "A-1001", "validFrom": "2026-01-01", "validTo": "2026-12-31"},
        {"system": "ERP", "identifier": "A-2001", "validFrom": "2027-01-01", "validTo": null}
    ])
}
