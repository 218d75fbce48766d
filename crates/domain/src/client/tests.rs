use proptest::prelude::*;

use super::*;
use crate::fault_code::FAULT_CODES;
use crate::{Environment, Fault, Faults};

/// The example of the public documentation.
fn seed() -> ClientDraft {
    let some = |text: &str| Some(text.to_owned());
    let nobody = ContactDraft { name: some(""), email: some(""), ..ContactDraft::default() };
    ClientDraft {
        service_type: some("LIFECYCLE"),
        partner_code: some("QUICK3"),
        name: some("Test Customer Oy"),
        business_code: some("123456-7"),
        vat_reg_nbr: some("FI1234567"),
        postal_address: some("Testikuja 7"),
        postal_code: some("12345"),
        postal_district: some("HELSINKI"),
        country_code: some("FI"),
        telephone: some(""),
        email: some("email@testcustomer.fi"),
        website: some(""),
        language_code: some("FI"),
        currency_code: some("EUR"),
        iban_account: some(""),
        bic: some(""),
        bankgiro: some(""),
        plusgiro: some(""),
        primary: ContactDraft {
            name: some("Matti Meikäläinen"),
            telephone: some(""),
            mobile: some("+358441234567"),
            email: some("matti@testcustomer.fi"),
        },
        technical: nobody.clone(),
        accountant: nobody,
    }
}

/// The example with check digits that match.
fn valid() -> ClientDraft {
    ClientDraft { business_code: Some("0737546-2".into()), vat_reg_nbr: Some("FI07375462".into()), ..seed() }
}

fn codes(faults: &[Fault]) -> Vec<(&str, &str)> {
    faults.iter().map(|fault| (&*fault.field, &*fault.code)).collect()
}

/// What is wrong with `draft` in production, by field and code.
fn faults_of(draft: &ClientDraft) -> Faults {
    check(draft, Environment::Production).unwrap_err()
}

/// The valid draft after `change`.
fn with(change: impl FnOnce(&mut ClientDraft)) -> ClientDraft {
    let mut draft = valid();
    change(&mut draft);
    draft
}

#[test]
fn the_documented_example_succeeds_in_sandbox_and_names_two_fields_in_production() {
    let two = [("client.businessCode", "business_code_check_digit"), ("client.vatRegNbr", "vat_number_check_digits")];
    let checked = check(&seed(), Environment::Sandbox).unwrap();
    assert_eq!(codes(&checked.warnings), two);
    assert_eq!(checked.partner_code, "QUICK3");
    let client = checked.client;
    assert_eq!(client.business_code.as_str(), "0123456-7");
    assert_eq!(client.vat_reg_nbr.unwrap().as_str(), "FI01234567");
    assert_eq!((client.telephone, client.website, client.iban_account), (None, None, None));
    let [contact] = client.contacts.as_slice() else { panic!("one contact, not {:?}", client.contacts) };
    assert_eq!((contact.role, contact.name.as_str()), (ContactRole::Primary, "Matti Meikäläinen"));
    assert_eq!(contact.mobile.as_ref().unwrap().as_str(), "+358441234567");

    assert_eq!(codes(faults_of(&seed()).as_slice()), two);
}

#[test]
fn a_valid_client_passes_alike_in_both_environments() {
    let sandbox = check(&valid(), Environment::Sandbox).unwrap();
    assert_eq!(sandbox.warnings, []);
    assert_eq!(check(&valid(), Environment::Production).unwrap(), sandbox);
}

#[test]
fn an_empty_body_names_every_required_field_in_the_order_of_the_contract() {
    let faults = faults_of(&ClientDraft::default());
    let mut required = [
        "service.type",
        "service.partnerCode",
        "client.name",
        "client.businessCode",
        "client.postalAddress",
        "client.postalCode",
        "client.postalDistrict",
        "client.countryCode",
        "client.email",
        "client.languageCode",
        "client.currencyCode",
    ]
    .map(|field| (field, "required"))
    .to_vec();
    required.extend([("contacts.primary", "contact_channel_required"), ("contacts.primary.name", "required")]);
    assert_eq!(codes(faults.as_slice()), required);
}

#[test]
fn every_field_can_be_wrong_at_once() {
    let wrong = || Some("?".to_owned());
    let someone = || ContactDraft { name: wrong(), telephone: wrong(), mobile: wrong(), email: wrong() };
    let draft = ClientDraft {
        service_type: wrong(),
        partner_code: Some("a".repeat(65)),
        name: Some("a\0".into()),
        business_code: wrong(),
        vat_reg_nbr: wrong(),
        postal_address: Some("🦀".repeat(256)),
        postal_code: wrong(),
        postal_district: Some("\0".into()),
        country_code: Some("FI".into()),
        telephone: wrong(),
        email: wrong(),
        website: wrong(),
        language_code: wrong(),
        currency_code: wrong(),
        iban_account: wrong(),
        bic: wrong(),
        bankgiro: wrong(),
        plusgiro: wrong(),
        primary: someone(),
        technical: someone(),
        accountant: someone(),
    };
    let faults = faults_of(&draft);
    assert_eq!(
        codes(faults.as_slice()),
        [
            ("service.type", "unknown_service_type"),
            ("service.partnerCode", "too_long"),
            ("client.name", "nul_character"),
            ("client.businessCode", "business_code_format"),
            ("client.vatRegNbr", "vat_number_prefix"),
            ("client.postalAddress", "too_long"),
            ("client.postalCode", "postal_code_format"),
            ("client.postalDistrict", "nul_character"),
            ("client.telephone", "telephone_format"),
            ("client.email", "email_format"),
            ("client.website", "website_format"),
            ("client.languageCode", "unknown_language"),
            ("client.currencyCode", "unknown_currency"),
            ("client.ibanAccount", "iban_format"),
            ("client.bic", "bic_format"),
            ("client.bankgiro", "bankgiro_format"),
            ("client.plusgiro", "plusgiro_format"),
            ("contacts.primary.telephone", "telephone_format"),
            ("contacts.primary.mobile", "telephone_format"),
            ("contacts.primary.email", "email_format"),
            ("contacts.technical.telephone", "telephone_format"),
            ("contacts.technical.mobile", "telephone_format"),
            ("contacts.technical.email", "email_format"),
            ("contacts.accountant.telephone", "telephone_format"),
            ("contacts.accountant.mobile", "telephone_format"),
            ("contacts.accountant.email", "email_format"),
        ]
    );
}

#[test]
fn a_missing_or_wrong_country_is_the_only_fault_that_it_causes() {
    for (country, code) in [(None, "required"), (Some("SUOMI".to_owned()), "unknown_country")] {
        let draft = with(|draft| {
            draft.country_code = country;
            draft.postal_code = Some("?".into());
            draft.business_code = Some("?".into());
            draft.telephone = Some("044 1234567".into());
            draft.primary.mobile = Some("044 1234567".into());
        });
        assert_eq!(codes(faults_of(&draft).as_slice()), [("client.countryCode", code)]);
    }
    let draft = with(|draft| {
        draft.country_code = None;
        draft.telephone = Some("+358 1".into());
        draft.postal_code = Some(" ".into());
    });
    assert_eq!(
        codes(faults_of(&draft).as_slice()),
        [
            ("client.postalCode", "required"),
            ("client.countryCode", "required"),
            ("client.telephone", "telephone_unknown")
        ]
    );
}

#[test]
fn a_contact_with_a_channel_needs_a_name_and_an_empty_one_is_none() {
    let draft = with(|draft| {
        draft.technical.email = Some("t@example.fi".into());
        draft.accountant.telephone = Some("09 3101691".into());
        draft.accountant.name = Some("\u{a0} ".into());
    });
    assert_eq!(
        codes(faults_of(&draft).as_slice()),
        [("contacts.technical.name", "required"), ("contacts.accountant.name", "required")]
    );

    let draft = with(|draft| draft.technical.name = Some("Tekla".into()));
    let client = check(&draft, Environment::Production).unwrap().client;
    let roles: Vec<_> = client.contacts.iter().map(|contact| contact.role).collect();
    assert_eq!(roles, [ContactRole::Primary, ContactRole::Technical]);
}

#[test]
fn a_primary_contact_whose_only_channel_is_wrong_has_that_one_fault() {
    let draft = with(|draft| {
        draft.primary = ContactDraft { name: Some("M".into()), email: Some("m".into()), ..ContactDraft::default() };
    });
    assert_eq!(codes(faults_of(&draft).as_slice()), [("contacts.primary.email", "email_format")]);
}

#[test]
fn values_are_normalised_and_free_text_is_not() {
    let draft = with(|draft| {
        draft.name = Some("  \u{202e}Älä 🦀\u{7}\r\n".into());
        draft.country_code = Some(" SE ".into());
        draft.business_code = Some(" 5560160680\t".into());
        draft.vat_reg_nbr = Some("se 556016-0680 01".into());
        draft.postal_code = Some("11122".into());
        draft.telephone = Some("08 508 290 00".into());
        draft.language_code = Some("dk".into());
        draft.currency_code = Some("SEK".into());
        draft.iban_account = Some("fi21 1234 5600 0007 85".into());
        draft.bic = Some("ndeafihh".into());
        draft.bankgiro = Some("58056201".into());
        draft.plusgiro = Some("2865434".into());
    });
    let client = check(&draft, Environment::Production).unwrap().client;
    assert_eq!(client.name, "  \u{202e}Älä 🦀\u{7}\r\n");
    assert_eq!(client.business_code.as_str(), "556016-0680");
    assert_eq!(client.vat_reg_nbr.unwrap().as_str(), "SE556016068001");
    assert_eq!(client.postal_code.as_str(), "111 22");
    assert_eq!(client.telephone.unwrap().as_str(), "+46850829000");
    assert_eq!((client.language_code.as_str(), client.currency_code.as_str()), ("DA", "SEK"));
    assert_eq!(client.iban_account.unwrap().as_str(), "FI2112345600000785");
    assert_eq!(client.bic.unwrap().as_str(), "NDEAFIHH");
    assert_eq!(client.bankgiro.unwrap().as_str(), "5805-6201");
    assert_eq!(client.plusgiro.unwrap().as_str(), "28 65 43-4");
}

#[test]
fn iban_check_digits_are_enforced_in_sandbox_too() {
    let draft = with(|draft| draft.iban_account = Some("FI2112345600000786".into()));
    let faults = check(&draft, Environment::Sandbox).unwrap_err();
    assert_eq!(codes(faults.as_slice()), [("client.ibanAccount", "iban_check_digits")]);
}

/// The members of a draft, so that a test can change any of them.
fn members(draft: &mut ClientDraft) -> Vec<&mut Option<String>> {
    let ClientDraft {
        service_type,
        partner_code,
        name,
        business_code,
        vat_reg_nbr,
        postal_address,
        postal_code,
        postal_district,
        country_code,
        telephone,
        email,
        website,
        language_code,
        currency_code,
        iban_account,
        bic,
        bankgiro,
        plusgiro,
        primary,
        technical,
        accountant,
    } = draft;
    let mut members = vec![
        service_type,
        partner_code,
        name,
        business_code,
        vat_reg_nbr,
        postal_address,
        postal_code,
        postal_district,
        country_code,
        telephone,
        email,
        website,
        language_code,
        currency_code,
        iban_account,
        bic,
        bankgiro,
        plusgiro,
    ];
    for contact in [primary, technical, accountant] {
        members.extend([&mut contact.name, &mut contact.telephone, &mut contact.mobile, &mut contact.email]);
    }
    members
}

/// A value of a member: absent, odd, or of a form that some member has.
fn value() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        any::<String>().prop_map(Some),
        "[ -~]{0,20}".prop_map(Some),
        "(\\+|0)[0-9 ]{5,14}".prop_map(Some),
        "[A-Z]{2}[0-9]{5,16}".prop_map(Some),
        "[0-9]{6,8}-[0-9]".prop_map(Some),
        "[a-z]{1,5}@[a-z]{1,5}\\.fi".prop_map(Some),
        prop::sample::select(vec![
            "",
            " ",
            "FI",
            "SE",
            "NO",
            "DK",
            "EE",
            "DE",
            "AQ",
            "SEK",
            "COOP",
            "00100",
            "111 22",
            "0150",
            "974760673",
            "13585628",
            "12345678",
            "5560160680",
            "123456-7",
            "FI1234567",
            "NO974760673MVA",
            "58056201",
            "2865434",
            "NDEAFIHH",
            "FI21 1234 5600 0007 85",
            "044 1234567",
            "070-174 06 05",
            "www.example.fi",
            "https://example.fi/",
            "dk",
        ])
        .prop_map(|text| Some(text.to_owned())),
    ]
}

/// The valid draft with some members changed: a few, so that some drafts pass, or all.
fn draft() -> impl Strategy<Value = ClientDraft> {
    let few = prop::collection::vec((any::<prop::sample::Index>(), value()), 0..4);
    let all = prop::collection::vec(value(), 30..31);
    prop_oneof![
        few.prop_map(|changes| with(|draft| {
            let mut members = members(draft);
            for (place, value) in changes {
                let place = place.index(members.len());
                *members[place] = value;
            }
        })),
        all.prop_map(|values| with(|draft| {
            for (member, value) in members(draft).into_iter().zip(values) {
                *member = value;
            }
        })),
    ]
}

proptest! {
    #[test]
    fn any_draft_is_refused_with_known_codes_or_made_a_client_that_passes_again(draft in draft()) {
        for environment in [Environment::Sandbox, Environment::Production] {
            match check(&draft, environment) {
                Ok(checked) => {
                    let again = checked.client.to_draft(&checked.partner_code);
                    prop_assert_eq!(check(&again, environment), Ok(checked));
                }
                Err(faults) => {
                    prop_assert!(!faults.is_empty());
                    for fault in faults.as_slice() {
                        prop_assert!(FAULT_CODES.iter().any(|(code, _)| *code == fault.code), "{}", fault.code);
                        prop_assert!(!fault.message.is_empty());
                    }
                }
            }
        }
    }

    #[test]
    fn what_passes_in_production_passes_in_sandbox_without_a_warning(draft in draft()) {
        match (check(&draft, Environment::Production), check(&draft, Environment::Sandbox)) {
            (Ok(production), sandbox) => prop_assert_eq!(sandbox, Ok(production)),
            (Err(faults), Ok(sandbox)) => prop_assert_eq!(faults.into_vec(), sandbox.warnings),
            (Err(_), Err(_)) => {}
        }
    }
}
