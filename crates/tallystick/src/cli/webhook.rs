//! `tallystick webhook`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::Timestamp;
use domain::webhook::EventSelection;
use serde::Serialize;
use service::webhook::{Endpoint, NewSecret, OVERLAP};
use uuid::Uuid;

use super::output::{Items, table};
use super::{CommandError, Essentials, Output, Session};
use crate::config::Span;
use crate::providers;

/// Webhooks: where partners are told of events
///
/// Signed as Standard Webhooks 1.0 has it, tried for three days. An endpoint is disabled when it has failed for days, or answers 410.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add an endpoint of a partner, and print its secret
    ///
    /// The secret is printed this once. When it is lost, `tallystick webhook rotate` gives a new one.
    #[command(
        after_help = "Example:\n  tallystick webhook add --partner QUICK3 --url https://quick.example/hooks --events client.created,sms.final"
    )]
    Add {
        /// The partner's code
        #[arg(long, value_name = "CODE")]
        partner: String,
        /// Where it is: https://, in sandbox also http://
        #[arg(long)]
        url: String,
        /// The kinds of event that it wants, separated by commas: client.created, token.renewed, token.expiring, sms.final,
        /// distribution.delivered, distribution.failed. Without it:
        /// every one, also those of later versions
        #[arg(long, value_name = "KIND,…", default_value = "", hide_default_value = true)]
        events: EventSelection,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// List the endpoints
    List {
        /// Those of the partner of this code
        #[arg(long, value_name = "CODE")]
        partner: Option<String>,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Send an endpoint a signed event of the type webhook.test, once, and tell what it answers
    Test {
        /// Its identifier
        endpoint: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Give an endpoint a new secret, and print it; the former one signs as well for the overlap
    #[command(after_help = "Example:\n  tallystick webhook rotate ENDPOINT --overlap 2d")]
    Rotate {
        /// Its identifier
        endpoint: Uuid,
        /// How long both secrets sign, 7d at most. Without it: 1d
        #[arg(long, value_name = "SPAN")]
        overlap: Option<Span>,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Have an endpoint work again that was disabled
    ///
    /// What was given up meanwhile is sent after `tallystick outbox replay --endpoint ENDPOINT`.
    Enable {
        /// Its identifier
        endpoint: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Remove an endpoint; what waits for it is not sent
    Remove {
        /// Its identifier
        endpoint: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    endpoint_id: Uuid,
    partner_code: String,
    url: String,
    /// The kinds that are named; none is every one.
    events: Vec<&'static str>,
    state: &'static str,
    created_at: Timestamp,
    former_secret_until: Option<Timestamp>,
    failing_since: Option<Timestamp>,
    disabled_at: Option<Timestamp>,
    disabled_reason: Option<String>,
}

impl From<Endpoint> for Shown {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            endpoint_id: endpoint.id,
            partner_code: endpoint.partner_code,
            url: endpoint.url,
            events: endpoint.events.named().iter().map(|kind| kind.as_str()).collect(),
            state: match (endpoint.disabled_at, endpoint.failing_since) {
                (Some(_), _) => "DISABLED",
                (None, Some(_)) => "FAILING",
                (None, None) => "ENABLED",
            },
            created_at: endpoint.created_at,
            former_secret_until: endpoint.former_secret_until,
            failing_since: endpoint.failing_since,
            disabled_at: endpoint.disabled_at,
            disabled_reason: Some(endpoint.disabled_reason).filter(|reason| !reason.is_empty()),
        }
    }
}

/// What `webhook add` and `webhook rotate` print.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WithSecret {
    #[serde(flatten)]
    endpoint: Shown,
    secret: String,
}

impl From<NewSecret> for WithSecret {
    fn from(new: NewSecret) -> Self {
        Self { endpoint: new.endpoint.into(), secret: new.secret.to_text() }
    }
}

impl WithSecret {
    fn told(&self) -> String {
        format!("endpoint  {}\nsecret    {}\n", self.endpoint.endpoint_id, self.secret)
    }
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Add { partner, url, events, essentials } => Session::run(essentials, file, async |session| {
            let added = session.core.add_webhook(&partner, &url, &events, &session.context).await?;
            let added = WithSecret::from(added);
            output.answer(&added, || added.told())
        }),
        Command::List { partner, essentials } => Session::run(essentials, file, async |session| {
            let endpoints = session.core.list_webhooks(partner.as_deref()).await?;
            let items = Items { items: endpoints.into_iter().map(Shown::from).collect() };
            output.answer(&items, || listing(&items.items))
        }),
        Command::Test { endpoint, essentials } => {
            let settings = essentials.settings(file)?;
            Session::run_with(&settings, async |session| {
                let sender =
                    providers::webhooks(&settings).map_err(|error| CommandError::Channel(error.to_string()))?;
                let status = session
                    .core
                    .test_webhook(&sender, endpoint, &session.context)
                    .await?
                    .map_err(|fault| CommandError::Channel(format!("webhook endpoint {endpoint}: {fault}")))?;
                let answer = serde_json::json!({ "endpointId": endpoint, "status": status });
                output.answer(&answer, || format!("the receiver answered {status}\n"))
            })
        }
        Command::Rotate { endpoint, overlap, essentials } => Session::run(essentials, file, async |session| {
            let overlap = overlap.map_or(OVERLAP, |span| span.0);
            let rotated = WithSecret::from(session.core.rotate_webhook(endpoint, overlap, &session.context).await?);
            output.answer(&rotated, || rotated.told())
        }),
        Command::Enable { endpoint, essentials } => Session::run(essentials, file, async |session| {
            session.core.enable_webhook(endpoint, &session.context).await?;
            let answer = serde_json::json!({ "endpointId": endpoint, "state": "ENABLED" });
            output.answer(&answer, || format!("webhook endpoint {endpoint} is enabled\n"))
        }),
        Command::Remove { endpoint, essentials } => Session::run(essentials, file, async |session| {
            session.core.remove_webhook(endpoint, &session.context).await?;
            let answer = serde_json::json!({ "endpointId": endpoint, "removed": true });
            output.answer(&answer, || format!("webhook endpoint {endpoint} is removed\n"))
        }),
    }
}

fn listing(endpoints: &[Shown]) -> String {
    if endpoints.is_empty() {
        return "no webhook endpoints yet: tallystick webhook add --partner CODE --url URL\n".to_owned();
    }
    let rows: Vec<_> = endpoints
        .iter()
        .map(|endpoint| {
            let events = if endpoint.events.is_empty() { "all".to_owned() } else { endpoint.events.join(",") };
            [
                endpoint.endpoint_id.to_string(),
                endpoint.partner_code.clone(),
                endpoint.state.to_owned(),
                events,
                endpoint.url.clone(),
                endpoint.disabled_reason.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(["ENDPOINT", "PARTNER", "STATE", "EVENTS", "URL", "REASON"], &rows)
}
