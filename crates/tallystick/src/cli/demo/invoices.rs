//! The invoices of the demo: of its first client one in every state by every method, and some of its second. Their buyers are invented, and
//! so are their addresses.

use domain::api_key::KeyHolder;
use domain::calendar::CalendarDate;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::invoice::{
    AddressDraft, AmountsDraft, BuyerDraft, ContactDraft, DistributionDraft, HeaderDraft, InvoiceDraft, PaymentDraft,
    ReferencesDraft, RowDraft, SellerDraft,
};
use service::invoice::InvoiceError;
use service::{AdminError, Context, Core};

use super::data::{Business, IBAN};
use crate::cli::CommandError;

/// The days from the date of an invoice to its due date.
const DAYS_TO_PAY: u32 = 14;

/// What was sold to whom.
struct Sale {
    number: i64,
    method: &'static str,
    language: &'static str,
    buyer: Buyer,
    /// How many days before the start of the demo it is dated.
    days_ago: u32,
    rows: &'static [Item],
    gross: &'static str,
    more: More,
}

/// What an invoice may have besides.
#[derive(Default)]
struct More {
    /// The invoice that it credits.
    credits: Option<i64>,
    /// The reference that it is paid with, where it is told somewhere else as well.
    reference: Option<&'static str>,
}

const NO_MORE: More = More { credits: None, reference: None };

/// Name, quantity, unit, price without VAT, rate.
type Item = (&'static str, &'static str, &'static str, &'static str, &'static str);

struct Buyer {
    name: &'static str,
    /// Of a business.
    business_id: Option<&'static str>,
    street: &'static str,
    postal_code: &'static str,
    town: &'static str,
    /// Where it goes by `EMAIL`. The first word chooses what becomes of the mail (`channels::mail_folder`).
    email: Option<&'static str>,
    /// Where it goes by `EINVOICE`. Its end chooses what the demo's own operator says of it.
    e_invoice: Option<&'static str>,
}

const fn person(
    name: &'static str,
    street: &'static str,
    (postal_code, town): (&'static str, &'static str),
    email: Option<&'static str>,
) -> Buyer {
    Buyer { name, business_id: None, street, postal_code, town, email, e_invoice: None }
}

const METSOLA: Buyer = Buyer {
    name: "Metsolan Kartano Oy",
    business_id: Some("6789012-4"),
    street: "Kartanontie 1",
    postal_code: "04400",
    town: "JÄRVENPÄÄ",
    email: None,
    e_invoice: Some("003767890124"),
};

const STRAND: Buyer = Buyer {
    name: "Strandgårdens Handel Ab",
    business_id: Some("7890123-9"),
    street: "Strandvägen 12",
    postal_code: "10600",
    town: "EKENÄS",
    email: Some("ekonomi@strandgarden.example"),
    e_invoice: None,
};

const SKARGARD: Buyer = Buyer {
    name: "Skärgårdens Café Ab",
    business_id: Some("8901234-9"),
    street: "Hamngatan 3",
    postal_code: "21600",
    town: "PARGAS",
    email: None,
    e_invoice: Some("0037890123490001"),
};

/// Of the first client: all that can become of an invoice.
const OF_FIRST: [Sale; 12] = [
    Sale {
        number: 1001,
        method: "EMAIL",
        language: "FI",
        buyer: person("Maija Meri", "Rantatie 1 A 4", ("00200", "HELSINKI"), Some("maija.meri@example.com")),
        days_ago: 20,
        rows: &[("Omenapuun leikkaus", "1", "kpl", "95.62", "25.5")],
        gross: "120.00",
        // As the short messages tell.
        more: More { credits: None, reference: Some("100000010013") },
    },
    Sale {
        number: 1002,
        method: "PRINT",
        language: "FI",
        buyer: person("Arvo Aho", "Pellonreuna 8", ("04130", "SIPOO"), None),
        days_ago: 18,
        rows: &[
            ("Opas: Hedelmätarhan vuosi", "1", "kpl", "10.00", "10"),
            ("Mullan kuljetus", "1", "kpl", "29.88", "25.5"),
        ],
        gross: "48.50",
        more: NO_MORE,
    },
    Sale {
        number: 1003,
        method: "EINVOICE",
        language: "FI",
        buyer: METSOLA,
        days_ago: 16,
        rows: &[
            ("Puutarhurin työ", "12", "h", "48.00", "25.5"),
            ("Omenapuun taimi", "3", "kpl", "85.50", "25.5"),
            ("Omenamehu", "20", "l", "6.40", "13.5"),
            ("Opas: Hedelmätarhan vuosi", "4", "kpl", "24.00", "10"),
        ],
        gross: "1295.67",
        more: NO_MORE,
    },
    Sale {
        number: 1004,
        method: "EMAIL",
        language: "SV",
        buyer: STRAND,
        days_ago: 12,
        rows: &[("Trädgårdsarbete", "6", "h", "54.00", "25.5"), ("Päronträd", "2", "st", "119.00", "25.5")],
        gross: "705.31",
        more: NO_MORE,
    },
    Sale {
        number: 1005,
        method: "EMAIL",
        language: "EN",
        buyer: person("Emily Clarke", "Puistokatu 5 B", ("00140", "HELSINKI"), Some("emily.clarke@example.com")),
        days_ago: 10,
        rows: &[("Pruning", "2.5", "h", "52.00", "25.5"), ("Apple juice", "8", "l", "12.50", "13.5")],
        gross: "276.65",
        more: NO_MORE,
    },
    Sale {
        number: 1006,
        method: "EMAIL",
        language: "FI",
        buyer: person("Veikko Vaara", "Mäkitie 2", ("01300", "VANTAA"), Some("refused@example.com")),
        days_ago: 8,
        rows: &[("Kannon jyrsintä", "1", "kpl", "180.00", "25.5")],
        gross: "225.90",
        more: NO_MORE,
    },
    Sale {
        number: 1007,
        method: "EMAIL",
        language: "EN",
        buyer: person("Oliver Stone-Hill", "Satamakatu 9", ("00160", "HELSINKI"), Some("later@example.com")),
        days_ago: 6,
        rows: &[("Rose bush", "3", "pcs", "39.90", "25.5"), ("Handbook of roses", "1", "pcs", "22.00", "10")],
        gross: "174.42",
        more: NO_MORE,
    },
    Sale {
        number: 1008,
        method: "EMAIL",
        language: "SV",
        buyer: person("Ulla Ström", "Parkgatan 4", ("65100", "VASA"), Some("bounced@example.com")),
        days_ago: 5,
        rows: &[("Häckklippning", "2", "h", "45.00", "25.5")],
        gross: "112.95",
        more: NO_MORE,
    },
    Sale {
        number: 1009,
        method: "EINVOICE",
        language: "SV",
        buyer: SKARGARD,
        days_ago: 4,
        rows: &[("Utomhusväxt i kruka", "5", "st", "72.00", "25.5"), ("Äppelmust", "1", "låda", "36.00", "13.5")],
        gross: "492.66",
        more: NO_MORE,
    },
    Sale {
        number: 1010,
        method: "PRINT",
        language: "SV",
        buyer: person("Gunnar Lund", "Byvägen 21", ("02400", "KYRKSLÄTT"), None),
        days_ago: 3,
        rows: &[("Gräsmatta, skötsel", "1", "st", "64.00", "25.5")],
        gross: "80.32",
        more: NO_MORE,
    },
    // Sent by the client itself.
    Sale {
        number: 1011,
        method: "NONE",
        language: "FI",
        buyer: METSOLA,
        days_ago: 2,
        rows: &[("Syyskatselmus", "1", "kpl", "250.00", "25.5")],
        gross: "313.75",
        more: NO_MORE,
    },
    // One of the trees has come back.
    Sale {
        number: 1012,
        method: "EMAIL",
        language: "SV",
        buyer: STRAND,
        days_ago: 1,
        rows: &[("Päronträd", "1", "st", "119.00", "25.5")],
        gross: "149.35",
        more: More { credits: Some(1004), reference: None },
    },
];

/// Of the second client, so that the portfolio has more than one.
const OF_SECOND: [Sale; 2] = [
    Sale {
        number: 2001,
        method: "EMAIL",
        language: "FI",
        buyer: person("Kaisa Koski", "Koskikatu 7", ("33200", "TAMPERE"), Some("kaisa.koski@example.com")),
        days_ago: 7,
        rows: &[("Sähköasennus", "4", "h", "78.00", "25.5"), ("Valaisin", "1", "kpl", "135.20", "25.5")],
        gross: "561.24",
        more: NO_MORE,
    },
    Sale {
        number: 2002,
        method: "EINVOICE",
        language: "FI",
        buyer: METSOLA,
        days_ago: 2,
        rows: &[("Sähköasennus", "16", "h", "69.00", "25.5")],
        gross: "1385.52",
        more: NO_MORE,
    },
];

/// The invoices of the client at this place.
fn of(place: usize) -> &'static [Sale] {
    match place {
        0 => &OF_FIRST,
        1 => &OF_SECOND,
        _ => &[],
    }
}

/// Submits the invoices of the client at this place that it does not have yet; gives the numbers of those that it has then.
pub(super) async fn prepare(
    core: &Core,
    partner: PartnerId,
    (place, business): (usize, &Business),
    client: ClientIdentifier,
    context: &Context,
) -> Result<Vec<i64>, CommandError> {
    let (holder, today) = (KeyHolder { partner, client: Some(client) }, CalendarDate::of(core.clock().now()));
    let mut numbers = Vec::new();
    for sale in of(place) {
        if is_there(core, client, sale.number).await? {
            numbers.push(sale.number);
            continue;
        }
        match core.submit_invoice(holder, client, draft(sale, business, today), None, context).await {
            Ok(_) | Err(InvoiceError::Exists { .. }) => numbers.push(sale.number),
            Err(InvoiceError::Store(error)) => return Err(error.into()),
            // Somebody has changed the client meanwhile, or credited the invoice; the demo goes on without this one.
            Err(error) => tracing::warn!(number = sale.number, %error, "an invoice of the demo is not taken"),
        }
    }
    Ok(numbers)
}

/// A number that the client has not used yet, for an invoice that somebody submits by hand.
pub(super) async fn free_number(core: &Core, client: ClientIdentifier) -> Result<i64, CommandError> {
    let mut number = 1101;
    while is_there(core, client, number).await? {
        number += 1;
    }
    Ok(number)
}

async fn is_there(core: &Core, client: ClientIdentifier, number: i64) -> Result<bool, CommandError> {
    match core.invoice_details(client, number).await {
        Ok(_) => Ok(true),
        Err(AdminError::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A text or a number of a draft.
fn some<T: for<'t> From<&'t str>>(text: &str) -> Option<T> {
    Some(text.into())
}

fn draft(sale: &Sale, business: &Business, today: CalendarDate) -> InvoiceDraft {
    let (date, buyer) = (today.days_before(sale.days_ago), &sale.buyer);
    InvoiceDraft {
        distribution: DistributionDraft { method: some(sale.method), enabled: Some(true) },
        header: HeaderDraft {
            number: Some(sale.number),
            kind: some(if sale.more.credits.is_some() { "CREDIT_NOTE" } else { "INVOICE" }),
            date: some(&date.to_string()),
            due_date: some(&date.days_after(DAYS_TO_PAY).to_string()),
            currency_code: some("EUR"),
            language_code: some(sale.language),
            ..HeaderDraft::default()
        },
        references: ReferencesDraft {
            payment: sale.more.reference.map(str::to_owned),
            credited_invoice_number: sale.more.credits,
            ..ReferencesDraft::default()
        },
        seller: SellerDraft {
            vat_code: Some(business.vat_number()),
            payment: PaymentDraft { iban: some(IBAN), ..PaymentDraft::default() },
            ..SellerDraft::default()
        },
        buyer: BuyerDraft {
            entity_type: some(if buyer.business_id.is_some() { "BUSINESS" } else { "PERSON" }),
            name: some(buyer.name),
            business_id: buyer.business_id.map(str::to_owned),
            electronic_invoice_account: buyer.e_invoice.map(str::to_owned),
            electronic_routing_address: buyer.e_invoice.and_then(|_| some("OTHERFI22")),
            language_code: some(sale.language),
            address: AddressDraft {
                street: some(buyer.street),
                postal_code: some(buyer.postal_code),
                postal_district: some(buyer.town),
                country_code: some("FI"),
                ..AddressDraft::default()
            },
            contact: ContactDraft { email: buyer.email.map(str::to_owned), ..ContactDraft::default() },
            ..BuyerDraft::default()
        },
        rows: sale.rows.iter().map(row).collect(),
        amounts: AmountsDraft { gross_amount: some(sale.gross), ..AmountsDraft::default() },
        ..InvoiceDraft::default()
    }
}

fn row((name, quantity, unit, price, rate): &Item) -> RowDraft {
    RowDraft {
        name: some(name),
        quantity: some(quantity),
        unit: some(unit),
        unit_price: some(price),
        vat_rate: some(rate),
        ..RowDraft::default()
    }
}

#[cfg(test)]
mod tests {
    use domain::Environment;
    use domain::identifier::ReferencePrefix;
    use domain::invoice::Issuer;

    use super::super::data::BUSINESSES;
    use super::*;

    #[test]
    fn the_invoices_follow_the_rules_of_production_too() {
        let today = CalendarDate::parse("2026-11-21").unwrap();
        for (place, business) in BUSINESSES.iter().enumerate() {
            let client =
                domain::client::check(&super::super::data::draft(business), Environment::Production).unwrap().client;
            let issuer = Issuer { client: &client, reference_prefix: ReferencePrefix(10_000_001) };
            for sale in of(place) {
                let checked = domain::invoice::check(draft(sale, business, today), issuer, Environment::Production);
                let warnings = checked.map_err(|faults| format!("{faults:?}")).map(|checked| checked.warnings);
                assert_eq!(warnings, Ok(Vec::new()), "{}", sale.number);
            }
        }
    }

    #[test]
    fn a_list_of_the_usual_days_has_all_of_them() {
        assert!(OF_FIRST.iter().chain(&OF_SECOND).all(|sale| sale.days_ago < 30));
    }
}
