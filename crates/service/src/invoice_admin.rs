//! What the operator does with invoices: shows one, makes its PDF, sends it again, and compares the counts of deliveries.

use std::collections::BTreeMap;

use documents::InvoiceDocument;
use domain::Timestamp;
use domain::audit::Outcome;
use domain::currency::CurrencyCode;
use domain::distribution::{DistributionMethod, DistributionStatus, FetchType};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::money::Money;
use store::distribution::{AttemptRow, DistributionRow, Scope, Span};
use store::distribution_count::CountRow;
use store::invoice::InvoiceRow;
use store::outbox::{Kind, OutboxRow};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::distribution::{Distribution, FIRST_DAY, LAST_DAY, distribution_of};
use crate::distribution_progress::{Moment, Step};
use crate::invoice::{count_of, status_of};
use crate::{AdminError, Context, Core};

/// The most deliveries of an invoice that are shown.
const MOST_SHOWN: u32 = 100;

/// How many creditors are compared at a time.
const PAGE: u32 = 200;

/// An invoice as the operator sees it.
#[derive(Clone, Debug)]
pub struct InvoiceDetails {
    /// Its identifier.
    pub invoice: Uuid,
    /// The client that sent it.
    pub client: ClientIdentifier,
    /// The client's number for it.
    pub number: i64,
    /// `INVOICE` or `CREDIT_NOTE`.
    pub kind: String,
    /// Its date.
    pub invoice_date: String,
    /// Its due date.
    pub due_date: String,
    /// What it comes to with VAT.
    pub gross: Money,
    /// The reference it is paid with.
    pub payment_reference: String,
    /// When it was sent in.
    pub created_at: Timestamp,
    /// Its deliveries, the latest first, each with its attempts.
    pub deliveries: Vec<(Distribution, Vec<Attempt>)>,
}

/// An attempt to hand an invoice over.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// The status that it led to.
    pub status: DistributionStatus,
    /// Why it failed.
    pub reason: Option<String>,
}

/// A count that is not what the deliveries come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The creditor; 0 for all of a partner together.
    pub client_id: i64,
    /// The date of the invoices.
    pub day: String,
    /// The name of the method.
    pub method: String,
    /// The name of the status.
    pub status: String,
    /// How many there are by the counts.
    pub counted: i64,
    /// How many there are.
    pub found: i64,
}

impl Core {
    /// The invoice of a client that has this number.
    ///
    /// # Errors
    /// When there is none, or the database fails.
    pub async fn invoice_details(&self, client: ClientIdentifier, number: i64) -> Result<InvoiceDetails, AdminError> {
        let row = self.invoice_of(client, number).await?;
        let mut reader = self.db().reader().await?;
        let mut deliveries = Vec::new();
        for delivery in deliveries_of(&mut reader, &row).await? {
            let attempts = store::distribution::attempts(&mut reader, row.partner, delivery.distribution).await?;
            let attempts = attempts.into_iter().map(attempt_of).collect::<Result<_, StoreError>>()?;
            deliveries.push((distribution_of(delivery)?, attempts));
        }
        let gross = gross_of(&row)?;
        Ok(InvoiceDetails {
            invoice: row.invoice,
            client: row.client,
            number: row.number,
            kind: row.kind,
            invoice_date: row.invoice_date,
            due_date: row.due_date,
            gross,
            payment_reference: row.payment_reference,
            created_at: row.created_at,
            deliveries,
        })
    }

    /// The PDF of an invoice, as it is sent, and what it is called. It shows a person's data, so that it is audited.
    ///
    /// # Errors
    /// When there is none, what is kept does not open, or the database fails.
    pub async fn invoice_pdf(
        &self,
        client: ClientIdentifier,
        number: i64,
        context: &Context,
    ) -> Result<(String, Vec<u8>), AdminError> {
        let row = self.invoice_of(client, number).await?;
        let subject = format!("invoice:{}", row.invoice);
        let record = context.record(self, row.partner, "invoice.pdf", subject, Outcome::Done, "");
        self.record_alone(record).await?;
        let core = self.clone();
        let made = tokio::task::spawn_blocking(move || {
            let invoice = core.open_invoice(&row).map_err(StoreError::from)?;
            let pdf = documents::invoice_pdf(&InvoiceDocument::new(&invoice, row.created_at))
                .map_err(|error| StoreError::unreadable("invoice.content", error))?;
            Ok::<_, StoreError>((documents::cover_letter(&invoice).file_name, pdf))
        });
        Ok(made.await.map_err(|_| StoreError::Panicked)??)
    }

    /// Sends an invoice again, by the way it went before, and gives the identifier of the new delivery. It takes the place of one that can't be
    /// sent here.
    ///
    /// # Errors
    /// When there is none, its last delivery is still on its way or waits for approval, it was never to be sent, or the database fails.
    pub async fn resend_invoice(
        &self,
        client: ClientIdentifier,
        number: i64,
        context: &Context,
    ) -> Result<Uuid, AdminError> {
        let row = self.invoice_of(client, number).await?;
        let moment = self.moment();
        let (id, change) = (self.next_id(moment.at), self.next_id(moment.at));
        let subject = format!("invoice:{}", row.invoice);
        let record =
            context.record(self, row.partner, "invoice.resend", subject, Outcome::Done, format!("delivery {id}"));
        let (core, job) = (self.clone(), std::sync::Arc::new((row, record)));
        self.db()
            .write(move |tx| {
                let (core, job) = (core.clone(), std::sync::Arc::clone(&job));
                Box::pin(async move {
                    let (row, record) = &*job;
                    core.resend(tx, row, (id, change), moment).await?;
                    store::audit::insert(tx, record).await?;
                    Ok::<_, AdminError>(())
                })
            })
            .await?;
        self.outbox_bells().ring_all();
        Ok(id)
    }

    async fn resend(
        &self,
        tx: &mut Tx,
        row: &InvoiceRow,
        (id, change): (Uuid, Uuid),
        moment: Moment,
    ) -> Result<(), AdminError> {
        // Of two who ask for it at once the second comes when the first has its delivery.
        store::invoice::hold(tx, row).await?;
        let deliveries = store::distribution::of_invoice(tx, row.partner, row.client, row.number).await?;
        let Some(last) = deliveries.first() else {
            return Err(AdminError::State("the invoice has no delivery".to_owned()));
        };
        let method = DistributionMethod::parse(&last.method)
            .map_err(|error| StoreError::unreadable("distribution.method", error))?;
        let Some(channel) = self.invoice_channel(method).map_err(|error| AdminError::State(error.to_string()))? else {
            return Err(AdminError::State("the invoice was not to be sent: its method is NONE".to_owned()));
        };
        let now = moment.at;
        if let Some(open) = deliveries.iter().find(|one| one.status == DistributionStatus::Pending.as_str()) {
            if open.awaits_approval != 0 {
                return Err(AdminError::State("the invoice waits for approval: approve or cancel it".to_owned()));
            }
            let held = store::outbox::by_id(tx, row.partner, open.distribution).await?;
            if held.is_some_and(|held| is_on_its_way(&held, &channel, now)) {
                return Err(AdminError::State("the invoice is still on its way".to_owned()));
            }
            store::outbox::forget(tx, row.partner, open.distribution).await?;
            let reason = format!("It could not be sent; delivery {id} has taken its place");
            let step = Step::decided(DistributionStatus::Cancelled, reason);
            self.advance(tx, open.clone(), step, moment).await?;
        }
        let delivery = DistributionRow {
            distribution: id,
            status: method.first_status().to_string(),
            status_reason: String::new(),
            attempts: 0,
            created_at: now,
            sent_at: None,
            delivered_at: None,
            awaits_approval: 0,
            in_doubt: 0,
            replaced_by: None,
            ..last.clone()
        };
        let counted = count_of(row.client, &row.invoice_date, method, method.first_status(), 1);
        store::distribution::insert(tx, &delivery).await?;
        store::distribution::replace(tx, last, id).await?;
        store::distribution_count::change(tx, row.partner, change, &counted).await?;
        let expires_at = now.after(self.settings().give_up_after);
        let outbox = OutboxRow::new(row.partner, id, Kind::Invoice, &channel, row.client.0, now, expires_at);
        store::outbox::insert(tx, &outbox).await?;
        Ok(())
    }

    /// The counts of a partner's deliveries that are not what the deliveries come to, seen at one moment. It reads all of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn recount_distributions(&self, partner: PartnerId) -> Result<Vec<Difference>, AdminError> {
        let mut reader = self.db().reader().await?;
        reader.freeze().await?;
        // (counted, found) by what is counted.
        let mut both: BTreeMap<(i64, String, String, String), (i64, i64)> = BTreeMap::new();
        let name = |client_id, row: CountRow| (client_id, row.day, row.method, row.status);
        for row in store::distribution_count::recount(&mut reader, partner).await? {
            for client_id in [0, row.client_id] {
                both.entry(name(client_id, row.clone())).or_default().1 += row.number;
            }
        }
        for row in store::distribution_count::of_portfolio(&mut reader, partner, (FIRST_DAY, LAST_DAY)).await? {
            both.entry(name(0, row.clone())).or_default().0 += row.number;
        }
        let mut after = ClientIdentifier(0);
        loop {
            let creditors = store::distribution_count::creditors(&mut reader, partner, after, PAGE).await?;
            let Some(last) = creditors.last() else { break };
            after = *last;
            for client in creditors {
                let days = (FIRST_DAY, LAST_DAY);
                for row in store::distribution_count::of_creditor(&mut reader, partner, client, days).await? {
                    both.entry(name(client.0, row.clone())).or_default().0 += row.number;
                }
            }
        }
        let different = both.into_iter().filter(|(_, (counted, found))| counted != found);
        Ok(different
            .map(|((client_id, day, method, status), (counted, found))| Difference {
                client_id,
                day,
                method,
                status,
                counted,
                found,
            })
            .collect())
    }

    async fn invoice_of(&self, client: ClientIdentifier, number: i64) -> Result<InvoiceRow, AdminError> {
        let none = || AdminError::NotFound(format!("invoice {number} of client {client}"));
        let mut reader = self.db().reader().await?;
        let holder = store::client::by_number(&mut reader, client).await?.ok_or_else(none)?;
        store::invoice::by_number(&mut reader, holder.partner, client, number).await?.ok_or_else(none)
    }
}

/// Whether somebody may send it yet: it was not given up, and waits for a channel that there is or is being sent by another one.
fn is_on_its_way(row: &OutboxRow, channel: &str, now: Timestamp) -> bool {
    let is_held = row.lease.is_some() && row.due_at > now;
    row.dead_at.is_none() && (row.channel == channel || is_held)
}

async fn deliveries_of(reader: &mut store::Reader, row: &InvoiceRow) -> Result<Vec<DistributionRow>, StoreError> {
    let scope = Scope::Creditor(row.partner, row.client);
    let span = Span { from: FIRST_DAY, before: (LAST_DAY, Uuid::max()) };
    let mut rows = store::distribution::of_number(reader, scope, row.number, span, FetchType::All, MOST_SHOWN).await?;
    rows.retain(|delivery| delivery.invoice == row.invoice);
    Ok(rows)
}

fn gross_of(row: &InvoiceRow) -> Result<Money, StoreError> {
    let currency = CurrencyCode::parse(&row.currency_code)
        .map_err(|fault| StoreError::unreadable("invoice.currency_code", fault))?;
    Money::new(row.gross, currency).map_err(|fault| StoreError::unreadable("invoice.gross", fault))
}

fn attempt_of(row: AttemptRow) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        at: row.at,
        status: status_of(&row.status)?,
        reason: Some(row.reason).filter(|reason| !reason.is_empty()),
    })
}
