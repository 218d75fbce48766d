//! Invoices through the router: taken whole or not at all, once, and listed for who may see them.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testkit::app::{PartnerKeys, TestAnswer, TestApp, creditor_path};
use testkit::on_both_engines;

pub(crate) const INVOICE: &str = "/api/v1/partner/invoice";
const OWN: &str = "/api/v1/partner/invoice/distribution";
const PORTFOLIO: &str = "/api/v1/partner/distribution";
const SUMMARY: &str = "/api/v1/partner/distribution/summary";

/// An invoice that nobody sends, of 337.72 euros.
pub(crate) fn invoice(number: i64) -> Value {
    json!({
        "distribution": {"method": "NONE"},
        "invoice": {
            "header": {"number": number, "date": "2026-01-02", "dueDate": "2026-12-05"},
            "parties": {
                "sellerParty": {"paymentDetails": {"iban": "FI2112345600000785"}},
                "buyerParty": {
                    "entityType": "BUSINESS",
                    "name": "Buyer Company Oy",
                    "businessId": "2077474-0",
                    "address": {
                        "street": "Kauppakatu 1", "postalCode": "00100", "postalDistrict": "HELSINKI", "countryCode": "FI"
                    }
                }
            },
            "rows": [{"name": "Chair", "quantity": 2, "unitPrice": 149.5, "discountPercent": 10, "vatRate": 25.5}],
            "amounts": {"grossAmount": 337.72}
        }
    })
}

fn credit_note(number: i64, credits: i64, quantity: i64, gross: f64) -> Value {
    let mut body = invoice(number);
    body["invoice"]["references"] = json!({"creditedInvoiceNumber": credits});
    body["invoice"]["rows"] = json!([{"name": "Chair", "quantity": quantity, "unitPrice": 100, "vatRate": 25.5}]);
    body["invoice"]["amounts"] = json!({"grossAmount": gross});
    body
}

async fn submit(app: &TestApp, key: &str, body: &Value) -> TestAnswer {
    app.request(Method::POST, INVOICE).key(key).json(body).send().await
}

async fn taken(app: &TestApp, key: &str, body: &Value) -> Value {
    let answer = submit(app, key, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

async fn two_partners(app: &TestApp) -> (PartnerKeys, PartnerKeys) {
    (app.partner("QUICK3").await, app.partner("OTHER").await)
}

on_both_engines! {
    async fn an_invoice_is_taken_and_its_delivery_is_listed(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let (partner, other) = two_partners(&app).await;
        let key = app.client(&partner, 1).await;
        let made = taken(&app, &key, &invoice(1001)).await;
        assert_eq!((&made["invoiceNumber"], &made["status"]), (&json!(1001), &json!("CANCELLED")), "{made}");
        let reference = made["paymentReference"].as_str().unwrap();
        assert!(reference.bytes().all(|digit| digit.is_ascii_digit()) && reference.contains("1001"), "{made}");

        let listed = app.get(OWN, &key).await.json();
        assert_eq!(listed["metaData"]["totalCount"], 1, "{listed}");
        assert_eq!(listed["metaData"]["filtersApplied"]["defaultLast30Days"], true, "{listed}");
        let record = &listed["records"][0];
        for (member, value) in [
            ("invoiceId", &made["invoiceId"]),
            ("distributionId", &made["distributionId"]),
            ("invoiceNumber", &json!(1001)),
            ("invoiceDate", &json!("2026-01-02")),
            ("method", &json!("NONE")),
            ("status", &json!("CANCELLED")),
            ("attempts", &json!(0)),
            ("replacedBy", &json!(null)),
            ("paymentControlStatus", &json!(null)),
        ] {
            assert_eq!(&record[member], value, "{listed}");
        }
        let client = record["clientIdentifier"].as_i64().unwrap();
        for path in [PORTFOLIO, &creditor_path(client, "/distribution")] {
            assert_eq!(app.get(path, &partner.partner).await.json()["records"], listed["records"], "{path}");
        }
        // Neither another partner nor another client sees it.
        assert_eq!(app.get(PORTFOLIO, &other.partner).await.json()["records"], json!([]));
        let foreign = app.get(&creditor_path(client, "/distribution"), &other.partner).await;
        let none = app.get(&creditor_path(999_999_999, "/distribution"), &other.partner).await;
        assert_eq!((foreign.status, foreign.problem()), (StatusCode::NOT_FOUND, none.problem()));
        let neighbour = app.client(&partner, 2).await;
        assert_eq!(app.get(OWN, &neighbour).await.json()["records"], json!([]));
        assert_eq!(taken(&app, &neighbour, &invoice(1001)).await["invoiceNumber"], 1001, "numbers are each client's own");
    }

    async fn a_number_is_taken_once_however_many_come_at_once(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let body = invoice(7);
        let answers = futures_util::future::join_all((0..50).map(|_| submit(&app, &key, &body))).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!((made.len(), refused.len()), (1, 49));
        let id = &made[0].json()["invoiceId"];
        for answer in refused {
            assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::CONFLICT, &json!("invoice_exists")));
            assert_eq!(&answer.json()["invoiceId"], id);
        }
        assert_eq!(app.get(OWN, &key).await.json()["metaData"]["totalCount"], 1);
    }

    async fn a_repeat_with_its_key_gets_the_first_answer(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let send = async |body: &Value| {
            app.request(Method::POST, INVOICE).key(&key).header("Idempotency-Key", "one").json(body).send().await
        };
        let (first, again) = (send(&invoice(7)).await, send(&invoice(7)).await);
        assert_eq!((first.status, first.text()), (again.status, again.text()));
        assert_eq!((first.header("Idempotent-Replayed"), again.header("Idempotent-Replayed")), ("", "true"));
        assert_eq!(send(&invoice(8)).await.json()["code"], "idempotency_key_reused");
    }

    async fn what_is_wrong_is_told_whole_and_by_member(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let mut body = invoice(7);
        body["invoice"]["rows"][0]["amount"] = json!(269.11);
        body["invoice"]["rows"].as_array_mut().unwrap().push(json!({"name": 7, "quantity": "2", "unitPrice": 1, "vatRate": 25.5}));
        body["invoice"]["header"]["dueDate"] = json!("2026-01-01");
        let mut faults = submit(&app, &key, &body).await.faults();
        faults.sort();
        let expected = [
            ("invoice.header.dueDate", "due_date_before_date"),
            ("invoice.rows.0.amount", "amount_mismatch"),
            ("invoice.rows.1.name", "wrong_type"),
            ("invoice.rows.1.quantity", "wrong_type"),
        ];
        assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
        for (rows, field, code) in [(0, "invoice.rows", "required"), (1_001, "invoice.rows.1000", "too_many")] {
            let mut body = invoice(7);
            body["invoice"]["rows"] = vec![json!({"name": "a", "quantity": 1, "unitPrice": 1, "vatRate": 25.5}); rows].into();
            let faults = submit(&app, &key, &body).await.faults();
            assert!(faults.contains(&(field.to_owned(), code.to_owned())), "{rows}: {faults:?}");
        }
        assert_eq!(app.get(OWN, &key).await.json()["metaData"]["totalCount"], 0, "nothing was kept");
        // Nobody can send it here.
        let mut body = invoice(7);
        body["distribution"]["method"] = json!("EMAIL");
        body["invoice"]["parties"]["buyerParty"]["contact"] = json!({"email": "invoices@buyer.example"});
        let answer = submit(&app, &key, &body).await;
        assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::PAYMENT_REQUIRED, &json!("business_rule")));
    }

    async fn files_go_with_an_invoice_up_to_ten_mebibytes(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let with = |number, content: &[u8]| {
            use base64::Engine as _;
            let mut body = invoice(number);
            let content = base64::engine::general_purpose::STANDARD.encode(content);
            body["invoice"]["attachments"] = json!([{"name": "note.pdf", "content": content}]);
            body
        };
        let pdf = include_bytes!("../../../domain/src/pdf_file/table.pdf");
        // A comment inside a file of the right form, so that it has its largest size.
        let mut large = pdf.to_vec();
        let padding = (10 << 20) - large.len() - 2;
        let at = large.windows(4).position(|four| four == b"xref").unwrap();
        large.splice(at..at, [b"%".as_slice(), &vec![b'x'; padding], b"\n"].concat());
        taken(&app, &key, &with(1, pdf)).await;
        let answer = submit(&app, &key, &with(2, &large)).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.faults());
        large.extend_from_slice(b"\n\n\n");
        let refused = submit(&app, &key, &with(3, &large)).await.faults();
        assert_eq!(refused, [("invoice.attachments".to_owned(), "attachments_too_large".to_owned())]);
        let text = submit(&app, &key, &with(3, b"Hello")).await.faults();
        assert_eq!(text[0].0, "invoice.attachments.0.content", "{text:?}");
    }

    async fn credit_notes_never_exceed_their_invoice(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        taken(&app, &key, &invoice(1)).await;
        let other = app.client(&partner, 2).await;
        let missing = submit(&app, &other, &credit_note(2, 1, 1, 125.5)).await.faults();
        let credited = "invoice.references.creditedInvoiceNumber";
        assert_eq!(missing, [(credited.to_owned(), "credited_invoice_missing".to_owned())]);
        // Five of 125.50 at once on an invoice of 337.72: two fit.
        let notes: Vec<Value> = (2..7).map(|number| credit_note(number, 1, 1, 125.5)).collect();
        let answers = futures_util::future::join_all(notes.iter().map(|note| submit(&app, &key, note))).await;
        let fitting = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
        assert_eq!(fitting, 2, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        let refused = answers.iter().find(|answer| answer.status != StatusCode::OK).unwrap();
        assert!(refused.faults().iter().all(|(_, code)| code == "credit_exceeds_invoice"), "{}", refused.text());
        let taken = answers.iter().find(|answer| answer.status == StatusCode::OK).unwrap().json();
        let of_note = submit(&app, &key, &credit_note(9, taken["invoiceNumber"].as_i64().unwrap(), 1, 125.5)).await.faults();
        assert_eq!(of_note, [(credited.to_owned(), "credited_invoice_type".to_owned())]);
    }

    async fn lists_are_narrowed_and_unfetched_ones_come_once(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        for (number, date) in [(1, "2025-12-10"), (2, "2025-12-31"), (3, "2026-01-02"), (4, "2025-11-01")] {
            let mut body = invoice(number);
            body["invoice"]["header"]["date"] = json!(date);
            taken(&app, &key, &body).await;
        }
        let numbers = async |query: &str| {
            let page = app.get(&format!("{OWN}{query}"), &key).await;
            assert_eq!(page.status, StatusCode::OK, "{}", page.text());
            let records = page.json()["records"].as_array().unwrap().clone();
            records.iter().map(|record| record["invoiceNumber"].as_i64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(numbers("").await, [3, 2, 1]);
        assert_eq!(numbers("?fromInvDate=2025-12-31").await, [3, 2]);
        assert_eq!(numbers("?toInvDate=2025-12-31").await, [2, 1, 4]);
        assert_eq!(numbers("?fromInvDate=2025-12-10&toInvDate=2025-12-10").await, [1]);
        assert_eq!(numbers("?invoiceNumber=4").await, [4]);
        assert_eq!(numbers("?invoiceNumber=4&fromInvDate=2025-12-01").await, [0; 0]);
        let neighbour = app.client(&partner, 2).await;
        taken(&app, &neighbour, &invoice(4)).await;
        let (mut of_number, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("{PORTFOLIO}?invoiceNumber=4&limit=1{cursor}"), &partner.partner).await.json();
            assert_eq!(page["metaData"]["totalCount"], 2, "{page}");
            of_number.extend(page["records"].as_array().unwrap().iter().map(|record| record["invoiceDate"].clone()));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(of_number, ["2026-01-02", "2025-11-01"]);
        assert_eq!(numbers("?fetchType=FAILED").await, [0; 0]);
        assert_eq!(numbers("?fetchType=UNFETCHED&limit=2").await, [3, 2]);
        assert_eq!(numbers("?fetchType=UNFETCHED").await, [1]);
        assert_eq!(numbers("?fetchType=UNFETCHED").await, [0; 0]);
        let head = app.request(Method::HEAD, &format!("{PORTFOLIO}?fetchType=UNFETCHED")).key(&partner.partner).send().await;
        assert_eq!(head.status, StatusCode::OK);
        let of_partner = app.get(&format!("{PORTFOLIO}?fetchType=UNFETCHED"), &partner.partner).await.json();
        assert_eq!(of_partner["records"].as_array().unwrap().len(), 4, "what the client fetched is new to the partner");
        let page = app.get(&format!("{OWN}?limit=2"), &key).await.json();
        let next = page["nextCursor"].as_str().unwrap();
        assert_eq!(numbers(&format!("?limit=2&cursor={next}")).await, [1]);
        let faults = app.get(&format!("{OWN}?fromInvDate=21.11.2026&fetchType=SOME&cursor=x&invoiceNumber=0"), &key).await.faults();
        let fields: Vec<&str> = faults.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["invoiceNumber", "cursor", "fromInvDate", "fetchType"]);
    }

    async fn sums_are_the_same_before_and_after_they_are_added_up(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let (partner, other) = two_partners(&app).await;
        for (client, count) in [(1, 3), (2, 1)] {
            let key = app.client(&partner, client).await;
            for number in 1..=count {
                taken(&app, &key, &invoice(number)).await;
            }
        }
        let before = app.get(SUMMARY, &partner.partner).await.json();
        assert_eq!(before["totals"], json!({"totalCount": 4, "successfulCount": 0, "failedCount": 0}), "{before}");
        let count = json!([{"invoiceDate": "2026-01-02", "method": "NONE", "status": "CANCELLED", "count": 4}]);
        assert_eq!(before["counts"], count, "{before}");
        let counts: Vec<_> = before["creditors"].as_array().unwrap().iter().map(|creditor| &creditor["totals"]["totalCount"]).collect();
        assert_eq!(counts, [3, 1]);
        assert_eq!(app.test.core.add_up_distributions().await.unwrap(), 4);
        assert_eq!(app.get(SUMMARY, &partner.partner).await.json(), before);
        let page = app.get(&format!("{SUMMARY}?limit=1"), &partner.partner).await.json();
        let next = page["nextCursor"].as_str().unwrap();
        let last = app.get(&format!("{SUMMARY}?limit=1&cursor={next}"), &partner.partner).await.json();
        assert_eq!((&last["creditors"][0]["totals"]["totalCount"], &last["nextCursor"]), (&json!(1), &json!(null)));
        assert_eq!(app.get(SUMMARY, &other.partner).await.json()["totals"]["totalCount"], 0);
        let faults = app.get(&format!("{SUMMARY}?fromInvDate=2020-01-01&toInvDate=2026-01-01"), &partner.partner).await.faults();
        assert_eq!(faults, [("fromInvDate".to_owned(), "out_of_range".to_owned())]);
    }

    async fn lists_and_sums_are_tables_for_those_who_ask(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        for client in 1..=2 {
            let key = app.client(&partner, client).await;
            for number in 1..=2 {
                taken(&app, &key, &invoice(number)).await;
            }
        }
        let get = async |path: &str| app.request(Method::GET, path).key(&partner.partner).header("Accept", "text/csv").send().await;
        let records = app.get(PORTFOLIO, &partner.partner).await.json()["records"].clone();
        let (mut all, mut query) = (Vec::<BTreeMap<String, String>>::new(), Some("?limit=3".to_owned()));
        while let Some(next) = query {
            let (rows, next) = table(&get(&format!("{PORTFOLIO}{next}")).await);
            all.extend(rows);
            query = next;
        }
        assert_eq!(all.len(), 4);
        for (row, record) in all.iter().zip(records.as_array().unwrap()) {
            for (name, value) in record.as_object().unwrap() {
                let text = value.as_str().map_or_else(|| value.to_string().replace("null", ""), str::to_owned);
                assert_eq!(row[name], text, "{name}");
            }
        }
        let sums = app.get(SUMMARY, &partner.partner).await.json();
        let (first, next) = table::<[String; 5]>(&get(&format!("{SUMMARY}?limit=1")).await);
        let client = |place: usize| sums["creditors"][place]["clientIdentifier"].to_string();
        let row = |cells: [&str; 5]| cells.map(str::to_owned);
        let by_date = row(["", "2026-01-02", "NONE", "CANCELLED", "4"]);
        assert_eq!(first, [by_date, row([&client(0), "", "NONE", "CANCELLED", "2"])]);
        let (last, end) = table::<[String; 5]>(&get(&format!("{SUMMARY}{}", next.unwrap())).await);
        assert_eq!((last, end), (vec![row([&client(1), "", "NONE", "CANCELLED", "2"])], None));
    }
}

/// The rows of a table, and the query of the next page.
fn table<T: DeserializeOwned>(answer: &TestAnswer) -> (Vec<T>, Option<String>) {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let next = answer.headers.get("link").map(|link| {
        let link = link.to_str().unwrap();
        link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned()
    });
    let text = answer.text();
    (csv::Reader::from_reader(text.as_bytes()).into_deserialize().map(Result::unwrap).collect(), next)
}
