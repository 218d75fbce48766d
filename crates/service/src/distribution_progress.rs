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

impl Core {
    /// This moment.
    pub(crate) fn moment(&self) -> Moment {
        let at = self.now();
        Moment { at, attempt: self.next_id(at), less: self.next_id(at), more: self.next_id(at) }
    }

    /// Keeps an attempt, or something that was heard, and the status that it led to. `tries` is how often it was tried for that: 1, or 0 for
    /// what was heard.
    pub(crate) async fn advance(
        &self,
        tx: &mut Tx,
        delivery: DistributionRow,
        (status, reason): (DistributionStatus, String),
        tries: i64,
        moment: Moment,
    ) -> Result<(), StoreError> {
        let before = status_of(&delivery.status)?;
        let after = before.after(status);
        let partner = delivery.partner;
        let now = moment.at;
        let attempt =
            AttemptRow { attempt: moment.attempt, at: now, status: status.to_string(), reason: reason.clone() };
        if !store::distribution::insert_attempt(tx, partner, delivery.distribution, &attempt).await? {
            // A commit of before was kept, though it was not known.
            return Ok(());
        }
        let former = delivery.status_reason.clone();
        let at = |reached: DistributionStatus, before: Option<i64>| {
            if after == reached { Some(now.micros()) } else { before }
        };
        let moved = DistributionRow {
            status: after.to_string(),
            status_reason: reason,
            attempts: delivery.attempts + tries,
            // What has arrived was handed over, also when that is heard first.
            sent_at: at(DistributionStatus::Sent, delivery.sent_at).or_else(|| at(DistributionStatus::Delivered, None)),
            delivered_at: at(DistributionStatus::Delivered, delivery.delivered_at),
            ..delivery
        };
        if after == before {
            // Why it failed stays, also when another worker's try has worked.
            let keeps = moved.status_reason.is_empty() && before == DistributionStatus::Failed;
            let status_reason = if keeps { former } else { moved.status_reason };
            let (sent_at, delivered_at) = (delivery.sent_at, delivery.delivered_at);
            let stays = DistributionRow { status_reason, sent_at, delivered_at, ..moved };
            return store::distribution::note(tx, &stays).await;
        }
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
