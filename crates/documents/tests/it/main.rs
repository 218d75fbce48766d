//! Invoices as PDF, read back by other programs: poppler, qpdf and zbar, which `cargo xtask test` installs.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod fixture;
mod invoice;
mod reader;
