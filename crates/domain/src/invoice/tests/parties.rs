//! Who buys and gets the invoice, how it is sent, and where it is paid.

use super::*;
use crate::distribution::DistributionMethod;

#[test]
fn buyers_are_checked() {
    let buyer = |member: &str| format!("invoice.parties.buyerParty.{member}");
    assert_fault(|draft| draft.buyer.entity_type = some("COMPANY"), &buyer("entityType"), "unknown_entity_type");
    assert_fault(
        |draft| draft.buyer.business_id = some("0646115-9"),
        &buyer("businessId"),
        "business_code_check_digit",
    );
    assert_fault(|draft| draft.buyer.gln_number = some("4006381333932"), &buyer("glnNumber"), "gln_check_digit");
    assert_fault(
        |draft| draft.buyer.address.postal_code = some("0010"),
        &buyer("address.postalCode"),
        "postal_code_format",
    );
    assert_fault(
        |draft| draft.buyer.address.country_code = some("XX"),
        &buyer("address.countryCode"),
        "unknown_country",
    );
    assert_fault(|draft| draft.buyer.contact.phone = some("123"), &buyer("contact.phone"), "telephone_unknown");
    assert_fault(|draft| draft.buyer.address.street = None, &buyer("address.street"), "required");
    assert_fault(
        |draft| draft.buyer.electronic_invoice_account = some("a b&c"),
        &buyer("electronicInvoiceAccount"),
        "e_invoice_address_format",
    );
    // A person needs no address, unless the invoice is printed.
    let person = |draft: &mut InvoiceDraft| {
        draft.buyer = BuyerDraft {
            entity_type: some("CONSUMER"),
            name: some("Matti Meikäläinen"),
            personal_identity_number: some("131052-308T"),
            address: AddressDraft { country_code: some("FI"), ..AddressDraft::default() },
            contact: ContactDraft { email: some("matti@example.fi"), ..ContactDraft::default() },
            ..BuyerDraft::default()
        };
    };
    let invoice = taken(&with(person));
    assert_eq!((invoice.parties.buyer.entity_type, invoice.parties.buyer.address.clone()), (EntityType::Person, None));
    assert!(!format!("{invoice:?}").contains("131052"));
    let printed = with(|draft| {
        person(draft);
        draft.distribution.method = some("PRINT");
    });
    assert_faults(&printed, &[("invoice.parties.buyerParty.address.street", "required")]);
}

#[test]
fn every_method_has_what_it_needs() {
    let send = |method: &'static str, change: fn(&mut InvoiceDraft)| {
        with(|draft| {
            draft.distribution.method = some(method);
            change(draft);
        })
    };
    let method = |draft: &InvoiceDraft| taken(draft).delivery.method();
    assert_faults(&send("FAX", |_| ()), &[("distribution.method", "unknown_distribution_method")]);
    assert_faults(
        &send("EMAIL", |draft| draft.buyer.contact = ContactDraft::default()),
        &[("invoice.parties.buyerParty.contact.email", "required")],
    );
    assert_faults(
        &send("EINVOICE", |_| ()),
        &[
            ("invoice.parties.buyerParty.electronicInvoiceAccount", "required"),
            ("invoice.parties.buyerParty.electronicRoutingAddress", "required"),
        ],
    );
    assert_faults(
        &send("EINVOICE", |draft| draft.recipient.electronic_invoice_account = some("003707375462")),
        &[("invoice.parties.invoiceRecipientParty.electronicRoutingAddress", "required")],
    );
    let electronic = send("EINVOICE", |draft| {
        draft.buyer.electronic_invoice_account = some("003707375462");
        draft.buyer.electronic_routing_address = some("003721291126");
    });
    match taken(&electronic).delivery {
        Delivery::EInvoice(address) => {
            assert_eq!((address.account.as_str(), address.operator.as_str()), ("003707375462", "003721291126"));
        }
        other => panic!("{other:?}"),
    }
    let printed = send("PRINT", |draft| draft.recipient.name = some("Bookkeepers Oy"));
    match taken(&printed).delivery {
        Delivery::Print { name, address } => {
            assert_eq!((name.as_str(), address.street.as_str()), ("Bookkeepers Oy", "Kauppakatu 1"))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(method(&send("NONE", |draft| draft.buyer.contact = ContactDraft::default())), DistributionMethod::None);
    assert_eq!(method(&send("EMAIL", |draft| draft.distribution.enabled = Some(false))), DistributionMethod::None);
    let elsewhere = taken(&send("EMAIL", |draft| draft.recipient.email = some("books@example.fi")));
    assert_eq!(elsewhere.delivery, Delivery::Email(crate::email::Email::parse("books@example.fi").unwrap()));
}

#[test]
fn accounts_are_checked() {
    let at = |member: &str| format!("invoice.parties.sellerParty.paymentDetails.{member}");
    assert_fault(|draft| draft.seller.payment.iban = some("FI2112345600000786"), &at("iban"), "iban_check_digits");
    assert_fault(|draft| draft.seller.payment.iban = some("12345"), &at("iban"), "iban_format");
    assert_fault(|draft| draft.seller.payment.bankgiro = some("5805-6202"), &at("bankgiro"), "bankgiro_check_digit");
    assert_fault(|draft| draft.seller.payment.postgiro = some("28 65 43-5"), &at("postgiro"), "plusgiro_check_digit");
    assert_fault(|draft| draft.seller.payment.bic = some("DABAFIHH"), &at("bic"), "not_combinable");
    let giro = taken(&with(|draft| draft.seller.payment.bankgiro = some("5805-6201")));
    // The invoice's accounts are all that it has: the client's own is not mixed in.
    assert_eq!(giro.parties.seller.payment.iban, None);
}

#[test]
fn where_the_goods_go_may_be_elsewhere() {
    let elsewhere = with(|draft| {
        draft.delivery = DeliveryPartyDraft {
            name: some("Warehouse"),
            gln_number: some("4006381333931"),
            ..DeliveryPartyDraft::default()
        };
    });
    assert_eq!(taken(&elsewhere).parties.delivery.unwrap().gln.unwrap().as_str(), "4006381333931");
    let at = |member: &str| format!("invoice.parties.deliveryParty.address.{member}");
    assert_faults(
        &with(|draft| draft.delivery.address.postal_district = some("TURKU")),
        &[(&at("street"), "required"), (&at("postalCode"), "required")],
    );
}
