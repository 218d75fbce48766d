//! `cargo xtask bench`: the table of `docs/benchmarks.md`.

use crate::fault::Fault;

pub(crate) fn run() -> Result<(), Fault> {
    Err(Fault::Failed("bench is not written yet".to_owned()))
}
