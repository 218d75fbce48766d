//! Webhook endpoints in the operator's hands: added, listed, tried, given new secrets, removed.

use std::time::Duration;

use channels::Fault as ChannelFault;
use channels::webhook::{WebhookCall, WebhookChannel};
use domain::api_key::LONGEST_OVERLAP;
use domain::audit::Outcome;
use domain::webhook::{EndpointUrl, EventSelection, MOST_ENDPOINTS, Reach, WebhookSecret, signature};
use domain::{Faults, Timestamp};
use store::webhook::EndpointRow;
use store::{Access, StoreError, Tx};
use uuid::Uuid;

use crate::outbox_payload::Unreadable;
use crate::reseal::BATCH;
use crate::webhook_event::payload;
use crate::{AdminError, Context, Core};

/// The `type` of the payload that a test sends.
pub const TEST_EVENT: &str = "webhook.test";

/// How long the secret before signs beside a new one, unless it is said otherwise.
pub const OVERLAP: Duration = Duration::from_secs(24 * 3600);

/// Why the endpoints of a partner that was revoked are disabled.
pub(crate) const PARTNER_REVOKED: &str = "the partner was revoked";

/// What the operator decides about webhooks.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Where they may go.
    pub reach: Reach,
    /// How long every try must have failed for an endpoint to be disabled.
    pub disable_after: Duration,
    /// The most messages that wait for an endpoint that fails; with more it is disabled.
    pub most_waiting: u32,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self { reach: Reach::default(), disable_after: Duration::from_secs(3 * 24 * 3600), most_waiting: 100_000 }
    }
}

/// What is kept of an endpoint, without its secrets.
#[derive(Clone)]
pub struct Endpoint {
    /// Its identifier.
    pub id: Uuid,
    /// The code of its partner.
    pub partner_code: String,
    /// Where it is.
    pub url: String,
    /// The kinds of event that it wants.
    pub events: EventSelection,
    /// When it was added.
    pub created_at: Timestamp,
    /// Until when two secrets sign.
    pub former_secret_until: Option<Timestamp>,
    /// When the first try failed since the last that did not.
    pub failing_since: Option<Timestamp>,
    /// When it was disabled.
    pub disabled_at: Option<Timestamp>,
    /// Why it was disabled; else empty.
    pub disabled_reason: String,
}

impl std::fmt::Debug for Endpoint {
    /// Without the address, which may hold a secret of the receiver's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("failing_since", &self.failing_since)
            .field("disabled_at", &self.disabled_at)
            .finish_non_exhaustive()
    }
}

/// An endpoint with a secret that was just made. It is not shown again.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The secret.
    pub secret: WebhookSecret,
}

/// The subject of an audit record.
pub(crate) fn subject(endpoint: Uuid) -> String {
    format!("webhook_endpoint:{endpoint}")
}

const SEALED: &str = "webhook_endpoint.sealed";

/// The names under which the secret is sealed, and the one before it.
fn seal_name(endpoint: Uuid) -> String {
    format!("webhook_endpoint:{endpoint}")
}

fn former_seal_name(endpoint: Uuid) -> String {
    format!("webhook_endpoint:{endpoint}:former")
}

async fn found(tx: &mut Tx, endpoint: Uuid) -> Result<EndpointRow, AdminError> {
    store::webhook::by_id(tx, endpoint).await?.ok_or_else(|| not_found(endpoint))
}

/// Refuses what would have a partner told of something that the operator has turned away.
async fn check_partner(db: &mut impl Access, endpoint: &EndpointRow) -> Result<(), AdminError> {
    let partner = store::partner::by_id(db, endpoint.partner).await?;
    match partner {
        Some(partner) if partner.revoked_at.is_none() => Ok(()),
        Some(partner) => Err(AdminError::State(format!("partner {} is revoked and gets no webhooks", partner.code))),
        None => Err(StoreError::unreadable("webhook_endpoint", "its partner is not there").into()),
    }
}

fn not_found(endpoint: Uuid) -> AdminError {
    AdminError::NotFound(format!("webhook endpoint {endpoint}"))
}

impl Core {
    /// Adds an endpoint of a partner, and makes its secret.
    ///
    /// # Errors
    /// When the address is none that webhooks may go to, there is no such partner, it is revoked or has its most endpoints, or the
    /// database fails.
    pub async fn add_webhook(
        &self,
        partner_code: &str,
        url: &str,
        events: &EventSelection,
        context: &Context,
    ) -> Result<NewSecret, AdminError> {
        let url = EndpointUrl::parse(url, self.environment(), &self.settings().webhook.reach).map_err(|fault| {
            let mut faults = Faults::new();
            faults.add("url", fault.code(), fault.to_string());
            AdminError::Invalid(faults.into_vec())
        })?;
        let now = self.now();
        let id = self.next_id(now);
        let secret = WebhookSecret::generate(self.random());
        let sealed = self.vault().seals.seal(&seal_name(id), secret.expose(), self.random());
        let row = EndpointRow {
            partner: domain::audit::INSTALLATION,
            endpoint: id,
            url: url.to_string(),
            events: events.to_string(),
            sealed: sealed.bytes,
            former_sealed: None,
            former_until: None,
            master_key_version: sealed.version,
            created_at: now,
            failing_since: None,
            failures: 0,
            next_try_at: None,
            disabled_at: None,
            disabled_reason: String::new(),
        };
        // Not the whole address, which may hold a secret of the receiver's.
        let detail = format!("host {}, events {}", url.host(), if row.events.is_empty() { "all" } else { &row.events });
        let (core, context, code) = (self.clone(), context.clone(), partner_code.to_owned());
        let row = self
            .db()
            .write(move |tx| {
                let (core, context, code) = (core.clone(), context.clone(), code.clone());
                let (mut row, detail) = (row.clone(), detail.clone());
                Box::pin(async move {
                    let partner = store::partner::by_code(tx, &code).await?;
                    let partner = partner.ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?;
                    if partner.revoked_at.is_some() {
                        return Err(AdminError::State(format!("partner {code} is revoked and gets no webhooks")));
                    }
                    row.partner = partner.partner;
                    if usize::try_from(store::webhook::count(tx, row.partner).await?).unwrap_or(0) >= MOST_ENDPOINTS {
                        let full = format!(
                            "partner {code} has {MOST_ENDPOINTS} webhook endpoints, which is the most: remove one first"
                        );
                        return Err(AdminError::State(full));
                    }
                    store::webhook::insert(tx, &row).await?;
                    store::api_key::count_version_up(tx).await?;
                    let record = context.record(&core, row.partner, "webhook.add", subject(id), Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok(row)
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(NewSecret { endpoint: self.endpoint_of(&row).await?, secret })
    }

    /// The endpoints of a partner, or of all, oldest first.
    ///
    /// # Errors
    /// When there is no such partner, or the database fails.
    pub async fn list_webhooks(&self, partner_code: Option<&str>) -> Result<Vec<Endpoint>, AdminError> {
        let partner = match partner_code {
            Some(code) => Some(self.partner_of_code(code).await?),
            None => None,
        };
        let rows = store::webhook::list(&mut self.db().reader().await?, partner).await?;
        let mut endpoints = Vec::with_capacity(rows.len());
        for row in &rows {
            endpoints.push(self.endpoint_of(row).await?);
        }
        Ok(endpoints)
    }

    /// Gives an endpoint a new secret. The one before signs beside it for `overlap`; one before that ends at once.
    ///
    /// # Errors
    /// When there is no such endpoint, its partner is revoked, the overlap is too long, or the database fails.
    pub async fn rotate_webhook(
        &self,
        endpoint: Uuid,
        overlap: Duration,
        context: &Context,
    ) -> Result<NewSecret, AdminError> {
        if overlap > LONGEST_OVERLAP {
            let mut faults = Faults::new();
            faults.add("overlap", "too_long", "The overlap is seven days at most");
            return Err(AdminError::Invalid(faults.into_vec()));
        }
        let secret = WebhookSecret::generate(self.random());
        let (core, context, new) = (self.clone(), context.clone(), secret.clone());
        let now = self.now();
        let former_until = (!overlap.is_zero()).then(|| now.after(overlap).micros());
        let row = self
            .db()
            .write(move |tx| {
                let (core, context, new) = (core.clone(), context.clone(), new.clone());
                Box::pin(async move {
                    let before = found(tx, endpoint).await?;
                    check_partner(tx, &before).await?;
                    let former = former_until.map(|_| core.secret_of(&before)).transpose().map_err(StoreError::from)?;
                    let after = core.sealed_anew(&before, &new, former.as_ref());
                    let after = EndpointRow { former_until, ..after };
                    core.replace_secrets(tx, &before, &after).await?;
                    let detail = match former_until {
                        Some(until) => format!("the former secret signs until {}", Timestamp::from_micros(until)),
                        None => "the former secret has ended".to_owned(),
                    };
                    let record = context.record(
                        &core,
                        before.partner,
                        "webhook.rotate",
                        subject(endpoint),
                        Outcome::Done,
                        detail,
                    );
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(after)
                })
            })
            .await?;
        Ok(NewSecret { endpoint: self.endpoint_of(&row).await?, secret })
    }

    /// Has an endpoint that was disabled work again. What was given up meanwhile is tried again by a replay of the outbox.
    ///
    /// # Errors
    /// When there is no such endpoint, its partner is revoked, it is not disabled, or the database fails.
    pub async fn enable_webhook(&self, endpoint: Uuid, context: &Context) -> Result<(), AdminError> {
        let (core, context) = (self.clone(), context.clone());
        self.db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let row = found(tx, endpoint).await?;
                    check_partner(tx, &row).await?;
                    if !store::webhook::enable(tx, &row).await? {
                        return Err(AdminError::State(format!("webhook endpoint {endpoint} is not disabled")));
                    }
                    store::api_key::count_version_up(tx).await?;
                    let record =
                        context.record(&core, row.partner, "webhook.enable", subject(endpoint), Outcome::Done, "");
                    store::audit::insert(tx, &record).await.map_err(AdminError::from)
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(())
    }

    /// Removes an endpoint. What waits for it is not sent.
    ///
    /// # Errors
    /// When there is no such endpoint, or the database fails.
    pub async fn remove_webhook(&self, endpoint: Uuid, context: &Context) -> Result<(), AdminError> {
        let (core, context) = (self.clone(), context.clone());
        self.db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let row = found(tx, endpoint).await?;
                    store::webhook::delete(tx, &row).await?;
                    store::api_key::count_version_up(tx).await?;
                    let record =
                        context.record(&core, row.partner, "webhook.remove", subject(endpoint), Outcome::Done, "");
                    store::audit::insert(tx, &record).await.map_err(AdminError::from)
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(())
    }

    /// Sends an endpoint an event of its own, at once and once, also when it is disabled, and gives the status of the answer. What comes of
    /// it counts for nothing else. The audit record says that it was tried, and is there before anything is sent.
    ///
    /// # Errors
    /// When there is no such endpoint, its partner is revoked, or the database fails; inside, when it was not taken.
    pub async fn test_webhook(
        &self,
        channel: &dyn WebhookChannel,
        endpoint: Uuid,
        context: &Context,
    ) -> Result<Result<u16, ChannelFault>, AdminError> {
        let mut reader = self.db().reader().await?;
        let row = store::webhook::by_id(&mut reader, endpoint).await?.ok_or_else(|| not_found(endpoint))?;
        check_partner(&mut reader, &row).await?;
        drop(reader);
        let now = self.now();
        let body = payload(TEST_EVENT, now, &serde_json::json!({ "endpointId": endpoint }))?;
        let (id, timestamp) = (signature::id(self.next_id(now)), signature::timestamp(now));
        let signatures =
            signature::signatures(&self.secrets_of(&row, now).map_err(StoreError::from)?, &id, timestamp, &body);
        self.record_alone(context.record(self, row.partner, "webhook.test", subject(endpoint), Outcome::Done, "tried"))
            .await?;
        Ok(channel.call(&WebhookCall { url: row.url, id, timestamp, signatures, body }).await)
    }

    /// The secrets that sign at `now`, the newest first.
    pub(crate) fn secrets_of(&self, row: &EndpointRow, now: Timestamp) -> Result<Vec<WebhookSecret>, Unreadable> {
        let mut secrets = vec![self.secret_of(row)?];
        if row.former_until.is_some_and(|until| now.micros() < until) {
            secrets.extend(self.former_secret_of(row)?);
        }
        Ok(secrets)
    }

    fn secret_of(&self, row: &EndpointRow) -> Result<WebhookSecret, Unreadable> {
        self.open_secret(&seal_name(row.endpoint), &row.sealed, row.master_key_version)
    }

    fn former_secret_of(&self, row: &EndpointRow) -> Result<Option<WebhookSecret>, Unreadable> {
        let former = row.former_sealed.as_deref();
        former
            .map(|sealed| self.open_secret(&former_seal_name(row.endpoint), sealed, row.master_key_version))
            .transpose()
    }

    fn open_secret(&self, name: &str, sealed: &[u8], version: i64) -> Result<WebhookSecret, Unreadable> {
        let plain = self.vault().seals.unseal(name, sealed, version).map_err(|error| Unreadable::of(SEALED, error))?;
        Ok(WebhookSecret::from_octets(&plain).map_err(|error| StoreError::unreadable(SEALED, error))?)
    }

    /// The row with these secrets, sealed under the newest master key.
    fn sealed_anew(&self, row: &EndpointRow, secret: &WebhookSecret, former: Option<&WebhookSecret>) -> EndpointRow {
        let seal =
            |name: String, secret: &WebhookSecret| self.vault().seals.seal(&name, secret.expose(), self.random());
        let sealed = seal(seal_name(row.endpoint), secret);
        EndpointRow {
            sealed: sealed.bytes,
            master_key_version: sealed.version,
            former_sealed: former.map(|former| seal(former_seal_name(row.endpoint), former).bytes),
            ..row.clone()
        }
    }

    async fn replace_secrets(&self, tx: &mut Tx, before: &EndpointRow, after: &EndpointRow) -> Result<(), StoreError> {
        if store::webhook::replace_secrets(tx, before, after).await? {
            return Ok(());
        }
        Err(StoreError::unreadable("webhook_endpoint", "its secret was replaced twice in one transaction"))
    }

    /// Seals every secret under the newest master key, and gives how many endpoints' were sealed anew.
    pub(crate) async fn reseal_webhooks(&self) -> Result<u64, StoreError> {
        let (core, newest, now) = (self.clone(), self.vault().seals.newest(), self.now());
        self.reseal_in_batches(move |tx| {
            let core = core.clone();
            Box::pin(async move {
                let rows = store::webhook::not_sealed_under(tx, newest, BATCH).await?;
                for row in &rows {
                    let secret = core.secret_of(row)?;
                    let has_ended = row.former_until.is_none_or(|until| until <= now.micros());
                    let former = if has_ended { None } else { core.former_secret_of(row)? };
                    let after = core.sealed_anew(row, &secret, former.as_ref());
                    core.replace_secrets(tx, row, &after).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }

    async fn endpoint_of(&self, row: &EndpointRow) -> Result<Endpoint, StoreError> {
        let now = self.now();
        Ok(Endpoint {
            id: row.endpoint,
            partner_code: self.partner_code(row.partner).await?.to_string(),
            url: row.url.clone(),
            events: row
                .events
                .parse()
                .map_err(|error: String| StoreError::unreadable("webhook_endpoint.events", error))?,
            created_at: row.created_at,
            former_secret_until: row.former_until.map(Timestamp::from_micros).filter(|until| *until > now),
            failing_since: row.failing_since.map(Timestamp::from_micros),
            disabled_at: row.disabled_at.map(Timestamp::from_micros),
            disabled_reason: row.disabled_reason.clone(),
        })
    }
}
