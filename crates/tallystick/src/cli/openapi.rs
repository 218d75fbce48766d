//! `tallystick openapi`.

use std::path::PathBuf;

use super::{CommandError, Output};
use crate::app;
use crate::config::{Layer, PosPrefix, Settings};

/// Print the OpenAPI 3.1 document of the API
///
/// It is the same as the /openapi.json of a server with these settings, and needs no database.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tallystick openapi > openapi.json
  tallystick openapi --pos-prefix /pos/v2.5")]
pub(crate) struct Args {
    /// Below which address the API of tills and web shops is served
    #[arg(long, env = "TALLYSTICK_POS_PREFIX", value_name = "PATH", hide_env_values = true)]
    pos_prefix: Option<PosPrefix>,
}

pub(super) fn run(args: Args, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    let mut flags = Layer::default();
    flags.point_of_sale.pos_prefix = args.pos_prefix;
    let settings = Settings::load(flags.over(Layer::from_environment()?), file, super::quiet())?;
    // JSON either way: the document is the answer.
    let document = app::document_below(&settings.point_of_sale.pos_prefix.0);
    output.text(&serde_json::to_string_pretty(&document).map_err(std::io::Error::from)?)
}
