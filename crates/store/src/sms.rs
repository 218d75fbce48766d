//! Short messages, the parts that a provider has taken, their delivery reports, and receipts that wait for their message.

use domain::Timestamp;
use domain::identifier::PartnerId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `sms`.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsRow {
    /// Whose it is.
    pub partner: PartnerId,
    /// Its identifier.
    pub sms: Uuid,
    /// The creditor; 0 for the partner's own.
    pub client_id: i64,
    /// The name of the channel that sends it.
    pub channel: String,
    /// The recipient's number in E.164.
    pub recipient: String,
    /// Who it says it is from.
    pub sender: String,
    /// What it says.
    pub body: String,
    /// The partner's reference; empty for none.
    pub reference: String,
    /// The encoding's name.
    pub encoding: String,
    /// In how many parts it goes.
    pub part_count: i64,
    /// The state's name.
    pub state: String,
    /// Since when it is in it.
    pub state_at: Timestamp,
    /// The provider's code for what went wrong; empty for none.
    pub error_code: String,
    /// What went wrong, in words; empty for nothing.
    pub reason: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when it is worth delivering.
    pub expires_at: Timestamp,
    /// When the provider had taken all of it, in microseconds.
    pub sent_at: Option<i64>,
    /// When its state became final, in microseconds.
    pub final_at: Option<i64>,
}

impl std::fmt::Debug for SmsRow {
    /// Without the text and the recipient.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsRow").field("sms", &self.sms).field("state", &self.state).finish_non_exhaustive()
    }
}

columns!(SmsRow {
    partner as i64 = "partner_id",
    sms = "sms_id",
    client_id,
    channel,
    recipient,
    sender,
    body,
    reference,
    encoding,
    part_count,
    state,
    state_at as i64,
    error_code,
    reason,
    created_at as i64,
    expires_at as i64,
    sent_at,
    final_at,
});

/// The columns of an [`SmsRow`].
macro_rules! sms_columns {
    () => {
        "partner_id, sms_id, client_id, channel, recipient, sender, body, reference, encoding, part_count, state, state_at, \
         error_code, reason, created_at, expires_at, sent_at, final_at"
    };
}

/// A row of `sms_part`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRow {
    /// Whose it is.
    pub partner: PartnerId,
    /// The message.
    pub sms: Uuid,
    /// Its place in the text: 0 for the first.
    pub part_index: i64,
    /// The channel that sent it.
    pub channel: String,
    /// The provider's identifier, as the provider wrote it.
    pub provider_message_id: String,
    /// The normal form of that.
    pub lookup: String,
    /// The state's name.
    pub state: String,
}

columns!(PartRow {
    partner as i64 = "partner_id",
    sms = "sms_id",
    part_index,
    channel,
    provider_message_id,
    lookup,
    state,
});

/// A row of `sms_report`, without its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// Its identifier; later reports have greater ones.
    pub report: Uuid,
    /// When it came.
    pub at: Timestamp,
    /// The state's name.
    pub state: String,
    /// The provider's identifier of the part; empty for the message as a whole.
    pub provider_message_id: String,
    /// The provider's code for what went wrong; empty for none.
    pub error_code: String,
}

columns!(ReportRow { report = "report_id", at as i64, state, provider_message_id, error_code });

/// A row of `sms_report`.
struct ReportOfPage {
    sms: Uuid,
    report: Uuid,
    at: Timestamp,
    state: String,
    provider_message_id: String,
    error_code: String,
}

columns!(ReportOfPage { sms = "sms_id", report = "report_id", at as i64, state, provider_message_id, error_code });

impl ReportOfPage {
    fn split(self) -> (Uuid, ReportRow) {
        let Self { sms, report, at, state, provider_message_id, error_code } = self;
        (sms, ReportRow { report, at, state, provider_message_id, error_code })
    }
}

/// A row of `sms_receipt`: a receipt of which the message is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// The channel that it came by.
    pub channel: String,
    /// Our identifier of it.
    pub receipt: Uuid,
    /// The provider's identifier, as in the receipt.
    pub provider_message_id: String,
    /// The normal form of that.
    pub lookup: String,
    /// The state's name.
    pub state: String,
    /// The provider's code for what went wrong; empty for none.
    pub error_code: String,
    /// The end of the recipient's number, or the number as the provider writes it; empty when it does not.
    pub recipient: String,
    /// When it came.
    pub received_at: Timestamp,
}

columns!(ReceiptRow {
    channel,
    receipt = "receipt_id",
    provider_message_id,
    lookup,
    state,
    error_code,
    recipient,
    received_at as i64,
});

statements! {
    INSERT = "INSERT INTO sms (partner_id, sms_id, client_id, channel, recipient, sender, body, reference, encoding, part_count, state, \
              state_at, error_code, reason, created_at, expires_at) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    BY_ID = concat!("SELECT ", sms_columns!(), " FROM sms WHERE partner_id = $1 AND sms_id = $2");
    PAGE = concat!("SELECT ", sms_columns!(), " FROM sms \
            WHERE partner_id = $1 AND sms_id < $2 ORDER BY sms_id DESC LIMIT $3");
    PAGE_OF_CLIENT = concat!("SELECT ", sms_columns!(), " FROM sms \
                      WHERE partner_id = $1 AND client_id = $2 AND sms_id < $3 ORDER BY sms_id DESC LIMIT $4");
    MOVE = "UPDATE sms SET state = $3, state_at = $4, error_code = $5, reason = $6, sent_at = $7, final_at = $8 \
            WHERE partner_id = $1 AND sms_id = $2";
    INSERT_PART = "INSERT INTO sms_part (partner_id, sms_id, part_index, channel, provider_message_id, lookup, state) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (partner_id, sms_id, part_index) DO NOTHING";
    PARTS = "SELECT partner_id, sms_id, part_index, channel, provider_message_id, lookup, state FROM sms_part \
             WHERE partner_id = $1 AND sms_id = $2 ORDER BY part_index";
    PARTS_BY_LOOKUP = "SELECT partner_id, sms_id, part_index, channel, provider_message_id, lookup, state FROM sms_part \
                       WHERE channel = $1 AND lookup = $2 ORDER BY sms_id DESC LIMIT $3";
    MOVE_PART = "UPDATE sms_part SET state = $4 WHERE partner_id = $1 AND sms_id = $2 AND part_index = $3";
    INSERT_REPORT = "INSERT INTO sms_report (partner_id, sms_id, report_id, at, state, provider_message_id, error_code) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)";
    REPORTS = "SELECT report_id, at, state, provider_message_id, error_code FROM sms_report \
               WHERE partner_id = $1 AND sms_id = $2 ORDER BY report_id";
    // The messages are those of PAGE and PAGE_OF_CLIENT.
    REPORTS_OF_PAGE = "SELECT sms_id, report_id, at, state, provider_message_id, error_code FROM sms_report \
                       WHERE partner_id = $1 AND sms_id IN (SELECT sms_id FROM sms WHERE partner_id = $1 AND sms_id < $2 \
                       ORDER BY sms_id DESC LIMIT $3) ORDER BY sms_id, report_id";
    REPORTS_OF_PAGE_OF_CLIENT = "SELECT sms_id, report_id, at, state, provider_message_id, error_code FROM sms_report \
                                 WHERE partner_id = $1 AND sms_id IN (SELECT sms_id FROM sms WHERE partner_id = $1 AND client_id = $2 \
                                 AND sms_id < $3 ORDER BY sms_id DESC LIMIT $4) ORDER BY sms_id, report_id";
    INSERT_RECEIPT = "INSERT INTO sms_receipt (channel, receipt_id, provider_message_id, lookup, state, error_code, recipient, received_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    RECEIPTS = "SELECT channel, receipt_id, provider_message_id, lookup, state, error_code, recipient, received_at FROM sms_receipt \
                WHERE channel = $1 AND lookup = $2 ORDER BY receipt_id LIMIT $3";
    RECEIPT_PAGE = "SELECT channel, receipt_id, provider_message_id, lookup, state, error_code, recipient, received_at FROM sms_receipt \
                    WHERE receipt_id > $1 ORDER BY receipt_id LIMIT $2";
    DELETE_RECEIPT = "DELETE FROM sms_receipt WHERE channel = $1 AND receipt_id = $2";
    OVERDUE = concat!("SELECT ", sms_columns!(), " FROM sms \
               WHERE final_at IS NULL AND expires_at < $1 ORDER BY expires_at LIMIT $2");
    CREATED_BEFORE = "SELECT partner_id, sms_id FROM sms WHERE created_at < $1 AND final_at IS NOT NULL ORDER BY created_at LIMIT $2";
    DELETE = "DELETE FROM sms WHERE partner_id = $1 AND sms_id = $2";
    DELETE_PARTS = "DELETE FROM sms_part WHERE partner_id = $1 AND sms_id = $2";
    DELETE_REPORTS = "DELETE FROM sms_report WHERE partner_id = $1 AND sms_id = $2";
    OLD_RECEIPTS = "SELECT channel, receipt_id FROM sms_receipt WHERE received_at < $1 LIMIT $2";
}

/// Adds a message.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &SmsRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.sms,
        row.client_id,
        &row.channel,
        &row.recipient,
        &row.sender,
        &row.body,
        &row.reference,
        &row.encoding,
        row.part_count,
        &row.state,
        row.state_at.micros(),
        &row.error_code,
        &row.reason,
        row.created_at.micros(),
        row.expires_at.micros(),
    )
    .map(drop)
}

/// A message of a partner.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, partner: PartnerId, sms: Uuid) -> Result<Option<SmsRow>, StoreError> {
    fetch!(fetch_optional, SmsRow, db, BY_ID, partner.0, sms)
}

/// At most `limit` messages of a partner, or of one creditor of it, before `before`, newest first.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    partner: PartnerId,
    client: Option<i64>,
    before: Uuid,
    limit: i64,
) -> Result<Vec<SmsRow>, StoreError> {
    match client {
        Some(client) => fetch!(fetch_all, SmsRow, db, PAGE_OF_CLIENT, partner.0, client, before, limit),
        None => fetch!(fetch_all, SmsRow, db, PAGE, partner.0, before, limit),
    }
}

/// Keeps the state of a message, with what goes with it.
///
/// # Errors
/// When the statement fails.
pub async fn move_to(tx: &mut Tx, row: &SmsRow) -> Result<(), StoreError> {
    execute!(
        tx,
        MOVE,
        row.partner.0,
        row.sms,
        &row.state,
        row.state_at.micros(),
        &row.error_code,
        &row.reason,
        row.sent_at,
        row.final_at,
    )
    .map(drop)
}

/// Adds a part that the provider has taken; false when it is there.
///
/// # Errors
/// When the statement fails.
pub async fn insert_part(tx: &mut Tx, row: &PartRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT_PART,
        row.partner.0,
        row.sms,
        row.part_index,
        &row.channel,
        &row.provider_message_id,
        &row.lookup,
        &row.state,
    )?;
    Ok(added == 1)
}

/// The parts of a message, in order.
///
/// # Errors
/// When the statement fails.
pub async fn parts(db: &mut impl Access, partner: PartnerId, sms: Uuid) -> Result<Vec<PartRow>, StoreError> {
    fetch!(fetch_all, PartRow, db, PARTS, partner.0, sms)
}

/// At most `limit` parts of a channel whose identifier has this normal form, newest first.
///
/// # Errors
/// When the statement fails.
pub async fn parts_by_lookup(
    db: &mut impl Access,
    channel: &str,
    lookup: &str,
    limit: i64,
) -> Result<Vec<PartRow>, StoreError> {
    fetch!(fetch_all, PartRow, db, PARTS_BY_LOOKUP, channel, lookup, limit)
}

/// Keeps the state of a part.
///
/// # Errors
/// When the statement fails.
pub async fn move_part(tx: &mut Tx, row: &PartRow) -> Result<(), StoreError> {
    execute!(tx, MOVE_PART, row.partner.0, row.sms, row.part_index, &row.state).map(drop)
}

/// Adds a delivery report.
///
/// # Errors
/// When the statement fails.
pub async fn insert_report(tx: &mut Tx, partner: PartnerId, sms: Uuid, row: &ReportRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_REPORT,
        partner.0,
        sms,
        row.report,
        row.at.micros(),
        &row.state,
        &row.provider_message_id,
        &row.error_code,
    )
    .map(drop)
}

/// The delivery reports of a message, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn reports(db: &mut impl Access, partner: PartnerId, sms: Uuid) -> Result<Vec<ReportRow>, StoreError> {
    fetch!(fetch_all, ReportRow, db, REPORTS, partner.0, sms)
}

/// The delivery reports of the messages that [`page`] gives, by message, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn reports_of_page(
    db: &mut impl Access,
    partner: PartnerId,
    client: Option<i64>,
    before: Uuid,
    limit: i64,
) -> Result<Vec<(Uuid, ReportRow)>, StoreError> {
    let rows = match client {
        Some(client) => {
            fetch!(fetch_all, ReportOfPage, db, REPORTS_OF_PAGE_OF_CLIENT, partner.0, client, before, limit)?
        }
        None => fetch!(fetch_all, ReportOfPage, db, REPORTS_OF_PAGE, partner.0, before, limit)?,
    };
    Ok(rows.into_iter().map(ReportOfPage::split).collect())
}

/// Keeps a receipt until its message is known.
///
/// # Errors
/// When the statement fails.
pub async fn insert_receipt(tx: &mut Tx, row: &ReceiptRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_RECEIPT,
        &row.channel,
        row.receipt,
        &row.provider_message_id,
        &row.lookup,
        &row.state,
        &row.error_code,
        &row.recipient,
        row.received_at.micros(),
    )
    .map(drop)
}

/// At most `limit` receipts of a channel that wait under this normal form, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn receipts(
    db: &mut impl Access,
    channel: &str,
    lookup: &str,
    limit: i64,
) -> Result<Vec<ReceiptRow>, StoreError> {
    fetch!(fetch_all, ReceiptRow, db, RECEIPTS, channel, lookup, limit)
}

/// At most `limit` receipts that wait, after `after`, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn receipt_page(db: &mut impl Access, after: Uuid, limit: i64) -> Result<Vec<ReceiptRow>, StoreError> {
    fetch!(fetch_all, ReceiptRow, db, RECEIPT_PAGE, after, limit)
}

/// Removes a receipt that has found its message.
///
/// # Errors
/// When the statement fails.
pub async fn delete_receipt(tx: &mut Tx, channel: &str, receipt: Uuid) -> Result<(), StoreError> {
    execute!(tx, DELETE_RECEIPT, channel, receipt).map(drop)
}

/// At most `limit` messages without a final state whose validity ended before `before`.
///
/// # Errors
/// When the statement fails.
pub async fn overdue(db: &mut impl Access, before: Timestamp, limit: i64) -> Result<Vec<SmsRow>, StoreError> {
    fetch!(fetch_all, SmsRow, db, OVERDUE, before.micros(), limit)
}

/// Removes at most `limit` messages with a final state that were asked for before `before`, with all that goes with them, and gives
/// their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let old = fetch!(fetch_all, (i64, Uuid), tx, CREATED_BEFORE, before.micros(), limit)?;
    for (partner, sms) in &old {
        execute!(tx, DELETE_PARTS, *partner, *sms)?;
        execute!(tx, DELETE_REPORTS, *partner, *sms)?;
        execute!(tx, DELETE, *partner, *sms)?;
    }
    Ok(old.len() as u64)
}

/// Removes at most `limit` receipts that came before `before` and have found no message, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge_receipts(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let old = fetch!(fetch_all, (String, Uuid), tx, OLD_RECEIPTS, before.micros(), limit)?;
    for (channel, receipt) in &old {
        execute!(tx, DELETE_RECEIPT, channel, *receipt)?;
    }
    Ok(old.len() as u64)
}
