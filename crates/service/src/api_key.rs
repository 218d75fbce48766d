//! Keys in use: telling who presents one, and renewing it.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use domain::api_key::{AllowedNetworks, KeyHolder, KeyId, KeyKind, KeyState, KeyValue, Renewal};
use domain::audit::Outcome;
use domain::identifier::PartnerId;
use domain::{Secret, Timestamp};
use store::api_key::ApiKeyRow;
use store::{StoreError, Tx};

use crate::key_cache::{KnownKey, LONGEST_STAY};
use crate::webhook_event::Event;
use crate::{Context, Core};

/// Who presented a key, once the key was found to be good.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The key.
    pub key: KeyId,
    /// What it is for.
    pub kind: KeyKind,
    /// Who holds it.
    pub holder: KeyHolder,
    /// From when on it will not work unless it is renewed, or (when it was renewed) at all; `None` is never.
    pub expires_at: Option<Timestamp>,
}

/// Why a key is not taken.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// None was presented.
    #[error("no key was presented")]
    Missing,
    /// It is not a UUID in text.
    #[error("the key is not a UUID")]
    Malformed,
    /// Nobody holds it, here.
    #[error("the key is unknown")]
    Unknown,
    /// It was revoked.
    #[error("the key was revoked")]
    Revoked,
    /// It was renewed, and its overlap has passed.
    #[error("the key was renewed, and its overlap has passed")]
    Superseded,
    /// It has expired.
    #[error("the key has expired")]
    Expired,
    /// It may not be used from this address.
    #[error("the key may not be used from this address")]
    NetworkNotAllowed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyError {
    fn of(state: KeyState) -> Option<Self> {
        match state {
            KeyState::Active => None,
            KeyState::Expired => Some(Self::Expired),
            KeyState::Superseded => Some(Self::Superseded),
            KeyState::Revoked => Some(Self::Revoked),
        }
    }
}

/// A key that was just made, with its value.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// Its identifier.
    pub id: KeyId,
    /// Its value.
    pub value: Secret<KeyValue>,
    /// From when on it does not work; `None` is never.
    pub expires_at: Option<Timestamp>,
}

/// A key to be added: made ahead of the transaction, so that a second run of it keeps the same.
#[derive(Clone)]
pub(crate) struct NewKey {
    pub(crate) row: ApiKeyRow,
    pub(crate) issued: IssuedKey,
}

/// The name under which a key's value is sealed.
pub(crate) fn seal_name(key: KeyId) -> String {
    format!("api_key:{key}")
}

impl Core {
    /// Tells who presents a key that works.
    ///
    /// # Errors
    /// [`KeyError`] when it does not.
    pub async fn authenticate(&self, presented: Option<&str>, source: Option<IpAddr>) -> Result<Principal, KeyError> {
        let now = self.now();
        let key = self.known_key(presented, now).await?;
        if let Some(error) = KeyError::of(key.life.state(now)) {
            return Err(error);
        }
        key.check_network(source)?;
        self.last_uses().note(&key, now);
        Ok(key.principal.clone())
    }

    /// Whether this process has found this key lately: then it is somebody's, though it may not work any more. The database is not asked.
    #[must_use]
    pub fn has_seen_key(&self, presented: Option<&str>) -> bool {
        let value = presented.and_then(KeyValue::parse);
        value.is_some_and(|value| self.keys().has_seen(&self.vault().lookup(value.expose())))
    }

    /// Tells who presents a key that can be renewed: it works, or it has expired.
    ///
    /// # Errors
    /// [`KeyError`] when it was revoked, or renewed longer ago than the overlap, or is none.
    pub async fn authenticate_for_renewal(
        &self,
        presented: Option<&str>,
        source: Option<IpAddr>,
    ) -> Result<Principal, KeyError> {
        let now = self.now();
        let key = self.known_key(presented, now).await?;
        match key.life.state(now) {
            KeyState::Active | KeyState::Expired => {
                key.check_network(source)?;
                self.last_uses().note(&key, now);
                Ok(key.principal.clone())
            }
            KeyState::Superseded => Err(KeyError::Superseded),
            KeyState::Revoked => Err(KeyError::Revoked),
        }
    }

    async fn known_key(&self, presented: Option<&str>, now: Timestamp) -> Result<Arc<KnownKey>, KeyError> {
        let value = KeyValue::parse(presented.ok_or(KeyError::Missing)?).ok_or(KeyError::Malformed)?;
        let lookup = self.vault().lookup(value.expose());
        let key = match self.keys().get(&lookup, now) {
            Some(key) => key,
            // On the heap, because every request would carry the room for it otherwise.
            None => Box::pin(self.look_up(lookup, now)).await?,
        };
        Ok(key)
    }

    async fn look_up(&self, lookup: [u8; 32], now: Timestamp) -> Result<Arc<KnownKey>, KeyError> {
        let epoch = self.keys().epoch();
        let row = store::api_key::by_lookup(&mut self.db().reader().await?, &lookup).await?;
        let key = Arc::new(known(&row.ok_or(KeyError::Unknown)?)?);
        self.keys().keep(lookup, Arc::clone(&key), epoch, now);
        Ok(key)
    }

    /// Renews the key that was presented: makes its one successor, or gives it again inside the overlap, because the first answer may
    /// have been lost.
    ///
    /// # Errors
    /// [`KeyError`] when the key was revoked meanwhile, or its overlap has passed.
    pub async fn renew(&self, principal: &Principal, context: &Context) -> Result<IssuedKey, KeyError> {
        let now = self.now();
        let overlap = self.settings().key_overlap;
        let core = self.clone();
        let context = context.clone();
        let key = principal.key;
        let successor = self.new_key(principal.holder, principal.kind, &AllowedNetworks::default(), now);
        let (issued, lookup) = self
            .db()
            .write(move |tx| {
                let (core, context, mut successor) = (core.clone(), context.clone(), successor.clone());
                Box::pin(async move {
                    let row = store::api_key::by_id(tx, key).await?.ok_or(KeyError::Unknown)?;
                    let (issued, detail) = match row.life().renewal(now, overlap) {
                        Renewal::Refuse(state) => return Err(KeyError::of(state).unwrap_or(KeyError::Unknown)),
                        Renewal::RepeatSuccessor => (core.successor_of(tx, &row, now).await?, "given again"),
                        Renewal::MakeSuccessor { overlap_until } => {
                            successor.row.networks.clone_from(&row.networks);
                            core.supersede(tx, &row, &successor, overlap_until).await?;
                            (successor.issued, "")
                        }
                    };
                    let subject = format!("api_key:{key}");
                    let detail =
                        format!("successor {}{}{detail}", issued.id, if detail.is_empty() { "" } else { ", " });
                    let record = context.record(&core, row.partner, "api_key.renew", subject, Outcome::Done, detail);
                    store::audit::insert(tx, &record).await?;
                    Ok((issued, row.lookup))
                })
            })
            .await?;
        self.keys().forget(&lookup);
        Ok(issued)
    }

    async fn successor_of(&self, tx: &mut Tx, row: &ApiKeyRow, now: Timestamp) -> Result<IssuedKey, KeyError> {
        let id = row.successor_id.map(KeyId).ok_or_else(|| unreadable("a renewed key without a successor"))?;
        let successor =
            store::api_key::by_id(tx, id).await?.ok_or_else(|| unreadable("a renewed key whose successor is gone"))?;
        match successor.life().state(now) {
            // An expired successor is given as well: it can be renewed in turn.
            KeyState::Active | KeyState::Expired => {}
            KeyState::Superseded => return Err(KeyError::Superseded),
            KeyState::Revoked => return Err(KeyError::Revoked),
        }
        Ok(IssuedKey {
            id,
            value: self.value_of(&successor)?,
            expires_at: successor.expires_at.map(Timestamp::from_micros),
        })
    }

    /// Adds the successor of a key, in the transaction.
    pub(crate) async fn supersede(
        &self,
        tx: &mut Tx,
        row: &ApiKeyRow,
        successor: &NewKey,
        overlap_until: Timestamp,
    ) -> Result<(), StoreError> {
        store::api_key::insert(tx, &successor.row).await?;
        if !store::api_key::supersede(tx, row.partner, row.key, successor.row.key, overlap_until).await? {
            return Err(StoreError::unreadable("api_key", "a key was renewed twice in one transaction"));
        }
        let renewed = Event::TokenRenewed {
            key_id: row.key,
            kind: &row.kind,
            client_identifier: row.holder().client,
            successor_key_id: successor.row.key,
            overlap_until,
            successor_expires_at: successor.issued.expires_at,
        };
        self.tell(tx, row.partner, &renewed, self.now()).await?;
        // Other processes may believe the old key for this long; only a shorter overlap needs their attention.
        if overlap_until < self.now().after(2 * LONGEST_STAY) {
            store::api_key::count_version_up(tx).await?;
        }
        Ok(())
    }

    /// Opens the value of a key. Whoever shows it to a person records that.
    pub(crate) fn value_of(&self, row: &ApiKeyRow) -> Result<Secret<KeyValue>, StoreError> {
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name(row.key), &row.sealed, row.master_key_version)
            .map_err(|error| StoreError::unreadable("api_key.sealed", error))?;
        let bytes = <[u8; 16]>::try_from(plain.as_slice()).map_err(|_| unreadable("a sealed key of a wrong length"))?;
        Ok(Secret::new(KeyValue::from_bytes(bytes)))
    }

    /// Makes a key for a holder; nothing is kept yet.
    pub(crate) fn new_key(
        &self,
        holder: KeyHolder,
        kind: KeyKind,
        networks: &AllowedNetworks,
        now: Timestamp,
    ) -> NewKey {
        let lifetime = match kind {
            KeyKind::Client => self.settings().client_key_lifetime,
            KeyKind::Provisioning | KeyKind::Partner => self.settings().partner_key_lifetime,
        };
        let expires_at = lifetime.map(|lifetime: Duration| now.after(lifetime));
        let id = KeyId(self.next_id(now));
        let value = KeyValue::generate(self.random());
        let sealed = self.vault().seals.seal(&seal_name(id), value.expose().as_bytes(), self.random());
        let row = ApiKeyRow {
            partner: holder.partner,
            key: id,
            client_id: holder.client.map_or(0, |client| client.0),
            kind: kind.name().to_owned(),
            lookup: self.vault().lookup(value.expose()).to_vec(),
            sealed: sealed.bytes,
            master_key_version: sealed.version,
            networks: networks.to_string(),
            created_at: now,
            expires_at: expires_at.map(Timestamp::micros),
            revoked_at: None,
            overlap_until: None,
            successor_id: None,
        };
        NewKey { row, issued: IssuedKey { id, value, expires_at } }
    }

    /// Makes a key of a partner.
    pub(crate) fn new_partner_key(
        &self,
        partner: PartnerId,
        kind: KeyKind,
        networks: &AllowedNetworks,
        now: Timestamp,
    ) -> NewKey {
        self.new_key(KeyHolder { partner, client: None }, kind, networks, now)
    }
}

impl KnownKey {
    /// Whether it may be used from this address. Asked only of a key that works: one that does not says so from anywhere.
    fn check_network(&self, source: Option<IpAddr>) -> Result<(), KeyError> {
        match source {
            Some(address) if !self.networks.allow(address) => Err(KeyError::NetworkNotAllowed),
            None if !self.networks.is_any() => Err(KeyError::NetworkNotAllowed),
            _ => Ok(()),
        }
    }
}

fn known(row: &ApiKeyRow) -> Result<KnownKey, StoreError> {
    let life = row.life();
    Ok(KnownKey {
        principal: Principal {
            key: row.key,
            kind: row.kind.parse().map_err(|error: String| StoreError::unreadable("api_key.kind", error))?,
            holder: row.holder(),
            expires_at: life.works_until(),
        },
        life,
        networks: AllowedNetworks::parse(&row.networks)
            .map_err(|error| StoreError::unreadable("api_key.networks", error))?,
        noted_minute: AtomicI64::new(0),
    })
}

fn unreadable(what: &'static str) -> StoreError {
    StoreError::unreadable("api_key", what)
}
