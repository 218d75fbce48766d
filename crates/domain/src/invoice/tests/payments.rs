//! Where an invoice is paid, and with which reference.

use super::*;
use crate::giro::Bankgiro;
use crate::iban::Iban;
use crate::payment_reference::PaymentReference;

fn at(member: &str) -> String {
    format!("invoice.parties.sellerParty.paymentDetails.{member}")
}

const REFERENCE: &str = "invoice.references.payment";

/// A client with these accounts and no others.
fn with_accounts(iban: Option<&str>, bankgiro: Option<&str>) -> NewClient {
    NewClient {
        iban_account: iban.map(|iban| Iban::parse(iban).unwrap()),
        bankgiro: bankgiro.map(|giro| Bankgiro::parse(giro).unwrap()),
        ..client()
    }
}

fn references(client: &NewClient, payment: Option<&str>) -> Result<PaymentReference, Vec<(String, String)>> {
    let draft = with(|draft| draft.references.payment = payment.map(str::to_owned));
    match checked_for(client, &draft, Environment::Production) {
        Ok(checked) => {
            assert_eq!(checked.warnings, []);
            Ok(checked.invoice.references.payment)
        }
        Err(faults) => Err(codes(faults.as_slice())),
    }
}

#[test]
fn accounts_are_checked() {
    assert_fault(|draft| draft.seller.payment.iban = some("12345"), &at("iban"), "iban_format");
    assert_fault(|draft| draft.seller.payment.bankgiro = some("5805-6202"), &at("bankgiro"), "bankgiro_check_digit");
    assert_fault(|draft| draft.seller.payment.postgiro = some("28 65 43-5"), &at("postgiro"), "plusgiro_check_digit");
    assert_fault(|draft| draft.seller.payment.bic = some("DABAFIHH"), &at("bic"), "not_combinable");
    let giro = with(|draft| draft.seller.payment.bankgiro = some("5805-6201"));
    let giro = checked(&giro, Environment::Production).unwrap().invoice;
    // The invoice's accounts are all that it has: the client's own is not mixed in.
    assert_eq!(giro.parties.seller.payment.iban, None);
}

#[test]
fn check_digits_of_ibans_are_enforced_in_sandbox_too() {
    let wrong = "FI2112345600000786";
    type Case = (fn(&mut InvoiceDraft, &str), String);
    let cases: [Case; 2] = [
        (|draft, iban| draft.seller.payment.iban = some(iban), at("iban")),
        (
            |draft, iban| {
                draft.extensions.factoring = FactoringDraft {
                    agreement: some("F1"),
                    financier: some("Rahoitus Oyj"),
                    iban: some(iban),
                    ..FactoringDraft::default()
                };
            },
            "invoice.extensions.factoring.iban".to_owned(),
        ),
    ];
    for environment in [Environment::Sandbox, Environment::Production] {
        for (change, at) in &cases {
            let faults = checked(&with(|draft| change(draft, wrong)), environment).err().unwrap_or_default();
            assert_eq!(codes(faults.as_slice()), [(at.clone(), "iban_check_digits".to_owned())], "{environment:?}");
        }
        // The length of the documented example is forgiven where the example has it only.
        let factoring = with(|draft| cases[1].0(draft, "FI12345678912345678"));
        let faults = checked(&factoring, environment).err().unwrap_or_default();
        assert_eq!(codes(faults.as_slice()), [(cases[1].1.clone(), "iban_length".to_owned())]);
    }
}

#[test]
fn an_account_that_the_client_has_not_registered_is_pointed_out() {
    let draft = |iban: &'static str| with(|draft| draft.seller.payment.iban = some(iban));
    let other = draft("DE89370400440532013000");
    for environment in [Environment::Sandbox, Environment::Production] {
        let checked = checked(&other, environment).unwrap();
        assert_eq!(codes(&checked.warnings), [(at("iban"), "account_differs".to_owned())]);
        assert_eq!(checked.invoice.parties.seller.payment.iban.unwrap().as_str(), "DE89370400440532013000");
        // A creditor reference is made for a foreign account.
        let made = checked.invoice.references.payment;
        assert!(made.as_str().starts_with("RF") && made.as_str().ends_with("12345672516010005"), "{made}");
    }
    taken(&draft("FI21 1234 5600 0007 85"));
    let giro = with(|draft| draft.seller.payment.bankgiro = some("5805-6201"));
    let warnings = checked(&giro, Environment::Production).unwrap().warnings;
    assert_eq!(codes(&warnings), [(at("bankgiro"), "account_differs".to_owned())]);
    // Of a client without accounts nothing is known.
    let nothing = with_accounts(None, None);
    assert_eq!(checked_for(&nothing, &other, Environment::Production).unwrap().warnings, []);
}

#[test]
fn references_are_of_the_kind_of_their_account() {
    let sweden = with_accounts(Some("SE4550000000058398257466"), None);
    let giro = with_accounts(None, Some("5805-6201"));
    let norway = with_accounts(Some("NO9386011117947"), None);
    let denmark = with_accounts(Some("DK5000400440116243"), None);
    let both = with_accounts(Some("FI2112345600000785"), Some("5805-6201"));
    let ocr = "0079927398713";
    for (client, given) in [
        (&sweden, ocr),
        (&giro, ocr),
        (&norway, ocr),
        (&norway, "0001236"),
        (&norway, "6-"),
        (&denmark, "000000000000018"),
        (&both, ocr),
    ] {
        assert_eq!(references(client, Some(given)).unwrap().as_str(), given);
    }
    for client in [&sweden, &giro, &norway, &denmark, &both] {
        for (given, stored) in [("RF34 1234 561", "RF341234561"), ("1232", "1232")] {
            assert_eq!(references(client, Some(given)).unwrap().as_str(), stored);
        }
    }
    let (form, digit) = ("reference_format", "reference_check_digit");
    for (client, given, code) in [
        (&client(), "79927398713", digit),
        (&client(), "1234567890123456789012340", form),
        (&giro, "79927398710", digit),
        (&denmark, "79927398713", digit),
        (&sweden, "6-", form),
    ] {
        assert_eq!(references(client, Some(given)), Err(vec![(REFERENCE.to_owned(), code.to_owned())]), "{given}");
    }
    // Digits that are right by both kinds, with a zero that only one of them counts, are of the account's kind.
    let twice = (1_000..).map(|base: u32| format!("0{base}")).find_map(|base| {
        (0..10).map(|digit| format!("{base}{digit}")).find(|text| {
            references(&giro, Some(text)).is_ok_and(|read| read.as_str().starts_with('0'))
                && references(&client(), Some(text)).is_ok()
        })
    });
    let twice = twice.unwrap();
    assert_eq!(references(&both, Some(&twice)).unwrap().as_str(), twice.trim_start_matches('0'));
}

#[test]
fn what_is_made_can_be_paid_to_the_account() {
    let made = |client: &NewClient| references(client, None).unwrap().to_string();
    assert_eq!(made(&client()), "12345672516010005");
    assert_eq!(made(&with_accounts(None, Some("5805-6201"))), "12345672516010001");
    assert!(made(&with_accounts(Some("SE4550000000058398257466"), Some("5805-6201"))).starts_with("RF"));
    assert!(made(&with_accounts(Some("NO9386011117947"), None)).starts_with("RF"));
}

#[test]
fn a_claim_that_was_sold_is_paid_to_its_buyer() {
    let sold = |iban: &'static str| {
        with(|draft| {
            draft.extensions.factoring = FactoringDraft {
                agreement: some("F1"),
                financier: some("Rahoitus Oyj"),
                iban: some(iban),
                ..FactoringDraft::default()
            };
        })
    };
    // The seller needs no account of its own then, and the reference is one of that of the financier.
    let invoice = checked_for(&with_accounts(None, None), &sold("SE4550000000058398257466"), Environment::Production);
    let invoice = invoice.unwrap().invoice;
    assert!(invoice.parties.seller.payment.is_empty());
    assert!(invoice.references.payment.as_str().starts_with("RF"));
    let invoice = checked_for(&client(), &sold("FI2112345600000785"), Environment::Production).unwrap().invoice;
    assert_eq!(invoice.references.payment.as_str(), "12345672516010005");
}
