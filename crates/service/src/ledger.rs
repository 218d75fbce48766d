//! The ledger: interest by the day, and the story of an account.

use std::collections::HashSet;

use domain::Timestamp;
use domain::credit_account::AccountNumber;
use domain::ledger::Posting;
use domain::purchase::Day;
use serde::Serialize;
use store::StoreError;
use store::account_book::BookRow;
use store::credit_account::AccountKey;
use store::ledger::MovementRow;

use crate::Core;
use crate::account_book::TakenBook;

/// How many accounts are looked at at once.
const BATCH: i64 = 500;

/// How many accounts whose rows can't be read a job passes over before it gives up.
pub(crate) const MOST_BROKEN: usize = 100;

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
    /// When the database fails; then what was posted by then stays posted. When what is kept of an account can't be read; then the others are
    /// posted all the same.
    pub async fn post_interest(&self) -> Result<u64, StoreError> {
        let (mut accounts, mut broken, mut failed) = (0, HashSet::new(), None);
        loop {
            // Those that have failed are found again each time.
            let limit = BATCH as usize + broken.len();
            let now = self.now();
            let (mut reader, today) = (self.db().reader().await?, Day::of(now));
            let accruing = store::account_book::accruing(&mut reader, today, limit as i64).await?;
            let maturing = store::account_book::maturing(&mut reader, today, limit as i64).await?;
            drop(reader);
            let (rate, most) = (self.regular_rate(), accruing.len().max(maturing.len()));
            let found = accruing.iter().chain(&maturing).map(BookRow::key);
            let keys: HashSet<AccountKey> = found.filter(|key| !broken.contains(key)).collect();
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
                match posted.await {
                    Ok(posted) => accounts += u64::from(posted),
                    // That is said of all of them.
                    Err(error @ (StoreError::Unavailable { .. } | StoreError::Overloaded)) => return Err(error),
                    // So many are no fault of an account's own.
                    Err(error) if broken.len() >= MOST_BROKEN => return Err(error),
                    Err(error) => {
                        tracing::warn!(account = %key.number, lender = %key.lender, %error, "interest was not posted on an account");
                        broken.insert(key);
                        failed = failed.or(Some(error));
                    }
                }
            }
            if most < limit {
                return failed.map_or(Ok(accounts), Err);
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
