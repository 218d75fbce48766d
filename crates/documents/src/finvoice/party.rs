//! One party, whose elements have the same order whoever it is (chapters 10.2 to 10.11).

use domain::business_code::BusinessCode;
use domain::gln::Gln;
use domain::invoice::{Address, Contact};
use domain::language::LanguageCode;
use domain::vat_number::VatNumber;

use super::fit::{self, Room};
use super::message::Message;

/// The ISO 6523 identifier of location numbers.
pub(super) const GLN_SCHEME: (&str, &str) = ("SchemeID", "0088");

/// The names of a party's elements.
pub(super) struct Names {
    pub(super) details: &'static str,
    pub(super) identifier: &'static str,
    pub(super) name: &'static str,
    pub(super) name_length: usize,
    pub(super) tax_code: &'static str,
    pub(super) code: &'static str,
    pub(super) address: &'static str,
    pub(super) street: &'static str,
    pub(super) town: &'static str,
    pub(super) post_code: &'static str,
    pub(super) unit: &'static str,
    pub(super) person: &'static str,
    pub(super) language: &'static str,
    pub(super) communication: &'static str,
    pub(super) phone: &'static str,
    pub(super) email: &'static str,
}

/// Declares the names that a party's elements have behind its own.
macro_rules! names {
    ($constant:ident, $party:literal, $details:literal, $name_length:literal) => {
        pub(super) const $constant: Names = Names {
            details: $details,
            identifier: concat!($party, "PartyIdentifier"),
            name: concat!($party, "OrganisationName"),
            name_length: $name_length,
            tax_code: concat!($party, "OrganisationTaxCode"),
            code: concat!($party, "Code"),
            address: concat!($party, "PostalAddressDetails"),
            street: concat!($party, "StreetName"),
            town: concat!($party, "TownName"),
            post_code: concat!($party, "PostCodeIdentifier"),
            unit: concat!($party, "OrganisationUnitNumber"),
            person: concat!($party, "ContactPersonName"),
            language: concat!($party, "LanguageCode"),
            communication: concat!($party, "CommunicationDetails"),
            phone: concat!($party, "PhoneNumberIdentifier"),
            email: concat!($party, "EmailaddressIdentifier"),
        };
    };
}

names!(SELLER, "Seller", "SellerPartyDetails", 70);
names!(RECIPIENT, "InvoiceRecipient", "InvoiceRecipientPartyDetails", 35);
names!(BUYER, "Buyer", "BuyerPartyDetails", 70);
names!(DELIVERY, "Delivery", "DeliveryPartyDetails", 35);

/// What is said of a party.
pub(super) struct Party<'a> {
    pub(super) name: &'a str,
    pub(super) business_id: Option<&'a BusinessCode>,
    pub(super) vat_code: Option<&'a VatNumber>,
    pub(super) gln: Option<&'a Gln>,
    pub(super) address: Option<&'a Address>,
    pub(super) unit: Option<String>,
    pub(super) contact: &'a Contact,
    /// The address for its mail, where its contact has none.
    pub(super) email: Option<&'a str>,
    pub(super) language: Option<LanguageCode>,
}

/// What stands before texts that found no room.
pub(super) struct Labels {
    pub(super) phone: &'static str,
    pub(super) email: &'static str,
}

/// Writes it.
pub(super) fn write(message: &mut Message, names: &Names, party: &Party<'_>, labels: &Labels) {
    message.within(names.details, &[], |message| {
        let business_id = party.business_id.map(BusinessCode::as_str);
        message.code(names.identifier, business_id, 35, party.name);
        let room = Room::of(names.name_length).least(2).unbounded();
        message.text(names.name, party.name, room, "");
        message.code(names.tax_code, party.vat_code.map(VatNumber::as_str), 35, party.name);
        if let Some(gln) = party.gln {
            message.value_with(names.code, &[GLN_SCHEME], gln.as_str());
        }
        if let Some(address) = party.address {
            postal_address(message, names, address, party.name);
        }
    });
    if let Some(unit) = &party.unit {
        message.value(names.unit, unit);
    }
    if let Some(person) = &party.contact.person_name {
        message.beginning(names.person, person, Room::of(70));
    }
    if let Some(language) = party.language {
        message.value(names.language, language.as_str());
    }
    let phone = party.contact.phone.as_ref().map(ToString::to_string);
    let email = email(party.contact).or(party.email);
    if phone.is_some() || email.is_some() {
        message.within(names.communication, &[], |message| {
            message.code(names.phone, phone.as_deref(), 35, labels.phone);
            message.code(names.email, email, 70, labels.email);
        });
    }
}

/// The person's address, else that of the party.
pub(super) fn email(contact: &Contact) -> Option<&str> {
    contact.person_email.as_ref().or(contact.email.as_ref()).map(|email| email.as_str())
}

/// Three lines of 35 characters. Where its own lines are more than that, they are filled up; what is longer still
/// stands among the free texts, too.
fn postal_address(message: &mut Message, names: &Names, address: &Address, whose: &str) {
    const STREET: Room = Room::of(35).least(2).times(3);
    let given = [Some(&address.street), address.street2.as_ref(), address.street3.as_ref()];
    let given: Vec<&str> = given.into_iter().flatten().map(String::as_str).collect();
    let own: usize = given.iter().map(|line| fit::pieces(line, STREET.most).len()).sum();
    message.within(names.address, &[], |message| {
        if own <= STREET.times {
            for line in given {
                message.beginning(names.street, line, STREET);
            }
        } else {
            message.text(names.street, &given.join(", "), STREET, &fit::line(whose));
        }
        message.text(names.town, &address.postal_district, Room::of(35).least(2), &fit::line(whose));
        message.beginning(names.post_code, address.postal_code.as_str(), Room::of(35).least(2));
        message.value("CountryCode", address.country.as_str());
        if let Some(name) = &address.country_name {
            message.beginning("CountryName", name, Room::of(35));
        }
    });
}
