//! How invoices were distributed: each delivery with its attempts.

use domain::Timestamp;
use domain::distribution::FetchType;
use domain::identifier::{ClientIdentifier, PartnerId};
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `distribution`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistributionRow {
    /// Whose client's invoice it is.
    pub partner: PartnerId,
    /// Its identifier, which sorts by time.
    pub distribution: Uuid,
    /// The client.
    pub client: ClientIdentifier,
    /// The invoice.
    pub invoice: Uuid,
    /// The client's number for that.
    pub invoice_number: i64,
    /// Its date, as ISO 8601 writes it.
    pub invoice_date: String,
    /// The name of the method.
    pub method: String,
    /// The name of the status.
    pub status: String,
    /// Why it failed or waits, in words that a creditor can act on; empty for nothing.
    pub status_reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was handed over, in microseconds.
    pub sent_at: Option<i64>,
    /// When the other side said that it has it and passes it on, in microseconds.
    pub delivered_at: Option<i64>,
    /// 1 while it waits for a person, and has no place in the outbox.
    pub awaits_approval: i64,
    /// 1 when we have given it up though it may have arrived.
    pub in_doubt: i64,
    /// The delivery that has taken its place, where the invoice was sent again.
    pub replaced_by: Option<Uuid>,
}

columns!(DistributionRow {
    partner as i64 = "partner_id",
    distribution = "distribution_id",
    client as i64 = "client_id",
    invoice = "invoice_id",
    invoice_number,
    invoice_date,
    method,
    status,
    status_reason,
    attempts,
    created_at as i64,
    sent_at,
    delivered_at,
    awaits_approval,
    in_doubt,
    replaced_by,
});

/// A row of `distribution_attempt`, without its delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its identifier; later ones have greater ones.
    pub attempt: Uuid,
    /// When it was made.
    pub at: Timestamp,
    /// The name of the status that it led to.
    pub status: String,
    /// Why it failed; empty when it did not.
    pub reason: String,
}

columns!(AttemptRow { attempt = "attempt_id", at as i64, status, reason });

/// Whose deliveries a list shows, and who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of one client, for itself.
    Client(PartnerId, ClientIdentifier),
    /// Those of one client, for its partner.
    Creditor(PartnerId, ClientIdentifier),
    /// Those of all clients of a partner, for it.
    Portfolio(PartnerId),
}

impl Scope {
    /// The partner.
    #[must_use]
    pub const fn partner(self) -> PartnerId {
        match self {
            Self::Client(partner, _) | Self::Creditor(partner, _) | Self::Portfolio(partner) => partner,
        }
    }

    /// The least and the greatest number of its clients.
    fn clients(self) -> (i64, i64) {
        self.client().map_or((0, i64::MAX), |client| (client.0, client.0))
    }

    /// The client, when it is one client's.
    #[must_use]
    pub const fn client(self) -> Option<ClientIdentifier> {
        match self {
            Self::Client(_, client) | Self::Creditor(_, client) => Some(client),
            Self::Portfolio(_) => None,
        }
    }
}

/// A part of the deliveries of a [`Scope`], by the date of the invoice and the identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span<'s> {
    /// The first date.
    pub from: &'s str,
    /// Only what comes before this date and, of those of this date, before this delivery.
    pub before: (&'s str, Uuid),
}

/// The columns of a [`DistributionRow`].
macro_rules! distribution_columns {
    () => {
        "partner_id, distribution_id, client_id, invoice_id, invoice_number, invoice_date, method, status, status_reason, attempts, \
         created_at, sent_at, delivered_at, awaits_approval, in_doubt, replaced_by"
    };
}

/// A page of deliveries, those of the latest invoices first: of a portfolio, or of one client.
macro_rules! page {
    ($which:literal) => {
        page!($which, "")
    };
    (of client $which:literal) => {
        page!($which, "client_id = $6 AND ")
    };
    ($which:literal, $client:literal) => {
        concat!(
            "SELECT ",
            distribution_columns!(),
            " FROM distribution WHERE partner_id = $1 AND ",
            $client,
            $which,
            "invoice_date >= $2 AND (invoice_date, distribution_id) < ($3, $4) \
             ORDER BY invoice_date DESC, distribution_id DESC LIMIT $5"
        )
    };
}

statements! {
    INSERT = "INSERT INTO distribution (partner_id, distribution_id, client_id, invoice_id, invoice_number, invoice_date, method, status, \
              status_reason, attempts, created_at, client_fetched, partner_fetched, awaits_approval) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, 0, $11)";
    BY_ID = concat!("SELECT ", distribution_columns!(), " FROM distribution WHERE partner_id = $1 AND distribution_id = $2");
    // Whoever tells of a delivery by its identifier alone does not know the partner. There are few.
    ANYWHERE = concat!("SELECT ", distribution_columns!(), " FROM distribution \
                WHERE partner_id IN (SELECT partner_id FROM partner) AND distribution_id = $1");
    OF_INVOICE = concat!("SELECT ", distribution_columns!(), " FROM distribution \
                  WHERE partner_id = $1 AND distribution_id IN (SELECT distribution_id FROM distribution \
                  WHERE partner_id = $1 AND invoice_number = $2 AND client_id = $3) ORDER BY distribution_id DESC");
    APPROVE = "UPDATE distribution SET awaits_approval = 0, status_reason = '' \
               WHERE partner_id = $1 AND distribution_id = $2 AND awaits_approval = 1";
    REPLACE = "UPDATE distribution SET replaced_by = $3, client_fetched = 0, partner_fetched = 0 \
               WHERE partner_id = $1 AND distribution_id = $2";
    // What is recorded moves on from a status that was read in the same transaction.
    MOVE = "UPDATE distribution SET status = $4, status_reason = $5, attempts = $6, sent_at = $7, delivered_at = $8, in_doubt = $9, \
            awaits_approval = 0, client_fetched = 0, partner_fetched = 0 WHERE partner_id = $1 AND distribution_id = $2 AND status = $3";
    NOTE = "UPDATE distribution SET status_reason = $3, attempts = $4 WHERE partner_id = $1 AND distribution_id = $2 AND status = $5";
    INSERT_ATTEMPT = "INSERT INTO distribution_attempt (partner_id, distribution_id, attempt_id, at, status, reason) \
                      VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (partner_id, distribution_id, attempt_id) DO NOTHING";
    ATTEMPTS = "SELECT attempt_id, at, status, reason FROM distribution_attempt WHERE partner_id = $1 AND distribution_id = $2 \
                ORDER BY attempt_id";
    PAGE = page!("");
    PAGE_FAILED = page!("status = 'FAILED' AND ");
    PAGE_UNFETCHED = page!("partner_fetched = 0 AND ");
    PAGE_OF_CLIENT = page!(of client "");
    PAGE_OF_CLIENT_FAILED = page!(of client "status = 'FAILED' AND ");
    PAGE_OF_CLIENT_UNFETCHED = page!(of client "client_fetched = 0 AND ");
    PAGE_OF_CREDITOR_UNFETCHED = page!(of client "partner_fetched = 0 AND ");
    // The few that have the number are found by their index; the rest of the conditions only narrows them.
    OF_NUMBER = concat!("SELECT ", distribution_columns!(), " FROM distribution \
                 WHERE partner_id = $1 AND invoice_number = $6 AND client_id >= $7 AND client_id <= $8 \
                 AND invoice_date >= $2 AND (invoice_date, distribution_id) < ($3, $4) \
                 AND ($9 = '' OR status = $9) AND client_fetched <= $10 AND partner_fetched <= $11 \
                 ORDER BY invoice_date DESC, distribution_id DESC LIMIT $5");
    COUNT_OF_NUMBER = "SELECT status, COUNT(*) AS number FROM distribution \
                       WHERE partner_id = $1 AND invoice_number = $2 AND client_id >= $3 AND client_id <= $4 \
                       AND invoice_date >= $5 AND invoice_date <= $6 GROUP BY status ORDER BY status";
    FETCHED_BY_CLIENT = "UPDATE distribution SET client_fetched = 1 WHERE partner_id = $1 AND distribution_id = $2 AND status = $3";
    FETCHED_BY_PARTNER = "UPDATE distribution SET partner_fetched = 1 WHERE partner_id = $1 AND distribution_id = $2 AND status = $3";
}

/// Adds a delivery that nobody has tried yet.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &DistributionRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.distribution,
        row.client.0,
        row.invoice,
        row.invoice_number,
        &row.invoice_date,
        &row.method,
        &row.status,
        &row.status_reason,
        row.created_at.micros(),
        row.awaits_approval,
    )
    .map(drop)
}

/// A delivery of a partner.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(
    db: &mut impl Access,
    partner: PartnerId,
    distribution: Uuid,
) -> Result<Option<DistributionRow>, StoreError> {
    fetch!(fetch_optional, DistributionRow, db, BY_ID, partner.0, distribution)
}

/// A delivery of any partner.
///
/// # Errors
/// When the statement fails.
pub async fn anywhere(db: &mut impl Access, distribution: Uuid) -> Result<Option<DistributionRow>, StoreError> {
    fetch!(fetch_optional, DistributionRow, db, ANYWHERE, distribution)
}

/// The deliveries of the invoice of a client that has this number, the latest first.
///
/// # Errors
/// When the statement fails.
pub async fn of_invoice(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    number: i64,
) -> Result<Vec<DistributionRow>, StoreError> {
    fetch!(fetch_all, DistributionRow, db, OF_INVOICE, partner.0, number, client.0)
}

/// Has a delivery wait for nobody any more; false when it does not.
///
/// # Errors
/// When the statement fails.
pub async fn approve(tx: &mut Tx, row: &DistributionRow) -> Result<bool, StoreError> {
    Ok(execute!(tx, APPROVE, row.partner.0, row.distribution)? == 1)
}

/// Notes that the delivery `by` has taken the place of one, and lets that count as unfetched.
///
/// # Errors
/// When the statement fails.
pub async fn replace(tx: &mut Tx, row: &DistributionRow, by: Uuid) -> Result<(), StoreError> {
    execute!(tx, REPLACE, row.partner.0, row.distribution, by).map(drop)
}

/// Keeps the status of a delivery that was `from`, with what goes with it, and lets it count as unfetched; false when it has another status
/// by now, and then nothing is changed.
///
/// # Errors
/// When the statement fails.
pub async fn move_from(tx: &mut Tx, from: &str, row: &DistributionRow) -> Result<bool, StoreError> {
    let moved = execute!(
        tx,
        MOVE,
        row.partner.0,
        row.distribution,
        from,
        &row.status,
        &row.status_reason,
        row.attempts,
        row.sent_at,
        row.delivered_at,
        row.in_doubt,
    )?;
    Ok(moved == 1)
}

/// Keeps what the last attempt came to, where the status stays that of the row; of a delivery that has moved on nothing is changed.
///
/// # Errors
/// When the statement fails.
pub async fn note(tx: &mut Tx, row: &DistributionRow) -> Result<(), StoreError> {
    execute!(tx, NOTE, row.partner.0, row.distribution, &row.status_reason, row.attempts, &row.status).map(drop)
}

/// Adds an attempt; false when it is there already.
///
/// # Errors
/// When the statement fails.
pub async fn insert_attempt(
    tx: &mut Tx,
    partner: PartnerId,
    distribution: Uuid,
    row: &AttemptRow,
) -> Result<bool, StoreError> {
    let (at, status, reason) = (row.at.micros(), &row.status, &row.reason);
    let added = execute!(tx, INSERT_ATTEMPT, partner.0, distribution, row.attempt, at, status, reason)?;
    Ok(added == 1)
}

/// The attempts of a delivery, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn attempts(
    db: &mut impl Access,
    partner: PartnerId,
    distribution: Uuid,
) -> Result<Vec<AttemptRow>, StoreError> {
    fetch!(fetch_all, AttemptRow, db, ATTEMPTS, partner.0, distribution)
}

/// At most `limit` deliveries, those of the latest invoices first.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    scope: Scope,
    span: Span<'_>,
    fetch: FetchType,
    limit: u32,
) -> Result<Vec<DistributionRow>, StoreError> {
    let (partner, (before, id), limit) = (scope.partner().0, span.before, i64::from(limit));
    let statement = match (scope, fetch) {
        (Scope::Portfolio(_), FetchType::All) => &PAGE,
        (Scope::Portfolio(_), FetchType::Failed) => &PAGE_FAILED,
        (Scope::Portfolio(_), FetchType::Unfetched) => &PAGE_UNFETCHED,
        (Scope::Client(..) | Scope::Creditor(..), FetchType::All) => &PAGE_OF_CLIENT,
        (Scope::Client(..) | Scope::Creditor(..), FetchType::Failed) => &PAGE_OF_CLIENT_FAILED,
        (Scope::Client(..), FetchType::Unfetched) => &PAGE_OF_CLIENT_UNFETCHED,
        (Scope::Creditor(..), FetchType::Unfetched) => &PAGE_OF_CREDITOR_UNFETCHED,
    };
    match scope.client() {
        None => fetch!(fetch_all, DistributionRow, db, statement, partner, span.from, before, id, limit),
        Some(client) => {
            fetch!(fetch_all, DistributionRow, db, statement, partner, span.from, before, id, limit, client.0)
        }
    }
}

/// At most `limit` deliveries of the invoices that have this number, those of the latest first.
///
/// # Errors
/// When the statement fails.
pub async fn of_number(
    db: &mut impl Access,
    scope: Scope,
    number: i64,
    span: Span<'_>,
    fetch: FetchType,
    limit: u32,
) -> Result<Vec<DistributionRow>, StoreError> {
    let (least, most) = scope.clients();
    let status = if fetch == FetchType::Failed { "FAILED" } else { "" };
    // 1 takes both.
    let (client, partner) = match (fetch, scope) {
        (FetchType::Unfetched, Scope::Client(..)) => (0_i64, 1_i64),
        (FetchType::Unfetched, Scope::Creditor(..) | Scope::Portfolio(_)) => (1, 0),
        (FetchType::All | FetchType::Failed, _) => (1, 1),
    };
    let (before, id) = span.before;
    fetch!(
        fetch_all,
        DistributionRow,
        db,
        OF_NUMBER,
        scope.partner().0,
        span.from,
        before,
        id,
        i64::from(limit),
        number,
        least,
        most,
        status,
        client,
        partner,
    )
}

/// How many deliveries of the invoices that have this number, of one day to another, have each status.
///
/// # Errors
/// When the statement fails.
pub async fn count_of_number(
    db: &mut impl Access,
    scope: Scope,
    number: i64,
    (from, to): (&str, &str),
) -> Result<Vec<(String, i64)>, StoreError> {
    let (least, most) = scope.clients();
    fetch!(fetch_all, (String, i64), db, COUNT_OF_NUMBER, scope.partner().0, number, least, most, from, to)
}

/// Notes that the asker of `scope` has fetched these deliveries, each in the status that the row has. One that has moved on meanwhile
/// stays unfetched.
///
/// # Errors
/// When a statement fails.
pub async fn fetched(tx: &mut Tx, scope: Scope, rows: &[DistributionRow]) -> Result<(), StoreError> {
    let statement = match scope {
        Scope::Client(..) => &FETCHED_BY_CLIENT,
        Scope::Creditor(..) | Scope::Portfolio(_) => &FETCHED_BY_PARTNER,
    };
    for row in rows {
        execute!(tx, statement, row.partner.0, row.distribution, &row.status)?;
    }
    Ok(())
}
