//! A text cut into the short messages that carry it (3GPP TS 23.040, 9.2.3.24.1: concatenation with an 8-bit reference).

use super::gsm::{self, ESCAPE, Septets};
use crate::fault_code::Coded;

/// The most parts that concatenation with an 8-bit reference can number.
pub const MOST_PARTS: usize = 255;

/// How the characters of a text are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Encoding {
    /// The GSM 7-bit default alphabet with its extension table.
    #[serde(rename = "GSM_7BIT")]
    Gsm7,
    /// UTF-16, which the standard calls UCS-2, for a text with any other character.
    #[serde(rename = "UCS2")]
    Ucs2,
}

impl Encoding {
    /// The name used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM_7BIT",
            Self::Ucs2 => "UCS2",
        }
    }

    /// The units (septets, or 16-bit units) that a message alone can hold.
    const fn alone(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// The units beside the six octets of the concatenation header.
    const fn together(self) -> usize {
        match self {
            Self::Gsm7 => 153,
            Self::Ucs2 => 67,
        }
    }

    /// The units of one character; `None` when this encoding does not have it.
    fn units(self, character: char) -> Option<usize> {
        match self {
            Self::Gsm7 => gsm::septets(character).map(Septets::count),
            Self::Ucs2 => Some(character.len_utf16()),
        }
    }
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// It has no character.
    #[error("The text is empty: write what is to be sent")]
    Empty,
    /// It contains U+0000, which cannot be stored.
    #[error("The text contains the character U+0000: remove it")]
    NulCharacter,
    /// It needs more messages than allowed.
    #[error("The text needs {parts} messages, and {most} are allowed: shorten it{}", remedy(*encoding))]
    TooLong {
        /// How it would be sent.
        encoding: Encoding,
        /// How many it needs.
        parts: usize,
        /// How many are allowed.
        most: usize,
    },
}

const fn remedy(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Gsm7 => "",
        Encoding::Ucs2 => {
            ", or leave out the characters that the GSM alphabet lacks, such as emoji, which more than halve a message's room"
        }
    }
}

impl Coded for TextFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::NulCharacter => "nul_character",
            Self::TooLong { .. } => "too_long",
        }
    }
}

/// A text cut into parts. The same text is always cut the same way, so that a part can be named by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts<'t> {
    encoding: Encoding,
    parts: Vec<Part<'t>>,
}

/// One of the short messages that carry a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'t> {
    encoding: Encoding,
    text: &'t str,
}

impl<'t> Parts<'t> {
    /// Cuts `text` into `most` parts at most; no more than [`MOST_PARTS`] whatever `most` says. No character is ever split.
    ///
    /// # Errors
    /// [`TextFault`], when it is empty, cannot be stored, or is too long.
    pub fn of(text: &'t str, most: usize) -> Result<Self, TextFault> {
        if text.is_empty() {
            return Err(TextFault::Empty);
        }
        if text.contains('\0') {
            return Err(TextFault::NulCharacter);
        }
        let gsm = text.chars().all(|character| Encoding::Gsm7.units(character).is_some());
        let encoding = if gsm { Encoding::Gsm7 } else { Encoding::Ucs2 };
        let total: usize = text.chars().filter_map(|character| encoding.units(character)).sum();
        let parts = if total <= encoding.alone() { vec![text] } else { cut(text, encoding) };
        let most = most.min(MOST_PARTS);
        if parts.len() > most {
            return Err(TextFault::TooLong { encoding, parts: parts.len(), most });
        }
        Ok(Self { encoding, parts: parts.into_iter().map(|text| Part { encoding, text }).collect() })
    }

    /// How the text is sent.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// How many messages it takes: at least one.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.parts.len()
    }

    /// The parts, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Part<'t>] {
        &self.parts
    }
}

impl Part<'_> {
    /// The characters that this part carries.
    #[must_use]
    pub const fn text(&self) -> &str {
        self.text
    }

    /// The user data without a header: septets unpacked, one to an octet, or UTF-16 with the high octet first.
    #[must_use]
    pub fn octets(&self) -> Vec<u8> {
        match self.encoding {
            Encoding::Gsm7 => {
                let mut octets = Vec::with_capacity(self.text.len());
                for septets in self.text.chars().filter_map(gsm::septets) {
                    match septets {
                        Septets::One(septet) => octets.push(septet),
                        Septets::Escaped(septet) => octets.extend([ESCAPE, septet]),
                    }
                }
                octets
            }
            Encoding::Ucs2 => self.text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

/// Fills one part after the other with whole characters.
fn cut(text: &str, encoding: Encoding) -> Vec<&str> {
    let (mut parts, mut start, mut used) = (Vec::new(), 0, 0);
    for (place, character) in text.char_indices() {
        let units = encoding.units(character).unwrap_or_default();
        if used + units > encoding.together() {
            parts.push(&text[start..place]);
            (start, used) = (place, 0);
        }
        used += units;
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(text: &str) -> (Encoding, usize) {
        let parts = Parts::of(text, MOST_PARTS).unwrap();
        (parts.encoding(), parts.count())
    }

    #[test]
    fn the_limits_of_both_encodings() {
        for (length, count) in [(1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (153 * 255, 255)] {
            assert_eq!(shape(&"a".repeat(length)), (Encoding::Gsm7, count), "{length}");
        }
        for (length, count) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)] {
            assert_eq!(shape(&"š".repeat(length)), (Encoding::Ucs2, count), "{length}");
        }
    }

    #[test]
    fn a_character_of_the_extension_table_counts_twice_and_stays_whole() {
        assert_eq!(shape(&"€".repeat(80)), (Encoding::Gsm7, 1));
        assert_eq!(shape(&"€".repeat(81)), (Encoding::Gsm7, 2));
        // 152 letters leave one septet, which is too little for the escape and what follows.
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(20));
        let parts = Parts::of(&text, 2).unwrap();
        assert_eq!(parts.as_slice()[0].text(), "a".repeat(152));
        assert!(parts.as_slice()[1].octets().starts_with(&[ESCAPE, 0x65, b'b']));
    }

    #[test]
    fn a_surrogate_pair_stays_whole() {
        let text = format!("{}🦀{}", "š".repeat(66), "b".repeat(20));
        let parts = Parts::of(&text, 2).unwrap();
        assert_eq!(parts.as_slice()[0].text(), "š".repeat(66));
        assert!(parts.as_slice()[1].octets().starts_with(&[0xd8, 0x3e, 0xdd, 0x80, 0, b'b']));
    }

    #[test]
    fn two_thousand_characters_with_an_emoji() {
        let text = format!("{}🦀", "a".repeat(1_999));
        assert_eq!(shape(&text), (Encoding::Ucs2, 30));
        let fault = Parts::of(&text, 10).unwrap_err();
        assert_eq!(fault, TextFault::TooLong { encoding: Encoding::Ucs2, parts: 30, most: 10 });
        assert!(fault.to_string().contains("emoji"), "{fault}");
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        assert_eq!(Parts::of("", 10), Err(TextFault::Empty));
        assert_eq!(Parts::of("a\0", 10), Err(TextFault::NulCharacter));
        let too_long = TextFault::TooLong { encoding: Encoding::Gsm7, parts: 256, most: 255 };
        assert_eq!(Parts::of(&"a".repeat(153 * 255 + 1), 1_000), Err(too_long));
    }

    fn decode(part: &Part<'_>) -> String {
        match part.encoding {
            Encoding::Gsm7 => gsm::decode(&part.octets()).unwrap(),
            Encoding::Ucs2 => {
                let octets = part.octets();
                let units: Vec<u16> = octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                String::from_utf16(&units).unwrap()
            }
        }
    }

    proptest! {
        #[test]
        fn the_parts_make_up_the_text(text in "([ -~]|€|é|š|🦀|\\PC){1,800}") {
            let parts = Parts::of(&text, MOST_PARTS).unwrap();
            let decoded: String = parts.as_slice().iter().map(decode).collect();
            prop_assert_eq!(decoded, text);
        }

        #[test]
        fn no_part_is_too_long_and_none_is_empty(text in "([a-z]|€|\\^){1,900}|([a-z]|🦀|š){1,500}") {
            let parts = Parts::of(&text, MOST_PARTS).unwrap();
            let most = match (parts.encoding(), parts.count()) {
                (Encoding::Gsm7, 1) => 160,
                (Encoding::Gsm7, _) => 153,
                (Encoding::Ucs2, 1) => 140,
                (Encoding::Ucs2, _) => 134,
            };
            for part in parts.as_slice() {
                prop_assert!((1..=most).contains(&part.octets().len()), "{}", part.octets().len());
            }
        }
    }
}
