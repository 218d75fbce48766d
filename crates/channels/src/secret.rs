//! Secrets in the configuration.

use domain::Secret;
use serde::{Deserialize, Deserializer};

/// Reads a text into keeping.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}
