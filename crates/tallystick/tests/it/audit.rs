//! Every route that changes something leaves a record. A changing route of the API document that is not listed here fails the test.

use http::Method;
use testkit::app::{CLIENT, DEPLOYMENTS, PartnerKeys, RENEW, TestApp, body};
use testkit::on_both_engines;

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
    Change { method: Method::GET, path: RENEW, action: "api_key.renew" },
];

/// Routes that only read, though their method could change something; and reads.
const READS: &[&str] = &["GET /api/v1/partner/deployment-requests/{deploymentRequestId}", "GET /api/v1/partner/sms", "GET /api/v1/partner/sms/{smsId}", "GET /api/v1/partner/validate", "GET /healthz", "GET /readyz"];

async fn perform(app: &TestApp, partner: &PartnerKeys, change: &Change) {
    let request = app.request(change.method.clone(), change.path).header("X-Request-Id", "the-request");
    let request = match change.path {
        CLIENT => request.key(&partner.provisioning).json(&body(&partner.code, 1)),
        DEPLOYMENTS => {
            let mut asked = body(&partner.code, 2);
            asked["responsible"] = serde_json::json!({"name": "Liisa", "email": "liisa@quick.example"});
            request.key(&partner.provisioning).json(&asked)
        }
        SMS => request.key(&partner.partner).json(&serde_json::json!({"recipient": "+358441234567", "text": "Hei"})),
        RENEW => request.key(&partner.partner),
        other => panic!("how to perform {other} is not told here"),
    };
    let answer = request.from([192, 0, 2, 7]).send().await;
    assert!(answer.status.is_success(), "{} {}: {}", change.method, change.path, answer.text());
}

on_both_engines! {
    async fn every_change_leaves_a_record(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        for change in CHANGES {
            let before = app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap().len();
            perform(&app, &partner, change).await;
            let records = app.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
            assert_eq!(records.len(), before + 1, "{} {}", change.method, change.path);
            let record = &records[0];
            assert_eq!(record.action, change.action);
            assert_eq!((record.source.as_str(), record.request_id.as_str()), ("192.0.2.7", "the-request"));
            assert_eq!(record.outcome, "done");
            assert!(record.actor.contains(':') && !record.subject.is_empty(), "{record:?}");
            let text = format!("{record:?}");
            for secret in [&partner.provisioning, &partner.partner] {
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
