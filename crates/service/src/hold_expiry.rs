//! Authorizations whose time is over: they hold nothing for whoever asks, and a job writes that down.

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::Balances;
use domain::purchase::MOST_OPEN;
use store::authorization::AuthorizationRow;
use store::credit_account::AccountKey;
use store::{Access, StoreError};

use crate::Core;
use crate::account_book::TakenBook;
use crate::ledger::MOST_BROKEN;

/// The most that are looked at of one account, which has far fewer.
const MOST_DUE: i64 = 10_000;

/// Authorizations of an account whose time is over: what they hold is as good as free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lapsed {
    /// How many there are.
    pub(crate) count: i64,
    /// What they hold.
    pub(crate) held: Cents,
}

impl Lapsed {
    pub(crate) async fn of(db: &mut impl Access, key: AccountKey, now: Timestamp) -> Result<Self, StoreError> {
        let mut lapsed = Self::default();
        for due in store::authorization::due_of_account(db, key, now, MOST_DUE).await? {
            lapsed.count += 1;
            lapsed.held += due.authorization()?.held();
        }
        Ok(lapsed)
    }
}

impl Core {
    /// What may be bought for on an account now: what is held by authorizations whose time is over counts no more, also before that was
    /// written down.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn available_credit(&self, key: AccountKey) -> Result<Option<Cents>, StoreError> {
        let mut reader = self.db().reader().await?;
        let Some(row) = store::account_book::by_number(&mut reader, key).await? else { return Ok(None) };
        let balances = self.balances_now(&mut reader, key, (row.book().balances, row.holds_until)).await?;
        Ok(Some(balances.available()))
    }

    /// The balances of an account without what is held by authorizations whose time is over, which that of none is before `holds_until`.
    pub(crate) async fn balances_now(
        &self,
        db: &mut impl Access,
        key: AccountKey,
        (mut balances, holds_until): (Balances, Option<i64>),
    ) -> Result<Balances, StoreError> {
        let now = self.now();
        if holds_until.is_some_and(|until| until <= now.micros()) {
            balances.held -= Lapsed::of(db, key, now).await?.held;
        }
        Ok(balances)
    }

    /// Ends authorizations whose time is over, and gives how many, in transactions each of which ends some of one account. One that was not
    /// ended yet is as ended for every reader.
    ///
    /// # Errors
    /// When the database fails, or what is kept of an account can't be read. The others are ended all the same.
    pub async fn expire_authorizations(&self) -> Result<u64, StoreError> {
        const BATCH: i64 = 200;
        let (mut all, mut failed, mut broken) = (0, None, Vec::new());
        loop {
            let now = self.now();
            // Those of accounts that have failed are found again each time.
            let limit = BATCH + MOST_OPEN * broken.len() as i64;
            let due = store::authorization::due(&mut self.db().reader().await?, now, limit).await?;
            let mut keys: Vec<AccountKey> = Vec::new();
            for key in due.iter().map(AuthorizationRow::key) {
                if !keys.contains(&key) && !broken.contains(&key) {
                    keys.push(key);
                }
            }
            let (rate, before) = (self.regular_rate(), all + broken.len() as u64);
            for key in keys {
                let ended = self.db().take(move |tx| {
                    Box::pin(async move {
                        let Some(mut book) = TakenBook::take(tx, key, now).await? else {
                            return Ok::<_, StoreError>(0);
                        };
                        book.post_interest(tx, rate).await?;
                        let ended = book.expire_due(tx).await?.ended;
                        book.keep(tx).await?;
                        Ok(ended)
                    })
                });
                match ended.await {
                    Ok(ended) => all += ended,
                    Err(error @ (StoreError::Unavailable { .. } | StoreError::Overloaded)) => return Err(error),
                    Err(error) if broken.len() >= MOST_BROKEN => return Err(error),
                    Err(error) => {
                        broken.push(key);
                        failed = failed.or(Some(error));
                    }
                }
            }
            // Others may have ended what was found here, or nobody can.
            if all + broken.len() as u64 == before {
                return failed.map_or(Ok(all), Err);
            }
        }
    }
}
