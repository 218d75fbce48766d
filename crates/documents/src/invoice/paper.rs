//! The sheets of an invoice, and where on them the next thing goes.

use domain::payment_reference::PaymentReference;

use super::{InvoiceDocument, foot};
use crate::language::Language;
use crate::lines::Style;
use crate::sheet::{Layer, PartId, Role, Sheets};
use crate::words::Words;

/// Where the left margin ends.
pub(super) const LEFT: f32 = 20.0;
/// Where the right margin begins.
pub(super) const RIGHT: f32 = 195.0;
/// How wide what is between is.
pub(super) const ROOM: f32 = RIGHT - LEFT;
/// Where the second of two columns begins.
pub(super) const MIDDLE: f32 = 112.0;
/// The baseline of the first line of a further sheet.
const TOP: f32 = 18.0;
/// Where the text of a further sheet begins.
pub(super) const BEGIN: f32 = 27.0;
/// Where it must end: below is the foot.
pub(super) const END: f32 = 276.0;
/// From line to line of running text.
pub(super) const LEADING: f32 = 4.2;

/// The light line between rows.
pub(super) const LIGHT: u8 = 200;

/// An invoice that is being laid out.
pub(super) struct Paper<'a> {
    pub(super) document: &'a InvoiceDocument<'a>,
    pub(super) language: Language,
    pub(super) words: &'static Words,
    pub(super) sheets: Sheets,
    /// Where the next thing goes: its upper edge.
    pub(super) y: f32,
}

impl<'a> Paper<'a> {
    pub(super) fn new(document: &'a InvoiceDocument<'a>) -> Self {
        let language = Language::of(document.header.language);
        Self { document, language, words: language.words(), sheets: Sheets::new(), y: BEGIN }
    }

    /// What it is called.
    pub(super) const fn title(&self) -> &'static str {
        if self.document.is_credit_note() { self.words.credit_note } else { self.words.invoice }
    }

    /// What the reference of the payment is called: payers in Sweden and Norway look for the name of theirs.
    pub(super) fn reference_label(&self) -> &'static str {
        match (&self.document.references.payment, self.document.parties.seller.address.country.as_str()) {
            (PaymentReference::Domestic(_), "SE") => "OCR",
            (PaymentReference::Domestic(_), "NO") => "KID",
            _ => self.words.reference_number,
        }
    }

    /// Whether this is the first sheet.
    pub(super) const fn is_first(&self) -> bool {
        self.sheets.sheets.len() == 1
    }

    /// Ends this sheet with its foot and begins another one.
    pub(super) fn turn(&mut self) {
        foot::draw(self, foot::USUAL);
        self.sheets.turn();
        let seller = Style::bold(9.0).one_line(&self.document.parties.seller.name, MIDDLE - LEFT - 4.0);
        self.sheets.text(Layer::Header, LEFT, TOP, Style::bold(9.0), seller);
        let what = format!("{} {}", self.title(), self.document.header.number);
        self.sheets.text(Layer::Header, MIDDLE, TOP, Style::regular(9.0), what);
        self.sheets.rule(LEFT, TOP + 3.0, ROOM, 0.5, 0);
        self.y = BEGIN;
    }

    /// Turns to a further sheet when there is no room for something of this height.
    pub(super) fn need(&mut self, height: f32) {
        if self.y + height > END && self.y > BEGIN {
            self.turn();
        }
    }

    /// A paragraph over the whole width, on further sheets where it does not fit.
    pub(super) fn paragraph(&mut self, style: Style, text: &str) {
        let part = self.sheets.part(None, Role::Paragraph);
        for line in style.lines(text, ROOM) {
            self.need(LEADING);
            self.y += LEADING;
            self.sheets.text(Layer::Part(part), LEFT, self.y - 1.1, style, line);
        }
    }

    /// Lines below each other in one part; the first has its baseline at `y`.
    pub(super) fn block(&mut self, part: PartId, x: f32, y: f32, leading: f32, lines: Vec<(Style, String)>) {
        let last = lines.len().saturating_sub(1);
        let mut baseline = y;
        for (place, (style, mut line)) in lines.into_iter().enumerate() {
            // So that words of two lines stay apart when they are read aloud.
            if place < last && !line.ends_with(' ') {
                line.push(' ');
            }
            self.sheets.text(Layer::Part(part), x, baseline, style, line);
            baseline += leading;
        }
    }

    /// The sheets with their numbers.
    pub(super) fn finish(mut self) -> Sheets {
        let all = self.sheets.sheets.len();
        for sheet in 0..all {
            let number = format!("{} {}/{all}", self.words.page, sheet + 1);
            self.sheets.add_to_header(sheet, RIGHT, TOP, Style::regular(8.0), number);
        }
        self.sheets
    }
}
