//! `tallystick channel`.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;
use service::outbox::Sends;
use service::webhook_event;

use super::output::{Items, table};
use super::{CommandError, Essentials, Output, Session};
use crate::config::Settings;
use crate::config::channels::Kind;
use crate::providers;

/// Channels: list, try
///
/// A channel is a way by which short messages, mail or documents leave. They are set up in the configuration file, as `[channels.NAME]`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the channels, and what waits for them
    List {
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Try the connection and the credentials of a channel, or whether its folder can be written to; nothing is sent
    #[command(after_help = "Example:\n  tallystick channel test main")]
    Test {
        /// The channel's name
        name: String,
        #[command(flatten)]
        essentials: Essentials,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    name: String,
    kind: &'static str,
    used_for: Option<&'static str>,
    in_flight: usize,
    per_second: Option<u32>,
    waiting: i64,
    given_up: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tried {
    name: String,
    found: String,
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::List { essentials } => {
            let settings = essentials.settings(file)?;
            Session::run_with(&settings, async |session| {
                let items = Items { items: list(session, &settings).await? };
                output.answer(&items, || listing(&items.items))
            })
        }
        Command::Test { name, essentials } => {
            let settings = essentials.settings(file)?;
            Session::run_with(&settings, async |session| {
                let provider = providers::one(&session.core, &settings, &name)
                    .map_err(|error| CommandError::Channel(error.to_string()))?
                    .ok_or_else(|| {
                        CommandError::Channel(format!(
                            "there is no [channels.{name}]: `tallystick channel list` names them"
                        ))
                    })?;
                let tried = match &provider.sends {
                    Sends::Sms(channel) => {
                        let tried = channel.test().await;
                        channel.close().await;
                        tried
                    }
                    Sends::Mail(channel) => channel.test().await,
                    Sends::Documents(channel) => channel.test().await,
                    // An endpoint is tried, and not the channel.
                    Sends::Webhook(_) => Ok("`tallystick webhook test` tries an endpoint".to_owned()),
                };
                let found = tried
                    .map_err(|fault| CommandError::Channel(format!("{name}: {fault}{}", remedy(&name, &settings))))?;
                output.answer(&Tried { name: name.clone(), found: found.clone() }, || format!("{name}: {found}\n"))
            })
        }
    }
}

/// What to look at when a channel can't be used.
fn remedy(name: &str, settings: &Settings) -> String {
    let members = match settings.channels.get(name).map(|channel| &channel.kind) {
        Some(Kind::Smpp(_)) => "host, port, tls, system-id and password",
        Some(Kind::Smtp(_)) => "host, port, tls, user, password and bounces",
        Some(Kind::HttpGateway(_)) => "test-url, headers and secrets",
        Some(Kind::EInvoiceHttp(_)) => "test-url, ca-file, user, password, token and headers",
        Some(Kind::Drop(_)) => {
            return format!(
                ". Look at folder and acknowledgements of [channels.{name}] in the configuration file, whether they are mounted, and whether \
                 this user may write there"
            );
        }
        Some(Kind::MailFolder(_)) => {
            return format!(
                ". Look at folder of [channels.{name}] in the configuration file, and whether this user may write there"
            );
        }
        Some(Kind::Console) | None => return String::new(),
    };
    format!(
        ". Look at {members} of [channels.{name}] in the configuration file, and whether this machine reaches the provider"
    )
}

async fn list(session: &Session, settings: &Settings) -> Result<Vec<Shown>, CommandError> {
    let counts = session.core.outbox_counts().await.map_err(service::AdminError::from)?;
    let core = session.core.settings();
    let used = [
        ("sms", core.sms.as_ref().map(|sms| &sms.channel)),
        ("mail", core.mail.as_ref().map(|mail| &mail.channel)),
        ("print", core.print.as_ref().map(|print| &print.channel)),
        ("e-invoices", core.e_invoice.as_ref().map(|e_invoice| &e_invoice.channel)),
    ];
    let shown = |name: &str, kind: &'static str, in_flight: usize, per_second: Option<u32>| {
        let count = counts.iter().find(|count| count.channel == name);
        let used_for = used.iter().find(|(_, channel)| channel.is_some_and(|channel| channel == name));
        Shown {
            name: name.to_owned(),
            kind,
            used_for: used_for.map(|(what, _)| *what),
            in_flight,
            per_second,
            waiting: count.map_or(0, |count| count.waiting),
            given_up: count.map_or(0, |count| count.dead),
        }
    };
    let mut all: Vec<_> = settings
        .channels
        .iter()
        .map(|(name, channel)| shown(name, channel.kind.name(), channel.in_flight, channel.per_second.map(Into::into)))
        .collect();
    if let Some(sms) = &core.sms
        && !settings.channels.contains_key(&sms.channel)
    {
        all.push(shown(&sms.channel, "console", 8, None));
    }
    if counts.iter().any(|count| count.channel == webhook_event::CHANNEL) {
        let webhooks = shown(webhook_event::CHANNEL, "webhook", settings.webhooks.webhook_in_flight, None);
        all.push(Shown { used_for: Some("webhooks"), ..webhooks });
    }
    // What waits for a channel that is no longer set up would be forgotten otherwise.
    for count in &counts {
        if all.iter().all(|shown| shown.name != count.channel) {
            all.push(shown(&count.channel, "not set up", 0, None));
        }
    }
    Ok(all)
}

fn listing(channels: &[Shown]) -> String {
    let rows: Vec<_> = channels
        .iter()
        .map(|channel| {
            [
                channel.name.clone(),
                channel.kind.to_owned(),
                channel.used_for.unwrap_or("-").to_owned(),
                channel.waiting.to_string(),
                channel.given_up.to_string(),
            ]
        })
        .collect();
    table(["CHANNEL", "KIND", "USED FOR", "WAITING", "GIVEN UP"], &rows)
}
