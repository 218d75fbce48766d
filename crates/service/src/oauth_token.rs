//! Tokens of the point-of-sale API: who presents one, and who asks for one.

use std::sync::Arc;

use domain::Timestamp;
use domain::api_key::{KeyHolder, KeyValue};
use domain::audit::{Actor, INSTALLATION, Outcome};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::merchant::ClientId;
use domain::oauth_token::{AccessState, FamilyId, Scope, TokenId, TokenValue};
use store::StoreError;
use store::oauth_client::OauthClientRow;
use store::oauth_token::FoundToken;

use crate::merchant::subject;
use crate::oauth_cache::{KnownToken, TokenLookup, asked};
use crate::oauth_guess::Guessed;
use crate::{Context, Core};

/// What the keyed hashes are of, so that no two secrets of different kinds share one.
const ACCESS: &[u8] = b"oauth_token.access:";
const REFRESH: &[u8] = b"oauth_token.refresh:";

/// How much of the keyed hash of a client's secret is kept with its tokens, to tell one secret from the next.
const MARK_BYTES: usize = 8;

/// Who presented an access token, once it was found to be good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPrincipal {
    /// The token.
    pub token: TokenId,
    /// The family that it belongs to: a refresh keeps it.
    pub family: FamilyId,
    /// Whose it is: always a client's.
    pub holder: KeyHolder,
    /// `client_id` of its client.
    pub oauth_client_id: String,
    /// What it may be used for.
    pub scope: Scope,
    /// The merchant user that it was given to, with the grant `password`.
    pub username: Option<String>,
    /// From when on it does not work.
    pub expires_at: Timestamp,
}

/// Why an access token is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// None was presented.
    #[error("no access token was presented")]
    Missing,
    /// It is not of the form of a token.
    #[error("the access token is malformed")]
    Malformed,
    /// There is none of this value.
    #[error("the access token is unknown")]
    Unknown,
    /// Its time has passed.
    #[error("the access token has expired")]
    Expired,
    /// It, its family, its client or its client's partner was revoked, the client has another secret since, or the merchant user that it
    /// was given to may not have it any more.
    #[error("the access token was revoked")]
    Revoked,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A client that has proved itself at the token endpoint.
#[derive(Clone, Debug)]
pub struct OauthClient {
    /// Its partner.
    pub partner: PartnerId,
    /// The client.
    pub client: ClientIdentifier,
    /// Its `client_id`.
    pub oauth_client_id: String,
    pub(crate) secret_mark: Vec<u8>,
}

/// Why a client is not let in at the token endpoint.
#[derive(Debug, thiserror::Error)]
pub enum OauthClientError {
    /// There is no such client, or its secret is another one.
    #[error("the client is unknown, or its secret is wrong")]
    Unknown,
    /// It, or its partner, was revoked.
    #[error("the client was revoked")]
    Revoked,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Core {
    /// Tells who presents an access token that works.
    ///
    /// # Errors
    /// [`TokenError`] when it does not.
    pub async fn authenticate_token(&self, presented: Option<&str>) -> Result<Arc<TokenPrincipal>, TokenError> {
        let value = TokenValue::parse(presented.ok_or(TokenError::Missing)?).ok_or(TokenError::Malformed)?;
        let lookup = self.access_lookup(value.expose());
        let epochs = self.tokens().epochs(self.keys().epoch(), &lookup);
        let token = match self.tokens().get(&lookup, epochs) {
            Some(token) => token,
            None => {
                let asked = asked();
                let found = store::oauth_token::by_access(&mut self.db().reader().await?, &lookup).await?;
                let token = Arc::new(known(found.ok_or(TokenError::Unknown)?)?);
                self.tokens().keep(lookup, Arc::clone(&token), epochs, asked);
                token
            }
        };
        if !token.client_works {
            return Err(TokenError::Revoked);
        }
        match token.life.access(self.now()) {
            AccessState::Active => Ok(Arc::clone(&token.principal)),
            AccessState::Expired => Err(TokenError::Expired),
            AccessState::Revoked => Err(TokenError::Revoked),
        }
    }

    /// Whether this process has found this access token lately: then it is somebody's, though it may not work any more. The database is not
    /// asked.
    #[must_use]
    pub fn has_seen_token(&self, presented: Option<&str>) -> bool {
        let value = presented.and_then(TokenValue::parse);
        value.is_some_and(|value| self.tokens().has_seen(&self.access_lookup(value.expose())))
    }

    /// Lets a client in at the token endpoint that knows its secret. A guess is recorded, at most one a minute of each client.
    ///
    /// # Errors
    /// [`OauthClientError`].
    pub async fn authenticate_oauth_client(
        &self,
        id: &str,
        secret: &str,
        context: &Context,
    ) -> Result<OauthClient, OauthClientError> {
        // Reckoned whether or not there is such a client. The time may still tell that there is one; names are no secrets.
        let lookup = KeyValue::parse(secret).map(|value| self.vault().lookup(value.expose()));
        let mut reader = self.db().reader().await?;
        let row = match id.len() {
            1..=ClientId::LONGEST => store::oauth_client::by_oauth_client_id(&mut reader, id).await?,
            _ => None,
        };
        let partner = match &row {
            Some(row) => store::partner::by_id(&mut reader, row.partner).await?,
            None => None,
        };
        drop(reader);
        // Keyed hashes: whoever guesses can't choose them, so comparing them byte by byte tells nothing.
        let is_right = |row: &&OauthClientRow| lookup.is_some_and(|lookup| row.lookup == lookup);
        let Some(known) = row.as_ref().filter(is_right) else {
            self.record_guess(row.as_ref(), context).await?;
            return Err(OauthClientError::Unknown);
        };
        if known.revoked_at.is_some() || partner.is_none_or(|partner| partner.revoked_at.is_some()) {
            return Err(OauthClientError::Revoked);
        }
        Ok(OauthClient {
            partner: known.partner,
            client: known.client,
            oauth_client_id: known.oauth_client_id.clone(),
            secret_mark: known.lookup.iter().copied().take(MARK_BYTES).collect(),
        })
    }

    async fn record_guess(&self, row: Option<&OauthClientRow>, context: &Context) -> Result<(), StoreError> {
        let client = row.map(|row| (row.partner, row.client));
        let Some((client, since)) = self.client_guesses().note(client, self.now()) else { return Ok(()) };
        let what = match row {
            Some(_) => "wrong secret",
            // Not the name that was given: it may be a secret in the wrong place.
            None => "unknown client",
        };
        let detail = match since {
            0 => what.to_owned(),
            _ => format!("{what}; {since} more since the last record"),
        };
        self.record_guesses(client, detail, context).await
    }

    /// Records guesses at clients that have stopped since the last record, and with `all` those that may go on.
    ///
    /// # Errors
    /// When the database fails; what was not recorded is kept for the next time.
    pub async fn record_untold_guesses(&self, all: bool) -> Result<(), StoreError> {
        let now = self.now();
        let context = Context { actor: Actor::OauthStranger, source: None, request_id: String::new() };
        let mut untold = self.client_guesses().take_untold(now, all);
        while let Some((client, since)) = untold.peek() {
            let what = if client.is_some() { "wrong secret" } else { "unknown client" };
            let detail = format!("{what}; {since} more since the last record");
            self.record_guesses(client, detail, &context).await?;
            untold.told();
        }
        Ok(())
    }

    async fn record_guesses(&self, client: Guessed, detail: String, context: &Context) -> Result<(), StoreError> {
        let (partner, of) = match client {
            Some((partner, client)) => (partner, subject(client)),
            None => (INSTALLATION, "oauth_client".to_owned()),
        };
        let context = Context { actor: Actor::OauthStranger, ..context.clone() };
        self.record_alone(context.record(self, partner, "oauth_token.issue", of, Outcome::Refused, detail)).await
    }

    pub(crate) fn access_lookup(&self, value: &TokenValue) -> TokenLookup {
        self.token_hash(ACCESS, value)
    }

    pub(crate) fn refresh_lookup(&self, value: &TokenValue) -> TokenLookup {
        self.token_hash(REFRESH, value)
    }

    /// The first 160 bits of HMAC-SHA-256 under the pepper of a purpose and a token: as many as the token has.
    pub(crate) fn token_hash(&self, purpose: &[u8], value: &TokenValue) -> TokenLookup {
        let whole = self.vault().lookup_of(purpose, value.as_bytes());
        let mut cut = TokenLookup::default();
        let length = cut.len();
        cut.copy_from_slice(&whole[..length]);
        cut
    }
}

impl OauthClient {
    /// Whether a pair is this client's.
    pub(crate) fn owns(&self, found: &FoundToken) -> bool {
        (found.partner, found.client) == (self.partner, self.client)
    }

    /// What the client does, for the audit trail.
    pub(crate) fn context(&self, context: &Context) -> Context {
        Context { actor: Actor::OauthClient(self.oauth_client_id.clone()), ..context.clone() }
    }

    pub(crate) fn subject(&self) -> String {
        subject(self.client)
    }
}

/// The scope of a pair.
pub(crate) fn scope_of(found: &FoundToken) -> Result<Scope, StoreError> {
    found.scope.parse().map_err(|error: String| StoreError::unreadable("oauth_token.scope", error))
}

fn known(found: FoundToken) -> Result<KnownToken, StoreError> {
    let (life, client_works, scope) = (found.life(), found.client_works(), scope_of(&found)?);
    let principal = TokenPrincipal {
        token: found.token,
        family: found.family,
        holder: KeyHolder { partner: found.partner, client: Some(found.client) },
        oauth_client_id: found.oauth_client_id,
        scope,
        username: found.user_name,
        expires_at: found.expires_at,
    };
    Ok(KnownToken { principal: Arc::new(principal), life, client_works })
}
