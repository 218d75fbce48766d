//! Notices of client keys that will expire, by mail and as an event, each once for each key and lead time.

use std::time::Duration;

use domain::api_key::{KeyId, KeyKind};
use domain::audit::{Actor, Outcome};
use domain::client::ContactRole;
use store::StoreError;
use store::expiry_notice::ExpiringKey;
use uuid::Uuid;

use crate::webhook_event::Event;
use crate::{Context, Core, letters};

/// The most keys that one query gives.
const BATCH: i64 = 100;

const DAY: u64 = 24 * 3600;

impl Core {
    /// Sends the notices that are due, where the operator has turned them on and mail is set up, and gives their number. Several processes
    /// may do so at once: the row of a notice is there once.
    ///
    /// A key gets the notice of the shortest lead time that it has come to; those that it passed while nobody looked are left out, and so
    /// are those that are longer than its life.
    ///
    /// # Errors
    /// When the database fails. What was sent by then stays.
    pub async fn send_expiry_notices(&self) -> Result<u64, StoreError> {
        if self.settings().mail.is_none() {
            return Ok(0);
        }
        let mut leads = self.settings().expiry_notice.clone();
        leads.sort_unstable();
        leads.dedup();
        let (mut sent, mut nearer, mut failed) = (0, Duration::ZERO, None);
        for lead in leads {
            let (told, unreadable) = self.send_notices_of(nearer, lead).await?;
            sent += told;
            failed = failed.or(unreadable);
            nearer = lead;
        }
        if sent > 0 {
            self.outbox_written().send_replace(());
        }
        failed.map_or(Ok(sent), Err)
    }

    /// Gives the number of notices, and the first of the errors that concern one key only: one that can't be read must not keep the others
    /// from being told.
    async fn send_notices_of(&self, nearer: Duration, lead: Duration) -> Result<(u64, Option<StoreError>), StoreError> {
        let now = self.now();
        let until = now.after(lead);
        let mut after = (now.after(nearer), KeyId(Uuid::max()));
        let (mut sent, mut failed) = (0, None);
        loop {
            let keys = store::expiry_notice::due(&mut self.db().reader().await?, after, until, lead, BATCH).await?;
            let Some(last) = keys.last() else { break };
            after = (last.expires_at, last.key);
            for key in &keys {
                match self.send_notice(key, lead).await {
                    Ok(is_sent) => sent += u64::from(is_sent),
                    Err(error @ StoreError::Broken { .. }) => {
                        tracing::error!(key_id = %key.key, %error, "a notice was not sent");
                        failed = failed.or(Some(error));
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok((sent, failed))
    }

    /// Sends one notice: its row, the mail, the event and the audit record, all or none. False when the key was renewed or revoked meanwhile, or
    /// another process was first.
    async fn send_notice(&self, key: &ExpiringKey, lead: Duration) -> Result<bool, StoreError> {
        let mut reader = self.db().reader().await?;
        let Some(client) = store::creditor::by_id(&mut reader, key.partner, key.client).await? else {
            return Err(StoreError::unreadable("api_key", "the client of a key is not there"));
        };
        let contacts = store::client::contacts(&mut reader, key.partner, key.client).await?;
        drop(reader);
        let of = |role: ContactRole| {
            contacts.iter().find(|contact| contact.role == role.as_str()).and_then(|contact| contact.email.clone())
        };
        let to = of(ContactRole::Technical).or_else(|| of(ContactRole::Primary)).unwrap_or(client.email);
        let now = self.now();
        let days = (key.expires_at.since(now).as_secs() + DAY / 2) / DAY;
        let (subject, text) = letters::expiring(&client.name, key.client.0, &key.key.to_string(), key.expires_at, days);
        let mail = self.new_mail(key.partner, key.client.0, &letters::letter(to, &subject, text), now)?;
        let Some(mail) = mail else { return Ok(false) };
        let context = Context { actor: Actor::Job("expiry_notice"), source: None, request_id: String::new() };
        let detail = format!("lead time {} h, expires at {}", lead.as_secs() / 3600, key.expires_at);
        let subject = format!("api_key:{}", key.key);
        let record = context.record(self, key.partner, "api_key.expiring", subject, Outcome::Done, detail);
        let (core, key) = (self.clone(), key.clone());
        self.db()
            .write(move |tx| {
                let (core, key, mail, record) = (core.clone(), key.clone(), mail.clone(), record.clone());
                Box::pin(async move {
                    if !store::expiry_notice::still_expires(tx, &key).await?
                        || !store::expiry_notice::insert(tx, &key, lead).await?
                    {
                        return Ok(false);
                    }
                    core.post(tx, &mail).await?;
                    let event = Event::TokenExpiring {
                        key_id: key.key,
                        kind: KeyKind::Client,
                        client_identifier: key.client,
                        expires_at: key.expires_at,
                    };
                    core.tell(tx, key.partner, &event, now).await?;
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await
    }
}
