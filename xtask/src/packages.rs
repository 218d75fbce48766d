//! Packages of npm and of PyPI, each of a version that was seen to work, kept with what is built. Debian's packages are
//! [`crate::debian`]'s.

use std::path::PathBuf;
use std::process::Command;

use crate::fault::Fault;
use crate::{debian, process};

/// The directory of the modules with `module` of this version in it, installed if need be. `uses` is what Node.js must be able to run:
/// an install that was cut short leaves its directory behind.
pub(crate) fn npm(module: &str, version: &str, uses: &str) -> Result<PathBuf, Fault> {
    let runs = |program: &str| process::succeeds(Command::new(program).arg("--version"));
    if !runs("node") || !runs("npm") {
        debian::install("Node.js with npm", &["nodejs", "npm"])?;
    }
    let directory = directory(module, version);
    let modules = directory.join("node_modules");
    if !process::succeeds(Command::new("node").env("NODE_PATH", &modules).args(["-e", uses])) {
        let mut command = Command::new("npm");
        command.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&directory);
        process::run(command.arg(format!("{module}@{version}")))?;
    }
    Ok(modules)
}

/// The programs of an environment of Python with `project` of this version in it, installed if need be. `uses` is what its Python must be
/// able to run.
pub(crate) fn pypi(project: &str, version: &str, uses: &str) -> Result<PathBuf, Fault> {
    pypi_with(project, version, &[], uses)
}

/// The same with further projects, each as `project==version`, that `project` does without and the tests do not.
pub(crate) fn pypi_with(project: &str, version: &str, further: &[&str], uses: &str) -> Result<PathBuf, Fault> {
    if !process::succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        debian::install("Python with venv", &["python3", "python3-venv"])?;
    }
    let directory = directory(project, version);
    let programs = directory.join("bin");
    let python = programs.join("python");
    if !process::succeeds(Command::new(&python).args(["-c", uses])) {
        process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory))?;
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "install", "--quiet", &format!("{project}=={version}")]);
        process::run(command.args(further))?;
    }
    Ok(programs)
}

fn directory(name: &str, version: &str) -> PathBuf {
    let name = name.trim_start_matches('@').replace('/', "-");
    process::target().join("tools").join(format!("{name}-{version}"))
}
