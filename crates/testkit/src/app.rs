//! The whole server through its router, without a port.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use service::partner::AddedPartner;
use tallystick::config::Settings;
use tallystick::telemetry::Metrics;
use tower::ServiceExt;

use crate::clock::TestClock;
use crate::core::TestCore;
use crate::database::TestDatabase;

/// A server without a port.
pub struct TestApp {
    /// The core under it.
    pub test: TestCore,
    router: Router,
}

impl TestApp {
    /// A server with default settings, but no rate limits.
    pub async fn open(database: &TestDatabase) -> Self {
        Self::with(database, Self::settings()).await
    }

    /// Default settings, but no rate limits.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn settings() -> Settings {
        let mut settings = Settings::default();
        settings.limits.rate_limit = "off".parse().expect("`off` is a rate");
        settings.limits.failure_rate_limit = "off".parse().expect("`off` is a rate");
        settings.limits.credentials_rate_limit = "off".parse().expect("`off` is a rate");
        settings
    }

    /// A server with these settings.
    pub async fn with(database: &TestDatabase, settings: Settings) -> Self {
        let test = TestCore::with(database, settings.service()).await;
        let router = tallystick::app::router(test.core.clone(), &settings, Metrics::detached(), None);
        Self { test, router }
    }

    /// Its clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<TestClock> {
        &self.test.clock
    }

    /// Adds a partner and gives its keys.
    pub async fn partner(&self, code: &str) -> PartnerKeys {
        PartnerKeys::of(self.test.partner(code).await)
    }

    /// A request, to be filled in and sent.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> TestRequest<'_> {
        TestRequest {
            app: self,
            method,
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Body::empty(),
            address: IpAddr::from([127, 0, 0, 1]),
        }
    }

    /// A GET with this key.
    pub async fn get(&self, path: &str, key: &str) -> TestAnswer {
        self.request(Method::GET, path).key(key).send().await
    }

    /// `POST /client` with this key.
    pub async fn create(&self, key: &str, body: &Value) -> TestAnswer {
        self.request(Method::POST, CLIENT).key(key).json(body).send().await
    }

    /// Creates a client of its own and gives its key.
    ///
    /// # Panics
    /// When it is not created.
    pub async fn client(&self, partner: &PartnerKeys, number: u32) -> String {
        let answer = self.create(&partner.provisioning, &body(&partner.code, number)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["apiAccessToken"].as_str().expect("the answer has a key").to_owned()
    }
}

impl TestApp {
    /// Creates a creditor with the partner key and gives its number.
    ///
    /// # Panics
    /// When it is not created.
    pub async fn creditor(&self, partner: &PartnerKeys, number: u32) -> i64 {
        let body = body(&partner.code, number);
        let answer = self.request(Method::POST, CREDITORS).key(&partner.partner).json(&body).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()["clientIdentifier"].as_i64().expect("a creditor has a number")
    }
}

/// A merchant: a client of the point-of-sale service, with what it gets tokens for.
#[derive(Clone, Debug)]
pub struct Merchant {
    /// `client_id` of the token endpoint.
    pub id: String,
    /// `client_secret`.
    pub secret: String,
    /// `clientIdentifier`.
    pub creditor: i64,
}

impl Merchant {
    /// The fields of a form: its credentials, and what follows.
    #[must_use]
    pub fn with<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        [("client_id", self.id.as_str()), ("client_secret", self.secret.as_str())]
            .into_iter()
            .chain(more.to_vec())
            .collect()
    }
}

impl TestApp {
    /// Creates a merchant with the partner key.
    ///
    /// # Panics
    /// When it is not created.
    pub async fn merchant(&self, partner: &PartnerKeys, number: u32) -> Merchant {
        let mut body = body(&partner.code, number);
        body["service"]["type"] = "POS_FINANCING".into();
        let answer = self.create(&partner.provisioning, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let made = answer.json();
        let text = |name: &str| made[name].as_str().expect("a merchant has OAuth credentials").to_owned();
        Merchant {
            id: text("oauthClientId"),
            secret: text("oauthClientSecret"),
            creditor: made["clientIdentifier"].as_i64().expect("a client has a number"),
        }
    }

    /// Gets a token pair for a merchant, with further fields in the form.
    ///
    /// # Panics
    /// When it gets none.
    pub async fn token(&self, merchant: &Merchant, more: &[(&str, &str)]) -> Value {
        let answer = self.request(Method::POST, TOKEN).form(&merchant.with(more)).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }
}

/// The body of an application of somebody of this first name, with which nothing is wrong.
///
/// # Panics
/// Never.
#[must_use]
pub fn application(first_name: &str) -> Value {
    serde_json::to_value(crate::core::applicant(first_name)).expect("a draft is JSON")
}

/// Below this is the point-of-sale API.
pub const POS: &str = "/flexiti/pos-api/v2.5";

/// `POST` here gets a token.
pub const TOKEN: &str = "/flexiti/pos-api/v2.5/oauth/token";

/// The address of a creditor, with what follows: `/credentials`.
#[must_use]
pub fn creditor_path(creditor: i64, rest: &str) -> String {
    format!("{CREDITORS}/{creditor}{rest}")
}

/// `POST` here creates a client.
pub const CLIENT: &str = "/api/v1/partner/client";
/// `POST` here creates a creditor; `GET` lists them.
pub const CREDITORS: &str = "/api/v1/partner/creditors";
/// `GET` here validates a key.
pub const VALIDATE: &str = "/api/v1/partner/validate";
/// `GET` here renews a key.
pub const RENEW: &str = "/api/v1/partner/renew";

/// `POST` here requests the onboarding of a client.
pub const DEPLOYMENTS: &str = "/api/v1/partner/deployment-requests";

/// A partner's keys in clear.
pub struct PartnerKeys {
    /// Its code.
    pub code: String,
    /// Its provisioning token.
    pub provisioning: String,
    /// Its partner key.
    pub partner: String,
    /// What the core gave.
    pub added: AddedPartner,
}

impl PartnerKeys {
    fn of(added: AddedPartner) -> Self {
        Self {
            code: added.code.clone(),
            provisioning: added.provisioning_token.value.expose().to_text(),
            partner: added.partner_key.value.expose().to_text(),
            added,
        }
    }
}

/// A request that is being filled in.
pub struct TestRequest<'a> {
    app: &'a TestApp,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Body,
    address: IpAddr,
}

impl TestRequest<'_> {
    /// Adds a header.
    ///
    /// # Panics
    /// When it is no header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::try_from(name).expect("a header's name");
        self.headers.append(name, HeaderValue::from_bytes(value.as_ref()).expect("a header's value"));
        self
    }

    /// Presents a key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("X-Api-Key", key)
    }

    /// Sends JSON.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        self.header("Content-Type", "application/json").bytes(value.to_string())
    }

    /// Sends a form.
    #[must_use]
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let encoded = |text: &str| {
            text.bytes().fold(String::new(), |text, byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                    text + char::from(byte).encode_utf8(&mut [0])
                }
                other => text + &format!("%{other:02X}"),
            })
        };
        let pairs: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        self.header("Content-Type", "application/x-www-form-urlencoded").bytes(pairs.join("&"))
    }

    /// Presents an access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// Sends these bytes.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = Body::from(bytes.into());
        self
    }

    /// Sends it from this address.
    #[must_use]
    pub fn from(mut self, address: impl Into<IpAddr>) -> Self {
        self.address = address.into();
        self
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Panics
    /// When the body of the answer breaks off.
    pub async fn send(self) -> TestAnswer {
        let mut request = Request::new(self.body);
        *request.method_mut() = self.method;
        *request.uri_mut() = self.path.parse().expect("a path");
        *request.headers_mut() = self.headers;
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((self.address, 50_000))));
        let answer = self.app.router.clone().oneshot(request).await.expect("the router always answers");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("the body is whole").to_bytes();
        TestAnswer { status: head.status, headers: head.headers, body }
    }
}

/// An answer.
#[derive(Debug)]
pub struct TestAnswer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl TestAnswer {
    /// Its body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// Its body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's value, or an empty text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The code of a problem, after a look at whether it is a whole one.
    ///
    /// # Panics
    /// When it is not a problem as the contract has it.
    #[must_use]
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let body = self.json();
        assert_eq!(body["type"], "about:blank", "{body}");
        assert_eq!(body["status"], self.status.as_u16(), "{body}");
        assert_eq!(body["title"], self.status.canonical_reason().expect("a known status"), "{body}");
        assert_eq!(body["message"], body["detail"], "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        assert_eq!(body["requestId"], self.header("x-request-id"), "{body}");
        body["code"].as_str().expect("a problem has a code").to_owned()
    }

    /// The faults of a `validation_failed` problem: field and code, in order.
    ///
    /// # Panics
    /// When it is another answer.
    #[must_use]
    pub fn faults(&self) -> Vec<(String, String)> {
        assert_eq!(
            (self.status, self.problem().as_str()),
            (StatusCode::BAD_REQUEST, "validation_failed"),
            "{}",
            self.text()
        );
        pairs(&self.json()["errors"])
    }

    /// The warnings of an answer: field and code, in order.
    #[must_use]
    pub fn warnings(&self) -> Vec<(String, String)> {
        pairs(&self.json()["warnings"])
    }
}

fn pairs(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = list.as_array().expect("a list of faults");
    assert!(list.iter().all(|fault| !text(&fault["message"]).is_empty()));
    list.iter().map(|fault| (text(&fault["field"]), text(&fault["code"]))).collect()
}

/// The seed's own example, to the letter.
#[must_use]
pub fn seed_body() -> Value {
    json!({
        "service": {"type": "LIFECYCLE", "partnerCode": "QUICK3"},
        "client": {
            "name": "Test Customer Oy",
            "businessCode": "123456-7",
            "vatRegNbr": "FI1234567",
            "postalAddress": "Testikuja 7",
            "postalCode": "12345",
            "postalDistrict": "HELSINKI",
            "countryCode": "FI",
            "telephone": "",
            "email": "email@testcustomer.fi",
            "website": "",
            "languageCode": "FI",
            "currencyCode": "EUR",
            "ibanAccount": "",
            "bic": "",
            "bankgiro": "",
            "plusgiro": ""
        },
        "contacts": {
            "primary": {
                "name": "Matti Meikäläinen",
                "telephone": "",
                "mobile": "+358441234567",
                "email": "matti@testcustomer.fi"
            },
            "technical": {"name": "", "email": ""},
            "accountant": {"name": "", "email": ""}
        }
    })
}

/// The same for a partner and with a business code of its own: `number` makes it different. Its check digit is right.
#[must_use]
pub fn body(partner_code: &str, number: u32) -> Value {
    let mut body = seed_body();
    body["service"]["partnerCode"] = partner_code.into();
    body["client"]["vatRegNbr"] = "".into();
    body["client"]["businessCode"] = business_code(number).into();
    body
}

/// The `number`th Y-tunnus that has a check digit: weights 7, 9, 10, 5, 8, 4, 2, modulo 11.
#[must_use]
pub fn business_code(number: u32) -> String {
    let with_check_digit = |base: u32| {
        let sum: u32 = [7, 9, 10, 5, 8, 4, 2]
            .iter()
            .zip((0..7).rev())
            .map(|(weight, place)| weight * (base / 10_u32.pow(place) % 10))
            .sum();
        match sum % 11 {
            0 => Some(0),
            1 => None,
            rest => Some(11 - rest),
        }
        .map(|digit| format!("{base:07}-{digit}"))
    };
    (1_000_000..).filter_map(with_check_digit).nth(number as usize).expect("there are millions of them")
}

/// A server on a port of the loopback, in this process. It ends with this value.
pub struct Served {
    /// Its address: `http://127.0.0.1:PORT`.
    pub url: String,
    task: tokio::task::JoinHandle<()>,
}

impl TestApp {
    /// Serves it on a free port, for tests of what needs one.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn serve(&self) -> Served {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the listener has an address");
        let service = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move {
            axum::serve(listener, service).await.expect("the server goes on until it is ended");
        });
        Served { url: format!("http://{address}"), task }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}
