//! Renewal: the order of storing and using, lost answers, many at once.

use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use tallystick_client::{ApiKey, Error, RenewError, Renewed};
use time::macros::datetime;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::peer::{Step, problem, text};
use crate::support::{NEW, OLD, client, renewed_to, valid_until};

fn valid() -> Step {
    valid_until("2027-01-01T00:00:00Z")
}

fn key(text: &str) -> ApiKey {
    text.try_into().unwrap()
}

#[tokio::test]
async fn the_new_key_is_used_from_then_on_by_every_clone() {
    let (peer, _, client) = client([renewed_to(NEW), valid(), valid()]).await;
    let clone = client.clone();
    let renewed = client.renew().await.unwrap();
    assert_eq!(renewed.message, "Token renewed");
    assert_eq!(renewed.api_access_token, key(NEW));
    assert_eq!(renewed.expires_at, Some(datetime!(2027-01-01 00:00 UTC)));
    assert!(client.validate().await.unwrap().is_valid());
    assert!(clone.validate().await.unwrap().is_valid());
    let requests = peer.requests();
    assert_eq!(requests[0].line, "GET /api/v1/partner/renew");
    assert_eq!(requests.iter().map(crate::peer::Request::key).collect::<Vec<_>>(), [OLD, NEW, NEW]);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_old_key() {
    let (peer, _, client) = client([Step::Lose, Step::Hang, renewed_to(NEW)]).await;
    assert_eq!(client.renew().await.unwrap().api_access_token, key(NEW));
    assert!(peer.requests().iter().all(|request| request.key() == OLD));
    assert_eq!(client.api_key().expose(), NEW);
}

#[tokio::test]
async fn a_renewal_whose_every_answer_is_lost_leaves_the_old_key_and_can_be_completed_later() {
    let lost = [Step::Lose, Step::Lose, Step::Lose, Step::Lose, valid(), renewed_to(NEW)];
    let (_peer, _, client) = client(lost).await;
    assert!(matches!(client.renew().await, Err(Error::Transport { .. })));
    assert_eq!(client.api_key().expose(), OLD);
    assert!(client.validate().await.unwrap().is_valid());
    assert_eq!(client.renew().await.unwrap().api_access_token, key(NEW));
}

#[tokio::test]
async fn the_new_key_is_stored_before_it_is_used() {
    let (peer, _, client) = client([renewed_to(NEW), valid(), valid()]).await;
    let during = client.clone();
    let stored: Arc<Mutex<Option<Renewed>>> = Arc::default();
    let store = Arc::clone(&stored);
    client
        .renew_with(|renewed| async move {
            assert!(during.validate().await.unwrap().is_valid());
            *store.lock().unwrap() = Some(renewed);
            Ok::<(), std::io::Error>(())
        })
        .await
        .unwrap();
    assert!(client.validate().await.unwrap().is_valid());
    assert_eq!(stored.lock().unwrap().as_ref().unwrap().api_access_token, key(NEW));
    assert_eq!(peer.requests().iter().map(crate::peer::Request::key).collect::<Vec<_>>(), [OLD, OLD, NEW]);
}

#[tokio::test]
async fn what_could_not_be_stored_is_not_used_and_comes_again() {
    let (peer, _, client) = client([renewed_to(NEW), renewed_to(NEW)]).await;
    let error = client.renew_with(async |_| Err(std::io::Error::other("disk full"))).await.unwrap_err();
    assert!(matches!(&error, RenewError::Persist(cause) if cause.to_string() == "disk full"), "{error:?}");
    assert_eq!(client.api_key().expose(), OLD);
    client.renew_with(async |_| Ok::<(), std::io::Error>(())).await.unwrap();
    assert_eq!(client.api_key().expose(), NEW);
    assert!(peer.requests().iter().all(|request| request.key() == OLD));
}

#[tokio::test]
async fn a_refused_renewal_stores_nothing() {
    let (_peer, _, client) = client([problem(401, "key_revoked")]).await;
    let result =
        client.renew_with(async |_| -> Result<(), std::io::Error> { panic!("there is nothing to store") }).await;
    assert!(matches!(result, Err(RenewError::Call(Error::Unauthorized(problem))) if problem.code == "key_revoked"));
    assert_eq!(client.api_key().expose(), OLD);
}

#[tokio::test]
async fn many_renewals_at_once_are_one_and_each_stores_it() {
    let go = Arc::new(Notify::new());
    let Step::Send(answer) = renewed_to(NEW) else { unreachable!("an answer is sent") };
    let (peer, _, client) = client([Step::SendWhen(Arc::clone(&go), answer)]).await;
    let stored = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (client, stored) = (client.clone(), Arc::clone(&stored));
        let mut renewal = Box::pin(async move {
            let persist = async |renewed: Renewed| {
                stored.lock().unwrap().push(renewed.api_access_token);
                Ok::<(), std::io::Error>(())
            };
            client.renew_with(persist).await.unwrap()
        });
        // Polled once here, so that all of them have begun before the one request is answered.
        poll_fn(|context| {
            assert!(renewal.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        tasks.spawn(renewal);
    }
    peer.arrival().await;
    go.notify_one();
    let all = tasks.join_all().await;
    assert!(all.iter().all(|renewed| renewed.api_access_token == key(NEW)));
    assert_eq!(*stored.lock().unwrap(), vec![key(NEW); 50]);
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn renewing_twice_in_a_row_renews_twice() {
    let (peer, _, client) = client([renewed_to(NEW), renewed_to("third")]).await;
    client.renew().await.unwrap();
    assert_eq!(client.renew().await.unwrap().api_access_token, key("third"));
    assert_eq!(peer.requests()[1].key(), NEW);
}

#[tokio::test]
async fn a_call_whose_key_was_replaced_under_it_goes_on_with_the_new_one() {
    let go = Arc::new(Notify::new());
    let refusal =
        text(401, "application/problem+json", "", r#"{"code":"key_unknown","message":"No such key","isValid":false}"#);
    let (peer, still, client) = client([Step::SendWhen(Arc::clone(&go), refusal), valid()]).await;
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.validate().await }
    });
    peer.arrival().await;
    client.set_api_key(key(NEW));
    go.notify_one();
    assert!(call.await.unwrap().unwrap().is_valid());
    assert_eq!(peer.requests().iter().map(crate::peer::Request::key).collect::<Vec<_>>(), [OLD, NEW]);
    assert!(still.pauses().is_empty());
}

#[tokio::test]
async fn a_renewal_does_not_undo_a_key_that_was_set_meanwhile() {
    let go = Arc::new(Notify::new());
    let Step::Send(busy) = problem(503, "unavailable") else { unreachable!("an answer is sent") };
    let (peer, _, client) = client([Step::SendWhen(Arc::clone(&go), busy), renewed_to(NEW)]).await;
    let renewal = tokio::spawn({
        let client = client.clone();
        async move { client.renew().await }
    });
    peer.arrival().await;
    client.set_api_key(key("set-meanwhile"));
    go.notify_one();
    renewal.await.unwrap().unwrap();
    assert_eq!(client.api_key().expose(), "set-meanwhile");
    // Nor does it renew that key in passing: its successor would be lost.
    assert!(peer.requests().iter().all(|request| request.key() == OLD));
}
