//! `tallystick account`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::calendar::CalendarDate;
use domain::cents::Cents;
use domain::credit_account::{AccountNumber, AccountState};
use domain::sku_data::SkuData;
use serde::Serialize;
use service::AdminError;
use service::ledger::AccountStory;
use service::statement::AccountStatement;

use super::output::{Items, table};
use super::session::operator;
use super::{CommandError, Essentials, Output, Session};

/// Credit accounts
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show one account: what is owed, held and free, and its latest movements
    ///
    /// Nothing of the person is shown.
    #[command(after_help = "Example:\n  tallystick account show 12345678901237 --limit 50")]
    Show {
        /// Its number, of 14 digits
        #[arg(value_parser = number)]
        number: AccountNumber,
        /// How many movements at most, the newest first
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        limit: u32,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Give one account another state: N/NNOR may buy, A/AAUT and F/… may not, Z/… is charged off
    ///
    /// What is owed stays owed and bears interest, and what was authorized can still be captured. A closed account stays closed.
    #[command(after_help = "Example:\n  tallystick account set-state 12345678901237 F/FFRD")]
    SetState {
        /// Its number, of 14 digits
        #[arg(value_parser = number)]
        number: AccountNumber,
        /// Its status and its reason, as the POS API names them
        #[arg(value_name = "STATUS/REASON", value_parser = state)]
        state: AccountState,
        /// The client_id of the merchant on whose book it is, where several lenders have this number
        #[arg(long, value_name = "CLIENT_ID")]
        lender: Option<String>,
        #[command(flatten)]
        essentials: Essentials,
    },
    /// Show the statement of one account: what was owed, charged and credited in a time
    ///
    /// Days are of UTC, both included. What was bought is shown where the merchant has told it, and that is put
    /// on record; nothing else of the person. Interest stands in the time in which it was posted, which is by the
    /// next movement or within ten minutes of the end of its day.
    #[command(
        after_help = "Example:\n  tallystick account statement 12345678901237 --from 2026-10-01 --until 2026-10-31"
    )]
    Statement {
        /// Its number, of 14 digits
        #[arg(value_parser = number)]
        number: AccountNumber,
        /// The first day
        #[arg(long, value_name = "DAY", value_parser = day)]
        from: CalendarDate,
        /// The last day
        #[arg(long, value_name = "DAY", value_parser = day)]
        until: CalendarDate,
        #[command(flatten)]
        essentials: Essentials,
    },
}

fn state(text: &str) -> Result<AccountState, String> {
    let (status, reason) = text.split_once('/').ok_or("a state is written as F/FFRD: its status and its reason")?;
    AccountState::of_codes(status, reason).map_err(|fault| fault.to_string())
}

fn day(text: &str) -> Result<CalendarDate, String> {
    CalendarDate::parse(text).map_err(|_| "a day is written as 2026-10-31".to_owned())
}

fn number(text: &str) -> Result<AccountNumber, String> {
    AccountNumber::parse(text).map_err(|fault| format!("an account number {fault}"))
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Show { number, limit, essentials } => Session::run(essentials, file, async |session| {
            let items = session.core.account_stories(number, limit).await?;
            if items.is_empty() {
                return Err(AdminError::NotFound(format!("account {number}")).into());
            }
            let stories = Items { items };
            output.answer(&stories, || stories.items.iter().map(shown).collect::<Vec<_>>().join("\n"))
        }),
        Command::SetState { number, state, lender, essentials } => Session::run(essentials, file, async |session| {
            let set = session.core.set_account_state(number, lender.as_deref(), state, &operator()).await?;
            let answer =
                StateAnswer { account: number.get(), status: set.status().code(), reason: set.reason().code() };
            output.answer(&answer, || format!("account {number} is {set} now"))
        }),
        Command::Statement { number, from, until, essentials } => Session::run(essentials, file, async |session| {
            let items = session.core.account_statements(number, (from, until), &session.context).await?;
            let statements = Items { items };
            output.answer(&statements, || statements.items.iter().map(stated).collect::<Vec<_>>().join("\n"))
        }),
    }
}

fn shown(story: &AccountStory) -> String {
    let amount = |cents: i64| Cents(cents).to_string();
    let head = [
        ("account", story.account.to_string()),
        ("lender", story.lender.to_string()),
        ("state", format!("{} {}", story.status, story.status_reason)),
        ("risk rating", story.risk_rating.clone()),
        ("credit limit", amount(story.credit_limit)),
        (
            "principal",
            format!("{}, of which {} bears interest by the day", amount(story.principal), amount(story.regular)),
        ),
        ("interest", amount(story.interest)),
        ("held", amount(story.held)),
        ("available", amount(story.available_credit)),
        ("movements", story.movement_count.to_string()),
    ];
    let mut text: String = head.iter().map(|(name, value)| format!("{name:<13} {value}\n")).collect();
    let rows: Vec<_> = story
        .movements
        .iter()
        .map(|line| {
            let posted = line.postings.iter();
            let posted = posted.map(|(debit, credit, cents)| format!("{debit} < {credit} {}", amount(*cents)));
            [
                line.movement.to_string(),
                line.at.to_string(),
                line.kind.clone(),
                line.subject.clone(),
                amount(line.principal),
                amount(line.interest),
                amount(line.held),
                posted.collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    text += &table(["NUMBER", "AT", "WHAT", "ON", "PRINCIPAL", "INTEREST", "HELD", "DEBIT < CREDIT"], &rows);
    text
}

/// As much of a merchant's own text as a column has room for.
fn short(text: &str) -> String {
    const ROOM: usize = 40;
    let text = text.trim();
    if text.chars().count() <= ROOM { text.to_owned() } else { text.chars().take(ROOM - 1).chain(['…']).collect() }
}

/// The state of an account, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StateAnswer {
    account: i64,
    status: &'static str,
    reason: &'static str,
}

fn stated(statement: &AccountStatement) -> String {
    let amount = |cents: i64| Cents(cents).to_string();
    let head = [
        ("account", statement.account.to_string()),
        ("lender", statement.lender.to_string()),
        ("from", statement.from.clone()),
        ("until", statement.until.clone()),
        ("opening", amount(statement.opening)),
        ("purchases", amount(statement.purchases)),
        ("interest", amount(statement.interest)),
        ("returned", amount(statement.returned)),
        ("paid", amount(statement.paid)),
        ("closing", amount(statement.closing)),
    ];
    let mut text: String = head.iter().map(|(name, value)| format!("{name:<13} {value}\n")).collect();
    let mut rows = Vec::new();
    for entry in &statement.entries {
        rows.push([
            entry.at.to_string(),
            entry.kind.clone(),
            entry.merchant.clone().unwrap_or_default(),
            entry.reference.clone().unwrap_or_default(),
            amount(entry.amount),
            amount(entry.finance_charge),
            amount(entry.balance),
        ]);
        let word = if entry.sku_data_of_authorization { "  authorized" } else { "  item" };
        // The prices are the merchant's own, and nobody has added them up.
        for item in entry.sku_data.iter().flat_map(SkuData::items) {
            let (what, price) =
                (short(&format!("{} {}", item.quantity, item.description)), short(&item.extended_price));
            rows.push([
                String::new(),
                word.to_owned(),
                what.trim().to_owned(),
                short(&item.sku),
                price,
                String::new(),
                String::new(),
            ]);
        }
    }
    text += &table(["AT", "WHAT", "MERCHANT", "REFERENCE", "AMOUNT", "OF IT CHARGES", "OWED"], &rows);
    text
}
