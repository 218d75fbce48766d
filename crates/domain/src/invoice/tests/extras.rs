//! Attachments, terms and extensions.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::percent::Percent;

fn pdf(bytes: usize) -> String {
    const END: &[u8] = b"trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n";
    let mut file = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n".to_vec();
    file.resize(bytes - END.len(), b'\n');
    file.extend_from_slice(END);
    STANDARD.encode(file)
}

#[test]
fn attachments_are_pdfs() {
    let attach = |files: &[(&str, &str)]| {
        with(|draft| {
            draft.attachments = files
                .iter()
                .map(|(name, content)| AttachmentDraft { name: some(name), content: some(content) })
                .collect();
        })
    };
    let small = pdf(200);
    let one = taken(&attach(&[("a.pdf", &small), ("Liite Å.PDF", &small)]));
    assert_eq!(one.attachments.len(), 2);
    assert_eq!(
        format!("{:?}", one.attachments[0]),
        format!("Attachment(a.pdf, {} bytes)", one.attachments[0].content.len())
    );
    // In lines and without padding.
    let lines = small
        .trim_end_matches('=')
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect::<Vec<_>>();
    assert_eq!(taken(&attach(&[("a.pdf", &lines.join("\r\n"))])).attachments[0], one.attachments[0]);

    let first = |member: &str| format!("invoice.attachments.0.{member}");
    let encrypted = STANDARD.encode(include_bytes!("../../pdf_file/encrypted_table.pdf"));
    taken(&attach(&[("a.pdf", &STANDARD.encode(include_bytes!("../../pdf_file/table.pdf")))]));
    for (content, code) in [
        (STANDARD.encode(b"PK\x03\x04"), "not_a_pdf"),
        (STANDARD.encode(b"%PDF-1.7\n"), "pdf_incomplete"),
        (encrypted, "pdf_encrypted"),
        ("%PDF-1.7".to_owned(), "attachment_encoding"),
        (String::new(), "required"),
    ] {
        assert_faults(&attach(&[("a.pdf", &content)]), &[(&first("content"), code)]);
    }
    let long = format!("{}.pdf", "ä".repeat(126));
    for name in
        ["a.txt", ".pdf", "../a.pdf", "a\\b.pdf", "pdf", "c:a.pdf", "ä", "a\n.pdf", "CON.pdf", "lpt1.x.pdf", &long]
    {
        assert_faults(&attach(&[(name, &small)]), &[(&first("name"), "file_name_format")]);
    }
    taken(&attach(&[("Con Oy.pdf", &small), (&long[2..], &small)]));
    assert_faults(
        &attach(&[("a.pdf", &small), ("A.pdf", &small)]),
        &[("invoice.attachments.1.name", "duplicate_file_name")],
    );
    // Also where the first of the two is no PDF.
    assert_faults(
        &attach(&[("a.pdf", "UEs="), ("A.pdf", &small)]),
        &[(&first("content"), "not_a_pdf"), ("invoice.attachments.1.name", "duplicate_file_name")],
    );
    let eleven: Vec<String> = (0..11).map(|number| format!("{number}.pdf")).collect();
    let eleven: Vec<(&str, &str)> = eleven.iter().map(|name| (name.as_str(), small.as_str())).collect();
    assert_faults(&attach(&eleven), &[("invoice.attachments.10", "too_many")]);
    assert_eq!(taken(&attach(&eleven[..10])).attachments.len(), MOST_ATTACHMENTS);
}

#[test]
fn attachments_have_ten_mebibytes_together() {
    let of = |bytes: &[usize]| {
        with(|draft| {
            draft.attachments = bytes
                .iter()
                .enumerate()
                .map(|(place, bytes)| AttachmentDraft {
                    name: Some(format!("{place}.pdf")),
                    content: Some(pdf(*bytes)),
                })
                .collect();
        })
    };
    let exact = of(&[MOST_ATTACHMENT_BYTES - 1_000, 1_000]);
    assert_eq!(taken(&exact).attachments.iter().map(|file| file.content.len()).sum::<usize>(), MOST_ATTACHMENT_BYTES);
    for sizes in [&[MOST_ATTACHMENT_BYTES - 1_000, 1_001][..], &[11 << 20]] {
        assert_faults(&of(sizes), &[("invoice.attachments", "attachments_too_large")]);
    }
}

#[test]
fn terms_and_extensions_are_typed() {
    let draft = with(|draft| {
        draft.terms = TermsDraft {
            payment: some("14 days net"),
            cash_discount_percent: some("2"),
            cash_discount_date: some("2025-12-08"),
            ..TermsDraft::default()
        };
        draft.extensions = ExtensionsDraft {
            collection: CollectionDraft {
                reminder_after_days: Some(7),
                collection_after_days: Some(21),
                reminder_fee: some("5"),
                ..CollectionDraft::default()
            },
            interest: InterestDraft { kind: None, percent: some("11.5") },
            factoring: FactoringDraft {
                agreement: some("F1"),
                financier: some("Rahoitus Oyj"),
                ..FactoringDraft::default()
            },
        };
    });
    let invoice = taken(&draft);
    assert_eq!(invoice.terms.cash_discount.unwrap().percent, Percent::parse("2").unwrap());
    let collection = invoice.extensions.collection.unwrap();
    assert_eq!(
        (collection.enabled, collection.reminder_after_days, collection.collection_after_days),
        (true, Some(7), Some(21))
    );
    let interest = invoice.extensions.interest.unwrap();
    assert_eq!((interest.as_str(), interest.percent()), ("FIXED", Percent::parse("11.5").ok()));
    assert_eq!(invoice.extensions.factoring.unwrap().financier, "Rahoitus Oyj");
    assert_eq!(taken(&valid()).extensions, Extensions::default());

    for (kind, expected) in [("NONE", Interest::None), ("STATUTORY", Interest::Statutory)] {
        let draft = with(|draft| draft.extensions.interest.kind = some(kind));
        let interest = taken(&draft).extensions.interest.unwrap();
        assert_eq!((interest, interest.as_str()), (expected, kind));
    }
    // Of a buyer that must not be collected from, nothing is collected that was not asked for.
    let spared = taken(&with(|draft| {
        draft.buyer.disable_collection = Some(true);
        draft.extensions.collection.reminder_after_days = Some(7);
    }));
    assert!(!spared.extensions.collection.unwrap().enabled);
    type Case = (fn(&mut InvoiceDraft), &'static str, &'static str);
    let cases: [Case; 13] = [
        (|draft| draft.terms.cash_discount_percent = some("2"), "terms.cashDiscountDate", "required"),
        (|draft| draft.terms.cash_discount_date = some("2025-12-08"), "terms.cashDiscountPercent", "not_combinable"),
        (
            |draft| {
                draft.terms.cash_discount_percent = some("2");
                draft.terms.cash_discount_date = some("2025-12-16");
            },
            "terms.cashDiscountDate",
            "out_of_range",
        ),
        (|draft| draft.extensions.interest.kind = some("FIXED"), "extensions.interest.percent", "required"),
        (|draft| draft.extensions.interest.kind = some("HIGH"), "extensions.interest.type", "unknown_interest_type"),
        (
            |draft| draft.extensions.interest = InterestDraft { kind: some("NONE"), percent: some("1") },
            "extensions.interest.percent",
            "not_combinable",
        ),
        (
            |draft| {
                draft.extensions.factoring.notice = some("Paid to us");
                draft.extensions.factoring.financier = some("Rahoitus Oyj");
            },
            "extensions.factoring.agreement",
            "required",
        ),
        (
            |draft| draft.extensions.collection.reminder_after_days = Some(0),
            "extensions.collection.reminderAfterDays",
            "out_of_range",
        ),
        (
            |draft| {
                draft.extensions.collection.reminder_after_days = Some(10);
                draft.extensions.collection.collection_after_days = Some(10);
            },
            "extensions.collection.collectionAfterDays",
            "out_of_range",
        ),
        (
            |draft| draft.extensions.collection.reminder_fee = some("-5"),
            "extensions.collection.reminderFee",
            "negative_amount",
        ),
        (
            |draft| {
                draft.buyer.disable_collection = Some(true);
                draft.extensions.collection.enabled = Some(true);
            },
            "extensions.collection.enabled",
            "not_combinable",
        ),
        (|draft| draft.references.sales = Some("x".repeat(71)), "references.sales", "too_long"),
        (|draft| draft.references.invoice_copy_url = some("ftp://x"), "references.invoiceCopyUrl", "website_format"),
    ];
    for (change, field, code) in cases {
        assert_fault(change, &format!("invoice.{field}"), code);
    }
}
