//! The PDF of an invoice of 20 rows, again and again on one thread. It is a program of its own because it has the allocator of the program
//! under test, and its rivals have not. Prints one line of JSON: how many in a second of one core, and how large each is.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for the terminal")]

mod processor;
mod sold;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use documents::{InvoiceDocument, invoice_pdf};
use domain::client::{self, ClientDraft, ContactDraft};
use domain::identifier::ReferencePrefix;
use domain::invoice::{
    AddressDraft, AmountsDraft, BuyerDraft, DistributionDraft, HeaderDraft, InvoiceDraft, Issuer, NewInvoice,
    ReferencesDraft, RowDraft, TermsDraft, VatTotalDraft,
};
use domain::{Environment, Timestamp};
use processor::processor_time;

/// That of the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many are made between two looks at the clock.
const SOME: u32 = 10;

fn main() -> ExitCode {
    let seconds = |place| env::args().nth(place).and_then(|word| word.parse().ok()).map(Duration::from_secs);
    let measured = match (seconds(1), seconds(2)) {
        (Some(warm_up), Some(time)) => measure(warm_up, time),
        _ => Err("start this by `cargo xtask bench`".to_owned()),
    };
    match measured {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(said) => {
            eprintln!("bench-pdf: {said}");
            ExitCode::FAILURE
        }
    }
}

fn measure(warm_up: Duration, time: Duration) -> Result<serde_json::Value, String> {
    let invoice = invoice()?;
    let document = InvoiceDocument::new(&invoice, made_at());
    make_for(&document, warm_up)?;
    let (per_second, octets) = make_for(&document, time)?;
    Ok(serde_json::json!({"perSecond": per_second, "octets": octets}))
}

/// Makes PDFs for so long, and gives how many in a second of one core, and the size of the last.
fn make_for(document: &InvoiceDocument<'_>, time: Duration) -> Result<(f64, usize), String> {
    let (start, mut made, mut octets) = (processor_time()?, 0_u32, 0);
    loop {
        for _ in 0..SOME {
            octets = invoice_pdf(document).map_err(|error| error.to_string())?.len();
            made += 1;
        }
        let spent = processor_time()?.saturating_sub(start);
        if spent >= time {
            return Ok((f64::from(made) / spent.as_secs_f64(), octets));
        }
    }
}

/// The time that the PDF says it was made at.
const fn made_at() -> Timestamp {
    Timestamp::from_micros(1_795_342_530_000_000)
}

/// A text or a number of a draft.
fn some<T: for<'t> From<&'t str>>(text: &str) -> Option<T> {
    Some(text.into())
}

fn invoice() -> Result<NewInvoice, String> {
    let wrong = |faults: domain::Faults| format!("the invoice is wrong: {:?}", faults.into_vec());
    let seller = client::check(&seller(), Environment::Production).map_err(wrong)?.client;
    let issuer = Issuer { client: &seller, reference_prefix: ReferencePrefix(12_345_678) };
    Ok(domain::invoice::check(draft(), issuer, Environment::Production).map_err(wrong)?.invoice)
}

fn seller() -> ClientDraft {
    ClientDraft {
        service_type: some("LIFECYCLE"),
        partner_code: some("BENCH"),
        name: some("Test Customer Oy"),
        business_code: some("0646115-8"),
        vat_reg_nbr: some("FI06461158"),
        postal_address: some("Testikuja 7"),
        postal_code: some("12345"),
        postal_district: some("HELSINKI"),
        country_code: some("FI"),
        email: some("email@testcustomer.fi"),
        language_code: some("FI"),
        currency_code: some("EUR"),
        iban_account: some("FI2112345600000785"),
        primary: ContactDraft {
            name: some("Matti Meikäläinen"),
            email: some("matti@testcustomer.fi"),
            ..ContactDraft::default()
        },
        ..ClientDraft::default()
    }
}

fn draft() -> InvoiceDraft {
    InvoiceDraft {
        distribution: DistributionDraft { method: some("NONE"), enabled: None },
        header: HeaderDraft {
            number: Some(251_601_000),
            date: some("2026-11-22"),
            due_date: some("2026-12-06"),
            description: some("Furniture and supplies for the office in Kauppakatu"),
            currency_code: some("EUR"),
            language_code: some("FI"),
            ..HeaderDraft::default()
        },
        references: ReferencesDraft {
            sales: some("SF0001"),
            buyer: some("BR0002"),
            agreement: some("AN456"),
            order_number: some("ON798"),
            ..ReferencesDraft::default()
        },
        buyer: BuyerDraft {
            entity_type: some("BUSINESS"),
            name: some("Buyer Company Oy"),
            customer_account_id: some("1001"),
            business_id: some("2077474-0"),
            vat_code: some("FI20774740"),
            address: AddressDraft {
                street: some("Kauppakatu 1"),
                postal_code: some("00100"),
                postal_district: some("HELSINKI"),
                country_code: some("FI"),
                ..AddressDraft::default()
            },
            ..BuyerDraft::default()
        },
        rows: sold::ROWS.iter().map(row).collect(),
        amounts: amounts(),
        terms: TermsDraft {
            payment: some("14 days net"),
            delivery: some("DAP Helsinki"),
            delivery_method: some("Courier"),
            ..TermsDraft::default()
        },
        ..InvoiceDraft::default()
    }
}

fn amounts() -> AmountsDraft {
    let [net_amount, vat_amount, gross_amount] = sold::TOTALS.map(some);
    let of_rate = |[rate, net, vat]: [&str; 3]| VatTotalDraft {
        rate: some(rate),
        category: some("S"),
        net_amount: some(net),
        vat_amount: some(vat),
    };
    AmountsDraft { net_amount, vat_amount, gross_amount, vat: sold::VAT.map(of_rate).into(), ..AmountsDraft::default() }
}

fn row(sold: &sold::Sold) -> RowDraft {
    RowDraft {
        product_code: some(sold.code),
        name: some(sold.name),
        quantity: some(sold.quantity),
        unit: some(sold.unit),
        unit_price: some(sold.price),
        discount_percent: (!sold.discount.is_empty()).then(|| sold.discount.into()),
        vat_rate: some(sold.vat_rate),
        ..RowDraft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invoice_follows_the_rules_and_comes_to_its_totals() {
        let invoice = invoice().unwrap();
        let totals = &invoice.totals;
        assert_eq!([&totals.net, &totals.vat, &totals.gross].map(ToString::to_string), sold::TOTALS);
    }

    #[test]
    fn a_pdf_is_made_and_timed() {
        let line = measure(Duration::ZERO, Duration::from_millis(1)).unwrap();
        assert!(line["perSecond"].as_f64().unwrap() > 0.0 && line["octets"].as_u64().unwrap() > 1_000, "{line}");
    }
}
