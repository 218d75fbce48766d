//! What a merchant has captured, page by page.

use serde::Deserialize;

use super::authorizations::next_page;
use super::capture::Capture;
use super::error::PosError;
use super::flow::Flow;

/// What [`Flow::captures`] is asked for: by default all, 10 at a time. Days are those of UTC, `YYYY-MM-DD`, and both are included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureQuery {
    /// Only of this account.
    pub account_number: Option<u64>,
    /// Only of this authorization.
    pub authorization_id: Option<u64>,
    /// Only those of this day or later.
    pub capture_date_from: Option<String>,
    /// Only those of this day or earlier.
    pub capture_date_to: Option<String>,
    /// Which page, from 1.
    pub page_number: Option<u32>,
    /// How many on a page: 1 to 100.
    pub page_size: Option<u32>,
}

/// A page of captures, the newest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CapturePage {
    /// The captures.
    pub captures: Vec<Capture>,
    /// Which page it is, from 1.
    pub page_number: u32,
    /// How many a page has at most.
    pub page_size: u32,
    /// How many there are on all pages; 10,000 when there are more. For older ones name days.
    pub total_records: u64,
}

impl CapturePage {
    /// The `page_number` of the next page; `None` at the end.
    #[must_use]
    pub fn next_page(&self) -> Option<u32> {
        next_page(self.page_number, self.page_size, self.total_records)
    }
}

impl Flow {
    /// A page of the merchant's captures, the newest first, as [`Flow::authorizations`]. With the scope `merchant`.
    ///
    /// # Errors
    /// [`PosError::WrongInputs`] names every part of the query that is wrong.
    pub async fn captures(&self, query: &CaptureQuery) -> Result<CapturePage, PosError> {
        let parameters = [
            ("account_number", query.account_number.map(|number| number.to_string())),
            ("authorization_id", query.authorization_id.map(|id| id.to_string())),
            ("capture_date_from", query.capture_date_from.clone()),
            ("capture_date_to", query.capture_date_to.clone()),
            ("page_number", query.page_number.map(|number| number.to_string())),
            ("page_size", query.page_size.map(|size| size.to_string())),
        ];
        self.get("/captures", parameters).await
    }
}
