//! Captures of authorizations, and what was brought back of them.

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::AccountNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::purchase::{AuthorizationId, Capture, CaptureId, Day, FinanceCharge, Maturity, ReturnId};

use crate::authorization::{financing, financing_columns, late_rate};
use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// A row of `credit_capture`. Amounts are cents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender.
    pub lender: ClientIdentifier,
    /// The number of the account.
    pub number: i64,
    /// `capture_id` of the POS API.
    pub capture: CaptureId,
    /// The authorization that it is of.
    pub authorization: AuthorizationId,
    /// The client of the merchant.
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
    /// What of the amount was brought back.
    pub returned: i64,
    /// The interest that was not earned on `unearned_from`.
    pub unearned: i64,
    /// The fees that were not given back.
    pub fees: i64,
    /// The day from which on the unearned interest is earned.
    pub unearned_from: i64,
    /// The first day on which all of it is earned.
    pub earned_on: i64,
    /// What it has put on the promotional balance, less what returns took off.
    pub billed: i64,
    /// Of a plan that is the same as cash its yearly rate, in hundredths of a percent; else nothing.
    pub late_rate: i64,
    /// The months of its plan, grace included; none of a regular purchase.
    pub plan_months: i64,
    /// The least that was owed of it at any time, as far as it can't be told from the balances.
    pub owed_throughout: i64,
    /// The first day after the time of its plan; `None` of a regular purchase.
    pub matures_on: Option<i64>,
    /// The day on which it has matured.
    pub matured_on: Option<i64>,
    /// The merchant's order.
    pub reference: Option<String>,
    /// When it was captured.
    pub captured_at: Timestamp,
}

columns!(CaptureRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    capture as i64 = "capture_id",
    authorization as i64 = "authorization_id",
    client as i64 = "client_id",
    transaction_type,
    plan = "plan_id",
    term,
    amount,
    charge_interest,
    charge_fees,
    returned,
    unearned,
    fees,
    unearned_from,
    earned_on,
    billed,
    late_rate,
    plan_months,
    owed_throughout,
    matures_on,
    matured_on,
    reference,
    captured_at as i64,
});

impl CaptureRow {
    /// The row of a new capture.
    #[must_use]
    pub fn new(
        key: AccountKey,
        (client, authorization, id): (ClientIdentifier, AuthorizationId, CaptureId),
        it: &Capture,
        reference: Option<String>,
    ) -> Self {
        let (transaction_type, plan, term) = financing_columns(it.financing);
        Self {
            partner: key.partner,
            lender: key.lender,
            number: key.number.get(),
            capture: id,
            authorization,
            client,
            transaction_type,
            plan,
            term,
            amount: it.amount.0,
            charge_interest: it.charge.interest.0,
            charge_fees: it.charge.fees.0,
            returned: it.returned.0,
            unearned: it.unearned.0,
            fees: it.fees.0,
            unearned_from: it.unearned_from.0,
            earned_on: it.earned_on.0,
            billed: it.billed.0,
            late_rate: it.maturity.map_or(0, |maturity| i64::from(maturity.late_rate.hundredths())),
            plan_months: it.maturity.map_or(0, |maturity| i64::from(maturity.months)),
            owed_throughout: it.maturity.map_or(0, |maturity| maturity.owed_throughout.0),
            matures_on: it.maturity.map(|maturity| maturity.on.0),
            matured_on: it.maturity.and_then(|maturity| maturity.matured_on).map(|day| day.0),
            reference,
            captured_at: it.captured_at,
        }
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
    pub fn capture(&self) -> Result<Capture, StoreError> {
        let months = u8::try_from(self.plan_months);
        let months = months.map_err(|error| StoreError::unreadable("credit_capture.plan_months", error))?;
        let late_rate = late_rate(self.late_rate)?;
        let maturity = self.matures_on.map(|day| Maturity {
            on: Day(day),
            months,
            late_rate,
            owed_throughout: Cents(self.owed_throughout),
            matured_on: self.matured_on.map(Day),
        });
        Ok(Capture {
            financing: financing(&self.transaction_type, self.plan, self.term)?,
            amount: Cents(self.amount),
            charge: FinanceCharge { interest: Cents(self.charge_interest), fees: Cents(self.charge_fees) },
            captured_at: self.captured_at,
            returned: Cents(self.returned),
            unearned: Cents(self.unearned),
            fees: Cents(self.fees),
            unearned_from: Day(self.unearned_from),
            earned_on: Day(self.earned_on),
            billed: Cents(self.billed),
            maturity,
        })
    }

    /// What a return, another purchase or the end of its plan has made of it.
    pub fn set(&mut self, it: &Capture) {
        self.returned = it.returned.0;
        self.unearned = it.unearned.0;
        self.fees = it.fees.0;
        self.unearned_from = it.unearned_from.0;
        self.billed = it.billed.0;
        self.owed_throughout = it.maturity.map_or(0, |maturity| maturity.owed_throughout.0);
        self.matured_on = it.maturity.and_then(|maturity| maturity.matured_on).map(|day| day.0);
    }

    /// Until which day interest is earned of it.
    fn earning_until(&self) -> Option<i64> {
        (self.unearned > 0).then_some(self.earned_on)
    }
}

/// A row of `capture_return`. Amounts are cents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnRow {
    /// The partner.
    pub partner: PartnerId,
    /// The lender.
    pub lender: ClientIdentifier,
    /// The number of the account.
    pub number: i64,
    /// `return_id` of the POS API.
    pub id: ReturnId,
    /// The capture that it is of.
    pub capture: CaptureId,
    /// The client of the merchant.
    pub client: ClientIdentifier,
    /// The amount, without the finance charge.
    pub amount: i64,
    /// The interest that was given back.
    pub charge_interest: i64,
    /// The fees that were given back.
    pub charge_fees: i64,
    /// The merchant's order.
    pub reference: Option<String>,
    /// When it was brought back.
    pub returned_at: Timestamp,
}

columns!(ReturnRow {
    partner as i64 = "partner_id",
    lender as i64 = "lender_id",
    number = "account_number",
    id as i64 = "return_id",
    capture as i64 = "capture_id",
    client as i64 = "client_id",
    amount,
    charge_interest,
    charge_fees,
    reference,
    returned_at as i64,
});

macro_rules! capture {
    ($($rest:expr),+) => {
        concat!(
            "SELECT partner_id, lender_id, account_number, capture_id, authorization_id, client_id, transaction_type, plan_id, term, amount, \
             charge_interest, charge_fees, returned, unearned, fees, unearned_from, earned_on, billed, late_rate, plan_months, owed_throughout, \
             matures_on, matured_on, reference, captured_at FROM credit_capture ",
            $($rest),+
        )
    };
}

mod list;
mod maturity;

pub use list::{CaptureFilter, count, page};
pub use maturity::{Maturing, billed, later, maturing, unmatured};

pub(crate) use list::STATEMENTS as LIST_STATEMENTS;
pub(crate) use maturity::STATEMENTS as MATURITY_STATEMENTS;

statements! {
    INSERT = "INSERT INTO credit_capture (partner_id, lender_id, account_number, capture_id, authorization_id, client_id, transaction_type, \
              plan_id, term, amount, charge_interest, charge_fees, returned, unearned, fees, unearned_from, earned_on, billed, late_rate, \
              plan_months, owed_throughout, matures_on, matured_on, reference, captured_at, earning_until) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) \
              ON CONFLICT DO NOTHING";
    BY_NUMBER = capture!("WHERE partner_id = $1 AND client_id = $2 AND capture_id = $3");
    OF_AUTHORIZATION = capture!("WHERE partner_id = $1 AND client_id = $2 AND authorization_id = $3 ORDER BY captured_at, capture_id LIMIT $4");
    /// A capture whose interest is not all earned has not matured.
    EARNING = capture!("WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND matured_on IS NULL AND matures_on IS NOT NULL \
                       AND earning_until > $4");
    KEEP = "UPDATE credit_capture SET returned = $4, unearned = $5, fees = $6, unearned_from = $7, earning_until = $8, billed = $9, \
            owed_throughout = $10, matured_on = $11 \
            WHERE partner_id = $1 AND client_id = $2 AND capture_id = $3";
    INSERT_RETURN = "INSERT INTO capture_return (partner_id, lender_id, account_number, return_id, capture_id, client_id, amount, \
                     charge_interest, charge_fees, reference, returned_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                     ON CONFLICT DO NOTHING";
    RETURNS = "SELECT partner_id, lender_id, account_number, return_id, capture_id, client_id, amount, charge_interest, charge_fees, reference, \
               returned_at FROM capture_return WHERE partner_id = $1 AND client_id = $2 AND capture_id = $3 \
               ORDER BY returned_at, return_id LIMIT $4";
}

/// Adds a capture, and says whether it was added: the merchant has one of this number where not.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &CaptureRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        row.partner.0,
        row.lender.0,
        row.number,
        row.capture.0,
        row.authorization.0,
        row.client.0,
        &row.transaction_type,
        row.plan,
        row.term,
        row.amount,
        row.charge_interest,
        row.charge_fees,
        row.returned,
        row.unearned,
        row.fees,
        row.unearned_from,
        row.earned_on,
        row.billed,
        row.late_rate,
        row.plan_months,
        row.owed_throughout,
        row.matures_on,
        row.matured_on,
        row.reference.as_deref(),
        row.captured_at.micros(),
        row.earning_until(),
    )?;
    Ok(added == 1)
}

/// A capture of a merchant.
///
/// # Errors
/// When the statement fails.
pub async fn by_number(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    id: CaptureId,
) -> Result<Option<CaptureRow>, StoreError> {
    fetch!(fetch_optional, CaptureRow, db, BY_NUMBER, partner.0, client.0, id.0)
}

/// At most `limit` captures of a merchant's authorization, the oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn of_authorization(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    id: AuthorizationId,
    limit: i64,
) -> Result<Vec<CaptureRow>, StoreError> {
    fetch!(fetch_all, CaptureRow, db, OF_AUTHORIZATION, partner.0, client.0, id.0, limit)
}

/// The captures of an account whose finance charge is not all earned on `day`.
///
/// # Errors
/// When the statement fails.
pub async fn earning(db: &mut impl Access, key: AccountKey, day: Day) -> Result<Vec<CaptureRow>, StoreError> {
    fetch!(fetch_all, CaptureRow, db, EARNING, key.partner.0, key.lender.0, key.number.get(), day.0)
}

/// Keeps what has become of a capture whose account this transaction has taken.
///
/// # Errors
/// When the statement fails.
pub async fn keep(tx: &mut Tx, row: &CaptureRow) -> Result<(), StoreError> {
    execute!(
        tx,
        KEEP,
        row.partner.0,
        row.client.0,
        row.capture.0,
        row.returned,
        row.unearned,
        row.fees,
        row.unearned_from,
        row.earning_until(),
        row.billed,
        row.owed_throughout,
        row.matured_on,
    )
    .map(drop)
}

/// Adds a return, and says whether it was added: the merchant has one of this number where not.
///
/// # Errors
/// When the statement fails.
pub async fn insert_return(tx: &mut Tx, row: &ReturnRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT_RETURN,
        row.partner.0,
        row.lender.0,
        row.number,
        row.id.0,
        row.capture.0,
        row.client.0,
        row.amount,
        row.charge_interest,
        row.charge_fees,
        row.reference.as_deref(),
        row.returned_at.micros(),
    )?;
    Ok(added == 1)
}

/// At most `limit` returns of a merchant's capture, the oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn returns(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    id: CaptureId,
    limit: i64,
) -> Result<Vec<ReturnRow>, StoreError> {
    fetch!(fetch_all, ReturnRow, db, RETURNS, partner.0, client.0, id.0, limit)
}
