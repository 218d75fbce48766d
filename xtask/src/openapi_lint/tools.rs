//! The two public tools, each of a version that was seen to work, kept with what is built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fault::Fault;
use crate::{debian, process};

/// One package without dependencies. Needs Node.js 20.19 or later.
const REDOCLY: &str = "2.77.0";
/// Needs Python 3.10 or later.
const SCHEMATHESIS: &str = "4.32.5";

/// The linter, installed if need be.
pub(crate) fn redocly() -> Result<PathBuf, Fault> {
    let directory = tools().join(format!("redocly-{REDOCLY}"));
    let program = directory.join("node_modules/.bin/redocly");
    if !program.exists() {
        if !process::succeeds(Command::new("npm").arg("--version")) {
            debian::install("Node.js with npm", &["nodejs", "npm"])?;
        }
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&directory);
        process::run(command.arg(format!("@redocly/cli@{REDOCLY}")))?;
    }
    Ok(program)
}

/// The property tester, installed if need be.
pub(crate) fn schemathesis() -> Result<PathBuf, Fault> {
    let directory = tools().join(format!("schemathesis-{SCHEMATHESIS}"));
    let program = directory.join("bin/schemathesis");
    if !program.exists() {
        if !process::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
            debian::install("Python with venv", &["python3", "python3-venv"])?;
        }
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
        let mut command = Command::new(directory.join("bin/pip"));
        process::run(command.args(["install", "--quiet", &format!("schemathesis=={SCHEMATHESIS}")]))?;
    }
    Ok(program)
}

/// A command of a tool, which may write what it likes into its working directory.
pub(crate) fn command(program: &Path) -> Result<Command, Fault> {
    let directory = tools();
    fs::create_dir_all(&directory).map_err(|error| Fault::Failed(format!("{}: {error}", directory.display())))?;
    let mut command = Command::new(program);
    // They stay silent towards their makers.
    command.current_dir(directory).env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    Ok(command)
}

fn tools() -> PathBuf {
    process::target().join("tools")
}
