//! How many deliveries have a status, by creditor, day and method: changes that writers append, and what has been added up of them.

use domain::identifier::{ClientIdentifier, PartnerId};
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// What is counted, and how many there are of it; in `distribution_change`, how many more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CountRow {
    /// The client; 0 for all clients of the partner together.
    pub client_id: i64,
    /// The date of the invoice, as ISO 8601 writes it.
    pub day: String,
    /// The name of the method.
    pub method: String,
    /// The name of the status.
    pub status: String,
    /// How many.
    pub number: i64,
}

columns!(CountRow { client_id, day, method, status, number });

/// What was counted between two days and what has changed since, by what `$group` names.
macro_rules! counted {
    ($columns:literal, $scope:literal, $changes:literal, $group:literal) => {
        concat!(
            "SELECT ",
            $columns,
            ", CAST(SUM(number) AS BIGINT) AS number FROM (\
             SELECT client_id, day, method, status, number FROM distribution_count WHERE partner_id = $1 AND ",
            $scope,
            " AND day >= $2 AND day <= $3 \
             UNION ALL SELECT client_id, day, method, status, number FROM distribution_change WHERE partner_id = $1 AND ",
            $changes,
            " AND day >= $2 AND day <= $3) c GROUP BY ",
            $group,
            " HAVING SUM(number) <> 0 ORDER BY ",
            $group
        )
    };
}

statements! {
    CHANGE = "INSERT INTO distribution_change (partner_id, change_id, client_id, day, method, status, number) \
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CHANGED_PARTNERS = "SELECT DISTINCT partner_id FROM distribution_change";
    TAKE = "WITH taken AS MATERIALIZED (\
            SELECT partner_id, change_id FROM distribution_change WHERE partner_id = $1 ORDER BY change_id LIMIT $2 FOR UPDATE SKIP LOCKED) \
            DELETE FROM distribution_change WHERE (partner_id, change_id) IN (SELECT partner_id, change_id FROM taken) \
            RETURNING client_id, day, method, status, number";
    ADD = "INSERT INTO distribution_count (partner_id, client_id, day, method, status, number) VALUES ($1, $2, $3, $4, $5, $6) \
           ON CONFLICT (partner_id, client_id, day, method, status) DO UPDATE SET number = distribution_count.number + excluded.number";
    OF_PORTFOLIO = counted!("CAST(0 AS BIGINT) AS client_id, day, method, status", "client_id = 0", "client_id > 0", "day, method, status");
    OF_CREDITOR = counted!("client_id, day, method, status", "client_id = $4", "client_id = $4", "client_id, day, method, status");
    // From each creditor of the range to its days, which are few of all that there are: with the plain number SQLite would carry the range
    // over, and read all days of all of them.
    BY_CREDITOR = "SELECT client_id, '' AS day, method, status, CAST(SUM(number) AS BIGINT) AS number FROM (\
                   SELECT n.client_id, n.method, n.status, n.number FROM client c \
                   JOIN distribution_count n ON n.partner_id = c.partner_id AND n.client_id = c.client_id + 0 AND n.day >= $2 AND n.day <= $3 \
                   WHERE c.partner_id = $1 AND c.client_id >= $4 AND c.client_id <= $5 \
                   UNION ALL SELECT client_id, method, status, number FROM distribution_change WHERE partner_id = $1 \
                   AND client_id >= $4 AND client_id <= $5 AND day >= $2 AND day <= $3) s \
                   GROUP BY client_id, method, status HAVING SUM(number) <> 0 ORDER BY client_id, method, status";
    CREDITORS = "SELECT client_id FROM client WHERE partner_id = $1 AND client_id > $2 ORDER BY client_id LIMIT $3";
    RECOUNT = "SELECT client_id, invoice_date AS day, method, status, COUNT(*) AS number FROM distribution WHERE partner_id = $1 \
               GROUP BY client_id, invoice_date, method, status ORDER BY client_id, invoice_date, method, status";
}

/// Says that there is one delivery more of a status (`number` 1), or one less (-1). It is no row that others write.
///
/// # Errors
/// When the statement fails.
pub async fn change(tx: &mut Tx, partner: PartnerId, change: Uuid, row: &CountRow) -> Result<(), StoreError> {
    execute!(tx, CHANGE, partner.0, change, row.client_id, &row.day, &row.method, &row.status, row.number).map(drop)
}

/// The partners that have changes to be added up.
///
/// # Errors
/// When the statement fails.
pub async fn changed_partners(db: &mut impl Access) -> Result<Vec<PartnerId>, StoreError> {
    let rows = fetch!(fetch_all, (i64,), db, CHANGED_PARTNERS)?;
    Ok(rows.into_iter().map(|(partner,)| PartnerId(partner)).collect())
}

/// Takes at most `limit` changes of a partner away, the oldest first; those that another transaction takes are passed over. Run it by
/// [`crate::Db::take`].
///
/// # Errors
/// When the statement fails.
pub async fn take(tx: &mut Tx, partner: PartnerId, limit: i64) -> Result<Vec<CountRow>, StoreError> {
    fetch!(fetch_all, CountRow, tx, TAKE, partner.0, limit)
}

/// Adds to a count.
///
/// # Errors
/// When the statement fails.
pub async fn add(tx: &mut Tx, partner: PartnerId, row: &CountRow) -> Result<(), StoreError> {
    execute!(tx, ADD, partner.0, row.client_id, &row.day, &row.method, &row.status, row.number).map(drop)
}

/// The counts of all creditors of a partner together, by day, method and status, from one day to another.
///
/// # Errors
/// When the statement fails.
pub async fn of_portfolio(
    db: &mut impl Access,
    partner: PartnerId,
    (from, to): (&str, &str),
) -> Result<Vec<CountRow>, StoreError> {
    fetch!(fetch_all, CountRow, db, OF_PORTFOLIO, partner.0, from, to)
}

/// The counts of one creditor, by day, method and status, from one day to another.
///
/// # Errors
/// When the statement fails.
pub async fn of_creditor(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    (from, to): (&str, &str),
) -> Result<Vec<CountRow>, StoreError> {
    fetch!(fetch_all, CountRow, db, OF_CREDITOR, partner.0, from, to, client.0)
}

/// At most `limit` creditors of a partner after `after`, by number.
///
/// # Errors
/// When the statement fails.
pub async fn creditors(
    db: &mut impl Access,
    partner: PartnerId,
    after: ClientIdentifier,
    limit: u32,
) -> Result<Vec<ClientIdentifier>, StoreError> {
    let rows = fetch!(fetch_all, (i64,), db, CREDITORS, partner.0, after.0, i64::from(limit))?;
    Ok(rows.into_iter().map(|(client,)| ClientIdentifier(client)).collect())
}

/// The counts of the creditors from `first` to `last`, by creditor, method and status, of all days from one to another together.
///
/// # Errors
/// When the statement fails.
pub async fn by_creditor(
    db: &mut impl Access,
    partner: PartnerId,
    (from, to): (&str, &str),
    (first, last): (ClientIdentifier, ClientIdentifier),
) -> Result<Vec<CountRow>, StoreError> {
    fetch!(fetch_all, CountRow, db, BY_CREDITOR, partner.0, from, to, first.0, last.0)
}

/// The same as the counts, from the deliveries themselves: to compare. It reads them all.
///
/// # Errors
/// When the statement fails.
pub async fn recount(db: &mut impl Access, partner: PartnerId) -> Result<Vec<CountRow>, StoreError> {
    fetch!(fetch_all, CountRow, db, RECOUNT, partner.0)
}
