//! The seller, whose members it does not give are the client's.

use super::address::{address, contact, is_blank_address};
use super::{Address, Contact, Seller};
use crate::client::NewClient;
use crate::country::CountryCode;
use crate::fault_code::Coded;
use crate::invoice::draft::{ContactDraft, SellerDraft};
use crate::invoice::payment::PaymentDetails;
use crate::invoice::report::{Member, Report, present};
use crate::text::{self, LONGEST_LINE};
use crate::vat_number::VatNumber;

/// What of the seller is right, for the rules that depend on it.
pub(in crate::invoice) struct SellerParts {
    pub(in crate::invoice) country: CountryCode,
    /// The country whose VAT it charges; `None` when its VAT number is wrong, on which that hangs.
    pub(in crate::invoice) vat_country: Option<CountryCode>,
    pub(in crate::invoice) seller: Option<Seller>,
}

const SELLER: &str = "invoice.parties.sellerParty";

/// The path of a member of the seller.
const fn at(member: &str) -> Member<'_> {
    Member(SELLER, member)
}

pub(in crate::invoice) fn seller(
    draft: &SellerDraft,
    payment: PaymentDetails,
    client: &NewClient,
    report: &mut Report,
) -> SellerParts {
    let business_id = if present(&draft.business_id).is_some() {
        // Read as the client's own is, with which it is compared, wherever the address is.
        let given = report.business_code(at("businessId"), &draft.business_id, &[client.country_code]);
        if given.as_ref().is_some_and(|given| *given != client.business_code) {
            report.warn(
                at("businessId"),
                "seller_mismatch",
                "The seller is another business than the client whose key you use: send it with that client's key",
            );
        }
        given
    } else {
        own("businessId", client.business_code.as_str(), report).map(|_| client.business_code.clone())
    };
    let name = match present(&draft.name) {
        Some(_) => report.text(at("name"), &draft.name, LONGEST_LINE),
        None => own("name", &client.name, report),
    };
    let vat_code = match present(&draft.vat_code) {
        Some(_) => report.vat_number(at("vatCode"), &draft.vat_code),
        None => client.vat_reg_nbr.clone(),
    };
    let vat_is_wrong = vat_code.is_none() && present(&draft.vat_code).is_some();
    let (country, address) = if is_blank_address(&draft.address) {
        (Some(client.country_code), own_address(client, report))
    } else {
        address(SELLER, &draft.address, true, Some(client.country_code), report)
    };
    let country = country.unwrap_or(client.country_code);
    let contact = contact_or_own(&draft.contact, contact(SELLER, &draft.contact, Some(country), report), client);
    let vat_country = (!vat_is_wrong).then(|| vat_code.as_ref().and_then(VatNumber::country).unwrap_or(country));
    let seller =
        (|| Some(Seller { business_id: business_id?, name: name?, vat_code, address: address?, contact, payment }))();
    SellerParts { country, vat_country, seller }
}

fn own_address(client: &NewClient, report: &mut Report) -> Option<Address> {
    let street = own("address.street", &client.postal_address, report);
    let postal_code = own("address.postalCode", client.postal_code.as_str(), report);
    let postal_district = own("address.postalDistrict", &client.postal_district, report);
    Some(Address {
        street: street?,
        street2: None,
        street3: None,
        postal_code: postal_code.map(|_| client.postal_code.clone())?,
        postal_district: postal_district?,
        country: client.country_code,
        country_name: None,
    })
}

/// With the client's e-mail address where neither the seller nor its contact person has one, so that who pays can ask somebody.
fn contact_or_own(draft: &ContactDraft, given: Contact, client: &NewClient) -> Contact {
    let is_reached = present(&draft.email).is_some() || present(&draft.person_email).is_some();
    if is_reached { given } else { Contact { email: Some(client.email.clone()), ..given } }
}

/// A text of the client's that stands in for one of the invoice. A client is taken with texts that an invoice is not.
fn own(member: &str, text: &str, report: &mut Report) -> Option<String> {
    match text::check_xml(text, usize::MAX) {
        Ok(()) => Some(text.to_owned()),
        Err(fault) => {
            let message = "The client's own text stands in here, and has a control character that no invoice can have: \
                           give the text here, or have the client's corrected";
            report.add(at(member), fault.code(), message);
            None
        }
    }
}
