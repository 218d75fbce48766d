//! What `cargo xtask bench` asks for.

use std::path::PathBuf;

use crate::fault::Fault;
use crate::measure::MEASURES;

/// What to measure, with what, and where to write it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    /// The release build of the program.
    pub(crate) program: PathBuf,
    /// Where databases are made and kept.
    pub(crate) directory: PathBuf,
    /// The document to write.
    pub(crate) document: PathBuf,
    /// Short times and a small database.
    pub(crate) quick: bool,
    /// Only this measure.
    pub(crate) only: Option<String>,
    /// How long the cold build took, in seconds.
    pub(crate) cold_build: Option<f64>,
}

impl Arguments {
    pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Self, Fault> {
        let mut arguments = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| Fault::Usage(format!("{word} needs a value")));
            match word.as_str() {
                "--program" => arguments.program = value()?.into(),
                "--directory" => arguments.directory = value()?.into(),
                "--document" => arguments.document = value()?.into(),
                "--quick" => arguments.quick = true,
                "--only" => arguments.only = Some(known(value()?)?),
                "--cold-build" => arguments.cold_build = Some(seconds(&value()?)?),
                _ => return Err(Fault::Usage(format!("unknown argument `{word}`; start this by `cargo xtask bench`"))),
            }
        }
        let needed = [&arguments.program, &arguments.directory, &arguments.document];
        if needed.iter().any(|path| path.as_os_str().is_empty()) {
            return Err(Fault::Usage("start this by `cargo xtask bench`".to_owned()));
        }
        Ok(arguments)
    }
}

fn known(name: String) -> Result<String, Fault> {
    let names = MEASURES.map(|(name, _)| name);
    if names.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(Fault::Usage(format!("there is no measure `{name}`: it is one of {}", names.join(", "))))
}

fn seconds(text: &str) -> Result<f64, Fault> {
    text.parse().map_err(|_| Fault::Usage(format!("`{text}` is no number of seconds")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, Fault> {
        Arguments::parse(line.split_whitespace().map(str::to_owned))
    }

    const PATHS: &str = "--program p --directory d --document m.md";

    #[test]
    fn everything_is_taken() {
        let arguments = parse(&format!("{PATHS} --quick --only create --cold-build 480.5")).unwrap();
        assert_eq!(arguments.program, PathBuf::from("p"));
        assert_eq!(arguments.only.as_deref(), Some("create"));
        assert!(arguments.quick);
        assert_eq!(arguments.cold_build, Some(480.5));
    }

    #[test]
    fn anything_else_is_wrong_usage() {
        for line in ["", "--program p", "--quick", &format!("{PATHS} --only x"), &format!("{PATHS} --cold-build soon")]
        {
            assert!(matches!(parse(line), Err(Fault::Usage(_))), "{line}");
        }
    }
}
