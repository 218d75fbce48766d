//! `cargo xtask bench`: the table of `docs/benchmarks.md`.
//!
//! Measuring is a program of its own, `xtask/bench`, so that `cargo xtask` stays small. This builds it and the program under test.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use throwaway_postgres::Programs;

use crate::fault::Fault;
use crate::{debian, peers, process};

/// What to measure.
#[derive(Debug, Default, Eq, PartialEq)]
struct Request {
    /// The cold build as well.
    build: bool,
    /// Short times and a small database, to try whether it works. The document is left as it is.
    quick: bool,
    /// Only this measure. The document is left as it is.
    only: Option<String>,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let request = Request::parse(arguments)?;
    if !process::succeeds(Command::new("sh").args(["-c", "command -v wrk"])) {
        debian::install("the load generator wrk", &["wrk"])?;
    }
    if Programs::find().is_none() {
        debian::install("PostgreSQL's server", &["postgresql"])?;
    }
    let cold_build = if request.build { Some(cold_build()?) } else { None };
    // Each alone, because together each would get the features that the other asks of their dependencies.
    for package in ["tallystick", "bench"] {
        process::run(process::cargo().args(["build", "--release", "--package", package]))?;
    }
    let mut command = request.command(cold_build);
    if request.has_one_of(&["outbox"]) {
        let (name, modules) = peers::install_smsc("the measures")?;
        command.env(name, modules);
    }
    if request.has_one_of(&["tokens"]) {
        let (name, modules) = peers::install_oidc_provider("the measures")?;
        command.env(name, modules);
    }
    if request.has_one_of(&["mails", "underway"]) {
        let (name, root) = peers::install_postfix("the measures")?;
        command.env(name, root);
    }
    process::run(&mut command)
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Request, Fault> {
        let mut request = Request::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--build" => request.build = true,
                "--quick" => request.quick = true,
                "--only" => match arguments.next() {
                    Some(measure) => request.only = Some(measure.clone()),
                    None => return Err(Fault::Usage("bench: --only needs the name of a measure".to_owned())),
                },
                _ => return Err(Fault::Usage(format!("bench: unknown argument `{argument}`"))),
            }
        }
        if request.build && !request.is_whole() {
            return Err(Fault::Usage("bench: --build is for the whole table, without --quick and --only".to_owned()));
        }
        Ok(request)
    }

    /// Whether it makes the whole table, so that it may replace the document.
    fn is_whole(&self) -> bool {
        !self.quick && self.only.is_none()
    }

    /// Whether one of these is measured.
    fn has_one_of(&self, measures: &[&str]) -> bool {
        self.only.as_deref().is_none_or(|only| measures.contains(&only))
    }

    fn command(&self, cold_build: Option<Duration>) -> Command {
        let (target, directory) = (process::target(), process::target().join("bench"));
        let document = if self.is_whole() {
            process::workspace().join("docs/benchmarks.md")
        } else {
            directory.join("partial.md")
        };
        let mut command = Command::new(target.join("release/bench"));
        command.arg("--program").arg(target.join("release/tallystick"));
        command.arg("--directory").arg(directory).arg("--document").arg(document);
        if self.quick {
            command.arg("--quick");
        }
        if let Some(only) = &self.only {
            command.args(["--only", only]);
        }
        if let Some(time) = cold_build {
            command.args(["--cold-build", &time.as_secs().to_string()]);
        }
        command
    }
}

/// Builds the program into an empty directory, and answers how long that took.
#[expect(clippy::disallowed_methods, reason = "the time of a build is what is asked for")]
fn cold_build() -> Result<Duration, Fault> {
    // The network is not measured.
    process::run(process::cargo().args(["fetch", "--locked"]))?;
    let directory = process::target().join("bench/cold-build");
    let remove = || match fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Fault::Failed(format!("could not remove {}: {error}", directory.display())))
        }
        _ => Ok(()),
    };
    remove()?;
    let start = Instant::now();
    let mut command = process::cargo();
    command.args(["build", "--release", "--locked", "--package", "tallystick"]);
    process::run(command.env("CARGO_TARGET_DIR", &directory))?;
    let time = start.elapsed();
    remove()?;
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Request, Fault> {
        Request::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn line(request: &Request, cold_build: Option<u64>) -> String {
        let command = request.command(cold_build.map(Duration::from_secs));
        command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_the_whole_table_replaces_the_document() {
        let whole = line(&parse("--build").unwrap(), Some(480));
        assert!(whole.contains("docs/benchmarks.md") && whole.ends_with("--cold-build 480"), "{whole}");
        for part in ["--quick", "--only create", "--quick --only create"] {
            let line = line(&parse(part).unwrap(), None);
            assert!(!line.contains("docs/benchmarks.md") && line.ends_with(part), "{line}");
        }
    }

    #[test]
    fn a_peer_is_installed_for_the_measures_that_need_it() {
        for (line, expected) in [("", true), ("--only mails", true), ("--quick", true), ("--only waiting", false)] {
            assert_eq!(parse(line).unwrap().has_one_of(&["mails", "underway"]), expected, "{line}");
        }
    }

    #[test]
    fn anything_else_is_wrong_usage() {
        for line in ["validate", "--only", "--build --quick", "--build --only create"] {
            assert!(matches!(parse(line), Err(Fault::Usage(_))), "{line}");
        }
    }
}
