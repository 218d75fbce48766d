use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use domain::Secret;
use serde::Deserialize;

use crate::{secret, span};

/// An operator that takes e-invoices over HTTPS. Every span is longer than 0.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OperatorConfig {
    /// The address: https, or http on this machine.
    pub url: String,
    /// Our name there (RFC 7617). Needs `password`.
    #[serde(default)]
    pub user: Option<String>,
    /// Our password there.
    #[serde(default, deserialize_with = "secret::optional")]
    pub password: Option<Secret<String>>,
    /// A bearer token (RFC 6750), in place of user and password.
    #[serde(default, deserialize_with = "secret::optional")]
    pub token: Option<Secret<String>>,
    /// Further headers, such as a key. Default: none.
    #[serde(default, deserialize_with = "secret::named")]
    pub headers: BTreeMap<String, Secret<String>>,
    /// What the body is. Default: application/xml.
    #[serde(default = "content_type")]
    pub content_type: String,
    /// The header with our identifier, the same at each try. Default: Idempotency-Key.
    #[serde(default = "id_header")]
    pub id_header: String,
    /// A folder where the operator's acknowledgements are put. Default: none.
    #[serde(default)]
    pub acknowledgements: Option<PathBuf>,
    /// The certificates to trust, PEM. Default: those that the system trusts.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How long the connection may take. Default: 10s.
    #[serde(default = "connect_timeout", deserialize_with = "span::read")]
    pub connect_timeout: Duration,
    /// How long the whole exchange may take. Default: 60s.
    #[serde(default = "timeout", deserialize_with = "span::read")]
    pub timeout: Duration,
    /// An address that answers a GET with success when all is well, for the test of the channel. Default: only the settings are tested.
    #[serde(default)]
    pub test_url: Option<String>,
}

fn content_type() -> String {
    "application/xml".to_owned()
}

fn id_header() -> String {
    "Idempotency-Key".to_owned()
}

const fn connect_timeout() -> Duration {
    Duration::from_secs(10)
}

const fn timeout() -> Duration {
    Duration::from_mins(1)
}
