//! The client and what it does with its tokens.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;

use super::answers::{AccessToken, Introspection, ServerMetadata};
use super::builder::PosBuilder;
use super::closed::{Lang, Scope};
use super::error::PosError;
use super::flow::Flow;
use super::oauth::{Manner, parse};
use super::pair::Pair;
use super::reference_id::ReferenceId;
use super::tokens::{Tokens, Why};
use crate::api_key::Secret;
use crate::entity_tag::EntityTag;
use crate::wire::Wire;

/// What a client is set to.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) scope: Scope,
    pub(super) lang: Lang,
    pub(super) refresh_threshold: Duration,
    pub(super) refresh_leeway: Duration,
}

/// Whose tokens they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The client's own: it gets others whenever it wants.
    Client,
    /// A merchant's user's: when they have ended, somebody has to log in.
    User,
}

/// What all clones of one client share.
pub(super) struct Session {
    pub(super) wire: Arc<Wire>,
    pub(super) settings: Settings,
    pub(super) holder: Holder,
    pub(super) tokens: Tokens,
    /// What was answered with a tag, by address and language.
    kept: Mutex<HashMap<String, Kept>>,
}

/// An answer that is asked for again only when it has changed.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) tag: EntityTag,
    pub(super) body: Arc<Vec<u8>>,
}

impl Session {
    fn new(wire: Arc<Wire>, settings: Settings, holder: Holder, tokens: Tokens) -> Arc<Self> {
        Arc::new(Self { wire, settings, holder, tokens, kept: Mutex::default() })
    }

    pub(super) fn kept(&self, address: &str) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(address).cloned()
    }

    pub(super) fn keep(&self, address: String, kept: Kept) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(address, kept);
    }
}

/// A client of the point-of-sale API: one server, one merchant, one scope. Cheap to clone; the clones share the connections and the
/// tokens. See [the module](super) for how tokens are got and refreshed.
#[derive(Clone)]
pub struct PosClient {
    pub(super) session: Arc<Session>,
}

impl PosClient {
    /// Starts to build a client for the server at `base_url`, such as `https://pos.example.com`; `/flexiti/pos-api/v2.5` is appended
    /// unless it is there, or [`PosBuilder::prefix`] names another.
    ///
    /// ```no_run
    /// use tallystick_client::pos::{PosClient, Scope};
    ///
    /// # fn run() -> Result<(), tallystick_client::BuildError> {
    /// let shop = PosClient::builder("https://pos.example.com")
    ///     .credentials("flexitidemo", "77fde15a-9d33-4e15-930a-76e4b3ae33e9")
    ///     .scope(Scope::Customer)
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn builder(base_url: impl Into<String>) -> PosBuilder {
        PosBuilder::new(base_url)
    }

    pub(super) fn new(wire: Arc<Wire>, settings: Settings) -> Self {
        Self { session: Session::new(wire, settings, Holder::Client, Tokens::default()) }
    }

    /// A client with tokens of another scope and the same settings, over the same connections. Its tokens are its own, and got by the
    /// client's secret.
    #[must_use]
    pub fn with_scope(&self, scope: Scope) -> Self {
        let settings = Settings { scope, ..self.session.settings.clone() };
        Self::new(Arc::clone(&self.session.wire), settings)
    }

    /// A client with the tokens of a merchant's user (the grant `password`), where the merchant's settings allow that. They refresh
    /// themselves; when that is refused, its calls are [`PosError::LoginNeeded`]. The tokens of `self` stay as they are.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let anna = till.log_in_with_password("anna", "dice-manila-purism").await?;
    /// match anna.flow().login().await {
    ///     Err(PosError::LoginNeeded { .. }) => println!("ask for the password again"),
    ///     other => println!("{}", other?.merchant_name),
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::TokenRefused`] with `invalid_grant` when the user name or the password is wrong, or the user may not log in now, and
    /// with `unsupported_grant_type` when the merchant does not allow the grant.
    pub async fn log_in_with_password(&self, username: &str, password: impl Into<Secret>) -> Result<Self, PosError> {
        let pair = self.session.password(username, &password.into()).await?;
        let (wire, settings) = (Arc::clone(&self.session.wire), self.session.settings.clone());
        Ok(Self { session: Session::new(wire, settings, Holder::User, Tokens::of(pair)) })
    }

    /// Begins a flow: a random reference id that all of its calls carry.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.flow_with(ReferenceId::random(self.session.wire.runtime.as_ref()))
    }

    /// Goes on with a flow, or begins one with a reference id of one's own.
    #[must_use]
    pub fn flow_with(&self, reference: ReferenceId) -> Flow {
        Flow::new(Arc::clone(&self.session), reference)
    }

    /// A token that works now, to hand it to something that is not this client. The first call gets one; one that is about to expire is
    /// refreshed.
    ///
    /// # Errors
    /// When there is none and none is given.
    pub async fn access_token(&self) -> Result<AccessToken, PosError> {
        self.session.fresh(None).await.map(|pair| shown(&pair))
    }

    /// Gets another token now, by a refresh where there is one to refresh. The public documentation advises it at the start of an
    /// application or a purchase, so that the customer has the whole lifetime for it.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let token = till.force_refresh().await?;
    /// println!("until {}", token.expires_at);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When none is given. The token in use stays, and works until its time, unless the error is [`PosError::LoginNeeded`]. Where a user's
    /// refresh was not answered in time, this gives that failure again, without asking, until the token is about to expire: the server
    /// would take the same refresh token for a theft by then.
    pub async fn force_refresh(&self) -> Result<AccessToken, PosError> {
        self.session.renew(Why::Forced, None).await.map(|pair| shown(&pair))
    }

    /// Logs out: ends the pair in use, and every token that came of the same grant (RFC 7009). Without one there is nothing to do. A
    /// client that has its secret gets another pair for its next call; a user's calls are [`PosError::LoginNeeded`] from then on.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// till.revoke().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When that is not known to have been done. The pair is kept then, so that it can be tried again.
    pub async fn revoke(&self) -> Result<(), PosError> {
        let mut flight = self.session.tokens.flight.lock().await;
        if let Some(pair) = self.session.tokens.in_use() {
            self.session.ask("/oauth/revoke", &[("token", pair.last_token().expose())], Manner::USUAL).await?;
            self.session.tokens.forget(&mut flight);
        }
        Ok(())
    }

    /// Asks about an access or refresh token of this merchant (RFC 7662). One that does not work, or is another's, is not
    /// [`active`](Introspection::active), and nothing else is told of it.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// let told = till.introspect(&till.access_token().await?.value).await?;
    /// println!("{} until {:?}", told.active, told.expires_at);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::InvalidClient`] when the client is not known, as with every call.
    pub async fn introspect(&self, token: &Secret) -> Result<Introspection, PosError> {
        let (answer, _) = self.session.ask("/oauth/introspect", &[("token", token.expose())], Manner::USUAL).await?;
        parse(&answer)
    }

    /// What the token endpoint can do, and where it is (RFC 8414). Nothing of this client goes by it. It takes no token.
    ///
    /// ```no_run
    /// # use tallystick_client::pos::{PosClient, PosError};
    /// # async fn run(till: PosClient) -> Result<(), PosError> {
    /// println!("{}", till.metadata().await?.token_endpoint);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`PosError::UnexpectedAnswer`] where something before the server does not pass `/.well-known` on.
    pub async fn metadata(&self) -> Result<ServerMetadata, PosError> {
        let session = &self.session;
        let address = session.wire.endpoint.well_known("oauth-authorization-server");
        let mut retries = 0;
        loop {
            let request = session.wire.http.request(Method::GET, address.clone());
            let error = match session.wire.exchange(request, session.wire.time_limit).await {
                Ok(answer) if answer.status.is_success() => return parse(&answer),
                Ok(answer) => PosError::of_token_endpoint(&answer),
                Err(broken) => broken.into(),
            };
            let Some(pause) = session.pause(&error, retries) else { return Err(error) };
            retries += 1;
            session.wire.runtime.sleep(pause).await;
        }
    }
}

fn shown(pair: &Pair) -> AccessToken {
    AccessToken { value: pair.access.clone(), scope: pair.scope, expires_at: pair.expires_at() }
}

impl fmt::Debug for PosClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PosClient")
            .field("endpoint", &self.session.wire.endpoint.as_str())
            .field("client_id", &self.session.settings.client_id)
            .field("scope", &self.session.settings.scope)
            .field("holder", &self.session.holder)
            .finish_non_exhaustive()
    }
}
