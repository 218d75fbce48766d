//! From settings to channels: what messages and documents leave by.

use std::sync::Arc;

use channels::console::ConsoleChannel;
use channels::drop_folder::DropChannel;
use channels::http_gateway::HttpGatewayChannel;
use channels::mail_folder::MailFolderChannel;
use channels::maildir::Maildir;
use channels::operator::OperatorChannel;
use channels::smpp::SmppChannel;
use channels::smtp::SmtpChannel;
use channels::webhook::{WebhookConfig, WebhookSender};
use channels::{ConfigFault, ReceiptSink};
use domain::{Clock, Environment, Random};
use service::Core;
use service::delivery_news::Source;
use service::outbox::{Provider, Sends};
use service::sms_receipt::Receipts;
use service::webhook_event;

use crate::config::channels::{Channel, Kind};
use crate::config::{Channels, Settings};
use crate::system::{SystemClock, SystemRandom};

/// A channel can't be made.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// One of the configuration.
    #[error("[channels.{name}]: {fault}")]
    Channel {
        /// Its name.
        name: String,
        /// The setting that can't be used.
        fault: ConfigFault,
    },
    /// That of webhooks.
    #[error("[webhooks]: {0}")]
    Webhooks(ConfigFault),
}

/// What is needed to make a channel.
struct Parts {
    environment: Environment,
    sink: Arc<dyn ReceiptSink>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// The channels that were made.
#[derive(Default)]
pub struct Providers {
    /// What the worker sends by.
    pub worker: Vec<Provider>,
    /// Where something is heard of what they have sent.
    pub sources: Vec<Source>,
}

/// Makes every channel that is set up, that of webhooks, and in sandbox the console when no other carries short messages.
///
/// # Errors
/// When a setting of a channel can't be used. A provider that can't be reached is none.
pub fn all(core: &Core, settings: &Settings) -> Result<Providers, ChannelError> {
    let parts = Parts::new(core, settings);
    let webhooks = webhooks(settings)?;
    if settings.server.environment == Environment::Production
        && let Err(fault) = webhooks.check_https()
    {
        tracing::warn!(%fault, "no webhook is sent to a receiver by https");
    }
    let webhooks = Provider {
        sends: Sends::Webhook(Arc::new(webhooks)),
        window: settings.webhooks.webhook_in_flight,
        per_second: None,
    };
    let mut providers = Providers::default();
    for (name, channel) in &set_up(core, settings) {
        let (provider, source) = parts.make(name, channel)?;
        providers.worker.push(provider);
        providers.sources.extend(source);
    }
    providers.worker.push(webhooks);
    Ok(providers)
}

/// Makes what sends webhooks.
///
/// # Errors
/// When a setting of it can't be used.
pub fn webhooks(settings: &Settings) -> Result<WebhookSender, ChannelError> {
    let config = WebhookConfig {
        reach: settings.webhooks.service().reach,
        timeout: settings.webhooks.webhook_timeout.0,
        ca_file: settings.webhooks.webhook_ca_file.clone(),
    };
    WebhookSender::new(webhook_event::CHANNEL, config, Arc::new(SystemClock)).map_err(ChannelError::Webhooks)
}

/// Makes the channel `name` alone: no other is connected, or looked at. `None` when it is not set up.
///
/// # Errors
/// When a setting of it can't be used.
pub fn one(core: &Core, settings: &Settings, name: &str) -> Result<Option<Provider>, ChannelError> {
    let channels = set_up(core, settings);
    let Some(channel) = channels.get(name) else { return Ok(None) };
    Parts::new(core, settings).make(name, channel).map(|(provider, _)| Some(provider))
}

/// Tells whether `channel` can be made under `name`, without connecting.
///
/// # Errors
/// When a setting of it can't be used.
pub fn check(name: &str, channel: &Channel) -> Result<(), ChannelError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let checked = match &channel.kind {
        Kind::Smpp(config) => config.check(),
        // These connect, or look into their folder, only when there is something to send.
        Kind::HttpGateway(config) => HttpGatewayChannel::new(name, config, clock).map(drop),
        Kind::Smtp(config) => SmtpChannel::new(name, config, clock).map(drop),
        // Made with its folder, which is not for a check to make.
        Kind::MailFolder(config) => config.check(),
        Kind::Drop(config) => DropChannel::new(name, config).map(drop),
        Kind::EInvoiceHttp(config) => OperatorChannel::new(name, config, clock).map(drop),
        // Where it may not be, the configuration is refused as a whole.
        Kind::Console => Ok(()),
    };
    checked.map_err(|fault| ChannelError::Channel { name: name.to_owned(), fault })
}

/// The channels of the settings, and in sandbox the console when no other carries short messages.
fn set_up(core: &Core, settings: &Settings) -> Channels {
    let mut channels = settings.channels.clone();
    if let Some(sms) = &core.settings().sms {
        let console = || Channel { kind: Kind::Console, per_second: None, in_flight: 8 };
        channels.entry(sms.channel.clone()).or_insert_with(console);
    }
    channels
}

impl Parts {
    fn new(core: &Core, settings: &Settings) -> Self {
        Self {
            environment: settings.server.environment,
            sink: Arc::new(Receipts(core.clone())),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }

    /// The channel, and where something is heard of what it has sent, when that is set up.
    fn make(&self, name: &str, channel: &Channel) -> Result<(Provider, Option<Source>), ChannelError> {
        let (sink, clock, random) = (Arc::clone(&self.sink), Arc::clone(&self.clock), Arc::clone(&self.random));
        let made = match &channel.kind {
            Kind::Smpp(config) => {
                SmppChannel::new(name, config, sink, clock, random).map(|channel| (Sends::Sms(Arc::new(channel)), None))
            }
            Kind::HttpGateway(config) => {
                HttpGatewayChannel::new(name, config, clock).map(|channel| (Sends::Sms(Arc::new(channel)), None))
            }
            Kind::Smtp(config) => SmtpChannel::new(name, config, clock)
                .map(|channel| (Sends::Mail(Arc::new(channel)), Maildir::of(name, config).map(Source::Bounces))),
            Kind::MailFolder(config) => MailFolderChannel::new(name, config, self.environment, clock).map(|channel| {
                let bounces = Source::Bounces(channel.bounces());
                (Sends::Mail(Arc::new(channel)), Some(bounces))
            }),
            Kind::Drop(config) => DropChannel::new(name, config).map(|channel| {
                let source = channel.acknowledgements().cloned().map(Source::Acknowledgements);
                (Sends::Documents(Arc::new(channel)), source)
            }),
            Kind::EInvoiceHttp(config) => OperatorChannel::new(name, config, clock).map(|channel| {
                let source = channel.acknowledgements().cloned().map(Source::Acknowledgements);
                (Sends::Documents(Arc::new(channel)), source)
            }),
            Kind::Console => ConsoleChannel::new(name, self.environment, Box::new(std::io::stderr()), sink, clock)
                .map(|channel| (Sends::Sms(Arc::new(channel)), None)),
        };
        let (sends, source) = made.map_err(|fault| ChannelError::Channel { name: name.to_owned(), fault })?;
        Ok((Provider { sends, window: channel.in_flight, per_second: channel.per_second }, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_cannot_be_made_is_told_without_connecting() {
        let channels: Channels = toml::from_str(
            "[good]\nkind = 'smpp'\nhost = 'smsc.example'\nsystem-id = 'tally'\npassword = 'hunter22'\n\
             [post]\nkind = 'smtp'\ntls = 'none'\nhost = 'h'\nmessage-id-domain = 'a b'\n\
             [main]\nkind = 'smpp'\nhost = 'h'\nsystem-id = 'tally'\npassword = 'p'\ntls = { ca-file = '/no/such/file' }\n\
             [gateway]\nkind = 'http-gateway'\nurl = 'ftp://a.example'\n\
             [mails]\nkind = 'mail-folder'\nfolder = '/no/such/folder'\n\
             [print]\nkind = 'drop'\nfolder = '/no/such/folder'\n\
             [drop]\nkind = 'drop'\nfolder = '/a'\nacknowledgements = '/a'\n\
             [operator]\nkind = 'e-invoice-http'\nurl = 'http://a.example'\n\
             [here]\nkind = 'console'\n",
        )
        .unwrap();
        for name in ["good", "here", "mails", "print"] {
            assert!(check(name, &channels[name]).is_ok(), "{name}");
        }
        for (name, told) in [
            ("post", "[channels.post]: message-id-domain: "),
            ("main", "[channels.main]: tls.ca-file: /no/such/file"),
            ("gateway", "[channels.gateway]: url: "),
            ("drop", "[channels.drop]: acknowledgements: "),
            ("operator", "[channels.operator]: url: "),
        ] {
            let error = check(name, &channels[name]).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
