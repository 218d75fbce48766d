//! `tallystick distribution`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::Fault;
use domain::calendar::CalendarDate;
use serde::Serialize;
use service::AdminError;
use service::distribution::DistributionError;
use service::distribution_summary::{DistributionSummary, SummaryQuery};
use service::invoice_admin::Difference;

use super::output::table;
use super::{CommandError, Essentials, Output, Session};

/// Deliveries of invoices: sum up, compare the counts
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sum up the deliveries of a partner's clients by date of the invoice, method and status
    #[command(after_help = "Example:\n  tallystick distribution summary --partner QUICK3 --from 2026-11-01")]
    Summary {
        /// The partner's code
        #[arg(long)]
        partner: String,
        /// Only invoices of this date or later; without it of the last 30 days
        #[arg(long, value_name = "DATE", value_parser = CalendarDate::parse)]
        from: Option<CalendarDate>,
        /// Only invoices of this date or earlier
        #[arg(long, value_name = "DATE", value_parser = CalendarDate::parse)]
        to: Option<CalendarDate>,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Count the deliveries of a partner's clients anew, and compare that with the counts that are kept
    ///
    /// It changes nothing, and ends with status 1 when something differs. It may run beside a server.
    Recount {
        /// The partner's code
        #[arg(long)]
        partner: String,
        #[command(flatten)]
        essentials: Essentials,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    from: String,
    to: String,
    total_count: i64,
    successful_count: i64,
    failed_count: i64,
    items: Vec<Item>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    invoice_date: String,
    method: &'static str,
    status: &'static str,
    count: i64,
}

#[derive(Serialize)]
struct Recounted {
    items: Vec<Differing>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Differing {
    /// 0 for all of the partner's clients together.
    client_identifier: i64,
    invoice_date: String,
    method: String,
    status: String,
    counted: i64,
    found: i64,
}

impl From<DistributionSummary> for Summary {
    fn from(summary: DistributionSummary) -> Self {
        let items = summary.counts.into_iter().map(|count| Item {
            invoice_date: count.day.unwrap_or_default(),
            method: count.method.as_str(),
            status: count.status.as_str(),
            count: count.number,
        });
        Self {
            from: summary.from.to_string(),
            to: summary.to.to_string(),
            total_count: summary.totals.total,
            successful_count: summary.totals.successful,
            failed_count: summary.totals.failed,
            items: items.collect(),
        }
    }
}

impl From<Difference> for Differing {
    fn from(difference: Difference) -> Self {
        Self {
            client_identifier: difference.client_id,
            invoice_date: difference.day,
            method: difference.method,
            status: difference.status,
            counted: difference.counted,
            found: difference.found,
        }
    }
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Summary { partner, from, to, essentials } => Session::run(essentials, file, async |session| {
            let partner = session.core.partner_of_code(&partner).await?;
            let text = |day: Option<CalendarDate>| day.map(|day| day.to_string());
            let query = SummaryQuery { from: text(from), to: text(to), limit: 1, cursor: None };
            let summary = session.core.distribution_summary(partner, &query).await.map_err(refused)?;
            let summary = Summary::from(summary);
            output.answer(&summary, || sheet(&summary))
        }),
        Command::Recount { partner, essentials } => Session::run(essentials, file, async |session| {
            let code = partner;
            let partner = session.core.partner_of_code(&code).await?;
            let differences = session.core.recount_distributions(partner).await?;
            let items: Vec<_> = differences.into_iter().map(Differing::from).collect();
            let differs = !items.is_empty();
            let recounted = Recounted { items };
            output.answer(&recounted, || differing(&recounted))?;
            if differs {
                return Err(
                    AdminError::State(format!("the counts of {code} are not what its deliveries come to")).into()
                );
            }
            Ok(())
        }),
    }
}

fn refused(error: DistributionError) -> AdminError {
    match error {
        DistributionError::Invalid(faults) => AdminError::Invalid(faults.into_vec().into_iter().map(by_flag).collect()),
        DistributionError::Store(error) => error.into(),
    }
}

/// A fault of a parameter of the API, by the flag that stands for it here.
fn by_flag(fault: Fault) -> Fault {
    let flag = match fault.field.as_ref() {
        "fromInvDate" => "--from",
        "toInvDate" => "--to",
        _ => return fault,
    };
    Fault { field: flag.into(), ..fault }
}

fn sheet(summary: &Summary) -> String {
    let rows: Vec<[String; 4]> = summary
        .items
        .iter()
        .map(|item| [item.invoice_date.clone(), item.method.into(), item.status.into(), item.count.to_string()])
        .collect();
    let totals = format!(
        "{} deliveries of invoices from {} to {}: {} handed over, {} failed\n",
        summary.total_count, summary.from, summary.to, summary.successful_count, summary.failed_count
    );
    table(["DATE", "METHOD", "STATUS", "COUNT"], &rows) + &totals
}

fn differing(recounted: &Recounted) -> String {
    if recounted.items.is_empty() {
        return "the counts are what the deliveries come to\n".to_owned();
    }
    let rows: Vec<[String; 6]> = recounted
        .items
        .iter()
        .map(|item| {
            [
                item.client_identifier.to_string(),
                item.invoice_date.clone(),
                item.method.clone(),
                item.status.clone(),
                item.counted.to_string(),
                item.found.to_string(),
            ]
        })
        .collect();
    table(["CLIENT", "DATE", "METHOD", "STATUS", "COUNTED", "FOUND"], &rows)
}
