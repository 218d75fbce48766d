//! The story of one-time codes.

use std::time::Duration;

use domain::identifier::ClientIdentifier;
use store::credit_account::{self, AccountKey};
use store::verification::{self, Asked, VerificationRow};
use testkit::on_both_engines;

use crate::credit_account::{row as account, two_merchants};
use crate::{keep, now};

fn row(key: AccountKey, client: i64, request: &str) -> VerificationRow {
    VerificationRow {
        partner: key.partner,
        lender: key.lender,
        number: key.number.get(),
        client: ClientIdentifier(client),
        request: request.into(),
        format: "sms".into(),
        code_hash: vec![1; 32],
        tries: 0,
        wrong_total: 2,
        made_total: 1,
        made_at: now(),
        expires_at: now().after(Duration::from_secs(600)),
        used_at: None,
        changed_at: now(),
    }
}

on_both_engines! {
    async fn a_code_is_kept_found_replaced_counted_and_removed(database: TestDatabase) {
        let db = database.open().await;
        keep!(db, |tx| two_merchants(tx)).unwrap();
        let account = account(7, 12_345_678_901_237, 1);
        let key = account.key();
        keep!(db, [account], |tx| async move { credit_account::insert(tx, &account).await }).unwrap();
        for row in [row(key, 7, "1"), row(key, 8, "1"), row(key, 8, "2")] {
            keep!(db, [row], |tx| async move { verification::keep(tx, &row).await }).unwrap();
        }
        let later = now().after(Duration::from_secs(60));
        let again = VerificationRow {
            format: "email".into(),
            code_hash: vec![2; 32],
            tries: 1,
            wrong_total: 3,
            made_total: 2,
            made_at: later,
            expires_at: later.after(Duration::from_secs(600)),
            used_at: Some(later.micros()),
            changed_at: later,
            ..row(key, 8, "1")
        };
        let kept = again.clone();
        keep!(db, [kept], |tx| async move { verification::keep(tx, &kept).await }).unwrap();
        let found = async |client, request: &str| {
            let mut reader = db.reader().await.unwrap();
            verification::by_request(&mut reader, key, ClientIdentifier(client), request).await.unwrap()
        };
        assert_eq!(found(8, "1").await, Some(again));
        assert_eq!(found(7, "1").await, Some(row(key, 7, "1")));
        assert_eq!(found(7, "2").await, None);
        let asked = async |since| verification::asked(&mut db.reader().await.unwrap(), key, since).await.unwrap();
        assert_eq!(asked(now()).await, Asked { made: 2, wrong: 3 });
        assert_eq!(asked(now().before(Duration::from_secs(1))).await, Asked { made: 4, wrong: 7 });
        assert_eq!(asked(later).await, Asked::default());
        assert_eq!(keep!(db, |tx| verification::purge(tx, now(), 1)).unwrap(), 1);
        assert_eq!(keep!(db, |tx| verification::purge(tx, now(), 10)).unwrap(), 1);
        assert_eq!(found(7, "1").await, None);
        assert!(found(8, "1").await.is_some());
    }
}
