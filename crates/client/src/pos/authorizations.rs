//! What a merchant has had authorized, page by page.

use serde::Deserialize;

use super::authorization::{Authorization, AuthorizationStatus, TransactionType};
use super::error::PosError;
use super::flow::Flow;

/// What [`Flow::authorizations`] is asked for: by default all, 10 at a time. Days are those of UTC, `YYYY-MM-DD`, and both are included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizationQuery {
    /// Only of this account.
    pub account_number: Option<u64>,
    /// Only purchases of this kind.
    pub transaction_type: Option<TransactionType>,
    /// Only those that stand so.
    pub authorization_status: Option<AuthorizationStatus>,
    /// Only those of this day or later.
    pub creation_date_from: Option<String>,
    /// Only those of this day or earlier.
    pub creation_date_to: Option<String>,
    /// Which page, from 1.
    pub page_number: Option<u32>,
    /// How many on a page: 1 to 100.
    pub page_size: Option<u32>,
}

/// A page of authorizations, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AuthorizationPage {
    /// The authorizations, without their captures.
    pub authorizations: Vec<Authorization>,
    /// Which page it is, from 1.
    pub page_number: u32,
    /// How many a page has at most.
    pub page_size: u32,
    /// How many there are on all pages; 10,000 when there are more. For older ones name days.
    pub total_records: u64,
}

impl AuthorizationPage {
    /// The `page_number` of the next page; `None` at the end.
    #[must_use]
    pub fn next_page(&self) -> Option<u32> {
        next_page(self.page_number, self.page_size, self.total_records)
    }
}

/// The page after this one, where there is one.
pub(super) fn next_page(number: u32, size: u32, total: u64) -> Option<u32> {
    let is_last = u64::from(number) * u64::from(size) >= total || size == 0;
    if is_last { None } else { number.checked_add(1) }
}

impl Flow {
    /// A page of the merchant's authorizations, the newest first. With the scope `merchant`.
    ///
    /// Pages are counted from the newest on, so that what is made while they are read shifts them: name a last day where that matters.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{AuthorizationQuery, AuthorizationStatus, PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let flow = till.flow();
    /// let open = Some(AuthorizationStatus::Opened);
    /// let mut query = AuthorizationQuery { authorization_status: open, ..AuthorizationQuery::default() };
    /// loop {
    ///     let page = flow.authorizations(&query).await?;
    ///     for held in &page.authorizations {
    ///         println!("{}: {} until {}", held.authorization_id, held.remaining_authorization_amount, held.expiry_date);
    ///     }
    ///     query.page_number = page.next_page();
    ///     if query.page_number.is_none() {
    ///         return Ok(());
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`PosError::WrongInputs`] names every part of the query that is wrong.
    pub async fn authorizations(&self, query: &AuthorizationQuery) -> Result<AuthorizationPage, PosError> {
        let kind = query.transaction_type.and_then(TransactionType::as_str);
        let status = query.authorization_status.and_then(AuthorizationStatus::as_str);
        let parameters = [
            ("account_number", query.account_number.map(|number| number.to_string())),
            ("transaction_type", kind.map(str::to_owned)),
            ("authorization_status", status.map(str::to_owned)),
            ("creation_date_from", query.creation_date_from.clone()),
            ("creation_date_to", query.creation_date_to.clone()),
            ("page_number", query.page_number.map(|number| number.to_string())),
            ("page_size", query.page_size.map(|size| size.to_string())),
        ];
        self.get("/authorizations", parameters).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_where_the_records_do() {
        for (number, size, total, next) in [
            (1, 10, 0, None),
            (1, 10, 10, None),
            (1, 10, 11, Some(2)),
            (2, 10, 20, None),
            (100, 100, 10_000, None),
            (99, 100, 10_000, Some(100)),
            (1, 0, 7, None),
            (u32::MAX, u32::MAX, u64::MAX, None),
        ] {
            assert_eq!(next_page(number, size, total), next, "{number} {size} {total}");
        }
    }
}
