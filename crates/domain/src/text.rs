//! Free text: names and addresses. Kept exactly as sent, with control, right-to-left and astral characters; on an
//! invoice, which becomes XML, without those that XML can't hold.

use crate::fault_code::Coded;

/// The most characters of a name or of a line of an address.
pub const LONGEST_LINE: usize = 255;

/// The most characters of a partner's code.
pub const LONGEST_PARTNER_CODE: usize = 64;

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// It contains U+0000, which PostgreSQL cannot store.
    #[error("The text contains the character U+0000: remove it")]
    NulCharacter,
    /// It contains a character that no XML document can hold.
    #[error("The text contains the character U+{:04X}, which can't stand on an invoice: remove it", u32::from(*.character))]
    NotXml {
        /// The first such character.
        character: char,
    },
    /// It is longer than it may be.
    #[error("The text may have {most} characters at most: shorten it")]
    TooLong {
        /// The most characters.
        most: usize,
    },
}

impl Coded for TextFault {
    fn code(&self) -> &'static str {
        match self {
            Self::NulCharacter => "nul_character",
            Self::NotXml { .. } => "control_character",
            Self::TooLong { .. } => "too_long",
        }
    }
}

/// Checks that `text` can be stored and has `most` characters (Unicode scalar values) at most.
///
/// # Errors
/// [`TextFault`], when it is not so.
pub fn check(text: &str, most: usize) -> Result<(), TextFault> {
    if text.contains('\0') {
        Err(TextFault::NulCharacter)
    } else if text.len() > most && text.chars().nth(most).is_some() {
        Err(TextFault::TooLong { most })
    } else {
        Ok(())
    }
}

/// Checks as [`check`] does, and that XML 1.0 can hold `text` (section 2.2, production `Char`): no control character
/// below U+0020 but tab, line feed and carriage return, and neither U+FFFE nor U+FFFF. Escaping does not help those: a
/// reference to one is no XML either.
///
/// # Errors
/// [`TextFault`], when it is not so.
pub fn check_xml(text: &str, most: usize) -> Result<(), TextFault> {
    // What most texts are: nothing but printable ASCII, and short.
    if text.len() <= most && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    check(text, most)?;
    let wrong =
        |c: &char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(wrong) {
        Some(character) => Err(TextFault::NotXml { character }),
        None => Ok(()),
    }
}

/// Whether `text` is empty or only white space, and so counts as absent.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// The form in which names are compared and sorted: without regard to case, with single spaces between words and none around them.
///
/// Case is folded by way of upper case, so that `ß` meets `ss` and a final `ς` meets `σ`; letters that Unicode can write in two ways
/// (`é` as one or as two characters) stay two. U+10FFFF, which is no character, becomes U+FFFD, so that it is after every name.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        let characters = word.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
        folded.extend(characters.map(|character| if character == AFTER_ALL { '\u{fffd}' } else { character }));
    }
    folded
}

/// Comes after every character of a [`folded`] text.
pub const AFTER_ALL: char = '\u{10ffff}';

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_what_is_odd_but_storable() {
        for text in ["Øresund & Söner \"AB\"", "\u{7}\u{1b}[31m", "\u{202e}abc", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🦀", "العربية", "a\r\nb"]
        {
            assert_eq!(check(text, LONGEST_LINE), Ok(()), "{text:?}");
        }
    }

    #[test]
    fn counts_characters_not_bytes() {
        assert_eq!(check(&"🦀".repeat(255), 255), Ok(()));
        assert_eq!(check(&"a".repeat(256), 255), Err(TextFault::TooLong { most: 255 }));
    }

    #[test]
    fn refuses_nul_and_knows_blanks() {
        assert_eq!(check("a\0b", 255), Err(TextFault::NulCharacter));
        assert!(is_blank("") && is_blank(" \t\u{a0}\u{3000}\r\n"));
        assert!(!is_blank(" a ") && !is_blank("\0"));
    }

    #[test]
    fn xml_holds_line_breaks_and_tabs_and_no_other_controls() {
        for text in ["a\tb\r\nc", "\u{7f}\u{85}\u{9f}", "\u{202e}abc", "\u{fffd}\u{e000}\u{10ffff}"] {
            assert_eq!(check_xml(text, LONGEST_LINE), Ok(()), "{text:?}");
        }
        for character in ['\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{e}', '\u{1b}', '\u{1f}', '\u{fffe}', '\u{ffff}'] {
            assert_eq!(check_xml(&format!("a{character}"), 2), Err(TextFault::NotXml { character }));
        }
        assert_eq!(check_xml("\u{1}\0", 2), Err(TextFault::NulCharacter));
        let told = "The text contains the character U+001B, which can't stand on an invoice: remove it";
        assert_eq!(check_xml("\u{1b}", 1).unwrap_err().to_string(), told);
    }

    #[test]
    fn folding_forgets_case_and_spaces() {
        for (one, other) in [
            ("Äiti Oy", "ÄITI OY"),
            ("  a \t b\u{a0}", "A B"),
            ("Straße", "STRASSE"),
            ("ΟΔΟΣ", "οδος"),
            ("İstanbul", "i\u{307}stanbul"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        assert_ne!(folded("Aiti"), folded("Äiti"));
        assert_eq!(folded(" \n"), "");
    }

    proptest! {
        #[test]
        fn folding_is_done_once_and_stays_small(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once.clone());
            prop_assert!(!once.contains(AFTER_ALL) && once.len() <= 3 * text.len());
        }

        #[test]
        fn a_text_that_is_not_blank_has_a_form(text in ".*") {
            prop_assert_eq!(folded(&text).is_empty(), is_blank(&text));
        }

        #[test]
        fn refuses_nothing_but_nul_and_length(text in any::<String>()) {
            prop_assert_eq!(check(&text, 10_000).is_err(), text.contains('\0'));
        }
    }
}
