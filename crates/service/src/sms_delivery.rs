//! Short messages on their way: handed to their channel, and moved on by what the provider answers and tells afterwards
//! ([`crate::sms_receipt`]).
//!
//! A receipt may come before the answer to the submit, twice, out of order, or with the identifier in another spelling. So a receipt
//! without a message is kept, and looked for again when an answer comes; and states only move forward.

use channels::{AcceptedPart, Fault, FaultKind, SmsChannel, SmsSubmit};
use domain::Timestamp;
use domain::identifier::ClientIdentifier;
use domain::sms::{Sender, SmsState, id_forms, normal_id};
use store::outbox::OutboxRow;
use store::sms::{PartRow, ReceiptRow, SmsRow};
use store::{StoreError, Tx};

use crate::Core;
use crate::outbox::{Verdict, is_over, persist};
use crate::sms::state;
use crate::sms_receipt::is_of;
use crate::webhook_event::Event;

/// The most messages or receipts of one identifier that are looked at.
pub(crate) const ALIKE: i64 = 8;

/// What a try came to, to be recorded.
#[derive(Clone)]
enum Tried {
    /// The provider has taken it, under these identifiers.
    Sent(Vec<String>),
    /// It is to be tried again; some parts may have been taken.
    Again { accepted: Vec<AcceptedPart>, due_at: Timestamp, reason: String, counts: bool },
    /// Nobody will take it before the operator has mended something.
    GivenUp { accepted: Vec<AcceptedPart>, reason: String },
    /// It is over without having been sent whole.
    Ended { accepted: Vec<AcceptedPart>, state: SmsState, code: String, reason: String },
    /// It was over before: there was nothing to try.
    Over,
}

/// What there is to do for a row of the outbox.
enum Task {
    Submit(SmsSubmit),
    /// Its validity has ended.
    Expired,
    /// It was sent, or is over, or gone.
    Nothing,
}

impl Core {
    /// Tries a message once.
    pub(crate) async fn deliver_sms(&self, channel: &dyn SmsChannel, row: OutboxRow) -> Verdict {
        let (tried, verdict) = match self.submit_of(&row).await {
            Ok(Task::Submit(submit)) => match self.hold(&row, channel.submit(&submit)).await {
                Ok(accepted) => (Tried::Sent(accepted.provider_message_ids), Verdict::Decided),
                Err(fault) => self.after(&row, fault, channel.name()),
            },
            Ok(Task::Expired) => {
                let reason = "its validity ended before it was sent".to_owned();
                let ended =
                    Tried::Ended { accepted: Vec::new(), state: SmsState::Expired, code: String::new(), reason };
                (ended, Verdict::Over)
            }
            Ok(Task::Nothing) => (Tried::Over, Verdict::Over),
            Err(error) => {
                tracing::warn!(message_id = %row.message, %error, "a message can't be read; it is tried again after its lease");
                return Verdict::Later;
            }
        };
        match self.record_try(row, tried).await {
            Ok(()) => verdict,
            Err(error) => {
                tracing::warn!(%error, "what became of a message was not recorded; it is sent once more after its lease");
                Verdict::Later
            }
        }
    }

    async fn submit_of(&self, row: &OutboxRow) -> Result<Task, StoreError> {
        let mut reader = self.db().reader().await?;
        let Some(sms) = store::sms::by_id(&mut reader, row.partner, row.message).await? else {
            return Ok(Task::Nothing);
        };
        let now = self.now();
        if sms.final_at.is_some() || sms.sent_at.is_some() {
            return Ok(Task::Nothing);
        }
        if now >= sms.expires_at {
            return Ok(Task::Expired);
        }
        let parts = store::sms::parts(&mut reader, row.partner, row.message).await?;
        let accepted = parts.into_iter().filter_map(|part| {
            let index = usize::try_from(part.part_index).ok()?;
            Some(AcceptedPart { index, provider_message_id: part.provider_message_id })
        });
        Ok(Task::Submit(SmsSubmit {
            id: sms.sms,
            sender: Sender::parse(&sms.sender).map_err(|error| StoreError::unreadable("sms.sender", error))?,
            recipient: sms.recipient,
            text: sms.body,
            validity: Some(sms.expires_at.since(now)),
            wants_receipt: true,
            reference: Some(sms.reference).filter(|reference| !reference.is_empty()),
            accepted: accepted.collect(),
        }))
    }

    fn after(&self, row: &OutboxRow, fault: Fault, channel: &str) -> (Tried, Verdict) {
        // Without the provider's words, which may hold the number. They are kept with the message.
        let code = fault.code.as_deref().unwrap_or_default();
        let (kind, reason) = (fault.kind, fault.to_string());
        if kind.is_of_the_channel() {
            // The channel pauses, and not this message.
            tracing::debug!(channel, message_id = %row.message, fault = ?kind, code, "a message was not sent");
            let again = Tried::Again { accepted: fault.accepted, due_at: self.now(), reason, counts: false };
            return (again, Verdict::Pause(kind, fault.retry_after));
        }
        tracing::warn!(channel, message_id = %row.message, fault = ?kind, code, "a message was not sent");
        if fault.kind == FaultKind::Permanent {
            let code = fault.code.unwrap_or_default();
            let ended =
                Tried::Ended { accepted: fault.accepted, state: SmsState::Rejected, code, reason: fault.reason };
            return (ended, Verdict::Decided);
        }
        if is_over(row, &fault) {
            return (Tried::GivenUp { accepted: fault.accepted, reason }, Verdict::Over);
        }
        let due_at = self.next_try(row, &fault);
        (Tried::Again { accepted: fault.accepted, due_at, reason, counts: true }, Verdict::Later)
    }

    async fn record_try(&self, row: OutboxRow, tried: Tried) -> Result<(), StoreError> {
        let id = row.message;
        persist(id, || {
            let (core, row, tried) = (self.clone(), row.clone(), tried.clone());
            self.db().write(move |tx| {
                let (core, row, tried) = (core.clone(), row.clone(), tried.clone());
                Box::pin(async move { core.record_try_in(tx, &row, tried).await })
            })
        })
        .await?;
        // Fails when nobody waits.
        self.sms_news().send(id).unwrap_or_default();
        Ok(())
    }

    async fn record_try_in(&self, tx: &mut Tx, row: &OutboxRow, tried: Tried) -> Result<(), StoreError> {
        let now = self.now();
        let Some(mut sms) = store::sms::by_id(tx, row.partner, row.message).await? else {
            return store::outbox::done(tx, row).await.map(drop);
        };
        match tried {
            Tried::Sent(ids) => {
                // Also when the lease had ended: the provider has it, whoever else holds the row by now.
                store::outbox::forget(tx, row.partner, row.message).await?;
                sms.sent_at = sms.sent_at.or(Some(now.micros()));
                let parts =
                    ids.into_iter().enumerate().map(|(index, id)| AcceptedPart { index, provider_message_id: id });
                let code = self.keep_parts(tx, &sms, parts.collect(), now).await?;
                self.settle(tx, sms, &code, now).await
            }
            Tried::Again { accepted, due_at, reason, counts } => {
                let is_ours = store::outbox::again(tx, row, due_at, &reason, counts).await?;
                self.settle_unsent(tx, sms, accepted, Some(reason).filter(|_| is_ours), now).await
            }
            Tried::GivenUp { accepted, reason } => {
                let is_ours = store::outbox::give_up(tx, row, now, &reason).await?;
                self.settle_unsent(tx, sms, accepted, Some(reason).filter(|_| is_ours), now).await
            }
            Tried::Ended { accepted, state, code, reason } => {
                self.keep_parts(tx, &sms, accepted, now).await?;
                if store::outbox::done(tx, row).await? {
                    self.end(tx, sms, state, &code, &reason, now).await?;
                }
                Ok(())
            }
            Tried::Over => store::outbox::done(tx, row).await.map(drop),
        }
    }

    /// Keeps what was taken of a message that was not sent whole, and why; not, when it is over or another worker has it.
    async fn settle_unsent(
        &self,
        tx: &mut Tx,
        mut sms: SmsRow,
        accepted: Vec<AcceptedPart>,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let code = self.keep_parts(tx, &sms, accepted, now).await?;
        if let Some(reason) = reason.filter(|_| sms.final_at.is_none()) {
            sms.reason = reason;
        }
        self.settle(tx, sms, &code, now).await
    }

    /// Keeps the parts that the provider has taken, with the receipts that have come for them before, and gives the code of the first
    /// of these that told of a failure.
    async fn keep_parts(
        &self,
        tx: &mut Tx,
        sms: &SmsRow,
        accepted: Vec<AcceptedPart>,
        now: Timestamp,
    ) -> Result<String, StoreError> {
        let mut code = String::new();
        for accepted in accepted {
            let mut part = PartRow {
                partner: sms.partner,
                sms: sms.sms,
                part_index: i64::try_from(accepted.index).unwrap_or(i64::MAX),
                channel: sms.channel.clone(),
                lookup: normal_id(&accepted.provider_message_id),
                provider_message_id: accepted.provider_message_id,
                state: SmsState::Sent.as_str().to_owned(),
            };
            if !store::sms::insert_part(tx, &part).await? {
                continue;
            }
            let report = self.report(SmsState::Sent, now, &part.provider_message_id, "");
            store::sms::insert_report(tx, sms.partner, sms.sms, &report).await?;
            for form in id_forms(&part.provider_message_id) {
                for receipt in store::sms::receipts(tx, &part.channel, &form, ALIKE).await? {
                    if is_of(&receipt.recipient, sms) {
                        let has_moved = self.move_part(tx, &mut part, &receipt).await?;
                        if has_moved && code.is_empty() {
                            code.clone_from(&receipt.error_code);
                        }
                        store::sms::delete_receipt(tx, &receipt.channel, receipt.receipt).await?;
                    }
                }
            }
        }
        Ok(code)
    }

    /// Moves a part on, when the receipt lies ahead of where it is.
    pub(crate) async fn move_part(
        &self,
        tx: &mut Tx,
        part: &mut PartRow,
        receipt: &ReceiptRow,
    ) -> Result<bool, StoreError> {
        let (before, told) = (state(&part.state)?, state(&receipt.state)?);
        let after = before.after(told);
        if after == before {
            return Ok(false);
        }
        after.as_str().clone_into(&mut part.state);
        store::sms::move_part(tx, part).await?;
        let report = self.report(after, receipt.received_at, &part.provider_message_id, &receipt.error_code);
        store::sms::insert_report(tx, part.partner, part.sms, &report).await?;
        Ok(true)
    }

    /// Moves the message to where its parts are.
    pub(crate) async fn settle(
        &self,
        tx: &mut Tx,
        mut sms: SmsRow,
        error_code: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let parts = store::sms::parts(tx, sms.partner, sms.sms).await?;
        let mut states = parts.iter().map(|part| state(&part.state)).collect::<Result<Vec<_>, _>>()?;
        if sms.sent_at.is_none() {
            // The rest of it has still to be taken.
            states.push(SmsState::Queued);
        }
        let before = state(&sms.state)?;
        let whole = if states.is_empty() { SmsState::Sent } else { SmsState::of_parts(&states) };
        let after = before.after(whole);
        if after != before {
            after.as_str().clone_into(&mut sms.state);
            sms.state_at = now;
            // What an earlier try failed for is not why it ended.
            sms.reason.clear();
            if matches!(after, SmsState::Sent | SmsState::Delivered) {
                // Some providers give success a code as well, such as 000.
                sms.error_code.clear();
            } else {
                error_code.clone_into(&mut sms.error_code);
            }
            if after.is_final() {
                let is_news = sms.final_at.is_none();
                sms.final_at = Some(now.micros());
                // A part that was refused ends the whole: what is left of it need not be sent.
                store::outbox::forget(tx, sms.partner, sms.sms).await?;
                if is_news {
                    self.tell_final(tx, &sms, now).await?;
                }
            }
        }
        store::sms::move_to(tx, &sms).await
    }

    /// Ends a message as a whole.
    pub(crate) async fn end(
        &self,
        tx: &mut Tx,
        mut sms: SmsRow,
        end: SmsState,
        code: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let before = state(&sms.state)?;
        if before.after(end) == before {
            return Ok(());
        }
        end.as_str().clone_into(&mut sms.state);
        code.clone_into(&mut sms.error_code);
        reason.clone_into(&mut sms.reason);
        (sms.state_at, sms.final_at) = (now, Some(now.micros()));
        store::sms::insert_report(tx, sms.partner, sms.sms, &self.report(end, now, "", code)).await?;
        self.tell_final(tx, &sms, now).await?;
        store::sms::move_to(tx, &sms).await
    }

    async fn tell_final(&self, tx: &mut Tx, sms: &SmsRow, now: Timestamp) -> Result<(), StoreError> {
        let event = Event::SmsFinal {
            sms_id: sms.sms,
            client_identifier: (sms.client_id != 0).then_some(ClientIdentifier(sms.client_id)),
            state: &sms.state,
            error_code: Some(sms.error_code.as_str()).filter(|code| !code.is_empty()),
        };
        self.tell(tx, sms.partner, &event, now).await
    }
}
