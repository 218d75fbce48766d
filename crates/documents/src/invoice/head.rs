//! The upper half of the first sheet: who writes to whom, and what about.
//!
//! The buyer's address stands where windows of envelopes are: in Finland, Norway, Denmark and Estonia on the left, in
//! Sweden on the right. Windows begin 39 to 44 mm below the upper edge and 15 to 20 mm from the left one, and are 30 mm
//! high or more (C5, E5, C65 and EC4 envelopes; the layout of letters is SFS 2487 in Finland), so that lines between 46
//! and 72 mm are seen in each of them.

use domain::invoice::{Address, Interest};

use super::address;
use super::paper::{LEFT, MIDDLE, Paper, RIGHT};
use crate::format::reference;
use crate::lines::Style;
use crate::sheet::{Layer, Role};

/// The baseline of the title.
const TITLE: f32 = 20.0;
/// The baseline of the seller's name.
const SELLER: f32 = 18.0;
/// The baseline of the first line of the address.
const ADDRESS: f32 = 49.0;
/// Where windows end.
const WINDOW_END: f32 = 78.0;
/// How wide an address may be.
const ADDRESS_WIDTH: f32 = 83.0;
/// The baseline of the first fact beside a window on the left, and below the seller's address.
const FACTS: [f32; 2] = [28.0, 44.0];
/// From the beginning of a fact to what it is.
const LABEL: f32 = 37.0;
/// From line to line of one.
const FACT_LEADING: f32 = 3.9;

const SMALL: Style = Style::regular(8.5);
const SMALL_GREY: Style = Style::grey(8.0);

/// Draws it and goes on below.
pub(super) fn draw(paper: &mut Paper<'_>) {
    let document = paper.document;
    let window_on_the_right = document.parties.seller.address.country.as_str() == "SE";
    let (address_x, facts_x, facts_y) =
        if window_on_the_right { (MIDDLE, LEFT, FACTS[1]) } else { (LEFT, MIDDLE, FACTS[0]) };
    let title = paper.title();
    let part = paper.sheets.part(None, Role::Title(title.to_owned()));
    paper.sheets.text(Layer::Part(part), MIDDLE, TITLE, Style::bold(17.0), title);
    seller(paper);
    let below_address = buyer(paper, address_x);
    let below_facts = facts(paper, facts_x, facts_y);
    paper.y = below_address.max(below_facts) + 4.5;
    if let Some(description) = &document.header.description {
        paper.paragraph(Style::regular(9.0), description);
        paper.y += 3.0;
    }
}

fn seller(paper: &mut Paper<'_>) {
    let seller = &paper.document.parties.seller;
    let (strong, style) = (Style::bold(11.0), Style::regular(8.0));
    let width = MIDDLE - LEFT - 6.0;
    let names = strong.some_lines(&seller.name, width, 2);
    let below = SELLER + 4.8 * if names.len() > 1 { 2.0 } else { 1.0 };
    let lines = address::lines(&seller.address, seller.address.country);
    let lines = lines.iter().take(4).map(|line| (style, style.one_line(line, width))).collect();
    let part = paper.sheets.part(None, Role::Paragraph);
    paper.block(part, LEFT, SELLER, 4.8, names.into_iter().map(|line| (strong, line)).collect());
    let part = paper.sheets.part(None, Role::Paragraph);
    paper.block(part, LEFT, below, 3.5, lines);
}

/// The address in the window, and below it who buys, when another gets the invoice, and where the goods go. Answers
/// where that ends.
fn buyer(paper: &mut Paper<'_>, x: f32) -> f32 {
    let parties = &paper.document.parties;
    let (buyer, home) = (&parties.buyer, parties.seller.address.country);
    let recipient = parties.recipient.as_ref();
    let name = recipient.and_then(|recipient| recipient.name.as_ref()).unwrap_or(&buyer.name);
    let address = recipient.and_then(|recipient| recipient.address.as_ref()).or(buyer.address.as_ref());
    let contact = recipient.map_or(&buyer.contact, |recipient| &recipient.contact);
    let person = contact.person_name.as_ref().filter(|person| person.trim() != name.trim());
    let mut rest = Vec::new();
    rest.extend(person.cloned());
    rest.extend(address.into_iter().flat_map(|address| address::lines(address, home)));
    // Seven lines of the usual size fit into a window.
    let (size, leading) = if rest.len() > 5 { (8.0, 3.4) } else { (10.0, 4.3) };
    let style = Style::regular(size);
    let mut lines = style.some_lines(name, ADDRESS_WIDTH, 2);
    lines.extend(rest.iter().map(|line| style.one_line(line, ADDRESS_WIDTH)));
    let part = paper.sheets.part(None, Role::Paragraph);
    paper.block(part, x, ADDRESS, leading, lines.into_iter().map(|line| (style, line)).collect());
    let mut y = WINDOW_END;
    if recipient.is_some() {
        y = party(paper, x, y, paper.words.buyer, Some(&buyer.name), buyer.address.as_ref());
    }
    if let Some(delivery) = &parties.delivery {
        y = party(paper, x, y, paper.words.delivery_address, delivery.name.as_ref(), delivery.address.as_ref());
    }
    y
}

/// A party in a few lines under its label. Answers where it ends.
fn party(paper: &mut Paper<'_>, x: f32, y: f32, label: &str, name: Option<&String>, address: Option<&Address>) -> f32 {
    let home = paper.document.parties.seller.address.country;
    let mut lines = vec![(SMALL_GREY, label.to_owned())];
    let rest = name.cloned().into_iter().chain(address.into_iter().flat_map(|address| address::lines(address, home)));
    lines.extend(rest.map(|line| (SMALL, SMALL.one_line(&line, ADDRESS_WIDTH))));
    let end = y + lines.len() as f32 * 3.7;
    let part = paper.sheets.part(None, Role::Paragraph);
    paper.block(part, x, y + 3.0, 3.7, lines);
    end + 2.0
}

/// Number, days, references and terms, each with its label. Answers where they end.
fn facts(paper: &mut Paper<'_>, x: f32, y: f32) -> f32 {
    let mut baseline = y;
    let table = paper.sheets.part(None, Role::Table);
    let width = if x < MIDDLE { MIDDLE - 4.0 } else { RIGHT } - x - LABEL;
    for (label, value, style) in list(paper) {
        let row = paper.sheets.part(Some(table), Role::Row);
        let (head, cell) = (paper.sheets.part(Some(row), Role::RowHead), paper.sheets.part(Some(row), Role::Cell));
        let label = SMALL_GREY.one_line(label, LABEL - 1.5);
        paper.sheets.text(Layer::Part(head), x, baseline, SMALL_GREY, label);
        let lines = style.some_lines(&value, width, 3);
        let count = lines.len();
        paper.block(cell, x + LABEL, baseline, FACT_LEADING, lines.into_iter().map(|line| (style, line)).collect());
        baseline += count as f32 * FACT_LEADING + 0.3;
    }
    baseline - 1.0
}

fn list(paper: &Paper<'_>) -> Vec<(&'static str, String, Style)> {
    let (document, words, language) = (paper.document, paper.words, paper.language);
    let (header, references, terms, buyer) =
        (document.header, document.references, document.terms, &document.parties.buyer);
    let is_invoice = !document.is_credit_note();
    let strong = Style::bold(8.5);
    let mut list = Vec::new();
    let mut add = |label, value: Option<String>, style| {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            list.push((label, value, style));
        }
    };
    let plain = SMALL;
    let number = Some(header.number.to_string());
    if is_invoice {
        add(words.invoice_number, number, strong);
        add(words.date, Some(language.date(header.date)), plain);
        add(words.due_date, Some(language.date(header.due_date)), strong);
        add(paper.reference_label(), Some(reference(&references.payment)), strong);
        add(words.payment_terms, terms.payment.clone(), plain);
        let interest = document.extensions.interest.and_then(|interest| match interest {
            Interest::Statutory => Some(words.statutory.to_owned()),
            Interest::Fixed(percent) => Some(language.percent(percent)),
            Interest::None => None,
        });
        add(words.late_interest, interest, plain);
    } else {
        add(words.credit_note_number, number, strong);
        add(words.credit_note_date, Some(language.date(header.date)), plain);
        add(words.credited_invoice, references.credited_invoice.map(|number| number.to_string()), strong);
    }
    add(words.customer_number, buyer.customer_account_id.clone(), plain);
    let country = buyer.address.as_ref().map_or(buyer.country, |address| address.country);
    add(language.buyers_business_id(country), buyer.business_id.as_ref().map(ToString::to_string), plain);
    add(words.buyers_vat_number, buyer.vat_code.as_ref().map(ToString::to_string), plain);
    add(words.your_reference, references.buyer.clone(), plain);
    add(words.our_reference, references.sales.clone(), plain);
    add(words.order_number, references.order_number.clone(), plain);
    add(words.order_date, references.order_date.map(|date| language.date(date)), plain);
    add(words.agreement_number, references.agreement.clone(), plain);
    add(words.delivery_terms, terms.delivery.clone(), plain);
    add(words.delivery_method, terms.delivery_method.clone(), plain);
    list
}
