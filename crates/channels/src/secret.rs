//! Secrets in the configuration. The deserializer's own faults are not passed on: they show the value that did not fit.

use std::collections::BTreeMap;

use domain::Secret;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

const NO_TEXT: &str = "must be a text between quotes";

/// Reads a text into keeping.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret<String>, D::Error> {
    String::deserialize(deserializer).map(Secret::new).map_err(|_| D::Error::custom(NO_TEXT))
}

/// Reads a text that may be absent into keeping.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret<String>>, D::Error> {
    let read = Option::<String>::deserialize(deserializer).map_err(|_| D::Error::custom(NO_TEXT))?;
    Ok(read.map(Secret::new))
}

/// Reads named texts into keeping.
pub(crate) fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Secret<String>>, D::Error> {
    let read = BTreeMap::<String, String>::deserialize(deserializer)
        .map_err(|_| D::Error::custom("must be a table of texts between quotes, like { token = \"…\" }"))?;
    Ok(read.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Config {
        #[serde(deserialize_with = "text")]
        password: Secret<String>,
        #[serde(default, deserialize_with = "optional")]
        second: Option<Secret<String>>,
        #[serde(default, deserialize_with = "named")]
        secrets: BTreeMap<String, Secret<String>>,
    }

    #[test]
    fn a_secret_that_is_no_text_is_not_shown() {
        for text in [
            "password = 12345678",
            "password = 'a'\nsecond = 12345678",
            "password = 'a'\nsecrets = 12345678",
            "password = 'a'\nsecrets = 'x12345678'",
            "password = 'a'\n[secrets]\ntoken = 12345678",
        ] {
            let table: toml::Table = text.parse().unwrap();
            let error = table.try_into::<Config>().unwrap_err().to_string();
            assert!(error.contains("between quotes") && !error.contains("12345678"), "{text}: {error}");
        }
    }

    #[test]
    fn texts_are_read() {
        let config: Config = toml::from_str("password = 'a'\nsecond = 'b'\nsecrets = { token = 'c' }").unwrap();
        assert_eq!(config.password.expose(), "a");
        assert_eq!(config.second.unwrap().expose(), "b");
        assert_eq!(config.secrets["token"].expose(), "c");
    }
}
