//! Invoices that a person has to approve before they are sent: they have a delivery and no place in the outbox until then.

use std::sync::Arc;

use domain::audit::{AuditRecord, Outcome};
use domain::distribution::{DistributionMethod, DistributionStatus};
use store::distribution::DistributionRow;
use store::invoice::InvoiceRow;
use store::outbox::{Kind, OutboxRow};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::distribution_progress::Step;
use crate::{AdminError, Context, Core};

/// Why such an invoice waits.
pub(crate) const AWAITS_APPROVAL: &str = "It waits for approval";

impl Core {
    /// Approves an invoice that waits for that, so that it is sent. It is tried for as long as one that was sent in now.
    ///
    /// # Errors
    /// When there is none, it does not wait for approval, no channel takes it any more, or the database fails.
    pub async fn approve_invoice(&self, invoice: Uuid, context: &Context) -> Result<(), AdminError> {
        let (core, job) = (self.clone(), Arc::new(self.decision(invoice, "invoice.approve", context).await?));
        let now = self.now();
        self.db()
            .write(move |tx| {
                let (core, job) = (core.clone(), Arc::clone(&job));
                Box::pin(async move {
                    let (row, record) = &*job;
                    let delivery = waiting(tx, row).await?;
                    let method = DistributionMethod::parse(&delivery.method)
                        .map_err(|error| StoreError::unreadable("distribution.method", error))?;
                    let channel = core.invoice_channel(method).map_err(|error| AdminError::State(error.to_string()))?;
                    let channel = channel.ok_or_else(|| not_waiting(row))?;
                    store::distribution::approve(tx, &delivery).await?;
                    let (id, lane, expires_at) =
                        (delivery.distribution, row.client.0, now.after(core.settings().give_up_after));
                    let outbox = OutboxRow::new(row.partner, id, Kind::Invoice, &channel, lane, now, expires_at);
                    store::outbox::insert(tx, &outbox).await?;
                    store::audit::insert(tx, record).await?;
                    Ok::<_, AdminError>(())
                })
            })
            .await?;
        self.outbox_bells().ring_all();
        Ok(())
    }

    /// Ends the delivery of an invoice that waits for approval: it is not sent.
    ///
    /// # Errors
    /// When there is none, it does not wait for approval, or the database fails.
    pub async fn cancel_invoice(&self, invoice: Uuid, context: &Context) -> Result<(), AdminError> {
        let (core, job) = (self.clone(), Arc::new(self.decision(invoice, "invoice.cancel", context).await?));
        let moment = self.moment();
        self.db()
            .write(move |tx| {
                let (core, job) = (core.clone(), Arc::clone(&job));
                Box::pin(async move {
                    let (row, record) = &*job;
                    let delivery = waiting(tx, row).await?;
                    let step = Step::decided(DistributionStatus::Cancelled, "It was not approved".to_owned());
                    core.advance(tx, delivery, step, moment).await?;
                    store::audit::insert(tx, record).await?;
                    Ok::<_, AdminError>(())
                })
            })
            .await
    }

    /// An invoice, and the record of what is decided about it.
    async fn decision(
        &self,
        invoice: Uuid,
        action: &'static str,
        context: &Context,
    ) -> Result<(InvoiceRow, AuditRecord), AdminError> {
        let row = store::invoice::anywhere(&mut self.db().reader().await?, invoice).await?;
        let row = row.ok_or_else(|| AdminError::NotFound(format!("invoice {invoice}")))?;
        let record = context.record(self, row.partner, action, format!("invoice:{invoice}"), Outcome::Done, "");
        Ok((row, record))
    }
}

/// The delivery of an invoice that waits for approval. Of two who ask for it at once the second comes when the first has decided.
async fn waiting(tx: &mut Tx, row: &InvoiceRow) -> Result<DistributionRow, AdminError> {
    store::invoice::hold(tx, row).await?;
    let deliveries = store::distribution::of_invoice(tx, row.partner, row.client, row.number).await?;
    deliveries.into_iter().find(|delivery| delivery.awaits_approval != 0).ok_or_else(|| not_waiting(row))
}

fn not_waiting(row: &InvoiceRow) -> AdminError {
    AdminError::State(format!("invoice {} of client {} does not wait for approval", row.number, row.client))
}
