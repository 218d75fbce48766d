//! Who sells, gets the invoice, buys, and gets the goods.

use domain::business_code::BusinessCode;
use domain::country::CountryCode;
use domain::invoice::Seller;

use super::FinvoiceDocument;
use super::fit::Room;
use super::message::Message;
use super::party::{self, BUYER, DELIVERY, Labels, Party, RECIPIENT, SELLER};
use super::payment::Order;

pub(super) fn write(message: &mut Message, document: &FinvoiceDocument<'_>, order: &Order<'_>) {
    let parties = &document.invoice.parties;
    let words = document.language().words();
    let labels = Labels { phone: words.phone, email: words.email };
    let (seller, buyer) = (&parties.seller, &parties.buyer);
    let of_seller = Party {
        name: &seller.name,
        business_id: Some(&seller.business_id),
        vat_code: seller.vat_code.as_ref(),
        gln: None,
        address: Some(&seller.address),
        unit: edi_identifier(&seller.business_id, seller.address.country),
        contact: &seller.contact,
        email: None,
        language: None,
    };
    party::write(message, &SELLER, &of_seller, &labels);
    information(message, seller, order, &labels);
    if let Some(recipient) = &parties.recipient {
        let unit = recipient.electronic_invoice_account.as_ref().map(ToString::to_string);
        let of_recipient = Party {
            // The element must be there.
            name: recipient.name.as_ref().unwrap_or(&buyer.name),
            business_id: recipient.business_id.as_ref(),
            vat_code: recipient.vat_code.as_ref(),
            gln: recipient.gln.as_ref(),
            address: recipient.address.as_ref(),
            unit,
            contact: &recipient.contact,
            email: recipient.email.as_ref().map(|email| email.as_str()),
            language: Some(recipient.language),
        };
        party::write(message, &RECIPIENT, &of_recipient, &labels);
    } else {
        message.value(RECIPIENT.language, buyer.language.as_str());
    }
    let of_buyer = Party {
        name: &buyer.name,
        business_id: buyer.business_id.as_ref(),
        vat_code: buyer.vat_code.as_ref(),
        gln: buyer.gln.as_ref(),
        address: buyer.address.as_ref(),
        unit: buyer.electronic_invoice_account.as_ref().map(ToString::to_string),
        contact: &buyer.contact,
        email: None,
        language: None,
    };
    party::write(message, &BUYER, &of_buyer, &labels);
    if let Some(delivery) = &parties.delivery
        && let Some(address) = &delivery.address
    {
        let of_delivery = Party {
            name: delivery.name.as_ref().unwrap_or(&buyer.name),
            business_id: delivery.business_id.as_ref(),
            vat_code: None,
            gln: delivery.gln.as_ref(),
            address: Some(address),
            unit: None,
            contact: &delivery.contact,
            email: None,
            language: None,
        };
        party::write(message, &DELIVERY, &of_delivery, &labels);
    }
}

/// The EDI identifier of a Finnish business: 0037 and its number without the hyphen (chapter 10.3). A business with an
/// address in Finland may be registered elsewhere: then its number has another form.
fn edi_identifier(number: &BusinessCode, country: CountryCode) -> Option<String> {
    let (digits, check) = number.as_str().split_once('-')?;
    let is_finnish = matches!(country.as_str(), "FI" | "AX") && (digits.len(), check.len()) == (7, 1);
    is_finnish.then(|| format!("0037{digits}{check}"))
}

/// How the seller is reached at large, and the accounts that may be paid to: those with a bank, which the schema wants.
/// The account of the payment itself is in `EpiDetails`, with or without one.
fn information(message: &mut Message, seller: &Seller, order: &Order<'_>, labels: &Labels) {
    let email = seller.contact.email.as_ref().map(|email| email.as_str());
    if email.is_none() && order.accounts.is_empty() {
        return;
    }
    message.within("SellerInformationDetails", &[], |message| {
        // Too long for this element is too long for that of the contact person.
        let same = email == party::email(&seller.contact);
        if email.is_some_and(|email| !same || email.chars().count() <= 70) {
            message.code("SellerCommonEmailaddressIdentifier", email, 70, labels.email);
        }
        for account in &order.accounts {
            message.within("SellerAccountDetails", &[], |message| {
                let scheme = [("IdentificationSchemeName", account.scheme)];
                message.value_with("SellerAccountID", &scheme, &account.number);
                let bic = account.bic.as_deref().unwrap_or_default();
                message.value_with("SellerBic", &[("IdentificationSchemeName", "BIC")], bic);
                message.beginning("SellerAccountName", account.holder, Room::of(70));
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finnish_numbers_make_an_identifier() {
        for (registered, number, address, expected) in [
            ("FI", "0646115-8", "FI", Some("003706461158")),
            ("FI", "0646115-8", "AX", Some("003706461158")),
            ("FI", "0646115-8", "SE", None),
            ("SE", "556016-0680", "FI", None),
            ("DK", "13585628", "FI", None),
        ] {
            let country = |code| CountryCode::parse(code).unwrap();
            let number = BusinessCode::parse(number, country(registered)).unwrap();
            assert_eq!(edi_identifier(&number, country(address)).as_deref(), expected, "{number} {address}");
        }
    }
}
