//! `tallystick demo`.

mod accounts;
mod conversation;
mod data;
mod e_invoice_operator;
mod folders;
mod invoices;
mod page;
mod purchase;
mod temporary;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use domain::Environment;
use store::DbOptions;

use self::e_invoice_operator::Operator;
use self::folders::Folders;
use self::page::Page;
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
/// port when that is taken. Mails, prints and e-invoices come into folders of its own, unless a channel is set for them: beside the file of
/// --database, otherwise into a temporary one. Ctrl-C ends it.
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
    let is_kept = layer.database.database.is_some();
    // Beside a file that is kept, so that a second start finds what the first has sent.
    let beside = layer.database.database.as_ref().and_then(|url| DbOptions::new(url).sqlite_path());
    let (root, temporary) = match beside {
        Some(database) => (std::path::absolute(beside_it(database))?, None),
        None => {
            let directory = TemporaryDirectory::new(&SystemRandom)?;
            (directory.path().join("sent"), Some(directory))
        }
    };
    if let (None, Some(directory)) = (&layer.database.database, &temporary) {
        layer.database.database = Some(format!("sqlite:{}", directory.path().join("demo.db").display()));
    }
    let folders = Folders::below(root);
    let any_port = layer.server.listen.is_none();
    let layer = folders.under(layer).map_err(CommandError::Channel)?;
    let settings = Settings::of(layer.over(super::quiet()), file)?;
    telemetry::install_logs(&settings.telemetry)?;
    let served = super::block_on(settings.server.worker_threads, async {
        let sockets = bind(&settings, any_port)?;
        let metrics = Metrics::install();
        let core = start::core(&settings, Schema::Migrate).await?;
        let prepared = async {
            folders.make()?;
            data::prepare(&core, &settings, &folders).await
        };
        let demo = match prepared.await {
            Ok(demo) => demo,
            Err(error) => {
                core.db().close().await;
                return Err(error);
            }
        };
        let operator = Operator::start(&folders);
        let served = serve::run(core, &settings, sockets, metrics, async |_, ready| {
            let page = Page {
                demo: &demo,
                ready,
                settings: &settings,
                folders: &folders,
                is_kept,
                has_kept_folders: temporary.is_none(),
            };
            if let Err(error) = page.print(output) {
                tracing::warn!(%error, "the page can't be printed");
            }
        })
        .await;
        // Before its folders are removed.
        operator.stop().await;
        Ok(served?)
    });
    drop(temporary);
    served
}

/// The folder of what is sent, beside the file of a database.
fn beside_it(database: PathBuf) -> PathBuf {
    let mut path = database.into_os_string();
    path.push(".sent");
    path.into()
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
