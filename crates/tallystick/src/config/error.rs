//! What can be wrong with the configuration.

use std::path::PathBuf;

/// Why the configuration can't be used. Each text names the setting, variable or line, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was asked for can't be read.
    #[error("the configuration file {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds an unknown key, a wrong value or a fault of syntax.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What, and on which line. Not the line itself, which may hold a password.
        fault: String,
    },
    /// A variable has a value that its setting does not take.
    #[error("a TALLYSTICK_… variable: {0}")]
    Variable(String),
    /// A value is out of bounds, or contradicts another.
    #[error("the setting `{setting}`: {reason}")]
    Invalid {
        /// The setting, as its flag without dashes.
        setting: &'static str,
        /// What is wrong and how to mend it.
        reason: String,
    },
}

impl ConfigError {
    pub(crate) fn invalid(setting: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { setting, reason: reason.into() }
    }

    /// Clap's first line says what is wrong; the rest is about a usage that this is not.
    pub(crate) fn variable(error: &clap::Error) -> Self {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        Self::Variable(line.strip_prefix("error: ").unwrap_or(line).to_owned())
    }
}

/// Refuses a zero where one is the least.
pub(crate) fn at_least_one(setting: &'static str, number: usize) -> Result<(), ConfigError> {
    if number == 0 {
        Err(ConfigError::invalid(setting, "0 would let nothing through: write 1 or more"))
    } else {
        Ok(())
    }
}
