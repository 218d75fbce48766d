//! A command on the core: opened, used as the operator, closed.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use service::{Context, Core};

use super::{CommandError, Essentials};
use crate::config::Settings;
use crate::start::{self, Schema};
use crate::telemetry;

/// The core, and on whose behalf the command uses it.
pub(crate) struct Session {
    pub(crate) core: Core,
    pub(crate) context: Context,
}

impl Session {
    /// Runs `work` on the installation that `essentials` names, and closes it again.
    pub(crate) fn run<T>(
        essentials: Essentials,
        file: Option<PathBuf>,
        work: impl AsyncFnOnce(&Self) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let settings = essentials.settings(file)?;
        Self::run_with(&settings, work)
    }

    /// As [`Session::run`], with settings that are known already.
    pub(crate) fn run_with<T>(
        settings: &Settings,
        work: impl AsyncFnOnce(&Self) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        telemetry::install_logs(&settings.telemetry)?;
        super::block_on(settings.server.worker_threads, async {
            let core = start::core(settings, Schema::Require).await?;
            let session = Self { core, context: operator() };
            let result = work(&session).await;
            session.core.db().close().await;
            result
        })
    }
}

/// The person at the command line, by the name of their account.
pub(crate) fn operator() -> Context {
    let name = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|variable| std::env::var(variable).ok().filter(|name| !name.is_empty()));
    Context::operator(name.unwrap_or_else(|| match std::fs::metadata("/proc/self") {
        Ok(process) => format!("uid {}", process.uid()),
        Err(_) => "unknown".to_owned(),
    }))
}
