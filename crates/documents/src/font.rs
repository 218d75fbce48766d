//! The fonts: which glyph a character has and how wide it is, read once for the whole process.
//!
//! No shaping: Latin, Greek and Cyrillic need none when letters and their marks are composed (Unicode normal form C),
//! and the font has no other scripts. What it gives up is kerning.

use std::sync::LazyLock;

use krilla::text::Font;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// What stands for a character that the font lacks.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The characters below this are found by their place: Latin-1 and Latin Extended-A.
const DIRECT: usize = 0x180;

/// A glyph and its advance in parts of the font size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    pub(crate) advance: f32,
}

/// A font with its glyphs.
pub(crate) struct Face {
    pub(crate) font: Font,
    direct: Vec<Option<Glyph>>,
    /// Sorted by character.
    others: Vec<(char, Glyph)>,
    replacement: Glyph,
}

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

static REGULAR: LazyLock<Face> = LazyLock::new(|| Face::read(ttf_noto_sans::REGULAR));
static BOLD: LazyLock<Face> = LazyLock::new(|| Face::read(ttf_noto_sans::BOLD));

impl Weight {
    /// The font of this weight.
    pub(crate) fn face(self) -> &'static Face {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }
}

impl Face {
    fn read(data: &'static [u8]) -> Self {
        const BUILT_IN: &str = "the font is built in, and a test reads it";
        let font = Font::new(data.into(), 0).expect(BUILT_IN);
        let source = FontRef::new(data).expect(BUILT_IN);
        let metrics = source.glyph_metrics(Size::unscaled(), LocationRef::default());
        let units = f32::from(source.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        let mut direct = vec![None; DIRECT];
        let mut others = Vec::new();
        for (code, id) in source.charmap().mappings() {
            let (Some(character), Ok(id)) = (char::from_u32(code), u16::try_from(id.to_u32())) else { continue };
            let advance = metrics.advance_width(skrifa::GlyphId::from(id)).unwrap_or(0.0) / units;
            // Glyph 0 is the one for no character, which PDF/A forbids.
            if id == 0 {
                continue;
            }
            match direct.get_mut(code as usize) {
                Some(place) => *place = Some(Glyph { id, advance }),
                None => others.push((character, Glyph { id, advance })),
            }
        }
        others.sort_unstable_by_key(|(character, _)| *character);
        let place = others.binary_search_by_key(&REPLACEMENT, |(character, _)| *character).expect(BUILT_IN);
        let replacement = others[place].1;
        Self { font, direct, others, replacement }
    }

    fn find(&self, character: char) -> Option<Glyph> {
        match self.direct.get(character as usize) {
            Some(glyph) => *glyph,
            None => {
                let place = self.others.binary_search_by_key(&character, |(character, _)| *character).ok()?;
                Some(self.others[place].1)
            }
        }
    }

    /// The glyph of a character, or that of U+FFFD.
    pub(crate) fn glyph(&self, character: char) -> Glyph {
        self.find(character).unwrap_or(self.replacement)
    }

    /// How wide `text` is in parts of the font size.
    pub(crate) fn width(&self, text: &str) -> f32 {
        text.chars().map(|character| self.glyph(character).advance).sum()
    }
}

/// `text` as it can be printed on one line: composed, every white space a space, without invisible characters, and with
/// U+FFFD for what the font lacks. Both weights have the same characters.
pub(crate) fn printable(text: &str) -> String {
    let face = Weight::Regular.face();
    let one = |character: char| match character {
        // Spaces that keep their width or hold what is around them together.
        '\u{a0}' | '\u{2007}' | '\u{202f}' => Some('\u{a0}'),
        '\u{2010}' | '\u{2011}' => Some('-'),
        character if is_ignorable(character) => None,
        character if character.is_whitespace() => Some(' '),
        character if character.is_control() || face.find(character).is_none() => Some(REPLACEMENT),
        character => Some(character),
    };
    if is_nfc(text) { text.chars().filter_map(one).collect() } else { text.nfc().filter_map(one).collect() }
}

/// Whether a character is without a form of its own (Unicode `Default_Ignorable_Code_Point`): joiners, marks of
/// direction, the soft hyphen, selectors of variants.
const fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_weights_have_the_letters_of_europe() {
        let letters = "ÅÄÖåäö ŠŽšž ÐÞðþ ØøÆæ ĄĘŁŃąęłń ČŘŤŮčřťů ŐŰőű ĢĶĻŅģķļņ ĦĊħċ ȘȚșț ŊŋŦŧǤǥ Ωλ Жщ €£−–…•ẞ";
        for weight in [Weight::Regular, Weight::Bold] {
            for letter in letters.chars() {
                assert!(weight.face().find(letter).is_some(), "{letter} in {weight:?}");
            }
        }
        assert_eq!(printable(letters), letters);
        let characters = |weight: Weight| {
            let face = weight.face();
            (0..=0xffff_u32).filter_map(char::from_u32).filter(|c| face.find(*c).is_some()).collect::<String>()
        };
        assert!(characters(Weight::Regular) == characters(Weight::Bold));
    }

    #[test]
    fn digits_stand_in_columns() {
        for weight in [Weight::Regular, Weight::Bold] {
            let widths: Vec<f32> = ('0'..='9').map(|digit| weight.face().glyph(digit).advance).collect();
            assert!(widths.iter().all(|width| (width - widths[0]).abs() < 1e-6), "{widths:?}");
        }
    }

    #[test]
    fn what_the_font_lacks_is_seen() {
        assert_eq!(printable("Oy 株式 \u{1f600}"), "Oy \u{fffd}\u{fffd} \u{fffd}");
        assert_eq!(printable("a\tb\nc\u{7}d\u{0}"), "a b c\u{fffd}d\u{fffd}");
        assert_eq!(printable("Ma\u{308}ki A\u{30a}bo"), "Mäki Åbo");
        assert_eq!(printable("\u{202e}abc\u{200b}\u{ad}d"), "abcd");
        assert_eq!(printable("1\u{a0}234\u{202f}567 non\u{2011}stop"), "1\u{a0}234\u{a0}567 non-stop");
    }

    proptest! {
        #[test]
        fn what_is_printable_stays_so(text in any::<String>()) {
            let once = printable(&text);
            prop_assert_eq!(printable(&once), once.clone());
            prop_assert!(once.chars().all(|c| Weight::Bold.face().find(c).is_some()));
        }
    }
}
