//! The configuration file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{ConfigError, Layer};

/// The file that is read when none is named, if it is there.
const DEFAULT_FILE: &str = "tallystick.toml";

/// Reads `named`, or the default file when it exists. Answers with the file that was read.
pub(crate) fn read(named: Option<PathBuf>) -> Result<(Layer, Option<PathBuf>), ConfigError> {
    let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((parse(&text, &path)?, Some(path))),
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Ok((Layer::default(), None)),
        Err(source) => Err(ConfigError::Unreadable { path, source }),
    }
}

/// Reads the text of a file; `path` is for the error.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Layer, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::File { path: path.to_owned(), fault: told(&error, text) })
}

/// What is wrong with `text`, and on which line. The error's own text shows the whole line, which may hold a password.
fn told(error: &toml::de::Error, text: &str) -> String {
    let Some(span) = error.span() else { return one_line(error) };
    let line = 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count();
    format!("line {line}: {}", error.message())
}

/// The text of an error that knows no line, and so shows none: what is wrong and at which key.
pub(crate) fn one_line(error: &toml::de::Error) -> String {
    error.to_string().trim_end().replace('\n', ", ")
}
