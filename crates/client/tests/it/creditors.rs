//! Creditors through the client, against the server and against a scripted peer.

use serde_json::json;
use tallystick_client::{
    Client, CreateCreditor, CredentialsState, CreditorPatch, CreditorQuery, CreditorStatus, EntityTag, Error,
    NewAgreement,
};
use testkit::app::{PartnerKeys, TestApp, body};
use testkit::on_both_engines;

use crate::peer::{Step, problem, text};
use crate::support;

fn client(url: &str, key: &str) -> Client {
    Client::builder(url).api_key(key).build().unwrap()
}

fn request(partner: &PartnerKeys, number: u32) -> CreateCreditor {
    let mut body = body(&partner.code, number);
    body["settings"] = json!({"smsSender": "Tally"});
    body["agreements"] = json!([{"system": "ERP", "identifier": format!("A-{number}"), "validFrom": "2026-01-01"}]);
    serde_json::from_value(body).unwrap()
}

on_both_engines! {
    async fn a_partner_manages_a_creditor(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let keys = app.partner("QUICK3").await;
        let served = app.serve().await;
        let partner = client(&served.url, &keys.partner);
        let created = partner.create_creditor(&request(&keys, 1)).await.unwrap();
        let number = created.client_identifier;

        let creditor = partner.creditor(number).await.unwrap();
        assert_eq!((creditor.status, creditor.settings.sms_sender.as_deref()), (CreditorStatus::Active, Some("Tally")));
        assert_eq!((creditor.etag.as_str(), creditor.client.name.as_str()), ("\"v1\"", "Test Customer Oy"));
        let patch = CreditorPatch::new()
            .client("name", "Uusi Oy")
            .client("website", "example.fi")
            .contact("technical", "name", "Maija")
            .setting("expiryNotices", false);
        let changed = partner.change_creditor(number, &creditor.etag, &patch).await.unwrap();
        assert_eq!((changed.creditor.client.name.as_str(), changed.creditor.settings.expiry_notices), ("Uusi Oy", false));
        assert_eq!(changed.creditor.contacts.technical.as_ref().unwrap().name, "Maija");
        assert!(matches!(partner.change_creditor(number, &creditor.etag, &patch).await, Err(Error::Stale(_))));
        let back = CreditorPatch::new().client("website", None).without_contact("technical");
        let back = partner.change_creditor(number, &changed.creditor.etag, &back).await.unwrap();
        assert_eq!((&back.creditor.client.website, &back.creditor.contacts.technical), (&None, &None));
        let fault = partner.change_creditor(number, &EntityTag::ANY, &CreditorPatch::new().client("businessCode", "0737546-2")).await;
        let Err(Error::Validation(problem)) = fault else { panic!("{fault:?}") };
        assert_eq!((&*problem.faults[0].field, &*problem.faults[0].code), ("client.businessCode", "immutable"));

        let history = partner.creditor_history(number, None, None).await.unwrap();
        assert_eq!((history.changes.len(), &history.next_cursor), (2, &None));
        let newest = partner.creditor_history(number, Some(1), None).await.unwrap();
        let oldest = partner.creditor_history(number, Some(1), newest.next_cursor.as_deref()).await.unwrap();
        assert_eq!([newest.changes, oldest.changes].concat(), history.changes);
        assert_eq!(oldest.next_cursor, None);
        assert_eq!((&*history.changes[1].changed_by.kind, &*history.changes[1].fields[0].field), ("partner", "client.name"));
        assert!(matches!(partner.creditor(999_999).await, Err(Error::NotFound(_))));
    }

    async fn a_portfolio_is_read_page_by_page(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let keys = app.partner("QUICK3").await;
        let served = app.serve().await;
        let partner = client(&served.url, &keys.partner);
        let mut numbers = Vec::new();
        for number in 1..=3 {
            numbers.push(partner.create_creditor(&request(&keys, number)).await.unwrap().client_identifier);
        }
        let mut query = CreditorQuery { search: Some("TEST customer".into()), limit: Some(2), ..CreditorQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = partner.creditors(&query).await.unwrap();
            found.extend(page.creditors.iter().map(|creditor| creditor.client_identifier));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, numbers);
        let query = CreditorQuery { agreement: Some("A-2".into()), system: Some("ERP".into()), ..CreditorQuery::default() };
        assert_eq!(partner.creditors(&query).await.unwrap().creditors[0].client_identifier, numbers[1]);
        let wrong = partner.creditors(&CreditorQuery { limit: Some(501), ..CreditorQuery::default() }).await;
        assert!(matches!(wrong, Err(Error::Validation(_))), "{wrong:?}");
    }

    async fn credentials_are_shown_rotated_and_revoked(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let keys = app.partner("QUICK3").await;
        let served = app.serve().await;
        let partner = client(&served.url, &keys.partner);
        let created = partner.create_creditor(&request(&keys, 1)).await.unwrap();
        let number = created.client_identifier;
        let shown = partner.credentials(number).await.unwrap();
        assert_eq!((shown.state, shown.api_access_token), (CredentialsState::Active, Some(created.api_access_token)));
        let name = partner.new_idempotency_key();
        let rotated = partner.rotate_credentials_with(number, &name).await.unwrap();
        assert_eq!(partner.rotate_credentials_with(number, &name).await.unwrap(), rotated);
        assert!(rotated.issued_at.is_some() && rotated.former_key_works_until > rotated.issued_at);
        assert!(partner.with_api_key(rotated.api_access_token.clone()).validate().await.unwrap().is_valid());
        assert_eq!(partner.revoke_credentials(number).await.unwrap().revoked_keys, 2);
        let shown = partner.credentials(number).await.unwrap();
        assert_eq!((shown.state, shown.api_access_token), (CredentialsState::Revoked, None));
        let healed = partner.rotate_credentials(number).await.unwrap();
        assert!(partner.with_api_key(healed.api_access_token).validate().await.unwrap().is_valid());
    }

    async fn agreements_are_read_and_replaced(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let keys = app.partner("QUICK3").await;
        let served = app.serve().await;
        let partner = client(&served.url, &keys.partner);
        let one = partner.create_creditor(&request(&keys, 1)).await.unwrap().client_identifier;
        let two = partner.create_creditor(&request(&keys, 2)).await.unwrap().client_identifier;
        let agreements = partner.agreements(one).await.unwrap();
        assert_eq!((agreements.list.len(), agreements.list[0].identifier.as_str()), (1, "A-1"));
        let new = |identifier: &str| NewAgreement {
            system: "ERP".into(),
            identifier: identifier.into(),
            valid_from: "2026-01-01".into(),
            valid_to: None,
        };
        let replaced = partner.replace_agreements(one, &agreements.etag, &[new("B-1")]).await.unwrap();
        assert_eq!((replaced.agreements.list[0].identifier.as_str(), replaced.agreements.etag.as_str()), ("B-1", "\"v2\""));
        assert_eq!(replaced.warnings, []);
        assert!(matches!(partner.replace_agreements(one, &agreements.etag, &[]).await, Err(Error::Stale(_))));
        match partner.replace_agreements(two, &EntityTag::ANY, &[new("B-1")]).await {
            Err(Error::AgreementTaken { client_identifier, agreement, problem }) => {
                assert_eq!((client_identifier, problem.code.as_str()), (one, "agreement_taken"));
                assert_eq!((agreement.system.as_str(), agreement.identifier.as_str()), ("ERP", "B-1"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_change_carries_its_version_and_its_media_type_in_every_try() {
    let changed = r#"{"clientIdentifier":7,"confirmaFinanceCustomerCode":8,"paymentReferencePrefix":9,"status":"FROZEN",
        "service":{"type":"LIFECYCLE","partnerCode":"QUICK3"},
        "client":{"name":"A","businessCode":"B","postalAddress":"C","postalCode":"D","postalDistrict":"E","countryCode":"FI",
        "email":"a@b.fi","languageCode":"FI","currencyCode":"EUR"},"contacts":{"primary":{"name":"M"}},
        "settings":{"expiryNotices":true,"somethingNew":1},"warnings":[]}"#;
    let step = Step::Send(text(200, "application/json", "etag: \"v2\"\r\n", changed));
    let (peer, _, client) = support::client([problem(503, "unavailable"), step]).await;
    let patch = CreditorPatch::new().client("email", "a@b.fi");
    let changed = client.change_creditor(7, &EntityTag::new("\"v1\"").unwrap(), &patch).await.unwrap();
    assert_eq!((changed.creditor.etag.as_str(), changed.creditor.status), ("\"v2\"", CreditorStatus::Unknown));
    let requests = peer.requests();
    assert_eq!(requests.len(), 2);
    for request in requests {
        assert_eq!(request.line, "PATCH /api/v1/partner/creditors/7");
        assert_eq!(request.header("if-match"), Some("\"v1\""));
        assert_eq!(request.header("content-type"), Some("application/merge-patch+json"));
        assert_eq!(request.body, r#"{"client":{"email":"a@b.fi"}}"#);
    }
}

#[tokio::test]
async fn what_was_accepted_of_agreements_although_it_looks_wrong_is_told() {
    let body = r#"{"agreements":[],"warnings":[{"field":"0.note","code":"unknown_field","message":"M"}]}"#;
    let step = Step::Send(text(200, "application/json", "etag: \"v2\"\r\n", body));
    let (_peer, _, client) = support::client([step]).await;
    let replaced = client.replace_agreements(7, &EntityTag::ANY, &[]).await.unwrap();
    assert_eq!((replaced.warnings.len(), replaced.warnings[0].field.as_str()), (1, "0.note"));
}

#[tokio::test]
async fn a_version_that_is_missing_is_no_success() {
    let (_peer, _, client) = support::client([crate::peer::json(200, "[]")]).await;
    assert!(matches!(client.agreements(7).await, Err(Error::UnexpectedAnswer { status: 200, .. })));
}

#[tokio::test]
async fn a_query_is_encoded() {
    let (peer, _, client) = support::client([crate::peer::json(200, r#"{"creditors":[],"nextCursor":null}"#)]).await;
    let query = CreditorQuery { search: Some("Ä & Co".into()), ..CreditorQuery::default() };
    client.creditors(&query).await.unwrap();
    assert_eq!(peer.requests()[0].line, "GET /api/v1/partner/creditors?search=%C3%84+%26+Co");
}
