//! Every kind of reference, read and made.

use proptest::prelude::*;

use super::*;

/// The reference of these digits, of which all but the last stand for the prefix.
fn reference_of(digits: &str) -> FinnishReference {
    let (prefix, number) = digits.split_at(digits.len() - 1);
    FinnishReference::build(ReferencePrefix(prefix.parse().unwrap()), number.parse().unwrap()).unwrap()
}

fn code<T>(read: Result<T, ReferenceFault>) -> Option<&'static str> {
    read.err().map(|fault| fault.code())
}

#[test]
fn known_references() {
    for (digits, finnish, rf) in [
        ("123456", "1234561", "RF341234561"),
        ("123", "1232", ""),
        ("100", "1009", "RF181009"),
        ("123456712345678", "1234567123456784", "RF301234567123456784"),
    ] {
        let reference = reference_of(digits);
        assert_eq!(reference.as_str(), finnish);
        if !rf.is_empty() {
            assert_eq!(reference.to_rf().as_str(), rf);
        }
    }
}

#[test]
fn prefix_and_number_make_a_reference() {
    assert_eq!(FinnishReference::build(ReferencePrefix(123), 456).unwrap().as_str(), "1234561");
    assert_eq!(FinnishReference::build(ReferencePrefix(100_000), u64::MAX), Err(ReferenceFault::Length));
    assert_eq!(FinnishReference::build(ReferencePrefix(1), 2), Err(ReferenceFault::Length));
    assert_eq!(FinnishReference::build(ReferencePrefix(-12), 34), Err(ReferenceFault::Length));
    assert_eq!(FinnishReference::build(ReferencePrefix(0), 1234), Err(ReferenceFault::Length));
}

#[test]
fn reads_what_is_printed() {
    assert_eq!(FinnishReference::parse("00000 12345 61").unwrap().as_str(), "1234561");
    assert_eq!(RfReference::parse("rf34 1234 561").unwrap().as_str(), "RF341234561");
    assert_eq!(RfReference::parse("RF18539007547034").unwrap().as_str(), "RF18539007547034");
    assert_eq!(code(FinnishReference::parse("1234562")), Some("reference_check_digit"));
    assert_eq!(code(RfReference::parse("RF351234561")), Some("reference_check_digit"));
    for text in ["", "0", "000", "123", "0123", "123456789012345678901", "12345-61", "RF341234561", "１２３４５６１"]
    {
        assert_eq!(FinnishReference::parse(text), Err(ReferenceFault::Format), "{text}");
    }
    for text in
        ["", "RF", "RF34", "1234561", "RF3A1234561", "RF34123456ä", "RF34-1234561", "RF181234567890123456789012"]
    {
        assert_eq!(RfReference::parse(text), Err(ReferenceFault::Format), "{text}");
    }
}

#[test]
fn either_kind_is_told_by_its_letters() {
    let made = |kind| PaymentReference::build(kind, ReferencePrefix(123), 456).unwrap();
    for (text, kind) in [("00 123 4561", ReferenceKind::Finnish), ("rf34 1234 561", ReferenceKind::Rf)] {
        assert_eq!(PaymentReference::parse(text), Ok(made(kind)), "{text}");
    }
    for (text, stored) in
        [("2516000017", "2516000017"), ("RF35 1234561", "RF351234561"), ("RF991234561", "RF991234561")]
    {
        match PaymentReference::parse(text) {
            Err(ReferenceFault::CheckDigit { reference }) => assert_eq!(reference.as_str(), stored),
            other => panic!("{text}: {other:?}"),
        }
    }
    for text in ["", "RF", "INV-17", "123", "000000000000000000000", "RF1", "R\u{17f}1234561"] {
        assert_eq!(PaymentReference::parse(text), Err(ReferenceFault::Format), "{text}");
    }
    assert_eq!(
        PaymentReference::build(ReferenceKind::Rf, ReferencePrefix(1_000_000), 9_999_999_999_999),
        Err(ReferenceFault::Length)
    );
}

#[test]
fn accounts_of_some_countries_take_kinds_of_their_own() {
    use ReferenceKind::{Fik, Finnish, Kid, Ocr, Rf};
    let read = |text: &str, kinds: &[ReferenceKind]| {
        PaymentReference::parse_as(text, kinds).map(|reference| reference.to_string())
    };
    for (text, kind, stored) in [
        ("79927398713", Ocr, "79927398713"),
        ("00 7992 7398 713", Ocr, "0079927398713"),
        ("18", Ocr, "18"),
        ("1234567890123456789012340", Ocr, "1234567890123456789012340"),
        ("79927398713", Kid, "79927398713"),
        ("0001236", Kid, "0001236"),
        ("6-", Kid, "6-"),
        ("000000000000018", Fik, "000000000000018"),
        ("0000000000000018", Fik, "0000000000000018"),
    ] {
        assert_eq!(read(text, &[Rf, kind, Finnish]).as_deref(), Ok(stored), "{text}");
        assert_eq!(read("RF34 1234 561", &[Rf, kind, Finnish]).as_deref(), Ok("RF341234561"));
        assert_eq!(read("1232", &[Rf, Finnish, kind]).as_deref(), Ok("1232"));
    }
    // Wrong as a KID and as an OCR number, which it is then taken for where check digits do not count.
    let Err(ReferenceFault::CheckDigit { reference }) =
        PaymentReference::parse_as("0079927398710", &[Rf, Ocr, Finnish])
    else {
        panic!("a wrong check digit passes")
    };
    assert_eq!(reference, PaymentReference::Domestic(DomesticReference("0079927398710".into())));
    for (text, kind) in [
        ("8", Ocr),
        ("", Ocr),
        ("12345678901234567890123456", Ocr),
        ("6-", Ocr),
        ("-", Kid),
        ("1-8", Kid),
        ("1é", Kid),
        ("7992739871é", Ocr),
        ("00000000000018", Fik),
        ("00000000000000018", Fik),
    ] {
        assert_eq!(read(text, &[Rf, kind]), Err(ReferenceFault::Format), "{text}");
    }
}

#[test]
fn an_ocr_number_is_made_with_luhn() {
    let made = |kind, prefix| PaymentReference::build(kind, ReferencePrefix(prefix), 2_739_871);
    assert_eq!(made(ReferenceKind::Ocr, 799).unwrap().as_str(), "79927398713");
    assert_eq!(made(ReferenceKind::Ocr, 0), Err(ReferenceFault::Length));
    assert_eq!(made(ReferenceKind::Kid, 799), Err(ReferenceFault::NotMade));
    assert_eq!(made(ReferenceKind::Fik, 799), Err(ReferenceFault::NotMade));
}

proptest! {
    #[test]
    fn what_is_built_is_read_again(prefix in 1_i64..1_000_000_000, number in 100_u64..1_000_000_000) {
        let reference = FinnishReference::build(ReferencePrefix(prefix), number).unwrap();
        prop_assert!(reference.as_str().starts_with(&prefix.to_string()));
        prop_assert_eq!(FinnishReference::parse(reference.as_str()), Ok(reference.clone()));
        let rf = reference.to_rf();
        prop_assert_eq!(RfReference::parse(rf.as_str()), Ok(rf.clone()));
        prop_assert_eq!(rf.finnish(), Some(reference));
        let ocr = PaymentReference::build(ReferenceKind::Ocr, ReferencePrefix(prefix), number).unwrap();
        prop_assert_eq!(PaymentReference::parse_as(ocr.as_str(), &[ReferenceKind::Ocr]), Ok(ocr.clone()));
    }

    #[test]
    fn one_wrong_digit_never_passes(number in 100_u64..10_000_000_000, place in any::<proptest::sample::Index>(), shift in 1_u8..10) {
        let right = reference_of(&number.to_string());
        let rf = right.to_rf().into_string();
        for (text, first) in [(right.into_string(), 0), (rf, 2)] {
            let mut wrong = text.into_bytes();
            let place = first + place.index(wrong.len() - first);
            wrong[place] = b'0' + (wrong[place] - b'0' + shift) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert!(FinnishReference::parse(&wrong).is_err() && RfReference::parse(&wrong).is_err(), "{}", wrong);
        }
    }

    #[test]
    fn arbitrary_texts_do_not_panic(text in any::<String>()) {
        let _ = (FinnishReference::parse(&text), RfReference::parse(&text), RfReference::parse(&format!("RF{text}")));
        let _ = (PaymentReference::parse(&text), PaymentReference::parse(&format!("RF{text}")));
        for kind in [ReferenceKind::Ocr, ReferenceKind::Kid, ReferenceKind::Fik] {
            let _ = PaymentReference::parse_as(&text, &[kind]);
        }
    }
}
