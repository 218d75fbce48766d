//! `tallystick account`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::cents::Cents;
use domain::credit_account::AccountNumber;
use service::AdminError;
use service::ledger::AccountStory;

use super::output::{Items, table};
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
