//! The document while it is written.

use domain::calendar::CalendarDate;
use domain::money::Money;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesPI, BytesStart, BytesText, Event};

use super::fit::{self, Room};
use super::{FinvoiceDocument, FinvoiceFault, number};

/// A document to which elements are added in their order.
pub(super) struct Message {
    writer: Writer<Vec<u8>>,
    failure: Option<String>,
    /// Texts that found no room where they belong: the next free texts take them.
    overflow: Vec<String>,
    /// Whether every amount gets the other sign.
    negated: bool,
}

impl Message {
    /// An empty one.
    pub(super) fn new(document: &FinvoiceDocument<'_>) -> Self {
        // Blanks are the only indentation that may be (chapter 8.2).
        let writer = Writer::new_with_indent(Vec::new(), b' ', 1);
        Self { writer, failure: None, overflow: Vec::new(), negated: document.is_credit_note() }
    }

    fn event(&mut self, event: Event<'_>) {
        if self.failure.is_none() {
            self.failure = self.writer.write_event(event).err().map(|error| error.to_string());
        }
    }

    /// Writes the declaration and the usual style sheet.
    pub(super) fn start(&mut self) {
        self.event(Event::Decl(BytesDecl::new("1.0", Some("ISO-8859-15"), None)));
        self.event(Event::PI(BytesPI::new(r#"xml-stylesheet type="text/xsl" href="Finvoice.xsl""#)));
    }

    /// An element of elements, which `body` writes.
    pub(super) fn within(&mut self, name: &'static str, attributes: &[(&str, &str)], body: impl FnOnce(&mut Self)) {
        let start = BytesStart::new(name).with_attributes(attributes.iter().copied());
        self.event(Event::Start(start));
        body(self);
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// An element of nothing.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.event(Event::Empty(BytesStart::new(name).with_attributes(attributes.iter().copied())));
    }

    /// An element of `text`, which has the right form and length.
    pub(super) fn value(&mut self, name: &'static str, text: &str) {
        self.value_with(name, &[], text);
    }

    /// The same with attributes.
    pub(super) fn value_with(&mut self, name: &'static str, attributes: &[(&str, &str)], text: &str) {
        self.event(Event::Start(BytesStart::new(name).with_attributes(attributes.iter().copied())));
        self.event(Event::Text(BytesText::new(text)));
        self.event(Event::End(BytesEnd::new(name)));
    }

    /// A text in as many elements as it needs. If there are not so many, they have its beginning, and the free texts
    /// have all of it, behind `label`. A blank text has no element.
    pub(super) fn text(&mut self, name: &'static str, text: &str, room: Room, label: &str) {
        let pieces = fit::pieces(text, room.most);
        if pieces.len() > room.times {
            self.overflow.push(format!("{label}: {}", fit::line(text)));
        }
        for piece in pieces.into_iter().take(room.times) {
            self.value(name, &fit::padded(piece, room.least));
        }
    }

    /// A text of which only as much is written as there is room for.
    pub(super) fn beginning(&mut self, name: &'static str, text: &str, room: Room) {
        for piece in fit::pieces(text, room.most).into_iter().take(room.times) {
            self.value(name, &fit::padded(piece, room.least));
        }
    }

    /// An identifier, which is whole or not there: one of more than `most` characters goes to the free texts.
    pub(super) fn code(&mut self, name: &'static str, code: Option<&str>, most: usize, label: &str) {
        let Some(code) = code.map(fit::line).filter(|code| !code.is_empty()) else { return };
        if code.chars().count() > most {
            self.overflow.push(format!("{label}: {code}"));
        } else {
            self.value(name, &code);
        }
    }

    /// A text for the next free texts.
    pub(super) fn set_aside(&mut self, text: String) {
        self.overflow.push(text);
    }

    /// The texts that found no room since they were taken last.
    pub(super) fn take_overflow(&mut self) -> Vec<String> {
        std::mem::take(&mut self.overflow)
    }

    /// An amount, with the other sign in a credit note.
    pub(super) fn amount(&mut self, name: &'static str, amount: Money) {
        self.unsigned_amount(name, &self.signed(&number::money(amount)), amount);
    }

    /// The amount `text` in the currency of `amount`.
    pub(super) fn unsigned_amount(&mut self, name: &'static str, text: &str, amount: Money) {
        self.value_with(name, &[("AmountCurrencyIdentifier", amount.currency().as_str())], text);
    }

    /// The number `text`, with the other sign in a credit note.
    pub(super) fn signed(&self, text: &str) -> String {
        if !self.negated || text.bytes().all(|byte| matches!(byte, b'0' | b',')) {
            return text.to_owned();
        }
        text.strip_prefix('-').map_or_else(|| format!("-{text}"), str::to_owned)
    }

    /// A day.
    pub(super) fn date(&mut self, name: &'static str, date: CalendarDate) {
        self.value_with(name, &[("Format", "CCYYMMDD")], &number::date(date));
    }

    /// What was written.
    pub(super) fn finish(self) -> Result<String, FinvoiceFault> {
        match self.failure {
            Some(failure) => Err(FinvoiceFault::Xml(failure)),
            None => String::from_utf8(self.writer.into_inner()).map_err(|error| FinvoiceFault::Xml(error.to_string())),
        }
    }
}
