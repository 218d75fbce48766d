//! Token pairs of the point-of-sale API: a row for each issuance, found by a keyed hash of either token; and the families that have ended.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::{FamilyEnd, FamilyId, TokenId, TokenLife};

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A new row of `oauth_token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthTokenRow {
    /// The client's partner.
    pub partner: PartnerId,
    /// The client that it was given to.
    pub client: ClientIdentifier,
    /// The identifier of the pair.
    pub token: TokenId,
    /// The family that it belongs to.
    pub family: FamilyId,
    /// The keyed hash of its access token.
    pub access_lookup: Vec<u8>,
    /// The keyed hash of its refresh token.
    pub refresh_lookup: Vec<u8>,
    /// What it may be used for, by name.
    pub scope: String,
    /// The merchant user that it was given to, with the grant `password`: the name in folded form.
    pub username: Option<String>,
    /// `tokens_version` of that user then.
    pub user_version: Option<i64>,
    /// The beginning of the keyed hash of the client's secret.
    pub secret_mark: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not work.
    pub expires_at: Timestamp,
}

/// A pair as it is found, with what decides whether it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundToken {
    /// The client's partner.
    pub partner: PartnerId,
    /// The client that it was given to.
    pub client: ClientIdentifier,
    /// The identifier of the pair.
    pub token: TokenId,
    /// The family that it belongs to.
    pub family: FamilyId,
    /// What it may be used for, by name.
    pub scope: String,
    /// The merchant user that it was given to: the name in folded form.
    pub username: Option<String>,
    /// `tokens_version` of that user then.
    pub user_version: Option<i64>,
    /// The beginning of the keyed hash of the secret that its client had.
    pub secret_mark: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it does not work.
    pub expires_at: Timestamp,
    /// When the access token was revoked alone, in microseconds like the times below.
    pub revoked_at: Option<i64>,
    /// When it was refreshed.
    pub refreshed_at: Option<i64>,
    /// When its family ended.
    pub family_ended_at: Option<i64>,
    /// `client_id` of the token endpoint.
    pub oauth_client_id: String,
    /// The keyed hash of the secret that its client has now.
    pub secret_lookup: Vec<u8>,
    /// When its client was revoked.
    pub client_revoked_at: Option<i64>,
    /// When its client's partner was revoked.
    pub partner_revoked_at: Option<i64>,
    /// The name of its user as it was typed when the user was added.
    pub user_name: Option<String>,
    /// `tokens_version` of its user now.
    pub user_version_now: Option<i64>,
    /// When its user was disabled.
    pub user_disabled_at: Option<i64>,
    /// `merchant_id` of the merchant of its user, when that allows the grant `password` now.
    pub granting_merchant: Option<i64>,
}

columns!(FoundToken {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    token as uuid::Uuid = "token_id",
    family as uuid::Uuid = "family_id",
    scope,
    username,
    user_version,
    secret_mark,
    created_at as i64,
    expires_at as i64,
    revoked_at,
    refreshed_at,
    family_ended_at,
    oauth_client_id,
    secret_lookup,
    client_revoked_at,
    partner_revoked_at,
    user_name,
    user_version_now,
    user_disabled_at,
    granting_merchant,
});

impl FoundToken {
    /// What decides whether it works, but for its client.
    #[must_use]
    pub fn life(&self) -> TokenLife {
        TokenLife {
            expires_at: self.expires_at,
            revoked_at: self.revoked_at.map(Timestamp::from_micros),
            refreshed_at: self.refreshed_at.map(Timestamp::from_micros),
            family_ended_at: self.family_ended_at.map(Timestamp::from_micros),
        }
    }

    /// Whether its client may still use what it was given: neither the client nor its partner was revoked, and the client has the secret
    /// that it had then. What was given to a merchant user also ends with it: the user is neither disabled nor has another password
    /// since, and the merchant still allows the grant `password`.
    #[must_use]
    pub fn client_works(&self) -> bool {
        self.client_revoked_at.is_none()
            && self.partner_revoked_at.is_none()
            && self.secret_lookup.starts_with(&self.secret_mark)
            && (self.username.is_none() || self.user_works())
    }

    /// An equality, and not a time: a refresh that read the user just before the change would else give a pair that is made after it.
    fn user_works(&self) -> bool {
        self.user_version.is_some()
            && self.user_version == self.user_version_now
            && self.user_disabled_at.is_none()
            && self.granting_merchant.is_some()
    }
}

/// Pairs with what decides whether they work, where this is so. Of a pair that is no user's nothing is looked for.
macro_rules! found {
    ($condition:literal) => {
        concat!(
            "SELECT t.partner_id, t.client_id, t.token_id, t.family_id, t.scope, t.username, t.user_version, t.secret_mark, \
             t.created_at, t.expires_at, t.revoked_at, t.refreshed_at, f.ended_at AS family_ended_at, c.oauth_client_id, \
             c.lookup AS secret_lookup, c.revoked_at AS client_revoked_at, p.revoked_at AS partner_revoked_at, \
             u.name AS user_name, u.tokens_version AS user_version_now, u.disabled_at AS user_disabled_at, \
             m.merchant_id AS granting_merchant \
             FROM oauth_token t \
             JOIN oauth_client c ON c.partner_id = t.partner_id AND c.client_id = t.client_id \
             JOIN partner p ON p.partner_id = t.partner_id \
             LEFT JOIN oauth_family_end f \
             ON f.partner_id = t.partner_id AND f.client_id = t.client_id AND f.family_id = t.family_id \
             LEFT JOIN merchant_user u \
             ON u.partner_id = t.partner_id AND u.client_id = t.client_id AND u.name_folded = t.username \
             LEFT JOIN merchant m \
             ON m.partner_id = u.partner_id AND m.client_id = u.client_id AND m.password_grant IS NOT NULL \
             WHERE ",
            $condition
        )
    };
}

statements! {
    INSERT = "INSERT INTO oauth_token (partner_id, client_id, token_id, family_id, access_lookup, refresh_lookup, scope, username, \
              user_version, secret_mark, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    BY_ACCESS = found!("t.access_lookup = $1");
    BY_REFRESH = found!("t.refresh_lookup = $1");
    NOTE_REFRESH = "UPDATE oauth_token SET refreshed_at = $4 \
                    WHERE partner_id = $1 AND client_id = $2 AND token_id = $3 AND refreshed_at IS NULL";
    REVOKE_ACCESS = "UPDATE oauth_token SET revoked_at = $4 \
                     WHERE partner_id = $1 AND client_id = $2 AND token_id = $3 AND revoked_at IS NULL";
    END_FAMILY = "INSERT INTO oauth_family_end (partner_id, client_id, family_id, reason, ended_at) VALUES ($1, $2, $3, $4, $5) \
                  ON CONFLICT (partner_id, client_id, family_id) DO NOTHING";
    FIRST_EXPIRY = "SELECT expires_at FROM oauth_token ORDER BY expires_at LIMIT 1";
    PURGE = "WITH gone AS MATERIALIZED ( \
             SELECT partner_id, client_id, token_id FROM oauth_token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 \
             FOR UPDATE SKIP LOCKED) \
             DELETE FROM oauth_token WHERE (partner_id, client_id, token_id) IN (SELECT partner_id, client_id, token_id FROM gone)";
    PURGE_FAMILY_ENDS = "WITH gone AS MATERIALIZED ( \
                         SELECT partner_id, client_id, family_id FROM oauth_family_end WHERE ended_at < $1 ORDER BY ended_at LIMIT $2 \
                         FOR UPDATE SKIP LOCKED) \
                         DELETE FROM oauth_family_end \
                         WHERE (partner_id, client_id, family_id) IN (SELECT partner_id, client_id, family_id FROM gone)";
}

/// Adds a pair.
///
/// # Errors
/// When the statement fails, also when one of its tokens is there.
pub async fn insert(tx: &mut Tx, row: &OauthTokenRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        row.token.0,
        row.family.0,
        &row.access_lookup,
        &row.refresh_lookup,
        &row.scope,
        &row.username,
        row.user_version,
        &row.secret_mark,
        row.created_at.micros(),
        row.expires_at.micros(),
    )
    .map(drop)
}

/// The pair whose access token has this keyed hash.
///
/// # Errors
/// When the statement fails.
pub async fn by_access(db: &mut impl Access, lookup: &[u8]) -> Result<Option<FoundToken>, StoreError> {
    fetch!(fetch_optional, FoundToken, db, BY_ACCESS, lookup)
}

/// The pair whose refresh token has this keyed hash.
///
/// # Errors
/// When the statement fails.
pub async fn by_refresh(db: &mut impl Access, lookup: &[u8]) -> Result<Option<FoundToken>, StoreError> {
    fetch!(fetch_optional, FoundToken, db, BY_REFRESH, lookup)
}

/// Notes that a pair was refreshed; false when it was before.
///
/// # Errors
/// When the statement fails.
pub async fn note_refresh(tx: &mut Tx, found: &FoundToken, now: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, NOTE_REFRESH, found.partner.0, found.client.0, found.token.0, now.micros())? == 1)
}

/// Revokes the access token of a pair alone; false when it was before.
///
/// # Errors
/// When the statement fails.
pub async fn revoke_access(tx: &mut Tx, found: &FoundToken, now: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, REVOKE_ACCESS, found.partner.0, found.client.0, found.token.0, now.micros())? == 1)
}

/// Ends the family of a pair: nothing of it works from now on. False when it had ended before.
///
/// # Errors
/// When the statement fails.
pub async fn end_family(
    tx: &mut Tx,
    found: &FoundToken,
    reason: FamilyEnd,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let reason = reason.name();
    Ok(execute!(tx, END_FAMILY, found.partner.0, found.client.0, found.family.0, reason, now.micros())? == 1)
}

/// When the pair expired, or will, that is the first to.
///
/// # Errors
/// When the statement fails.
pub async fn first_expiry(db: &mut impl Access) -> Result<Option<Timestamp>, StoreError> {
    let first = fetch!(fetch_optional, (i64,), db, FIRST_EXPIRY)?;
    Ok(first.map(|(micros,)| Timestamp::from_micros(micros)))
}

/// Removes at most `limit` pairs that expired before `before`, and gives their number. Pairs that another process is removing are
/// passed over.
///
/// # Errors
/// When the statement fails.
pub async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    execute!(tx, PURGE, before.micros(), limit)
}

/// Removes at most `limit` ends of families that were before `before`, and gives their number. `before` must be so long ago that every
/// pair of them has expired, or it would work again. A refresh token of one that is still there ends its family once more, which harms
/// nobody.
///
/// # Errors
/// When the statement fails.
pub async fn purge_family_ends(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    execute!(tx, PURGE_FAMILY_ENDS, before.micros(), limit)
}
