//! The story of webhook endpoints.

use domain::identifier::PartnerId;
use store::outbox::{self, Kind, OutboxRow};
use store::webhook::{self, EndpointRow};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::{keep, now};

fn endpoint(partner: i64, number: u128, events: &str) -> EndpointRow {
    EndpointRow {
        partner: PartnerId(partner),
        endpoint: Uuid::from_u128(number),
        url: "https://example.com/hook?token=hunter22".into(),
        events: events.into(),
        sealed: vec![1; 40],
        former_sealed: None,
        former_until: None,
        master_key_version: 1,
        created_at: now(),
        failing_since: None,
        disabled_at: None,
        disabled_reason: String::new(),
    }
}

on_both_engines! {
    async fn endpoints_are_kept_found_disabled_and_removed(database: TestDatabase) {
        let db = database.open().await;
        for row in [endpoint(1, 1, ""), endpoint(1, 2, "sms.final"), endpoint(2, 3, "")] {
            keep!(db, [row], |tx| webhook::insert(tx, &row)).unwrap();
        }
        let enabled = async || keep!(db, |tx| webhook::enabled(tx, PartnerId(1))).unwrap();
        assert_eq!(enabled().await, [(Uuid::from_u128(1), String::new()), (Uuid::from_u128(2), "sms.final".to_owned())]);
        let mut reader = db.reader().await.unwrap();
        assert_eq!(webhook::by_id(&mut reader, Uuid::from_u128(2)).await.unwrap(), Some(endpoint(1, 2, "sms.final")));
        assert_eq!(webhook::by_id(&mut reader, Uuid::from_u128(9)).await.unwrap(), None);
        assert_eq!(webhook::list(&mut reader, Some(PartnerId(2))).await.unwrap(), [endpoint(2, 3, "")]);
        assert_eq!(webhook::list(&mut reader, None).await.unwrap().len(), 3);
        assert_eq!(webhook::count(&mut reader, PartnerId(1)).await.unwrap(), 2);
        drop(reader);

        let row = endpoint(1, 1, "");
        let later = now().after(std::time::Duration::from_secs(60));
        let fails = async |at| { let row = row.clone(); keep!(db, [row], |tx| webhook::fails(tx, &row, at)).unwrap() };
        assert!(fails(now()).await && !fails(later).await, "the first failure counts");
        let works = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::works(tx, &row)).unwrap() };
        assert!(works().await && !works().await);
        assert!(fails(later).await);
        let disable = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::disable(tx, &row, later, "gone")).unwrap() };
        assert!(disable().await && !disable().await);
        let found = webhook::by_id(&mut db.reader().await.unwrap(), row.endpoint).await.unwrap().unwrap();
        let at = Some(later.micros());
        assert_eq!((found.failing_since, found.disabled_at, found.disabled_reason.as_str()), (at, at, "gone"));
        assert!(!format!("{found:?}").contains("hunter22"));
        assert_eq!(enabled().await.len(), 1);
        let enable = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::enable(tx, &row)).unwrap() };
        assert!(enable().await && !enable().await);
        assert_eq!(webhook::by_id(&mut db.reader().await.unwrap(), row.endpoint).await.unwrap(), Some(row.clone()));
        let delete = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::delete(tx, &row)).unwrap() };
        assert!(delete().await && !delete().await);
        let gone = row.clone();
        assert!(!keep!(db, [gone], |tx| webhook::fails(tx, &gone, now())).unwrap());
    }

    async fn secrets_are_replaced_by_whoever_knows_them(database: TestDatabase) {
        let db = database.open().await;
        let before = endpoint(1, 1, "");
        let row = before.clone();
        keep!(db, [row], |tx| webhook::insert(tx, &row)).unwrap();
        let after = EndpointRow {
            sealed: vec![2; 40],
            former_sealed: Some(before.sealed.clone()),
            former_until: Some(now().micros()),
            master_key_version: 2,
            ..before.clone()
        };
        assert_eq!(webhook::count_not_sealed_under(&mut db.reader().await.unwrap(), 2).await.unwrap(), 1);
        let replace = async || {
            let (before, after) = (before.clone(), after.clone());
            keep!(db, [before, after], |tx| webhook::replace_secrets(tx, &before, &after)).unwrap()
        };
        assert!(replace().await && !replace().await, "another was faster");
        let mut reader = db.reader().await.unwrap();
        assert_eq!(webhook::by_id(&mut reader, before.endpoint).await.unwrap(), Some(after.clone()));
        assert_eq!(webhook::not_sealed_under(&mut reader, 1, 10).await.unwrap(), [after]);
        assert_eq!(webhook::not_sealed_under(&mut reader, 2, 10).await.unwrap(), []);
    }

    async fn a_webhook_is_removed_when_its_time_is_over(database: TestDatabase) {
        let db = database.open().await;
        for (number, kind) in [(1, Kind::Webhook), (2, Kind::Sms), (3, Kind::Webhook)] {
            let ends = if number == 3 { now().after(std::time::Duration::from_secs(60)) } else { now() };
            let row = OutboxRow::new(PartnerId(1), Uuid::from_u128(number), kind, "c", 1, now(), ends);
            keep!(db, [row], |tx| outbox::insert(tx, &row)).unwrap();
        }
        let later = now().after(std::time::Duration::from_secs(1));
        assert_eq!(keep!(db, |tx| outbox::purge_webhooks(tx, later, 10)).unwrap(), 1);
        let mut reader = db.reader().await.unwrap();
        for (number, there) in [(1, false), (2, true), (3, true)] {
            let found = outbox::by_id(&mut reader, PartnerId(1), Uuid::from_u128(number)).await.unwrap();
            assert_eq!(found.is_some(), there, "{number}");
        }
    }
}
