//! `tallystick doctor`.

mod checks;
mod system;

use std::path::PathBuf;

use serde::Serialize;

use super::{CommandError, Output};
use crate::config::{Layer, Settings};
use crate::telemetry;

/// Check the configuration, the channels, the database, the master key and the files, and name remedies
///
/// It changes nothing, and connects to no provider. The exit status is 1 when there is a fault.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tallystick doctor --config /etc/tallystick.toml --json")]
pub(crate) struct Args {
    #[command(flatten)]
    layer: Layer,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Ok,
    Warning,
    Fault,
}

/// What one check found.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    check: &'static str,
    verdict: Verdict,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

/// What was found so far.
#[derive(Debug, Default, Serialize)]
struct Findings {
    items: Vec<Finding>,
}

impl Findings {
    fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.items.push(Finding { check, verdict: Verdict::Ok, message: message.into(), remedy: None });
    }

    fn warning(&mut self, check: &'static str, message: impl Into<String>, remedy: impl Into<String>) {
        let remedy = Some(remedy.into());
        self.items.push(Finding { check, verdict: Verdict::Warning, message: message.into(), remedy });
    }

    /// `message` names the remedy itself, where there is no `remedy`.
    fn fault(&mut self, check: &'static str, message: impl Into<String>, remedy: Option<String>) {
        self.items.push(Finding { check, verdict: Verdict::Fault, message: message.into(), remedy });
    }

    fn faults(&self) -> usize {
        self.items.iter().filter(|finding| finding.verdict == Verdict::Fault).count()
    }
}

pub(super) fn run(args: Args, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    let mut findings = Findings::default();
    match Settings::load(args.layer, file, super::quiet()) {
        Err(error) => findings.fault("configuration", error.to_string(), None),
        Ok(settings) => {
            telemetry::install_logs(&settings.telemetry)?;
            checks::configuration(&settings, &mut findings);
            system::clock(&mut findings);
            system::open_files(&settings, &mut findings);
            super::block_on(settings.server.worker_threads, async {
                checks::channels(&settings, &mut findings);
                checks::certificate(&settings, &mut findings).await;
                checks::installation(&settings, &mut findings).await;
                Ok(())
            })?;
        }
    }
    output.answer(&findings, || text(&findings))?;
    match findings.faults() {
        0 => Ok(()),
        faults => Err(CommandError::Unhealthy(faults)),
    }
}

fn text(findings: &Findings) -> String {
    let mut text = String::new();
    for Finding { check, verdict, message, remedy } in &findings.items {
        let verdict = match verdict {
            Verdict::Ok => "ok",
            Verdict::Warning => "warning",
            Verdict::Fault => "FAULT",
        };
        text += &format!("{verdict:<8} {check:<14} {message}\n");
        if let Some(remedy) = remedy {
            text += &format!("{:<8} {:<14} remedy: {remedy}\n", "", "");
        }
    }
    text
}
