//! The customers of a lender, for its merchants: searched by name, looked up by a number, and their accounts closed.

use domain::Timestamp;
use domain::applicant::CanadianPostalCode;
use domain::audit::Outcome;
use domain::calendar::CalendarDate;
use domain::cents::Cents;
use domain::credit_account::{
    AccountHolder, AccountNumber, AccountState, AccountStatus, Balances, CardNumber, CustomerNumber, RiskRating,
    StatusReason,
};
use domain::identifier::{ClientIdentifier, MerchantId, PartnerId};
use domain::identity::Identity;
use domain::oauth_token::Scope;
use domain::reference_data::Province;
use store::credit_account::{AccountKey, CreditAccountRow};
use store::{Access, StoreError};

use crate::account_book::TakenBook;
use crate::credit_account::{rating_of, state_of, subject};
use crate::information::FlowCaller;
use crate::{Context, Core};

/// The most accounts that a search finds: those of people of one name who were born on one day.
const MOST_FOUND: i64 = 100;

/// An account and whose it is.
#[derive(Clone, Debug)]
pub struct Customer {
    /// `account_number`.
    pub account_number: AccountNumber,
    /// `customer_id`.
    pub customer_number: CustomerNumber,
    /// `account_type`.
    pub account_type: String,
    /// `account_status` and `account_status_reason_code`.
    pub state: AccountState,
    /// `risk_rating`.
    pub rating: RiskRating,
    /// What is owed and free.
    pub balances: Balances,
    /// `card_ending_in`.
    pub card_ending: String,
    /// `originating_merchant_id`: of the merchant that took the application.
    pub originating_merchant: MerchantId,
    /// `originating_merchant_name`.
    pub originating_merchant_name: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Whose it is.
    pub holder: AccountHolder,
}

/// Whom a search is for.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomerSearch {
    /// The first name, however it is typed.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The day of birth.
    pub dob: CalendarDate,
    /// Where the person lives, if that is to tell people of one name apart.
    pub postal_code: Option<CanadianPostalCode>,
}

impl std::fmt::Debug for CustomerSearch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CustomerSearch(…)")
    }
}

/// By what a customer is looked up.
#[derive(Clone)]
pub enum CustomerKey {
    /// `vcc_number`.
    Card(CardNumber),
    /// `account_number`.
    Account(AccountNumber),
    /// `customer_id`.
    Customer(CustomerNumber),
}

/// Why a customer is not shown to a till that is about to sell.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// There is none, or one of another lender.
    #[error("there is no such customer")]
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

/// Why an account was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// There is none, or one of another lender; or the token is of the scope `customer`, and the account is not its customer's.
    #[error("there is no such account")]
    NotFound,
    /// The customer does not live in Quebec.
    #[error("the account is none of Quebec")]
    NotInQuebec,
    /// It is frozen or charged off, which only the lender may change.
    #[error("the account is frozen or charged off")]
    NotActive,
    /// Something is owed or held.
    #[error("something is owed or held")]
    Owed {
        /// What is owed, interest included.
        owed: Cents,
        /// What open authorizations hold.
        held: Cents,
    },
    /// More was paid than was owed.
    #[error("the customer has a credit of {credit}")]
    InCredit {
        /// What is the customer's.
        credit: Cents,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Core {
    /// The accounts of everybody of this name and day of birth with the merchant's lender, in whatever state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn search_customers(
        &self,
        (partner, client): (PartnerId, ClientIdentifier),
        search: &CustomerSearch,
    ) -> Result<Vec<Customer>, StoreError> {
        let lender = self.merchant_row(partner, client).await?.lends_on();
        let hash = self.identity_hash(&Identity::of(&search.first_name, &search.last_name, search.dob));
        let mut reader = self.db().reader().await?;
        let rows = store::credit_account::by_identity(&mut reader, (partner, lender), &hash, MOST_FOUND).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let customer = self.customer(&mut reader, row).await?;
            if search.postal_code.as_ref().is_none_or(|code| *code == customer.holder.address.postal_code) {
                found.push(customer);
            }
        }
        Ok(found)
    }

    /// A customer who may buy now, of the merchant's lender.
    ///
    /// # Errors
    /// [`LookupError`].
    pub async fn look_up_customer(
        &self,
        (partner, client): (PartnerId, ClientIdentifier),
        key: &CustomerKey,
    ) -> Result<Customer, LookupError> {
        let lender = self.merchant_row(partner, client).await?.lends_on();
        let mut reader = self.db().reader().await?;
        let row = match key {
            CustomerKey::Card(card) => {
                let hash = self.card_hash(card);
                store::credit_account::by_card(&mut reader, (partner, lender), &hash).await?
            }
            CustomerKey::Account(number) => {
                let key = AccountKey { partner, lender, number: *number };
                store::credit_account::by_number(&mut reader, key).await?
            }
            CustomerKey::Customer(number) => {
                store::credit_account::by_customer(&mut reader, (partner, lender), number.get()).await?
            }
        };
        let row = row.ok_or(LookupError::NotFound)?;
        let state = state_of(&row)?;
        if state.status() == AccountStatus::Closed {
            return Err(LookupError::NotActive);
        }
        if !state.may_buy() {
            return Err(LookupError::NotAbleToPurchase);
        }
        Ok(self.customer(&mut reader, row).await?)
    }

    async fn customer(&self, db: &mut impl Access, row: CreditAccountRow) -> Result<Customer, StoreError> {
        let originating = store::merchant::by_client(db, row.partner, row.client).await?;
        let originating =
            originating.ok_or_else(|| StoreError::unreadable("credit_account.client_id", "its merchant is gone"))?.row;
        Ok(Customer {
            account_number: row.key().number,
            customer_number: CustomerNumber::of_stored(row.customer_number),
            state: state_of(&row)?,
            rating: rating_of(&row)?,
            balances: self.balances_now(db, row.key(), (row.balances(), row.holds_until)).await?,
            originating_merchant: originating.merchant,
            originating_merchant_name: originating.name,
            created_at: row.created_at,
            holder: self.holder_of(&row)?,
            account_type: row.account_type,
            card_ending: row.card_ending,
        })
    }

    /// Closes an account of Quebec on which nothing is owed, held or left to the customer. One that is closed stays so.
    ///
    /// A token of the scope `customer` is in a browser: it closes only the account that its own family applied for, or has proved its own in
    /// the widget.
    ///
    /// # Errors
    /// [`CloseError`].
    pub async fn close_account(
        &self,
        caller: FlowCaller,
        number: AccountNumber,
        context: &Context,
    ) -> Result<(), CloseError> {
        let lender = self.merchant_row(caller.partner, caller.client).await?.lends_on();
        let key = AccountKey { partner: caller.partner, lender, number };
        let (core, now) = (self.clone(), self.now());
        let record = context.record(self, caller.partner, "credit_account.close", subject(number), Outcome::Done, "");
        self.db()
            .take(move |tx| {
                let (core, record) = (core.clone(), record.clone());
                // A refusal is no error of the transaction: that would have SQLite run the whole group of writes again.
                Box::pin(async move {
                    let Some(mut book) = TakenBook::take(tx, key, now).await? else {
                        return Ok(Err(CloseError::NotFound));
                    };
                    if caller.scope == Scope::Customer
                        && !store::credit_application::opened_by_family(tx, key, caller.family).await?
                        && !core.has_proved(tx, caller, key).await?
                    {
                        return Ok(Err(CloseError::NotFound));
                    }
                    if book.row().province != Province::Quebec.as_str() {
                        return Ok(Err(CloseError::NotInQuebec));
                    }
                    match book.state()?.status() {
                        AccountStatus::Closed => return Ok(Ok(())),
                        AccountStatus::Frozen | AccountStatus::ChargedOff => return Ok(Err(CloseError::NotActive)),
                        AccountStatus::Normal | AccountStatus::AuthorizationProhibited => {}
                    }
                    book.post_interest(tx, core.regular_rate()).await?;
                    book.expire_due(tx).await?;
                    let (settled, closed_at) = (check_settled(&book.book().balances_now()), book.now());
                    // What was due on the account is done, also where it is not closed.
                    book.keep(tx).await?;
                    if settled.is_ok() {
                        let to = (AccountStatus::Closed.code(), StatusReason::CLOSED_QUEBEC.code());
                        store::credit_account::keep_state(tx, key, to, closed_at, Some(closed_at.micros())).await?;
                        store::audit::insert(tx, &record).await?;
                    }
                    Ok::<_, CloseError>(settled)
                })
            })
            .await?
    }
}

/// Whether nothing is owed, held or left to the customer, who could not get at it on a closed account.
fn check_settled(balances: &Balances) -> Result<(), CloseError> {
    if !balances.is_settled() {
        let owed = balances.principal.max(Cents::ZERO) + balances.interest.max(Cents::ZERO);
        return Err(CloseError::Owed { owed, held: balances.held });
    }
    if balances.principal.is_negative() {
        return Err(CloseError::InCredit { credit: -balances.principal });
    }
    Ok(())
}
