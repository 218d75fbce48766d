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
    toml::from_str(text).map_err(|source| ConfigError::File { path: path.to_owned(), source: Box::new(source) })
}
