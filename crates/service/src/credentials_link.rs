//! One-time links: who opens one sees the credentials of a client, once.
//!
//! The token in the address is kept as a keyed hash only. The values are opened from where they are kept at the moment of showing, so a
//! link shows the key that works then, and a link that was never opened has made no copy of anything.

use domain::api_key::{KeyHolder, KeyId, KeyState, KeyValue};
use domain::audit::Outcome;
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use domain::link_token::LinkToken;
use domain::{Secret, Timestamp};
use store::credentials_link::LinkRow;
use store::{Access, StoreError, Tx};
use uuid::Uuid;

use crate::oauth_client::OauthCredentials;
use crate::{AdminError, Context, Core};

const OPERATION: &str = "credentials_link.open";

/// What the keyed hash of a token is of, so that a key and a token never share one.
const PURPOSE: &[u8] = b"credentials_link:";

/// What a link shows.
#[derive(Clone, Debug)]
pub struct ShownCredentials {
    /// The name of the client.
    pub name: String,
    /// `clientIdentifier`.
    pub client: ClientIdentifier,
    /// `confirmaFinanceCustomerCode`.
    pub customer_code: CustomerCode,
    /// `paymentReferencePrefix`.
    pub reference_prefix: ReferencePrefix,
    /// The identifier of the key.
    pub key_id: KeyId,
    /// The value of the key.
    pub key: Secret<KeyValue>,
    /// From when on the key does not work; `None` is never.
    pub key_expires_at: Option<Timestamp>,
    /// OAuth credentials, for a client of the point-of-sale service.
    pub oauth: Option<OauthCredentials>,
}

/// Why a link shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is none of this token.
    #[error("there is no such link")]
    Unknown,
    /// It was used.
    #[error("the link was used")]
    Used,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
    /// It was not used, but the client has no key any more that works.
    #[error("the client has no key that works")]
    NoKey,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A link to be added, before the client has its number.
#[derive(Clone)]
pub(crate) struct NewLink(LinkRow);

impl NewLink {
    pub(crate) fn of_client(self, client: ClientIdentifier) -> LinkRow {
        LinkRow { client, ..self.0 }
    }

    pub(crate) const fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }
}

impl Core {
    /// Makes a link, and its address; nothing is kept yet.
    pub(crate) fn new_link(
        &self,
        partner: PartnerId,
        request: Uuid,
        now: Timestamp,
    ) -> Result<(NewLink, String), AdminError> {
        let Some(base) = &self.settings().public_url else {
            return Err(AdminError::State(
                "public-url is not set: say where this server is reached from outside, because the link leads there"
                    .to_owned(),
            ));
        };
        let token = LinkToken::generate(self.random());
        let row = LinkRow {
            partner,
            link: self.next_id(now),
            client: ClientIdentifier(0),
            request,
            lookup: self.link_lookup(token.expose()).to_vec(),
            created_at: now,
            expires_at: now.after(self.settings().credentials_link_lifetime),
            used_at: None,
        };
        let address = format!("{}/onboarding/credentials/{}", base.trim_end_matches('/'), token.expose().to_text());
        Ok((NewLink(row), address))
    }

    fn link_lookup(&self, token: &LinkToken) -> [u8; 32] {
        self.vault().lookup_of(PURPOSE, token.as_bytes())
    }

    /// Whether a link can be opened. It changes nothing, so that a program that looks through mail does not use it up.
    ///
    /// # Errors
    /// [`LinkError`] when it can't.
    pub async fn look_at_link(&self, token: &str) -> Result<(), LinkError> {
        let token = LinkToken::parse(token).ok_or(LinkError::Unknown)?;
        let lookup = self.link_lookup(token.expose());
        let row = store::credentials_link::by_lookup(&mut self.db().reader().await?, &lookup).await?;
        works(&row.ok_or(LinkError::Unknown)?, self.now())
    }

    /// Opens a link: gives the credentials, and notes that it was used and who has it shown, all or none. Of two at once one gets them.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn open_link(&self, token: &str, context: &Context) -> Result<ShownCredentials, LinkError> {
        let token = LinkToken::parse(token).ok_or(LinkError::Unknown)?;
        let lookup = self.link_lookup(token.expose());
        let now = self.now();
        let (core, context) = (self.clone(), context.clone());
        self.db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let row = store::credentials_link::by_lookup(tx, &lookup).await?;
                    let row = row.ok_or(LinkError::Unknown)?;
                    let opened = core.open_in(tx, &row, now).await;
                    let (outcome, detail) = match &opened {
                        Ok(shown) => (Outcome::Done, format!("link {}, key {}", row.link, shown.key_id)),
                        Err(LinkError::Store(_)) => return opened.map(Ok),
                        Err(refused) => (Outcome::Refused, format!("link {}: {refused}", row.link)),
                    };
                    let subject = format!("client:{}", row.client);
                    let record = context.record(&core, row.partner, OPERATION, subject, outcome, detail);
                    store::audit::insert(tx, &record).await?;
                    // A refusal is committed with its record; nothing else was changed.
                    Ok(opened)
                })
            })
            .await?
    }

    async fn open_in(&self, tx: &mut Tx, row: &LinkRow, now: Timestamp) -> Result<ShownCredentials, LinkError> {
        works(row, now)?;
        let shown = self.credentials_behind(tx, row, now).await?.ok_or(LinkError::NoKey)?;
        if !store::credentials_link::spend(tx, row, now).await? {
            return Err(LinkError::Used);
        }
        Ok(shown)
    }

    async fn credentials_behind(
        &self,
        db: &mut impl Access,
        row: &LinkRow,
        now: Timestamp,
    ) -> Result<Option<ShownCredentials>, StoreError> {
        let holder = KeyHolder { partner: row.partner, client: Some(row.client) };
        let keys = store::api_key::of_holder(db, holder).await?;
        let Some(key) = keys.iter().rev().find(|key| key.life().state(now) == KeyState::Active) else {
            return Ok(None);
        };
        let client = store::client::by_number(db, row.client).await?;
        let client =
            client.ok_or_else(|| StoreError::unreadable("credentials_link", "the client of a link is not there"))?;
        let oauth = store::oauth_client::by_client(db, row.partner, row.client).await?;
        let oauth = oauth.filter(|oauth| oauth.revoked_at.is_none());
        Ok(Some(ShownCredentials {
            name: client.name,
            client: row.client,
            customer_code: client.customer_code,
            reference_prefix: client.reference_prefix,
            key_id: key.key,
            key: self.value_of(key)?,
            key_expires_at: key.life().works_until(),
            oauth: oauth.map(|oauth| self.oauth_credentials_of(&oauth)).transpose()?,
        }))
    }
}

fn works(row: &LinkRow, now: Timestamp) -> Result<(), LinkError> {
    if row.used_at.is_some() {
        Err(LinkError::Used)
    } else if row.expires_at <= now {
        Err(LinkError::Expired)
    } else {
        Ok(())
    }
}
