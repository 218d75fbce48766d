//! `[telemetry]`: logs and metrics.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use super::section::section;
use super::text::from_text;

section! {
    /// Logs and metrics.
    Telemetry, TelemetryLayer, "telemetry";

    /// What is logged: a level, or levels by target such as `info,sqlx=warn`
    log ["TALLYSTICK_LOG", "FILTER"]: String = String::from("info");

    /// How it is logged on standard error: `text` or `json`
    log_format ["TALLYSTICK_LOG_FORMAT", "FORMAT"]: LogFormat = LogFormat::Text;

    /// An address of its own for `GET /metrics`, without a token
    metrics_listen ["TALLYSTICK_METRICS_LISTEN", "ADDRESS:PORT"]: SocketAddr;

    /// A file with the bearer token that opens `/metrics` on the main address. `TALLYSTICK_METRICS_TOKEN` holds the token itself.
    /// Without either, `/metrics` is not there
    metrics_token_file ["TALLYSTICK_METRICS_TOKEN_FILE", "FILE"]: PathBuf;
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person.
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("`{other}` is no log format: use text or json")),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

from_text!(LogFormat);
