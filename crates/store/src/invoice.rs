//! Invoices, and the files that go with them.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `invoice`.
#[derive(Clone, PartialEq, Eq)]
pub struct InvoiceRow {
    /// Whose client sent it.
    pub partner: PartnerId,
    /// The client that sent it.
    pub client: ClientIdentifier,
    /// The client's number for it.
    pub number: i64,
    /// Our identifier of it.
    pub invoice: Uuid,
    /// The name of its type.
    pub kind: String,
    /// Its date, as ISO 8601 writes it.
    pub invoice_date: String,
    /// Its due date, likewise.
    pub due_date: String,
    /// Its currency (ISO 4217).
    pub currency_code: String,
    /// What it comes to without VAT, in the smallest unit of the currency.
    pub net: i64,
    /// Its VAT, likewise.
    pub vat: i64,
    /// What it comes to with VAT, likewise.
    pub gross: i64,
    /// The reference it is paid with.
    pub payment_reference: String,
    /// The number of the invoice that it credits; 0 for none.
    pub credited_number: i64,
    /// The whole of it, sealed.
    pub content: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
    /// When it was sent in.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for InvoiceRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvoiceRow").field("invoice", &self.invoice).finish_non_exhaustive()
    }
}

columns!(InvoiceRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    number,
    invoice = "invoice_id",
    kind,
    invoice_date,
    due_date,
    currency_code,
    net,
    vat,
    gross,
    payment_reference,
    credited_number,
    content,
    master_key_version,
    created_at as i64,
});

/// A row of `invoice_attachment`, without its invoice.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Its place among the files: 0 for the first.
    pub place: i64,
    /// The name that it is sent under.
    pub file_name: String,
    /// The file, sealed.
    pub content: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
}

impl std::fmt::Debug for AttachmentRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AttachmentRow").field("place", &self.place).finish_non_exhaustive()
    }
}

columns!(AttachmentRow { place, file_name, content, master_key_version });

/// What an invoice comes to, and what was credited of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditedRow {
    /// Its date, as ISO 8601 writes it.
    pub invoice_date: String,
    /// The name of its type.
    pub kind: String,
    /// Its currency.
    pub currency_code: String,
    /// Without VAT, in the smallest unit of the currency.
    pub net: i64,
    /// The VAT, likewise.
    pub vat: i64,
    /// With VAT, likewise.
    pub gross: i64,
    /// What the credit notes so far come to without VAT.
    pub credited_net: i64,
    /// Their VAT.
    pub credited_vat: i64,
    /// What they come to with VAT.
    pub credited_gross: i64,
}

columns!(CreditedRow {
    invoice_date,
    kind,
    currency_code,
    net,
    vat,
    gross,
    credited_net,
    credited_vat,
    credited_gross,
});

/// The columns of an [`InvoiceRow`].
macro_rules! invoice_columns {
    () => {
        "partner_id, client_id, number, invoice_id, kind, invoice_date, due_date, currency_code, net, vat, gross, payment_reference, \
         credited_number, content, master_key_version, created_at"
    };
}

/// The sum of a column over the credit notes of an invoice.
macro_rules! credited {
    ($column:literal) => {
        concat!(
            "CAST(COALESCE((SELECT SUM(n.",
            $column,
            ") FROM invoice n WHERE n.partner_id = i.partner_id AND n.client_id = i.client_id AND n.credited_number = i.number \
             AND n.credited_number > 0), 0) AS BIGINT) AS credited_",
            $column
        )
    };
}

statements! {
    INSERT = concat!("INSERT INTO invoice (", invoice_columns!(), ") \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
              ON CONFLICT (partner_id, client_id, number) DO NOTHING");
    INSERT_ATTACHMENT = "INSERT INTO invoice_attachment (partner_id, invoice_id, place, file_name, content, master_key_version) \
                         VALUES ($1, $2, $3, $4, $5, $6)";
    BY_ID = concat!("SELECT ", invoice_columns!(), " FROM invoice WHERE partner_id = $1 AND invoice_id = $2");
    BY_NUMBER = concat!("SELECT ", invoice_columns!(), " FROM invoice WHERE partner_id = $1 AND client_id = $2 AND number = $3");
    // A row that was written is another transaction's to wait for, on either engine.
    // Whoever names an invoice by its identifier alone does not know the partner. There are few.
    ANYWHERE = concat!("SELECT ", invoice_columns!(), " FROM invoice \
                WHERE partner_id IN (SELECT partner_id FROM partner) AND invoice_id = $1");
    HOLD = "UPDATE invoice SET kind = kind WHERE partner_id = $1 AND client_id = $2 AND number = $3";
    ID_BY_NUMBER = "SELECT invoice_id FROM invoice WHERE partner_id = $1 AND client_id = $2 AND number = $3";
    CREDITED = concat!("SELECT i.invoice_date, i.kind, i.currency_code, i.net, i.vat, i.gross, ", credited!("net"), ", ", credited!("vat"),
               ", ", credited!("gross"), " FROM invoice i WHERE i.partner_id = $1 AND i.client_id = $2 AND i.number = $3");
    // From one row to the next in the order of the primary key, so that a walk reads the table once.
    NOT_SEALED_UNDER = concat!("SELECT ", invoice_columns!(), " FROM invoice WHERE (partner_id, client_id, number) > ($2, $3, $4) \
                       AND master_key_version <> $1 ORDER BY partner_id, client_id, number LIMIT $5");
    RESEAL = "UPDATE invoice SET content = $4, master_key_version = $5 WHERE partner_id = $1 AND client_id = $2 AND number = $3";
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM invoice WHERE master_key_version <> $1";
    ATTACHMENTS_NOT_SEALED_UNDER = "SELECT partner_id, invoice_id, place FROM invoice_attachment \
                                   WHERE (partner_id, invoice_id, place) > ($2, $3, $4) AND master_key_version <> $1 \
                                   ORDER BY partner_id, invoice_id, place LIMIT $5";
    ATTACHMENT = "SELECT place, file_name, content, master_key_version FROM invoice_attachment \
                  WHERE partner_id = $1 AND invoice_id = $2 AND place = $3";
    RESEAL_ATTACHMENT = "UPDATE invoice_attachment SET content = $4, master_key_version = $5 \
                         WHERE partner_id = $1 AND invoice_id = $2 AND place = $3";
    COUNT_ATTACHMENTS_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM invoice_attachment WHERE master_key_version <> $1";
    ATTACHMENTS = "SELECT place, file_name, content, master_key_version FROM invoice_attachment \
                   WHERE partner_id = $1 AND invoice_id = $2 ORDER BY place";
}

/// Adds an invoice; false when the client has one of this number, and then nothing is changed.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &InvoiceRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        row.number,
        row.invoice,
        &row.kind,
        &row.invoice_date,
        &row.due_date,
        &row.currency_code,
        row.net,
        row.vat,
        row.gross,
        &row.payment_reference,
        row.credited_number,
        &row.content,
        row.master_key_version,
        row.created_at.micros(),
    )?;
    Ok(added == 1)
}

/// Adds a file to an invoice.
///
/// # Errors
/// When the statement fails.
pub async fn insert_attachment(
    tx: &mut Tx,
    partner: PartnerId,
    invoice: Uuid,
    row: &AttachmentRow,
) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_ATTACHMENT,
        partner.0,
        invoice,
        row.place,
        &row.file_name,
        &row.content,
        row.master_key_version,
    )
    .map(drop)
}

/// An invoice of a partner's client.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, partner: PartnerId, invoice: Uuid) -> Result<Option<InvoiceRow>, StoreError> {
    fetch!(fetch_optional, InvoiceRow, db, BY_ID, partner.0, invoice)
}

/// The invoice of a client that has this number.
///
/// # Errors
/// When the statement fails.
pub async fn by_number(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    number: i64,
) -> Result<Option<InvoiceRow>, StoreError> {
    fetch!(fetch_optional, InvoiceRow, db, BY_NUMBER, partner.0, client.0, number)
}

/// The identifier of the invoice of a client that has this number.
///
/// # Errors
/// When the statement fails.
pub async fn id_by_number(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
    number: i64,
) -> Result<Option<Uuid>, StoreError> {
    let found = fetch!(fetch_optional, (Uuid,), db, ID_BY_NUMBER, partner.0, client.0, number)?;
    Ok(found.map(|(invoice,)| invoice))
}

/// What the invoice of a client that has this number comes to, and what was credited of it. Until this transaction ends, no other is told:
/// what is left of the invoice is decided by one at a time.
///
/// # Errors
/// When a statement fails.
pub async fn hold_credited(
    db: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    number: i64,
) -> Result<Option<CreditedRow>, StoreError> {
    execute!(db, HOLD, partner.0, client.0, number)?;
    fetch!(fetch_optional, CreditedRow, db, CREDITED, partner.0, client.0, number)
}

/// Keeps others that hold the invoice out until the transaction ends; false when there is none.
///
/// # Errors
/// When the statement fails.
pub async fn hold(tx: &mut Tx, row: &InvoiceRow) -> Result<bool, StoreError> {
    Ok(execute!(tx, HOLD, row.partner.0, row.client.0, row.number)? == 1)
}

/// An invoice of any partner.
///
/// # Errors
/// When the statement fails.
pub async fn anywhere(db: &mut impl Access, invoice: Uuid) -> Result<Option<InvoiceRow>, StoreError> {
    fetch!(fetch_optional, InvoiceRow, db, ANYWHERE, invoice)
}

/// The files that go with an invoice, in their order.
///
/// # Errors
/// When the statement fails.
pub async fn attachments(
    db: &mut impl Access,
    partner: PartnerId,
    invoice: Uuid,
) -> Result<Vec<AttachmentRow>, StoreError> {
    fetch!(fetch_all, AttachmentRow, db, ATTACHMENTS, partner.0, invoice)
}

/// At most `limit` invoices behind `after` that are sealed under another master key than `version`, in the order of the table.
///
/// # Errors
/// When the statement fails.
pub async fn not_sealed_under(
    db: &mut impl Access,
    version: i64,
    after: (PartnerId, ClientIdentifier, i64),
    limit: i64,
) -> Result<Vec<InvoiceRow>, StoreError> {
    let (partner, client, number) = after;
    fetch!(fetch_all, InvoiceRow, db, NOT_SEALED_UNDER, version, partner.0, client.0, number, limit)
}

/// Keeps an invoice sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal(tx: &mut Tx, row: &InvoiceRow, sealed: &[u8], version: i64) -> Result<(), StoreError> {
    execute!(tx, RESEAL, row.partner.0, row.client.0, row.number, sealed, version).map(drop)
}

/// At most `limit` files behind `after` that are sealed under another master key than `version`, in the order of the table: each as its
/// partner, its invoice and its place.
///
/// # Errors
/// When the statement fails.
pub async fn attachments_not_sealed_under(
    db: &mut impl Access,
    version: i64,
    (partner, invoice, place): (i64, Uuid, i64),
    limit: i64,
) -> Result<Vec<(i64, Uuid, i64)>, StoreError> {
    fetch!(fetch_all, (i64, Uuid, i64), db, ATTACHMENTS_NOT_SEALED_UNDER, version, partner, invoice, place, limit)
}

/// One file of an invoice.
///
/// # Errors
/// When the statement fails.
pub async fn attachment(
    db: &mut impl Access,
    partner: PartnerId,
    invoice: Uuid,
    place: i64,
) -> Result<Option<AttachmentRow>, StoreError> {
    fetch!(fetch_optional, AttachmentRow, db, ATTACHMENT, partner.0, invoice, place)
}

/// Keeps a file sealed anew.
///
/// # Errors
/// When the statement fails.
pub async fn reseal_attachment(
    tx: &mut Tx,
    partner: PartnerId,
    invoice: Uuid,
    place: i64,
    sealed: &[u8],
    version: i64,
) -> Result<(), StoreError> {
    execute!(tx, RESEAL_ATTACHMENT, partner.0, invoice, place, sealed, version).map(drop)
}

/// How many invoices and files are sealed under another master key than `version`. It reads all of them.
///
/// # Errors
/// When a statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    let invoices: i64 = fetch!(count, db, COUNT_NOT_SEALED_UNDER, version)?;
    let files: i64 = fetch!(count, db, COUNT_ATTACHMENTS_NOT_SEALED_UNDER, version)?;
    Ok(invoices + files)
}
