//! The story of webhook endpoints.

use domain::identifier::PartnerId;
use store::outbox::{self, Kind, OutboxRow};
use store::webhook::{self, EndpointRow, Failing};
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
        failures: 0,
        next_try_at: None,
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
        let enabled = async || webhook::enabled(&mut db.reader().await.unwrap()).await.unwrap();
        let told = |partner, number, events: &str| (PartnerId(partner), Uuid::from_u128(number), events.to_owned());
        assert_eq!(enabled().await, [told(1, 1, ""), told(1, 2, "sms.final"), told(2, 3, "")]);
        let mut reader = db.reader().await.unwrap();
        assert_eq!(webhook::by_id(&mut reader, Uuid::from_u128(2)).await.unwrap(), Some(endpoint(1, 2, "sms.final")));
        assert_eq!(webhook::by_id(&mut reader, Uuid::from_u128(9)).await.unwrap(), None);
        assert_eq!(webhook::list(&mut reader, Some(PartnerId(2))).await.unwrap(), [endpoint(2, 3, "")]);
        assert_eq!(webhook::list(&mut reader, None).await.unwrap().len(), 3);
        assert_eq!(webhook::count(&mut reader, PartnerId(1)).await.unwrap(), 2);
        drop(reader);

        let row = endpoint(1, 1, "");
        let later = now().after(std::time::Duration::from_secs(60));
        let found = async || webhook::by_key(&mut db.reader().await.unwrap(), PartnerId(1), Uuid::from_u128(1)).await.unwrap();
        let paused = async || webhook::paused(&mut db.reader().await.unwrap()).await.unwrap();
        let fails = async |before: &EndpointRow, failures| {
            let (before, after) = (before.clone(), Failing { since: now(), failures, next_try_at: later });
            keep!(db, [before, after], |tx| webhook::fails(tx, &before, &after)).unwrap()
        };
        assert!(fails(&row, 1).await && !fails(&row, 1).await, "of two tries that began together one counts");
        let failing = found().await.unwrap();
        assert_eq!((failing.failing_since, failing.failures, failing.next_try_at), (Some(now().micros()), 1, Some(later.micros())));
        assert_eq!(paused().await, [(row.endpoint, later)]);
        let works = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::works(tx, &row)).unwrap() };
        assert!(works().await && !works().await);
        assert_eq!((found().await, paused().await), (Some(row.clone()), vec![]));
        let disable_failing = async |row: &EndpointRow| {
            let row = row.clone();
            keep!(db, [row], |tx| webhook::disable_failing(tx, &row, later, "down")).unwrap()
        };
        assert!(!disable_failing(&failing).await, "it has worked meanwhile");
        assert!(fails(&row, 1).await && disable_failing(&failing).await && !disable_failing(&failing).await);
        assert!(!fails(&failing, 2).await, "it is disabled");
        assert_eq!(paused().await, []);
        let enable = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::enable(tx, &row)).unwrap() };
        assert!(enable().await && !enable().await);
        assert_eq!(found().await, Some(row.clone()));
        let disable = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::disable(tx, &row, later, "gone")).unwrap() };
        assert!(disable().await && !disable().await);
        let disabled = found().await.unwrap();
        assert_eq!((disabled.disabled_at, disabled.disabled_reason.as_str()), (Some(later.micros()), "gone"));
        assert!(!format!("{disabled:?}").contains("hunter22"));
        assert_eq!(enabled().await.len(), 2);
        assert_eq!(keep!(db, |tx| webhook::disable_all(tx, PartnerId(1), later, "revoked")).unwrap(), 1, "the other one");
        assert_eq!(enabled().await, [told(2, 3, "")]);
        assert!(enable().await);
        let delete = async || { let row = row.clone(); keep!(db, [row], |tx| webhook::delete(tx, &row)).unwrap() };
        assert!(delete().await && !delete().await);
        assert!(!fails(&row, 1).await && found().await.is_none());
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

    async fn a_lane_is_counted_given_up_and_removed_in_batches(database: TestDatabase) {
        let db = database.open().await;
        for number in 1..=5_u128 {
            let lane = i64::from(number == 5) + 1;
            let partner = PartnerId(lane);
            let row = OutboxRow::new(partner, Uuid::from_u128(number), Kind::Webhook, "c", lane, now(), now());
            keep!(db, [row], |tx| outbox::insert(tx, &row)).unwrap();
        }
        let earlier = now().before(std::time::Duration::from_secs(1));
        let mut reader = db.reader().await.unwrap();
        let due = |partner| Some(PartnerId(partner));
        assert_eq!(outbox::lanes(&mut reader, "c", i64::MIN, now(), 10).await.unwrap(), [(1, due(1)), (2, due(2))]);
        assert_eq!(outbox::lanes(&mut reader, "c", 1, earlier, 10).await.unwrap(), [(2, None)]);
        for (most, counted) in [(3, 3), (10, 4)] {
            assert_eq!(outbox::waiting_of_lane(&mut reader, "c", 1, most).await.unwrap(), counted);
        }
        drop(reader);
        // What somebody has taken is that one's to end.
        let taken = keep!(db, |tx| outbox::take(tx, "c", 1, now(), Uuid::from_u128(9), now(), 1)).unwrap();
        assert_eq!(taken.len(), 1);
        let give_up = async || keep!(db, |tx| outbox::give_up_lane(tx, "c", 1, now(), "gone", 2)).unwrap();
        assert_eq!((give_up().await, give_up().await, give_up().await), (2, 1, 0));
        let mut reader = db.reader().await.unwrap();
        let dead = outbox::dead_of_lane(&mut reader, "c", 1, Uuid::nil(), 10).await.unwrap();
        assert!(dead.len() == 3 && dead.iter().all(|row| row.fault == "gone" && row.lane == 1));
        assert_eq!(outbox::dead_of_lane(&mut reader, "c", 1, dead[1].message, 10).await.unwrap().len(), 1);
        assert_eq!(outbox::dead_of_lane(&mut reader, "c", 2, Uuid::nil(), 10).await.unwrap(), []);
        let counts = outbox::counts(&mut reader).await.unwrap();
        assert_eq!(counts, [outbox::Waiting { channel: "c".to_owned(), waiting: 2, dead: 3 }]);
        drop(reader);
        let forget = async || keep!(db, |tx| outbox::forget_lane(tx, "c", 2, 2)).unwrap();
        assert_eq!((forget().await, forget().await), (1, 0));
    }

    async fn a_former_secret_is_removed_when_it_has_ended(database: TestDatabase) {
        let db = database.open().await;
        let before = endpoint(1, 1, "");
        let after = EndpointRow { former_sealed: Some(vec![3; 40]), former_until: Some(now().micros()), ..before.clone() };
        let rows = (before.clone(), after);
        keep!(db, [rows], |tx| webhook::insert(tx, &rows.0)).unwrap();
        let rows = (before.clone(), EndpointRow { former_sealed: Some(vec![3; 40]), former_until: Some(now().micros()), ..before.clone() });
        assert!(keep!(db, [rows], |tx| webhook::replace_secrets(tx, &rows.0, &rows.1)).unwrap());
        assert_eq!(keep!(db, |tx| webhook::forget_former(tx, now())).unwrap(), 0);
        let later = now().after(std::time::Duration::from_secs(1));
        assert_eq!(keep!(db, |tx| webhook::forget_former(tx, later)).unwrap(), 1);
        let found = webhook::by_id(&mut db.reader().await.unwrap(), before.endpoint).await.unwrap();
        assert_eq!(found, Some(before));
    }
}
