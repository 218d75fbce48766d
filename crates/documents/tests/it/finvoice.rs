//! Finvoice messages, read back by another library and compared with their invoices.

use std::collections::BTreeMap;

use documents::{FinvoiceDocument, FinvoiceFault, finvoice};
use domain::currency::CurrencyCode;
use domain::decimal::Decimal;
use domain::invoice::{InvoiceDraft, NewInvoice, PaymentDetails, Totals};
use domain::money::Money;
use proptest::prelude::*;

use crate::finvoice_comparison::compare;
use crate::finvoice_reader::{Message, number};
use crate::fixture::{self, some};
use crate::invoice::any_text;

pub(crate) fn bytes(invoice: &NewInvoice) -> Result<Vec<u8>, FinvoiceFault> {
    finvoice(&FinvoiceDocument {
        invoice,
        sender: &fixture::sender(),
        receiver: fixture::receiver(invoice),
        message_id: fixture::message_id(),
        made_at: fixture::made_at(),
    })
}

fn invoice(draft: InvoiceDraft) -> NewInvoice {
    fixture::invoice(fixture::as_e_invoice(draft))
}

fn message(draft: InvoiceDraft) -> Message {
    Message::of(&bytes(&invoice(draft)).unwrap())
}

#[test]
fn every_sample_is_the_file_that_was_looked_at() {
    let golden: [&[u8]; 7] = [
        include_bytes!("../golden/finvoice/plain.xml"),
        include_bytes!("../golden/finvoice/finnish.xml"),
        include_bytes!("../golden/finvoice/credit_note.xml"),
        include_bytes!("../golden/finvoice/english.xml"),
        include_bytes!("../golden/finvoice/swedish.xml"),
        include_bytes!("../golden/finvoice/letters.xml"),
        include_bytes!("../golden/finvoice/full.xml"),
    ];
    for ((name, draft), golden) in fixture::e_invoices().into_iter().zip(golden) {
        let written = bytes(&fixture::invoice(draft)).unwrap();
        let lossy = String::from_utf8_lossy(&written);
        assert!(written == golden, "{name} is another one; the example samples writes it:\n{lossy}");
    }
}

#[test]
fn every_field_is_read_back_as_the_invoice_has_it() {
    for (_, draft) in fixture::e_invoices() {
        let invoice = fixture::invoice(draft);
        compare(&invoice, &Message::of(&bytes(&invoice).unwrap()));
    }
    for draft in [fixture::odd(), fixture::long("SV", 1_000)] {
        let invoice = invoice(draft);
        compare(&invoice, &Message::of(&bytes(&invoice).unwrap()));
    }
}

#[test]
fn the_frame_says_what_the_document_says() {
    let message = message(fixture::plain("FI"));
    let frame = message.frame();
    let frame = frame.root();
    let header = "Header/MessageHeader";
    assert_eq!(frame.all(&format!("{header}/From/PartyId")), ["003712345671", "OKOYFIHH"]);
    assert_eq!(frame.all(&format!("{header}/From/Role")), ["Sender", "Intermediator"]);
    assert_eq!(frame.all(&format!("{header}/To/PartyId")), ["003707375462", "DABAFIHH"]);
    assert_eq!(frame.all(&format!("{header}/To/Role")), ["Receiver", "Intermediator"]);
    let id = fixture::message_id().to_string();
    for (path, expected) in [
        ("CPAId", "yoursandmycpa"),
        ("ConversationId", &id),
        ("Service", "Routing"),
        ("Action", "ProcessInvoice"),
        ("MessageData/MessageId", &id),
        ("MessageData/Timestamp", "2026-11-21T10:15:30+00:00"),
    ] {
        assert_eq!(frame.one(&format!("{header}/{path}")).as_deref(), Some(expected), "{path}");
    }
    assert_eq!(frame.attribute("Body/Manifest/Reference", "href"), Some(id.as_str()));
    let document = message.document();
    let details = "MessageTransmissionDetails";
    let root = document.root();
    for (path, expected) in [
        ("MessageSenderDetails/FromIdentifier", "003712345671"),
        ("MessageSenderDetails/FromIntermediator", "OKOYFIHH"),
        ("MessageReceiverDetails/ToIdentifier", "003707375462"),
        ("MessageReceiverDetails/ToIntermediator", "DABAFIHH"),
        ("MessageDetails/MessageIdentifier", &id),
        ("MessageDetails/MessageTimeStamp", "2026-11-21T10:15:30+00:00"),
    ] {
        assert_eq!(root.one(&format!("{details}/{path}")).as_deref(), Some(expected), "{path}");
    }
}

#[test]
fn what_the_character_set_lacks_is_a_reference() {
    let written = bytes(&invoice(fixture::letters())).unwrap();
    let has = |part: &[u8]| written.windows(part.len()).any(|window| window == part);
    // As bytes of ISO 8859-15, and as references.
    for part in [
        b"<?xml version=\"1.0\" encoding=\"ISO-8859-15\"?>".as_slice(),
        b"\xc5kes \xd6l &amp; \xc4gg &lt;Caf\xe9&gt; &quot;\xa6&quot; AB",
        b"O&apos;Learys \xa6&#x165;astn\xe1 \xbcuvre &#x1F600;",
        b"1 \xa4 = &#xBD; &#xA4;",
    ] {
        assert!(has(part), "{}", String::from_utf8_lossy(part));
    }
    assert!(std::str::from_utf8(&written).is_err() && !has("😀".as_bytes()));
    // A town of one letter is made long enough.
    assert!(has(b"<BuyerTownName>\xc5\xa0</BuyerTownName>"));
}

#[test]
fn rows_begin_and_end_with_tags() {
    for draft in [fixture::odd(), fixture::letters()] {
        let message = message(draft);
        for line in message.frame_text.lines().chain(message.document_text.lines()) {
            assert!(line.trim_start_matches(' ').starts_with('<') && line.ends_with('>'), "{line}");
        }
    }
}

#[test]
fn a_credit_note_is_below_zero_and_names_its_invoice() {
    let message = message(fixture::credit_note());
    let document = message.document();
    let root = document.root();
    for (path, expected) in [
        ("InvoiceDetails/InvoiceTypeCode", "INV02"),
        ("InvoiceDetails/InvoiceTypeCodeUN", "381"),
        ("InvoiceDetails/InvoiceTypeText", "HYVITYSLASKU"),
        ("InvoiceDetails/OriginalInvoiceNumber", "251601000"),
        ("InvoiceDetails/InvoiceTotalVatIncludedAmount", "-677,70"),
        ("InvoiceRow/InvoicedQuantity", "-12,5"),
        ("InvoiceRow/UnitPriceAmount", "48,00"),
        ("InvoiceRow/RowDiscountAmount", "-60,00"),
        ("InvoiceRow/RowVatExcludedAmount", "-540,00"),
        ("EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount", "-677,70"),
    ] {
        assert_eq!(root.one(path).as_deref(), Some(expected), "{path}");
    }
    // Nothing is asked for.
    assert_eq!(root.one("VirtualBankBarcode"), None);
    assert_eq!(root.one("InvoiceDetails/PaymentTermsDetails/CashDiscountDate"), None);
}

#[test]
fn without_vat_there_is_the_reason() {
    for (category, code, rate) in [
        ("Z", None, Some("0")),
        ("E", None, Some("0")),
        ("AE", Some("VATEX-EU-AE"), Some("0")),
        ("K", Some("VATEX-EU-IC"), Some("0")),
        ("G", Some("VATEX-EU-G"), Some("0")),
        ("O", Some("VATEX-EU-O"), None),
    ] {
        let mut draft = fixture::english();
        draft.rows.truncate(1);
        draft.rows[0].vat_category = some(category);
        draft.rows[0].vat_exemption_reason = some("Section 72 of the law");
        let message = message(draft);
        let document = message.document();
        let root = document.root();
        let details = "InvoiceDetails/VatSpecificationDetails";
        assert_eq!(root.one(&format!("{details}/VatCode")).as_deref(), Some(category));
        assert_eq!(root.one(&format!("{details}/VatExemptionReasonCode")).as_deref(), code);
        assert_eq!(root.one(&format!("{details}/VatRatePercent")).as_deref(), rate);
        assert_eq!(root.one("InvoiceRow/RowVatRatePercent").as_deref(), rate);
        assert_eq!(root.all(&format!("{details}/VatFreeText")).len(), 2);
        assert_eq!(root.all("InvoiceRow/RowFreeText"), ["Section 72 of the law"]);
    }
}

#[test]
fn it_is_paid_to_whoever_has_the_claim() {
    let account = "EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails/EpiAccountID";
    let bank = "EpiDetails/EpiPartyDetails/EpiBfiPartyDetails/EpiBfiIdentifier";
    let own = "SellerInformationDetails/SellerAccountDetails/SellerAccountID";
    let pay = |draft| {
        let message = message(draft);
        let document = message.document();
        let root = document.root();
        (root.one(account), root.one(bank), root.all(own))
    };
    let (iban, bic) = (some("FI2112345600000785"), some("NDEAFIHH"));
    assert_eq!(pay(fixture::plain("FI")), (iban.clone(), bic.clone(), vec![iban.unwrap()]));
    // The seller's account is not shown: who pays there still owes.
    let sold = some("FI7944052020036082");
    assert_eq!(pay(fixture::english()), (sold.clone(), bic, vec![sold.unwrap()]));
    let giros = vec!["58056201".to_owned(), "42".to_owned()];
    assert_eq!(pay(fixture::swedish()), (some("58056201"), some("BGABSESS"), giros));
}

#[test]
fn references_are_in_the_form_of_their_kind() {
    let order = "EpiDetails/EpiPaymentInstructionDetails/EpiRemittanceInfoIdentifier";
    let references = |draft| {
        let message = message(draft);
        let document = message.document();
        let root = document.root();
        let scheme = root.attribute(order, "IdentificationSchemeName").map(str::to_owned);
        (root.one(order), scheme, root.one("EpiDetails/EpiIdentificationDetails/EpiReference"))
    };
    let mut draft = fixture::plain("FI");
    draft.references.payment = some("1234561");
    assert_eq!(references(draft), (some("00000000000001234561"), some("SPY"), some("1234561")));
    let rf = some("RF341234561");
    assert_eq!(references(fixture::english()), (rf.clone(), some("ISO"), rf));
    // An OCR number is of no kind that the payment order knows.
    let (given, scheme, reference) = references(fixture::swedish());
    assert_eq!((given, scheme), (None, None));
    assert!(reference.unwrap().bytes().all(|byte| byte.is_ascii_digit()));
}

#[test]
fn a_delivery_without_an_address_is_a_party_of_its_own() {
    let mut draft = fixture::finnish();
    draft.delivery = domain::invoice::DeliveryPartyDraft {
        name: some("Länsisatama, portti 3"),
        gln_number: some("6410000000001"),
        ..domain::invoice::DeliveryPartyDraft::default()
    };
    let message = message(draft);
    let document = message.document();
    let root = document.root();
    assert_eq!(root.one("AnyPartyDetails/AnyPartyOrganisationName").as_deref(), Some("Länsisatama, portti 3"));
    assert_eq!(root.one("AnyPartyDetails/AnyPartyCode").as_deref(), Some("6410000000001"));
    assert_eq!(root.one("DeliveryPartyDetails/DeliveryOrganisationName"), None);
}

#[test]
fn a_paid_invoice_says_so() {
    let mut draft = fixture::plain("FI");
    draft.amounts.paid_amount = some("125.50");
    let message = message(draft);
    let document = message.document();
    let root = document.root();
    assert_eq!(root.one("PaymentStatusDetails/PaymentStatusCode").as_deref(), Some("PAID"));
    assert_eq!(root.one("InvoiceDetails/InvoicePaidAmount").as_deref(), Some("125,50"));
    assert_eq!(root.one("EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount").as_deref(), Some("0,00"));
    assert_eq!(root.one("VirtualBankBarcode"), None);
}

#[test]
fn long_identifiers_are_whole_or_in_words() {
    let mut draft = fixture::finnish();
    let long = format!("{}@{}.fi", "laskutus".repeat(8), "osasto".repeat(8));
    draft.seller.contact.email = some(&long);
    draft.references.electronic_payment_code = Some("C".repeat(70));
    draft.terms.payment = Some("Maksuehto sovitaan aina erikseen. ".repeat(6));
    draft.header.additional_information = None;
    let message = message(draft);
    assert!(!message.document_text.contains("EmailaddressIdentifier>laskutus"));
    let document = message.document();
    let root = document.root();
    let texts = root.all("InvoiceDetails/InvoiceFreeText");
    assert_eq!(texts[1], format!("Sähköposti: {long}"));
    assert!(texts[2].starts_with("Maksuehto: Maksuehto sovitaan") && texts[2].ends_with("erikseen."));
    assert_eq!(texts[3], format!("Maksutiedot: {}", "C".repeat(70)));
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert_eq!(root.one("EpiDetails/EpiPaymentInstructionDetails/EpiPaymentInstructionId"), None);
}

#[test]
fn personal_identity_numbers_are_not_sent() {
    let mut draft = fixture::plain("FI");
    draft.buyer.entity_type = some("PERSON");
    draft.buyer.business_id = None;
    draft.buyer.personal_identity_number = some("131052-308T");
    assert!(!message(draft).document_text.contains("308T"));
}

#[test]
fn what_the_format_cannot_say_is_told() {
    let mut invoice = invoice(fixture::plain("FI"));
    invoice.parties.seller.payment = PaymentDetails::default();
    assert_eq!(bytes(&invoice), Err(FinvoiceFault::NoAccount));
    let dinars = CurrencyCode::parse("KWD").unwrap();
    let mut invoice = fixture::invoice(fixture::as_e_invoice(fixture::plain("FI")));
    let fils = |minor| Money::new(minor, dinars).unwrap();
    (invoice.rows[0].net, invoice.rows[0].discount) = (fils(10_005), fils(0));
    invoice.totals = Totals::of(&invoice.rows, fils(0), fils(0), dinars).unwrap();
    assert_eq!(bytes(&invoice), Err(FinvoiceFault::Decimals { currency: dinars }));
}

/// Quantity in thousandths, price in hundredths of a cent, discount in hundredths of a percent, rate.
type Numbers = (i64, i64, u16, &'static str);

fn any_numbers() -> impl Strategy<Value = Numbers> {
    let rate = proptest::sample::select(vec!["25.5", "13.5", "10", "0"]);
    (0..1_000_000_i64, 0..10_000_000_i64, 0..=10_000_u16, rate)
}

fn row_of((quantity, price, discount, rate): Numbers) -> domain::invoice::RowDraft {
    let decimal = |units, scale| Decimal::new(units, scale).unwrap().to_string();
    let mut row = fixture::row("Tuote", &decimal(quantity, 3), "kpl", &decimal(price, 4), rate);
    row.discount_percent = Some(Decimal::new(i64::from(discount), 2).into());
    row.vat_category = (rate == "0").then(|| "Z".to_owned());
    row
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_amounts_of_any_invoice_agree(
        rows in proptest::collection::vec(any_numbers(), 1..30),
        credits in any::<bool>(),
    ) {
        let mut draft = if credits { fixture::credit_note() } else { fixture::plain("SV") };
        draft.rows = rows.into_iter().map(row_of).collect();
        let invoice = invoice(draft);
        let message = Message::of(&bytes(&invoice).unwrap());
        compare(&invoice, &message);
        let document = message.document();
        let root = document.root();
        let sum = |path: &str| root.all(path).iter().map(|text| number(text, 2)).sum::<i64>();
        let mut of_rows: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
        for row in root.nodes("InvoiceRow") {
            let text = |name| row.one(name).unwrap();
            let (net, tax) = (number(&text("RowVatExcludedAmount"), 2), number(&text("RowVatAmount"), 2));
            prop_assert_eq!(number(&text("RowAmount"), 2), net + tax);
            let sums = of_rows.entry((text("RowVatCode"), text("RowVatRatePercent"))).or_default();
            *sums = (sums.0 + net, sums.1 + tax);
        }
        for rate in root.nodes("InvoiceDetails/VatSpecificationDetails") {
            let text = |name| rate.one(name).unwrap();
            let sums = of_rows.remove(&(text("VatCode"), text("VatRatePercent")));
            prop_assert_eq!(sums, Some((number(&text("VatBaseAmount"), 2), number(&text("VatRateAmount"), 2))));
        }
        prop_assert!(of_rows.is_empty());
        prop_assert_eq!(sum("InvoiceRow/RowVatExcludedAmount"), sum("InvoiceDetails/InvoiceTotalVatExcludedAmount"));
        prop_assert_eq!(sum("InvoiceRow/RowVatAmount"), sum("InvoiceDetails/InvoiceTotalVatAmount"));
        prop_assert_eq!(sum("InvoiceRow/RowAmount"), sum("InvoiceDetails/InvoiceTotalVatIncludedAmount"));
        let to_pay = sum("EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount");
        prop_assert_eq!(to_pay, sum("InvoiceDetails/InvoiceTotalVatIncludedAmount"));
        prop_assert_eq!(to_pay.signum(), if credits { -1 } else { 1 } * i64::from(to_pay != 0));
    }

    #[test]
    fn no_text_breaks_the_document(texts in proptest::collection::vec(any_text(), 12)) {
        let mut invoice = invoice(fixture::finnish());
        let mut next = texts.iter().cycle().cloned();
        let mut text = || next.next().unwrap();
        invoice.header.description = Some(text());
        invoice.header.additional_information = Some(text());
        invoice.parties.seller.name = text();
        invoice.parties.seller.address.street = text();
        invoice.parties.seller.address.street2 = Some(text());
        invoice.parties.buyer.name = text();
        invoice.parties.buyer.customer_account_id = Some(text());
        invoice.references.sales = Some(text());
        invoice.references.electronic_payment_code = Some(text());
        invoice.terms.payment = Some(text());
        for row in &mut invoice.rows {
            row.product_code = Some(text());
            row.name = text();
            row.description = Some(text());
            row.unit = Some(text().chars().take(14).collect());
            row.vat_exemption_reason = Some(text());
        }
        let message = Message::of(&bytes(&invoice).unwrap());
        compare(&invoice, &message);
    }
}
