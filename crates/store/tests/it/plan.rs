//! How SQLite reaches the rows of each statement.
//!
//! It knows nothing of how many rows a table has, and takes ten for each partner: so the primary key by its partner alone looks cheaper to it
//! than an index that leads to the row and to the table from there, and it reads all that the partner has. Such a statement asks for
//! the keys first, which the index has in itself, and for the rows by them: `… WHERE id IN (SELECT id … WHERE …)`.

use testkit::database::TestDatabase;

/// Who reads all rows that a partner has in a table, and why that is meant.
const WHOLE_PARTNERS: &[(&str, &str)] = &[
    ("audit::LAST_SEAL", "the last of them by the key"),
    ("audit::LATEST", "the last of them by the key"),
    ("audit::PENDING_COUNT", "what waits is a second's"),
    ("audit::PENDING_RECORDS", "the first of them by the key"),
    ("audit::RECORD_COUNT", "it counts them"),
    ("credentials_link::END", "a partner has few"),
    ("deployment::COUNT_OPEN", "a partner has few"),
    ("distribution_count::BY_CREDITOR", "what waits is a second's"),
    ("distribution_count::OF_CREDITOR", "what waits is a second's"),
    ("distribution_count::OF_PORTFOLIO", "what waits is a second's"),
    ("distribution_count::RECOUNT", "it counts them"),
    ("distribution_count::TAKE", "what waits is a second's"),
    ("expiry_notice::EXPIRING", "a partner has few endpoints"),
    ("merchant::LENDS_TO_OTHERS", "a partner has few merchants"),
    ("partner::LIST", "it counts them"),
    ("webhook::COUNT", "a partner has few endpoints"),
    ("webhook::DISABLE_ALL", "a partner has few endpoints"),
    ("webhook::OF_PARTNER", "a partner has few endpoints"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_reads_all_that_a_partner_has_by_accident() {
    let database = TestDatabase::sqlite();
    database.open().await.close().await;
    let connection = rusqlite::Connection::open(database.directory().unwrap().join("test.db")).unwrap();
    let mut found = Vec::new();
    for statement in store::statements() {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sqlite())).unwrap();
        let mut rows = plan.raw_query();
        while let Some(row) = rows.next().unwrap() {
            if row.get::<_, String>(3).unwrap().contains("(partner_id=?)") {
                found.push(statement.name().trim_start_matches("store::"));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    let meant: Vec<_> = WHOLE_PARTNERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, meant);
}
