//! Who sells, buys, gets the invoice, and gets the goods.

use std::fmt;

use super::delivery::EInvoiceCode;
use super::draft::{AddressDraft, BuyerDraft, ContactDraft, DeliveryPartyDraft, RecipientDraft, SellerDraft};
use super::payment::PaymentDetails;
use super::report::{LONGEST_CODE, Report, present};
use crate::business_code::BusinessCode;
use crate::client::NewClient;
use crate::country::CountryCode;
use crate::email::Email;
use crate::fault_code::Coded;
use crate::gln::Gln;
use crate::language::LanguageCode;
use crate::personal_identity::{PersonalIdentityFault, PersonalIdentityNumber};
use crate::postal_code::PostalCode;
use crate::telephone::Telephone;
use crate::text::LONGEST_LINE;
use crate::vat_number::VatNumber;

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
    /// Its number in the trade register of its country.
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
    /// Its number in the trade register of its country.
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

const STREET: &str = "An address needs its street or box";
const POSTAL_CODE: &str = "An address needs its postal code";
const DISTRICT: &str = "An address needs its postal district";
const COUNTRY: &str = "An address needs its country";

/// An address: all of it when `needed` or when any line of it is given; and its country, which may stand alone.
fn address(
    party: &str,
    draft: &AddressDraft,
    needed: bool,
    fallback: Option<CountryCode>,
    report: &mut Report,
) -> (Option<CountryCode>, Option<Address>) {
    let at = |member: &str| format!("{party}.address.{member}");
    let code_given = present(&draft.country_code).is_some();
    let country =
        if code_given { report.optional(at("countryCode"), &draft.country_code, CountryCode::parse) } else { fallback };
    let whole = needed
        || [&draft.street, &draft.postal_code, &draft.postal_district].into_iter().any(|line| present(line).is_some());
    let street2 = report.line(at("street2"), &draft.street2, LONGEST_LINE);
    let street3 = report.line(at("street3"), &draft.street3, LONGEST_LINE);
    let country_name = report.line(at("countryName"), &draft.country_name, LONGEST_LINE);
    if !whole {
        return (country, None);
    }
    let street = report.needed(at("street"), STREET, &draft.street, LONGEST_LINE);
    let postal_code = match (present(&draft.postal_code), country) {
        (None, _) => {
            report.missing(at("postalCode"), POSTAL_CODE);
            None
        }
        (Some(_), None) => None,
        (Some(_), Some(country)) => {
            report.optional(at("postalCode"), &draft.postal_code, |text| PostalCode::parse(text, country))
        }
    };
    let postal_district = report.needed(at("postalDistrict"), DISTRICT, &draft.postal_district, LONGEST_LINE);
    if country.is_none() && !code_given {
        report.missing(at("countryCode"), COUNTRY);
    }
    let address = (|| {
        Some(Address {
            street: street?,
            street2,
            street3,
            postal_code: postal_code?,
            postal_district: postal_district?,
            country: country?,
            country_name,
        })
    })();
    (country, address)
}

fn contact(party: &str, draft: &ContactDraft, country: Option<CountryCode>, report: &mut Report) -> Contact {
    let at = |member: &str| format!("{party}.contact.{member}");
    Contact {
        person_name: report.line(at("contactPerson.name"), &draft.person_name, LONGEST_LINE),
        person_email: report.optional(at("contactPerson.email"), &draft.person_email, Email::parse),
        email: report.optional(at("email"), &draft.email, Email::parse),
        phone: report.telephone(at("phone"), &draft.phone, country),
    }
}

fn is_blank_address(draft: &AddressDraft) -> bool {
    let AddressDraft { street, street2, street3, postal_code, postal_district, country_code, country_name } = draft;
    [street, street2, street3, postal_code, postal_district, country_code, country_name]
        .into_iter()
        .all(|member| present(member).is_none())
}

fn is_blank_contact(draft: &ContactDraft) -> bool {
    let ContactDraft { person_name, person_email, email, phone } = draft;
    [person_name, person_email, email, phone].into_iter().all(|member| present(member).is_none())
}

/// The seller without its accounts, whose members it does not give are the client's.
pub(super) struct SellerParts {
    pub(super) country: CountryCode,
    pub(super) vat_country: CountryCode,
    pub(super) seller: Option<Seller>,
}

const SELLER: &str = "invoice.parties.sellerParty";

pub(super) fn seller(
    draft: &SellerDraft,
    payment: PaymentDetails,
    client: &NewClient,
    report: &mut Report,
) -> SellerParts {
    let at = |member: &str| format!("{SELLER}.{member}");
    let own = Address {
        street: client.postal_address.clone(),
        street2: None,
        street3: None,
        postal_code: client.postal_code.clone(),
        postal_district: client.postal_district.clone(),
        country: client.country_code,
        country_name: None,
    };
    let (country, address) = if is_blank_address(&draft.address) {
        (Some(client.country_code), Some(own))
    } else {
        address(SELLER, &draft.address, true, None, report)
    };
    let country = country.unwrap_or(client.country_code);
    let business_id = if present(&draft.business_id).is_some() {
        let given = report.business_id(at("businessId"), &draft.business_id, Some(country));
        if given.as_ref().is_some_and(|given| *given != client.business_code) {
            report.warn(
                at("businessId"),
                "seller_mismatch",
                "The seller is another business than the client whose key you use: send it with that client's key",
            );
        }
        given
    } else {
        Some(client.business_code.clone())
    };
    let name = match present(&draft.name) {
        Some(_) => report.line(at("name"), &draft.name, LONGEST_LINE),
        None => Some(client.name.clone()),
    };
    let vat_code = match present(&draft.vat_code) {
        Some(_) => report.vat_code(at("vatCode"), &draft.vat_code),
        None => client.vat_reg_nbr.clone(),
    };
    let contact = contact(SELLER, &draft.contact, Some(country), report);
    let vat_country = vat_code.as_ref().and_then(vat_country).unwrap_or(country);
    let seller =
        (|| Some(Seller { business_id: business_id?, name: name?, vat_code, address: address?, contact, payment }))();
    SellerParts { country, vat_country, seller }
}

/// The country whose VAT a number is for.
fn vat_country(number: &VatNumber) -> Option<CountryCode> {
    CountryCode::parse(match number.as_str().get(..2)? {
        "EL" => "GR",
        "XI" => "GB",
        prefix => prefix,
    })
    .ok()
}

/// What of the buyer is right, for the rules that depend on it.
pub(super) struct BuyerParts {
    pub(super) entity_type: Option<EntityType>,
    pub(super) country: Option<CountryCode>,
    pub(super) language: Option<LanguageCode>,
    pub(super) buyer: Option<Buyer>,
}

pub(super) const BUYER: &str = "invoice.parties.buyerParty";

/// The buyer. A business has a whole address, since it must stand on its invoices (Directive 2006/112/EC article 226
/// (5)); of a person, whose invoices may be simplified, the country is enough.
pub(super) fn buyer(draft: &BuyerDraft, language: Option<LanguageCode>, report: &mut Report) -> BuyerParts {
    let at = |member: &str| format!("{BUYER}.{member}");
    let entity_type = report.required(
        at("entityType"),
        "A buyer needs its entity type: BUSINESS or PERSON",
        &draft.entity_type,
        EntityType::parse,
    );
    let name = report.needed(at("name"), "A buyer needs a name", &draft.name, LONGEST_LINE);
    let customer_account_id = report.line(at("customerAccountId"), &draft.customer_account_id, LONGEST_CODE);
    let is_business = entity_type == Some(EntityType::Business);
    let (country, address) = address(BUYER, &draft.address, is_business, None, report);
    if country.is_none() && present(&draft.address.country_code).is_none() {
        report.missing(at("address.countryCode"), COUNTRY);
    }
    let personal_identity_number = match (present(&draft.personal_identity_number), country) {
        (Some(text), Some(country)) => {
            report.verified(at("personalIdentityNumber"), PersonalIdentityNumber::parse(text, country), |fault| {
                match fault {
                    PersonalIdentityFault::CheckCharacter { number } => Some(number.clone()),
                    PersonalIdentityFault::Format { .. } => None,
                }
            })
        }
        _ => None,
    };
    let business_id = report.business_id(at("businessId"), &draft.business_id, country);
    let vat_code = report.vat_code(at("vatCode"), &draft.vat_code);
    let electronic_invoice_account =
        report.optional(at("electronicInvoiceAccount"), &draft.electronic_invoice_account, EInvoiceCode::parse);
    let electronic_routing_address =
        report.optional(at("electronicRoutingAddress"), &draft.electronic_routing_address, EInvoiceCode::parse);
    let gln = report.gln(at("glnNumber"), &draft.gln_number);
    let language = match present(&draft.language_code) {
        Some(_) => report.optional(at("languageCode"), &draft.language_code, LanguageCode::parse),
        None => language,
    };
    let contact = contact(BUYER, &draft.contact, country, report);
    let buyer = (|| {
        Some(Buyer {
            entity_type: entity_type?,
            name: name?,
            customer_account_id,
            personal_identity_number,
            business_id,
            vat_code,
            electronic_invoice_account,
            electronic_routing_address,
            gln,
            language: language?,
            disable_collection: draft.disable_collection.unwrap_or(false),
            country: country?,
            address,
            contact,
        })
    })();
    BuyerParts { entity_type, country, language, buyer }
}

const RECIPIENT: &str = "invoice.parties.invoiceRecipientParty";

/// The recipient; none when nothing but its language is given, as in the documentation's own example.
pub(super) fn recipient(draft: &RecipientDraft, buyer: &BuyerParts, report: &mut Report) -> Option<Recipient> {
    let RecipientDraft {
        name,
        business_id,
        vat_code,
        electronic_invoice_account,
        electronic_routing_address,
        gln_number,
        email,
        language_code,
        address: address_draft,
        contact: contact_draft,
    } = draft;
    let texts =
        [name, business_id, vat_code, electronic_invoice_account, electronic_routing_address, gln_number, email];
    let at = |member: &str| format!("{RECIPIENT}.{member}");
    let language = match present(language_code) {
        Some(_) => report.optional(at("languageCode"), language_code, LanguageCode::parse),
        None => buyer.language,
    };
    let nothing = texts.into_iter().all(|member| present(member).is_none())
        && is_blank_address(address_draft)
        && is_blank_contact(contact_draft);
    if nothing {
        return None;
    }
    let (country, address) = address(RECIPIENT, address_draft, false, buyer.country, report);
    Some(Recipient {
        name: report.line(at("name"), name, LONGEST_LINE),
        business_id: report.business_id(at("businessId"), business_id, country),
        vat_code: report.vat_code(at("vatCode"), vat_code),
        electronic_invoice_account: report.optional(
            at("electronicInvoiceAccount"),
            electronic_invoice_account,
            EInvoiceCode::parse,
        ),
        electronic_routing_address: report.optional(
            at("electronicRoutingAddress"),
            electronic_routing_address,
            EInvoiceCode::parse,
        ),
        gln: report.gln(at("glnNumber"), gln_number),
        email: report.optional(at("email"), email, Email::parse),
        language: language?,
        address,
        contact: contact(RECIPIENT, contact_draft, country, report),
    })
}

const DELIVERY: &str = "invoice.parties.deliveryParty";

pub(super) fn delivery(draft: &DeliveryPartyDraft, buyer: &BuyerParts, report: &mut Report) -> Option<DeliveryParty> {
    let DeliveryPartyDraft { name, business_id, gln_number, address: address_draft, contact: contact_draft } = draft;
    let nothing = [name, business_id, gln_number].into_iter().all(|member| present(member).is_none())
        && is_blank_address(address_draft)
        && is_blank_contact(contact_draft);
    if nothing {
        return None;
    }
    let at = |member: &str| format!("{DELIVERY}.{member}");
    let (country, address) = address(DELIVERY, address_draft, false, buyer.country, report);
    Some(DeliveryParty {
        name: report.line(at("name"), name, LONGEST_LINE),
        business_id: report.business_id(at("businessId"), business_id, country),
        gln: report.gln(at("glnNumber"), gln_number),
        address,
        contact: contact(DELIVERY, contact_draft, country, report),
    })
}
