//! The rows as a table that goes on over as many sheets as it needs, with its head on each of them.

use domain::invoice::Row;

use super::paper::{BEGIN, END, LEADING, LEFT, LIGHT, Paper, RIGHT, ROOM};
use crate::font::printable;
use crate::lines::Style;
use crate::sheet::{Layer, PartId, Role};

const HEAD: Style = Style::bold(7.5);
const TEXT: Style = Style::regular(9.0);
const MORE: Style = Style::grey(8.0);
/// How high the head is.
const HEAD_HEIGHT: f32 = 6.5;
/// Between the lines of a row and the line below it.
const PADDING: f32 = 1.7;
/// Between two columns.
const GAP: f32 = 2.0;
/// How much wider than what is in it a column is, so that numbers stand apart.
const MARGIN: f32 = 2.0;
/// How wide the description is at least.
const LEAST_DESCRIPTION: f32 = 50.0;
/// From line to line of what is said beside.
const MORE_LEADING: f32 = 3.7;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Code,
    Description,
    Quantity,
    Unit,
    Price,
    Discount,
    Vat,
    Net,
}

struct Column {
    kind: Kind,
    left: f32,
    right: f32,
    head: String,
}

impl Column {
    const fn is_number(&self) -> bool {
        !matches!(self.kind, Kind::Code | Kind::Description | Kind::Unit)
    }

    fn width(&self) -> f32 {
        self.right - self.left - GAP
    }
}

type Lines = Vec<(Style, String)>;

/// Draws all of them.
pub(super) fn draw(paper: &mut Paper<'_>) {
    let columns = columns(paper);
    paper.need(HEAD_HEIGHT + 3.0 * LEADING);
    let table = paper.sheets.part(None, Role::Table);
    let group = paper.sheets.part(Some(table), Role::TableHead);
    let row = paper.sheets.part(Some(group), Role::Row);
    draw_head(paper, &columns, Some(row));
    let body = paper.sheets.part(Some(table), Role::TableBody);
    for row in paper.document.rows {
        let cells: Vec<Lines> = columns.iter().map(|column| cell(paper, row, column)).collect();
        draw_row(paper, &columns, cells, body);
    }
}

/// The columns, as wide as what is in them, and the description in what is left.
fn columns(paper: &Paper<'_>) -> Vec<Column> {
    let (document, words) = (paper.document, paper.words);
    let has = |what: fn(&Row) -> bool| document.rows.iter().any(what);
    let codes = document.shows_product_codes && has(|row| row.product_code.is_some());
    let discounts = has(|row| row.discount_percent.is_some() || !row.discount.is_zero());
    let units = has(|row| row.unit.is_some());
    let net = format!("{} {}", words.net, document.header.currency);
    let all = [
        (codes, Kind::Code, 32.0, words.product_code),
        (true, Kind::Description, 0.0, words.description),
        (true, Kind::Quantity, 28.0, words.quantity),
        (units, Kind::Unit, 20.0, words.unit),
        (true, Kind::Price, 32.0, words.unit_price),
        (discounts, Kind::Discount, 28.0, words.discount),
        (true, Kind::Vat, 16.0, words.vat_percent),
        (true, Kind::Net, 34.0, net.as_str()),
    ];
    let mut wanted: Vec<(Kind, f32, &str)> = Vec::with_capacity(all.len());
    for (shown, kind, most, head) in all {
        if shown {
            let rows = document.rows.iter().filter_map(|row| value(paper, row, kind));
            let widest = rows.map(|value| TEXT.width(&value)).fold(HEAD.width(head), f32::max);
            wanted.push((kind, (widest + GAP + MARGIN).min(most), head));
        }
    }
    let taken: f32 = wanted.iter().filter(|(kind, ..)| *kind != Kind::Description).map(|(_, width, _)| width).sum();
    let squeeze = ((ROOM - LEAST_DESCRIPTION) / taken).min(1.0);
    let mut left = LEFT;
    let mut columns = Vec::with_capacity(wanted.len());
    for (kind, width, head) in wanted {
        let width = if kind == Kind::Description { ROOM - taken * squeeze } else { width * squeeze };
        columns.push(Column { kind, left, right: left + width, head: head.to_owned() });
        left += width;
    }
    columns
}

/// The head; `row` is its part on the first sheet, on the others it is not read aloud again.
fn draw_head(paper: &mut Paper<'_>, columns: &[Column], row: Option<PartId>) {
    let y = paper.y;
    paper.sheets.ground(LEFT, y, ROOM, HEAD_HEIGHT, 235);
    for column in columns {
        let layer = row.map_or(Layer::Header, |row| {
            let part = paper.sheets.part(Some(row), Role::ColumnHead);
            Layer::Part(part)
        });
        let style = HEAD.fitting(&column.head, column.width());
        if column.is_number() {
            paper.sheets.text_to(layer, inner_right(column), y + 4.3, style, column.head.as_str());
        } else {
            paper.sheets.text(layer, inner_left(column), y + 4.3, style, column.head.as_str());
        }
    }
    paper.y = y + HEAD_HEIGHT;
}

/// The outer columns keep off the edge of the ground.
fn inner_left(column: &Column) -> f32 {
    if column.left <= LEFT { column.left + 1.0 } else { column.left + GAP }
}

fn inner_right(column: &Column) -> f32 {
    if column.right >= RIGHT - 0.1 { column.right - 1.0 } else { column.right }
}

/// What stands in a column on one line; `None` for the description.
fn value(paper: &Paper<'_>, row: &Row, kind: Kind) -> Option<String> {
    let language = paper.language;
    Some(match kind {
        Kind::Description => return None,
        Kind::Code => printable(row.product_code.as_deref().unwrap_or_default().trim()),
        Kind::Quantity => language.decimal(row.quantity, 0),
        Kind::Unit => printable(row.unit.as_deref().unwrap_or_default().trim()),
        Kind::Price => language.decimal(row.unit_price, row.net.decimals()),
        Kind::Discount => match row.discount_percent {
            Some(percent) => language.percent(percent),
            None if row.discount.is_zero() => String::new(),
            None => language.money(row.discount),
        },
        Kind::Vat => language.rate(row.vat.rate),
        Kind::Net => language.money(row.net),
    })
}

fn cell(paper: &Paper<'_>, row: &Row, column: &Column) -> Lines {
    let width = column.width();
    let broken = |style: Style, text: &str| style.lines(text, width).into_iter().map(move |line| (style, line));
    match value(paper, row, column.kind) {
        Some(text) if matches!(column.kind, Kind::Code | Kind::Unit) => broken(TEXT, &text).collect(),
        Some(value) => vec![(TEXT.fitting(&value, width), value)],
        None => {
            let mut lines: Lines = broken(TEXT, row.name.trim()).collect();
            if let Some(description) = &row.description {
                lines.extend(broken(MORE, description));
            }
            if let Some(day) = row.delivery_date {
                lines.extend(broken(MORE, &format!("{} {}", paper.words.delivered, paper.language.date(day))));
            }
            if let Some(reason) = &row.vat_exemption_reason {
                lines.extend(broken(MORE, reason.trim()));
            }
            lines
        }
    }
}

/// A row stays on one sheet when it fits on one; else it goes on line by line.
fn draw_row(paper: &mut Paper<'_>, columns: &[Column], cells: Vec<Lines>, body: PartId) {
    let leadings = leadings(&cells);
    let row = paper.sheets.part(Some(body), Role::Row);
    let parts: Vec<PartId> = columns.iter().map(|_| paper.sheets.part(Some(row), Role::Cell)).collect();
    let mut cells: Vec<_> = cells.into_iter().map(|lines| lines.into_iter().peekable()).collect();
    let whole = leadings.iter().sum::<f32>() + PADDING;
    if paper.y + whole > END && BEGIN + HEAD_HEIGHT + whole <= END {
        turn(paper, columns);
    }
    for (place, leading) in leadings.into_iter().enumerate() {
        if paper.y + leading + PADDING > END {
            turn(paper, columns);
        }
        paper.y += leading;
        for ((column, part), lines) in columns.iter().zip(&parts).zip(&mut cells) {
            let Some((style, mut line)) = lines.next() else { continue };
            // A cell without anything in it would not be one to a screen reader, and lines must not run together.
            if line.is_empty() && place == 0 || lines.peek().is_some() && !line.ends_with(' ') {
                line.push(' ');
            }
            let layer = Layer::Part(*part);
            if column.is_number() {
                paper.sheets.text_to(layer, inner_right(column), paper.y, style, line);
            } else {
                paper.sheets.text(layer, inner_left(column), paper.y, style, line);
            }
        }
    }
    paper.y += PADDING;
    paper.sheets.rule(LEFT, paper.y, ROOM, 0.4, LIGHT);
}

/// How far each line is below the one before it.
fn leadings(cells: &[Lines]) -> Vec<f32> {
    let count = cells.iter().map(Vec::len).max().unwrap_or(0);
    let is_small = |place| cells.iter().filter_map(|lines| lines.get(place)).all(|(style, _)| *style == MORE);
    (0..count).map(|place| if is_small(place) { MORE_LEADING } else { LEADING }).collect()
}

fn turn(paper: &mut Paper<'_>, columns: &[Column]) {
    paper.turn();
    draw_head(paper, columns, None);
}
