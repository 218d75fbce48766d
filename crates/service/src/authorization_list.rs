//! What a merchant has had authorized: one, with its captures, and lists.

use domain::Timestamp;
use domain::credit_account::AccountNumber;
use domain::purchase::{AuthorizationId, AuthorizationState};
use store::authorization::AuthorizationFilter;
use store::credit_account::AccountKey;
use store::{Access, StoreError};

use crate::Core;
use crate::authorization::{AuthorizationView, found};
use crate::capture::CaptureView;
use crate::information::FlowCaller;
use crate::purchase_error::PurchaseError;

/// The most captures of an authorization that are shown with it.
const MOST_CAPTURES: i64 = 500;

/// The most records of a list that are counted.
pub const MOST_COUNTED: i64 = 10_000;

/// A page of a list, with how many records there are in all, counted up to [`MOST_COUNTED`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedPage<T> {
    /// The records of the page.
    pub records: Vec<T>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Which authorizations a merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationsWanted {
    /// Of this account only.
    pub account: Option<AccountNumber>,
    /// Of this `transaction_type` only.
    pub transaction_type: Option<&'static str>,
    /// Those that stand so only.
    pub state: Option<AuthorizationState>,
    /// Made at this time or later.
    pub from: Timestamp,
    /// Made before this time.
    pub until: Timestamp,
}

impl Core {
    /// An authorization of a merchant, with its captures.
    ///
    /// # Errors
    /// [`PurchaseError::NotFound`], and when the database fails.
    pub async fn authorization_of(
        &self,
        caller: &FlowCaller,
        id: AuthorizationId,
    ) -> Result<AuthorizationView, PurchaseError> {
        let mut reader = self.db().reader().await?;
        let row = found(&mut reader, caller, id).await?;
        let captures = store::capture::of_authorization(&mut reader, caller.merchant(), id, MOST_CAPTURES).await?;
        let now = self.now();
        let mut view = AuthorizationView::of(&row, now)?;
        view.captures =
            captures.iter().map(|capture| CaptureView::of(capture, &row, now)).collect::<Result<_, StoreError>>()?;
        Ok(view)
    }

    /// A page of the authorizations of a merchant, the newest first: `size` of them after the first `skipped`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn authorizations(
        &self,
        caller: &FlowCaller,
        wanted: &AuthorizationsWanted,
        (size, skipped): (u32, u32),
    ) -> Result<CountedPage<AuthorizationView>, StoreError> {
        let now = self.now();
        let mut reader = self.db().reader().await?;
        let filter = AuthorizationFilter {
            account: account_of(&mut reader, caller, wanted.account).await?,
            transaction_type: wanted.transaction_type,
            state: wanted.state,
            from: wanted.from,
            until: wanted.until,
            now,
        };
        let total = store::authorization::count(&mut reader, caller.merchant(), &filter, MOST_COUNTED).await?;
        let page = (i64::from(size), i64::from(skipped));
        let rows = store::authorization::page(&mut reader, caller.merchant(), &filter, page).await?;
        let records = rows.iter().map(|row| AuthorizationView::of(row, now)).collect::<Result<_, StoreError>>()?;
        Ok(CountedPage { records, total })
    }
}

/// The account of this number of the lender of the merchant that calls, where one is named.
pub(crate) async fn account_of(
    db: &mut impl Access,
    caller: &FlowCaller,
    number: Option<AccountNumber>,
) -> Result<Option<AccountKey>, StoreError> {
    let Some(number) = number else { return Ok(None) };
    let merchant = store::merchant::by_client(db, caller.partner, caller.client).await?;
    let lender = merchant.map_or(caller.client, |known| known.row.lends_on());
    Ok(Some(AccountKey { partner: caller.partner, lender, number }))
}
