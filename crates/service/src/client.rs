//! Clients in the operator's hands: listed, shown, imported.

use domain::Timestamp;
use domain::client::ClientDraft;
use domain::identifier::{ClientIdentifier, CustomerCode, PartnerId, ReferencePrefix};
use serde::Serialize;
use store::Access;
use store::client::{ClientRow, ContactRow};

use crate::onboarding::{CreatedClient, OnboardingError};
use crate::{AdminError, Context, Core};

/// What is kept of a client, under the names of the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is the member of the same name in the body of POST /client")]
pub struct ClientDetails {
    pub partner_code: String,
    pub client_identifier: ClientIdentifier,
    pub confirma_finance_customer_code: CustomerCode,
    pub payment_reference_prefix: ReferencePrefix,
    pub service_type: String,
    pub name: String,
    pub business_code: String,
    pub vat_reg_nbr: Option<String>,
    pub postal_address: String,
    pub postal_code: String,
    pub postal_district: String,
    pub country_code: String,
    pub telephone: Option<String>,
    pub email: String,
    pub website: Option<String>,
    pub language_code: String,
    pub currency_code: String,
    pub iban_account: Option<String>,
    pub bic: Option<String>,
    pub bankgiro: Option<String>,
    pub plusgiro: Option<String>,
    pub created_at: Timestamp,
    pub contacts: Vec<ContactDetails>,
}

/// What is kept of a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is the member of the same name in the body of POST /client")]
pub struct ContactDetails {
    pub role: String,
    pub name: String,
    pub telephone: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
}

/// What an imported row came to.
#[derive(Clone, Debug)]
pub enum Imported {
    /// A client was created.
    Created(CreatedClient),
    /// The partner has a client of this country and business code; nothing was changed.
    AlreadyThere(ClientIdentifier),
}

impl Core {
    /// At most `limit` clients, of one partner or of all, whose numbers come after `after`, without their contacts.
    ///
    /// # Errors
    /// When there is no such partner, or the database fails.
    pub async fn list_clients(
        &self,
        partner_code: Option<&str>,
        after: Option<ClientIdentifier>,
        limit: u32,
    ) -> Result<Vec<ClientDetails>, AdminError> {
        let mut reader = self.db().reader().await?;
        let partner = match partner_code {
            Some(code) => Some(
                store::partner::by_code(&mut reader, code)
                    .await?
                    .ok_or_else(|| AdminError::NotFound(format!("partner {code}")))?
                    .partner,
            ),
            None => None,
        };
        let rows = store::client::page(&mut reader, partner, after.unwrap_or(ClientIdentifier(0)), limit).await?;
        let partners = store::partner::list(&mut reader).await?;
        let code = |partner: PartnerId| {
            partners.iter().find(|row| row.partner.partner == partner).map(|row| row.partner.code.clone())
        };
        Ok(rows.into_iter().map(|row| details(code(row.partner).unwrap_or_default(), row, Vec::new())).collect())
    }

    /// One client with its contacts.
    ///
    /// # Errors
    /// When there is no such client, or the database fails.
    pub async fn show_client(&self, client: ClientIdentifier) -> Result<ClientDetails, AdminError> {
        let mut reader = self.db().reader().await?;
        let row = store::client::by_number(&mut reader, client).await?;
        let row = row.ok_or_else(|| AdminError::NotFound(format!("client {client}")))?;
        let contacts = store::client::contacts(&mut reader, row.partner, client).await?;
        let code = code_of(&mut reader, row.partner).await?;
        Ok(details(code, row, contacts))
    }

    /// Creates a client of a partner on the operator's word, or finds it there.
    ///
    /// # Errors
    /// When the draft is wrong or the database fails; [`OnboardingError::PartnerMismatch`] when there is no such partner, it is
    /// revoked, or the draft names another.
    pub async fn import_client(
        &self,
        partner_code: &str,
        draft: &ClientDraft,
        context: &Context,
    ) -> Result<Imported, OnboardingError> {
        let partner = store::partner::by_code(&mut self.db().reader().await?, partner_code).await?;
        let partner = partner.filter(|partner| partner.revoked_at.is_none());
        let partner = partner.ok_or(OnboardingError::PartnerMismatch)?.partner;
        let mut draft = draft.clone();
        let named = draft.partner_code.get_or_insert_with(|| partner_code.to_owned());
        if named != partner_code {
            return Err(OnboardingError::PartnerMismatch);
        }
        let checked = domain::client::check(&draft, self.environment())
            .map_err(|faults| OnboardingError::Invalid(faults.into_vec()))?;
        match self.enrol(partner, checked.into(), None, context).await {
            Ok(answer) => Ok(Imported::Created(answer.value)),
            Err(OnboardingError::Exists { client, .. }) => Ok(Imported::AlreadyThere(client)),
            Err(error) => Err(error),
        }
    }
}

async fn code_of(db: &mut impl Access, partner: PartnerId) -> Result<String, AdminError> {
    Ok(store::partner::by_id(db, partner).await?.map(|row| row.code).unwrap_or_default())
}

fn details(partner_code: String, row: ClientRow, contacts: Vec<ContactRow>) -> ClientDetails {
    ClientDetails {
        partner_code,
        client_identifier: row.client,
        confirma_finance_customer_code: row.customer_code,
        payment_reference_prefix: row.reference_prefix,
        service_type: row.service_type,
        name: row.name,
        business_code: row.business_code,
        vat_reg_nbr: row.vat_number,
        postal_address: row.postal_address,
        postal_code: row.postal_code,
        postal_district: row.postal_district,
        country_code: row.country_code,
        telephone: row.telephone,
        email: row.email,
        website: row.website,
        language_code: row.language_code,
        currency_code: row.currency_code,
        iban_account: row.iban,
        bic: row.bic,
        bankgiro: row.bankgiro,
        plusgiro: row.plusgiro,
        created_at: row.created_at,
        contacts: contacts
            .into_iter()
            .map(|row| ContactDetails {
                role: row.role,
                name: row.name,
                telephone: row.telephone,
                mobile: row.mobile,
                email: row.email,
            })
            .collect(),
    }
}
