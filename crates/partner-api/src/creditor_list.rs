//! `GET /creditors`.

use axum::extract::State;
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, Problem, Query, ResourceJson};
use serde::Serialize;
use serde_json::{Value, json};
use service::creditor::CreditorQuery;
use service::cursor::Cursor;
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::creditor::problem;
use crate::creditor_answer::CreditorSummaryAnswer;

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
        limit: query.limit(),
        cursor: query.cursor(Cursor::parse),
    };
    query.finish_with(asked.faults())?;
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

/// What can go wrong, for the API document.
struct ListProblems;

impl utoipa::IntoResponses for ListProblems {
    fn responses() -> Responses {
        openapi::keyed_responses::<PartnerKey>([openapi::paging_problem()])
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
