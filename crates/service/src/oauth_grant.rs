//! Grants: a token pair for a client, for a merchant user, or for a refresh token (RFC 6749, RFC 9700).
//!
//! The pair that a refresh gives is derived from the refresh token, by HMAC-SHA-256 under the pepper, and not drawn. So the same refresh
//! token always comes to the same pair, however often it is used in the leeway, at once, or on whichever process; and nothing that could
//! be shown again is kept. Who knows a refresh token but not the pepper can't tell what follows from random bits. Who knows the pepper
//! as well has the database and its master key, and with them the secrets of the clients, with which any token can be had anyway.
//! The first pair of a family is drawn at random.

use domain::audit::Outcome;
use domain::oauth_token::{FamilyEnd, FamilyId, LIFETIME, Refresh, Scope, TokenId, TokenValue};
use domain::{Secret, Timestamp};
use store::oauth_token::{FoundToken, OauthTokenRow};
use store::{StoreError, Tx};

use crate::merchant::subject;
use crate::merchant_login::MerchantLoginError;
use crate::merchant_user::MerchantUser;
use crate::oauth_cache::TokenLookup;
use crate::oauth_token::{OauthClient, scope_of};
use crate::{Context, Core};

const NEXT_ACCESS: &[u8] = b"oauth_token.next_access:";
const NEXT_REFRESH: &[u8] = b"oauth_token.next_refresh:";

/// A token pair that was just made, or is given again.
#[derive(Clone, Debug)]
pub struct IssuedTokens {
    /// The identifier of the pair.
    pub token: TokenId,
    /// The access token.
    pub access: Secret<TokenValue>,
    /// The refresh token.
    pub refresh: Secret<TokenValue>,
    /// What they may be used for.
    pub scope: Scope,
    /// In how many seconds they expire.
    pub expires_in: u64,
}

/// Why no pair is given to a client that has proved itself.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The refresh token is unknown, or another client's.
    #[error("the refresh token is unknown")]
    Unknown,
    /// Its access token has expired, and a refresh must come before that.
    #[error("the refresh token has expired with its access token")]
    Expired,
    /// It was used before, longer ago than the leeway. Its family has ended with that.
    #[error("the refresh token was used before")]
    Reused,
    /// Its family had ended, its client has another secret since, or its merchant user another password, or may not have one any more.
    #[error("the refresh token was revoked")]
    Revoked,
    /// A wider scope was asked for than the refresh token has.
    #[error("the refresh token has the scope {has}")]
    ScopeWider {
        /// The scope that it has.
        has: Scope,
    },
    /// The settings of the merchant do not allow the grant `password`.
    #[error("the merchant does not allow the grant `password`")]
    PasswordNotAllowed,
    /// The merchant has no such user with this password who may log in now.
    #[error("the user name or the password is wrong")]
    WrongUser,
    /// The database failed, or too many passwords are being hashed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A pair to be added: made ahead of the transaction, so that a second run of it keeps the same.
#[derive(Clone)]
struct NewPair {
    token: TokenId,
    access: Secret<TokenValue>,
    refresh: Secret<TokenValue>,
    access_lookup: TokenLookup,
    refresh_lookup: TokenLookup,
    made_at: Timestamp,
}

impl NewPair {
    fn row(&self, client: &OauthClient, family: FamilyId, scope: Scope, user: TokenUser) -> OauthTokenRow {
        OauthTokenRow {
            partner: client.partner,
            client: client.client,
            token: self.token,
            family,
            access_lookup: self.access_lookup.to_vec(),
            refresh_lookup: self.refresh_lookup.to_vec(),
            scope: scope.name().to_owned(),
            username: user.name_folded,
            user_version: user.version,
            secret_mark: client.secret_mark.clone(),
            created_at: self.made_at,
            expires_at: self.made_at.after(LIFETIME),
        }
    }

    fn issued(self, token: TokenId, scope: Scope, expires_at: Timestamp) -> IssuedTokens {
        // Of two processes one may have a clock that is behind: what another made is not told to work for longer than any works.
        let expires_in = expires_at.since(self.made_at).min(LIFETIME).as_secs();
        IssuedTokens { token, access: self.access, refresh: self.refresh, scope, expires_in }
    }
}

/// The merchant user that a pair is for, as it is kept with it; nobody with any other grant.
#[derive(Default)]
struct TokenUser {
    name_folded: Option<String>,
    version: Option<i64>,
}

impl TokenUser {
    /// That of the pair before.
    fn of(found: &FoundToken) -> Self {
        Self { name_folded: found.username.clone(), version: found.user_version }
    }
}

impl From<MerchantUser> for TokenUser {
    fn from(user: MerchantUser) -> Self {
        Self { name_folded: Some(user.name_folded), version: Some(user.tokens_version) }
    }
}

/// What a refresh does with its transaction.
#[derive(Clone)]
struct Plan {
    client: OauthClient,
    lookup: TokenLookup,
    next: NewPair,
    scope: Option<Scope>,
}

impl Core {
    /// Gives a client a pair of `scope`: the grant `client_credentials`.
    ///
    /// # Errors
    /// [`GrantError::Store`].
    pub async fn issue_token(
        &self,
        client: &OauthClient,
        scope: Scope,
        context: &Context,
    ) -> Result<IssuedTokens, GrantError> {
        self.issue(client, scope, TokenUser::default(), context).await
    }

    /// Gives a client a pair for one of its merchant users: the grant `password`, where the merchant's settings allow it. Whether they do
    /// is asked before anything is hashed.
    ///
    /// # Errors
    /// [`GrantError::PasswordNotAllowed`], [`GrantError::WrongUser`], or [`GrantError::Store`].
    pub async fn issue_token_to_user(
        &self,
        client: &OauthClient,
        username: &str,
        password: &Secret<String>,
        scope: Scope,
        context: &Context,
    ) -> Result<IssuedTokens, GrantError> {
        let merchant = self.merchant_of(client.partner, client.client).await?;
        if !merchant.is_some_and(|merchant| merchant.password_grant) {
            return Err(GrantError::PasswordNotAllowed);
        }
        let by_client = client.context(context);
        let user = self
            .verify_merchant_user(client.partner, client.client, username, password.expose(), &by_client)
            .await
            .map_err(|error| match error {
                // One answer, whichever it is: the client would else learn whether a password was looked at.
                MerchantLoginError::Wrong | MerchantLoginError::TooMany { .. } => GrantError::WrongUser,
                MerchantLoginError::Store(error) => GrantError::Store(error),
            })?;
        self.issue(client, scope, user.into(), context).await
    }

    async fn issue(
        &self,
        client: &OauthClient,
        scope: Scope,
        user: TokenUser,
        context: &Context,
    ) -> Result<IssuedTokens, GrantError> {
        let (access, refresh) = (TokenValue::generate(self.random()), TokenValue::generate(self.random()));
        let pair = self.new_pair(access, refresh);
        let row = pair.row(client, FamilyId(pair.token.0), scope, user);
        let detail = format!("token {}, scope {scope}", pair.token);
        let record = client.context(context).record(
            self,
            client.partner,
            "oauth_token.issue",
            client.subject(),
            Outcome::Done,
            detail,
        );
        let expires_at = row.expires_at;
        self.db()
            .add(move |tx| {
                let (row, record) = (row.clone(), record.clone());
                Box::pin(async move {
                    store::oauth_token::insert(tx, &row).await?;
                    store::audit::insert(tx, &record).await
                })
            })
            .await?;
        let token = pair.token;
        Ok(pair.issued(token, scope, expires_at))
    }

    /// Exchanges a refresh token for the next pair. In the leeway a repeat gives the same pair; later it ends the family.
    ///
    /// # Errors
    /// [`GrantError`].
    pub async fn refresh_token(
        &self,
        client: &OauthClient,
        presented: &str,
        scope: Option<Scope>,
        context: &Context,
    ) -> Result<IssuedTokens, GrantError> {
        let old = TokenValue::parse(presented).ok_or(GrantError::Unknown)?;
        let lookup = self.refresh_lookup(old.expose());
        let next = |purpose| TokenValue::from_bytes(self.token_hash(purpose, old.expose()));
        let next = self.new_pair(next(NEXT_ACCESS), next(NEXT_REFRESH));
        let plan = Plan { client: client.clone(), lookup, next, scope };
        let (core, context) = (self.clone(), client.context(context));
        let outcome = self
            .db()
            .take(move |tx| {
                let (core, context, plan) = (core.clone(), context.clone(), plan.clone());
                Box::pin(async move {
                    match core.refresh_in(tx, plan, &context).await {
                        Err(GrantError::Store(error)) => Err(error),
                        // A refusal is committed with its record.
                        decided => Ok(decided),
                    }
                })
            })
            .await?;
        if matches!(outcome, Err(GrantError::Reused)) {
            self.tokens().forget_all();
        }
        outcome
    }

    async fn refresh_in(&self, tx: &mut Tx, plan: Plan, context: &Context) -> Result<IssuedTokens, GrantError> {
        let now = plan.next.made_at;
        loop {
            let found = store::oauth_token::by_refresh(tx, &plan.lookup).await?;
            let found = found.filter(|found| plan.client.owns(found)).ok_or(GrantError::Unknown)?;
            if !found.client_works() {
                return Err(GrantError::Revoked);
            }
            match found.life().refresh(now, self.settings().refresh_leeway) {
                Refresh::RefuseEnded => return Err(GrantError::Revoked),
                Refresh::RefuseExpired => return Err(GrantError::Expired),
                Refresh::EndFamily => {
                    let detail =
                        format!("family {}: the refresh token of {} was used again", found.family, found.token);
                    self.end_family(tx, &found, FamilyEnd::Reused, detail, context).await?;
                    return Err(GrantError::Reused);
                }
                Refresh::RepeatPair => return self.repeat_in(tx, plan, &found, context).await,
                Refresh::MakePair => {
                    let has = scope_of(&found)?;
                    let scope = plan.scope.unwrap_or(has);
                    if !has.covers(scope) {
                        return Err(GrantError::ScopeWider { has });
                    }
                    // Whoever comes second sees here that it was refreshed, and begins anew. The leeway begins now and not when the
                    // request came: while the database is slow nobody was given an answer that could have been lost.
                    if !store::oauth_token::note_refresh(tx, &found, self.now()).await? {
                        continue;
                    }
                    let row = plan.next.row(&plan.client, found.family, scope, TokenUser::of(&found));
                    store::oauth_token::insert(tx, &row).await?;
                    let detail = format!("token {} after {}, scope {scope}", row.token, found.token);
                    self.record_refresh(tx, &plan.client, detail, context).await?;
                    return Ok(plan.next.issued(row.token, scope, row.expires_at));
                }
            }
        }
    }

    async fn repeat_in(
        &self,
        tx: &mut Tx,
        plan: Plan,
        found: &FoundToken,
        context: &Context,
    ) -> Result<IssuedTokens, GrantError> {
        let next = store::oauth_token::by_refresh(tx, &plan.next.refresh_lookup).await?;
        let next = next.ok_or_else(|| StoreError::unreadable("oauth_token", "a refreshed pair without a next one"))?;
        let has = scope_of(&next)?;
        // It is the same pair, so that it can't have another scope.
        if plan.scope.is_some_and(|scope| scope != has) {
            return Err(GrantError::ScopeWider { has });
        }
        let detail = format!("token {} after {}, scope {has}, given again", next.token, found.token);
        self.record_refresh(tx, &plan.client, detail, context).await?;
        Ok(plan.next.issued(next.token, has, next.expires_at))
    }

    async fn record_refresh(
        &self,
        tx: &mut Tx,
        client: &OauthClient,
        detail: String,
        context: &Context,
    ) -> Result<(), StoreError> {
        let action = "oauth_token.refresh";
        let record = context.record(self, client.partner, action, client.subject(), Outcome::Done, detail);
        store::audit::insert(tx, &record).await
    }

    /// Ends a family, and records it, unless it had ended before.
    pub(crate) async fn end_family(
        &self,
        tx: &mut Tx,
        found: &FoundToken,
        reason: FamilyEnd,
        detail: String,
        context: &Context,
    ) -> Result<bool, StoreError> {
        let ended = store::oauth_token::end_family(tx, found, reason, self.now()).await?;
        if ended {
            let of = subject(found.client);
            let action = match reason {
                FamilyEnd::Reused => "oauth_family.end",
                FamilyEnd::Revoked => "oauth_token.revoke",
            };
            let record = context.record(self, found.partner, action, of, Outcome::Done, detail);
            store::audit::insert(tx, &record).await?;
        }
        Ok(ended)
    }

    fn new_pair(&self, access: Secret<TokenValue>, refresh: Secret<TokenValue>) -> NewPair {
        let made_at = self.now();
        NewPair {
            token: TokenId(self.next_id(made_at)),
            access_lookup: self.access_lookup(access.expose()),
            refresh_lookup: self.refresh_lookup(refresh.expose()),
            access,
            refresh,
            made_at,
        }
    }
}
