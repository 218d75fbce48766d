//! Documents of an invoice, made in the process from types of the domain only.
//!
//! [`invoice_pdf`] gives the one that people read. It is PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1): it can be
//! archived as it is, and be read aloud. The library that writes it refuses to give out one that breaks these rules as
//! far as a program can tell. [`finvoice()`] gives the one that programs read, a Finvoice 3.0 message with its transport
//! frame, and [`finvoice_acknowledgements`] reads what an operator answers to it. The same input gives the same bytes.
//!
//! Texts are in Finnish, Swedish or English, in the language of the invoice; in any other language it is English. They
//! are plain data and not Fluent messages: some seventy labels without plurals or genders, of which a missing one is an
//! error of the compiler, and nothing is parsed or can fail while an invoice is made. The few sentences with something
//! in them are functions in `language.rs`.
//!
//! The font is Noto Sans, which has Latin, Greek and Cyrillic; what it lacks is shown as U+FFFD. Only the glyphs in use
//! are embedded.

mod code_128;
mod cover_letter;
mod error;
mod finvoice;
mod finvoice_acknowledgement;
mod font;
mod format;
mod invoice;
mod iso_8859_15;
mod language;
mod lines;
mod pdf;
mod sheet;
mod words;

pub use cover_letter::{CoverLetter, cover_letter};
pub use error::DocumentError;
pub use finvoice::{FinvoiceDocument, FinvoiceFault, finvoice};
pub use finvoice_acknowledgement::{
    AcknowledgementFault, FinvoiceAcknowledgement, FinvoiceVerdict, ReportedError, finvoice_acknowledgements,
};
pub use invoice::{InvoiceDocument, invoice_pdf};
