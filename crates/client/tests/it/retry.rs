//! What is tried again, after which pause, and what is not.

use std::time::Duration;

use tallystick_client::{Error, TransportFault};
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::peer::{Step, problem, problem_with, text};
use crate::support::{Still, TIME_LIMIT, builder, client, scripted, valid_until};

fn valid() -> Step {
    valid_until("2027-01-01T00:00:00Z")
}

fn html(status: u16) -> Step {
    Step::Send(text(status, "text/html", "", "<html><h1>Bad Gateway</h1></html>"))
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n";
    let half = Step::Send(format!("{head}{{\"isValid\":true").into_bytes());
    let passing = [
        problem(429, "rate_limited"),
        problem(500, "internal"),
        problem(502, "bad_gateway"),
        problem(503, "unavailable"),
        problem(504, "timeout"),
        html(502),
        Step::Lose,
        Step::Hang,
        half,
    ];
    for (n, step) in passing.into_iter().enumerate() {
        let (peer, still, client) = client([step, valid()]).await;
        assert!(client.validate().await.unwrap_or_else(|error| panic!("step {n}: {error:?}")).is_valid());
        assert_eq!((peer.count(), still.pauses_ms()), (2, vec![100]), "step {n}");
    }
}

#[tokio::test]
async fn nothing_else_is_tried_again() {
    for (status, code) in [
        (400, "validation_failed"),
        (402, "business_rule"),
        (403, "forbidden_for_key"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (408, "timeout"),
        (409, "conflict"),
        (413, "too_large"),
        (415, "media_type"),
        (422, "idempotency_key_reused"),
        (501, "not_implemented"),
    ] {
        let (peer, still, client) = client([problem(status, code)]).await;
        let error = client.validate().await.unwrap_err();
        let problem = error.problem().unwrap();
        assert_eq!((problem.status, problem.code.as_str(), problem.request_id.as_deref()), (status, code, Some("01J")));
        assert!(!error.is_transient());
        assert_eq!((peer.count(), still.pauses().len()), (1, 0), "{status}");
    }
}

#[tokio::test]
async fn each_status_has_its_error() {
    type Check = fn(&Error) -> bool;
    let table: [(u16, Check); 9] = [
        (400, |error| matches!(error, Error::Validation(_))),
        (402, |error| matches!(error, Error::BusinessRule(_))),
        (403, |error| matches!(error, Error::Forbidden(_))),
        (404, |error| matches!(error, Error::NotFound(_))),
        (405, |error| matches!(error, Error::Api(_))),
        (409, |error| matches!(error, Error::Conflict(_))),
        (412, |error| matches!(error, Error::Stale(_))),
        (422, |error| matches!(error, Error::IdempotencyKeyReused(_))),
        (429, |error| matches!(error, Error::RateLimited { retry_after: None, .. })),
    ];
    for (status, is_it) in table {
        let (peer, still) = scripted([problem(status, "any")]).await;
        let error = builder(&peer.url, &still).max_retries(0).build().unwrap().validate().await.unwrap_err();
        assert!(is_it(&error), "{status}: {error:?}");
    }
}

#[tokio::test]
async fn gives_up_after_four_tries_with_the_last_error() {
    let (peer, still, client) = client([Step::Lose, Step::Hang, html(502), problem(500, "internal"), valid()]).await;
    let error = client.validate().await.unwrap_err();
    assert!(matches!(&error, Error::Unavailable { problem, .. } if problem.status == 500), "{error:?}");
    assert_eq!((peer.count(), still.pauses_ms()), (4, vec![100, 200, 400]));
}

#[tokio::test]
async fn the_number_of_retries_and_the_pauses_are_settings() {
    let (peer, still) = scripted((0..6).map(|_| problem(503, "unavailable"))).await;
    let slow = builder(&peer.url, &still).max_retries(4).backoff(Duration::from_millis(4_500), Duration::from_secs(14));
    slow.build().unwrap().validate().await.unwrap_err();
    assert_eq!((peer.count(), still.pauses_ms()), (5, vec![2250, 4500, 7000, 7000]));

    let once = builder(&peer.url, &still).max_retries(0).build().unwrap();
    once.validate().await.unwrap_err();
    assert_eq!((peer.count(), still.pauses().len()), (6, 4));
}

#[tokio::test]
async fn retry_after_is_waited_in_full() {
    let date = "date: Fri, 06 Nov 2026 10:00:00 GMT\r\nretry-after: Fri, 06 Nov 2026 10:00:20 GMT\r\n";
    let steps = [
        problem_with(503, "unavailable", "retry-after: 7\r\n", ""),
        problem_with(429, "rate_limited", "retry-after: Fri, 06 Nov 2026 08:49:30 GMT\r\n", ""),
        problem_with(503, "unavailable", date, ""),
        valid(),
    ];
    let (_peer, still, client) = client(steps).await;
    assert!(client.validate().await.unwrap().is_valid());
    // Half of 200, 400 and 800 ms on top. The second date is measured from our clock, the third from the answer's.
    assert_eq!(still.pauses_ms(), [7_100, 30_200, 20_400]);
}

#[tokio::test]
async fn a_longer_wait_than_a_call_may_take_is_left_to_the_caller() {
    let (peer, still, client) = client([problem_with(429, "rate_limited", "retry-after: 61\r\n", "")]).await;
    let error = client.validate().await.unwrap_err();
    assert!(matches!(error, Error::RateLimited { retry_after: Some(wait), .. } if wait == Duration::from_secs(61)));
    assert!(error.is_transient());
    assert_eq!((peer.count(), still.pauses().len()), (1, 0));

    let (peer, still) = scripted([Step::Send(text(503, "text/html", "retry-after: 61\r\n", "<p>")), valid()]).await;
    let patient = builder(&peer.url, &still).longest_retry_after(Duration::from_secs(90)).build().unwrap();
    assert!(patient.validate().await.unwrap().is_valid());
    assert_eq!(still.pauses_ms(), [61_100]);
}

#[tokio::test]
async fn silence_is_a_timeout() {
    let (peer, _, client) = client([Step::Hang, Step::Hang, Step::Hang, Step::Hang]).await;
    let error = client.validate().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { limit } if limit == TIME_LIMIT), "{error:?}");
    assert!(peer.is_done());
}

#[tokio::test]
async fn a_lost_answer_is_an_interruption() {
    let (_peer, _, client) = client([Step::Lose, Step::Lose, Step::Lose, Step::Lose]).await;
    let error = client.validate().await.unwrap_err();
    assert!(matches!(error, Error::Transport { fault: TransportFault::Interrupted, .. }), "{error:?}");
}

#[tokio::test]
async fn nobody_listening_is_tried_again_and_told_with_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let still = Still::new(Notify::new().into());
    let error = builder(&url, &still).build().unwrap().validate().await.unwrap_err();
    let Error::Transport { fault: TransportFault::Connect, source } = &error else { panic!("{error:?}") };
    assert!(source.to_string().contains("onnection refused"), "{source}");
    assert_eq!(still.pauses().len(), 3);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, _, _) = client([valid()]).await;
    let location = format!("location: {}/api/v1/partner/validate\r\n", elsewhere.url);
    let (_peer, _, client) = client([Step::Send(text(307, "text/plain", &location, ""))]).await;
    let error = client.validate().await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedAnswer { status: 307, .. }), "{error:?}");
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn an_endless_page_is_not_read_to_its_end() {
    let page = "x".repeat(17 * 1024 * 1024);
    let (_peer, _, client) = client([Step::Send(text(200, "application/json", "", &page))]).await;
    let error = client.validate().await.unwrap_err();
    assert!(matches!(error, Error::UnexpectedAnswer { status: 200, reason, .. } if reason.contains("longer")));
}
