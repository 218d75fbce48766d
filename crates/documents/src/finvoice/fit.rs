//! Texts in the lengths of the schema, which are counted in characters.

/// The room that an element has for a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The fewest characters.
    pub(super) least: usize,
    /// The most.
    pub(super) most: usize,
    /// How often the element may stand.
    pub(super) times: usize,
}

impl Room {
    /// Once, 0 to `most` characters.
    pub(super) const fn of(most: usize) -> Self {
        Self { least: 0, most, times: 1 }
    }

    /// `times` elements of as many.
    pub(super) const fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// As often as it takes.
    pub(super) const fn unbounded(self) -> Self {
        self.times(usize::MAX)
    }

    /// With `least` characters at least.
    pub(super) const fn least(self, least: usize) -> Self {
        Self { least, ..self }
    }
}

/// What ends words: white space but for the spaces that don't break, and what XML can't hold, of which a checked invoice
/// has nothing.
const fn is_space(c: char) -> bool {
    matches!(c, '\0'..=' ' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

/// `text` on one line with single spaces.
pub(super) fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// The lines of `text` that have something on them, each as [`line()`].
pub(super) fn lines(text: &str) -> Vec<String> {
    text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).map(line).filter(|line| !line.is_empty()).collect()
}

/// `text` in pieces of `most` characters at most, split between words where a word is not longer than that.
pub(super) fn pieces(text: &str, most: usize) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    // How many characters the last piece has.
    let mut filled = 0;
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if let Some(last) = pieces.last_mut()
            && filled + 1 + length <= most
        {
            last.push(' ');
            last.push_str(word);
            filled += 1 + length;
            continue;
        }
        let characters: Vec<char> = word.chars().collect();
        for part in characters.chunks(most) {
            pieces.push(part.iter().collect());
            filled = part.len();
        }
    }
    pieces
}

/// `text` with no-break spaces behind it until it has `least` characters.
pub(super) fn padded(mut text: String, least: usize) -> String {
    for _ in text.chars().count()..least {
        text.push('\u{a0}');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_split_between_words() {
        assert_eq!(pieces("one two three", 7), ["one two", "three"]);
        assert_eq!(pieces("one  two\r\nthree", 100), ["one two three"]);
        assert_eq!(pieces("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(pieces("ääääöö", 4), ["ääää", "öö"]);
        assert_eq!(pieces(" \n ", 4), Vec::<String>::new());
        assert_eq!(lines("one\r\n\n two  three\u{2028}"), ["one", "two three"]);
    }

    #[test]
    fn a_short_text_is_filled_up() {
        assert_eq!(padded("Å".to_owned(), 2), "Å\u{a0}");
        assert_eq!(padded("Åbo".to_owned(), 2), "Åbo");
    }

    proptest! {
        #[test]
        fn no_piece_is_too_long_and_no_character_is_lost(text in "[a-zä€😀 \n]{0,200}", most in 1_usize..80) {
            let pieces = pieces(&text, most);
            prop_assert!(pieces.iter().all(|piece| (1..=most).contains(&piece.chars().count())));
            let plain = |text: &str| text.chars().filter(|c| !is_space(*c)).collect::<String>();
            prop_assert_eq!(plain(&pieces.concat()), plain(&text));
        }
    }
}
