use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;
use std::{fs, io};

use crate::fault::Fault;
use crate::process;

/// Installs Debian packages where we may: as root, on a system that has `apt-get`. Elsewhere fails and says what to do.
pub(crate) fn install(what: &str, packages: &[&str]) -> Result<(), Fault> {
    let names = packages.join(" ");
    if !is_root().unwrap_or(false) || !process::succeeds(Command::new("apt-get").arg("--version")) {
        return Err(Fault::Failed(format!(
            "{what} is missing. Install it and run this again; on Debian:\n\n    \
             sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}\n"
        )));
    }
    println!("{what} is missing: installing {names}");
    process::run(apt_get().arg("update"))?;
    process::run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages))
}

/// The directory that `package`, with what it needs and is missing here, is unpacked below, with the file `program` in it. Nothing is
/// installed: a mail server must not take the place of the one that is here, nor start. Needs no rights.
pub(crate) fn unpack(package: &str, program: &str) -> Result<PathBuf, Fault> {
    let directory = process::target().join("tools").join(package);
    if directory.join(program).exists() {
        return Ok(directory);
    }
    if !process::succeeds(Command::new("apt-get").arg("--version")) {
        return Err(Fault::Failed(format!("{package} is missing. Install it and run this again")));
    }
    let system = |error: io::Error| Fault::Failed(format!("{}: {error}", directory.display()));
    let archives = directory.join("archives");
    fs::create_dir_all(archives.join("partial")).map_err(system)?;
    if is_root().unwrap_or(false) {
        process::run(apt_get().arg("update"))?;
    }
    let mut command = apt_get();
    command.args(["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "-o"]);
    command.arg(format!("Dir::Cache::archives={}", archives.display()));
    process::run(command.args(["install", "--download-only", "-y", "--no-install-recommends", package]))?;
    for entry in fs::read_dir(&archives).map_err(system)? {
        let archive = entry.map_err(system)?.path();
        if archive.extension().is_some_and(|extension| extension == "deb") {
            process::run(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(&directory))?;
        }
    }
    if !directory.join(program).exists() {
        return Err(Fault::Failed(format!("{package} has no {program}")));
    }
    Ok(directory)
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Our own entry in /proc belongs to whom we run as.
fn is_root() -> io::Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}
