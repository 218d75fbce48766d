//! The operator changes the state of a credit account: prohibits, freezes or charges it off, and lets it buy again.

use domain::audit::Outcome;
use domain::credit_account::{AccountNumber, AccountState, AccountStatus};
use store::credit_account::AccountKey;

use crate::account_book::TakenBook;
use crate::credit_account::subject;
use crate::{AdminError, Context, Core};

impl Core {
    /// Gives an account another state; `lender` is the `client_id` of the merchant on whose book it is, needed where lenders have the same
    /// number. What is owed stays owed and bears interest, and what was authorized can still be captured. An account is closed by its customer
    /// (`close`), for good.
    ///
    /// # Errors
    /// When there is no such account, or several; when it is closed or is to be; when the database fails.
    pub async fn set_account_state(
        &self,
        number: AccountNumber,
        lender: Option<&str>,
        to: AccountState,
        context: &Context,
    ) -> Result<AccountState, AdminError> {
        if to.status() == AccountStatus::Closed {
            let why = "an account is closed by its customer, for good: freeze it with F and one of its reasons";
            return Err(AdminError::State(why.to_owned()));
        }
        let key = self.account_of(number, lender).await?;
        let (core, context, now) = (self.clone(), context.clone(), self.now());
        self.db()
            .take(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let none = || AdminError::NotFound(format!("account {number}"));
                    let mut book = TakenBook::take(tx, key, now).await?.ok_or_else(none)?;
                    let before = book.state()?;
                    if before.status() == AccountStatus::Closed {
                        return Err(AdminError::State(format!("account {number} is closed, for good")));
                    }
                    if before == to {
                        return Ok(to);
                    }
                    // With what was due until now, so that the account is never changed before its last movement.
                    book.post_interest(tx, core.regular_rate()).await?;
                    let at = book.now();
                    book.keep(tx).await?;
                    let codes = (to.status().code(), to.reason().code());
                    store::credit_account::keep_state(tx, key, codes, at, None).await?;
                    let detail = format!("{before} to {to}");
                    let action = "credit_account.set_state";
                    let record = context.record(&core, key.partner, action, subject(number), Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(to)
                })
            })
            .await
    }

    /// The one account of this number, of this lender where one is named.
    async fn account_of(&self, number: AccountNumber, lender: Option<&str>) -> Result<AccountKey, AdminError> {
        let mut reader = self.db().reader().await?;
        if let Some(lender) = lender {
            let merchant = crate::merchant::found(&mut reader, lender).await?.row;
            let key = AccountKey { partner: merchant.partner, lender: merchant.client, number };
            let row = store::account_book::by_number(&mut reader, key).await?;
            return row
                .map(|row| row.key())
                .ok_or_else(|| AdminError::NotFound(format!("account {number} of {lender}")));
        }
        let rows = store::account_book::of_number(&mut reader, number).await?;
        match rows.as_slice() {
            [] => Err(AdminError::NotFound(format!("account {number}"))),
            [row] => Ok(row.key()),
            _ => Err(AdminError::State(format!("several lenders have an account {number}: say which with --lender"))),
        }
    }
}
