//! Authorizations of purchases: credit that is held for a merchant.

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::AccountNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::lending::AnnualRate;
use domain::percent::Percent;
use domain::purchase::{Authorization, AuthorizationId, AuthorizationState, EarningTime, FinanceCharge, Financing};

use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// A row of `credit_authorization`. Amounts are cents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender.
    pub lender: ClientIdentifier,
    /// The number of the account.
    pub number: i64,
    /// `authorization_id` of the POS API.
    pub authorization: AuthorizationId,
    /// The client of the merchant that made it.
    pub client: ClientIdentifier,
    /// `regular_purchase` or `promotional_purchase`.
    pub transaction_type: String,
    /// The plan of a promotional purchase.
    pub plan: Option<i64>,
    /// Its term in months.
    pub term: Option<i64>,
    /// The amount, without the finance charge.
    pub amount: i64,
    /// The interest of the finance charge.
    pub charge_interest: i64,
    /// The fees of the finance charge.
    pub charge_fees: i64,
    /// After how many months from a capture its interest begins to be earned.
    pub earned_from_month: i64,
    /// After how many months all of it is earned.
    pub earned_until_month: i64,
    /// Of a plan that is the same as cash its yearly rate, in hundredths of a percent; else nothing.
    pub late_rate: i64,
    /// The annual rate of a promotional purchase, in billionths, as it was quoted.
    pub annual_rate: Option<i64>,
    /// What of the amount was captured.
    pub captured: i64,
    /// What of the amount was released.
    pub released: i64,
    /// `opened`, `closed`, `expired` or `unauthorized`, as it was last moved.
    pub status: String,
    /// The merchant's order.
    pub reference: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it may be captured.
    pub expires_at: Timestamp,
}

columns!(AuthorizationRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    authorization as i64 = "authorization_id",
    client as i64 = "client_id",
    transaction_type,
    plan = "plan_id",
    term,
    amount,
    charge_interest,
    charge_fees,
    earned_from_month,
    earned_until_month,
    late_rate,
    annual_rate,
    captured,
    released,
    status,
    reference,
    created_at as i64,
    expires_at as i64,
});

/// What a new authorization has that no rule asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The annual rate of a promotional purchase, as it was quoted.
    pub annual_rate: Option<AnnualRate>,
    /// The merchant's order.
    pub reference: Option<String>,
}

/// How a purchase is paid, from its columns.
pub(crate) fn financing(transaction_type: &str, plan: Option<i64>, term: Option<i64>) -> Result<Financing, StoreError> {
    let number = |value: Option<i64>| value.unwrap_or_default();
    let promotional = || {
        let (plan, term) = (u8::try_from(number(plan)).ok()?, u8::try_from(number(term)).ok()?);
        Some(Financing::Promotional { plan, term })
    };
    let read = if transaction_type == Financing::Regular.name() { Some(Financing::Regular) } else { promotional() };
    read.ok_or_else(|| StoreError::unreadable("financing", "a plan or a term is out of range"))
}

fn month(column: i64) -> Result<u8, StoreError> {
    u8::try_from(column).map_err(|error| StoreError::unreadable("credit_authorization.earned_from_month", error))
}

/// The rate of what is unpaid at the end of a plan, from its column.
pub(crate) fn late_rate(hundredths: i64) -> Result<Percent, StoreError> {
    let rate = u16::try_from(hundredths).ok().and_then(Percent::from_hundredths);
    rate.ok_or_else(|| StoreError::unreadable("late_rate", "it is no percentage"))
}

/// The columns of how a purchase is paid.
pub(crate) fn financing_columns(financing: Financing) -> (String, Option<i64>, Option<i64>) {
    let (plan, term) = match financing {
        Financing::Regular => (None, None),
        Financing::Promotional { plan, term } => (Some(i64::from(plan)), Some(i64::from(term))),
    };
    (financing.name().to_owned(), plan, term)
}

impl AuthorizationRow {
    /// The row of a new authorization.
    #[must_use]
    pub fn new(
        key: AccountKey,
        (client, id): (ClientIdentifier, AuthorizationId),
        it: &Authorization,
        told: Told,
        created_at: Timestamp,
    ) -> Self {
        let (transaction_type, plan, term) = financing_columns(it.financing);
        let mut row = Self {
            partner: key.partner,
            lender: key.lender,
            number: key.number.get(),
            authorization: id,
            client,
            transaction_type,
            plan,
            term,
            amount: it.amount.0,
            charge_interest: it.charge.interest.0,
            charge_fees: it.charge.fees.0,
            earned_from_month: i64::from(it.earned.from_month),
            earned_until_month: i64::from(it.earned.until_month),
            late_rate: i64::from(it.late_rate.hundredths()),
            annual_rate: told.annual_rate.and_then(|rate| i64::try_from(rate.billionths()).ok()),
            captured: 0,
            released: 0,
            status: String::new(),
            reference: told.reference,
            created_at,
            expires_at: it.expires_at,
        };
        row.set(it);
        row
    }

    /// The annual rate of a promotional purchase, as it was quoted; `None` of a regular one, and of one that is older than this was kept.
    #[must_use]
    pub fn annual_rate(&self) -> Option<AnnualRate> {
        let billionths = u64::try_from(self.annual_rate?).ok()?;
        Some(AnnualRate::of_billionths(billionths))
    }

    /// On which account it is.
    #[must_use]
    pub fn key(&self) -> AccountKey {
        AccountKey { partner: self.partner, lender: self.lender, number: AccountNumber::of_stored(self.number) }
    }

    /// What the rules know of it.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when the row holds what can't be.
    pub fn authorization(&self) -> Result<Authorization, StoreError> {
        let state = AuthorizationState::of_name(&self.status)
            .ok_or_else(|| StoreError::unreadable("credit_authorization.status", "there is no such status"))?;
        Ok(Authorization {
            financing: financing(&self.transaction_type, self.plan, self.term)?,
            amount: Cents(self.amount),
            charge: FinanceCharge { interest: Cents(self.charge_interest), fees: Cents(self.charge_fees) },
            earned: EarningTime {
                from_month: month(self.earned_from_month)?,
                until_month: month(self.earned_until_month)?,
            },
            late_rate: late_rate(self.late_rate)?,
            captured: Cents(self.captured),
            released: Cents(self.released),
            state,
            expires_at: self.expires_at,
        })
    }

    /// What a movement has made of it.
    pub fn set(&mut self, it: &Authorization) {
        self.captured = it.captured.0;
        self.released = it.released.0;
        it.state.name().clone_into(&mut self.status);
    }

    /// Whether it holds something.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open_until().is_some()
    }

    /// Until when something is held, in microseconds.
    fn open_until(&self) -> Option<i64> {
        let is_open =
            [AuthorizationState::Opened, AuthorizationState::Unauthorized].iter().any(|it| it.name() == self.status);
        is_open.then_some(self.expires_at.micros())
    }
}

macro_rules! authorization {
    ($($rest:expr),+) => {
        concat!(
            "SELECT partner_id, lender_id, account_number, authorization_id, client_id, transaction_type, plan_id, term, amount, \
             charge_interest, charge_fees, earned_from_month, earned_until_month, late_rate, annual_rate, captured, released, status, \
             reference, created_at, expires_at FROM credit_authorization ",
            $($rest),+
        )
    };
}

mod list;

pub use list::{AuthorizationFilter, count, page};

pub(crate) use list::STATEMENTS as LIST_STATEMENTS;

statements! {
    INSERT = "INSERT INTO credit_authorization (partner_id, lender_id, account_number, authorization_id, client_id, transaction_type, plan_id, \
              term, amount, charge_interest, charge_fees, earned_from_month, earned_until_month, late_rate, annual_rate, captured, released, status, \
              reference, created_at, expires_at, open_until) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) ON CONFLICT DO NOTHING";
    BY_NUMBER = authorization!("WHERE partner_id = $1 AND client_id = $2 AND authorization_id = $3");
    KEEP = "UPDATE credit_authorization SET captured = $5, released = $6, status = $7, open_until = $8 \
            WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND authorization_id = $4";
    DUE = authorization!("WHERE open_until <= $1 ORDER BY open_until LIMIT $2");
    DUE_OF_ACCOUNT = authorization!("WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND open_until <= $4 \
                                    ORDER BY open_until LIMIT $5");
    OPEN_OF_ACCOUNT = authorization!("WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND open_until IS NOT NULL \
                                     ORDER BY open_until LIMIT $4");
    COUNT_SINCE = "SELECT COUNT(*) FROM (SELECT 1 FROM credit_authorization WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 \
                   AND created_at > $4 AND transaction_type = $5 LIMIT $6) AS made";
}

/// Adds an authorization, and says whether it was added: the merchant has one of this number where not.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &AuthorizationRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        row.partner.0,
        row.lender.0,
        row.number,
        row.authorization.0,
        row.client.0,
        &row.transaction_type,
        row.plan,
        row.term,
        row.amount,
        row.charge_interest,
        row.charge_fees,
        row.earned_from_month,
        row.earned_until_month,
        row.late_rate,
        row.annual_rate,
        row.captured,
        row.released,
        &row.status,
        row.reference.as_deref(),
        row.created_at.micros(),
        row.expires_at.micros(),
        row.open_until(),
    )?;
    Ok(added == 1)
}

/// An authorization of a merchant.
///
/// # Errors
/// When the statement fails.
pub async fn by_number(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    id: AuthorizationId,
) -> Result<Option<AuthorizationRow>, StoreError> {
    fetch!(fetch_optional, AuthorizationRow, db, BY_NUMBER, partner.0, client.0, id.0)
}

/// Keeps what a movement has made of an authorization whose account this transaction has taken.
///
/// # Errors
/// When the statement fails.
pub async fn keep(tx: &mut Tx, row: &AuthorizationRow) -> Result<(), StoreError> {
    execute!(
        tx,
        KEEP,
        row.partner.0,
        row.lender.0,
        row.number,
        row.authorization.0,
        row.captured,
        row.released,
        &row.status,
        row.open_until(),
    )
    .map(drop)
}

/// At most `limit` authorizations that hold something although their time is over at `now`.
///
/// # Errors
/// When the statement fails.
pub async fn due(db: &mut impl Access, now: Timestamp, limit: i64) -> Result<Vec<AuthorizationRow>, StoreError> {
    fetch!(fetch_all, AuthorizationRow, db, DUE, now.micros(), limit)
}

/// The same of one account. All authorizations of the account are looked at: the account says from when on there can be any.
///
/// # Errors
/// When the statement fails.
pub async fn due_of_account(
    db: &mut impl Access,
    key: AccountKey,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<AuthorizationRow>, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    fetch!(fetch_all, AuthorizationRow, db, DUE_OF_ACCOUNT, partner, lender, number, now.micros(), limit)
}

/// At most `limit` authorizations of an account that hold something, also those whose time is over, in the order in which it is. All of the
/// account are looked at.
///
/// # Errors
/// When the statement fails.
pub async fn open_of_account(
    db: &mut impl Access,
    key: AccountKey,
    limit: i64,
) -> Result<Vec<AuthorizationRow>, StoreError> {
    fetch!(fetch_all, AuthorizationRow, db, OPEN_OF_ACCOUNT, key.partner.0, key.lender.0, key.number.get(), limit)
}

/// How many purchases of this kind were authorized on an account after `since`; `most` when there are more.
///
/// # Errors
/// When the statement fails.
pub async fn count_since(
    db: &mut impl Access,
    key: AccountKey,
    transaction_type: &str,
    since: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    let (partner, lender, number) = (key.partner.0, key.lender.0, key.number.get());
    fetch!(count, db, COUNT_SINCE, partner, lender, number, since.micros(), transaction_type, most)
}
