//! Receipts, in every way that providers send them.

use channels::{SinkFault, SmsChannel};
use domain::sms::{SmsState, id_forms, normal_id};
use serde_json::{Value, json};

use crate::support::{bound, message};

fn same(submitted: &str, receipt: &str) -> bool {
    id_forms(receipt).contains(&normal_id(submitted))
}

#[tokio::test]
async fn a_receipt_before_the_answer_is_taken() {
    let mut smpp = bound(json!({}), "").await;
    smpp.answer_with(json!("receipt-first")).await;
    let channel = smpp.channel.clone();
    let submit = tokio::spawn(async move { channel.submit(&message(1, "Hello")).await });
    let receipt = smpp.receipts.stored().await;
    let accepted = submit.await.unwrap().unwrap();
    assert_eq!(receipt.state, SmsState::Delivered);
    assert!(same(&accepted.provider_message_ids[0], &receipt.provider_message_id));
    assert_eq!(receipt.recipient.as_deref(), Some("358441234567"));
    assert_eq!(receipt.channel, "smsc");
    assert_eq!(smpp.smsc.event("deliver_resp").await["status"], 0);
}

#[tokio::test]
async fn a_receipt_right_behind_the_bind_is_taken() {
    let mut smpp = bound(json!({ "waiting": "id:1 stat:EXPIRED" }), "").await;
    assert_eq!(smpp.receipts.stored().await.state, SmsState::Expired);
    assert_eq!(smpp.smsc.event("deliver_resp").await["status"], 0);
}

#[tokio::test]
async fn any_spelling_of_the_id_is_matched_and_a_repeat_is_taken_again() {
    for (ids, spellings) in [
        ("hex", ["001A2B3C00", "1a2b3c00", "439041024", "0000439041024"]),
        ("decimal", ["439041024", "0439041024", "1A2B3C00", "001a2b3c00"]),
    ] {
        let mut smpp = bound(json!({ "ids": ids }), "").await;
        let accepted = smpp.channel.submit(&message(1, "Hello")).await.unwrap();
        for (tag, id) in spellings.into_iter().enumerate() {
            let text = format!(
                "id:{id} sub:001 dlvrd:000 submit date:2611211200 done date:2611211201 stat:UNDELIV err:034 text:Hello"
            );
            smpp.smsc.ask("deliver", json!({ "pdu": { "text": text, "tag": tag } })).await;
            let receipt = smpp.receipts.stored().await;
            assert!(same(&accepted.provider_message_ids[0], &receipt.provider_message_id), "{id}");
            assert_eq!((receipt.state, receipt.error_code.as_deref()), (SmsState::Undeliverable, Some("034")));
            assert!(!receipt.text.unwrap().contains("Hello"));
            assert_eq!(smpp.smsc.event("deliver_resp").await["tag"], tag);
        }
    }
}

#[tokio::test]
async fn the_parameters_of_a_receipt_are_read() {
    let mut smpp = bound(json!({}), "").await;
    for (message_state, state) in [
        (1, SmsState::Sent),
        (2, SmsState::Delivered),
        (3, SmsState::Expired),
        (5, SmsState::Undeliverable),
        (8, SmsState::Rejected),
    ] {
        let pdu = json!({ "esm_class": 4, "receipted_message_id": "00Ab", "message_state": message_state });
        smpp.smsc.ask("deliver", json!({ "pdu": pdu })).await;
        let receipt = smpp.receipts.stored().await;
        assert_eq!((&receipt.provider_message_id[..], receipt.state), ("00Ab", state));
    }
}

#[tokio::test]
async fn a_receipt_is_acknowledged_only_when_it_is_stored() {
    let mut smpp = bound(json!({}), "").await;
    smpp.smsc.ask("deliver", json!({ "pdu": { "text": "id:1 stat:DELIVRD", "tag": "held" } })).await;
    let (_, verdict) = smpp.receipts.next().await;
    // The link goes on meanwhile: answers and other receipts pass.
    smpp.smsc.ask("enquire", json!({})).await;
    assert_eq!(smpp.smsc.events_until("deliver_resp", "enquire_link_resp").await, Vec::<Value>::new());
    assert!(smpp.channel.submit(&message(1, "Hello")).await.is_ok());
    verdict.send(Ok(())).unwrap();
    let acknowledged = smpp.smsc.event("deliver_resp").await;
    assert_eq!((&acknowledged["tag"], &acknowledged["status"]), (&json!("held"), &json!(0)));
}

#[tokio::test]
async fn a_receipt_that_cannot_be_stored_is_asked_for_again() {
    let mut smpp = bound(json!({}), "").await;
    smpp.smsc.ask("deliver", json!({ "pdu": { "text": "id:1 stat:DELIVRD" } })).await;
    let (_, verdict) = smpp.receipts.next().await;
    verdict.send(Err(SinkFault)).unwrap();
    assert_eq!(smpp.smsc.event("deliver_resp").await["status"], 0x64);
}

#[tokio::test]
async fn what_is_no_receipt_is_acknowledged_and_goes_no_further() {
    let mut smpp = bound(json!({}), "").await;
    for pdu in [
        // Written on a phone by somebody who knows the form.
        json!({ "esm_class": 0, "source_addr": "358441234567", "text": "id:1 stat:DELIVRD" }),
        json!({ "esm_class": 0, "source_addr": "358441234567", "text": "STOP", "data_coding": 8 }),
        json!({ "esm_class": 4, "text": "no id and no state" }),
    ] {
        smpp.smsc.ask("deliver", json!({ "pdu": pdu })).await;
        assert_eq!(smpp.smsc.event("deliver_resp").await["status"], 0);
    }
    assert!(smpp.receipts.is_empty());
}
