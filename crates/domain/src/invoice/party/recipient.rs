//! Who gets the invoice in the buyer's place, and where the goods go.

use super::address::{address, contact, is_blank_address, is_blank_contact};
use super::{BuyerParts, DeliveryParty, Recipient, registers};
use crate::email::Email;
use crate::gln::Gln;
use crate::invoice::delivery::EInvoiceCode;
use crate::invoice::draft::{DeliveryPartyDraft, RecipientDraft};
use crate::invoice::report::{Member, Report, present};
use crate::language::LanguageCode;
use crate::text::LONGEST_LINE;

/// The path of the recipient.
pub(in crate::invoice) const RECIPIENT: &str = "invoice.parties.invoiceRecipientParty";

/// The recipient; none when nothing but its language is given, as in the documentation's own example.
pub(in crate::invoice) fn recipient(
    draft: &RecipientDraft,
    buyer: &BuyerParts,
    report: &mut Report,
) -> Option<Recipient> {
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
    let at = |member| Member(RECIPIENT, member);
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
    let registers = registers(country, vat_code, &buyer.registers);
    Some(Recipient {
        name: report.text(at("name"), name, LONGEST_LINE),
        business_id: report.business_code(at("businessId"), business_id, &registers),
        vat_code: report.vat_number(at("vatCode"), vat_code),
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
        gln: report.optional(at("glnNumber"), gln_number, Gln::parse),
        email: report.optional(at("email"), email, Email::parse),
        language: language?,
        address,
        contact: contact(RECIPIENT, contact_draft, country, report),
    })
}

const DELIVERY: &str = "invoice.parties.deliveryParty";

/// The place of delivery; none when nothing is given.
pub(in crate::invoice) fn delivery(
    draft: &DeliveryPartyDraft,
    buyer: &BuyerParts,
    report: &mut Report,
) -> Option<DeliveryParty> {
    let DeliveryPartyDraft { name, business_id, gln_number, address: address_draft, contact: contact_draft } = draft;
    let nothing = [name, business_id, gln_number].into_iter().all(|member| present(member).is_none())
        && is_blank_address(address_draft)
        && is_blank_contact(contact_draft);
    if nothing {
        return None;
    }
    let at = |member| Member(DELIVERY, member);
    let (country, address) = address(DELIVERY, address_draft, false, buyer.country, report);
    let registers = registers(country, &None, &buyer.registers);
    Some(DeliveryParty {
        name: report.text(at("name"), name, LONGEST_LINE),
        business_id: report.business_code(at("businessId"), business_id, &registers),
        gln: report.optional(at("glnNumber"), gln_number, Gln::parse),
        address,
        contact: contact(DELIVERY, contact_draft, country, report),
    })
}
