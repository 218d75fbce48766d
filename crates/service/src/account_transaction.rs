//! Payments at a till: deposits, payments and trade-ins.

use domain::audit::Outcome;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, AccountStatus, CardNumber, CustomerNumber};
use domain::purchase::{Payment, Refusal};
use store::Access;
use store::credit_account::AccountKey;
use store::ledger::CreditClass;

use crate::account_book::{Note, Till};
use crate::authorization::{check_location, merchant_of};
use crate::credit_account::subject;
use crate::idempotency::{Idempotency, Operation};
use crate::information::FlowCaller;
use crate::onboarding::Answer;
use crate::purchase_error::{Missing, PurchaseError};
use crate::refund::CreditView;
use crate::verification::{Proof, check_proof, use_code};
use crate::{Context, Core};

/// How an account is named: by one of its numbers, or by several that must be of the same one.
#[derive(Clone, Default)]
pub struct AccountNames {
    /// Its own number.
    pub account: Option<AccountNumber>,
    /// That of its card.
    pub card: Option<CardNumber>,
    /// That of its customer.
    pub customer: Option<CustomerNumber>,
}

/// What a customer pays.
#[derive(Clone)]
pub struct PaymentRequest {
    /// On which account.
    pub account: AccountNames,
    /// How.
    pub payment: Payment,
    /// How much.
    pub amount: Cents,
    /// How the customer was verified.
    pub proof: Proof,
    /// Where and by whom.
    pub till: Till,
}

impl Core {
    /// Takes a payment of a customer at a till.
    ///
    /// # Errors
    /// [`PurchaseError`].
    pub async fn pay_account(
        &self,
        caller: &FlowCaller,
        asked: &PaymentRequest,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CreditView>, PurchaseError> {
        let request = caller.request(Operation::PayAccount, idempotency.clone());
        if let Some(kept) = self.repeat_of(request.as_ref()).await? {
            return Ok(kept);
        }
        // An account that is not there is told before the code is looked at.
        self.account_named(&mut self.db().reader().await?, caller, &asked.account).await?;
        check_proof(caller, &asked.proof)?;
        self.pay_proved(caller, asked, asked.proof.clone(), idempotency, context).await
    }

    /// The same of a customer who was verified elsewhere.
    ///
    /// # Errors
    /// [`PurchaseError`].
    pub async fn pay_verified(
        &self,
        caller: &FlowCaller,
        asked: &PaymentRequest,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CreditView>, PurchaseError> {
        self.pay_proved(caller, asked, Proof::default(), idempotency, context).await
    }

    /// The code of the proof, where there is one, has to be right.
    async fn pay_proved(
        &self,
        caller: &FlowCaller,
        asked: &PaymentRequest,
        proof: Proof,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CreditView>, PurchaseError> {
        let request = caller.request(Operation::PayAccount, idempotency);
        let mut reader = self.db().reader().await?;
        let key = self.account_named(&mut reader, caller, &asked.account).await?;
        check_location(&mut reader, caller, &asked.till).await?;
        drop(reader);
        let (action, subject) = (Operation::PayAccount.name(), subject(key.number));
        let detail = format!("{} of {}", asked.payment.name(), asked.amount);
        let record = context.record(self, caller.partner, action, subject, Outcome::Done, detail);
        let (core, caller, asked) = (self.clone(), *caller, asked.clone());
        self.move_account(key, request, move |book, tx| {
            let (core, till, record) = (core.clone(), asked.till.clone(), record.clone());
            let (payment, amount, proof) = (asked.payment, asked.amount, proof.clone());
            Box::pin(async move {
                let code = core.check_code(tx, book, (&caller, &proof, None), &record).await?;
                // Who owes something may pay it, whatever else the account is barred from.
                if book.state()?.status() == AccountStatus::Closed {
                    return Err(Refusal::UserNotActive.into());
                }
                book.expire_due(tx).await?;
                let paid = book.credited_in_a_day(tx, CreditClass::Payment).await?;
                let before = book.book();
                let done = payment.pay(&before, amount, paid, &core.settings().purchase.limits)?;
                let interest = before.balances.interest - done.book.balances.interest;
                let note = Note { client: Some(caller.client), subject: String::new(), till };
                let (movement, ()) = book.post(tx, done, note).await?;
                use_code(tx, book, code).await?;
                book.credit(tx, CreditClass::Payment, movement, amount).await?;
                store::audit::insert(tx, &record).await?;
                Ok(CreditView::of(book, movement, amount, interest))
            })
        })
        .await
    }

    /// The account that is named, of the lender of the merchant that calls.
    pub(crate) async fn account_named(
        &self,
        db: &mut impl Access,
        caller: &FlowCaller,
        names: &AccountNames,
    ) -> Result<AccountKey, PurchaseError> {
        const NONE: PurchaseError = PurchaseError::NotFound(Missing::Account);
        let lender = (caller.partner, merchant_of(db, caller).await?.row.lends_on());
        let mut found: Option<AccountKey> = None;
        let mut same = |key: AccountKey| match found {
            Some(other) if other != key => Err(PurchaseError::CardMismatch),
            _ => {
                found = Some(key);
                Ok(())
            }
        };
        if let Some(number) = names.account {
            let key = AccountKey { partner: lender.0, lender: lender.1, number };
            same(store::account_book::by_number(db, key).await?.ok_or(NONE)?.key())?;
        }
        if let Some(card) = &names.card {
            let row = store::credit_account::by_card(db, lender, &self.card_hash(card)).await?;
            same(row.ok_or(NONE)?.key())?;
        }
        if let Some(customer) = names.customer {
            let row = store::credit_account::by_customer(db, lender, customer.get()).await?;
            same(row.ok_or(NONE)?.key())?;
        }
        found.ok_or(NONE)
    }
}
