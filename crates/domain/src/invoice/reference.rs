//! What an invoice refers to, and the reference that it is paid with.

use super::draft::ReferencesDraft;
use super::header::{HeaderParts, InvoiceNumber, InvoiceType};
use super::report::{LONGEST_CODE, Report, present};
use crate::calendar::CalendarDate;
use crate::fault_code::{Coded, NOT_COMBINABLE};
use crate::identifier::ReferencePrefix;
use crate::payment_reference::{PaymentReference, ReferenceFault, ReferenceKind};
use crate::website::Website;

/// The references of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct References {
    /// The seller's own reference, as sent.
    pub sales: Option<String>,
    /// The buyer's reference, as sent.
    pub buyer: Option<String>,
    /// The agreement that it is of, as sent.
    pub agreement: Option<String>,
    /// The buyer's order, as sent.
    pub order_number: Option<String>,
    /// The day of the order.
    pub order_date: Option<CalendarDate>,
    /// What it is paid with: as given, or made of the client's prefix and the invoice number. In sandbox its check
    /// digits may be wrong.
    pub payment: PaymentReference,
    /// A code by which the buyer's bank shows it, as sent.
    pub electronic_payment_code: Option<String>,
    /// The invoice that a credit note credits; every credit note has one, and no invoice.
    pub credited_invoice: Option<InvoiceNumber>,
    /// Where a copy can be fetched.
    pub invoice_copy_url: Option<Website>,
}

const CREDITED: &str = "invoice.references.creditedInvoiceNumber";
const PAYMENT: &str = "invoice.references.payment";

/// What the payment reference of an invoice depends on.
pub(super) struct PaymentRules {
    /// What one that is made begins with.
    pub(super) prefix: ReferencePrefix,
    /// The kind of one that is made.
    pub(super) made: ReferenceKind,
    /// The kinds of which one may be given.
    pub(super) given: Vec<ReferenceKind>,
}

/// Whether a number of an invoice to be credited is given. No invoice has the number zero, which is what some senders
/// put where there is none.
pub(super) fn credits(draft: &ReferencesDraft) -> bool {
    draft.credited_invoice_number.is_some_and(|number| number != 0)
}

pub(super) fn read(
    draft: &ReferencesDraft,
    header: &HeaderParts,
    rules: &PaymentRules,
    report: &mut Report,
) -> Option<References> {
    let mut code = |name: &str, member| report.text(format_args!("invoice.references.{name}"), member, LONGEST_CODE);
    let sales = code("sales", &draft.sales);
    let buyer = code("buyer", &draft.buyer);
    let agreement = code("agreement", &draft.agreement);
    let payment = payment(draft, header, rules, report);
    let order_number = report.text("invoice.references.orderNumber", &draft.order_number, LONGEST_CODE);
    let order_date = report.date("invoice.references.orderDate", &draft.order_date);
    let electronic_payment_code =
        report.text("invoice.references.electronicPaymentCode", &draft.electronic_payment_code, LONGEST_CODE);
    let credited_invoice = credited(draft.credited_invoice_number.filter(|_| credits(draft)), header, report);
    let invoice_copy_url =
        report.optional("invoice.references.invoiceCopyUrl", &draft.invoice_copy_url, Website::parse);
    Some(References {
        sales,
        buyer,
        agreement,
        order_number,
        order_date,
        payment: payment?,
        electronic_payment_code,
        credited_invoice,
        invoice_copy_url,
    })
}

fn payment(
    draft: &ReferencesDraft,
    header: &HeaderParts,
    rules: &PaymentRules,
    report: &mut Report,
) -> Option<PaymentReference> {
    if present(&draft.payment).is_some() {
        let parse = |text: &str| PaymentReference::parse_as(text, &rules.given);
        return report.verified(PAYMENT, &draft.payment, parse, |fault| match fault {
            ReferenceFault::CheckDigit { reference } => Some(reference.clone()),
            _ => None,
        });
    }
    let number = u64::try_from(header.number?.get()).ok()?;
    match PaymentReference::build(rules.made, rules.prefix, number) {
        Ok(reference) => Some(reference),
        Err(fault) => {
            report.add(
                PAYMENT,
                fault.code(),
                "No payment reference can be made of your prefix and this invoice number, they have more than 19 digits together: \
                 give a reference or a shorter number",
            );
            None
        }
    }
}

fn credited(number: Option<i64>, header: &HeaderParts, report: &mut Report) -> Option<InvoiceNumber> {
    let Some(number) = number else {
        if header.kind == Some(InvoiceType::CreditNote) {
            report.missing(CREDITED, "A credit note needs the number of the invoice that it credits");
        }
        return None;
    };
    let number = match InvoiceNumber::new(number) {
        Ok(number) => number,
        Err(fault) => {
            report.fault(CREDITED, &fault);
            return None;
        }
    };
    if header.kind == Some(InvoiceType::Invoice) {
        report.add(
            CREDITED,
            NOT_COMBINABLE,
            "An invoice credits nothing: make it a CREDIT_NOTE or leave the number out",
        );
        None
    } else if header.number == Some(number) {
        report.add(CREDITED, NOT_COMBINABLE, "A credit note can't credit itself: name the invoice that it credits");
        None
    } else {
        Some(number)
    }
}
