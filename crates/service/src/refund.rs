//! Refunds: a merchant credits an account without naming a capture.

use domain::audit::Outcome;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, CardNumber};
use serde::{Deserialize, Serialize};
use store::credit_account::AccountKey;
use store::ledger::CreditClass;

use crate::account_book::{Note, Till};
use crate::authorization::{check_location, merchant_of};
use crate::credit_account::subject;
use crate::idempotency::{Idempotency, Operation};
use crate::information::FlowCaller;
use crate::onboarding::Answer;
use crate::purchase_error::PurchaseError;
use crate::{Context, Core};

/// What a merchant gives back.
#[derive(Clone)]
pub struct RefundRequest {
    /// The account.
    pub account: AccountNumber,
    /// The amount.
    pub amount: Cents,
    /// The card, where it is given; it must be of the account.
    pub card: Option<CardNumber>,
    /// The capture that it is for, as the merchant says: any number, since it need not be one of ours.
    pub capture: Option<i64>,
    /// Where and by whom.
    pub till: Till,
}

/// What an account has come to by a refund or a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditView {
    /// The account.
    pub account: i64,
    /// The place of the movement among those of the account.
    pub movement: i64,
    /// The amount.
    pub amount: Cents,
    /// What of it paid interest.
    pub interest_paid: Cents,
    /// What is owed in all after it; below zero where the customer has a credit.
    pub balance: Cents,
    /// What may be bought for after it.
    pub available_credit: Cents,
    /// When it was made.
    pub at: domain::Timestamp,
}

impl Core {
    /// Credits an account with what a merchant gives back.
    ///
    /// # Errors
    /// [`PurchaseError`].
    pub async fn refund(
        &self,
        caller: &FlowCaller,
        asked: &RefundRequest,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CreditView>, PurchaseError> {
        let request = caller.request(Operation::Refund, idempotency);
        if let Some(kept) = self.repeat_of(request.as_ref()).await? {
            return Ok(kept);
        }
        let mut reader = self.db().reader().await?;
        let lender = merchant_of(&mut reader, caller).await?.row.lends_on();
        let key = AccountKey { partner: caller.partner, lender, number: asked.account };
        self.check_card(&mut reader, key, asked.card.as_ref()).await?;
        check_location(&mut reader, caller, &asked.till).await?;
        drop(reader);
        let (action, subject) = (Operation::Refund.name(), subject(key.number));
        let detail = format!("refunded {}", asked.amount);
        let record = context.record(self, caller.partner, action, subject, Outcome::Done, detail);
        let (core, caller, asked) = (self.clone(), *caller, asked.clone());
        self.move_account(key, request, move |book, tx| {
            let (core, asked, record) = (core.clone(), asked.clone(), record.clone());
            let amount = asked.amount;
            Box::pin(async move {
                book.expire_due(tx).await?;
                let refunded = book.credited_in_a_day(tx, CreditClass::Refund).await?;
                let done = book.book().refund(amount, refunded, &core.settings().purchase.limits)?;
                let subject = asked.capture.map(|capture| format!("capture:{capture}")).unwrap_or_default();
                let note = Note { client: Some(caller.client), subject: subject.clone(), till: asked.till.clone() };
                let (movement, ()) = book.post(tx, done, note).await?;
                core.keep_sku_data(tx, book, subject, asked.till.sku_data.as_ref()).await?;
                book.credit(tx, CreditClass::Refund, movement, amount).await?;
                store::audit::insert(tx, &record).await?;
                Ok(CreditView::of(book, movement, amount, Cents::ZERO))
            })
        })
        .await
    }
}

impl CreditView {
    pub(crate) fn of(
        book: &crate::account_book::TakenBook,
        movement: i64,
        amount: Cents,
        interest_paid: Cents,
    ) -> Self {
        let balances = book.book().balances_now();
        Self {
            account: book.row().number,
            movement,
            amount,
            interest_paid,
            balance: balances.principal + balances.interest,
            available_credit: balances.available(),
            at: book.now(),
        }
    }
}
