//! Which passwords a merchant's user may have.

use unicode_normalization::UnicodeNormalization as _;

use crate::fault_code::Coded;
use crate::{Random, Secret, text};

/// The fewest characters: NIST SP 800-63B-4 section 3.1.1.2, of a password that is the only factor.
const SHORTEST: usize = 15;

/// The most characters, so that nobody has us hash a book. The same section wants 64 at least to be taken.
const LONGEST: usize = 128;

/// What is wrong with a password that is to be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// It has too few characters.
    #[error("A password has {SHORTEST} characters at least: take several words")]
    TooShort,
    /// It has too many.
    #[error("A password has {LONGEST} characters at most")]
    TooLong,
    /// It has a control character, which no keyboard types.
    #[error("The password contains a control character: remove it, also the end of a line")]
    ControlCharacter,
    /// It is made of what everybody knows.
    #[error("The password is the name of the user or of the merchant, or one character again and again: take another")]
    Known,
}

impl Coded for PasswordFault {
    fn code(&self) -> &'static str {
        match self {
            Self::TooShort => "password_too_short",
            Self::TooLong => "too_long",
            Self::ControlCharacter => "control_character",
            Self::Known => "password_known",
        }
    }
}

/// The form of a password that is hashed: Unicode's NFC, as RFC 8265 section 4.2 has it, so that an accent typed in two ways is one.
/// `None` when it is longer than any that is set, and so is nobody's.
#[must_use]
pub fn normal_form(password: &str) -> Option<Secret<String>> {
    // Before anything is made of it: it may be a book.
    if password.len() > 16 * LONGEST {
        return None;
    }
    // With room for all of it, so that no part of it is left behind where a longer text was begun anew.
    let mut normal = Secret::new(String::with_capacity(3 * password.len()));
    normal.expose_mut().extend(password.nfc());
    (normal.expose().chars().nth(LONGEST).is_none()).then_some(normal)
}

/// Checks a password that a user of this name is to have, and gives the form that is hashed.
///
/// # Errors
/// [`PasswordFault`].
pub fn check_password(password: &str, known: &[&str]) -> Result<Secret<String>, PasswordFault> {
    let normal = normal_form(password).ok_or(PasswordFault::TooLong)?;
    let plain = normal.expose();
    if plain.contains(char::is_control) {
        return Err(PasswordFault::ControlCharacter);
    }
    if plain.chars().nth(SHORTEST - 1).is_none() {
        return Err(PasswordFault::TooShort);
    }
    let folded = Secret::new(text::folded(plain));
    let mut characters = folded.expose().chars();
    let first = characters.next();
    // What is left without the known words must not be next to nothing.
    let is_known = known.iter().map(|word| text::folded(word)).any(|word| {
        !word.is_empty()
            && folded.expose().contains(&word)
            && folded.expose().chars().count() < word.chars().count() + 8
    });
    if is_known || characters.all(|character| Some(character) == first) {
        return Err(PasswordFault::Known);
    }
    Ok(normal)
}

/// A password of 100 random bits, in letters and digits that are not taken for each other: `k7mpa-…`, 23 characters.
pub fn generate_password(random: &dyn Random) -> Secret<String> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = Secret::new([0; 20]);
    random.fill(bytes.expose_mut());
    let mut password = Secret::new(String::with_capacity(23));
    for (place, byte) in bytes.expose().iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            password.expose_mut().push('-');
        }
        password.expose_mut().push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    password
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Fixed(u8);
    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            for (place, byte) in bytes.iter_mut().enumerate() {
                *byte = self.0.wrapping_add(u8::try_from(place % 256).unwrap().wrapping_mul(37));
            }
        }
    }

    fn check(password: &str) -> Result<String, PasswordFault> {
        check_password(password, &["merchantonline", "flexitidemo"]).map(|normal| normal.expose().clone())
    }

    #[test]
    fn several_words_are_taken_in_their_normal_form() {
        assert_eq!(check("dice-manila-purism").as_deref(), Ok("dice-manila-purism"));
        assert_eq!(check("  dés  manille  e\u{301}té ").as_deref(), Ok("  dés  manille  été "));
        assert_eq!(check(&"🦀a".repeat(64)).unwrap().chars().count(), 128);
    }

    #[test]
    fn what_is_easily_guessed_or_not_typed_is_refused() {
        for (password, fault) in [
            ("", PasswordFault::TooShort),
            ("fourteen chars", PasswordFault::TooShort),
            ("a long password\n", PasswordFault::ControlCharacter),
            ("a long pass\0word", PasswordFault::ControlCharacter),
            ("MerchantOnline1", PasswordFault::Known),
            ("flexitidemo2026", PasswordFault::Known),
            ("aaaaaaaaaaaaaaaaaaaa", PasswordFault::Known),
        ] {
            assert_eq!(check(password), Err(fault), "{password:?}");
        }
        assert_eq!(check(&"ab".repeat(65)), Err(PasswordFault::TooLong));
        assert_eq!(check(&"a".repeat(1 << 20)), Err(PasswordFault::TooLong));
        assert!(check("merchantonline and much more").is_ok());
    }

    #[test]
    fn a_generated_one_has_a_form_that_can_be_read_aloud() {
        let password = generate_password(&Fixed(9));
        assert_eq!((password.expose().len(), password.expose().split('-').count()), (23, 4));
        assert!(!password.expose().contains(['l', 'o', '0', '1', 'I', 'O']));
        assert!(check(password.expose()).is_ok());
        assert_ne!(generate_password(&Fixed(10)).expose(), password.expose());
        assert_eq!(format!("{password:?}"), "Secret(…)");
    }

    proptest! {
        #[test]
        fn the_normal_form_stays_and_is_short(password in any::<String>()) {
            if let Some(normal) = normal_form(&password) {
                prop_assert!(normal.expose().chars().count() <= LONGEST);
                prop_assert_eq!(normal_form(normal.expose()), Some(normal));
            }
        }
    }
}
