//! How the goods go (chapter 10.12), and who gets them where there is no address (chapter 10.13).

use domain::business_code::BusinessCode;
use domain::invoice::DeliveryParty;

use super::FinvoiceDocument;
use super::fit::Room;
use super::message::Message;
use super::party;

pub(super) fn write(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let invoice = document.invoice;
    let terms = &invoice.terms;
    // Rows of several days have their own.
    let first = invoice.rows.first().and_then(|row| row.delivery_date);
    let day = first.filter(|day| invoice.rows.iter().all(|row| row.delivery_date == Some(*day)));
    if day.is_some() || terms.delivery.is_some() || terms.delivery_method.is_some() {
        message.within("DeliveryDetails", &[], |message| {
            if let Some(day) = day {
                message.date("DeliveryDate", day);
            }
            for (name, text) in [("DeliveryMethodText", &terms.delivery_method), ("DeliveryTermsText", &terms.delivery)]
            {
                message.beginning(name, text.as_deref().unwrap_or_default(), Room::of(512));
            }
        });
    }
    if let Some(delivery) = &invoice.parties.delivery
        && delivery.address.is_none()
    {
        without_address(message, document, delivery);
    }
}

/// `DeliveryPartyDetails` must have an address, any other party need not.
fn without_address(message: &mut Message, document: &FinvoiceDocument<'_>, delivery: &DeliveryParty) {
    let words = document.language().words();
    let name = delivery.name.as_ref().unwrap_or(&document.invoice.parties.buyer.name);
    message.within("AnyPartyDetails", &[], |message| {
        // UNTDID 3035: delivery party.
        message.value_with("AnyPartyText", &[("AnyPartyCode", "DP")], words.delivery_address);
        let business_id = delivery.business_id.as_ref().map(BusinessCode::as_str);
        message.code("AnyPartyIdentifier", business_id, 35, words.delivery_address);
        message.text("AnyPartyOrganisationName", name, Room::of(35).least(2).times(2), words.delivery_address);
        if let Some(gln) = &delivery.gln {
            message.value_with("AnyPartyCode", &[party::GLN_SCHEME], gln.as_str());
        }
        let contact = &delivery.contact;
        if let Some(person) = &contact.person_name {
            message.beginning("AnyPartyContactPersonName", person, Room::of(70));
        }
        let phone = contact.phone.as_ref().map(ToString::to_string);
        let email = party::email(contact);
        if phone.is_some() || email.is_some() {
            message.within("AnyPartyCommunicationDetails", &[], |message| {
                message.code("AnyPartyPhoneNumberIdentifier", phone.as_deref(), 35, words.phone);
                message.code("AnyPartyEmailAddressIdentifier", email, 70, words.email);
            });
        }
    });
}
