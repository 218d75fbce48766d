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
}

#[test]
fn mail_goes_to_the_recipient_before_the_buyer() {
    let mailed = |change: fn(&mut InvoiceDraft)| match taken(&with(change)).delivery {
        Delivery::Email(address) => address.into_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(mailed(|_| ()), "invoices@buyer.fi");
    assert_eq!(mailed(|draft| draft.buyer.contact.email = None), "matti.meikalainen@buyer.fi");
    fn recipient(draft: &mut InvoiceDraft) {
        draft.recipient.name = some("Bookkeepers Oy");
        draft.recipient.contact.person_email = some("person@books.fi");
    }
    assert_eq!(mailed(recipient), "person@books.fi");
    fn contact(draft: &mut InvoiceDraft) {
        recipient(draft);
        draft.recipient.contact.email = some("contact@books.fi");
    }
    assert_eq!(mailed(contact), "contact@books.fi");
    let own = |draft: &mut InvoiceDraft| {
        contact(draft);
        draft.recipient.email = some("invoices@books.fi");
    };
    assert_eq!(mailed(own), "invoices@books.fi");
    // A wrong address is mended, and the invoice does not go to the next one instead.
    let wrong = |draft: &mut InvoiceDraft| {
        contact(draft);
        draft.recipient.email = some("books.fi");
        draft.buyer.contact = ContactDraft::default();
    };
    assert_fault(wrong, "invoice.parties.invoiceRecipientParty.email", "email_format");
}

#[test]
fn who_is_abroad_may_be_registered_at_home() {
    let sweden = || AddressDraft {
        street: some("Storgatan 1"),
        postal_code: some("111 22"),
        postal_district: some("STOCKHOLM"),
        country_code: some("SE"),
        ..AddressDraft::default()
    };
    // A Finn in Sweden.
    let person = taken(&with(|draft| {
        draft.buyer.entity_type = some("PERSON");
        (draft.buyer.business_id, draft.buyer.vat_code) = (None, None);
        draft.buyer.personal_identity_number = some("131052-308T");
        draft.buyer.address = sweden();
    }));
    assert_eq!(person.parties.buyer.personal_identity_number.unwrap().expose(), "131052-308T");
    // A Finnish company with a Swedish address, told by the seller's country, and a Danish one by its VAT number.
    let business = |id: &'static str, vat: Option<String>| {
        with(|draft| {
            (draft.buyer.business_id, draft.buyer.vat_code) = (some(id), vat);
            draft.buyer.address = sweden();
        })
    };
    let buyer = taken(&business("0737546-2", None)).parties.buyer;
    assert_eq!(buyer.business_id.unwrap().as_str(), "0737546-2");
    let buyer = taken(&business("13585628", some("DK13585628"))).parties.buyer;
    assert_eq!(buyer.business_id.unwrap().as_str(), "13585628");
    let id = "invoice.parties.buyerParty.businessId";
    assert_faults(&business("13585628", None), &[(id, "business_code_format")]);
    assert_faults(&business("0737546-3", None), &[(id, "business_code_check_digit")]);
    assert_faults(&business("556016-0681", None), &[(id, "business_code_check_digit")]);
    let fault = &faults_of(&business("1", None))[0];
    assert!(fault.message.ends_with("write it like 556016-0680"), "{}", fault.message);
    // The buyer's warehouse and its bookkeepers abroad.
    let warehouse = taken(&with(|draft| {
        draft.delivery.business_id = some("0737546-2");
        draft.delivery.address = sweden();
        draft.recipient.business_id = some("0737546-2");
        draft.recipient.address = sweden();
    }));
    assert_eq!(warehouse.parties.delivery.unwrap().business_id.unwrap().as_str(), "0737546-2");
    assert_eq!(warehouse.parties.recipient.unwrap().business_id.unwrap().as_str(), "0737546-2");
}

#[test]
fn only_the_documented_check_digits_may_be_wrong_in_sandbox() {
    let draft = with(|draft| {
        draft.buyer.gln_number = some("4006381333932");
        draft.buyer.personal_identity_number = some("131052-308U");
        draft.buyer.business_id = some("0646115-9");
    });
    let Err(faults) = checked(&draft, Environment::Sandbox) else { panic!("it is taken") };
    assert_eq!(
        codes(faults.as_slice()),
        [("personalIdentityNumber", "personal_identity_check_digit"), ("glnNumber", "gln_check_digit")]
            .map(|(member, code)| (format!("invoice.parties.buyerParty.{member}"), code.to_owned()))
    );
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
    // A second line alone is not dropped without a word.
    assert_faults(
        &with(|draft| draft.delivery.address.street2 = some("Gate 2")),
        &[(&at("street"), "required"), (&at("postalCode"), "required"), (&at("postalDistrict"), "required")],
    );
}
