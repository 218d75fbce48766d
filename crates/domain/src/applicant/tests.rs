//! Whole applications, parts of them, and every fault.

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::reference_data::Entry;
use crate::terms;

fn date(text: &str) -> CalendarDate {
    CalendarDate::parse(text).unwrap()
}

fn today() -> CalendarDate {
    date("2026-11-22")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// An application with which nothing is wrong, of nobody.
fn whole() -> ApplicantDraft {
    ApplicantDraft {
        salutation: some("mrs"),
        first_name: some("Marie"),
        middle_name: some("A-RR_L"),
        last_name: some("Tremblay"),
        dob: some("1985-02-14"),
        email: some("marie@example.ca"),
        phone_number: some("613 555 0123"),
        address_1: some("55 Queen St W"),
        address_2: some("Apt 3"),
        city: some("Ottawa"),
        province: some("ON"),
        postal_code: some("k1a0b1"),
        housing_type: some("Rent"),
        housing_payment: some("1450.00"),
        occupation_id: some("FE"),
        employer: some("Example Inc."),
        annual_income: some("72000"),
        govid_type: some("CADL"),
        govid_issued_by: some("ON"),
        govid_number: some("T1234-56789-50214"),
        govid_expiry: some("2029-02-14"),
        security_qid: some("4"),
        security_answer: some("Zoé"),
        preferred_language: some("fr-CA"),
        account_type: some("consumer"),
        tos_agreement: Some(true),
        tos_version: some("roc-2026-07-01"),
        widget_session_id: some("3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        external_location_id: some("00-12345"),
    }
}

fn changed(change: impl FnOnce(&mut ApplicantDraft)) -> ApplicantDraft {
    let mut draft = whole();
    change(&mut draft);
    draft
}

/// The parameters and identifiers of the faults of a whole application.
fn faults(draft: &ApplicantDraft) -> Vec<(&'static str, &'static str)> {
    let found = check(draft, today(), Lang::English).err().unwrap_or_default().into_vec();
    found.into_iter().map(|fault| (fault.param, fault.message.id())).collect()
}

/// One of each message, for the tests of their texts.
fn messages() -> Vec<Message> {
    use Message::*;
    vec![
        Required,
        RequiredForOccupation,
        NotText,
        NotNumber,
        NotBoolean,
        Twice,
        MemberTwice,
        TooLong { most: 80 },
        TooShort { least: 2 },
        ControlCharacter,
        NoLetter,
        PastDate,
        TooLongAgo { years: 120 },
        UnderAge { province: Province::Quebec },
        FutureDate,
        Email,
        PhoneNumber,
        PostalCode,
        PostalCodeProvince { province: Province::Ontario },
        Choice { group: crate::reference_data::GroupKey::Salutations },
        Issuer { document: GovernmentDocument::parse("CAHC").unwrap() },
        NotAsBefore { param: "province" },
        Amount,
        AmountRange { most: 100 },
        GovidNumber,
        Language,
        AccountType,
        TermsNotAccepted,
        TermsVersion { version: Some(terms::all()[0].version) },
        TermsVersion { version: None },
        Guid,
        LocationId { most: 100 },
    ]
}

#[test]
fn an_application_with_everything_is_an_applicant() {
    let applicant = check(&whole(), today(), Lang::English).unwrap();
    assert_eq!(applicant.address.postal_code.as_str(), "K1A 0B1");
    assert_eq!(applicant.phone_number.e164(), "+16135550123");
    assert_eq!((applicant.annual_income.minor(), applicant.housing_payment.minor()), (7_200_000, 145_000));
    assert_eq!(applicant.government_id.issuer.as_str(), "ON");
    assert_eq!(applicant.security_answer.expose(), "Zoé");
    assert_eq!((applicant.preferred_language, applicant.account_type), (Lang::French, AccountType::Consumer));
    assert_eq!(applicant.terms.as_str(), "roc-2026-07-01");
}

#[test]
fn what_may_be_absent_is_absent_or_has_its_usual_value() {
    let draft = changed(|draft| {
        for member in [
            &mut draft.salutation,
            &mut draft.middle_name,
            &mut draft.address_2,
            &mut draft.preferred_language,
            &mut draft.account_type,
            &mut draft.tos_version,
            &mut draft.widget_session_id,
            &mut draft.external_location_id,
        ] {
            *member = some("  ");
        }
        draft.occupation_id = some("RT");
        draft.employer = None;
    });
    let applicant = check(&draft, today(), Lang::French).unwrap();
    assert_eq!((applicant.salutation, applicant.middle_name, applicant.employer), (None, None, None));
    assert_eq!((applicant.preferred_language, applicant.account_type), (Lang::French, AccountType::Consumer));
    // Who names no version has accepted the one that was shown: the one in force.
    assert_eq!(applicant.terms.as_str(), "roc-2026-07-01");
}

#[test]
fn of_an_empty_application_every_missing_parameter_is_told() {
    let found = faults(&ApplicantDraft::default());
    let missing: Vec<_> = found.iter().map(|(param, _)| *param).collect();
    assert_eq!(
        missing,
        [
            "first_name",
            "last_name",
            "dob",
            "email",
            "phone_number",
            "address_1",
            "city",
            "province",
            "postal_code",
            "housing_type",
            "housing_payment",
            "occupation_id",
            "annual_income",
            "govid_type",
            "govid_issued_by",
            "govid_number",
            "govid_expiry",
            "security_qid",
            "security_answer",
            "tos_agreement",
        ]
    );
    assert!(found.iter().all(|(_, id)| *id == "required"));
    assert_eq!(check_given(&ApplicantDraft::default(), today()), Ok(()));
}

#[test]
fn every_rule_has_its_fault_with_and_without_the_rest() {
    type Change = fn(&mut ApplicantDraft);
    let cases: &[(&str, &str, Change)] = &[
        ("salutation", "choice", |draft| draft.salutation = some("dr")),
        ("first_name", "no_letter", |draft| draft.first_name = some("007")),
        ("first_name", "too_long", |draft| draft.first_name = Some("é".repeat(81))),
        ("last_name", "control_character", |draft| draft.last_name = some("Trem\nblay")),
        ("last_name", "too_long", |draft| draft.last_name = Some("x".repeat(131))),
        ("dob", "past_date", |draft| draft.dob = some("12-31-1999")),
        ("dob", "past_date", |draft| draft.dob = some("2026-11-22")),
        ("dob", "past_date", |draft| draft.dob = some("1985-02-30")),
        ("dob", "too_long_ago", |draft| draft.dob = some("1906-11-22")),
        ("dob", "under_age", |draft| draft.dob = some("2008-11-23")),
        ("email", "email", |draft| draft.email = some("johndoe@")),
        ("email", "too_long", |draft| draft.email = Some(format!("{}@example.ca", "x".repeat(100)))),
        ("phone_number", "phone_number", |draft| draft.phone_number = some("555 0123")),
        ("address_1", "too_long", |draft| draft.address_1 = Some("x".repeat(251))),
        ("address_2", "control_character", |draft| draft.address_2 = some("a\u{0}b")),
        ("city", "no_letter", |draft| draft.city = some("--")),
        ("province", "choice", |draft| draft.province = some("PQ")),
        ("postal_code", "postal_code", |draft| draft.postal_code = some("90210")),
        ("postal_code", "postal_code_province", |draft| draft.postal_code = some("H2X 1Y4")),
        ("housing_type", "choice", |draft| draft.housing_type = some("Tent")),
        ("housing_payment", "amount", |draft| draft.housing_payment = some("a lot")),
        ("housing_payment", "amount_range", |draft| draft.housing_payment = some("-1")),
        ("occupation_id", "choice", |draft| draft.occupation_id = some("XX")),
        ("employer", "too_long", |draft| draft.employer = Some("x".repeat(101))),
        ("annual_income", "amount", |draft| draft.annual_income = some("72000.005")),
        ("annual_income", "amount_range", |draft| draft.annual_income = some("99999999.01")),
        ("govid_type", "choice", |draft| draft.govid_type = some("SIN")),
        ("govid_issued_by", "issuer", |draft| draft.govid_issued_by = some("CANADA")),
        ("govid_issued_by", "issuer", |draft| draft.govid_type = some("CAHC")),
        ("govid_number", "govid_number", |draft| draft.govid_number = some("T1234/5")),
        ("govid_number", "govid_number", |draft| draft.govid_number = some("ABC")),
        ("govid_expiry", "future_date", |draft| draft.govid_expiry = some("2026-11-22")),
        ("security_qid", "choice", |draft| draft.security_qid = some("3")),
        ("security_answer", "too_short", |draft| draft.security_answer = some("x")),
        ("security_answer", "too_long", |draft| draft.security_answer = Some("x".repeat(101))),
        ("preferred_language", "language", |draft| draft.preferred_language = some("de")),
        ("account_type", "account_type", |draft| draft.account_type = some("joint")),
        ("tos_version", "terms_version", |draft| draft.tos_version = some("roc-2025-01-01")),
        ("tos_version", "terms_version", |draft| draft.tos_version = some("qc-2026-06-01")),
        ("tos_version", "terms_version", |draft| draft.tos_version = some("1.0")),
        ("widget_session_id", "guid", |draft| draft.widget_session_id = some("session")),
        ("external_location_id", "location_id", |draft| draft.external_location_id = Some("x".repeat(101))),
        ("external_location_id", "location_id", |draft| draft.external_location_id = some("Québec")),
    ];
    for (param, id, change) in cases {
        let draft = changed(change);
        assert_eq!(faults(&draft), [(*param, *id)]);
        let given = check_given(&draft, today()).unwrap_err().into_vec();
        assert_eq!(given.iter().map(|fault| (fault.param, fault.message.id())).collect::<Vec<_>>(), [(*param, *id)]);
    }
    // Those that only a whole application has.
    for (param, id, change) in [
        ("tos_agreement", "terms_not_accepted", (|draft| draft.tos_agreement = Some(false)) as Change),
        ("tos_agreement", "required", |draft| draft.tos_agreement = None),
        ("employer", "required_for_occupation", |draft| draft.employer = some("")),
    ] {
        let draft = changed(change);
        assert_eq!(faults(&draft), [(param, id)]);
        assert_eq!(check_given(&draft, today()), Ok(()));
    }
}

#[test]
fn all_faults_are_told_at_once_and_none_twice() {
    let draft = changed(|draft| {
        draft.dob = some("x");
        draft.province = some("x");
        draft.govid_type = some("x");
        draft.govid_issued_by = some("x");
        draft.tos_agreement = Some(false);
    });
    assert_eq!(
        faults(&draft),
        [
            ("dob", "past_date"),
            ("province", "choice"),
            ("govid_type", "choice"),
            ("govid_issued_by", "choice"),
            ("tos_agreement", "terms_not_accepted"),
        ]
    );
}

#[test]
fn majority_is_reached_on_the_birthday_that_the_province_asks_for() {
    for province in Province::ALL {
        let mut draft = ApplicantDraft { province: some(province.as_str()), ..ApplicantDraft::default() };
        let year = 2026 - i32::from(province.majority());
        draft.dob = Some(format!("{year}-11-22"));
        assert_eq!(check_given(&draft, today()), Ok(()), "{province}");
        draft.dob = Some(format!("{year}-11-23"));
        let found = check_given(&draft, today()).unwrap_err();
        assert_eq!(found.as_slice()[0].message, Message::UnderAge { province });
        // Without a province nobody can say.
        draft.province = None;
        assert_eq!(check_given(&draft, today()), Ok(()));
    }
    // Born on a day that not every year has.
    let leap = ApplicantDraft { dob: some("2008-02-29"), province: some("AB"), ..ApplicantDraft::default() };
    assert!(check_given(&leap, date("2026-02-28")).is_err());
    assert_eq!(check_given(&leap, date("2026-03-01")), Ok(()));
}

#[test]
fn terms_are_those_of_the_day_and_the_province() {
    let quebec = changed(|draft| {
        draft.province = some("QC");
        draft.postal_code = some("H2X 1Y4");
        draft.tos_version = some("qc-2026-06-01");
    });
    assert_eq!(check(&quebec, today(), Lang::French).unwrap().terms.as_str(), "qc-2026-06-01");
    let before = check(&changed(|draft| draft.tos_version = None), date("2024-12-31"), Lang::English).unwrap_err();
    assert_eq!(before.as_slice()[0].message, Message::TermsVersion { version: None });
    // Of an applicant whose province is not known yet, any version that there is.
    let early = ApplicantDraft { tos_version: some("qc-2025-01-01"), ..ApplicantDraft::default() };
    assert_eq!(check_given(&early, today()), Ok(()));
}

#[test]
fn an_issuer_alone_is_one_of_any_document() {
    let issuer = |code| ApplicantDraft { govid_issued_by: some(code), ..ApplicantDraft::default() };
    assert_eq!(check_given(&issuer("CANADA"), today()), Ok(()));
    let found = check_given(&issuer("USA"), today()).unwrap_err();
    let text = found.as_slice()[0].message.text(Lang::English);
    assert_eq!(text, "must be one of AB, BC, MB, NB, NL, NS, NT, NU, ON, PE, QC, SK, YT, CANADA");
}

#[test]
fn a_fault_is_told_as_the_contract_has_it() {
    let found = check(&changed(|draft| draft.dob = some("12-31-1999")), today(), Lang::English).unwrap_err();
    let [fault] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((fault.param, fault.value.as_deref()), ("dob", Some("12-31-1999")));
    assert_eq!(fault.message.text(Lang::English), "must be a past date, YYYY-MM-DD");
    assert_eq!(fault.message.text(Lang::French), "doit être une date passée, AAAA-MM-JJ");
}

#[test]
fn secrets_and_government_numbers_are_repeated_nowhere() {
    let draft = changed(|draft| {
        draft.security_answer = Some("hunter2".repeat(20));
        draft.govid_number = some("hunter2!");
        draft.email = Some("hunter2".repeat(1_000));
    });
    let found = check(&draft, today(), Lang::English).unwrap_err();
    for fault in found.as_slice() {
        match fault.param {
            "email" => assert_eq!(fault.value.as_ref().unwrap().chars().count(), 100),
            _ => assert_eq!(fault.value, None),
        }
        let shown = Lang::ALL.map(|lang| fault.message.text(lang)).join(" ");
        assert!(!shown.contains("hunter2") && !format!("{fault:?}").contains("hunter2"));
    }
    assert_eq!(found.as_slice().len(), 3);
    let shown = format!("{draft:?} {:?} {:?}", check(&whole(), today(), Lang::English), found);
    for private in ["hunter2", "Tremblay", "1985", "T1234", "Queen", "72000", "Zoé"] {
        assert!(!shown.contains(private), "{private} is shown: {shown}");
    }
}

#[test]
fn every_message_has_a_text_in_both_languages() {
    let [english, french] =
        [include_str!("en.json"), include_str!("fr.json")].map(|text| Entry::from_json(text).unwrap());
    let keys = |texts: &Entry| texts.members().iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&english), keys(&french));
    let mut ids: Vec<_> = messages().iter().map(Message::id).collect();
    assert_eq!(ids, keys(&english), "the identifiers in the order of their declaration");
    ids.dedup();
    assert_eq!(ids.len(), messages().len());
    for message in messages() {
        let [english, french] = Lang::ALL.map(|lang| message.text(lang));
        assert_ne!(english, french);
        for text in [english, french] {
            assert!(
                !text.is_empty() && !text.contains(['{', '}']) && !text.ends_with('.') && text != message.id(),
                "{text}"
            );
        }
        for lang in Lang::ALL {
            // Each parameter is used.
            for (_, value) in message.parameters(lang) {
                assert!(message.text(lang).contains(&value), "{message:?}");
            }
        }
    }
}

#[test]
fn a_later_draft_adds_to_an_earlier_one() {
    let earlier = ApplicantDraft { first_name: some("Marie"), city: some("Ottawa"), ..ApplicantDraft::default() };
    let later = ApplicantDraft {
        city: some(" "),
        first_name: some("Anne"),
        tos_agreement: Some(true),
        ..ApplicantDraft::default()
    };
    let both = later.over(earlier);
    assert_eq!(
        (both.first_name.as_deref(), both.city.as_deref(), both.tos_agreement),
        (Some("Anne"), Some("Ottawa"), Some(true))
    );
}

/// Noon of 22 November 2026, UTC.
fn noon() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-22T12:00:00Z").unwrap()
}

#[test]
fn what_is_known_is_told_by_name_and_so_is_what_an_application_needs() {
    let some_of_it = ApplicantDraft {
        first_name: some("Marie"),
        city: some(" "),
        occupation_id: some("FE"),
        tos_agreement: Some(false),
        ..ApplicantDraft::default()
    };
    assert_eq!(some_of_it.known(), ["first_name", "occupation_id", "tos_agreement"]);
    let missing_of = |draft: &ApplicantDraft| missing(draft, noon());
    let needed = missing_of(&some_of_it);
    assert_eq!(needed.len(), 19, "{needed:?}");
    assert!(needed.contains(&"employer") && needed.contains(&"tos_agreement") && !needed.contains(&"first_name"));
    assert!(needed.is_sorted_by_key(|param| ApplicantDraft::PARAMS.iter().position(|known| known == param)));
    assert_eq!(missing_of(&whole()), [""; 0]);
    assert_eq!(whole().known(), ApplicantDraft::PARAMS);
}

#[test]
fn what_is_added_is_checked_with_what_was_said_before() {
    let earlier = ApplicantDraft {
        postal_code: some("K1A 0B1"),
        govid_type: some("CADL"),
        first_name: some("Marie"),
        ..ApplicantDraft::default()
    };
    let add = |said: ApplicantDraft| check_further(said, earlier.clone(), noon());
    let known =
        add(ApplicantDraft { province: some(" ON "), first_name: some(""), ..ApplicantDraft::default() }).unwrap();
    assert_eq!((known.province.as_deref(), known.first_name.as_deref()), (Some("ON"), Some("Marie")));
    let said = ApplicantDraft {
        province: some("QC"),
        govid_issued_by: some("CANADA"),
        email: some("no"),
        ..ApplicantDraft::default()
    };
    let faults = add(said).unwrap_err().into_vec();
    let told: Vec<_> = faults.iter().map(|fault| (fault.param, fault.message.id(), fault.value.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("email", "email", Some("no")),
            // Said before, perhaps by somebody else: it is not repeated.
            ("postal_code", "postal_code_province", None),
            ("govid_issued_by", "not_as_before", Some("CANADA")),
        ]
    );
    let text = |lang| faults[2].message.text(lang);
    assert_eq!(text(Lang::English), "does not fit govid_type, as an earlier call of the flow has it");
    assert!(!text(Lang::French).contains("CADL"), "{}", text(Lang::French));
}

#[test]
fn a_flow_is_checked_by_the_day_where_the_applicant_lives() {
    // An hour past midnight in Ontario, and not yet in British Columbia.
    let now = Timestamp::parse_rfc3339("2026-11-22T06:00:00Z").unwrap();
    let of = |province: Option<&str>| ApplicantDraft {
        province: province.map(str::to_owned),
        govid_expiry: some("2026-11-22"),
        ..ApplicantDraft::default()
    };
    let check = |province| check_further(of(province), ApplicantDraft::default(), now).map(drop);
    assert_eq!((check(Some("BC")), check(None)), (Ok(()), Ok(())));
    assert!(check(Some("ON")).unwrap_err().has("govid_expiry"));
}

#[test]
fn no_member_is_longer_than_the_longest() {
    let filled = |character: &str, length: usize| {
        let text = character.repeat(length);
        let members = ApplicantDraft::PARAMS.iter().filter(|param| **param != "tos_agreement");
        let object: serde_json::Map<_, _> = members.map(|param| ((*param).to_owned(), text.clone().into())).collect();
        serde_json::from_value::<ApplicantDraft>(object.into()).unwrap()
    };
    for character in ["0", "a", "é", "+", ".", "-"] {
        let found = check_further(filled(character, LONGEST_MEMBER + 1), ApplicantDraft::default(), noon());
        assert_eq!(found.unwrap_err().as_slice().len(), 28, "{character}");
    }
    // What is around a text is not kept.
    let padded = ApplicantDraft { city: Some(format!("{0}Ottawa{0}", " ".repeat(9_000))), ..ApplicantDraft::default() };
    let kept = check_further(padded, ApplicantDraft::default(), noon()).unwrap();
    assert_eq!(kept.city.as_deref(), Some("Ottawa"));
}

#[test]
fn faults_of_two_kinds_are_told_in_one_order() {
    let mut of_the_body = ApplicantFaults::new();
    of_the_body.add("body", Message::MemberTwice, None);
    of_the_body.add("dob", Message::NotText, None);
    let mut of_the_rules = ApplicantFaults::new();
    of_the_rules.add("first_name", Message::NoLetter, Some("7"));
    of_the_rules.add("dob", Message::PastDate, Some("x"));
    let both = of_the_body.and(of_the_rules).into_vec();
    let told: Vec<_> = both.iter().map(|fault| (fault.param, fault.message.id())).collect();
    assert_eq!(told, [("first_name", "no_letter"), ("dob", "not_text"), ("body", "member_twice")]);
}

#[test]
fn the_parameters_are_those_of_the_contract() {
    assert_eq!(ApplicantDraft::PARAMS.len(), 29);
    // What is kept of a draft has these names, and leaves out what is absent.
    let kept = serde_json::to_value(whole()).unwrap();
    for param in ApplicantDraft::PARAMS {
        assert!(kept.get(param).is_some(), "{param}");
    }
    assert_eq!(serde_json::from_value::<ApplicantDraft>(kept).unwrap(), whole());
    assert_eq!(serde_json::to_string(&ApplicantDraft::default()).unwrap(), "{}");
}

/// Texts as senders have them, right and wrong.
fn texts() -> impl Strategy<Value = Option<String>> {
    let known = proptest::sample::select(vec![
        "",
        " ",
        "ON",
        "QC",
        "CADL",
        "CAP",
        "CANADA",
        "4",
        "1985-02-14",
        "2030-01-01",
        "K1A 0B1",
        "100",
        "-1",
        "1e99",
        "en",
        "FE",
        "Rent",
        "roc-2026-07-01",
        "6135550123",
    ]);
    proptest::option::of(prop_oneof![known.prop_map(str::to_owned), any::<String>()])
}

proptest! {
    #[test]
    fn anything_at_all_is_an_applicant_or_faults(members in proptest::collection::vec(texts(), 28), agreed in any::<Option<bool>>()) {
        let mut object = serde_json::Map::new();
        let named = ApplicantDraft::PARAMS.iter().filter(|param| **param != "tos_agreement");
        for (param, text) in named.zip(members) {
            if let Some(text) = text {
                object.insert((*param).to_owned(), text.into());
            }
        }
        let mut draft: ApplicantDraft = serde_json::from_value(object.into()).unwrap();
        draft.tos_agreement = agreed;
        let whole = check(&draft, today(), Lang::English);
        let given = check_given(&draft, today());
        if let Err(faults) = &whole {
            prop_assert!(!faults.is_empty());
            // What is wrong with what is given is told of a whole application as well.
            let given = given.err().unwrap_or_default();
            prop_assert!(given.as_slice().iter().all(|fault| faults.has(fault.param)));
            for fault in faults.as_slice() {
                prop_assert!(ApplicantDraft::PARAMS.contains(&fault.param));
                let unfilled = fault.message.text(Lang::French).contains(['{', '}']);
                prop_assert!(!unfilled);
            }
        } else {
            prop_assert_eq!(given, Ok(()));
        }
    }
}

#[test]
fn an_application_is_laid_over_what_was_said_before() {
    let now = Timestamp::parse_rfc3339("2026-11-22T15:00:00Z").unwrap();
    let mut earlier = whole();
    earlier.tos_agreement = None;
    earlier.city = some("Gatineau");
    let said = ApplicantDraft { tos_agreement: Some(true), city: some(" Ottawa "), ..ApplicantDraft::default() };
    let (applicant, draft) = check_application(said, earlier.clone(), now, Lang::English).unwrap();
    assert_eq!((applicant.address.city.as_str(), draft.city.as_deref()), ("Ottawa", Some("Ottawa")));
    assert_eq!(applicant.first_name, "Marie");

    // What the call does not say itself is not repeated.
    let said = ApplicantDraft { province: some("BC"), ..ApplicantDraft::default() };
    let faults = check_application(said, earlier, now, Lang::English).unwrap_err();
    let told: Vec<_> = faults.as_slice().iter().map(|fault| (fault.param, fault.value.is_some())).collect();
    assert_eq!(told, [("postal_code", false), ("tos_agreement", false)]);
}

#[test]
fn an_agreement_that_is_all_that_lacks_is_told_from_others() {
    let found = |draft: &ApplicantDraft| check(draft, today(), Lang::English).unwrap_err();
    for agreement in [None, Some(false)] {
        assert!(found(&changed(|draft| draft.tos_agreement = agreement)).are_of_agreement_alone());
    }
    assert!(!found(&ApplicantDraft::default()).are_of_agreement_alone());
    assert!(!found(&changed(|draft| draft.city = None)).are_of_agreement_alone());
}
