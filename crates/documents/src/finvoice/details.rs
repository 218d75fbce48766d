//! `InvoiceDetails`: what the invoice is, refers to and comes to, and its terms (chapter 10.14).

use domain::invoice::{Interest, VatTotal};
use domain::percent::Percent;
use domain::vat::VatCategory;

use super::fit::{self, Room};
use super::message::Message;
use super::{FinvoiceDocument, number};

/// The most characters of a line of free text.
const FREE_TEXT: usize = 512;
/// Two lines of terms.
const TERMS: Room = Room::of(70).times(2);
/// The most characters of a link.
const LINK: usize = 512;
/// The most characters of what names a payment to the buyer's bank.
pub(super) const PAYMENT_CODE: usize = 35;

pub(super) fn write(message: &mut Message, document: &FinvoiceDocument<'_>) {
    message.within("InvoiceDetails", &[], |message| {
        identity(message, document);
        references(message, document);
        totals(message, document);
        for total in &document.invoice.totals.by_rate {
            rate(message, document, total);
        }
        free_texts(message, document);
        terms(message, document);
    });
}

/// The address at which a copy can be fetched (chapter 18.1). One that is too long is left out: cut it leads nowhere.
pub(super) fn write_link(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let Some(url) = &document.invoice.references.invoice_copy_url else { return };
    if url.as_str().chars().count() <= LINK {
        message.value("InvoiceUrlNameText", title(document));
        message.value("InvoiceUrlText", url.as_str());
    }
}

fn title(document: &FinvoiceDocument<'_>) -> &'static str {
    let words = document.language().words();
    if document.is_credit_note() { words.credit_note } else { words.invoice }
}

fn identity(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let (code, un_code) = if document.is_credit_note() { ("INV02", "381") } else { ("INV01", "380") };
    let header = &document.invoice.header;
    message.value_with("InvoiceTypeCode", &[("CodeListAgencyIdentifier", "SPY")], code);
    message.value("InvoiceTypeCodeUN", un_code);
    message.value("InvoiceTypeText", &title(document).to_uppercase());
    message.value("OriginCode", "Original");
    message.value("InvoiceNumber", &header.number.to_string());
    message.date("InvoiceDate", header.date);
    if let Some(original) = document.invoice.references.credited_invoice {
        message.value("OriginalInvoiceNumber", &original.to_string());
    }
}

fn references(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let (references, words) = (&document.invoice.references, document.language().words());
    let mut code = |name, code: &Option<String>, label| message.code(name, code.as_deref(), 70, label);
    code("SellerReferenceIdentifier", &references.sales, words.our_reference);
    code("SellersBuyerIdentifier", &document.invoice.parties.buyer.customer_account_id, words.customer_number);
    code("OrderIdentifier", &references.order_number, words.order_number);
    if let Some(day) = references.order_date {
        message.date("OrderDate", day);
    }
    let mut code = |name, code: &Option<String>, label| message.code(name, code.as_deref(), 70, label);
    code("AgreementIdentifier", &references.agreement, words.agreement_number);
    code("BuyerReferenceIdentifier", &references.buyer, words.your_reference);
}

/// Sums of the rows and of the rates (chapter 17).
fn totals(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let totals = &document.invoice.totals;
    message.amount("RowsTotalVatExcludedAmount", totals.net);
    message.amount("InvoiceTotalVatExcludedAmount", totals.net);
    message.amount("InvoiceTotalVatAmount", totals.vat);
    message.amount("InvoiceTotalVatIncludedAmount", totals.gross);
    if !totals.rounding.is_zero() {
        message.amount("InvoiceTotalRoundoffAmount", totals.rounding);
    }
    if !totals.paid.is_zero() {
        message.amount("InvoicePaidAmount", totals.paid);
    }
}

fn rate(message: &mut Message, document: &FinvoiceDocument<'_>, total: &VatTotal) {
    let VatTotal { vat, net, tax } = *total;
    message.within("VatSpecificationDetails", &[], |message| {
        message.amount("VatBaseAmount", net);
        // What is outside of VAT has no rate of it (EN 16931 BR-O-05).
        if vat.category != VatCategory::OutOfScope {
            message.value("VatRatePercent", &number::percent(vat.rate));
        }
        message.value("VatCode", vat.category.as_str());
        message.amount("VatRateAmount", tax);
        // The reasons of rows stand at the rows in full.
        for line in reasons(document, vat.category).into_iter().take(3) {
            message.value("VatFreeText", &line);
        }
        if let Some(code) = exemption_code(vat.category) {
            message.value("VatExemptionReasonCode", code);
        }
    });
}

/// Why there is no VAT, in lines of 70 characters: in the words of the law, and in those of the rows (chapter 9.4).
fn reasons(document: &FinvoiceDocument<'_>, category: VatCategory) -> Vec<String> {
    let seller = document.invoice.parties.seller.address.country;
    let Some(law) = document.language().no_vat(category, seller) else { return Vec::new() };
    let mut reasons = vec![law.to_owned()];
    for row in document.invoice.rows.iter().filter(|row| row.vat.category == category) {
        if let Some(reason) = row.vat_exemption_reason.as_deref().map(fit::line).filter(|reason| !reason.is_empty())
            && !reasons.contains(&reason)
        {
            reasons.push(reason);
        }
    }
    reasons.iter().flat_map(|reason| fit::pieces(reason, 70)).collect()
}

/// The code of the reason, from the code list VATEX of the Connecting Europe Facility. An exemption has many, of which
/// the invoice does not tell one.
const fn exemption_code(category: VatCategory) -> Option<&'static str> {
    match category {
        VatCategory::ReverseCharge => Some("VATEX-EU-AE"),
        VatCategory::IntraCommunity => Some("VATEX-EU-IC"),
        VatCategory::Export => Some("VATEX-EU-G"),
        VatCategory::OutOfScope => Some("VATEX-EU-O"),
        VatCategory::Standard | VatCategory::Zero | VatCategory::Exempt => None,
    }
}

/// What is said of the invoice, and all that found no room before this, or will not find it behind.
fn free_texts(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let (invoice, words) = (document.invoice, document.language().words());
    if let Some(terms) = &invoice.terms.payment
        && fit::pieces(terms, TERMS.most).len() > TERMS.times
    {
        message.set_aside(format!("{}: {}", words.payment_terms, fit::line(terms)));
    }
    if let Some(code) = invoice.references.electronic_payment_code.as_deref().map(fit::line)
        && code.chars().count() > PAYMENT_CODE
    {
        message.set_aside(format!("{}: {code}", words.payment_slip));
    }
    let said = [&invoice.header.description, &invoice.header.additional_information];
    let mut texts: Vec<String> = said.into_iter().flatten().flat_map(|text| fit::lines(text)).collect();
    texts.extend(message.take_overflow());
    for text in texts {
        message.beginning("InvoiceFreeText", &text, Room::of(FREE_TEXT).unbounded());
    }
}

/// The due date and what goes with it. A credit note has no more than that: nothing is paid.
fn terms(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let invoice = document.invoice;
    message.within("PaymentTermsDetails", &[], |message| {
        message.beginning("PaymentTermsFreeText", invoice.terms.payment.as_deref().unwrap_or_default(), TERMS);
        message.date("InvoiceDueDate", invoice.header.due_date);
        if !document.is_credit_note() {
            cash_discount(message, document);
            overdue(message, document);
        }
    });
}

/// The discount, of what is to be paid. Its VAT is left out: part of the invoice may have been paid, and of which rate
/// nobody knows.
fn cash_discount(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let Some(discount) = document.invoice.terms.cash_discount else { return };
    let payable = document.invoice.totals.payable;
    let amount = payable.share(discount.percent);
    message.date("CashDiscountDate", discount.until);
    message.amount("CashDiscountBaseAmount", payable);
    message.value("CashDiscountPercent", &number::percent(discount.percent));
    message.amount("CashDiscountAmount", amount);
    if let Ok(reduced) = payable.minus(amount) {
        message.amount("ReducedInvoiceVatIncludedAmount", reduced);
    }
}

/// What a late payment costs.
fn overdue(message: &mut Message, document: &FinvoiceDocument<'_>) {
    const TEXT: &str = "PaymentOverDueFineFreeText";
    let extensions = &document.invoice.extensions;
    let fee = extensions.collection.and_then(|collection| collection.reminder_fee);
    if extensions.interest.is_none() && fee.is_none() {
        return;
    }
    let language = document.language();
    let words = language.words();
    let rate = match extensions.interest {
        Some(Interest::Fixed(percent)) => Some(percent),
        Some(Interest::None) => Some(Percent::ZERO),
        Some(Interest::Statutory) | None => None,
    };
    message.within("PaymentOverDueFineDetails", &[], |message| {
        let line = Room::of(70);
        let interest = match rate {
            Some(rate) => Some(language.percent(rate)),
            None => extensions.interest.is_some().then(|| words.statutory.to_owned()),
        };
        if let Some(interest) = interest {
            message.beginning(TEXT, &format!("{}: {interest}", words.late_interest), line);
        }
        if let Some(fee) = fee {
            message.beginning(TEXT, &language.reminder_fee(fee), line);
        }
        if let Some(rate) = rate {
            message.value("PaymentOverDueFinePercent", &number::percent(rate));
        }
        if let Some(fee) = fee {
            message.amount("PaymentOverDueFixedAmount", fee);
        }
    });
}
