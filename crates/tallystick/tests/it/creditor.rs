//! Creditors over HTTP: created, shown, changed, with their history.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::app::{CLIENT, CREDITORS, PartnerKeys, TestAnswer, TestApp, body, creditor_path};
use testkit::on_both_engines;

async fn patch(app: &TestApp, key: &str, creditor: i64, tag: Option<&str>, patch: &Value) -> TestAnswer {
    let request = app.request(Method::PATCH, &creditor_path(creditor, "")).key(key);
    let request = match tag {
        Some(tag) => request.header("If-Match", tag),
        None => request,
    };
    let request = request.header("Content-Type", "application/merge-patch+json");
    request.bytes(patch.to_string()).send().await
}

async fn show(app: &TestApp, partner: &PartnerKeys, creditor: i64) -> TestAnswer {
    app.get(&creditor_path(creditor, ""), &partner.partner).await
}

async fn history(app: &TestApp, partner: &PartnerKeys, creditor: i64) -> Value {
    app.get(&creditor_path(creditor, "/history"), &partner.partner).await.json()["changes"].clone()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect()
}

on_both_engines! {
    async fn a_creditor_is_created_with_settings_and_agreements(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut whole = body("QUICK3", 1);
        whole["settings"] = json!({"expiryNotices": false, "smsSender": "Tally"});
        whole["agreements"] = json!([{"system": "ERP", "identifier": "A-1", "validFrom": "2026-01-01", "foo": 1}]);
        let created = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&whole).send().await;
        assert_eq!((created.status, created.header("cache-control")), (StatusCode::OK, "no-store"), "{}", created.text());
        assert_eq!(created.warnings(), pairs(&[("agreements.0.foo", "unknown_field")]));
        let created = created.json();
        assert_eq!(created["message"], "New client created");
        let creditor = created["clientIdentifier"].as_i64().unwrap();
        let shown = show(&app, &partner, creditor).await;
        assert_eq!((shown.status, shown.header("etag"), shown.header("cache-control")), (StatusCode::OK, "\"v1\"", "private, no-cache"));
        let shown = shown.json();
        for member in ["clientIdentifier", "confirmaFinanceCustomerCode", "paymentReferencePrefix"] {
            assert_eq!(shown[member], created[member]);
        }
        assert_eq!(shown["status"], "ACTIVE");
        assert_eq!(shown["settings"], json!({"expiryNotices": false, "smsSender": "Tally"}));
        assert_eq!(shown["service"], json!({"type": "LIFECYCLE", "partnerCode": "QUICK3"}));
        assert_eq!(shown["client"]["name"], "Test Customer Oy");
        assert_eq!(shown["client"]["telephone"], Value::Null);
        assert_eq!(shown["contacts"]["primary"]["mobile"], "+358441234567");
        assert_eq!(shown["contacts"]["technical"], Value::Null);
        assert_eq!((&shown["createdAt"], &shown["updatedAt"]), (&json!("2026-01-02T03:04:05.000Z"), &Value::Null));
        let agreements = app.get(&creditor_path(creditor, "/agreements"), &partner.partner).await.json();
        assert_eq!(agreements, json!([{"system": "ERP", "identifier": "A-1", "validFrom": "2026-01-01", "validTo": null}]));
        let key = created["apiAccessToken"].as_str().unwrap();
        assert_eq!(app.get("/api/v1/partner/validate", key).await.json()["kind"], "client");
    }

    async fn both_ways_to_create_are_one(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        app.client(&partner, 1).await;
        let again = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&body("QUICK3", 1)).send().await;
        assert_eq!((again.status, again.problem().as_str()), (StatusCode::CONFLICT, "client_exists"));
        let creditor = again.json()["clientIdentifier"].as_i64().unwrap();
        let shown = show(&app, &partner, creditor).await.json();
        assert_eq!(shown["settings"], json!({"expiryNotices": true, "smsSender": null}), "the defaults");
        let foreign = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&body("SLOW4", 2)).send().await;
        assert_eq!((foreign.status, foreign.problem().as_str()), (StatusCode::FORBIDDEN, "partner_mismatch"));
    }

    async fn a_create_can_be_repeated(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let send = async |body: &Value| {
            app.request(Method::POST, CREDITORS).key(&partner.partner).header("Idempotency-Key", "k").json(body).send().await
        };
        let (first, again) = (send(&body("QUICK3", 1)).await, send(&body("QUICK3", 1)).await);
        assert_eq!((first.status, &first.body), (StatusCode::OK, &again.body));
        assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), ("", "true"));
        for other in [body("QUICK3", 2), json!({"settings": 7})] {
            let answer = send(&other).await;
            assert_eq!(answer.problem(), "idempotency_key_reused", "{}", answer.text());
        }
        let elsewhere = app.request(Method::POST, CLIENT).key(&partner.provisioning).header("Idempotency-Key", "k");
        assert_eq!(elsewhere.json(&body("QUICK3", 1)).send().await.problem(), "idempotency_key_reused");
    }

    async fn every_fault_of_a_new_creditor_comes_in_one_answer(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut wrong = body("QUICK3", 1);
        wrong["client"]["ibanAccount"] = "FI2112345600000786".into();
        wrong["settings"] = json!({"expiryNotices": 1, "smsSender": "much too long a name"});
        wrong["agreements"] = json!([
            {"system": "ERP", "identifier": "A-1", "validFrom": "2026-01-01"},
            {"system": "ERP", "identifier": 7, "validFrom": "2026-13-01"},
            {"system": "ERP", "identifier": "A-2", "validFrom": "2026-06-01"},
            "nothing",
        ]);
        let answer = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&wrong).send().await;
        assert_eq!(answer.faults(), pairs(&[
            ("settings.expiryNotices", "wrong_type"),
            ("agreements.1.identifier", "wrong_type"),
            ("agreements.3", "wrong_type"),
            ("client.ibanAccount", "iban_check_digits"),
            ("settings.smsSender", "sender_name"),
            ("agreements.1.validFrom", "date_format"),
            ("agreements.2.validFrom", "period_overlap"),
        ]));
        assert_eq!(app.test.core.list_clients(None, None, 10).await.unwrap().len(), 0);
    }

    async fn a_patch_changes_what_it_names_and_nothing_else(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let before = show(&app, &partner, creditor).await.json();
        let change = json!({
            "client": {"email": "laskut@example.fi", "ibanAccount": "FI21 1234 5600 0007 85", "name": "Uusi Nimi Oy"},
            "contacts": {"technical": {"name": "Maija", "email": "maija@example.fi"}, "primary": {"email": null}},
            "settings": {"smsSender": "Tally"},
        });
        let changed = patch(&app, &partner.partner, creditor, Some("\"v1\""), &change).await;
        assert_eq!((changed.status, changed.header("etag")), (StatusCode::OK, "\"v2\""), "{}", changed.text());
        assert!(changed.warnings().is_empty());
        let mut expected = before.clone();
        expected["client"]["email"] = "laskut@example.fi".into();
        expected["client"]["ibanAccount"] = "FI2112345600000785".into();
        expected["client"]["name"] = "Uusi Nimi Oy".into();
        expected["contacts"]["technical"] = json!({"name": "Maija", "telephone": null, "mobile": null, "email": "maija@example.fi"});
        expected["contacts"]["primary"]["email"] = Value::Null;
        expected["settings"]["smsSender"] = "Tally".into();
        expected["updatedAt"] = "2026-01-02T03:04:05.000Z".into();
        let shown = show(&app, &partner, creditor).await;
        assert_eq!((shown.json(), shown.header("etag")), (expected.clone(), "\"v2\""));
        expected["warnings"] = json!([]);
        assert_eq!(changed.json(), expected);

        // Null takes away again; a whole creditor as it was shown may be sent as a patch, and changes nothing.
        let back = json!({"contacts": {"technical": null}, "settings": null, "client": {"ibanAccount": null}});
        assert_eq!(patch(&app, &partner.partner, creditor, Some("\"v2\""), &back).await.status, StatusCode::OK);
        let shown = show(&app, &partner, creditor).await.json();
        assert_eq!((&shown["contacts"]["technical"], &shown["client"]["ibanAccount"]), (&Value::Null, &Value::Null));
        assert_eq!(shown["settings"], json!({"expiryNotices": true, "smsSender": null}));
        let same = json!({"service": shown["service"], "client": shown["client"], "contacts": shown["contacts"], "settings": shown["settings"]});
        let unchanged = patch(&app, &partner.partner, creditor, Some("\"v3\""), &same).await;
        assert_eq!((unchanged.status, unchanged.header("etag")), (StatusCode::OK, "\"v3\""));
        assert_eq!(history(&app, &partner, creditor).await.as_array().unwrap().len(), 2);
    }

    async fn what_cannot_change_is_named(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let code = show(&app, &partner, creditor).await.json()["client"]["businessCode"].as_str().unwrap().to_owned();
        let same = json!({"client": {"businessCode": format!(" {code} "), "countryCode": "FI"}, "service": {"type": "LIFECYCLE"}});
        let answer = patch(&app, &partner.partner, creditor, Some("*"), &same).await;
        assert_eq!((answer.status, answer.header("etag")), (StatusCode::OK, "\"v1\""), "{}", answer.text());
        let other = json!({
            "client": {"businessCode": "0737546-2", "countryCode": "SE", "email": "nobody"},
            "service": {"type": "COOP", "partnerCode": "SLOW4"},
        });
        let mut faults = patch(&app, &partner.partner, creditor, Some("*"), &other).await.faults();
        faults.sort();
        assert_eq!(faults, pairs(&[
            ("client.businessCode", "immutable"),
            ("client.countryCode", "immutable"),
            ("client.email", "email_format"),
            ("service.partnerCode", "immutable"),
            ("service.type", "immutable"),
        ]));
    }

    async fn null_for_what_is_required_a_wrong_type_and_an_unknown_member(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let wrong = json!({
            "client": {"name": null, "businessCode": null, "email": 7, "telephone": ["1"], "ibanAccount": "FI2112345600000786"},
            "contacts": {"primary": null},
            "settings": {"smsSender": {}, "expiryNotices": "yes"},
        });
        let mut faults = patch(&app, &partner.partner, creditor, Some("*"), &wrong).await.faults();
        faults.sort();
        assert_eq!(faults, pairs(&[
            ("client.businessCode", "required"),
            ("client.email", "wrong_type"),
            ("client.ibanAccount", "iban_check_digits"),
            ("client.name", "required"),
            ("client.telephone", "wrong_type"),
            ("contacts.primary", "contact_channel_required"),
            ("contacts.primary.name", "required"),
            ("settings.expiryNotices", "wrong_type"),
            ("settings.smsSender", "wrong_type"),
        ]));
        let section = patch(&app, &partner.partner, creditor, Some("*"), &json!({"client": "x"})).await.faults();
        assert_eq!(section, pairs(&[("client", "wrong_type")]));
        let twice = app.request(Method::PATCH, &creditor_path(creditor, "")).key(&partner.partner).header("If-Match", "*");
        let twice = twice.header("Content-Type", "application/json").bytes(r#"{"client":{"email":"a@b.fi","email":"c@d.fi"}}"#);
        assert_eq!(twice.send().await.faults(), pairs(&[("client.email", "duplicate_member")]));

        let unknown = json!({"client": {"email": "a@example.fi", "foo": 1, "vatRegNr": null}, "status": "REVOKED"});
        let answer = patch(&app, &partner.partner, creditor, Some("*"), &unknown).await;
        let mut warnings = answer.warnings();
        warnings.sort();
        assert_eq!(warnings, pairs(&[
            ("client.foo", "unknown_field"),
            ("client.vatRegNr", "unknown_field"),
            ("status", "unknown_field"),
        ]));
        assert_eq!(answer.json()["status"], "ACTIVE");
        for (body, code) in [("", "empty_body"), ("[]", "not_an_object"), ("{", "malformed_json")] {
            let request = app.request(Method::PATCH, &creditor_path(creditor, "")).key(&partner.partner).header("If-Match", "*");
            let answer = request.header("Content-Type", "application/merge-patch+json").bytes(body).send().await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (400, code));
        }
        let text = app.request(Method::PATCH, &creditor_path(creditor, "")).key(&partner.partner).header("If-Match", "*");
        let text = text.header("Content-Type", "text/plain").bytes("{}").send().await;
        assert_eq!(text.problem(), "unsupported_media_type");
    }

    async fn a_change_needs_the_version_it_is_meant_for(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let email = |email: &str| json!({"client": {"email": email}});
        let missing = patch(&app, &partner.partner, creditor, None, &email("a@example.fi")).await;
        assert_eq!((missing.status.as_u16(), missing.problem().as_str()), (428, "precondition_required"));
        for stale in ["\"v2\"", "v1", "W/\"v1\"", ""] {
            let answer = patch(&app, &partner.partner, creditor, Some(stale), &email("a@example.fi")).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (412, "precondition_failed"), "{stale}");
        }
        let first = patch(&app, &partner.partner, creditor, Some("\"v1\""), &email("a@example.fi")).await;
        assert_eq!(first.status, StatusCode::OK);
        let second = patch(&app, &partner.partner, creditor, Some("\"v1\""), &email("b@example.fi")).await;
        assert_eq!(second.status, StatusCode::PRECONDITION_FAILED);
        let any = patch(&app, &partner.partner, creditor, Some("*"), &email("c@example.fi")).await;
        assert_eq!((any.status, any.header("etag")), (StatusCode::OK, "\"v3\""));
        let one_of = patch(&app, &partner.partner, creditor, Some("\"v2\", \"v3\""), &email("d@example.fi")).await;
        assert_eq!(one_of.status, StatusCode::OK);
    }

    async fn who_has_the_version_gets_no_body(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let ask = async |tag: &str| {
            app.request(Method::GET, &creditor_path(creditor, "")).key(&partner.partner).header("If-None-Match", tag).send().await
        };
        for known in ["\"v1\"", "W/\"v1\"", "\"v7\", \"v1\"", "*"] {
            let answer = ask(known).await;
            assert_eq!((answer.status, answer.header("etag"), answer.body.len()), (StatusCode::NOT_MODIFIED, "\"v1\"", 0), "{known}");
        }
        assert_eq!(ask("\"v2\"").await.status, StatusCode::OK);
        let encoded = app.request(Method::GET, &creditor_path(creditor, "")).key(&partner.partner).header("Accept-Encoding", "gzip");
        assert_eq!(encoded.send().await.header("content-encoding"), "", "the tag names these bytes");
    }

    async fn of_changes_at_once_one_wins_and_none_is_lost(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        let tries = (0..12).map(|number| {
            let change = json!({"client": {"postalAddress": format!("Katu {number}")}});
            let (app, key) = (&app, &partner.partner);
            async move { patch(app, key, creditor, Some("\"v1\""), &change).await }
        });
        let answers = futures_util::future::join_all(tries).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(won.len(), 1);
        assert!(answers.iter().all(|answer| [StatusCode::OK, StatusCode::PRECONDITION_FAILED].contains(&answer.status)));
        let shown = show(&app, &partner, creditor).await;
        assert_eq!(shown.header("etag"), "\"v2\"");
        assert_eq!(shown.json()["client"]["postalAddress"], won[0].json()["client"]["postalAddress"]);

        // Meant for any version, each is made, one after the other, and each member of its own stays.
        let members = ["telephone", "website", "bic", "bankgiro", "plusgiro", "ibanAccount"];
        let values = ["+358441234567", "example.fi", "NDEAFIHH", "5805-6201", "286543-4", "FI2112345600000785"];
        let tries = members.iter().zip(values).map(|(member, value)| {
            let change = json!({"client": {*member: value}});
            let (app, key) = (&app, &partner.partner);
            async move { patch(app, key, creditor, Some("*"), &change).await }
        });
        for answer in futures_util::future::join_all(tries).await {
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        }
        let shown = show(&app, &partner, creditor).await;
        assert_eq!(shown.header("etag"), "\"v8\"");
        let shown = shown.json();
        assert!(members.iter().all(|member| shown["client"][member].is_string()), "{shown}");
        assert_eq!(history(&app, &partner, creditor).await.as_array().unwrap().len(), 7);
    }

    async fn the_history_tells_who_when_and_what(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        assert_eq!(history(&app, &partner, creditor).await, json!([]));
        let request = app.request(Method::PATCH, &creditor_path(creditor, "")).key(&partner.partner).header("If-Match", "*");
        let change = json!({"client": {"email": "laskut@example.fi"}, "contacts": {"primary": {"mobile": null}}});
        request.header("X-Request-Id", "mine-1").json(&change).send().await;
        app.clock().advance(std::time::Duration::from_secs(60));
        let agreements = json!([{"system": "ERP", "identifier": "A-1", "validFrom": "2026-01-01"}]);
        let request = app.request(Method::PUT, &creditor_path(creditor, "/agreements")).key(&partner.partner);
        request.header("If-Match", "*").json(&agreements).send().await;
        app.request(Method::DELETE, &creditor_path(creditor, "/credentials")).key(&partner.partner).send().await;
        let changes = history(&app, &partner, creditor).await;
        let key_id = partner.added.partner_key.id.to_string();
        assert_eq!(changes[2], json!({
            "at": "2026-01-02T03:04:05.000Z",
            "changedBy": {"kind": "partner", "keyId": key_id},
            "requestId": "mine-1",
            "fields": [
                {"field": "client.email", "from": "email@testcustomer.fi", "to": "laskut@example.fi"},
                {"field": "contacts.primary.mobile", "from": "+358441234567", "to": null},
            ],
        }));
        assert_eq!(changes[1]["at"], "2026-01-02T03:05:05.000Z");
        assert_eq!(changes[1]["fields"], json!([{
            "field": "agreements",
            "from": [],
            "to": [{"system": "ERP", "identifier": "A-1", "validFrom": "2026-01-01", "validTo": null}],
        }]));
        assert_eq!(changes[0]["fields"], json!([{"field": "status", "from": "ACTIVE", "to": "REVOKED"}]));

        let first = app.get(&creditor_path(creditor, "/history?limit=2"), &partner.partner).await.json();
        assert_eq!(first["changes"], json!([changes[0], changes[1]]));
        let cursor = first["nextCursor"].as_str().unwrap();
        let last = app.get(&creditor_path(creditor, &format!("/history?limit=2&cursor={cursor}")), &partner.partner).await.json();
        assert_eq!((&last["changes"], &last["nextCursor"]), (&json!([changes[2]]), &Value::Null));
        let bad = app.get(&creditor_path(creditor, "/history?limit=0&cursor=x"), &partner.partner).await;
        assert_eq!(bad.faults(), pairs(&[("limit", "out_of_range"), ("cursor", "cursor_invalid")]));
    }

    async fn anothers_creditor_is_like_none(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let (partner, other) = (app.partner("QUICK3").await, app.partner("SLOW4").await);
        let foreign = app.creditor(&other, 1).await;
        for (method, rest) in [
            (Method::GET, ""),
            (Method::PATCH, ""),
            (Method::GET, "/history"),
            (Method::GET, "/credentials"),
            (Method::DELETE, "/credentials"),
            (Method::POST, "/credentials/rotate"),
            (Method::GET, "/agreements"),
            (Method::PUT, "/agreements"),
        ] {
            let ask = async |creditor: &str| {
                let body = if method == Method::PUT { json!([]) } else { json!({"client": {"email": "a@example.fi"}}) };
                let request = app.request(method.clone(), &format!("{CREDITORS}/{creditor}{rest}")).key(&partner.partner);
                let request = request.header("If-Match", "*").header("X-Request-Id", "same").json(&body);
                let answer = request.send().await;
                assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "not_found"), "{method} {rest}");
                answer.body
            };
            let of_other = ask(&foreign.to_string()).await;
            for none in ["999999", "0", "-1", "007", "+5", "abc", "99999999999999999999", "%F0%9F%A6%80", "%ff"] {
                assert_eq!(ask(none).await, of_other, "{method} {none}{rest}");
            }
        }
        let untouched = show(&app, &other, foreign).await;
        assert_eq!((untouched.header("etag"), &untouched.json()["status"]), ("\"v1\"", &json!("ACTIVE")));
    }

    async fn other_methods_are_refused(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = app.creditor(&partner, 1).await;
        for (method, path, allowed) in [
            (Method::DELETE, CREDITORS.to_owned(), ["GET", "POST"]),
            (Method::PUT, creditor_path(creditor, ""), ["GET", "PATCH"]),
            (Method::POST, creditor_path(creditor, "/agreements"), ["GET", "PUT"]),
            (Method::PATCH, creditor_path(creditor, "/credentials"), ["GET", "DELETE"]),
        ] {
            let answer = app.request(method.clone(), &path).key(&partner.partner).send().await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (405, "method_not_allowed"), "{method} {path}");
            assert!(allowed.iter().all(|allowed| answer.header("allow").contains(allowed)), "{}", answer.header("allow"));
        }
    }
}
