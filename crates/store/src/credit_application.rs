//! Applications for credit: who sent one is sealed in it, with what the decision went by.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::FamilyId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::credit_account::AccountKey;
use crate::error::StoreError;

/// A row of `credit_application`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditApplicationRow {
    /// The merchant's partner.
    pub partner: PartnerId,
    /// The client of the merchant that took it.
    pub client: ClientIdentifier,
    /// `application_id` of the POS API: sorts by time.
    pub application: Uuid,
    /// The lender: the client of the merchant on whose book the account would be.
    pub lender: ClientIdentifier,
    /// The flow: `x-reference-id`.
    pub reference: Uuid,
    /// The token family that it came by.
    pub family: FamilyId,
    /// The scope of the token that it came by, by name.
    pub scope: String,
    /// The session of the widget that the person came through.
    pub widget_session: Option<Uuid>,
    /// The merchant's location.
    pub location: Option<String>,
    /// The keyed hash of who it is.
    pub identity_hash: Vec<u8>,
    /// `approved`, `pending`, `declined` or `retry`.
    pub status: String,
    /// Why, by name, with commas between.
    pub reasons: String,
    /// Until when it has others of the person declined, in microseconds.
    pub bars_until: Option<i64>,
    /// The account that was opened.
    pub account_number: Option<i64>,
    /// The version of the terms that was accepted.
    pub terms_version: String,
    /// In which language.
    pub terms_language: String,
    /// What was sent, and what the decision went by, sealed.
    pub sealed: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
    /// When it came.
    pub created_at: Timestamp,
    /// When it was decided for good, in microseconds.
    pub decided_at: Option<i64>,
    /// By whom.
    pub decided_by: Option<String>,
}

columns!(CreditApplicationRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    application = "application_id",
    lender as i64 = "lender_id",
    reference = "reference_id",
    family as Uuid = "family_id",
    scope,
    widget_session = "widget_session_id",
    location = "external_location_id",
    identity_hash,
    status,
    reasons,
    bars_until,
    account_number,
    terms_version,
    terms_language,
    sealed,
    master_key_version,
    created_at as i64,
    decided_at,
    decided_by,
});

/// A statement with the columns of an application in it.
macro_rules! application {
    ($before:literal $after:literal) => {
        concat!(
            $before,
            "partner_id, client_id, application_id, lender_id, reference_id, family_id, scope, widget_session_id, external_location_id, \
             identity_hash, status, reasons, bars_until, account_number, terms_version, terms_language, sealed, master_key_version, created_at, \
             decided_at, decided_by",
            $after
        )
    };
}

statements! {
    INSERT = application!("INSERT INTO credit_application (" ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
                          $17, $18, $19, $20, $21)");
    BY_KEY = application!("SELECT " " FROM credit_application WHERE partner_id = $1 AND client_id = $2 AND application_id = $3");
    BY_ID = application!("SELECT " " FROM credit_application WHERE application_id = $1");
    PAGE = application!("SELECT " " FROM credit_application WHERE application_id > $1 ORDER BY application_id LIMIT $2");
    PAGE_IN_STATUS = application!("SELECT " " FROM credit_application WHERE status = $1 AND application_id > $2 \
                                  ORDER BY application_id LIMIT $3");
    DECIDE = "UPDATE credit_application SET status = $4, reasons = $5, bars_until = $6, account_number = $7, sealed = $8, \
              master_key_version = $9, decided_at = $10, decided_by = $11 \
              WHERE partner_id = $1 AND client_id = $2 AND application_id = $3 \
              AND (status = 'pending' OR status = 'declined' AND reasons = 'has_account')";
    SET_ACCOUNT = "UPDATE credit_application SET account_number = $4 WHERE partner_id = $1 AND client_id = $2 AND application_id = $3";
    COUNT_PENDING = "SELECT COUNT(*) FROM (SELECT 1 FROM credit_application \
                     WHERE partner_id = $1 AND lender_id = $2 AND identity_hash = $3 AND status = 'pending' LIMIT 1) AS found";
    COUNT_PENDING_AT = "SELECT COUNT(*) FROM (SELECT 1 FROM credit_application \
                        WHERE partner_id = $1 AND client_id = $2 AND status = 'pending' LIMIT 1) AS found";
    COUNT_BARRING = "SELECT COUNT(*) FROM (SELECT 1 FROM credit_application WHERE application_id IN ( \
                     SELECT application_id FROM credit_application WHERE partner_id = $1 AND lender_id = $2 AND identity_hash = $3 \
                     AND status = 'declined') AND bars_until > $4 LIMIT 1) AS found";
    COUNT_SINCE = "SELECT COUNT(*) FROM (SELECT 1 FROM credit_application \
                   WHERE partner_id = $1 AND client_id = $2 AND scope = $3 AND created_at > $4 LIMIT $5) AS recent";
    COUNT_OF_FAMILY_SINCE = "SELECT COUNT(*) FROM (SELECT 1 FROM credit_application \
                             WHERE partner_id = $1 AND client_id = $2 AND scope = $3 AND family_id = $4 AND created_at > $5 LIMIT $6) AS recent";
    COUNT_OPENED_BY = "SELECT COUNT(*) FROM credit_application WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 AND family_id = $4";
    COUNT_OPENED_SINCE = "SELECT COUNT(*) FROM credit_application WHERE partner_id = $1 AND lender_id = $2 AND account_number = $3 \
                          AND family_id = $4 AND COALESCE(decided_at, created_at) > $5";
    NOT_SEALED_UNDER = application!("SELECT " " FROM credit_application WHERE master_key_version <> $1 LIMIT $2");
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM credit_application WHERE master_key_version <> $1";
    RESEAL = "UPDATE credit_application SET sealed = $4, master_key_version = $5 \
              WHERE partner_id = $1 AND client_id = $2 AND application_id = $3 AND sealed = $6";
}

/// Adds an application.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &CreditApplicationRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        row.application,
        row.lender.0,
        row.reference,
        row.family.0,
        &row.scope,
        row.widget_session,
        row.location.as_deref(),
        &row.identity_hash,
        &row.status,
        &row.reasons,
        row.bars_until,
        row.account_number,
        &row.terms_version,
        &row.terms_language,
        &row.sealed,
        row.master_key_version,
        row.created_at.micros(),
        row.decided_at,
        row.decided_by.as_deref(),
    )
    .map(drop)
}

/// An application that a merchant took.
///
/// # Errors
/// When the statement fails.
pub async fn by_key(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    application: Uuid,
) -> Result<Option<CreditApplicationRow>, StoreError> {
    fetch!(fetch_optional, CreditApplicationRow, db, BY_KEY, partner.0, client.0, application)
}

/// The application of this identifier, whosever it is: for the operator.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, application: Uuid) -> Result<Option<CreditApplicationRow>, StoreError> {
    fetch!(fetch_optional, CreditApplicationRow, db, BY_ID, application)
}

/// At most `limit` applications after `after`, oldest first, of one status or of all: for the operator.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    status: Option<&str>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<CreditApplicationRow>, StoreError> {
    match status {
        Some(status) => fetch!(fetch_all, CreditApplicationRow, db, PAGE_IN_STATUS, status, after, limit),
        None => fetch!(fetch_all, CreditApplicationRow, db, PAGE, after, limit),
    }
}

/// Keeps what was decided of an application that waits, or that was declined because the person has an account; false when it is neither any
/// more. Another transaction that decides it waits for the end of this one.
///
/// # Errors
/// When the statement fails.
pub async fn decide(tx: &mut Tx, row: &CreditApplicationRow) -> Result<bool, StoreError> {
    let decided = execute!(
        tx,
        DECIDE,
        row.partner.0,
        row.client.0,
        row.application,
        &row.status,
        &row.reasons,
        row.bars_until,
        row.account_number,
        &row.sealed,
        row.master_key_version,
        row.decided_at,
        row.decided_by.as_deref(),
    )?;
    Ok(decided == 1)
}

/// Notes which account was opened for an application that this transaction has decided.
///
/// # Errors
/// When the statement fails.
pub async fn set_account(tx: &mut Tx, row: &CreditApplicationRow, account_number: i64) -> Result<(), StoreError> {
    execute!(tx, SET_ACCOUNT, row.partner.0, row.client.0, row.application, account_number).map(drop)
}

/// Whether an application of a person to a lender waits for its decision.
///
/// # Errors
/// When the statement fails.
pub async fn is_pending(
    db: &mut impl Access,
    (partner, lender): (PartnerId, ClientIdentifier),
    identity_hash: &[u8],
) -> Result<bool, StoreError> {
    let count: Result<i64, StoreError> = fetch!(count, db, COUNT_PENDING, partner.0, lender.0, identity_hash);
    Ok(count? > 0)
}

/// Whether an application that a merchant took waits for its decision.
///
/// # Errors
/// When the statement fails.
pub async fn is_pending_at(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
) -> Result<bool, StoreError> {
    let count: Result<i64, StoreError> = fetch!(count, db, COUNT_PENDING_AT, partner.0, client.0);
    Ok(count? > 0)
}

/// Whether a declined application of a person to a lender has others declined at the moment `now`.
///
/// # Errors
/// When the statement fails.
pub async fn is_barred(
    db: &mut impl Access,
    (partner, lender): (PartnerId, ClientIdentifier),
    identity_hash: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    let count: Result<i64, StoreError> =
        fetch!(count, db, COUNT_BARRING, partner.0, lender.0, identity_hash, now.micros());
    Ok(count? > 0)
}

/// How many applications a merchant has taken after `since` by tokens of this scope; `most` when there are more.
///
/// # Errors
/// When the statement fails.
pub async fn count_since(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    scope: &str,
    since: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_SINCE, partner.0, client.0, scope, since.micros(), most)
}

/// The same of those that came by one token family.
///
/// # Errors
/// When the statement fails.
pub async fn count_of_family_since(
    db: &mut impl Access,
    (partner, client): (PartnerId, ClientIdentifier),
    (scope, family): (&str, FamilyId),
    since: Timestamp,
    most: i64,
) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_OF_FAMILY_SINCE, partner.0, client.0, scope, family.0, since.micros(), most)
}

/// Whether an account was opened by an application of this token family.
///
/// # Errors
/// When the statement fails.
pub async fn opened_by_family(db: &mut impl Access, account: AccountKey, family: FamilyId) -> Result<bool, StoreError> {
    let (partner, lender, number) = (account.partner.0, account.lender.0, account.number.get());
    // Few have led to one account, so that this is no matter for a thread that may wait.
    let (count,) = fetch!(fetch_one, (i64,), db, COUNT_OPENED_BY, partner, lender, number, family.0)?;
    Ok(count > 0)
}

/// Whether an account was opened by an application of this token family that was decided after `since`.
///
/// # Errors
/// When the statement fails.
pub async fn opened_by_family_since(
    db: &mut impl Access,
    account: AccountKey,
    family: FamilyId,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let (partner, lender, number) = (account.partner.0, account.lender.0, account.number.get());
    let (count,) =
        fetch!(fetch_one, (i64,), db, COUNT_OPENED_SINCE, partner, lender, number, family.0, since.micros())?;
    Ok(count > 0)
}

/// At most `limit` applications that are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(
    db: &mut impl Access,
    version: i64,
    limit: i64,
) -> Result<Vec<CreditApplicationRow>, StoreError> {
    fetch!(fetch_all, CreditApplicationRow, db, NOT_SEALED_UNDER, version, limit)
}

/// How many applications are sealed under another master key than `version`.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)
}

/// Keeps an application sealed anew, unless it was decided since `row` was read.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, row: &CreditApplicationRow, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    execute!(tx, RESEAL, row.partner.0, row.client.0, row.application, sealed, version, &row.sealed).map(drop)
}
