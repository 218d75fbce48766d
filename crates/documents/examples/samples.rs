//! Writes sample invoices, as PDF and as Finvoice messages, into a directory: `cargo run -p documents --example samples
//! -- DIRECTORY`. With `--measure` in its place it tells how many of each one core makes in a second.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for the developer at the screen")]

#[path = "../tests/it/fixture.rs"]
mod fixture;

use std::path::Path;
use std::time::Duration;

use documents::{FinvoiceDocument, InvoiceDocument, finvoice, invoice_pdf};
use domain::invoice::{InvoiceDraft, NewInvoice};

/// That of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let argument = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    if argument == "--measure" { measure() } else { write(Path::new(&argument)) }
}

fn make(draft: InvoiceDraft) -> Vec<u8> {
    let invoice = fixture::invoice(draft);
    invoice_pdf(&InvoiceDocument::new(&invoice, fixture::made_at())).unwrap()
}

fn message(invoice: &NewInvoice) -> Vec<u8> {
    let document = FinvoiceDocument {
        invoice,
        sender: &fixture::sender(),
        receiver: fixture::receiver(invoice),
        message_id: fixture::message_id(),
        made_at: fixture::made_at(),
    };
    finvoice(&document).unwrap()
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
    for (name, draft) in fixture::e_invoices() {
        let message = message(&fixture::invoice(draft));
        std::fs::write(directory.join(name).with_extension("xml"), &message).unwrap();
        println!("{name}.xml: {} bytes", message.len());
    }
}

fn measure() {
    for (rows, count) in [(20, 1_000_u32), (1_000, 20)] {
        let invoice = fixture::invoice(fixture::as_e_invoice(fixture::long("FI", rows)));
        let document = InvoiceDocument::new(&invoice, fixture::made_at());
        measure_one(&format!("{rows} rows as PDF"), count, || invoice_pdf(&document).unwrap());
        measure_one(&format!("{rows} rows as Finvoice"), count, || message(&invoice));
    }
}

fn measure_one(what: &str, count: u32, make: impl Fn() -> Vec<u8>) {
    let first = make();
    let before = processor_time();
    for _ in 0..count {
        assert_eq!(make().len(), first.len());
    }
    let rate = f64::from(count) / (processor_time() - before).as_secs_f64();
    println!("{what}: {rate:.0} in a second of one core, {} bytes each", first.len());
}

/// What this program has had of a core until now (Linux): the machine may be busy with something else.
fn processor_time() -> Duration {
    let statistics = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(statistics.split_whitespace().next().unwrap().parse().unwrap())
}
