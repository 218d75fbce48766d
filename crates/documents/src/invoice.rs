//! An invoice or a credit note on paper.
//!
//! What must stand on it is said by Directive 2006/112/EC article 226 (in Finland AVL 1501/1993 section 209 e, in
//! Sweden ML 2023:200 chapter 17): its number and day, seller and buyer with their numbers, what was delivered when,
//! price, rate and tax per rate, and why there is none.

mod address;
mod foot;
mod head;
mod paper;
mod rows;
mod slip;
mod totals;

use domain::Timestamp;
use domain::invoice::{Extensions, Header, InvoiceType, NewInvoice, Parties, References, Row, Terms, Totals};

use crate::error::DocumentError;
use crate::font::printable;
use crate::pdf::{self, About};
use paper::Paper;

/// What an invoice on paper is made of: an invoice that follows every rule, without what is not printed.
#[derive(Clone, Copy, Debug)]
pub struct InvoiceDocument<'a> {
    /// What it is.
    pub header: &'a Header,
    /// What it refers to and is paid with.
    pub references: &'a References,
    /// Who sells and buys.
    pub parties: &'a Parties,
    /// What was sold.
    pub rows: &'a [Row],
    /// What it comes to.
    pub totals: &'a Totals,
    /// On which terms.
    pub terms: &'a Terms,
    /// What happens after the due date, and who has the claim.
    pub extensions: &'a Extensions,
    /// Whether the column of product codes is there.
    pub shows_product_codes: bool,
    /// The time that the file says it was made at.
    pub made_at: Timestamp,
}

impl<'a> InvoiceDocument<'a> {
    /// The document of `invoice`.
    #[must_use]
    pub fn new(invoice: &'a NewInvoice, made_at: Timestamp) -> Self {
        Self {
            header: &invoice.header,
            references: &invoice.references,
            parties: &invoice.parties,
            rows: &invoice.rows,
            totals: &invoice.totals,
            terms: &invoice.terms,
            extensions: &invoice.extensions,
            shows_product_codes: invoice.processing.show_product_code,
            made_at,
        }
    }

    const fn is_credit_note(&self) -> bool {
        matches!(self.header.kind, InvoiceType::CreditNote)
    }
}

/// The PDF of an invoice or a credit note: A4, in the language of the invoice, as many pages as it needs. An invoice
/// with something to pay has the data of its payment at the bottom of its last page, with the bank bar code where there
/// is one ([`domain::bank_bar_code`]).
///
/// Takes a few milliseconds on one core; from an async task, call it where blocking is allowed.
///
/// # Errors
/// [`DocumentError::Pdf`], which no invoice should be able to cause.
pub fn invoice_pdf(document: &InvoiceDocument<'_>) -> Result<Vec<u8>, DocumentError> {
    let mut paper = Paper::new(document);
    head::draw(&mut paper);
    rows::draw(&mut paper);
    totals::draw(&mut paper);
    slip::draw(&mut paper);
    let about = About {
        title: printable(&format!(
            "{} {} – {}",
            paper.title(),
            document.header.number,
            document.parties.seller.name.trim()
        )),
        author: printable(document.parties.seller.name.trim()),
        language: paper.language.tag(),
        made_at: document.made_at,
    };
    pdf::write(&paper.finish(), about)
}
