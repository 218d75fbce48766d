//! Logs, on standard error. Standard output belongs to the answers of commands.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::lines::ToStandardError;
use crate::config::{LogFormat, Telemetry};

/// Logging can't start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter can't be read.
    #[error(
        "the setting `log`: {0}. Write a level (error, warn, info, debug, trace), or levels by target: info,store=debug"
    )]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// There can be no thread that writes.
    #[error("the log can't be written: {0}")]
    Thread(#[from] std::io::Error),
}

/// Starts logging as `telemetry` says. A second call changes nothing: the first one of a process stands.
///
/// # Errors
/// [`LogError`].
pub fn install(telemetry: &Telemetry) -> Result<(), LogError> {
    let filter = EnvFilter::try_new(&telemetry.log)?;
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(ToStandardError::start()?);
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
