//! Deliveries of invoices, as they are answered.

use axum::response::Response;
use domain::Timestamp;
use domain::distribution::{DistributionMethod, DistributionStatus};
use http_kit::{WantsCsv, openapi};
use serde::Serialize;
use serde_json::{Value, json};
use service::distribution::{Applied, Distribution, DistributionPage, Totals};
use utoipa::ToSchema;
use utoipa::openapi::schema::Object;
use uuid::Uuid;

/// A page of deliveries, those of the latest invoices first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionPageAnswer {
    /// How many there are, and what was looked for.
    meta_data: MetaData,
    /// The deliveries.
    records: Vec<DistributionRecord>,
    /// Send it as `cursor` for the next page; null at the end.
    #[schema(required = true, example = json!(null))]
    next_cursor: Option<String>,
}

/// How many deliveries there are, and what was looked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MetaData {
    /// All deliveries of those days or that invoice, whatever `fetchType` was asked for.
    #[schema(example = 120)]
    total_count: i64,
    /// Those that were handed over: `SENT` and `DELIVERED`.
    #[schema(example = 118)]
    successful_count: i64,
    /// Those that `FAILED`.
    #[schema(example = 2)]
    failed_count: i64,
    /// What was looked for.
    filters_applied: FiltersApplied,
}

/// What was looked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FiltersApplied {
    /// The number of the invoice; null for any.
    #[schema(required = true, example = json!(null))]
    invoice_number: Option<i64>,
    /// The first date of invoices; null for any.
    #[schema(required = true, format = Date, example = "2026-10-23")]
    from_inv_date: Option<String>,
    /// The last date of invoices; null for any.
    #[schema(required = true, format = Date, example = json!(null))]
    to_inv_date: Option<String>,
    /// Which of them.
    #[schema(example = "ALL")]
    fetch_type: &'static str,
    /// Whether these are the last 30 days because no others were asked for.
    #[schema(example = true)]
    default_last30_days: bool,
}

/// A delivery of an invoice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DistributionRecord {
    /// Your number of the invoice.
    #[schema(example = 251_601_000)]
    invoice_number: i64,
    /// Our identifier of the invoice.
    #[schema(value_type = String, format = "uuid", example = "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa")]
    invoice_id: Uuid,
    /// The creditor that sent it.
    #[schema(example = 100_001)]
    client_identifier: i64,
    /// The date of the invoice.
    #[schema(format = Date, example = "2026-11-21")]
    invoice_date: String,
    /// The identifier of the delivery.
    #[schema(value_type = String, format = "uuid", example = "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0ab")]
    distribution_id: Uuid,
    /// The way it goes.
    #[schema(schema_with = methods, required = true)]
    method: &'static str,
    /// How far it has come.
    #[schema(schema_with = statuses, required = true)]
    status: &'static str,
    /// Why it failed or still waits; null for nothing.
    #[schema(required = true, example = json!(null))]
    status_reason: Option<String>,
    /// How often it was tried.
    #[schema(example = 1)]
    attempts: i64,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime, example = "2026-11-21T10:00:00.000Z")]
    created_at: Timestamp,
    /// When it was handed over; null before.
    #[schema(required = true, value_type = Option<String>, format = DateTime, example = "2026-11-21T10:00:02.000Z")]
    sent_at: Option<Timestamp>,
    /// When the e-invoice operator said that it has it and passes it on; null when it did not say so, or refused it afterwards.
    #[schema(required = true, value_type = Option<String>, format = DateTime, example = json!(null))]
    delivered_at: Option<Timestamp>,
    /// The state of payment control; null until there is one.
    #[schema(required = true, example = json!(null))]
    payment_control_status: Option<String>,
    /// The case at the agency; null until there is one.
    #[schema(required = true, example = json!(null))]
    case_id: Option<i64>,
    /// The delivery that has taken the place of this one, where the invoice was sent again; null when it was not.
    #[schema(required = true, value_type = Option<String>, format = "uuid", example = json!(null))]
    replaced_by: Option<Uuid>,
}

pub(crate) fn methods() -> Object {
    openapi::one_of(DistributionMethod::ALL.map(DistributionMethod::as_str), "The way an invoice goes.")
}

pub(crate) fn statuses() -> Object {
    openapi::one_of(DistributionStatus::ALL.map(DistributionStatus::as_str), "How far a delivery has come.")
}

/// The members of a [`DistributionRecord`], which are the columns of a table of them.
const COLUMNS: [&str; 15] = [
    "invoiceNumber",
    "invoiceId",
    "clientIdentifier",
    "invoiceDate",
    "distributionId",
    "method",
    "status",
    "statusReason",
    "attempts",
    "createdAt",
    "sentAt",
    "deliveredAt",
    "paymentControlStatus",
    "caseId",
    "replacedBy",
];

impl DistributionPageAnswer {
    /// The records as a table.
    pub(crate) fn into_table(self, wanted: &WantsCsv) -> Response {
        wanted.answer(&COLUMNS, self.records, self.next_cursor.as_deref())
    }
}

/// An example of that, of one record.
pub(crate) fn table_example() -> String {
    let record = "251601000,0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa,100001,2026-11-21,0198a3c2-7c1e-7d30-9a44-0c53a1c1d0ab,EMAIL,SENT,,1,\
                  2026-11-21T10:00:00.000Z,2026-11-21T10:00:02.000Z,,,,";
    format!("{}\r\n{record}\r\n", COLUMNS.join(","))
}

impl From<DistributionPage> for DistributionPageAnswer {
    fn from(page: DistributionPage) -> Self {
        Self {
            meta_data: MetaData::new(page.totals, &page.applied),
            records: page.deliveries.into_iter().map(DistributionRecord::from).collect(),
            next_cursor: page.next_cursor,
        }
    }
}

impl MetaData {
    fn new(totals: Totals, applied: &Applied) -> Self {
        let text = |day: Option<domain::calendar::CalendarDate>| day.map(|day| day.to_string());
        Self {
            total_count: totals.total,
            successful_count: totals.successful,
            failed_count: totals.failed,
            filters_applied: FiltersApplied {
                invoice_number: applied.invoice_number,
                from_inv_date: text(applied.from),
                to_inv_date: text(applied.to),
                fetch_type: applied.fetch_type.as_str(),
                default_last30_days: applied.usual_days,
            },
        }
    }
}

impl From<Distribution> for DistributionRecord {
    fn from(delivery: Distribution) -> Self {
        Self {
            invoice_number: delivery.invoice_number,
            invoice_id: delivery.invoice,
            client_identifier: delivery.client.0,
            invoice_date: delivery.invoice_date,
            distribution_id: delivery.distribution,
            method: delivery.method.as_str(),
            status: delivery.status.as_str(),
            status_reason: delivery.status_reason,
            attempts: delivery.attempts,
            created_at: delivery.created_at,
            sent_at: delivery.sent_at,
            delivered_at: delivery.delivered_at,
            replaced_by: delivery.replaced_by,
            payment_control_status: None,
            case_id: None,
        }
    }
}

pub(crate) fn page_example() -> Value {
    json!({
        "metaData": {
            "totalCount": 1,
            "successfulCount": 1,
            "failedCount": 0,
            "filtersApplied": {
                "invoiceNumber": null,
                "fromInvDate": "2026-10-23",
                "toInvDate": null,
                "fetchType": "ALL",
                "defaultLast30Days": true
            }
        },
        "records": [{
            "invoiceNumber": 251_601_000,
            "invoiceId": "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0aa",
            "clientIdentifier": 100_001,
            "invoiceDate": "2026-11-21",
            "distributionId": "0198a3c2-7c1e-7d30-9a44-0c53a1c1d0ab",
            "method": "EMAIL",
            "status": "SENT",
            "statusReason": null,
            "attempts": 1,
            "createdAt": "2026-11-21T10:00:00.000Z",
            "sentAt": "2026-11-21T10:00:02.000Z",
            "deliveredAt": null,
            "paymentControlStatus": null,
            "caseId": null,
            "replacedBy": null
        }],
        "nextCursor": null
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_table_are_the_members_of_a_record() {
        let record = DistributionRecord {
            invoice_number: 1,
            invoice_id: Uuid::from_u128(2),
            client_identifier: 3,
            invoice_date: "2026-01-04".to_owned(),
            distribution_id: Uuid::from_u128(5),
            method: "EMAIL",
            status: "FAILED",
            status_reason: Some("eight".to_owned()),
            attempts: 9,
            created_at: Timestamp::from_micros(10),
            sent_at: Some(Timestamp::from_micros(11_000)),
            delivered_at: Some(Timestamp::from_micros(12_000)),
            payment_control_status: Some("thirteen".to_owned()),
            case_id: Some(14),
            replaced_by: Some(Uuid::from_u128(15)),
        };
        let members = serde_json::to_value(&record).unwrap();
        let members = members.as_object().unwrap();
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        writer.serialize(&record).unwrap();
        let row = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let cells: Vec<_> = row.trim_end().split(',').collect();
        assert_eq!((cells.len(), members.len()), (COLUMNS.len(), COLUMNS.len()));
        for (name, cell) in COLUMNS.into_iter().zip(cells) {
            let member = &members[name];
            assert_eq!(member.as_str().map_or_else(|| member.to_string(), str::to_owned), cell, "{name}");
        }
    }
}
