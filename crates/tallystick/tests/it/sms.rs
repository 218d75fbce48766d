//! Short messages through the router: taken, sent by the console, shown to their partner alone.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use service::outbox::Worker;
use tallystick::providers;
use testkit::app::{CREDITORS, PartnerKeys, TestApp, body};
use testkit::on_both_engines;

const SMS: &str = "/api/v1/partner/sms";

fn message(recipient: &str) -> Value {
    json!({"recipient": recipient, "text": "Your invoice is due.", "reference": "case 77"})
}

async fn send(app: &TestApp, partner: &PartnerKeys, query: &str, body: &Value) -> Value {
    let answer = app.request(Method::POST, &format!("{SMS}{query}")).key(&partner.partner).json(body).send().await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

/// The worker of a server with nothing set up: the console of the sandbox.
fn worker(app: &TestApp) -> Worker {
    app.test.core.start_worker(providers::all(&app.test.core, &TestApp::settings()).unwrap().worker)
}

on_both_engines! {
    async fn a_message_is_taken_and_its_end_is_waited_for(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let taken = send(&app, &partner, "", &message("+358 44 123 4567")).await;
        for (member, value) in [
            ("state", json!("QUEUED")),
            ("recipient", json!("+358441234567")),
            ("encoding", json!("GSM_7BIT")),
            ("parts", json!(1)),
            ("sender", json!("Tallystick")),
            ("reference", json!("case 77")),
            ("creditor", json!(null)),
        ] {
            assert_eq!(taken[member], value, "{taken}");
        }
        let worker = worker(&app);
        for (end, state) in [("4567", "DELIVERED"), ("0001", "UNDELIVERABLE"), ("0002", "EXPIRED"), ("0006", "REJECTED")] {
            let sms = send(&app, &partner, "?wait=20", &message(&format!("+35844123{end}"))).await;
            assert_eq!(sms["state"], state, "{sms}");
            let reports = sms["deliveryReports"].as_array().unwrap();
            assert_eq!((&reports[0]["state"], &reports.last().unwrap()["state"]), (&json!("QUEUED"), &json!(state)));
        }
        let path = format!("{SMS}/{}?wait=20", taken["smsId"].as_str().unwrap());
        assert_eq!(app.get(&path, &partner.partner).await.json()["state"], "DELIVERED");
        worker.stop().await;
    }

    async fn a_wait_ends_before_the_deadline_of_the_request(database: TestDatabase) {
        let mut settings = TestApp::settings();
        settings.limits.request_timeout = "2500ms".parse().unwrap();
        let app = TestApp::with(&database, settings).await;
        let partner = app.partner("QUICK3").await;
        // Nothing sends it, so there is nothing to wait for.
        let sms = send(&app, &partner, "?wait=30", &message("+358441234567")).await;
        assert_eq!((&sms["state"], &sms["warnings"]), (&json!("QUEUED"), &json!([])));
        let shown = app.get(&format!("{SMS}/{}?wait=30", sms["smsId"].as_str().unwrap()), &partner.partner).await;
        assert_eq!((shown.status, &shown.json()["state"]), (StatusCode::OK, &json!("QUEUED")));
    }

    async fn what_can_not_be_sent_is_told_by_member(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let refused = async |body: &Value| {
            app.request(Method::POST, SMS).key(&partner.partner).json(body).send().await.faults()
        };
        let long = format!("{}🦀", "a".repeat(1_999));
        for (body, field, code) in [
            (json!({"text": "Hei"}), "recipient", "required"),
            (json!({"recipient": "0441234567", "text": "Hei"}), "recipient", "telephone_format"),
            (json!({"recipient": "+35891234567", "text": "Hei"}), "recipient", "telephone_no_sms"),
            (json!({"recipient": "+358441234567"}), "text", "required"),
            (json!({"recipient": "+358441234567", "text": " \n "}), "text", "required"),
            (json!({"recipient": "+358441234567", "text": long}), "text", "too_long"),
            (json!({"recipient": "+358441234567", "text": 7}), "text", "wrong_type"),
            (json!({"recipient": "+358441234567", "text": "Hei", "sender": "a name too long"}), "sender", "sender_name"),
            (json!({"recipient": "+358441234567", "text": "Hei", "validity": 5}), "validity", "out_of_range"),
            (json!({"recipient": "+358441234567", "text": "Hei", "validity": "5"}), "validity", "wrong_type"),
            (json!({"recipient": "+358441234567", "text": "Hei", "creditor": 7}), "creditor", "unknown_creditor"),
        ] {
            assert_eq!(refused(&body).await, [(field.to_owned(), code.to_owned())], "{body}");
        }
        let path = format!("{SMS}?wait=31");
        let body = json!({"recipient": "+358441234567", "text": 7});
        let answer = app.request(Method::POST, &path).key(&partner.partner).json(&body).send().await;
        assert_eq!(answer.faults(), [("wait", "out_of_range"), ("text", "wrong_type")].map(|(field, code)| (field.to_owned(), code.to_owned())));
    }

    async fn messages_are_listed_by_the_page_for_their_partner_alone(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let (partner, other) = (app.partner("QUICK3").await, app.partner("OTHER").await);
        let mut sent = Vec::new();
        for _ in 0..5 {
            sent.push(send(&app, &partner, "", &message("+358441234567")).await["smsId"].clone());
        }
        let whole = app.get(&format!("{SMS}?limit=5"), &partner.partner).await.json();
        assert_eq!((whole["messages"].as_array().unwrap().len(), &whole["nextCursor"]), (5, &Value::Null), "the page is full, and the last");
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = app.get(&format!("{SMS}?limit=2{cursor}"), &partner.partner).await.json();
            listed.extend(page["messages"].as_array().unwrap().iter().map(|sms| sms["smsId"].clone()));
            // What comes meanwhile does not move the pages.
            send(&app, &partner, "", &message("+358441234567")).await;
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        listed.reverse();
        assert_eq!(listed, sent);
        assert_eq!(app.get(SMS, &other.partner).await.json()["messages"], json!([]));
        let none = app.get(&format!("{SMS}/{}", "019aa3b2-6c0e-7cc0-8d5e-3f1f3f1b7a10"), &other.partner).await;
        let foreign = app.get(&format!("{SMS}/{}", sent[0].as_str().unwrap()), &other.partner).await;
        assert_eq!((none.status, foreign.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        let nameless = |answer: &testkit::app::TestAnswer| {
            let mut body = answer.json();
            body["requestId"] = json!("");
            body
        };
        assert_eq!(nameless(&none), nameless(&foreign));
        for odd in ["17", "%FF", "019aa3b26c0e7cc08d5e3f1f3f1b7a10"] {
            assert_eq!(nameless(&app.get(&format!("{SMS}/{odd}"), &other.partner).await), nameless(&none), "{odd}");
        }
        assert_eq!(app.get(&format!("{SMS}?cursor=x"), &partner.partner).await.faults()[0].0, "cursor");
    }

    async fn a_repeat_gets_the_first_answer_and_sends_nothing(database: TestDatabase) {
        let app = Arc::new(TestApp::open(&database).await);
        let partner = app.partner("QUICK3").await;
        let repeat = async || {
            let request = app.request(Method::POST, SMS).key(&partner.partner).header("Idempotency-Key", "one");
            request.json(&message("+358441234567")).send().await
        };
        let first = repeat().await;
        let worker = worker(&app);
        let id = first.json()["smsId"].as_str().unwrap().to_owned();
        assert_eq!(app.get(&format!("{SMS}/{id}?wait=20"), &partner.partner).await.json()["state"], "DELIVERED");
        let again = repeat().await;
        assert_eq!((again.text(), again.header("idempotent-replayed")), (first.text(), "true"));
        let request = app.request(Method::POST, SMS).key(&partner.partner).header("Idempotency-Key", "one");
        let other = request.json(&json!({"recipient": "+358441234567", "text": 7})).send().await;
        assert_eq!((other.status.as_u16(), other.problem().as_str()), (422, "idempotency_key_reused"), "whatever is wrong with it");
        assert_eq!(app.get(SMS, &partner.partner).await.json()["messages"].as_array().unwrap().len(), 1);
        worker.stop().await;
    }

    async fn a_creditors_own_sender_stands_where_the_message_names_none(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut whole = body("QUICK3", 1);
        whole["settings"] = json!({"smsSender": "Pihapuu"});
        let created = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&whole).send().await.json();
        let mut sms = message("+358441234567");
        sms["creditor"] = created["clientIdentifier"].clone();
        assert_eq!(send(&app, &partner, "", &sms).await["sender"], "Pihapuu");
        sms["sender"] = json!("Other");
        assert_eq!(send(&app, &partner, "", &sms).await["sender"], "Other");
    }
}
