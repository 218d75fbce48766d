//! `cargo xtask lint`: clippy over all targets; a warning is an error.

use crate::fault::Fault;
use crate::process;

pub(crate) fn run() -> Result<(), Fault> {
    process::run(process::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}
