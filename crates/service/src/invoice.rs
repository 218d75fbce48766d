//! Invoices: a client sends one in, and it is kept with its way to the buyer.

use std::sync::Arc;

use documents::FinvoiceFault;
use domain::api_key::KeyHolder;
use domain::audit::{AuditRecord, Outcome};
use domain::calendar::CalendarDate;
use domain::credit_note::{self, CreditTotals, CreditedInvoice};
use domain::currency::CurrencyCode;
use domain::distribution::{DistributionMethod, DistributionStatus};
use domain::fault_code::REQUIRED;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::invoice::{Checked, Delivery, InvoiceDraft, InvoiceNumber, InvoiceType, Issuer, NewInvoice};
use domain::money::Money;
use domain::{Fault, Faults};
use serde::{Deserialize, Serialize};
use store::distribution::DistributionRow;
use store::distribution_count::CountRow;
use store::invoice::{AttachmentRow, CreditedRow, InvoiceRow};
use store::outbox::{Kind, OutboxRow};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::idempotency::{Begun, Idempotency, IdempotencyError, Operation, Repeatable};
use crate::invoice_approval::AWAITS_APPROVAL;
use crate::onboarding::Answer;
use crate::{Context, Core};

const OPERATION: &str = Operation::SubmitInvoice.name();

/// An invoice that was taken.
#[derive(Clone, Debug)]
pub struct SubmittedInvoice {
    /// `invoiceId`.
    pub invoice: Uuid,
    /// The client's number for it.
    pub number: i64,
    /// The reference that it is paid with.
    pub payment_reference: String,
    /// `distributionId`: its way to the buyer.
    pub distribution: Uuid,
    /// How far it has come on that.
    pub status: DistributionStatus,
    /// What would be a fault in production, and what the sender should look at.
    pub warnings: Vec<Fault>,
}

/// Why an invoice is not taken.
#[derive(Debug, thiserror::Error)]
pub enum InvoiceError {
    /// The input is wrong; every fault of it.
    #[error("{} fields need attention", .0.as_slice().len())]
    Invalid(Faults),
    /// The client has an invoice of this number.
    #[error("the invoice exists")]
    Exists {
        /// The invoice that is there.
        invoice: Uuid,
        /// Whether this is the kept answer to an earlier request.
        replayed: bool,
    },
    /// The operator has set up no channel for the method.
    #[error("no channel for {0} is set up: set {setting}, and give a command the server's configuration (--config FILE)", setting = setting(*.0))]
    NoChannel(DistributionMethod),
    /// The idempotency key forbids it.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What names the channel of a method in the configuration.
const fn setting(method: DistributionMethod) -> &'static str {
    match method {
        DistributionMethod::Email => "mail-channel",
        DistributionMethod::EInvoice => "e-invoice-channel",
        DistributionMethod::Print => "print-channel",
        // It needs none.
        DistributionMethod::None => "nothing",
    }
}

/// What is kept for a repeat.
#[derive(Serialize, Deserialize)]
enum Kept {
    Submitted(KeptInvoice),
    Exists(Uuid),
}

#[derive(Serialize, Deserialize)]
struct KeptInvoice {
    invoice: Uuid,
    number: i64,
    payment_reference: String,
    distribution: Uuid,
    status: String,
    warnings: Vec<Fault>,
}

impl Kept {
    fn of(submitted: &SubmittedInvoice) -> Self {
        Self::Submitted(KeptInvoice {
            invoice: submitted.invoice,
            number: submitted.number,
            payment_reference: submitted.payment_reference.clone(),
            distribution: submitted.distribution,
            status: submitted.status.to_string(),
            warnings: submitted.warnings.clone(),
        })
    }

    fn into_answer(self) -> Result<Answer<SubmittedInvoice>, InvoiceError> {
        match self {
            Self::Exists(invoice) => Err(InvoiceError::Exists { invoice, replayed: true }),
            Self::Submitted(kept) => {
                let value = SubmittedInvoice {
                    invoice: kept.invoice,
                    number: kept.number,
                    payment_reference: kept.payment_reference,
                    distribution: kept.distribution,
                    status: status_of(&kept.status)?,
                    warnings: kept.warnings,
                };
                Ok(Answer { value, replayed: true })
            }
        }
    }
}

/// An invoice to be added: made ahead of the transaction, so that a second run of it keeps the same.
struct Submission {
    row: InvoiceRow,
    attachments: Vec<AttachmentRow>,
    distribution: DistributionRow,
    counted: (Uuid, CountRow),
    outbox: Option<OutboxRow>,
    record: AuditRecord,
    refusal: AuditRecord,
    /// Of a credit note: what it is checked by.
    credit: Option<Credit>,
    submitted: SubmittedInvoice,
}

struct Credit {
    invoice: InvoiceNumber,
    date: CalendarDate,
    totals: CreditTotals,
}

impl Core {
    /// Takes an invoice of the client that asks: it, its files, its way to the buyer with its place in the outbox, and the audit record,
    /// all or none.
    ///
    /// With an idempotency key, a repeat comes to what the first request came to.
    ///
    /// # Errors
    /// [`InvoiceError`].
    pub async fn submit_invoice(
        &self,
        holder: KeyHolder,
        client: ClientIdentifier,
        draft: InvoiceDraft,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<SubmittedInvoice>, InvoiceError> {
        let request =
            idempotency.map(|idempotency| Repeatable { holder, operation: Operation::SubmitInvoice, idempotency });
        let _running = match self.begin::<Kept, InvoiceError>(request.as_ref()).await? {
            Begun::Repeat(kept) => return kept.into_answer(),
            first @ Begun::First { .. } => first,
        };
        let checked = self.check_invoice(holder.partner, client, draft).await?.map_err(InvoiceError::Invalid)?;
        let submission = Arc::new(self.submission(holder.partner, client, checked, context)?);
        let (core, new) = (self.clone(), Arc::clone(&submission));
        let outcome = self
            .db()
            .add(move |tx| {
                let (core, new, request) = (core.clone(), Arc::clone(&new), request.clone());
                Box::pin(async move { core.keep_submission(tx, &new, request.as_ref()).await })
            })
            .await?;
        if let Some(outbox) = &submission.outbox
            && outcome.as_ref().is_ok_and(|answer| !answer.replayed)
        {
            self.outbox_bells().ring(&outbox.channel);
        }
        outcome
    }

    async fn keep_submission(
        &self,
        tx: &mut Tx,
        new: &Submission,
        request: Option<&Repeatable>,
    ) -> Result<Result<Answer<SubmittedInvoice>, InvoiceError>, InvoiceError> {
        if let Some(kept) = self.take_request::<Kept, InvoiceError>(tx, request).await? {
            return Ok(kept.into_answer());
        }
        let outcome = add(tx, new).await?;
        if let Some(request) = request {
            let kept = match &outcome {
                Ok(()) => Kept::of(&new.submitted),
                Err(existing) => Kept::Exists(*existing),
            };
            self.keep_answer(tx, request, &kept).await?;
        }
        Ok(outcome
            .map(|()| Answer { value: new.submitted.clone(), replayed: false })
            .map_err(|invoice| InvoiceError::Exists { invoice, replayed: false }))
    }

    /// Checks an invoice of a client by the rules, without keeping it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn check_invoice(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
        draft: InvoiceDraft,
    ) -> Result<Result<Checked, Faults>, StoreError> {
        let known = self.issuer(partner, client).await?;
        let issuer = Issuer { client: &known.client, reference_prefix: known.reference_prefix };
        let checked = match domain::invoice::check(draft, issuer, self.environment()) {
            Ok(checked) => checked,
            Err(faults) => return Ok(Err(faults)),
        };
        let faults = self.faults_of_delivery(&checked.invoice)?;
        Ok(if faults.is_empty() { Ok(checked) } else { Err(faults) })
    }

    /// Why an invoice could not be sent by its method, though it follows the rules.
    fn faults_of_delivery(&self, invoice: &NewInvoice) -> Result<Faults, StoreError> {
        let mut faults = Faults::new();
        match &invoice.delivery {
            // The rule of the web takes some addresses that the rule of mail does not (RFC 5321 section 4.1.2).
            Delivery::Email(address) if !channels::smtp::is_address(address.as_str()) => {
                let remedy = "Mail can't be sent to the address of the buyer or the recipient: correct it, or use another method";
                faults.add("distribution.method", "email_format", remedy);
            }
            // Written once already now, so that none waits which never can be.
            Delivery::EInvoice(receiver) if self.settings().e_invoice.is_some() => {
                match self.e_invoice(Uuid::nil(), invoice, receiver, self.now())? {
                    Ok(_) => {}
                    Err(fault @ FinvoiceFault::NoAccount) => {
                        faults.add("invoice.parties.sellerParty.paymentDetails.iban", REQUIRED, fault.to_string());
                    }
                    Err(fault @ FinvoiceFault::Decimals { .. }) => {
                        faults.add("invoice.amounts.grossAmount", "amount_decimals", fault.to_string());
                    }
                    Err(fault @ (FinvoiceFault::Amount(_) | FinvoiceFault::Xml(_))) => {
                        return Err(StoreError::unreadable("invoice", fault));
                    }
                }
            }
            Delivery::Email(_) | Delivery::EInvoice(_) | Delivery::Print { .. } | Delivery::None => {}
        }
        Ok(faults)
    }

    fn submission(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
        checked: Checked,
        context: &Context,
    ) -> Result<Submission, InvoiceError> {
        let Checked { mut invoice, warnings } = checked;
        let method = invoice.delivery.method();
        let now = self.now();
        let (id, distribution) = (self.next_id(now), self.next_id(now));
        let channel = self.invoice_channel(method)?;
        let status = method.first_status();
        let attachments = self.attachment_rows(id, std::mem::take(&mut invoice.attachments));
        let content = self.seal_invoice(id, &invoice)?;
        let number = invoice.header.number.get();
        let date = invoice.header.date.to_string();
        let row = InvoiceRow {
            partner,
            client,
            number,
            invoice: id,
            kind: invoice.header.kind.to_string(),
            invoice_date: date.clone(),
            due_date: invoice.header.due_date.to_string(),
            currency_code: invoice.header.currency.to_string(),
            net: invoice.totals.net.minor(),
            vat: invoice.totals.vat.minor(),
            gross: invoice.totals.gross.minor(),
            payment_reference: invoice.references.payment.to_string(),
            credited_number: invoice.references.credited_invoice.map_or(0, InvoiceNumber::get),
            content: content.bytes,
            master_key_version: content.version,
            created_at: now,
        };
        let awaits_approval = invoice.processing.manual_approval && channel.is_some();
        let outbox = channel.filter(|_| !awaits_approval).map(|channel| {
            let expires_at = now.after(self.settings().give_up_after);
            OutboxRow::new(partner, distribution, Kind::Invoice, &channel, client.0, now, expires_at)
        });
        let credit = invoice.references.credited_invoice.map(|credited| Credit {
            invoice: credited,
            date: invoice.header.date,
            totals: CreditTotals::from(&invoice.totals),
        });
        let subject = format!("invoice:{id}");
        // Neither the buyer nor the amount: the trail is kept for ever.
        let detail = format!("number {number}, {method}");
        Ok(Submission {
            attachments,
            counted: (self.next_id(now), count_of(client, &date, method, status, 1)),
            distribution: DistributionRow {
                partner,
                distribution,
                client,
                invoice: id,
                invoice_number: number,
                invoice_date: date,
                method: method.to_string(),
                status: status.to_string(),
                status_reason: if awaits_approval { AWAITS_APPROVAL.to_owned() } else { String::new() },
                attempts: 0,
                created_at: now,
                sent_at: None,
                delivered_at: None,
                awaits_approval: i64::from(awaits_approval),
                in_doubt: 0,
                replaced_by: None,
            },
            outbox,
            record: context.record(self, partner, OPERATION, subject, Outcome::Done, detail),
            refusal: context.record(self, partner, OPERATION, String::new(), Outcome::Refused, "invoice_exists"),
            credit,
            submitted: SubmittedInvoice {
                invoice: id,
                number,
                payment_reference: row.payment_reference.clone(),
                distribution,
                status,
                warnings,
            },
            row,
        })
    }

    /// The channel that invoices of a method leave by; `None` for those that don't leave.
    pub(crate) fn invoice_channel(&self, method: DistributionMethod) -> Result<Option<String>, InvoiceError> {
        match method {
            DistributionMethod::None => Ok(None),
            DistributionMethod::Email => {
                let mail = self.settings().mail.as_ref().ok_or(InvoiceError::NoChannel(method))?;
                Ok(Some(mail.channel.clone()))
            }
            DistributionMethod::EInvoice => {
                let settings = self.settings().e_invoice.as_ref().ok_or(InvoiceError::NoChannel(method))?;
                Ok(Some(settings.channel.clone()))
            }
            DistributionMethod::Print => {
                let settings = self.settings().print.as_ref().ok_or(InvoiceError::NoChannel(method))?;
                Ok(Some(settings.channel.clone()))
            }
        }
    }
}

/// Adds the invoice in the transaction, or gives the one that is there, and records either.
async fn add(tx: &mut Tx, new: &Submission) -> Result<Result<(), Uuid>, InvoiceError> {
    let row = &new.row;
    if let Some(credit) = &new.credit {
        let invoice = store::invoice::hold_credited(tx, row.partner, row.client, credit.invoice.get()).await?;
        let invoice = invoice.map(credited_invoice).transpose()?;
        if let Err(faults) = credit_note::check(credit.totals, credit.date, invoice.as_ref()) {
            // One that is there already is told as such, whatever is left of its invoice by now.
            if let Some(existing) = store::invoice::id_by_number(tx, row.partner, row.client, row.number).await? {
                return refuse(tx, new, existing).await;
            }
            return Err(InvoiceError::Invalid(faults));
        }
    }
    // The index decides, not a look-up before it.
    if !store::invoice::insert(tx, row).await? {
        let existing = store::invoice::id_by_number(tx, row.partner, row.client, row.number).await?;
        let existing =
            existing.ok_or_else(|| StoreError::unreadable("invoice", "an invoice that is there is not found"))?;
        return refuse(tx, new, existing).await;
    }
    for attachment in &new.attachments {
        store::invoice::insert_attachment(tx, row.partner, row.invoice, attachment).await?;
    }
    store::distribution::insert(tx, &new.distribution).await?;
    let (change, counted) = &new.counted;
    store::distribution_count::change(tx, row.partner, *change, counted).await?;
    if let Some(outbox) = &new.outbox {
        store::outbox::insert(tx, outbox).await?;
    }
    store::audit::insert(tx, &new.record).await?;
    Ok(Ok(()))
}

async fn refuse(tx: &mut Tx, new: &Submission, existing: Uuid) -> Result<Result<(), Uuid>, InvoiceError> {
    let refusal = AuditRecord { subject: format!("invoice:{existing}"), ..new.refusal.clone() };
    store::audit::insert(tx, &refusal).await?;
    Ok(Err(existing))
}

fn credited_invoice(row: CreditedRow) -> Result<CreditedInvoice, StoreError> {
    let unreadable = |fault: &dyn std::fmt::Display| StoreError::unreadable("invoice", fault.to_string());
    let currency = CurrencyCode::parse(&row.currency_code).map_err(|fault| unreadable(&fault))?;
    let money = |minor| Money::new(minor, currency).map_err(|fault| unreadable(&fault));
    let totals = |net, vat, gross| {
        Ok::<_, StoreError>(CreditTotals { net: money(net)?, vat: money(vat)?, gross: money(gross)? })
    };
    Ok(CreditedInvoice {
        is_credit_note: row.kind == InvoiceType::CreditNote.as_str(),
        date: CalendarDate::parse(&row.invoice_date).map_err(|fault| unreadable(&fault))?,
        charged: totals(row.net, row.vat, row.gross)?,
        credited: totals(row.credited_net, row.credited_vat, row.credited_gross)?,
    })
}

/// What `number` more deliveries change in the counts.
pub(crate) fn count_of(
    client: ClientIdentifier,
    day: &str,
    method: DistributionMethod,
    status: DistributionStatus,
    number: i64,
) -> CountRow {
    CountRow {
        client_id: client.0,
        day: day.to_owned(),
        method: method.to_string(),
        status: status.to_string(),
        number,
    }
}

pub(crate) fn status_of(name: &str) -> Result<DistributionStatus, StoreError> {
    DistributionStatus::parse(name).map_err(|error| StoreError::unreadable("distribution.status", error))
}
