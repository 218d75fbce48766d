//! `tallystick serve`.

use std::path::PathBuf;

use super::{CommandError, Output};
use crate::config::{Layer, Settings};
use crate::serve::{self, Sockets};
use crate::start::{self, Schema};
use crate::telemetry::{self, Metrics};

/// Serve the API until SIGINT or SIGTERM
///
/// Prints `listening on http://HOST:PORT` on its own line once it answers requests. A signal ends it in order: what is under way is
/// finished. A second signal ends it at once. SIGHUP reads the certificate anew, when there is one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tallystick serve
  tallystick serve --listen 127.0.0.1:0 --database sqlite:/var/lib/tallystick/tallystick.db
  TALLYSTICK_MASTER_KEY=… tallystick serve --environment production --database postgres://tallystick@db/tallystick
  tallystick serve --tls-cert cert.pem --tls-key key.pem --metrics-listen 127.0.0.1:9090")]
pub(crate) struct Args {
    #[command(flatten)]
    layer: Layer,
}

pub(super) fn run(args: Args, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    let settings = Settings::load(args.layer, file, Layer::default())?;
    telemetry::install_logs(&settings.telemetry)?;
    let schema = if settings.database.migrate { Schema::Migrate } else { Schema::Require };
    super::block_on(settings.server.worker_threads, async {
        let sockets = Sockets::bind(&settings)?;
        let metrics = Metrics::install();
        let core = start::core(&settings, schema).await?;
        serve::run(core, &settings, sockets, metrics, async |_, ready| {
            if let Err(error) = announce(output, ready) {
                tracing::warn!(%error, "the address can't be printed");
            }
        })
        .await?;
        Ok(())
    })
}

/// The line that others wait for.
fn announce(output: Output, ready: &serve::Ready) -> Result<(), CommandError> {
    if output.is_json() {
        let metrics = ready.metrics.map(|address| format!("http://{address}/metrics"));
        output.answer(&serde_json::json!({ "listening": ready.url, "metrics": metrics }), String::new)
    } else {
        output.text(&format!("listening on {}", ready.url))
    }
}
