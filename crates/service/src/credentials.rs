//! The credentials of a creditor in its partner's hands: shown again, rotated, revoked.

use domain::api_key::{AllowedNetworks, KeyHolder, KeyId, KeyKind, KeyState, KeyValue};
use domain::audit::Outcome;
use domain::creditor::CreditorStatus;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::service_type::ServiceType;
use domain::{Secret, Timestamp};
use serde::{Deserialize, Serialize};
use store::api_key::ApiKeyRow;
use store::client::ClientRow;
use store::{StoreError, Tx};

use crate::api_key::{NewKey, Principal};
use crate::creditor::CreditorError;
use crate::idempotency::{Begun, Idempotency, Operation, Repeatable, kept_secret};
use crate::oauth_client::{NewOauthClient, OauthCredentials};
use crate::onboarding::Answer;
use crate::{Context, Core};

const ROTATE: &str = Operation::RotateCredentials.name();

/// The credentials of a creditor.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Whose they are.
    pub client: ClientIdentifier,
    /// Its newest key; the newest that was not revoked where there is one.
    pub key: CurrentKey,
    /// The OAuth client of a client of the point-of-sale service, unless it was revoked.
    pub oauth: Option<OauthCredentials>,
}

/// The key of a creditor.
#[derive(Clone, Debug)]
pub struct CurrentKey {
    /// Its identifier; `None` when the creditor never had a key.
    pub id: Option<KeyId>,
    /// Its value, unless it was revoked.
    pub value: Option<Secret<KeyValue>>,
    /// What it is now.
    pub state: KeyState,
    /// When it was made.
    pub issued_at: Option<Timestamp>,
    /// From when on it does not work unless it is renewed; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A new key of a creditor.
#[derive(Clone, Debug)]
pub struct RotatedCredentials {
    /// Whose it is.
    pub client: ClientIdentifier,
    /// Its identifier.
    pub key_id: KeyId,
    /// Its value.
    pub key: Secret<KeyValue>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From when on it does not work unless it is renewed; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Until when the key before works beside it; `None` when there was none that worked.
    pub former_key_works_until: Option<Timestamp>,
    /// The OAuth client, when it was given a new secret because the former one was revoked.
    pub oauth: Option<OauthCredentials>,
}

/// Credentials that were revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedCredentials {
    /// Whose they were.
    pub client: ClientIdentifier,
    /// How many keys were revoked; 0 when none was left.
    pub keys: usize,
}

/// What is kept for a repeat.
#[derive(Serialize, Deserialize)]
struct Kept {
    client: ClientIdentifier,
    key_id: KeyId,
    key: String,
    issued_at: Timestamp,
    expires_at: Option<Timestamp>,
    former_key_works_until: Option<Timestamp>,
    oauth: Option<(String, String)>,
}

impl Kept {
    fn of(rotated: &RotatedCredentials) -> Self {
        Self {
            client: rotated.client,
            key_id: rotated.key_id,
            key: rotated.key.expose().to_text(),
            issued_at: rotated.issued_at,
            expires_at: rotated.expires_at,
            former_key_works_until: rotated.former_key_works_until,
            oauth: rotated.oauth.as_ref().map(OauthCredentials::to_kept),
        }
    }

    fn into_answer(self) -> Result<Answer<RotatedCredentials>, StoreError> {
        let value = RotatedCredentials {
            client: self.client,
            key_id: self.key_id,
            key: kept_secret(&self.key)?,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            former_key_works_until: self.former_key_works_until,
            oauth: self.oauth.map(OauthCredentials::from_kept).transpose()?,
        };
        Ok(Answer { value, replayed: true })
    }
}

/// What a rotation makes ahead of its transaction, so that a second run of it keeps the same.
#[derive(Clone)]
pub(crate) struct Rotation {
    pub(crate) partner: PartnerId,
    pub(crate) client: ClientIdentifier,
    pub(crate) key: NewKey,
    pub(crate) oauth: Option<NewOauthClient>,
}

/// The newest key of a creditor that was not renewed: one that was not revoked where there is one.
fn current(rows: &[ApiKeyRow]) -> Option<&ApiKeyRow> {
    let heads = || rows.iter().rev().filter(|row| row.successor_id.is_none());
    heads().find(|row| row.revoked_at.is_none()).or_else(|| heads().next())
}

impl Core {
    async fn own_creditor(&self, partner: PartnerId, client: ClientIdentifier) -> Result<ClientRow, CreditorError> {
        let row = store::creditor::by_id(&mut self.db().reader().await?, partner, client).await?;
        row.ok_or(CreditorError::NotFound)
    }

    /// The current credentials of a partner's creditor, in clear. Each time is recorded.
    ///
    /// # Errors
    /// [`CreditorError::NotFound`] or [`CreditorError::Store`].
    pub async fn show_credentials(
        &self,
        principal: &Principal,
        client: ClientIdentifier,
        context: &Context,
    ) -> Result<Credentials, CreditorError> {
        let partner = principal.holder.partner;
        self.own_creditor(partner, client).await?;
        let mut reader = self.db().reader().await?;
        let keys = store::api_key::of_holder(&mut reader, KeyHolder { partner, client: Some(client) }).await?;
        let oauth = store::oauth_client::by_client(&mut reader, partner, client).await?;
        drop(reader);
        let key = current(&keys);
        let detail = key.map(|row| format!("key {}", row.key)).unwrap_or_default();
        let subject = format!("client:{client}");
        // Recorded first: a value that was shown without a record would be worse than a record of one that was not.
        self.record_alone(context.record(self, partner, "credentials.show", subject, Outcome::Done, detail)).await?;
        let now = self.now();
        let key = match key {
            Some(row) => CurrentKey {
                id: Some(row.key),
                value: if row.revoked_at.is_none() { Some(self.value_of(row)?) } else { None },
                state: row.life().state(now),
                issued_at: Some(row.created_at),
                expires_at: row.expires_at.map(Timestamp::from_micros),
                revoked_at: row.revoked_at.map(Timestamp::from_micros),
            },
            None => CurrentKey {
                id: None,
                value: None,
                state: KeyState::Revoked,
                issued_at: None,
                expires_at: None,
                revoked_at: None,
            },
        };
        let oauth = oauth.filter(|row| row.revoked_at.is_none());
        let oauth = oauth.as_ref().map(|row| self.oauth_credentials_of(row)).transpose()?;
        Ok(Credentials { client, key, oauth })
    }

    /// Gives a creditor a new key. The one before works on for the configured overlap, as after a renewal. When every key was revoked,
    /// the creditor can work again with the new one, and its OAuth client has a new secret.
    ///
    /// With an idempotency key, a repeat comes to what the first request came to.
    ///
    /// # Errors
    /// [`CreditorError::NotFound`], [`CreditorError::Idempotency`] or [`CreditorError::Store`].
    pub async fn rotate_credentials(
        &self,
        principal: &Principal,
        client: ClientIdentifier,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<RotatedCredentials>, CreditorError> {
        let answer = self.rotate_or_repeat(principal, client, idempotency, context).await?;
        if answer.replayed {
            let subject = format!("client:{client}");
            self.record_shown_again(principal.holder.partner, ROTATE, subject, context).await?;
        }
        Ok(answer)
    }

    async fn rotate_or_repeat(
        &self,
        principal: &Principal,
        client: ClientIdentifier,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<RotatedCredentials>, CreditorError> {
        let partner = principal.holder.partner;
        let request = idempotency.map(|idempotency| Repeatable {
            holder: principal.holder,
            operation: Operation::RotateCredentials,
            idempotency,
        });
        let _running = match self.begin::<Kept, CreditorError>(request.as_ref()).await? {
            Begun::Repeat(kept) => return Ok(kept.into_answer()?),
            first @ Begun::First { .. } => first,
        };
        let row = self.own_creditor(partner, client).await?;
        let now = self.now();
        let holder = KeyHolder { partner, client: Some(client) };
        let rotation = Rotation {
            partner,
            client,
            key: self.new_key(holder, KeyKind::Client, &AllowedNetworks::default(), now),
            oauth: (row.service_type == ServiceType::PosFinancing.as_str())
                .then(|| self.new_oauth_client(partner, client, now)),
        };
        let (core, context) = (self.clone(), context.clone());
        let answer = self
            .db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                let (rotation, request) = (rotation.clone(), request.clone());
                Box::pin(async move {
                    if let Some(kept) = core.take_request::<Kept, CreditorError>(tx, request.as_ref()).await? {
                        return Ok::<_, CreditorError>(kept.into_answer()?);
                    }
                    let value = core.rotate_in(tx, rotation, now, &context).await?;
                    if let Some(request) = &request {
                        core.keep_answer(tx, request, &Kept::of(&value)).await?;
                    }
                    Ok(Answer { value, replayed: false })
                })
            })
            .await?;
        if answer.value.former_key_works_until.is_some() {
            // What is cached of the key before does not know of its end.
            self.keys().forget_all();
        }
        Ok(answer)
    }

    pub(crate) async fn rotate_in(
        &self,
        tx: &mut Tx,
        rotation: Rotation,
        now: Timestamp,
        context: &Context,
    ) -> Result<RotatedCredentials, StoreError> {
        let Rotation { partner, client, mut key, oauth } = rotation;
        let keys = store::api_key::of_holder(tx, KeyHolder { partner, client: Some(client) }).await?;
        let former = current(&keys);
        if let Some(former) = former {
            key.row.networks.clone_from(&former.networks);
        }
        let mut detail = format!("key {}", key.row.key);
        let former_key_works_until = match former.filter(|former| former.revoked_at.is_none()) {
            Some(former) => {
                let until = now.after(self.settings().key_overlap);
                self.supersede(tx, former, &key, until).await?;
                detail.push_str(&format!(" replaces {}", former.key));
                match former.life().expires_at {
                    Some(end) => (end > now).then_some(end.min(until)),
                    None => Some(until),
                }
            }
            None => {
                store::api_key::insert(tx, &key.row).await?;
                None
            }
        };
        let oauth = match oauth {
            Some(new) => {
                let kept = store::oauth_client::by_client(tx, partner, client).await?;
                match kept {
                    Some(kept) if kept.revoked_at.is_none() => None,
                    Some(kept) => {
                        store::oauth_client::replace_secret(tx, &new.row).await?;
                        // It keeps its name, which may be one that the operator chose.
                        Some(OauthCredentials { id: kept.oauth_client_id, ..new.credentials })
                    }
                    None => {
                        store::oauth_client::insert(tx, &new.row).await?;
                        Some(new.credentials)
                    }
                }
            }
            None => None,
        };
        self.note_status(tx, partner, client, CreditorStatus::Active, context).await?;
        let record = context.record(self, partner, ROTATE, format!("client:{client}"), Outcome::Done, detail);
        store::audit::insert(tx, &record).await?;
        Ok(RotatedCredentials {
            client,
            key_id: key.issued.id,
            key: key.issued.value,
            issued_at: now,
            expires_at: key.issued.expires_at,
            former_key_works_until,
            oauth,
        })
    }

    /// Revokes every key of a creditor at once, everywhere, and its OAuth client. What was revoked before stays so.
    ///
    /// # Errors
    /// [`CreditorError::NotFound`] or [`CreditorError::Store`].
    pub async fn revoke_credentials(
        &self,
        principal: &Principal,
        client: ClientIdentifier,
        context: &Context,
    ) -> Result<RevokedCredentials, CreditorError> {
        let partner = principal.holder.partner;
        let (core, context) = (self.clone(), context.clone());
        let revoked = self
            .db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    store::creditor::by_id(tx, partner, client).await?.ok_or(CreditorError::NotFound)?;
                    let count = core.revoke_credentials_in(tx, partner, client, &context).await?;
                    let subject = format!("client:{client}");
                    let detail = format!("{count} keys");
                    let record = context.record(&core, partner, "credentials.revoke", subject, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, CreditorError>(RevokedCredentials { client, keys: count })
                })
            })
            .await?;
        self.keys().forget_all();
        Ok(revoked)
    }

    /// Revokes every key of a client and its OAuth client in the transaction, and gives the number of keys.
    pub(crate) async fn revoke_credentials_in(
        &self,
        tx: &mut Tx,
        partner: PartnerId,
        client: ClientIdentifier,
        context: &Context,
    ) -> Result<usize, StoreError> {
        let now = self.now();
        let count = revoke_all(tx, KeyHolder { partner, client: Some(client) }, now).await?;
        if store::oauth_client::revoke(tx, partner, client, now).await? && count == 0 {
            // It alone ends, and what is cached of it must.
            store::api_key::count_version_up(tx).await?;
        }
        // A link that nobody has opened would show the next key.
        store::credentials_link::end(tx, partner, client, now).await?;
        self.note_status(tx, partner, client, CreditorStatus::Revoked, context).await?;
        Ok(count)
    }
}

/// Revokes every key of a holder that works or can be renewed, and gives their number.
pub(crate) async fn revoke_all(tx: &mut Tx, holder: KeyHolder, now: Timestamp) -> Result<usize, StoreError> {
    let keys = store::api_key::of_holder(tx, holder).await?;
    let mut count = 0;
    for key in keys.iter().filter(|key| !matches!(key.life().state(now), KeyState::Revoked | KeyState::Superseded)) {
        store::api_key::revoke(tx, holder.partner, key.key, now).await?;
        count += 1;
    }
    if count > 0 {
        store::api_key::count_version_up(tx).await?;
    }
    Ok(count)
}
