//! External agreements over HTTP.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::app::{CREDITORS, PartnerKeys, TestAnswer, TestApp, body, creditor_path};
use testkit::on_both_engines;

async fn put(app: &TestApp, partner: &PartnerKeys, creditor: i64, tag: &str, list: &Value) -> TestAnswer {
    let request = app.request(Method::PUT, &creditor_path(creditor, "/agreements")).key(&partner.partner);
    request.header("If-Match", tag).json(list).send().await
}

async fn get(app: &TestApp, partner: &PartnerKeys, creditor: i64) -> TestAnswer {
    app.get(&creditor_path(creditor, "/agreements"), &partner.partner).await
}

fn entry(system: &str, identifier: &str, from: &str, to: Option<&str>) -> Value {
    json!({"system": system, "identifier": identifier, "validFrom": from, "validTo": to})
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect()
}

on_both_engines! {
    async fn the_list_is_replaced_as_a_whole(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let none = get(&app, &partner, creditor).await;
        assert_eq!((none.status, none.header("etag"), none.json()), (StatusCode::OK, "\"v1\"", json!([])));
        let (a, b, c) = (
            entry("ERP", "A-1", "2026-01-01", Some("2026-06-30")),
            entry("ERP", "A-2", "2026-07-01", None),
            entry("CRM", "A-1", "2026-01-01", None),
        );
        let first = put(&app, &partner, creditor, "\"v1\"", &json!([b, a, c])).await;
        assert_eq!((first.status, first.header("etag")), (StatusCode::OK, "\"v2\""), "{}", first.text());
        assert_eq!(first.json(), json!({"agreements": [c, a, b], "warnings": []}));
        assert_eq!(get(&app, &partner, creditor).await.json(), json!([c, a, b]));

        let same = put(&app, &partner, creditor, "\"v2\"", &json!([a, b, c])).await;
        assert_eq!((same.status, same.header("etag")), (StatusCode::OK, "\"v2\""), "nothing was changed");
        let longer = entry("ERP", "A-1", "2025-01-01", Some("2026-06-30"));
        let second = put(&app, &partner, creditor, "\"v2\"", &json!([longer])).await;
        assert_eq!((second.header("etag"), &second.json()["agreements"]), ("\"v3\"", &json!([longer])));
        let history = app.get(&creditor_path(creditor, "/history?limit=1"), &partner.partner).await.json();
        let wider = json!([longer, entry("CRM", "A-2", "2026-01-01", None)]);
        put(&app, &partner, creditor, "\"v3\"", &wider).await;
        let history_of_wider = app.get(&creditor_path(creditor, "/history?limit=1"), &partner.partner).await.json();
        let changed = |history: &Value| history["changes"][0]["fields"][0].clone();
        assert_eq!(changed(&history), json!({"field": "agreements", "from": [c, a, b], "to": [longer]}));
        let came = json!({"field": "agreements", "from": [], "to": [wider[1]]});
        assert_eq!(changed(&history_of_wider), came, "what stayed is not told");
        let gone = put(&app, &partner, creditor, "*", &json!([])).await;
        assert_eq!((gone.status, get(&app, &partner, creditor).await.json()), (StatusCode::OK, json!([])));
        let known = app.request(Method::GET, &creditor_path(creditor, "/agreements")).key(&partner.partner);
        assert_eq!(known.header("If-None-Match", "\"v5\"").send().await.status, StatusCode::NOT_MODIFIED);
        let shown = app.get(&creditor_path(creditor, ""), &partner.partner).await;
        assert_eq!(shown.header("etag"), "\"v1\"", "the creditor itself is as it was");
    }

    async fn a_stale_or_missing_condition_is_refused(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let stale = put(&app, &partner, creditor, "\"v2\"", &json!([])).await;
        assert_eq!((stale.status.as_u16(), stale.problem().as_str()), (412, "precondition_failed"));
        let missing = app.request(Method::PUT, &creditor_path(creditor, "/agreements")).key(&partner.partner);
        let missing = missing.json(&json!([])).send().await;
        assert_eq!((missing.status.as_u16(), missing.problem().as_str()), (428, "precondition_required"));
    }

    async fn every_fault_of_a_list_is_named(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let list = json!([
            entry("ERP", "A-1", "2026-01-01", Some("2026-06-30")),
            entry("ERP", "A-2", "2026-06-30", None),
            entry("ERP", "A-1", "2027-01-01", None),
            entry("CRM", "A-1", "2026-02-30", Some("2026-01-01")),
            entry("CRM", "A-2", "2026-02-01", Some("2026-01-01")),
            {"system": 7, "identifier": null},
            [],
        ]);
        let faults = put(&app, &partner, creditor, "*", &list).await.faults();
        assert_eq!(faults, pairs(&[
            ("5.system", "wrong_type"),
            ("6", "wrong_type"),
            ("1.validFrom", "period_overlap"),
            ("2.identifier", "duplicate_agreement"),
            ("3.validFrom", "date_format"),
            ("4.validTo", "period_reversed"),
            ("5.identifier", "required"),
            ("5.validFrom", "required"),
        ]));
        let many: Vec<_> = (0..101).map(|n| entry(&format!("S{n}"), "1", "2026-01-01", None)).collect();
        assert_eq!(put(&app, &partner, creditor, "*", &json!(many)).await.faults(), pairs(&[("100", "too_many")]));
        assert_eq!(put(&app, &partner, creditor, "*", &json!(many[..100])).await.status, StatusCode::OK);
        let unknown = put(&app, &partner, creditor, "*", &json!([{"system": "E", "identifier": "1", "validFrom": "2026-01-01", "foo": 1}])).await;
        assert_eq!(unknown.warnings(), pairs(&[("0.foo", "unknown_field")]));
        let object = put(&app, &partner, creditor, "*", &json!({"agreements": []})).await;
        assert_eq!((object.status.as_u16(), object.problem().as_str()), (400, "not_a_list"));
    }

    async fn what_another_creditor_has_is_named(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let (partner, other) = (app.partner("QUICK3").await, app.partner("SLOW4").await);
        let (one, two, foreign) = (app.creditor(&partner, 1).await, app.creditor(&partner, 2).await, app.creditor(&other, 3).await);
        let list = json!([entry("ERP", "A-1", "2020-01-01", Some("2020-12-31"))]);
        assert_eq!(put(&app, &partner, one, "*", &list).await.status, StatusCode::OK);
        assert_eq!(put(&app, &other, foreign, "*", &list).await.status, StatusCode::OK, "each partner has names of its own");
        // Whenever it holds: also when the periods have no day in common.
        let wanted = json!([entry("CRM", "B", "2026-01-01", None), entry("ERP", "A-1", "2026-01-01", None)]);
        let refused = put(&app, &partner, two, "*", &wanted).await;
        assert_eq!((refused.status, refused.problem().as_str()), (StatusCode::CONFLICT, "agreement_taken"));
        assert_eq!(refused.json()["agreement"], json!({"system": "ERP", "identifier": "A-1"}));
        assert_eq!(refused.json()["clientIdentifier"], one);
        assert_eq!(get(&app, &partner, two).await.json(), json!([]), "nothing of the list was kept");

        let mut new = body("QUICK3", 4);
        new["agreements"] = json!([entry("ERP", "A-1", "2026-01-01", None)]);
        let created = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&new).send().await;
        assert_eq!((created.status, created.problem().as_str()), (StatusCode::CONFLICT, "agreement_taken"));
        assert_eq!(created.json()["clientIdentifier"], one);
        assert_eq!(app.test.core.list_clients(Some("QUICK3"), None, 10).await.unwrap().len(), 2, "no creditor was created");
        let records = app.test.core.audit_records(Some("QUICK3"), None, 2).await.unwrap();
        let told: Vec<_> = records.iter().map(|record| (record.action.as_str(), record.outcome.as_str(), record.detail.as_str())).collect();
        assert_eq!(told, [("client.create", "refused", "agreement_taken"), ("creditor.agreements", "refused", "agreement_taken")]);

        put(&app, &partner, one, "*", &json!([])).await;
        assert_eq!(put(&app, &partner, two, "*", &wanted).await.status, StatusCode::OK, "it is free again");
    }

    async fn of_two_who_take_one_identifier_one_gets_it(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut creditors = Vec::new();
        for number in 1..=6 {
            creditors.push(app.creditor(&partner, number).await);
        }
        let list = json!([entry("ERP", "A-1", "2026-01-01", None)]);
        let tries = creditors.iter().map(|creditor| put(&app, &partner, *creditor, "\"v1\"", &list));
        let answers = futures_util::future::join_all(tries).await;
        let of_status = |status: StatusCode| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((of_status(StatusCode::OK), of_status(StatusCode::CONFLICT)), (1, 5));

        let tries = (0..6).map(|number| {
            let list = json!([entry("CRM", &format!("B-{number}"), "2026-01-01", None)]);
            let (app, partner, creditor) = (&app, &partner, creditors[0]);
            async move {
                let tag = get(app, partner, creditor).await.header("etag").to_owned();
                put(app, partner, creditor, &tag, &list).await.status
            }
        });
        let answers = futures_util::future::join_all(tries).await;
        assert!(answers.iter().all(|status| [StatusCode::OK, StatusCode::PRECONDITION_FAILED].contains(status)), "{answers:?}");
        assert!(answers.contains(&StatusCode::OK));
        assert_eq!(get(&app, &partner, creditors[0]).await.json().as_array().unwrap().len(), 1);
    }
}
