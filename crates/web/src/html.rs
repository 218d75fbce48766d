//! HTML that is put together from texts, each escaped unless it was made here.

use std::fmt::{self, Write as _};

/// HTML that is safe to show: every text in it was escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// The program's own markup, which is known when it is built.
    #[must_use]
    pub fn raw(markup: &'static str) -> Self {
        Self(markup.to_owned())
    }

    /// A text, for the content of an element or a quoted attribute.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut html = Self(String::with_capacity(text.len()));
        html.push_text(text);
        html
    }

    /// Adds the program's own markup.
    pub fn push_raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds a text, escaped.
    pub fn push_text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // HTML knows no U+0000.
                '\0' => self.0.push('\u{fffd}'),
                other => self.0.push(other),
            }
        }
        self
    }

    /// Adds a value, escaped.
    pub fn push_value(&mut self, value: impl fmt::Display) -> &mut Self {
        self.push_text(&value.to_string())
    }

    /// Adds HTML that was put together before.
    pub fn push(&mut self, html: &Self) -> &mut Self {
        let _ = write!(self.0, "{}", html.0);
        self
    }

    /// The HTML.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_escaped_and_markup_is_not() {
        let mut html = Html::raw("<p>");
        html.push_text("<script>alert('1 & \"2\"')</script>").push_raw("</p>");
        assert_eq!(html.into_string(), "<p>&lt;script&gt;alert(&#39;1 &amp; &quot;2&quot;&#39;)&lt;/script&gt;</p>");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in any::<String>()) {
            let html = Html::text(&text).into_string();
            prop_assert!(!html.contains(['<', '>', '"', '\'', '\0']));
        }
    }
}
