//! On whose book a merchant lends: its own, or that of another merchant of its partner, whose accounts it then shares.

use domain::audit::Outcome;
use store::merchant::{KnownMerchant, MerchantRow};
use store::{Access, StoreError, Tx};

use crate::merchant::{Merchant, found, subject};
use crate::{AdminError, Context, Core};

impl Core {
    /// Lets a merchant lend on the book of another one of its partner, or on its own again where `lender` is its own `client_id`. The accounts
    /// of a book stay on it, so a merchant that has opened some on its own, or on whose book others lend, can't leave it; nor can one leave any
    /// while an application to it waits, whose account it would not reach.
    ///
    /// # Errors
    /// When there is no such merchant, the lender is of another partner, is revoked or lends on another's book itself, the merchant can't
    /// leave the book that it lends on, or the database fails.
    pub async fn set_lender(&self, client_id: &str, lender: &str, context: &Context) -> Result<Merchant, AdminError> {
        let (core, context) = (self.clone(), context.clone());
        let (id, lender) = (client_id.to_owned(), lender.to_owned());
        let now = self.now();
        self.db()
            .take(move |tx| {
                let (core, context, id, lender) = (core.clone(), context.clone(), id.clone(), lender.clone());
                Box::pin(async move {
                    take_both(tx, [&id, &lender]).await?;
                    // As they are now that nobody else changes them.
                    let known = found(tx, &id).await?;
                    let to = if lender == id { known.clone() } else { found(tx, &lender).await? };
                    if known.row.lends_on() == to.row.client {
                        return Ok(());
                    }
                    // Before the accounts are looked at: of one that is decided meanwhile there is one then.
                    check_applications(tx, &known).await?;
                    if known.row.client != to.row.client {
                        check_lender(&known.row, &to)?;
                        check_own_book(tx, &known).await?;
                    }
                    let is_own = known.row.client == to.row.client;
                    let row = MerchantRow {
                        lender: (!is_own).then_some(to.row.client.0),
                        changed_at: Some(now.micros()),
                        ..known.row
                    };
                    store::merchant::update(tx, &row).await?;
                    let (of, detail) = (subject(row.client), format!("lends on the book of {}", to.oauth_client_id));
                    let record = context.record(&core, row.partner, "merchant.lender", of, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await.map_err(AdminError::from)
                })
            })
            .await?;
        self.show_merchant(client_id).await
    }
}

/// Takes the rows of two merchants, in the same order whichever is which, so that nobody changes their lenders, or takes an application for
/// one of them, until the end of this transaction.
async fn take_both(tx: &mut Tx, ids: [&str; 2]) -> Result<(), AdminError> {
    let mut places = Vec::new();
    for id in ids {
        let row = found(tx, id).await?.row;
        places.push((row.partner, row.client));
    }
    places.sort_unstable_by_key(|(partner, client)| (partner.0, client.0));
    places.dedup();
    for place in places {
        store::merchant::take(tx, place).await?;
    }
    Ok(())
}

/// Whether no application of the merchant waits.
async fn check_applications(db: &mut impl Access, known: &KnownMerchant) -> Result<(), AdminError> {
    if store::credit_application::is_pending_at(db, (known.row.partner, known.row.client)).await? {
        return Err(AdminError::State(format!(
            "applications to the book that merchant {} lends on now are pending: decide them first",
            known.oauth_client_id
        )));
    }
    Ok(())
}

fn check_lender(merchant: &MerchantRow, lender: &KnownMerchant) -> Result<(), AdminError> {
    let id = &lender.oauth_client_id;
    if lender.row.partner != merchant.partner {
        return Err(AdminError::State(format!("merchant {id} is another partner's: a lender is of the same partner")));
    }
    if lender.revoked_at.is_some() {
        return Err(AdminError::State(format!("merchant {id} is revoked and lends to nobody")));
    }
    if lender.row.lends_on() != lender.row.client {
        return Err(AdminError::State(format!("merchant {id} lends on another's book itself: name that one")));
    }
    Ok(())
}

/// Whether nothing keeps a merchant on its own book.
async fn check_own_book(db: &mut impl Access, known: &KnownMerchant) -> Result<(), AdminError> {
    let (id, book) = (&known.oauth_client_id, (known.row.partner, known.row.client));
    if store::credit_account::is_on_book(db, book).await? {
        return Err(AdminError::State(format!("merchant {id} has accounts on its own book, which it would lose")));
    }
    if store::merchant::lends_to_others(db, book).await? {
        return Err(AdminError::State(format!(
            "other merchants lend on the book of {id}: give them another lender first"
        )));
    }
    Ok(())
}

/// The `client_id` of the merchant on whose book this one lends.
pub(crate) async fn lender_of(db: &mut impl Access, row: &MerchantRow) -> Result<Option<String>, StoreError> {
    if row.lends_on() == row.client {
        return Ok(None);
    }
    let lender = store::merchant::by_client(db, row.partner, row.lends_on()).await?;
    let lender = lender.ok_or_else(|| StoreError::unreadable("merchant.lender_id", "it is no merchant"))?;
    Ok(Some(lender.oauth_client_id))
}
