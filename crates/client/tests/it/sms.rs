//! Short messages through the client, against the server and against a scripted peer.

use std::time::Duration;

use serde_json::json;
use tallystick_client::{Client, CreateCreditor, Error, SendSms, Sms, SmsQuery, SmsState};
use testkit::app::{TestApp, body};
use testkit::on_both_engines;
use uuid::Uuid;

use crate::peer::{Step, problem};
use crate::support::{TIME_LIMIT, client};

const ID: Uuid = Uuid::nil();

fn message() -> SendSms {
    SendSms { recipient: "+358441234567".into(), text: "Your invoice is due.".into(), ..SendSms::default() }
}

fn queued() -> Step {
    let body = json!({
        "smsId": ID, "creditor": null, "recipient": "+358441234567", "sender": "Tallystick", "text": "Hei", "reference": null,
        "encoding": "GSM_7BIT", "parts": 1, "state": "QUEUED", "stateAt": "2026-01-02T03:04:05Z", "errorCode": null, "reason": null,
        "createdAt": "2026-01-02T03:04:05Z", "validUntil": "2026-01-03T03:04:05Z", "deliveryReports": [], "somethingNew": 1,
    });
    crate::peer::json(200, &body.to_string())
}

on_both_engines! {
    async fn messages_are_sent_shown_and_listed(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let keys = app.partner("QUICK3").await;
        let served = app.serve().await;
        let partner = Client::builder(&served.url).api_key(keys.partner.as_str()).build().unwrap();
        let creditor: CreateCreditor = serde_json::from_value(body(&keys.code, 1)).unwrap();
        let creditor = partner.create_creditor(&creditor).await.unwrap().client_identifier;

        let key = partner.new_idempotency_key();
        let own = partner.send_sms_with(&message(), None, &key).await.unwrap();
        assert_eq!((own.state, own.creditor, own.sender.as_str()), (SmsState::Queued, None, "Tallystick"));
        assert_eq!(partner.sms(own.sms_id, None).await.unwrap(), own);
        assert_eq!(partner.send_sms_with(&message(), None, &key).await.unwrap().sms_id, own.sms_id);
        let theirs = partner.send_sms(&SendSms { creditor: Some(creditor), ..message() }, None).await.unwrap();
        assert_eq!(theirs.creditor, Some(creditor));

        let ids = |messages: &[Sms]| messages.iter().map(|sms| sms.sms_id).collect::<Vec<_>>();
        let mut query = SmsQuery { limit: Some(1), ..SmsQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = partner.list_sms(&query).await.unwrap();
            assert!(page.messages.len() <= 1);
            found.extend(ids(&page.messages));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, [theirs.sms_id, own.sms_id]);
        let of_one = SmsQuery { creditor: Some(creditor), ..SmsQuery::default() };
        assert_eq!(ids(&partner.list_sms(&of_one).await.unwrap().messages), [theirs.sms_id]);
        let wrong = partner.list_sms(&SmsQuery { limit: Some(501), ..SmsQuery::default() }).await;
        assert!(matches!(wrong, Err(Error::Validation(_))), "{wrong:?}");
        assert!(matches!(partner.sms(ID, None).await, Err(Error::NotFound(_))));
    }
}

#[tokio::test]
async fn each_try_has_the_time_that_the_server_is_asked_to_wait() {
    let hang = || (0..4).map(|_| Step::Hang);
    let (peer, _, client) = client(hang().chain(hang()).chain(hang())).await;
    let wait = Some(Duration::from_millis(7_200));
    let limits = [
        (client.sms(ID, wait).await, Duration::from_secs(8)),
        (client.send_sms(&message(), wait).await, Duration::from_secs(8)),
        (client.sms(ID, None).await, Duration::ZERO),
    ];
    for (outcome, further) in limits {
        assert!(matches!(outcome, Err(Error::Timeout { limit }) if limit == TIME_LIMIT + further), "{outcome:?}");
    }
    assert!(peer.is_done());
}

#[tokio::test]
async fn a_wait_is_asked_for_in_whole_seconds_in_every_try() {
    let (peer, _, client) = client([problem(503, "timed_out"), queued(), queued(), queued(), queued()]).await;
    for wait in [Some(Duration::from_millis(300)), Some(Duration::from_secs(90)), Some(Duration::ZERO), None] {
        assert_eq!(client.sms(ID, wait).await.unwrap().state, SmsState::Queued);
    }
    let lines: Vec<_> = peer.requests().into_iter().map(|request| request.line).collect();
    let expected = ["?wait=1", "?wait=1", "?wait=30", "", ""];
    assert_eq!(lines, expected.map(|query| format!("GET /api/v1/partner/sms/{ID}{query}")));
}

#[tokio::test]
async fn sending_and_listing_have_their_queries() {
    let page = crate::peer::json(200, r#"{"messages":[],"nextCursor":null}"#);
    let (peer, _, client) = client([queued(), page]).await;
    client.send_sms(&message(), Some(Duration::from_secs(5))).await.unwrap();
    let query = SmsQuery { creditor: Some(100_001), limit: Some(5), cursor: Some("a".into()) };
    assert_eq!(client.list_sms(&query).await.unwrap().messages, []);
    let requests = peer.requests();
    assert_eq!(requests[0].line, "POST /api/v1/partner/sms?wait=5");
    assert!(requests[0].header("idempotency-key").is_some());
    assert_eq!(requests[1].line, "GET /api/v1/partner/sms?creditor=100001&limit=5&cursor=a");
}
