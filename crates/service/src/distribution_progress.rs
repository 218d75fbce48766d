//! Moves deliveries on: by what a try came to, and by what is heard of it later. Each is kept as an attempt, in one transaction with the
//! status, with what that changes in the counts, and with the webhooks that tell of its end.

use domain::Timestamp;
use domain::distribution::{DistributionMethod, DistributionStatus};
use store::distribution::{AttemptRow, DistributionRow};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::Core;
use crate::invoice::{count_of, status_of};
use crate::webhook_event::{End, Event};

/// When something was heard of a delivery, and the identifiers of what is kept of that. It is made ahead of the transaction, so that a
/// second run of it keeps the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    attempt: Uuid,
    less: Uuid,
    more: Uuid,
}

/// What became of a delivery: by a try of ours, or by what the other side says.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// The status that it leads to.
    pub(crate) status: DistributionStatus,
    /// Why, in words that a creditor can act on; empty for nothing.
    pub(crate) reason: String,
    /// How many tries that were: 1, or 0 where something was heard, or nothing was tried.
    tries: i64,
    /// Whether the other side has had it, whatever became of it then.
    was_handed_over: bool,
    /// Whether we have given it up though it may have arrived.
    in_doubt: bool,
}

impl Step {
    /// By a try, in which it was taken or not.
    pub(crate) fn tried(status: DistributionStatus, reason: String) -> Self {
        let was_handed_over = status == DistributionStatus::Sent;
        Self { status, reason, tries: 1, was_handed_over, in_doubt: false }
    }

    /// By us, without a try.
    pub(crate) const fn decided(status: DistributionStatus, reason: String) -> Self {
        Self { status, reason, tries: 0, was_handed_over: false, in_doubt: false }
    }

    /// By the other side, which has it.
    pub(crate) const fn heard(status: DistributionStatus, reason: String) -> Self {
        Self { status, reason, tries: 0, was_handed_over: true, in_doubt: false }
    }

    /// The same, where it may have arrived all the same.
    pub(crate) fn in_doubt(self, in_doubt: bool) -> Self {
        Self { in_doubt, ..self }
    }
}

/// The status of a delivery after `news`.
pub(crate) const fn after(
    delivery: &DistributionRow,
    before: DistributionStatus,
    news: DistributionStatus,
) -> DistributionStatus {
    if delivery.in_doubt == 0 { before.after(news) } else { before.after_doubt(news) }
}

impl Core {
    /// This moment.
    pub(crate) fn moment(&self) -> Moment {
        let at = self.now();
        Moment { at, attempt: self.next_id(at), less: self.next_id(at), more: self.next_id(at) }
    }

    /// Keeps an attempt, or something that was heard, and the status that it led to.
    pub(crate) async fn advance(
        &self,
        tx: &mut Tx,
        delivery: DistributionRow,
        step: Step,
        moment: Moment,
    ) -> Result<(), StoreError> {
        let Step { status, reason, tries, was_handed_over, in_doubt } = step;
        let before = status_of(&delivery.status)?;
        let after = after(&delivery, before, status);
        let partner = delivery.partner;
        let now = moment.at;
        let attempt =
            AttemptRow { attempt: moment.attempt, at: now, status: status.to_string(), reason: reason.clone() };
        if !store::distribution::insert_attempt(tx, partner, delivery.distribution, &attempt).await? {
            // A commit of before was kept, though it was not known.
            return Ok(());
        }
        let attempts = delivery.attempts + tries;
        if after == before {
            // Why it failed stays, also when another worker's try has worked.
            let keeps = reason.is_empty() && before == DistributionStatus::Failed;
            let status_reason = if keeps { delivery.status_reason.clone() } else { reason };
            return store::distribution::note(tx, &DistributionRow { status_reason, attempts, ..delivery }).await;
        }
        let moved = DistributionRow {
            status: after.to_string(),
            status_reason: reason,
            attempts,
            sent_at: delivery.sent_at.or_else(|| was_handed_over.then_some(now.micros())),
            // What has failed after all has not arrived.
            delivered_at: (after == DistributionStatus::Delivered).then_some(now.micros()),
            in_doubt: i64::from(in_doubt),
            ..delivery
        };
        if store::distribution::move_from(tx, before.as_str(), &moved).await? {
            let method = DistributionMethod::parse(&moved.method);
            let method = method.map_err(|error| StoreError::unreadable("distribution.method", error))?;
            let count = |status, number| count_of(moved.client, &moved.invoice_date, method, status, number);
            store::distribution_count::change(tx, partner, moment.less, &count(before, -1)).await?;
            store::distribution_count::change(tx, partner, moment.more, &count(after, 1)).await?;
            self.tell_end(tx, &moved, after, now).await?;
        }
        Ok(())
    }

    /// Tells the partner's endpoints that a delivery has come to its end.
    async fn tell_end(
        &self,
        tx: &mut Tx,
        delivery: &DistributionRow,
        status: DistributionStatus,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let end = match status {
            DistributionStatus::Delivered => End::Delivered,
            DistributionStatus::Failed => End::Failed,
            DistributionStatus::Pending | DistributionStatus::Sent | DistributionStatus::Cancelled => return Ok(()),
        };
        let event = Event::Distribution {
            distribution_id: delivery.distribution,
            invoice_id: delivery.invoice,
            invoice_number: delivery.invoice_number,
            client_identifier: delivery.client,
            method: &delivery.method,
            status: end,
            status_reason: Some(delivery.status_reason.as_str()).filter(|reason| !reason.is_empty()),
        };
        self.tell(tx, delivery.partner, &event, now).await
    }
}
