//! What comes back about deliveries of invoices. Unknown fields are ignored, so that the server can add some.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::answers::time_or_none;

/// The way an invoice goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum DistributionMethod {
    /// By mail, with the PDF attached.
    Email,
    /// As Finvoice, by an operator.
    EInvoice,
    /// On paper.
    Print,
    /// Not at all: the client sends it itself.
    None,
    /// A method that this version of the crate does not know. In a request the server refuses it.
    #[serde(other)]
    Unknown,
}

/// How far a delivery has come. It only moves forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum DistributionStatus {
    /// Not yet handed over, or about to be tried again.
    Pending,
    /// Handed over to the mail server, the operator or the printer. It may still be delivered, or fail by a bounce.
    Sent,
    /// Acknowledged by the recipient's side.
    Delivered,
    /// It did not and will not arrive.
    Failed,
    /// It was stopped before it was handed over, or was never to be made.
    Cancelled,
    /// A status that this version of the crate does not know.
    #[serde(other)]
    Unknown,
}

impl DistributionStatus {
    /// Whether it never changes again.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Delivered | Self::Failed | Self::Cancelled)
    }
}

/// Which deliveries are looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum FetchType {
    /// All.
    #[default]
    All,
    /// Those that failed.
    Failed,
    /// Those whose present status was not fetched so yet, with keys of this kind: a client's and its partner's count apart. Each counts
    /// as fetched once the server has answered it.
    Unfetched,
    /// A type that this version of the crate does not know. In a query the server refuses it.
    #[serde(other)]
    Unknown,
}

impl FetchType {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Failed => "FAILED",
            Self::Unfetched => "UNFETCHED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// A page of deliveries, those of the latest invoices first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DistributionPage {
    /// How many there are, and what was looked for.
    pub meta_data: DistributionMetaData,
    /// The deliveries.
    pub records: Vec<Distribution>,
    /// The `cursor` of the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

/// How many deliveries there are, and what was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DistributionMetaData {
    /// All deliveries of those days or that invoice, whatever [`FetchType`] was asked for, and on whatever page.
    pub total_count: u64,
    /// Those that were handed over: sent and delivered.
    pub successful_count: u64,
    /// Those that failed.
    pub failed_count: u64,
    /// What was looked for.
    pub filters_applied: FiltersApplied,
}

/// What was looked for. Dates are `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FiltersApplied {
    /// The number of the invoice; `None` for any.
    pub invoice_number: Option<u64>,
    /// The first date of invoices; `None` for any.
    pub from_inv_date: Option<String>,
    /// The last date of invoices; `None` for any.
    pub to_inv_date: Option<String>,
    /// Which of them.
    pub fetch_type: FetchType,
    /// Whether these are the last 30 days because no others were asked for.
    #[serde(default)]
    pub default_last30_days: bool,
}

/// A delivery of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Distribution {
    /// The client's number of the invoice.
    pub invoice_number: u64,
    /// The server's identifier of the invoice.
    pub invoice_id: Uuid,
    /// The creditor that sent it.
    pub client_identifier: u64,
    /// The date of the invoice: `YYYY-MM-DD`.
    pub invoice_date: String,
    /// The identifier of the delivery.
    pub distribution_id: Uuid,
    /// The way it goes.
    pub method: DistributionMethod,
    /// How far it has come.
    pub status: DistributionStatus,
    /// Why it failed or still waits.
    pub status_reason: Option<String>,
    /// How often it was tried.
    pub attempts: u64,
    /// When it was asked for.
    #[serde(default, deserialize_with = "time_or_none")]
    pub created_at: Option<OffsetDateTime>,
    /// When it was handed over; `None` before.
    #[serde(default, deserialize_with = "time_or_none")]
    pub sent_at: Option<OffsetDateTime>,
    /// When the e-invoice operator said that it has it and passes it on; `None` when it did not say so, or refused it afterwards.
    #[serde(default, deserialize_with = "time_or_none")]
    pub delivered_at: Option<OffsetDateTime>,
    /// The delivery that has taken the place of this one, where the invoice was sent again; `None` when it was not, or of an older server.
    #[serde(default)]
    pub replaced_by: Option<Uuid>,
    /// The state of payment control; `None` until there is one.
    pub payment_control_status: Option<String>,
    /// The case at the agency; `None` until there is one.
    pub case_id: Option<u64>,
}

/// Sums of a portfolio's deliveries. Dates are `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DistributionSummary {
    /// The first date of invoices.
    pub from_inv_date: String,
    /// The last date of invoices.
    pub to_inv_date: String,
    /// How many deliveries in all.
    pub totals: DistributionTotals,
    /// How many by date, method and status, on every page the same.
    pub counts: Vec<DayCount>,
    /// A page of the creditors, by identifier; those without deliveries among them.
    pub creditors: Vec<CreditorCounts>,
    /// The `cursor` of the next page of creditors; `None` at the end.
    pub next_cursor: Option<String>,
}

/// How many deliveries there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DistributionTotals {
    /// All.
    pub total_count: u64,
    /// Those that were handed over: sent and delivered.
    pub successful_count: u64,
    /// Those that failed.
    pub failed_count: u64,
}

/// How many deliveries of a date, a method and a status there are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DayCount {
    /// The date of the invoices.
    pub invoice_date: String,
    /// The way they go.
    pub method: DistributionMethod,
    /// How far they have come.
    pub status: DistributionStatus,
    /// How many.
    pub count: u64,
}

/// The sums of one creditor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreditorCounts {
    /// The creditor.
    pub client_identifier: u64,
    /// How many in all.
    pub totals: DistributionTotals,
    /// How many by method and status.
    pub counts: Vec<StatusCount>,
}

/// How many deliveries of a method and a status there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct StatusCount {
    /// The way they go.
    pub method: DistributionMethod,
    /// How far they have come.
    pub status: DistributionStatus,
    /// How many.
    pub count: u64,
}

/// A page of a list as a table: CSV (RFC 4180) in UTF-8, with the names of the columns in its first line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsvPage {
    /// The table.
    pub csv: Vec<u8>,
    /// The `cursor` of the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire_and_new_ones_are_unknown() {
        let all: Vec<FetchType> = serde_json::from_str(r#"["ALL","FAILED","UNFETCHED","SOME"]"#).unwrap();
        assert_eq!(all, [FetchType::All, FetchType::Failed, FetchType::Unfetched, FetchType::Unknown]);
        assert_eq!(
            all.iter().map(|fetch_type| fetch_type.as_str()).collect::<Vec<_>>(),
            ["ALL", "FAILED", "UNFETCHED", "UNKNOWN"]
        );
        let methods: Vec<DistributionMethod> =
            serde_json::from_str(r#"["EMAIL","EINVOICE","PRINT","NONE","FAX"]"#).unwrap();
        assert_eq!(serde_json::to_string(&methods).unwrap(), r#"["EMAIL","EINVOICE","PRINT","NONE","UNKNOWN"]"#);
        let statuses: Vec<DistributionStatus> =
            serde_json::from_str(r#"["PENDING","SENT","DELIVERED","FAILED","CANCELLED","LOST"]"#).unwrap();
        assert_eq!(statuses.last(), Some(&DistributionStatus::Unknown));
        let last: Vec<_> = statuses.into_iter().filter(|status| status.is_final()).collect();
        assert_eq!(last, [DistributionStatus::Delivered, DistributionStatus::Failed, DistributionStatus::Cancelled]);
    }
}
