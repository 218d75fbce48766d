//! Invoices as PDF, read back by other programs: poppler, qpdf and zbar, which `cargo xtask test` installs; and as
//! Finvoice messages, read back by another library.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod finvoice;
mod finvoice_acknowledgement;
mod finvoice_comparison;
mod finvoice_reader;
mod fixture;
mod invoice;
mod reader;
