//! `tallystick creditor`: what a partner sees of its creditors.

use std::path::PathBuf;

use clap::Subcommand;
use domain::agreement::Agreement;
use domain::creditor::{CreditorStatus, FieldValue};
use domain::identifier::ClientIdentifier;
use serde::Serialize;
use service::client::ClientDetails;
use service::creditor::{CreditorPage, CreditorQuery, HistoryPage, HistoryQuery};
use service::cursor::Cursor;

use super::output::{self, table};
use super::{CommandError, Essentials, Output, Session};

/// Creditors as their partner sees them: list, show, history
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the creditors of a partner by name
    #[command(after_help = "Examples:\n  tallystick creditor list --partner QUICK3 --search test\n  \
                            tallystick creditor list --partner QUICK3 --agreement A-1001 --system ERP")]
    List {
        /// The partner's code
        #[arg(long, value_name = "CODE")]
        partner: String,
        /// Only those whose name begins like this, or who have this business code
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Only those that are ACTIVE or REVOKED
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
        /// Only those with an agreement of this identifier
        #[arg(long, value_name = "IDENTIFIER", conflicts_with = "search")]
        agreement: Option<String>,
        /// The system of that agreement
        #[arg(long, value_name = "SYSTEM", requires = "agreement")]
        system: Option<String>,
        /// Where the page before ended; what --json calls nextCursor
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<Cursor>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show the status, settings and agreements of a creditor
    Show {
        /// Its client identifier
        creditor: i64,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show what was changed of a creditor, newest first
    History {
        /// Its client identifier
        creditor: i64,
        /// Where the page before ended; what --json calls nextCursor
        #[arg(long, value_name = "CURSOR")]
        cursor: Option<Cursor>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
}

/// What `creditor show` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sheet {
    #[serde(flatten)]
    client: ClientDetails,
    status: CreditorStatus,
    version: i64,
    settings: Settings,
    agreements: Vec<Agreement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    expiry_notices: bool,
    sms_sender: Option<String>,
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::List { partner, search, status, agreement, system, cursor, limit, essentials } => {
            let query = CreditorQuery { search, status, agreement, system, limit, cursor };
            Session::run(essentials, file, async |session| {
                let page = session.core.creditors_of(&partner, &query).await?;
                output.answer(&page, || listing(&page))
            })
        }
        Command::Show { creditor, essentials } => Session::run(essentials, file, async |session| {
            let client = ClientIdentifier(creditor);
            let details = session.core.show_client(client).await?;
            let (creditor, agreements) = session.core.any_creditor(client).await?;
            let settings = creditor.data.settings;
            let sheet = Sheet {
                client: details,
                status: creditor.status,
                version: creditor.version,
                settings: Settings {
                    expiry_notices: settings.expiry_notices.unwrap_or_default(),
                    sms_sender: settings.sms_sender,
                },
                agreements,
            };
            output.answer(&sheet, || shown(&sheet))
        }),
        Command::History { creditor, cursor, limit, essentials } => {
            let query = HistoryQuery { limit, cursor };
            Session::run(essentials, file, async |session| {
                let page = session.core.history_of(ClientIdentifier(creditor), &query).await?;
                output.answer(&page, || history(&page))
            })
        }
    }
}

fn more(cursor: Option<&String>) -> String {
    cursor.map(|cursor| format!("there are more: --cursor {cursor}\n")).unwrap_or_default()
}

fn listing(page: &CreditorPage) -> String {
    let rows: Vec<_> = page
        .creditors
        .iter()
        .map(|creditor| {
            [
                creditor.client.to_string(),
                creditor.status.to_string(),
                creditor.country_code.clone(),
                creditor.business_code.clone(),
                creditor.name.clone(),
            ]
        })
        .collect();
    table(["CREDITOR", "STATUS", "COUNTRY", "BUSINESS CODE", "NAME"], &rows) + &more(page.next_cursor.as_ref())
}

fn shown(sheet: &Sheet) -> String {
    let own = [
        ("creditor", sheet.client.client_identifier.to_string()),
        ("partner", sheet.client.partner_code.clone()),
        ("name", sheet.client.name.clone()),
        ("status", sheet.status.to_string()),
        ("version", sheet.version.to_string()),
        ("expiry notices", if sheet.settings.expiry_notices { "yes" } else { "no" }.to_owned()),
        ("SMS sender", sheet.settings.sms_sender.clone().unwrap_or_else(|| "none".to_owned())),
    ];
    let agreements = sheet.agreements.iter().map(|agreement| {
        let end = agreement.valid_to.map(|date| date.to_string()).unwrap_or_default();
        ("agreement", format!("{} {}, {} to {end}", agreement.system, agreement.identifier, agreement.valid_from))
    });
    own.into_iter().chain(agreements).map(|(what, value)| format!("{what:<17} {}\n", output::value(&value))).collect()
}

fn history(page: &HistoryPage) -> String {
    let rows: Vec<_> = page
        .changes
        .iter()
        .flat_map(|change| {
            change.changes.iter().map(|field| {
                [
                    change.at.to_string(),
                    change.actor.clone(),
                    field.field.clone().into_owned(),
                    spoken(&field.from),
                    spoken(&field.to),
                ]
            })
        })
        .collect();
    table(["AT", "BY", "FIELD", "FROM", "TO"], &rows) + &more(page.next_cursor.as_ref())
}

fn spoken(value: &FieldValue) -> String {
    match value {
        FieldValue::Nothing => "-".to_owned(),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Text(text) => text.clone(),
        FieldValue::Agreements(list) => {
            let names = list.iter().map(|agreement| format!("{} {}", agreement.system, agreement.identifier));
            names.collect::<Vec<_>>().join(", ")
        }
    }
}
