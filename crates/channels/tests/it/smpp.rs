//! What is sent by SMPP, as an SMSC reads it.

use std::time::Duration;

use channels::{AcceptedPart, FaultKind, SmsChannel};
use domain::sms::Sender;
use serde_json::json;

use crate::support::{Certificate, bound, channel, message, settings};
use testkit::peer::Peer;

#[tokio::test]
async fn a_message_arrives_as_it_was_written() {
    let mut smpp = bound(json!({}), "service-type = 'CMT'\nuser-message-reference = true").await;
    let mut sent = message(0x0102, "Lasku 12,50 € {maksettu} ÄÖÅ @ £ [~]");
    sent.validity = Some(Duration::from_hours(36));
    let accepted = smpp.channel.submit(&sent).await.unwrap();
    assert_eq!(accepted.provider_message_ids, ["001A2B3C00"]);
    let seen = smpp.smsc.event("submit").await;
    let expected = json!({
        "source": "Tally", "source_ton": 5, "source_npi": 0, "destination": "358441234567", "destination_ton": 1, "destination_npi": 1,
        "esm_class": 0, "data_coding": 0, "registered_delivery": 1, "service_type": "CMT", "reference": 0x0102, "text": sent.text,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&seen[field], value, "{field} of {seen}");
    }
    assert!(seen["udh"].is_null(), "{seen}");
}

#[tokio::test]
async fn no_receipt_is_asked_for_where_none_is_wanted() {
    let mut smpp = bound(json!({}), "").await;
    let mut sent = message(1, &"a".repeat(200));
    for (wants_receipt, registered_delivery) in [(true, 1), (false, 0)] {
        sent.wants_receipt = wants_receipt;
        smpp.channel.submit(&sent).await.unwrap();
        for _ in 0..2 {
            let seen = smpp.smsc.event("submit").await;
            assert_eq!(seen["registered_delivery"], registered_delivery, "{seen}");
        }
    }
}

#[tokio::test]
async fn the_sender_has_the_type_of_its_kind() {
    let mut smpp = bound(json!({}), "").await;
    for (sender, source, ton, npi) in
        [("+358501112233", "358501112233", 1, 1), ("17163", "17163", 3, 0), ("Oy A&B", "Oy A&B", 5, 0)]
    {
        let mut sent = message(1, "Hello");
        sent.sender = Sender::parse(sender).unwrap();
        smpp.channel.submit(&sent).await.unwrap();
        let seen = smpp.smsc.event("submit").await;
        assert_eq!(
            (&seen["source"], &seen["source_ton"], &seen["source_npi"]),
            (&json!(source), &json!(ton), &json!(npi))
        );
    }
}

#[tokio::test]
async fn a_long_text_comes_together_again() {
    let mut smpp = bound(json!({}), "").await;
    for (text, coding, parts) in
        [(format!("{}€uro{}", "a".repeat(152), "b".repeat(150)), 0, 3), (format!("{}🦀šuro", "š".repeat(66)), 8, 2)]
    {
        let accepted = smpp.channel.submit(&message(0x0304, &text)).await.unwrap();
        assert_eq!(accepted.provider_message_ids.len(), parts);
        let mut together = String::new();
        for number in 1..=parts {
            let seen = smpp.smsc.event("submit").await;
            assert_eq!((&seen["esm_class"], &seen["data_coding"]), (&json!(0x40), &json!(coding)));
            assert_eq!(seen["udh"], json!([format!("000307{parts:02x}{number:02x}")]), "{seen}");
            together.push_str(seen["text"].as_str().unwrap());
        }
        assert_eq!(together, text);
    }
}

#[tokio::test]
async fn a_long_text_goes_whole_as_payload() {
    let mut smpp = bound(json!({}), "long-messages = 'payload'").await;
    let text = "Maksumuistutus €".repeat(40);
    let accepted = smpp.channel.submit(&message(1, &text)).await.unwrap();
    assert_eq!(accepted.provider_message_ids.len(), 1);
    let seen = smpp.smsc.event("submit").await;
    assert_eq!((&seen["payload"], &seen["text"], &seen["esm_class"]), (&json!(true), &json!(text), &json!(0)));
}

#[tokio::test]
async fn only_the_parts_that_are_missing_are_sent_again() {
    let mut smpp = bound(json!({}), "throttle-pause = '1ms'").await;
    smpp.answer_with(json!(["ok", 0x58])).await;
    let mut sent = message(1, &"a".repeat(400));
    let fault = smpp.channel.submit(&sent).await.unwrap_err();
    assert_eq!((fault.kind, fault.accepted.len(), fault.accepted[0].index), (FaultKind::Throttled, 1, 0));
    for _ in 0..2 {
        smpp.smsc.event("submit").await;
    }
    sent.accepted = fault.accepted.clone();
    let accepted = smpp.channel.submit(&sent).await.unwrap();
    assert_eq!(accepted.provider_message_ids.len(), 3);
    assert_eq!(accepted.provider_message_ids[0], fault.accepted[0].provider_message_id);
    for number in ["02", "03"] {
        let seen = smpp.smsc.event("submit").await;
        assert!(seen["udh"][0].as_str().unwrap().ends_with(number), "{seen}");
    }
}

#[tokio::test]
async fn parts_of_before_do_not_stand_for_a_text_that_goes_whole() {
    let mut smpp = bound(json!({}), "long-messages = 'payload'").await;
    let mut sent = message(1, &"a".repeat(400));
    // By a try of before, when the channel sent texts in parts.
    sent.accepted = vec![AcceptedPart { index: 0, provider_message_id: "of-before".to_owned() }];
    let accepted = smpp.channel.submit(&sent).await.unwrap();
    assert_eq!(accepted.provider_message_ids, ["001A2B3C00"]);
    assert_eq!(smpp.smsc.event("submit").await["text"], json!(sent.text));
}

#[tokio::test]
async fn the_window_is_kept_full_and_never_overrun() {
    let mut smpp = bound(json!({}), "window = 4").await;
    smpp.answer_with(json!("hold")).await;
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let channel = smpp.channel.clone();
            tokio::spawn(async move { channel.submit(&message(number, "Hello")).await })
        })
        .collect();
    for _ in 0..4 {
        smpp.smsc.event("submit").await;
    }
    // What was sent before our answer to the enquire_link comes before it.
    smpp.smsc.ask("enquire", json!({})).await;
    assert_eq!(smpp.smsc.events_until("submit", "enquire_link_resp").await, [json!(null); 0]);
    smpp.smsc.order("mode", json!({ "set": { "submit": "ok" } })).await;
    smpp.smsc.ask("answer", json!({})).await;
    let mut ids: Vec<String> = Vec::new();
    for task in tasks {
        ids.extend(task.await.unwrap().unwrap().provider_message_ids);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn the_test_of_the_channel_tells_whom_it_found() {
    let smpp = bound(json!({}), "").await;
    let told = smpp.channel.test().await.unwrap();
    assert!(told.contains("127.0.0.1") && told.contains("simulator"), "{told}");
}

#[tokio::test]
async fn closing_waits_for_the_answers_and_unbinds() {
    let mut smpp = bound(json!({}), "").await;
    smpp.answer_with(json!("hold")).await;
    let channel = smpp.channel.clone();
    let submit = tokio::spawn(async move { channel.submit(&message(1, "Hello")).await });
    smpp.smsc.event("submit").await;
    let channel = smpp.channel.clone();
    let close = tokio::spawn(async move { channel.close().await });
    smpp.smsc.ask("answer", json!({})).await;
    assert_eq!(submit.await.unwrap().unwrap().provider_message_ids.len(), 1);
    smpp.smsc.event("unbind").await;
    close.await.unwrap();
    let fault = smpp.channel.submit(&message(2, "Hello")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false));
}

#[tokio::test]
async fn closing_does_not_wait_long_for_an_answer_that_does_not_come() {
    let mut smpp = bound(json!({}), "response-timeout = '10m'").await;
    smpp.answer_with(json!("hold")).await;
    let channel = smpp.channel.clone();
    let submit = tokio::spawn(async move { channel.submit(&message(1, "Hello")).await });
    smpp.smsc.event("submit").await;
    let channel = smpp.channel.clone();
    let close = tokio::spawn(async move { channel.close().await });
    // The peer's patience is shorter than the time for the answer.
    smpp.smsc.event("unbind").await;
    close.await.unwrap();
    let fault = submit.await.unwrap().unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true));
}

#[tokio::test]
async fn the_connection_may_be_encrypted() {
    let certificate = Certificate::new();
    let mut smsc = Peer::smsc(json!({ "tls": { "key": certificate.key(), "cert": certificate.certificate() } })).await;
    let trusting = format!("[tls]\nca-file = '{}'", certificate.certificate().display());
    let (trusted, _receipts) = channel(&settings(smsc.port, &trusting));
    smsc.event("bind").await;
    assert_eq!(trusted.submit(&message(1, "Hello")).await.unwrap().provider_message_ids.len(), 1);
    trusted.close().await;
    // Another's certificate is not trusted.
    let other = Certificate::new();
    let (wary, _receipts) =
        channel(&settings(smsc.port, &format!("[tls]\nca-file = '{}'", other.certificate().display())));
    let fault = wary.submit(&message(1, "Hello")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false));
    assert!(fault.reason.contains("certificate"), "{fault}");
}
