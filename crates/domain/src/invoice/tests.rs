//! The documented example, headers and references; further rules are in the files below.

mod extras;
mod parties;
mod payments;
mod rows;
mod texts;

use proptest::prelude::*;

use super::*;
use crate::client::{self, ClientDraft, NewClient};
use crate::fault_code::FAULT_CODES;
use crate::identifier::ReferencePrefix;
use crate::{Environment, Fault, Faults};

/// A text or a number of a draft.
fn some<T: for<'t> From<&'t str>>(text: &str) -> Option<T> {
    Some(text.into())
}

/// The client that sends the invoices below.
fn client() -> NewClient {
    let draft = ClientDraft {
        service_type: some("LIFECYCLE"),
        partner_code: some("QUICK3"),
        name: some("Test Company Oy"),
        business_code: some("0646115-8"),
        vat_reg_nbr: some("FI06461158"),
        postal_address: some("Teirinkatu 6"),
        postal_code: some("65100"),
        postal_district: some("VAASA"),
        country_code: some("FI"),
        email: some("it@example.fi"),
        language_code: some("FI"),
        currency_code: some("EUR"),
        iban_account: some("FI2112345600000785"),
        primary: client::ContactDraft {
            name: some("Teppo Testaaja"),
            email: some("teppo@example.fi"),
            ..client::ContactDraft::default()
        },
        ..ClientDraft::default()
    };
    client::check(&draft, Environment::Production).unwrap().client
}

fn row(quantity: &str, price: &str, rate: &str) -> RowDraft {
    RowDraft {
        name: some("Consulting"),
        quantity: some(quantity),
        unit: some("h"),
        unit_price: some(price),
        vat_rate: some(rate),
        ..RowDraft::default()
    }
}

/// The example of the public documentation as far as it goes, and one row.
fn documented() -> InvoiceDraft {
    InvoiceDraft {
        processing: ProcessingDraft {
            payment_control_enabled: Some(true),
            manual_approval_enabled: Some(false),
            accounting_invoice_enabled: Some(false),
            ..ProcessingDraft::default()
        },
        distribution: DistributionDraft { method: some("EMAIL"), enabled: Some(true) },
        header: HeaderDraft {
            number: Some(251_601_000),
            kind: some("INVOICE"),
            date: some("2025-12-01"),
            due_date: some("2025-12-15"),
            currency_code: some("EUR"),
            language_code: some("FI"),
            ..HeaderDraft::default()
        },
        references: ReferencesDraft {
            sales: some("SF0001"),
            buyer: some("BR0002"),
            agreement: some("AN456"),
            payment: some("2516000017"),
            order_number: some("ON798"),
            order_date: some("2025-12-01"),
            ..ReferencesDraft::default()
        },
        seller: SellerDraft {
            business_id: some("0646115-8"),
            name: some("Test Company Ltd"),
            vat_code: some("FI1234567"),
            address: AddressDraft {
                street: some("Teirinkatu 6"),
                postal_code: some("65100"),
                postal_district: some("VAASA"),
                country_code: some("FI"),
                country_name: some("FINLAND"),
                ..AddressDraft::default()
            },
            contact: ContactDraft {
                person_name: some("Teppo Testaaja"),
                person_email: some("teppo.testaaja@cash-in.fi"),
                email: some("it@cash-in.fi"),
                phone: some("+358501234567"),
            },
            payment: PaymentDraft {
                iban: some("FI12345678912345678"),
                bic: some("DABAFIHH"),
                ..PaymentDraft::default()
            },
        },
        buyer: BuyerDraft {
            entity_type: some("BUSINESS"),
            name: some("Buyer Company Oy"),
            customer_account_id: some(""),
            business_id: some("0646115-8"),
            vat_code: some("FI9876543"),
            language_code: some("FI"),
            address: AddressDraft {
                street: some("Kauppakatu 1"),
                postal_code: some("00100"),
                postal_district: some("HELSINKI"),
                country_code: some("FI"),
                ..AddressDraft::default()
            },
            contact: ContactDraft {
                person_name: some("Matti Meikäläinen"),
                person_email: some("matti.meikalainen@buyer.fi"),
                email: some("invoices@buyer.fi"),
                phone: some("+358401234567"),
            },
            ..BuyerDraft::default()
        },
        recipient: RecipientDraft { language_code: some("FI"), ..RecipientDraft::default() },
        rows: vec![row("2", "50.00", "25.5")],
        amounts: AmountsDraft { gross_amount: some("125.50"), ..AmountsDraft::default() },
        ..InvoiceDraft::default()
    }
}

/// An invoice in which nothing is wrong.
fn valid() -> InvoiceDraft {
    let mut draft = documented();
    draft.references.payment = None;
    draft.seller.vat_code = some("FI06461158");
    draft.seller.payment = PaymentDraft::default();
    draft
}

/// The valid draft after `change`.
fn with(change: impl FnOnce(&mut InvoiceDraft)) -> InvoiceDraft {
    let mut draft = valid();
    change(&mut draft);
    draft
}

fn checked(draft: &InvoiceDraft, environment: Environment) -> Result<Checked, Faults> {
    checked_for(&client(), draft, environment)
}

/// As [`checked`], of another client.
fn checked_for(client: &NewClient, draft: &InvoiceDraft, environment: Environment) -> Result<Checked, Faults> {
    check(draft.clone(), Issuer { client, reference_prefix: ReferencePrefix(1_234_567) }, environment)
}

fn taken(draft: &InvoiceDraft) -> NewInvoice {
    let checked = checked(draft, Environment::Production).unwrap();
    assert_eq!(checked.warnings, []);
    checked.invoice
}

fn codes(faults: &[Fault]) -> Vec<(String, String)> {
    for fault in faults {
        assert!(FAULT_CODES.iter().any(|(code, _)| *code == fault.code), "{} is not listed", fault.code);
    }
    faults.iter().map(|fault| (fault.field.to_string(), fault.code.to_string())).collect()
}

/// What is wrong with `draft` in production.
fn faults_of(draft: &InvoiceDraft) -> Vec<Fault> {
    checked(draft, Environment::Production).unwrap_err().into_vec()
}

#[track_caller]
fn assert_faults(draft: &InvoiceDraft, expected: &[(&str, &str)]) {
    let found = codes(&faults_of(draft));
    let found: Vec<(&str, &str)> = found.iter().map(|(field, code)| (field.as_str(), code.as_str())).collect();
    assert_eq!(found, expected);
}

#[track_caller]
fn assert_fault(change: impl FnOnce(&mut InvoiceDraft), field: &str, code: &str) {
    assert_faults(&with(change), &[(field, code)]);
}

fn credit_note(draft: &mut InvoiceDraft) {
    draft.header.kind = some("CREDIT_NOTE");
    draft.references.credited_invoice_number = Some(251_600_999);
}

#[test]
fn the_documented_example_succeeds_in_sandbox_and_names_its_check_digits() {
    let expected = [
        ("invoice.parties.sellerParty.paymentDetails.iban", "iban_length"),
        ("invoice.parties.sellerParty.vatCode", "vat_number_check_digits"),
        ("invoice.references.payment", "reference_check_digit"),
    ];
    let Checked { invoice, warnings } = checked(&documented(), Environment::Sandbox).unwrap();
    let found = codes(&warnings);
    assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    // The reference is taken all the same; in place of an account that does not exist, the client's own.
    assert_eq!(invoice.references.payment.as_str(), "2516000017");
    assert_eq!(invoice.parties.seller.payment.iban.as_ref().unwrap().as_str(), "FI2112345600000785");
    assert_eq!(invoice.parties.seller.payment.bic, None);
    assert_eq!(invoice.parties.recipient, None);
    assert_eq!(invoice.delivery, Delivery::Email(crate::email::Email::parse("invoices@buyer.fi").unwrap()));
    assert_eq!(invoice.totals.gross.to_string(), "125.50");

    assert_faults(&documented(), &expected);
}

#[test]
fn a_client_without_an_account_can_try_the_documented_example() {
    let client = NewClient { iban_account: None, ..client() };
    let issuer = Issuer { client: &client, reference_prefix: ReferencePrefix(1) };
    let invoice = check(documented(), issuer, Environment::Sandbox).unwrap().invoice;
    assert!(invoice.parties.seller.payment.is_empty());
    // But nobody can be asked to pay to nowhere.
    let faults = check(valid(), issuer, Environment::Production).unwrap_err();
    assert_eq!(
        codes(faults.as_slice()),
        [("invoice.parties.sellerParty.paymentDetails.iban".into(), "required".into())]
    );
    // Whoever gets money back needs no account of the seller.
    assert!(check(with(credit_note), issuer, Environment::Production).is_ok());
}

#[test]
fn a_valid_invoice_is_the_same_in_both_environments() {
    let sandbox = checked(&valid(), Environment::Sandbox).unwrap();
    assert_eq!(sandbox.warnings, []);
    assert_eq!(checked(&valid(), Environment::Production).unwrap(), sandbox);
}

#[test]
fn an_empty_body_names_every_required_member() {
    assert_faults(
        &InvoiceDraft::default(),
        &[
            ("distribution.method", "required"),
            ("invoice.header.number", "required"),
            ("invoice.header.date", "required"),
            ("invoice.header.dueDate", "required"),
            ("invoice.parties.buyerParty.entityType", "required"),
            ("invoice.parties.buyerParty.name", "required"),
            ("invoice.parties.buyerParty.address.countryCode", "required"),
            ("invoice.rows", "required"),
            ("invoice.amounts.grossAmount", "required"),
        ],
    );
}

#[test]
fn faults_of_different_members_are_told_at_once() {
    let send = |method: &'static str| {
        with(|draft| {
            draft.distribution.method = some(method);
            draft.buyer.name = None;
            draft.buyer.contact = ContactDraft::default();
            draft.buyer.address = AddressDraft { country_code: some("FI"), ..AddressDraft::default() };
            draft.buyer.entity_type = some("PERSON");
            // The span of the terms does not hang on the number.
            draft.header.number = None;
            draft.terms.cash_discount_percent = some("2");
            draft.terms.cash_discount_date = some("2025-12-16");
        })
    };
    let buyer = |member: &str| format!("invoice.parties.buyerParty.{member}");
    for (method, members) in [
        ("EMAIL", &["contact.email"][..]),
        ("EINVOICE", &["electronicInvoiceAccount", "electronicRoutingAddress"]),
        ("PRINT", &["address.street"]),
        ("NONE", &[]),
    ] {
        let found = codes(&faults_of(&send(method)));
        let mut expected = vec![("invoice.header.number".to_owned(), "required"), (buyer("name"), "required")];
        expected.extend(members.iter().map(|member| (buyer(member), "required")));
        expected.push(("invoice.terms.cashDiscountDate".to_owned(), "out_of_range"));
        assert_eq!(found, expected.into_iter().map(|(at, code)| (at, code.to_owned())).collect::<Vec<_>>(), "{method}");
    }
}

#[test]
fn what_the_seller_does_not_say_is_the_clients() {
    let invoice = taken(&with(|draft| draft.seller = SellerDraft::default()));
    let seller = invoice.parties.seller;
    assert_eq!((seller.name.as_str(), seller.business_id.as_str()), ("Test Company Oy", "0646115-8"));
    assert_eq!((seller.address.street.as_str(), seller.vat_code.unwrap().as_str()), ("Teirinkatu 6", "FI06461158"));
    assert_eq!(seller.payment.iban.unwrap().as_str(), "FI2112345600000785");
    assert_eq!(seller.contact.email.unwrap().as_str(), "it@example.fi");
}

#[test]
fn an_address_of_the_seller_or_of_its_contact_person_stands_for_the_clients() {
    let contact = |contact: ContactDraft| {
        let taken = taken(&with(|draft| draft.seller.contact = contact.clone())).parties.seller.contact;
        [taken.email, taken.person_email].map(|email| email.map(|email| email.to_string()))
    };
    let phone = ContactDraft { phone: some("+358501234567"), ..ContactDraft::default() };
    let blank = ContactDraft { email: some(" "), ..ContactDraft::default() };
    for without in [phone, blank] {
        assert_eq!(contact(without), [some("it@example.fi"), None]);
    }
    let person = ContactDraft { person_email: some("teppo@example.fi"), ..ContactDraft::default() };
    assert_eq!(contact(person), [None, some("teppo@example.fi")]);
    let own = ContactDraft { email: some("sales@example.fi"), ..ContactDraft::default() };
    assert_eq!(contact(own), [some("sales@example.fi"), None]);
}

#[test]
fn the_seller_is_the_client() {
    let other = with(|draft| draft.seller.business_id = some("0737546-2"));
    assert_faults(&other, &[("invoice.parties.sellerParty.businessId", "seller_mismatch")]);
    let warnings = checked(&other, Environment::Sandbox).unwrap().warnings;
    assert_eq!(codes(&warnings), [("invoice.parties.sellerParty.businessId".into(), "seller_mismatch".into())]);
    // Its number is one of its own register, also where its address is abroad, of which the country may be left out.
    let branch = |country: Option<String>| {
        with(|draft| {
            draft.seller.address.country_code = country.clone();
            draft.seller.address.postal_code = some("111 22").filter(|_| country.is_some()).or(some("65100"));
        })
    };
    assert_eq!(taken(&branch(some("SE"))).parties.seller.business_id.as_str(), "0646115-8");
    assert_eq!(taken(&branch(None)).parties.seller.address.country.as_str(), "FI");
}

#[test]
fn a_reference_is_made_of_prefix_and_number() {
    assert_eq!(taken(&valid()).references.payment.as_str(), "12345672516010005");
    let given = taken(&with(|draft| draft.references.payment = some("rf34 1234 561")));
    assert_eq!(given.references.payment.as_str(), "RF341234561");
    assert_fault(|draft| draft.references.payment = some("17/2025"), "invoice.references.payment", "reference_format");
    assert_fault(
        |draft| draft.header.number = Some(InvoiceNumber::LARGEST),
        "invoice.references.payment",
        "reference_format",
    );
}

#[test]
fn headers_are_checked() {
    let header = "invoice.header";
    assert_fault(|draft| draft.header.due_date = some("2025-11-30"), "invoice.header.dueDate", "due_date_before_date");
    assert_fault(|draft| draft.header.number = Some(0), &format!("{header}.number"), "out_of_range");
    assert_fault(|draft| draft.header.number = Some(-1), &format!("{header}.number"), "out_of_range");
    assert_fault(|draft| draft.header.kind = some("invoice"), &format!("{header}.type"), "unknown_invoice_type");
    assert_fault(|draft| draft.header.date = some("2025-02-29"), &format!("{header}.date"), "date_format");
    assert_fault(|draft| draft.header.due_date = some("2205-12-15"), &format!("{header}.dueDate"), "out_of_range");
    assert_fault(
        |draft| draft.header.currency_code = some("XAU"),
        &format!("{header}.currencyCode"),
        "currency_no_minor_unit",
    );
    assert_fault(
        |draft| draft.header.currency_code = some("eur"),
        &format!("{header}.currencyCode"),
        "unknown_currency",
    );
    assert_fault(
        |draft| draft.header.language_code = some("FIN"),
        &format!("{header}.languageCode"),
        "unknown_language",
    );
    assert_fault(
        |draft| draft.header.description = some("a\u{1}b"),
        &format!("{header}.description"),
        "control_character",
    );
    let same_day = taken(&with(|draft| draft.header.due_date = some("2025-12-01")));
    assert_eq!(same_day.header.due_date, same_day.header.date);
    let two_lines = taken(&with(|draft| draft.header.description = some("a\nb")));
    assert_eq!(two_lines.header.description.as_deref(), Some("a\nb"));
}

#[test]
fn a_credit_note_names_its_invoice() {
    let note = taken(&with(credit_note));
    assert_eq!(
        (note.header.kind, note.references.credited_invoice),
        (InvoiceType::CreditNote, InvoiceNumber::new(251_600_999).ok())
    );
    // Without a type, the number tells; without a due date, it is the day itself.
    let untyped = with(|draft| {
        credit_note(draft);
        (draft.header.kind, draft.header.due_date) = (None, None);
    });
    let untyped = taken(&untyped);
    assert_eq!((untyped.header.kind, untyped.header.due_date), (InvoiceType::CreditNote, untyped.header.date));
    // Zero is no number, and so names no invoice.
    let zero = taken(&with(|draft| draft.references.credited_invoice_number = Some(0)));
    assert_eq!((zero.header.kind, zero.references.credited_invoice), (InvoiceType::Invoice, None));
    let credited = "invoice.references.creditedInvoiceNumber";
    assert_fault(|draft| draft.header.kind = some("CREDIT_NOTE"), credited, "required");
    assert_fault(|draft| draft.references.credited_invoice_number = Some(1), credited, "not_combinable");
    let itself = with(|draft| {
        credit_note(draft);
        draft.references.credited_invoice_number = draft.header.number;
    });
    assert_faults(&itself, &[(credited, "not_combinable")]);
}

#[test]
fn asked_processing_is_kept() {
    let all = with(|draft| {
        draft.processing.manual_approval_enabled = Some(true);
        draft.processing.show_product_code_enabled = Some(true);
    });
    let expected =
        Processing { payment_control: true, manual_approval: true, accounting_invoice: false, show_product_code: true };
    assert_eq!(taken(&all).processing, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_sent_is_answered(texts in proptest::collection::vec("\\PC{0,12}|[-0-9.e]{0,20}", 16), number in any::<i64>()) {
        let mut texts = texts.into_iter().map(Some).cycle();
        let mut next = || texts.next().flatten();
        let read = |text: Option<String>| text.as_deref().map(NumberDraft::from);
        let draft = with(|draft| {
            draft.header.number = Some(number);
            draft.header.date = next();
            draft.references.payment = next();
            draft.seller.payment.iban = next();
            draft.buyer.personal_identity_number = next();
            draft.buyer.address.postal_code = next();
            draft.rows[0] = RowDraft {
                quantity: read(next()),
                unit_price: read(next()),
                discount_amount: read(next()),
                vat_rate: read(next()),
                amount: read(next()),
                ..row("1", "1", "0")
            };
            draft.amounts.rounding_amount = read(next());
            draft.amounts.paid_amount = read(next());
            draft.attachments = vec![AttachmentDraft { name: next(), content: next() }];
        });
        for environment in [Environment::Sandbox, Environment::Production] {
            if let Err(faults) = checked(&draft, environment) {
                prop_assert!(!faults.is_empty());
            }
        }
    }
}
