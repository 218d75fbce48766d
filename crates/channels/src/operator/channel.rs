use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Clock;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, StatusCode, Url};

use super::config::OperatorConfig;
use crate::acknowledgement::AcknowledgementFolder;
use crate::fault::one_line;
use crate::retry_after::retry_after;
use crate::{Accepted, ConfigFault, Document, DocumentChannel, Fault, FaultKind, exchange, span};

/// The most octets of an answer that are read. Some operators answer with the invoice in it.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// Who it is that does not answer.
const WHO: &str = "operator";

/// Documents posted to an e-invoice operator.
pub struct OperatorChannel {
    name: String,
    url: Url,
    /// Those of every request: they hold the credentials.
    headers: HeaderMap,
    content_type: HeaderValue,
    id_header: HeaderName,
    test_url: Option<Url>,
    acknowledgements: Option<AcknowledgementFolder>,
    http: Client,
    clock: Arc<dyn Clock>,
}

impl OperatorChannel {
    /// Reads the certificates; connects only when there is something to send.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used.
    pub fn new(name: &str, config: &OperatorConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigFault> {
        span::at_least_some("connect-timeout", config.connect_timeout)?;
        span::at_least_some("timeout", config.timeout)?;
        let url = address("url", &config.url)?;
        let test_url = config.test_url.as_deref().map(|text| address("test-url", text)).transpose()?;
        let acknowledgements = config.acknowledgements.as_deref();
        let acknowledgements = acknowledgements.map(|path| AcknowledgementFolder::new(name, path)).transpose()?;
        let plain = [Some(&url), test_url.as_ref()].into_iter().flatten().all(|url| url.scheme() == "http");
        Ok(Self {
            name: name.to_owned(),
            headers: headers(config)?,
            content_type: HeaderValue::from_str(&config.content_type)
                .ok()
                .filter(|value| !value.is_empty())
                .ok_or_else(|| ConfigFault::new("content-type", "must be a media type, like application/xml"))?,
            id_header: header("id-header", &config.id_header)?,
            http: exchange::client(plain, config.ca_file.as_deref(), config.connect_timeout, config.timeout)?,
            url,
            test_url,
            acknowledgements,
            clock,
        })
    }

    /// The folder that acknowledgements are read from, when there is one.
    #[must_use]
    pub const fn acknowledgements(&self) -> Option<&AcknowledgementFolder> {
        self.acknowledgements.as_ref()
    }

    async fn post(&self, document: &Document) -> Result<Accepted, Fault> {
        let [file] = &document.files[..] else {
            return Err(Fault::permanent(format!("the operator takes one file, and not {}", document.files.len())));
        };
        let id = document.id.to_string();
        let request = self
            .http
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, self.content_type.clone())
            .header(self.id_header.clone(), &id)
            .body(file.bytes.clone());
        let response = request.send().await.map_err(|error| exchange::sending(WHO, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = exchange::read(response, LONGEST_ANSWER).await;
        if !status.is_success() {
            return Err(self.refusal(status, &headers, answer.as_deref().unwrap_or_default()));
        }
        if answer.is_err() {
            // Some servers tell of success before they are through with the work.
            return Err(Fault::temporary(format!("the operator answered {}, and no end of it came", status.as_u16()))
                .with_code(status.as_u16().to_string())
                .unsure());
        }
        Ok(Accepted { provider_message_ids: vec![id] })
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap, answer: &[u8]) -> Fault {
        let number = status.as_u16();
        let retry_after = retry_after(headers, self.clock.now());
        let kind = match status {
            StatusCode::TOO_MANY_REQUESTS => FaultKind::Throttled,
            // It says when to come again, so that it is of no single document.
            StatusCode::SERVICE_UNAVAILABLE if retry_after.is_some() => FaultKind::Throttled,
            // A conflict is one with an earlier try under the same identifier: no refusal of the document.
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::CONFLICT => FaultKind::Temporary,
            // These say nothing of the document, and are the operator's of Tallystick to mend: a password that was changed must not have all
            // that waits refused, nor must an address that has moved.
            StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED => FaultKind::Unreachable,
            _ if status.is_redirection() => FaultKind::Unreachable,
            _ if status.is_client_error() => FaultKind::Permanent,
            _ => FaultKind::Temporary,
        };
        // Of a document only: what is said of our credentials may show them.
        let words = if kind == FaultKind::Permanent { words(headers, answer) } else { String::new() };
        let reason = match &words[..] {
            _ if status.is_redirection() => format!("the operator answered {number}: redirects are not followed"),
            "" => format!("the operator answered {number}"),
            words => format!("the operator answered {number}: {words}"),
        };
        // A server that broke down may have done so after its work. 503 says that it did none.
        let unsure =
            kind == FaultKind::Temporary && status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE;
        Fault {
            retry_after,
            may_have_been_accepted: unsure,
            is_duplicate: status == StatusCode::CONFLICT,
            ..Fault::new(kind, reason).with_code(number.to_string())
        }
    }
}

/// The operator's own words, which tell what is wrong with a document, where they are for a person to read.
fn words(headers: &HeaderMap, answer: &[u8]) -> String {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_readable = ["text/plain", "application/json", "application/problem+json"].contains(&&kind[..]);
    // More is cut off in any case.
    let begin = answer.get(..4096).unwrap_or(answer);
    if is_readable { one_line(&String::from_utf8_lossy(begin)) } else { String::new() }
}

fn headers(config: &OperatorConfig) -> Result<HeaderMap, ConfigFault> {
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let setting = format!("headers.{name}");
        let mut secret = HeaderValue::from_str(value.expose())
            .map_err(|_| ConfigFault::new(&setting, "holds what no header can: write it in one line"))?;
        secret.set_sensitive(true);
        let header = header(&setting, name)?;
        if header == CONTENT_TYPE {
            return Err(ConfigFault::new(setting, "is set by content-type: leave it out here"));
        }
        if header.as_str().eq_ignore_ascii_case(&config.id_header) {
            return Err(ConfigFault::new(
                setting,
                "is the id-header, which each document has for itself: leave it out",
            ));
        }
        headers.insert(header, secret);
    }
    let credentials = match (&config.user, &config.password, &config.token) {
        (None, None, None) => return Ok(headers),
        (None, None, Some(token)) => format!("Bearer {}", token.expose()),
        (Some(user), Some(password), None) if !user.contains(':') => {
            format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose())))
        }
        (Some(_), Some(_), None) => return Err(ConfigFault::new("user", "must have no colon (RFC 7617)")),
        (_, _, Some(_)) => {
            return Err(ConfigFault::new("token", "stands in place of user and password: leave those out"));
        }
        (Some(_), None, None) => return Err(ConfigFault::new("password", "is missing beside the user")),
        (None, Some(_), None) => return Err(ConfigFault::new("user", "is missing beside the password")),
    };
    let setting = if config.token.is_some() { "token" } else { "password" };
    let mut credentials = HeaderValue::try_from(credentials)
        .map_err(|_| ConfigFault::new(setting, "holds what no header can: write it in one line"))?;
    credentials.set_sensitive(true);
    if headers.insert(AUTHORIZATION, credentials).is_some() {
        return Err(ConfigFault::new(setting, "and headers.Authorization are the same header: leave one out"));
    }
    Ok(headers)
}

fn header(setting: &str, name: &str) -> Result<HeaderName, ConfigFault> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| ConfigFault::new(setting, "is not the name of a header"))
}

/// Reads an address that invoices and credentials may be sent to.
fn address(setting: &str, text: &str) -> Result<Url, ConfigFault> {
    let url = exchange::url(setting, text)?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.scheme() == "http" && !is_here {
        return Err(ConfigFault::new(setting, "invoices are never sent in clear: begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ConfigFault::new(setting, "holds a name or password: write them as user and password"));
    }
    Ok(url)
}

impl std::fmt::Debug for OperatorChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorChannel").field("name", &self.name).finish_non_exhaustive()
    }
}

impl DocumentChannel for OperatorChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn send<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Accepted, Fault>> {
        self.post(document).boxed()
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        async {
            let read = match &self.acknowledgements {
                Some(folder) => format!("; {}", folder.check().await?),
                None => String::new(),
            };
            let Some(url) = &self.test_url else {
                return Ok(format!("the settings are in order; without a test-url the operator is not asked{read}"));
            };
            let request = self.http.get(url.clone()).headers(self.headers.clone());
            let response = request.send().await.map_err(|error| exchange::sending(WHO, &error));
            let response = response.map_err(|fault| Fault { may_have_been_accepted: false, ..fault })?;
            let (status, headers) = (response.status(), response.headers().clone());
            if status.is_success() {
                return Ok(format!("the operator answered {}{read}", status.as_u16()));
            }
            Err(Fault { may_have_been_accepted: false, ..self.refusal(status, &headers, &[]) })
        }
        .boxed()
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

    fn made(text: &str) -> Result<OperatorChannel, ConfigFault> {
        OperatorChannel::new("operator", &toml::from_str(text).unwrap(), Arc::new(Noon))
    }

    #[test]
    fn settings_that_cannot_be_used_are_named() {
        for (text, setting) in [
            ("url = 'ftp://a.example'", "url"),
            ("url = 'http://a.example'", "url"),
            ("url = 'http://127.0.0.1.example'", "url"),
            ("url = 'http://u:hunter22@localhost'", "url"),
            ("url = 'http://localhost'\ntest-url = 'http://a.example'", "test-url"),
            ("url = 'http://localhost'\nuser = 'u'", "password"),
            ("url = 'http://localhost'\npassword = 'hunter22'", "user"),
            ("url = 'http://localhost'\nuser = 'u:v'\npassword = 'hunter22'", "user"),
            ("url = 'http://localhost'\nuser = 'u'\npassword = 'p'\ntoken = 'hunter22'", "token"),
            ("url = 'http://localhost'\ntoken = \"hunter22\\n\"", "token"),
            ("url = 'http://localhost'\ntoken = 't'\nheaders = { authorization = 'hunter22' }", "token"),
            ("url = 'http://localhost'\nheaders = { 'a b' = 'hunter22' }", "headers.a b"),
            ("url = 'http://localhost'\nheaders = { key = \"hunter22\\n\" }", "headers.key"),
            ("url = 'http://localhost'\nheaders = { Content-Type = 'a/b' }", "headers.Content-Type"),
            ("url = 'http://localhost'\nheaders = { idempotency-key = '1' }", "headers.idempotency-key"),
            ("url = 'http://localhost'\ncontent-type = ''", "content-type"),
            ("url = 'http://localhost'\nid-header = ''", "id-header"),
            ("url = 'http://localhost'\nconnect-timeout = '0s'", "connect-timeout"),
            ("url = 'http://localhost'\ntimeout = '0s'", "timeout"),
            ("url = 'https://a.example'\nca-file = '/no/such/file'", "ca-file"),
        ] {
            let fault = made(text).unwrap_err();
            assert_eq!(fault.setting, setting, "{text}");
            assert!(!fault.to_string().contains("hunter22"), "{fault}");
        }
        for url in ["http://localhost:1/a", "http://127.0.0.2", "http://[::1]:1"] {
            assert!(made(&format!("url = '{url}'")).is_ok(), "{url}");
        }
    }

    #[test]
    fn words_are_taken_from_what_people_read() {
        let told = |kind: &'static str, answer: &[u8]| {
            words(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]), answer)
        };
        assert_eq!(told("text/plain; charset=utf-8", b"no such\r\nbuyer\xff"), "no such buyer\u{fffd}");
        assert_eq!(told("application/problem+json", b"{\"title\": 1}"), "{\"title\": 1}");
        for kind in ["text/html", "application/octet-stream", ""] {
            assert_eq!(told(kind, b"<p>"), "", "{kind}");
        }
        assert!(told("text/plain", &[b'a'; 100_000]).len() < 400);
    }
}
