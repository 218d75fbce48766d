//! Values that break a rule: each is named with its own code, and all of them at once.

use serde_json::{Value, json};
use testkit::app::{TestApp, body};
use testkit::on_both_engines;

/// A member, a value for it, and the code of its fault.
const WRONG: &[(&str, &str, &str)] = &[
    ("/service/type", "SOMETHING", "unknown_service_type"),
    ("/client/countryCode", "XX", "unknown_country"),
    ("/client/languageCode", "XX", "unknown_language"),
    ("/client/currencyCode", "EURO", "unknown_currency"),
    ("/client/postalCode", "1234", "postal_code_format"),
    ("/client/email", "nobody", "email_format"),
    ("/client/website", "not a host", "website_format"),
    ("/client/telephone", "+358", "telephone_unknown"),
    ("/client/telephone", "call me", "telephone_format"),
    ("/client/ibanAccount", "FI2112345600000786", "iban_check_digits"),
    ("/client/ibanAccount", "FI21123456000007", "iban_length"),
    ("/client/ibanAccount", "hello", "iban_format"),
    ("/client/bic", "NDEAFIH", "bic_format"),
    ("/client/bankgiro", "5805-6202", "bankgiro_check_digit"),
    ("/client/plusgiro", "286543-5", "plusgiro_check_digit"),
    ("/client/businessCode", "abc", "business_code_format"),
    ("/client/vatRegNbr", "FI12", "vat_number_format"),
    ("/contacts/primary/mobile", "12", "telephone_format"),
    ("/contacts/primary/email", "@", "email_format"),
    ("/contacts/technical/email", "@", "email_format"),
];

const REQUIRED: &[&str] = &[
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
    "contacts.primary.name",
];

fn field(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', ".")
}

on_both_engines! {
    async fn a_wrong_value_is_named(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        for (pointer, value, code) in WRONG {
            let mut wrong = body("QUICK3", 1);
            *wrong.pointer_mut(pointer).unwrap() = (*value).into();
            let faults = app.create(&partner.provisioning, &wrong).await.faults();
            let told = faults.iter().find(|(named, _)| *named == field(pointer)).map(|(_, code)| code.as_str());
            assert_eq!(told, Some(*code), "{pointer} = {value}: {faults:?}");
        }
        assert_eq!(app.test.core.list_clients(None, None, 10).await.unwrap().len(), 0);
    }

    async fn what_is_missing_or_empty_is_named_all_at_once(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut empty = body("QUICK3", 1);
        for section in ["service", "client"] {
            for (_, value) in empty[section].as_object_mut().unwrap() {
                *value = "".into();
            }
        }
        empty["contacts"] = json!({"primary": {"name": "", "mobile": "+358441234567"}});
        let of_empty = app.create(&partner.provisioning, &empty).await.faults();
        let of_nothing = app.create(&partner.provisioning, &json!({})).await.faults();
        for faults in [of_empty, of_nothing] {
            for required in REQUIRED {
                assert!(faults.contains(&((*required).into(), "required".into())), "{required}: {faults:?}");
            }
        }
    }

    async fn every_fault_of_a_body_comes_in_one_answer(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut wrong = body("QUICK3", 1);
        let mut expected = Vec::new();
        for (pointer, value, _) in WRONG {
            // The country decides about others, so it stays.
            if *pointer != "/client/countryCode" {
                *wrong.pointer_mut(pointer).unwrap() = (*value).into();
                expected.push(field(pointer));
            }
        }
        let mut told: Vec<_> = app.create(&partner.provisioning, &wrong).await.faults().into_iter().map(|(field, _)| field).collect();
        // A technical contact with an address needs a name as well.
        told.retain(|field| field != "contacts.technical.name");
        told.sort();
        expected.sort();
        expected.dedup();
        assert_eq!(told, expected);
    }

    async fn a_text_that_no_database_can_keep_is_refused(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut wrong = body("QUICK3", 1);
        wrong["client"]["name"] = "nul\u{0}".into();
        wrong["client"]["postalDistrict"] = "x".repeat(10_000).into();
        let faults = app.create(&partner.provisioning, &wrong).await.faults();
        assert_eq!(
            faults,
            [("client.name".into(), "nul_character".into()), ("client.postalDistrict".into(), "too_long".into())]
        );
    }

    async fn a_primary_contact_needs_a_way_to_be_reached(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut wrong = body("QUICK3", 1);
        wrong["contacts"]["primary"] = json!({"name": "Matti", "email": Value::Null, "mobile": "", "telephone": " "});
        let faults = app.create(&partner.provisioning, &wrong).await.faults();
        assert_eq!(faults, [("contacts.primary".into(), "contact_channel_required".into())]);
    }

    async fn somebody_elses_partner_code_is_forbidden(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        app.partner("SLOW4").await;
        for code in ["SLOW4", "NOBODY", "quick3"] {
            let answer = app.create(&partner.provisioning, &body(code, 1)).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, "partner_mismatch"), "{code}");
        }
    }
}
