//! The stories of invoices, their deliveries, and the counts of these.

use domain::distribution::FetchType;
use domain::identifier::{ClientIdentifier, PartnerId};
use store::distribution::{self, AttemptRow, DistributionRow, Scope, Span};
use store::distribution_count::{self, CountRow};
use store::invoice::{self, AttachmentRow, CreditedRow, InvoiceRow};
use store::{Db, Reader};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{client, insert, keep, now};

const PARTNER: PartnerId = PartnerId(1);
const CLIENT: ClientIdentifier = ClientIdentifier(7);

fn invoice_row(number: i64) -> InvoiceRow {
    InvoiceRow {
        partner: PARTNER,
        client: CLIENT,
        number,
        invoice: Uuid::from_u128(number.unsigned_abs().into()),
        kind: "INVOICE".into(),
        invoice_date: "2026-11-21".into(),
        due_date: "2026-12-05".into(),
        currency_code: "EUR".into(),
        net: 10_000,
        vat: 2_550,
        gross: 12_550,
        payment_reference: "1000000113".into(),
        credited_number: 0,
        content: vec![7; 3],
        master_key_version: 1,
        created_at: now(),
    }
}

fn credit_note(number: i64, credits: i64, gross: i64) -> InvoiceRow {
    InvoiceRow {
        kind: "CREDIT_NOTE".into(),
        credited_number: credits,
        net: gross - 10,
        vat: 10,
        gross,
        ..invoice_row(number)
    }
}

fn delivery(number: u128, client: i64, day: &str) -> DistributionRow {
    DistributionRow {
        partner: PARTNER,
        distribution: Uuid::from_u128(number),
        client: ClientIdentifier(client),
        invoice: Uuid::from_u128(number + 1_000),
        invoice_number: 5,
        invoice_date: day.into(),
        method: "EMAIL".into(),
        status: "PENDING".into(),
        status_reason: String::new(),
        attempts: 0,
        created_at: now(),
        sent_at: None,
        delivered_at: None,
        awaits_approval: 0,
        in_doubt: 0,
        replaced_by: None,
    }
}

fn count(client_id: i64, day: &str, status: &str, number: i64) -> CountRow {
    CountRow { client_id, day: day.into(), method: "EMAIL".into(), status: status.into(), number }
}

async fn add_deliveries(db: &Db, rows: &[DistributionRow]) {
    for row in rows {
        let row = row.clone();
        keep!(db, [row], |tx| distribution::insert(tx, &row)).unwrap();
    }
}

/// The deliveries of all pages of two, by number.
async fn walk(reader: &mut Reader, scope: Scope, fetch: FetchType) -> Vec<u128> {
    let mut found = Vec::new();
    let mut before = ("2026-11-30".to_owned(), Uuid::max());
    loop {
        let span = Span { from: "2026-11-10", before: (&before.0, before.1) };
        let page = distribution::page(reader, scope, span, fetch, 2).await.unwrap();
        let Some(last) = page.last() else { return found };
        before = (last.invoice_date.clone(), last.distribution);
        found.extend(page.iter().map(|row| row.distribution.as_u128()));
    }
}

on_both_engines! {
    async fn an_invoice_has_its_number_once(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| insert(tx, client(1, 7, "code"))).unwrap();
        let first = invoice_row(1001);
        let row = first.clone();
        assert!(keep!(db, [row], |tx| invoice::insert(tx, &row)).unwrap());
        let again = InvoiceRow { invoice: Uuid::from_u128(9), ..first.clone() };
        assert!(!keep!(db, [again], |tx| invoice::insert(tx, &again)).unwrap());
        let file = AttachmentRow { place: 0, file_name: "ä.pdf".into(), content: vec![1, 2], master_key_version: 1 };
        let (id, kept) = (first.invoice, file.clone());
        keep!(db, [file], |tx| invoice::insert_attachment(tx, PARTNER, id, &file)).unwrap();

        let mut reader = db.reader().await.unwrap();
        assert_eq!(invoice::by_id(&mut reader, PARTNER, id).await.unwrap().as_ref(), Some(&first));
        assert_eq!(invoice::by_id(&mut reader, PartnerId(2), id).await.unwrap(), None);
        assert_eq!(invoice::by_number(&mut reader, PARTNER, CLIENT, 1001).await.unwrap(), Some(first));
        assert_eq!(invoice::id_by_number(&mut reader, PARTNER, CLIENT, 1001).await.unwrap(), Some(id));
        assert_eq!(invoice::id_by_number(&mut reader, PARTNER, ClientIdentifier(8), 1001).await.unwrap(), None);
        assert_eq!(invoice::attachments(&mut reader, PARTNER, id).await.unwrap(), [kept]);
        assert_eq!(invoice::attachments(&mut reader, PartnerId(2), id).await.unwrap(), []);
    }

    async fn what_was_credited_is_the_sum_of_the_notes(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| insert(tx, client(1, 7, "code"))).unwrap();
        for row in [invoice_row(1), credit_note(2, 1, 500), credit_note(3, 1, 250), invoice_row(4), credit_note(5, 4, 100)] {
            keep!(db, [row], |tx| invoice::insert(tx, &row)).unwrap();
        }
        let credited = keep!(db, |tx| invoice::hold_credited(tx, PARTNER, CLIENT, 1)).unwrap();
        let expected = CreditedRow {
            invoice_date: "2026-11-21".into(),
            kind: "INVOICE".into(),
            currency_code: "EUR".into(),
            net: 10_000,
            vat: 2_550,
            gross: 12_550,
            credited_net: 730,
            credited_vat: 20,
            credited_gross: 750,
        };
        assert_eq!(credited, Some(expected));
        let uncredited = keep!(db, |tx| invoice::hold_credited(tx, PARTNER, CLIENT, 2)).unwrap().unwrap();
        assert_eq!((uncredited.kind.as_str(), uncredited.credited_gross), ("CREDIT_NOTE", 0));
        assert_eq!(keep!(db, |tx| invoice::hold_credited(tx, PARTNER, CLIENT, 9)).unwrap(), None);
    }

    async fn deliveries_are_listed_by_the_date_of_their_invoice(database: TestDatabase) {
        let db = database.open().await;
        let rows = [
            delivery(1, 7, "2026-11-20"),
            delivery(2, 7, "2026-11-21"),
            delivery(3, 8, "2026-11-20"),
            delivery(4, 7, "2026-11-20"),
            delivery(5, 7, "2026-11-09"),
            DistributionRow { partner: PartnerId(2), ..delivery(6, 7, "2026-11-20") },
        ];
        add_deliveries(&db, &rows).await;
        let (client, creditor) = (Scope::Client(PARTNER, CLIENT), Scope::Creditor(PARTNER, CLIENT));
        let portfolio = Scope::Portfolio(PARTNER);
        let mut reader = db.reader().await.unwrap();
        assert_eq!(walk(&mut reader, portfolio, FetchType::All).await, [2, 4, 3, 1]);
        assert_eq!(walk(&mut reader, client, FetchType::All).await, [2, 4, 1]);
        assert_eq!(walk(&mut reader, client, FetchType::Failed).await, [0; 0]);
        drop(reader);

        // One is handed over, one fails, and neither moves from a status that it has not.
        let sent = DistributionRow { status: "SENT".into(), attempts: 1, sent_at: Some(5), ..rows[0].clone() };
        let row = sent.clone();
        assert!(keep!(db, [row], |tx| distribution::move_from(tx, "PENDING", &row)).unwrap());
        let row = sent.clone();
        assert!(!keep!(db, [row], |tx| distribution::move_from(tx, "PENDING", &row)).unwrap());
        let failed = DistributionRow { status: "FAILED".into(), status_reason: "no such mailbox".into(), ..rows[2].clone() };
        keep!(db, [failed], |tx| distribution::move_from(tx, "PENDING", &failed)).unwrap();
        let noted = DistributionRow { status_reason: "busy".into(), attempts: 2, ..rows[1].clone() };
        keep!(db, [noted], |tx| distribution::note(tx, &noted)).unwrap();
        // One that has moved on meanwhile is not written over.
        let late = DistributionRow { status_reason: "late".into(), attempts: 7, ..rows[0].clone() };
        keep!(db, [late], |tx| distribution::note(tx, &late)).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(walk(&mut reader, portfolio, FetchType::Failed).await, [3]);
        let found = distribution::by_id(&mut reader, PARTNER, sent.distribution).await.unwrap();
        assert_eq!(found, Some(sent));
        let found = distribution::by_id(&mut reader, PARTNER, Uuid::from_u128(2)).await.unwrap().unwrap();
        assert_eq!((found.status.as_str(), found.status_reason.as_str(), found.attempts), ("PENDING", "busy", 2));
        drop(reader);

        // What the client fetched is unfetched for the partner still; and what has moved on meanwhile is unfetched for both.
        let listed = [rows[0].clone(), rows[1].clone()];
        keep!(db, [listed], |tx| distribution::fetched(tx, Scope::Client(PARTNER, CLIENT), &listed)).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(walk(&mut reader, client, FetchType::Unfetched).await, [4, 1]);
        assert_eq!(walk(&mut reader, creditor, FetchType::Unfetched).await, [2, 4, 1]);
        assert_eq!(walk(&mut reader, portfolio, FetchType::Unfetched).await, [2, 4, 3, 1]);

        let of = async |reader: &mut Reader, scope| {
            let span = Span { from: "2026-01-01", before: ("2026-11-30", Uuid::max()) };
            let rows = distribution::of_number(reader, scope, 5, span, FetchType::All, 10).await.unwrap();
            rows.iter().map(|row| row.distribution.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(of(&mut reader, portfolio).await, [2, 4, 3, 1, 5]);
        assert_eq!(of(&mut reader, client).await, [2, 4, 1, 5]);
        let days = ("2026-11-10", "2026-11-30");
        let counts = distribution::count_of_number(&mut reader, portfolio, 5, days).await.unwrap();
        assert_eq!(counts, [("FAILED".into(), 1), ("PENDING".into(), 2), ("SENT".into(), 1)]);
        assert_eq!(distribution::count_of_number(&mut reader, portfolio, 6, days).await.unwrap(), []);
        let span = Span { from: "2026-11-10", before: ("2026-11-20", Uuid::from_u128(4)) };
        for (scope, fetch, expected) in [
            (portfolio, FetchType::All, vec![3, 1]),
            (portfolio, FetchType::Failed, vec![3]),
            (client, FetchType::Unfetched, vec![1]),
            (creditor, FetchType::Unfetched, vec![1]),
        ] {
            let rows = distribution::of_number(&mut reader, scope, 5, span, fetch, 10).await.unwrap();
            let found: Vec<u128> = rows.iter().map(|row| row.distribution.as_u128()).collect();
            assert_eq!(found, expected, "{fetch:?}");
        }
    }

    async fn every_attempt_is_kept(database: TestDatabase) {
        let db = database.open().await;
        let attempt = |number: u128, reason: &str| AttemptRow {
            attempt: Uuid::from_u128(number),
            at: now(),
            status: "PENDING".into(),
            reason: reason.into(),
        };
        for row in [attempt(2, "busy"), attempt(1, "away")] {
            keep!(db, [row], |tx| distribution::insert_attempt(tx, PARTNER, Uuid::from_u128(4), &row)).unwrap();
        }
        let mut reader = db.reader().await.unwrap();
        let found = distribution::attempts(&mut reader, PARTNER, Uuid::from_u128(4)).await.unwrap();
        assert_eq!(found, [attempt(1, "away"), attempt(2, "busy")]);
        assert_eq!(distribution::attempts(&mut reader, PartnerId(2), Uuid::from_u128(4)).await.unwrap(), []);
    }

    async fn counts_are_the_same_before_and_after_they_are_added_up(database: TestDatabase) {
        let db = database.open().await;
        for (number, code) in [(7, "one"), (8, "two")] {
            keep!(db, |tx| insert(tx, client(1, number, code))).unwrap();
        }
        let changes = [
            count(7, "2026-11-20", "PENDING", 1),
            count(7, "2026-11-20", "PENDING", -1),
            count(7, "2026-11-20", "SENT", 1),
            count(8, "2026-11-20", "SENT", 1),
            count(8, "2026-11-21", "FAILED", 1),
        ];
        for (row, number) in changes.into_iter().zip(1_u128..) {
            keep!(db, [row], |tx| distribution_count::change(tx, PARTNER, Uuid::from_u128(number), &row)).unwrap();
        }
        let other = count(7, "2026-11-20", "SENT", 1);
        keep!(db, [other], |tx| distribution_count::change(tx, PartnerId(2), Uuid::from_u128(1), &other)).unwrap();
        let days = ("2026-11-01", "2026-11-30");
        let check = async || {
            let mut reader = db.reader().await.unwrap();
            let all = distribution_count::of_portfolio(&mut reader, PARTNER, days).await.unwrap();
            assert_eq!(all, [count(0, "2026-11-20", "SENT", 2), count(0, "2026-11-21", "FAILED", 1)]);
            let own = distribution_count::of_creditor(&mut reader, PARTNER, CLIENT, days).await.unwrap();
            assert_eq!(own, [count(7, "2026-11-20", "SENT", 1)]);
            let one_day = ("2026-11-21", "2026-11-21");
            let all = distribution_count::of_portfolio(&mut reader, PARTNER, one_day).await.unwrap();
            assert_eq!(all, [count(0, "2026-11-21", "FAILED", 1)]);
            let creditors = distribution_count::creditors(&mut reader, PARTNER, ClientIdentifier(0), 10).await.unwrap();
            assert_eq!(creditors, [ClientIdentifier(7), ClientIdentifier(8)]);
            let range = (ClientIdentifier(8), ClientIdentifier(99));
            let sums = distribution_count::by_creditor(&mut reader, PARTNER, days, range).await.unwrap();
            assert_eq!(sums, [count(8, "", "FAILED", 1), count(8, "", "SENT", 1)]);
        };
        check().await;
        assert_eq!(distribution_count::changed_partners(&mut db.reader().await.unwrap()).await.unwrap().len(), 2);
        // By twos, as another process might.
        let mut taken = 0;
        loop {
            let some = db
                .take(|tx| {
                    Box::pin(async move {
                        let some = distribution_count::take(tx, PARTNER, 2).await?;
                        for row in &some {
                            distribution_count::add(tx, PARTNER, row).await?;
                            distribution_count::add(tx, PARTNER, &CountRow { client_id: 0, ..row.clone() }).await?;
                        }
                        Ok::<_, store::StoreError>(some.len())
                    })
                })
                .await
                .unwrap();
            taken += some;
            check().await;
            if some == 0 {
                break;
            }
        }
        assert_eq!(taken, 5);
        let left = distribution_count::changed_partners(&mut db.reader().await.unwrap()).await.unwrap();
        assert_eq!(left, [PartnerId(2)]);
    }

    async fn a_recount_comes_from_the_deliveries(database: TestDatabase) {
        let db = database.open().await;
        let failed = DistributionRow { status: "FAILED".into(), ..delivery(3, 7, "2026-11-20") };
        add_deliveries(&db, &[delivery(1, 7, "2026-11-20"), delivery(2, 7, "2026-11-20"), failed]).await;
        let counts = distribution_count::recount(&mut db.reader().await.unwrap(), PARTNER).await.unwrap();
        assert_eq!(counts, [count(7, "2026-11-20", "FAILED", 1), count(7, "2026-11-20", "PENDING", 2)]);
    }
}
