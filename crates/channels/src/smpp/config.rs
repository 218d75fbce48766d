use std::path::PathBuf;
use std::time::Duration;

use domain::Secret;
use serde::Deserialize;

use crate::{secret, span};

/// A connection to a provider by SMPP 3.4. Every span is longer than 0.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SmppConfig {
    /// The provider's host name or address.
    pub host: String,
    /// Its port. Default: 2775.
    #[serde(default = "port")]
    pub port: u16,
    /// Our name there: at most 15 ASCII characters.
    pub system_id: String,
    /// Our password there: at most 8 ASCII characters.
    #[serde(deserialize_with = "secret::text")]
    pub password: Secret<String>,
    /// The kind of our system, where the provider asks for one: at most 12 ASCII characters. Default: empty.
    #[serde(default)]
    pub system_type: String,
    /// With this section the connection is encrypted.
    #[serde(default)]
    pub tls: Option<SmppTls>,
    /// The most messages without an answer at a time, as agreed with the provider: 1 or more. Default: 10.
    #[serde(default = "window")]
    pub window: usize,
    /// How long the connection may take, and then the bind. Default: 10s.
    #[serde(default = "connect_timeout", deserialize_with = "span::read")]
    pub connect_timeout: Duration,
    /// How long the answer to a message, and to an enquire_link, may take. Default: 30s.
    #[serde(default = "response_timeout", deserialize_with = "span::read")]
    pub response_timeout: Duration,
    /// How often the provider is asked whether it is there. Default: 30s.
    #[serde(default = "enquire_link", deserialize_with = "span::read")]
    pub enquire_link: Duration,
    /// How long nothing is sent after the provider has said that it comes too fast. Default: 1s.
    #[serde(default = "throttle_pause", deserialize_with = "span::read")]
    pub throttle_pause: Duration,
    /// The first wait before connecting anew; it doubles at each failure, and up to half of it is left off at random. Default: 1s.
    #[serde(default = "reconnect_first", deserialize_with = "span::read")]
    pub reconnect_first: Duration,
    /// The longest wait before connecting anew. Default: 60s.
    #[serde(default = "reconnect_longest", deserialize_with = "span::read")]
    pub reconnect_longest: Duration,
    /// How a long text is sent. Default: header.
    #[serde(default)]
    pub long_messages: LongMessages,
    /// The `service_type` of each message: at most 5 ASCII characters. Default: empty.
    #[serde(default)]
    pub service_type: String,
    /// The type of number of a short code as sender. Default: 3, network specific.
    #[serde(default = "short_code_ton")]
    pub short_code_ton: u8,
    /// The numbering plan of a short code as sender. Default: 0, unknown.
    #[serde(default)]
    pub short_code_npi: u8,
    /// Whether each message carries 16 bits of our id as `user_message_reference`, by which a provider can find it in its logs. Some
    /// refuse what they do not know. Default: false.
    #[serde(default)]
    pub user_message_reference: bool,
    /// Further command statuses in the answer to a message that may pass, such as the provider's own from 0x400 on. Throttling, a full
    /// queue and a fault of the provider's system are known. Default: none.
    #[serde(default)]
    pub temporary_statuses: Vec<u32>,
}

/// How the connection is encrypted.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SmppTls {
    /// The certificates to trust, PEM. Default: those that the system trusts.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The name that the provider's certificate must bear. Default: the host.
    #[serde(default)]
    pub server_name: Option<String>,
}

/// How a text is sent that one message cannot hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LongMessages {
    /// In parts with a concatenation header, each with an id and a receipt of its own.
    #[default]
    Header,
    /// Whole in the `message_payload`, which the provider cuts: one id and one receipt.
    Payload,
}

const fn port() -> u16 {
    2775
}

const fn window() -> usize {
    10
}

const fn connect_timeout() -> Duration {
    Duration::from_secs(10)
}

const fn response_timeout() -> Duration {
    Duration::from_secs(30)
}

const fn enquire_link() -> Duration {
    Duration::from_secs(30)
}

const fn throttle_pause() -> Duration {
    Duration::from_secs(1)
}

const fn reconnect_first() -> Duration {
    Duration::from_secs(1)
}

const fn reconnect_longest() -> Duration {
    Duration::from_mins(1)
}

const fn short_code_ton() -> u8 {
    3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_settings_are_enough_and_the_password_stays_hidden() {
        let text = "host = 'smsc.example'\nsystem-id = 'tally'\npassword = 'hunter22'\n[tls]\n";
        let config: SmppConfig = toml::from_str(text).unwrap();
        assert_eq!((config.port, config.window, config.long_messages), (2775, 10, LongMessages::Header));
        assert!(config.tls.is_some());
        assert!(!format!("{config:?}").contains("hunter22"));
        assert!(toml::from_str::<SmppConfig>(&format!("{text}\nwindows = 3")).is_err());
    }
}
