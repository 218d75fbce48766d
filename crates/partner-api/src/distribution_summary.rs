//! `GET /distribution/summary`: sums of a portfolio's deliveries.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http_kit::caller::PartnerKey;
use http_kit::openapi::{self, Responses};
use http_kit::request_id::RequestId;
use http_kit::{Caller, HttpState, PrivateJson, Problem, Query, WantsCsv};
use serde::Serialize;
use serde_json::{Value, json};
use service::cursor::Cursor;
use service::distribution::Totals;
use service::distribution_summary::{Count, CreditorSummary, DistributionSummary, SummaryQuery};
use utoipa::ToSchema;
use utoipa::openapi::path::{Parameter, ParameterIn};

use crate::distribution::{date_parameters, problem};
use crate::distribution_answer::{methods, statuses};

/// Sums of a portfolio's deliveries.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionSummaryAnswer {
    /// The first date of invoices.
    #[schema(format = Date, example = "2026-10-23")]
    from_inv_date: String,
    /// The last date of invoices.
    #[schema(format = Date, example = "2027-10-23")]
    to_inv_date: String,
    /// How many deliveries in all.
    totals: TotalsAnswer,
    /// How many by date, method and status.
    counts: Vec<DayCount>,
    /// A page of your creditors, by identifier; those without deliveries among them.
    creditors: Vec<CreditorCounts>,
    /// Send it as `cursor` for the next page of creditors; null at the end.
    #[schema(required = true, example = json!(null))]
    next_cursor: Option<String>,
}

/// How many deliveries there are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TotalsAnswer {
    /// All.
    #[schema(example = 120)]
    total_count: i64,
    /// Those that were handed over: `SENT` and `DELIVERED`.
    #[schema(example = 118)]
    successful_count: i64,
    /// Those that `FAILED`.
    #[schema(example = 2)]
    failed_count: i64,
}

impl From<Totals> for TotalsAnswer {
    fn from(totals: Totals) -> Self {
        Self { total_count: totals.total, successful_count: totals.successful, failed_count: totals.failed }
    }
}

/// How many deliveries of a date, a method and a status there are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DayCount {
    /// The date of the invoices.
    #[schema(format = Date, example = "2026-11-21")]
    invoice_date: String,
    /// The way they go.
    #[schema(schema_with = methods, required = true)]
    method: &'static str,
    /// How far they have come.
    #[schema(schema_with = statuses, required = true)]
    status: &'static str,
    /// How many.
    #[schema(example = 118)]
    count: i64,
}

/// The sums of one creditor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreditorCounts {
    /// The creditor.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// How many in all.
    totals: TotalsAnswer,
    /// How many by method and status.
    counts: Vec<StatusCount>,
}

/// How many deliveries of a method and a status there are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatusCount {
    /// The way they go.
    #[schema(schema_with = methods, required = true)]
    method: &'static str,
    /// How far they have come.
    #[schema(schema_with = statuses, required = true)]
    status: &'static str,
    /// How many.
    #[schema(example = 118)]
    count: i64,
}

impl From<CreditorSummary> for CreditorCounts {
    fn from(summary: CreditorSummary) -> Self {
        let counts = summary.counts.into_iter().map(|Count { method, status, number, .. }| StatusCount {
            method: method.as_str(),
            status: status.as_str(),
            count: number,
        });
        Self { client_identifier: summary.client.0, totals: summary.totals.into(), counts: counts.collect() }
    }
}

impl From<DistributionSummary> for DistributionSummaryAnswer {
    fn from(summary: DistributionSummary) -> Self {
        let counts = summary.counts.into_iter().map(|Count { day, method, status, number }| DayCount {
            invoice_date: day.unwrap_or_default(),
            method: method.as_str(),
            status: status.as_str(),
            count: number,
        });
        Self {
            from_inv_date: summary.from.to_string(),
            to_inv_date: summary.to.to_string(),
            totals: summary.totals.into(),
            counts: counts.collect(),
            creditors: summary.creditors.into_iter().map(CreditorCounts::from).collect(),
            next_cursor: summary.next_cursor,
        }
    }
}

/// The columns of a table of counts.
const COLUMNS: [&str; 5] = ["clientIdentifier", "invoiceDate", "method", "status", "count"];

impl DistributionSummaryAnswer {
    /// The counts as a table: on the first page by date, and then by creditor.
    fn into_table(self, wanted: &WantsCsv, is_first_page: bool) -> Response {
        let by_date = self.counts.into_iter().filter(|_| is_first_page);
        let by_date = by_date.map(|row| (None, Some(row.invoice_date), row.method, row.status, row.count));
        let by_creditor = self.creditors.into_iter().flat_map(|creditor| {
            let client = creditor.client_identifier;
            creditor.counts.into_iter().map(move |row| (Some(client), None, row.method, row.status, row.count))
        });
        wanted.answer(&COLUMNS, by_date.chain(by_creditor), self.next_cursor.as_deref())
    }
}

/// An example of that.
fn table_example() -> String {
    let rows = [
        ",2026-11-21,EMAIL,FAILED,2",
        ",2026-11-21,EMAIL,SENT,118",
        "100001,,EMAIL,FAILED,2",
        "100001,,EMAIL,SENT,118",
    ];
    format!("{}\r\n{}\r\n", COLUMNS.join(","), rows.join("\r\n"))
}

/// Summarize the distribution of the portfolio
///
/// How many deliveries of your creditors there are by date of the invoice, method and status, and by creditor. Without `fromInvDate`: of
/// the last 30 days and later, or of the 30 days up to `toInvDate`; 366 days at most, which is also where it ends without `toInvDate`. The sums are kept while deliveries move, so they cost little however many there are.
///
/// With `Accept: text/csv` the counts are a table: on the first page those by date, which have no `clientIdentifier`, then those by creditor, which have no
/// `invoiceDate`.
#[utoipa::path(
    get,
    path = "/api/v1/partner/distribution/summary",
    operation_id = "summarizeDistribution",
    tag = crate::document::PARTNER_SERVICES,
    security(("ApiKey" = [])),
    extensions(("x-allowed-keys" = json!(["partner"]))),
    params(SummaryParameters, RequestId),
    responses(
        (
            status = 200,
            description = "The sums.",
            content(
                (DistributionSummaryAnswer = "application/json", example = json!(summary_example())),
                (String = "text/csv", example = json!(table_example())),
            ),
            headers(
                ("Cache-Control" = String, description = "`no-store`"),
                ("Link" = Option<String>, description = "Of a table: the next page of creditors, as `<?…>; rel=\"next\"`"),
            ),
        ),
        SummaryProblems,
    ),
)]
pub(crate) async fn summarize_distribution(
    State(state): State<HttpState>,
    caller: Caller<PartnerKey>,
    wanted: Option<WantsCsv>,
    mut query: Query,
) -> Result<Response, Problem> {
    let core = state.core();
    let asked = SummaryQuery {
        from: query.text("fromInvDate"),
        to: query.text("toInvDate"),
        limit: query.limit(),
        cursor: query.cursor(|text| Cursor::parse(text).filter(|cursor| matches!(cursor, Cursor::Number(_)))),
    };
    let today = domain::calendar::CalendarDate::of(core.clock().now());
    query.finish_with(asked.check(today).err().unwrap_or_default())?;
    let summary = core.distribution_summary(caller.principal.holder.partner, &asked).await.map_err(problem)?;
    let answer = DistributionSummaryAnswer::from(summary);
    Ok(match wanted {
        Some(wanted) => answer.into_table(&wanted, asked.cursor.is_none()),
        None => PrivateJson::new(answer).into_response(),
    })
}

/// The parameters, for the API document.
struct SummaryParameters;

impl utoipa::IntoParams for SummaryParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        date_parameters().into_iter().chain(openapi::paging_parameters()).collect()
    }
}

/// What can go wrong, for the API document.
struct SummaryProblems;

impl utoipa::IntoResponses for SummaryProblems {
    fn responses() -> Responses {
        openapi::keyed_responses::<PartnerKey>([openapi::paging_problem()])
    }
}

fn summary_example() -> Value {
    let totals = json!({"totalCount": 120, "successfulCount": 118, "failedCount": 2});
    json!({
        "fromInvDate": "2026-10-23",
        "toInvDate": "2027-10-23",
        "totals": totals,
        "counts": [
            {"invoiceDate": "2026-11-21", "method": "EMAIL", "status": "FAILED", "count": 2},
            {"invoiceDate": "2026-11-21", "method": "EMAIL", "status": "SENT", "count": 118}
        ],
        "creditors": [{
            "clientIdentifier": 100_001,
            "totals": totals,
            "counts": [
                {"method": "EMAIL", "status": "FAILED", "count": 2},
                {"method": "EMAIL", "status": "SENT", "count": 118}
            ]
        }],
        "nextCursor": null
    })
}
