//! The seller at the foot of every sheet.

use super::address;
use super::paper::{LEFT, Paper, ROOM};
use crate::lines::Style;
use crate::sheet::{Layer, Role};

/// Where it begins on a sheet without payment data.
pub(super) const USUAL: f32 = 279.0;
/// How high it is.
pub(super) const HEIGHT: f32 = 12.0;

const LEADING: f32 = 3.3;
const STYLE: Style = Style::grey(7.0);
/// Where its columns begin.
const COLUMNS: [f32; 3] = [LEFT, LEFT + 62.0, LEFT + 122.0];
const COLUMN: f32 = 58.0;
const LAST_COLUMN: f32 = 53.0;

/// Draws it from `y` on. Only that of the first sheet is read aloud.
pub(super) fn draw(paper: &mut Paper<'_>, y: f32) {
    let seller = &paper.document.parties.seller;
    let (words, language) = (paper.words, paper.language);
    let who = vec![seller.name.clone(), seller.address.street.clone(), address::town(&seller.address)];
    let contact = &seller.contact;
    let mut how = Vec::new();
    how.extend(contact.person_name.clone());
    how.extend(contact.phone.as_ref().map(|phone| format!("{} {phone}", words.phone)));
    let email = contact.email.as_ref().or(contact.person_email.as_ref());
    how.extend(email.map(|email| format!("{} {email}", words.email)));
    let mut numbers = vec![format!("{} {}", language.business_id(seller.address.country), seller.business_id)];
    numbers.extend(seller.vat_code.as_ref().map(|code| format!("{} {code}", words.vat_number)));
    let is_first = paper.is_first();
    paper.sheets.rule(LEFT, y, ROOM, 0.5, 0);
    for ((column, width), lines) in COLUMNS.into_iter().zip([COLUMN, COLUMN, LAST_COLUMN]).zip([who, how, numbers]) {
        let lines: Vec<_> = lines.into_iter().map(|line| (STYLE, STYLE.one_line(&line, width))).collect();
        if is_first {
            let part = paper.sheets.part(None, Role::Paragraph);
            paper.block(part, column, y + 3.8, LEADING, lines);
        } else {
            for (place, (style, line)) in lines.into_iter().enumerate() {
                paper.sheets.text(Layer::Footer, column, y + 3.8 + place as f32 * LEADING, style, line);
            }
        }
    }
}
