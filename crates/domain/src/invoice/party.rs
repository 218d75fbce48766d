//! Who sells, buys, gets the invoice, and gets the goods.

use std::fmt;

mod address;
mod buyer;
mod recipient;
mod seller;

pub(super) use address::has_lines;
pub(super) use buyer::{BUYER, BuyerParts, buyer};
pub(super) use recipient::{RECIPIENT, delivery, recipient};
pub(super) use seller::{SellerParts, seller};

use super::delivery::EInvoiceCode;
use super::payment::PaymentDetails;
use super::report::present;
use crate::business_code::BusinessCode;
use crate::country::CountryCode;
use crate::email::Email;
use crate::fault_code::Coded;
use crate::gln::Gln;
use crate::language::LanguageCode;
use crate::personal_identity::PersonalIdentityNumber;
use crate::postal_code::PostalCode;
use crate::telephone::Telephone;
use crate::vat_number::{VatNumber, VatNumberFault};

/// The parties of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Who sells.
    pub seller: Seller,
    /// Who buys.
    pub buyer: Buyer,
    /// Who gets the invoice in the buyer's place.
    pub recipient: Option<Recipient>,
    /// Where the goods go, when not to the buyer.
    pub delivery: Option<DeliveryParty>,
}

/// The seller: the client, as its invoice shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    /// Its number in the trade register of its country: the client's own, but in sandbox perhaps another.
    pub business_id: BusinessCode,
    /// Its name, as sent.
    pub name: String,
    /// Its VAT number.
    pub vat_code: Option<VatNumber>,
    /// Its address.
    pub address: Address,
    /// Whom to ask.
    pub contact: Contact,
    /// Where it is paid.
    pub payment: PaymentDetails,
}

/// The buyer, who owes the money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buyer {
    /// Business or person.
    pub entity_type: EntityType,
    /// Its name, as sent.
    pub name: String,
    /// Its number with the seller, as sent.
    pub customer_account_id: Option<String>,
    /// A person's identity number.
    pub personal_identity_number: Option<PersonalIdentityNumber>,
    /// A business's number in the trade register.
    pub business_id: Option<BusinessCode>,
    /// Its VAT number.
    pub vat_code: Option<VatNumber>,
    /// Its e-invoice address.
    pub electronic_invoice_account: Option<EInvoiceCode>,
    /// The operator of that address.
    pub electronic_routing_address: Option<EInvoiceCode>,
    /// Its location number.
    pub gln: Option<Gln>,
    /// The language that it is written to in: its own, else that of the invoice.
    pub language: LanguageCode,
    /// Whether it must not be collected from.
    pub disable_collection: bool,
    /// Its country.
    pub country: CountryCode,
    /// Its postal address: every business has one.
    pub address: Option<Address>,
    /// Whom to ask.
    pub contact: Contact,
}

/// Who gets the invoice in the buyer's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// Its name, as sent.
    pub name: Option<String>,
    /// Its number in the trade register of its country, which need not be that of its address.
    pub business_id: Option<BusinessCode>,
    /// Its VAT number.
    pub vat_code: Option<VatNumber>,
    /// Its e-invoice address.
    pub electronic_invoice_account: Option<EInvoiceCode>,
    /// The operator of that address.
    pub electronic_routing_address: Option<EInvoiceCode>,
    /// Its location number.
    pub gln: Option<Gln>,
    /// The address that invoices are mailed to.
    pub email: Option<Email>,
    /// The language that it is written to in: its own, else the buyer's.
    pub language: LanguageCode,
    /// Its postal address.
    pub address: Option<Address>,
    /// Whom to ask.
    pub contact: Contact,
}

/// Where the goods go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryParty {
    /// Its name, as sent.
    pub name: Option<String>,
    /// Its number in the trade register of its country, which need not be that of its address.
    pub business_id: Option<BusinessCode>,
    /// Its location number.
    pub gln: Option<Gln>,
    /// Its address.
    pub address: Option<Address>,
    /// Whom to ask.
    pub contact: Contact,
}

/// A whole postal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The street or box, as sent.
    pub street: String,
    /// A second line of it, as sent.
    pub street2: Option<String>,
    /// A third one, as sent.
    pub street3: Option<String>,
    /// The postal code.
    pub postal_code: PostalCode,
    /// The town, as sent.
    pub postal_district: String,
    /// The country.
    pub country: CountryCode,
    /// Its name, as sent.
    pub country_name: Option<String>,
}

/// Whom to ask at a party.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// The name of a person, as sent.
    pub person_name: Option<String>,
    /// That person's e-mail address.
    pub person_email: Option<Email>,
    /// The party's e-mail address.
    pub email: Option<Email>,
    /// Its telephone number.
    pub phone: Option<Telephone>,
}

/// What kind of buyer it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntityType {
    /// A business, an association or an authority.
    Business,
    /// A natural person.
    Person,
}

/// The text names no kind of buyer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The entity type is unknown: use BUSINESS or PERSON")]
pub struct UnknownEntityType;

impl Coded for UnknownEntityType {
    fn code(&self) -> &'static str {
        "unknown_entity_type"
    }
}

impl EntityType {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Business, Self::Person];

    /// Reads the name used on the wire, upper-case. `CONSUMER` is taken as `PERSON`, since the documentation shows no
    /// name of it.
    ///
    /// # Errors
    /// [`UnknownEntityType`] for any other text.
    pub fn parse(text: &str) -> Result<Self, UnknownEntityType> {
        match text {
            "BUSINESS" => Ok(Self::Business),
            "PERSON" | "CONSUMER" => Ok(Self::Person),
            _ => Err(UnknownEntityType),
        }
    }

    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Business => "BUSINESS",
            Self::Person => "PERSON",
        }
    }
}

impl fmt::Display for EntityType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The countries in whose registers the number of a business may be, the likeliest first: that of its address, that of
/// its VAT number as it is sent, and `others`. An address says where somebody is, and not where they are registered: a
/// company has warehouses abroad. None without an address.
fn registers(of_address: Option<CountryCode>, vat_code: &Option<String>, others: &[CountryCode]) -> Vec<CountryCode> {
    let Some(of_address) = of_address else { return Vec::new() };
    let of_vat = present(vat_code).and_then(|text| match VatNumber::parse(text) {
        Ok(number) | Err(VatNumberFault::CheckDigits { number }) => number.country(),
        Err(_) => None,
    });
    let mut countries = vec![of_address];
    for country in of_vat.into_iter().chain(others.iter().copied()) {
        if !countries.contains(&country) {
            countries.push(country);
        }
    }
    countries
}
