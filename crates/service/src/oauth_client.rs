//! The OAuth credentials of a client of the point-of-sale service, made when it is onboarded.

use domain::api_key::KeyValue;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::{Secret, Timestamp};
use store::StoreError;
use store::oauth_client::OauthClientRow;

use crate::Core;
use crate::idempotency::kept_secret;
use crate::reseal::BATCH;

/// OAuth credentials that were just made.
#[derive(Clone, Debug)]
pub struct OauthCredentials {
    /// `client_id` of the token endpoint.
    pub id: String,
    /// `client_secret` of the token endpoint: a version 4 UUID in text, as the public documentation shows it.
    pub secret: Secret<KeyValue>,
}

impl OauthCredentials {
    /// As they are kept for a repeat of the request that made them.
    pub(crate) fn to_kept(&self) -> (String, String) {
        (self.id.clone(), self.secret.expose().to_text())
    }

    /// Reads what [`OauthCredentials::to_kept`] gave.
    pub(crate) fn from_kept((id, secret): (String, String)) -> Result<Self, StoreError> {
        Ok(Self { id, secret: kept_secret(&secret)? })
    }
}

/// Credentials to be added: made ahead of the transaction, so that a second run of it keeps the same.
#[derive(Clone)]
pub(crate) struct NewOauthClient {
    pub(crate) row: OauthClientRow,
    pub(crate) credentials: OauthCredentials,
}

/// The name under which a secret is sealed.
fn seal_name(client: ClientIdentifier) -> String {
    format!("oauth_client:{client}")
}

impl Core {
    /// Makes the OAuth credentials of a client that is onboarded; nothing is kept yet.
    pub(crate) fn new_oauth_client(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
        now: Timestamp,
    ) -> NewOauthClient {
        self.new_oauth_client_named(partner, client, crate::merchant::given_client_id(client), now)
    }

    /// The same under a `client_id` of the operator's.
    pub(crate) fn new_oauth_client_named(
        &self,
        partner: PartnerId,
        client: ClientIdentifier,
        id: String,
        now: Timestamp,
    ) -> NewOauthClient {
        let secret = KeyValue::generate(self.random());
        let sealed = self.vault().seals.seal(&seal_name(client), secret.expose().as_bytes(), self.random());
        let row = OauthClientRow {
            partner,
            client,
            oauth_client_id: id.clone(),
            lookup: self.vault().lookup(secret.expose()).to_vec(),
            sealed: sealed.bytes,
            master_key_version: sealed.version,
            created_at: now,
            revoked_at: None,
        };
        NewOauthClient { row, credentials: OauthCredentials { id, secret } }
    }

    /// Opens the credentials of a client. Whoever shows them records that.
    pub(crate) fn oauth_credentials_of(&self, row: &OauthClientRow) -> Result<OauthCredentials, StoreError> {
        let plain = self
            .vault()
            .seals
            .unseal(&seal_name(row.client), &row.sealed, row.master_key_version)
            .map_err(|error| StoreError::unreadable("oauth_client.sealed", error))?;
        let bytes = <[u8; 16]>::try_from(plain.as_slice())
            .map_err(|_| StoreError::unreadable("oauth_client.sealed", "a sealed secret of a wrong length"))?;
        Ok(OauthCredentials { id: row.oauth_client_id.clone(), secret: Secret::new(KeyValue::from_bytes(bytes)) })
    }

    /// Seals every secret under the newest master key, and gives how many were sealed anew.
    pub(crate) async fn reseal_oauth_clients(&self) -> Result<u64, StoreError> {
        let (core, newest) = (self.clone(), self.vault().seals.newest());
        self.reseal_in_batches(move |tx| {
            let core = core.clone();
            Box::pin(async move {
                let rows = store::oauth_client::not_sealed_under(tx, newest, BATCH).await?;
                for row in &rows {
                    let name = seal_name(row.client);
                    let again = core.sealed_again("oauth_client.sealed", &name, &row.sealed, row.master_key_version)?;
                    store::oauth_client::reseal(tx, row, &again.bytes, again.version).await?;
                }
                Ok(rows.len() as u64)
            })
        })
        .await
    }
}
