//! From settings to channels: what the worker sends by.

use std::sync::Arc;

use channels::console::ConsoleChannel;
use channels::http_gateway::HttpGatewayChannel;
use channels::smpp::SmppChannel;
use channels::smtp::SmtpChannel;
use channels::{ConfigFault, ReceiptSink};
use domain::{Clock, Environment, Random};
use service::Core;
use service::outbox::{Provider, Sends};
use service::sms_delivery::Receipts;

use crate::config::Settings;
use crate::config::channels::{Channel, Kind};
use crate::system::{SystemClock, SystemRandom};

/// A channel can't be made.
#[derive(Debug, thiserror::Error)]
#[error("[channels.{name}]: {fault}")]
pub struct ChannelError {
    name: String,
    fault: ConfigFault,
}

/// What is needed to make a channel.
struct Parts {
    environment: Environment,
    sink: Arc<dyn ReceiptSink>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

/// Makes every channel that is set up, and in sandbox the console when no other carries short messages.
///
/// # Errors
/// When a setting of a channel can't be used. A provider that can't be reached is none.
pub fn all(core: &Core, settings: &Settings) -> Result<Vec<Provider>, ChannelError> {
    let parts = Parts {
        environment: settings.server.environment,
        sink: Arc::new(Receipts(core.clone())),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
    };
    let mut made = Vec::new();
    for (name, channel) in &settings.channels {
        made.push(parts.make(name, channel)?);
    }
    if let Some(sms) = &core.settings().sms
        && made.iter().all(|provider| provider.name() != sms.channel)
    {
        let console = Channel { kind: Kind::Console, per_second: None, in_flight: 8 };
        made.push(parts.make(&sms.channel, &console)?);
    }
    Ok(made)
}

impl Parts {
    fn make(&self, name: &str, channel: &Channel) -> Result<Provider, ChannelError> {
        let (sink, clock, random) = (Arc::clone(&self.sink), Arc::clone(&self.clock), Arc::clone(&self.random));
        let sends = match &channel.kind {
            Kind::Smpp(config) => {
                SmppChannel::new(name, config, sink, clock, random).map(|channel| Sends::Sms(Arc::new(channel)))
            }
            Kind::HttpGateway(config) => {
                HttpGatewayChannel::new(name, config, clock).map(|channel| Sends::Sms(Arc::new(channel)))
            }
            Kind::Smtp(config) => SmtpChannel::new(name, config, clock).map(|channel| Sends::Mail(Arc::new(channel))),
            Kind::Console => ConsoleChannel::new(name, self.environment, Box::new(std::io::stderr()), sink, clock)
                .map(|channel| Sends::Sms(Arc::new(channel))),
        };
        let sends = sends.map_err(|fault| ChannelError { name: name.to_owned(), fault })?;
        Ok(Provider { sends, window: channel.in_flight, per_second: channel.per_second })
    }
}
