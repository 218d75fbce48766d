//! What an SMSC does to us.

use channels::smpp::SmppChannel;
use channels::{Accepted, Fault, FaultKind, SmsChannel};
use serde_json::json;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::{bound, channel, message, settings};
use testkit::peer::Peer;

fn submit(channel: &Arc<SmppChannel>, number: u128) -> JoinHandle<Result<Accepted, Fault>> {
    let channel = Arc::clone(channel);
    tokio::spawn(async move { channel.submit(&message(number, "Hello")).await })
}

#[tokio::test]
async fn throttling_is_told_and_makes_a_pause() {
    let mut smpp = bound(json!({}), "throttle-pause = '1500ms'").await;
    for (status, name) in [(0x58, "ESME_RTHROTTLED"), (0x14, "ESME_RMSGQFUL")] {
        smpp.answer_with(json!([status])).await;
        let fault = smpp.channel.submit(&message(1, "Hello")).await.unwrap_err();
        assert_eq!((fault.kind, fault.code.as_deref()), (FaultKind::Throttled, Some(name)));
        assert_eq!(fault.retry_after.map(|wait| wait.as_millis()), Some(1_500));
        assert!(!fault.may_have_been_accepted);
        smpp.smsc.event("submit").await;
        // The next one waits: the SMSC hears our answer to its enquire_link first.
        let next = submit(&smpp.channel, 2);
        smpp.smsc.ask("enquire", json!({})).await;
        assert_eq!(smpp.smsc.events_until("submit", "enquire_link_resp").await.len(), 0);
        assert!(next.await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_dropped_link_leaves_a_doubt_for_each_message_that_was_out() {
    let mut smpp = bound(json!({}), "window = 8").await;
    smpp.answer_with(json!("hold")).await;
    let tasks: Vec<_> = (0..8).map(|number| submit(&smpp.channel, number)).collect();
    for _ in 0..8 {
        smpp.smsc.event("submit").await;
    }
    smpp.smsc.ask("drop", json!({})).await;
    for task in tasks {
        let fault = task.await.unwrap().unwrap_err();
        assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true), "{fault}");
    }
    smpp.smsc.event("bind").await;
    smpp.answer_with(json!("ok")).await;
    assert!(smpp.channel.submit(&message(9, "Hello")).await.is_ok());
}

#[tokio::test]
async fn silence_leaves_a_doubt_and_the_link_stays() {
    let mut smpp = bound(json!({}), "response-timeout = '1s'").await;
    smpp.answer_with(json!(["hold"])).await;
    let fault = smpp.channel.submit(&message(1, "Hello")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true));
    assert!(fault.reason.contains("in time"), "{fault}");
    // The late answer does no harm, and the next message goes over the same connection.
    smpp.smsc.order("answer", json!({})).await;
    assert!(smpp.channel.submit(&message(2, "Hello")).await.is_ok());
    smpp.smsc.ask("enquire", json!({})).await;
    assert_eq!(smpp.smsc.events_until("bind", "enquire_link_resp").await.len(), 0);
}

#[tokio::test]
async fn a_dead_link_is_found_and_replaced() {
    let mut smpp = bound(json!({}), "enquire-link = '50ms'\nresponse-timeout = '1s'").await;
    // A live one is asked again and again.
    for _ in 0..3 {
        smpp.smsc.event("enquire_link").await;
    }
    smpp.smsc.order("mode", json!({ "set": { "enquire": false } })).await;
    smpp.smsc.event("close").await;
    smpp.smsc.event("bind").await;
    smpp.smsc.order("mode", json!({ "set": { "enquire": true } })).await;
    smpp.smsc.event("enquire_link").await;
}

#[tokio::test]
async fn refusals_are_permanent_unless_the_settings_say_otherwise() {
    let mut smpp = bound(json!({}), "temporary-statuses = [0x402]").await;
    for (status, kind, code) in [
        (0x0b, FaultKind::Permanent, "ESME_RINVDSTADR"),
        (0x401, FaultKind::Permanent, "0x00000401"),
        (0x402, FaultKind::Temporary, "0x00000402"),
        (0x08, FaultKind::Temporary, "ESME_RSYSERR"),
    ] {
        smpp.answer_with(json!([status])).await;
        let fault = smpp.channel.submit(&message(1, "Hello")).await.unwrap_err();
        assert_eq!((fault.kind, fault.code.as_deref(), fault.may_have_been_accepted), (kind, Some(code), false));
    }
}

#[tokio::test]
async fn a_refused_bind_says_so_and_is_tried_again() {
    let mut smsc = Peer::smsc(json!({ "bind": 0x0e })).await;
    let (channel, _receipts) = channel(&settings(smsc.port, ""));
    assert_eq!(smsc.event("bind").await["password"], "hunter22");
    let fault = channel.submit(&message(1, "Hello")).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_deref()), (FaultKind::Unreachable, Some("ESME_RINVPASWD")));
    assert!(!fault.may_have_been_accepted);
    assert!(!format!("{fault:?} {channel:?}").contains("hunter22"));
    assert_eq!(channel.test().await.unwrap_err().code.as_deref(), Some("ESME_RINVPASWD"));
    smsc.event("bind").await;
}

#[tokio::test]
async fn nobody_there_says_nothing_of_the_message() {
    // Taken and given back, so that nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let (channel, _receipts) = channel(&settings(port, ""));
    let fault = channel.submit(&message(1, "Hello")).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false));
    channel.close().await;
}

#[tokio::test]
async fn a_provider_that_unbinds_is_bound_again() {
    let mut smpp = bound(json!({}), "").await;
    smpp.smsc.ask("unbind", json!({})).await;
    smpp.smsc.event("unbind_resp").await;
    smpp.smsc.event("bind").await;
}

#[tokio::test]
async fn only_the_answer_of_its_kind_accepts_a_message() {
    let mut smpp = bound(json!({}), "").await;
    smpp.answer_with(json!("hold")).await;
    // A generic_nack, and the answer to another request, both with a status of success.
    for command in ["80000000", "80000015"] {
        let submit = submit(&smpp.channel, 1);
        let sequence = smpp.smsc.event("submit").await["sequence"].as_u64().unwrap();
        smpp.smsc.ask("raw", json!({ "hex": format!("00000010{command}00000000{sequence:08x}") })).await;
        let fault = submit.await.unwrap().unwrap_err();
        assert_eq!((fault.kind, fault.code.as_deref()), (FaultKind::Temporary, Some("ESME_RUNKNOWNERR")));
    }
}

#[tokio::test]
async fn what_is_not_smpp_ends_the_link_only() {
    let mut smpp = bound(json!({}), "").await;
    smpp.smsc.ask("raw", json!({ "hex": "485454502f312e31" })).await;
    smpp.smsc.event("bind").await;
    assert!(smpp.channel.submit(&message(1, "Hello")).await.is_ok());
}
