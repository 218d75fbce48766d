//! Ends the deliveries that nobody could send in their time: those that were given up and not sent anew, and those whose channel is gone.

use store::outbox::OutboxRow;
use store::{StoreError, Tx};

use domain::Timestamp;
use domain::distribution::DistributionStatus;

use crate::Core;
use crate::distribution_progress::{Moment, Step};
use crate::invoice::status_of;
use crate::invoice_delivery::NOT_IN_TIME;

/// The most that are read at once. Each has a transaction of its own.
const BATCH: i64 = 100;

impl Core {
    /// Has deliveries failed that nobody could send while it was worth it, so that their clients hear of it, and gives their number.
    ///
    /// # Errors
    /// When the database fails. What was ended by then stays ended.
    pub async fn fail_unsent_invoices(&self) -> Result<u64, StoreError> {
        let (now, mut failed) = (self.now(), 0);
        loop {
            let old = store::outbox::old_invoices(&mut self.db().reader().await?, now, BATCH).await?;
            let read = old.len();
            for row in old {
                let (core, moment) = (self.clone(), self.moment());
                failed += self
                    .db()
                    .write(move |tx| {
                        let (core, row) = (core.clone(), row.clone());
                        Box::pin(async move { core.fail_unsent_invoice(tx, &row, now, moment).await })
                    })
                    .await?;
            }
            if i64::try_from(read).unwrap_or(i64::MAX) < BATCH {
                return Ok(failed);
            }
        }
    }

    async fn fail_unsent_invoice(
        &self,
        tx: &mut Tx,
        row: &OutboxRow,
        now: Timestamp,
        moment: Moment,
    ) -> Result<u64, StoreError> {
        let held = store::outbox::by_id(tx, row.partner, row.message).await?;
        // It may have been sent anew meanwhile, or somebody may be at it.
        let is_old = |held: &OutboxRow| held.expires_at < now && (held.dead_at.is_some() || held.due_at < now);
        let Some(held) = held.filter(is_old) else { return Ok(0) };
        store::outbox::forget(tx, row.partner, row.message).await?;
        let Some(delivery) = store::distribution::by_id(tx, row.partner, row.message).await? else { return Ok(0) };
        if status_of(&delivery.status)? != DistributionStatus::Pending {
            return Ok(0);
        }
        let step = Step::decided(DistributionStatus::Failed, NOT_IN_TIME.to_owned()).in_doubt(held.unsure > 0);
        self.advance(tx, delivery, step, moment).await?;
        Ok(1)
    }
}
