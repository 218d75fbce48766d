//! `cargo xtask ci`: all that a change must pass, one step after the other, up to the first that fails.

use std::time::Instant;

use crate::fault::Fault;
use crate::{docs, format, licences, lint, openapi_lint, test};

type Step = (&'static str, fn() -> Result<(), Fault>);

const STEPS: [Step; 6] = [
    ("test", || test::run(&[])),
    ("lint", lint::run),
    ("format", format::run),
    ("docs", docs::run),
    ("licences", licences::run),
    ("openapi-lint", || openapi_lint::run(&[])),
];

#[expect(clippy::disallowed_methods, reason = "how long a step took is told to whoever waited")]
pub(crate) fn run() -> Result<(), Fault> {
    for (name, step) in STEPS {
        println!("== {name}");
        let start = Instant::now();
        let result = step();
        let outcome = if result.is_ok() { "passed" } else { "failed" };
        println!("== {name} {outcome} after {} s", start.elapsed().as_secs());
        result?;
    }
    Ok(())
}
