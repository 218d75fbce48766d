//! `POST /creditors`, and `GET` and `PATCH /creditors/{clientIdentifier}`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::problem::FieldFault;
use http_kit::request_id::RequestId;
use http_kit::{
    Caller, HttpState, IdempotencyKey, IfMatch, IfNoneMatch, JsonBody, PrivateJson, Problem, ResourceJson, condition,
};
use serde::Serialize;
use serde_json::{Value, json};
use service::creditor::CreditorError;
use service::idempotency::{Idempotency, Operation};
use utoipa::ToSchema;

use crate::agreement::{agreement_member, client_member, example_taken, taken};
use crate::client::{
    CreateClientAnswer, answer_example, create_responses, example_faults, problem as onboarding_problem, seed_example,
};
use crate::client_request::join;
use crate::creditor_answer::CreditorAnswer;
use crate::creditor_path::{CreditorPath, not_found};
use crate::creditor_request::{CreateCreditorRequest, CreditorPatch, merged, unknown_members};
use crate::warnings;

/// Create a creditor
///
/// As `POST /client`, for the partner key, with `settings` and `agreements` as well: one creditor with its contacts, its key and its
/// agreements, all or nothing. Send an `Idempotency-Key`, so that a repeat after a lost answer gets the same creditor.
#[utoipa::path(
    post,
    path = "/api/v1/partner/creditors",
    operation_id = "createCreditor",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(IdempotencyKey, RequestId),
    request_body(
        content = CreateCreditorRequest,
        content_type = "application/json",
        description = "The creditor. An empty string is an absent value; an unknown member is passed over and, in sandbox, named in `warnings`.",
        example = json!(create_example()),
    ),
    responses(
        (
            status = 200,
            description = "The creditor was created, or this is the kept answer to an earlier request with the same idempotency key.",
            body = CreateClientAnswer,
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is the kept answer to an earlier request"),
            ),
            example = json!(answer_example()),
        ),
        CreateCreditorProblems,
    ),
)]
pub(crate) async fn create_creditor(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    IdempotencyKey(key): IdempotencyKey,
    body: JsonBody<CreateCreditorRequest>,
) -> Result<PrivateJson<CreateClientAnswer>, Problem> {
    let core = state.core();
    let mut faults = body.faults;
    let (draft, extras) = body.value.into_drafts(&mut faults);
    let idempotency = key.map(|key| Idempotency { key, fingerprint: body.fingerprint });
    if !faults.is_empty() {
        let holder = caller.principal.holder;
        core.refuse_reused_key::<Problem>(holder, Operation::CreateClient, idempotency.as_ref()).await?;
        let rules = domain::creditor::check(&draft, &extras.settings, &extras.agreements, core.environment());
        return Err(Problem::validation(join(faults, rules.err().unwrap_or_default()).into_vec()));
    }
    let answer = core
        .create_creditor(&caller.principal, &draft, &extras, idempotency, &caller.context())
        .await
        .map_err(onboarding_problem)?;
    let unknown = warnings::of_unknown(&state, body.unknown);
    Ok(PrivateJson::new(CreateClientAnswer::new(answer.value, unknown)).replayed(answer.replayed))
}

/// What can go wrong, for the API document.
struct CreateCreditorProblems;

impl utoipa::IntoResponses for CreateCreditorProblems {
    fn responses() -> Responses {
        let mut responses = create_responses::<PartnerKey>(vec![example_taken()]);
        openapi::add_members(&mut responses, StatusCode::CONFLICT, [client_member(), agreement_member()]);
        responses
    }
}

/// Show a creditor
///
/// Its data, contacts and settings, with an `ETag` for a change of it.
#[utoipa::path(
    get,
    path = "/api/v1/partner/creditors/{clientIdentifier}",
    operation_id = "showCreditor",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, IfNoneMatch, RequestId),
    responses(
        (
            status = 200,
            description = "The creditor.",
            body = CreditorAnswer,
            headers(
                ("ETag" = String, description = "The version of the creditor, for `If-Match` and `If-None-Match`"),
                ("Cache-Control" = String, description = "`private, no-cache`"),
            ),
            example = json!(creditor_example()),
        ),
        (
            status = 304,
            description = "The creditor still has the version that `If-None-Match` names.",
            headers(
                ("ETag" = String, description = "That version"),
                ("Cache-Control" = String, description = "`private, no-cache`"),
            ),
        ),
        ShowProblems,
    ),
)]
pub(crate) async fn show_creditor(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    known: IfNoneMatch,
) -> Result<ResourceJson<CreditorAnswer>, Problem> {
    let creditor = state.core().creditor(caller.principal.holder.partner, client).await.map_err(problem)?;
    Ok(ResourceJson::of_version(CreditorAnswer::new(&creditor), creditor.version).unless(&known))
}

/// What can go wrong, for the API document.
pub(crate) struct ShowProblems;

impl utoipa::IntoResponses for ShowProblems {
    fn responses() -> Responses {
        openapi::keyed_responses::<PartnerKey>([not_found()])
    }
}

/// A creditor after a change.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeCreditorAnswer {
    #[serde(flatten)]
    creditor: CreditorAnswer,
    /// In sandbox: what production would refuse, of the members that were changed, and members that are not known.
    warnings: Vec<FieldFault>,
}

/// Change a creditor
///
/// A merge patch (RFC 7396) of contact data, bank account and settings: what is left out stays, null removes what is optional. What comes
/// of it follows the rules of `POST /creditors`, and all its faults are told at once. The business code, the country and the service
/// type can't change. `If-Match` names the version that was read, so that of two changes at once none is lost: the second gets 412,
/// reads again and decides anew. After a lost answer, read the creditor: its `ETag` tells whether the change was made.
#[utoipa::path(
    patch,
    path = "/api/v1/partner/creditors/{clientIdentifier}",
    operation_id = "changeCreditor",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, IfMatch, RequestId),
    request_body(
        content(
            (CreditorPatch = "application/merge-patch+json", example = json!(patch_example())),
            (CreditorPatch = "application/json", example = json!(patch_example())),
        ),
        description = "The members to change. An unknown member is passed over and, in sandbox, named in `warnings`.",
    ),
    responses(
        (
            status = 200,
            description = "The creditor as it is now.",
            body = ChangeCreditorAnswer,
            headers(
                ("ETag" = String, description = "The new version of the creditor"),
                ("Cache-Control" = String, description = "`private, no-cache`"),
            ),
            example = json!(changed_example()),
        ),
        ChangeProblems,
    ),
)]
pub(crate) async fn change_creditor(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    IfMatch(condition): IfMatch,
    patch: JsonBody<Value>,
) -> Result<Response, Problem> {
    let JsonBody { value: patch, faults: duplicates, .. } = patch;
    let merge = |current: &_| merged(current, &patch, &duplicates);
    let changed = state
        .core()
        .change_creditor(&caller.principal, client, &condition, merge, &caller.context())
        .await
        .map_err(problem)?;
    let unknown = warnings::of_unknown(&state, unknown_members(&patch));
    let warnings = changed.warnings.into_iter().chain(unknown).map(FieldFault::from).collect();
    let answer = ChangeCreditorAnswer { creditor: CreditorAnswer::new(&changed.creditor), warnings };
    Ok(ResourceJson::of_version(answer, changed.creditor.version).into_response())
}

/// What can go wrong, for the API document.
struct ChangeProblems;

impl utoipa::IntoResponses for ChangeProblems {
    fn responses() -> Responses {
        let mut own = vec![Problem::validation(example_faults()), not_found()];
        own.extend(openapi::condition_problems());
        own.extend(openapi::body_problems());
        openapi::keyed_responses::<PartnerKey>(own)
    }
}

/// The problem of an error.
pub(crate) fn problem(error: CreditorError) -> Problem {
    match error {
        CreditorError::NotFound => not_found(),
        CreditorError::Stale => condition::precondition_failed(),
        CreditorError::Invalid { wire, rules } => Problem::validation(join(wire, rules).into_vec()),
        CreditorError::AgreementTaken(agreement) => taken(&agreement),
        CreditorError::Idempotency(error) => error.into(),
        CreditorError::Store(error) => error.into(),
    }
}

fn create_example() -> Value {
    let mut example = seed_example();
    example["settings"] = json!({"expiryNotices": true, "smsSender": "Testaajat"});
    example["agreements"] =
        json!([{"system": "ERP", "identifier": "A-1001", "validFrom": "2026-01-01", "validTo": null}]);
    example
}

fn creditor_example() -> Value {
    json!({
        "clientIdentifier": 100_001,
        "confirmaFinanceCustomerCode": 500_001,
        "paymentReferencePrefix": 10_000_001,
        "status": "ACTIVE",
        "service": {"type": "LIFECYCLE", "partnerCode": "QUICK3"},
        "client": {
            "name": "Test Customer Oy",
            "businessCode": "0123456-7",
            "vatRegNbr": "FI01234567",
            "postalAddress": "Testikuja 7",
            "postalCode": "12345",
            "postalDistrict": "HELSINKI",
            "countryCode": "FI",
            "telephone": null,
            "email": "email@testcustomer.fi",
            "website": null,
            "languageCode": "FI",
            "currencyCode": "EUR",
            "ibanAccount": null,
            "bic": null,
            "bankgiro": null,
            "plusgiro": null
        },
        "contacts": {
            "primary": {
                "name": "Matti Meikäläinen",
                "telephone": null,
                "mobile": "+358441234567",
                "email": "matti@testcustomer.fi"
            },
            "technical": null,
            "accountant": null
        },
        "settings": {"expiryNotices": true, "smsSender": null},
        "createdAt": "2026-11-21T10:00:00.000Z",
        "updatedAt": null
    })
}

fn patch_example() -> Value {
    json!({"client": {"email": "laskut@testcustomer.fi", "website": null}, "settings": {"smsSender": "Testaajat"}})
}

fn changed_example() -> Value {
    let mut example = creditor_example();
    example["client"]["email"] = "laskut@testcustomer.fi".into();
    example["settings"]["smsSender"] = "Testaajat".into();
    example["updatedAt"] = "2026-11-21T11:00:00.000Z".into();
    example["warnings"] = json!([]);
    example
}

#[cfg(test)]
mod tests {
    use domain::Faults;
    use service::StoreError;
    use service::agreement::TakenAgreement;
    use service::idempotency::IdempotencyError;

    use super::*;

    #[test]
    fn each_error_has_its_problem() {
        let invalid = CreditorError::Invalid { wire: Faults::new(), rules: Faults::new() };
        let agreement = TakenAgreement { system: "ERP".into(), identifier: "A-1".into(), client: 7.into() };
        for (error, status, code) in [
            (CreditorError::NotFound, 404, "not_found"),
            (CreditorError::Stale, 412, "precondition_failed"),
            (invalid, 400, "validation_failed"),
            (CreditorError::AgreementTaken(agreement), 409, "agreement_taken"),
            (CreditorError::Idempotency(IdempotencyError::KeyReused), 422, "idempotency_key_reused"),
            (CreditorError::Store(StoreError::Overloaded), 503, "overloaded"),
        ] {
            let problem = problem(error);
            assert_eq!((problem.status().as_u16(), problem.code().name), (status, code));
        }
    }
}
