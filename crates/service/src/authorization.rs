//! Authorizations: a merchant has credit held for a purchase.

use std::time::Duration;

use domain::Timestamp;
use domain::applicant::AccountType;
use domain::audit::Outcome;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, CardNumber};
use domain::identifier::ClientIdentifier;
use domain::lending::AnnualRate;
use domain::purchase::{Authorization, AuthorizationId, CaptureId, Financing, MOST_OPEN, Refusal};
use serde::{Deserialize, Serialize};
use store::authorization::{AuthorizationRow, Told};
use store::credit_account::AccountKey;
use store::merchant::KnownMerchant;
use store::{Access, StoreError, Tx};

use crate::account_book::{Note, TakenBook, Till};
use crate::capture::{CaptureView, capture_part};
use crate::idempotency::{Idempotency, Operation};
use crate::information::FlowCaller;
use crate::onboarding::Answer;
use crate::purchase_error::{Missing, PurchaseError};
use crate::verification::{Proof, check_proof, use_code};
use crate::widget::use_widget;
use crate::{Context, Core};

/// How many identifiers are drawn for a record: another is taken where the merchant has one of the first.
pub(crate) const CANDIDATES: usize = 8;

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
    /// The annual rate of a promotional purchase, in billionths, as it was quoted.
    #[serde(default)]
    pub annual_rate: Option<u64>,
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
            annual_rate: row.annual_rate().map(AnnualRate::billionths),
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
        if !asked.auto_capture && merchant.row.preauthorization == 0 {
            return Err(PurchaseError::AuthNotAllowed);
        }
        let ids: [_; CANDIDATES] = AuthorizationId::candidates(self.random(), self.now());
        let captures: [_; CANDIDATES] = CaptureId::candidates(self.random(), self.now());
        let action = Operation::AuthorizePurchase.name();
        let record = context.record(self, caller.partner, action, String::new(), Outcome::Done, "");
        let (core, caller, asked) = (self.clone(), *caller, asked.clone());
        let (merchant, for_businesses) = (merchant.oauth_client_id, merchant.row.business_accounts != 0);
        let lifetime = self.settings().purchase.authorization_lifetime;
        self.move_account(key, request, move |book, tx| {
            let (core, asked, merchant, mut record) = (core.clone(), asked.clone(), merchant.clone(), record.clone());
            Box::pin(async move {
                if book.row().account_type == AccountType::Business.as_str() && !for_businesses {
                    return Err(PurchaseError::AccountTypeNotPermitted);
                }
                let regular = matches!(asked.financing, Financing::Regular).then_some(asked.amount);
                let code = core.check_code(tx, book, (&caller, &asked.proof, regular), &record).await?;
                let widget = core.check_widget(tx, book, (&caller, &asked.proof)).await?;
                let financed = core.financed_purchase(&merchant, book.row(), asked.financing, asked.amount)?;
                let state = book.state()?;
                let holds = book.expire_due(tx).await?;
                let done = financed.purchase.authorize(&book.book(), state, book.now(), lifetime)?;
                if holds.open >= MOST_OPEN {
                    return Err(Refusal::TooManyAuthorizations.into());
                }
                let told = Told { annual_rate: financed.annual_rate, reference: asked.till.reference.clone() };
                let mut row = add(tx, book, (caller.client, &ids), &done.outcome, told).await?;
                let subject = format!("authorization:{}", row.authorization);
                let note = Note { client: Some(caller.client), subject: subject.clone(), till: asked.till.clone() };
                book.post(tx, done, note).await?;
                core.keep_sku_data(tx, book, subject.clone(), asked.till.sku_data.as_ref()).await?;
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
    book: &mut TakenBook,
    (client, ids): (ClientIdentifier, &[AuthorizationId]),
    authorization: &Authorization,
    told: Told,
) -> Result<AuthorizationRow, StoreError> {
    for id in ids {
        let row = AuthorizationRow::new(book.key(), (client, *id), authorization, told.clone(), book.now());
        if store::authorization::insert(tx, &row).await? {
            book.opened(&row);
            return Ok(row);
        }
    }
    Err(StoreError::unreadable("credit_authorization", "none of the identifiers that were drawn is free"))
}
