//! Messages that wait, and those that were given up: told to the operator, and tried again.

use domain::Timestamp;
use domain::audit::{INSTALLATION, Outcome};
use store::StoreError;
use store::outbox::{Kind, OutboxRow, Waiting};
use uuid::Uuid;

use crate::{AdminError, Context, Core};
use crate::{mail, webhook_event};

/// A message that was given up.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Its identifier.
    pub message: Uuid,
    /// The code of the partner whose it is; empty when it is no partner's.
    pub partner_code: String,
    /// The channel that should have sent it.
    pub channel: String,
    /// `sms`, `mail`, `invoice` or `webhook`.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// Why the last try failed.
    pub fault: String,
}

impl Core {
    /// How many messages each channel has that wait or were given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_counts(&self) -> Result<Vec<Waiting>, StoreError> {
        store::outbox::counts(&mut self.db().reader().await?).await
    }

    /// At most `limit` messages that were given up, after `after`, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead_letters(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let after = after.unwrap_or_default();
        let rows = store::outbox::dead(&mut self.db().reader().await?, after, i64::from(limit)).await?;
        self.letters_of(rows).await
    }

    /// The same of a webhook endpoint.
    ///
    /// # Errors
    /// When there is no such endpoint, or the database fails.
    pub async fn dead_webhooks(
        &self,
        endpoint: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, AdminError> {
        let (lane, after) = (webhook_event::lane(endpoint), after.unwrap_or_default());
        let mut reader = self.db().reader().await?;
        if store::webhook::by_id(&mut reader, endpoint).await?.is_none() {
            return Err(AdminError::NotFound(format!("webhook endpoint {endpoint}")));
        }
        let rows =
            store::outbox::dead_of_lane(&mut reader, webhook_event::CHANNEL, lane, after, i64::from(limit)).await?;
        drop(reader);
        Ok(self.letters_of(rows).await?)
    }

    async fn letters_of(&self, rows: Vec<OutboxRow>) -> Result<Vec<DeadLetter>, StoreError> {
        let mut letters = Vec::with_capacity(rows.len());
        for row in rows {
            letters.push(DeadLetter {
                // What came by the public form is no partner's.
                partner_code: match row.partner {
                    INSTALLATION => String::new(),
                    partner => self.partner_code(partner).await?.to_string(),
                },
                message: row.message,
                channel: row.channel,
                kind: row.kind,
                attempts: row.attempts,
                created_at: row.created_at,
                dead_at: row.dead_at.map_or(row.created_at, Timestamp::from_micros),
                fault: row.fault,
            });
        }
        Ok(letters)
    }

    /// Has a message that was given up tried again, as if it were new. A mail or webhook is worth sending for as long as a new one; a short
    /// message keeps its validity, which its recipient was promised.
    ///
    /// # Errors
    /// When there is none of this identifier that was given up, or the database fails.
    pub async fn replay(&self, message: Uuid, context: &Context) -> Result<(), AdminError> {
        let (core, context) = (self.clone(), context.clone());
        let now = self.now();
        self.db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let row = store::outbox::dead_by_id(tx, message).await?;
                    let row =
                        row.ok_or_else(|| AdminError::NotFound(format!("message {message} that was given up")))?;
                    let worth = match row.kind.as_str() {
                        kind if kind == Kind::Webhook.as_str() => webhook_event::WORTH,
                        kind if kind == Kind::Invoice.as_str() => core.settings().give_up_after,
                        _ => mail::WORTH,
                    };
                    store::outbox::replay(tx, row.partner, message, now, now.after(worth)).await?;
                    let subject = format!("{}:{message}", row.kind);
                    let record = context.record(&core, row.partner, "outbox.replay", subject, Outcome::Done, "");
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(())
                })
            })
            .await?;
        self.outbox_bells().ring_all();
        Ok(())
    }
}
