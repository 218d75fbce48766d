//! The body of `POST /invoice`.

use domain::calendar::CalendarDate;
use serde_json::{Value, json};

use crate::sold::{ROWS, Sold, TOTALS, VAT};

/// What stands for the number until the text is made.
const NUMBER: &str = "\"NUMBER\"";

/// Of the number, what `wrk/load.lua` puts in for the mark. It begins with a digit that is not 0, as a number in JSON must.
const MARK: &str = "1#BASE##";

/// How the invoices reach their buyers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// By mail.
    Email,
    /// Not at all.
    None,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::None => "NONE",
        }
    }
}

/// An invoice of 20 rows dated `day`, with the mark that `wrk/load.lua` replaces for its number.
pub(crate) fn json(method: Method, day: CalendarDate) -> String {
    let [net, vat, gross] = TOTALS.map(number);
    let body = json!({
        "distribution": {"method": method.name(), "enabled": true},
        "invoice": {
            "header": {
                "number": "NUMBER",
                "type": "INVOICE",
                "date": day.to_string(),
                "dueDate": day.days_after(14).to_string(),
                "description": "Furniture and supplies for the office in Kauppakatu",
                "currencyCode": "EUR",
                "languageCode": "FI"
            },
            "references": {"sales": "SF0001", "buyer": "BR0002", "agreement": "AN456", "orderNumber": "ON798"},
            "parties": {
                "buyerParty": {
                    "entityType": "BUSINESS",
                    "name": "Buyer Company Oy",
                    "customerAccountId": "1001",
                    "businessId": "2077474-0",
                    "vatCode": "FI20774740",
                    "address": {
                        "street": "Kauppakatu 1",
                        "postalCode": "00100",
                        "postalDistrict": "HELSINKI",
                        "countryCode": "FI"
                    },
                    "contact": {"contactPerson": {"name": "Matti Meikäläinen"}, "email": "invoices@buyer.example"}
                }
            },
            "rows": ROWS.iter().map(row).collect::<Vec<_>>(),
            "amounts": {
                "netAmount": net,
                "vatAmount": vat,
                "grossAmount": gross,
                "vat": VAT.map(|[rate, net, vat]| {
                    json!({"rate": number(rate), "category": "S", "netAmount": number(net), "vatAmount": number(vat)})
                })
            },
            "terms": {"payment": "14 days net", "delivery": "DAP Helsinki", "deliveryMethod": "Courier"}
        }
    });
    body.to_string().replacen(NUMBER, MARK, 1)
}

fn row(sold: &Sold) -> Value {
    let mut row = json!({
        "productCode": sold.code,
        "name": sold.name,
        "quantity": number(sold.quantity),
        "unit": sold.unit,
        "unitPrice": number(sold.price),
        "vatRate": number(sold.vat_rate)
    });
    if !sold.discount.is_empty() {
        row["discountPercent"] = number(sold.discount);
    }
    row
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a constant of this program, written as a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_makes_a_number() {
        let text = json(Method::Email, CalendarDate::parse("2026-11-22").unwrap());
        assert_eq!(text.matches("#BASE##").count(), 1, "{text}");
        let body: Value = serde_json::from_str(&text.replace("#BASE##", "0000007")).unwrap();
        assert_eq!(body["invoice"]["header"]["number"], 10_000_007);
        assert_eq!(body["invoice"]["header"]["dueDate"], "2026-12-06");
        assert_eq!(body["invoice"]["rows"].as_array().map(Vec::len), Some(20));
    }
}
