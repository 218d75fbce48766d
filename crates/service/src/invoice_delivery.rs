//! Invoices on their way: made into a mail with the PDF, handed to the mail channel, and moved on by what came of it.

use channels::{Fault, FaultKind, Mail, MailChannel};
use documents::InvoiceDocument;
use domain::Timestamp;
use domain::distribution::DistributionStatus;
use domain::invoice::{Delivery, NewInvoice};
use store::outbox::OutboxRow;
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::Core;
use crate::invoice::status_of;
use crate::letters;
use crate::outbox::{Verdict, is_over, persist};
use crate::outbox_payload::{KEY_MISSING, Unreadable};

/// What a try came to, to be recorded.
#[derive(Clone)]
enum Tried {
    /// The server has taken it.
    Sent,
    /// It is to be tried again: the reason is for the client, and the fault for the operator. A try that says nothing of the invoice is not
    /// counted.
    Again { due_at: Timestamp, reason: String, fault: String, counts: bool },
    /// It will not arrive; why, in words that a creditor can act on.
    Failed(String),
    /// Nobody can send it before the operator has mended something.
    GivenUp(String),
    /// It was over before, or is another worker's: there is nothing to record.
    Lost,
}

/// What there is to do for a row of the outbox.
enum Task {
    Send(Box<Mail>),
    /// It was not handed over while it was worth trying.
    Expired,
    /// It was sent, or stopped, or is gone.
    Nothing,
    /// Something of ours is in the way.
    Stuck(String),
    /// Another process has the master key that it is sealed under.
    KeyMissing(String),
}

impl Core {
    /// Tries to send an invoice once.
    pub(crate) async fn deliver_invoice(&self, channel: &dyn MailChannel, row: OutboxRow) -> Verdict {
        let (tried, verdict) = match self.mail_of_invoice(&row).await {
            Ok(Task::Send(mail)) => match self.hold(&row, channel.send(&mail)).await {
                Ok(_) => (Tried::Sent, Verdict::Decided),
                Err(fault) => self.after_invoice(&row, &fault, channel.name()),
            },
            Ok(Task::Expired) => {
                let reason = "It could not be handed over for days: ask the operator".to_owned();
                (Tried::Failed(reason), Verdict::Over)
            }
            Ok(Task::Nothing) => (Tried::Lost, Verdict::Over),
            Ok(Task::Stuck(reason)) => (Tried::GivenUp(reason), Verdict::Over),
            Ok(Task::KeyMissing(reason)) => {
                let due_at = self.now().after(KEY_MISSING);
                (Tried::Again { due_at, fault: reason.clone(), reason, counts: false }, Verdict::Later)
            }
            Err(error) => {
                tracing::warn!(message_id = %row.message, %error, "an invoice can't be read; it is tried again after its lease");
                return Verdict::Later;
            }
        };
        match self.record_invoice(row, tried).await {
            Ok(()) => verdict,
            Err(error) => {
                tracing::warn!(%error, "what became of an invoice was not recorded; it is sent once more after its lease");
                Verdict::Later
            }
        }
    }

    async fn mail_of_invoice(&self, row: &OutboxRow) -> Result<Task, StoreError> {
        let mut reader = self.db().reader().await?;
        let held = store::outbox::by_id(&mut reader, row.partner, row.message).await?;
        // While it was in the queue, a try of before may have been recorded.
        if held.is_none_or(|held| held.lease != row.lease) {
            return Ok(Task::Nothing);
        }
        let Some(delivery) = store::distribution::by_id(&mut reader, row.partner, row.message).await? else {
            return Ok(Task::Nothing);
        };
        if status_of(&delivery.status)? != DistributionStatus::Pending {
            return Ok(Task::Nothing);
        }
        if self.now() >= row.expires_at {
            return Ok(Task::Expired);
        }
        let Some(kept) = store::invoice::by_id(&mut reader, row.partner, delivery.invoice).await? else {
            return Ok(Task::Nothing);
        };
        let files = store::invoice::attachments(&mut reader, row.partner, delivery.invoice).await?;
        drop(reader);
        let (core, id, made_at) = (self.clone(), row.message, kept.created_at);
        // Making the PDF takes milliseconds of a processor.
        let made = tokio::task::spawn_blocking(move || {
            let (invoice, files) = core.open_whole(&kept, files)?;
            Ok::<_, Unreadable>(core.compose(id, &invoice, files, made_at)?)
        });
        match made.await {
            Ok(Ok(mail)) => Ok(Task::Send(Box::new(mail))),
            Ok(Err(Unreadable::KeyMissing(error))) => {
                tracing::warn!(message_id = %row.message, %error, "an invoice waits for its master key");
                Ok(Task::KeyMissing(error.to_string()))
            }
            Ok(Err(error)) => {
                tracing::error!(message_id = %row.message, %error, "an invoice can't be made into a mail");
                Ok(Task::Stuck("it can't be made into a mail: see the log".to_owned()))
            }
            Err(_) => {
                tracing::error!(message_id = %row.message, "making an invoice into a mail panicked");
                Ok(Task::Stuck("it can't be made into a mail: see the log".to_owned()))
            }
        }
    }

    fn compose(
        &self,
        id: Uuid,
        invoice: &NewInvoice,
        files: Vec<domain::invoice::Attachment>,
        made_at: Timestamp,
    ) -> Result<Mail, StoreError> {
        let Delivery::Email(address) = &invoice.delivery else {
            return Err(StoreError::unreadable("invoice.content", "an invoice in the outbox of mail goes another way"));
        };
        let pdf = documents::invoice_pdf(&InvoiceDocument::new(invoice, made_at))
            .map_err(|error| StoreError::unreadable("invoice.content", error))?;
        let cover = documents::cover_letter(invoice);
        let pdf_of = |name: String, bytes| channels::Attachment { name, content_type: "application/pdf".into(), bytes };
        let mut attachments = vec![pdf_of(cover.file_name, pdf)];
        attachments.extend(files.into_iter().map(|file| pdf_of(file.name, file.content)));
        let settings = self.settings().mail.as_ref();
        let seller = &invoice.parties.seller.contact;
        let reply_to = seller.email.as_ref().or(seller.person_email.as_ref()).map(ToString::to_string);
        Ok(Mail {
            id,
            from: settings.map(|settings| settings.from.clone()).unwrap_or_default(),
            to: address.to_string(),
            subject: letters::one_line(&cover.subject),
            html: Some(letters::html(&cover.text, cover.language)),
            text: cover.text,
            // An invoice is worth more than the address that an answer to it would go to.
            reply_to: reply_to.filter(|address| channels::smtp::is_address(address)),
            attachments,
        })
    }

    fn after_invoice(&self, row: &OutboxRow, fault: &Fault, channel: &str) -> (Tried, Verdict) {
        // Without the server's words, which may hold the address. They are kept in the outbox, for the operator, while it is tried again.
        let (kind, code) = (fault.kind, fault.code.as_deref().unwrap_or_default());
        if kind.is_of_the_channel() {
            // The channel pauses, and not this invoice.
            tracing::debug!(channel, message_id = %row.message, fault = ?kind, code, "an invoice was not sent");
            let again =
                Tried::Again { due_at: self.now(), reason: String::new(), fault: fault.to_string(), counts: false };
            return (again, Verdict::Pause(kind, fault.retry_after));
        }
        tracing::warn!(channel, message_id = %row.message, fault = ?kind, code, "an invoice was not sent");
        // The client sees this, and so it holds the server's code and not its words or its address.
        let why = if code.is_empty() { "without a reason".to_owned() } else { format!("with {code}") };
        if kind == FaultKind::Permanent {
            if code.is_empty() {
                // The server has said nothing: it is ours.
                return (Tried::GivenUp(fault.to_string()), Verdict::Over);
            }
            let reason = format!("The mail server refused it {why}: check the e-mail address");
            return (Tried::Failed(reason), Verdict::Decided);
        }
        let due_at = self.next_try(row, fault);
        if is_over(row, fault) || due_at > row.expires_at {
            let reason = format!("The mail server put it off too often {why}: check the e-mail address");
            return (Tried::Failed(reason), Verdict::Over);
        }
        let reason = format!("The mail server put it off {why}; it is tried again");
        (Tried::Again { due_at, reason, fault: fault.to_string(), counts: true }, Verdict::Later)
    }

    async fn record_invoice(&self, row: OutboxRow, tried: Tried) -> Result<(), StoreError> {
        // Made once: a second run of the transaction keeps the same.
        let moment = self.moment();
        persist(row.message, || {
            let (core, row, tried) = (self.clone(), row.clone(), tried.clone());
            self.db().take(move |tx| {
                let (core, row, tried) = (core.clone(), row.clone(), tried.clone());
                Box::pin(async move {
                    let Some((status, reason)) = settle(tx, &row, tried, moment.at).await? else { return Ok(()) };
                    let Some(delivery) = store::distribution::by_id(tx, row.partner, row.message).await? else {
                        return Ok(());
                    };
                    core.advance(tx, delivery, status, reason, moment).await
                })
            })
        })
        .await
    }
}

/// Moves the row of the outbox by what a try came to, and gives what that means for the delivery; `None` when it means nothing.
async fn settle(
    tx: &mut Tx,
    row: &OutboxRow,
    tried: Tried,
    now: Timestamp,
) -> Result<Option<(DistributionStatus, String)>, StoreError> {
    Ok(Some(match tried {
        Tried::Lost => {
            store::outbox::done(tx, row).await?;
            return Ok(None);
        }
        Tried::Sent => {
            // Also when the lease had ended: the server has it, whoever else holds the row by now.
            store::outbox::forget(tx, row.partner, row.message).await?;
            (DistributionStatus::Sent, String::new())
        }
        Tried::Failed(reason) => {
            if !store::outbox::done(tx, row).await? {
                return Ok(None);
            }
            (DistributionStatus::Failed, reason)
        }
        Tried::Again { due_at, reason, fault, counts } => {
            if !store::outbox::again(tx, row, due_at, &fault, counts).await? || !counts {
                return Ok(None);
            }
            (DistributionStatus::Pending, reason)
        }
        Tried::GivenUp(reason) => {
            if !store::outbox::give_up(tx, row, now, &reason).await? {
                return Ok(None);
            }
            (DistributionStatus::Pending, "The operator has to mend something before it can be sent".to_owned())
        }
    }))
}
