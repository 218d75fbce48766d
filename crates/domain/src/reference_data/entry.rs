//! Texts by key, in the order in which they were written.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;

/// A text, or entries by key. A map of the JSON library would sort the keys; forms show them in the order of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A text for a person.
    Text(String),
    /// Entries by key, in order, no key twice.
    Group(Vec<(String, Self)>),
}

impl Entry {
    /// Reads JSON of objects and texts only.
    pub(crate) fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The entry as JSON, without white space.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and keys that are texts are JSON")
    }

    /// The entry of `key`, if this is a group that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.members().iter().find(|(known, _)| known == key).map(|(_, entry)| entry)
    }

    /// The entries of a group, none of a text.
    #[must_use]
    pub fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Text(_) => &[],
            Self::Group(members) => members,
        }
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Group(_) => None,
        }
    }
}

impl serde::Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Group(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, entry) in members {
                    map.serialize_entry(key, entry)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> serde::Deserialize<'de> for Entry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or an object of texts")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Entry, E> {
                Ok(Entry::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
                let mut members: Vec<(String, Entry)> = Vec::new();
                while let Some((key, entry)) = map.next_entry::<String, Entry>()? {
                    if members.iter().any(|(known, _)| *known == key) {
                        return Err(serde::de::Error::custom(format!("{key} is there twice")));
                    }
                    members.push((key, entry));
                }
                Ok(Entry::Group(members))
            }
        }

        deserializer.deserialize_any(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_a_key_is_there_once() {
        let text = r#"{"b":"1","a":{"d":"é","c":""}}"#;
        let entry = Entry::from_json(text).unwrap();
        assert_eq!(entry.to_json(), text.as_bytes());
        assert_eq!(entry.get("a").and_then(|a| a.get("d")).and_then(Entry::as_text), Some("é"));
        assert_eq!(entry.get("c"), None);
        for wrong in [r#"{"a":"1","a":"2"}"#, r#"{"a":1}"#, r#"["a"]"#, "null", "{"] {
            assert!(Entry::from_json(wrong).is_err(), "{wrong}");
        }
    }
}
