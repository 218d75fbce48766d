//! Webhooks on their way: signed, sent, tried again over days; and endpoints that are disabled because nobody is there any more.

use std::time::Duration;

use channels::webhook::{WebhookCall, WebhookChannel};
use channels::{Fault, FaultKind};
use domain::Timestamp;
use domain::audit::{Actor, AuditRecord, Outcome};
use domain::webhook::{schedule, signature};
use store::outbox::OutboxRow;
use store::webhook::EndpointRow;
use store::{StoreError, Tx};

use crate::outbox::{Verdict, persist};
use crate::webhook::subject;
use crate::webhook_event::{Notice, seal_name};
use crate::{Context, Core, letters};

/// The longest pause that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// What a try came to, to be recorded.
#[derive(Clone)]
enum Ended {
    Sent(EndpointRow),
    Again {
        endpoint: EndpointRow,
        due_at: Timestamp,
        fault: String,
    },
    GivenUp {
        /// Where it was tried.
        endpoint: Option<EndpointRow>,
        fault: String,
    },
    /// Its endpoint was removed: nobody wants it.
    Unwanted,
    /// It is gone, or another worker's: there is nothing to record.
    Lost,
}

/// An endpoint to be disabled: made ahead of the transaction.
#[derive(Clone)]
struct Disabling {
    endpoint: EndpointRow,
    reason: String,
    record: AuditRecord,
    mail: Option<OutboxRow>,
}

impl Core {
    /// Tries a webhook once.
    pub(crate) async fn deliver_webhook(&self, channel: &dyn WebhookChannel, row: OutboxRow) -> Verdict {
        let (ended, disabling) = match self.try_webhook(channel, &row).await {
            Ok(tried) => tried,
            Err(error) => {
                tracing::warn!(message_id = %row.message, %error, "a webhook can't be read; it is tried again after its lease");
                return Verdict::Later;
            }
        };
        let verdict = match ended {
            Ended::Sent(_) => Verdict::Decided,
            Ended::Again { .. } => Verdict::Later,
            Ended::GivenUp { .. } | Ended::Unwanted | Ended::Lost => Verdict::Over,
        };
        let kept = persist(row.message, || {
            let (core, row, ended, disabling) = (self.clone(), row.clone(), ended.clone(), disabling.clone());
            self.db().write(move |tx| {
                let (core, row, ended, disabling) = (core.clone(), row.clone(), ended.clone(), disabling.clone());
                Box::pin(async move {
                    core.record_webhook(tx, &row, ended).await?;
                    match &disabling {
                        Some(disabling) => core.disable(tx, disabling).await,
                        None => Ok(false),
                    }
                })
            })
        })
        .await;
        match (kept, disabling) {
            (Ok(true), Some(Disabling { endpoint, .. })) => {
                tracing::warn!(endpoint_id = %endpoint.endpoint, "a webhook endpoint was disabled: its receiver has failed for days, or is gone");
                self.outbox_written().send_replace(());
            }
            (Ok(_), _) => {}
            (Err(error), _) => {
                tracing::warn!(message_id = %row.message, %error, "what became of a webhook was not recorded; it is sent once more after its lease");
                return Verdict::Later;
            }
        }
        verdict
    }

    async fn try_webhook(
        &self,
        channel: &dyn WebhookChannel,
        row: &OutboxRow,
    ) -> Result<(Ended, Option<Disabling>), StoreError> {
        let given_up = |fault: &str| Ok((Ended::GivenUp { endpoint: None, fault: fault.to_owned() }, None));
        if !self.is_ours(row).await? {
            return Ok((Ended::Lost, None));
        }
        let notice = match self.notice_of(row) {
            Ok(notice) => notice,
            Err(error) => {
                tracing::error!(message_id = %row.message, %error, "a webhook can't be read");
                return given_up("it can't be read: see the log");
            }
        };
        let endpoint = store::webhook::by_id(&mut self.db().reader().await?, notice.endpoint).await?;
        let Some(endpoint) = endpoint else { return Ok((Ended::Unwanted, None)) };
        if endpoint.disabled_at.is_some() {
            return given_up("its endpoint is disabled");
        }
        let now = self.now();
        if now >= row.expires_at {
            // Which says nothing of the endpoint: perhaps no worker ran.
            return given_up("it was not sent while it was worth sending");
        }
        let secrets = match self.secrets_of(&endpoint, now) {
            Ok(secrets) => secrets,
            Err(error) => {
                tracing::error!(endpoint_id = %endpoint.endpoint, %error, "the secret of a webhook endpoint can't be opened");
                return given_up("the secret of its endpoint can't be opened: see the log");
            }
        };
        let (id, timestamp) = (signature::id(row.message), signature::timestamp(now));
        let signatures = signature::signatures(&secrets, &id, timestamp, &notice.body);
        let call = WebhookCall { url: endpoint.url.clone(), id, timestamp, signatures, body: notice.body };
        match self.hold(row, channel.call(&call)).await {
            Ok(_) => Ok((Ended::Sent(endpoint), None)),
            Err(fault) => self.after_fault(row, endpoint, &fault),
        }
    }

    fn after_fault(
        &self,
        row: &OutboxRow,
        endpoint: EndpointRow,
        fault: &Fault,
    ) -> Result<(Ended, Option<Disabling>), StoreError> {
        // Without the receiver's words. They are kept with the message.
        let (kind, code) = (fault.kind, fault.code.as_deref().unwrap_or_default());
        let (id, endpoint_id) = (row.message, endpoint.endpoint);
        tracing::info!(%endpoint_id, message_id = %id, fault = ?kind, code, "a webhook was not taken");
        let now = self.now();
        let told = fault.to_string();
        let reason = if kind == FaultKind::Permanent {
            Some(told.clone())
        } else {
            let failing_since = endpoint.failing_since.map_or(now, Timestamp::from_micros);
            (now.since(failing_since) >= self.settings().webhook.disable_after)
                .then(|| format!("every try since {failing_since} has failed; the last: {told}"))
        };
        let disabling = reason.map(|reason| self.new_disabling(&endpoint, reason, now)).transpose()?;
        let mut bytes = [0; 8];
        self.random().fill(&mut bytes);
        let pause = schedule::pause(row.attempts, u64::from_ne_bytes(bytes)).filter(|_| disabling.is_none());
        let asked = fault.retry_after.unwrap_or_default().min(LONGEST_ASKED);
        let due_at = pause.map(|pause| now.after(pause.max(asked))).filter(|due_at| *due_at < row.expires_at);
        Ok(match due_at {
            Some(due_at) => (Ended::Again { endpoint, due_at, fault: told }, None),
            None => (Ended::GivenUp { endpoint: Some(endpoint), fault: told }, disabling),
        })
    }

    fn new_disabling(&self, endpoint: &EndpointRow, reason: String, now: Timestamp) -> Result<Disabling, StoreError> {
        let context = Context { actor: Actor::Job("webhook"), source: None, request_id: String::new() };
        let id = endpoint.endpoint;
        let record =
            context.record(self, endpoint.partner, "webhook.disable", subject(id), Outcome::Done, reason.clone());
        let mail = match &self.settings().mail {
            Some(settings) => {
                let (title, text) = letters::webhook_disabled(&id.to_string(), &reason);
                let letter = letters::letter(settings.operator.clone(), &title, text);
                self.new_mail(endpoint.partner, -endpoint.partner.0, &letter, now)?
            }
            None => None,
        };
        Ok(Disabling { endpoint: endpoint.clone(), reason, record, mail })
    }

    /// Disables an endpoint, with its record and the mail to the operator; false when it is disabled already.
    async fn disable(&self, tx: &mut Tx, disabling: &Disabling) -> Result<bool, StoreError> {
        if !store::webhook::disable(tx, &disabling.endpoint, disabling.record.at, &disabling.reason).await? {
            return Ok(false);
        }
        store::audit::insert(tx, &disabling.record).await?;
        if let Some(mail) = &disabling.mail {
            self.post(tx, mail).await?;
        }
        Ok(true)
    }

    async fn record_webhook(&self, tx: &mut Tx, row: &OutboxRow, ended: Ended) -> Result<(), StoreError> {
        let now = self.now();
        // Noted only where it changes something, so that deliveries at once do not meet on the endpoint's row.
        let note_failure = async |tx: &mut Tx, endpoint: &EndpointRow| match endpoint.failing_since {
            None => store::webhook::fails(tx, endpoint, now).await.map(drop),
            Some(_) => Ok(()),
        };
        match ended {
            Ended::Sent(endpoint) => {
                // Also when the lease had ended: the receiver has it, whoever else holds the row by now.
                store::outbox::forget(tx, row.partner, row.message).await?;
                if endpoint.failing_since.is_some() {
                    store::webhook::works(tx, &endpoint).await?;
                }
                Ok(())
            }
            Ended::Again { endpoint, due_at, fault } => {
                store::outbox::again(tx, row, due_at, &fault, true).await?;
                note_failure(tx, &endpoint).await
            }
            Ended::GivenUp { endpoint, fault } => {
                store::outbox::give_up(tx, row, now, &fault).await?;
                match endpoint {
                    Some(endpoint) => note_failure(tx, &endpoint).await,
                    None => Ok(()),
                }
            }
            Ended::Unwanted => store::outbox::done(tx, row).await.map(drop),
            Ended::Lost => Ok(()),
        }
    }

    fn notice_of(&self, row: &OutboxRow) -> Result<Notice, StoreError> {
        let unreadable = |error: &dyn std::error::Error| StoreError::unreadable("outbox.payload", error.to_string());
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name(row.message), &row.payload, row.master_key_version)
            .map_err(|error| unreadable(&error))?;
        serde_json::from_slice(&plain).map_err(|error| unreadable(&error))
    }
}
