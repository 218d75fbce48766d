//! Keys in the operator's hands: shown, revoked, sealed anew.

use std::collections::HashMap;

use domain::api_key::{AllowedNetworks, KeyHolder, KeyId, KeyKind, KeyState, KeyValue};
use domain::audit::Outcome;
use domain::creditor::CreditorStatus;
use domain::identifier::ClientIdentifier;
use domain::{Secret, Timestamp};
use store::api_key::ApiKeyRow;
use store::installation::SecretRow;
use store::{StoreError, Tx};

use crate::api_key::seal_name;
use crate::core::PEPPER;
use crate::{AdminError, Context, Core};

/// What is kept of a key.
#[derive(Clone, Debug)]
pub struct KeyDetails {
    /// Its identifier.
    pub id: KeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// The code of the holder's partner.
    pub partner_code: String,
    /// The client, when it holds the key.
    pub client: Option<ClientIdentifier>,
    /// What it is now.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not work by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Until when it works beside its successor.
    pub overlap_until: Option<Timestamp>,
    /// The key that renewed it.
    pub successor: Option<KeyId>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The networks it may be used from, separated by commas; empty for any.
    pub networks: String,
    /// Its value, when it was asked for.
    pub value: Option<Secret<KeyValue>>,
}

/// A key that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokedKey {
    /// The key.
    pub id: KeyId,
    /// Keys that were revoked with it: those that it had renewed and that still worked, and those that it was renewed to.
    pub also: Vec<KeyId>,
    /// Whether it had been revoked before; then nothing was changed.
    pub already: bool,
}

/// What is sealed under an older master key than the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderOlderKeys {
    /// Keys, OAuth secrets and webhook secrets, which a server that does not have the newest yet has made meanwhile.
    pub secrets: i64,
    /// Kept answers, and mail and webhooks that wait, which go by themselves.
    pub answers: i64,
}

impl Core {
    /// Revokes a key at once, everywhere, and with it every key that it leads to or that leads to it: the keys that it renewed and that
    /// still work beside it, and its successors, which whoever stole it may hold.
    ///
    /// # Errors
    /// When there is no such key, or the database fails.
    pub async fn revoke_key(&self, key: KeyId, context: &Context) -> Result<RevokedKey, AdminError> {
        let core = self.clone();
        let context = context.clone();
        let revoked = self
            .db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let row = store::api_key::by_id(tx, key).await?;
                    let row = row.ok_or_else(|| AdminError::NotFound(format!("key {key}")))?;
                    core.revoke_in(tx, &row, &context).await.map_err(AdminError::from)
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(revoked)
    }

    /// Revokes a key in the transaction.
    pub(crate) async fn revoke_in(
        &self,
        tx: &mut Tx,
        row: &ApiKeyRow,
        context: &Context,
    ) -> Result<RevokedKey, StoreError> {
        let now = self.now();
        let already = !store::api_key::revoke(tx, row.partner, row.key, now).await?;
        let mut also = Vec::new();
        let keys = store::api_key::of_holder(tx, row.holder()).await?;
        for key in family(row.key, &keys) {
            if !matches!(key.life().state(now), KeyState::Superseded | KeyState::Revoked) {
                store::api_key::revoke(tx, key.partner, key.key, now).await?;
                also.push(key.key);
            }
        }
        let revoked = RevokedKey { id: row.key, also, already };
        if let Some(client) = row.holder().client {
            let is_over = |key: &ApiKeyRow| {
                key.revoked_at.is_some() || key.successor_id.is_some() || revoked.also.contains(&key.key)
            };
            if keys.iter().all(is_over) {
                self.note_status(tx, row.partner, client, CreditorStatus::Revoked, context).await?;
                // A link that nobody has opened would show the next key.
                store::credentials_link::end(tx, row.partner, client, now).await?;
            }
        }
        if !already || !revoked.also.is_empty() {
            store::api_key::count_version_up(tx).await?;
        }
        let detail = if already {
            "revoked before".to_owned()
        } else {
            revoked.also.iter().map(|key| format!("with {key}")).collect::<Vec<_>>().join(", ")
        };
        let subject = format!("api_key:{}", row.key);
        let record = context.record(self, row.partner, "api_key.revoke", subject, Outcome::Done, detail);
        store::audit::insert(tx, &record).await?;
        Ok(revoked)
    }

    /// What is kept of a key; with `reveal` its value as well, which is recorded in the audit trail.
    ///
    /// # Errors
    /// When there is no such key, or the database fails.
    pub async fn show_key(&self, key: KeyId, reveal: bool, context: &Context) -> Result<KeyDetails, AdminError> {
        let row = store::api_key::by_id(&mut self.db().reader().await?, key).await?;
        let row = row.ok_or_else(|| AdminError::NotFound(format!("key {key}")))?;
        let mut details = self.key_details(&row).await?;
        if reveal {
            let subject = format!("api_key:{key}");
            let record = context.record(self, row.partner, "api_key.reveal", subject, Outcome::Done, "");
            // Recorded first: a value that was shown without a record would be worse than a record of one that was not.
            self.record_alone(record).await?;
            details.value = Some(self.value_of(&row)?);
        }
        Ok(details)
    }

    /// Says from which networks a key may be used, everywhere at once. Keys that it is renewed to later keep it.
    ///
    /// # Errors
    /// When there is no such key, or the database fails.
    pub async fn allow_networks(
        &self,
        key: KeyId,
        networks: &AllowedNetworks,
        context: &Context,
    ) -> Result<KeyDetails, AdminError> {
        let (core, context, networks) = (self.clone(), context.clone(), networks.to_string());
        let row = self
            .db()
            .write(move |tx| {
                let (core, context, networks) = (core.clone(), context.clone(), networks.clone());
                Box::pin(async move {
                    let row = store::api_key::by_id(tx, key).await?;
                    let row = row.ok_or_else(|| AdminError::NotFound(format!("key {key}")))?;
                    store::api_key::allow(tx, row.partner, key, &networks).await?;
                    store::api_key::count_version_up(tx).await?;
                    let subject = format!("api_key:{key}");
                    let detail = if networks.is_empty() { "any".to_owned() } else { networks.clone() };
                    let record = context.record(&core, row.partner, "api_key.networks", subject, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(ApiKeyRow { networks, ..row })
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(self.key_details(&row).await?)
    }

    /// The keys of a partner, or of one client of it, oldest first.
    ///
    /// # Errors
    /// When there is no such partner, or the database fails.
    pub async fn list_keys(
        &self,
        partner_code: &str,
        client: Option<ClientIdentifier>,
    ) -> Result<Vec<KeyDetails>, AdminError> {
        let mut reader = self.db().reader().await?;
        let partner = store::partner::by_code(&mut reader, partner_code).await?;
        let partner = partner.ok_or_else(|| AdminError::NotFound(format!("partner {partner_code}")))?.partner;
        let rows = store::api_key::of_holder(&mut reader, KeyHolder { partner, client }).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in &rows {
            let last_use = store::api_key::last_use(&mut reader, row.partner, row.key).await?;
            keys.push(self.details(row, partner_code.to_owned(), last_use)?);
        }
        Ok(keys)
    }

    async fn key_details(&self, row: &ApiKeyRow) -> Result<KeyDetails, StoreError> {
        let mut reader = self.db().reader().await?;
        let partner = store::partner::by_id(&mut reader, row.partner).await?;
        let last_use = store::api_key::last_use(&mut reader, row.partner, row.key).await?;
        self.details(row, partner.map(|partner| partner.code).unwrap_or_default(), last_use)
    }

    fn details(
        &self,
        row: &ApiKeyRow,
        partner_code: String,
        last_used_at: Option<Timestamp>,
    ) -> Result<KeyDetails, StoreError> {
        Ok(KeyDetails {
            id: row.key,
            kind: row.kind.parse().map_err(|error: String| StoreError::unreadable("api_key.kind", error))?,
            partner_code,
            client: row.holder().client,
            state: row.life().state(self.now()),
            created_at: row.created_at,
            expires_at: row.expires_at.map(Timestamp::from_micros),
            revoked_at: row.revoked_at.map(Timestamp::from_micros),
            overlap_until: row.overlap_until.map(Timestamp::from_micros),
            successor: row.successor_id.map(KeyId),
            last_used_at,
            networks: row.networks.clone(),
            value: None,
        })
    }

    /// Seals every key value, every OAuth secret, every webhook secret, every invoice with its files, what is known of applicants and the
    /// pepper under the newest master key, a batch a transaction, and gives how many were sealed anew. Kept answers, and mail and webhooks that wait, are not: they go by themselves, so the old master key
    /// is needed until then.
    /// `progress` hears the number so far.
    ///
    /// # Errors
    /// When a value does not open, or the database fails. What was sealed anew by then stays so; it can be run again.
    pub async fn reseal(&self, context: &Context, mut progress: impl FnMut(u64)) -> Result<u64, AdminError> {
        const BATCH: i64 = 200;
        let newest = self.vault().seals.newest();
        let mut after = KeyId(uuid::Uuid::nil());
        let mut count = 0;
        loop {
            let core = self.clone();
            let (done, last) = self
                .db()
                .write(move |tx| {
                    let core = core.clone();
                    Box::pin(async move {
                        let rows = store::api_key::not_sealed_under(tx, newest, after, BATCH).await?;
                        for row in &rows {
                            let value = core.value_of(row)?;
                            let name = seal_name(row.key);
                            let sealed = core.vault().seals.seal(&name, value.expose().as_bytes(), core.random());
                            store::api_key::reseal(tx, row, &sealed.bytes, sealed.version).await?;
                        }
                        Ok::<_, StoreError>((rows.len() as u64, rows.last().map(|row| row.key)))
                    })
                })
                .await?;
            count += done;
            progress(count);
            match last {
                Some(last) => after = last,
                None => break,
            }
        }
        count += self.reseal_oauth_clients().await?;
        progress(count);
        count += self.reseal_webhooks().await?;
        progress(count);
        count += self.reseal_invoices().await?;
        progress(count);
        count += self.reseal_information().await?;
        count += self.reseal_widgets().await?;
        progress(count);
        count += self.reseal_applications().await?;
        progress(count);
        count += self.reseal_accounts().await?;
        count += self.reseal_sku_data().await?;
        progress(count);
        count += self.reseal_pepper(context).await?;
        progress(count);
        Ok(count)
    }

    async fn reseal_pepper(&self, context: &Context) -> Result<u64, AdminError> {
        let core = self.clone();
        let context = context.clone();
        let newest = self.vault().seals.newest();
        self.db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let row = store::installation::secret(tx, PEPPER)
                        .await?
                        .ok_or_else(|| StoreError::unreadable("installation_secret", "the pepper is gone"))?;
                    let is_old = row.master_key_version != newest;
                    if is_old {
                        let plain = core
                            .vault()
                            .seals
                            .unseal(PEPPER, &row.sealed, row.master_key_version)
                            .map_err(|error| StoreError::unreadable("installation_secret", error))?;
                        let sealed = core.vault().seals.seal(PEPPER, &plain, core.random());
                        let row = SecretRow { sealed: sealed.bytes, master_key_version: sealed.version };
                        store::installation::reseal(tx, PEPPER, &row).await?;
                    }
                    let record = context.record(
                        &core,
                        domain::audit::INSTALLATION,
                        "master_key.reseal",
                        format!("master_key:{newest}"),
                        Outcome::Done,
                        "",
                    );
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(u64::from(is_old))
                })
            })
            .await
    }

    /// What still needs an older master key than the newest.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn under_older_keys(&self) -> Result<UnderOlderKeys, AdminError> {
        let newest = self.vault().seals.newest();
        let mut reader = self.db().reader().await?;
        let keys = store::api_key::count_not_sealed_under(&mut reader, newest).await?;
        let secrets = store::oauth_client::count_not_sealed_under(&mut reader, newest).await?;
        let webhooks = store::webhook::count_not_sealed_under(&mut reader, newest).await?;
        let answers = store::idempotency::count_not_sealed_under(&mut reader, newest).await?
            + store::outbox::count_not_sealed_under(&mut reader, newest).await?;
        let invoices = store::invoice::count_not_sealed_under(&mut reader, newest).await?;
        let flows = store::flow_information::count_not_sealed_under(&mut reader, newest).await?
            + store::widget_session::count_not_sealed_under(&mut reader, newest).await?;
        let applications = store::credit_application::count_not_sealed_under(&mut reader, newest).await?;
        let accounts = store::credit_account::count_not_sealed_under(&mut reader, newest).await?
            + store::sku_data::count_not_sealed_under(&mut reader, newest).await?;
        Ok(UnderOlderKeys { secrets: keys + secrets + webhooks + invoices + flows + applications + accounts, answers })
    }
}

/// The keys that are of one chain of renewals with `key`, without itself.
fn family(key: KeyId, keys: &[ApiKeyRow]) -> Vec<&ApiKeyRow> {
    let successors: HashMap<KeyId, KeyId> =
        keys.iter().filter_map(|row| Some((row.key, KeyId(row.successor_id?)))).collect();
    let last = |mut key: KeyId| {
        // A chain has an end, but a damaged one may not.
        for _ in 0..keys.len() {
            match successors.get(&key) {
                Some(next) => key = *next,
                None => break,
            }
        }
        key
    };
    let end = last(key);
    // From the newest back, so that each key's end is known when its predecessor asks.
    let mut ends: HashMap<KeyId, KeyId> = HashMap::with_capacity(keys.len());
    for row in keys.iter().rev() {
        let of_next = row.successor_id.and_then(|next| ends.get(&KeyId(next)).copied());
        ends.insert(row.key, of_next.unwrap_or_else(|| last(row.key)));
    }
    keys.iter().filter(|row| row.key != key && ends.get(&row.key) == Some(&end)).collect()
}
