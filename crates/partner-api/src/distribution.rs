//! `GET /invoice/distribution`, and the same for a partner: of one creditor, and of all of them.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use domain::distribution::FetchType;
use http::Method;
use http_kit::caller::{Admits, ClientKey, PartnerKey};
use http_kit::openapi::{self, Responses};
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, PrivateJson, Problem, Query, WantsCsv};
use service::cursor::Cursor;
use service::distribution::{DistributionError, DistributionQuery, Scope};
use utoipa::openapi::Schema;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, SchemaFormat, Type};

use crate::creditor::problem as creditor_problem;
use crate::creditor_path::{CreditorPath, not_found};
use crate::distribution_answer::{DistributionPageAnswer, page_example, table_example};

/// Retrieve distribution information
///
/// Your deliveries, those of the latest invoices first; without dates and number, of the invoices of the last 30 days. With
/// `fetchType=UNFETCHED`, those whose present status you have not fetched so yet: each counts as fetched once it was answered, so read
/// a span of days again after an answer that was lost. With `Accept: text/csv` the records are a table.
#[utoipa::path(
    get,
    path = "/api/v1/partner/invoice/distribution",
    operation_id = "listInvoiceDistribution",
    tag = crate::document::INVOICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["client"]))),
    params(ListParameters, RequestId),
    responses(
        (
            status = 200,
            description = "A page of deliveries.",
            content(
                (DistributionPageAnswer = "application/json", example = json!(page_example())),
                (String = "text/csv", example = json!(table_example())),
            ),
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Link" = Option<String>, description = "Of a table: the next page, as `<?…>; rel=\"next\"`"),
            ),
        ),
        ListProblems::<ClientKey>,
    ),
)]
pub(crate) async fn list_invoice_distribution(
    State(state): State<HttpState>,
    method: Method,
    caller: Caller<ClientKey>,
    wanted: Option<WantsCsv>,
    query: Query,
) -> Result<Response, Problem> {
    let scope = Scope::Client(caller.principal.holder.partner, caller.client()?);
    list(&state, scope, &method, wanted, query).await
}

/// Retrieve distribution information of a creditor
///
/// The deliveries of one of your creditors, as it gets them itself. What you fetch counts as fetched for you, and not for the creditor.
#[utoipa::path(
    get,
    path = "/api/v1/partner/creditors/{clientIdentifier}/distribution",
    operation_id = "listCreditorDistribution",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(CreditorPath, ListParameters, RequestId),
    responses(
        (
            status = 200,
            description = "A page of deliveries.",
            content(
                (DistributionPageAnswer = "application/json", example = json!(page_example())),
                (String = "text/csv", example = json!(table_example())),
            ),
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Link" = Option<String>, description = "Of a table: the next page, as `<?…>; rel=\"next\"`"),
            ),
        ),
        CreditorListProblems,
    ),
)]
pub(crate) async fn list_creditor_distribution(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    CreditorPath(client): CreditorPath,
    method: Method,
    wanted: Option<WantsCsv>,
    query: Query,
) -> Result<Response, Problem> {
    let partner = caller.principal.holder.partner;
    state.core().creditor(partner, client).await.map_err(creditor_problem)?;
    list(&state, Scope::Creditor(partner, client), &method, wanted, query).await
}

/// Retrieve distribution information of the portfolio
///
/// The deliveries of all your creditors, those of the latest invoices first.
#[utoipa::path(
    get,
    path = "/api/v1/partner/distribution",
    operation_id = "listDistribution",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(ListParameters, RequestId),
    responses(
        (
            status = 200,
            description = "A page of deliveries.",
            content(
                (DistributionPageAnswer = "application/json", example = json!(page_example())),
                (String = "text/csv", example = json!(table_example())),
            ),
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Link" = Option<String>, description = "Of a table: the next page, as `<?…>; rel=\"next\"`"),
            ),
        ),
        ListProblems::<PartnerKey>,
    ),
)]
pub(crate) async fn list_distribution(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    method: Method,
    wanted: Option<WantsCsv>,
    query: Query,
) -> Result<Response, Problem> {
    list(&state, Scope::Portfolio(caller.principal.holder.partner), &method, wanted, query).await
}

async fn list(
    state: &HttpState,
    scope: Scope,
    method: &Method,
    wanted: Option<WantsCsv>,
    mut query: Query,
) -> Result<Response, Problem> {
    let asked = DistributionQuery {
        invoice_number: query.number("invoiceNumber", 1..=domain::invoice::InvoiceNumber::LARGEST),
        from: query.text("fromInvDate"),
        to: query.text("toInvDate"),
        fetch_type: query.text("fetchType"),
        limit: query.limit(),
        cursor: query.cursor(|text| Cursor::parse(text).filter(|cursor| matches!(cursor, Cursor::Distribution(..)))),
        // HEAD is answered by the same handler, and its answer is dropped.
        marks: *method == Method::GET,
    };
    let today = domain::calendar::CalendarDate::of(state.core().clock().now());
    query.finish_with(asked.check(today).err().unwrap_or_default())?;
    let page = state.core().distributions(scope, &asked).await.map_err(problem)?;
    let answer = DistributionPageAnswer::from(page);
    Ok(match wanted {
        Some(wanted) => answer.into_table(&wanted),
        None => PrivateJson::new(answer).into_response(),
    })
}

pub(crate) fn problem(error: DistributionError) -> Problem {
    match error {
        DistributionError::Invalid(faults) => Problem::validation(faults.into_vec()),
        DistributionError::Store(error) => error.into(),
    }
}

/// The parameters of the list, for the API document.
struct ListParameters;

impl utoipa::IntoParams for ListParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let number = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
        let fetch_type =
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(FetchType::ALL.map(FetchType::as_str)));
        let about = "`ALL`, those that `FAILED`, or those whose present status is `UNFETCHED`.";
        let whichever = "Only of invoices of this number, of whatever date.";
        let mut own = vec![openapi::query_parameter("invoiceNumber", whichever, number, 251_601_000)];
        own.extend(date_parameters());
        own.push(openapi::query_parameter("fetchType", about, fetch_type, "ALL"));
        own.into_iter().chain(openapi::paging_parameters()).collect()
    }
}

/// The parameters that name the first and the last date of invoices.
pub(crate) fn date_parameters() -> [Parameter; 2] {
    // An empty parameter is none.
    let date = || {
        let format = SchemaFormat::KnownFormat(KnownFormat::Date);
        let day = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
        let empty = ObjectBuilder::new().schema_type(Type::String).max_length(Some(0));
        Schema::AnyOf(AnyOfBuilder::new().item(day).item(empty).build())
    };
    [
        openapi::query_parameter("fromInvDate", "Only of invoices of this date or later.", date(), "2026-11-01"),
        openapi::query_parameter("toInvDate", "Only of invoices of this date or earlier.", date(), "2026-11-30"),
    ]
}

/// What can go wrong when one's own are listed, for the API document.
struct ListProblems<K>(std::marker::PhantomData<K>);

impl<K: Admits> utoipa::IntoResponses for ListProblems<K> {
    fn responses() -> Responses {
        openapi::keyed_responses::<K>([openapi::paging_problem()])
    }
}

/// The same of a creditor's.
struct CreditorListProblems;

impl utoipa::IntoResponses for CreditorListProblems {
    fn responses() -> Responses {
        openapi::keyed_responses::<PartnerKey>([openapi::paging_problem(), not_found()])
    }
}
