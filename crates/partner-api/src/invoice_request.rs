//! The body of `POST /invoice`. These types are what is read and what the API document shows.
//!
//! Every member is read whatever it holds, so that all faults come in one answer; the rules themselves are in [`domain::invoice`].
//! What is documented keeps its names; where the documentation ends, they are ours (docs/api-design.md).

mod extensions;
mod object;
mod parties;
mod rows;

use std::fmt;

use domain::Faults;
use domain::invoice::{
    AttachmentDraft, DistributionDraft, HeaderDraft, InvoiceDraft, MOST_ATTACHMENTS, MOST_ROWS, ProcessingDraft,
    ReferencesDraft, TermsDraft,
};
use http_kit::{Flag, Integer, List, Number, Section, Text};
use serde::Deserialize;
use utoipa::ToSchema;

use self::extensions::ExtensionsSection;
use self::object::{IntoDraft, list, object};
use self::parties::{PartiesSection, PartyDrafts};
use self::rows::{AmountsSection, RowSection};

/// An invoice to be sent.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct SubmitInvoiceRequest {
    /// What is to be done with it.
    #[schema(value_type = Option<ProcessingSection>)]
    processing: Section<ProcessingSection>,
    /// How it is sent.
    #[schema(value_type = DistributionSection)]
    distribution: Section<DistributionSection>,
    /// The invoice itself.
    #[schema(value_type = InvoiceSection)]
    invoice: Section<InvoiceSection>,
}

object! {
    /// What is to be done with an invoice. What is left out is off.
    ProcessingSection => ProcessingDraft {
        /// Whether its payment is to be watched. It is kept with the invoice; nothing here watches payments yet.
        payment_control_enabled "paymentControlEnabled": Flag(bool) = true,
        /// Whether a person approves it before it is sent. Then its delivery stays `PENDING`, with a `statusReason` that says so, until the
        /// operator of this server has approved it; one that is not approved becomes `CANCELLED`.
        manual_approval_enabled "manualApprovalEnabled": Flag(bool) = false,
        /// Whether it is to be posted to the books. It is kept with the invoice; nothing here keeps books yet.
        accounting_invoice_enabled "accountingInvoiceEnabled": Flag(bool) = false,
        /// Whether product codes are shown on it.
        show_product_code_enabled "showProductCodeEnabled": Flag(bool) = true,
    }
}

object! {
    /// How an invoice is sent.
    DistributionSection => DistributionDraft {
        /// `EMAIL`, `EINVOICE`, `PRINT` or `NONE`.
        method "method": Text(String) = "EMAIL",
        /// `false` is the same as the method `NONE`.
        enabled "enabled": Flag(bool) = true,
    }
}

/// The invoice itself.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(crate) struct InvoiceSection {
    /// Number, type, dates, currency and language.
    #[schema(value_type = HeaderSection)]
    header: Section<HeaderSection>,
    /// What it refers to and is paid with.
    #[schema(value_type = Option<ReferencesSection>)]
    references: Section<ReferencesSection>,
    /// Who sells, buys, and gets the invoice and the goods.
    #[schema(value_type = PartiesSection)]
    parties: Section<PartiesSection>,
    /// What was sold: 1 to 1,000 rows.
    #[schema(value_type = Vec<RowSection>, min_items = 1, max_items = 1000)]
    rows: List<Section<RowSection>>,
    /// What it comes to.
    #[schema(value_type = AmountsSection)]
    amounts: Section<AmountsSection>,
    /// The terms in words, and a discount for an early payment.
    #[schema(value_type = Option<TermsSection>)]
    terms: Section<TermsSection>,
    /// Files that go with it: 10 at most, 10 MiB together.
    #[schema(value_type = Option<Vec<AttachmentSection>>, max_items = 10)]
    attachments: List<Section<AttachmentSection>>,
    /// What happens after the due date, and who has bought the claim.
    #[schema(value_type = Option<ExtensionsSection>)]
    extensions: Section<ExtensionsSection>,
}

object! {
    /// Number, type, dates, currency and language of an invoice.
    HeaderSection => HeaderDraft {
        /// The sender's number for it, 1 to 9007199254740991; each once.
        number "number": Integer(i64) = 251_601_000,
        /// `INVOICE` or `CREDIT_NOTE`. Without it: a credit note where `creditedInvoiceNumber` is given, else an invoice.
        kind "type": Text(String) = "INVOICE",
        /// The date of the invoice: `YYYY-MM-DD`.
        date "date": Text(String) = "2026-11-21",
        /// The last day of payment. A credit note may leave it out.
        due_date "dueDate": Text(String) = "2026-12-05",
        /// What it is for, shown above the rows.
        description "description": Text(String) = "Autumn deliveries",
        /// Further words, shown below the rows.
        additional_information "additionalInformation": Text(String) = "Thank you for your order",
        /// ISO 4217; without it the client's own.
        currency_code "currencyCode": Text(String) = "EUR",
        /// The language of the invoice (ISO 639-1, in either case); without it the client's own.
        language_code "languageCode": Text(String) = "FI",
    }
}

object! {
    /// What an invoice refers to and is paid with.
    ReferencesSection => ReferencesDraft {
        /// The seller's reference.
        sales "sales": Text(String) = "SF0001",
        /// The buyer's reference.
        buyer "buyer": Text(String) = "BR0002",
        /// The agreement it is under.
        agreement "agreement": Text(String) = "AN456",
        /// The payment reference, with its check digits. Without it one is made of the client's prefix and the invoice number.
        payment "payment": Text(String) = null,
        /// The buyer's order.
        order_number "orderNumber": Text(String) = "ON798",
        /// The date of that order.
        order_date "orderDate": Text(String) = "2026-11-10",
        /// A code of a payment service.
        electronic_payment_code "electronicPaymentCode": Text(String) = null,
        /// The invoice that a credit note credits.
        credited_invoice_number "creditedInvoiceNumber": Integer(i64) = null,
        /// Where the buyer finds the invoice on the web.
        invoice_copy_url "invoiceCopyUrl": Text(String) = null,
    }
}

object! {
    /// The terms of an invoice in words, and a discount for an early payment.
    TermsSection => TermsDraft {
        /// The terms of payment.
        payment "payment": Text(String) = "14 days net",
        /// The terms of delivery.
        delivery "delivery": Text(String) = "DAP Helsinki",
        /// How the goods go.
        delivery_method "deliveryMethod": Text(String) = "Courier",
        /// What the buyer may take off, in percent, when it pays early.
        cash_discount_percent "cashDiscountPercent": Number(f64) = 2,
        /// Until when.
        cash_discount_date "cashDiscountDate": Text(String) = "2026-11-28",
    }
}

object! {
    /// A file that goes with an invoice.
    AttachmentSection => AttachmentDraft {
        /// Its name, which ends in `.pdf`.
        name "name": Text(String) = "delivery-note.pdf",
        /// The PDF in Base64.
        content "content": Text(String) = "JVBERi0xLjcK…",
    }
}

impl SubmitInvoiceRequest {
    /// The draft of the invoice. Members of a wrong type are faults and left out of it.
    pub(crate) fn into_draft(self, faults: &mut Faults) -> InvoiceDraft {
        let processing = self.processing.take("processing", faults).into_draft("processing", faults);
        let distribution = self.distribution.take("distribution", faults).into_draft("distribution", faults);
        let invoice = self.invoice.take("invoice", faults);
        let header = invoice.header.take("invoice.header", faults).into_draft("invoice.header", faults);
        let references = invoice.references.take("invoice.references", faults);
        let references = references.into_draft("invoice.references", faults);
        let parties = invoice.parties.take("invoice.parties", faults);
        let PartyDrafts { seller, buyer, recipient, delivery } = parties.into_drafts(faults);
        InvoiceDraft {
            processing,
            distribution,
            header,
            references,
            seller,
            buyer,
            recipient,
            delivery,
            rows: list(invoice.rows, "invoice.rows", MOST_ROWS + 1, faults),
            amounts: invoice.amounts.take("invoice.amounts", faults).into_draft(faults),
            terms: invoice.terms.take("invoice.terms", faults).into_draft("invoice.terms", faults),
            attachments: list(invoice.attachments, "invoice.attachments", MOST_ATTACHMENTS + 1, faults),
            extensions: invoice.extensions.take("invoice.extensions", faults).into_draft(faults),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::decimal::{Decimal, DecimalFault};
    use domain::invoice::NumberDraft;
    use http_kit::json_body::read_object;

    use super::*;

    fn draft(body: &str) -> (InvoiceDraft, Vec<String>) {
        let (request, mut faults, unknown) = read_object::<SubmitInvoiceRequest>(body.as_bytes()).unwrap();
        assert_eq!(unknown, [""; 0]);
        let draft = request.into_draft(&mut faults);
        (draft, faults.into_vec().into_iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect())
    }

    #[test]
    fn numbers_are_read_as_they_were_sent() {
        let row = r#"{"quantity":-12.50,"unitPrice":1.5e1,"vatRate":25.5,"amount":1e300,"discountAmount":0.1234567890123456}"#;
        let (draft, faults) =
            draft(&format!(r#"{{"invoice":{{"rows":[{row}],"amounts":{{"grossAmount":7603.94}}}}}}"#));
        assert_eq!(faults, [""; 0]);
        let exact = |text| Decimal::parse(text);
        let row = &draft.rows[0];
        assert_eq!(row.quantity.map(NumberDraft::get), Some(exact("-12.5")));
        assert_eq!(row.unit_price.map(NumberDraft::get), Some(exact("15")));
        assert_eq!(row.vat_rate.map(NumberDraft::get), Some(exact("25.5")));
        assert_eq!(row.amount.map(NumberDraft::get), Some(Err(DecimalFault::TooLarge)));
        assert_eq!(row.discount_amount.map(NumberDraft::get), Some(Err(DecimalFault::Precision)));
        assert_eq!(row.discount_percent, None);
        assert_eq!(draft.amounts.gross_amount.map(NumberDraft::get), Some(exact("7603.94")));
    }

    #[test]
    fn what_has_another_type_is_named_wherever_it_is() {
        let rows = "{},".repeat(17);
        let body = format!(
            r#"{{"invoice":{{"rows":[{rows}{{"amount":"1","quantity":true,"name":1,"quantity":7}},"x"],"amounts":{{"vat":[{{}},{{"rate":[]}}]}}}}}}"#
        );
        let (draft, faults) = draft(&body);
        assert_eq!(draft.rows.len(), 19);
        assert_eq!(
            faults,
            [
                "invoice.rows.17.quantity This member is given twice: give it once",
                "invoice.rows.17.name This must be a string, not a number",
                "invoice.rows.17.amount This must be a number, not a string",
                "invoice.rows.18 This must be an object, not a string",
                "invoice.amounts.vat.1.rate This must be a number, not a list",
            ]
        );
    }
}
