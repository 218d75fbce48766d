//! An invoice or a credit note as a Finvoice 3.0 message: what an operator of e-invoices takes.
//!
//! Sources, all of Finance Finland: the Finvoice 3.0 schema (`Finvoice3.0.xsd` of 17 December 2020) for names, order and
//! lengths; the Finvoice Implementation Guidelines for how they are used. Chapters are those of the Guidelines 2.0,
//! whose text 3.0 continues: 8 of the form, 9.4 of VAT, 10 of the parts, 11 of rows, 14 of the payment, 17 of sums,
//! 20 of the frame, 21 of acknowledgements ([`crate::finvoice_acknowledgement`]). VAT has the codes of EN 16931
//! (UNCL5305), as 3.0 has it.
//!
//! What was decided here:
//!
//! - A credit note (`INV02`) always has a negative total (chapter 10.14): every quantity and amount has the other sign
//!   than in the domain, where a credit note has positive amounts. Unit prices stay positive.
//! - VAT is reckoned per rate in the domain. The VAT of a row is its share of that: what the sum up to this row has more
//!   than the sum before it, each rounded. So the rows add up to their rate to the cent (chapter 17), and none is off by
//!   more than a cent.
//! - A text stands on one line, with single spaces (chapter 8.2: a row begins with `<` and ends with `>`). A long one is
//!   split between words over the repeats that the schema allows; if they are too few, all of it stands among the free
//!   texts of the invoice or of the row as well. An identifier that is too long stands only there, and is never cut.
//! - What is cut for good: the names of contact persons after 70 characters and those of countries, which have a code,
//!   after 35. The payee's name in the payment order and the reasons of a rate are cut, too, but stand in full at the
//!   seller or the financier and at the rows. A link of more than 512 characters is left out.
//! - Where the schema wants two characters and there is one, a no-break space follows: there are towns named Å.
//! - What does not go with the message: files (they are attachment messages, chapter 19), the identity number of a
//!   person, how the claim is collected but for the reminder's price, and a second e-mail address of the buyer.

mod delivery;
mod details;
mod fault;
mod fit;
mod frame;
mod message;
mod number;
mod parties;
mod party;
mod payment;
mod rows;
mod sums;
mod transmission;

use domain::Timestamp;
use domain::invoice::{EInvoiceAddress, InvoiceType, NewInvoice};
use uuid::Uuid;

use crate::iso_8859_15;
use crate::language::Language;
use message::Message;

pub use fault::FinvoiceFault;

/// What a Finvoice message is made of.
#[derive(Clone, Copy, Debug)]
pub struct FinvoiceDocument<'a> {
    /// The invoice. Its own [`domain::invoice::Delivery`] is not looked at.
    pub invoice: &'a NewInvoice,
    /// The customer of the operator that sends it, and that operator: us.
    pub sender: &'a EInvoiceAddress,
    /// Who gets it, and the operator of that: [`domain::invoice::Delivery::EInvoice`].
    pub receiver: &'a EInvoiceAddress,
    /// The identifier of the message, by which acknowledgements name it. A second try of the same message has the same
    /// one and the same time, so that an operator that has it already refuses it (code 5 of chapter 21.2); one that is
    /// sent anew needs another.
    pub message_id: Uuid,
    /// The time that the message says it was made at.
    pub made_at: Timestamp,
}

impl FinvoiceDocument<'_> {
    const fn is_credit_note(&self) -> bool {
        matches!(self.invoice.header.kind, InvoiceType::CreditNote)
    }

    fn language(&self) -> Language {
        Language::of(self.invoice.header.language)
    }

    fn message_id(&self) -> String {
        self.message_id.hyphenated().to_string()
    }
}

/// The message: the transport frame and the Finvoice document behind it, both in ISO 8859-15 (chapters 8.3 and 20). The
/// same input gives the same bytes.
///
/// # Errors
/// [`FinvoiceFault`], when the invoice has no account or amounts that the format can't hold.
pub fn finvoice(document: &FinvoiceDocument<'_>) -> Result<Vec<u8>, FinvoiceFault> {
    let sums = sums::of(document.invoice)?;
    let order = payment::order(document)?;
    let mut message = Message::new(document);
    message.start();
    message.within(
        "Finvoice",
        &[
            ("Version", "3.0"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("xsi:noNamespaceSchemaLocation", "Finvoice3.0.xsd"),
        ],
        |message| {
            transmission::write(message, document);
            parties::write(message, document, &order);
            delivery::write(message, document);
            details::write(message, document);
            payment::write_status(message, document);
            payment::write_factoring(message, document);
            payment::write_bar_code(message, document, &order);
            rows::write(message, document, &sums);
            payment::write(message, document, &order);
            details::write_link(message, document);
        },
    );
    let body = message.finish()?;
    let mut bytes = iso_8859_15::encode(&frame::write(document)?);
    bytes.push(b'\n');
    bytes.extend_from_slice(&iso_8859_15::encode(&body));
    bytes.push(b'\n');
    Ok(bytes)
}
