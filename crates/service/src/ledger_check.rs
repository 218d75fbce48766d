//! The proof that the books are right.

use std::collections::BTreeMap;

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
use store::purchase_check::Sums;
use store::{Reader, StoreError};

use crate::Core;

/// How many accounts, or movements of one, are looked at at once.
const BATCH: i64 = 500;

/// The most faults that are told.
const MOST_FAULTS: usize = 100;

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
    /// How many things are wrong; of the authorizations and of the captures of an account 100 each are counted at most.
    pub fault_count: u64,
}

impl Core {
    /// Proves the books: of each account, that its movements are all there, that each has led from the balances before it to those after it,
    /// that its kind posts to these accounts, that the row says what the last one says, that what is held, what is not earned and what is owed of
    /// plans is what authorizations and captures say, and that these, and returns, go together with each other and with what was posted of them.
    ///
    /// # Errors
    /// When the database fails. What can't be read of an account is a fault of it.
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
                match check_account(&mut reader, row, now, &mut report).await {
                    // Of this account: what is behind it is proved all the same.
                    Err(error @ StoreError::Broken { .. }) => report.fault(row.key(), error),
                    checked => checked?,
                }
            }
            match page.last() {
                Some(last) if page.len() == BATCH as usize => after = last.key(),
                _ => return Ok(report),
            }
        }
    }
}

impl LedgerReport {
    fn fault(&mut self, key: AccountKey, what: impl std::fmt::Display) {
        self.fault_count += 1;
        if self.faults.len() < MOST_FAULTS {
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
    let (mut unearned, mut totals) = (Cents::ZERO, Totals::default());
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
            totals.add(&movement.kind, &own);
            for posting in &own {
                let is_posted =
                    MovementKind::of_name(&movement.kind).is_some_and(|it| it.posts(posting.debit, posting.credit));
                if !is_posted {
                    let (debit, credit) = (posting.debit.name(), posting.credit.name());
                    let kind = &movement.kind;
                    report.fault(
                        key,
                        format_args!("movement {last} is of the kind {kind} and debits {debit} to credit {credit}"),
                    );
                }
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
    check_maturity(reader, row, totals.billed, report).await?;
    check_purchases(reader, key, &totals, report).await
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

/// What authorizations, captures and returns say of each other, and what the movements of all have posted.
async fn check_purchases(
    reader: &mut Reader,
    key: AccountKey,
    totals: &Totals,
    report: &mut LedgerReport,
) -> Result<(), StoreError> {
    for odd in store::purchase_check::odd_authorizations(reader, key, MOST_FAULTS as i64).await? {
        let [amount, captured, released, of_captures] =
            [odd.amount, odd.captured, odd.released, odd.of_captures].map(Cents);
        report.fault(
            key,
            format_args!(
                "authorization {} of {amount} is {} with {captured} captured and {released} released, and its captures come to {of_captures}",
                odd.authorization, odd.status
            ),
        );
    }
    for odd in store::purchase_check::odd_captures(reader, key, MOST_FAULTS as i64).await? {
        let [amount, returned, of_returns] = [odd.amount, odd.returned, odd.of_returns].map(Cents);
        report.fault(
            key,
            format_args!(
                "capture {} of {amount} has {returned} brought back, and its returns come to {of_returns}",
                odd.capture
            ),
        );
    }
    let said = [
        ("captures", store::purchase_check::captured(reader, key).await?, totals.captured),
        ("returns", store::purchase_check::returned(reader, key).await?, totals.returned),
    ];
    for (what, of_rows, posted) in said {
        if of_rows != posted {
            let told =
                |sums: Sums| format!("{} with {} of interest and {} of fees", sums.amount, sums.interest, sums.fees);
            let (of_rows, posted) = (told(of_rows), told(posted));
            report.fault(key, format_args!("its {what} come to {of_rows}, and the ledger has {posted}"));
        }
    }
    Ok(())
}

/// What the movements of an account have posted in all.
#[derive(Default)]
struct Totals {
    /// By plans: what captures put on the promotional balance, less what returns took off, from whichever balance.
    billed: Cents,
    /// By captures.
    captured: Sums,
    /// By returns.
    returned: Sums,
}

impl Totals {
    fn add(&mut self, kind: &str, postings: &[Posting]) {
        let of = |account| postings.iter().map(|posting| posting.debit_of(account)).sum::<Cents>();
        let (sums, sign) = match MovementKind::of_name(kind) {
            Some(MovementKind::Capture) => {
                self.billed += of(LedgerAccount::PromotionalReceivable);
                (&mut self.captured, -1)
            }
            Some(MovementKind::Return) => {
                self.billed += of(LedgerAccount::PromotionalReceivable) + of(LedgerAccount::RegularReceivable);
                (&mut self.returned, 1)
            }
            _ => return,
        };
        sums.amount += Cents(sign * of(LedgerAccount::MerchantPayable).0);
        sums.interest += Cents(sign * of(LedgerAccount::UnearnedInterest).0);
        sums.fees += Cents(sign * of(LedgerAccount::FeeIncome).0);
    }
}

fn balances(book: &Book) -> (i64, i64, i64, i64) {
    (book.balances.principal.0, book.regular.0, book.balances.interest.0, book.balances.held.0)
}
