//! What a channel's worker has handed over and not heard of yet.

use std::collections::HashMap;

use domain::identifier::PartnerId;
use store::outbox::OutboxRow;
use tokio::task::{Id, JoinError, JoinSet};
use uuid::Uuid;

use super::Verdict;

/// What is under way.
#[derive(Default)]
pub(super) struct UnderWay {
    tasks: JoinSet<Verdict>,
    messages: HashMap<Id, Sending>,
    /// Rows that were taken while an earlier try of their message had not ended: it had just been recorded, or its lease had ended.
    early: HashMap<Uuid, OutboxRow>,
}

/// A message that is under way.
pub(super) struct Sending {
    pub(super) message: Uuid,
    pub(super) lane: i64,
    pub(super) partner: PartnerId,
}

impl Sending {
    pub(super) const fn of(row: &OutboxRow) -> Self {
        Self { message: row.message, lane: row.lane, partner: row.partner }
    }
}

/// A try that has ended, and the row of the next one, when it was taken before that.
pub(super) struct Ended {
    pub(super) verdict: Verdict,
    pub(super) early: Option<OutboxRow>,
}

impl UnderWay {
    /// How many are under way.
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Those that are under way.
    pub(super) fn sendings(&self) -> impl Iterator<Item = &Sending> {
        self.messages.values()
    }

    pub(super) fn spawn(&mut self, sending: Sending, send: impl Future<Output = Verdict> + Send + 'static) {
        let id = self.tasks.spawn(send).id();
        self.messages.insert(id, sending);
    }

    /// Gives the row back to be handed over, unless its message is under way.
    pub(super) fn unless_under_way(&mut self, row: OutboxRow) -> Option<OutboxRow> {
        if self.messages.values().any(|sending| sending.message == row.message) {
            self.early.insert(row.message, row);
            return None;
        }
        Some(row)
    }

    fn ended(&mut self, ended: Result<(Id, Verdict), JoinError>) -> Ended {
        let (id, verdict) = ended.unwrap_or_else(|error| (error.id(), Verdict::Later));
        let early = self.messages.remove(&id).and_then(|sending| self.early.remove(&sending.message));
        Ended { verdict, early }
    }

    pub(super) fn try_next(&mut self) -> Option<Ended> {
        let ended = self.tasks.try_join_next_with_id()?;
        Some(self.ended(ended))
    }

    /// The next that ends; waits for ever when there is none.
    pub(super) async fn next(&mut self) -> Ended {
        match self.last().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// The next that ends; `None` when there is none.
    pub(super) async fn last(&mut self) -> Option<Ended> {
        let ended = self.tasks.join_next_with_id().await?;
        Some(self.ended(ended))
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use store::outbox::Kind;

    use super::*;

    #[tokio::test]
    async fn a_row_that_comes_before_its_last_try_has_ended_waits_for_that() {
        let at = Timestamp::from_micros(0);
        let row = OutboxRow::new(PartnerId(1), Uuid::from_u128(7), Kind::Sms, "test", 1, at, at);
        let mut under_way = UnderWay::default();
        assert!(under_way.unless_under_way(row.clone()).is_some());
        under_way.spawn(Sending::of(&row), async { Verdict::Later });
        assert!(under_way.unless_under_way(row.clone()).is_none());
        assert!(under_way.unless_under_way(OutboxRow { message: Uuid::from_u128(8), ..row.clone() }).is_some());
        assert_eq!(under_way.next().await.early.map(|row| row.message), Some(row.message));
        assert!(under_way.unless_under_way(row).is_some());
    }
}
