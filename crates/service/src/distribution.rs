//! How invoices were distributed: lists with their counts, and sums of a portfolio.

use domain::calendar::CalendarDate;
use domain::distribution::{DistributionMethod, DistributionStatus, FetchType};
use domain::fault_code::Coded;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::{Faults, Timestamp};
use store::StoreError;
use store::distribution::{DistributionRow, Span};
use store::distribution_count::CountRow;
use uuid::Uuid;

pub use store::distribution::Scope;

use crate::Core;
use crate::cursor::Cursor;
use crate::invoice::status_of;

/// The days that a list shows when it is not told which: today and those before.
pub const USUAL_DAYS: u32 = 30;

/// The most changes that one transaction adds up, so that other writers do not wait long.
const BATCH: i64 = 500;

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct DistributionQuery {
    /// Only deliveries of the invoices that have this number, whenever they are of.
    pub invoice_number: Option<i64>,
    /// Only invoices of this day or later.
    pub from: Option<String>,
    /// Only invoices of this day or earlier.
    pub to: Option<String>,
    /// Which of them.
    pub fetch_type: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
    /// Whether what is answered as [`FetchType::Unfetched`] counts as fetched from then on.
    pub marks: bool,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Its identifier.
    pub distribution: Uuid,
    /// Whose invoice it is.
    pub client: ClientIdentifier,
    /// The invoice.
    pub invoice: Uuid,
    /// The client's number for that.
    pub invoice_number: i64,
    /// The date of the invoice.
    pub invoice_date: String,
    /// The way it goes.
    pub method: DistributionMethod,
    /// How far it has come.
    pub status: DistributionStatus,
    /// Why it failed or waits, in words that a creditor can act on.
    pub status_reason: Option<String>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
    /// When the other side said that it arrived.
    pub delivered_at: Option<Timestamp>,
    /// The delivery that has taken its place, where the invoice was sent again.
    pub replaced_by: Option<Uuid>,
}

/// A page of deliveries, those of the latest invoices first.
#[derive(Clone, Debug)]
pub struct DistributionPage {
    /// The deliveries.
    pub deliveries: Vec<Distribution>,
    /// How many deliveries of the span or the invoice there are in all, whatever `fetch_type` says.
    pub totals: Totals,
    /// What was looked for.
    pub applied: Applied,
    /// Where the next page begins; `None` at the end.
    pub next_cursor: Option<String>,
}

/// How many deliveries there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All.
    pub total: i64,
    /// Those that were handed over.
    pub successful: i64,
    /// Those that failed.
    pub failed: i64,
}

impl Totals {
    pub(crate) fn add(&mut self, status: DistributionStatus, number: i64) {
        self.total += number;
        if status.is_success() {
            self.successful += number;
        }
        if status.is_failure() {
            self.failed += number;
        }
    }
}

/// What a list was narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The number of the invoice.
    pub invoice_number: Option<i64>,
    /// The first day; `None` for any.
    pub from: Option<CalendarDate>,
    /// The last day; `None` for any.
    pub to: Option<CalendarDate>,
    /// Which of them.
    pub fetch_type: FetchType,
    /// Whether the days are those of [`USUAL_DAYS`], since none were asked for.
    pub usual_days: bool,
}

/// A query follows no rule, or the database failed.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// What is wrong with it.
    #[error("{} parameters need attention", .0.as_slice().len())]
    Invalid(Faults),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DistributionQuery {
    /// What is looked for, seen on `today`.
    ///
    /// # Errors
    /// Every fault of it.
    pub fn check(&self, today: CalendarDate) -> Result<Applied, Faults> {
        let days = days_of(self.from.as_deref(), self.to.as_deref());
        let ((from, to), mut faults) = match days {
            Ok(days) => (days, Faults::new()),
            Err(faults) => ((None, None), faults),
        };
        let fetch_type = match self.fetch_type.as_deref().map(FetchType::parse) {
            None => FetchType::All,
            Some(Ok(fetch_type)) => fetch_type,
            Some(Err(fault)) => {
                faults.add("fetchType", fault.code(), fault.to_string());
                FetchType::All
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let usual_days = self.invoice_number.is_none() && self.from.is_none() && self.to.is_none();
        let (from, to) = match (self.invoice_number, from, to) {
            // All of its deliveries, unless days are asked for as well.
            (Some(_), from, to) => (from, to),
            (None, None, None) => (Some(today.days_before(USUAL_DAYS - 1)), None),
            (None, from, to) => (from, to),
        };
        Ok(Applied { invoice_number: self.invoice_number, from, to, fetch_type, usual_days })
    }
}

impl Core {
    /// A page of deliveries.
    ///
    /// # Errors
    /// [`DistributionError`].
    pub async fn distributions(
        &self,
        scope: Scope,
        query: &DistributionQuery,
    ) -> Result<DistributionPage, DistributionError> {
        let applied = query.check(CalendarDate::of(self.now())).map_err(DistributionError::Invalid)?;
        let from = applied.from.map_or_else(|| FIRST_DAY.to_owned(), |day| day.to_string());
        let to = applied.to.map_or_else(|| LAST_DAY.to_owned(), |day| day.to_string());
        let before = match &query.cursor {
            Some(Cursor::Distribution(day, distribution)) if *day <= to => (day.as_str(), *distribution),
            // No delivery has the greatest identifier.
            _ => (to.as_str(), Uuid::max()),
        };
        let (span, days) = (Span { from: &from, before }, (from.as_str(), to.as_str()));
        let mut reader = self.db().reader().await?;
        let mut totals = Totals::default();
        // One more than asked for tells whether there is more.
        let limit = query.limit + 1;
        let mut rows = if let Some(number) = applied.invoice_number {
            for (status, count) in store::distribution::count_of_number(&mut reader, scope, number, days).await? {
                totals.add(status_of(&status)?, count);
            }
            store::distribution::of_number(&mut reader, scope, number, span, applied.fetch_type, limit).await?
        } else {
            let counts = match scope {
                Scope::Portfolio(partner) => {
                    store::distribution_count::of_portfolio(&mut reader, partner, days).await?
                }
                Scope::Client(partner, client) | Scope::Creditor(partner, client) => {
                    store::distribution_count::of_creditor(&mut reader, partner, client, days).await?
                }
            };
            for count in counts {
                totals.add(status_of(&count.status)?, count.number);
            }
            store::distribution::page(&mut reader, scope, span, applied.fetch_type, limit).await?
        };
        drop(reader);
        let limit = query.limit as usize;
        let there_is_more = rows.len() > limit;
        rows.truncate(limit);
        let deliveries = rows.iter().cloned().map(distribution_of).collect::<Result<_, _>>()?;
        let next_cursor = rows
            .last()
            .filter(|_| there_is_more)
            .map(|last| Cursor::Distribution(last.invoice_date.clone(), last.distribution).to_text());
        if query.marks && applied.fetch_type == FetchType::Unfetched && !rows.is_empty() {
            self.note_fetched(scope, rows).await?;
        }
        Ok(DistributionPage { deliveries, totals, applied, next_cursor })
    }

    async fn note_fetched(&self, scope: Scope, rows: Vec<DistributionRow>) -> Result<(), StoreError> {
        self.db()
            .take(move |tx| {
                let rows = rows.clone();
                Box::pin(async move { store::distribution::fetched(tx, scope, &rows).await })
            })
            .await
    }

    /// Adds up what has changed since the last time, and gives the number of changes.
    ///
    /// # Errors
    /// When the database fails. What was added up by then stays.
    pub async fn add_up_distributions(&self) -> Result<u64, StoreError> {
        let partners = store::distribution_count::changed_partners(&mut self.db().reader().await?).await?;
        let mut added = 0;
        for partner in partners {
            loop {
                let taken = self.add_up_some(partner).await?;
                added += taken as u64;
                if taken < usize::try_from(BATCH).unwrap_or(usize::MAX) {
                    break;
                }
            }
        }
        Ok(added)
    }

    async fn add_up_some(&self, partner: PartnerId) -> Result<usize, StoreError> {
        self.db()
            .take(move |tx| {
                Box::pin(async move {
                    let taken = store::distribution_count::take(tx, partner, BATCH).await?;
                    for sum in sums(&taken) {
                        store::distribution_count::add(tx, partner, &sum).await?;
                    }
                    Ok::<_, StoreError>(taken.len())
                })
            })
            .await
    }
}

/// The days of a query.
///
/// # Errors
/// What is wrong with them, by the names of the parameters.
pub(crate) fn days_of(
    from: Option<&str>,
    to: Option<&str>,
) -> Result<(Option<CalendarDate>, Option<CalendarDate>), Faults> {
    let mut faults = Faults::new();
    let mut day = |name: &'static str, text: Option<&str>| {
        let day = CalendarDate::parse(text?);
        day.map_err(|fault| faults.add(name, fault.code(), fault.to_string())).ok()
    };
    let (from, to) = (day("fromInvDate", from), day("toInvDate", to));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        faults.add("toInvDate", "out_of_range", "The last date is before the first: exchange them");
    }
    if faults.is_empty() { Ok((from, to)) } else { Err(faults) }
}

/// The first and the last day that an invoice may be of, as the database sorts them.
pub(crate) const FIRST_DAY: &str = "0000-01-01";
pub(crate) const LAST_DAY: &str = "9999-12-31";

/// What the changes come to, of each creditor and of all together, in the order of the table: two processes that add to the same rows wait
/// for each other in one order only.
fn sums(changes: &[CountRow]) -> Vec<CountRow> {
    let mut sums = std::collections::BTreeMap::new();
    for change in changes {
        for client_id in [0, change.client_id] {
            let name = (client_id, change.day.clone(), change.method.clone(), change.status.clone());
            *sums.entry(name).or_insert(0) += change.number;
        }
    }
    let rows = sums.into_iter().filter(|(_, number)| *number != 0);
    rows.map(|((client_id, day, method, status), number)| CountRow { client_id, day, method, status, number }).collect()
}

pub(crate) fn distribution_of(row: DistributionRow) -> Result<Distribution, StoreError> {
    let method = DistributionMethod::parse(&row.method);
    Ok(Distribution {
        distribution: row.distribution,
        client: row.client,
        invoice: row.invoice,
        invoice_number: row.invoice_number,
        invoice_date: row.invoice_date,
        method: method.map_err(|error| StoreError::unreadable("distribution.method", error))?,
        status: status_of(&row.status)?,
        status_reason: Some(row.status_reason).filter(|reason| !reason.is_empty()),
        attempts: row.attempts,
        created_at: row.created_at,
        sent_at: row.sent_at.map(Timestamp::from_micros),
        delivered_at: row.delivered_at.map(Timestamp::from_micros),
        replaced_by: row.replaced_by,
    })
}
