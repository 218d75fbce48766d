//! The ledger: interest by the day, the story of an account, and the proof that the books are right.

use std::collections::{BTreeMap, HashSet};

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::AccountNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::ledger::{LedgerAccount, MovementKind, Posting};
use domain::purchase::{Book, Day};
use serde::Serialize;
use store::account_book::BookRow;
use store::authorization::AuthorizationRow;
use store::credit_account::AccountKey;
use store::ledger::MovementRow;
use store::{Reader, StoreError};

use crate::Core;
use crate::account_book::TakenBook;

/// How many accounts, or movements of one, are looked at at once.
const BATCH: i64 = 500;

/// What the check of the books has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerReport {
    /// How many accounts there are.
    pub accounts: u64,
    /// How many movements they have.
    pub movements: u64,
    /// What each account of the chart comes to in all, in cents: debits less credits.
    pub balances: BTreeMap<&'static str, i64>,
    /// What is wrong, one sentence each; 100 at most.
    pub faults: Vec<String>,
    /// How many things are wrong.
    pub fault_count: u64,
}

/// A movement with its postings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementLine {
    /// Its place among the movements of the account.
    pub movement: i64,
    /// When it was made.
    pub at: Timestamp,
    /// What it is.
    pub kind: String,
    /// On what.
    pub subject: String,
    /// The merchant that caused it.
    pub merchant: Option<i64>,
    /// The merchant's order.
    pub reference: Option<String>,
    /// What was posted: debit, credit and cents.
    pub postings: Vec<(&'static str, &'static str, i64)>,
    /// The principal after it, in cents like what follows.
    pub principal: i64,
    /// The interest owed after it.
    pub interest: i64,
    /// What is held after it.
    pub held: i64,
}

/// The story of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountStory {
    /// The partner.
    pub partner: i64,
    /// The client of the lender.
    pub lender: i64,
    /// The number of the account.
    pub account: i64,
    /// `N`, `A`, `F`, `Z` or `C`.
    pub status: String,
    /// The reason of the status.
    pub status_reason: String,
    /// The risk rating.
    pub risk_rating: String,
    /// The most that may be owed and held together, in cents like what follows.
    pub credit_limit: i64,
    /// What is owed of purchases.
    pub principal: i64,
    /// The part of it that bears interest by the day.
    pub regular: i64,
    /// What is owed of interest.
    pub interest: i64,
    /// What open authorizations hold.
    pub held: i64,
    /// What may be bought for.
    pub available_credit: i64,
    /// How many movements there are.
    pub movement_count: i64,
    /// The latest of them, the newest first.
    pub movements: Vec<StatementLine>,
}

impl Core {
    /// Posts the interest of the days that have ended on every account that has any, lets captures mature whose plan has ended, and gives on how
    /// many accounts. It can be run at any time and by several processes at once: each account and day is posted once. Whatever moves an
    /// account posts its interest before, so that it does not matter how late this comes.
    ///
    /// # Errors
    /// When the database fails. What was posted by then stays posted.
    pub async fn post_interest(&self) -> Result<u64, StoreError> {
        let mut accounts = 0;
        loop {
            let now = self.now();
            let (mut reader, today) = (self.db().reader().await?, Day::of(now));
            let accruing = store::account_book::accruing(&mut reader, today, BATCH).await?;
            let maturing = store::account_book::maturing(&mut reader, today, BATCH).await?;
            drop(reader);
            let (rate, most) = (self.regular_rate(), accruing.len().max(maturing.len()));
            let keys: HashSet<AccountKey> = accruing.iter().chain(&maturing).map(BookRow::key).collect();
            for key in keys {
                let posted = self.db().take(move |tx| {
                    Box::pin(async move {
                        let Some(mut book) = TakenBook::take(tx, key, now).await? else {
                            return Ok::<_, StoreError>(false);
                        };
                        let posted = book.post_interest(tx, rate).await?;
                        book.keep(tx).await?;
                        Ok(posted)
                    })
                });
                accounts += u64::from(posted.await?);
            }
            if most < BATCH as usize {
                return Ok(accounts);
            }
        }
    }

    /// Proves the books: of each account, that its movements are all there, that each has led from the balances before it to those after it,
    /// that the row says what the last one says, and that what is held, what is not earned and what is owed of plans is what authorizations and
    /// captures say.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_ledger(&self) -> Result<LedgerReport, StoreError> {
        let mut report = LedgerReport::default();
        let mut reader = self.db().reader().await?;
        reader.freeze().await?;
        let now = self.now();
        let mut after =
            AccountKey { partner: PartnerId(0), lender: ClientIdentifier(0), number: AccountNumber::of_stored(0) };
        loop {
            let page = store::account_book::page(&mut reader, after, BATCH).await?;
            for row in &page {
                check_account(&mut reader, row, now, &mut report).await?;
            }
            match page.last() {
                Some(last) if page.len() == BATCH as usize => after = last.key(),
                _ => return Ok(report),
            }
        }
    }

    /// The story of the accounts of this number, each lender's, with the latest `limit` movements.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_stories(&self, number: AccountNumber, limit: u32) -> Result<Vec<AccountStory>, StoreError> {
        let mut reader = self.db().reader().await?;
        // The row and its movements as of one moment.
        reader.freeze().await?;
        let mut stories = Vec::new();
        for row in store::account_book::of_number(&mut reader, number).await? {
            let key = row.key();
            let movements = store::ledger::latest(&mut reader, key, i64::from(limit)).await?;
            let first = movements.last().map_or(0, |row| row.movement);
            let postings = store::ledger::postings(&mut reader, key, (first, row.movement_count)).await?;
            let lines = movements.into_iter().map(|movement| line(movement, &postings)).collect();
            let available =
                self.balances_now(&mut reader, key, (row.book().balances, row.holds_until)).await?.available();
            stories.push(AccountStory {
                partner: row.partner.0,
                lender: row.lender.0,
                account: row.number,
                status: row.status,
                status_reason: row.status_reason,
                risk_rating: row.risk_rating,
                credit_limit: row.credit_limit,
                principal: row.principal,
                regular: row.regular,
                interest: row.interest,
                held: row.held,
                available_credit: available.0,
                movement_count: row.movement_count,
                movements: lines,
            });
        }
        Ok(stories)
    }
}

fn line(row: MovementRow, postings: &[(i64, Posting)]) -> StatementLine {
    let own = postings.iter().filter(|(movement, _)| *movement == row.movement);
    StatementLine {
        movement: row.movement,
        at: row.at,
        kind: row.kind,
        subject: row.subject,
        merchant: row.client,
        reference: row.reference,
        postings: own.map(|(_, it)| (it.debit.name(), it.credit.name(), it.amount.0)).collect(),
        principal: row.principal,
        interest: row.interest,
        held: row.held,
    }
}

impl LedgerReport {
    fn fault(&mut self, key: AccountKey, what: impl std::fmt::Display) {
        const MOST: usize = 100;
        self.fault_count += 1;
        if self.faults.len() < MOST {
            self.faults.push(format!("account {} of lender {}: {what}", key.number, key.lender));
        }
    }
}

async fn check_account(
    reader: &mut Reader,
    row: &BookRow,
    now: Timestamp,
    report: &mut LedgerReport,
) -> Result<(), StoreError> {
    let key = row.key();
    report.accounts += 1;
    let mut book = Book { balances: row.book().balances, ..Book::default() };
    (book.balances.principal, book.balances.interest, book.balances.held) = (Cents::ZERO, Cents::ZERO, Cents::ZERO);
    let (mut unearned, mut billed) = (Cents::ZERO, Cents::ZERO);
    let mut last = 0;
    loop {
        let movements = store::ledger::movements(reader, key, last, BATCH).await?;
        let Some(newest) = movements.last() else { break };
        let postings = store::ledger::postings(reader, key, (last + 1, newest.movement)).await?;
        let mut postings = postings.into_iter().peekable();
        for movement in &movements {
            if movement.movement != last + 1 {
                report.fault(key, format_args!("movement {} is missing", last + 1));
            }
            last = movement.movement;
            report.movements += 1;
            let mut own = Vec::new();
            while let Some((_, posting)) = postings.next_if(|(of, _)| *of <= last) {
                own.push(posting);
            }
            if own.is_empty() {
                report.fault(key, format_args!("movement {last} has no postings"));
            }
            book = book.after(&own);
            billed += billed_by(&movement.kind, &own);
            for posting in &own {
                *report.balances.entry(posting.debit.name()).or_default() += posting.amount.0;
                *report.balances.entry(posting.credit.name()).or_default() -= posting.amount.0;
                unearned -= posting.debit_of(LedgerAccount::UnearnedInterest);
            }
            let said = (movement.principal, movement.regular, movement.interest, movement.held);
            if said != balances(&book) {
                report.fault(
                    key,
                    format_args!(
                        "movement {last} says that it has led to {said:?}, and its postings to {:?}",
                        balances(&book)
                    ),
                );
            }
        }
    }
    let said = (row.principal, row.regular, row.interest, row.held);
    if said != balances(&book) || row.movement_count != last {
        report.fault(
            key,
            format_args!(
                "its row says {said:?} after {} movements, and the ledger {:?} after {last}",
                row.movement_count,
                balances(&book)
            ),
        );
    }
    let (mut held, mut lapsed) = (Cents::ZERO, Cents::ZERO);
    let open = store::authorization::open_of_account(reader, key, i64::MAX).await?;
    check_holds(row, &open, report);
    for authorization in open {
        let held_by = authorization.authorization()?.held();
        held += held_by;
        if authorization.expires_at <= now.max(row.changed_at) {
            lapsed += held_by;
        }
    }
    // What is held by authorizations whose time is over may be bought for again.
    let holds = row.held - lapsed.0;
    if row.principal + holds > row.credit_limit && holds > 0 {
        report.fault(key, "more is owed and held than its limit");
    }
    if held.0 != row.held {
        report.fault(key, format_args!("its open authorizations hold {held}, and its row says {}", Cents(row.held)));
    }
    let mut not_earned = Cents::ZERO;
    for capture in store::capture::earning(reader, key, Day(row.interest_from)).await? {
        not_earned += capture.capture()?.unearned_on(Day(row.interest_from));
    }
    if not_earned != unearned {
        report.fault(key, format_args!("its captures have {not_earned} to be earned, and the ledger {unearned}"));
    }
    check_maturity(reader, row, billed, report).await
}

/// Whether the row of an account tells how many of its authorizations are open, and no later time than that of the first of them.
fn check_holds(row: &BookRow, open: &[AuthorizationRow], report: &mut LedgerReport) {
    let (key, count) = (row.key(), row.open_count);
    if usize::try_from(count) != Ok(open.len()) {
        report.fault(key, format_args!("it has {} open authorizations, and its row says {count}", open.len()));
    }
    let first = open.iter().map(|authorization| authorization.expires_at.micros()).min();
    if row.holds_until > first || row.holds_until.is_some() != first.is_some() {
        report.fault(
            key,
            format_args!("its first open authorization ends at {first:?}, and its row says {:?}", row.holds_until),
        );
    }
}

/// What the captures of an account that have not matured say, and what all have billed.
async fn check_maturity(
    reader: &mut Reader,
    row: &BookRow,
    billed: Cents,
    report: &mut LedgerReport,
) -> Result<(), StoreError> {
    let (key, promotional) = (row.key(), row.book().promotional());
    let said = store::capture::billed(reader, key).await?;
    if said != billed {
        report.fault(key, format_args!("its captures have billed {said} by plans, and the ledger {billed}"));
    }
    let open = store::capture::unmatured(reader, key, Day(i64::MIN)).await?;
    if promotional > open.billed {
        let open = open.billed;
        report.fault(
            key,
            format_args!("{promotional} is owed of plans, and the captures that have not matured have billed {open}"),
        );
    }
    let next = open.next.map(|day| day.0);
    if next != row.next_maturity {
        report.fault(
            key,
            format_args!("its next capture matures on day {next:?}, and its row says {:?}", row.next_maturity),
        );
    }
    if next.is_some_and(|day| day < row.interest_from) {
        report.fault(key, "interest is posted for days after a capture was to mature");
    }
    Ok(())
}

/// What a movement has billed by plans: what captures put on the promotional balance, less what returns took off, from whichever balance.
fn billed_by(kind: &str, postings: &[Posting]) -> Cents {
    let of = |account| postings.iter().map(|posting| posting.debit_of(account)).sum::<Cents>();
    match MovementKind::of_name(kind) {
        Some(MovementKind::Capture) => of(LedgerAccount::PromotionalReceivable),
        Some(MovementKind::Return) => of(LedgerAccount::PromotionalReceivable) + of(LedgerAccount::RegularReceivable),
        _ => Cents::ZERO,
    }
}

fn balances(book: &Book) -> (i64, i64, i64, i64) {
    (book.balances.principal.0, book.regular.0, book.balances.interest.0, book.balances.held.0)
}
