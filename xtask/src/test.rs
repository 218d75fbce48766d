//! `cargo xtask test`: every test, with a PostgreSQL server and the peers of the channels for those that want them.

use std::process::Command;

use throwaway_postgres::{Programs, Server};

use crate::fault::Fault;
use crate::{debian, peers, process, readers};

/// Where the tests find the server; `testkit::postgres` reads it.
const VARIABLE: &str = "TALLYSTICK_TEST_POSTGRES";

/// What to test.
#[derive(Debug, Default, Eq, PartialEq)]
struct Selection {
    /// Packages by name; all when empty.
    packages: Vec<String>,
    /// For the test programs: what followed `--`.
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let selection = Selection::parse(arguments)?;
    if Programs::find().is_none() {
        debian::install("PostgreSQL's server", &["postgresql"])?;
    }
    readers::install(&selection.packages)?;
    let variables = peers::install(&selection.packages)?;
    // What does not compile is told before anything starts.
    process::run(selection.command().arg("--no-run"))?;
    let server = Server::start().map_err(|fault| Fault::Failed(format!("no PostgreSQL for the tests: {fault}")))?;
    println!("{VARIABLE}={}", server.url());
    for (name, value) in &variables {
        println!("{name}={}", value.display());
    }
    process::run(selection.with_rest().env(VARIABLE, server.url()).envs(variables))
}

impl Selection {
    fn parse(arguments: &[String]) -> Result<Selection, Fault> {
        let mut selection = Selection::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--" => selection.rest.extend(arguments.by_ref().cloned()),
                "-p" | "--package" => match arguments.next() {
                    Some(package) => selection.packages.push(package.clone()),
                    None => return Err(Fault::Usage(format!("{argument} needs the name of a package"))),
                },
                _ => {
                    return Err(Fault::Usage(format!(
                        "test: unknown argument `{argument}`; what is for the test programs goes behind `--`"
                    )));
                }
            }
        }
        Ok(selection)
    }

    fn command(&self) -> Command {
        let mut command = process::cargo();
        command.arg("test");
        if self.packages.is_empty() {
            command.arg("--workspace");
        }
        for package in &self.packages {
            command.args(["--package", package]);
        }
        command
    }

    fn with_rest(&self) -> Command {
        let mut command = self.command();
        // All of them, so that one run tells of every failure.
        command.arg("--no-fail-fast");
        if !self.rest.is_empty() {
            command.arg("--").args(&self.rest);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Selection, Fault> {
        Selection::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn words(command: &Command) -> Vec<&str> {
        command.get_args().map(|word| word.to_str().unwrap()).collect()
    }

    #[test]
    fn without_arguments_everything_is_tested() {
        let selection = parse("").unwrap();
        assert_eq!(words(&selection.with_rest()), ["test", "--workspace", "--no-fail-fast"]);
    }

    #[test]
    fn packages_and_what_is_behind_the_dashes_are_handed_on() {
        let selection = parse("--package store -p domain -- --nocapture -p").unwrap();
        let all = ["test", "--package", "store", "--package", "domain", "--no-fail-fast", "--", "--nocapture", "-p"];
        assert_eq!(words(&selection.with_rest()), all);
        assert_eq!(words(&selection.command()), all[..5]);
    }

    #[test]
    fn anything_else_is_wrong_usage() {
        for line in ["--package", "store", "--release"] {
            assert!(matches!(parse(line), Err(Fault::Usage(_))), "{line}");
        }
    }
}
