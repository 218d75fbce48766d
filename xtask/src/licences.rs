//! `cargo xtask licences`: whether every crate in the tree is one that `deny.toml` allows.
//!
//! cargo-deny does it where it is installed. Elsewhere the same questions, but for advisories, are answered here, so that nobody
//! must build it first.

mod check;
mod policy;
mod spdx;
mod tree;

use std::fs;
use std::process::Command;

use crate::fault::Fault;
use crate::process;

use check::check;
use policy::Policy;

pub(crate) fn run() -> Result<(), Fault> {
    if process::succeeds(Command::new("cargo-deny").arg("--version")) {
        return process::run(process::cargo().args(["deny", "--locked", "check", "licenses", "bans", "sources"]));
    }
    let text = fs::read_to_string(process::workspace().join("deny.toml"))
        .map_err(|error| Fault::Failed(format!("could not read deny.toml: {error}")))?;
    let policy = Policy::parse(&text).map_err(|why| Fault::Failed(format!("deny.toml: {why}")))?;
    let packages = tree::read()?;
    let findings = check(&policy, &packages);
    if findings.is_empty() {
        println!("{} crates: licences, names and sources are as deny.toml allows", packages.len());
        return Ok(());
    }
    for finding in &findings {
        println!("{finding}");
    }
    Err(Fault::Failed(format!("{} findings against deny.toml", findings.len())))
}
