//! Sums of a portfolio's deliveries: by day, method and status, and by creditor. They come from counts, and read no delivery.

use std::collections::BTreeMap;

use domain::Faults;
use domain::calendar::CalendarDate;
use domain::distribution::{DistributionMethod, DistributionStatus};
use domain::identifier::{ClientIdentifier, PartnerId};
use store::StoreError;
use store::distribution_count::CountRow;

use crate::Core;
use crate::cursor::Cursor;
use crate::distribution::{DistributionError, Totals, USUAL_DAYS, days_of};
use crate::invoice::status_of;

/// The most days that one summary covers: a leap year.
const MOST_DAYS: u32 = 366;

/// What a summary is asked for.
#[derive(Clone, Debug, Default)]
pub struct SummaryQuery {
    /// Only invoices of this day or later.
    pub from: Option<String>,
    /// Only invoices of this day or earlier.
    pub to: Option<String>,
    /// At most so many creditors.
    pub limit: u32,
    /// Where the page of creditors before ended.
    pub cursor: Option<Cursor>,
}

/// How many deliveries of a day, a method and a status there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The date of the invoices; `None` where the days are summed up.
    pub day: Option<String>,
    /// The way they go.
    pub method: DistributionMethod,
    /// How far they have come.
    pub status: DistributionStatus,
    /// How many.
    pub number: i64,
}

/// The sums of one creditor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditorSummary {
    /// The creditor.
    pub client: ClientIdentifier,
    /// How many in all.
    pub totals: Totals,
    /// By method and status.
    pub counts: Vec<Count>,
}

/// The sums of a portfolio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionSummary {
    /// The first day.
    pub from: CalendarDate,
    /// The last day.
    pub to: CalendarDate,
    /// How many in all.
    pub totals: Totals,
    /// By day, method and status.
    pub counts: Vec<Count>,
    /// A page of the creditors, by number; those without deliveries among them.
    pub creditors: Vec<CreditorSummary>,
    /// Where the next page of creditors begins; `None` at the end.
    pub next_cursor: Option<String>,
}

impl SummaryQuery {
    /// The first and the last day, seen on `today`.
    ///
    /// # Errors
    /// Every fault of it.
    pub fn check(&self, today: CalendarDate) -> Result<(CalendarDate, CalendarDate), Faults> {
        let (from, to) = days_of(self.from.as_deref(), self.to.as_deref())?;
        let from = from.or_else(|| to.map(|to| to.days_before(USUAL_DAYS - 1)));
        let from = from.unwrap_or_else(|| today.days_before(USUAL_DAYS - 1));
        // Invoices may be dated ahead.
        let to = to.unwrap_or_else(|| from.days_after(MOST_DAYS - 1));
        if from < to.days_before(MOST_DAYS - 1) {
            let mut faults = Faults::new();
            let message = format!("A summary covers {MOST_DAYS} days at most, and ends on {to}: begin later");
            faults.add("fromInvDate", "out_of_range", message);
            return Err(faults);
        }
        Ok((from, to))
    }
}

impl Core {
    /// The sums of a partner's deliveries.
    ///
    /// # Errors
    /// [`DistributionError`].
    pub async fn distribution_summary(
        &self,
        partner: PartnerId,
        query: &SummaryQuery,
    ) -> Result<DistributionSummary, DistributionError> {
        let (from, to) = query.check(CalendarDate::of(self.now())).map_err(DistributionError::Invalid)?;
        let (first, last) = (from.to_string(), to.to_string());
        let days = (first.as_str(), last.as_str());
        let after = match query.cursor {
            Some(Cursor::Number(client)) => client,
            _ => ClientIdentifier(0),
        };
        let mut reader = self.db().reader().await?;
        let all = store::distribution_count::of_portfolio(&mut reader, partner, days).await?;
        // One more than asked for tells whether there is more.
        let mut listed = store::distribution_count::creditors(&mut reader, partner, after, query.limit + 1).await?;
        let limit = query.limit as usize;
        let there_is_more = listed.len() > limit;
        listed.truncate(limit);
        let rows = match (listed.first(), listed.last()) {
            (Some(first), Some(last)) => {
                store::distribution_count::by_creditor(&mut reader, partner, days, (*first, *last)).await?
            }
            _ => Vec::new(),
        };
        drop(reader);
        let mut by_creditor: BTreeMap<i64, CreditorSummary> = listed
            .iter()
            .map(|client| {
                let none = CreditorSummary { client: *client, totals: Totals::default(), counts: Vec::new() };
                (client.0, none)
            })
            .collect();
        for row in rows {
            // One that was onboarded in between is on no page yet.
            if let Some(creditor) = by_creditor.get_mut(&row.client_id) {
                let count = count_of(CountRow { day: String::new(), ..row })?;
                creditor.totals.add(count.status, count.number);
                creditor.counts.push(count);
            }
        }
        let mut totals = Totals::default();
        let counts = all.into_iter().map(count_of).collect::<Result<Vec<_>, _>>()?;
        for count in &counts {
            totals.add(count.status, count.number);
        }
        let next_cursor = listed.last().filter(|_| there_is_more).map(|last| Cursor::Number(*last).to_text());
        Ok(DistributionSummary {
            from,
            to,
            totals,
            counts,
            creditors: by_creditor.into_values().collect(),
            next_cursor,
        })
    }
}

fn count_of(row: CountRow) -> Result<Count, StoreError> {
    let method = DistributionMethod::parse(&row.method);
    Ok(Count {
        day: Some(row.day).filter(|day| !day.is_empty()),
        method: method.map_err(|error| StoreError::unreadable("distribution_count.method", error))?,
        status: status_of(&row.status)?,
        number: row.number,
    })
}
