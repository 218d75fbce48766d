//! Writes sample invoices into a directory: `cargo run -p documents --example samples -- DIRECTORY`. With
//! `--measure` it tells how many PDFs of a 20-row invoice one core makes in a second.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for the developer at the screen")]

#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::path::Path;
use std::time::{Duration, Instant};

use documents::{InvoiceDocument, invoice_pdf};
use domain::invoice::InvoiceDraft;

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    if argument == "--measure" { measure() } else { write(Path::new(&argument)) }
}

fn make(draft: InvoiceDraft) -> Vec<u8> {
    let invoice = fixture::invoice(draft);
    invoice_pdf(&InvoiceDocument::new(&invoice, fixture::made_at())).unwrap()
}

fn write(directory: &Path) {
    for (name, draft) in [
        ("finnish", fixture::finnish()),
        ("swedish", fixture::swedish()),
        ("english", fixture::english()),
        ("credit_note", fixture::credit_note()),
        ("plain", fixture::plain("FI")),
        ("long", fixture::long("FI", 70)),
        ("odd", fixture::odd()),
    ] {
        let pdf = make(draft);
        std::fs::write(directory.join(name).with_extension("pdf"), &pdf).unwrap();
        println!("{name}: {} bytes", pdf.len());
    }
}

#[expect(clippy::disallowed_methods, reason = "it measures")]
fn measure() {
    let invoice = fixture::invoice(fixture::long("FI", 20));
    let document = InvoiceDocument::new(&invoice, fixture::made_at());
    let first = invoice_pdf(&document).unwrap();
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < Duration::from_secs(5) {
        assert_eq!(invoice_pdf(&document).unwrap().len(), first.len());
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    println!("{rate:.0} PDFs of a 20-row invoice a second, {} bytes each", first.len());
}
