//! Captures: a merchant charges what was authorized, and takes back what was captured.

use domain::Timestamp;
use domain::audit::Outcome;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, CardNumber};
use domain::purchase::{AuthorizationId, CaptureId, ReturnId};
use serde::{Deserialize, Serialize};
use store::authorization::AuthorizationRow;
use store::capture::{CaptureFilter, CaptureRow, ReturnRow};
use store::{Access, StoreError, Tx};

use crate::account_book::{Note, TakenBook, Till};
use crate::authorization::{self, CANDIDATES, check_location};
use crate::authorization_list::{CountedPage, MOST_COUNTED, account_of};
use crate::idempotency::{Idempotency, Operation};
use crate::information::FlowCaller;
use crate::onboarding::Answer;
use crate::purchase_error::{Missing, PurchaseError};
use crate::{Context, Core};

/// A capture as a merchant sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureView {
    /// Its identifier.
    pub capture: i64,
    /// The authorization that it is of.
    pub authorization: i64,
    /// The account.
    pub account: i64,
    /// `regular_purchase` or `promotional_purchase`.
    pub transaction_type: String,
    /// The plan.
    pub plan: Option<i64>,
    /// The term in months.
    pub term: Option<i64>,
    /// The amount, without the finance charge.
    pub amount: Cents,
    /// The finance charge that fell on it.
    pub finance_charge: Cents,
    /// What of it was not brought back.
    pub remaining: Cents,
    /// What may still be captured of its authorization: where that is known.
    pub authorization_remaining: Option<Cents>,
    /// How the authorization stands: where that is known.
    pub authorization_status: Option<String>,
    /// The merchant's order.
    pub reference: Option<String>,
    /// When it was captured.
    pub captured_at: Timestamp,
}

impl CaptureView {
    fn new(row: &CaptureRow) -> Result<Self, StoreError> {
        let it = row.capture()?;
        Ok(Self {
            capture: row.capture.0,
            authorization: row.authorization.0,
            account: row.number,
            transaction_type: row.transaction_type.clone(),
            plan: row.plan,
            term: row.term,
            amount: it.amount,
            finance_charge: it.charge.total(),
            remaining: it.remaining(),
            authorization_remaining: None,
            authorization_status: None,
            reference: row.reference.clone(),
            captured_at: row.captured_at,
        })
    }

    pub(crate) fn of(row: &CaptureRow, of: &AuthorizationRow, now: Timestamp) -> Result<Self, StoreError> {
        let authorization = of.authorization()?;
        let (remaining, state) = (authorization.remaining_at(now), authorization.state_at(now));
        let mut view = Self::new(row)?;
        view.authorization_remaining = Some(remaining);
        view.authorization_status = Some(state.name().to_owned());
        Ok(view)
    }
}

/// What a merchant takes back.
#[derive(Clone)]
pub struct ReturnRequest {
    /// The authorization of the capture.
    pub authorization: AuthorizationId,
    /// The capture.
    pub capture: CaptureId,
    /// The amount; `None` is all that is left.
    pub amount: Option<Cents>,
    /// Whether it is all that is left, whatever the amount.
    pub full: bool,
    /// The card, where it is given; it must be of the account.
    pub card: Option<CardNumber>,
    /// Where and by whom.
    pub till: Till,
}

/// What was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnView {
    /// Its identifier.
    pub id: i64,
    /// The capture that it is of.
    pub capture: i64,
    /// The amount, without the finance charge.
    pub amount: Cents,
    /// What of the finance charge was given back.
    pub finance_charge: Cents,
    /// What of the capture was not brought back.
    pub remaining_capture: Cents,
    /// What may still be captured of the authorization.
    pub remaining_authorization: Cents,
    /// The merchant's order.
    pub reference: Option<String>,
    /// When it was brought back.
    pub returned_at: Timestamp,
}

/// Which captures a merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturesWanted {
    /// Of this account only.
    pub account: Option<AccountNumber>,
    /// Of this authorization only.
    pub authorization: Option<AuthorizationId>,
    /// Made at this time or later.
    pub from: Timestamp,
    /// Made before this time.
    pub until: Timestamp,
}

impl Core {
    /// Captures `amount` of an authorization.
    ///
    /// # Errors
    /// [`PurchaseError`].
    pub async fn capture(
        &self,
        caller: &FlowCaller,
        (id, amount): (AuthorizationId, Cents),
        till: &Till,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<CaptureView>, PurchaseError> {
        let request = caller.request(Operation::Capture, idempotency);
        if let Some(kept) = self.repeat_of(request.as_ref()).await? {
            return Ok(kept);
        }
        let mut reader = self.db().reader().await?;
        let key = authorization::found(&mut reader, caller, id).await?.key();
        check_location(&mut reader, caller, till).await?;
        drop(reader);
        let ids: [_; CANDIDATES] = CaptureId::candidates(self.random(), self.now());
        let action = Operation::Capture.name();
        let record = context.record(self, caller.partner, action, format!("authorization:{id}"), Outcome::Done, "");
        let (core, caller, till) = (self.clone(), *caller, till.clone());
        self.move_account(key, request, move |book, tx| {
            let (core, till, mut record) = (core.clone(), till.clone(), record.clone());
            Box::pin(async move {
                let mut row = authorization::found(tx, &caller, id).await?;
                let capture = capture_part(tx, book, &mut row, amount, &ids, &till).await?;
                let subject = format!("capture:{}", capture.capture);
                core.keep_sku_data(tx, book, subject, till.sku_data.as_ref()).await?;
                record.detail = format!("captured {amount} as {} on account {}", capture.capture, key.number);
                store::audit::insert(tx, &record).await?;
                Ok(CaptureView::of(&capture, &row, book.now())?)
            })
        })
        .await
    }

    /// Takes back what was captured, or a part of it.
    ///
    /// # Errors
    /// [`PurchaseError`].
    pub async fn return_capture(
        &self,
        caller: &FlowCaller,
        asked: &ReturnRequest,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<ReturnView>, PurchaseError> {
        let request = caller.request(Operation::ReturnCapture, idempotency);
        if let Some(kept) = self.repeat_of(request.as_ref()).await? {
            return Ok(kept);
        }
        let mut reader = self.db().reader().await?;
        let authorization = authorization::found(&mut reader, caller, asked.authorization).await?;
        let key = found(&mut reader, caller, &authorization, asked.capture).await?.key();
        self.check_card(&mut reader, key, asked.card.as_ref()).await?;
        check_location(&mut reader, caller, &asked.till).await?;
        drop(reader);
        let ids: [_; CANDIDATES] = ReturnId::candidates(self.random(), self.now());
        let (action, subject) = (Operation::ReturnCapture.name(), format!("capture:{}", asked.capture));
        let record = context.record(self, caller.partner, action, subject, Outcome::Done, "");
        let (core, caller, asked) = (self.clone(), *caller, asked.clone());
        self.move_account(key, request, move |book, tx| {
            let (core, asked, mut record) = (core.clone(), asked.clone(), record.clone());
            Box::pin(async move {
                let authorization = authorization::found(tx, &caller, asked.authorization).await?;
                let mut row = found(tx, &caller, &authorization, asked.capture).await?;
                let capture = row.capture()?;
                let amount = if asked.full { None } else { asked.amount };
                if let (true, Some(given)) = (asked.full, asked.amount)
                    && given != capture.remaining()
                {
                    return Err(PurchaseError::NotFull { remaining: capture.remaining() });
                }
                let done = capture.take_back(&book.book(), amount, book.now())?;
                let (after, returned) = done.outcome;
                row.set(&after);
                store::capture::keep(tx, &row).await?;
                let new = ReturnRow {
                    partner: row.partner,
                    lender: row.lender,
                    number: row.number,
                    id: ids[0],
                    capture: row.capture,
                    client: row.client,
                    amount: returned.amount.0,
                    charge_interest: returned.charge.interest.0,
                    charge_fees: returned.charge.fees.0,
                    reference: asked.till.reference.clone(),
                    returned_at: book.now(),
                };
                let id = add_return(tx, new, &ids).await?;
                let subject = format!("return:{id}");
                let note = Note { client: Some(caller.client), subject: subject.clone(), till: asked.till.clone() };
                book.post(tx, done, note).await?;
                core.keep_sku_data(tx, book, subject, asked.till.sku_data.as_ref()).await?;
                record.detail = format!("returned {} as {id} on account {}", returned.amount, key.number);
                store::audit::insert(tx, &record).await?;
                Ok(ReturnView {
                    id: id.0,
                    capture: row.capture.0,
                    amount: returned.amount,
                    finance_charge: returned.charge.total(),
                    remaining_capture: after.remaining(),
                    remaining_authorization: authorization.authorization()?.remaining_at(book.now()),
                    reference: asked.till.reference,
                    returned_at: book.now(),
                })
            })
        })
        .await
    }

    /// A page of the captures of a merchant, the newest first: `size` of them after the first `skipped`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn captures(
        &self,
        caller: &FlowCaller,
        wanted: &CapturesWanted,
        (size, skipped): (u32, u32),
    ) -> Result<CountedPage<CaptureView>, StoreError> {
        let mut reader = self.db().reader().await?;
        let mut account = account_of(&mut reader, caller, wanted.account).await?;
        if let Some(id) = wanted.authorization {
            // An authorization is of one account. Of another than the one that is named, or of another merchant, there are no captures.
            let of = store::authorization::by_number(&mut reader, caller.merchant(), id).await?.map(|row| row.key());
            match of {
                Some(key) if account.is_none_or(|account| account == key) => account = Some(key),
                _ => return Ok(CountedPage { records: Vec::new(), total: 0 }),
            }
        }
        let account = account.map(|key| (key, wanted.authorization));
        let filter = CaptureFilter { account, from: wanted.from, until: wanted.until };
        let total = store::capture::count(&mut reader, caller.merchant(), &filter, MOST_COUNTED).await?;
        let page = (i64::from(size), i64::from(skipped));
        let rows = store::capture::page(&mut reader, caller.merchant(), &filter, page).await?;
        let records = rows.iter().map(CaptureView::new).collect::<Result<_, StoreError>>()?;
        Ok(CountedPage { records, total })
    }
}

/// A capture of an authorization of the merchant that calls.
async fn found(
    db: &mut impl Access,
    caller: &FlowCaller,
    of: &AuthorizationRow,
    id: CaptureId,
) -> Result<CaptureRow, PurchaseError> {
    let found = store::capture::by_number(db, caller.merchant(), id).await?;
    found.filter(|row| row.authorization == of.authorization).ok_or(PurchaseError::NotFound(Missing::Capture))
}

/// Captures `amount` of an authorization whose account is taken, under the first of the identifiers that the merchant does not have yet.
pub(crate) async fn capture_part(
    tx: &mut Tx,
    book: &mut TakenBook,
    row: &mut AuthorizationRow,
    amount: Cents,
    ids: &[CaptureId],
    till: &Till,
) -> Result<CaptureRow, PurchaseError> {
    let done = row.authorization()?.capture(&book.book(), amount, book.now())?;
    let (authorization, capture) = done.outcome;
    book.keep_authorization(tx, row, &authorization).await?;
    let mut new =
        CaptureRow::new(book.key(), (row.client, row.authorization, ids[0]), &capture, till.reference.clone());
    let mut is_added = false;
    for id in ids {
        new.capture = *id;
        is_added = store::capture::insert(tx, &new).await?;
        if is_added {
            break;
        }
    }
    if !is_added {
        return Err(none_free("credit_capture").into());
    }
    let subject = format!("capture:{}", new.capture);
    book.expect(tx, &capture).await?;
    book.post(tx, done, Note { client: Some(row.client), subject, till: till.clone() }).await?;
    Ok(new)
}

async fn add_return(tx: &mut Tx, mut new: ReturnRow, ids: &[ReturnId]) -> Result<ReturnId, StoreError> {
    for id in ids {
        new.id = *id;
        if store::capture::insert_return(tx, &new).await? {
            return Ok(*id);
        }
    }
    Err(none_free("capture_return"))
}

fn none_free(table: &'static str) -> StoreError {
    StoreError::unreadable(table, "none of the identifiers that were drawn is free")
}
