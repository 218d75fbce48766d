use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use domain::sms::{MOST_PARTS, Parts};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;

use super::callback;
use super::config::HttpGatewayConfig;
use super::template::{Place, Template, Values};
use crate::retry_after::retry_after;
use crate::{Accepted, ConfigFault, Fault, FaultKind, SmsChannel, SmsSubmit, exchange, span};

/// The most octets of an answer that are read.
const LONGEST_ANSWER: usize = 64 * 1024;

/// SMS by a provider's HTTP API. Its receipts come by [`super::read_callback`], which whoever receives the callback calls.
pub struct HttpGatewayChannel {
    name: String,
    method: Method,
    url: Template,
    headers: Vec<(HeaderName, Template)>,
    body: Option<(HeaderValue, Template)>,
    test_url: Option<Template>,
    validity: Duration,
    message_id: Option<String>,
    error_code: Option<String>,
    temporary: Vec<u16>,
    throttled: Vec<u16>,
    http: Client,
    clock: Arc<dyn Clock>,
}

impl HttpGatewayChannel {
    /// Reads the templates and tries them on a sample.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used.
    pub fn new(name: &str, config: &HttpGatewayConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigFault> {
        span::at_least_some("connect-timeout", config.connect_timeout)?;
        span::at_least_some("timeout", config.timeout)?;
        span::at_least_some("validity", config.validity)?;
        let read = |setting: &str, text: &str, place: Place| {
            Template::parse(text, place, &config.secrets).map_err(|unknown| {
                ConfigFault::new(setting, format!("{unknown} is no placeholder and no configured secret"))
            })
        };
        let url = read("url", &config.url, Place::Encoded)?;
        check_url("url", &url)?;
        let test_url = config.test_url.as_deref().map(|text| read("test-url", text, Place::Encoded)).transpose()?;
        if let Some(test_url) = &test_url {
            check_url("test-url", test_url)?;
            if !test_url.is_constant() {
                return Err(ConfigFault::new("test-url", "may hold secrets only, and nothing of a message"));
            }
        }
        let headers = config.headers.iter().map(|(header, text)| {
            let header_name = HeaderName::from_bytes(header.as_bytes())
                .map_err(|_| ConfigFault::new(format!("headers.{header}"), "is not the name of a header"))?;
            Ok((header_name, read(&format!("headers.{header}"), text, Place::Header)?))
        });
        let headers = headers.collect::<Result<Vec<_>, ConfigFault>>()?;
        let place = match config.content_type.split(';').next().unwrap_or_default().trim() {
            kind if kind == "application/json" || kind.ends_with("+json") => Place::Json,
            "application/x-www-form-urlencoded" => Place::Encoded,
            _ => {
                return Err(ConfigFault::new(
                    "content-type",
                    "use application/json or application/x-www-form-urlencoded",
                ));
            }
        };
        let body = config.body.as_deref().map(|text| read("body", text, place)).transpose()?;
        if let Some(body) = body.as_ref().filter(|_| place == Place::Json)
            && serde_json::from_str::<Value>(&body.fill(&sample())).is_err()
        {
            return Err(ConfigFault::new("body", "does not become JSON: put what stands for a text between quotes"));
        }
        let content_type = HeaderValue::from_str(&config.content_type)
            .map_err(|_| ConfigFault::new("content-type", "is not the value of a header"))?;
        for (setting, pointer) in [("message-id", &config.message_id), ("error-code", &config.error_code)] {
            if let Some(pointer) = pointer {
                callback::check_pointer(setting, pointer)?;
            }
        }
        if let Some(callback) = &config.callback {
            callback::check(callback)?;
        }
        Ok(Self {
            name: name.to_owned(),
            method: Method::from_bytes(config.method.as_bytes())
                .map_err(|_| ConfigFault::new("method", "is not a method of HTTP: use POST, PUT or GET"))?,
            url,
            headers,
            body: body.map(|body| (content_type, body)),
            test_url,
            validity: config.validity,
            message_id: config.message_id.clone(),
            error_code: config.error_code.clone(),
            temporary: config.temporary_statuses.clone(),
            throttled: config.throttled_statuses.clone(),
            http: client(config)?,
            clock,
        })
    }

    async fn post(&self, message: &SmsSubmit) -> Result<Accepted, Fault> {
        let parts = Parts::of(&message.text, MOST_PARTS).map_err(|fault| Fault::permanent(fault.to_string()))?;
        let values = Values {
            id: message.id.to_string(),
            recipient: message.recipient.clone(),
            sender: message.sender.to_string(),
            text: message.text.clone(),
            reference: message.reference.clone().unwrap_or_default(),
            encoding: parts.encoding().as_str(),
            parts: parts.count(),
            validity_seconds: message.validity.unwrap_or(self.validity).as_secs(),
            wants_receipt: message.wants_receipt,
        };
        let mut request =
            self.http.request(self.method.clone(), self.url.fill(&values)).headers(self.headers(&values)?);
        if let Some((content_type, body)) = &self.body {
            request = request.header(CONTENT_TYPE, content_type).body(body.fill(&values));
        }
        let response = request.send().await.map_err(|error| exchange::sending("provider", &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = read(response).await;
        if !status.is_success() {
            return Err(self.refusal(status, &headers, answer.as_ref().ok()));
        }
        // A success whose words were lost is one: to send again would reach the recipient twice.
        let answer = answer.unwrap_or(Value::Null);
        let Some(pointer) = &self.message_id else {
            return Ok(Accepted { provider_message_ids: vec![values.id] });
        };
        let id = callback::text_at(&answer, pointer);
        match (id, self.code(&answer)) {
            (Some(id), _) => Ok(Accepted { provider_message_ids: vec![id] }),
            (None, Some(code)) => {
                Err(Fault::permanent("the provider answered success with an error code and no id").with_code(code))
            }
            (None, None) => {
                tracing::warn!(channel = %self.name, pointer, "an answer of success had no id: no receipt can be matched");
                Ok(Accepted { provider_message_ids: Vec::new() })
            }
        }
    }

    fn headers(&self, values: &Values) -> Result<HeaderMap, Fault> {
        let mut headers = HeaderMap::new();
        for (name, template) in &self.headers {
            let mut value = HeaderValue::try_from(template.fill(values))
                .map_err(|_| Fault::permanent(format!("header {name}: the message holds what no header can")))?;
            value.set_sensitive(true);
            headers.insert(name.clone(), value);
        }
        Ok(headers)
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap, answer: Option<&Value>) -> Fault {
        let number = status.as_u16();
        let kind = if self.throttled.contains(&number) {
            FaultKind::Throttled
        } else if self.temporary.contains(&number) {
            FaultKind::Temporary
        } else if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
            // It says nothing of the message: a token that was changed must not have all that waits refused.
            FaultKind::Unreachable
        } else {
            FaultKind::Permanent
        };
        let code = answer.and_then(|answer| self.code(answer)).unwrap_or_else(|| number.to_string());
        let fault = Fault::new(kind, format!("the provider answered {number}")).with_code(code);
        // A server that broke down may have done so after its work. 503 says that it did none.
        let unsure =
            kind == FaultKind::Temporary && status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE;
        Fault { retry_after: retry_after(headers, self.clock.now()), may_have_been_accepted: unsure, ..fault }
    }

    fn code(&self, answer: &Value) -> Option<String> {
        callback::text_at(answer, self.error_code.as_deref()?)
    }
}

fn sample() -> Values {
    Values { recipient: "+358441234567".into(), encoding: "UCS2", parts: 1, validity_seconds: 60, ..Values::default() }
}

fn check_url(setting: &str, template: &Template) -> Result<(), ConfigFault> {
    exchange::url(setting, &template.fill(&sample())).map(drop)
}

fn client(config: &HttpGatewayConfig) -> Result<Client, ConfigFault> {
    let plain =
        [Some(&config.url), config.test_url.as_ref()].into_iter().flatten().all(|url| url.starts_with("http://"));
    exchange::client(plain, config.ca_file.as_deref(), config.connect_timeout, config.timeout)
}

/// The answer as JSON; an error where it is none, is too long, or breaks off.
async fn read(response: Response) -> Result<Value, ()> {
    serde_json::from_slice(&exchange::read(response, LONGEST_ANSWER).await?).map_err(drop)
}

impl std::fmt::Debug for HttpGatewayChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpGatewayChannel").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SmsChannel for HttpGatewayChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn submit<'a>(&'a self, message: &'a SmsSubmit) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.post(message).boxed()
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        async {
            let Some(url) = &self.test_url else {
                return Ok("the settings are in order; without a test-url the provider is not asked".to_owned());
            };
            let values = sample();
            let request = self.http.get(url.fill(&values)).headers(self.headers(&values)?);
            let response = request.send().await.map_err(|error| exchange::sending("provider", &error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            if status.is_success() {
                return Ok(format!("the provider answered {}", status.as_u16()));
            }
            Err(Fault { may_have_been_accepted: false, ..self.refusal(status, &headers, None) })
        }
        .boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> domain::Timestamp {
            domain::Timestamp::from_micros(0)
        }
    }

    #[test]
    fn settings_that_cannot_be_used_are_named() {
        for (text, setting) in [
            ("url = 'ftp://a.example'", "url"),
            ("url = 'https://a.example/{nothing}'", "url"),
            ("url = 'http://a.example'\ncontent-type = 'text/xml'", "content-type"),
            ("url = 'http://a.example'\nbody = '{\"to\": {recipient}}'", "body"),
            ("url = 'http://a.example'\nbody = '{\"key\": \"{secret.key}\"}'", "body"),
            ("url = 'http://a.example'\nmessage-id = 'id'", "message-id"),
            ("url = 'http://a.example'\nmethod = 'P OST'", "method"),
            ("url = 'http://a.example'\ntest-url = 'http://a.example/{id}'", "test-url"),
            ("url = 'http://a.example'\n[headers]\n'a b' = 'c'", "headers.a b"),
            ("url = 'http://a.example'\nconnect-timeout = '0s'", "connect-timeout"),
            ("url = 'http://a.example'\ntimeout = '0s'", "timeout"),
            ("url = 'http://a.example'\nvalidity = '0s'", "validity"),
            ("url = 'https://a.example'\nca-file = '/no/such/file'", "ca-file"),
            (
                "url = 'http://a.example'\n[callback]\nsecret = 'sixteen-octets-long'\nmax-age = '0s'\nstates = { ok = 'DELIVERED' }",
                "callback.max-age",
            ),
            (
                "url = 'http://a.example'\n[callback]\nsecret = 'short'\nstates = { ok = 'DELIVERED' }",
                "callback.secret",
            ),
            ("url = 'http://a.example'\n[callback]\nsecret = 'sixteen-octets-long'\nstates = {}", "callback.states"),
        ] {
            let config = toml::from_str(text).unwrap();
            let fault = HttpGatewayChannel::new("sms", &config, Arc::new(Noon)).unwrap_err();
            assert_eq!(fault.setting, setting, "{text}");
        }
    }
}
