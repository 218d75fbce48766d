//! `tallystick ledger`.

use std::path::PathBuf;

use clap::Subcommand;
use domain::cents::Cents;
use service::ledger_check::LedgerReport;

use super::output::{count, table};
use super::{CommandError, Essentials, Output, Session};

/// The books of purchases on credit
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Prove the books; the exit status is 1 when something is wrong
    ///
    /// Of each account every movement must be there, each must lead from the balances before it to those after it and post to accounts that
    /// its kind posts to, the account must say what its last movement says, and what is held, not earned yet and owed of plans must be what its
    /// authorizations and captures say. These, and returns, must go together with each other and with what was posted of them. It reads the
    /// whole ledger as it is at one moment; a server may go on meanwhile.
    #[command(after_help = "Example:\n  tallystick ledger check --json")]
    Check {
        #[command(flatten)]
        essentials: Essentials,
    },
}

pub(super) fn run(command: Command, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    match command {
        Command::Check { essentials } => Session::run(essentials, file, async |session| {
            let report = session.core.check_ledger().await?;
            output.answer(&report, || shown(&report))?;
            match report.fault_count {
                0 => Ok(()),
                faults => Err(CommandError::LedgerFaults(faults)),
            }
        }),
    }
}

fn shown(report: &LedgerReport) -> String {
    let rows: Vec<_> =
        report.balances.iter().map(|(account, cents)| [(*account).to_owned(), Cents(*cents).to_string()]).collect();
    let mut text = table(["ACCOUNT", "DEBITS LESS CREDITS"], &rows);
    for fault in &report.faults {
        text += &format!("{fault}\n");
    }
    let accounts = count(report.accounts, "account", "accounts");
    let movements = count(report.movements, "movement", "movements");
    let verdict = match report.fault_count {
        0 => "the books are right".to_owned(),
        faults => count(faults, "fault", "faults"),
    };
    text + &format!("{accounts}, {movements}: {verdict}\n")
}
