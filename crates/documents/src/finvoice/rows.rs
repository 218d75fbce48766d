//! `InvoiceRow` (chapter 11).

use domain::invoice::Row;
use domain::vat::VatCategory;

use super::fit::{self, Room};
use super::message::Message;
use super::sums::RowSum;
use super::{FinvoiceDocument, number};

const NAME: usize = 100;
const DESCRIPTION: usize = 512;
const FREE_TEXT: usize = 512;
/// The most characters of a quantity and of a unit.
const QUANTITY: usize = 14;

pub(super) fn write(message: &mut Message, document: &FinvoiceDocument<'_>, sums: &[RowSum]) {
    for (place, (row, sum)) in document.invoice.rows.iter().zip(sums).enumerate() {
        message.within("InvoiceRow", &[], |message| {
            what(message, document, row);
            quantity_and_price(message, document, row);
            message.value("RowPositionIdentifier", &(place + 1).to_string());
            if let Some(day) = row.delivery_date {
                message.date("RowDeliveryDate", day);
            }
            free_texts(message, row);
            amounts(message, row, *sum);
        });
    }
}

/// What was sold. A description on one line has its own element, another one is free text.
fn what(message: &mut Message, document: &FinvoiceDocument<'_>, row: &Row) {
    let words = document.language().words();
    message.code("ArticleIdentifier", row.product_code.as_deref(), 70, words.product_code);
    if fit::line(&row.name).chars().count() > NAME {
        // The whole name is the first of the free texts.
        message.set_aside(fit::line(&row.name));
    }
    message.beginning("ArticleName", &row.name, Room::of(NAME));
    if let Some(description) = row.description.as_deref().map(fit::lines) {
        match description.as_slice() {
            [line] if line.chars().count() <= DESCRIPTION => message.value("ArticleDescription", line),
            lines => lines.iter().for_each(|line| message.set_aside(line.clone())),
        }
    }
}

/// The quantity, or where it is too long for that a definition of it; and the price.
fn quantity_and_price(message: &mut Message, document: &FinvoiceDocument<'_>, row: &Row) {
    let unit = row.unit.as_deref().map(fit::line).filter(|unit| !unit.is_empty());
    let unit = unit.and_then(|unit| fit::pieces(&unit, QUANTITY).into_iter().next());
    let attributes: Vec<(&str, &str)> = unit.iter().map(|unit| ("QuantityUnitCode", unit.as_str())).collect();
    let quantity = message.signed(&number::decimal(row.quantity));
    if quantity.len() <= QUANTITY {
        message.value_with("InvoicedQuantity", &attributes, &quantity);
    } else {
        let words = document.language().words();
        message.within("RowDefinitionDetails", &[], |message| {
            message.value("RowDefinitionHeaderText", words.quantity);
            message.value_with("RowDefinitionValue", &attributes, &quantity);
        });
    }
    let (price, base) = number::price(row.unit_price);
    let currency = row.net.currency();
    let mut attributes = vec![("AmountCurrencyIdentifier", currency.as_str())];
    attributes.extend(unit.iter().map(|unit| ("UnitPriceUnitCode", unit.as_str())));
    message.value_with("UnitPriceAmount", &attributes, &price);
    if let Some(base) = base {
        message.value("UnitPriceBaseQuantity", &base);
    }
}

/// What found no room, and why there is no VAT (chapter 10.8).
fn free_texts(message: &mut Message, row: &Row) {
    let mut texts = message.take_overflow();
    texts.extend(row.vat_exemption_reason.as_deref().map(fit::line));
    for text in texts {
        message.beginning("RowFreeText", &text, Room::of(FREE_TEXT).unbounded());
    }
}

fn amounts(message: &mut Message, row: &Row, sum: RowSum) {
    if let Some(percent) = row.discount_percent {
        message.value("RowDiscountPercent", &number::percent(percent));
    }
    if !row.discount.is_zero() {
        message.amount("RowDiscountAmount", row.discount);
        if let Ok(base) = row.net.plus(row.discount) {
            message.amount("RowDiscountBaseAmount", base);
        }
    }
    if row.vat.category != VatCategory::OutOfScope {
        message.value("RowVatRatePercent", &number::percent(row.vat.rate));
    }
    message.value("RowVatCode", row.vat.category.as_str());
    message.amount("RowVatAmount", sum.tax);
    message.amount("RowVatExcludedAmount", row.net);
    message.amount("RowAmount", sum.gross);
}
