//! Mail to be sent: written into the outbox in the transaction of its cause, sealed, because it may hold a one-time link.

use std::time::Duration;

use channels::{FaultKind, Mail, MailChannel};
use domain::Timestamp;
use domain::identifier::PartnerId;
use serde::{Deserialize, Serialize};
use store::outbox::{Kind, OutboxRow};
use store::{StoreError, Tx};

use crate::Core;
use crate::outbox::{Verdict, is_over, persist};
use crate::outbox_payload::{KEY_MISSING, Unreadable};

/// How long a mail is worth sending.
pub(crate) const WORTH: Duration = Duration::from_secs(3 * 24 * 3600);

/// How mail leaves, as the operator has set it.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The name of the channel.
    pub channel: String,
    /// Who it is from.
    pub from: String,
    /// Where the operator's own mail goes.
    pub operator: String,
}

/// What a mail says.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
}

/// What a try came to, to be recorded.
#[derive(Clone)]
enum Ended {
    Sent,
    Again {
        due_at: Timestamp,
        fault: String,
        counts: bool,
    },
    GivenUp(String),
    /// It is gone, or another worker's: there is nothing to record.
    Lost,
}

impl Core {
    /// The row of a mail, made ahead of the transaction; `None` when the operator has set up no mail.
    pub(crate) fn new_mail(
        &self,
        partner: PartnerId,
        lane: i64,
        letter: &Letter,
        now: Timestamp,
    ) -> Result<Option<OutboxRow>, StoreError> {
        let Some(settings) = &self.settings().mail else { return Ok(None) };
        let message = self.next_id(now);
        let row = OutboxRow::new(partner, message, Kind::Mail, &settings.channel, lane, now, now.after(WORTH));
        self.with_payload(row, letter).map(Some)
    }

    /// Puts a mail into the outbox.
    pub(crate) async fn post(&self, tx: &mut Tx, row: &OutboxRow) -> Result<(), StoreError> {
        store::outbox::insert(tx, row).await
    }

    /// Tries a mail once.
    pub(crate) async fn deliver_mail(&self, channel: &dyn MailChannel, row: OutboxRow) -> Verdict {
        let (ended, verdict) = self.try_mail(channel, &row).await;
        let now = self.now();
        let kept = persist(row.message, || {
            let (row, ended) = (row.clone(), ended.clone());
            self.db().take(move |tx| {
                let (row, ended) = (row.clone(), ended.clone());
                Box::pin(async move {
                    match ended {
                        // Also when the lease had ended: the server has it, whoever else holds the row by now.
                        Ended::Sent => store::outbox::forget(tx, row.partner, row.message).await,
                        Ended::Lost => Ok(false),
                        Ended::GivenUp(fault) => store::outbox::give_up(tx, &row, now, &fault).await,
                        Ended::Again { due_at, fault, counts } => {
                            store::outbox::again(tx, &row, due_at, &fault, counts).await
                        }
                    }
                })
            })
        })
        .await;
        if let Err(error) = kept {
            tracing::warn!(message_id = %row.message, %error, "what became of a mail was not recorded; it is sent once more after its lease");
            return Verdict::Later;
        }
        verdict
    }

    /// Whether a message still waits under our lease: while it was in the queue, a try of before may have been recorded as sent.
    pub(crate) async fn is_ours(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let found = store::outbox::by_id(&mut self.db().reader().await?, row.partner, row.message).await?;
        Ok(found.is_some_and(|found| found.lease == row.lease))
    }

    async fn try_mail(&self, channel: &dyn MailChannel, row: &OutboxRow) -> (Ended, Verdict) {
        let given_up = |fault: &str| (Ended::GivenUp(fault.to_owned()), Verdict::Over);
        if self.now() >= row.expires_at {
            tracing::warn!(channel = channel.name(), message_id = %row.message, "a mail was not sent while it was worth sending");
            return given_up("it was not sent while it was worth sending");
        }
        match self.is_ours(row).await {
            Ok(true) => {}
            Ok(false) => return (Ended::Lost, Verdict::Over),
            Err(error) => {
                tracing::warn!(message_id = %row.message, %error, "a mail can't be looked for; it is tried again after its lease");
                return (Ended::Lost, Verdict::Later);
            }
        }
        let mail = match self.mail_of(row) {
            Ok(mail) => mail,
            Err(Unreadable::KeyMissing(error)) => {
                tracing::warn!(message_id = %row.message, %error, "a mail waits for its master key");
                let due_at = self.now().after(KEY_MISSING);
                return (Ended::Again { due_at, fault: error.to_string(), counts: false }, Verdict::Later);
            }
            Err(error) => {
                tracing::error!(message_id = %row.message, %error, "a mail can't be read");
                return given_up("it can't be read: see the log");
            }
        };
        let fault = match self.hold(row, channel.send(&mail)).await {
            Ok(_) => return (Ended::Sent, Verdict::Decided),
            Err(fault) => fault,
        };
        // Without the server's words, which may hold the address. They are kept with the message.
        let (kind, code) = (fault.kind, fault.code.as_deref().unwrap_or_default());
        if kind.is_of_the_channel() {
            tracing::debug!(channel = channel.name(), message_id = %row.message, fault = ?kind, code, "a mail was not sent");
            let again = Ended::Again { due_at: self.now(), fault: fault.to_string(), counts: false };
            return (again, Verdict::Pause(kind, fault.retry_after));
        }
        tracing::warn!(channel = channel.name(), message_id = %row.message, fault = ?kind, code, "a mail was not sent");
        let due_at = self.next_try(row, &fault);
        if fault.kind == FaultKind::Permanent {
            return (Ended::GivenUp(fault.to_string()), Verdict::Decided);
        }
        if is_over(row, &fault) || due_at > row.expires_at {
            return given_up(&fault.to_string());
        }
        (Ended::Again { due_at, fault: fault.to_string(), counts: true }, Verdict::Later)
    }

    fn mail_of(&self, row: &OutboxRow) -> Result<Mail, Unreadable> {
        let letter: Letter = self.payload_of(row)?;
        let settings = self.settings().mail.as_ref();
        Ok(Mail {
            id: row.message,
            from: settings.map(|settings| settings.from.clone()).unwrap_or_default(),
            to: letter.to,
            subject: letter.subject,
            text: letter.text,
            html: letter.html,
            reply_to: None,
            attachments: Vec::new(),
        })
    }
}
