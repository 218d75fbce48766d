//! `tallystick sms`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;
use domain::Timestamp;
use domain::sms::SmsDraft;
use serde::Serialize;
use service::sms::{Sms, SmsError};
use service::{AdminError, StoreError};
use uuid::Uuid;

use super::output::count;
use super::{CommandError, Essentials, Output, Session};

/// Short messages: send, show
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Send a short message on behalf of a partner
    ///
    /// A running server sends it.
    #[command(
        after_help = "Example:\n  tallystick sms send --partner QUICK3 --to +358441234567 --text 'Your invoice is due' --wait 10"
    )]
    Send {
        /// The partner's code
        #[arg(long)]
        partner: String,
        /// The recipient's number in E.164
        #[arg(long)]
        to: String,
        /// What it says
        #[arg(long)]
        text: String,
        /// Who it says it is from
        #[arg(long)]
        sender: Option<String>,
        /// The client on whose behalf it is sent
        #[arg(long)]
        client: Option<i64>,
        /// Wait for the final delivery report, for so many seconds at most
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=600))]
        wait: u64,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show a short message with its delivery reports
    Show {
        /// The partner's code
        #[arg(long)]
        partner: String,
        /// The message's identifier
        message: Uuid,
        #[command(flatten)]
        essentials: Essentials,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    sms_id: Uuid,
    recipient: String,
    sender: String,
    encoding: String,
    parts: i64,
    state: &'static str,
    error_code: Option<String>,
    reason: Option<String>,
    created_at: Timestamp,
    valid_until: Timestamp,
    delivery_reports: Vec<Report>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    at: Timestamp,
    state: &'static str,
    provider_message_id: Option<String>,
    error_code: Option<String>,
}

impl From<Sms> for Shown {
    fn from(sms: Sms) -> Self {
        let reports = sms.reports.into_iter().map(|report| Report {
            at: report.at,
            state: report.state.as_str(),
            provider_message_id: report.provider_message_id,
            error_code: report.error_code,
        });
        Self {
            sms_id: sms.id,
            recipient: sms.recipient,
            sender: sms.sender,
            encoding: sms.encoding,
            parts: sms.parts,
            state: sms.state.as_str(),
            error_code: sms.error_code,
            reason: sms.reason,
            created_at: sms.created_at,
            valid_until: sms.expires_at,
            delivery_reports: reports.collect(),
        }
    }
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Send { partner, to, text, sender, client, wait, essentials } => {
            Session::run(essentials, file, async |session| {
                let partner = session.core.partner_of_code(&partner).await?;
                let draft = SmsDraft { recipient: Some(to), text: Some(text), sender, ..SmsDraft::default() };
                let holder = domain::api_key::KeyHolder { partner, client: None };
                let sent = session.core.send_sms(holder, client, &draft, None, &session.context).await;
                let mut sms = sent.map_err(refused)?.value;
                if wait > 0 {
                    let waited = session.core.wait_for_sms(partner, sms.id, Duration::from_secs(wait)).await;
                    sms = waited.map_err(AdminError::from)?.unwrap_or(sms);
                }
                show(output, sms)
            })
        }
        Command::Show { partner, message, essentials } => Session::run(essentials, file, async |session| {
            let partner = session.core.partner_of_code(&partner).await?;
            let sms = session.core.sms(partner, message).await.map_err(AdminError::from)?;
            show(output, sms.ok_or_else(|| AdminError::NotFound(format!("message {message}")))?)
        }),
    }
}

fn refused(error: SmsError) -> AdminError {
    match error {
        SmsError::Invalid(faults) => AdminError::Invalid(faults),
        SmsError::NoChannel => AdminError::State("no channel for short messages is set up: set sms-channel".to_owned()),
        SmsError::Store(error) => error.into(),
        SmsError::Idempotency(error) => StoreError::unreadable("idempotency", error).into(),
    }
}

fn show(output: Output, sms: Sms) -> Result<(), CommandError> {
    let shown = Shown::from(sms);
    output.answer(&shown, || sheet(&shown))
}

fn sheet(sms: &Shown) -> String {
    let lines = [
        ("message", sms.sms_id.to_string()),
        ("to", sms.recipient.clone()),
        ("from", sms.sender.clone()),
        ("encoding", format!("{}, {}", sms.encoding, count(sms.parts, "part", "parts"))),
        ("state", sms.state.to_owned()),
        ("error code", sms.error_code.clone().unwrap_or_default()),
        ("reason", sms.reason.clone().unwrap_or_default()),
        ("created", sms.created_at.to_string()),
        ("valid until", sms.valid_until.to_string()),
    ];
    let mut text: String = lines
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(what, value)| format!("{what:<15} {value}\n"))
        .collect();
    for report in &sms.delivery_reports {
        let id = report.provider_message_id.as_deref().unwrap_or_default();
        text += format!("{:<15} {} {id}", report.at, report.state).trim_end();
        text.push('\n');
    }
    text
}
