//! The buyer.

use super::address::{COUNTRY, address, contact};
use super::{Buyer, EntityType, registers};
use crate::business_code::BusinessCode;
use crate::country::CountryCode;
use crate::gln::Gln;
use crate::invoice::delivery::EInvoiceCode;
use crate::invoice::draft::BuyerDraft;
use crate::invoice::report::{LONGEST_CODE, Member, Report, present};
use crate::language::LanguageCode;
use crate::personal_identity::PersonalIdentityNumber;
use crate::text::LONGEST_LINE;

/// What of the buyer is right, for the rules that depend on it.
pub(in crate::invoice) struct BuyerParts {
    pub(in crate::invoice) entity_type: Option<EntityType>,
    pub(in crate::invoice) country: Option<CountryCode>,
    pub(in crate::invoice) language: Option<LanguageCode>,
    /// The countries in which it may be registered.
    pub(in crate::invoice) registers: Vec<CountryCode>,
    pub(in crate::invoice) buyer: Option<Buyer>,
}

/// The path of the buyer.
pub(in crate::invoice) const BUYER: &str = "invoice.parties.buyerParty";

/// The buyer of a seller at `home`. A business has a whole address, since it must stand on its invoices (Directive
/// 2006/112/EC article 226 (5)); of a person, whose invoices may be simplified, the country is enough.
pub(in crate::invoice) fn buyer(
    draft: &BuyerDraft,
    language: Option<LanguageCode>,
    home: CountryCode,
    report: &mut Report,
) -> BuyerParts {
    let at = |member| Member(BUYER, member);
    let entity_type = report.required(
        at("entityType"),
        "A buyer needs its entity type: BUSINESS or PERSON",
        &draft.entity_type,
        EntityType::parse,
    );
    let name = report.needed(at("name"), "A buyer needs a name", &draft.name, LONGEST_LINE);
    let customer_account_id = report.text(at("customerAccountId"), &draft.customer_account_id, LONGEST_CODE);
    let is_business = entity_type == Some(EntityType::Business);
    let (country, address) = address(BUYER, &draft.address, is_business, None, report);
    if country.is_none() && present(&draft.address.country_code).is_none() {
        report.missing(at("address.countryCode"), COUNTRY);
    }
    let personal_identity_number = country.and_then(|country| {
        report.optional(at("personalIdentityNumber"), &draft.personal_identity_number, |text| {
            PersonalIdentityNumber::parse(text, country)
        })
    });
    // Not where any text is a number, so that a slip of the pen is still told.
    let home = Some(home).filter(|home| BusinessCode::has_form(*home));
    let registers = registers(country, &draft.vat_code, home.as_slice());
    let business_id = report.business_code(at("businessId"), &draft.business_id, &registers);
    let vat_code = report.vat_number(at("vatCode"), &draft.vat_code);
    let electronic_invoice_account =
        report.optional(at("electronicInvoiceAccount"), &draft.electronic_invoice_account, EInvoiceCode::parse);
    let electronic_routing_address =
        report.optional(at("electronicRoutingAddress"), &draft.electronic_routing_address, EInvoiceCode::parse);
    let gln = report.optional(at("glnNumber"), &draft.gln_number, Gln::parse);
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
    BuyerParts { entity_type, country, language, registers, buyer }
}
