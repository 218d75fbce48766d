//! Releases: a merchant gives up what it had authorized.

use domain::audit::Outcome;
use domain::cents::Cents;
use domain::purchase::AuthorizationId;

use crate::account_book::{Note, Till};
use crate::authorization::{AuthorizationView, check_location, found};
use crate::idempotency::{Idempotency, Operation};
use crate::information::FlowCaller;
use crate::onboarding::Answer;
use crate::purchase_error::PurchaseError;
use crate::{Context, Core};

impl Core {
    /// Gives up `amount` of what is held by an authorization; all that is left where none is named.
    ///
    /// # Errors
    /// [`PurchaseError`].
    pub async fn release(
        &self,
        caller: &FlowCaller,
        id: AuthorizationId,
        amount: Option<Cents>,
        till: &Till,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<AuthorizationView>, PurchaseError> {
        let request = caller.request(Operation::Release, idempotency);
        if let Some(kept) = self.repeat_of(request.as_ref()).await? {
            return Ok(kept);
        }
        let mut reader = self.db().reader().await?;
        let key = found(&mut reader, caller, id).await?.key();
        check_location(&mut reader, caller, till).await?;
        drop(reader);
        let subject = format!("authorization:{id}");
        let action = Operation::Release.name();
        let record = context.record(self, caller.partner, action, subject.clone(), Outcome::Done, "");
        let (caller, till) = (*caller, till.clone());
        self.move_account(key, request, move |book, tx| {
            let (subject, till, mut record) = (subject.clone(), till.clone(), record.clone());
            Box::pin(async move {
                book.expire_due(tx).await?;
                let mut row = found(tx, &caller, id).await?;
                let before = row.authorization()?;
                let done = before.release(&book.book(), amount, book.now())?;
                let note = Note { client: Some(caller.client), subject, till };
                let (_, released) = book.post(tx, done, note).await?;
                book.keep_authorization(tx, &mut row, &released).await?;
                record.detail =
                    format!("released {} on account {}", released.released - before.released, row.key().number);
                store::audit::insert(tx, &record).await?;
                let mut view = AuthorizationView::of(&row, book.now())?;
                view.available_credit = Some(book.book().balances_now().available());
                Ok(view)
            })
        })
        .await
    }
}
