//! The API document says what the server does.

use http::{Method, StatusCode};
use serde_json::Value;
use testkit::app::{TestApp, body};
use testkit::database::TestDatabase;

fn document() -> Value {
    serde_json::to_value(tallystick::app::document()).unwrap()
}

#[test]
fn it_is_openapi_3_1_with_an_example_and_every_error_of_each_operation() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    for (path, method) in
        [("/api/v1/partner/client", "post"), ("/api/v1/partner/validate", "get"), ("/api/v1/partner/renew", "get")]
    {
        let operation = &document["paths"][path][method];
        assert!(operation["operationId"].is_string(), "{path}");
        let responses = operation["responses"].as_object().unwrap();
        for status in ["200", "401", "403", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{path} does not tell of {status}");
        }
        if method == "post" {
            for status in ["400", "409", "413", "415", "422"] {
                assert!(responses.contains_key(status), "{path} does not tell of {status}");
            }
            assert!(operation["requestBody"]["content"]["application/json"].is_object());
        }
    }
}

#[test]
fn each_operation_stands_under_a_tag_that_is_explained() {
    let document = document();
    let explained: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let tags = operation["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
            assert!(tags.len() == 1 && explained.contains(&&tags[0]), "{method} {path}: {tags:?}");
        }
    }
}

/// Every code of a fault that the rules can give is in the document.
#[test]
fn it_lists_every_code() {
    let text = document().to_string();
    for (code, _) in domain::fault_code::FAULT_CODES {
        assert!(text.contains(code), "the document does not tell of {code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_served_with_a_page_that_needs_no_other_host() {
    let app = TestApp::open(&TestDatabase::sqlite()).await;
    let answer = app.request(Method::GET, "/openapi.json").send().await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, document()));
    let page = app.request(Method::GET, "/docs/").send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.header("content-type").starts_with("text/html"));
    for outside in ["https://", "http://", "src=\"//", "href=\"//"] {
        assert!(!page.text().contains(outside), "the page names {outside}");
    }
}

/// The names of an answer are those of its schema.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_the_members_of_its_schema() {
    let app = TestApp::open(&TestDatabase::sqlite()).await;
    let partner = app.partner("QUICK3").await;
    let answer = app.create(&partner.provisioning, &body("QUICK3", 1)).await.json();
    let document = document();
    let schema = &document["paths"]["/api/v1/partner/client"]["post"]["responses"]["200"]["content"]["application/json"]
        ["schema"];
    let name = schema["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
    let properties = document["components"]["schemas"][name]["properties"].as_object().unwrap();
    let names =
        |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let mut unsent = names(properties);
    unsent.retain(|name| answer.get(name).is_none());
    assert_eq!(unsent, ["oauthClientId".to_owned(), "oauthClientSecret".to_owned()].into());
    assert!(names(answer.as_object().unwrap()).is_subset(&names(properties)));
}
