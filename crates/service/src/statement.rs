//! Statements of credit accounts, read from the ledger.

use std::collections::HashMap;

use domain::Timestamp;
use domain::audit::Outcome;
use domain::calendar::CalendarDate;
use domain::cents::Cents;
use domain::credit_account::AccountNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::ledger::MovementKind;
use domain::statement::{Statement, StatementMovement};
use serde::Serialize;
use serde_json::{Map, Value};
use store::account_book::BookRow;
use store::ledger::MovementRow;
use store::{Reader, StoreError};

use crate::credit_account::subject;
use crate::{AdminError, Context, Core};

/// How many movements are read at once.
const BATCH: i64 = 500;

/// A movement that has changed what is owed. Amounts are in cents.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatementEntry {
    /// Its place among the movements of the account.
    pub movement: i64,
    /// When it was made.
    pub at: Timestamp,
    /// What it is: `capture`, `return`, `refund`, `deposit`, `instore_payment`, `tradein`, `interest` or `maturity`.
    pub kind: String,
    /// The name of the merchant that caused it.
    pub merchant: Option<String>,
    /// The merchant's order.
    pub reference: Option<String>,
    /// What was bought or brought back, as the merchant has told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku_data: Option<Map<String, Value>>,
    /// Whether that is what the authorization of a capture has told, which may be more than was captured.
    #[serde(skip_serializing_if = "is_false")]
    pub sku_data_of_authorization: bool,
    /// What was charged; below zero what was credited.
    pub amount: i64,
    /// The part of it that is interest and fees of a plan.
    pub finance_charge: i64,
    /// What was owed after it; below zero what the customer had paid too much.
    pub balance: i64,
}

/// The statement of an account. Amounts are in cents, of purchases and interest together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatement {
    /// The partner.
    pub partner: i64,
    /// The client of the lender.
    pub lender: i64,
    /// The number of the account.
    pub account: i64,
    /// Its first day.
    pub from: String,
    /// Its last day.
    pub until: String,
    /// What was owed at its beginning.
    pub opening: i64,
    /// What was charged for purchases, with the finance charges of their plans.
    pub purchases: i64,
    /// The interest that was charged: by the day, and of the whole time of plans that are the same as cash and were not paid in it.
    pub interest: i64,
    /// What merchants have given back.
    pub returned: i64,
    /// What the customer has paid.
    pub paid: i64,
    /// What was owed at its end.
    pub closing: i64,
    /// Each movement that has changed what is owed, the oldest first.
    pub entries: Vec<AccountStatementEntry>,
}

const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// When a day begins, in UTC.
fn beginning(day: CalendarDate) -> Timestamp {
    let seconds = day.date().midnight().assume_utc().unix_timestamp();
    Timestamp::from_micros(seconds.saturating_mul(1_000_000))
}

impl Core {
    /// The statements of the accounts of this number, each lender's, from the day `from` to the day `until`, both included, in UTC. Interest that
    /// was not posted yet is in none. That somebody has seen what was bought is on record, as `account.statement`.
    ///
    /// # Errors
    /// When the days come in the wrong order or there is no such account; when the database fails.
    pub async fn account_statements(
        &self,
        number: AccountNumber,
        (from, until): (CalendarDate, CalendarDate),
        context: &Context,
    ) -> Result<Vec<AccountStatement>, AdminError> {
        if until < from {
            return Err(AdminError::State(format!("the last day, {until}, is before the first, {from}")));
        }
        let mut reader = self.db().reader().await?;
        reader.freeze().await?;
        let mut statements = Vec::new();
        for row in store::account_book::of_number(&mut reader, number).await? {
            statements.push(self.statement_of(&mut reader, &row, (from, until)).await?);
        }
        if statements.is_empty() {
            return Err(AdminError::NotFound(format!("account {number}")));
        }
        drop(reader);
        for statement in &statements {
            if statement.entries.iter().any(|entry| entry.sku_data.is_some()) {
                let (partner, detail) = (PartnerId(statement.partner), format!("from {from} to {until}"));
                let record = context.record(self, partner, "account.statement", subject(number), Outcome::Done, detail);
                self.record_alone(record).await?;
            }
        }
        Ok(statements)
    }

    async fn statement_of(
        &self,
        reader: &mut Reader,
        row: &BookRow,
        (from, until): (CalendarDate, CalendarDate),
    ) -> Result<AccountStatement, StoreError> {
        let key = row.key();
        let before = store::ledger::last_before(reader, key, beginning(from)).await?;
        let opening = before.as_ref().map_or(0, |movement| movement.principal + movement.interest);
        let end = beginning(until.days_after(1));
        let mut last = before.map_or(0, |movement| movement.movement);
        let (mut rows, mut movements) = (HashMap::new(), Vec::new());
        loop {
            let page = store::ledger::movements(reader, key, last, BATCH).await?;
            let count = page.len();
            let page: Vec<MovementRow> = page.into_iter().take_while(|movement| movement.at < end).collect();
            let Some(newest) = page.last() else { break };
            let postings = store::ledger::postings(reader, key, (last + 1, newest.movement)).await?;
            let is_last = page.len() < count || count < BATCH as usize;
            last = newest.movement;
            for movement in page {
                let kind = MovementKind::of_name(&movement.kind);
                let kind = kind.ok_or_else(|| StoreError::unreadable("ledger_movement.kind", "it is none"))?;
                let own = postings.iter().filter(|(of, _)| *of == movement.movement).map(|(_, posting)| *posting);
                let (number, at) = (movement.movement, movement.at);
                movements.push(StatementMovement { number, at, kind, postings: own.collect() });
                rows.insert(number, movement);
            }
            if is_last {
                break;
            }
        }
        let statement = Statement::of(Cents(opening), movements);
        let mut names = HashMap::new();
        let mut entries = Vec::with_capacity(statement.entries.len());
        for entry in statement.entries {
            let row = rows.remove(&entry.number);
            let client = row.as_ref().and_then(|row| row.client);
            let merchant = match client {
                Some(client) => Some(name_of(reader, &mut names, (key.partner, ClientIdentifier(client))).await?),
                None => None,
            };
            let sku_data = match &row {
                Some(row) => self.sku_data_of(reader, key, row).await?,
                None => None,
            };
            entries.push(AccountStatementEntry {
                movement: entry.number,
                at: entry.at,
                kind: entry.kind.name().to_owned(),
                merchant,
                reference: row.and_then(|row| row.reference),
                sku_data_of_authorization: sku_data.as_ref().is_some_and(|(_, is_of_it)| *is_of_it),
                sku_data: sku_data.map(|(told, _)| told.into_members()),
                amount: entry.amount.0,
                finance_charge: entry.finance_charge.0,
                balance: entry.balance.0,
            });
        }
        Ok(AccountStatement {
            partner: key.partner.0,
            lender: key.lender.0,
            account: key.number.get(),
            from: from.to_string(),
            until: until.to_string(),
            opening: statement.opening.0,
            purchases: statement.purchases.0,
            interest: statement.interest.0,
            returned: statement.returned.0,
            paid: statement.paid.0,
            closing: statement.closing.0,
            entries,
        })
    }
}

/// The name of a merchant, looked up once.
async fn name_of(
    reader: &mut Reader,
    names: &mut HashMap<ClientIdentifier, String>,
    (partner, client): (PartnerId, ClientIdentifier),
) -> Result<String, StoreError> {
    if let Some(name) = names.get(&client) {
        return Ok(name.clone());
    }
    let found = store::merchant::by_client(reader, partner, client).await?;
    let name = found.map(|known| known.row.name).unwrap_or_default();
    names.insert(client, name.clone());
    Ok(name)
}
