//! Credit accounts, with their running balances. Movements take an account and keep what it has come to by `account_book.rs`; what else
//! changes one takes it here ([`take`]), so that two at once come one after the other.

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, Balances};
use domain::identifier::{ClientIdentifier, PartnerId};

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// Where an account is: the partner, the client of the merchant on whose book it is, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountKey {
    /// The partner.
    pub partner: PartnerId,
    /// The lender: the client of the merchant on whose book it is.
    pub lender: ClientIdentifier,
    /// The number of the account.
    pub number: AccountNumber,
}

/// A row of `credit_account`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditAccountRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender: the client of the merchant on whose book it is.
    pub lender: ClientIdentifier,
    /// `account_number` of the POS API.
    pub number: i64,
    /// The client of the merchant that took the application.
    pub client: ClientIdentifier,
    /// `customer_id` of the POS API.
    pub customer_number: i64,
    /// `consumer` or `business`.
    pub account_type: String,
    /// `N`, `A`, `F`, `Z` or `C`.
    pub status: String,
    /// One of the reasons of the status.
    pub status_reason: String,
    /// `L` to `XXXH`.
    pub risk_rating: String,
    /// The province where the person lives, by code.
    pub province: String,
    /// `en` or `fr`.
    pub preferred_language: String,
    /// The keyed hash of who it is.
    pub identity_hash: Vec<u8>,
    /// Tells apart persons whose hash is the same: 0 unless the operator said that it is another person.
    pub identity_number: i64,
    /// The keyed hash of the card's number.
    pub card_hash: Vec<u8>,
    /// The last four digits of the card's number.
    pub card_ending: String,
    /// The person and the card's number, sealed.
    pub sealed: Vec<u8>,
    /// The master key that they are sealed under.
    pub master_key_version: i64,
    /// The most that may be owed and held together, in cents.
    pub credit_limit: i64,
    /// What is owed of purchases, in cents.
    pub principal: i64,
    /// What is owed of interest, in cents.
    pub interest: i64,
    /// What open authorizations hold, in cents.
    pub held: i64,
    /// The time of none of them is over before this, in microseconds; `None` where there are none.
    pub holds_until: Option<i64>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// When it was closed, in microseconds.
    pub closed_at: Option<i64>,
}

impl CreditAccountRow {
    /// Where it is.
    #[must_use]
    pub fn key(&self) -> AccountKey {
        AccountKey { partner: self.partner, lender: self.lender, number: AccountNumber::of_stored(self.number) }
    }

    /// What is owed and free on it.
    #[must_use]
    pub fn balances(&self) -> Balances {
        Balances {
            limit: Cents(self.credit_limit),
            principal: Cents(self.principal),
            interest: Cents(self.interest),
            held: Cents(self.held),
        }
    }
}

columns!(CreditAccountRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    client as i64 = "client_id",
    customer_number,
    account_type,
    status,
    status_reason,
    risk_rating,
    province,
    preferred_language,
    identity_hash,
    identity_number,
    card_hash,
    card_ending,
    sealed,
    master_key_version,
    credit_limit,
    principal,
    interest,
    held,
    holds_until,
    created_at as i64,
    changed_at as i64,
    closed_at,
});

/// A statement that ends in the columns of an account.
macro_rules! account {
    ($before:literal $($after:literal)?) => {
        concat!(
            $before,
            "partner_id, lender_id, account_number, client_id, customer_number, account_type, status, status_reason, risk_rating, province, \
             preferred_language, identity_hash, identity_number, card_hash, card_ending, sealed, master_key_version, credit_limit, principal, \
             interest, held, holds_until, created_at, changed_at, closed_at ",
            $($after)?
        )
    };
}

statements! {
    INSERT = account!("INSERT INTO credit_account (" ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
                      $17, $18, $19, $20, $21, $22, $23, $24, $25) ON CONFLICT DO NOTHING");
    /// Nothing is changed: the update is for the row's lock.
    TAKE = account!("UPDATE credit_account SET changed_at = changed_at WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 RETURNING ");
    BY_NUMBER = account!("SELECT " "FROM credit_account WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3");
    BY_CARD = account!("SELECT " "FROM credit_account WHERE partner_id = $1 AND lender_id = $2 AND card_hash = $3");
    BY_CUSTOMER = account!("SELECT " "FROM credit_account WHERE partner_id = $1 AND lender_id = $2 AND customer_number = $3");
    BY_IDENTITY = account!("SELECT " "FROM credit_account WHERE partner_id = $1 AND lender_id = $2 AND identity_hash = $3 \
                           ORDER BY identity_number DESC LIMIT $4");
    IS_ON_BOOK = "SELECT COUNT(*) FROM (SELECT 1 FROM credit_account WHERE partner_id = $1 AND lender_id = $2 LIMIT 1) AS one";
    KEEP_BALANCES = "UPDATE credit_account SET principal = $4, interest = $5, held = $6, changed_at = $7 \
                     WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3";
    KEEP_STATE = "UPDATE credit_account SET status = $4, status_reason = $5, changed_at = $6, closed_at = $7 \
                  WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3";
    NOT_SEALED_UNDER = account!("SELECT " "FROM credit_account WHERE master_key_version <> $1 LIMIT $2");
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM credit_account WHERE master_key_version <> $1";
    RESEAL = "UPDATE credit_account SET sealed = $4, master_key_version = $5 \
              WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3";
}

/// Adds an account, and says whether it was added: the person has one already, or a number or card is taken, where not.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &CreditAccountRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        row.partner.0,
        row.lender.0,
        row.number,
        row.client.0,
        row.customer_number,
        &row.account_type,
        &row.status,
        &row.status_reason,
        &row.risk_rating,
        &row.province,
        &row.preferred_language,
        &row.identity_hash,
        row.identity_number,
        &row.card_hash,
        &row.card_ending,
        &row.sealed,
        row.master_key_version,
        row.credit_limit,
        row.principal,
        row.interest,
        row.held,
        row.holds_until,
        row.created_at.micros(),
        row.changed_at.micros(),
        row.closed_at,
    )?;
    Ok(added == 1)
}

/// Takes an account for this transaction, and gives it as it is now. Another transaction that takes it waits for the end of this one.
///
/// # Errors
/// When the statement fails.
pub async fn take(tx: &mut Tx, key: AccountKey) -> Result<Option<CreditAccountRow>, StoreError> {
    fetch!(fetch_optional, CreditAccountRow, tx, TAKE, key.partner.0, key.lender.0, key.number.get())
}

/// An account of a lender, by its number.
///
/// # Errors
/// When the statement fails.
pub async fn by_number(db: &mut impl Access, key: AccountKey) -> Result<Option<CreditAccountRow>, StoreError> {
    fetch!(fetch_optional, CreditAccountRow, db, BY_NUMBER, key.partner.0, key.lender.0, key.number.get())
}

/// An account of a lender, by the keyed hash of its card's number.
///
/// # Errors
/// When the statement fails.
pub async fn by_card(
    db: &mut impl Access,
    (partner, lender): (PartnerId, ClientIdentifier),
    card_hash: &[u8],
) -> Result<Option<CreditAccountRow>, StoreError> {
    fetch!(fetch_optional, CreditAccountRow, db, BY_CARD, partner.0, lender.0, card_hash)
}

/// An account of a lender, by the number of its customer.
///
/// # Errors
/// When the statement fails.
pub async fn by_customer(
    db: &mut impl Access,
    (partner, lender): (PartnerId, ClientIdentifier),
    customer_number: i64,
) -> Result<Option<CreditAccountRow>, StoreError> {
    fetch!(fetch_optional, CreditAccountRow, db, BY_CUSTOMER, partner.0, lender.0, customer_number)
}

/// At most `limit` accounts of a lender of persons whose identity has this keyed hash, the newest first.
///
/// # Errors
/// When the statement fails.
pub async fn by_identity(
    db: &mut impl Access,
    (partner, lender): (PartnerId, ClientIdentifier),
    identity_hash: &[u8],
    limit: i64,
) -> Result<Vec<CreditAccountRow>, StoreError> {
    fetch!(fetch_all, CreditAccountRow, db, BY_IDENTITY, partner.0, lender.0, identity_hash, limit)
}

/// Whether there is any account on this lender's book.
///
/// # Errors
/// When the statement fails.
pub async fn is_on_book(
    db: &mut impl Access,
    (partner, lender): (PartnerId, ClientIdentifier),
) -> Result<bool, StoreError> {
    fetch!(count, db, IS_ON_BOOK, partner.0, lender.0).map(|accounts: i64| accounts > 0)
}

/// Keeps the balances that a movement has come to, of an account that this transaction has taken.
///
/// # Errors
/// When the statement fails.
pub async fn keep_balances(tx: &mut Tx, key: AccountKey, to: &Balances, now: Timestamp) -> Result<(), StoreError> {
    execute!(
        tx,
        KEEP_BALANCES,
        key.partner.0,
        key.lender.0,
        key.number.get(),
        to.principal.0,
        to.interest.0,
        to.held.0,
        now.micros(),
    )
    .map(drop)
}

/// Keeps another state of an account that this transaction has taken; `closed_at` in microseconds, where it was closed.
///
/// # Errors
/// When the statement fails.
pub async fn keep_state(
    tx: &mut Tx,
    key: AccountKey,
    (status, reason): (&str, &str),
    now: Timestamp,
    closed_at: Option<i64>,
) -> Result<(), StoreError> {
    execute!(tx, KEEP_STATE, key.partner.0, key.lender.0, key.number.get(), status, reason, now.micros(), closed_at,)
        .map(drop)
}

/// At most `limit` accounts that are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(
    db: &mut impl Access,
    version: i64,
    limit: i64,
) -> Result<Vec<CreditAccountRow>, StoreError> {
    fetch!(fetch_all, CreditAccountRow, db, NOT_SEALED_UNDER, version, limit)
}

/// How many accounts are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}

/// Keeps an account sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, key: AccountKey, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    execute!(tx, RESEAL, key.partner.0, key.lender.0, key.number.get(), sealed, version).map(drop)
}
