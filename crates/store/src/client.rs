//! Clients and their contacts.

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// A row of `client`. Texts are kept in the normal form that the rules gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// The partner that onboarded it.
    pub partner: PartnerId,
    /// `clientIdentifier`.
    pub client: ClientIdentifier,
    /// `confirmaFinanceCustomerCode`.
    pub customer_code: CustomerCode,
    /// `paymentReferencePrefix`.
    pub reference_prefix: ReferencePrefix,
    /// `service.type`.
    pub service_type: String,
    /// `client.name`.
    pub name: String,
    /// `client.businessCode`.
    pub business_code: String,
    /// `client.vatRegNbr`.
    pub vat_number: Option<String>,
    /// `client.postalAddress`.
    pub postal_address: String,
    /// `client.postalCode`.
    pub postal_code: String,
    /// `client.postalDistrict`.
    pub postal_district: String,
    /// `client.countryCode`.
    pub country_code: String,
    /// `client.telephone`, E.164.
    pub telephone: Option<String>,
    /// `client.email`.
    pub email: String,
    /// `client.website`.
    pub website: Option<String>,
    /// `client.languageCode`.
    pub language_code: String,
    /// `client.currencyCode`.
    pub currency_code: String,
    /// `client.ibanAccount`.
    pub iban: Option<String>,
    /// `client.bic`.
    pub bic: Option<String>,
    /// `client.bankgiro`.
    pub bankgiro: Option<String>,
    /// `client.plusgiro`.
    pub plusgiro: Option<String>,
    /// When it was onboarded.
    pub created_at: Timestamp,
    /// `name` in the form of [`domain::text::folded`], by which it is found and sorted; empty when an older program added the row.
    pub name_folded: String,
    /// `ACTIVE` or `REVOKED`. A new one is active.
    pub status: String,
    /// `settings.expiryNotices`: 1 for yes.
    pub expiry_notices: i64,
    /// `settings.smsSender`.
    pub sms_sender: Option<String>,
    /// Counts the changes, from 1.
    pub version: i64,
    /// Counts the changes of its agreements, from 1.
    pub agreements_version: i64,
    /// When it was last changed, in microseconds.
    pub changed_at: Option<i64>,
}

columns!(ClientRow {
    partner as i64 = "partner_id",
    client as i64 = "client_id",
    customer_code as i64,
    reference_prefix as i64,
    service_type,
    name,
    business_code,
    vat_number,
    postal_address,
    postal_code,
    postal_district,
    country_code,
    telephone,
    email,
    website,
    language_code,
    currency_code,
    iban,
    bic,
    bankgiro,
    plusgiro,
    created_at as i64,
    name_folded,
    status,
    expiry_notices,
    sms_sender,
    version,
    agreements_version,
    changed_at,
});

/// The columns of a [`ClientRow`].
macro_rules! client_columns {
    () => {
        "partner_id, client_id, customer_code, reference_prefix, service_type, name, business_code, vat_number, postal_address, \
         postal_code, postal_district, country_code, telephone, email, website, language_code, currency_code, iban, bic, bankgiro, \
         plusgiro, created_at, name_folded, status, expiry_notices, sms_sender, version, agreements_version, changed_at"
    };
}
pub(crate) use client_columns;

/// A row of `client_contact`, without its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    /// `primary`, `technical` or `accountant`.
    pub role: String,
    /// The person's name.
    pub name: String,
    /// E.164.
    pub telephone: Option<String>,
    /// E.164.
    pub mobile: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
}

columns!(ContactRow { role, name, telephone, mobile, email });

statements! {
    INSERT = "INSERT INTO client (partner_id, client_id, customer_code, reference_prefix, service_type, name, business_code, \
              vat_number, postal_address, postal_code, postal_district, country_code, telephone, email, website, language_code, \
              currency_code, iban, bic, bankgiro, plusgiro, created_at, name_folded, expiry_notices, sms_sender) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25) \
              ON CONFLICT (partner_id, business_code, country_code) DO NOTHING";
    INSERT_CONTACT = "INSERT INTO client_contact (partner_id, client_id, role, name, telephone, mobile, email) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_BUSINESS_CODE = "SELECT client_id FROM client WHERE partner_id = $1 AND country_code = $2 AND business_code = $3";
    BY_NUMBER = concat!("SELECT ", client_columns!(), " FROM client WHERE client_id = $1");
    CONTACTS = "SELECT role, name, telephone, mobile, email FROM client_contact WHERE partner_id = $1 AND client_id = $2 ORDER BY role";
    PAGE = concat!("SELECT ", client_columns!(), " FROM client WHERE client_id > $1 ORDER BY client_id LIMIT $2");
    PAGE_OF_PARTNER = concat!(
        "SELECT ", client_columns!(), " FROM client WHERE partner_id = $1 AND client_id > $2 ORDER BY client_id LIMIT $3"
    );
}

/// Adds a client; false when the partner has one of the same country and business code, and then nothing is changed. Only what a new one
/// has is kept: it is active, and was never changed.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &ClientRow) -> Result<bool, StoreError> {
    let added = execute!(
        tx,
        INSERT,
        row.partner.0,
        row.client.0,
        row.customer_code.0,
        row.reference_prefix.0,
        &row.service_type,
        &row.name,
        &row.business_code,
        row.vat_number.as_deref(),
        &row.postal_address,
        &row.postal_code,
        &row.postal_district,
        &row.country_code,
        row.telephone.as_deref(),
        &row.email,
        row.website.as_deref(),
        &row.language_code,
        &row.currency_code,
        row.iban.as_deref(),
        row.bic.as_deref(),
        row.bankgiro.as_deref(),
        row.plusgiro.as_deref(),
        row.created_at.micros(),
        &row.name_folded,
        row.expiry_notices,
        row.sms_sender.as_deref(),
    )?;
    Ok(added == 1)
}

/// Adds a contact of a client.
///
/// # Errors
/// When the statement fails, also when the client has a contact of that role.
pub async fn insert_contact(
    tx: &mut Tx,
    partner: PartnerId,
    client: ClientIdentifier,
    row: &ContactRow,
) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_CONTACT,
        partner.0,
        client.0,
        &row.role,
        &row.name,
        row.telephone.as_deref(),
        row.mobile.as_deref(),
        row.email.as_deref(),
    )
    .map(drop)
}

/// The partner's client of this country and business code.
///
/// # Errors
/// When the statement fails.
pub async fn by_business_code(
    db: &mut impl Access,
    partner: PartnerId,
    country_code: &str,
    business_code: &str,
) -> Result<Option<ClientIdentifier>, StoreError> {
    let row = fetch!(fetch_optional, (i64,), db, BY_BUSINESS_CODE, partner.0, country_code, business_code)?;
    Ok(row.map(|(client,)| ClientIdentifier(client)))
}

/// The client of this number, of whichever partner.
///
/// # Errors
/// When the statement fails.
pub async fn by_number(db: &mut impl Access, client: ClientIdentifier) -> Result<Option<ClientRow>, StoreError> {
    fetch!(fetch_optional, ClientRow, db, BY_NUMBER, client.0)
}

/// The contacts of a client, by role.
///
/// # Errors
/// When the statement fails.
pub async fn contacts(
    db: &mut impl Access,
    partner: PartnerId,
    client: ClientIdentifier,
) -> Result<Vec<ContactRow>, StoreError> {
    fetch!(fetch_all, ContactRow, db, CONTACTS, partner.0, client.0)
}

/// At most `limit` clients, of one partner or of all, whose numbers come after `after`.
///
/// # Errors
/// When the statement fails.
pub async fn page(
    db: &mut impl Access,
    partner: Option<PartnerId>,
    after: ClientIdentifier,
    limit: u32,
) -> Result<Vec<ClientRow>, StoreError> {
    match partner {
        Some(partner) => fetch!(fetch_all, ClientRow, db, PAGE_OF_PARTNER, partner.0, after.0, i64::from(limit)),
        None => fetch!(fetch_all, ClientRow, db, PAGE, after.0, i64::from(limit)),
    }
}
