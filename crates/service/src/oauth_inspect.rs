//! What a client may ask of its own tokens: whether one works (RFC 7662), and that one shall not work any more (RFC 7009).

use domain::Timestamp;
use domain::audit::Outcome;
use domain::oauth_token::{AccessState, FamilyEnd, Scope, TokenValue};
use store::oauth_token::FoundToken;
use store::{StoreError, Tx};

use crate::oauth_token::{OauthClient, scope_of};
use crate::{Context, Core};

/// Which token of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The access token.
    Access,
    /// The refresh token.
    Refresh,
}

/// What is told of a token that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introspection {
    /// Which one it is.
    pub kind: TokenKind,
    /// What it may be used for.
    pub scope: Scope,
    /// `client_id` of its client.
    pub oauth_client_id: String,
    /// The merchant user that it was given to.
    pub username: Option<String>,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From when on it does not work.
    pub expires_at: Timestamp,
}

/// What must not be believed any more of what was looked up.
enum Forgotten {
    Nothing,
    Token,
    Family,
}

impl Core {
    /// What `token` is, when it works and is the client's; `None` in any other case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn introspect_token(
        &self,
        client: &OauthClient,
        token: &str,
    ) -> Result<Option<Introspection>, StoreError> {
        let Some(value) = TokenValue::parse(token) else { return Ok(None) };
        let now = self.now();
        let mut reader = self.db().reader().await?;
        let access = store::oauth_token::by_access(&mut reader, &self.access_lookup(value.expose())).await?;
        let (kind, found) = match access {
            Some(found) => (TokenKind::Access, found),
            None => match store::oauth_token::by_refresh(&mut reader, &self.refresh_lookup(value.expose())).await? {
                Some(found) => (TokenKind::Refresh, found),
                None => return Ok(None),
            },
        };
        let works = match kind {
            TokenKind::Access => found.life().access(now) == AccessState::Active,
            TokenKind::Refresh => found.life().can_be_refreshed(now),
        };
        if !client.owns(&found) || !found.client_works() || !works {
            return Ok(None);
        }
        Ok(Some(Introspection {
            kind,
            scope: scope_of(&found)?,
            oauth_client_id: found.oauth_client_id,
            username: found.user_name,
            issued_at: found.created_at,
            expires_at: found.expires_at,
        }))
    }

    /// Revokes a token of the client. An access token is revoked alone. A refresh token, also one that was used or has expired, ends its
    /// family: every access token of it, and every refresh token. What is no token of the client is left as it is, and nobody is told.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_token(&self, client: &OauthClient, token: &str, context: &Context) -> Result<(), StoreError> {
        let Some(value) = TokenValue::parse(token) else { return Ok(()) };
        let (access, refresh) = (self.access_lookup(value.expose()), self.refresh_lookup(value.expose()));
        let (core, context, client) = (self.clone(), client.context(context), client.clone());
        let forgotten = self
            .db()
            .take(move |tx| {
                let (core, context, client) = (core.clone(), context.clone(), client.clone());
                Box::pin(async move {
                    if let Some(found) = store::oauth_token::by_access(tx, &access).await? {
                        let revoked = core.revoke_access_in(tx, &client, &found, &context).await?;
                        return Ok::<_, StoreError>(if revoked { Forgotten::Token } else { Forgotten::Nothing });
                    }
                    match store::oauth_token::by_refresh(tx, &refresh).await? {
                        // Also one that was refreshed or has expired (RFC 7009 section 2.1): it may be the only one that the client has,
                        // because the answer with the next one was lost, or went to a thief.
                        Some(found) if client.owns(&found) && found.family_ended_at.is_none() => {
                            let detail = format!("family {}, by the refresh token of {}", found.family, found.token);
                            core.end_family(tx, &found, FamilyEnd::Revoked, detail, &context).await?;
                            Ok(Forgotten::Family)
                        }
                        _ => Ok(Forgotten::Nothing),
                    }
                })
            })
            .await?;
        match forgotten {
            Forgotten::Nothing => {}
            Forgotten::Token => self.tokens().forget(&access),
            Forgotten::Family => self.tokens().forget_all(),
        }
        Ok(())
    }

    async fn revoke_access_in(
        &self,
        tx: &mut Tx,
        client: &OauthClient,
        found: &FoundToken,
        context: &Context,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        if !client.owns(found) || found.life().access(now) != AccessState::Active {
            return Ok(false);
        }
        let revoked = store::oauth_token::revoke_access(tx, found, now).await?;
        if revoked {
            let detail = format!("access token of {}", found.token);
            let subject = client.subject();
            let record = context.record(self, client.partner, "oauth_token.revoke", subject, Outcome::Done, detail);
            store::audit::insert(tx, &record).await?;
        }
        Ok(revoked)
    }
}
