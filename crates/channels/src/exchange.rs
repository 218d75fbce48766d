//! What the channels share that send over HTTP to an address of the configuration.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Response, Url};

use crate::{ConfigFault, Fault, tls};

/// An address of the configuration.
pub(crate) fn url(setting: &str, text: &str) -> Result<Url, ConfigFault> {
    let url = Url::parse(text).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
    url.ok_or_else(|| ConfigFault::new(setting, "is no address: begin with https:// and a host"))
}

/// Makes a client that follows no redirect and tries nothing again. With `plain` no certificates are loaded. The settings are named as
/// every channel has them.
pub(crate) fn client(
    plain: bool,
    ca_file: Option<&Path>,
    connect_timeout: Duration,
    timeout: Duration,
) -> Result<Client, ConfigFault> {
    let mut settings = if plain { tls::none()? } else { tls::config("ca-file", ca_file)? };
    settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Client::builder()
        .tls_backend_preconfigured(settings)
        // A redirect would carry what is sent, and the secrets, to where nobody meant them to go.
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(connect_timeout)
        .timeout(timeout)
        .user_agent("tallystick")
        .build()
        .map_err(|_| ConfigFault::new("url", "no HTTP client could be made for these settings"))
}

/// A fault before an answer of `who`. The error's own words hold the URL, and with it the message and perhaps a secret.
pub(crate) fn sending(who: &str, error: &reqwest::Error) -> Fault {
    if error.is_builder() {
        Fault::permanent("the message makes no valid request")
    } else if error.is_connect() {
        Fault::unreachable(format!("could not connect to the {who}"))
    } else if error.is_timeout() {
        Fault::temporary(format!("the {who} did not answer in time")).unsure()
    } else {
        Fault::temporary(format!("the connection broke before the {who}'s answer was complete")).unsure()
    }
}

/// The octets of an answer; an error where they are more than `most`, or break off.
pub(crate) async fn read(mut response: Response, most: usize) -> Result<Vec<u8>, ()> {
    let mut octets = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(drop)? {
        octets.extend_from_slice(&chunk);
        if octets.len() > most {
            return Err(());
        }
    }
    Ok(octets)
}
