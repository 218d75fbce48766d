//! `tallystick migrate`.

use std::path::PathBuf;

use serde::Serialize;

use super::{CommandError, Essentials, Output};
use crate::telemetry;

/// Bring the schema of the database up to date
///
/// Safe to run while others start: a lock lets one of them do it. `serve` does it by itself unless --migrate false is set.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tallystick migrate --database postgres://tallystick@db/tallystick
  tallystick migrate --check")]
pub(crate) struct Args {
    #[command(flatten)]
    essentials: Essentials,

    /// Apply nothing: only tell what is missing, and fail when something is
    #[arg(long)]
    check: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    engine: String,
    version: i64,
    applied: Vec<String>,
    missing: Vec<String>,
}

pub(super) fn run(args: Args, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    let settings = args.essentials.settings(file)?;
    telemetry::install_logs(&settings.telemetry)?;
    super::block_on(settings.server.worker_threads, async {
        let db = store::Db::open(settings.database.options()).await?;
        let state = if args.check { db.migration_state().await } else { db.migrate().await };
        let engine = db.engine().to_string();
        db.close().await;
        let state = state?;
        let first_missing = state.missing.first().cloned();
        let report = Report { engine, version: state.version, applied: state.applied, missing: state.missing };
        output.answer(&report, || text(&report))?;
        match first_missing {
            Some(missing) => Err(store::OpenError::Older { missing: crate::start::number(&missing) }.into()),
            None => Ok(()),
        }
    })
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    for (what, names) in [("applied", &report.applied), ("missing", &report.missing)] {
        for name in names {
            text += &format!("{what} {name}\n");
        }
    }
    text + &format!("{} schema at version {}\n", report.engine, report.version)
}
