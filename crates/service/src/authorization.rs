//! Authorizations: a merchant has credit held for a purchase, gives it up, and looks at what is held.

use std::time::Duration;

use domain::Timestamp;
use domain::audit::Outcome;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, Balances, CardNumber};
use domain::identifier::ClientIdentifier;
use domain::purchase::{
    Authorization, AuthorizationId, AuthorizationState, CaptureId, Financing, MOST_OPEN, Purchase, Refusal,
};
use serde::{Deserialize, Serialize};
use store::authorization::{AuthorizationFilter, AuthorizationRow};
use store::credit_account::AccountKey;
use store::merchant::KnownMerchant;
use store::{Access, StoreError, Tx};

use crate::account_book::{Note, TakenBook, Till, lapsed};
use crate::capture::{CaptureView, capture_part};
use crate::idempotency::{Idempotency, Operation};
use crate::information::FlowCaller;
use crate::onboarding::Answer;
use crate::purchase_error::{Missing, PurchaseError};
use crate::verification::{Proof, check_proof, use_code};
use crate::widget::use_widget;
use crate::{AdminError, Context, Core};

/// How many identifiers are drawn for a record: another is taken where the merchant has one of the first.
pub(crate) const CANDIDATES: usize = 8;

/// The most captures of an authorization that are shown with it.
const MOST_CAPTURES: i64 = 500;

/// The most records of a list that are counted.
pub const MOST_COUNTED: i64 = 10_000;

/// A purchase that a merchant asks to have authorized.
#[derive(Clone)]
pub struct AuthorizationRequest {
    /// The account.
    pub account: AccountNumber,
    /// The card, where it is given; it must be of the account.
    pub card: Option<CardNumber>,
    /// How it is paid.
    pub financing: Financing,
    /// The amount, without the finance charge.
    pub amount: Cents,
    /// Whether all of it is captured at once.
    pub auto_capture: bool,
    /// How the customer was verified.
    pub proof: Proof,
    /// Where and by whom.
    pub till: Till,
}

/// An authorization as a merchant sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationView {
    /// Its identifier.
    pub authorization: i64,
    /// The account.
    pub account: i64,
    /// How it stands.
    pub status: String,
    /// `regular_purchase` or `promotional_purchase`.
    pub transaction_type: String,
    /// The plan.
    pub plan: Option<i64>,
    /// The term in months.
    pub term: Option<i64>,
    /// The amount, without the finance charge.
    pub amount: Cents,
    /// The finance charge of the whole amount.
    pub finance_charge: Cents,
    /// What was captured.
    pub captured: Cents,
    /// What was released.
    pub released: Cents,
    /// What may still be captured.
    pub remaining: Cents,
    /// The merchant's order.
    pub reference: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it may be captured.
    pub expires_at: Timestamp,
    /// Its captures, the oldest first: where they were asked for.
    pub captures: Vec<CaptureView>,
    /// What may be bought for on the account: where it was just moved.
    pub available_credit: Option<Cents>,
}

impl AuthorizationView {
    pub(crate) fn of(row: &AuthorizationRow, now: Timestamp) -> Result<Self, StoreError> {
        let it = row.authorization()?;
        Ok(Self {
            authorization: row.authorization.0,
            account: row.number,
            status: it.state_at(now).name().to_owned(),
            transaction_type: row.transaction_type.clone(),
            plan: row.plan,
            term: row.term,
            amount: it.amount,
            finance_charge: it.charge.total(),
            captured: it.captured,
            released: it.released,
            remaining: it.remaining_at(now),
            reference: row.reference.clone(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            captures: Vec::new(),
            available_credit: None,
        })
    }
}

/// A page of a list, with how many records there are in all, counted up to [`MOST_COUNTED`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedPage<T> {
    /// The records of the page.
    pub records: Vec<T>,
    /// How many there are on all pages.
    pub total: i64,
}

impl Core {
    /// Has credit held for a purchase, and captures it where that is asked for.
    ///
    /// # Errors
    /// [`PurchaseError`].
    pub async fn authorize_purchase(
        &self,
        caller: &FlowCaller,
        asked: &AuthorizationRequest,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<AuthorizationView>, PurchaseError> {
        let request = caller.request(Operation::AuthorizePurchase, idempotency);
        if let Some(kept) = self.repeat_of(request.as_ref()).await? {
            return Ok(kept);
        }
        let mut reader = self.db().reader().await?;
        let merchant = merchant_of(&mut reader, caller).await?;
        let key = AccountKey { partner: caller.partner, lender: merchant.row.lends_on(), number: asked.account };
        drop(reader);
        // Before the card is looked at, so that a browser finds out nothing of others' accounts and cards.
        if !self.is_its_customers(*caller, key).await? {
            return Err(PurchaseError::CustomerIdentityNotFound);
        }
        let mut reader = self.db().reader().await?;
        self.check_card(&mut reader, key, asked.card.as_ref()).await?;
        check_location(&mut reader, caller, &asked.till).await?;
        drop(reader);
        check_proof(caller, &asked.proof)?;
        let ids: [_; CANDIDATES] = std::array::from_fn(|_| AuthorizationId::generate(self.random()));
        let captures: [_; CANDIDATES] = std::array::from_fn(|_| CaptureId::generate(self.random()));
        let action = Operation::AuthorizePurchase.name();
        let record = context.record(self, caller.partner, action, String::new(), Outcome::Done, "");
        let (core, caller, asked, merchant) = (self.clone(), *caller, asked.clone(), merchant.oauth_client_id);
        let lifetime = self.settings().purchase.authorization_lifetime;
        self.move_account(key, request, move |book, tx| {
            let (core, asked, merchant, mut record) = (core.clone(), asked.clone(), merchant.clone(), record.clone());
            Box::pin(async move {
                let regular = matches!(asked.financing, Financing::Regular).then_some(asked.amount);
                let code = core.check_code(tx, book, (&caller, &asked.proof, regular), &record).await?;
                let widget = core.check_widget(tx, book, (&caller, &asked.proof)).await?;
                let (charge, earned) = core.finance_charge(&merchant, book.row(), asked.financing, asked.amount)?;
                let purchase = Purchase { financing: asked.financing, amount: asked.amount, charge, earned };
                let state = book.state()?;
                let holds = book.expire_due(tx).await?;
                let done = purchase.authorize(&book.book(), state, book.now(), lifetime)?;
                if holds.open >= MOST_OPEN {
                    return Err(Refusal::TooManyAuthorizations.into());
                }
                let mut row = add(tx, book, (caller.client, &ids), &done.outcome, asked.till.reference.clone()).await?;
                let subject = format!("authorization:{}", row.authorization);
                let note = Note { client: Some(caller.client), subject: subject.clone(), till: asked.till.clone() };
                book.post(tx, done, note).await?;
                use_code(tx, book, code).await?;
                use_widget(tx, book, widget).await?;
                let mut captured = Vec::new();
                if asked.auto_capture {
                    let capture = capture_part(tx, book, &mut row, asked.amount, &captures, &asked.till).await?;
                    captured.push(CaptureView::of(&capture, &row, book.now())?);
                }
                record.subject = subject;
                let how = if asked.auto_capture { "authorized and captured" } else { "authorized" };
                record.detail = format!("{how} {} on account {}", asked.amount, asked.account);
                store::audit::insert(tx, &record).await?;
                let mut view = AuthorizationView::of(&row, book.now())?;
                view.captures = captured;
                view.available_credit = Some(book.book().balances_now().available());
                Ok(view)
            })
        })
        .await
    }

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
                row.set(&released);
                store::authorization::keep(tx, &row).await?;
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
                    let book = TakenBook::take(tx, key, now).await?.ok_or_else(none)?;
                    let mut row = store::authorization::by_number(tx, place, id).await?.ok_or_else(none)?;
                    let withdrawn = row.authorization()?.withdraw(book.now());
                    let withdrawn = withdrawn
                        .ok_or_else(|| AdminError::State(format!("authorization {id} is not open any more")))?;
                    row.set(&withdrawn);
                    store::authorization::keep(tx, &row).await?;
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
        let captures = store::capture::of_authorization(&mut reader, row.key(), id, MOST_CAPTURES).await?;
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

    /// How many regular purchases were authorized on an account in the last 24 hours; `most` when there are more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn regular_purchases_in_a_day(&self, key: AccountKey, most: u32) -> Result<u32, StoreError> {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        let (kind, since) = (Financing::Regular.name(), self.now().before(DAY));
        let mut reader = self.db().reader().await?;
        let count = store::authorization::count_since(&mut reader, key, kind, since, i64::from(most)).await?;
        Ok(u32::try_from(count).unwrap_or(most))
    }

    /// What may be bought for on an account now: what is held by authorizations whose time is over counts no more, also before that was
    /// written down.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn available_credit(&self, key: AccountKey) -> Result<Option<Cents>, StoreError> {
        let mut reader = self.db().reader().await?;
        let Some(row) = store::account_book::by_number(&mut reader, key).await? else { return Ok(None) };
        let balances = self.balances_now(&mut reader, key, row.book().balances).await?;
        Ok(Some(balances.available()))
    }

    /// The balances of an account without what is held by authorizations whose time is over.
    pub(crate) async fn balances_now(
        &self,
        db: &mut impl Access,
        key: AccountKey,
        mut balances: Balances,
    ) -> Result<Balances, StoreError> {
        if balances.held.is_positive() {
            balances.held -= lapsed(db, key, self.now()).await?;
        }
        Ok(balances)
    }

    /// Ends authorizations whose time is over, and gives how many, in transactions each of which ends some of one account. One that was not
    /// ended yet is as ended for every reader.
    ///
    /// # Errors
    /// When the database fails. What was ended by then stays so.
    pub async fn expire_authorizations(&self) -> Result<u64, StoreError> {
        const BATCH: i64 = 200;
        let mut all = 0;
        loop {
            let now = self.now();
            let due = store::authorization::due(&mut self.db().reader().await?, now, BATCH).await?;
            let mut keys: Vec<AccountKey> = Vec::new();
            for key in due.iter().map(AuthorizationRow::key) {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
            let (rate, before) = (self.regular_rate(), all);
            for key in keys {
                let ended = self.db().take(move |tx| {
                    Box::pin(async move {
                        let Some(mut book) = TakenBook::take(tx, key, now).await? else {
                            return Ok::<_, StoreError>(0);
                        };
                        book.post_interest(tx, rate).await?;
                        let ended = book.expire_due(tx).await?.ended;
                        book.keep(tx).await?;
                        Ok(ended)
                    })
                });
                all += ended.await?;
            }
            // Others may have ended what was found here.
            if all == before {
                return Ok(all);
            }
        }
    }

    /// Whether a card is of an account, where one is given.
    pub(crate) async fn check_card(
        &self,
        db: &mut impl Access,
        key: AccountKey,
        card: Option<&CardNumber>,
    ) -> Result<(), PurchaseError> {
        let Some(card) = card else { return Ok(()) };
        let hash = self.card_hash(card);
        match store::credit_account::by_card(db, (key.partner, key.lender), &hash).await? {
            None => Err(PurchaseError::NotFound(Missing::Account)),
            Some(found) if found.key() != key => Err(PurchaseError::CardMismatch),
            Some(_) => Ok(()),
        }
    }
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

/// The merchant that calls.
pub(crate) async fn merchant_of(db: &mut impl Access, caller: &FlowCaller) -> Result<KnownMerchant, PurchaseError> {
    let found = store::merchant::by_client(db, caller.partner, caller.client).await?;
    found.ok_or(PurchaseError::NotFound(Missing::Account))
}

/// Whether the merchant has the location that is named, where one is.
pub(crate) async fn check_location(
    db: &mut impl Access,
    caller: &FlowCaller,
    till: &Till,
) -> Result<(), PurchaseError> {
    let Some(location) = &till.location else { return Ok(()) };
    let found = store::merchant_location::by_id(db, caller.partner, caller.client, location).await?;
    found.map(drop).ok_or(PurchaseError::LocationNotFound)
}

/// An authorization of the merchant that calls.
pub(crate) async fn found(
    db: &mut impl Access,
    caller: &FlowCaller,
    id: AuthorizationId,
) -> Result<AuthorizationRow, PurchaseError> {
    let found = store::authorization::by_number(db, caller.merchant(), id).await?;
    found.ok_or(PurchaseError::NotFound(Missing::Authorization))
}

/// Adds an authorization under the first of the identifiers that the merchant does not have yet.
async fn add(
    tx: &mut Tx,
    book: &TakenBook,
    (client, ids): (ClientIdentifier, &[AuthorizationId]),
    authorization: &Authorization,
    reference: Option<String>,
) -> Result<AuthorizationRow, StoreError> {
    for id in ids {
        let row = AuthorizationRow::new(book.key(), (client, *id), authorization, reference.clone(), book.now());
        if store::authorization::insert(tx, &row).await? {
            return Ok(row);
        }
    }
    Err(StoreError::unreadable("credit_authorization", "none of the identifiers that were drawn is free"))
}
