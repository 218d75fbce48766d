//! Tokens of a merchant's user against a scripted peer: there is no other grant, so that a pair which works is not put at risk.

use std::sync::Arc;
use std::time::Duration;

use tallystick_client::pos::{PosClient, PosError};
use tokio::sync::Notify;

use crate::peer::{Peer, Step, json, text};
use crate::pos_token::{bare, call, pair, refresh, said, terms, till};
use crate::support::{EARLY_LIMITS, Still, TIME_LIMIT};

const LOG_IN: &str = "grant_type=password&scope=merchant&username=anna&password=dice";
const USED: &str = r#"{"error":"invalid_grant","error_description":"Used before","message":"Used before"}"#;

/// A user with the pair `u`, of 1200 s, and a peer that goes on with this script.
async fn anna(script: impl IntoIterator<Item = Step>) -> (Peer, Arc<Still>, PosClient) {
    logged_in([pair("u")].into_iter().chain(script)).await
}

async fn logged_in(script: impl IntoIterator<Item = Step>) -> (Peer, Arc<Still>, PosClient) {
    let (peer, still, till) = till(script).await;
    let anna = till.log_in_with_password("anna", "dice").await.unwrap();
    (peer, still, anna)
}

#[tokio::test]
async fn a_forced_refresh_that_was_lost_is_not_made_again_while_the_token_works() {
    let lost = [Step::Lose, Step::Lose, Step::Lose, Step::Lose];
    let (peer, still, anna) = anna(lost.into_iter().chain([terms(), terms(), pair("v"), terms()])).await;
    let (again, old) = (refresh("u"), "Bearer u");
    let first = anna.force_refresh().await.unwrap_err();
    assert!(first.is_transient(), "{first:?}");
    still.turn(120);
    let second = anna.force_refresh().await.unwrap_err();
    assert_eq!(second.to_string(), first.to_string());
    call(&anna).await.unwrap();
    // Due, but not about to expire.
    still.turn(1069);
    call(&anna).await.unwrap();
    assert_eq!(said(&peer), [LOG_IN, &again, &again, &again, &again, old, old]);
    // The server has heard none of it.
    still.turn(1);
    call(&anna).await.unwrap();
    assert_eq!(said(&peer)[7..], [&again, "Bearer v"]);
}

#[tokio::test]
async fn a_theft_costs_a_user_no_more_than_the_last_seconds() {
    let (peer, still, anna) = anna([Step::Lose, terms(), terms(), json(400, USED)]).await;
    still.turn(1140);
    call(&anna).await.unwrap();
    still.turn(49);
    call(&anna).await.unwrap();
    still.turn(1);
    let error = call(&anna).await.unwrap_err();
    assert!(matches!(error, PosError::LoginNeeded { problem: Some(_) }), "{error:?}");
    assert_eq!(said(&peer), [LOG_IN, &refresh("u"), "Bearer u", "Bearer u", &refresh("u")]);
}

#[tokio::test]
async fn a_forced_refresh_in_the_last_seconds_is_made_and_so_is_one_for_a_refused_token() {
    let refused = || json(401, r#"{"url":"/x","error":"unauthorized","message":"Revoked","field_errors":[]}"#);
    for (seconds, refuses) in [(1190, false), (120, true)] {
        let lost = [Step::Lose, Step::Lose, Step::Lose, Step::Lose];
        let then = if refuses { vec![refused(), pair("v"), terms()] } else { vec![pair("v"), terms()] };
        let (peer, still, anna) = anna(lost.into_iter().chain(then)).await;
        anna.force_refresh().await.unwrap_err();
        still.turn(seconds);
        if !refuses {
            anna.force_refresh().await.unwrap();
        }
        call(&anna).await.unwrap();
        assert!(peer.is_done(), "{seconds}: {:?}", said(&peer));
    }
}

#[tokio::test]
async fn a_refresh_that_was_dropped_is_not_made_again_while_the_token_works() {
    let never = Arc::new(Notify::new());
    let (peer, still, anna) = anna([Step::SendWhen(never, Vec::new()), terms()]).await;
    let dropped = tokio::spawn({
        let anna = anna.clone();
        async move { anna.force_refresh().await }
    });
    for _ in 0..2 {
        peer.arrival().await;
    }
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    still.turn(9);
    let error = anna.force_refresh().await.unwrap_err();
    assert!(matches!(error, PosError::Timeout { limit } if limit == Duration::from_secs(9)), "{error:?}");
    call(&anna).await.unwrap();
    assert_eq!(said(&peer), [LOG_IN, &refresh("u"), "Bearer u"]);
}

#[tokio::test]
async fn the_second_try_hears_an_endpoint_that_is_slow() {
    let [first, half, second, _] = EARLY_LIMITS;
    let (peer, still, anna) = anna([Step::Hang, terms(), pair("v"), terms()]).await;
    still.turn(1140);
    call(&anna).await.unwrap();
    still.turn(5);
    call(&anna).await.unwrap();
    assert_eq!(said(&peer), [LOG_IN, &refresh("u"), "Bearer u", &refresh("u"), "Bearer v"]);
    assert_eq!(still.limits(), [TIME_LIMIT, first, TIME_LIMIT, second, TIME_LIMIT]);

    // A third would be taken for a theft. The last gets half of what is left.
    let hangs = [Step::Hang, terms(), Step::Hang, terms(), terms(), terms(), Step::Hang, terms()];
    let (peer, still, anna) = self::anna(hangs).await;
    still.turn(1140);
    for seconds in [0, 5, 5, 5, 41] {
        still.turn(seconds);
        call(&anna).await.unwrap();
    }
    let (again, old) = (refresh("u"), "Bearer u");
    assert_eq!(said(&peer), [LOG_IN, &again, old, &again, old, old, old, &again, old]);
    let early: Vec<_> = still.limits().into_iter().filter(|limit| *limit != TIME_LIMIT).collect();
    assert_eq!(early, [first, second, half]);
}

#[tokio::test]
async fn a_pause_that_the_server_asks_for_ends_before_the_token() {
    let busy = |status| {
        let body = r#"{"error":"temporarily_unavailable","message":"Busy"}"#;
        Step::Send(text(status, "application/json", "retry-after: 60\r\n", body))
    };
    // After 429 nothing was done, so that the refresh token may be presented at any time; after 503 the leeway is over at 30 s.
    for (status, left) in [(429, 30), (503, 10)] {
        let (peer, still, anna) = anna([busy(status), terms(), terms(), pair("v"), terms()]).await;
        still.turn(1140);
        call(&anna).await.unwrap();
        still.turn(60 - left - 1);
        call(&anna).await.unwrap();
        still.turn(1);
        call(&anna).await.unwrap();
        assert_eq!(said(&peer), [LOG_IN, &refresh("u"), "Bearer u", "Bearer u", &refresh("u"), "Bearer v"], "{status}");
    }
}

#[tokio::test]
async fn a_token_without_a_refresh_token_is_used_to_its_end() {
    let (peer, still, anna) = logged_in([bare("u"), terms()]).await;
    still.turn(1199);
    call(&anna).await.unwrap();
    still.turn(1);
    let error = call(&anna).await.unwrap_err();
    assert!(matches!(error, PosError::LoginNeeded { problem: None }), "{error:?}");
    assert_eq!(said(&peer), [LOG_IN, "Bearer u"]);
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_leaves_the_old_one_in_use() {
    let (peer, _, anna) = anna([bare("v"), pair("w"), terms()]).await;
    anna.force_refresh().await.unwrap();
    anna.force_refresh().await.unwrap();
    call(&anna).await.unwrap();
    assert_eq!(said(&peer), [LOG_IN, &refresh("u"), &refresh("u"), "Bearer w"]);
}
