use std::path::PathBuf;
use std::time::Duration;

use domain::Secret;
use lettre::Address;
use serde::Deserialize;

use crate::{ConfigFault, bounce, secret, span};

/// A mail server that takes our mail. Every span is longer than 0.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SmtpConfig {
    /// The server's host name or address.
    pub host: String,
    /// Its port. Default: 587 with `starttls`, 465 with `implicit`, 25 with `none`.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is encrypted. Default: starttls, without which nothing is sent.
    #[serde(default)]
    pub tls: SmtpTls,
    /// The certificates to trust, PEM. Default: those that the system trusts.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Our name at the server, where it wants one. Needs `password`, and an encrypted connection.
    #[serde(default)]
    pub user: Option<String>,
    /// Our password at the server.
    #[serde(default, deserialize_with = "secret::optional")]
    pub password: Option<Secret<String>>,
    /// The name that we greet the server with: a host name, or an address like `[192.0.2.1]`. Default: `localhost`.
    #[serde(default = "hello")]
    pub hello: String,
    /// What stands behind the @ of a Message-ID: a domain of the operator.
    pub message_id_domain: String,
    /// The address that mails return to when they can't be delivered, `bounces@example.com`: each to a subaddress of its own. Default: the
    /// sender, who is then told in words for people.
    #[serde(default)]
    pub bounce_address: Option<String>,
    /// The Maildir of `bounce_address`. Default: none, and bounces are not read.
    #[serde(default)]
    pub bounces: Option<PathBuf>,
    /// How long the connection, its encryption and the log-in may take together. Default: 15s.
    #[serde(default = "connect_timeout", deserialize_with = "span::read")]
    pub connect_timeout: Duration,
    /// How long each further answer may take. Servers check a mail before they take it. Default: 60s.
    #[serde(default = "response_timeout", deserialize_with = "span::read")]
    pub response_timeout: Duration,
    /// How long handing over the mail itself may take with the answer to it. A server that was left before that answer may have taken the mail,
    /// and would get it twice. Default: 10m (RFC 5321, section 4.5.3.2.6).
    #[serde(default = "final_timeout", deserialize_with = "span::read")]
    pub final_timeout: Duration,
}

/// How the connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SmtpTls {
    /// Not at all: for a relay on this machine.
    None,
    /// After a first exchange in clear (RFC 3207); never without.
    #[default]
    Starttls,
    /// From the first octet (RFC 8314).
    Implicit,
}

impl SmtpConfig {
    /// The address of bounces, where it and their Maildir can be used.
    pub(super) fn bounce_address(&self) -> Result<Option<Address>, ConfigFault> {
        if self.bounces.is_some() && self.bounce_address.is_none() {
            return Err(ConfigFault::new(
                "bounce-address",
                "is missing beside bounces: name the address of that Maildir",
            ));
        }
        if self.bounces.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
            return Err(ConfigFault::new(
                "bounces",
                "must be a Maildir, like /var/mail/tallystick/Maildir, or left out",
            ));
        }
        let Some(text) = &self.bounce_address else { return Ok(None) };
        let address = text.parse().ok().filter(|_| bounce::is_bounce_address(text));
        address.map(Some).ok_or_else(|| {
            ConfigFault::new(
                "bounce-address",
                "must be one mail address without a name, of ASCII letters and digits, with at most 31 characters before the @, like \
                 bounces@example.com",
            )
        })
    }
}

impl SmtpTls {
    pub(super) const fn port(self) -> u16 {
        match self {
            Self::None => 25,
            Self::Starttls => 587,
            Self::Implicit => 465,
        }
    }
}

fn hello() -> String {
    "localhost".to_owned()
}

const fn connect_timeout() -> Duration {
    Duration::from_secs(15)
}

const fn response_timeout() -> Duration {
    Duration::from_mins(1)
}

const fn final_timeout() -> Duration {
    Duration::from_mins(10)
}
