//! The story of captures whose plan ends, and what the migration makes of those that were there before.

use std::time::Duration;

use domain::Timestamp;
use domain::cents::Cents;
use domain::purchase::{AuthorizationId, Capture, CaptureId, Day, ReturnId};
use store::account_book::BookRow;
use store::capture::{CaptureRow, Maturing, ReturnRow};
use store::{Db, account_book, authorization, capture};
use testkit::on_both_engines;

use crate::purchase::{MERCHANT, account_row, add, key, new, with_account};
use crate::{keep, now, run};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Keeps a capture of 6.00 of an authorization of its own, by this plan.
async fn captured(db: &Db, id: i64, plan: Option<u8>, at: Timestamp) -> CaptureRow {
    let authorized = new(id, plan, at);
    assert!(add(db, authorized.clone()).await);
    let done = authorized.authorization().unwrap().capture(&account_row().book(), Cents(600), at).unwrap();
    let ids = (MERCHANT.1, AuthorizationId(id), CaptureId(id));
    let row = CaptureRow::new(key(), ids, &done.outcome.1, None);
    let added = row.clone();
    assert!(keep!(db, [added], |tx| async move { capture::insert(tx, &added).await }).unwrap());
    row
}

async fn maturing(db: &Db, day: Day) -> Vec<i64> {
    let rows = capture::maturing(&mut db.reader().await.unwrap(), key(), day).await.unwrap();
    rows.iter().map(|row| row.capture.0).collect()
}

async fn of_account(db: &Db) -> BookRow {
    account_book::by_number(&mut db.reader().await.unwrap(), key()).await.unwrap().unwrap()
}

on_both_engines! {
    async fn captures_are_found_in_the_order_in_which_they_mature(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| with_account(tx)).unwrap();
        let third = captured(&db, 1, Some(4), now().after(DAY)).await;
        let second = captured(&db, 2, Some(4), now().after(Duration::from_secs(1))).await;
        let first = captured(&db, 3, Some(4), now()).await;
        let regular = captured(&db, 4, None, now()).await;
        assert_eq!((regular.billed, regular.matures_on, regular.capture().unwrap().maturity), (0, None, None));
        // 9.20 and 0.30 of charges on 10.00.
        assert_eq!((first.billed, first.owed_throughout, first.plan_months, first.late_rate), (1_170, 1_170, 3, 3_099));
        let days = [&first, &second, &third].map(|row| Day(row.matures_on.unwrap()));
        assert_eq!((days[0].0 - Day::of(now()).0, days[1], days[2].0 - days[0].0), (92, days[0], 1));
        let before = Day(days[0].0 - 1);
        assert_eq!(maturing(&db, before).await, [0; 0]);
        assert_eq!((maturing(&db, days[0]).await, maturing(&db, days[2]).await), (vec![3, 2], vec![3, 2, 1]));
        let mut reader = db.reader().await.unwrap();
        assert_eq!(capture::later(&mut reader, key(), days[0]).await.unwrap(), std::slice::from_ref(&third));
        let all = capture::unmatured(&mut reader, key(), before).await.unwrap();
        assert_eq!(all, Maturing { billed: Cents(3 * 1_170), next: Some(days[0]) });
        assert_eq!(capture::unmatured(&mut reader, key(), days[2]).await.unwrap(), Maturing::default());
        drop(reader);

        // One that has matured is found no more, and has billed what it has.
        let mut matured = first.clone();
        let mut it: Capture = matured.capture().unwrap();
        let maturity = it.maturity.as_mut().unwrap();
        (maturity.matured_on, maturity.owed_throughout, it.billed) = (Some(days[1]), Cents(17), Cents(1_000));
        matured.set(&it);
        let kept = matured.clone();
        keep!(db, [kept], |tx| async move { capture::keep(tx, &kept).await }).unwrap();
        assert_eq!(maturing(&db, days[2]).await, [2, 1]);
        let mut reader = db.reader().await.unwrap();
        let found = capture::by_number(&mut reader, MERCHANT, CaptureId(3)).await.unwrap();
        assert_eq!((found.as_ref(), found.as_ref().unwrap().capture().unwrap()), (Some(&matured), it));
        assert_eq!(capture::billed(&mut reader, key()).await.unwrap(), Cents(2 * 1_170 + 1_000));
        let held = authorization::by_number(&mut reader, MERCHANT, AuthorizationId(3)).await.unwrap().unwrap();
        assert_eq!((held.late_rate, held.authorization().unwrap().late_rate.hundredths()), (3_099, 3_099));
    }

    async fn an_account_is_found_when_its_next_capture_matures(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| with_account(tx)).unwrap();
        let found = async |day| account_book::maturing(&mut db.reader().await.unwrap(), Day(day), 10).await.unwrap();
        assert_eq!(found(i64::MAX).await, [], "a new account has none");
        let row = BookRow { next_maturity: Some(100), late_until: 200, ..account_row() };
        let kept = row.clone();
        keep!(db, [kept], |tx| async move { account_book::keep(tx, &kept).await }).unwrap();
        assert_eq!((found(99).await, found(100).await), (vec![], vec![row]));
    }

    async fn the_migration_lets_what_is_there_mature(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| with_account(tx)).unwrap();
        // Far in the future of whoever runs this, and long ago.
        let (future, past) = (Timestamp::parse_rfc3339("2100-01-01T12:00:00Z").unwrap(), Timestamp::from_micros(1));
        let open = captured(&db, 1, Some(4), future).await;
        captured(&db, 2, Some(4), past).await;
        captured(&db, 3, None, past).await;
        let given = ReturnRow {
            partner: open.partner,
            lender: open.lender,
            number: open.number,
            id: ReturnId(9),
            capture: open.capture,
            client: open.client,
            amount: 100,
            charge_interest: 60,
            charge_fees: 5,
            reference: None,
            returned_at: future,
        };
        keep!(db, [given], |tx| async move { capture::insert_return(tx, &given).await }).unwrap();
        db.close().await;
        run(
            &database,
            [
                "DROP INDEX credit_capture_account",
                "DROP INDEX credit_account_maturing",
                "ALTER TABLE credit_authorization DROP COLUMN late_rate",
                "ALTER TABLE credit_capture DROP COLUMN billed",
                "ALTER TABLE credit_capture DROP COLUMN late_rate",
                "ALTER TABLE credit_capture DROP COLUMN plan_months",
                "ALTER TABLE credit_capture DROP COLUMN owed_throughout",
                "ALTER TABLE credit_capture DROP COLUMN matures_on",
                "ALTER TABLE credit_capture DROP COLUMN matured_on",
                "ALTER TABLE credit_account DROP COLUMN next_maturity",
                "ALTER TABLE credit_account DROP COLUMN late_until",
                "DELETE FROM _sqlx_migrations WHERE version = 21",
            ],
        )
        .await;
        let db = database.open().await;
        let mut reader = db.reader().await.unwrap();
        let mut found = Vec::new();
        for id in 1..=3 {
            found.push(capture::by_number(&mut reader, MERCHANT, CaptureId(id)).await.unwrap().unwrap());
        }
        // As it would have been kept, but that nobody was told of a rate.
        let expected = CaptureRow { billed: 1_170 - 165, owed_throughout: 1_170 - 165, late_rate: 0, ..open };
        assert_eq!(found[0], expected);
        // What has ended already matures on the day of the migration, and not before.
        let today = found[1].matures_on.unwrap();
        assert!(today > Day::of(past).0 + 10_000 && today < Day::of(future).0, "{today}");
        assert_eq!((found[1].billed, found[1].matured_on), (1_170, None));
        assert_eq!((found[2].billed, found[2].matures_on), (0, None));
        drop(reader);
        assert_eq!((of_account(&db).await.next_maturity, of_account(&db).await.late_until), (Some(today), 0));
    }
}
