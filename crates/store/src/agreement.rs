//! External agreements of creditors.

use domain::agreement::Agreement;
use domain::calendar::CalendarDate;
use domain::identifier::{ClientIdentifier, PartnerId};

use crate::connection::{Access, Tx};
use crate::error::StoreError;

struct AgreementRow {
    system: String,
    identifier: String,
    valid_from: String,
    valid_to: Option<String>,
}

columns!(AgreementRow { system, identifier, valid_from, valid_to });

impl TryFrom<AgreementRow> for Agreement {
    type Error = StoreError;

    fn try_from(row: AgreementRow) -> Result<Self, StoreError> {
        let date = |text: &str| CalendarDate::parse(text).map_err(|fault| StoreError::unreadable("agreement", fault));
        Ok(Self {
            valid_from: date(&row.valid_from)?,
            valid_to: row.valid_to.as_deref().map(date).transpose()?,
            system: row.system,
            identifier: row.identifier,
        })
    }
}

statements! {
    OF_CLIENT = "SELECT system, identifier, valid_from, valid_to FROM agreement WHERE partner_id = $1 AND client_id = $2 \
                 ORDER BY system, valid_from, identifier";
    INSERT = "INSERT INTO agreement (partner_id, client_id, system, identifier, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5, $6) \
              ON CONFLICT (partner_id, system, identifier) DO NOTHING";
    DELETE = "DELETE FROM agreement WHERE partner_id = $1 AND client_id = $2 AND system = $3 AND identifier = $4";
    HOLDER = "SELECT client_id FROM agreement WHERE partner_id = $1 AND system = $2 AND identifier = $3";
}

/// The agreements of a creditor, by system, first day and identifier.
///
/// # Errors
/// When the statement fails.
pub async fn of_client(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Vec<Agreement>, StoreError> {
    let rows = fetch!(fetch_all, AgreementRow, db, OF_CLIENT, partner.0, client.0)?;
    let mut agreements = rows.into_iter().map(Agreement::try_from).collect::<Result<Vec<_>, _>>()?;
    // Anew, because the engines may sort text in different ways.
    agreements.sort_by(|one, other| {
        (&one.system, one.valid_from, &one.identifier).cmp(&(&other.system, other.valid_from, &other.identifier))
    });
    Ok(agreements)
}

/// Adds an agreement; false when a creditor of the partner has one of this system and identifier, and then nothing is changed.
///
/// # Errors
/// When the statement fails.
pub async fn insert(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    agreement: &Agreement,
) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        partner.0,
        client.0,
        &agreement.system,
        &agreement.identifier,
        agreement.valid_from.to_string(),
        agreement.valid_to.map(|date| date.to_string()),
    )?;
    Ok(added == 1)
}

/// Removes an agreement of a creditor.
///
/// # Errors
/// When the statement fails.
pub async fn remove(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    agreement: &Agreement,
) -> Result<(), StoreError> {
    execute!(tx, DELETE, partner.0, client.0, &agreement.system, &agreement.identifier).map(drop)
}

/// The creditor that has this agreement.
///
/// # Errors
/// When the statement fails.
pub async fn holder(
    db: &mut impl Access,
    partner: PartnerId,
    system: &str,
    identifier: &str,
) -> Result<Option<ClientIdentifier>, StoreError> {
    let row = fetch!(fetch_optional, (i64,), db, HOLDER, partner.0, system, identifier)?;
    Ok(row.map(|(client,)| ClientIdentifier(client)))
}
