//! Logs, on standard error. Standard output belongs to the answers of commands.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{LogFormat, Telemetry};

/// The log filter can't be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "the setting `log`: {0}. Write a level (error, warn, info, debug, trace), or levels by target: info,store=debug"
)]
pub struct BadFilter(#[from] tracing_subscriber::filter::ParseError);

/// Starts logging as `telemetry` says. A second call changes nothing: the first one of a process stands.
///
/// # Errors
/// When the filter can't be read.
pub fn install(telemetry: &Telemetry) -> Result<(), BadFilter> {
    let filter = EnvFilter::try_new(&telemetry.log)?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let installed = match telemetry.log_format {
        LogFormat::Text => {
            registry.with(layer.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))).try_init()
        }
        LogFormat::Json => {
            registry.with(layer.json().flatten_event(true).with_current_span(true).with_span_list(false)).try_init()
        }
    };
    if installed.is_err() {
        tracing::debug!("logging is installed already");
    }
    Ok(())
}
