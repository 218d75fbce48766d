//! Notices of keys that will expire, each once for each key and lead time: to the client by mail, to its partner as an event.

use std::time::Duration;

use domain::Timestamp;
use domain::api_key::{KeyId, KeyKind};
use domain::audit::{Actor, Outcome};
use domain::client::ContactRole;
use domain::identifier::ClientIdentifier;
use store::StoreError;
use store::expiry_notice::ExpiringKey;
use store::outbox::OutboxRow;
use uuid::Uuid;

use crate::webhook_event::Event;
use crate::{Context, Core, letters};

/// The most keys that one query gives.
const BATCH: i64 = 100;

const DAY: u64 = 24 * 3600;

impl Core {
    /// Sends the notices that are due, where the operator has turned them on, and gives their number: of keys of clients by mail, where that is
    /// set up and the client wants it; of these and of the partner's own as an event, whoever gets mail. Several processes may do so at
    /// once: the row of a notice is there once.
    ///
    /// A key gets the notice of the shortest lead time that it has come to; those that it passed while nobody looked are left out, and so
    /// are those that are longer than its life.
    ///
    /// # Errors
    /// When the database fails. What was sent by then stays.
    pub async fn send_expiry_notices(&self) -> Result<u64, StoreError> {
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
            self.outbox_bells().ring_all();
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
        let has_mail = self.settings().mail.is_some();
        loop {
            let keys =
                store::expiry_notice::due(&mut self.db().reader().await?, after, until, lead, BATCH, has_mail).await?;
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
        let now = self.now();
        let mail = if key.by_mail == 1 { self.expiry_mail(key, now).await? } else { None };
        let kind: KeyKind = key.kind.parse().map_err(|error: String| StoreError::unreadable("api_key.kind", error))?;
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
                    if let Some(mail) = &mail {
                        core.post(tx, mail).await?;
                    }
                    let event = Event::TokenExpiring {
                        key_id: key.key,
                        kind,
                        client_identifier: (key.client_id != 0).then_some(ClientIdentifier(key.client_id)),
                        expires_at: key.expires_at,
                    };
                    core.tell(tx, key.partner, &event, now).await?;
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await
    }

    /// The mail to the client: to its technical contact, else to the primary one, else to itself.
    async fn expiry_mail(&self, key: &ExpiringKey, now: Timestamp) -> Result<Option<OutboxRow>, StoreError> {
        let holder = ClientIdentifier(key.client_id);
        let mut reader = self.db().reader().await?;
        let Some(client) = store::creditor::by_id(&mut reader, key.partner, holder).await? else {
            return Err(StoreError::unreadable("api_key", "the client of a key is not there"));
        };
        let contacts = store::client::contacts(&mut reader, key.partner, holder).await?;
        drop(reader);
        let of = |role: ContactRole| {
            contacts.iter().find(|contact| contact.role == role.as_str()).and_then(|contact| contact.email.clone())
        };
        let to = of(ContactRole::Technical).or_else(|| of(ContactRole::Primary)).unwrap_or(client.email);
        let days = (key.expires_at.since(now).as_secs() + DAY / 2) / DAY;
        let (subject, text) = letters::expiring(&client.name, holder.0, &key.key.to_string(), key.expires_at, days);
        self.new_mail(key.partner, holder.0, &letters::letter(to, &subject, text), now)
    }
}
