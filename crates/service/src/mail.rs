//! Mail to be sent: written into the outbox in the transaction of its cause, sealed, because it may hold a one-time link.

use std::time::Duration;

use channels::{Mail, MailChannel};
use domain::Timestamp;
use domain::identifier::PartnerId;
use serde::{Deserialize, Serialize};
use store::outbox::{Kind, OutboxRow};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::Core;
use crate::outbox::Verdict;

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
        let id = row.message;
        self.deliver_sealed(channel.name(), &row, |letter: Letter| {
            let mail = self.mail_of(id, letter);
            Box::pin(async move { channel.send(&mail).await.map(drop) })
        })
        .await
    }

    fn mail_of(&self, id: Uuid, letter: Letter) -> Mail {
        let settings = self.settings().mail.as_ref();
        Mail {
            id,
            from: settings.map(|settings| settings.from.clone()).unwrap_or_default(),
            to: letter.to,
            subject: letter.subject,
            text: letter.text,
            html: letter.html,
            reply_to: None,
            attachments: Vec::new(),
        }
    }
}
