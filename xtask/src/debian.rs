use std::os::unix::fs::MetadataExt;
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

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Our own entry in /proc belongs to whom we run as.
fn is_root() -> io::Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}
