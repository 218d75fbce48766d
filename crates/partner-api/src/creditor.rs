//! `POST` and `GET /creditors`, `GET` and `PATCH /creditors/{clientIdentifier}`, and the history of a creditor.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::creditor::FieldChange;
use domain::{Environment, Fault, Timestamp};
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::problem::FieldFault;
use http_kit::request_id::RequestId;
use http_kit::{
    Caller, HttpState, IdempotencyKey, IfMatch, IfNoneMatch, JsonBody, PrivateJson, Problem, Query, ResourceJson,
    condition,
};
use serde::Serialize;
use serde_json::{Value, json};
use service::creditor::{CreditorError, CreditorQuery, HistoryQuery, RecordedChange};
use service::idempotency::Idempotency;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use crate::client::{
    CreateClientAnswer, agreement_taken, answer_example, example_faults, idempotency_problem,
    problem as onboarding_problem, seed_example, unknown_fields,
};
use crate::client_request::join;
use crate::creditor_body::{CreateCreditorRequest, CreditorAnswer, CreditorPatch, CreditorSummaryAnswer, merged};
use crate::creditor_path::{CreditorPath, not_found};

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
        if let Some(idempotency) = &idempotency {
            core.refuse_reused_key(&caller.principal, idempotency).await.map_err(onboarding_problem)?;
        }
        let rules = domain::creditor::check(&draft, &extras.settings, &extras.agreements, core.environment());
        return Err(Problem::validation(join(faults, rules.err().unwrap_or_default()).into_vec()));
    }
    let answer = core
        .create_creditor(&caller.principal, &draft, &extras, idempotency, &caller.context())
        .await
        .map_err(onboarding_problem)?;
    let unknown = told(&state, body.unknown);
    Ok(PrivateJson::new(CreateClientAnswer::new(answer.value, unknown)).replayed(answer.replayed))
}

/// The warnings of unknown members: in sandbox only.
pub(crate) fn told(state: &HttpState, unknown: Vec<String>) -> Vec<Fault> {
    match state.core().environment() {
        Environment::Sandbox => unknown_fields(unknown),
        Environment::Production => Vec::new(),
    }
}

/// What can go wrong, for the API document.
struct CreateCreditorProblems;

impl utoipa::IntoResponses for CreateCreditorProblems {
    fn responses() -> Responses {
        crate::client::create_responses(FORBIDDEN, vec![agreement_taken(&example_taken())])
    }
}

pub(crate) const FORBIDDEN: &str = "A client key may not call this. Use a partner key";

pub(crate) fn example_taken() -> service::agreement::TakenAgreement {
    service::agreement::TakenAgreement { system: "ERP".into(), identifier: "A-1001".into(), client: 100_002.into() }
}

fn create_example() -> Value {
    let mut example = seed_example();
    example["settings"] = json!({"expiryNotices": true, "smsSender": "Testaajat"});
    example["agreements"] =
        json!([{"system": "ERP", "identifier": "A-1001", "validFrom": "2026-01-01", "validTo": null}]);
    example
}

/// A page of creditors.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreditorPageAnswer {
    /// The creditors, by name; with `agreement` by identifier.
    creditors: Vec<CreditorSummaryAnswer>,
    /// What to send as `cursor` for the next page; null at the end.
    #[schema(example = json!(null), required)]
    next_cursor: Option<String>,
}

/// List creditors
///
/// The partner's portfolio, by name: upper and lower case are one, and creditors of one name stand by identifier. With `agreement`, those
/// that have it, by identifier. A cursor holds the place where a page ended, so a creditor that is added meanwhile neither repeats nor
/// hides another.
#[utoipa::path(
    get,
    path = "/api/v1/partner/creditors",
    operation_id = "listCreditors",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(ListParameters, RequestId),
    responses(
        (
            status = 200,
            description = "A page of creditors.",
            body = CreditorPageAnswer,
            headers(("Cache-Control" = String, description = "`private, no-cache`")),
            example = json!({"creditors": [summary_example()], "nextCursor": null}),
        ),
        ListProblems,
    ),
)]
pub(crate) async fn list_creditors(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    mut query: Query,
) -> Result<ResourceJson<CreditorPageAnswer>, Problem> {
    let asked = CreditorQuery {
        search: query.text("search"),
        status: query.text("status"),
        agreement: query.text("agreement"),
        system: query.text("system"),
        limit: query.text("limit"),
        cursor: query.text("cursor"),
    };
    query.finish()?;
    let page = state.core().creditors(caller.principal.holder.partner, &asked).await.map_err(problem)?;
    Ok(ResourceJson::new(CreditorPageAnswer {
        creditors: page.creditors.into_iter().map(CreditorSummaryAnswer::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// The parameters of the list, for the API document.
struct ListParameters;

impl utoipa::IntoParams for ListParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = |most: usize| ObjectBuilder::new().schema_type(Type::String).max_length(Some(most));
        let status_schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ACTIVE", "REVOKED"]));
        let search =
            "The beginning of a name in upper or lower case, or a whole business code in any of the ways to write it.";
        let agreement = "The whole identifier of an agreement, whenever it holds. Not together with `search`.";
        let mut parameters = vec![
            openapi::query_parameter("search", search, text(255), "test cust"),
            openapi::query_parameter("status", "Only creditors of this status.", status_schema, "ACTIVE"),
            openapi::query_parameter("agreement", agreement, text(128), "A-1001"),
            openapi::query_parameter(
                "system",
                "The system of that agreement. Not without `agreement`.",
                text(64),
                "ERP",
            ),
        ];
        parameters.extend(openapi::paging_parameters());
        parameters
    }
}

fn bad_query() -> Problem {
    Problem::validation(vec![Fault {
        field: "cursor".into(),
        code: "cursor_invalid".into(),
        message: "Give `nextCursor` of the page before as it is, or no cursor for the first page".into(),
    }])
}

fn forbidden() -> Problem {
    Problem::new(http_kit::code::FORBIDDEN_FOR_KEY, FORBIDDEN)
}

/// What can go wrong with any of these operations, for the API document, but for what `own` adds.
pub(crate) fn problems(own: Vec<Problem>) -> Responses {
    openapi::responses(own.into_iter().chain([forbidden()]).chain(openapi::keyed_problems()))
}

/// What can go wrong, for the API document.
struct ListProblems;

impl utoipa::IntoResponses for ListProblems {
    fn responses() -> Responses {
        problems(vec![bad_query()])
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
        (status = 304, description = "The creditor still has the version that `If-None-Match` names."),
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
        problems(vec![not_found()])
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
    let merge = |current: &_| merged(current, &patch, &duplicates).0;
    let changed = state
        .core()
        .change_creditor(&caller.principal, client, &condition, merge, &caller.context())
        .await
        .map_err(problem)?;
    // What is not known of a patch does not depend on what it is merged into.
    let unknown = merged(&changed.creditor.data, &patch, &duplicates).1;
    let warnings = changed.warnings.into_iter().chain(told(&state, unknown)).map(FieldFault::from).collect();
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
        problems(own)
    }
}

/// The problem of an error.
pub(crate) fn problem(error: CreditorError) -> Problem {
    match error {
        CreditorError::NotFound => not_found(),
        CreditorError::Stale => condition::precondition_failed(),
        CreditorError::Invalid { wire, rules } => Problem::validation(join(wire, rules).into_vec()),
        CreditorError::AgreementTaken(taken) => agreement_taken(&taken),
        CreditorError::Idempotency(error) => idempotency_problem(error),
        CreditorError::Store(error) => error.into(),
    }
}

/// A page of the changes of a creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryAnswer {
    /// The changes, newest first.
    changes: Vec<ChangeAnswer>,
    /// What to send as `cursor` for the next page; null at the end.
    #[schema(example = json!(null), required)]
    next_cursor: Option<String>,
}

/// One change of a creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangeAnswer {
    /// When it was made.
    #[schema(schema_with = changed_at, required = true)]
    at: Timestamp,
    /// Who made it.
    changed_by: ChangedBy,
    /// The request it was made by, as in its `X-Request-Id`; null when it was made by the operator.
    #[schema(example = "01JD7ZB2Q8W3T5N6R4V9XKMHCE", required)]
    request_id: Option<String>,
    /// The members that were changed.
    fields: Vec<FieldChangeAnswer>,
}

/// Who made a change.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedBy {
    /// `partner`, `client` or `provisioning` for a key of that kind, `operator` for a person of the operator, `job` for the program.
    #[schema(example = "partner")]
    kind: String,
    /// The identifier of the key, which is no secret; null when it was no key.
    #[schema(example = "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f", format = "uuid", required)]
    key_id: Option<String>,
}

/// One member that was changed.
#[derive(Serialize, ToSchema)]
struct FieldChangeAnswer {
    /// Its path, such as `client.email`, `settings.smsSender`, `status` or `agreements`.
    #[schema(example = "client.email")]
    field: String,
    /// What it was: a text, true or false, a list of agreements, or null.
    #[schema(value_type = Value, example = "email@testcustomer.fi", required)]
    from: Value,
    /// What it is since.
    #[schema(value_type = Value, example = "laskut@testcustomer.fi", required)]
    to: Value,
}

fn changed_at() -> Object {
    openapi::time("When it was made.")
}

impl From<RecordedChange> for ChangeAnswer {
    fn from(change: RecordedChange) -> Self {
        let (kind, id) = change.actor.split_once(':').unwrap_or((&change.actor, ""));
        // The name of the operator's account is not the partner's to know.
        let key_id = (!matches!(kind, "operator" | "job")).then(|| id.to_owned());
        Self {
            at: change.at,
            changed_by: ChangedBy { kind: kind.to_owned(), key_id },
            request_id: Some(change.request_id).filter(|id| !id.is_empty()),
            fields: change
                .changes
                .into_iter()
                .map(|FieldChange { field, from, to }| FieldChangeAnswer {
                    field: field.into_owned(),
                    // Texts, booleans, dates and null always have a form in JSON.
                    from: serde_json::to_value(from).unwrap_or_default(),
                    to: serde_json::to_value(to).unwrap_or_default(),
                })
                .collect(),
        }
    }
}

/// Show the history of a creditor
///
/// Every change since it was created, newest first: who, when, and which members from what to what. Changes of its agreements and of its
/// status are among them.
#[utoipa::path(
    get,
    path = "/api/v1/partner/creditors/{clientIdentifier}/history",
    operation_id = "showCreditorHistory",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, HistoryParameters, RequestId),
    responses(
        (
            status = 200,
            description = "A page of changes.",
            body = HistoryAnswer,
            headers(("Cache-Control" = String, description = "`private, no-cache`")),
            example = json!(history_example()),
        ),
        HistoryProblems,
    ),
)]
pub(crate) async fn show_creditor_history(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    mut query: Query,
) -> Result<ResourceJson<HistoryAnswer>, Problem> {
    let asked = HistoryQuery { limit: query.text("limit"), cursor: query.text("cursor") };
    query.finish()?;
    let partner = caller.principal.holder.partner;
    let page = state.core().creditor_history(partner, client, &asked).await.map_err(problem)?;
    Ok(ResourceJson::new(HistoryAnswer {
        changes: page.changes.into_iter().map(ChangeAnswer::from).collect(),
        next_cursor: page.next_cursor,
    }))
}

/// The parameters of the history, for the API document.
struct HistoryParameters;

impl utoipa::IntoParams for HistoryParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        openapi::paging_parameters()
    }
}

/// What can go wrong, for the API document.
struct HistoryProblems;

impl utoipa::IntoResponses for HistoryProblems {
    fn responses() -> Responses {
        problems(vec![bad_query(), not_found()])
    }
}

fn summary_example() -> Value {
    json!({
        "clientIdentifier": 100_001,
        "confirmaFinanceCustomerCode": 500_001,
        "paymentReferencePrefix": 10_000_001,
        "status": "ACTIVE",
        "serviceType": "LIFECYCLE",
        "name": "Test Customer Oy",
        "businessCode": "0123456-7",
        "countryCode": "FI",
        "createdAt": "2026-11-21T10:00:00.000Z",
        "updatedAt": null,
    })
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

fn history_example() -> Value {
    json!({
        "changes": [{
            "at": "2026-11-21T11:00:00.000Z",
            "changedBy": {"kind": "partner", "keyId": "0197f3d2-7c1e-7d2a-9f64-0a5b1c2d3e4f"},
            "requestId": "01JD7ZB2Q8W3T5N6R4V9XKMHCE",
            "fields": [
                {"field": "client.email", "from": "email@testcustomer.fi", "to": "laskut@testcustomer.fi"},
                {"field": "settings.smsSender", "from": null, "to": "Testaajat"}
            ]
        }],
        "nextCursor": null
    })
}

#[cfg(test)]
mod tests {
    use domain::Faults;
    use domain::creditor::FieldValue;
    use service::StoreError;
    use service::idempotency::IdempotencyError;

    use super::*;

    #[test]
    fn each_error_has_its_problem() {
        let invalid = CreditorError::Invalid { wire: Faults::new(), rules: Faults::new() };
        for (error, status, code) in [
            (CreditorError::NotFound, 404, "not_found"),
            (CreditorError::Stale, 412, "precondition_failed"),
            (invalid, 400, "validation_failed"),
            (CreditorError::AgreementTaken(example_taken()), 409, "agreement_taken"),
            (CreditorError::Idempotency(IdempotencyError::KeyReused), 422, "idempotency_key_reused"),
            (CreditorError::Store(StoreError::Overloaded), 503, "overloaded"),
        ] {
            let problem = problem(error);
            assert_eq!((problem.status().as_u16(), problem.code().name), (status, code));
        }
    }

    #[test]
    fn a_change_tells_which_key_made_it_and_not_which_person() {
        let change = |actor: &str| {
            let fields =
                vec![FieldChange { field: "status".into(), from: FieldValue::Nothing, to: FieldValue::Flag(true) }];
            let change = RecordedChange {
                at: Timestamp::from_micros(0),
                actor: actor.into(),
                request_id: String::new(),
                changes: fields,
            };
            serde_json::to_value(ChangeAnswer::from(change)).unwrap()
        };
        assert_eq!(change("partner:x-1")["changedBy"], json!({"kind": "partner", "keyId": "x-1"}));
        assert_eq!(change("operator:maija")["changedBy"], json!({"kind": "operator", "keyId": null}));
        assert_eq!(change("job:x")["fields"], json!([{"field": "status", "from": null, "to": true}]));
    }
}
