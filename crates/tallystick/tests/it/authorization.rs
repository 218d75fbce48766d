//! The authorization table: every route, every kind of key and none, and the one expected answer. A route that is served
//! and is in no table fails the test.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use http::{Method, StatusCode};
use serde_json::json;
use tallystick::config::Settings;
use tallystick::telemetry::Metrics;
use testkit::app::{CLIENT, CREDITORS, DEPLOYMENTS, POS, RENEW, TestApp, VALIDATE};
use testkit::database::TestDatabase;
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

/// A route that is no operation of the API.
pub(crate) struct Outside {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// Who may call it: what somebody gets who shows nothing.
    nobody: StatusCode,
    pub(crate) leaves: Leaves,
}

/// What a call of a route outside the document leaves behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Leaves {
    /// Nothing: it only reads.
    Nothing,
    /// A record of this action; `audit.rs` calls it.
    Record(&'static str),
    /// No record, but what is told of a message, which shows it.
    Receipt,
}
use Leaves::{Nothing, Receipt, Record};

const fn outside(method: Method, path: &'static str, nobody: StatusCode, leaves: Leaves) -> Outside {
    Outside { method, path, nobody, leaves }
}

pub(crate) const FORM: &str = "/onboarding/request";
pub(crate) const LINK: &str = "/onboarding/credentials/{token}";
const METRICS: &str = "/metrics";

/// Every route that is not in the document. What of them anybody can read tells nothing that is not public.
pub(crate) const OUTSIDE: &[Outside] = &[
    outside(Method::GET, "/openapi.json", StatusCode::OK, Nothing),
    outside(Method::GET, "/docs", StatusCode::PERMANENT_REDIRECT, Nothing),
    outside(Method::GET, "/docs/", StatusCode::OK, Nothing),
    outside(Method::GET, "/docs/{*file}", StatusCode::OK, Nothing),
    outside(Method::GET, "/onboarding/style.css", StatusCode::OK, Nothing),
    // Whoever has the link; `deployment.rs` opens one.
    outside(Method::GET, LINK, StatusCode::NOT_FOUND, Nothing),
    outside(Method::POST, LINK, StatusCode::NOT_FOUND, Record("credentials_link.open")),
    // Anybody, where the form is turned on: nobody sends an empty one.
    outside(Method::GET, FORM, StatusCode::OK, Nothing),
    outside(Method::POST, FORM, StatusCode::BAD_REQUEST, Record("deployment.request")),
    outside(Method::GET, "/onboarding/request/received", StatusCode::OK, Nothing),
    // Whoever signs with the secret of the channel: `callback.rs`.
    outside(Method::POST, "/callbacks/{channel}", StatusCode::UNAUTHORIZED, Receipt),
    // Whoever has the token of the metrics: `process/metrics.rs`.
    outside(Method::GET, METRICS, StatusCode::UNAUTHORIZED, Nothing),
];

/// Settings with which every route is there.
pub(crate) fn open_everywhere() -> Settings {
    let mut settings = TestApp::settings();
    settings.onboarding.deployment_form = "on".parse().unwrap();
    settings.onboarding.public_url = Some("https://partner.example".parse().unwrap());
    settings.channels = toml::from_str(
        "[gateway]\nkind = 'http-gateway'\nurl = 'http://127.0.0.1:1/send'\n\
         [gateway.callback]\nsecret = 'sixteen-octets-long'\nstates = { delivered = 'DELIVERED' }\n",
    )
    .unwrap();
    settings
}

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
    }

    async fn a_route_outside_the_document_answers_who_shows_nothing_as_the_table_says(database: TestDatabase) {
        let app = TestApp::with(&database, open_everywhere()).await;
        // This server has no token of the metrics, and so no such address.
        let paths: BTreeSet<_> = OUTSIDE.iter().map(|row| row.path).filter(|path| *path != METRICS).collect();
        for path in paths {
            let called =
                path.replace("{token}", &"0".repeat(64)).replace("{*file}", "swagger-ui.css").replace("{channel}", "gateway");
            for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let row = OUTSIDE.iter().find(|row| row.path == path && row.method == method);
                let answer = app.request(method.clone(), &called).form(&[]).send().await;
                let expected = row.map_or(StatusCode::METHOD_NOT_ALLOWED, |row| row.nobody);
                assert_eq!(answer.status, expected, "{method} {called}: {}", answer.text());
                if expected == StatusCode::NOT_FOUND {
                    // The page that says so is there; what is not there has none.
                    assert!(answer.header("content-type").starts_with("text/html"), "{method} {called}");
                }
            }
        }
    }
}

/// The routes of the document, `METHOD path`.
fn documented() -> BTreeSet<String> {
    let document = serde_json::to_value(tallystick::app::document()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            if ["get", "post", "put", "patch", "delete", "head", "options", "trace"].contains(&method.as_str()) {
                documented.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    documented
}

#[test]
fn every_route_is_in_the_table() {
    let listed: BTreeSet<String> = TABLE.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(documented(), listed);
}

/// The routes of a router, `METHOD path`. It has no list of them, but tells them where it is shown for debugging: each with its number and
/// the handlers of its methods, and then each number with its address. In another form this finds nothing, and the test fails.
fn served(router: &Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let (shown, _) = shown.split_once("fallback_router:").expect("the fallback comes behind the routes");
    let (handlers, addresses) = shown.split_once("node: Node").expect("the addresses come behind the handlers");
    let numbered = |part: &'static str| {
        move |text: &str| text.split_once(part).map(|(number, rest)| (number.to_owned(), rest.to_owned()))
    };
    let handlers: BTreeMap<_, _> = handlers.split("RouteId(").skip(1).filter_map(numbered("): ")).collect();
    let addresses = addresses.split("RouteId(").skip(1).filter_map(numbered("): \""));
    let mut served = BTreeSet::new();
    for (number, rest) in addresses {
        let (path, _) = rest.split_once('"').expect("an address ends");
        let handler = &handlers[&number];
        // Without HEAD, which is answered as GET is, or refused.
        for method in ["get", "delete", "options", "patch", "post", "put", "trace", "connect"] {
            assert!(handler.contains(&format!(" {method}: ")), "{path}: {handler}");
            if !handler.contains(&format!(" {method}: None,")) {
                served.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    served
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_is_served_is_in_a_table() {
    let settings = open_everywhere();
    let app = TestApp::with(&TestDatabase::sqlite(), settings.clone()).await;
    let token = Some(domain::Secret::new("of the metrics".to_owned()));
    let router = tallystick::app::router(app.test.core.clone(), &settings, Metrics::detached(), token);
    // Whatever else is below the point of sale is not there, whichever the method.
    let served: BTreeSet<_> = served(&router).into_iter().filter(|route| !route.ends_with("/{*rest}")).collect();

    let mut listed = documented();
    // The newer version has the routes of the older but the widget's page, and the same handlers let the callers in.
    let newer = listed.iter().filter(|route| route.contains(POS) && !route.contains("/widget/session"));
    let newer: Vec<_> = newer.map(|route| route.replace(POS, &format!("{POS}.1"))).collect();
    listed.extend(newer);
    listed.extend(OUTSIDE.iter().map(|row| format!("{} {}", row.method, row.path)));
    let difference: Vec<_> = served.symmetric_difference(&listed).collect();
    assert!(difference.is_empty(), "served and not listed, or listed and not served: {difference:#?}");
}
