//! Sheets of paper with marks on them, before they are a file: how many there are is known when all are filled.
//!
//! Places are in millimetres from the top left corner of the sheet, those of texts are the left end of their baseline.
//! Each mark belongs to a part of the document, which is what a screen reader reads, or is there for the eye only.

use crate::code_128::Symbol;
use crate::lines::Style;

/// A4 (ISO 216).
pub(crate) const WIDTH: f32 = 210.0;
/// A4 (ISO 216).
pub(crate) const HEIGHT: f32 = 297.0;

/// What kind of part it is, as PDF names them (ISO 32000-1 section 14.8.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The title of the document.
    Title(String),
    Section,
    Paragraph,
    Table,
    TableHead,
    TableBody,
    Row,
    /// The head of a column.
    ColumnHead,
    /// The head of a row.
    RowHead,
    Cell,
    /// What is drawn, with what it says.
    Figure(String),
}

/// A part, by its place in [`Sheets::parts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartId(pub(crate) usize);

/// A part of the document.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) role: Role,
    pub(crate) parent: Option<PartId>,
}

/// What a mark is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Part(PartId),
    /// Lines and grounds.
    Decoration,
    /// What stands at the top of each further sheet.
    Header,
    /// What stands at the bottom of each further sheet.
    Footer,
}

/// Something on a sheet.
#[derive(Debug)]
pub(crate) enum Shape {
    Text {
        x: f32,
        y: f32,
        style: Style,
        text: String,
    },
    /// A filled rectangle; `ink` is 0 for black to 255 for white.
    Area {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: u8,
    },
    /// A bar code whose modules are this wide.
    Bars {
        x: f32,
        y: f32,
        module: f32,
        height: f32,
        symbol: Symbol,
    },
}

/// A shape and what it is part of.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) layer: Layer,
    pub(crate) shape: Shape,
}

/// All sheets of a document.
#[derive(Debug)]
pub(crate) struct Sheets {
    pub(crate) sheets: Vec<Vec<Mark>>,
    pub(crate) parts: Vec<Part>,
}

impl Sheets {
    /// One empty sheet.
    pub(crate) fn new() -> Self {
        Self { sheets: vec![Vec::new()], parts: Vec::new() }
    }

    /// Turns to a further sheet.
    pub(crate) fn turn(&mut self) {
        self.sheets.push(Vec::new());
    }

    /// Opens a part, which comes behind all that were opened before in the same one.
    pub(crate) fn part(&mut self, parent: Option<PartId>, role: Role) -> PartId {
        self.parts.push(Part { role, parent });
        PartId(self.parts.len() - 1)
    }

    fn mark(&mut self, layer: Layer, shape: Shape) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.push(Mark { layer, shape });
        }
    }

    /// A printable text that begins at `x`.
    pub(crate) fn text(&mut self, layer: Layer, x: f32, y: f32, style: Style, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.mark(layer, Shape::Text { x, y, style, text });
        }
    }

    /// A printable text that ends at `x`, at the top of a sheet that is filled already.
    pub(crate) fn add_to_header(&mut self, sheet: usize, x: f32, y: f32, style: Style, text: String) {
        if let Some(sheet) = self.sheets.get_mut(sheet) {
            let x = x - style.width(&text);
            sheet.push(Mark { layer: Layer::Header, shape: Shape::Text { x, y, style, text } });
        }
    }

    /// A printable text that ends at `x`.
    pub(crate) fn text_to(&mut self, layer: Layer, x: f32, y: f32, style: Style, text: impl Into<String>) {
        let text = text.into();
        let from = x - style.width(&text);
        self.text(layer, from, y, style, text);
    }

    /// A horizontal line of `weight` points under which nothing is said.
    pub(crate) fn rule(&mut self, x: f32, y: f32, width: f32, weight: f32, ink: u8) {
        let height = weight * crate::lines::POINT;
        self.mark(Layer::Decoration, Shape::Area { x, y: y - height / 2.0, width, height, ink });
    }

    /// A vertical line.
    pub(crate) fn upright(&mut self, x: f32, y: f32, height: f32, weight: f32, ink: u8) {
        let width = weight * crate::lines::POINT;
        self.mark(Layer::Decoration, Shape::Area { x: x - width / 2.0, y, width, height, ink });
    }

    /// A ground for what comes on it.
    pub(crate) fn ground(&mut self, x: f32, y: f32, width: f32, height: f32, ink: u8) {
        self.mark(Layer::Decoration, Shape::Area { x, y, width, height, ink });
    }

    /// A bar code.
    pub(crate) fn bars(&mut self, part: PartId, x: f32, y: f32, module: f32, height: f32, symbol: Symbol) {
        self.mark(Layer::Part(part), Shape::Bars { x, y, module, height, symbol });
    }
}
