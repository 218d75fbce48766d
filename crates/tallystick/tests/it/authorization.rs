//! The authorization table: every route, every kind of key and none, and the one expected answer. A route of the API document that is
//! not in the table fails the test.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::json;
use testkit::app::{CLIENT, CREDITORS, DEPLOYMENTS, RENEW, TestApp, VALIDATE};
use testkit::on_both_engines;

/// What a caller gets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Gets {
    /// Past the door: whatever the handler answers, but neither 401 nor 403 for the key.
    In,
    /// 401 for want of a key.
    NoKey,
    /// 403 for a key of this kind.
    Forbidden,
}
use Gets::{Forbidden, In, NoKey};

struct Row {
    method: Method,
    path: &'static str,
    nobody: Gets,
    provisioning: Gets,
    partner: Gets,
    client: Gets,
}

const fn row(method: Method, path: &'static str, [nobody, provisioning, partner, client]: [Gets; 4]) -> Row {
    Row { method, path, nobody, provisioning, partner, client }
}

const SMS: &str = "/api/v1/partner/sms";
const CREDITOR: &str = "/api/v1/partner/creditors/{clientIdentifier}";
const HISTORY: &str = "/api/v1/partner/creditors/{clientIdentifier}/history";
const CREDENTIALS: &str = "/api/v1/partner/creditors/{clientIdentifier}/credentials";
const ROTATE: &str = "/api/v1/partner/creditors/{clientIdentifier}/credentials/rotate";
const AGREEMENTS: &str = "/api/v1/partner/creditors/{clientIdentifier}/agreements";

/// In the order: no key, provisioning token, partner key, client key.
const TABLE: &[Row] = &[
    row(Method::POST, CLIENT, [NoKey, In, Forbidden, Forbidden]),
    row(Method::POST, SMS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, SMS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, "/api/v1/partner/sms/{smsId}", [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, VALIDATE, [NoKey, In, In, In]),
    row(Method::GET, RENEW, [NoKey, In, In, In]),
    row(Method::POST, DEPLOYMENTS, [NoKey, In, Forbidden, Forbidden]),
    row(Method::GET, "/api/v1/partner/deployment-requests/{deploymentRequestId}", [NoKey, In, Forbidden, Forbidden]),
    row(Method::POST, CREDITORS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, CREDITORS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, CREDITOR, [NoKey, Forbidden, In, Forbidden]),
    row(Method::PATCH, CREDITOR, [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, HISTORY, [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, CREDENTIALS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::DELETE, CREDENTIALS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::POST, ROTATE, [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, AGREEMENTS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::PUT, AGREEMENTS, [NoKey, Forbidden, In, Forbidden]),
    row(Method::POST, "/api/v1/partner/invoice", [NoKey, Forbidden, Forbidden, In]),
    row(Method::GET, "/api/v1/partner/invoice/distribution", [NoKey, Forbidden, Forbidden, In]),
    row(Method::GET, "/api/v1/partner/creditors/{clientIdentifier}/distribution", [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, "/api/v1/partner/distribution", [NoKey, Forbidden, In, Forbidden]),
    row(Method::GET, "/api/v1/partner/distribution/summary", [NoKey, Forbidden, In, Forbidden]),
    // These take no key: a client proves itself by its secret, and gets 400 for want of one.
    row(Method::POST, "/flexiti/pos-api/v2.5/oauth/token", [In, In, In, In]),
    row(Method::POST, "/flexiti/pos-api/v2.5/oauth/introspect", [In, In, In, In]),
    row(Method::POST, "/flexiti/pos-api/v2.5/oauth/revoke", [In, In, In, In]),
    row(Method::GET, "/.well-known/oauth-authorization-server/flexiti/pos-api/v2.5", [In, In, In, In]),
    // These take an access token, which no key is. `pos.rs` has the table of its scopes.
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/merchants/login", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/i18n", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/i18n", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/i18n/{key}", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/information", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/customers/driverslicense", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/terms-and-conditions", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization", [NoKey; 4]),
    row(
        Method::POST,
        "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}/capture",
        [NoKey; 4],
    ),
    row(
        Method::POST,
        "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}/release",
        [NoKey; 4],
    ),
    row(
        Method::POST,
        "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}/capture/{capture_id}/return",
        [NoKey; 4],
    ),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/refund", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/transactions", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/account/{account_number}/verify", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/verify", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/authorizations", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/authorization/{authorization_id}", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/captures", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/apply", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/apply/{application_id}", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/customers/search", [NoKey; 4]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/customers/lookup", [NoKey; 4]),
    row(
        Method::POST,
        "/flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/calculate-interest",
        [NoKey; 4],
    ),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/accounts/{account_number}/close", [NoKey; 4]),
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/init", [NoKey; 4]),
    // The page of the widget comes with the token of its address, and then with the key of its session.
    row(Method::POST, "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session", [In, In, In, In]),
    row(Method::GET, "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}", [NoKey; 4]),
    row(
        Method::POST,
        "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}/code",
        [NoKey; 4],
    ),
    row(
        Method::POST,
        "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}/check",
        [NoKey; 4],
    ),
    row(
        Method::POST,
        "/flexiti/pos-api/v2.5/client-id/{client_id}/widget/session/{widget_session_id}/choice",
        [NoKey; 4],
    ),
    row(Method::GET, "/healthz", [In, In, In, In]),
    row(Method::GET, "/readyz", [In, In, In, In]),
];

/// Served, but not operations of the API: they tell nothing that is not public.
const PUBLIC: &[&str] = &["/openapi.json", "/docs/", "/onboarding/style.css"];

on_both_engines! {
    async fn every_route_answers_every_kind_of_key_as_the_table_says(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let client = app.client(&partner, 1).await;
        // Another than the client whose key is tried, because its credentials are revoked on the way.
        let creditor = app.creditor(&partner, 2).await;
        for row in TABLE {
            let path = row.path.replace("{clientIdentifier}", &creditor.to_string());
            for (who, key, expected) in [
                ("nobody", None, row.nobody),
                ("provisioning", Some(&partner.provisioning), row.provisioning),
                ("partner", Some(&partner.partner), row.partner),
                ("client", Some(&client), row.client),
            ] {
                let mut request = app.request(row.method.clone(), &path);
                if let Some(key) = key {
                    request = request.key(key);
                }
                if row.method != Method::GET {
                    request = request.json(&json!({}));
                }
                let answer = request.send().await;
                let gets = match answer.status {
                    StatusCode::UNAUTHORIZED => NoKey,
                    StatusCode::FORBIDDEN if answer.problem() == "forbidden_for_key" => Forbidden,
                    _ => In,
                };
                assert_eq!(gets, expected, "{} {} as {who}: {}", row.method, row.path, answer.text());
            }
        }
        for path in PUBLIC {
            assert_eq!(app.request(Method::GET, path).send().await.status, StatusCode::OK, "{path}");
        }
    }
}

#[test]
fn every_route_is_in_the_table() {
    let document = serde_json::to_value(tallystick::app::document()).unwrap();
    let mut served = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            if ["get", "post", "put", "patch", "delete", "head", "options", "trace"].contains(&method.as_str()) {
                served.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let listed: BTreeSet<String> = TABLE.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(served, listed);
}
