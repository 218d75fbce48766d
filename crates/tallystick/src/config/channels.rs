//! `[channels.NAME]`: the ways by which messages and documents leave. Only in the file, because each has settings of its own.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use channels::drop_folder::DropConfig;
use channels::http_gateway::HttpGatewayConfig;
use channels::mail_folder::MailFolderConfig;
use channels::operator::OperatorConfig;
use channels::smpp::SmppConfig;
use channels::smtp::SmtpConfig;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::ConfigError;
use super::file::one_line;

/// The channels by name.
pub type Channels = BTreeMap<String, Channel>;

/// One channel.
#[derive(Clone, Debug)]
pub struct Channel {
    /// What it is.
    pub kind: Kind,
    /// The most messages a second, 10,000 at most; `None` is no limit of ours.
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
    /// Mail put into a folder; sandbox only.
    MailFolder(Box<MailFolderConfig>),
    /// Documents put into a folder, for a printer or an e-invoice operator.
    Drop(Box<DropConfig>),
    /// E-invoices posted to an operator.
    EInvoiceHttp(Box<OperatorConfig>),
    /// Short messages on the console; sandbox only.
    Console,
}

/// The highest `per-second`: more than one process sends.
const MOST_PER_SECOND: u32 = 10_000;

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
            Self::MailFolder(_) => "mail-folder",
            Self::Drop(_) => "drop",
            Self::EInvoiceHttp(_) => "e-invoice-http",
            Self::Console => "console",
        }
    }

    /// Whether it can be used for `what`.
    #[must_use]
    pub const fn carries(&self, what: Carried) -> bool {
        match self {
            Self::Smpp(_) | Self::HttpGateway(_) | Self::Console => matches!(what, Carried::Sms),
            Self::Smtp(_) | Self::MailFolder(_) => matches!(what, Carried::Mail),
            Self::Drop(_) => matches!(what, Carried::Paper | Carried::EInvoices),
            Self::EInvoiceHttp(_) => matches!(what, Carried::EInvoices),
        }
    }

    /// Whether what is sent by it reaches nobody, so that only a sandbox may have it.
    #[must_use]
    pub const fn is_sandbox_only(&self) -> bool {
        matches!(self, Self::Console | Self::MailFolder(_))
    }
}

/// What a channel is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Short messages.
    Sms,
    /// Mail.
    Mail,
    /// Invoices to be printed.
    Paper,
    /// Invoices as XML.
    EInvoices,
}

impl Carried {
    /// The kinds of channel that do.
    const fn kinds(self) -> &'static str {
        match self {
            Self::Sms => "smpp, http-gateway or console",
            Self::Mail => "smtp or mail-folder",
            Self::Paper => "drop",
            Self::EInvoices => "drop or e-invoice-http",
        }
    }
}

/// Refuses the channel `name` of a setting where there is none, or one that is for something else.
pub(crate) fn check_use(
    setting: &'static str,
    name: &str,
    what: Carried,
    channels: &Channels,
) -> Result<(), ConfigError> {
    let reason = match channels.get(name) {
        None => format!("there is no [channels.{name}] in the file"),
        Some(channel) if !channel.kind.carries(what) => {
            format!("[channels.{name}] is of the kind {}: name one of the kind {}", channel.kind.name(), what.kinds())
        }
        Some(_) => return Ok(()),
    };
    Err(ConfigError::invalid(setting, reason))
}

/// Every kind, for who writes another.
const KINDS: &str = "smpp, http-gateway, smtp, mail-folder, drop, e-invoice-http or console";

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not in the words of the deserializer, which show a password that was written here by mistake.
        let mut table = toml::Table::deserialize(deserializer).map_err(|_| {
            D::Error::custom("a channel is a table of its own: write its settings below [channels.NAME]")
        })?;
        let kind = match table.remove("kind") {
            Some(toml::Value::String(kind)) => kind,
            _ => return Err(D::Error::custom(format!("a channel needs a kind: {KINDS}"))),
        };
        let number = |value: Option<toml::Value>, most: u32, fault: &str| {
            value
                .map(|value| {
                    let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
                    let number = number.filter(|number| *number <= most).and_then(NonZeroU32::new);
                    number.ok_or_else(|| D::Error::custom(fault))
                })
                .transpose()
        };
        let per_second =
            number(table.remove("per-second"), MOST_PER_SECOND, "per-second is a number from 1 to 10000, or left out")?;
        let in_flight = number(table.remove("in-flight"), u32::MAX, "in-flight is a number above 0")?;
        let rest = toml::Value::Table(table);
        let own = |error: toml::de::Error| D::Error::custom(one_line(&error));
        let (kind, usual) = match kind.as_str() {
            "smpp" => {
                let config: SmppConfig = rest.try_into().map_err(own)?;
                let window = config.window;
                (Kind::Smpp(Box::new(config)), window)
            }
            "http-gateway" => (Kind::HttpGateway(Box::new(rest.try_into().map_err(own)?)), IN_FLIGHT),
            "smtp" => (Kind::Smtp(Box::new(rest.try_into().map_err(own)?)), IN_FLIGHT),
            "mail-folder" => (Kind::MailFolder(Box::new(rest.try_into().map_err(own)?)), IN_FLIGHT),
            "drop" => (Kind::Drop(Box::new(rest.try_into().map_err(own)?)), IN_FLIGHT),
            "e-invoice-http" => (Kind::EInvoiceHttp(Box::new(rest.try_into().map_err(own)?)), IN_FLIGHT),
            "console" if rest.as_table().is_some_and(toml::Table::is_empty) => (Kind::Console, IN_FLIGHT),
            "console" => return Err(D::Error::custom("a console channel has no settings of its own")),
            other => {
                return Err(D::Error::custom(format!("`{other}` is no kind of channel: write {KINDS}")));
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
             [mails]\nkind = 'mail-folder'\nfolder = 'mails'\n\
             [print]\nkind = 'drop'\nfolder = '/srv/print'\n\
             [operator]\nkind = 'e-invoice-http'\nurl = 'https://operator.example'\ntoken = 'hunter22'\nin-flight = 3\n\
             [here]\nkind = 'console'\n",
        )
        .unwrap();
        let of = |name: &str| &channels[name];
        assert_eq!((of("main").kind.name(), of("main").in_flight), ("smpp", 32));
        assert_eq!(of("main").per_second, NonZeroU32::new(50));
        assert_eq!((of("post").kind.name(), of("post").in_flight), ("smtp", 2));
        assert_eq!((of("mails").kind.name(), of("mails").in_flight), ("mail-folder", IN_FLIGHT));
        assert_eq!((of("print").kind.name(), of("print").in_flight), ("drop", IN_FLIGHT));
        assert_eq!((of("operator").kind.name(), of("operator").in_flight), ("e-invoice-http", 3));
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
            ("[a]\nkind = 'mail-folder'", "folder"),
            ("[a]\nkind = 'mail-folder'\nfolder = 'a'\nhost = 'h'", "host"),
            ("[a]\nkind = 'drop'", "folder"),
            ("[a]\nkind = 'drop'\nfolder = '/a'\nmost = 1", "most"),
            ("[a]\nkind = 'drop'\nfolder = '/a'\ntimeout = 'soon'", "no span of time"),
            ("[a]\nkind = 'e-invoice-http'", "url"),
            ("[a]\nkind = 'e-invoice-http'\nurl = 'https://a.example'\npassword = 1", "between quotes"),
            ("[a]\nkind = 'console'\nper-second = 0", "per-second is a number from 1 to 10000"),
            ("[a]\nkind = 'console'\nper-second = 10001", "per-second is a number from 1 to 10000"),
            ("[a]\nkind = 'console'\nper-second = 2000000000", "per-second is a number from 1 to 10000"),
            ("[a]\nkind = 'console'\nin-flight = 0", "in-flight is a number above 0"),
            ("a = 'x'", "a table of its own"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        assert!(read("[a]\nkind = 'console'\nper-second = 10000").is_ok());
    }
}
