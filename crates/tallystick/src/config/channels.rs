//! `[channels.NAME]`: the ways by which messages leave. Only in the file, because each has settings of its own.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use channels::http_gateway::HttpGatewayConfig;
use channels::smpp::SmppConfig;
use channels::smtp::SmtpConfig;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The channels by name.
pub type Channels = BTreeMap<String, Channel>;

/// One channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What it is.
    pub kind: Kind,
    /// The most messages a second; `None` is no limit of ours.
    pub per_second: Option<NonZeroU32>,
    /// The most messages that are under way at once.
    pub in_flight: usize,
}

/// What a channel is, with its settings.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Short messages by SMPP 3.4.
    Smpp(Box<SmppConfig>),
    /// Short messages by a provider's HTTP interface.
    HttpGateway(Box<HttpGatewayConfig>),
    /// Mail by SMTP.
    Smtp(Box<SmtpConfig>),
    /// Short messages on the console; sandbox only.
    Console,
}

/// Under way at once, where the channel has no window of its own.
const IN_FLIGHT: usize = 8;

impl Kind {
    /// The name in the file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Smpp(_) => "smpp",
            Self::HttpGateway(_) => "http-gateway",
            Self::Smtp(_) => "smtp",
            Self::Console => "console",
        }
    }

    /// Whether it carries short messages.
    #[must_use]
    pub const fn is_sms(&self) -> bool {
        !matches!(self, Self::Smtp(_))
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = toml::Table::deserialize(deserializer)?;
        let kind = match table.remove("kind") {
            Some(toml::Value::String(kind)) => kind,
            _ => return Err(D::Error::custom("a channel needs a kind: smpp, http-gateway, smtp or console")),
        };
        let number = |name: &str, value: Option<toml::Value>| {
            value
                .map(|value| {
                    let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
                    number
                        .and_then(NonZeroU32::new)
                        .ok_or_else(|| D::Error::custom(format!("{name} is a number above 0")))
                })
                .transpose()
        };
        let per_second = number("per-second", table.remove("per-second"))?;
        let in_flight = number("in-flight", table.remove("in-flight"))?;
        let rest = toml::Value::Table(table);
        let (kind, usual) = match kind.as_str() {
            "smpp" => {
                let config: SmppConfig = rest.try_into().map_err(D::Error::custom)?;
                let window = config.window;
                (Kind::Smpp(Box::new(config)), window)
            }
            "http-gateway" => (Kind::HttpGateway(Box::new(rest.try_into().map_err(D::Error::custom)?)), IN_FLIGHT),
            "smtp" => (Kind::Smtp(Box::new(rest.try_into().map_err(D::Error::custom)?)), IN_FLIGHT),
            "console" if rest.as_table().is_some_and(toml::Table::is_empty) => (Kind::Console, IN_FLIGHT),
            "console" => return Err(D::Error::custom("a console channel has no settings of its own")),
            other => {
                return Err(D::Error::custom(format!(
                    "`{other}` is no kind of channel: write smpp, http-gateway, smtp or console"
                )));
            }
        };
        let in_flight = in_flight.map_or(usual, |number| number.get() as usize).max(1);
        Ok(Self { kind, per_second, in_flight })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Channels, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn each_kind_is_read_with_what_all_have() {
        let channels = read(
            "[main]\nkind = 'smpp'\nhost = 'smsc.example'\nsystem-id = 'tally'\npassword = 'hunter22'\nwindow = 32\nper-second = 50\n\
             [post]\nkind = 'smtp'\nhost = 'mail.example'\nmessage-id-domain = 'example.com'\nin-flight = 2\n\
             [here]\nkind = 'console'\n",
        )
        .unwrap();
        let of = |name: &str| &channels[name];
        assert_eq!((of("main").kind.name(), of("main").in_flight), ("smpp", 32));
        assert_eq!(of("main").per_second, NonZeroU32::new(50));
        assert_eq!((of("post").kind.name(), of("post").in_flight), ("smtp", 2));
        assert_eq!((of("here").kind.name(), of("here").in_flight), ("console", IN_FLIGHT));
        assert!(!format!("{channels:?}").contains("hunter22"));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, told) in [
            ("[a]\nhost = 'x'", "needs a kind"),
            ("[a]\nkind = 'pigeon'", "no kind of channel"),
            ("[a]\nkind = 'console'\nhost = 'x'", "no settings"),
            ("[a]\nkind = 'smpp'\nhost = 'x'", "system-id"),
            ("[a]\nkind = 'console'\nper-second = 0", "per-second"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
