//! The story of sessions of the widget, and of what they ask.

use std::time::Duration;

use domain::Timestamp;
use domain::credit_account::AccountNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::FamilyId;
use store::credit_account::AccountKey;
use store::verification::Asked;
use store::widget_session::{self, WidgetSessionRow};
use store::{StoreError, Tx, widget_asked};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{keep, now};

const MINUTE: Duration = Duration::from_secs(60);
const SHOP: (PartnerId, ClientIdentifier) = (PartnerId(1), ClientIdentifier(7));
const ACCOUNT: i64 = 12_345_678_901_237;

fn row(session: u8) -> WidgetSessionRow {
    WidgetSessionRow {
        partner: SHOP.0,
        client: SHOP.1,
        session: Uuid::from_bytes([session; 16]),
        reference: Uuid::from_bytes([9; 16]),
        family: FamilyId(Uuid::from_bytes([1; 16])),
        scope: "customer".into(),
        lender: ClientIdentifier(8),
        flow: "purchase".into(),
        lang: "fr".into(),
        sealed: vec![session; 40],
        master_key_version: 1,
        token_hash: vec![session; 32],
        key_hash: None,
        step: "begun".into(),
        format: None,
        destination_hash: None,
        code_hash: None,
        code_expires_at: None,
        tries: 0,
        wrong_total: 0,
        made_total: 0,
        outcome: None,
        account_number: None,
        used_at: None,
        created_at: now(),
        changed_at: now(),
        expires_at: now().after(20 * MINUTE),
    }
}

async fn count(tx: &mut Tx, session: u8, hash: u8, asked: Asked, at: Timestamp) -> Result<(), StoreError> {
    widget_asked::count(tx, &row(session), &[hash; 32], asked, at).await
}

on_both_engines! {
    async fn a_session_is_begun_opened_proved_and_removed(database: TestDatabase) {
        let db = database.open().await;
        let first = row(1);
        keep!(db, [first], |tx| async move { widget_session::insert(tx, &first).await }).unwrap();
        let second = WidgetSessionRow { scope: "merchant".into(), ..row(2) };
        keep!(db, [second], |tx| async move { widget_session::insert(tx, &second).await }).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(widget_session::by_token(&mut reader, SHOP, &[1; 32]).await.unwrap(), Some(row(1)));
        let others = (SHOP.0, ClientIdentifier(8));
        assert_eq!(widget_session::by_token(&mut reader, others, &[1; 32]).await.unwrap(), None);
        assert_eq!(widget_session::by_key(&mut reader, others, row(1).session).await.unwrap(), None);
        for (scope, at, open) in [("customer", now(), 1), ("merchant", now(), 1), ("customer", now().after(20 * MINUTE), 0)] {
            assert_eq!(widget_session::count_open(&mut reader, SHOP, scope, at, 10).await.unwrap(), open);
        }
        for (family, open) in [(1, 1), (2, 0)] {
            let of = ("customer", FamilyId(Uuid::from_bytes([family; 16])));
            assert_eq!(widget_session::count_of_family(&mut reader, SHOP, of, now().before(MINUTE), 10).await.unwrap(), open);
            assert_eq!(widget_session::count_of_family(&mut reader, SHOP, of, now(), 10).await.unwrap(), 0);
        }
        drop(reader);

        let ended = WidgetSessionRow {
            key_hash: Some(vec![3; 32]),
            step: "ended".into(),
            format: Some("sms".into()),
            destination_hash: Some(vec![4; 32]),
            code_hash: Some(vec![5; 32]),
            code_expires_at: Some(6),
            tries: 1,
            wrong_total: 2,
            made_total: 3,
            outcome: Some("purchase".into()),
            account_number: Some(ACCOUNT),
            used_at: Some(7),
            changed_at: now().after(MINUTE),
            expires_at: now().after(60 * MINUTE),
            ..row(1)
        };
        let kept = ended.clone();
        keep!(db, [kept], |tx| async move { widget_session::keep(tx, &kept).await }).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(widget_session::by_key(&mut reader, SHOP, ended.session).await.unwrap(), Some(ended.clone()));
        assert_eq!(widget_session::count_open(&mut reader, SHOP, "customer", now(), 10).await.unwrap(), 0);
        let account = AccountKey { partner: SHOP.0, lender: ended.lender, number: AccountNumber::of_stored(ACCOUNT) };
        let late = ended.expires_at;
        for (client, family, at, found) in [(SHOP.1, 1, now(), 1), (others.1, 1, now(), 0), (SHOP.1, 2, now(), 0), (SHOP.1, 1, late, 0)] {
            let of = (client, FamilyId(Uuid::from_bytes([family; 16])));
            assert_eq!(widget_session::of_family(&mut reader, account, of, at, 10).await.unwrap().len(), found);
        }
        drop(reader);

        // An account is named once.
        let second = row(2).session;
        for number in [ACCOUNT, 1] {
            keep!(db, [second], |tx| async move { widget_session::claim(tx, SHOP, second, number).await }).unwrap();
        }
        let mut reader = db.reader().await.unwrap();
        let claimed = widget_session::by_key(&mut reader, SHOP, second).await.unwrap().unwrap();
        assert_eq!(claimed.account_number, Some(ACCOUNT));

        assert_eq!(widget_session::count_not_sealed_under(&mut reader, 2).await.unwrap(), 2);
        assert_eq!(widget_session::not_sealed_under(&mut reader, 2, 1).await.unwrap().len(), 1);
        drop(reader);
        keep!(db, [claimed], |tx| async move { widget_session::reseal(tx, &claimed, &[8; 41], 2).await }).unwrap();
        let mut reader = db.reader().await.unwrap();
        assert_eq!(widget_session::count_not_sealed_under(&mut reader, 2).await.unwrap(), 1);
        drop(reader);
        for (until, gone) in [(now(), 0), (now().after(20 * MINUTE), 1), (late, 1), (late, 0)] {
            let removed = keep!(db, [until], |tx| async move { widget_session::purge(tx, until, 10).await });
            assert_eq!(removed.unwrap(), gone);
        }
    }

    async fn what_is_asked_of_an_address_is_counted_whoever_asks(database: TestDatabase) {
        let db = database.open().await;
        for (session, hash, made, wrong) in [(1, 1, 1, 0), (1, 1, 0, 1), (2, 1, 1, 2), (2, 2, 1, 0)] {
            let asked = Asked { made, wrong };
            keep!(db, [asked], |tx| async move { count(tx, session, hash, asked, now()).await }).unwrap();
        }
        let mut reader = db.reader().await.unwrap();
        let before = now().before(MINUTE);
        for (partner, hash, since, asked) in [
            (1, 1, before, Asked { made: 2, wrong: 3 }),
            (1, 2, before, Asked { made: 1, wrong: 0 }),
            (2, 1, before, Asked::default()),
            (1, 1, now(), Asked::default()),
        ] {
            assert_eq!(widget_asked::asked(&mut reader, PartnerId(partner), &[hash; 32], since).await.unwrap(), asked);
        }
        for (client, since, made) in [(7, before, 3), (8, before, 0), (7, now(), 0)] {
            let of = (SHOP.0, ClientIdentifier(client));
            assert_eq!(widget_asked::made_for_client(&mut reader, of, since).await.unwrap(), made);
        }
        for (scope, family, since, made) in
            [("customer", 1, before, 3), ("merchant", 1, before, 0), ("customer", 2, before, 0), ("customer", 1, now(), 0)]
        {
            let of = (scope, FamilyId(Uuid::from_bytes([family; 16])));
            assert_eq!(widget_asked::made_for_family(&mut reader, SHOP, of, since).await.unwrap(), made);
        }
        drop(reader);
        for (until, gone) in [(before, 0), (now(), 3)] {
            let removed = keep!(db, [until], |tx| async move { widget_asked::purge(tx, until, 10).await });
            assert_eq!(removed.unwrap(), gone);
        }
    }
}
