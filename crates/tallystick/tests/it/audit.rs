//! Every route that changes something leaves a record. A changing route of the API document that is not listed here fails the test.

use http::Method;
use serde_json::json;
use testkit::app::{CLIENT, CREDITORS, DEPLOYMENTS, PartnerKeys, RENEW, TestApp, body};
use testkit::on_both_engines;

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
];

const CREDITOR: &str = "/api/v1/partner/creditors/{clientIdentifier}";
const CREDENTIALS: &str = "/api/v1/partner/creditors/{clientIdentifier}/credentials";
const ROTATE: &str = "/api/v1/partner/creditors/{clientIdentifier}/credentials/rotate";
const AGREEMENTS: &str = "/api/v1/partner/creditors/{clientIdentifier}/agreements";

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
    "GET /healthz",
    "GET /readyz",
];

async fn perform(app: &TestApp, partner: &PartnerKeys, (creditor, client): (i64, &str), change: &Change) {
    let path = change.path.replace("{clientIdentifier}", &creditor.to_string());
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
        INVOICE => request.key(client).json(&invoice(1)),
        other => panic!("how to perform {other} is not told here"),
    };
    let answer = request.from([192, 0, 2, 7]).send().await;
    assert!(answer.status.is_success(), "{} {}: {}", change.method, change.path, answer.text());
}

on_both_engines! {
    async fn every_change_leaves_a_record(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 2).await;
        let client = app.client(&partner, 4).await;
        for change in CHANGES {
            let before = app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap().len();
            perform(&app, &partner, (creditor, &client), change).await;
            let records = app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
            assert_eq!(records.len(), before + 1, "{} {}", change.method, change.path);
            let record = &records[0];
            assert_eq!(record.action, change.action);
            assert_eq!((record.source.as_str(), record.request_id.as_str()), ("192.0.2.7", "the-request"));
            assert_eq!(record.outcome, "done");
            assert!(record.actor.contains(':') && !record.subject.is_empty(), "{record:?}");
            let text = format!("{record:?}");
            for secret in [&partner.provisioning, &partner.partner, &client] {
                assert!(!text.contains(secret.as_str()), "a record holds a key: {text}");
            }
        }
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
