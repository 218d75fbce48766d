//! The secret that an endpoint's webhooks are signed with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::{Random, Secret};

/// What the text form begins with.
const PREFIX: &str = "whsec_";

/// The octets of a secret of ours.
const LENGTH: usize = 32;

/// The octets that a secret may have.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A symmetric secret of Standard Webhooks: 24 to 64 octets, in text `whsec_` and their base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecret(Secret<Vec<u8>>);

/// A text that is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is whsec_ followed by the base64 of 24 to 64 octets")]
pub struct NoWebhookSecret;

impl WebhookSecret {
    /// A new one.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut octets = Secret::new(vec![0; LENGTH]);
        random.fill(octets.expose_mut());
        Self(octets)
    }

    /// Of its octets.
    ///
    /// # Errors
    /// When they are too few or too many.
    pub fn from_octets(octets: &[u8]) -> Result<Self, NoWebhookSecret> {
        if LENGTHS.contains(&octets.len()) { Ok(Self(Secret::new(octets.to_vec()))) } else { Err(NoWebhookSecret) }
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, NoWebhookSecret> {
        let base64 = text.strip_prefix(PREFIX).ok_or(NoWebhookSecret)?;
        let octets = Zeroizing::new(STANDARD.decode(base64).map_err(|_| NoWebhookSecret)?);
        Self::from_octets(&octets)
    }

    /// The text form, for its holder.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.expose()))
    }

    /// Its octets, to sign or seal with.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sevens;

    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    #[test]
    fn the_text_form_is_read_back() {
        let secret = WebhookSecret::generate(&Sevens);
        assert_eq!(secret.expose(), [7; 32]);
        assert!(secret.to_text().starts_with("whsec_"));
        assert_eq!(WebhookSecret::parse(&secret.to_text()), Ok(secret.clone()));
        assert!(!format!("{secret:?}").contains("7"), "{secret:?}");
    }

    #[test]
    fn only_24_to_64_octets_in_base64_are_a_secret() {
        let of = |length: usize| format!("whsec_{}", STANDARD.encode(vec![1; length]));
        for length in [24, 32, 64] {
            assert!(WebhookSecret::parse(&of(length)).is_ok(), "{length}");
        }
        for wrong in [
            of(23),
            of(65),
            of(32).replace("whsec_", ""),
            of(32).replace("whsec_", "WHSEC_"),
            "whsec_*".into(),
            String::new(),
        ] {
            assert_eq!(WebhookSecret::parse(&wrong), Err(NoWebhookSecret), "{wrong}");
        }
    }
}
