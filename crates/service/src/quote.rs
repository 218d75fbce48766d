//! What a purchase on an account would cost: regular, and by each plan that the customer may have (`POST …/calculate-interest` of the POS API).

use domain::cents::Cents;
use domain::credit_account::{AccountNumber, AccountStatus, Category};
use domain::lending::{Borrower, MOST_WITHOUT_CODE_IN_A_DAY, Plan, PlanQuote, RegularPurchases, goes_without_code};
use domain::oauth_token::Scope;
use domain::reference_data::Province;
use store::StoreError;
use store::credit_account::{AccountKey, CreditAccountRow};

use crate::Core;
use crate::credit_account::{rating_of, state_of};
use crate::customer::Customer;
use crate::information::FlowCaller;

/// What a purchase would cost. Nothing of it is kept.
#[derive(Clone, Debug)]
pub struct Quote<'c> {
    /// `account_number`.
    pub account_number: AccountNumber,
    /// `account_type`.
    pub account_type: String,
    /// The price.
    pub amount: Cents,
    /// `available_credit`. The price may be more.
    pub available_credit: Cents,
    /// The first name of the customer.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// `category_type`.
    pub category: Category,
    /// What all regular purchases have in common.
    pub regular: &'c RegularPurchases,
    /// Whether a regular purchase may go without a one-time code.
    pub goes_without_code: bool,
    /// The plans that the merchant offers this customer for this price.
    pub plans: Vec<PlanQuote<'c>>,
}

/// Why there is no quote.
#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    /// There is no such account, or it is another lender's; or the token is of the scope `customer`, and the account is not its customer's.
    #[error("there is no such account")]
    NotFound,
    /// The account was closed.
    #[error("the account is closed")]
    NotActive,
    /// The account may not buy now.
    #[error("the account may not buy")]
    NotAbleToPurchase,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Core {
    /// What a purchase of `amount` on an account would cost at a merchant, who is the caller and has this `client_id`.
    ///
    /// # Errors
    /// [`QuoteError`].
    pub async fn quote(
        &self,
        caller: FlowCaller,
        client_id: &str,
        number: AccountNumber,
        amount: Cents,
    ) -> Result<Quote<'_>, QuoteError> {
        let (partner, client) = (caller.partner, caller.client);
        let lender = self.merchant_row(partner, client).await?.lends_on();
        let key = AccountKey { partner, lender, number };
        let row = store::credit_account::by_number(&mut self.db().reader().await?, key).await?;
        let row = row.ok_or(QuoteError::NotFound)?;
        if !self.is_its_customers(caller, key).await? {
            return Err(QuoteError::NotFound);
        }
        let state = state_of(&row)?;
        if state.status() == AccountStatus::Closed {
            return Err(QuoteError::NotActive);
        }
        if !state.may_buy() {
            return Err(QuoteError::NotAbleToPurchase);
        }
        let borrower = borrower_of(&row)?;
        let holder = self.holder_of(&row)?;
        let recent = self.regular_purchases_in_a_day(key, MOST_WITHOUT_CODE_IN_A_DAY + 1).await?;
        let available = self.available_credit(key).await?.unwrap_or_default();
        let lending = &self.settings().lending;
        Ok(Quote {
            account_number: number,
            available_credit: available,
            account_type: row.account_type,
            amount,
            first_name: holder.first_name,
            last_name: holder.last_name,
            category: borrower.category,
            regular: lending.regular(),
            goes_without_code: goes_without_code(amount, recent),
            plans: lending.quotes(client_id, borrower, amount),
        })
    }

    /// The plans that a merchant, by its `client_id`, offers a customer, whatever is bought.
    pub fn plans_of(&self, client_id: &str, customer: &Customer) -> impl Iterator<Item = &Plan> {
        let borrower = Borrower { category: customer.rating.category(), province: customer.holder.address.province };
        self.settings().lending.plans_for(client_id, borrower)
    }

    /// Whether a caller may see whose an account of its lender is. A token of the scope `customer` is in a browser: it sees the account that it
    /// has applied for, or the tokens that it was refreshed from, and the one that its customer has proved theirs in the widget lately.
    pub(crate) async fn is_its_customers(&self, caller: FlowCaller, key: AccountKey) -> Result<bool, StoreError> {
        match caller.scope {
            Scope::Merchant => Ok(true),
            Scope::Customer => {
                let mut reader = self.db().reader().await?;
                let has_applied = store::credit_application::opened_by_family(&mut reader, key, caller.family).await?;
                Ok(has_applied || self.has_proved(&mut reader, caller, key).await?)
            }
        }
    }
}

/// What of an account decides which plans its customer may have.
///
/// # Errors
/// When what is kept of it can't be read.
pub(crate) fn borrower_of(row: &CreditAccountRow) -> Result<Borrower, StoreError> {
    let province = Province::parse(&row.province);
    let province = province.map_err(|error| StoreError::unreadable("credit_account.province", error))?;
    Ok(Borrower { category: rating_of(row)?.category(), province })
}
