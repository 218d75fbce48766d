//! The book of a credit account: what its movements read and change of its row. A movement takes the account for its transaction ([`take`])
//! and keeps what it has come to ([`keep`]), so that two at once come one after the other.

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, Balances};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::purchase::{Book, Day};

use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// What movements read and change of a row of `credit_account`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender.
    pub lender: ClientIdentifier,
    /// The number of the account.
    pub number: i64,
    /// `N`, `A`, `F`, `Z` or `C`.
    pub status: String,
    /// One of the reasons of the status.
    pub status_reason: String,
    /// `consumer` or `business`.
    pub account_type: String,
    /// `L` to `XXXH`.
    pub risk_rating: String,
    /// The province where the person lives, by code.
    pub province: String,
    /// The most that may be owed and held together, in cents like what follows.
    pub credit_limit: i64,
    /// What is owed of purchases.
    pub principal: i64,
    /// What is owed of interest.
    pub interest: i64,
    /// What open authorizations hold.
    pub held: i64,
    /// How many authorizations hold something.
    pub open_count: i64,
    /// The time of none of them is over before this, in microseconds; `None` where there are none.
    pub holds_until: Option<i64>,
    /// The part of the principal that is of regular purchases.
    pub regular: i64,
    /// The part of a cent of interest that was not charged yet.
    pub interest_rest: i64,
    /// The first day whose interest is not posted yet.
    pub interest_from: i64,
    /// The day on which the last finance charge is earned.
    pub earning_until: i64,
    /// The day on which the next capture matures; `None` where none will.
    pub next_maturity: Option<i64>,
    /// The day on which the last capture of a plan that is the same as cash matures.
    pub late_until: i64,
    /// How many movements there are.
    pub movement_count: i64,
    /// What was paid in all.
    pub paid_total: i64,
    /// What was refunded in all.
    pub refunded_total: i64,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

columns!(BookRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    status,
    status_reason,
    account_type,
    risk_rating,
    province,
    credit_limit,
    principal,
    interest,
    held,
    open_count,
    holds_until,
    regular,
    interest_rest,
    interest_from,
    earning_until,
    next_maturity,
    late_until,
    movement_count,
    paid_total,
    refunded_total,
    changed_at as i64,
});

impl BookRow {
    /// Where the account is.
    #[must_use]
    pub fn key(&self) -> AccountKey {
        AccountKey { partner: self.partner, lender: self.lender, number: AccountNumber::of_stored(self.number) }
    }

    /// What the rules know of it.
    #[must_use]
    pub fn book(&self) -> Book {
        Book {
            balances: Balances {
                limit: Cents(self.credit_limit),
                principal: Cents(self.principal),
                interest: Cents(self.interest),
                held: Cents(self.held),
            },
            regular: Cents(self.regular),
            interest_rest: self.interest_rest,
            interest_from: Day(self.interest_from),
            lapsed: Cents::ZERO,
        }
    }

    /// What a movement has made of the book.
    pub fn set(&mut self, book: &Book) {
        self.principal = book.balances.principal.0;
        self.interest = book.balances.interest.0;
        self.held = book.balances.held.0;
        self.regular = book.regular.0;
        self.interest_rest = book.interest_rest;
        self.interest_from = book.interest_from.0;
    }

    /// Counts an authorization that was made and holds something until `expires_at`.
    pub fn opened(&mut self, expires_at: Timestamp) {
        let until = expires_at.micros();
        self.open_count += 1;
        self.holds_until = Some(self.holds_until.map_or(until, |first| first.min(until)));
    }

    /// Counts an authorization that holds nothing any more.
    pub fn closed(&mut self) {
        self.open_count -= 1;
        if self.open_count == 0 {
            self.holds_until = None;
        }
    }

    /// The first day whose interest is to be posted; `None` where no day has any to come.
    fn accrues_from(&self) -> Option<i64> {
        (self.regular > 0 || self.earning_until > self.interest_from).then_some(self.interest_from)
    }
}

/// A statement that has the columns of a book in it.
macro_rules! book {
    ($before:literal $($after:literal)?) => {
        concat!(
            $before,
            "partner_id, lender_id, account_number, status, status_reason, account_type, risk_rating, province, credit_limit, principal, interest, held, \
             open_count, holds_until, regular, interest_rest, interest_from, earning_until, next_maturity, late_until, movement_count, paid_total, refunded_total, \
             changed_at ",
            $($after)?
        )
    };
}

statements! {
    TAKE = book!("SELECT " "FROM credit_account WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 FOR NO KEY UPDATE");
    BY_NUMBER = book!("SELECT " "FROM credit_account WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3");
    PAGE = book!("SELECT " "FROM credit_account WHERE (partner_id, lender_id, account_number) > ($1, $2, $3) \
                 ORDER BY partner_id, lender_id, account_number LIMIT $4");
    ACCRUING = book!("SELECT " "FROM credit_account WHERE accrues_from < $1 ORDER BY accrues_from LIMIT $2");
    MATURING = book!("SELECT " "FROM credit_account WHERE next_maturity <= $1 ORDER BY next_maturity LIMIT $2");
    OF_NUMBER = book!("SELECT " "FROM credit_account WHERE account_number = $1 ORDER BY partner_id, lender_id");
    KEEP = "UPDATE credit_account SET principal = $4, interest = $5, held = $6, regular = $7, interest_rest = $8, interest_from = $9, \
            earning_until = $10, accrues_from = $11, movement_count = $12, paid_total = $13, refunded_total = $14, changed_at = $15, \
            next_maturity = $16, late_until = $17, open_count = $18, holds_until = $19 \
            WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3";
}

/// Takes an account for this transaction, and gives its book as it is now. Another transaction that takes it waits for the end of this one.
///
/// # Errors
/// When the statement fails.
pub async fn take(tx: &mut Tx, key: AccountKey) -> Result<Option<BookRow>, StoreError> {
    fetch!(fetch_optional, BookRow, tx, TAKE, key.partner.0, key.lender.0, key.number.get())
}

/// The book of an account.
///
/// # Errors
/// When the statement fails.
pub async fn by_number(db: &mut impl Access, key: AccountKey) -> Result<Option<BookRow>, StoreError> {
    fetch!(fetch_optional, BookRow, db, BY_NUMBER, key.partner.0, key.lender.0, key.number.get())
}

/// The books of every account of this number, whichever lender's: for the operator.
///
/// # Errors
/// When the statement fails.
pub async fn of_number(db: &mut impl Access, number: AccountNumber) -> Result<Vec<BookRow>, StoreError> {
    fetch!(fetch_all, BookRow, db, OF_NUMBER, number.get())
}

/// At most `limit` books of all lenders whose accounts come after `after`.
///
/// # Errors
/// When the statement fails.
pub async fn page(db: &mut impl Access, after: AccountKey, limit: i64) -> Result<Vec<BookRow>, StoreError> {
    fetch!(fetch_all, BookRow, db, PAGE, after.partner.0, after.lender.0, after.number.get(), limit)
}

/// At most `limit` books of which interest of a day before `day` is still to be posted.
///
/// # Errors
/// When the statement fails.
pub async fn accruing(db: &mut impl Access, day: Day, limit: i64) -> Result<Vec<BookRow>, StoreError> {
    fetch!(fetch_all, BookRow, db, ACCRUING, day.0, limit)
}

/// At most `limit` books of accounts on which a capture matures on `day` or before and has not.
///
/// # Errors
/// When the statement fails.
pub async fn maturing(db: &mut impl Access, day: Day, limit: i64) -> Result<Vec<BookRow>, StoreError> {
    fetch!(fetch_all, BookRow, db, MATURING, day.0, limit)
}

/// Keeps the book of an account that this transaction has taken.
///
/// # Errors
/// When the statement fails.
pub async fn keep(tx: &mut Tx, row: &BookRow) -> Result<(), StoreError> {
    execute!(
        tx,
        KEEP,
        row.partner.0,
        row.lender.0,
        row.number,
        row.principal,
        row.interest,
        row.held,
        row.regular,
        row.interest_rest,
        row.interest_from,
        row.earning_until,
        row.accrues_from(),
        row.movement_count,
        row.paid_total,
        row.refunded_total,
        row.changed_at.micros(),
        row.next_maturity,
        row.late_until,
        row.open_count,
        row.holds_until,
    )
    .map(drop)
}
