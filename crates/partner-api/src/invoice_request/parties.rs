//! The parties of an invoice.

use std::fmt;

use domain::Faults;
use domain::invoice::{
    AddressDraft, BuyerDraft, ContactDraft, DeliveryPartyDraft, PaymentDraft, RecipientDraft, SellerDraft,
};
use http_kit::{Flag, Section, Text};
use serde::Deserialize;
use utoipa::ToSchema;

use super::object::{IntoDraft, object};

/// Who sells, buys, and gets the invoice and the goods.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartiesSection {
    /// The seller: the client itself. What is left out is taken from what is known of the client.
    #[schema(value_type = Option<SellerSection>)]
    seller_party: Section<SellerSection>,
    /// Who buys and owes the money.
    #[schema(value_type = BuyerSection)]
    buyer_party: Section<BuyerSection>,
    /// Who gets the invoice in the buyer's place.
    #[schema(value_type = Option<RecipientSection>)]
    invoice_recipient_party: Section<RecipientSection>,
    /// Where the goods go, when not to the buyer.
    #[schema(value_type = Option<DeliveryPartySection>)]
    delivery_party: Section<DeliveryPartySection>,
}

object! {
    /// The seller of an invoice.
    SellerSection => SellerDraft {
        /// Its number in the trade register: that of the client.
        business_id "businessId": Text(String) = "0646115-8",
        /// Its name.
        name "name": Text(String) = "Test Customer Oy",
        /// Its VAT number.
        vat_code "vatCode": Text(String) = "FI06461158",
    } with {
        /// Its address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
        /// Where it is paid.
        payment "paymentDetails": PaymentSection,
    }
}

object! {
    /// Where an invoice is paid.
    PaymentSection => PaymentDraft {
        /// A bank account. Its check digits are always enforced.
        iban "iban": Text(String) = "FI2112345600000785",
        /// Its bank.
        bic "bic": Text(String) = "DABAFIHH",
        /// A Swedish bankgiro number.
        bankgiro "bankgiro": Text(String) = null,
        /// A Swedish plusgiro number.
        postgiro "postgiro": Text(String) = null,
    }
}

object! {
    /// Who buys.
    BuyerSection => BuyerDraft {
        /// `BUSINESS` or `PERSON`.
        entity_type "entityType": Text(String) = "BUSINESS",
        /// The name.
        name "name": Text(String) = "Buyer Company Oy",
        /// The buyer's number with the seller.
        customer_account_id "customerAccountId": Text(String) = "1001",
        /// A person's identity number. It is kept sealed and stands on no invoice.
        personal_identity_number "personalIdentityNumber": Text(String) = null,
        /// A business's number in the trade register.
        business_id "businessId": Text(String) = "2077474-0",
        /// The VAT number.
        vat_code "vatCode": Text(String) = "FI20774740",
        /// The e-invoice address.
        electronic_invoice_account "electronicInvoiceAccount": Text(String) = null,
        /// The operator of that address.
        electronic_routing_address "electronicRoutingAddress": Text(String) = null,
        /// The location number (GS1).
        gln_number "glnNumber": Text(String) = null,
        /// The language to write to the buyer in; without it that of the invoice.
        language_code "languageCode": Text(String) = "FI",
        /// Whether the buyer must not be collected from.
        disable_collection "disableCollection": Flag(bool) = false,
    } with {
        /// The postal address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
    }
}

object! {
    /// Who gets the invoice in the buyer's place. All null is nobody.
    RecipientSection => RecipientDraft {
        /// The name.
        name "name": Text(String) = null,
        /// The number in the trade register.
        business_id "businessId": Text(String) = null,
        /// The VAT number.
        vat_code "vatCode": Text(String) = null,
        /// The e-invoice address.
        electronic_invoice_account "electronicInvoiceAccount": Text(String) = null,
        /// The operator of that address.
        electronic_routing_address "electronicRoutingAddress": Text(String) = null,
        /// The location number (GS1).
        gln_number "glnNumber": Text(String) = null,
        /// The e-mail address.
        email "email": Text(String) = null,
        /// The language to write in.
        language_code "languageCode": Text(String) = null,
    } with {
        /// The postal address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
    }
}

object! {
    /// Where the goods go. All null is the buyer.
    DeliveryPartySection => DeliveryPartyDraft {
        /// The name.
        name "name": Text(String) = null,
        /// The number in the trade register.
        business_id "businessId": Text(String) = null,
        /// The location number (GS1).
        gln_number "glnNumber": Text(String) = null,
    } with {
        /// The address.
        address "address": AddressSection,
        /// Whom to ask.
        contact "contact": ContactSection,
    }
}

object! {
    /// A postal address.
    AddressSection => AddressDraft {
        /// Street or box.
        street "street": Text(String) = "Kauppakatu 1",
        /// A second line.
        street2 "street2": Text(String) = null,
        /// A third line.
        street3 "street3": Text(String) = null,
        /// The postal code, by the pattern of the country.
        postal_code "postalCode": Text(String) = "00100",
        /// The town.
        postal_district "postalDistrict": Text(String) = "HELSINKI",
        /// ISO 3166-1 alpha-2.
        country_code "countryCode": Text(String) = "FI",
        /// The country's name, as it shall be printed.
        country_name "countryName": Text(String) = "FINLAND",
    }
}

/// Whom to ask.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactSection {
    /// The person.
    #[schema(value_type = Option<ContactPersonSection>)]
    contact_person: Section<ContactPersonSection>,
    /// The e-mail address of the party.
    #[schema(value_type = Option<String>, example = "invoices@buyer.example")]
    email: Text,
    /// A telephone number: E.164, or national in the country of the address.
    #[schema(value_type = Option<String>, example = "+358401234567")]
    phone: Text,
}

/// A person to ask.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct ContactPersonSection {
    /// The name.
    #[schema(value_type = Option<String>, example = "Matti Meikäläinen")]
    name: Text,
    /// The person's own e-mail address.
    #[schema(value_type = Option<String>, example = "matti@buyer.example")]
    email: Text,
}

/// What is known of each party.
pub(super) struct PartyDrafts {
    pub(super) seller: SellerDraft,
    pub(super) buyer: BuyerDraft,
    pub(super) recipient: RecipientDraft,
    pub(super) delivery: DeliveryPartyDraft,
}

impl PartiesSection {
    /// The drafts of its parties, which stand at `invoice.parties`.
    pub(super) fn into_drafts(self, faults: &mut Faults) -> PartyDrafts {
        macro_rules! party {
            ($party:ident, $wire:literal) => {
                self.$party
                    .take(concat!("invoice.parties.", $wire), faults)
                    .into_draft(concat!("invoice.parties.", $wire), faults)
            };
        }
        PartyDrafts {
            seller: party!(seller_party, "sellerParty"),
            buyer: party!(buyer_party, "buyerParty"),
            recipient: party!(invoice_recipient_party, "invoiceRecipientParty"),
            delivery: party!(delivery_party, "deliveryParty"),
        }
    }
}

impl IntoDraft for ContactSection {
    type Draft = ContactDraft;

    fn into_draft(self, at: impl fmt::Display, faults: &mut Faults) -> ContactDraft {
        let person = self.contact_person.take(format_args!("{at}.contactPerson"), faults);
        ContactDraft {
            person_name: person.name.take(format_args!("{at}.contactPerson.name"), faults),
            person_email: person.email.take(format_args!("{at}.contactPerson.email"), faults),
            email: self.email.take(format_args!("{at}.email"), faults),
            phone: self.phone.take(format_args!("{at}.phone"), faults),
        }
    }
}
