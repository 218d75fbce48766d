//! Master keys: versioned, so that a new one can take over while values sealed under an old one are still read.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Random, Secret};
use zeroize::Zeroize;

/// The length of a master key in bytes.
pub const KEY_BYTES: usize = 32;

/// The master keys of an installation. The one of the highest version seals; each unseals what it sealed.
#[derive(Clone)]
pub struct MasterKeys(BTreeMap<u32, Secret<[u8; KEY_BYTES]>>);

/// Why a text is no master key. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// There is nothing in it.
    #[error("the master key is empty: give 32 bytes in base64, such as `openssl rand -base64 32` prints")]
    Empty,
    /// It is not base64 of 32 bytes.
    #[error("master key number {0} in the list is not 32 bytes in base64, such as `openssl rand -base64 32` prints")]
    NotAKey(usize),
    /// What stands before its colon is no version.
    #[error("master key number {0} in the list has no version: write `2:BASE64,1:BASE64`, with versions from 1 up")]
    NoVersion(usize),
    /// Two keys have one version.
    #[error("master key version {0} is there twice")]
    Twice(u32),
}

impl MasterKeys {
    /// Reads one key in base64, which is version 1, or a list of `VERSION:BASE64` separated by commas or line ends. Lines that start
    /// with `#` are comments.
    ///
    /// # Errors
    /// [`MasterKeyError`], which names the place in the list and never the text.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let entries: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| line.split(','))
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .collect();
        let mut keys = BTreeMap::new();
        for (i, entry) in entries.iter().enumerate() {
            let (version, base64) = match entry.split_once(':') {
                Some((version, base64)) => {
                    let version = version.parse().ok().filter(|version| *version > 0);
                    (version.ok_or(MasterKeyError::NoVersion(i + 1))?, base64)
                }
                None if entries.len() == 1 => (1, *entry),
                None => return Err(MasterKeyError::NoVersion(i + 1)),
            };
            let mut bytes = STANDARD.decode(base64.trim()).map_err(|_| MasterKeyError::NotAKey(i + 1))?;
            let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map_err(|_| MasterKeyError::NotAKey(i + 1));
            bytes.zeroize();
            if keys.insert(version, Secret::new(key?)).is_some() {
                return Err(MasterKeyError::Twice(version));
            }
        }
        if keys.is_empty() { Err(MasterKeyError::Empty) } else { Ok(Self(keys)) }
    }

    /// A new key of version 1, and the text that [`MasterKeys::parse`] reads.
    #[must_use]
    pub fn generate(random: &dyn Random) -> (Self, Secret<String>) {
        let mut key = [0; KEY_BYTES];
        random.fill(&mut key);
        let text = Secret::new(STANDARD.encode(key));
        let keys = Self(BTreeMap::from([(1, Secret::new(key))]));
        key.zeroize();
        (keys, text)
    }

    /// The version that seals.
    #[must_use]
    pub fn newest(&self) -> u32 {
        self.0.keys().next_back().copied().unwrap_or(0)
    }

    /// The versions, lowest first.
    pub fn versions(&self) -> impl Iterator<Item = u32> {
        self.0.keys().copied()
    }

    pub(crate) fn get(&self, version: u32) -> Option<&Secret<[u8; KEY_BYTES]>> {
        self.0.get(&version)
    }
}

impl std::fmt::Debug for MasterKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKeys({:?})", self.0.keys().collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const B: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    #[test]
    fn reads_one_key_and_lists() {
        assert_eq!(MasterKeys::parse(A).unwrap().newest(), 1);
        assert_eq!(MasterKeys::parse(&format!("1:{A},3:{B}")).unwrap().newest(), 3);
        assert_eq!(MasterKeys::parse(&format!("# made by hand\n2:{A}\n1:{B}\n")).unwrap().newest(), 2);
    }

    #[test]
    fn refuses_what_is_no_key_without_repeating_it() {
        for (text, error) in [
            ("", MasterKeyError::Empty),
            ("# only a comment", MasterKeyError::Empty),
            ("c2hvcnQ=", MasterKeyError::NotAKey(1)),
            ("not base64!", MasterKeyError::NotAKey(1)),
            (&format!("0:{A}"), MasterKeyError::NoVersion(1)),
            (&format!("1:{A},{B}"), MasterKeyError::NoVersion(2)),
            (&format!("1:{A},1:{B}"), MasterKeyError::Twice(1)),
        ] {
            assert_eq!(MasterKeys::parse(text).unwrap_err(), error);
            assert!(text.is_empty() || !error.to_string().contains(text));
        }
    }
}
