//! Clients: what a partner sends of one, and what it is when every rule holds (the contract's sections "Validation" and
//! "Onboarding"). [`check()`] leads from one to the other; the codes that it gives are in [`FAULT_CODES`].
//!
//! [`FAULT_CODES`]: crate::fault_code::FAULT_CODES

mod check;

pub use check::{Checked, check, faults};

use crate::bic::Bic;
use crate::business_code::BusinessCode;
use crate::country::CountryCode;
use crate::currency::CurrencyCode;
use crate::email::Email;
use crate::giro::{Bankgiro, Plusgiro};
use crate::iban::Iban;
use crate::language::LanguageCode;
use crate::postal_code::PostalCode;
use crate::service_type::ServiceType;
use crate::telephone::Telephone;
use crate::vat_number::VatNumber;
use crate::website::Website;

/// A client as it is sent: texts that may hold anything. `None` and a blank text are absent values.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(
    missing_docs,
    reason = "each is the member of the same name in the body of POST /client, and is typed in NewClient"
)]
pub struct ClientDraft {
    pub service_type: Option<String>,
    pub partner_code: Option<String>,
    pub name: Option<String>,
    pub business_code: Option<String>,
    pub vat_reg_nbr: Option<String>,
    pub postal_address: Option<String>,
    pub postal_code: Option<String>,
    pub postal_district: Option<String>,
    pub country_code: Option<String>,
    pub telephone: Option<String>,
    pub email: Option<String>,
    pub website: Option<String>,
    pub language_code: Option<String>,
    pub currency_code: Option<String>,
    pub iban_account: Option<String>,
    pub bic: Option<String>,
    pub bankgiro: Option<String>,
    pub plusgiro: Option<String>,
    pub primary: ContactDraft,
    pub technical: ContactDraft,
    pub accountant: ContactDraft,
}

/// A contact as it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(
    missing_docs,
    reason = "each is the member of the same name in the body of POST /client, and is typed in Contact"
)]
pub struct ContactDraft {
    pub name: Option<String>,
    pub telephone: Option<String>,
    pub mobile: Option<String>,
    pub email: Option<String>,
}

/// A client that follows every rule, each value in the form in which it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// What the client buys.
    pub service_type: ServiceType,
    /// The full name of the business, as sent.
    pub name: String,
    /// Its number in the trade register of `country_code`.
    pub business_code: BusinessCode,
    /// Its VAT number.
    pub vat_reg_nbr: Option<VatNumber>,
    /// The street or box of its address, as sent.
    pub postal_address: String,
    /// The postal code of its address.
    pub postal_code: PostalCode,
    /// The town of its address, as sent.
    pub postal_district: String,
    /// The country of its address and of its business code.
    pub country_code: CountryCode,
    /// Its telephone number.
    pub telephone: Option<Telephone>,
    /// Its e-mail address.
    pub email: Email,
    /// Its website.
    pub website: Option<Website>,
    /// The language that it is written to in.
    pub language_code: LanguageCode,
    /// The currency that it is settled in.
    pub currency_code: CurrencyCode,
    /// Its bank account.
    pub iban_account: Option<Iban>,
    /// The bank of its account.
    pub bic: Option<Bic>,
    /// Its Swedish bankgiro number.
    pub bankgiro: Option<Bankgiro>,
    /// Its Swedish plusgiro number.
    pub plusgiro: Option<Plusgiro>,
    /// The primary contact, and the technical one and the accountant where there are such, in this order.
    pub contacts: Vec<Contact>,
}

/// A person to turn to at a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// What the person is turned to for.
    pub role: ContactRole,
    /// The name, as sent.
    pub name: String,
    /// A telephone number.
    pub telephone: Option<Telephone>,
    /// A mobile telephone number.
    pub mobile: Option<Telephone>,
    /// An e-mail address.
    pub email: Option<Email>,
}

/// What a contact is for. A client has one of each at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactRole {
    /// For everything. Every client has one.
    Primary,
    /// For the integration.
    Technical,
    /// For the books.
    Accountant,
}

impl ContactRole {
    /// Every role, in the order of the contract.
    pub const ALL: [Self; 3] = [Self::Primary, Self::Technical, Self::Accountant];

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Technical => "technical",
            Self::Accountant => "accountant",
        }
    }
}

impl std::fmt::Display for ContactRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ClientDraft {
    /// The contact of `role`.
    #[must_use]
    pub const fn contact(&self, role: ContactRole) -> &ContactDraft {
        match role {
            ContactRole::Primary => &self.primary,
            ContactRole::Technical => &self.technical,
            ContactRole::Accountant => &self.accountant,
        }
    }

    /// The contact of `role`, to change it.
    pub const fn contact_mut(&mut self, role: ContactRole) -> &mut ContactDraft {
        match role {
            ContactRole::Primary => &mut self.primary,
            ContactRole::Technical => &mut self.technical,
            ContactRole::Accountant => &mut self.accountant,
        }
    }
}

impl NewClient {
    /// The client as a draft again, of the partner with `partner_code`: what a change is merged into before it is checked.
    #[must_use]
    pub fn to_draft(&self, partner_code: &str) -> ClientDraft {
        fn some(value: impl ToString) -> Option<String> {
            Some(value.to_string())
        }
        fn text<T: ToString>(value: Option<&T>) -> Option<String> {
            value.map(ToString::to_string)
        }
        let mut draft = ClientDraft {
            service_type: some(self.service_type),
            partner_code: some(partner_code),
            name: some(&self.name),
            business_code: some(&self.business_code),
            vat_reg_nbr: text(self.vat_reg_nbr.as_ref()),
            postal_address: some(&self.postal_address),
            postal_code: some(&self.postal_code),
            postal_district: some(&self.postal_district),
            country_code: some(self.country_code),
            telephone: text(self.telephone.as_ref()),
            email: some(&self.email),
            website: text(self.website.as_ref()),
            language_code: some(self.language_code),
            currency_code: some(self.currency_code),
            iban_account: text(self.iban_account.as_ref()),
            bic: text(self.bic.as_ref()),
            bankgiro: text(self.bankgiro.as_ref()),
            plusgiro: text(self.plusgiro.as_ref()),
            ..ClientDraft::default()
        };
        for contact in &self.contacts {
            *draft.contact_mut(contact.role) = ContactDraft {
                name: some(&contact.name),
                telephone: text(contact.telephone.as_ref()),
                mobile: text(contact.mobile.as_ref()),
                email: text(contact.email.as_ref()),
            };
        }
        draft
    }
}

#[cfg(test)]
mod tests;
