//! Asking whether a key works.

use tallystick_client::{Error, KeyKind, Validity};
use time::macros::datetime;

use crate::peer::{Step, json, problem, problem_with, text};
use crate::support::{NEW, OLD, client, valid_until};

#[tokio::test]
async fn a_valid_key_is_described() {
    let (peer, _, client) = client([valid_until("2026-12-01T00:00:00Z")]).await;
    let Validity::Valid(key) = client.validate().await.unwrap() else { panic!("not valid") };
    assert_eq!(key.message, "Token is valid");
    assert_eq!((key.kind, key.environment.as_deref()), (Some(KeyKind::Client), Some("sandbox")));
    assert_eq!(key.expires_at, Some(datetime!(2026-12-01 00:00 UTC)));
    let request = &peer.requests()[0];
    assert_eq!(request.line, "GET /api/v1/partner/validate");
    assert_eq!(request.header("idempotency-key"), None);
}

#[tokio::test]
async fn a_refused_key_is_an_answer_and_no_error() {
    let refused = problem_with(401, "token_expired", "www-authenticate: ApiKey\r\n", r#","isValid":false"#);
    let (peer, _, client) = client([refused]).await;
    let validity = client.validate().await.unwrap();
    assert!(!validity.is_valid());
    let Validity::Invalid { code, message } = validity else { panic!("valid") };
    assert_eq!((code.as_str(), message.as_str()), (Validity::EXPIRED, "This is token_expired"));
    assert_eq!(peer.count(), 1);
}

#[tokio::test]
async fn is_valid_false_is_believed_with_any_status() {
    let (_peer, _, client) = client([json(200, r#"{"isValid":false,"message":"No"}"#)]).await;
    assert!(!client.validate().await.unwrap().is_valid());
}

#[tokio::test]
async fn the_401_of_a_proxy_says_nothing_about_the_key() {
    let (_peer, _, client) = client([Step::Send(text(401, "text/html", "", "<h1>Log in to the proxy</h1>"))]).await;
    let error = client.validate().await.unwrap_err();
    assert!(
        matches!(&error, Error::UnexpectedAnswer { status: 401, content_type: Some(html), .. } if html == "text/html")
    );
}

#[tokio::test]
async fn another_key_goes_over_the_same_settings_and_leaves_the_first_alone() {
    let (peer, _, client) = client([problem(503, "unavailable"), valid_until("2027-01-01T00:00:00Z")]).await;
    let other = client.with_api_key(NEW.try_into().unwrap());
    assert!(other.validate().await.unwrap().is_valid());
    assert!(peer.requests().iter().all(|request| request.key() == NEW));
    assert_eq!(client.api_key().expose(), OLD);
}
