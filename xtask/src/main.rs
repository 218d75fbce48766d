//! What `cargo xtask` runs: one command per file.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for the terminal")]

mod bench;
mod ci;
mod debian;
mod docs;
mod fault;
mod format;
mod licences;
mod lint;
mod openapi_lint;
mod packages;
mod peers;
mod process;
mod readers;
mod test;

use std::env;
use std::process::ExitCode;

use fault::Fault;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  test [--package P] [-- ARGS]   every test (or those of a package), with a PostgreSQL server of their own
  lint                           clippy; a warning is an error
  format                         whether `cargo fmt` has run
  docs                           the documentation; a warning is an error
  licences                       licences, banned crates and sources, as deny.toml allows them
  ci                             all of the above, and openapi-lint
  bench [--build] [--quick] [--only validate|create|misses|creditors|outbox|memory|waiting|start]
                                 the table of docs/benchmarks.md: with the cold build, short to try it, or one measure of it
  openapi-lint [--url URL] [--header 'NAME: VALUE']
                                 a public linter and a public property tester on the built program, or on the one at URL";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Err(fault) = run(&arguments) else { return ExitCode::SUCCESS };
    eprintln!("xtask: {fault}");
    if matches!(fault, Fault::Usage(_)) {
        eprintln!("\n{USAGE}");
    }
    fault.exit_code()
}

fn run(arguments: &[String]) -> Result<(), Fault> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(Fault::Usage("a command is missing".to_owned()));
    };
    let alone = |step: fn() -> Result<(), Fault>| match rest {
        [] => step(),
        [argument, ..] => Err(Fault::Usage(format!("{command}: unknown argument `{argument}`"))),
    };
    match command.as_str() {
        "test" => test::run(rest),
        "lint" => alone(lint::run),
        "format" => alone(format::run),
        "docs" => alone(docs::run),
        "licences" => alone(licences::run),
        "ci" => alone(ci::run),
        "bench" => bench::run(rest),
        "openapi-lint" => openapi_lint::run(rest),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(Fault::Usage(format!("unknown command `{command}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_call_is_told_apart_from_a_failure() {
        for line in ["", "tests", "lint --fix", "test --release"] {
            let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let fault = run(&arguments).unwrap_err();
            assert!(matches!(fault, Fault::Usage(_)), "{line}");
            assert_eq!(fault.exit_code(), ExitCode::from(2));
        }
    }
}
