//! The story of external agreements.

use domain::agreement::Agreement;
use domain::calendar::CalendarDate;
use domain::identifier::{ClientIdentifier, PartnerId};
use sqlx::{Connection, PgConnection};
use store::creditor::{self, OfStatus, SummaryRow};
use store::{Db, agreement};
use testkit::database::TestDatabase;
use testkit::on_both_engines;

use crate::{client as row, insert, keep, now, run, without_agreement_creditor};

fn agreement_of(system: &str, identifier: &str, from: &str, to: Option<&str>) -> Agreement {
    let date = |text: &str| CalendarDate::parse(text).unwrap();
    Agreement { system: system.into(), identifier: identifier.into(), valid_from: date(from), valid_to: to.map(date) }
}

async fn add(db: &Db, client: i64, agreement: &Agreement) -> bool {
    let agreement = agreement.clone();
    db.write(move |tx| {
        let agreement = agreement.clone();
        Box::pin(async move { agreement::insert(tx, PartnerId(1), ClientIdentifier(client), &agreement).await })
    })
    .await
    .unwrap()
}

async fn of(db: &Db, client: i64) -> Vec<Agreement> {
    let mut reader = db.reader().await.unwrap();
    agreement::of_client(&mut reader, PartnerId(1), ClientIdentifier(client)).await.unwrap()
}

on_both_engines! {
    async fn an_identifier_is_one_creditors_in_a_system(database: TestDatabase) {
        let db = database.open().await;
        for number in [1, 2] {
            keep!(db, |tx| insert(tx, row(1, number, &format!("code {number}")))).unwrap();
        }
        let (first, second) = (agreement_of("ERP", "A-1", "2026-01-01", None), agreement_of("CRM", "A-1", "2025-01-01", Some("2025-12-31")));
        assert!(add(&db, 1, &first).await && add(&db, 1, &second).await);
        assert!(!add(&db, 2, &first).await, "creditor 1 has it");
        assert_eq!(of(&db, 1).await, [second.clone(), first.clone()]);
        assert_eq!(of(&db, 2).await, []);
        let mut reader = db.reader().await.unwrap();
        let holder = agreement::holder(&mut reader, PartnerId(1), "ERP", "A-1").await.unwrap();
        assert_eq!(holder, Some(ClientIdentifier(1)));
        assert_eq!(agreement::holder(&mut reader, PartnerId(2), "ERP", "A-1").await.unwrap(), None);
        drop(reader);
        db.write(move |tx| {
            let first = first.clone();
            Box::pin(async move { agreement::remove(tx, PartnerId(1), ClientIdentifier(1), &first).await })
        })
        .await
        .unwrap();
        assert_eq!(of(&db, 1).await, [second]);
        assert!(add(&db, 2, &agreement_of("ERP", "A-1", "2027-01-01", None)).await, "it is free again");
    }

    async fn creditors_are_found_by_their_agreements(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=5 {
            keep!(db, |tx| insert(tx, row(1, number, &format!("code {number}")))).unwrap();
        }
        for number in 1..=4 {
            assert!(add(&db, number, &agreement_of(&format!("system {number}"), "A-1", "2026-01-01", None)).await);
        }
        assert!(add(&db, 4, &agreement_of("another", "A-1", "2026-01-01", None)).await);
        keep!(db, |tx| creditor::set_status(tx, PartnerId(1), ClientIdentifier(2), "REVOKED", now())).unwrap();
        let find = async |status: OfStatus, after: i64, limit: u32| {
            let mut reader = db.reader().await.unwrap();
            let rows = creditor::page_by_agreement(&mut reader, PartnerId(1), "A-1", status, ClientIdentifier(after), limit).await;
            rows.unwrap().into_iter().map(|row| row.client.0).collect::<Vec<_>>()
        };
        let find_in = async |partner: i64, system: &str, after: i64| {
            let mut reader = db.reader().await.unwrap();
            let wanted = (system, "A-1");
            let row = creditor::by_agreement_in_system(&mut reader, PartnerId(partner), wanted, ClientIdentifier(after)).await;
            row.unwrap().map(|row| row.client.0)
        };
        assert_eq!(find(OfStatus::Any, 0, 10).await, [1, 2, 3, 4], "each once");
        assert_eq!(find(OfStatus::Any, 0, 2).await, [1, 2]);
        assert_eq!(find(OfStatus::Any, 2, 2).await, [3, 4]);
        assert_eq!(find(OfStatus::Active, 0, 10).await, [1, 3, 4]);
        assert_eq!(find(OfStatus::Revoked, 0, 10).await, [2]);
        assert_eq!(find(OfStatus::Active, 1, 1).await, [3], "the page is filled with those of the status");
        assert_eq!(find_in(1, "system 3", 0).await, Some(3));
        assert_eq!(find_in(1, "system 3", 3).await, None, "it was on the page before");
        assert_eq!(find_in(1, "nothing", 0).await, None);
        assert_eq!(find_in(2, "system 3", 0).await, None, "another partner's");
    }

    async fn a_page_by_agreement_shows_its_creditors_as_they_are(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=3 {
            keep!(db, |tx| insert(tx, row(1, number, &format!("code {number}")))).unwrap();
        }
        for (number, system) in [(1, "ERP"), (1, "CRM"), (2, "POS")] {
            assert!(add(&db, number, &agreement_of(system, "A-1", "2026-01-01", None)).await);
        }
        assert!(add(&db, 3, &agreement_of("ERP", "B-1", "2026-01-01", None)).await);
        same(&db, "A-1", &[(1, "ERP"), (2, "POS")]).await;

        let mut renamed = {
            let mut reader = db.reader().await.unwrap();
            creditor::by_id(&mut reader, PartnerId(1), ClientIdentifier(1)).await.unwrap().unwrap()
        };
        (renamed.name, renamed.name_folded, renamed.changed_at) = ("Äiti Oy".into(), "äiti oy".into(), Some(77));
        let update = db.write(move |tx| {
            let row = renamed.clone();
            Box::pin(async move { creditor::update(tx, &row).await })
        });
        assert!(update.await.unwrap());
        assert!(keep!(db, |tx| creditor::set_status(tx, PartnerId(1), ClientIdentifier(2), "REVOKED", now())).unwrap());
        let found = same(&db, "A-1", &[(1, "ERP"), (2, "POS")]).await;
        assert_eq!((found[0].name.as_str(), found[0].changed_at), ("Äiti Oy", Some(77)));
        assert_eq!(found[1].status, "REVOKED");

        remove(&db, 1, agreement_of("ERP", "A-1", "2026-01-01", None)).await;
        same(&db, "A-1", &[(1, "CRM"), (2, "POS")]).await;
        remove(&db, 1, agreement_of("CRM", "A-1", "2026-01-01", None)).await;
        remove(&db, 3, agreement_of("ERP", "B-1", "2026-01-01", None)).await;
        same(&db, "A-1", &[(2, "POS")]).await;
        same(&db, "B-1", &[]).await;
    }

    async fn agreements_of_an_older_program_are_listed(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=2 {
            keep!(db, |tx| insert(tx, row(1, number, &format!("code {number}")))).unwrap();
        }
        db.close().await;
        let mut script: Vec<String> = without_agreement_creditor(database.engine()).into_iter().map(str::to_owned).collect();
        for (number, system) in [(1, "ERP"), (1, "CRM"), (2, "POS")] {
            script.push(format!(
                "INSERT INTO agreement (partner_id, client_id, system, identifier, valid_from) VALUES (1, {number}, '{system}', 'A-1', '2026-01-01')"
            ));
        }
        run(&database, script).await;
        let db = database.open().await;
        same(&db, "A-1", &[(1, "ERP"), (2, "POS")]).await;
    }
}

async fn remove(db: &Db, client: i64, agreement: Agreement) {
    db.write(move |tx| {
        let agreement = agreement.clone();
        Box::pin(async move { agreement::remove(tx, PartnerId(1), ClientIdentifier(client), &agreement).await })
    })
    .await
    .unwrap();
}

/// The page of an identifier, which must be the creditors themselves, each found by its agreement in one system.
async fn same(db: &Db, identifier: &str, each: &[(i64, &str)]) -> Vec<SummaryRow> {
    let mut reader = db.reader().await.unwrap();
    let (partner, start) = (PartnerId(1), ClientIdentifier(0));
    let page = creditor::page_by_agreement(&mut reader, partner, identifier, OfStatus::Any, start, 10).await.unwrap();
    let mut expected = Vec::new();
    for (number, system) in each {
        let row =
            creditor::by_agreement_in_system(&mut reader, partner, (system, identifier), start).await.unwrap().unwrap();
        assert_eq!(row.client.0, *number);
        expected.push(row);
    }
    assert_eq!(page, expected);
    page
}

/// An older program may write while the copies are made, or from before.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_program_writes_meanwhile_gets_into_the_list() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let db = database.open().await;
    keep!(db, |tx| insert(tx, row(1, 1, "code 1"))).unwrap();
    assert!(add(&db, 1, &agreement_of("ERP", "A-1", "2026-01-01", None)).await);
    db.close().await;
    run(&database, without_agreement_creditor(database.engine())).await;

    let rename = |name: &str| format!("UPDATE client SET name = '{name}', name_folded = '{name}' WHERE client_id = 1");
    let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE".to_owned();
    let mut early = begun(&database, [begin.clone(), rename("early")]).await;
    let mut late = begun(&database, [begin, "SELECT client_id FROM agreement".to_owned()]).await;
    let mut watching = PgConnection::connect(database.url()).await.unwrap();
    let (db, ()) = tokio::join!(database.open(), async {
        // The copies wait for who has written.
        let waits = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = 'client'::regclass";
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut watching).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        sqlx::query("COMMIT").execute(&mut early).await.unwrap();
    });
    assert_eq!(same(&db, "A-1", &[(1, "ERP")]).await[0].name, "early");
    // Who has begun before does not see the copies, and has to run again rather than leave one behind.
    let refused = sqlx::query(sqlx::AssertSqlSafe(rename("late"))).execute(&mut late).await.unwrap_err();
    assert_eq!(refused.as_database_error().unwrap().code().as_deref(), Some("40001"), "{refused}");
}

/// A connection on which these statements were run.
async fn begun(database: &TestDatabase, script: [String; 2]) -> PgConnection {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    for sql in script {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    connection
}
