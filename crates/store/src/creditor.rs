//! Creditors as their partner manages them: pages by name and by agreement, changes, and their history. The rows are those of
//! [`crate::client`].

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use uuid::Uuid;

use crate::client::{ClientRow, ContactRow, client_columns};
use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// Which creditors a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfStatus {
    /// All of them.
    Any,
    /// Those that are `ACTIVE`.
    Active,
    /// Those that are `REVOKED`.
    Revoked,
}

impl OfStatus {
    /// Whether a creditor of this status is shown.
    #[must_use]
    pub fn shows(self, status: &str) -> bool {
        self.name().is_none_or(|name| name == status)
    }

    /// The status, when it is one.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::Active => Some("ACTIVE"),
            Self::Revoked => Some("REVOKED"),
        }
    }
}

/// A part of the names of a partner's creditors, in folded form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<'n> {
    /// Only what comes after this name and, of those with this name, after this client.
    pub after: (&'n str, ClientIdentifier),
    /// Only what comes before this name.
    pub before: &'n str,
}

/// What a list shows of a row of `client`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the column of the same name of a ClientRow")]
pub struct SummaryRow {
    pub client: ClientIdentifier,
    pub customer_code: CustomerCode,
    pub reference_prefix: ReferencePrefix,
    pub service_type: String,
    pub name: String,
    pub business_code: String,
    pub country_code: String,
    pub created_at: Timestamp,
    pub name_folded: String,
    pub status: String,
    pub changed_at: Option<i64>,
}

columns!(SummaryRow {
    client as i64 = "client_id",
    customer_code as i64,
    reference_prefix as i64,
    service_type,
    name,
    business_code,
    country_code,
    created_at as i64,
    name_folded,
    status,
    changed_at,
});

/// A row of `client_change`, without its creditor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its identifier, which sorts by time.
    pub change: Uuid,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it, in the form of the audit trail.
    pub actor: String,
    /// The request it was made by; empty when there was none.
    pub request_id: String,
    /// What was changed, in JSON.
    pub changes: String,
}

columns!(ChangeRow { change as Uuid = "change_id", at as i64, actor, request_id, changes });

struct Unfolded {
    partner_id: i64,
    client_id: i64,
    name: String,
}

columns!(Unfolded { partner_id, client_id, name });

/// The columns of a [`SummaryRow`].
macro_rules! summary_columns {
    () => {
        "c.client_id, c.customer_code, c.reference_prefix, c.service_type, c.name, c.business_code, c.country_code, c.created_at, \
         c.name_folded, c.status, c.changed_at"
    };
}

/// A page of creditors by name: those of a status with names inside a bound.
///
/// The rest of those that have the name where the page before ended, and those with later names, are two statements: on SQLite the number
/// is no column of the index but the row number, which bounds it only behind names that are equal; and PostgreSQL would read and sort
/// all that is left for a union of both.
macro_rules! by_name {
    ($of_status:literal, $bound:literal) => {
        concat!(
            "SELECT ",
            summary_columns!(),
            " FROM client c WHERE ",
            $of_status,
            "c.partner_id = $1 AND ",
            $bound,
            " ORDER BY c.name_folded, c.client_id LIMIT $4"
        )
    };
    (same $of_status:literal) => {
        by_name!($of_status, "c.name_folded = $2 AND c.client_id > $3")
    };
    (later $of_status:literal) => {
        by_name!($of_status, "c.name_folded > $2 AND c.name_folded < $3")
    };
}

/// A page of the creditors that have an identifier. The database keeps a copy of what it shows, by its triggers.
macro_rules! by_identifier {
    ($of_status:literal) => {
        concat!(
            "SELECT ",
            summary_columns!(),
            " FROM agreement_creditor c WHERE c.partner_id = $1 AND c.identifier = $2 AND c.client_id > $3 ",
            $of_status,
            "ORDER BY c.client_id LIMIT $4"
        )
    };
}

statements! {
    BY_ID = concat!("SELECT ", client_columns!(), " FROM client WHERE partner_id = $1 AND client_id = $2");
    VERSION = "SELECT version FROM client WHERE partner_id = $1 AND client_id = $2";
    SAME_NAME = by_name!(same "");
    LATER_NAMES = by_name!(later "");
    // The statuses stand in the text, because an index of one status serves no other statement.
    SAME_NAME_ACTIVE = by_name!(same "c.status = 'ACTIVE' AND ");
    LATER_NAMES_ACTIVE = by_name!(later "c.status = 'ACTIVE' AND ");
    SAME_NAME_REVOKED = by_name!(same "c.status = 'REVOKED' AND ");
    LATER_NAMES_REVOKED = by_name!(later "c.status = 'REVOKED' AND ");
    // The order and the bound only lead SQLite to the index; without statistics it takes the primary key and reads the whole portfolio.
    BY_BUSINESS_CODE = concat!(
        "SELECT ", summary_columns!(), " FROM client c \
         WHERE c.partner_id = $1 AND c.business_code = $2 AND c.country_code > '' ORDER BY c.country_code"
    );
    PAGE_BY_AGREEMENT = by_identifier!("");
    PAGE_BY_AGREEMENT_OF_STATUS = by_identifier!("AND c.status = $5 ");
    BY_AGREEMENT_IN_SYSTEM = concat!(
        "SELECT ", summary_columns!(), " FROM agreement a JOIN client c ON c.partner_id = a.partner_id AND c.client_id = a.client_id \
         WHERE a.partner_id = $1 AND a.system = $2 AND a.identifier = $3 AND a.client_id > $4"
    );
    UPDATE = "UPDATE client SET name = $4, name_folded = $5, vat_number = $6, postal_address = $7, postal_code = $8, \
              postal_district = $9, telephone = $10, email = $11, website = $12, language_code = $13, currency_code = $14, iban = $15, \
              bic = $16, bankgiro = $17, plusgiro = $18, expiry_notices = $19, sms_sender = $20, changed_at = $21, \
              version = version + 1 WHERE partner_id = $1 AND client_id = $2 AND version = $3";
    DELETE_CONTACTS = "DELETE FROM client_contact WHERE partner_id = $1 AND client_id = $2";
    SET_STATUS = "UPDATE client SET status = $3, changed_at = $4, version = version + 1 \
                  WHERE partner_id = $1 AND client_id = $2 AND status <> $3";
    COUNT_AGREEMENTS_UP = "UPDATE client SET agreements_version = agreements_version + 1 \
                           WHERE partner_id = $1 AND client_id = $2 AND agreements_version = $3";
    INSERT_CHANGE = "INSERT INTO client_change (partner_id, client_id, change_id, at, actor, request_id, changes) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CHANGES = "SELECT change_id, at, actor, request_id, changes FROM client_change \
               WHERE partner_id = $1 AND client_id = $2 AND change_id < $3 ORDER BY change_id DESC LIMIT $4";
    UNFOLDED = "SELECT partner_id, client_id, name FROM client WHERE name_folded = '' LIMIT $1";
    FOLD = "UPDATE client SET name_folded = $3 WHERE partner_id = $1 AND client_id = $2";
}

/// A creditor of this partner.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Option<ClientRow>, StoreError> {
    fetch!(fetch_optional, ClientRow, db, BY_ID, partner.0, client.0)
}

/// The version of a creditor of this partner.
///
/// # Errors
/// When the statement fails.
pub async fn version(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Option<i64>, StoreError> {
    let row = fetch!(fetch_optional, (i64,), db, VERSION, partner.0, client.0)?;
    Ok(row.map(|(version,)| version))
}

/// At most `limit` creditors of a partner, by folded name and, where names are the same, by number.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    partner: PartnerId,
    names: &Names<'_>,
    status: OfStatus,
    limit: u32,
) -> Result<Vec<SummaryRow>, StoreError> {
    let ((name, client), before) = (names.after, names.before);
    let (same, later) = match status {
        OfStatus::Any => (&SAME_NAME, &LATER_NAMES),
        OfStatus::Active => (&SAME_NAME_ACTIVE, &LATER_NAMES_ACTIVE),
        OfStatus::Revoked => (&SAME_NAME_REVOKED, &LATER_NAMES_REVOKED),
    };
    // No creditor has the empty name, but for those of an older program that are still to be folded.
    let mut rows = if name.is_empty() || name >= before {
        Vec::new()
    } else {
        fetch!(fetch_all, SummaryRow, db, same, partner.0, name, client.0, i64::from(limit))?
    };
    let left = i64::from(limit).saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
    if left > 0 {
        rows.append(&mut fetch!(fetch_all, SummaryRow, db, later, partner.0, name, before, left)?);
    }
    Ok(rows)
}

/// The creditors of a partner that have this business code, by country.
///
/// # Errors
/// When the statement fails.
pub async fn by_business_code(
    db: &mut impl Access,
    partner: PartnerId,
    code: &str,
) -> Result<Vec<SummaryRow>, StoreError> {
    fetch!(fetch_all, SummaryRow, db, BY_BUSINESS_CODE, partner.0, code)
}

/// At most `limit` creditors of a partner after `after` that have an agreement of this identifier in any system, by number.
///
/// # Errors
/// When the statement fails.
pub async fn page_by_agreement(
    db: &mut impl Access,
    partner: PartnerId,
    identifier: &str,
    status: OfStatus,
    after: ClientIdentifier,
    limit: u32,
) -> Result<Vec<SummaryRow>, StoreError> {
    let limit = i64::from(limit);
    match status.name() {
        None => fetch!(fetch_all, SummaryRow, db, PAGE_BY_AGREEMENT, partner.0, identifier, after.0, limit),
        Some(status) => {
            fetch!(
                fetch_all,
                SummaryRow,
                db,
                PAGE_BY_AGREEMENT_OF_STATUS,
                partner.0,
                identifier,
                after.0,
                limit,
                status
            )
        }
    }
}

/// The creditor of a partner after `after` that has the agreement of this identifier in this system.
///
/// # Errors
/// When the statement fails.
pub async fn by_agreement_in_system(
    db: &mut impl Access,
    partner: PartnerId,
    (system, identifier): (&str, &str),
    after: ClientIdentifier,
) -> Result<Option<SummaryRow>, StoreError> {
    fetch!(fetch_optional, SummaryRow, db, BY_AGREEMENT_IN_SYSTEM, partner.0, system, identifier, after.0)
}

/// Changes what can change of the creditor whose version is `row.version`, and counts that up; false when the creditor has another version
/// by now, and then nothing is changed. The status stays.
///
/// # Errors
/// When the statement fails.
pub async fn update(tx: &mut Tx, row: &ClientRow) -> Result<bool, StoreError> {
    let changed = execute!(
        tx,
        UPDATE,
        row.partner.0,
        row.client.0,
        row.version,
        &row.name,
        &row.name_folded,
        row.vat_number.as_deref(),
        &row.postal_address,
        &row.postal_code,
        &row.postal_district,
        row.telephone.as_deref(),
        &row.email,
        row.website.as_deref(),
        &row.language_code,
        &row.currency_code,
        row.iban.as_deref(),
        row.bic.as_deref(),
        row.bankgiro.as_deref(),
        row.plusgiro.as_deref(),
        row.expiry_notices,
        row.sms_sender.as_deref(),
        row.changed_at,
    )?;
    Ok(changed == 1)
}

/// Gives a creditor these contacts in place of those that it has.
///
/// # Errors
/// When a statement fails.
pub async fn replace_contacts(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    contacts: &[ContactRow],
) -> Result<(), StoreError> {
    execute!(tx, DELETE_CONTACTS, partner.0, client.0)?;
    for contact in contacts {
        crate::client::insert_contact(tx, partner, client, contact).await?;
    }
    Ok(())
}

/// Changes the status of a creditor; false when it has that already.
///
/// # Errors
/// When the statement fails.
pub async fn set_status(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    status: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, SET_STATUS, partner.0, client.0, status, now.micros())? == 1)
}

/// Counts the version of a creditor's agreements up from `version`; false when they have another by now.
///
/// # Errors
/// When the statement fails.
pub async fn count_agreements_up(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    version: i64,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, COUNT_AGREEMENTS_UP, partner.0, client.0, version)? == 1)
}

/// Adds a change to the history of a creditor.
///
/// # Errors
/// When the statement fails.
pub async fn insert_change(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    row: &ChangeRow,
) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_CHANGE,
        partner.0,
        client.0,
        row.change,
        row.at.micros(),
        &row.actor,
        &row.request_id,
        &row.changes,
    )
    .map(drop)
}

/// At most `limit` changes of a creditor that came before `before`, newest first.
///
/// # Errors
/// When the statement fails.
pub async fn changes(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    before: Uuid,
    limit: u32,
) -> Result<Vec<ChangeRow>, StoreError> {
    fetch!(fetch_all, ChangeRow, db, CHANGES, partner.0, client.0, before, i64::from(limit))
}

/// Gives at most `limit` clients that an older program has added the folded form of their names, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn fold_names(tx: &mut Tx, limit: i64) -> Result<u64, StoreError> {
    let rows = fetch!(fetch_all, Unfolded, tx, UNFOLDED, limit)?;
    for row in &rows {
        // No rule lets a blank name in; should one be there all the same, it must not be found here for ever.
        let folded = Some(domain::text::folded(&row.name)).filter(|folded| !folded.is_empty());
        execute!(tx, FOLD, row.partner_id, row.client_id, folded.as_deref().unwrap_or("\u{fffd}"))?;
    }
    Ok(rows.len() as u64)
}

/// Whether there are clients whose names an older program has left without their folded form.
///
/// # Errors
/// When the statement fails.
pub async fn has_unfolded_names(db: &mut impl Access) -> Result<bool, StoreError> {
    fetch!(fetch_optional, Unfolded, db, UNFOLDED, 1_i64).map(|row| row.is_some())
}
