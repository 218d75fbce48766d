use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use domain::Secret;
use domain::sms::SmsState;
use serde::Deserialize;

use crate::{secret, span};

/// A provider's HTTP API. Every span is longer than 0.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct HttpGatewayConfig {
    /// The method. Default: POST.
    #[serde(default = "method")]
    pub method: String,
    /// The address, a template.
    pub url: String,
    /// Further headers, their values templates. Default: none.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What the body is: `application/json` or `application/x-www-form-urlencoded`. Default: application/json.
    #[serde(default = "content_type")]
    pub content_type: String,
    /// The body, a template. Default: none.
    #[serde(default)]
    pub body: Option<String>,
    /// Secrets by name, for `{secret.NAME}`. Default: none.
    #[serde(default, deserialize_with = "secret::named")]
    pub secrets: BTreeMap<String, Secret<String>>,
    /// The certificates to trust, PEM. Default: those that the system trusts.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// How long the connection may take. Default: 10s.
    #[serde(default = "connect_timeout", deserialize_with = "span::read")]
    pub connect_timeout: Duration,
    /// How long the whole exchange may take. Default: 30s.
    #[serde(default = "timeout", deserialize_with = "span::read")]
    pub timeout: Duration,
    /// The validity of a message that has none of its own. Default: 24h.
    #[serde(default = "validity", deserialize_with = "span::read")]
    pub validity: Duration,
    /// Where the provider's id stands in a JSON answer: a JSON pointer (RFC 6901), like `/messages/0/id`. Without it the id is ours, for a
    /// provider whose receipts name that.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Where an error code stands in a JSON answer: a JSON pointer. An answer of success that has it, and no id, is a refusal. Default: the
    /// HTTP status is the code.
    #[serde(default)]
    pub error_code: Option<String>,
    /// The HTTP statuses that may pass. Default: 408, 425, 500, 502, 503, 504.
    #[serde(default = "temporary_statuses")]
    pub temporary_statuses: Vec<u16>,
    /// The HTTP statuses that ask to slow down. Default: 429.
    #[serde(default = "throttled_statuses")]
    pub throttled_statuses: Vec<u16>,
    /// An address that answers a GET with success when all is well, with the headers above: for the test of the channel. A template that
    /// holds secrets only. Default: only the settings are tested.
    #[serde(default)]
    pub test_url: Option<String>,
    /// How receipts come. Default: none do.
    #[serde(default)]
    pub callback: Option<CallbackConfig>,
}

/// How a provider calls back with receipts: JSON, signed with HMAC-SHA-256 (RFC 2104) over the timestamp's text, the separator and the body.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CallbackConfig {
    /// The key of the signature: at least 16 octets.
    #[serde(deserialize_with = "secret::text")]
    pub secret: Secret<String>,
    /// The header with the signature. Default: X-Signature.
    #[serde(default = "signature_header")]
    pub signature_header: String,
    /// What stands before the signature in its header, like `sha256=`. Default: nothing.
    #[serde(default)]
    pub signature_prefix: String,
    /// How the signature is written. Default: hex.
    #[serde(default)]
    pub signature_encoding: SignatureEncoding,
    /// The header with the time of the signature: seconds or milliseconds since 1970, or RFC 3339. Default: X-Timestamp.
    #[serde(default = "timestamp_header")]
    pub timestamp_header: String,
    /// What stands between the timestamp and the body in what is signed. Default: a full stop.
    #[serde(default = "separator")]
    pub separator: String,
    /// How far the timestamp may be from now, in either direction: longer than 0. Default: 5m.
    #[serde(default = "max_age", deserialize_with = "span::read")]
    pub max_age: Duration,
    /// Where the receipts stand: a JSON pointer to one, or to an array of them. Default: the whole body.
    #[serde(default)]
    pub receipts: String,
    /// Where the id stands in a receipt: a JSON pointer. Default: /messageId.
    #[serde(default = "message_id")]
    pub message_id: String,
    /// Where the state stands in a receipt: a JSON pointer. Default: /status.
    #[serde(default = "state")]
    pub state: String,
    /// Where an error code stands in a receipt: a JSON pointer. Default: there is none.
    #[serde(default)]
    pub error_code: Option<String>,
    /// Where the recipient's number stands in a receipt: a JSON pointer. Default: there is none.
    #[serde(default)]
    pub recipient: Option<String>,
    /// The provider's names of states, in any case of letters, and ours.
    pub states: BTreeMap<String, SmsState>,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureEncoding {
    /// Hexadecimal, in either case.
    #[default]
    Hex,
    /// Base64 with padding (RFC 4648, section 4).
    Base64,
}

fn method() -> String {
    "POST".to_owned()
}

fn content_type() -> String {
    "application/json".to_owned()
}

const fn connect_timeout() -> Duration {
    Duration::from_secs(10)
}

const fn timeout() -> Duration {
    Duration::from_secs(30)
}

const fn validity() -> Duration {
    Duration::from_hours(24)
}

fn temporary_statuses() -> Vec<u16> {
    vec![408, 425, 500, 502, 503, 504]
}

fn throttled_statuses() -> Vec<u16> {
    vec![429]
}

fn signature_header() -> String {
    "X-Signature".to_owned()
}

fn timestamp_header() -> String {
    "X-Timestamp".to_owned()
}

fn separator() -> String {
    ".".to_owned()
}

const fn max_age() -> Duration {
    Duration::from_mins(5)
}

fn message_id() -> String {
    "/messageId".to_owned()
}

fn state() -> String {
    "/status".to_owned()
}
