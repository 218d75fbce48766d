//! Creating a client: what is sent, what comes back, and that it happens once.

use tallystick_client::{Error, IdempotencyKey};
use time::macros::datetime;

use crate::peer::{Step, problem, problem_with};
use crate::support::{OLD, client, created, sample};

/// The body of the documentation's example, to the letter.
const DOCUMENTED: &str = r#"{
    "service": {"type": "LIFECYCLE", "partnerCode": "QUICK3"},
    "client": {
        "name": "Test Customer Oy", "businessCode": "123456-7", "vatRegNbr": "FI1234567", "postalAddress": "Testikuja 7",
        "postalCode": "12345", "postalDistrict": "HELSINKI", "countryCode": "FI", "telephone": "", "email": "email@testcustomer.fi",
        "website": "", "languageCode": "FI", "currencyCode": "EUR", "ibanAccount": "", "bic": "", "bankgiro": "", "plusgiro": ""
    },
    "contacts": {
        "primary": {"name": "Matti Meikäläinen", "telephone": "", "mobile": "+358441234567", "email": "matti@testcustomer.fi"},
        "technical": {"name": "", "email": ""},
        "accountant": {"name": "", "email": ""}
    }
}"#;

#[tokio::test]
async fn sends_the_documented_body_and_reads_the_answer() {
    let (peer, still, client) = client([created()]).await;
    let answer = client.create_client(&sample()).await.unwrap();

    assert_eq!(answer.message, "New client created");
    assert_eq!(
        (answer.client_identifier, answer.confirma_finance_customer_code, answer.payment_reference_prefix),
        (7, 8, 9)
    );
    assert_eq!(answer.api_access_token.expose(), OLD);
    assert_eq!(answer.api_access_token_expires_at, Some(datetime!(2026-12-06 08:49 UTC)));
    assert_eq!(answer.warnings[0].field, "client.businessCode");
    assert_eq!(answer.warnings[0].code, "check_digit");
    assert!(answer.oauth_client_secret.is_none());

    let request = &peer.requests()[0];
    assert_eq!(request.line, "POST /api/v1/partner/client");
    assert_eq!(request.key(), OLD);
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&request.body).unwrap(),
        serde_json::from_str::<serde_json::Value>(DOCUMENTED).unwrap()
    );
    assert!(still.pauses().is_empty());
}

#[tokio::test]
async fn reads_the_documentations_own_answer_without_our_additions() {
    let answer = r#"{"message":"New client created","clientIdentifier":0,"confirmaFinanceCustomerCode":0,"paymentReferencePrefix":0,
        "apiAccessToken":"8848372d-8457-4ca4-9da9-673f1cdd6684"}"#;
    let (_peer, _, client) = client([crate::peer::json(200, answer)]).await;
    let created = client.create_client(&sample()).await.unwrap();
    assert_eq!(created.client_identifier, 0);
    assert_eq!((created.api_access_token_expires_at, created.warnings.len()), (None, 0));
}

#[tokio::test]
async fn every_try_of_one_create_carries_the_same_idempotency_key() {
    let lost = [Step::Lose, Step::Hang, problem(503, "unavailable"), created()];
    let (peer, _, client) = client(lost).await;
    client.create_client(&sample()).await.unwrap();

    let requests = peer.requests();
    let key = requests[0].header("idempotency-key").unwrap();
    assert_eq!(uuid::Uuid::parse_str(key).unwrap().get_version_num(), 4);
    assert_eq!(requests.len(), 4);
    for request in &requests {
        assert_eq!(request.header("idempotency-key"), Some(key));
        assert_eq!(request.body, requests[0].body);
    }
}

#[tokio::test]
async fn two_creates_have_two_idempotency_keys() {
    let (peer, _, client) = client([created(), created()]).await;
    client.create_client(&sample()).await.unwrap();
    client.create_client(&sample()).await.unwrap();
    let requests = peer.requests();
    assert_ne!(requests[0].header("idempotency-key"), requests[1].header("idempotency-key"));
}

#[tokio::test]
async fn a_caller_may_bring_its_own_idempotency_key() {
    let (peer, _, client) = client([created()]).await;
    let key: IdempotencyKey = "form-4711".parse().unwrap();
    client.create_client_with(&sample(), &key).await.unwrap();
    assert_eq!(peer.requests()[0].header("idempotency-key"), Some("form-4711"));
}

#[tokio::test]
async fn a_request_still_under_way_is_asked_for_again() {
    let (peer, still, client) = client([problem(409, "request_in_progress"), created()]).await;
    assert_eq!(client.create_client(&sample()).await.unwrap().client_identifier, 7);
    assert_eq!((peer.count(), still.pauses_ms()), (2, vec![100]));
}

#[tokio::test]
async fn an_existing_client_is_named_and_not_asked_for_again() {
    let (peer, _, client) = client([problem_with(409, "client_exists", "", r#","clientIdentifier":42"#)]).await;
    match client.create_client(&sample()).await {
        Err(Error::ClientExists { client_identifier: 42, problem }) => assert_eq!(problem.status, 409),
        other => panic!("{other:?}"),
    }
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn all_faults_of_a_body_are_told() {
    let errors = r#","errors":[{"field":"client.ibanAccount","code":"iban_check_digits","message":"The IBAN's check digits do not match"},
        {"field":"contacts.primary.name","code":"required","message":"A primary contact needs a name"}]"#;
    let (_peer, _, client) = client([problem_with(400, "validation_failed", "", errors)]).await;
    let error = client.create_client(&sample()).await.unwrap_err();
    let Error::Validation(problem) = &error else { panic!("{error:?}") };
    let fields: Vec<&str> = problem.faults.iter().map(|fault| fault.field.as_str()).collect();
    assert_eq!(fields, ["client.ibanAccount", "contacts.primary.name"]);
    assert_eq!(problem.faults[0].code, "iban_check_digits");
    assert!(error.to_string().contains("A primary contact needs a name"), "{error}");
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_no_success_and_shows_no_key() {
    let body = format!(r#"{{"message":"New client created","apiAccessToken":"{OLD}"}}"#);
    let (peer, _, client) = client([crate::peer::json(200, &body)]).await;
    let error = client.create_client(&sample()).await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedAnswer { status: 200, .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains(OLD));
    assert_eq!(peer.count(), 1);
}
