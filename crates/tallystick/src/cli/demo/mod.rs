//! `tallystick demo`.

mod conversation;
mod data;
mod page;
mod temporary;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use domain::Environment;

use self::temporary::TemporaryDirectory;
use super::{CommandError, Output};
use crate::config::{Layer, Settings};
use crate::serve::{self, ServeError, Sockets};
use crate::start::{self, Schema};
use crate::system::SystemRandom;
use crate::telemetry::{self, Metrics};

/// Try everything in one command: a sandbox with data, keys, and curl lines to paste
///
/// Without --database it works on a temporary database, which is removed at the end. Without --listen it takes 127.0.0.1:8080, or a free
/// port when that is taken. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  tallystick demo
  tallystick demo --database sqlite:demo.db      keep the data, and go on with it next time")]
pub(crate) struct Args {
    #[command(flatten)]
    layer: Layer,
}

pub(super) fn run(args: Args, file: Option<PathBuf>, output: Output) -> Result<(), CommandError> {
    let (mut layer, file) = args.layer.over_file(file)?;
    if layer.server.environment == Some(Environment::Production) {
        return Err(CommandError::DemoIsSandbox);
    }
    let temporary = match layer.database.database {
        Some(_) => None,
        None => {
            let directory = TemporaryDirectory::new(&SystemRandom)?;
            layer.database.database = Some(format!("sqlite:{}", directory.path().join("demo.db").display()));
            Some(directory)
        }
    };
    let any_port = layer.server.listen.is_none();
    let settings = Settings::of(layer.over(super::quiet()), file)?;
    telemetry::install_logs(&settings.telemetry)?;
    let served = super::block_on(settings.server.worker_threads, async {
        let sockets = bind(&settings, any_port)?;
        let metrics = Metrics::install();
        let core = start::core(&settings, Schema::Migrate).await?;
        let demo = match data::prepare(&core, &settings).await {
            Ok(demo) => demo,
            Err(error) => {
                core.db().close().await;
                return Err(error);
            }
        };
        serve::run(core, &settings, sockets, metrics, async |_, ready| {
            if let Err(error) = page::print(output, &demo, ready, &settings, temporary.is_some()) {
                tracing::warn!(%error, "the page can't be printed");
            }
        })
        .await?;
        Ok(())
    });
    drop(temporary);
    served
}

/// Takes the address of the settings; when nobody chose it and it is taken, a free port.
fn bind(settings: &Settings, any_port: bool) -> Result<Sockets, ServeError> {
    match Sockets::bind(settings) {
        Err(ServeError::Listen { setting: "listen", .. }) if any_port => {
            let mut free = settings.clone();
            free.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            Sockets::bind(&free)
        }
        bound => bound,
    }
}
