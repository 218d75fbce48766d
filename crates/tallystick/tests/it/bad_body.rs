//! Bodies that are no request at all.

use http::{Method, StatusCode};
use testkit::app::{CLIENT, PartnerKeys, TestAnswer, TestApp, body};
use testkit::on_both_engines;

async fn send(app: &TestApp, partner: &PartnerKeys, content_type: &str, bytes: impl Into<Vec<u8>>) -> TestAnswer {
    let request = app.request(Method::POST, CLIENT).key(&partner.provisioning).bytes(bytes.into());
    if content_type.is_empty() {
        request.send().await
    } else {
        request.header("Content-Type", content_type).send().await
    }
}

on_both_engines! {
    async fn what_is_not_json_is_told_so(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let good = body("QUICK3", 1).to_string();
        let cases: Vec<(&str, &str, Vec<u8>, u16, &str)> = vec![
            ("no content type", "", good.clone().into(), 415, "unsupported_media_type"),
            ("another content type", "text/plain", good.clone().into(), 415, "unsupported_media_type"),
            ("a form", "application/x-www-form-urlencoded", b"a=b".to_vec(), 415, "unsupported_media_type"),
            ("nothing", "application/json", Vec::new(), 400, "empty_body"),
            ("words", "application/json", b"hello".to_vec(), 400, "malformed_json"),
            ("half of it", "application/json", good.as_bytes()[..200].to_vec(), 400, "malformed_json"),
            ("more behind it", "application/json", format!("{good} x").into(), 400, "malformed_json"),
            ("not UTF-8", "application/json", b"{\"client\":{\"name\":\"\xff\xfe\"}}".to_vec(), 400, "malformed_json"),
            ("half a surrogate", "application/json", br#"{"client":{"name":"\ud800"}}"#.to_vec(), 400, "malformed_json"),
            ("too deep", "application/json", "[".repeat(50_000).into(), 400, "nesting_too_deep"),
            (
                "deep inside",
                "application/json",
                format!(r#"{{"client":{{"name":{}1{}}}}}"#, "[".repeat(60), "]".repeat(60)).into(),
                400,
                "nesting_too_deep",
            ),
        ];
        for (what, content_type, bytes, status, code) in cases {
            let answer = send(&app, &partner, content_type, bytes).await;
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{what}: {}", answer.text());
        }
        for top in ["[]", "1", "\"text\"", "null", "true"] {
            let answer = send(&app, &partner, "application/json", top).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{top}: {}", answer.text());
            assert!(!answer.problem().is_empty());
        }
        assert_eq!(app.test.core.list_clients(None, None, 10).await.unwrap().len(), 0);
    }

    async fn a_huge_body_is_refused(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let huge = format!(r#"{{"client":{{"name":"{}"}}}}"#, "a".repeat(10_000_000));
        let answer = send(&app, &partner, "application/json", huge).await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"));
    }

    async fn a_charset_and_a_json_suffix_are_fine(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        for (number, kind) in ["application/json; charset=utf-8", "application/vnd.partner+json", "APPLICATION/JSON"].into_iter().enumerate() {
            let body = body("QUICK3", u32::try_from(number).unwrap()).to_string();
            let answer = send(&app, &partner, kind, body).await;
            assert_eq!(answer.status, StatusCode::OK, "{kind}: {}", answer.text());
        }
    }

    async fn duplicate_members_are_faults(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let body = body("QUICK3", 1).to_string();
        let doubled = body.replacen(r#""client":{"#, r#""client":{"unknown":1,"unknown":2,"name":"One","#, 1);
        assert_ne!(body, doubled);
        let answer = send(&app, &partner, "application/json", doubled).await;
        let mut faults = answer.faults();
        faults.sort();
        assert_eq!(
            faults,
            [("client.name".into(), "duplicate_member".into()), ("client.unknown".into(), "duplicate_member".into())]
        );
    }

    async fn wrong_types_are_told_with_every_other_fault(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut wrong = body("QUICK3", 1);
        wrong["client"]["name"] = 17.into();
        wrong["client"]["businessCode"] = true.into();
        wrong["client"]["ibanAccount"] = serde_json::json!(["FI"]);
        wrong["client"]["email"] = "not an address".into();
        wrong["contacts"]["primary"] = "Matti".into();
        let answer = send(&app, &partner, "application/json", wrong.to_string()).await;
        let mut faults = answer.faults();
        faults.sort();
        let expected = [
            ("client.businessCode", "wrong_type"),
            ("client.email", "email_format"),
            ("client.ibanAccount", "wrong_type"),
            ("client.name", "wrong_type"),
            ("contacts.primary", "wrong_type"),
        ];
        assert_eq!(faults, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    }

    async fn null_is_an_absent_value(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let mut body = body("QUICK3", 1);
        body["client"]["telephone"] = serde_json::Value::Null;
        body["contacts"]["technical"] = serde_json::Value::Null;
        let answer = app.create(&partner.provisioning, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    }
}
