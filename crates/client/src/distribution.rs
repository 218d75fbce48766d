//! Deliveries of invoices: one's own with the client key, a creditor's and the portfolio's with the partner key.

use std::borrow::Cow;

use reqwest::Method;

use crate::client::{Client, parse};
use crate::distribution_answer::{CsvPage, DistributionPage, DistributionSummary, FetchType};
use crate::error::Error;
use crate::exchange::Call;
use crate::receive::Answer;

const OWN: &str = "/invoice/distribution";
const PORTFOLIO: &str = "/distribution";
const SUMMARY: &str = "/distribution/summary";

fn of_creditor(creditor: u64) -> String {
    format!("/creditors/{creditor}/distribution")
}

/// What the lists of deliveries are asked for: by default all of the invoices of the last 30 days, 100 at a time. Dates are `YYYY-MM-DD`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionQuery {
    /// Only of invoices of this number, of whatever date.
    pub invoice_number: Option<u64>,
    /// Only of invoices of this date or later.
    pub from_inv_date: Option<String>,
    /// Only of invoices of this date or earlier.
    pub to_inv_date: Option<String>,
    /// Which of them.
    pub fetch_type: FetchType,
    /// How many at most: 1 to 500.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl DistributionQuery {
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let fetch_type = (self.fetch_type != FetchType::All).then(|| self.fetch_type.as_str().to_owned());
        [
            ("invoiceNumber", self.invoice_number.map(|number| number.to_string())),
            ("fromInvDate", self.from_inv_date.clone()),
            ("toInvDate", self.to_inv_date.clone()),
            ("fetchType", fetch_type),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor.clone()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    fn call(&self, path: impl Into<Cow<'static, str>>) -> Call<'static> {
        Call {
            query: self.pairs(),
            // A second try would be answered without what the first, lost answer held.
            is_answered_once: self.fetch_type == FetchType::Unfetched,
            ..Call::new(Method::GET, path)
        }
    }
}

/// What [`Client::distribution_summary`] is asked for: by default the invoices of the last 30 days and later, 100 creditors at a time. Dates
/// are `YYYY-MM-DD`, 366 days apart at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistributionSummaryQuery {
    /// Only of invoices of this date or later.
    pub from_inv_date: Option<String>,
    /// Only of invoices of this date or earlier.
    pub to_inv_date: Option<String>,
    /// How many creditors at most: 1 to 500.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl DistributionSummaryQuery {
    fn call(&self) -> Call<'static> {
        let query = [
            ("fromInvDate", self.from_inv_date.clone()),
            ("toInvDate", self.to_inv_date.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor.clone()),
        ];
        let query = query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        Call { query, ..Call::new(Method::GET, SUMMARY) }
    }
}

impl Client {
    /// A page of the client's own deliveries, with its key.
    ///
    /// With [`FetchType::Unfetched`] each delivery comes once per status. Such a call is tried again only while the server has surely not
    /// answered it. After any other transient error (see [`Error::is_transient`]) and after [`Error::UnexpectedAnswer`] an answer may have been
    /// lost: read those days again with [`FetchType::All`].
    ///
    /// ```no_run
    /// # use tallystick_client::{Client, DistributionQuery, Error, FetchType};
    /// # async fn run(client: Client) -> Result<(), Error> {
    /// let mut query = DistributionQuery { fetch_type: FetchType::Failed, ..DistributionQuery::default() };
    /// loop {
    ///     let page = client.invoice_distribution(&query).await?;
    ///     for delivery in &page.records {
    ///         println!("{}: {}", delivery.invoice_number, delivery.status_reason.as_deref().unwrap_or_default());
    ///     }
    ///     query.cursor = page.next_cursor;
    ///     if query.cursor.is_none() {
    ///         return Ok(());
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Validation`] names every part of the query that is wrong.
    pub async fn invoice_distribution(&self, query: &DistributionQuery) -> Result<DistributionPage, Error> {
        parse(&self.run(&query.call(OWN)).await?)
    }

    /// A page of the deliveries of a creditor, with the partner key. For [`FetchType::Unfetched`] see [`Client::invoice_distribution`]; what
    /// the creditor has fetched itself is not fetched for the partner.
    ///
    /// # Errors
    /// As [`Client::invoice_distribution`], and [`Error::NotFound`] when the partner has no such creditor.
    pub async fn creditor_distribution(
        &self,
        creditor: u64,
        query: &DistributionQuery,
    ) -> Result<DistributionPage, Error> {
        parse(&self.run(&query.call(of_creditor(creditor))).await?)
    }

    /// A page of the deliveries of all creditors, with the partner key. For [`FetchType::Unfetched`] see [`Client::invoice_distribution`].
    ///
    /// # Errors
    /// As [`Client::invoice_distribution`].
    pub async fn distribution(&self, query: &DistributionQuery) -> Result<DistributionPage, Error> {
        parse(&self.run(&query.call(PORTFOLIO)).await?)
    }

    /// How many deliveries there are by day, method and status, and by creditor, with the partner key. It costs the server little, however
    /// many they are.
    ///
    /// # Errors
    /// [`Error::Validation`] names every part of the query that is wrong.
    pub async fn distribution_summary(&self, query: &DistributionSummaryQuery) -> Result<DistributionSummary, Error> {
        parse(&self.run(&query.call()).await?)
    }

    /// As [`Client::invoice_distribution`], as a table.
    ///
    /// # Errors
    /// As [`Client::invoice_distribution`].
    pub async fn invoice_distribution_csv(&self, query: &DistributionQuery) -> Result<CsvPage, Error> {
        self.table(query.call(OWN)).await
    }

    /// As [`Client::creditor_distribution`], as a table.
    ///
    /// # Errors
    /// As [`Client::creditor_distribution`].
    pub async fn creditor_distribution_csv(&self, creditor: u64, query: &DistributionQuery) -> Result<CsvPage, Error> {
        self.table(query.call(of_creditor(creditor))).await
    }

    /// As [`Client::distribution`], as a table.
    ///
    /// # Errors
    /// As [`Client::distribution`].
    pub async fn distribution_csv(&self, query: &DistributionQuery) -> Result<CsvPage, Error> {
        self.table(query.call(PORTFOLIO)).await
    }

    /// As [`Client::distribution_summary`], as a table: on the first page the counts by date, which have no creditor, then those by creditor,
    /// which have no date.
    ///
    /// # Errors
    /// As [`Client::distribution_summary`].
    pub async fn distribution_summary_csv(&self, query: &DistributionSummaryQuery) -> Result<CsvPage, Error> {
        self.table(query.call()).await
    }

    async fn table(&self, call: Call<'_>) -> Result<CsvPage, Error> {
        const TABLE: &str = "text/csv";
        let mut answer = self.run(&Call { accept: Some(TABLE), ..call }).await?;
        if !answer.is_of(TABLE) {
            return Err(answer.unexpected("it is no table"));
        }
        let next_cursor = next_cursor(&answer)?;
        Ok(CsvPage { csv: std::mem::take(&mut *answer.body), next_cursor })
    }
}

/// The cursor in the link to the next page (RFC 8288), which is how a table has one.
fn next_cursor(answer: &Answer) -> Result<Option<String>, Error> {
    let links = answer.links.iter().flat_map(|header| header.split(','));
    let mut next = links.filter_map(|link| link.trim().strip_prefix('<')?.split_once('>'));
    let Some((target, _)) = next.find(|(_, relation)| is_next(relation)) else { return Ok(None) };
    let (_, query) = target.split_once('?').unwrap_or_default();
    let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="));
    // To take it for the last page would lose the rest without a word.
    cursor.map(|cursor| Some(cursor.to_owned())).ok_or_else(|| answer.unexpected("its next page has no cursor"))
}

fn is_next(parameters: &str) -> bool {
    parameters.split(';').any(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or_default();
        name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_what_was_asked_for() {
        assert_eq!(DistributionQuery::default().pairs(), []);
        let query = DistributionQuery {
            invoice_number: Some(7),
            from_inv_date: Some("2026-01-01".into()),
            to_inv_date: Some("2026-01-31".into()),
            fetch_type: FetchType::Unfetched,
            limit: Some(5),
            cursor: Some("a".into()),
        };
        let expected = [
            ("invoiceNumber", "7"),
            ("fromInvDate", "2026-01-01"),
            ("toInvDate", "2026-01-31"),
            ("fetchType", "UNFETCHED"),
            ("limit", "5"),
            ("cursor", "a"),
        ];
        assert_eq!(query.pairs(), expected.map(|(name, value)| (name, value.to_owned())));
    }
}
