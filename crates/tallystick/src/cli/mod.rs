//! The command line: one file per command.

mod account;
mod application;
mod audit;
mod authorization;
mod channel;
mod client;
mod completions;
mod creditor;
mod demo;
mod deployment;
mod distribution;
mod doctor;
mod error;
mod essentials;
mod import;
mod invoice;
mod key;
mod ledger;
mod merchant;
mod merchant_location;
mod merchant_user;
mod migrate;
mod openapi;
mod outbox;
mod output;
mod partner;
mod serve;
pub(crate) mod session;
mod sms;
mod webhook;

use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use error::CommandError;
use essentials::Essentials;
use output::Output;
use session::Session;

use crate::config::{Layer, Span};

/// The self-hosted Partner API: partners onboard clients, and clients hold credentials.
#[derive(Debug, Parser)]
#[command(name = "tallystick", version, max_term_width = 110, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    /// Print exactly one JSON document on standard output, and an error of the command as JSON on standard error; a
    /// wrong command line is told as text
    #[arg(long, global = true)]
    json: bool,

    /// The configuration file. Without it, ./tallystick.toml is read when it is there
    #[arg(long, global = true, env = "TALLYSTICK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  tallystick demo                                          try everything, with data, in one command
  tallystick serve --listen 127.0.0.1:8080                 serve on tallystick.db in this directory
  tallystick partner add --code QUICK3 --name 'Quick Software Oy'
  tallystick client import clients.csv --partner QUICK3 --output credentials.csv

A setting is a flag, a TALLYSTICK_… variable, or a key of the configuration file, in this order; `tallystick serve --help` lists them.
Exit status: 0 done, 1 failed, 2 wrong usage or configuration.";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Migrate(migrate::Args),
    #[command(subcommand)]
    Partner(partner::Command),
    #[command(subcommand)]
    Client(client::Command),
    #[command(subcommand)]
    Creditor(creditor::Command),
    #[command(subcommand)]
    Key(key::Command),
    #[command(subcommand)]
    Merchant(merchant::Command),
    #[command(subcommand)]
    Application(application::Command),
    #[command(subcommand)]
    Deployment(deployment::Command),
    #[command(subcommand)]
    Channel(channel::Command),
    #[command(subcommand)]
    Outbox(outbox::Command),
    #[command(subcommand)]
    Sms(sms::Command),
    #[command(subcommand)]
    Invoice(invoice::Command),
    #[command(subcommand)]
    Distribution(distribution::Command),
    #[command(subcommand)]
    Webhook(webhook::Command),
    #[command(subcommand)]
    Account(account::Command),
    #[command(subcommand)]
    Authorization(authorization::Command),
    #[command(subcommand)]
    Ledger(ledger::Command),
    Audit(audit::Args),
    Openapi(openapi::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

/// The command line with the defaults of the settings in its help.
#[must_use]
pub fn command() -> clap::Command {
    with_defaults(Cli::command(), &Layer::described())
}

fn with_defaults(command: clap::Command, described: &[crate::config::Described]) -> clap::Command {
    let command = command.mut_args(|arg| {
        let setting = described.iter().find(|setting| arg.get_id() == setting.name);
        let default = setting.and_then(|setting| setting.default.as_deref()).filter(|default| !default.is_empty());
        match (default, arg.get_help().map(ToString::to_string)) {
            (Some(default), Some(help)) => arg.help(format!("{help} [default: {default}]")),
            _ => arg,
        }
    });
    command.mut_subcommands(|subcommand| with_defaults(subcommand, described))
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let matches = command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let output = Output::new(cli.json);
    let logs = FlushLogs;
    let done = run(cli, output);
    drop(logs);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.failure(&error);
            ExitCode::from(error.exit_status())
        }
    }
}

/// Has every log line written at its end, also when that is a panic.
struct FlushLogs;

impl Drop for FlushLogs {
    fn drop(&mut self) {
        crate::telemetry::flush_logs();
    }
}

fn run(cli: Cli, output: Output) -> Result<(), CommandError> {
    let file = cli.config;
    match cli.command {
        Command::Demo(args) => demo::run(args, file, output),
        Command::Serve(args) => serve::run(args, file, output),
        Command::Migrate(args) => migrate::run(args, file, output),
        Command::Partner(command) => partner::run(command, file, output),
        Command::Client(command) => client::run(command, file, output),
        Command::Creditor(command) => creditor::run(command, file, output),
        Command::Key(command) => key::run(command, file, output),
        Command::Merchant(command) => merchant::run(command, file, output),
        Command::Application(command) => application::run(command, file, output),
        Command::Deployment(command) => deployment::run(command, file, output),
        Command::Channel(command) => channel::run(command, file, output),
        Command::Outbox(command) => outbox::run(command, file, output),
        Command::Sms(command) => sms::run(command, file, output),
        Command::Invoice(command) => invoice::run(command, file, output),
        Command::Distribution(command) => distribution::run(command, file, output),
        Command::Webhook(command) => webhook::run(command, file, output),
        Command::Account(command) => account::run(command, file, output),
        Command::Authorization(command) => authorization::run(command, file, output),
        Command::Ledger(command) => ledger::run(command, file, output),
        Command::Audit(args) => audit::run(args, file, output),
        Command::Openapi(args) => openapi::run(args, file, output),
        Command::Doctor(args) => doctor::run(args, file, output),
        Command::Completions(args) => completions::run(args, output),
    }
}

/// What commands other than `serve` take for a default: they log warnings only.
fn quiet() -> Layer {
    let mut layer = Layer::default();
    layer.telemetry.log = Some("warn".into());
    layer
}

/// What a command that does one thing takes for defaults: it is quiet, and waits longer than a server may for its turn to write.
fn patient() -> Layer {
    let mut layer = quiet();
    layer.database.busy_timeout = Some(Span::seconds(30));
    layer
}

/// Runs `work` on a runtime of `threads`, one for each processor when not set.
fn block_on<T>(threads: Option<usize>, work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build()?;
    let mut result = None;
    {
        // Behind a pointer, so that the runtime is compiled once and not once for each command.
        let work: Pin<&mut dyn Future<Output = ()>> = pin!(async { result = Some(work.await) });
        runtime.block_on(work);
    }
    let result = result.expect("work that was run to its end has a result");
    // What still blocks a thread now would keep a program that was told to end at once from doing so.
    runtime.shutdown_background();
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_setting_is_a_flag_of_serve_that_shows_its_default() {
        let help = command().find_subcommand_mut("serve").unwrap().render_long_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for setting in Layer::described() {
            assert!(help.contains(&format!("--{} ", setting.key())), "{}", setting.key());
            if let Some(default) = setting.default.filter(|default| !default.is_empty()) {
                assert!(
                    help.contains(&format!("[default: {default}]")),
                    "{} lacks its default {default}",
                    setting.name
                );
            }
        }
    }

    #[test]
    fn the_master_key_is_no_flag() {
        let help = command().find_subcommand_mut("serve").unwrap().render_long_help().to_string();
        assert!(!help.contains("--master-key "));
    }

    #[test]
    fn wrong_usage_is_refused() {
        for wrong in
            [&["tallystick", "srve"][..], &["tallystick", "partner", "add"], &["tallystick", "serve", "--lsten"]]
        {
            assert_eq!(command().try_get_matches_from(wrong).unwrap_err().exit_code(), 2);
        }
    }
}
