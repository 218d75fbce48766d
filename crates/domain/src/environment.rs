//! The environment that one running instance is.

use std::fmt;
use std::str::FromStr;

/// Sandbox or production. A key of one is an unknown key in the other, because each has a database of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For trying: wrong check digits of business and VAT numbers are warnings, unknown fields are named.
    Sandbox,
    /// For real: check digits are enforced, and the master key must be given.
    Production,
}

impl Environment {
    /// The name used in configuration and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Environment {
    type Err = String;

    /// Takes `sandbox`, `production`, and `staging`, as the public documentation calls the sandbox.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "sandbox" | "staging" => Ok(Self::Sandbox),
            "production" => Ok(Self::Production),
            other => Err(format!("`{other}` is no environment: use sandbox or production")),
        }
    }
}
