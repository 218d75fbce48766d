//! Tokens of the point-of-sale API against a scripted peer: when one is asked for, by which grant, and how often.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tallystick_client::Runtime;
use tallystick_client::pos::{Lang, PosBuilder, PosClient, PosError, Scope};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::peer::{Peer, Request, Step, json, text};
use crate::support::{EARLY_LIMITS, Still, TIME_LIMIT, scripted};

const SECRET: &str = "77fde15a-9d33-4e15-930a-76e4b3ae33e9";
const INVALID_GRANT: &str = r#"{"error":"invalid_grant","error_description":"Used before","message":"Used before"}"#;
const TERMS: &str = r#"{"version":"roc-1","effective_date":"2026-01-01","title":"T","text":"X"}"#;

pub(crate) fn builder(url: &str, still: &Arc<Still>) -> PosBuilder {
    let builder = PosClient::builder(url).credentials("shop", SECRET).timeout(TIME_LIMIT).no_proxy();
    builder.runtime(Arc::clone(still) as Arc<dyn Runtime>)
}

pub(crate) async fn till(script: impl IntoIterator<Item = Step>) -> (Peer, Arc<Still>, PosClient) {
    let (peer, still) = scripted(script).await;
    let till = builder(&peer.url, &still).build().unwrap();
    (peer, still, till)
}

/// The pair whose access token is `name`, and whose refresh token `name-r`.
pub(crate) fn pair(name: &str) -> Step {
    let body = format!(
        r#"{{"token_type":"bearer","access_token":"{name}","expires_in":1200,"refresh_token":"{name}-r","scope":"merchant"}}"#
    );
    json(200, &body)
}

/// The same without a refresh token, as other servers may give it.
pub(crate) fn bare(name: &str) -> Step {
    json(200, &format!(r#"{{"token_type":"Bearer","access_token":"{name}","expires_in":1200}}"#))
}

pub(crate) fn terms() -> Step {
    json(200, TERMS)
}

fn unauthorized() -> Step {
    json(401, r#"{"url":"/x","error":"unauthorized","message":"The access token was revoked","field_errors":[]}"#)
}

pub(crate) async fn call(till: &PosClient) -> Result<(), PosError> {
    till.flow().terms_and_conditions(tallystick_client::pos::Province::On).await.map(|_| ())
}

/// Each request in a word: the token of a call, or the grant with the refresh token.
pub(crate) fn said(peer: &Peer) -> Vec<String> {
    let word = |request: &Request| match request.header("authorization") {
        Some(value) => value.to_owned(),
        None => {
            let credentials = format!("client_id=shop&client_secret={SECRET}&");
            request.body.strip_prefix(&credentials).unwrap_or_else(|| panic!("{request:?}")).to_owned()
        }
    };
    peer.requests().iter().map(word).collect()
}

const FIRST: &str = "grant_type=client_credentials&scope=merchant";

pub(crate) fn refresh(name: &str) -> String {
    format!("grant_type=refresh_token&refresh_token={name}-r")
}

#[tokio::test]
async fn a_token_is_got_once_and_refreshed_before_it_expires() {
    let (peer, still, till) = till([pair("a"), terms(), terms(), pair("b"), terms(), terms()]).await;
    let flow = till.flow();
    flow.terms_and_conditions(tallystick_client::pos::Province::On).await.unwrap();
    still.turn(1139);
    call(&till.clone()).await.unwrap();
    still.turn(1);
    call(&till).await.unwrap();
    still.turn(1139);
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, "Bearer a", "Bearer a", &refresh("a"), "Bearer b", "Bearer b"]);
    let requests = peer.requests();
    assert_eq!(requests[0].line, "POST /flexiti/pos-api/v2.5/oauth/token");
    assert_eq!(requests[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(requests[1].line, "GET /flexiti/pos-api/v2.5/client-id/shop/terms-and-conditions?province=ON");
    // A request for a token has the name of the flow whose call needs it.
    let flows: Vec<_> = requests.iter().map(|request| request.header("x-reference-id").unwrap()).collect();
    assert_eq!((flows[0], flows[1]), (flow.reference_id().to_string().as_str(), flows[0]));
    assert!(flows[2] != flows[1] && flows[3] != flows[2] && flows[4] == flows[3] && flows[5] != flows[4]);
}

#[tokio::test]
async fn threshold_scope_language_and_prefix_are_settings() {
    let (peer, still) = scripted([pair("a"), terms(), pair("b"), terms()]).await;
    let builder = builder(&peer.url, &still).scope(Scope::Customer).language(Lang::French).prefix("/pos/v3");
    let till = builder.refresh_threshold(Duration::from_secs(1000)).build().unwrap();
    call(&till).await.unwrap();
    still.turn(200);
    call(&till).await.unwrap();
    let requests = peer.requests();
    assert_eq!(requests[0].line, "POST /pos/v3/oauth/token?lang=fr");
    assert!(requests[0].body.ends_with("&scope=customer"), "{}", requests[0].body);
    assert_eq!(requests[1].line, "GET /pos/v3/client-id/shop/terms-and-conditions?lang=fr&province=ON");
    assert!(requests[2].body.ends_with(&refresh("a")));
}

#[tokio::test]
async fn a_lost_answer_to_a_refresh_is_asked_for_again_inside_the_leeway() {
    // By who wants a whole lifetime, at once; by who has a token that works, at leisure.
    let (peer, _, till) = till([pair("a"), Step::Lose, Step::Hang, pair("b"), terms()]).await;
    till.access_token().await.unwrap();
    till.force_refresh().await.unwrap();
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, &refresh("a"), &refresh("a"), &refresh("a"), "Bearer b"]);
    assert!(peer.requests()[..4].iter().all(|request| request.header("x-reference-id").is_none()), "no flow wants it");

    let (peer, still, till) = self::till([pair("a"), Step::Lose, terms(), pair("b"), terms()]).await;
    till.access_token().await.unwrap();
    still.turn(1140);
    call(&till).await.unwrap();
    still.turn(8);
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, &refresh("a"), "Bearer a", &refresh("a"), "Bearer b"]);
}

#[tokio::test]
async fn after_the_leeway_a_refresh_token_is_not_presented_again() {
    let (peer, still) = scripted([pair("a"), Step::Lose, terms(), pair("c"), terms()]).await;
    let till = builder(&peer.url, &still).refresh_leeway(Duration::ZERO).build().unwrap();
    till.access_token().await.unwrap();
    still.turn(1140);
    call(&till).await.unwrap();
    still.turn(5);
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, &refresh("a"), "Bearer a", FIRST, "Bearer c"]);
}

#[tokio::test]
async fn the_tries_of_a_refresh_end_a_second_before_the_leeway() {
    // The pause of 100 ms would end at the end of the time, or a millisecond before.
    for (leeway_ms, tries) in [(1_100, 1), (1_101, 2)] {
        let (peer, still) = scripted([pair("a"), Step::Lose, Step::Lose, pair("c")]).await;
        let till = builder(&peer.url, &still).refresh_leeway(Duration::from_millis(leeway_ms)).max_retries(1);
        let till = till.build().unwrap();
        till.access_token().await.unwrap();
        let error = till.force_refresh().await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        assert_eq!(peer.count(), 1 + tries, "{leeway_ms}");
    }
}

#[tokio::test]
async fn a_refresh_that_was_dropped_is_made_again_inside_the_leeway_and_not_later() {
    for (seconds, next) in [(8, refresh("a")), (9, FIRST.to_owned())] {
        let never = Arc::new(Notify::new());
        let script = [pair("a"), Step::SendWhen(never, Vec::new()), terms(), pair("b"), terms()];
        let (peer, still, till) = till(script).await;
        till.access_token().await.unwrap();
        still.turn(1140);
        let dropped = tokio::spawn({
            let till = till.clone();
            async move { call(&till).await }
        });
        peer.arrival().await;
        peer.arrival().await;
        dropped.abort();
        assert!(dropped.await.unwrap_err().is_cancelled());
        // Whoever gives its calls less time than a refresh has does not lose one after the other.
        call(&till).await.unwrap();
        still.turn(seconds);
        call(&till).await.unwrap();
        assert_eq!(said(&peer), [FIRST, &refresh("a"), "Bearer a", &next, "Bearer b"], "{seconds}");
    }
}

#[tokio::test]
async fn a_refresh_that_fails_for_the_moment_costs_no_call_while_the_token_works() {
    let busy = || json(503, r#"{"error":"temporarily_unavailable","message":"Busy"}"#);
    let (peer, still, till) =
        till([pair("a"), busy(), terms(), terms(), pair("c"), terms(), busy(), busy(), busy(), busy()]).await;
    till.access_token().await.unwrap();
    still.turn(1196);
    call(&till).await.unwrap();
    call(&till).await.unwrap();
    assert!(still.pauses().is_empty(), "one try only");
    still.turn(4);
    call(&till).await.unwrap();
    still.turn(1200);
    let error = call(&till).await.unwrap_err();
    assert!(matches!(&error, PosError::TokenUnavailable { problem, .. } if problem.status == 503), "{error:?}");
    let expected = [FIRST, &refresh("a"), "Bearer a", "Bearer a", FIRST, "Bearer c", FIRST, FIRST, FIRST, FIRST];
    assert_eq!(said(&peer), expected);
}

#[tokio::test]
async fn a_refresh_that_fails_for_good_costs_no_call_either_while_the_token_works() {
    let page = |status| Step::Send(text(status, "text/html", "", "<h1>Bearer a</h1>"));
    let refused = |error| json(400, &format!(r#"{{"error":"{error}","message":"No"}}"#));
    let failures = || {
        let pages = [200, 302, 403, 404, 408, 520, 522, 524].map(page);
        let others = [json(200, "[]"), refused("invalid_client"), refused("invalid_scope")];
        pages.into_iter().chain(others).enumerate()
    };
    for (number, failure) in failures() {
        // The same for a user.
        for is_user in [false, true] {
            let failure = match &failure {
                Step::Send(bytes) => Step::Send(bytes.clone()),
                _ => unreachable!("an answer is sent"),
            };
            let (peer, still, till) = till([pair("a"), failure, terms(), terms(), pair("b"), terms()]).await;
            let till = match is_user {
                true => till.log_in_with_password("anna", "dice").await.unwrap(),
                false => till,
            };
            till.access_token().await.unwrap();
            still.turn(1140);
            call(&till).await.unwrap();
            still.turn(4);
            call(&till).await.unwrap();
            still.turn(1);
            call(&till).await.unwrap();
            let expected = [&refresh("a"), "Bearer a", "Bearer a", &refresh("a"), "Bearer b"];
            assert_eq!(said(&peer)[1..], expected, "{number} {is_user}");
            assert!(still.pauses().is_empty());
        }
    }
    // Where the token does not work either, the reason is told.
    let no = || refused("invalid_client");
    let (peer, still, till) = till([pair("a"), no(), unauthorized(), no()]).await;
    till.access_token().await.unwrap();
    still.turn(1140);
    let error = call(&till).await.unwrap_err();
    assert!(matches!(error, PosError::InvalidClient(_)), "{error:?}");
    assert_eq!(said(&peer), [FIRST, &refresh("a"), "Bearer a", FIRST]);
}

#[tokio::test]
async fn while_the_token_works_no_call_waits_long_for_a_token_endpoint_that_hangs() {
    let (peer, still, till) = till([
        pair("a"),
        Step::Hang,
        terms(),
        terms(),
        Step::Hang,
        terms(),
        Step::Hang,
        terms(),
        Step::Hang,
        terms(),
        Step::Hang,
        pair("b"),
        terms(),
    ])
    .await;
    till.access_token().await.unwrap();
    still.turn(1140);
    call(&till).await.unwrap();
    still.turn(4);
    call(&till).await.unwrap();
    still.turn(1);
    call(&till).await.unwrap();
    // After the leeway the client's own grant is tried in the same way, up to the end.
    still.turn(5);
    call(&till).await.unwrap();
    still.turn(46);
    call(&till).await.unwrap();
    assert!(still.pauses().is_empty());
    still.turn(4);
    call(&till).await.unwrap();
    let (again, old) = (refresh("a"), "Bearer a");
    let expected = [FIRST, &again, old, old, &again, old, FIRST, old, FIRST, old, FIRST, FIRST, "Bearer b"];
    assert_eq!(said(&peer), expected);
    let [early, half, ..] = EARLY_LIMITS;
    let limits = [TIME_LIMIT, early, TIME_LIMIT, TIME_LIMIT, early, TIME_LIMIT, early, TIME_LIMIT, half];
    assert_eq!(still.limits(), [&limits[..], &[TIME_LIMIT; 4]].concat());
    assert_eq!(still.pauses_ms(), [100]);
}

#[tokio::test]
async fn the_server_says_when_to_try_again_ahead_of_need() {
    let body = r#"{"error":"temporarily_unavailable","message":"Busy"}"#;
    let busy = Step::Send(text(503, "application/json", "retry-after: 30\r\n", body));
    let (peer, still, till) = till([pair("a"), busy, terms(), terms(), pair("c"), terms()]).await;
    till.access_token().await.unwrap();
    still.turn(1140);
    call(&till).await.unwrap();
    still.turn(29);
    call(&till).await.unwrap();
    still.turn(1);
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, &refresh("a"), "Bearer a", "Bearer a", FIRST, "Bearer c"]);
}

#[tokio::test]
async fn a_call_with_a_token_that_works_waits_for_nobody() {
    let go = Arc::new(Notify::new());
    let (peer, still, till) = till([pair("a"), when(&go, pair("b")), terms(), terms()]).await;
    till.access_token().await.unwrap();
    peer.arrival().await;
    still.turn(1140);
    let forced = tokio::spawn({
        let till = till.clone();
        async move { till.force_refresh().await }
    });
    peer.arrival().await;
    call(&till).await.unwrap();
    go.notify_one();
    forced.await.unwrap().unwrap();
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, &refresh("a"), "Bearer a", "Bearer b"]);
}

#[tokio::test]
async fn an_ended_family_is_followed_by_a_new_one() {
    let (peer, still, till) = till([pair("a"), json(400, INVALID_GRANT), pair("c"), terms()]).await;
    till.access_token().await.unwrap();
    still.turn(1140);
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, &refresh("a"), FIRST, "Bearer c"]);
}

#[tokio::test]
async fn an_expired_token_is_not_refreshed_nor_one_of_a_clock_that_went_back() {
    for seconds in [1200, -1] {
        let (peer, still, till) = till([pair("a"), pair("c"), terms()]).await;
        till.access_token().await.unwrap();
        still.turn(seconds);
        call(&till).await.unwrap();
        assert_eq!(said(&peer), [FIRST, FIRST, "Bearer c"], "{seconds}");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let (peer, still, till) =
        till([pair("a"), unauthorized(), pair("b"), terms(), unauthorized(), pair("c"), unauthorized()]).await;
    call(&till).await.unwrap();
    let error = call(&till).await.unwrap_err();
    assert!(matches!(&error, PosError::Unauthorized(problem) if problem.error == "unauthorized"), "{error:?}");
    assert_eq!(said(&peer), [FIRST, "Bearer a", FIRST, "Bearer b", "Bearer b", FIRST, "Bearer c"]);
    assert!(still.pauses().is_empty() && peer.is_done());
    let requests = peer.requests();
    let flow = |place: usize| requests[place].header("x-reference-id").unwrap();
    assert!(
        flow(1) == flow(2) && flow(4) == flow(5) && flow(2) != flow(4),
        "a new token is asked for with the flow, too"
    );
}

#[tokio::test]
async fn the_401_of_a_proxy_costs_no_token() {
    let page = Step::Send(text(401, "text/html", "", "<h1>Log in to the proxy</h1> Bearer a"));
    let (peer, _, till) = till([pair("a"), page]).await;
    let error = call(&till).await.unwrap_err();
    assert!(matches!(error, PosError::UnexpectedAnswer { status: 401, .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("Bearer"));
    assert_eq!(peer.count(), 2);
}

#[tokio::test]
async fn a_refused_client_is_told_and_asked_for_once() {
    let refusal = r#"{"error":"invalid_client","error_description":"Revoked","message":"Révoqué"}"#;
    let headers = "x-reference-id: 8848372d-8457-4ca4-9da9-673f1cdd6684\r\nx-request-id: 01J\r\n";
    let refused = Step::Send(text(400, "application/json", headers, refusal));
    let (peer, _, till) = till([pair("a"), unauthorized(), refused]).await;
    let error = call(&till).await.unwrap_err();
    let PosError::InvalidClient(problem) = &error else { panic!("{error:?}") };
    assert_eq!((problem.error.as_str(), problem.description.as_deref()), ("invalid_client", Some("Revoked")));
    assert_eq!(
        error.to_string(),
        "the client was refused: 400 invalid_client: Révoqué (reference 8848372d-8457-4ca4-9da9-673f1cdd6684, request 01J)"
    );
    assert!(!error.is_transient() && error.code() == Some("invalid_client"));
    assert_eq!(peer.count(), 3);
}

/// Begins 50 of these before the peer is told to answer the one request that they make, and gives their outcomes.
async fn at_once<F, T>(peer: &Peer, go: &Notify, make: impl Fn() -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let mut task = Box::pin(make());
        // Polled once here, so that all of them have begun before the one request is answered.
        poll_fn(|context| {
            assert!(task.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        tasks.spawn(task);
    }
    peer.arrival().await;
    go.notify_one();
    tasks.join_all().await
}

fn when(go: &Arc<Notify>, step: Step) -> Step {
    let Step::Send(bytes) = step else { unreachable!("an answer is sent") };
    Step::SendWhen(Arc::clone(go), bytes)
}

#[tokio::test]
async fn many_at_once_get_one_token() {
    let go = Arc::new(Notify::new());
    let (peer, _, till) = till([when(&go, pair("a"))]).await;
    let tokens = at_once(&peer, &go, || {
        let till = till.clone();
        async move { till.access_token().await.unwrap().value.expose().to_owned() }
    })
    .await;
    assert_eq!(tokens, ["a"; 50]);
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn many_at_once_fail_by_one_refusal() {
    let go = Arc::new(Notify::new());
    let (peer, _, till) =
        till([when(&go, json(400, r#"{"error":"invalid_client","message":"No"}"#)), pair("a"), terms()]).await;
    let errors = at_once(&peer, &go, || {
        let till = till.clone();
        async move { call(&till).await.unwrap_err() }
    })
    .await;
    assert!(errors.iter().all(|error| matches!(error, PosError::InvalidClient(_))), "{errors:?}");
    assert_eq!(peer.count(), 1);
    // What is asked for later is asked for anew.
    call(&till).await.unwrap();
}

#[tokio::test]
async fn many_forced_refreshes_at_once_are_one_and_two_in_a_row_are_two() {
    let go = Arc::new(Notify::new());
    let (peer, still, till) = till([pair("a"), when(&go, pair("b")), pair("c")]).await;
    assert_eq!(till.force_refresh().await.unwrap().value.expose(), "a");
    peer.arrival().await;
    still.turn(100);
    let tokens = at_once(&peer, &go, || {
        let till = till.clone();
        async move { till.force_refresh().await.unwrap().expires_at }
    })
    .await;
    assert_eq!(tokens, [crate::support::NOW + time::Duration::seconds(1300); 50]);
    assert_eq!(till.force_refresh().await.unwrap().value.expose(), "c");
    assert_eq!(said(&peer), [FIRST, &refresh("a"), &refresh("b")]);
}

#[tokio::test]
async fn many_that_are_refused_at_once_replace_the_token_once() {
    // One is refused while another has the next token already.
    let go = Arc::new(Notify::new());
    let script = [pair("a"), when(&go, unauthorized()), unauthorized(), pair("b"), terms(), terms()];
    let (peer, _, till) = till(script).await;
    till.access_token().await.unwrap();
    peer.arrival().await;
    let slow = tokio::spawn({
        let till = till.clone();
        async move { call(&till).await }
    });
    peer.arrival().await;
    call(&till).await.unwrap();
    go.notify_one();
    slow.await.unwrap().unwrap();
    assert_eq!(said(&peer), [FIRST, "Bearer a", "Bearer a", FIRST, "Bearer b", "Bearer b"]);
}

#[tokio::test]
async fn a_user_has_no_other_grant() {
    let (peer, still, till) =
        till([pair("u"), terms(), pair("v"), terms(), unauthorized(), json(400, INVALID_GRANT), pair("a"), terms()])
            .await;
    let anna = till.log_in_with_password("Anna & Bert", "dice+manila").await.unwrap();
    call(&anna).await.unwrap();
    // Also after its expiry, since it has nothing else.
    still.turn(1200);
    call(&anna).await.unwrap();
    let error = call(&anna).await.unwrap_err();
    let PosError::LoginNeeded { problem: Some(problem) } = &error else { panic!("{error:?}") };
    assert_eq!(problem.error, "invalid_grant");
    assert!(error.to_string().starts_with("the log-in has ended"), "{error}");
    let again = call(&anna.clone()).await.unwrap_err();
    assert!(matches!(again, PosError::LoginNeeded { problem: None }), "{again:?}");
    call(&till).await.unwrap();
    let log_in = "grant_type=password&scope=merchant&username=Anna%20%26%20Bert&password=dice%2Bmanila";
    let expected = [log_in, "Bearer u", &refresh("u"), "Bearer v", "Bearer v", &refresh("v"), FIRST, "Bearer a"];
    assert_eq!(said(&peer), expected);
}

#[tokio::test]
async fn a_log_out_ends_the_family_and_the_next_call_begins_another() {
    let gone = || Step::Send(text(200, "text/plain", "", ""));
    let (peer, _, till) = till([
        pair("a"),
        json(503, r#"{"error":"temporarily_unavailable"}"#),
        gone(),
        pair("b"),
        terms(),
        pair("u"),
        gone(),
    ])
    .await;
    till.revoke().await.unwrap();
    assert_eq!(peer.count(), 0, "there is nothing to end");
    till.access_token().await.unwrap();
    till.revoke().await.unwrap();
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, "token=a-r", "token=a-r", FIRST, "Bearer b"]);
    assert_eq!(peer.requests()[2].line, "POST /flexiti/pos-api/v2.5/oauth/revoke");
    let anna = till.log_in_with_password("anna", "dice").await.unwrap();
    anna.revoke().await.unwrap();
    assert!(matches!(call(&anna).await, Err(PosError::LoginNeeded { problem: None })));
    assert!(peer.is_done());
}

#[tokio::test]
async fn another_scope_has_tokens_of_its_own() {
    let (peer, _, till) = till([pair("a"), pair("b"), terms()]).await;
    till.access_token().await.unwrap();
    let screen = till.with_scope(Scope::Customer);
    call(&screen).await.unwrap();
    assert_eq!(said(&peer), [FIRST, "grant_type=client_credentials&scope=customer", "Bearer b"]);
}

#[tokio::test]
async fn what_is_no_token_pair_is_not_used() {
    for body in [
        r#"{"token_type":"mac","access_token":"a","expires_in":1200}"#,
        r#"{"token_type":"bearer","access_token":"a b","expires_in":1200}"#,
        r#"{"token_type":"bearer","access_token":"","expires_in":1200}"#,
        r#"{"token_type":"bearer","access_token":"opensesame"}"#,
        "[]",
    ] {
        let (peer, _, till) = till([json(200, body)]).await;
        let error = call(&till).await.unwrap_err();
        assert!(matches!(error, PosError::UnexpectedAnswer { status: 200, .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("opensesame"));
        assert_eq!(peer.count(), 1);
    }
}

#[tokio::test]
async fn a_pair_without_a_refresh_token_is_replaced() {
    let (peer, still, till) = till([bare("a"), pair("b"), terms()]).await;
    assert_eq!(till.access_token().await.unwrap().scope, Scope::Merchant);
    still.turn(1140);
    call(&till).await.unwrap();
    assert_eq!(said(&peer), [FIRST, FIRST, "Bearer b"]);
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let (_peer, _, till) = till([pair("opensesame")]).await;
    let token = till.access_token().await.unwrap();
    let shown = format!("{till:?} {till:#?} {token:?} {:?}", till.flow());
    assert!(!shown.contains("opensesame") && !shown.contains(SECRET), "{shown}");
    assert!(shown.contains("[secret]") && shown.contains("\"shop\""), "{shown}");
}
