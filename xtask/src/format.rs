//! `cargo xtask format`: whether all code is laid out as `cargo fmt` does it.

use crate::fault::Fault;
use crate::process;

pub(crate) fn run() -> Result<(), Fault> {
    process::run(process::cargo().args(["fmt", "--all", "--check"]))
}
