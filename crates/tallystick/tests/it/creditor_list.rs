//! The list of creditors over HTTP.

use http::Method;
use serde_json::Value;
use testkit::app::{CREDITORS, PartnerKeys, TestApp, body, creditor_path};
use testkit::on_both_engines;

async fn named(app: &TestApp, partner: &PartnerKeys, number: u32, name: &str) -> i64 {
    let mut body = body(&partner.code, number);
    body["client"]["name"] = name.into();
    let answer = app.request(Method::POST, CREDITORS).key(&partner.partner).json(&body).send().await;
    answer.json()["clientIdentifier"].as_i64().unwrap()
}

async fn list(app: &TestApp, partner: &PartnerKeys, query: &str) -> Value {
    let answer = app.get(&format!("{CREDITORS}?{query}"), &partner.partner).await;
    assert_eq!(answer.status.as_u16(), 200, "{query}: {}", answer.text());
    answer.json()
}

fn names(page: &Value) -> Vec<String> {
    page["creditors"].as_array().unwrap().iter().map(|creditor| creditor["name"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    async fn creditors_are_listed_by_name_page_by_page(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        assert_eq!(list(&app, &partner, "").await, serde_json::json!({"creditors": [], "nextCursor": null}));
        for (number, name) in (1..).zip(["zeta", "Beta", "alpha", "Äiti", "beta", "ALPHA 2"]) {
            named(&app, &partner, number, name).await;
        }
        let sorted = ["alpha", "ALPHA 2", "Beta", "beta", "zeta", "Äiti"];
        let whole = list(&app, &partner, "").await;
        assert_eq!((names(&whole), &whole["nextCursor"]), (sorted.map(str::to_owned).to_vec(), &Value::Null));
        let first = &whole["creditors"][0];
        assert_eq!((&first["status"], &first["serviceType"], &first["countryCode"]), (&"ACTIVE".into(), &"LIFECYCLE".into(), &"FI".into()));

        let mut found = Vec::new();
        let mut query = "limit=4".to_owned();
        loop {
            let page = list(&app, &partner, &query).await;
            found.extend(names(&page));
            // One that comes before and one that comes after the place where the page ended: neither repeats nor hides another.
            if found.len() == 4 {
                named(&app, &partner, 10, "aaa").await;
                named(&app, &partner, 11, "yyy").await;
            }
            match page["nextCursor"].as_str() {
                Some(cursor) => query = format!("limit=4&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(found, ["alpha", "ALPHA 2", "Beta", "beta", "yyy", "zeta", "Äiti"]);
    }

    async fn creditors_are_found_by_name_code_status_and_agreement(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let (partner, other) = (app.partner("QUICK3").await, app.partner("SLOW4").await);
        let one = named(&app, &partner, 1, "Äänekosken Auto Oy").await;
        let two = named(&app, &partner, 2, "Äänekosken  Apteekki").await;
        named(&app, &partner, 3, "Zulu").await;
        named(&app, &other, 4, "Äänekosken Autot").await;
        let find = async |query: &str| names(&list(&app, &partner, query).await);
        assert_eq!(find("search=%C3%84%C3%84NEKOSKEN%20a").await, ["Äänekosken  Apteekki", "Äänekosken Auto Oy"]);
        assert_eq!(find("search=%C3%A4%C3%A4nekosken+apt").await, ["Äänekosken  Apteekki"]);
        assert_eq!(find("search=auto").await, [""; 0], "names are searched from their beginning");
        let code = testkit::app::business_code(3);
        assert_eq!(find(&format!("search={code}")).await, ["Zulu"]);
        assert_eq!(find(&format!("search={}", &code[1..])).await, [""; 0], "another code");
        assert_eq!(find(&format!("search={}", testkit::app::business_code(4))).await, [""; 0], "another partner's");

        app.request(Method::DELETE, &creditor_path(one, "/credentials")).key(&partner.partner).send().await;
        assert_eq!(find("status=REVOKED").await, ["Äänekosken Auto Oy"]);
        assert_eq!(find("status=ACTIVE").await, ["Zulu", "Äänekosken  Apteekki"]);
        assert_eq!(find(&format!("status=ACTIVE&search={}", testkit::app::business_code(1))).await, [""; 0]);

        for (creditor, system) in [(one, "ERP"), (two, "CRM")] {
            let list = serde_json::json!([{"system": system, "identifier": "A-1", "validFrom": "2026-01-01"}]);
            let request = app.request(Method::PUT, &creditor_path(creditor, "/agreements")).key(&partner.partner);
            assert_eq!(request.header("If-Match", "*").json(&list).send().await.status.as_u16(), 200);
        }
        assert_eq!(find("agreement=A-1").await, ["Äänekosken Auto Oy", "Äänekosken  Apteekki"], "by number");
        assert_eq!(find("agreement=A-1&system=CRM").await, ["Äänekosken  Apteekki"]);
        assert_eq!(find("agreement=A-1&status=ACTIVE").await, ["Äänekosken  Apteekki"]);
        assert_eq!(find("agreement=A").await, [""; 0]);
        let first = list(&app, &partner, "agreement=A-1&limit=1").await;
        let cursor = first["nextCursor"].as_str().unwrap();
        let second = list(&app, &partner, &format!("agreement=A-1&limit=1&cursor={cursor}")).await;
        assert_eq!((names(&second), &second["nextCursor"]), (vec!["Äänekosken  Apteekki".to_owned()], &Value::Null));
    }

    async fn a_name_that_was_changed_is_found_under_the_new_one(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let creditor = named(&app, &partner, 1, "Vanha Oy").await;
        let request = app.request(Method::PATCH, &creditor_path(creditor, "")).key(&partner.partner).header("If-Match", "*");
        request.json(&serde_json::json!({"client": {"name": "Uusi Oy"}})).send().await;
        assert_eq!(names(&list(&app, &partner, "search=uusi").await), ["Uusi Oy"]);
        assert_eq!(names(&list(&app, &partner, "search=vanha").await), [""; 0]);
    }

    async fn wrong_parameters_are_named_all_at_once(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        named(&app, &partner, 1, "a").await;
        named(&app, &partner, 2, "b").await;
        let cursor = list(&app, &partner, "limit=1").await["nextCursor"].as_str().unwrap().to_owned();
        for (query, expected) in [
            ("limit=0&status=active&cursor=%21", &[("limit", "out_of_range"), ("cursor", "cursor_invalid"), ("status", "unknown_status")][..]),
            ("limit=501", &[("limit", "out_of_range")]),
            ("limit=ten", &[("limit", "out_of_range")]),
            ("cursor=bm9uc2Vuc2U", &[("cursor", "cursor_invalid")]),
            ("search=%00", &[("search", "nul_character")]),
            ("search=%FF", &[("search", "query_format")]),
            ("search=a&agreement=b", &[("search", "not_combinable")]),
            ("system=ERP", &[("system", "not_combinable")]),
            ("limit=1&limit=2", &[("limit", "duplicate_member")]),
            (&format!("agreement=A-1&cursor={cursor}"), &[("cursor", "cursor_invalid")]),
        ] {
            let faults = app.get(&format!("{CREDITORS}?{query}"), &partner.partner).await.faults();
            let expected: Vec<_> = expected.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect();
            assert_eq!(faults, expected, "{query}");
        }
        assert_eq!(names(&list(&app, &partner, "search=&limit=&cursor=&foo=1").await), ["a", "b"], "what is empty is absent");
    }
}
