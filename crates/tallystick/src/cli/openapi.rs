//! `tallystick openapi`.

use super::{CommandError, Output};
use crate::app;

/// Print the OpenAPI 3.1 document of the API
///
/// It is the same as the server's /openapi.json, and needs no database.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tallystick openapi > openapi.json")]
pub(crate) struct Args {}

pub(super) fn run(_: Args, output: Output) -> Result<(), CommandError> {
    // JSON either way: the document is the answer.
    let document = app::document();
    output.text(&serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?)
}
