//! The story of creditors: pages that stay right, changes that are not lost, the history, and rows of an older program.

use std::collections::BTreeSet;

use domain::identifier::{ClientIdentifier, PartnerId};
use sqlx::Connection;
use store::client::{ClientRow, ContactRow};
use store::creditor::{self, ChangeRow, Names, OfStatus};
use store::{Db, Engine, client};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{client as row, insert, keep, now, run, without_agreement_creditor};

const END: &str = "\u{10ffff}";

fn named(number: i64, name: &str) -> ClientRow {
    let code = format!("code {number}");
    ClientRow { name: name.into(), name_folded: domain::text::folded(name), ..row(1, number, &code) }
}

async fn page(db: &Db, after: (&str, i64), before: &str, status: OfStatus, limit: u32) -> Vec<i64> {
    let names = Names { after: (after.0, ClientIdentifier(after.1)), before };
    let mut reader = db.reader().await.unwrap();
    let rows = creditor::page(&mut reader, PartnerId(1), &names, status, limit).await.unwrap();
    rows.into_iter().map(|row| row.client.0).collect()
}

on_both_engines! {
    async fn pages_are_in_one_order_on_both_engines(database: TestDatabase) {
        let db = database.open().await;
        // In the order that every engine must give: by code point of the folded form, then by number.
        let names = [" ", "-A", "Ab", "a b", "AB ", "abba", "Zulu", "ääni", "Äänekoski", "яблоко", "𝔘", "🦀"];
        let mut expected: Vec<(String, i64)> = Vec::new();
        for (place, name) in names.into_iter().enumerate() {
            let number = 200 - place as i64;
            keep!(db, |tx| insert(tx, named(number, name))).unwrap();
            expected.push((domain::text::folded(name), number));
        }
        keep!(db, |tx| insert(tx, ClientRow { partner: PartnerId(2), ..named(300, "Ab") })).unwrap();
        // A blank name has the form of a row of an older program; it has no place in this order.
        expected.retain(|(name, _)| !name.is_empty());
        expected.sort();
        let mut found = Vec::new();
        let mut after = (String::new(), 1_000);
        loop {
            let next = page(&db, (&after.0, after.1), END, OfStatus::Any, 2).await;
            let Some(last) = next.last() else { break };
            after = expected.iter().find(|(_, number)| number == last).unwrap().clone();
            found.extend(next);
        }
        assert_eq!(found, expected.iter().map(|(_, number)| *number).collect::<Vec<_>>());
        assert_eq!(page(&db, ("ab", 0), "ac", OfStatus::Any, 10).await, [196, 198, 195]);
        assert_eq!(page(&db, ("ab", 196), "ac", OfStatus::Any, 10).await, [198, 195]);
    }

    async fn a_page_goes_on_inside_creditors_of_one_name(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=6 {
            keep!(db, |tx| insert(tx, named(number, "Same"))).unwrap();
        }
        for number in [7, 8, 9, 10] {
            keep!(db, |tx| insert(tx, named(number, "Then"))).unwrap();
        }
        for number in [2, 4, 6, 8] {
            assert!(creditor_status(&db, number, "REVOKED").await);
        }
        let from = |number| ("same", number);
        for (status, after, limit, expected) in [
            (OfStatus::Any, from(3), 10, &[4, 5, 6, 7, 8, 9, 10][..]),
            (OfStatus::Any, from(3), 3, &[4, 5, 6]),
            (OfStatus::Any, from(3), 4, &[4, 5, 6, 7]),
            (OfStatus::Any, from(6), 2, &[7, 8]),
            (OfStatus::Active, from(3), 3, &[5, 7, 9]),
            (OfStatus::Revoked, from(3), 3, &[4, 6, 8]),
            (OfStatus::Revoked, ("then", 8), 3, &[]),
            (OfStatus::Any, ("sam", 0), 2, &[1, 2]),
        ] {
            assert_eq!(page(&db, after, END, status, limit).await, expected, "{status:?} after {after:?}");
        }
        assert_eq!(page(&db, from(5), "then", OfStatus::Any, 10).await, [6], "the bound cuts the later names");
    }

    async fn a_page_stays_right_while_rows_are_added(database: TestDatabase) {
        let db = database.open().await;
        for number in [10, 20, 30, 40] {
            keep!(db, |tx| insert(tx, named(number, &format!("name {number}")))).unwrap();
        }
        assert_eq!(page(&db, ("", 0), END, OfStatus::Any, 2).await, [10, 20]);
        keep!(db, |tx| insert(tx, named(11, "name 11"))).unwrap();
        keep!(db, |tx| insert(tx, named(21, "name 21"))).unwrap();
        assert_eq!(page(&db, ("name 20", 20), END, OfStatus::Any, 2).await, [21, 30], "nothing twice, nothing left out");
    }

    async fn a_status_has_pages_of_its_own(database: TestDatabase) {
        let db = database.open().await;
        for number in [1, 2, 3] {
            keep!(db, |tx| insert(tx, named(number, "same"))).unwrap();
        }
        let revoke = |number| creditor_status(&db, number, "REVOKED");
        assert!(revoke(2).await);
        assert!(!revoke(2).await, "it has that status already");
        assert_eq!(page(&db, ("", 0), END, OfStatus::Any, 10).await, [1, 2, 3]);
        assert_eq!(page(&db, ("", 0), END, OfStatus::Active, 10).await, [1, 3]);
        assert_eq!(page(&db, ("", 0), END, OfStatus::Revoked, 10).await, [2]);
        let found = by_id(&db, 2).await;
        assert_eq!((found.status.as_str(), found.version, found.changed_at), ("REVOKED", 2, Some(now().micros())));
    }

    async fn of_two_changes_of_one_version_one_is_kept(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| insert(tx, named(1, "Old Oy"))).unwrap();
        let changed = ClientRow {
            name: "New Oy".into(),
            name_folded: "new oy".into(),
            vat_number: None,
            telephone: Some("+358441234567".into()),
            sms_sender: Some("Tally".into()),
            expiry_notices: 0,
            changed_at: Some(7),
            ..named(1, "Old Oy")
        };
        let update = |row: ClientRow| keep_update(&db, row);
        assert!(update(changed.clone()).await);
        assert!(!update(ClientRow { name: "Other Oy".into(), ..changed.clone() }).await, "its version is no longer 1");
        assert_eq!(by_id(&db, 1).await, ClientRow { version: 2, ..changed.clone() });
        assert!(update(ClientRow { version: 2, name: "Third Oy".into(), ..changed }).await);
        assert!(keep!(db, |tx| creditor::count_agreements_up(tx, PartnerId(1), ClientIdentifier(1), 1)).unwrap());
        assert!(!keep!(db, |tx| creditor::count_agreements_up(tx, PartnerId(1), ClientIdentifier(1), 1)).unwrap());
        let mut reader = db.reader().await.unwrap();
        assert_eq!(creditor::by_id(&mut reader, PartnerId(2), ClientIdentifier(1)).await.unwrap(), None);
    }

    async fn contacts_are_replaced(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| insert(tx, named(1, "Old Oy"))).unwrap();
        let contact = |role: &str| ContactRow { role: role.into(), name: "N".into(), telephone: None, mobile: None, email: None };
        let replace = |contacts: Vec<ContactRow>| {
            let db = db.clone();
            async move {
                db.write(move |tx| {
                    let contacts = contacts.clone();
                    Box::pin(async move { creditor::replace_contacts(tx, PartnerId(1), ClientIdentifier(1), &contacts).await })
                })
                .await
                .unwrap();
            }
        };
        replace(vec![contact("primary"), contact("technical")]).await;
        replace(vec![contact("accountant"), contact("primary")]).await;
        let mut reader = db.reader().await.unwrap();
        let found = client::contacts(&mut reader, PartnerId(1), ClientIdentifier(1)).await.unwrap();
        assert_eq!(found, [contact("accountant"), contact("primary")]);
    }

    async fn a_business_code_is_found_in_every_country(database: TestDatabase) {
        let db = database.open().await;
        for (number, country) in [(1, "FI"), (2, "SE"), (3, "DE")] {
            let row = ClientRow { country_code: country.into(), ..row(1, number, "0123456-7") };
            keep!(db, [row], |tx| insert(tx, row)).unwrap();
        }
        keep!(db, |tx| insert(tx, row(1, 4, "other"))).unwrap();
        let mut reader = db.reader().await.unwrap();
        let found = creditor::by_business_code(&mut reader, PartnerId(1), "0123456-7").await.unwrap();
        assert_eq!(found.into_iter().map(|row| row.client.0).collect::<BTreeSet<_>>(), [1, 2, 3].into());
    }

    async fn changes_are_told_newest_first(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| insert(tx, named(1, "Old Oy"))).unwrap();
        let change = |number: u8| ChangeRow {
            change: Uuid::from_bytes([number; 16]),
            at: now(),
            actor: "partner:x".into(),
            request_id: "r".into(),
            changes: "[]".into(),
        };
        for number in 1..=5 {
            let row = change(number);
            db.write(move |tx| {
                let row = row.clone();
                Box::pin(async move { creditor::insert_change(tx, PartnerId(1), ClientIdentifier(1), &row).await })
            })
            .await
            .unwrap();
        }
        let mut reader = db.reader().await.unwrap();
        let first = creditor::changes(&mut reader, PartnerId(1), ClientIdentifier(1), Uuid::max(), 2).await.unwrap();
        assert_eq!(first, [change(5), change(4)]);
        let next = creditor::changes(&mut reader, PartnerId(1), ClientIdentifier(1), first[1].change, 9).await.unwrap();
        assert_eq!(next, [change(3), change(2), change(1)]);
    }

    async fn rows_of_the_first_schema_get_their_name_and_their_status(database: TestDatabase) {
        older(&database).await;
        let db = database.open().await;
        let mut reader = db.reader().await.unwrap();
        assert!(creditor::has_unfolded_names(&mut reader).await.unwrap());
        drop(reader);
        assert_eq!(keep!(db, |tx| creditor::fold_names(tx, 2)).unwrap(), 2);
        assert_eq!(keep!(db, |tx| creditor::fold_names(tx, 2)).unwrap(), 1);
        assert_eq!(keep!(db, |tx| creditor::fold_names(tx, 2)).unwrap(), 0);
        let found: Vec<_> = [by_id(&db, 1).await, by_id(&db, 2).await, by_id(&db, 3).await]
            .into_iter()
            .map(|row| (row.name_folded, row.status, row.version, row.agreements_version, row.expiry_notices))
            .collect();
        let expected = |name: &str, status: &str| (name.to_owned(), status.to_owned(), 1, 1, 1);
        assert_eq!(found, [expected("äiti oy", "ACTIVE"), expected("strasse", "REVOKED"), expected("zulu", "REVOKED")]);
        assert_eq!(page(&db, ("", 0), END, OfStatus::Revoked, 10).await, [2, 3]);
    }
}

async fn by_id(db: &Db, number: i64) -> ClientRow {
    let mut reader = db.reader().await.unwrap();
    creditor::by_id(&mut reader, PartnerId(1), ClientIdentifier(number)).await.unwrap().unwrap()
}

async fn creditor_status(db: &Db, number: i64, status: &'static str) -> bool {
    keep!(db, |tx| creditor::set_status(tx, PartnerId(1), ClientIdentifier(number), status, now())).unwrap()
}

async fn keep_update(db: &Db, row: ClientRow) -> bool {
    db.write(move |tx| {
        let row = row.clone();
        Box::pin(async move { creditor::update(tx, &row).await })
    })
    .await
    .unwrap()
}

/// Makes the database of the first schema: a client with a key that works, one whose key was revoked, one without a key.
async fn older(database: &TestDatabase) {
    database.open().await.close().await;
    run(database, without_agreement_creditor(database.engine())).await;
    let mut script = vec![
        "DROP TABLE client_change".to_owned(),
        "DROP TABLE agreement".to_owned(),
        "DROP INDEX client_name".to_owned(),
        "DROP INDEX client_revoked".to_owned(),
        "DROP INDEX client_unfolded".to_owned(),
        "DROP INDEX client_business_code".to_owned(),
        "CREATE UNIQUE INDEX client_business_code ON client (partner_id, country_code, business_code)".to_owned(),
        "DELETE FROM _sqlx_migrations WHERE version = 2".to_owned(),
    ];
    for column in
        ["name_folded", "status", "expiry_notices", "sms_sender", "version", "agreements_version", "changed_at"]
    {
        script.push(format!("ALTER TABLE client DROP COLUMN {column}"));
    }
    for (number, name) in [(1, "Äiti Oy"), (2, "Straße"), (3, "  Zulu ")] {
        script.push(format!(
            "INSERT INTO client (partner_id, client_id, customer_code, reference_prefix, service_type, name, business_code, \
             postal_address, postal_code, postal_district, country_code, email, language_code, currency_code, created_at) \
             VALUES (1, {number}, {number}, {number}, 'LIFECYCLE', '{name}', 'c{number}', 'a', '1', 'd', 'FI', 'e', 'FI', 'EUR', 0)"
        ));
    }
    let blob = |number: u8| match database.engine() {
        Engine::Sqlite => format!("x'{}'", format!("{number:02}").repeat(16)),
        Engine::Postgres => format!("'{}'", Uuid::from_bytes([number; 16])),
    };
    let hash = |number: u8| match database.engine() {
        Engine::Sqlite => format!("x'{number:02}'"),
        Engine::Postgres => format!("'\\x{number:02}'"),
    };
    for (number, client, revoked) in [(1, 1, "NULL"), (2, 2, "5")] {
        script.push(format!(
            "INSERT INTO api_key (partner_id, key_id, client_id, kind, lookup, sealed, master_key_version, networks, created_at, revoked_at) \
             VALUES (1, {}, {client}, 'client', {}, {}, 1, '', 0, {revoked})",
            blob(number),
            hash(number),
            hash(number)
        ));
    }
    run(database, script).await;
}

/// What a page costs does not grow with the number of creditors: each query goes by an index, with both ends of its range.
#[tokio::test(flavor = "multi_thread")]
async fn pages_go_by_an_index() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let mut connection = sqlx::SqliteConnection::connect(database.url()).await.unwrap();
    for (name, plan) in [
        ("SAME_NAME", "SEARCH c USING COVERING INDEX client_name (partner_id=? AND name_folded=? AND client_id>?)"),
        ("LATER_NAMES", "SEARCH c USING COVERING INDEX client_name (partner_id=? AND name_folded>? AND name_folded<?)"),
        (
            "SAME_NAME_ACTIVE",
            "SEARCH c USING COVERING INDEX client_name (partner_id=? AND name_folded=? AND client_id>?)",
        ),
        (
            "LATER_NAMES_ACTIVE",
            "SEARCH c USING COVERING INDEX client_name (partner_id=? AND name_folded>? AND name_folded<?)",
        ),
        (
            "SAME_NAME_REVOKED",
            "SEARCH c USING COVERING INDEX client_revoked (partner_id=? AND name_folded=? AND client_id>?)",
        ),
        (
            "LATER_NAMES_REVOKED",
            "SEARCH c USING COVERING INDEX client_revoked (partner_id=? AND name_folded>? AND name_folded<?)",
        ),
        (
            "BY_BUSINESS_CODE",
            "SEARCH c USING INDEX client_business_code (partner_id=? AND business_code=? AND country_code>?)",
        ),
        ("UNFOLDED", "USING INDEX client_unfolded"),
        ("CHANGES", "SEARCH client_change USING PRIMARY KEY (partner_id=? AND client_id=? AND change_id<?)"),
        ("PAGE_BY_AGREEMENT", "SEARCH c USING PRIMARY KEY (partner_id=? AND identifier=? AND client_id>?)"),
        ("PAGE_BY_AGREEMENT_OF_STATUS", "SEARCH c USING PRIMARY KEY (partner_id=? AND identifier=? AND client_id>?)"),
        ("BY_AGREEMENT_IN_SYSTEM", "agreement_name (partner_id=? AND system=? AND identifier=? AND client_id>?)"),
        ("BY_ID", "SEARCH client USING INTEGER PRIMARY KEY (rowid=?)"),
    ] {
        let statement =
            store::statements().find(|statement| statement.name() == format!("store::creditor::{name}")).unwrap();
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.sqlite()));
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
        let steps: Vec<_> = rows.into_iter().map(|(_, _, _, step)| step).collect();
        assert!(steps.iter().any(|step| step.contains(plan)), "{name}: {steps:?}");
        let is_bad = |step: &String| {
            (step.contains("SCAN client") || step.starts_with("SCAN c ")) && name != "UNFOLDED"
                || step.contains("TEMP B-TREE FOR ORDER")
        };
        assert!(!steps.iter().any(is_bad), "{name}: {steps:?}");
    }
}

/// The same on PostgreSQL: nothing is read and sorted beyond the page.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_postgres_go_by_an_index() {
    let Some(database) = TestDatabase::of(Engine::Postgres).await else { return };
    let db = database.open().await;
    db.write(|tx| {
        Box::pin(async move {
            for number in 1..=2000 {
                insert(tx, named(number, &format!("name {number:04}"))).await?;
            }
            Ok::<_, store::StoreError>(())
        })
    })
    .await
    .unwrap();
    let mut connection = sqlx::PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql("ANALYZE client").execute(&mut connection).await.unwrap();
    for (name, values) in [
        ("SAME_NAME", ["1", "'name 0500'", "0", "101"]),
        ("LATER_NAMES", ["1", "'name 0500'", "'z'", "101"]),
        ("LATER_NAMES_ACTIVE", ["1", "'name 0500'", "'z'", "101"]),
    ] {
        let statement =
            store::statements().find(|statement| statement.name() == format!("store::creditor::{name}")).unwrap();
        let mut sql = format!("EXPLAIN {}", statement.sql());
        for (place, value) in values.into_iter().enumerate() {
            sql = sql.replace(&format!("${}", place + 1), value);
        }
        let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains("Index Scan using client_name"), "{name}: {plan}");
        assert!(!plan.contains("Sort"), "{name}: {plan}");
    }
}
