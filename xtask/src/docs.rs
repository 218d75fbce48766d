//! `cargo xtask docs`: the documentation of our own crates, private items too; a warning is an error.

use crate::fault::Fault;
use crate::process;

pub(crate) fn run() -> Result<(), Fault> {
    let mut command = process::cargo();
    command.args(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    process::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}
