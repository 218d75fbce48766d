//! The two public tools, each of a version that was seen to work, kept with what is built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::{packages, process};

/// One package without dependencies. Needs Node.js 20.19 or later.
const REDOCLY: &str = "2.77.0";
/// Needs Python 3.10 or later.
const SCHEMATHESIS: &str = "4.32.5";

/// The linter, installed if need be.
pub(crate) fn redocly() -> Result<PathBuf, Fault> {
    let modules = packages::npm("@redocly/cli", REDOCLY, "require.resolve('@redocly/cli/package.json')")?;
    Ok(modules.join(".bin/redocly"))
}

/// The property tester, installed if need be.
pub(crate) fn schemathesis() -> Result<PathBuf, Fault> {
    Ok(packages::pypi("schemathesis", SCHEMATHESIS, "import schemathesis.cli")?.join("schemathesis"))
}

/// A command of a tool, which may write what it likes into its working directory.
pub(crate) fn command(program: &Path) -> Result<Command, Fault> {
    let directory = process::target().join("tools");
    fs::create_dir_all(&directory).map_err(|error| Fault::Failed(format!("{}: {error}", directory.display())))?;
    let mut command = Command::new(program);
    // They stay silent towards their makers.
    command.current_dir(directory).env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    Ok(command)
}
