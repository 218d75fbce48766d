//! Mail to be sent: written into the outbox in the transaction of its cause, sealed, because it may hold a one-time link.

use std::time::Duration;

use channels::{FaultKind, Mail, MailChannel};
use domain::Timestamp;
use domain::identifier::PartnerId;
use serde::{Deserialize, Serialize};
use store::outbox::OutboxRow;
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::Core;
use crate::outbox::{Verdict, is_over};

/// How long a mail is worth sending.
const WORTH: Duration = Duration::from_secs(3 * 24 * 3600);

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
        let plain = zeroize::Zeroizing::new(
            serde_json::to_vec(letter).map_err(|error| StoreError::unreadable("outbox.payload", error))?,
        );
        let sealed = self.vault().seals.seal(&seal_name(message), &plain, self.random());
        Ok(Some(OutboxRow {
            partner,
            message,
            channel: settings.channel.clone(),
            lane,
            kind: "mail".to_owned(),
            payload: sealed.bytes,
            master_key_version: sealed.version,
            due_at: now,
            lease: None,
            attempts: 0,
            created_at: now,
            expires_at: now.after(WORTH),
            fault: String::new(),
            dead_at: None,
        }))
    }

    /// Puts a mail into the outbox.
    pub(crate) async fn post(&self, tx: &mut Tx, row: &OutboxRow) -> Result<(), StoreError> {
        store::outbox::insert(tx, row).await
    }

    /// Tries a mail once.
    pub(crate) async fn deliver_mail(&self, channel: &dyn MailChannel, row: OutboxRow) -> Verdict {
        let mail = match self.mail_of(&row) {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(message_id = %row.message, %error, "a mail can't be read");
                return self.mail_ended(row, Some("it can't be read: see the log".to_owned())).await;
            }
        };
        match channel.send(&mail).await {
            Ok(_) => self.mail_ended(row, None).await,
            Err(fault) => {
                tracing::warn!(channel = channel.name(), message_id = %row.message, %fault, "a mail was not sent");
                let throttled = fault.kind == FaultKind::Throttled;
                let due_at = if throttled { self.now() } else { self.next_try(&row, &fault) };
                if is_over(&row, &fault) || due_at > row.expires_at {
                    return self.mail_ended(row, Some(fault.to_string())).await;
                }
                let reason = fault.to_string();
                let kept = self
                    .db()
                    .write(move |tx| {
                        let (row, reason) = (row.clone(), reason.clone());
                        Box::pin(async move { store::outbox::again(tx, &row, due_at, &reason, !throttled).await })
                    })
                    .await;
                if let Err(error) = kept {
                    tracing::warn!(%error, "a try was not recorded; the lease ends by itself");
                }
                if throttled { Verdict::Throttled(fault.retry_after) } else { Verdict::Later }
            }
        }
    }

    fn mail_of(&self, row: &OutboxRow) -> Result<Mail, StoreError> {
        let unreadable = |error: &dyn std::error::Error| StoreError::unreadable("outbox.payload", error.to_string());
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name(row.message), &row.payload, row.master_key_version)
            .map_err(|error| unreadable(&error))?;
        let letter: Letter = serde_json::from_slice(&plain).map_err(|error| unreadable(&error))?;
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

    /// Removes a mail that was sent, or gives one up that was not.
    async fn mail_ended(&self, row: OutboxRow, fault: Option<String>) -> Verdict {
        let now = self.now();
        let kept = self
            .db()
            .write(move |tx| {
                let (row, fault) = (row.clone(), fault.clone());
                Box::pin(async move {
                    match fault {
                        None => store::outbox::done(tx, &row).await,
                        Some(fault) => store::outbox::give_up(tx, &row, now, &fault).await,
                    }
                })
            })
            .await;
        if let Err(error) = kept {
            tracing::warn!(%error, "what became of a mail was not recorded; it is sent once more after its lease");
            return Verdict::Later;
        }
        Verdict::Done
    }
}

fn seal_name(message: Uuid) -> String {
    format!("outbox:{message}")
}
