//! What commands print: text for people, or exactly one JSON document.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use serde::Serialize;

use super::CommandError;

/// How to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

/// A list, as JSON: an object, so that members can be added to it.
#[derive(Debug, Serialize)]
pub(crate) struct Items<T> {
    /// The records.
    pub(crate) items: Vec<T>,
}

#[derive(Serialize)]
struct Failure<'a> {
    error: FailureBody<'a>,
}

#[derive(Serialize)]
struct FailureBody<'a> {
    code: &'a str,
    message: String,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether JSON was asked for.
    pub(crate) const fn is_json(self) -> bool {
        self.json
    }

    /// Prints the answer of a command: `value` as JSON, or `text`.
    pub(crate) fn answer(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), CommandError> {
        let text = if self.json { pretty(value)? } else { escaped(&text(), LAYOUT) };
        self.text(&text)
    }

    /// Prints `text` and ends its line.
    pub(crate) fn text(self, text: &str) -> Result<(), CommandError> {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        let mut out = io::stdout().lock();
        match write!(out, "{text}{end}").and_then(|()| out.flush()) {
            // Whoever reads has seen enough: `tallystick client list | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(CommandError::Io),
        }
    }

    /// Tells something beside the answer, on standard error. Not with JSON, whose reader finds all in the document.
    pub(crate) fn note(self, text: &str) {
        if !self.json {
            write_error(&escaped(text, LAYOUT));
        }
    }

    /// Tells why the command failed, on standard error.
    pub(crate) fn failure(self, error: &CommandError) {
        if self.json {
            let body = Failure { error: FailureBody { code: error.code(), message: error.to_string() } };
            write_error(&serde_json::to_string(&body).unwrap_or_default());
        } else {
            write_error(&escaped(&format!("error: {error}"), LAYOUT));
        }
    }
}

fn pretty(value: &impl Serialize) -> Result<String, CommandError> {
    serde_json::to_string_pretty(value).map_err(|error| CommandError::Io(error.into()))
}

fn write_error(text: &str) {
    // Nothing is left to tell it to when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The control characters that the program's own texts are laid out with.
const LAYOUT: &[char] = &['\n', '\t'];

/// A number with its noun: `1 part`, `2 parts`.
pub(crate) fn count(number: impl Display, one: &str, many: &str) -> String {
    let number = number.to_string();
    let noun = if number == "1" { one } else { many };
    format!("{number} {noun}")
}

/// A value as one line that a terminal only shows, whoever wrote it: control characters, line ends among them, and those that turn the
/// direction of writing are spelled out, such as `\u{1b}`.
pub(crate) fn value(text: &str) -> String {
    escaped(text, &[])
}

fn escaped(text: &str, kept: &[char]) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if drives_a_terminal(character) && !kept.contains(&character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Control characters (Unicode's `Cc`), line and paragraph separators, and `Bidi_Control` (UAX #9).
fn drives_a_terminal(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Lays `rows` out in columns under `head`, each cell as [`value`] has it.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows.iter().map(|row| std::array::from_fn(|column| value(&row[column]))).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    let mut line = |cells: [&str; N]| {
        let mut line = String::new();
        for (cell, width) in cells.into_iter().zip(widths) {
            // Padded by characters, so that names beyond ASCII keep their column.
            let _ = write!(line, "{cell}{}  ", " ".repeat(width - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    };
    line(head);
    for row in &rows {
        line(std::array::from_fn(|column| row[column].as_str()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_characters() {
        let rows = [["1".into(), "Mäkinen".into(), "x".into()], ["100".into(), "Li".into(), String::new()]];
        assert_eq!(table(["id", "name", "z"], &rows), "id   name     z\n1    Mäkinen  x\n100  Li\n");
    }

    #[test]
    fn one_has_a_noun_of_its_own() {
        let counted: Vec<_> = [0, 1, 2, 11].into_iter().map(|number| count(number, "key", "keys")).collect();
        assert_eq!(counted, ["0 keys", "1 key", "2 keys", "11 keys"]);
    }

    #[test]
    fn values_cannot_drive_the_terminal() {
        assert_eq!(value("Mäkinen & Søn 株式会社"), "Mäkinen & Søn 株式会社");
        assert_eq!(value("a\u{1b}[2J\r\n\u{9b}b"), r"a\u{1b}[2J\u{d}\u{a}\u{9b}b");
        assert_eq!(value("\u{202e}oy\u{2066}\u{200f}"), r"\u{202e}oy\u{2066}\u{200f}");
        assert_eq!(escaped("a\tb\n\u{7}", LAYOUT), "a\tb\n\\u{7}");
        let rows = [["\u{1b}c".into(), "x\ny".into()]];
        assert_eq!(table(["a", "b"], &rows), "a        b\n\\u{1b}c  x\\u{a}y\n");
    }
}
