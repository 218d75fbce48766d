//! The ledger: the movements of accounts, their postings, and what was credited by payments and refunds. Rows are only added.

use domain::Timestamp;
use domain::cents::Cents;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::ledger::{LedgerAccount, Posting};

use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// A row of `ledger_movement`. Amounts are cents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender.
    pub lender: ClientIdentifier,
    /// The number of the account.
    pub number: i64,
    /// Its place among the movements of the account, from 1 without a gap.
    pub movement: i64,
    /// What it is, by name.
    pub kind: String,
    /// The client of the merchant that caused it.
    pub client: Option<i64>,
    /// On what: `authorization:ID`, `capture:ID`, `return:ID`; empty for the account itself.
    pub subject: String,
    /// The merchant's order.
    pub reference: Option<String>,
    /// The merchant's location.
    pub location: Option<String>,
    /// The merchant's employee.
    pub employee: Option<String>,
    /// Of interest: the last day that it is for.
    pub interest_day: Option<i64>,
    /// The principal after it, like the balances below.
    pub principal: i64,
    /// The part of the principal that is of regular purchases.
    pub regular: i64,
    /// The interest owed.
    pub interest: i64,
    /// What is held.
    pub held: i64,
    /// When it was made.
    pub at: Timestamp,
}

columns!(MovementRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    movement = "movement_number",
    kind,
    client = "client_id",
    subject,
    reference,
    location = "location_id",
    employee = "employee_id",
    interest_day,
    principal,
    regular,
    interest,
    held,
    at as i64,
});

struct EntryRow {
    movement: i64,
    debit: String,
    credit: String,
    amount: i64,
}

columns!(EntryRow { movement = "movement_number", debit, credit, amount });

impl EntryRow {
    fn posting(&self) -> Result<(i64, Posting), StoreError> {
        let account = |name: &str| {
            LedgerAccount::of_name(name)
                .ok_or_else(|| StoreError::unreadable("ledger_entry", "there is no such account"))
        };
        let posting =
            Posting { debit: account(&self.debit)?, credit: account(&self.credit)?, amount: Cents(self.amount) };
        Ok((self.movement, posting))
    }
}

/// What is credited to an account, and counted against a limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditClass {
    /// By its customer.
    Payment,
    /// By a merchant.
    Refund,
}

impl CreditClass {
    /// As it is called in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Refund => "refund",
        }
    }
}

/// Adds these rows.
macro_rules! entries {
    ($rows:literal) => {
        concat!(
            "INSERT INTO ledger_entry (partner_id, at, lender_id, account_number, movement_number, line, debit, credit, amount) VALUES ",
            $rows
        )
    };
}

statements! {
    INSERT_MOVEMENT = "INSERT INTO ledger_movement (partner_id, lender_id, account_number, movement_number, kind, client_id, subject, reference, \
                       location_id, employee_id, interest_day, principal, regular, interest, held, at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    INSERT_ONE = entries!("($1, $2, $3, $4, $5, 1, $6, $7, $8)");
    INSERT_TWO = entries!("($1, $2, $3, $4, $5, 1, $6, $7, $8), ($1, $2, $3, $4, $5, 2, $9, $10, $11)");
    INSERT_THREE = entries!("($1, $2, $3, $4, $5, 1, $6, $7, $8), ($1, $2, $3, $4, $5, 2, $9, $10, $11), ($1, $2, $3, $4, $5, 3, $12, $13, $14)");
    INSERT_FOUR = entries!("($1, $2, $3, $4, $5, 1, $6, $7, $8), ($1, $2, $3, $4, $5, 2, $9, $10, $11), ($1, $2, $3, $4, $5, 3, $12, $13, $14), ($1, $2, $3, $4, $5, 4, $15, $16, $17)");
    MOVEMENTS = "SELECT partner_id, lender_id, account_number, movement_number, kind, client_id, subject, reference, location_id, employee_id, \
                 interest_day, principal, regular, interest, held, at FROM ledger_movement \
                 WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND movement_number > $4 ORDER BY movement_number LIMIT $5";
    LATEST = "SELECT partner_id, lender_id, account_number, movement_number, kind, client_id, subject, reference, location_id, employee_id, \
              interest_day, principal, regular, interest, held, at FROM ledger_movement \
              WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 ORDER BY movement_number DESC LIMIT $4";
    LAST_BEFORE = "SELECT partner_id, lender_id, account_number, movement_number, kind, client_id, subject, reference, location_id, employee_id, \
                   interest_day, principal, regular, interest, held, at FROM ledger_movement \
                   WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND at < $4 ORDER BY movement_number DESC LIMIT 1";
    /// By the movements: entries are kept in the order of time.
    ENTRIES = "SELECT e.movement_number, e.debit, e.credit, e.amount FROM ledger_movement m JOIN ledger_entry e \
               ON e.partner_id = m.partner_id AND e.at = m.at AND e.lender_id = m.lender_id AND e.account_number = m.account_number \
               AND e.movement_number = m.movement_number \
               WHERE m.partner_id = $1 AND m.lender_id = $2 AND m.account_number = $3 AND m.movement_number BETWEEN $4 AND $5 \
               ORDER BY m.movement_number, e.line";
    INSERT_CREDIT = "INSERT INTO account_credit (partner_id, lender_id, account_number, class, at, movement_number, running_total) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CREDITED_BY = "SELECT running_total FROM account_credit \
                   WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND class = $4 AND at <= $5 \
                   ORDER BY at DESC, movement_number DESC LIMIT 1";
}

/// Adds a movement with its postings to an account that this transaction has taken.
///
/// # Errors
/// When a statement fails, also when the account has a movement of this number, or one of interest for the same day.
pub async fn insert(tx: &mut Tx, row: &MovementRow, postings: &[Posting]) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_MOVEMENT,
        row.partner.0,
        row.lender.0,
        row.number,
        row.movement,
        &row.kind,
        row.client,
        &row.subject,
        row.reference.as_deref(),
        row.location.as_deref(),
        row.employee.as_deref(),
        row.interest_day,
        row.principal,
        row.regular,
        row.interest,
        row.held,
        row.at.micros(),
    )?;
    let (partner, at, lender) = (row.partner.0, row.at.micros(), row.lender.0);
    let (number, movement) = (row.number, row.movement);
    // One statement for all: whoever waits for the account waits for each of them.
    let added = match postings {
        [] => Ok(0),
        [a] => {
            execute!(tx, INSERT_ONE, partner, at, lender, number, movement, a.debit.name(), a.credit.name(), a.amount.0)
        }
        [a, b] => execute!(
            tx,
            INSERT_TWO,
            partner,
            at,
            lender,
            number,
            movement,
            a.debit.name(),
            a.credit.name(),
            a.amount.0,
            b.debit.name(),
            b.credit.name(),
            b.amount.0
        ),
        [a, b, c] => execute!(
            tx,
            INSERT_THREE,
            partner,
            at,
            lender,
            number,
            movement,
            a.debit.name(),
            a.credit.name(),
            a.amount.0,
            b.debit.name(),
            b.credit.name(),
            b.amount.0,
            c.debit.name(),
            c.credit.name(),
            c.amount.0
        ),
        [a, b, c, d] => execute!(
            tx,
            INSERT_FOUR,
            partner,
            at,
            lender,
            number,
            movement,
            a.debit.name(),
            a.credit.name(),
            a.amount.0,
            b.debit.name(),
            b.credit.name(),
            b.amount.0,
            c.debit.name(),
            c.credit.name(),
            c.amount.0,
            d.debit.name(),
            d.credit.name(),
            d.amount.0
        ),
        _ => Err(StoreError::unreadable("ledger_entry", "a movement has four postings at most")),
    };
    added.map(drop)
}

/// At most `limit` movements of an account after the one of number `after`, in order.
///
/// # Errors
/// When the statement fails.
pub async fn movements(
    db: &mut impl Access,
    key: AccountKey,
    after: i64,
    limit: i64,
) -> Result<Vec<MovementRow>, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    fetch!(fetch_all, MovementRow, db, MOVEMENTS, partner, lender, number, after, limit)
}

/// At most `limit` movements of an account, the newest first.
///
/// # Errors
/// When the statement fails.
pub async fn latest(db: &mut impl Access, key: AccountKey, limit: i64) -> Result<Vec<MovementRow>, StoreError> {
    fetch!(fetch_all, MovementRow, db, LATEST, key.partner.0, key.lender.0, key.number.get(), limit)
}

/// The last movement of an account before the moment `at`. It walks back from the latest.
///
/// # Errors
/// When the statement fails.
pub async fn last_before(
    db: &mut impl Access,
    key: AccountKey,
    at: Timestamp,
) -> Result<Option<MovementRow>, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    fetch!(fetch_optional, MovementRow, db, LAST_BEFORE, partner, lender, number, at.micros())
}

/// The postings of the movements from `first` to `last` of an account, each with the number of its movement, in order.
///
/// # Errors
/// When the statement fails, or a row names no account of the chart.
pub async fn postings(
    db: &mut impl Access,
    key: AccountKey,
    (first, last): (i64, i64),
) -> Result<Vec<(i64, Posting)>, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    let rows = fetch!(fetch_all, EntryRow, db, ENTRIES, partner, lender, number, first, last)?;
    rows.iter().map(EntryRow::posting).collect()
}

/// Notes what was credited so on an account in all, with the movement that has just credited something.
///
/// # Errors
/// When the statement fails.
pub async fn insert_credit(
    tx: &mut Tx,
    key: AccountKey,
    class: CreditClass,
    (movement, at): (i64, Timestamp),
    total: Cents,
) -> Result<(), StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    execute!(tx, INSERT_CREDIT, partner, lender, number, class.name(), at.micros(), movement, total.0).map(drop)
}

/// What had been credited so on an account in all at the moment `at`.
///
/// # Errors
/// When the statement fails.
pub async fn credited_by(
    db: &mut impl Access,
    key: AccountKey,
    class: CreditClass,
    at: Timestamp,
) -> Result<Cents, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    let row = fetch!(fetch_optional, (i64,), db, CREDITED_BY, partner, lender, number, class.name(), at.micros())?;
    Ok(row.map_or(Cents::ZERO, |(total,)| Cents(total)))
}
