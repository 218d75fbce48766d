//! Every route that changes something leaves a record. A changing route of the API document that is not listed here fails the test. The
//! routes outside the document are listed in `authorization.rs`.

use domain::client::ClientDraft;
use domain::credit_account::AccountNumber;
use domain::identifier::ClientIdentifier;
use http::Method;
use serde_json::{Value, json};
use service::merchant_user::NewMerchantUser;
use store::credit_account::AccountKey;
use testkit::account::open_account;
use testkit::app::{CLIENT, CREDITORS, DEPLOYMENTS, Merchant, PartnerKeys, RENEW, TestApp, application, body};
use testkit::on_both_engines;
use testkit::widget::add_verified_session;
use uuid::Uuid;

use crate::authorization::{FORM, LINK, Leaves, OUTSIDE, open_everywhere};
use crate::invoice::{INVOICE, invoice};

struct Change {
    method: Method,
    path: &'static str,
    action: &'static str,
}

const SMS: &str = "/api/v1/partner/sms";

/// Every route that changes something, and what it leaves. `GET /renew` is one: see "known quirks".
const CHANGES: &[Change] = &[
    Change { method: Method::POST, path: CLIENT, action: "client.create" },
    Change { method: Method::POST, path: DEPLOYMENTS, action: "deployment.request" },
    Change { method: Method::POST, path: SMS, action: "sms.send" },
    Change { method: Method::POST, path: INVOICE, action: "invoice.submit" },
    Change { method: Method::GET, path: RENEW, action: "api_key.renew" },
    Change { method: Method::POST, path: CREDITORS, action: "client.create" },
    Change { method: Method::PATCH, path: CREDITOR, action: "creditor.update" },
    Change { method: Method::PUT, path: AGREEMENTS, action: "creditor.agreements" },
    Change { method: Method::GET, path: CREDENTIALS, action: "credentials.show" },
    Change { method: Method::POST, path: ROTATE, action: "credentials.rotate" },
    Change { method: Method::DELETE, path: CREDENTIALS, action: "credentials.revoke" },
    Change { method: Method::POST, path: TOKEN, action: "oauth_token.issue" },
    Change { method: Method::POST, path: LOGIN, action: "merchant.login" },
    Change { method: Method::POST, path: INFORMATION, action: "information.keep" },
    Change { method: Method::POST, path: AUTHORIZE, action: "authorization.create" },
    Change { method: Method::POST, path: CAPTURE, action: "authorization.capture" },
    Change { method: Method::POST, path: RELEASE, action: "authorization.release" },
    Change { method: Method::POST, path: RETURN, action: "capture.return" },
    Change { method: Method::POST, path: REFUND, action: "account.refund" },
    Change { method: Method::POST, path: APPLY, action: "application.apply" },
    Change { method: Method::POST, path: VERIFY, action: "account.verify" },
    Change { method: Method::POST, path: VERIFY_TOO, action: "account.verify" },
    Change { method: Method::POST, path: TRANSACTIONS, action: "account.pay" },
    Change { method: Method::POST, path: WIDGET_INIT, action: "widget.init" },
    Change { method: Method::POST, path: WIDGET_OPEN, action: "widget.open" },
    Change { method: Method::POST, path: WIDGET_CODE, action: "widget.code" },
    Change { method: Method::POST, path: WIDGET_CHECK, action: "widget.check" },
    Change { method: Method::POST, path: WIDGET_CHOOSE, action: "widget.choose" },
    Change { method: Method::POST, path: CLOSE, action: "credit_account.close" },
    Change { method: Method::POST, path: REVOKE, action: "oauth_token.revoke" },
];

const CREDITOR: &str = "/api/v1/partner/creditors/{clientIdentifier}";
const CREDENTIALS: &str = "/api/v1/partner/creditors/{clientIdentifier}/credentials";
const ROTATE: &str = "/api/v1/partner/creditors/{clientIdentifier}/credentials/rotate";
const AGREEMENTS: &str = "/api/v1/partner/creditors/{clientIdentifier}/agreements";

const TOKEN: &str = "/flexiti/pos-api/v2.5/oauth/token";
const REVOKE: &str = "/flexiti/pos-api/v2.5/oauth/revoke";
const LOGIN: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/merchants/login";

const INFORMATION: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/information";

const AUTHORIZE: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization";
const CAPTURE: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}/capture";
const RELEASE: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}/release";
const RETURN: &str =
    "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}/capture/{capture_id}/return";
const REFUND: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/refund";

const TRANSACTIONS: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/transactions";
const VERIFY: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/account/{account_number}/verify";
const VERIFY_TOO: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/verify";
const APPLY: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/apply";
const WIDGET_INIT: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/init";
const WIDGET_OPEN: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session";
const WIDGET_CODE: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}/code";
const WIDGET_CHECK: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}/check";
const WIDGET_CHOOSE: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}/choice";
const CLOSE: &str = "/flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/close";

/// What is told of an applicant, and stands in no record.
const NAME: &str = "Tremblay";

/// The password of the merchant's user.
const PASSWORD: &str = "dice-manila-purism";

/// Routes that only read, though their method could change something; and reads.
const READS: &[&str] = &[
    "GET /api/v1/partner/validate",
    "GET /api/v1/partner/deployment-requests/{deploymentRequestId}",
    "GET /api/v1/partner/sms",
    "GET /api/v1/partner/sms/{smsId}",
    "GET /api/v1/partner/creditors",
    "GET /api/v1/partner/creditors/{clientIdentifier}",
    "GET /api/v1/partner/creditors/{clientIdentifier}/history",
    "GET /api/v1/partner/creditors/{clientIdentifier}/agreements",
    "GET /api/v1/partner/invoice/distribution",
    "GET /api/v1/partner/creditors/{clientIdentifier}/distribution",
    "GET /api/v1/partner/distribution",
    "GET /api/v1/partner/distribution/summary",
    "POST /flexiti/pos-api/v2.5/oauth/introspect",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/i18n",
    "POST /flexiti/pos-api/v2.5/client-id/{client_id}/i18n",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/i18n/{key}",
    "POST /flexiti/pos-api/v2.5/client-id/{client_id}/customers/driverslicense",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/terms-and-conditions",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/authorizations",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/captures",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/apply/{application_id}",
    "POST /flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/calculate-interest",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/customers/search",
    "GET /flexiti/pos-api/v2.5/client-id/{client_id}/customers/lookup",
    "GET /.well-known/oauth-authorization-server/flexiti/pos-api/v2.5",
    "GET /healthz",
    "GET /readyz",
];

const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

fn purchase(account: &Value, session: Uuid) -> Value {
    json!({
        "account_number": account,
        "financing_option": {"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3},
        "amount": 10,
        "auto_capture": false,
        "widget_session_id": session,
    })
}

/// A purchase that is captured in part, on an account of the merchant's.
async fn bought(app: &TestApp, merchant: &Merchant, token: &str) -> Value {
    let lender = (app.test.core.partner_of_code("QUICK3").await.unwrap(), ClientIdentifier(merchant.creditor));
    let (account, _) = open_account(&app.test.core, lender, 1, 100_000).await;
    let send = async |path: &str, body: &Value| {
        let path = path.replace("{client_id}", &merchant.id);
        let request = app.request(Method::POST, &path).bearer(token).header("x-reference-id", FLOW);
        let answer = request.json(body).send().await;
        assert!(answer.status.is_success(), "{}", answer.text());
        answer.json()
    };
    let session = add_verified_session(app.test.core.db(), account, lender.1).await;
    let authorized = send(AUTHORIZE, &purchase(&account.number.get().into(), session)).await;
    let capture = CAPTURE.replace("{authorization_id}", &authorized["authorization_id"].to_string());
    send(&capture, &json!({"amount": 5})).await
}

/// The account that the application has opened.
async fn account(app: &TestApp, merchant: &Merchant, token: &str) -> String {
    let search = "customers/search?first_name=Marie&last_name=Tremblay&dob=1985-02-14";
    let path = format!("/flexiti/pos-api/v2.5/client-id/{}/{search}", merchant.id);
    let flow = "8848372d-8457-4ca4-9da9-673f1cdd6685";
    let found = app.request(Method::GET, &path).bearer(token).header("x-reference-id", flow).send().await.json();
    found[0]["account_number"].to_string()
}

/// Buys for the dollar that was deposited, since an account with a credit is not closed.
async fn spend(app: &TestApp, merchant: &Merchant, token: &str) {
    let lender = (app.test.core.partner_of_code("QUICK3").await.unwrap(), ClientIdentifier(merchant.creditor));
    let number = AccountNumber::parse(&account(app, merchant, token).await).unwrap();
    let key = AccountKey { partner: lender.0, lender: lender.1, number };
    let body = json!({
        "account_number": number.get(), "financing_option": {"transaction_type": "regular_purchase"}, "amount": 1,
        "auto_capture": true, "widget_session_id": add_verified_session(app.test.core.db(), key, lender.1).await,
    });
    let path = AUTHORIZE.replace("{client_id}", &merchant.id);
    let request = app.request(Method::POST, &path).bearer(token).header("x-reference-id", FLOW);
    let answer = request.json(&body).send().await;
    assert!(answer.status.is_success(), "{}", answer.text());
}

async fn perform(
    app: &TestApp,
    partner: &PartnerKeys,
    (creditor, client): (i64, &str),
    (merchant, token): (&Merchant, &str),
    bought: &mut Value,
    change: &Change,
) {
    let mut path =
        change.path.replace("{clientIdentifier}", &creditor.to_string()).replace("{client_id}", &merchant.id);
    if [CLOSE, VERIFY, VERIFY_TOO].contains(&change.path) {
        path = path.replace("{account_number}", &account(app, merchant, token).await);
    }
    for name in ["account_number", "authorization_id", "capture_id", "widget_session_id"] {
        path = path.replace(&format!("{{{name}}}"), bought[name].to_string().trim_matches('"'));
    }
    let request = app.request(change.method.clone(), &path).header("X-Request-Id", "the-request");
    let request = match change.path {
        CLIENT => request.key(&partner.provisioning).json(&body(&partner.code, 1)),
        DEPLOYMENTS => {
            let mut asked = body(&partner.code, 2);
            asked["responsible"] = serde_json::json!({"name": "Liisa", "email": "liisa@quick.example"});
            request.key(&partner.provisioning).json(&asked)
        }
        SMS => request.key(&partner.partner).json(&serde_json::json!({"recipient": "+358441234567", "text": "Hei"})),
        // The token, so that the partner key still works for the others.
        RENEW => request.key(&partner.provisioning),
        CREDITORS => request.key(&partner.partner).json(&body(&partner.code, 3)),
        CREDITOR => {
            request.key(&partner.partner).header("If-Match", "*").json(&json!({"client": {"email": "a@example.fi"}}))
        }
        AGREEMENTS => request
            .key(&partner.partner)
            .header("If-Match", "*")
            .json(&json!([{"system": "ERP", "identifier": "A-1", "validFrom": "2026-01-01"}])),
        CREDENTIALS | ROTATE => request.key(&partner.partner),
        TOKEN => request.form(&merchant.with(&[])),
        LOGIN => request.bearer(token).json(&json!({"merchant_username": "anna", "merchant_password": PASSWORD})),
        INFORMATION => {
            let flow = request.bearer(token).header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6684");
            flow.json(&json!({"last_name": NAME, "annual_income": 72_000}))
        }
        AUTHORIZE => {
            let lender = (app.test.core.partner_of_code("QUICK3").await.unwrap(), ClientIdentifier(merchant.creditor));
            let number = AccountNumber::of_stored(bought["account_number"].as_i64().unwrap());
            let key = AccountKey { partner: lender.0, lender: lender.1, number };
            let session = add_verified_session(app.test.core.db(), key, lender.1).await;
            request.bearer(token).header("x-reference-id", FLOW).json(&purchase(&bought["account_number"], session))
        }
        WIDGET_INIT => {
            let person =
                json!({"first_name": "Marie", "last_name": NAME, "dob": "1985-02-14", "postal_code": "H2X 1Y4"});
            let asked = json!({"flow": "purchase", "customer_identification": {"personal_information": person}});
            request.bearer(token).header("x-reference-id", FLOW).header("host", "pos.example").json(&asked)
        }
        WIDGET_OPEN => request.json(&json!({"token": bought["widget_token"]})),
        WIDGET_CODE | WIDGET_CHECK | WIDGET_CHOOSE => {
            let request = request.bearer(bought["session_key"].as_str().unwrap());
            request.json(&match change.path {
                WIDGET_CODE => json!({"option": 0}),
                WIDGET_CHECK => json!({"answer": "2222"}),
                _ => json!({"account_number": account(app, merchant, token).await}),
            })
        }
        CAPTURE | RELEASE | RETURN | REFUND => {
            request.bearer(token).header("x-reference-id", FLOW).json(&json!({"amount": 1}))
        }
        APPLY => {
            let flow = request.bearer(token).header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6685");
            let mut applicant = application("Marie");
            applicant["province"] = "QC".into();
            applicant["postal_code"] = "H2X 1Y4".into();
            flow.json(&applicant)
        }
        VERIFY | VERIFY_TOO => {
            request.bearer(token).header("x-reference-id", FLOW).json(&json!({"format": "sms", "request_id": "1"}))
        }
        TRANSACTIONS => {
            let payment = json!({
                "transaction_type": "deposit", "amount": "1.00", "verification_code": 2222, "request_id": "1",
                "account_number": account(app, merchant, token).await,
            });
            request.bearer(token).header("x-reference-id", FLOW).json(&payment)
        }
        CLOSE => request.bearer(token).header("x-reference-id", "8848372d-8457-4ca4-9da9-673f1cdd6685"),
        REVOKE => request.form(&merchant.with(&[("token", token)])),
        INVOICE => request.key(client).json(&invoice(1)),
        other => panic!("how to perform {other} is not told here"),
    };
    let answer = request.from([192, 0, 2, 7]).send().await;
    assert!(answer.status.is_success(), "{} {}: {}", change.method, change.path, answer.text());
    if change.path == WIDGET_INIT {
        let address = answer.json()["redirection_url"].as_str().unwrap().to_owned();
        let (before, session) = address.rsplit_once("widget_session_id=").unwrap();
        let (_, token) = before.split_once('?').unwrap().0.rsplit_once('/').unwrap();
        (bought["widget_token"], bought["widget_session_id"]) = (token.into(), session.into());
    } else if change.path == WIDGET_OPEN {
        bought["session_key"] = answer.json()["session_key"].clone();
    }
}

on_both_engines! {
    async fn every_change_leaves_a_record(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 2).await;
        let client = app.client(&partner, 4).await;
        let merchant = app.merchant(&partner, 5).await;
        let token = app.token(&merchant, &[]).await["access_token"].as_str().unwrap().to_owned();
        let anna = NewMerchantUser {
            username: "anna".into(),
            password: domain::Secret::new(PASSWORD.into()),
            location: None,
        };
        app.test.core.add_merchant_user(&merchant.id, anna, &testkit::core::operator()).await.unwrap();
        let mut bought = bought(&app, &merchant, &token).await;
        for change in CHANGES {
            if change.path == CLOSE {
                spend(&app, &merchant, &token).await;
            }
            let before = app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap().len();
            perform(&app, &partner, (creditor, &client), (&merchant, &token), &mut bought, change).await;
            let records = app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
            assert_eq!(records.len(), before + 1, "{} {}", change.method, change.path);
            let record = &records[0];
            assert_eq!(record.action, change.action);
            assert_eq!((record.source.as_str(), record.request_id.as_str()), ("192.0.2.7", "the-request"));
            assert_eq!(record.outcome, "done");
            assert!(record.actor.contains(':') && !record.subject.is_empty(), "{record:?}");
            let text = format!("{record:?}");
            for secret in [partner.provisioning.as_str(), &partner.partner, &client, &merchant.secret, &token, PASSWORD, NAME] {
                assert!(!text.contains(secret), "a record holds a key: {text}");
            }
        }
    }
}

/// The public form as the responsible person of a business fills it in.
const FILLED: &[(&str, &str)] = &[
    ("client.name", "Test Customer Oy"),
    ("client.businessCode", "123456-7"),
    ("client.countryCode", "fi"),
    ("service.type", "LIFECYCLE"),
    ("responsible.name", "Liisa"),
    ("responsible.email", "liisa@quick.example"),
    ("contacts.primary.name", "Matti"),
    ("contacts.primary.email", "matti@test.example"),
];

/// Approves the request that was sent by the form, and gives the path of its link.
async fn link(app: &TestApp) -> String {
    let id = app.test.core.list_deployments(None, None, 1).await.unwrap()[0].id;
    let some = |text: &str| Some(text.to_owned());
    let further = ClientDraft {
        postal_address: some("Testikuja 7"),
        postal_code: some("12345"),
        postal_district: some("HELSINKI"),
        email: some("info@test.example"),
        language_code: some("FI"),
        currency_code: some("EUR"),
        ..ClientDraft::default()
    };
    let operator = testkit::core::operator();
    let approved = app.test.core.approve_deployment(id, &further, Some("QUICK3"), &operator).await.unwrap();
    approved.link.unwrap().strip_prefix("https://partner.example").unwrap().to_owned()
}

on_both_engines! {
    async fn every_change_outside_the_document_leaves_a_record(database: TestDatabase) {
        let app = TestApp::with(&database, open_everywhere()).await;
        app.partner("QUICK3").await;
        let changes = OUTSIDE.iter().filter_map(|row| match row.leaves {
            Leaves::Record(action) => Some((row, action)),
            Leaves::Nothing | Leaves::Receipt => None,
        });
        // The form first, since the link comes of it.
        let (forms, others): (Vec<_>, Vec<_>) = changes.partition(|(row, _)| row.path == FORM);
        for (row, action) in forms.into_iter().chain(others) {
            // The form is sent to no partner yet, so that its record is of none.
            let (path, fields, partner) = match row.path {
                FORM => (FORM.to_owned(), FILLED, None),
                LINK => (link(&app).await, &[][..], Some("QUICK3")),
                other => panic!("how to perform {other} is not told here"),
            };
            let before = app.test.core.audit_records(partner, None, 100).await.unwrap().len();
            // Whoever only looks at the page changes nothing.
            let looked = app.request(Method::GET, &path).send().await;
            assert!(looked.status.is_success(), "{path}: {}", looked.text());
            assert_eq!(app.test.core.audit_records(partner, None, 100).await.unwrap().len(), before, "GET {}", row.path);
            let request = app.request(row.method.clone(), &path).header("X-Request-Id", "the-request");
            let answer = request.form(fields).from([192, 0, 2, 7]).send().await;
            assert!(answer.status.is_success() || answer.status.is_redirection(), "{path}: {}", answer.text());
            let records = app.test.core.audit_records(partner, None, 100).await.unwrap();
            assert_eq!(records.len(), before + 1, "{} {}", row.method, row.path);
            let record = &records[0];
            assert_eq!((record.action.as_str(), record.outcome.as_str()), (action, "done"));
            assert_eq!((record.source.as_str(), record.request_id.as_str()), ("192.0.2.7", "the-request"));
            assert!(record.actor.starts_with("visitor:") && !record.subject.is_empty(), "{record:?}");
        }
    }
}

#[test]
fn every_route_outside_the_document_that_can_change_something_says_what_it_leaves() {
    for row in OUTSIDE {
        assert_eq!(row.method == Method::GET, row.leaves == Leaves::Nothing, "{} {}", row.method, row.path);
    }
}

#[test]
fn every_changing_route_is_listed() {
    let document = serde_json::to_value(tallystick::app::document()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let route = format!("{} {path}", method.to_uppercase());
            let listed = CHANGES.iter().any(|change| format!("{} {}", change.method, change.path) == route)
                || READS.contains(&route.as_str())
                || !["get", "post", "put", "patch", "delete"].contains(&method.as_str());
            assert!(listed, "{route}: say whether it changes something, and which record it leaves");
        }
    }
}
