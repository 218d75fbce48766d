//! The token of a one-time link: what is in its address, and who has it may open it once.

use std::fmt::Write as _;

use zeroize::Zeroize;

use crate::{Random, Secret};

/// 256 random bits, written as 64 hexadecimal digits in lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; 32]);

impl LinkToken {
    /// A new random token.
    pub fn generate(random: &dyn Random) -> Secret<Self> {
        let mut token = Self([0; 32]);
        random.fill(&mut token.0);
        Secret::new(token)
    }

    /// Reads the text form. `None` when `text` is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Secret<Self>> {
        // Lower case only: another spelling would be a further name of one token.
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let text: &[u8; 64] = text.as_bytes().try_into().ok()?;
        let mut token = Self([0; 32]);
        for (byte, pair) in token.0.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Secret::new(token))
    }

    /// The 32 bytes, for the keyed hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The text form. It is the secret itself.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl Zeroize for LinkToken {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn reads_what_it_shows(bytes in any::<[u8; 32]>()) {
            let text = LinkToken(bytes).to_text();
            prop_assert_eq!(LinkToken::parse(&text).map(|token| *token.expose().as_bytes()), Some(bytes));
        }

        #[test]
        fn nothing_else_is_a_token(text in "[0-9a-fA-Fg]{0,70}") {
            let is_one = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            prop_assert_eq!(LinkToken::parse(&text).is_some(), is_one);
        }
    }
}
