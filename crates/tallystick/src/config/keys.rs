//! `[keys]`: the master key, and the life of the keys that partners and clients hold.

use std::path::PathBuf;

use domain::api_key::LONGEST_OVERLAP;

use super::ConfigError;
use super::lifetime::Lifetime;
use super::section::section;
use super::span::Span;

section! {
    /// The master key, and the life of the keys that partners and clients hold.
    Keys, KeysLayer, "keys";

    /// A file with the master key: 32 bytes in base64, readable by its owner only. `TALLYSTICK_MASTER_KEY` holds the key itself
    master_key_file ["TALLYSTICK_MASTER_KEY_FILE", "FILE"]: PathBuf;

    /// How long a renewed key works beside its successor: 0 to 7d
    key_overlap ["TALLYSTICK_KEY_OVERLAP", "SPAN"]: Span = Span(defaults().key_overlap);

    /// How long a new client key lives: `never` (it does not expire) or a span
    client_key_lifetime ["TALLYSTICK_CLIENT_KEY_LIFETIME", "never|SPAN"]: Lifetime = defaults().client_key_lifetime.into();

    /// How long a new partner key or provisioning token lives: `never` or a span
    partner_key_lifetime ["TALLYSTICK_PARTNER_KEY_LIFETIME", "never|SPAN"]: Lifetime = defaults().partner_key_lifetime.into();

    /// How long a renewed key is kept after its overlap, before it is removed: 7d or longer
    superseded_key_retention ["TALLYSTICK_SUPERSEDED_KEY_RETENTION", "SPAN"]: Span = Span(defaults().superseded_key_retention);

    /// The most verified keys that are kept in memory
    key_cache_entries ["TALLYSTICK_KEY_CACHE_ENTRIES", "NUMBER"]: usize = defaults().key_cache_entries;
}

/// The core's own defaults, so that they stand in one place.
fn defaults() -> service::Settings {
    service::Settings::default()
}

impl Keys {
    /// Refuses values that the contract does not allow (its section "Onboarding": an overlap of 0 to 7 days), or that work against it.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.key_overlap.0 > LONGEST_OVERLAP {
            return Err(ConfigError::invalid("key-overlap", format!("{} is longer than 7d", self.key_overlap)));
        }
        // A renewal whose overlap is the longest can be repeated for as long, and a leaked key is traced by what it renewed.
        if self.superseded_key_retention.0 < LONGEST_OVERLAP {
            let fault = format!("{} is shorter than 7d", self.superseded_key_retention);
            return Err(ConfigError::invalid("superseded-key-retention", fault));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlap_is_seven_days_at_most() {
        let of = |text: &str| Keys { key_overlap: text.parse().unwrap(), ..Keys::default() }.check();
        assert!(of("0").is_ok());
        assert!(of("7d").is_ok());
        assert!(of("169h").unwrap_err().to_string().contains("key-overlap"));
    }

    #[test]
    fn a_renewed_key_is_kept_for_seven_days_at_least() {
        let of = |text: &str| Keys { superseded_key_retention: text.parse().unwrap(), ..Keys::default() }.check();
        assert!(of("7d").is_ok());
        for short in ["167h", "0"] {
            assert!(of(short).unwrap_err().to_string().contains("superseded-key-retention"));
        }
    }
}
