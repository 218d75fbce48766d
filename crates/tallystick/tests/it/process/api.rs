//! Requests over a real connection.

use http::{HeaderMap, StatusCode};
use reqwest::{Client, ClientBuilder, Error, RequestBuilder, Response, Version};
use serde_json::Value;
use testkit::app::{CLIENT, RENEW, VALIDATE};

/// What a client of its own starts from: nothing of the machine's proxies and certificates.
pub(super) fn builder() -> ClientBuilder {
    // Fails when a provider is there already, which is then the one that is used.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder().no_proxy().tls_certs_only([])
}

/// A server and the connections to it.
#[derive(Clone)]
pub(super) struct Api {
    http: Client,
    url: String,
}

impl Api {
    /// Connections of its own to the server at `url`.
    pub(super) fn new(url: &str) -> Self {
        Self::with(builder(), url)
    }

    pub(super) fn with(builder: ClientBuilder, url: &str) -> Self {
        Self { http: builder.build().unwrap(), url: url.to_owned() }
    }

    pub(super) async fn get(&self, path: &str, key: &str) -> Reply {
        self.try_get(path, key).await.unwrap()
    }

    /// As [`Api::get`]; an error when no whole answer came.
    pub(super) async fn try_get(&self, path: &str, key: &str) -> Result<Reply, Error> {
        Reply::read(self.http.get(format!("{}{path}", self.url)).header("X-Api-Key", key).send().await?).await
    }

    pub(super) async fn post(&self, path: &str, key: &str, body: &Value) -> Reply {
        let request = self.http.post(format!("{}{path}", self.url)).header("X-Api-Key", key).json(body);
        Reply::read(request.send().await.unwrap()).await.unwrap()
    }

    pub(super) async fn validate(&self, key: &str) -> StatusCode {
        self.get(VALIDATE, key).await.status
    }

    pub(super) async fn renew(&self, key: &str) -> Reply {
        self.get(RENEW, key).await
    }

    pub(super) async fn is_ready(&self) -> bool {
        self.get("/readyz", "").await.status == StatusCode::OK
    }

    /// `POST /client` with this body, to be filled in further and sent.
    pub(super) fn creation(&self, key: &str, body: &Value) -> RequestBuilder {
        self.http.post(format!("{}{CLIENT}", self.url)).header("X-Api-Key", key).json(body)
    }

    /// Creates a client, or an error when no whole answer came.
    pub(super) async fn try_create(&self, key: &str, idempotency_key: &str, body: &Value) -> Result<Reply, Error> {
        Reply::read(self.creation(key, body).header("Idempotency-Key", idempotency_key).send().await?).await
    }

    pub(super) async fn create(&self, key: &str, idempotency_key: &str, body: &Value) -> Reply {
        self.try_create(key, idempotency_key, body).await.unwrap()
    }

    /// Creates a client and gives its key.
    pub(super) async fn client(&self, token: &str, body: &Value) -> String {
        Reply::read(self.creation(token, body).send().await.unwrap()).await.unwrap().created().1
    }
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Reply {
    pub(super) async fn read(response: Response) -> Result<Self, Error> {
        let (status, version, headers) = (response.status(), response.version(), response.headers().clone());
        Ok(Self { status, version, headers, text: response.text().await? })
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Its status and the code of its problem.
    pub(super) fn problem(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    /// Whether it says that it is the kept answer to an earlier request.
    pub(super) fn is_replayed(&self) -> bool {
        self.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
    }

    /// The client that was created, and its key.
    pub(super) fn created(&self) -> (i64, String) {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        let body = self.json();
        (body["clientIdentifier"].as_i64().unwrap(), body["apiAccessToken"].as_str().unwrap().to_owned())
    }
}
