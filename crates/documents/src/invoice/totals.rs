//! Below the rows: VAT per rate, what it all comes to, and what else is to be said.

use domain::invoice::VatTotal;
use domain::vat::VatCategory;

use super::paper::{LEADING, LEFT, Paper, RIGHT};
use crate::lines::Style;
use crate::sheet::{Layer, PartId, Role};

const HEAD: Style = Style::bold(7.5);
const TEXT: Style = Style::regular(8.5);
const TOTAL: Style = Style::regular(9.0);
const TO_PAY: Style = Style::bold(11.0);
const NOTE: Style = Style::regular(8.5);

/// Where the rate ends, and where the amounts of the breakdown do.
const BREAKDOWN: [f32; 4] = [LEFT + 26.0, LEFT + 48.0, LEFT + 70.0, LEFT + 92.0];
/// Where the totals begin, and where their amounts do.
const TOTALS: [f32; 2] = [122.0, 162.0];
const LINE: f32 = 4.6;

/// Draws them and goes on below.
pub(super) fn draw(paper: &mut Paper<'_>) {
    let lines = totals(paper);
    let rates = paper.document.totals.by_rate.len();
    let height = 18.0 + lines.len() as f32 * LINE;
    let breakdown = 14.0 + rates.min(6) as f32 * LINE;
    paper.need(f32::max(height, breakdown));
    paper.y += 4.0;
    let top = paper.y;
    let sheet = paper.sheets.sheets.len();
    draw_totals(paper, lines);
    let below_totals = paper.y;
    paper.y = top;
    draw_breakdown(paper);
    // Only where there are more rates than a sheet has room for has it turned.
    if paper.sheets.sheets.len() == sheet {
        paper.y = paper.y.max(below_totals);
    }
    notes(paper);
}

fn totals(paper: &Paper<'_>) -> Vec<(&'static str, String)> {
    let (totals, words, language) = (paper.document.totals, paper.words, paper.language);
    let mut lines = vec![
        (words.total_net, language.money(totals.net)),
        (words.total_vat, language.money(totals.vat)),
        (words.total_gross, language.money(totals.gross)),
    ];
    if !totals.rounding.is_zero() {
        lines.push((words.rounding, language.money(totals.rounding)));
    }
    if !totals.paid.is_zero() {
        // It is taken off.
        let paid = domain::money::Money::zero(totals.paid.currency()).and_then(|zero| zero.minus(totals.paid));
        lines.push((words.paid, language.money(paid.unwrap_or(totals.paid))));
    }
    lines
}

fn draw_totals(paper: &mut Paper<'_>, lines: Vec<(&'static str, String)>) {
    let [left, amounts] = TOTALS;
    let table = paper.sheets.part(None, Role::Table);
    for (label, amount) in lines {
        paper.y += LINE;
        line(paper, table, (left, TOTAL), amounts, label, &amount);
    }
    let label = if paper.document.is_credit_note() { paper.words.to_credit } else { paper.words.to_pay };
    let amount = paper.language.amount(paper.document.totals.payable);
    paper.y += 3.0;
    paper.sheets.ground(left - 2.0, paper.y - 0.5, RIGHT - left + 2.0, 8.5, 235);
    paper.y += 5.3;
    line(paper, table, (left, TO_PAY), amounts - 8.0, label, &amount);
    paper.y += 2.7;
}

/// A label and an amount that begins at `from` at the earliest.
fn line(paper: &mut Paper<'_>, table: PartId, (left, style): (f32, Style), from: f32, label: &str, amount: &str) {
    let row = paper.sheets.part(Some(table), Role::Row);
    let head = paper.sheets.part(Some(row), Role::RowHead);
    let cell = paper.sheets.part(Some(row), Role::Cell);
    let right = RIGHT - 1.0;
    let label_style = style.fitting(label, from - left - 1.0);
    paper.sheets.text(Layer::Part(head), left, paper.y, label_style, label);
    let style = style.fitting(amount, right - from);
    paper.sheets.text_to(Layer::Part(cell), right, paper.y, style, amount);
}

fn draw_breakdown(paper: &mut Paper<'_>) {
    let words = paper.words;
    let table = paper.sheets.part(None, Role::Table);
    let group = paper.sheets.part(Some(table), Role::TableHead);
    paper.y += LINE;
    breakdown_row(paper, group, Role::ColumnHead, HEAD, [words.vat_rate, words.net, words.vat, words.gross]);
    paper.sheets.rule(LEFT, paper.y + 1.3, BREAKDOWN[3] - LEFT, 0.5, 0);
    paper.y += 1.3;
    let body = paper.sheets.part(Some(table), Role::TableBody);
    for total in &paper.document.totals.by_rate {
        paper.need(LINE);
        paper.y += LINE;
        let language = paper.language;
        let gross = total.net.plus(total.tax).map_or_else(|_| "–".to_owned(), |gross| language.money(gross));
        let cells = [&rate(paper, total), &language.money(total.net), &language.money(total.tax), &gross];
        breakdown_row(paper, body, Role::Cell, TEXT, cells.map(String::as_str));
    }
}

/// The rate, and where there is no VAT the code of the reason, which is told below.
fn rate(paper: &Paper<'_>, total: &VatTotal) -> String {
    let percent = paper.language.percent(total.vat.rate);
    match total.vat.category {
        VatCategory::Standard => percent,
        category => format!("{percent} {}", category.as_str()),
    }
}

fn breakdown_row(paper: &mut Paper<'_>, group: PartId, role: Role, style: Style, cells: [&str; 4]) {
    let row = paper.sheets.part(Some(group), Role::Row);
    let mut left = LEFT;
    for (place, (cell, right)) in cells.into_iter().zip(BREAKDOWN).enumerate() {
        let part = paper.sheets.part(Some(row), role.clone());
        let style = style.fitting(cell, right - left - 1.5);
        if place == 0 {
            paper.sheets.text(Layer::Part(part), left, paper.y, style, cell);
        } else {
            paper.sheets.text_to(Layer::Part(part), right, paper.y, style, cell);
        }
        left = right;
    }
}

/// Why there is no VAT, what the seller adds, terms in sentences, and to whom the claim belongs.
fn notes(paper: &mut Paper<'_>) {
    let (document, words, language) = (paper.document, paper.words, paper.language);
    let seller = document.parties.seller.address.country;
    let mut notes = Vec::new();
    for total in &document.totals.by_rate {
        let category = total.vat.category;
        notes.extend(language.no_vat(category, seller).map(|why| format!("{}: {why}", category.as_str())));
    }
    if !document.is_credit_note() {
        let discount = document.terms.cash_discount;
        notes.extend(discount.map(|discount| language.cash_discount(discount.percent, discount.until)));
        let fee = document.extensions.collection.and_then(|collection| collection.reminder_fee);
        notes.extend(fee.map(|fee| language.reminder_fee(fee)));
    }
    if let Some(factoring) = &document.extensions.factoring {
        let assigned =
            || language.assigned(factoring.financier.trim(), factoring.agreement.trim(), factoring.iban.is_some());
        // A credit note has no claim to assign.
        notes.extend(factoring.notice.clone().or_else(|| (!document.is_credit_note()).then(assigned)));
    }
    if document.totals.payable.is_zero() && !document.is_credit_note() {
        notes.push(words.nothing_to_pay.to_owned());
    }
    if !notes.is_empty() {
        paper.y += 2.5;
    }
    for note in &notes {
        paper.paragraph(NOTE, note);
    }
    if let Some(more) = &document.header.additional_information {
        paper.need(2.0 * LEADING);
        paper.y += 2.5;
        paper.paragraph(NOTE, more);
    }
}
