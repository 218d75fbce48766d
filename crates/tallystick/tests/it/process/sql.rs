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
    on_engine!(url, |connection| drop(sqlx::raw_sql(sql).execute(&mut connection).await.unwrap()));
}

/// Every business code with its client, and each client whole: with its contact, one working way from a key's value to it, one audit
/// record; and nothing of a client that is not there.
pub(super) async fn whole_clients(url: &str) -> Vec<(String, i64)> {
    const HALVES: [(&str, &str); 6] = [
        (
            "a client without its contact",
            "SELECT COUNT(*) FROM client c WHERE NOT EXISTS (SELECT 1 FROM client_contact o \
             WHERE o.partner_id = c.partner_id AND o.client_id = c.client_id AND o.role = 'primary')",
        ),
        (
            "a client without a key, or with two",
            "SELECT COUNT(*) FROM client c WHERE 1 <> (SELECT COUNT(*) FROM api_key k \
             JOIN api_key_lookup l ON l.lookup = k.lookup AND l.partner_id = k.partner_id AND l.key_id = k.key_id \
             WHERE k.partner_id = c.partner_id AND k.client_id = c.client_id)",
        ),
        (
            "a client without an audit record, or with two",
            "SELECT COUNT(*) FROM client c WHERE 1 <> (SELECT COUNT(*) FROM audit_record a WHERE a.partner_id = c.partner_id \
             AND a.action = 'client.create' AND a.outcome = 'done' AND a.subject = 'client:' || c.client_id)",
        ),
        (
            "a key of nobody",
            "SELECT COUNT(*) FROM api_key k WHERE k.client_id <> 0 AND NOT EXISTS (SELECT 1 FROM client c \
             WHERE c.partner_id = k.partner_id AND c.client_id = k.client_id)",
        ),
        (
            "a way to a key that is not there",
            "SELECT COUNT(*) FROM api_key_lookup l WHERE NOT EXISTS (SELECT 1 FROM api_key k \
             WHERE k.partner_id = l.partner_id AND k.key_id = l.key_id)",
        ),
        (
            "a record of a client that is not there",
            "SELECT COUNT(*) FROM audit_record a WHERE a.action = 'client.create' AND a.outcome = 'done' AND NOT EXISTS \
             (SELECT 1 FROM client c WHERE c.partner_id = a.partner_id AND a.subject = 'client:' || c.client_id)",
        ),
    ];
    for (what, sql) in HALVES {
        assert_eq!(number(url, sql).await, 0, "{what}");
    }
    pairs(url, "SELECT business_code, client_id FROM client ORDER BY client_id").await
}
