//! The terms of an invoice: ours, since the documentation names only the member.

use super::draft::TermsDraft;
use super::report::{Report, present};
use crate::calendar::CalendarDate;
use crate::fault_code::{NOT_COMBINABLE, OUT_OF_RANGE};
use crate::percent::Percent;
use crate::text::LONGEST_LINE;

/// The terms of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Terms {
    /// The terms of payment in words, as sent: `14 days net`.
    pub payment: Option<String>,
    /// The terms of delivery in words, as sent: `DAP Helsinki`.
    pub delivery: Option<String>,
    /// How the goods go, as sent.
    pub delivery_method: Option<String>,
    /// What the buyer may take off when it pays early.
    pub cash_discount: Option<CashDiscount>,
}

/// A discount for an early payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CashDiscount {
    /// How much of the payable amount.
    pub percent: Percent,
    /// The last day on which it may be taken; between the date of the invoice and its due date.
    pub until: CalendarDate,
}

const PERCENT: &str = "invoice.terms.cashDiscountPercent";
const DATE: &str = "invoice.terms.cashDiscountDate";

/// `span` is the date of the invoice and its due date.
pub(super) fn read(draft: &TermsDraft, span: Option<(CalendarDate, CalendarDate)>, report: &mut Report) -> Terms {
    let payment = report.text("invoice.terms.payment", &draft.payment, LONGEST_LINE);
    let delivery = report.text("invoice.terms.delivery", &draft.delivery, LONGEST_LINE);
    let delivery_method = report.text("invoice.terms.deliveryMethod", &draft.delivery_method, LONGEST_LINE);
    let percent = report.number(PERCENT, draft.cash_discount_percent, Percent::exact);
    let until = report.date(DATE, &draft.cash_discount_date);
    match (draft.cash_discount_percent, present(&draft.cash_discount_date)) {
        (Some(_), None) => report.missing(DATE, "A cash discount needs the last day on which it may be taken"),
        (None, Some(_)) => {
            report.add(PERCENT, NOT_COMBINABLE, "A cash discount needs its percentage: give it or leave the date out");
        }
        _ => {}
    }
    if let (Some(until), Some((date, due_date))) = (until, span)
        && !(date..=due_date).contains(&until)
    {
        report.add(
            DATE,
            OUT_OF_RANGE,
            format!("A cash discount ends between the date of the invoice and its due date: {date} to {due_date}"),
        );
    }
    let cash_discount = percent.zip(until).map(|(percent, until)| CashDiscount { percent, until });
    Terms { payment, delivery, delivery_method, cash_discount }
}
