//! Lines of a text: where it is broken and where it is cut.

use crate::font::{Face, Weight, printable};

/// Millimetres to a point.
pub(crate) const POINT: f32 = 25.4 / 72.0;

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) weight: Weight,
    /// In points.
    pub(crate) size: f32,
    pub(crate) ink: Ink,
}

/// Black, or the grey of what is said beside; both are dark enough to read on white (WCAG 2.1 section 1.4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Black,
    Grey,
}

impl Style {
    pub(crate) const fn regular(size: f32) -> Self {
        Self { weight: Weight::Regular, size, ink: Ink::Black }
    }

    pub(crate) const fn bold(size: f32) -> Self {
        Self { weight: Weight::Bold, size, ink: Ink::Black }
    }

    pub(crate) const fn grey(size: f32) -> Self {
        Self { weight: Weight::Regular, size, ink: Ink::Grey }
    }

    fn face(self) -> &'static Face {
        self.weight.face()
    }

    /// How wide a printable text is, in millimetres.
    pub(crate) fn width(self, text: &str) -> f32 {
        self.face().width(text) * self.size * POINT
    }

    /// This style, smaller if need be, so that `text` is no wider than `width` millimetres: for numbers, which are
    /// never cut.
    pub(crate) fn fitting(self, text: &str, width: f32) -> Self {
        let wide = self.width(text);
        if wide <= width { self } else { Self { size: self.size * width / wide, ..self } }
    }

    /// `text` on one line of `width` millimetres, cut with an ellipsis when it is longer.
    pub(crate) fn one_line(self, text: &str, width: f32) -> String {
        self.cut(printable(text.trim()), width)
    }

    fn cut(self, text: String, width: f32) -> String {
        if self.width(&text) <= width {
            return text;
        }
        let room = width - self.width("…");
        let mut wide = 0.0;
        let mut cut = String::with_capacity(text.len());
        for character in text.chars() {
            wide += self.face().glyph(character).advance * self.size * POINT;
            if wide > room {
                break;
            }
            cut.push(character);
        }
        cut.truncate(cut.trim_end().len());
        cut.push('…');
        cut
    }

    /// The lines of `text`, each at most `width` millimetres wide: broken at its own line breaks, at spaces, after
    /// hyphens and slashes, and else where there is no more room. A line that goes on ends in a space, if it was broken
    /// at one, so that words stay apart when the text is taken out again.
    pub(crate) fn lines(self, text: &str, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let text = text.trim_end();
        for paragraph in text.split(['\n', '\u{85}', '\u{2028}', '\u{2029}']) {
            self.break_up(&printable(paragraph.trim_end()), width, &mut lines);
        }
        lines
    }

    /// The first `most` lines of `text`; the last of them is cut with an ellipsis when there are more.
    pub(crate) fn some_lines(self, text: &str, width: f32, most: usize) -> Vec<String> {
        let mut lines = self.lines(text, width);
        if lines.len() > most {
            let rest = lines.split_off(most.saturating_sub(1)).concat();
            lines.push(self.cut(rest, width));
        }
        lines
    }

    fn break_up(self, text: &str, width: f32, lines: &mut Vec<String>) {
        let face = self.face();
        let room = width / (self.size * POINT);
        let mut start = 0;
        let mut wide = 0.0;
        // Behind which byte the line could end.
        let mut end = None;
        for (place, character) in text.char_indices() {
            let advance = face.glyph(character).advance;
            // Twice where what is behind the last break does not leave room for this character either.
            while wide + advance > room && place > start && character != ' ' {
                let next = end.take().unwrap_or(place);
                lines.push(text[start..next].to_owned());
                start = next;
                wide = face.width(&text[start..place]);
            }
            wide += advance;
            if matches!(character, ' ' | '-' | '/') {
                end = Some(place + character.len_utf8());
            }
        }
        lines.push(text[start..].to_owned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STYLE: Style = Style::regular(9.0);

    #[test]
    fn texts_are_broken_where_it_reads_well() {
        assert_eq!(STYLE.lines("Kuukausimaksu marraskuu", 25.0), ["Kuukausimaksu ", "marraskuu"]);
        assert_eq!(STYLE.lines("one\ntwo\r\n\nthree\n", 25.0), ["one", "two", "", "three"]);
        assert_eq!(STYLE.lines("Alv-ilmoitus", 14.0), ["Alv-", "ilmoitus"]);
        assert_eq!(STYLE.lines("aaaaaaaaaaaaaaaa", 14.0).concat(), "aaaaaaaaaaaaaaaa");
        assert_eq!(STYLE.lines("", 14.0), [""]);
    }

    #[test]
    fn long_texts_are_cut_where_they_must_be() {
        assert_eq!(STYLE.one_line("Oy Ab Ltd", 50.0), "Oy Ab Ltd");
        let cut = STYLE.one_line(&"Pitkä nimi ".repeat(30), 50.0);
        assert!(cut.ends_with('…') && STYLE.width(&cut) <= 50.0, "{cut}");
        let lines = STYLE.some_lines(&"Pitkä nimi ".repeat(30), 50.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…') && STYLE.width(&lines[1]) <= 50.0, "{lines:?}");
    }

    #[test]
    fn numbers_shrink_instead() {
        let small = STYLE.fitting("9 999 999 999 999,99", 20.0);
        assert!(small.size < 9.0 && small.width("9 999 999 999 999,99") <= 20.001);
        assert_eq!(STYLE.fitting("1,00", 20.0), STYLE);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_nothing_is_lost(text in "[\\PC&&[^\u{2028}\u{2029}]]{0,200}", width in 5.0_f32..100.0) {
            let lines = STYLE.lines(&text, width);
            for line in &lines {
                prop_assert!(STYLE.width(line.trim_end()) <= width + 0.001 || line.chars().count() == 1, "{line:?}");
            }
            // Fields of a text without line breaks come out whole.
            let whole: String = lines.concat();
            prop_assert_eq!(whole, printable(text.trim_end()));
            prop_assert!(STYLE.width(&STYLE.one_line(&text, width)) <= width + 0.001);
        }
    }
}
