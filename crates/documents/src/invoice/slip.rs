//! The data of the payment at the bottom of the last sheet, with the bank bar code.

use domain::bank_bar_code::BankBarCode;
use domain::bic::Bic;
use domain::iban::Iban;
use domain::invoice::Address;

use super::paper::{BEGIN, LEFT, Paper, RIGHT, ROOM};
use super::{address, foot};
use crate::code_128::symbol;
use crate::format::{in_fours, reference};
use crate::lines::Style;
use crate::sheet::{Layer, PartId, Role};

const LABEL: Style = Style::grey(6.5);
const TEXT: Style = Style::regular(9.0);
const STRONG: Style = Style::bold(10.0);

/// Where the slip ends.
const END: f32 = 290.5;
/// How high a row of one line is, and one with a name and an address.
const ROW: f32 = 9.5;
const BLOCK: f32 = 17.5;
/// The height of the bars, what is around them, and the width of one module: within what the Bank Bar Code Guide 5.3
/// takes. 332 modules are 99.6 mm, and the 20 mm beside them are left white.
const BARS: f32 = 12.0;
const ABOVE_BARS: f32 = 2.5;
const MODULE: f32 = 0.3;

/// How high the line with the digits is, which people copy into the page of their bank. It is not below the bars, where the
/// guide wants nothing to be.
const DIGITS: f32 = 5.0;
/// How wide the fields of the account and of the recipient are.
const WIDE: f32 = 95.0;

/// From the left edge of a field to its text.
const INSET: f32 = 1.5;

/// Where and to whom it is paid.
struct Payee {
    name: String,
    lines: Vec<String>,
    iban: Option<Iban>,
    bic: Option<Bic>,
    giros: Vec<(&'static str, String)>,
}

/// Draws the slip, if there is something to pay and an account to pay it to, and the foot of the last sheet.
pub(super) fn draw(paper: &mut Paper<'_>) {
    let document = paper.document;
    let payee = payee(paper);
    let has_account = payee.iban.is_some() || !payee.giros.is_empty();
    let payable = document.totals.payable;
    if document.is_credit_note() || payable.is_zero() || payable.is_negative() || !has_account {
        foot::draw(paper, foot::USUAL);
        return;
    }
    let payment = &document.references.payment;
    let code =
        payee.iban.as_ref().and_then(|iban| BankBarCode::of(iban, payment, payable, Some(document.header.due_date)));
    let bars = if code.is_some() { DIGITS + ABOVE_BARS + BARS } else { 0.0 };
    let top = END - 2.0 * ROW - BLOCK - bars;
    let foot = top - foot::HEIGHT - 5.0;
    if paper.y + 1.0 > foot && paper.y > BEGIN {
        paper.turn();
    }
    foot::draw(paper, foot);
    let (words, language) = (paper.words, paper.language);
    let section = paper.sheets.part(None, Role::Section);
    heading(paper, section, top - 1.6);

    let mut y = top;
    let accounts = accounts(paper, &payee);
    field_row(paper, section, y, &accounts);
    y += ROW;
    let buyer = &document.parties.buyer;
    let lines = buyer.address.as_ref().map(short).unwrap_or_default();
    block(paper, section, (LEFT, y, WIDE), words.recipient, &payee.name, &payee.lines);
    block(paper, section, (LEFT + WIDE, y, ROOM - WIDE), words.payer, &buyer.name, &lines);
    paper.sheets.upright(LEFT + WIDE, y, BLOCK, 0.5, 0);
    y += BLOCK;
    paper.sheets.rule(LEFT, y, ROOM, 0.5, 0);
    let fields = [
        (paper.reference_label(), reference(payment), 68.0),
        (words.due_date, language.date(document.header.due_date), 47.0),
        (words.amount, language.amount(payable), ROOM - 115.0),
    ];
    field_row(paper, section, y, &fields);
    y += ROW;
    frame(paper, top, y);
    if let Some(code) = code
        && let Some(symbol) = symbol(code.as_str())
    {
        let digits = paper.sheets.part(Some(section), Role::Paragraph);
        let label = format!("{} ", words.virtual_bar_code);
        paper.sheets.text(Layer::Part(digits), LEFT + INSET, y + DIGITS - 1.0, LABEL, label);
        paper.sheets.text(Layer::Part(digits), LEFT + 30.0, y + DIGITS - 1.0, Style::regular(8.0), code.as_str());
        let what = format!("{}: {code}", words.bank_bar_code);
        let part = paper.sheets.part(Some(section), Role::Figure(what));
        paper.sheets.bars(part, LEFT + 2.0, y + DIGITS + ABOVE_BARS, MODULE, BARS, symbol);
    }
}

/// What is paid here, and the request for the reference.
fn heading(paper: &mut Paper<'_>, section: PartId, y: f32) {
    let (words, number) = (paper.words, paper.document.header.number);
    let part = paper.sheets.part(Some(section), Role::Paragraph);
    let what = format!("{} – {} {number} ", words.payment_slip, words.invoice);
    paper.sheets.text(Layer::Part(part), LEFT, y, Style::bold(8.0), what);
    paper.sheets.text_to(Layer::Part(part), RIGHT, y, Style::regular(8.0), words.quote_reference);
}

/// The financier, when the claim is its and it has an account of its own; else the seller.
fn payee(paper: &Paper<'_>) -> Payee {
    let (seller, words) = (&paper.document.parties.seller, paper.words);
    if let Some(factoring) = &paper.document.extensions.factoring
        && let Some(iban) = &factoring.iban
    {
        let (iban, bic) = (Some(iban.clone()), factoring.bic.clone());
        return Payee { name: factoring.financier.clone(), lines: Vec::new(), iban, bic, giros: Vec::new() };
    }
    let payment = &seller.payment;
    let mut giros = Vec::new();
    giros.extend(payment.bankgiro.as_ref().map(|number| (words.bankgiro, number.to_string())));
    giros.extend(payment.plusgiro.as_ref().map(|number| (words.plusgiro, number.to_string())));
    let lines = short(&seller.address);
    Payee { name: seller.name.clone(), lines, iban: payment.iban.clone(), bic: payment.bic.clone(), giros }
}

/// The street and the town.
fn short(address: &Address) -> Vec<String> {
    vec![address.street.clone(), address::town(address)]
}

type Field = (&'static str, String, f32);

/// The accounts with the widths of their fields.
fn accounts(paper: &Paper<'_>, payee: &Payee) -> Vec<Field> {
    let mut small = Vec::new();
    small.extend(payee.bic.as_ref().map(|bic| ("BIC", bic.to_string())));
    small.extend(payee.giros.iter().cloned());
    let mut fields = Vec::new();
    let mut room = ROOM;
    if let Some(iban) = &payee.iban {
        let width = if small.is_empty() { room } else { WIDE };
        fields.push((paper.words.account, in_fours(iban.as_str()), width));
        room -= width;
    }
    let count = small.len() as f32;
    fields.extend(small.into_iter().map(|(label, value)| (label, value, room / count)));
    fields
}

/// A row of fields of one line each, with a line below.
fn field_row(paper: &mut Paper<'_>, section: PartId, y: f32, fields: &[Field]) {
    let mut x = LEFT;
    for (place, (label, value, width)) in fields.iter().enumerate() {
        if place > 0 {
            paper.sheets.upright(x, y, ROW, 0.5, 0);
        }
        let part = paper.sheets.part(Some(section), Role::Paragraph);
        paper.sheets.text(Layer::Part(part), x + INSET, y + 3.2, LABEL, format!("{label} "));
        let style = STRONG.fitting(value, width - 2.0 * INSET);
        paper.sheets.text(Layer::Part(part), x + INSET, y + 7.6, style, value.as_str());
        x += width;
    }
    paper.sheets.rule(LEFT, y + ROW, ROOM, 0.5, 0);
}

/// A field with a name and up to two lines more.
fn block(paper: &mut Paper<'_>, section: PartId, at: (f32, f32, f32), label: &str, name: &str, lines: &[String]) {
    let (x, y, width) = at;
    let width = width - 2.0 * INSET;
    let part = paper.sheets.part(Some(section), Role::Paragraph);
    let mut all = Vec::new();
    paper.sheets.text(Layer::Part(part), x + INSET, y + 3.2, LABEL, format!("{label} "));
    all.push((TEXT, TEXT.one_line(name, width)));
    all.extend(lines.iter().take(2).map(|line| (TEXT, TEXT.one_line(line, width))));
    paper.block(part, x + INSET, y + 7.4, 3.9, all);
}

fn frame(paper: &mut Paper<'_>, top: f32, bottom: f32) {
    paper.sheets.rule(LEFT, top, ROOM, 0.5, 0);
    paper.sheets.upright(LEFT, top, bottom - top, 0.5, 0);
    paper.sheets.upright(RIGHT, top, bottom - top, 0.5, 0);
}
