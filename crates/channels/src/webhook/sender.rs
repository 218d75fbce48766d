use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::Clock;
use domain::webhook::signature::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};
use domain::webhook::{Reach, url};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::timeout;

use super::resolver::{GuardedResolver, Inner, Lookup, SystemLookup};
use super::{WebhookCall, WebhookChannel, WebhookConfig};
use crate::retry_after::retry_after;
use crate::{ConfigFault, Fault, span, tls};

/// The most octets of an answer that are read. Nothing in it counts: what is longer is cut off with its connection.
const LONGEST_ANSWER: usize = 64 * 1024;

/// How long the rest of an answer is waited for.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// How long a connection is kept that nobody uses: each is one of the files that the process may have open.
const LONGEST_IDLE: Duration = Duration::from_secs(30);

const INNER: &str = "the address leads into the operator's network";

/// Sends webhooks over HTTP/1.1, so that a receiver which hangs holds up nothing but its own connection.
pub struct WebhookSender {
    name: String,
    config: WebhookConfig,
    lookup: Arc<dyn Lookup>,
    clock: Arc<dyn Clock>,
    /// Made for the first call: most installations have no endpoint, and some have no certificates.
    http: OnceLock<Result<Http, ConfigFault>>,
}

struct Http {
    client: Client,
    /// There are certificates to trust receivers by.
    has_roots: bool,
}

impl WebhookSender {
    /// Reads the certificates, where a file is set.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used.
    pub fn new(name: &str, config: WebhookConfig, clock: Arc<dyn Clock>) -> Result<Self, ConfigFault> {
        Self::with_lookup(name, config, Arc::new(SystemLookup), clock)
    }

    /// The same with a resolver of the caller's.
    ///
    /// # Errors
    /// As [`WebhookSender::new`].
    pub fn with_lookup(
        name: &str,
        config: WebhookConfig,
        lookup: Arc<dyn Lookup>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigFault> {
        span::at_least_some("webhook-timeout", config.timeout)?;
        let sender = Self { name: name.to_owned(), config, lookup, clock, http: OnceLock::new() };
        if sender.config.ca_file.is_some() {
            sender.http().map_err(Clone::clone)?;
        }
        Ok(sender)
    }

    /// Whether receivers can be called by https, without calling one.
    ///
    /// # Errors
    /// [`ConfigFault`], when there is no certificate to trust them by.
    pub fn check_https(&self) -> Result<(), ConfigFault> {
        if self.http().map_err(Clone::clone)?.has_roots { Ok(()) } else { Err(tls::no_roots("webhook-ca-file")) }
    }

    fn http(&self) -> Result<&Http, &ConfigFault> {
        self.http.get_or_init(|| client(&self.config, Arc::clone(&self.lookup))).as_ref()
    }

    async fn post(&self, call: &WebhookCall) -> Result<u16, Fault> {
        let http = self.http().map_err(|fault| Fault::unreachable(fault.to_string()))?;
        let url = Url::parse(&call.url).map_err(|_| Fault::temporary("the URL of the endpoint can't be read"))?;
        // An address without a name never comes to the resolver.
        check(&url, &self.config.reach)?;
        if url.scheme() == "https" && !http.has_roots {
            return Err(Fault::unreachable(tls::no_roots("webhook-ca-file").to_string()));
        }
        let request = http
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ID_HEADER, &call.id)
            .header(TIMESTAMP_HEADER, call.timestamp)
            .header(SIGNATURE_HEADER, &call.signatures)
            .body(call.body.clone());
        let response = request.send().await.map_err(|error| sending(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        // Read to its end, so that the connection can be used again. The status has decided: a receiver that drips or never ends loses the
        // connection, and not our time.
        drop(timeout(LONGEST_REST, read(response)).await);
        if status.is_success() {
            return Ok(status.as_u16());
        }
        let number = status.as_u16();
        let fault = match status {
            StatusCode::GONE => Fault::permanent("the receiver says that the endpoint is gone"),
            // Not followed: a redirect would take what is signed for one address to another that nobody registered, and one inside our
            // network at that. Whoever moves an endpoint tells its new address.
            _ if status.is_redirection() => {
                Fault::temporary(format!("the receiver answered {number}: redirects are not followed"))
            }
            _ => Fault::temporary(format!("the receiver answered {number}")),
        };
        let retry_after = retry_after(&headers, self.clock.now());
        Err(Fault { retry_after, ..fault.with_code(number.to_string()) })
    }
}

fn check(url: &Url, reach: &Reach) -> Result<(), Fault> {
    match url::address(url) {
        Some(address) if !reach.has(address) => Err(Fault::temporary(INNER)),
        _ => Ok(()),
    }
}

fn client(config: &WebhookConfig, lookup: Arc<dyn Lookup>) -> Result<Http, ConfigFault> {
    let (mut settings, has_roots) = match tls::config("webhook-ca-file", config.ca_file.as_deref()) {
        // Plain addresses of a sandbox work without certificates.
        Err(_) if config.ca_file.is_none() => (tls::none()?, false),
        settings => (settings?, true),
    };
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    let client = Client::builder()
        .tls_backend_preconfigured(settings)
        .dns_resolver(Arc::new(GuardedResolver { lookup, reach: config.reach.clone() }))
        // It would connect in our place, to addresses that nobody has looked at.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .http1_only()
        .pool_max_idle_per_host(4)
        .pool_idle_timeout(LONGEST_IDLE)
        .timeout(config.timeout)
        .user_agent("tallystick")
        .build()
        .map_err(|_| ConfigFault::new("webhook-timeout", "no HTTP client could be made for these settings"))?;
    Ok(Http { client, has_roots })
}

/// A fault before an answer. The error's own words hold the URL, and with it perhaps a secret of the receiver's.
fn sending(error: &reqwest::Error) -> Fault {
    let causes = || std::iter::successors(error.source(), |&cause| beneath(cause));
    if causes().any(|cause| cause.is::<Inner>()) {
        return Fault::temporary(INNER);
    }
    let tls = causes().find_map(|cause| cause.downcast_ref::<rustls::Error>());
    match tls {
        Some(tls) => Fault::temporary(format!("no TLS with the receiver: {tls}")),
        None if error.is_timeout() => Fault::temporary("the receiver did not answer in time").unsure(),
        None if error.is_connect() => Fault::temporary("could not connect to the receiver"),
        None => Fault::temporary("the connection broke before the receiver's answer").unsure(),
    }
}

/// What an error wraps. One of input and output has it inside, and passes it over as its source.
fn beneath<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

async fn read(mut response: Response) -> Result<(), reqwest::Error> {
    let mut octets = 0;
    while let Some(chunk) = response.chunk().await? {
        octets += chunk.len();
        if octets > LONGEST_ANSWER {
            break;
        }
    }
    Ok(())
}

impl std::fmt::Debug for WebhookSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookSender").field("name", &self.name).finish_non_exhaustive()
    }
}

impl WebhookChannel for WebhookSender {
    fn name(&self) -> &str {
        &self.name
    }

    fn call<'a>(&'a self, call: &'a WebhookCall) -> BoxFuture<'a, Result<u16, Fault>> {
        self.post(call).boxed()
    }
}
