//! What other programs read in invoices.

use documents::{InvoiceDocument, invoice_pdf};
use domain::bank_bar_code::BankBarCode;
use domain::country::CountryCode;
use domain::currency::CurrencyCode;
use domain::decimal::Decimal;
use domain::iban::Iban;
use domain::invoice::{InvoiceDraft, NewInvoice, Totals};
use domain::language::LanguageCode;
use domain::money::Money;
use proptest::prelude::*;

use crate::fixture::{self, some};
use crate::reader::Reader;

fn pdf(invoice: &NewInvoice) -> Vec<u8> {
    invoice_pdf(&InvoiceDocument::new(invoice, fixture::made_at())).unwrap()
}

fn read(draft: InvoiceDraft) -> Reader {
    Reader::of(&pdf(&fixture::invoice(draft)))
}

/// Compares with a file that a person has read.
#[track_caller]
fn assert_golden(draft: InvoiceDraft, golden: &str) {
    let text = read(draft).raw();
    assert!(text == golden.trim_end(), "another text:\n{text}\n\nand not:\n{golden}");
}

#[test]
fn a_finnish_invoice_says_all_in_finnish() {
    assert_golden(fixture::finnish(), include_str!("../golden/finnish.txt"));
}

#[test]
fn a_swedish_invoice_says_all_in_swedish() {
    assert_golden(fixture::swedish(), include_str!("../golden/swedish.txt"));
}

#[test]
fn an_english_invoice_says_all_in_english() {
    assert_golden(fixture::english(), include_str!("../golden/english.txt"));
}

#[test]
fn a_credit_note_says_so_and_asks_for_nothing() {
    assert_golden(fixture::credit_note(), include_str!("../golden/credit_note.txt"));
    let reader = read(fixture::credit_note());
    assert_eq!(reader.bar_codes(), Vec::<String>::new());
    for (language, title) in [("SV", "Kreditfaktura"), ("EN", "Credit note")] {
        let mut draft = fixture::credit_note();
        draft.header.language_code = some(language);
        let text = read(draft).text();
        assert!(text.contains(title) && !text.contains("IBAN"), "{text}");
    }
}

#[test]
fn readers_of_other_languages_get_english() {
    let mut draft = fixture::plain("FI");
    draft.header.language_code = some("DE");
    assert!(read(draft).text().contains("Amount due EUR 125.50"));
}

#[test]
fn numbers_are_held_together_by_spaces_that_do_not_break() {
    // Poppler makes plain spaces of them everywhere else.
    let raw = read(fixture::finnish()).structure();
    for number in
        ["1\u{a0}250,00", "3\u{a0}168,81\u{a0}EUR", "FI21\u{a0}1234\u{a0}5600\u{a0}0007\u{a0}85", "25,5\u{a0}%"]
    {
        assert!(raw.contains(number), "{number:?} in {raw}");
    }
}

#[test]
fn the_file_is_whole_tagged_and_tells_what_it_is() {
    for (draft, language, title) in [
        (fixture::finnish(), "fi", "Lasku 251601000 – Pohjanmaan Kiinteistöpalvelu Oy"),
        (fixture::swedish(), "sv", "Faktura 40117 – Mälardalens Måleri & Fasad AB"),
        (fixture::english(), "en", "Invoice 251601000 – Pohjanmaan Kiinteistöpalvelu Oy"),
        (fixture::odd(), "fi", "Lasku 251601000 – Erittäin pitkä nimi"),
    ] {
        let reader = read(draft);
        reader.check();
        let info = reader.info();
        assert!(info.contains(title), "{info}");
        for line in
            ["Creator: Tallystick", "Tagged: yes", "JavaScript: no", "Encrypted: no", "(A4)", "PDF version: 1.7"]
        {
            let info = info.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(info.contains(line), "{line} in {info}");
        }
        let metadata = reader.metadata();
        for mark in [
            "<pdfaid:part>2</pdfaid:part>",
            "<pdfaid:conformance>A</pdfaid:conformance>",
            "<pdfuaid:part>1</pdfuaid:part>",
            &format!("<rdf:li>{language}</rdf:li>"),
            "2026-11-21T10:15:30+00:00",
        ] {
            assert!(metadata.contains(mark), "{mark} in {metadata}");
        }
    }
}

#[test]
fn fonts_are_embedded_in_part() {
    let fonts = read(fixture::odd()).fonts();
    let lines: Vec<&str> = fonts.lines().skip(2).collect();
    assert_eq!(lines.len(), 2, "{fonts}");
    for (line, name) in lines.iter().zip(["NotoSans-Bold ", "NotoSans "]) {
        // A subset has six letters and a plus before its name; embedded, subset, with Unicode.
        assert!(line[7..].starts_with(name) && line.contains("yes yes yes"), "{fonts}");
    }
}

#[test]
fn it_is_read_aloud_in_order() {
    let structure = read(fixture::finnish()).structure();
    let mut rest = structure.as_str();
    for part in [
        "H1",
        "Lasku",
        "Pohjanmaan",
        "Rakennusliike",
        "Table",
        "Viitenumero",
        "THead",
        "TH",
        "Kuvaus",
        "TBody",
        "Lumityöt",
        "Maksettava",
        "Maksutiedot",
        "FI21",
        "Figure",
    ] {
        let place =
            rest.find(part).unwrap_or_else(|| panic!("{part} is not after what must be before it: {structure}"));
        rest = &rest[place..];
    }
    // The heads of further sheets are for the eye only.
    let structure = read(fixture::long("FI", 100)).structure();
    assert_eq!(structure.matches("Yksikköhinta").count(), 1);
    assert_eq!(structure.matches("Tarvike 100,").count(), 1);
}

#[test]
fn the_same_invoice_gives_the_same_bytes() {
    let invoice = fixture::invoice(fixture::finnish());
    assert!(pdf(&invoice) == pdf(&invoice.clone()));
    let later = InvoiceDocument {
        made_at: domain::Timestamp::from_micros(0),
        ..InvoiceDocument::new(&invoice, fixture::made_at())
    };
    assert!(pdf(&invoice) != invoice_pdf(&later).unwrap());
}

fn expected(invoice: &NewInvoice, iban: &str) -> String {
    let due = Some(invoice.header.due_date);
    let code = BankBarCode::of(&Iban::parse(iban).unwrap(), &invoice.references.payment, invoice.totals.payable, due);
    code.unwrap().into_string()
}

#[test]
fn the_bars_can_be_read_from_the_page() {
    let four = fixture::invoice(fixture::finnish());
    let four = (pdf(&four), expected(&four, "FI2112345600000785"), '4');
    // To the financier's account.
    let five = fixture::invoice(fixture::english());
    let five = (pdf(&five), expected(&five, "FI7944052020036082"), '5');
    // On the last of several pages.
    let long = fixture::invoice(fixture::long("SV", 60));
    let long = (pdf(&long), expected(&long, "FI2112345600000785"), '4');
    for (pdf, code, version) in [four, five, long] {
        assert!(code.starts_with(version));
        let reader = Reader::of(&pdf);
        assert_eq!(reader.bar_codes(), [code.as_str()]);
        // The digits are there for people, too.
        assert!(reader.raw().contains(&code));
    }
}

#[test]
fn accounts_without_a_bank_bar_code_have_a_slip_all_the_same() {
    let reader = read(fixture::swedish());
    assert_eq!(reader.bar_codes(), Vec::<String>::new());
    assert!(reader.text().contains("5805-6201"));
}

#[test]
fn the_address_is_where_windows_are() {
    const MM: f32 = 72.0 / 25.4;
    for (draft, name, left) in
        [(fixture::finnish(), "Rakennusliike", 20.0), (fixture::swedish(), "Bostadsrättsföreningen", 112.0)]
    {
        let page = &read(draft).boxes()[0];
        let ([x, top, ..], _) = page.iter().find(|(_, word)| word == name).unwrap();
        assert!((x / MM - left).abs() < 0.5 && (44.0..50.0).contains(&(top / MM)), "{} {}", x / MM, top / MM);
        // Between the window's upper edge and 72 mm there is nothing else in its half.
        let half = if left < 100.0 { 0.0..110.0 } else { 110.0..210.0 };
        for ([x, top, ..], word) in page {
            let inside = half.contains(&(x / MM)) && (36.0..72.0).contains(&(top / MM));
            assert!(!inside || *x / MM >= left - 0.5 && (44.0..70.0).contains(&(top / MM)), "{word}");
        }
    }
}

/// Words of one page whose boxes lie on each other, or outside the margins.
fn misplaced(page: &[([f32; 4], String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (place, (one, word)) in page.iter().enumerate() {
        if one[0] < 56.0 || one[2] > 553.5 || one[1] < 25.0 || one[3] > 830.0 {
            found.push(format!("{word} {one:?} is in the margin"));
        }
        for (other, second) in &page[place + 1..] {
            // The boxes are those of the font, which are higher than its letters.
            let height = |a: &[f32; 4]| (a[1] + (a[3] - a[1]) * 0.3, a[3] - (a[3] - a[1]) * 0.25);
            let ((top, bottom), (second_top, second_bottom)) = (height(one), height(other));
            let across = one[0] + 0.3 < other[2] && other[0] + 0.3 < one[2];
            if across && top < second_bottom && second_top < bottom {
                found.push(format!("{word} {one:?} lies on {second} {other:?}"));
            }
        }
    }
    found
}

#[test]
fn nothing_lies_on_anything_else() {
    let mut crowded = fixture::odd();
    crowded.header.language_code = some("EN");
    crowded.header.description = Some("Two\nlines".to_owned());
    crowded.recipient.name =
        some("A recipient whose name is longer than the window of an envelope can ever be, and then some more");
    for draft in [
        fixture::finnish(),
        fixture::swedish(),
        fixture::english(),
        fixture::credit_note(),
        fixture::long("FI", 70),
        fixture::odd(),
        crowded,
    ] {
        for (number, page) in read(draft).boxes().iter().enumerate() {
            assert_eq!(misplaced(page), Vec::<String>::new(), "page {}", number + 1);
        }
    }
}

#[test]
fn rows_go_on_over_pages_with_their_head() {
    let pages = read(fixture::long("FI", 1_000)).pages();
    let all = pages.len();
    assert!((20..=40).contains(&all), "{all}");
    for (place, page) in pages.iter().enumerate() {
        assert!(page.contains(&format!("Sivu {}/{all}", place + 1)));
        assert!(page.contains("251601000") && page.contains("Y-tunnus 0646115-8"));
        if place + 1 < all {
            assert!(page.contains("Kuvaus Määrä Yks. Yksikköhinta ALV % Veroton EUR"), "{page}");
        }
    }
    let text = pages.join("\n");
    for row in 1..=1_000 {
        assert!(text.contains(&format!("Tarvike {row}, ")), "{row}");
    }
    assert!(pages[all - 1].contains("Maksettava") && pages[all - 1].contains("Maksutiedot"));
    assert_eq!(text.matches("Maksutiedot").count(), 1);
}

#[test]
fn every_number_of_rows_ends_with_its_totals_and_its_slip() {
    // Wherever the page ends.
    for count in 14..=34 {
        let reader = read(fixture::long("FI", count));
        let pages = reader.pages();
        let last = pages.last().unwrap();
        assert!(last.contains("Virtuaaliviivakoodi"), "{count}: {last}");
        let whole = pages.join("\n");
        assert!(whole.contains("Maksettava") && whole.contains(&format!("Tarvike {count}, ")), "{count}");
        assert!(reader.boxes().iter().all(|page| misplaced(page).is_empty()), "{count}");
    }
}

#[test]
fn what_the_font_lacks_is_seen_and_what_is_long_is_cut() {
    let text = read(fixture::odd()).text();
    assert!(text.contains("Ääkkösyhtiö\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}"), "{text}");
    assert!(text.contains('…'));
    // Amounts are never cut.
    assert!(text.contains("172 991 921 697,41 EUR"), "{text}");
    assert!(text.contains("123 456 789,12345"));
    assert_eq!(text.matches("Rivi").count(), 100);
    assert_eq!(text.matches("kolmas.").count(), 100);
}

#[test]
fn what_was_paid_is_taken_off() {
    let mut invoice = fixture::invoice(fixture::finnish());
    let euros = |text| Money::parse(text, CurrencyCode::parse("EUR").unwrap()).unwrap();
    invoice.totals = Totals::of(&invoice.rows, euros("0.19"), euros("3169.00"), invoice.header.currency).unwrap();
    let text = Reader::of(&pdf(&invoice)).text();
    for line in ["Pyöristys 0,19", "Maksettu −3 169,00", "Maksettava 0,00 EUR", "Ei maksettavaa."] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("Maksutiedot"));
}

#[test]
fn the_reason_for_no_vat_is_in_the_words_of_the_sellers_law() {
    let mut draft = fixture::english();
    draft.rows[0].vat_exemption_reason = some("AVL 72 a §");
    for (language, reverse, within) in [
        ("FI", "AE: Käännetty verovelvollisuus.", "K: Veroton yhteisömyynti."),
        ("SV", "AE: Omvänd skattskyldighet.", "K: Skattefri gemenskapsintern försäljning."),
        ("EN", "AE: Reverse charge.", "K: Intra-Community supply, exempt from VAT."),
    ] {
        draft.header.language_code = some(language);
        let text = read(draft.clone()).raw();
        assert!(text.contains(reverse) && text.contains(within) && text.contains("AVL 72 a §"), "{text}");
        // Without the buyer's number it would be taxed.
        assert!(text.contains("DE136695976"), "{text}");
    }
    let mut draft = fixture::swedish();
    for row in &mut draft.rows {
        row.vat_rate = some("0");
        row.vat_category = some("AE");
    }
    assert!(read(draft).raw().contains("AE: Omvänd betalningsskyldighet."));
}

#[test]
fn an_iban_and_giros_stand_side_by_side() {
    let mut invoice = fixture::invoice(fixture::swedish());
    invoice.parties.seller.payment.iban = Some(Iban::parse("SE4550000000058398257466").unwrap());
    let reader = Reader::of(&pdf(&invoice));
    let text = reader.text();
    assert!(text.contains("Mottagarens kontonummer (IBAN) Bankgiro Plusgiro"), "{text}");
    assert!(text.contains("SE45 5000 0000 0583 9825 7466 5805-6201 4-2"), "{text}");
    assert!(reader.boxes().iter().all(|page| misplaced(page).is_empty()));
    // No account at all: no slip.
    invoice.parties.seller.payment = domain::invoice::PaymentDetails::default();
    assert!(!Reader::of(&pdf(&invoice)).text().contains("Betalningsuppgifter"));
}

#[test]
fn letters_abroad_name_the_country() {
    let text = read(fixture::english()).raw();
    assert!(text.contains("20402 Hamburg\nGERMANY"), "{text}");
}

#[test]
fn personal_identity_numbers_are_not_printed() {
    let mut draft = fixture::plain("FI");
    draft.buyer.entity_type = some("PERSON");
    draft.buyer.business_id = None;
    draft.buyer.personal_identity_number = some("131052-308T");
    let reader = read(draft);
    assert!(!reader.raw().contains("308T") && reader.raw().contains("Meikäläinen"));
}

/// Any text: of any characters, often of those that make trouble.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-zA-ZåäöÅÄÖ0-9 ,.\\-/]{0,300}",
        "[\u{0}-\u{20}\u{7f}-\u{a0}\u{2028}\u{2029}\u{200b}\u{202e}\u{feff}\u{fffd}\u{300}-\u{310}\u{e000}]{0,40}",
        "[\u{5d0}-\u{5ea}\u{600}-\u{6ff}\u{4e00}-\u{4e20}\u{1f600}-\u{1f640} ]{0,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_and_no_number_of_rows_is_too_much(
        texts in proptest::collection::vec(any_text(), 16),
        count in 0_usize..200,
        numbers in proptest::collection::vec((-999_999_999_999_999_i64..=999_999_999_999_999, 0_u8..=12), 8),
        language in proptest::sample::select(vec!["FI", "SV", "EN", "JA"]),
        currency in proptest::sample::select(vec!["EUR", "SEK", "JPY", "KWD", "CLF"]),
        country in proptest::sample::select(vec!["FI", "SE", "GB", "JP"]),
    ) {
        let mut invoice = fixture::invoice(fixture::finnish());
        let mut next = texts.iter().cycle().cloned();
        let mut text = || next.next().unwrap();
        let mut next_number = numbers.iter().cycle();
        let mut decimal = || {
            let (units, scale) = next_number.next().unwrap();
            Decimal::new(*units, *scale).unwrap()
        };
        let currency = CurrencyCode::parse(currency).unwrap();
        invoice.header.language = LanguageCode::parse(language).unwrap();
        invoice.header.currency = currency;
        invoice.header.description = Some(text());
        invoice.header.additional_information = Some(text());
        let parties = &mut invoice.parties;
        parties.seller.name = text();
        parties.seller.address.street = text();
        parties.seller.address.country = CountryCode::parse(country).unwrap();
        parties.seller.contact.person_name = Some(text());
        parties.buyer.name = text();
        parties.buyer.customer_account_id = Some(text());
        if let Some(address) = &mut parties.buyer.address {
            address.postal_district = text();
            address.street2 = Some(text());
            address.country_name = Some(text());
        }
        invoice.references.sales = Some(text());
        invoice.terms.payment = Some(text());
        let model = invoice.rows[1].clone();
        invoice.rows = (0..count)
            .map(|_| {
                let mut row = model.clone();
                row.product_code = Some(text());
                row.name = text();
                row.description = Some(text());
                row.unit = Some(text());
                row.vat_exemption_reason = Some(text());
                (row.quantity, row.unit_price) = (decimal(), decimal());
                row.net = Money::new(decimal().units(), currency).unwrap();
                row.discount = Money::new(decimal().units(), currency).unwrap();
                row
            })
            .collect();
        let zero = Money::zero(currency).unwrap();
        if let Ok(totals) = Totals::of(&invoice.rows, zero, zero, currency) {
            invoice.totals = totals;
        }
        let pdf = pdf(&invoice);
        prop_assert!(pdf.starts_with(b"%PDF-1.7"));
    }
}
