//! Merchants: what the point-of-sale service has to know of a client of it.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, MerchantId, PartnerId};

use crate::columns::{Columns, FromColumns};
use crate::connection::{Access, Tx};
use crate::error::{EngineError, StoreError};

/// A row of `merchant`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantRow {
    /// The client's partner.
    pub partner: PartnerId,
    /// The client that it is.
    pub client: ClientIdentifier,
    /// `merchant_id` of the POS API.
    pub merchant: MerchantId,
    /// `merchant_name` of the POS API.
    pub name: String,
    /// The origin of its web shop.
    pub trust_url: Option<String>,
    /// Why its users may get tokens with their passwords; `None` when they may not.
    pub password_grant: Option<String>,
    /// `en` or `fr`.
    pub default_language: String,
    /// Whether its staff may vouch for a customer: 1 for yes.
    pub merchant_override: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed, in microseconds.
    pub changed_at: Option<i64>,
    /// The client of the merchant on whose book it lends; `None` for its own.
    pub lender: Option<i64>,
    /// Whether it offers accounts of the category standard: 1 for yes.
    pub standard_accounts: i64,
    /// Whether it offers accounts for businesses: 1 for yes.
    pub business_accounts: i64,
    /// Whether it may have credit held without capturing it at once: 1 for yes.
    pub preauthorization: i64,
}

impl MerchantRow {
    /// On whose book it lends: the client of another merchant of its partner, or its own.
    #[must_use]
    pub fn lends_on(&self) -> ClientIdentifier {
        self.lender.map_or(self.client, ClientIdentifier)
    }
}

columns!(MerchantRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    merchant as i64 = "merchant_id",
    name,
    trust_url,
    password_grant,
    default_language,
    merchant_override,
    created_at as i64,
    changed_at,
    lender = "lender_id",
    standard_accounts,
    business_accounts,
    preauthorization,
});

/// A merchant with its OAuth client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMerchant {
    /// The merchant.
    pub row: MerchantRow,
    /// `client_id` of the POS API.
    pub oauth_client_id: String,
    /// When its OAuth client or its partner was revoked, in microseconds.
    pub revoked_at: Option<i64>,
}

impl FromColumns for KnownMerchant {
    fn from_columns(columns: &Columns<'_>) -> Result<Self, EngineError> {
        // They stand behind the columns of the merchant.
        let mut place = 14;
        Ok(Self {
            row: MerchantRow::from_columns(columns)?,
            oauth_client_id: columns.named(&mut place, "oauth_client_id")?,
            revoked_at: columns.named(&mut place, "revoked_at")?,
        })
    }
}

/// Merchants with their OAuth clients, where this is so.
macro_rules! known {
    ($($rest:literal),+) => {
        concat!(
            "SELECT m.partner_id, m.client_id, m.merchant_id, m.name, m.trust_url, m.password_grant, m.default_language, \
             m.merchant_override, m.created_at, m.changed_at, m.lender_id, m.standard_accounts, \
             m.business_accounts, m.preauthorization, o.oauth_client_id, \
             COALESCE(o.revoked_at, p.revoked_at) AS revoked_at \
             FROM merchant m JOIN oauth_client o ON o.partner_id = m.partner_id AND o.client_id = m.client_id \
             JOIN partner p ON p.partner_id = m.partner_id ",
            $($rest),+
        )
    };
}

statements! {
    INSERT = "INSERT INTO merchant (partner_id, client_id, merchant_id, name, trust_url, password_grant, default_language, \
              merchant_override, created_at, lender_id, standard_accounts, business_accounts, preauthorization) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    BY_CLIENT = known!("WHERE m.partner_id = $1 AND m.client_id = $2");
    BY_OAUTH_CLIENT_ID = known!("WHERE o.oauth_client_id = $1");
    PAGE = known!("WHERE m.client_id > $1 ORDER BY m.client_id LIMIT $2");
    PAGE_OF_PARTNER = known!("WHERE m.partner_id = $1 AND m.client_id > $2 ORDER BY m.client_id LIMIT $3");
    UPDATE = "UPDATE merchant SET name = $3, trust_url = $4, password_grant = $5, default_language = $6, merchant_override = $7, \
              changed_at = $8, lender_id = $9, standard_accounts = $10, business_accounts = $11, preauthorization = $12 \
              WHERE partner_id = $1 AND client_id = $2";
    /// Nothing is changed: the update is for the row's lock.
    TAKE = "UPDATE merchant SET changed_at = changed_at WHERE partner_id = $1 AND client_id = $2";
    HOLD_LENDER = "SELECT COALESCE(lender_id, client_id) FROM merchant WHERE partner_id = $1 AND client_id = $2 FOR SHARE";
    LENDS_TO_OTHERS = "SELECT COUNT(*) FROM (SELECT 1 FROM merchant WHERE partner_id = $1 AND lender_id = $2 LIMIT 1) AS others";
    WITHOUT = "SELECT o.client_id FROM oauth_client o WHERE NOT EXISTS ( \
               SELECT 1 FROM merchant m WHERE m.partner_id = o.partner_id AND m.client_id = o.client_id) LIMIT $1";
}

/// Adds a merchant that was never changed.
///
/// # Errors
/// When the statement fails, also when the client has one.
pub async fn insert(tx: &mut Tx, row: &MerchantRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        row.merchant.0,
        &row.name,
        row.trust_url.as_deref(),
        row.password_grant.as_deref(),
        &row.default_language,
        row.merchant_override,
        row.created_at.micros(),
        row.lender,
        row.standard_accounts,
        row.business_accounts,
        row.preauthorization,
    )
    .map(drop)
}

/// The merchant that a client is.
///
/// # Errors
/// When the statement fails.
pub async fn by_client(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Option<KnownMerchant>, StoreError> {
    fetch!(fetch_optional, KnownMerchant, db, BY_CLIENT, partner.0, client.0)
}

/// The merchant with this `client_id` of the POS API.
///
/// # Errors
/// When the statement fails.
pub async fn by_oauth_client_id(
    db: &mut impl Access,
    oauth_client_id: &str,
) -> Result<Option<KnownMerchant>, StoreError> {
    fetch!(fetch_optional, KnownMerchant, db, BY_OAUTH_CLIENT_ID, oauth_client_id)
}

/// At most `limit` merchants, of one partner or of all, whose clients' numbers come after `after`.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    partner: Option<PartnerId>,
    after: ClientIdentifier,
    limit: u32,
) -> Result<Vec<KnownMerchant>, StoreError> {
    match partner {
        Some(partner) => fetch!(fetch_all, KnownMerchant, db, PAGE_OF_PARTNER, partner.0, after.0, i64::from(limit)),
        None => fetch!(fetch_all, KnownMerchant, db, PAGE, after.0, i64::from(limit)),
    }
}

/// Takes a merchant for this transaction: another one that takes it, or holds its lender, waits for the end of this one.
///
/// # Errors
/// When the statement fails.
pub async fn take(tx: &mut Tx, (partner, client): (PartnerId, ClientIdentifier)) -> Result<(), StoreError> {
    execute!(tx, TAKE, partner.0, client.0).map(drop)
}

/// On whose book a merchant lends, and goes on to until the end of this transaction. Others may hold it as well.
///
/// # Errors
/// When the statement fails.
pub async fn hold_lender(
    tx: &mut Tx,
    (partner, client): (PartnerId, ClientIdentifier),
) -> Result<Option<ClientIdentifier>, StoreError> {
    let row = fetch!(fetch_optional, (i64,), tx, HOLD_LENDER, partner.0, client.0)?;
    Ok(row.map(|(lender,)| ClientIdentifier(lender)))
}

/// Whether other merchants lend on the book of this one.
///
/// # Errors
/// When the statement fails.
pub async fn lends_to_others(
    db: &mut impl Access,
    (partner, lender): (PartnerId, ClientIdentifier),
) -> Result<bool, StoreError> {
    fetch!(count, db, LENDS_TO_OTHERS, partner.0, lender.0).map(|others: i64| others > 0)
}

/// Keeps what may change of a merchant.
///
/// # Errors
/// When the statement fails.
pub async fn update(tx: &mut Tx, row: &MerchantRow) -> Result<(), StoreError> {
    execute!(
        tx,
        UPDATE,
        row.partner.0,
        row.client.0,
        &row.name,
        row.trust_url.as_deref(),
        row.password_grant.as_deref(),
        &row.default_language,
        row.merchant_override,
        row.changed_at,
        row.lender,
        row.standard_accounts,
        row.business_accounts,
        row.preauthorization,
    )
    .map(drop)
}

/// At most `limit` clients that have an OAuth client and are no merchants: an older program has added them.
///
/// # Errors
/// When the statement fails.
pub async fn without(db: &mut impl Access, limit: i64) -> Result<Vec<ClientIdentifier>, StoreError> {
    let rows = fetch!(fetch_all, (i64,), db, WITHOUT, limit)?;
    Ok(rows.into_iter().map(|(client,)| ClientIdentifier(client)).collect())
}
