use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::span;

/// A folder that somebody collects documents from.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DropConfig {
    /// The folder. It is never made here: where it is missing, a file system may not be mounted.
    pub folder: PathBuf,
    /// The most documents that may wait there, 1 or more. Default: 10000.
    #[serde(default = "most_waiting")]
    pub most_waiting: usize,
    /// A folder where the other side puts its acknowledgements. Default: none.
    #[serde(default)]
    pub acknowledgements: Option<PathBuf>,
    /// How long a document may take: longer than 0. Default: 1m.
    #[serde(default = "timeout", deserialize_with = "span::read")]
    pub timeout: Duration,
}

const fn most_waiting() -> usize {
    10_000
}

const fn timeout() -> Duration {
    Duration::from_mins(1)
}
