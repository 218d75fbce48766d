//! The story of purchases on an account, and of its ledger.

use std::time::Duration;

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::AccountState;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::ledger::{LedgerAccount, Posting};
use domain::percent::Percent;
use domain::purchase::{
    AuthorizationId, AuthorizationState, CaptureId, Day, EarningTime, FinanceCharge, Financing, Purchase, RegularRate,
    ReturnId,
};
use sqlx::Connection;
use store::account_book::BookRow;
use store::authorization::{AuthorizationFilter, AuthorizationRow, Told};
use store::capture::{CaptureFilter, CaptureRow, ReturnRow};
use store::credit_account::AccountKey;
use store::ledger::{CreditClass, MovementRow};
use store::{Db, Engine, StoreError, Tx, account_book, authorization, capture, ledger};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

use crate::credit_account::{row as account, two_merchants};
use crate::{keep, now};

const NUMBER: i64 = 12_345_678_901_237;
pub(crate) const MERCHANT: (PartnerId, ClientIdentifier) = (PartnerId(1), ClientIdentifier(8));
const DAY: Duration = Duration::from_secs(24 * 3600);

pub(crate) fn key() -> AccountKey {
    account(7, NUMBER, 1).key()
}

pub(crate) async fn with_account(tx: &mut Tx) -> Result<(), StoreError> {
    two_merchants(tx).await?;
    store::credit_account::insert(tx, &account(7, NUMBER, 1)).await.map(drop)
}

fn purchase(plan: Option<u8>) -> Purchase {
    let financing = plan.map_or(Financing::Regular, |plan| Financing::Promotional { plan, term: 3 });
    let charge = FinanceCharge { interest: Cents(920), fees: Cents(30) };
    let charge = if plan.is_some() { charge } else { FinanceCharge::NONE };
    let late_rate = Percent::from_hundredths(3_099).unwrap();
    Purchase {
        financing,
        amount: Cents(1_000),
        charge,
        earned: EarningTime { from_month: 0, until_month: 3 },
        late_rate,
    }
}

pub(crate) fn new(id: i64, plan: Option<u8>, created_at: Timestamp) -> AuthorizationRow {
    let book = account_row().book();
    let done = purchase(plan).authorize(&book, AccountState::NORMAL, created_at, 30 * DAY).unwrap();
    AuthorizationRow::new(
        key(),
        (MERCHANT.1, AuthorizationId(id)),
        &done.outcome,
        Told { annual_rate: None, reference: Some(format!("order-{id}")) },
        created_at,
    )
}

/// A new account, as its movements see it.
pub(crate) fn account_row() -> BookRow {
    let row = account(7, NUMBER, 1);
    BookRow {
        partner: row.partner,
        lender: row.lender,
        number: row.number,
        status: row.status,
        status_reason: row.status_reason,
        account_type: row.account_type,
        risk_rating: row.risk_rating,
        province: row.province,
        credit_limit: row.credit_limit,
        principal: 0,
        interest: 0,
        held: 0,
        open_count: 0,
        holds_until: None,
        regular: 0,
        interest_rest: 0,
        interest_from: 0,
        earning_until: 0,
        next_maturity: None,
        late_until: 0,
        movement_count: 0,
        paid_total: 0,
        refunded_total: 0,
        changed_at: row.changed_at,
    }
}

pub(crate) async fn add(db: &Db, row: AuthorizationRow) -> bool {
    keep!(db, [row], |tx| async move { authorization::insert(tx, &row).await }).unwrap()
}

fn filter() -> AuthorizationFilter {
    AuthorizationFilter {
        account: None,
        transaction_type: None,
        state: None,
        from: Timestamp::from_micros(0),
        until: Timestamp::from_micros(i64::MAX),
        now: now(),
    }
}

async fn listed(db: &Db, filter: &AuthorizationFilter, page: (i64, i64)) -> Vec<i64> {
    let mut reader = db.reader().await.unwrap();
    let rows = authorization::page(&mut reader, MERCHANT, filter, page).await.unwrap();
    let all = authorization::page(&mut reader, MERCHANT, filter, (100, 0)).await.unwrap();
    let count = authorization::count(&mut reader, MERCHANT, filter, 100).await.unwrap();
    assert_eq!(count, i64::try_from(all.len()).unwrap());
    assert_eq!(authorization::count(&mut reader, MERCHANT, filter, 1).await.unwrap(), count.min(1));
    let (size, skipped) = (usize::try_from(page.0).unwrap(), usize::try_from(page.1).unwrap());
    assert_eq!(rows, all.into_iter().skip(skipped).take(size).collect::<Vec<_>>());
    rows.iter().map(|row| row.authorization.0).collect()
}

pub(crate) fn movement(number: i64, interest_day: Option<i64>) -> MovementRow {
    MovementRow {
        partner: key().partner,
        lender: key().lender,
        number: NUMBER,
        movement: number,
        kind: "interest".into(),
        client: Some(8),
        subject: "capture:1".into(),
        reference: Some("order".into()),
        location: None,
        employee: Some("12345-SMITH".into()),
        interest_day,
        principal: 1,
        regular: 2,
        interest: 3,
        held: 4,
        at: now(),
    }
}

async fn put(db: &Db, row: MovementRow, postings: Vec<Posting>) -> Result<(), StoreError> {
    keep!(db, [row, postings], |tx| async move { ledger::insert(tx, &row, &postings).await })
}

/// Whether the database refuses this statement.
async fn is_refused(database: &TestDatabase, sql: String) -> bool {
    let sql = sqlx::AssertSqlSafe(sql);
    match database.engine() {
        Engine::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.is_err()
        }
        Engine::Postgres => {
            let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
            sqlx::query(sql).execute(&mut connection).await.is_err()
        }
    }
}

on_both_engines! {
    async fn authorizations_are_kept_found_listed_and_fall_due(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| with_account(tx)).unwrap();
        let first = new(1, Some(4), now());
        assert!(add(&db, first.clone()).await);
        assert!(!add(&db, first.clone()).await, "the number is taken");
        assert!(add(&db, new(2, None, now().after(DAY))).await);
        assert!(add(&db, new(3, None, now().after(2 * DAY))).await);

        let mut reader = db.reader().await.unwrap();
        let by_number = authorization::by_number(&mut reader, MERCHANT, AuthorizationId(1)).await.unwrap();
        assert_eq!(by_number.as_ref(), Some(&first));
        let anothers = (MERCHANT.0, ClientIdentifier(7));
        assert_eq!(authorization::by_number(&mut reader, anothers, AuthorizationId(1)).await.unwrap(), None);
        let since = now().after(DAY);
        for (kind, after, count) in [("regular_purchase", now(), 2), ("regular_purchase", since, 1), ("promotional_purchase", now(), 0)] {
            assert_eq!(authorization::count_since(&mut reader, key(), kind, after, 10).await.unwrap(), count, "{kind}");
        }
        assert_eq!(authorization::count_since(&mut reader, key(), "regular_purchase", now(), 1).await.unwrap(), 1);
        drop(reader);

        // Half of the second is captured, and the first closed.
        let mut closed = first.clone();
        (closed.released, closed.status) = (1_000, AuthorizationState::Closed.name().into());
        let kept = closed.clone();
        keep!(db, [kept], |tx| async move { authorization::keep(tx, &kept).await }).unwrap();
        let late = now().after(31 * DAY);
        let mut reader = db.reader().await.unwrap();
        assert_eq!(authorization::by_number(&mut reader, MERCHANT, AuthorizationId(1)).await.unwrap(), Some(closed));
        let numbers = |rows: Vec<AuthorizationRow>| rows.iter().map(|row| row.authorization.0).collect::<Vec<_>>();
        assert_eq!(numbers(authorization::due(&mut reader, late, 10).await.unwrap()), [2]);
        assert_eq!(numbers(authorization::due_of_account(&mut reader, key(), late.after(DAY), 10).await.unwrap()), [2, 3]);
        assert_eq!(numbers(authorization::due_of_account(&mut reader, key(), late.after(DAY), 1).await.unwrap()), [2]);
        assert_eq!(numbers(authorization::open_of_account(&mut reader, key(), 10).await.unwrap()), [2, 3]);
        drop(reader);

        let all = filter();
        assert_eq!(listed(&db, &all, (10, 0)).await, [3, 2, 1]);
        assert_eq!(listed(&db, &all, (1, 1)).await, [2]);
        let of = |state, now| AuthorizationFilter { state: Some(state), now, ..filter() };
        assert_eq!(listed(&db, &of(AuthorizationState::Opened, now()), (10, 0)).await, [3, 2]);
        assert_eq!(listed(&db, &of(AuthorizationState::Opened, late), (10, 0)).await, [3]);
        assert_eq!(listed(&db, &of(AuthorizationState::Expired, late), (10, 0)).await, [2]);
        assert_eq!(listed(&db, &of(AuthorizationState::Closed, late), (10, 0)).await, [1]);
        let promotional = AuthorizationFilter { transaction_type: Some("promotional_purchase"), ..filter() };
        assert_eq!(listed(&db, &promotional, (10, 0)).await, [1]);
        let regular = AuthorizationFilter { transaction_type: Some("regular_purchase"), now: late, ..filter() };
        assert_eq!(listed(&db, &regular, (1, 0)).await, [3]);
        assert_eq!(listed(&db, &regular, (1, 1)).await, [2], "its time is over, and that was not written down");
        let both = AuthorizationFilter { state: Some(AuthorizationState::Expired), ..regular.clone() };
        assert_eq!(listed(&db, &both, (10, 0)).await, [2]);
        assert_eq!(listed(&db, &AuthorizationFilter { account: Some(key()), ..both.clone() }, (10, 0)).await, [2]);
        let another = AuthorizationFilter { transaction_type: Some("promotional_purchase"), ..both };
        assert!(listed(&db, &another, (10, 0)).await.is_empty());
        let days = AuthorizationFilter { from: now().after(DAY), until: now().after(2 * DAY), ..filter() };
        assert_eq!(listed(&db, &days, (10, 0)).await, [2]);
        let other = AuthorizationFilter { account: Some(account(7, NUMBER + 1, 1).key()), ..filter() };
        assert!(listed(&db, &other, (10, 0)).await.is_empty());
        assert_eq!(listed(&db, &AuthorizationFilter { account: Some(key()), ..filter() }, (10, 0)).await, [3, 2, 1]);
    }

    async fn captures_and_returns_are_kept_and_listed(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| with_account(tx)).unwrap();
        let authorized = new(1, Some(4), now());
        assert!(add(&db, authorized.clone()).await);
        let book = account_row().book();
        let done = authorized.authorization().unwrap().capture(&book, Cents(600), now()).unwrap();
        let (_, captured) = done.outcome;
        let row = CaptureRow::new(key(), (MERCHANT.1, AuthorizationId(1), CaptureId(5)), &captured, None);
        assert_eq!(row.capture().unwrap(), captured);
        let added = row.clone();
        assert!(keep!(db, [added], |tx| async move { capture::insert(tx, &added).await }).unwrap());
        let again = row.clone();
        assert!(!keep!(db, [again], |tx| async move { capture::insert(tx, &again).await }).unwrap());

        let mut reader = db.reader().await.unwrap();
        assert_eq!(capture::by_number(&mut reader, MERCHANT, CaptureId(5)).await.unwrap(), Some(row.clone()));
        assert_eq!(capture::of_authorization(&mut reader, MERCHANT, AuthorizationId(1), 9).await.unwrap(), std::slice::from_ref(&row));
        let (begins, ends) = (Day(row.unearned_from), Day(row.earned_on));
        assert_eq!(capture::earning(&mut reader, key(), begins).await.unwrap(), std::slice::from_ref(&row));
        assert_eq!(capture::earning(&mut reader, key(), ends).await.unwrap(), []);
        let all = CaptureFilter { account: None, from: now(), until: now().after(DAY) };
        assert_eq!(capture::page(&mut reader, MERCHANT, &all, (9, 0)).await.unwrap(), std::slice::from_ref(&row));
        assert_eq!(capture::page(&mut reader, MERCHANT, &all, (9, 1)).await.unwrap(), []);
        for (of, count) in [(None, 1), (Some(AuthorizationId(1)), 1), (Some(AuthorizationId(2)), 0)] {
            let other = CaptureFilter { account: Some((key(), of)), ..all.clone() };
            assert_eq!(capture::count(&mut reader, MERCHANT, &other, 9).await.unwrap(), count);
            assert_eq!(capture::page(&mut reader, MERCHANT, &other, (9, 0)).await.unwrap().len() as i64, count);
        }
        assert_eq!(capture::count(&mut reader, MERCHANT, &all, 9).await.unwrap(), 1);
        drop(reader);

        let (after, returned) = captured.take_back(&done.book, None, now()).unwrap().outcome;
        let mut brought_back = row.clone();
        brought_back.set(&after);
        assert_eq!((brought_back.returned, brought_back.unearned, brought_back.fees), (600, 0, 0));
        let given = ReturnRow {
            partner: row.partner,
            lender: row.lender,
            number: row.number,
            id: ReturnId(9),
            capture: row.capture,
            client: row.client,
            amount: returned.amount.0,
            charge_interest: returned.charge.interest.0,
            charge_fees: returned.charge.fees.0,
            reference: Some("order".into()),
            returned_at: now(),
        };
        let (kept, new) = (brought_back.clone(), given.clone());
        let both = keep!(db, [kept, new], |tx| async move {
            capture::keep(tx, &kept).await?;
            Ok::<_, StoreError>((capture::insert_return(tx, &new).await?, capture::insert_return(tx, &new).await?))
        });
        assert_eq!(both.unwrap(), (true, false));
        let mut reader = db.reader().await.unwrap();
        assert_eq!(capture::by_number(&mut reader, MERCHANT, CaptureId(5)).await.unwrap(), Some(brought_back));
        assert_eq!(capture::returns(&mut reader, MERCHANT, CaptureId(5), 9).await.unwrap(), [given]);
        assert_eq!(capture::earning(&mut reader, key(), begins).await.unwrap(), [], "nothing is left to be earned");
    }

    async fn the_ledger_is_only_added_to(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| with_account(tx)).unwrap();
        let posting = |amount| Posting {
            debit: LedgerAccount::RegularReceivable,
            credit: LedgerAccount::MerchantPayable,
            amount: Cents(amount),
        };
        put(&db, movement(1, None), vec![posting(5), posting(6)]).await.unwrap();
        put(&db, movement(2, Some(20_000)), vec![posting(7)]).await.unwrap();
        assert!(put(&db, movement(3, Some(20_000)), vec![]).await.is_err(), "interest of a day is posted once");
        assert!(put(&db, movement(3, None), vec![posting(0)]).await.is_err(), "nothing is no posting");

        let mut reader = db.reader().await.unwrap();
        let both = [movement(1, None), movement(2, Some(20_000))];
        assert_eq!(ledger::movements(&mut reader, key(), 0, 10).await.unwrap(), both);
        assert_eq!(ledger::movements(&mut reader, key(), 1, 10).await.unwrap(), both[1..]);
        assert_eq!(ledger::latest(&mut reader, key(), 1).await.unwrap(), both[1..]);
        let postings = ledger::postings(&mut reader, key(), (1, 2)).await.unwrap();
        assert_eq!(postings, [(1, posting(5)), (1, posting(6)), (2, posting(7))]);
        drop(reader);

        let noted = keep!(db, |tx| async move {
            ledger::insert_credit(tx, key(), CreditClass::Payment, (1, now()), Cents(100)).await?;
            ledger::insert_credit(tx, key(), CreditClass::Payment, (2, now().after(DAY)), Cents(250)).await?;
            ledger::insert_credit(tx, key(), CreditClass::Refund, (2, now()), Cents(7)).await
        });
        noted.unwrap();
        let mut reader = db.reader().await.unwrap();
        for (class, at, total) in [
            (CreditClass::Payment, now().before(DAY), 0),
            (CreditClass::Payment, now(), 100),
            (CreditClass::Payment, now().after(3 * DAY), 250),
            (CreditClass::Refund, now(), 7),
        ] {
            assert_eq!(ledger::credited_by(&mut reader, key(), class, at).await.unwrap(), Cents(total));
        }
        drop(reader);
        db.close().await;
        for table in ["ledger_movement", "ledger_entry", "account_credit"] {
            assert!(is_refused(&database, format!("DELETE FROM {table}")).await, "{table}");
            assert!(is_refused(&database, format!("UPDATE {table} SET partner_id = 2")).await, "{table}");
        }
    }

    async fn a_book_is_taken_kept_and_found_when_its_interest_is_due(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| with_account(tx)).unwrap();
        let taken = keep!(db, |tx| async move { account_book::take(tx, key()).await }).unwrap().unwrap();
        assert_eq!(taken, account_row());
        let nobody = AccountKey { lender: ClientIdentifier(8), ..key() };
        assert_eq!(keep!(db, |tx| async move { account_book::take(tx, nobody).await }).unwrap(), None);
        let mut reader = db.reader().await.unwrap();
        assert_eq!(account_book::accruing(&mut reader, Day(30_000), 10).await.unwrap(), [], "a new account bears nothing");
        drop(reader);

        let today = Day::of(now());
        let mut moved = taken;
        moved.set(&domain::purchase::Book { regular: Cents(500), interest_rest: 17, interest_from: today, ..moved.book() });
        (moved.movement_count, moved.paid_total, moved.refunded_total) = (3, 40, 50);
        moved.changed_at = now().after(DAY);
        let row = moved.clone();
        keep!(db, [row], |tx| async move { account_book::keep(tx, &row).await }).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(account_book::by_number(&mut reader, key()).await.unwrap(), Some(moved.clone()));
        assert_eq!(account_book::accruing(&mut reader, today, 10).await.unwrap(), []);
        assert_eq!(account_book::accruing(&mut reader, Day(today.0 + 1), 10).await.unwrap(), [moved.clone()]);
        assert_eq!(account_book::of_number(&mut reader, key().number).await.unwrap(), [moved.clone()]);
        let before = AccountKey { partner: PartnerId(0), ..key() };
        assert_eq!(account_book::page(&mut reader, before, 10).await.unwrap(), [moved.clone()]);
        assert_eq!(account_book::page(&mut reader, key(), 10).await.unwrap(), []);
        assert_eq!(moved.book().post_interest(&[], RegularRate::USUAL, now()), None);
    }
}
