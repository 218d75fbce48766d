//! A look into the database behind the program's back.

use sqlx::{Connection as _, PgConnection, SqliteConnection};

/// Runs the same on the engine of the address.
macro_rules! on_engine {
    ($url:expr, |$connection:ident| $run:expr) => {
        if $url.starts_with("postgres") {
            let mut $connection = PgConnection::connect($url).await.unwrap();
            $run
        } else {
            let mut $connection = SqliteConnection::connect($url).await.unwrap();
            $run
        }
    };
}

/// The one number that the query gives.
pub(super) async fn number(url: &str, sql: &'static str) -> i64 {
    on_engine!(url, |connection| sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap())
}

/// Pairs of a text and a number.
pub(super) async fn pairs(url: &str, sql: &'static str) -> Vec<(String, i64)> {
    on_engine!(url, |connection| sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap())
}

/// Changes something.
pub(super) async fn execute(url: &str, sql: &'static str) {
    on_engine!(url, |connection| sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ()).unwrap());
}

/// Every business code with its client. Each client is whole: it has its contact, one key that is found by its value, and one audit
/// record, and there is none of these without a client.
pub(super) async fn whole_clients(url: &str) -> Vec<(String, i64)> {
    const CLIENTS: &str = "SELECT business_code, client_id FROM client ORDER BY client_id";
    const CONTACTS: &str = "SELECT name, client_id FROM client_contact WHERE role = 'primary'";
    const KEYS: &str = "SELECT kind, client_id FROM api_key WHERE client_id <> 0";
    const FOUND_KEYS: &str = "SELECT kind, client_id FROM api_key_lookup l JOIN api_key k \
                              ON k.partner_id = l.partner_id AND k.key_id = l.key_id AND k.lookup = l.lookup WHERE client_id <> 0";
    const RECORDS: &str =
        "SELECT subject, partner_id FROM audit_record WHERE action = 'client.create' AND outcome = 'done'";

    let clients = pairs(url, CLIENTS).await;
    let numbers: Vec<i64> = clients.iter().map(|(_, client)| *client).collect();
    for (what, sql) in [("contacts", CONTACTS), ("keys", KEYS), ("keys that are found", FOUND_KEYS)] {
        let mut theirs: Vec<i64> = pairs(url, sql).await.into_iter().map(|(_, client)| client).collect();
        theirs.sort_unstable();
        assert_eq!(theirs, numbers, "{what}");
    }
    let subjects = pairs(url, RECORDS).await.into_iter();
    let mut recorded: Vec<i64> =
        subjects.map(|(subject, _)| subject.strip_prefix("client:").unwrap().parse().unwrap()).collect();
    recorded.sort_unstable();
    assert_eq!(recorded, numbers, "audit records");
    clients
}
