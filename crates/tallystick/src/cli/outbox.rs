//! `tallystick outbox`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::Timestamp;
use serde::Serialize;
use service::AdminError;
use service::dead_letter::DeadLetter;
use uuid::Uuid;

use super::output::{Items, count, table};
use super::{CommandError, Essentials, Output, Session};

/// The outbox: messages that were given up, and trying them again
///
/// A message is given up when it has failed for hours. `tallystick channel list` tells how many wait.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the messages that were given up, oldest first
    List {
        /// Those that come after this message
        #[arg(long, value_name = "MESSAGE")]
        after: Option<Uuid>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Try messages again that were given up, as if they were new
    #[command(after_help = "Example:\n  tallystick outbox replay --all")]
    Replay {
        /// Their identifiers
        #[arg(required_unless_present_any = ["all", "endpoint"])]
        messages: Vec<Uuid>,
        /// All of them
        #[arg(long, conflicts_with_all = ["messages", "endpoint"])]
        all: bool,
        /// All of this webhook endpoint
        #[arg(long, value_name = "ENDPOINT", conflicts_with = "messages")]
        endpoint: Option<Uuid>,
        #[command(flatten)]
        essentials: Essentials,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    message_id: Uuid,
    kind: String,
    partner_code: String,
    channel: String,
    attempts: i64,
    created_at: Timestamp,
    given_up_at: Timestamp,
    fault: String,
}

impl From<DeadLetter> for Shown {
    fn from(letter: DeadLetter) -> Self {
        Self {
            message_id: letter.message,
            kind: letter.kind,
            partner_code: letter.partner_code,
            channel: letter.channel,
            attempts: letter.attempts,
            created_at: letter.created_at,
            given_up_at: letter.dead_at,
            fault: letter.fault,
        }
    }
}

#[derive(Serialize)]
struct Replayed {
    replayed: usize,
}

/// How many are replayed between two looks.
const PAGE: u32 = 100;

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::List { after, limit, essentials } => Session::run(essentials, file, async |session| {
            let letters = session.core.dead_letters(after, limit).await.map_err(AdminError::from)?;
            let items = Items { items: letters.into_iter().map(Shown::from).collect() };
            output.answer(&items, || listing(&items.items))
        }),
        Command::Replay { messages, all, endpoint, essentials } => Session::run(essentials, file, async |session| {
            let mut replayed = 0;
            if all || endpoint.is_some() {
                // Forward only, so that one that fails again at once is not replayed for ever.
                let mut after = None;
                loop {
                    let letters = match endpoint {
                        Some(endpoint) => session.core.dead_webhooks(endpoint, after, PAGE).await?,
                        None => session.core.dead_letters(after, PAGE).await.map_err(AdminError::from)?,
                    };
                    let Some(last) = letters.last() else { break };
                    after = Some(last.message);
                    for letter in &letters {
                        match session.core.replay(letter.message, &session.context).await {
                            Ok(()) => replayed += 1,
                            // Somebody else was faster, or it is no longer worth sending.
                            Err(AdminError::NotFound(_)) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                }
            }
            for message in messages {
                session.core.replay(message, &session.context).await?;
                replayed += 1;
            }
            let told = || count(replayed, "message is tried again\n", "messages are tried again\n");
            output.answer(&Replayed { replayed }, told)
        }),
    }
}

fn listing(letters: &[Shown]) -> String {
    let rows: Vec<_> = letters
        .iter()
        .map(|letter| {
            [
                letter.message_id.to_string(),
                letter.kind.clone(),
                letter.partner_code.clone(),
                letter.channel.clone(),
                letter.given_up_at.to_string(),
                letter.fault.clone(),
            ]
        })
        .collect();
    table(["MESSAGE", "KIND", "PARTNER", "CHANNEL", "GIVEN UP", "LAST FAULT"], &rows)
}
