//! Secrets in the configuration.

use std::collections::BTreeMap;

use domain::Secret;
use serde::{Deserialize, Deserializer};

/// Reads a text into keeping.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

/// Reads a text that may be absent into keeping.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret<String>>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

/// Reads named texts into keeping.
pub(crate) fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Secret<String>>, D::Error> {
    let read = BTreeMap::<String, String>::deserialize(deserializer)?;
    Ok(read.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}
