//! Calls of the point-of-sale API, against the server itself and against a scripted peer.

use std::sync::Arc;

use domain::Secret as OwnSecret;
use service::merchant_user::NewMerchantUser;
use tallystick_client::pos::{
    AccountType, ApplicantDraft, Choice, Group, GroupKey, Lang, PosClient, PosError, Province, ReferenceId, Scope,
};
use tallystick_client::{Runtime, Secret, TransportFault};
use testkit::app::{Merchant, TestApp};
use testkit::on_both_engines;
use tokio::sync::Notify;

use crate::peer::{Step, json, text};
use crate::pos_token::{pair, till};
use crate::relay::Relay;
use crate::support::{Still, TIME_LIMIT};

pub(crate) const PASSWORD: &str = "dice-manila-purism";
const GUID: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

pub(crate) async fn add_user(app: &TestApp, merchant: &Merchant) {
    let user = NewMerchantUser { username: "anna".into(), password: OwnSecret::new(PASSWORD.into()), location: None };
    app.test.core.add_merchant_user(&merchant.id, user, &testkit::core::operator()).await.unwrap();
}

/// A client of this merchant at this address, with a clock of its own.
pub(crate) fn client(url: &str, merchant: &Merchant, scope: Scope) -> (Arc<Still>, PosClient) {
    let still = Still::new(Notify::new().into());
    let builder = PosClient::builder(url).credentials(&merchant.id, merchant.secret.as_str()).scope(scope);
    let runtime = Arc::clone(&still) as Arc<dyn Runtime>;
    (still, builder.timeout(TIME_LIMIT).no_proxy().runtime(runtime).build().unwrap())
}

/// A made-up licence of Ontario.
const LICENCE: &str = "@\n\u{1e}\rANSI 636012080102DL00410223ZO03190008DLDAQT1234-56789-50214\nDCSTREMBLAY\nDACMARIE\nDADCLAIRE,ANNE\nDDEN\n\
    DBD20240214\nDBB19850214\nDBA20290214\nDBC2\nDAU165 cm\nDAYBRO\nDAG55 QUEEN ST W\nDAITORONTO\nDAJON\nDAKM5H 2M9  \nDCFAB1234567\n\
    DCGCAN\nDCAG\nDCBX\nDCDNONE\rZOZOAX\r";

on_both_engines! {
    async fn a_till_logs_in_and_fills_its_forms(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        add_user(&app, &merchant).await;
        let served = app.serve().await;
        for scope in [Scope::Merchant, Scope::Customer] {
            let (_, till) = client(&served.url, &merchant, scope);
            let flow = till.flow();
            for told in [flow.login().await.unwrap(), flow.login_as("Anna", PASSWORD).await.unwrap()] {
                assert_eq!((told.merchant_name.as_str(), told.merchant_id), ("Test Customer Oy", 300_001));
                assert_eq!(told.form_values.province.text("QC"), Some("Quebec"));
                assert_eq!(told.form_values.occupation_id.text("FE"), Some("Full-time Employment"));
                assert_eq!(told.form_values.govid_issued_by.of("CAPID").unwrap().text("ON"), Some("Ontario"));
            }
            let wrong = flow.in_language(Lang::French).login_as("anna", "a wrong password").await.unwrap_err();
            let PosError::AuthenticationFailure(problem) = &wrong else { panic!("{wrong:?}") };
            assert!(problem.message.starts_with("Le nom d'utilisateur"), "{problem}");
            assert_eq!(problem.reference_id, Some(flow.reference_id().to_string()));
            assert!(problem.url.as_ref().unwrap().ends_with("/merchants/login") && problem.request_id.is_some());
            assert!(!wrong.to_string().contains("a wrong password"));

            let data = flow.reference_data().await.unwrap();
            assert_eq!(data.salutations.iter().map(|choice| choice.code.as_str()).collect::<Vec<_>>(), ["mr", "ms", "mrs", "mss"]);
            assert_eq!(data.provinces.as_slice().len(), Province::ALL.len());
            assert!(Province::ALL.iter().all(|province| data.provinces.text(province.as_str()).is_some()));
            assert_eq!(data.govid_issued_bys.iter().count(), data.govid_types.as_slice().len());
            let texts = [&data.qcpa_disclosure, &data.insurance, &data.insurance_tc, &data.annual_fees];
            assert!(texts.iter().all(|text| !text.is_empty()));
            let lists = [&data.security_ids, &data.occupation_ids, &data.transaction_types, &data.plan_ids, &data.housing_type];
            assert!(lists.iter().all(|list| !list.as_slice().is_empty()));

            let terms = flow.terms_and_conditions(Province::On).await.unwrap();
            assert_eq!((terms.version.as_str(), terms.effective_date.as_str()), ("roc-2025-01-01", "2025-01-01"));
            assert!(terms.text.len() > 1_000 && !terms.title.is_empty());

            let licence = flow.read_drivers_licence(LICENCE).await.unwrap();
            assert_eq!((licence.last_name.as_str(), licence.province), ("TREMBLAY", Province::On));
            assert_eq!((licence.govid_issued_by.as_str(), licence.govid_number.expose()), ("ON", "T1234-56789-50214"));
            let cut = flow.read_drivers_licence(&LICENCE[..200]).await.unwrap_err();
            let PosError::WrongInputs(problem) = &cut else { panic!("{cut:?}") };
            assert_eq!((problem.error.as_str(), problem.field_errors[0].param.as_str()), ("wrong_inputs", "code"));
            assert!(cut.to_string().contains("cut short") && !format!("{cut:?}").contains("TREMBLAY"), "{cut:?}");
        }
    }

    async fn every_group_is_there_in_both_languages_and_sent_once(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (_, till) = client(&relay.url, &merchant, Scope::Customer);
        let english = till.flow();
        let french = english.in_language(Lang::French);
        let (en, fr) = (english.reference_data().await.unwrap(), french.reference_data().await.unwrap());
        assert_eq!((en.provinces.text("QC"), fr.provinces.text("QC")), (Some("Quebec"), Some("Québec")));
        for key in GroupKey::ALL {
            let (of_en, of_fr) = (english.reference_group(*key).await.unwrap(), french.reference_group(*key).await.unwrap());
            match (of_en, of_fr) {
                (Group::Text(en), Group::Text(fr)) => assert_ne!(en, fr, "{key}"),
                (Group::Choices(en), Group::Choices(fr)) => {
                    let codes = |choices: &[Choice]| choices.iter().map(|choice| choice.code.clone()).collect::<Vec<_>>();
                    assert_eq!(codes(en.as_slice()), codes(fr.as_slice()), "{key}");
                }
                (Group::Dependent(en), Group::Dependent(fr)) => assert_eq!(en.iter().count(), fr.iter().count(), "{key}"),
                other => panic!("{key}: {other:?}"),
            }
        }
        assert_eq!(french.reference_group(GroupKey::PlanIds).await.unwrap(), Group::Choices(fr.plan_ids.clone()));
        french.terms_and_conditions(Province::Qc).await.unwrap();
        assert!(relay.take().iter().all(|passed| passed.status == 200 || passed.request.line.contains("plan_ids")));

        // Asked again, in another flow, nothing is sent again.
        let again = till.flow();
        assert_eq!(again.reference_data().await.unwrap(), en);
        assert_eq!(again.in_language(Lang::French).reference_data().await.unwrap(), fr);
        let terms = again.in_language(Lang::French).terms_and_conditions(Province::Qc).await.unwrap();
        assert_eq!(terms.version, "qc-2025-01-01");
        again.terms_and_conditions(Province::Qc).await.unwrap();
        let passed = relay.take();
        let answered: Vec<_> = passed.iter().map(|passed| (passed.status, passed.body.is_empty())).collect();
        assert_eq!(answered, [(304, true), (304, true), (304, true), (200, false)]);
        assert!(passed.iter().all(|passed| passed.request.header("x-reference-id") == Some(&again.reference_id().to_string())));

        // Terms are those of the day.
        app.clock().advance(std::time::Duration::from_secs(300 * 24 * 3600));
        let terms = again.in_language(Lang::French).terms_and_conditions(Province::Qc).await.unwrap();
        assert_eq!(terms.version, "qc-2026-06-01");
    }

    async fn what_is_told_of_an_applicant_is_kept_for_the_flow(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let served = app.serve().await;
        let (_, till) = client(&served.url, &merchant, Scope::Customer);
        let flow = till.flow();
        let first = ApplicantDraft {
            first_name: Some("Marie".to_owned()),
            province: Some(Province::On),
            phone_number: Some("6135550123".to_owned()),
            annual_income: Some(52_000_u32.into()),
            tos_agreement: Some(true),
            security_answer: Some(Secret::from("opensesame")),
            ..ApplicantDraft::default()
        };
        let told = flow.information(&first).await.unwrap();
        assert_eq!(told.reference_id, flow.reference_id());
        let said = ["first_name", "phone_number", "province", "annual_income", "security_answer", "tos_agreement"];
        assert_eq!(told.known.len(), said.len());
        assert!(said.iter().all(|name| told.known.iter().any(|known| known == name)), "{told:?}");
        assert!(told.missing.iter().any(|name| name == "last_name") && told.expires_at.is_some(), "{told:?}");

        let more = ApplicantDraft { last_name: Some("Tremblay".to_owned()), ..ApplicantDraft::default() };
        let told = flow.information(&more).await.unwrap();
        assert!(told.known.len() == said.len() + 1 && !told.missing.iter().any(|name| name == "last_name"), "{told:?}");
        assert_eq!(till.flow().information(&more).await.unwrap().known, ["last_name"], "another flow");

        let wrong = ApplicantDraft { dob: Some("12-31-1999".to_owned()), ..ApplicantDraft::default() };
        let refused = flow.in_language(Lang::French).information(&wrong).await.unwrap_err();
        let PosError::WrongInputs(problem) = &refused else { panic!("{refused:?}") };
        assert_eq!(problem.field_errors.iter().map(|fault| fault.param.as_str()).collect::<Vec<_>>(), ["dob"]);
        assert_eq!(problem.reference_id, Some(flow.reference_id().to_string()));
        assert!(!format!("{refused} {refused:?}").contains("opensesame"));
    }

    async fn what_a_licence_says_is_known_of_the_applicant(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let served = app.serve().await;
        let (_, till) = client(&served.url, &merchant, Scope::Merchant);
        let flow = till.flow();
        let draft = flow.read_drivers_licence(LICENCE).await.unwrap().to_draft();
        let told = flow.information(&draft).await.unwrap();
        let read = [
            "first_name", "middle_name", "last_name", "dob", "address_1", "city", "province", "postal_code", "govid_type", "govid_issued_by",
            "govid_number", "govid_expiry",
        ];
        assert_eq!(told.known, read);
        assert!(told.missing.iter().all(|name| !read.contains(&name.as_str())), "{told:?}");
        assert!(told.missing.iter().any(|name| name == "email"), "{told:?}");
    }

    async fn a_draft_has_every_member_that_the_server_knows(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let merchant = app.merchant(&partner, 1).await;
        let served = app.serve().await;
        let (_, till) = client(&served.url, &merchant, Scope::Merchant);
        let flow = till.flow();
        let some = |text: &str| Some(text.to_owned());
        // Without a default for the rest: who adds a member has to say what it is here.
        let whole = ApplicantDraft {
            salutation: some("mrs"),
            first_name: some("Marie"),
            middle_name: some("Claire"),
            last_name: some("Tremblay"),
            dob: some("1985-02-14"),
            email: some("marie@example.ca"),
            phone_number: some("6135550123"),
            address_1: some("55 Queen St W"),
            address_2: some("Apt 3"),
            city: some("Ottawa"),
            province: Some(Province::On),
            postal_code: some("K1A 0B1"),
            housing_type: some("Rent"),
            housing_payment: Some("1450.50".parse().unwrap()),
            occupation_id: some("FE"),
            employer: some("Example Inc."),
            annual_income: Some(72_000_u32.into()),
            govid_type: some("CADL"),
            govid_issued_by: some("ON"),
            govid_number: Some(Secret::from("T1234-56789-50214")),
            govid_expiry: some("2029-02-14"),
            security_qid: some("4"),
            security_answer: Some(Secret::from("opensesame")),
            preferred_language: Some(Lang::French),
            account_type: Some(AccountType::Consumer),
            tos_agreement: Some(true),
            tos_version: Some(flow.terms_and_conditions(Province::On).await.unwrap().version),
            widget_session_id: Some(uuid::uuid!("3f2504e0-4f89-41d3-9a0c-0305e82c3301")),
            external_location_id: some("00-12345"),
        };
        let told = flow.information(&whole).await.unwrap();
        assert_eq!(told.known, domain::applicant::ApplicantDraft::PARAMS);
        assert!(told.missing.is_empty(), "{told:?}");
    }
}

#[tokio::test]
async fn what_is_told_of_an_applicant_is_sent_with_the_flow() {
    let known = format!(
        r#"{{"reference_id":"{GUID}","known":["first_name","province"],"missing":["last_name"],"expires_at":"2026-11-06T09:49:00.000Z"}}"#
    );
    let wrong = r#"{"url":"/x","error":"wrong_inputs","message":"Some inputs are wrong",
        "error_fields":[{"param":"dob","msg":"must be a past date","value":"12-31-1999"}]}"#;
    let (peer, _, till) = till([pair("a"), json(200, &known), json(409, wrong)]).await;
    let reference: ReferenceId = GUID.parse().unwrap();
    let flow = till.flow_with(reference).in_language(Lang::French);
    let applicant = ApplicantDraft {
        first_name: Some("Marie".to_owned()),
        province: Some(Province::On),
        annual_income: Some(52_000_u32.into()),
        security_answer: Some(Secret::from("opensesame")),
        ..ApplicantDraft::default()
    };
    let told = flow.information(&applicant).await.unwrap();
    assert_eq!((told.reference_id, told.missing), (reference, vec!["last_name".to_owned()]));
    assert!(told.expires_at.is_some());
    let error = flow.information(&applicant).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the input was refused: 409 wrong_inputs: Some inputs are wrong; dob: must be a past date"
    );
    let request = &peer.requests()[1];
    assert_eq!(request.line, "POST /flexiti/pos-api/v2.5/client-id/shop/information?lang=fr");
    assert_eq!(request.header("x-reference-id"), Some(GUID));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        request.body,
        r#"{"first_name":"Marie","province":"ON","annual_income":52000,"security_answer":"opensesame"}"#
    );
}

#[tokio::test]
async fn a_call_is_repeated_with_the_same_reference_where_that_may_help() {
    let busy = r#"{"url":"/x","error":"overloaded","message":"Busy","field_errors":[]}"#;
    let busy = Step::Send(text(503, "application/json", "retry-after: 7\r\n", busy));
    let told = r#"{"merchant_name":"Shop","merchant_id":1,"form_values":{}}"#;
    let (peer, still, till) = till([pair("a"), busy, Step::Lose, Step::Hang, json(200, told)]).await;
    assert_eq!(till.flow().login().await.unwrap().merchant_id, 1);
    assert_eq!(still.pauses_ms(), [7_100, 200, 400]);
    let requests = peer.requests();
    assert_eq!(requests.len(), 5);
    assert!(
        requests[2..].iter().all(|request| request.header("x-reference-id") == requests[1].header("x-reference-id"))
    );
    assert_eq!(requests[4].body, "{}");
}

#[tokio::test]
async fn after_the_last_try_the_error_is_told() {
    let busy = || json(503, r#"{"url":"/x","error":"unavailable","message":"Busy","field_errors":[]}"#);
    let (_peer, still, till) =
        till([pair("a"), busy(), busy(), busy(), busy(), Step::Lose, Step::Lose, Step::Lose, Step::Lose]).await;
    let error = till.flow().login().await.unwrap_err();
    assert!(matches!(&error, PosError::Unavailable { problem, .. } if problem.error == "unavailable"), "{error:?}");
    assert!(error.is_transient() && still.pauses().len() == 3);
    let error = till.flow().login().await.unwrap_err();
    assert!(matches!(error, PosError::Transport { fault: TransportFault::Interrupted, .. }), "{error:?}");
}

#[tokio::test]
async fn a_304_that_nobody_asked_for_is_no_answer() {
    let (_peer, _, till) = till([pair("a"), Step::Send(text(304, "application/json", "", ""))]).await;
    let error = till.flow().reference_data().await.unwrap_err();
    assert!(matches!(error, PosError::UnexpectedAnswer { status: 304, .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_refused_for_good_is_told_by_its_kind() {
    let step = |status, error: &str| json(status, &format!(r#"{{"error":"{error}","message":"M"}}"#));
    let scope = "Insufficient scope: authorized scope is insufficient";
    let (peer, _, till) =
        till([pair("a"), step(403, scope), step(403, "forbidden"), step(404, "not_found"), step(409, "invalid_role")])
            .await;
    let flow = till.flow();
    assert!(matches!(flow.login().await, Err(PosError::InsufficientScope(_))));
    assert!(matches!(flow.login().await, Err(PosError::Forbidden(_))));
    assert!(matches!(flow.login().await, Err(PosError::NotFound(problem)) if problem.error == "not_found"));
    assert!(matches!(flow.login().await, Err(PosError::Refused(_))));
    assert_eq!(peer.count(), 5);
}
