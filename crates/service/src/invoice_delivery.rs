//! Invoices on their way: handed to the channel of their method, and moved on by what came of it.

use std::time::Duration;

use channels::{Accepted, DocumentChannel, Fault, FaultKind, MailChannel};
use domain::Timestamp;
use domain::distribution::{DistributionMethod, DistributionStatus};
use store::distribution::DistributionRow;
use store::outbox::OutboxRow;
use store::{StoreError, Tx};

use crate::Core;
use crate::distribution_progress::Step;
use crate::invoice::status_of;
use crate::invoice_parcel::Parcel;
use crate::invoice_reason::{remedy, taker};
use crate::outbox::{Verdict, persist};
use crate::outbox_payload::{KEY_MISSING, Unreadable};

/// What hands an invoice over.
#[derive(Clone, Copy)]
pub(crate) enum Carrier<'c> {
    Mail(&'c dyn MailChannel),
    Documents(&'c dyn DocumentChannel),
}

impl Carrier<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Mail(channel) => channel.name(),
            Self::Documents(channel) => channel.name(),
        }
    }

    async fn send(self, parcel: &Parcel) -> Result<Accepted, Fault> {
        match (self, parcel) {
            (Self::Mail(channel), Parcel::Mail(mail)) => channel.send(mail).await,
            (Self::Documents(channel), Parcel::Document(document)) => channel.send(document).await,
            // The operator has made another kind of channel of this name.
            (Self::Mail(_) | Self::Documents(_), _) => {
                Err(Fault::permanent("the channel does not take invoices of this method"))
            }
        }
    }
}

/// What a try came to, to be recorded.
#[derive(Clone)]
enum Tried {
    /// The server has taken it.
    Sent,
    /// It is to be tried again: the reason is for the client, and the fault for the operator. A try that says nothing of the invoice is not
    /// counted.
    Again { due_at: Timestamp, reason: String, fault: String, counts: bool, is_unsure: bool },
    /// It will not arrive; why, in words that a creditor can act on.
    Failed(Step),
    /// Nobody can send it before the operator has mended something.
    GivenUp(String),
    /// It was over before, or is another worker's: there is nothing to record.
    Lost,
}

/// Why an invoice waits that can't be made ready here, or that no server takes as it is.
const WAITS_FOR_US: &str = "The operator of this service has to mend something before it can be sent";

/// The least pause after a try of which it is not known whether the other side has taken the invoice.
const AFTER_DOUBT: Duration = Duration::from_secs(3600);

/// The most such tries of what reaches the buyer once more with each.
const MOST_DOUBTS: i64 = 3;

/// How long before its end an invoice is tried for the last time that the other side has put off beyond that.
const BEFORE_THE_END: Duration = Duration::from_secs(60);

/// How long the other side may be at work on a message that it was given.
const AT_WORK: Duration = Duration::from_secs(10 * 60);

/// Why an invoice failed that could not be handed over while it was worth it.
pub(crate) const NOT_IN_TIME: &str = "It could not be handed over in time: ask the operator of this service";

/// Why an invoice can't be sent, for the operator.
const NOT_MADE: &str = "it can't be made ready to be sent: see the log";

/// An invoice that is to be sent.
struct Ready {
    method: DistributionMethod,
    parcel: Box<Parcel>,
    /// How often it was tried so far, as far as it was recorded.
    tries: i64,
}

/// What there is to do for a row of the outbox.
enum Task {
    Send(Ready),
    /// It was not handed over while it was worth trying.
    Expired(DistributionMethod),
    /// It was sent, or stopped, or is gone.
    Nothing,
    /// Something of ours is in the way.
    Stuck(String),
    /// Another process has the master key that it is sealed under.
    KeyMissing(String),
}

impl Core {
    /// Tries to send an invoice once.
    pub(crate) async fn deliver_invoice(&self, carrier: Carrier<'_>, row: OutboxRow) -> Verdict {
        let (tried, verdict) = match self.parcel_of_invoice(&row).await {
            Ok(Task::Send(ready)) => match self.hold(&row, carrier.send(&ready.parcel)).await {
                Ok(_) => (Tried::Sent, Verdict::Decided),
                Err(fault) => self.after_invoice(&row, &fault, carrier.name(), &ready),
            },
            Ok(Task::Expired(method)) => {
                let reason = match row.unsure {
                    0 => NOT_IN_TIME.to_owned(),
                    _ => may_be_there(taker(method)),
                };
                (Tried::Failed(failed_without_a_try(reason).in_doubt(row.unsure > 0)), Verdict::Over)
            }
            Ok(Task::Nothing) => (Tried::Lost, Verdict::Over),
            Ok(Task::Stuck(reason)) => (Tried::GivenUp(reason), Verdict::Over),
            Ok(Task::KeyMissing(fault)) => {
                let due_at = self.now().after(KEY_MISSING);
                (
                    Tried::Again { due_at, fault, reason: WAITS_FOR_US.to_owned(), counts: false, is_unsure: false },
                    Verdict::Later,
                )
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

    async fn parcel_of_invoice(&self, row: &OutboxRow) -> Result<Task, StoreError> {
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
        let tries = delivery.attempts;
        if self.now() >= row.expires_at {
            let method = DistributionMethod::parse(&delivery.method);
            let method = method.map_err(|error| StoreError::unreadable("distribution.method", error))?;
            return Ok(Task::Expired(method));
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
            let parcel = core.parcel(id, &invoice, files, made_at)?;
            Ok::<_, Unreadable>((invoice.delivery.method(), Box::new(parcel)))
        });
        match made.await {
            Ok(Ok((method, parcel))) => Ok(Task::Send(Ready { method, parcel, tries })),
            Ok(Err(Unreadable::KeyMissing(error))) => {
                tracing::warn!(message_id = %row.message, %error, "an invoice waits for its master key");
                Ok(Task::KeyMissing(error.to_string()))
            }
            Ok(Err(error)) => {
                tracing::error!(message_id = %row.message, %error, "an invoice can't be made ready to be sent");
                Ok(Task::Stuck(NOT_MADE.to_owned()))
            }
            Err(_) => {
                tracing::error!(message_id = %row.message, "making an invoice ready to be sent panicked");
                Ok(Task::Stuck(NOT_MADE.to_owned()))
            }
        }
    }

    fn after_invoice(&self, row: &OutboxRow, fault: &Fault, channel: &str, ready: &Ready) -> (Tried, Verdict) {
        let who = taker(ready.method);
        // Without the server's words, which may hold the address. They are kept in the outbox, for the operator, while it is tried again.
        let (kind, code) = (fault.kind, fault.code.as_deref().unwrap_or_default());
        if kind.is_of_the_channel() {
            // The channel pauses, and not this invoice.
            tracing::debug!(channel, message_id = %row.message, fault = ?kind, code, "an invoice was not sent");
            let is = if kind == FaultKind::Throttled { "takes no more for now" } else { "can't be used for now" };
            let (due_at, reason, fault_words) =
                (self.now(), format!("{who} {is}; it is tried again"), fault.to_string());
            let again = Tried::Again { due_at, reason, fault: fault_words, counts: false, is_unsure: false };
            return (again, Verdict::Pause(kind, fault.retry_after));
        }
        tracing::warn!(channel, message_id = %row.message, fault = ?kind, code, "an invoice was not sent");
        if fault.may_have_been_accepted {
            return self.after_doubt(row, fault, ready);
        }
        if fault.is_duplicate
            && let Some(after) = self.after_duplicate(row, fault, ready)
        {
            return after;
        }
        // The client sees this, and so it holds the server's code and not its words or its address.
        let why = if code.is_empty() { "without a reason".to_owned() } else { format!("with {code}") };
        if kind == FaultKind::Permanent {
            if code.is_empty() {
                // The server has said nothing: it is ours.
                return (Tried::GivenUp(fault.to_string()), Verdict::Over);
            }
            let reason = format!("{who} refused it {why}: {}", remedy(ready.method, code));
            return (Tried::Failed(failed(reason)), Verdict::Decided);
        }
        let due_at = self.next_try_in_time(row, fault);
        // However often: a server may be out of order for a day.
        if due_at > row.expires_at {
            let reason = if fault.is_duplicate {
                format!("{who} says {why} that it has it already: ask it before it is sent again")
            } else if row.unsure > 0 {
                may_be_there(who)
            } else {
                format!("{who} put it off for too long {why}: {}", remedy(ready.method, code))
            };
            let in_doubt = fault.is_duplicate || row.unsure > 0;
            return (Tried::Failed(failed(reason).in_doubt(in_doubt)), Verdict::Over);
        }
        let reason = format!("{who} put it off {why}; it is tried again");
        (Tried::Again { due_at, reason, fault: fault.to_string(), counts: true, is_unsure: false }, Verdict::Later)
    }

    /// When an invoice is tried again after a fault that may pass. Where the other side asks for more time than there is, it is tried once more
    /// at its end.
    fn next_try_in_time(&self, row: &OutboxRow, fault: &Fault) -> Timestamp {
        let due_at = self.next_try(row, fault);
        let last = row.expires_at.before(BEFORE_THE_END);
        let is_asked = fault.retry_after.is_some() && due_at > row.expires_at;
        if is_asked && last > self.now().after(BEFORE_THE_END) { last } else { due_at }
    }

    /// What follows a try of which it is not known whether the other side has taken the invoice.
    fn after_doubt(&self, row: &OutboxRow, fault: &Fault, ready: &Ready) -> (Tried, Verdict) {
        let who = taker(ready.method);
        // An operator knows a message that it has by its identifier; a buyer has another mail, or letter, each time.
        let is_repeated = ready.method != DistributionMethod::EInvoice;
        let due_at = self.next_try(row, fault).max(self.now().after(AFTER_DOUBT));
        if (is_repeated && row.unsure + 1 >= MOST_DOUBTS) || due_at > row.expires_at {
            return (Tried::Failed(failed(may_be_there(who)).in_doubt(true)), Verdict::Over);
        }
        let reason = format!("{who} did not say whether it has taken it; it is tried again in an hour");
        (Tried::Again { due_at, reason, fault: fault.to_string(), counts: true, is_unsure: true }, Verdict::Later)
    }

    /// What follows a try to which the other side says that it has one of this identifier. That means that it has taken an earlier one, where
    /// there was one that may have reached it; else it is told of nothing of ours, and is as any other fault: `None`.
    fn after_duplicate(&self, row: &OutboxRow, fault: &Fault, ready: &Ready) -> Option<(Tried, Verdict)> {
        if row.unsure > 0 {
            return Some((Tried::Sent, Verdict::Decided));
        }
        // A worker that was killed in a try has recorded nothing of it.
        if row.attempts - 1 <= ready.tries {
            return None;
        }
        // It may be at work on that one still.
        let due_at = self.next_try(row, fault).max(self.now().after(AT_WORK));
        let who = taker(ready.method);
        if due_at > row.expires_at {
            return Some((Tried::Failed(failed(may_be_there(who)).in_doubt(true)), Verdict::Over));
        }
        let reason = format!("{who} has it perhaps, and is asked again");
        let again = Tried::Again { due_at, reason, fault: fault.to_string(), counts: true, is_unsure: true };
        Some((again, Verdict::Later))
    }

    async fn record_invoice(&self, row: OutboxRow, tried: Tried) -> Result<(), StoreError> {
        // Made once: a second run of the transaction keeps the same.
        let moment = self.moment();
        persist(row.message, || {
            let (core, row, tried) = (self.clone(), row.clone(), tried.clone());
            self.db().take(move |tx| {
                let (core, row, tried) = (core.clone(), row.clone(), tried.clone());
                Box::pin(async move {
                    let Some(step) = settle(tx, &row, tried, moment.at).await? else { return Ok(()) };
                    let Some(delivery) = store::distribution::by_id(tx, row.partner, row.message).await? else {
                        return Ok(());
                    };
                    core.advance(tx, delivery, step, moment).await
                })
            })
        })
        .await
    }
}

/// Keeps why a delivery waits that was not tried, once.
async fn note(tx: &mut Tx, row: &OutboxRow, reason: String) -> Result<(), StoreError> {
    match store::distribution::by_id(tx, row.partner, row.message).await? {
        Some(delivery)
            if delivery.status_reason != reason && delivery.status == DistributionStatus::Pending.as_str() =>
        {
            store::distribution::note(tx, &DistributionRow { status_reason: reason, ..delivery }).await
        }
        Some(_) | None => Ok(()),
    }
}

/// It has failed, by a try.
fn failed(reason: String) -> Step {
    Step::tried(DistributionStatus::Failed, reason)
}

/// It has failed, and was not tried once more.
const fn failed_without_a_try(reason: String) -> Step {
    Step::decided(DistributionStatus::Failed, reason)
}

/// Why an invoice is not sent any more that the other side may have.
fn may_be_there(who: &str) -> String {
    format!("{who} did not say whether it has taken it: it may have arrived, so ask the buyer before it is sent again")
}

/// Moves the row of the outbox by what a try came to, and gives what that means for the delivery; `None` when it means nothing.
async fn settle(tx: &mut Tx, row: &OutboxRow, tried: Tried, now: Timestamp) -> Result<Option<Step>, StoreError> {
    Ok(Some(match tried {
        Tried::Lost => {
            store::outbox::done(tx, row).await?;
            return Ok(None);
        }
        Tried::Sent => {
            // Also when the lease had ended: the server has it, whoever else holds the row by now.
            store::outbox::forget(tx, row.partner, row.message).await?;
            Step::tried(DistributionStatus::Sent, String::new())
        }
        Tried::Failed(step) => {
            if !store::outbox::done(tx, row).await? {
                return Ok(None);
            }
            step
        }
        Tried::Again { due_at, reason, fault, counts, is_unsure } => {
            if is_unsure {
                store::outbox::doubt(tx, row).await?;
            }
            if !store::outbox::again(tx, row, due_at, &fault, counts).await? {
                return Ok(None);
            }
            if !counts {
                note(tx, row, reason).await?;
                return Ok(None);
            }
            Step::tried(DistributionStatus::Pending, reason)
        }
        Tried::GivenUp(reason) => {
            if !store::outbox::give_up(tx, row, now, &reason).await? {
                return Ok(None);
            }
            Step::decided(DistributionStatus::Pending, WAITS_FOR_US.to_owned())
        }
    }))
}
