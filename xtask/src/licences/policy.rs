use std::collections::BTreeMap;

use toml::{Table, Value};

/// The part of `deny.toml` that is checked here.
#[derive(Debug)]
pub(crate) struct Policy {
    /// Licences that a crate may have: `licenses.allow`.
    pub(crate) allowed: Vec<String>,
    /// Crates that must not be in the tree, with the reason: `bans.deny`.
    pub(crate) banned: BTreeMap<String, String>,
}

impl Policy {
    /// Reads the text of `deny.toml`.
    pub(crate) fn parse(text: &str) -> Result<Policy, String> {
        let file: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let allowed = list(&file, "licenses", "allow")?
            .iter()
            .map(|licence| licence.as_str().map(str::to_owned).ok_or("licenses.allow: each is a text"))
            .collect::<Result<_, _>>()?;
        let banned = list(&file, "bans", "deny")?.iter().map(ban).collect::<Result<_, _>>()?;
        Ok(Policy { allowed, banned })
    }
}

fn list<'a>(file: &'a Table, table: &str, key: &str) -> Result<&'a Vec<Value>, String> {
    let value = file.get(table).and_then(|table| table.get(key)).and_then(Value::as_array);
    value.ok_or_else(|| format!("{table}.{key} is missing, or not a list"))
}

fn ban(entry: &Value) -> Result<(String, String), &'static str> {
    let text = |key| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    text("crate").zip(text("reason")).ok_or("bans.deny: each names a `crate` and the `reason`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_read() {
        let text = "[licenses]\nallow = ['MIT', 'ISC']\n[bans]\ndeny = [{ crate = 'openssl', reason = 'rustls' }]";
        let policy = Policy::parse(text).unwrap();
        assert_eq!(policy.allowed, ["MIT", "ISC"]);
        assert_eq!(policy.banned, BTreeMap::from([("openssl".to_owned(), "rustls".to_owned())]));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_not_an_empty_one() {
        for text in [
            "",
            "[licenses]\nallow = []",
            "[licenses]\nallow = 'MIT'\n[bans]\ndeny = []",
            "[licenses]\nallow = [1]\n[bans]\ndeny = []",
            "[licenses]\nallow = []\n[bans]\ndeny = ['openssl']",
            "[licenses",
        ] {
            assert!(Policy::parse(text).is_err(), "{text}");
        }
    }
}
