//! The book of a credit account inside a transaction: taken with the account's lock, brought up to the day, moved and kept. Every movement of
//! an account goes through here, so that balances, ledger and audit trail are of one transaction.

use std::sync::Arc;

use domain::Timestamp;
use domain::api_key::KeyHolder;
use domain::cents::Cents;
use domain::credit_account::AccountState;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::ledger::Movement;
use domain::oauth_token::Scope;
use domain::percent::Percent;
use domain::purchase::{Authorization, Book, Capture, Day, Done, Passed, RegularRate};
use domain::sku_data::SkuData;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::account_book::BookRow;
use store::authorization::AuthorizationRow;
use store::capture::{CaptureRow, Maturing};
use store::credit_account::AccountKey;
use store::ledger::{CreditClass, MovementRow};
use store::{StoreError, Tx};

use crate::Core;
use crate::hold_expiry::Lapsed;
use crate::idempotency::{Idempotency, IdempotencyError, Operation, Repeatable};
use crate::information::FlowCaller;
use crate::onboarding::Answer;
use crate::purchase_error::{Missing, PurchaseError};

/// The most authorizations that are ended in one transaction.
const BATCH: i64 = 100;

impl FlowCaller {
    /// The two that stand in front of what is the merchant's.
    pub(crate) const fn merchant(&self) -> (PartnerId, ClientIdentifier) {
        (self.partner, self.client)
    }

    /// Its request that can be repeated. Names of the point of sale are apart from those that the merchant's keys use elsewhere.
    pub(crate) fn request(&self, operation: Operation, idempotency: Option<Idempotency>) -> Option<Repeatable> {
        let holder = KeyHolder { partner: self.partner, client: Some(self.client) };
        let whose = match self.scope {
            Scope::Merchant => "merchant".to_owned(),
            // Of a token in a browser they are its family's: nobody else's answer is told to it.
            Scope::Customer => format!("customer:{}", self.family.0),
        };
        idempotency.map(|Idempotency { key, fingerprint }| Repeatable {
            holder,
            operation,
            idempotency: Idempotency { key: format!("pos:{whose}:{key}"), fingerprint },
        })
    }
}

/// What the merchant tells of a move: where it was made, by whom, and with which goods.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Till {
    /// `reference`: the merchant's order.
    pub reference: Option<String>,
    /// `external_location_id`.
    pub location: Option<String>,
    /// `external_employee_id`.
    pub employee: Option<String>,
    /// `sku_data`: what was bought or brought back. Of payments and releases there is none.
    pub sku_data: Option<SkuData>,
}

/// What a movement has beside its postings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Note {
    /// The merchant that causes it.
    pub(crate) client: Option<ClientIdentifier>,
    /// On what: `authorization:ID`, `capture:ID`, `return:ID`.
    pub(crate) subject: String,
    /// Where and by whom.
    pub(crate) till: Till,
}

/// The authorizations of an account that hold something.
#[derive(Clone, Copy, Default)]
pub(crate) struct Holds {
    /// How many are open.
    pub(crate) open: i64,
    /// How many were ended just now, because their time was over.
    pub(crate) ended: u64,
}

/// An account that this transaction has taken.
pub(crate) struct TakenBook {
    row: BookRow,
    /// The time of what is done to it: that of the request, and never before what was done last.
    now: Timestamp,
    /// What is held by authorizations whose time is over and that this transaction has not ended.
    lapsed: Cents,
    moved: bool,
}

impl TakenBook {
    pub(crate) async fn take(tx: &mut Tx, key: AccountKey, now: Timestamp) -> Result<Option<Self>, StoreError> {
        let row = store::account_book::take(tx, key).await?;
        Ok(row.map(|row| Self { now: now.max(row.changed_at), row, lapsed: Cents::ZERO, moved: false }))
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) const fn row(&self) -> &BookRow {
        &self.row
    }

    pub(crate) fn key(&self) -> AccountKey {
        self.row.key()
    }

    pub(crate) fn book(&self) -> Book {
        Book { lapsed: self.lapsed, ..self.row.book() }
    }

    pub(crate) fn state(&self) -> Result<AccountState, StoreError> {
        AccountState::of_codes(&self.row.status, &self.row.status_reason)
            .map_err(|error| StoreError::unreadable("credit_account.status", error))
    }

    /// Posts the interest of the days that have ended, and lets mature what has; true when there was any.
    pub(crate) async fn post_interest(&mut self, tx: &mut Tx, rate: RegularRate) -> Result<bool, StoreError> {
        let (book, today) = (self.book(), Day::of(self.now));
        let matures = self.row.next_maturity.is_some_and(|day| day <= today.0);
        if today <= book.interest_from && !matures {
            return Ok(false);
        }
        let mut earning = Vec::new();
        if self.row.earning_until > book.interest_from.0 {
            earning = captures(&store::capture::earning(tx, self.key(), book.interest_from).await?)?;
        }
        let (mut due, mut later) = (Vec::new(), Maturing::default());
        if matures {
            due = store::capture::maturing(tx, self.key(), today).await?;
            later = store::capture::unmatured(tx, self.key(), today).await?;
        }
        for passed in book.catch_up((&captures(&due)?, later.billed), &earning, rate, self.now) {
            match passed {
                Passed::Interest(done) => {
                    let (_, last) = done.outcome;
                    self.write_any(tx, &done, Note::default(), Some(last)).await?;
                }
                Passed::Maturity { of, done } => {
                    let row = &mut due[of];
                    row.set(&done.outcome);
                    store::capture::keep(tx, row).await?;
                    let subject = format!("capture:{}", row.capture);
                    self.write_any(tx, &done, Note { subject, ..Note::default() }, None).await?;
                }
            }
        }
        if matures {
            self.row.next_maturity = later.next.map(|day| day.0);
        }
        self.moved = true;
        Ok(true)
    }

    /// Writes what time has done. A movement without postings is not kept.
    async fn write_any<T>(
        &mut self,
        tx: &mut Tx,
        done: &Done<T>,
        note: Note,
        interest_day: Option<Day>,
    ) -> Result<(), StoreError> {
        if done.movement.postings.is_empty() {
            self.row.set(&done.book);
            return Ok(());
        }
        self.write(tx, &done.book, &done.movement, note, interest_day).await
    }

    /// Carries out a movement, and gives its number and what came of it.
    pub(crate) async fn post<T>(&mut self, tx: &mut Tx, done: Done<T>, note: Note) -> Result<(i64, T), StoreError> {
        self.write(tx, &done.book, &done.movement, note, None).await?;
        Ok((self.row.movement_count, done.outcome))
    }

    async fn write(
        &mut self,
        tx: &mut Tx,
        book: &Book,
        movement: &Movement,
        note: Note,
        interest_day: Option<Day>,
    ) -> Result<(), StoreError> {
        self.row.set(book);
        self.row.movement_count += 1;
        self.moved = true;
        let row = MovementRow {
            partner: self.row.partner,
            lender: self.row.lender,
            number: self.row.number,
            movement: self.row.movement_count,
            kind: movement.kind.name().to_owned(),
            client: note.client.map(|client| client.0),
            subject: note.subject,
            reference: note.till.reference,
            location: note.till.location,
            employee: note.till.employee,
            interest_day: interest_day.map(|day| day.0),
            principal: self.row.principal,
            regular: self.row.regular,
            interest: self.row.interest,
            held: self.row.held,
            at: self.now,
        };
        store::ledger::insert(tx, &row, &movement.postings).await
    }

    /// Ends authorizations of the account whose time is over, so that they hold nothing any more: as many as a batch has, the oldest first. What
    /// the others hold counts as free from here on ([`Book::lapsed`]); the next move or the job ends them.
    pub(crate) async fn expire_due(&mut self, tx: &mut Tx) -> Result<Holds, StoreError> {
        let now = self.now.micros();
        if self.row.holds_until.is_none_or(|until| until > now) {
            return Ok(Holds { open: self.row.open_count, ended: 0 });
        }
        let mut rows = store::authorization::open_of_account(tx, self.key(), BATCH + 1).await?;
        // The first that stays, or that has to wait for the next time.
        let rest = rows.iter().take_while(|row| row.expires_at <= self.now).count().min(BATCH as usize);
        let next = rows.get(rest).map(|row| row.expires_at);
        let mut ended = 0;
        for row in &mut rows[..rest] {
            let subject = format!("authorization:{}", row.authorization);
            let Some(done) = row.authorization()?.expire(&self.book(), self.now) else { continue };
            let (_, expired) = self.post(tx, done, Note { subject, ..Note::default() }).await?;
            self.keep_authorization(tx, row, &expired).await?;
            ended += 1;
        }
        // That which stands in the row may be of one that was captured long ago.
        self.row.holds_until = next.map(Timestamp::micros);
        self.moved = true;
        let mut left = Lapsed::default();
        if next.is_some_and(|next| next <= self.now) {
            left = Lapsed::of(tx, self.key(), self.now).await?;
            self.lapsed = left.held;
        }
        Ok(Holds { open: self.row.open_count - left.count, ended })
    }

    /// Counts an authorization that was added, and holds something.
    pub(crate) fn opened(&mut self, row: &AuthorizationRow) {
        self.row.opened(row.expires_at);
    }

    /// Keeps what a move of the account has made of one of its authorizations.
    pub(crate) async fn keep_authorization(
        &mut self,
        tx: &mut Tx,
        row: &mut AuthorizationRow,
        to: &Authorization,
    ) -> Result<(), StoreError> {
        let was_open = row.is_open();
        row.set(to);
        if was_open && !row.is_open() {
            self.row.closed();
        }
        store::authorization::keep(tx, row).await
    }

    /// Notes what comes of a capture that is to be added next: until when interest is earned of it, and when it matures. What was paid of others
    /// that mature later is noted with those, before this one takes it over.
    pub(crate) async fn expect(&mut self, tx: &mut Tx, capture: &Capture) -> Result<(), StoreError> {
        if capture.unearned.is_positive() {
            self.row.earning_until = self.row.earning_until.max(capture.earned_on.0);
        }
        let Some(maturity) = capture.maturity else { return Ok(()) };
        if self.row.late_until > maturity.on.0 {
            let mut rows = store::capture::later(tx, self.key(), maturity.on).await?;
            let mut later = captures(&rows)?;
            self.book().note_unpaid(&mut later);
            for (row, capture) in rows.iter_mut().zip(&later) {
                let before = row.owed_throughout;
                row.set(capture);
                if row.owed_throughout != before {
                    store::capture::keep(tx, row).await?;
                }
            }
        }
        self.row.next_maturity = Some(self.row.next_maturity.map_or(maturity.on.0, |day| day.min(maturity.on.0)));
        if maturity.late_rate > Percent::ZERO {
            self.row.late_until = self.row.late_until.max(maturity.on.0);
        }
        Ok(())
    }

    /// What was credited so in the last 24 hours.
    pub(crate) async fn credited_in_a_day(&self, tx: &mut Tx, class: CreditClass) -> Result<Cents, StoreError> {
        const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
        let before = store::ledger::credited_by(tx, self.key(), class, self.now.before(DAY)).await?;
        Ok(self.total(class) - before)
    }

    /// Counts what the movement of this number has credited.
    pub(crate) async fn credit(
        &mut self,
        tx: &mut Tx,
        class: CreditClass,
        movement: i64,
        amount: Cents,
    ) -> Result<(), StoreError> {
        match class {
            CreditClass::Payment => self.row.paid_total += amount.0,
            CreditClass::Refund => self.row.refunded_total += amount.0,
        }
        store::ledger::insert_credit(tx, self.key(), class, (movement, self.now), self.total(class)).await
    }

    fn total(&self, class: CreditClass) -> Cents {
        match class {
            CreditClass::Payment => Cents(self.row.paid_total),
            CreditClass::Refund => Cents(self.row.refunded_total),
        }
    }

    /// Keeps what has become of the account, when anything has.
    pub(crate) async fn keep(mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if !self.moved {
            return Ok(());
        }
        self.row.changed_at = self.now;
        store::account_book::keep(tx, &self.row).await
    }
}

fn captures(rows: &[CaptureRow]) -> Result<Vec<Capture>, StoreError> {
    rows.iter().map(CaptureRow::capture).collect()
}

impl Core {
    /// Moves an account in one transaction, once for a request that can be repeated: of identical requests at once each waits for the
    /// account, and all but the first find what that came to.
    ///
    /// `work` refuses before it changes anything. A refusal undoes nothing, so that the group of writes that it is in is not run again; what
    /// was due on the account stays done.
    pub(crate) async fn move_account<T, W>(
        &self,
        key: AccountKey,
        request: Option<Repeatable>,
        work: W,
    ) -> Result<Answer<T>, PurchaseError>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        W: for<'t> Fn(&'t mut TakenBook, &'t mut Tx) -> BoxFuture<'t, Result<T, PurchaseError>> + Send + Sync + 'static,
    {
        let (core, now, work) = (self.clone(), self.now(), Arc::new(work));
        self.db()
            .take(move |tx| {
                let (core, request, work) = (core.clone(), request.clone(), Arc::clone(&work));
                Box::pin(async move {
                    let Some(mut book) = TakenBook::take(tx, key, now).await? else {
                        return Err(PurchaseError::NotFound(Missing::Account));
                    };
                    if let Some(request) = &request
                        && let Some(value) = core.kept_answer::<T, PurchaseError>(tx, request).await?
                    {
                        return Ok(Ok(Answer { value, replayed: true }));
                    }
                    book.post_interest(tx, core.regular_rate()).await?;
                    match work(&mut book, tx).await {
                        Ok(value) => {
                            book.keep(tx).await?;
                            if let Some(request) = &request
                                && !core.keep_answer(tx, request, &value).await?
                            {
                                // Used meanwhile for another account, which this transaction did not wait for.
                                return Err(IdempotencyError::KeyReused.into());
                            }
                            Ok(Ok(Answer { value, replayed: false }))
                        }
                        Err(error @ (PurchaseError::Store(_) | PurchaseError::Idempotency(_))) => Err(error),
                        Err(refused) => {
                            book.keep(tx).await?;
                            Ok(Err(refused))
                        }
                    }
                })
            })
            .await?
    }

    /// What a request came to before, ahead of everything, so that the same key with another body is told as such whatever is wrong with it.
    pub(crate) async fn repeat_of<T: DeserializeOwned>(
        &self,
        request: Option<&Repeatable>,
    ) -> Result<Option<Answer<T>>, PurchaseError> {
        let Some(request) = request else { return Ok(None) };
        let kept = self.kept_answer::<T, PurchaseError>(&mut self.db().reader().await?, request).await?;
        Ok(kept.map(|value| Answer { value, replayed: true }))
    }
}
