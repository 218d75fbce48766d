//! Authorizations in the operator's hands: withdrawn, so that nothing more is captured.

use domain::audit::Outcome;
use domain::purchase::AuthorizationId;

use crate::account_book::TakenBook;
use crate::authorization::AuthorizationView;
use crate::{AdminError, Context, Core};

impl Core {
    /// Withdraws an authorization of a merchant, by its `client_id`: nothing more of it is captured. What it holds stays held until the
    /// merchant releases it or its time is over.
    ///
    /// # Errors
    /// When there is none, it is not open, or the database fails.
    pub async fn withdraw_authorization(
        &self,
        client_id: &str,
        id: AuthorizationId,
        context: &Context,
    ) -> Result<AuthorizationView, AdminError> {
        let (core, client_id, context, now) = (self.clone(), client_id.to_owned(), context.clone(), self.now());
        self.db()
            .take(move |tx| {
                let (core, client_id, context) = (core.clone(), client_id.clone(), context.clone());
                Box::pin(async move {
                    let merchant = crate::merchant::found(tx, &client_id).await?.row;
                    let place = (merchant.partner, merchant.client);
                    let none = || AdminError::NotFound(format!("authorization {id} of {client_id}"));
                    let key = store::authorization::by_number(tx, place, id).await?.ok_or_else(none)?.key();
                    // As it is once the account is taken.
                    let mut book = TakenBook::take(tx, key, now).await?.ok_or_else(none)?;
                    let mut row = store::authorization::by_number(tx, place, id).await?.ok_or_else(none)?;
                    let withdrawn = row.authorization()?.withdraw(book.now());
                    let withdrawn = withdrawn
                        .ok_or_else(|| AdminError::State(format!("authorization {id} is not open any more")))?;
                    book.keep_authorization(tx, &mut row, &withdrawn).await?;
                    let detail = format!("{} left on account {}", withdrawn.remaining(), key.number);
                    let subject = format!("authorization:{id}");
                    let record = context.record(
                        &core,
                        merchant.partner,
                        "authorization.withdraw",
                        subject,
                        Outcome::Done,
                        detail,
                    );
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(AuthorizationView::of(&row, book.now())?)
                })
            })
            .await
    }
}
