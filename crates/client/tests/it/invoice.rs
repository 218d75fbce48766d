//! Invoices through the client, against the server and against a scripted peer.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tallystick_client::{Client, Decimal, DistributionMethod, DistributionStatus, Error, SubmitInvoice};
use testkit::app::TestApp;
use testkit::on_both_engines;
use uuid::Uuid;

use crate::invoice_sample::{IDENTITY_NUMBER, decimal, every_member, invoice, pdf};
use crate::peer::{Step, problem, problem_with};
use crate::support;

fn client(url: &str, key: &str) -> Client {
    Client::builder(url).api_key(key).build().unwrap()
}

fn taken() -> Step {
    let body = json!({
        "invoiceId": Uuid::nil(), "invoiceNumber": 7, "paymentReference": "1009", "distributionId": Uuid::nil(), "status": "HELD",
        "warnings": [{"field": "invoice.x", "code": "unknown_field", "message": "M"}], "somethingNew": 1,
    });
    crate::peer::json(200, &body.to_string())
}

on_both_engines! {
    async fn an_invoice_is_taken_once(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let served = app.serve().await;
        let client = client(&served.url, &key);
        let name = client.new_idempotency_key();
        let request = invoice(1001, "2026-01-02");
        let first = client.submit_invoice_with(&request, &name).await.unwrap();
        assert_eq!((first.invoice_number, first.status), (1001, DistributionStatus::Cancelled));
        assert!(first.payment_reference.contains("1001") && first.warnings.is_empty(), "{first:?}");
        assert_eq!(client.submit_invoice_with(&request, &name).await.unwrap(), first);
        let other = client.submit_invoice_with(&invoice(1002, "2026-01-02"), &name).await;
        assert!(matches!(other, Err(Error::IdempotencyKeyReused(_))), "{other:?}");
        match client.submit_invoice(&request).await {
            Err(Error::InvoiceExists { invoice_id, problem }) => {
                assert_eq!((invoice_id, problem.code.as_str()), (first.invoice_id, "invoice_exists"));
            }
            other => panic!("{other:?}"),
        }
    }

    async fn every_fault_of_an_invoice_is_told(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let served = app.serve().await;
        let client = client(&served.url, &key);
        let mut wrong = invoice(1, "2026-01-02");
        wrong.distribution.method = None;
        wrong.invoice.rows[0].amount = decimal("269.11");
        wrong.invoice.header.due_date = "2026-01-01".into();
        let Err(Error::Validation(problem)) = client.submit_invoice(&wrong).await else { panic!("it was taken") };
        let faults: Vec<_> = problem.faults.iter().map(|fault| (&*fault.field, &*fault.code)).collect();
        let expected = [
            ("distribution.method", "required"),
            ("invoice.header.dueDate", "due_date_before_date"),
            ("invoice.rows.0.amount", "amount_mismatch"),
        ];
        assert_eq!(faults, expected);
        let mut by_mail = invoice(1, "2026-01-02");
        by_mail.distribution.method = Some(DistributionMethod::Email);
        by_mail.invoice.parties.buyer_party.contact.email = "invoices@buyer.example".into();
        // This server has no channel for mail.
        let refused = client.submit_invoice(&by_mail).await;
        assert!(matches!(refused, Err(Error::BusinessRule(_))), "{refused:?}");
        let stranger = client.with_api_key(partner.partner.as_str().try_into().unwrap());
        assert!(matches!(stranger.submit_invoice(&wrong).await, Err(Error::Forbidden(_))));
    }

    async fn a_request_with_every_member_is_one_that_the_server_knows(database: TestDatabase) {
        let app = TestApp::open(&database).await;
        let partner = app.partner("QUICK3").await;
        let key = app.client(&partner, 1).await;
        let served = app.serve().await;
        let client = client(&served.url, &key);
        client.submit_invoice(&invoice(1, "2025-12-31")).await.unwrap();
        let request = every_member(2, 1);
        let taken = client.submit_invoice(&request).await.unwrap();
        assert_eq!(taken.payment_reference, "1009");
        let unknown: Vec<_> = taken.warnings.iter().filter(|warning| warning.code == "unknown_field").collect();
        assert!(unknown.is_empty(), "{unknown:?}");

        let document = app.get("/openapi.json", &key).await.json();
        let (mut known, mut sent) = (BTreeSet::new(), BTreeSet::new());
        members_of_schema(&document, &json!({"$ref": "#/components/schemas/SubmitInvoiceRequest"}), "", &mut known);
        members_of_value(&serde_json::to_value(&request).unwrap(), "", &mut sent);
        assert!(known.contains("invoice.extensions.factoring.notice"), "{known:?}");
        assert_eq!(sent, known);
    }
}

/// The paths of all members that the document has below `schema`. Those of the entries of a list have no place in them.
fn members_of_schema(document: &Value, schema: &Value, at: &str, members: &mut BTreeSet<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        members_of_schema(document, target, at, members);
    }
    for choice in ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|kind| schema[kind].as_array()).flatten() {
        members_of_schema(document, choice, at, members);
    }
    if schema["items"].is_object() {
        members_of_schema(document, &schema["items"], at, members);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        members_of_schema(document, member, &path, members);
        members.insert(path);
    }
}

fn members_of_value(value: &Value, at: &str, members: &mut BTreeSet<String>) {
    for entry in value.as_array().into_iter().flatten() {
        members_of_value(entry, at, members);
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        members_of_value(member, &path, members);
        members.insert(path);
    }
}

#[tokio::test]
async fn every_try_has_the_same_key_and_the_same_body() {
    let (peer, _, client) = support::client([Step::Lose, problem(503, "timed_out"), taken()]).await;
    let answer = client.submit_invoice(&every_member(7, 6)).await.unwrap();
    assert_eq!((answer.status, answer.warnings.len()), (DistributionStatus::Unknown, 1));
    let requests = peer.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!(request.line, "POST /api/v1/partner/invoice");
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert!(request.header("idempotency-key").is_some());
        assert_eq!(request.header("idempotency-key"), requests[0].header("idempotency-key"));
        assert_eq!(request.body, requests[0].body);
    }
}

#[tokio::test]
async fn amounts_are_sent_digit_by_digit_and_what_is_absent_is_left_out() {
    let (peer, _, client) = support::client([taken()]).await;
    let mut request = invoice(7, "2026-01-02");
    request.invoice.rows[0].unit_price = decimal("123456789.012345");
    request.invoice.parties.buyer_party.address = tallystick_client::InvoiceAddress::default();
    request.invoice.amounts.paid_amount = Some(Decimal::ZERO);
    client.submit_invoice(&request).await.unwrap();
    let body = r#"{"distribution":{"method":"NONE"},"invoice":{"header":{"number":7,"date":"2026-01-02","dueDate":"2026-12-05"},"#;
    let rest =
        r#""rows":[{"name":"Chair","quantity":2,"unitPrice":123456789.012345,"discountPercent":10,"vatRate":25.5}],"#;
    let sent = &peer.requests()[0].body;
    assert!(sent.starts_with(body) && sent.contains(rest), "{sent}");
    assert!(
        sent.ends_with(r#""amounts":{"grossAmount":337.72,"paidAmount":0}}}"#) && !sent.contains("address"),
        "{sent}"
    );
}

#[tokio::test]
async fn an_invoice_that_exists_is_no_success_and_not_tried_again() {
    let exists = |extra| problem_with(409, "invoice_exists", "", extra);
    let (peer, _, client) =
        support::client([exists(r#","invoiceId":"00000000-0000-0000-0000-000000000000""#), exists("")]).await;
    let request = invoice(7, "2026-01-02");
    let error = client.submit_invoice(&request).await.unwrap_err();
    assert!(matches!(error, Error::InvoiceExists { invoice_id, .. } if invoice_id.is_nil()), "{error:?}");
    assert_eq!(error.problem().unwrap().code, "invoice_exists");
    assert!(matches!(client.submit_invoice(&request).await, Err(Error::Conflict(_))));
    assert_eq!(peer.count(), 2);
}

#[test]
fn a_request_comes_back_from_json_and_a_misspelt_name_is_refused() {
    let request = every_member(2, 1);
    let text = serde_json::to_string(&request).unwrap();
    let read: SubmitInvoice = serde_json::from_str(&text).unwrap();
    assert_eq!(read, request);
    assert_eq!(read.invoice.attachments[0].content, pdf());
    let value = serde_json::to_value(&request).unwrap();
    assert_eq!(serde_json::from_value::<SubmitInvoice>(value).unwrap(), request);
    let error =
        serde_json::from_str::<SubmitInvoice>(r#"{"invoice":{"header":{"duedate":"2026-01-01"}}}"#).unwrap_err();
    assert!(error.to_string().contains("duedate"), "{error}");
    assert!(
        serde_json::from_str::<SubmitInvoice>(r#"{"invoice":{"attachments":[{"name":"a.pdf","content":"%"}]}}"#)
            .is_err()
    );
    assert_eq!(serde_json::to_string(&SubmitInvoice::default()).unwrap(), "{}");
}

#[test]
fn no_debug_shows_an_identity_number_or_a_file() {
    let request = every_member(2, 1);
    let shown = format!("{request:?} {request:#?}");
    assert!(!shown.contains(IDENTITY_NUMBER) && shown.contains("[secret]"), "{shown}");
    assert!(shown.contains(&format!("{} bytes", pdf().len())) && !shown.contains("37, 80, 68, 70"), "{shown}");
}
