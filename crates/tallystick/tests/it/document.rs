//! The API document says what the server does.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::Value;
use testkit::app::{TestApp, body};
use testkit::database::TestDatabase;

fn document() -> Value {
    serde_json::to_value(tallystick::app::document()).unwrap()
}

/// What has no example, by its schema, and why.
const WITHOUT_EXAMPLE: &[(&str, &str)] = &[
    ("Refunded", "an object without members"),
    ("LicenceScan", "the bar code of a licence is one long text of control characters"),
    ("WidgetCodeRequest", "sent by the page of the widget, which is ours"),
    ("WidgetAnswer", "sent by the page of the widget, which is ours"),
];

/// Whether a schema shows what it means: itself, or some member of it.
fn has_example(document: &Value, schema: &Value) -> bool {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = name.strip_prefix('#').and_then(|place| document.pointer(place));
        return has_example(document, schema.unwrap_or_else(|| panic!("nothing is at {name}")));
    }
    let parts = ["allOf", "oneOf", "anyOf"].into_iter().filter_map(|name| schema[name].as_array()).flatten();
    let members = schema["properties"].as_object().into_iter().flat_map(|members| members.values());
    let of_list = schema.get("items");
    schema.get("example").is_some()
        || schema.get("examples").is_some()
        || parts.chain(members).chain(of_list).any(|part| has_example(document, part))
}

/// Each operation has a name, says what it does and how it succeeds, and shows an example of all JSON that it takes and gives.
fn check_operations(document: &Value) {
    let mut names = BTreeSet::new();
    let mut without = BTreeSet::new();
    let mut shown = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
            assert!(names.insert(name), "{name} names two operations");
            let told = ["summary", "description"]
                .iter()
                .any(|&name| operation[name].as_str().is_some_and(|text| !text.is_empty()));
            assert!(told, "{method} {path} does not say what it does");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with(['2', '3'])), "{method} {path} never succeeds");
            // What every call can meet that shows a key or an access token.
            if path.starts_with("/api/v1/partner/") || path.contains("/client-id/") {
                for status in ["401", "429", "500", "503"] {
                    assert!(responses.contains_key(status), "{method} {path} does not tell of {status}");
                }
            }
            let taken = operation.get("requestBody").map(|body| ("the request", body));
            for (what, body) in taken.into_iter().chain(responses.iter().map(|(status, body)| (status.as_str(), body)))
            {
                let kinds = body["content"].as_object().into_iter().flatten();
                for (kind, content) in kinds.filter(|(kind, _)| kind.ends_with("json")) {
                    let schema = &content["schema"];
                    if content.get("example").or(content.get("examples")).is_some() || has_example(document, schema) {
                        shown += 1;
                        continue;
                    }
                    let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default();
                    let is_known = WITHOUT_EXAMPLE.iter().any(|(known, _)| *known == name);
                    assert!(is_known, "{method} {path}: {what} as {kind} has no example: {schema}");
                    without.insert(name.to_owned());
                }
            }
        }
    }
    // A name that stays in the list after an example was written would hide the next one that is forgotten.
    assert_eq!(without, WITHOUT_EXAMPLE.iter().map(|(name, _)| (*name).to_owned()).collect());
    assert!(shown > names.len(), "{shown} examples of {} operations", names.len());
}

#[test]
fn it_is_openapi_3_1_with_an_example_and_every_error_of_each_operation() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    check_operations(&document);
    for (path, method) in
        [("/api/v1/partner/client", "post"), ("/api/v1/partner/validate", "get"), ("/api/v1/partner/renew", "get")]
    {
        let operation = &document["paths"][path][method];
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
    let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<BTreeSet<_>>();
    let mut unsent = names(properties);
    unsent.retain(|name| answer.get(name).is_none());
    assert_eq!(unsent, ["oauthClientId".to_owned(), "oauthClientSecret".to_owned()].into());
    assert!(names(answer.as_object().unwrap()).is_subset(&names(properties)));
}
