//! No key shows where it was not asked for.

use tallystick_client::{Created, Renewed};

use crate::peer::{Step, text};
use crate::support::{NEW, OLD, client, created, renewed_to, sample};

#[tokio::test]
async fn no_debug_shows_a_key() {
    let (_peer, _, client) = client([created(), renewed_to(NEW)]).await;
    let created: Created = client.create_client(&sample()).await.unwrap();
    let renewed: Renewed = client.renew().await.unwrap();
    let shown = format!("{client:?} {:?} {created:?} {created:#?} {renewed:?}", client.api_key());
    assert!(!shown.contains(OLD) && !shown.contains(NEW), "{shown}");
    assert!(shown.contains("[secret]"));
}

#[tokio::test]
async fn the_oauth_secret_is_a_secret_too() {
    let body = r#"{"message":"","clientIdentifier":1,"confirmaFinanceCustomerCode":1,"paymentReferencePrefix":1,"apiAccessToken":"k",
        "oauthClientId":"shop","oauthClientSecret":"opensesame"}"#;
    let (_peer, _, client) = client([crate::peer::json(200, body)]).await;
    let created = client.create_client(&sample()).await.unwrap();
    assert_eq!(created.oauth_client_id.as_deref(), Some("shop"));
    assert_eq!(created.oauth_client_secret.as_ref().unwrap().expose(), "opensesame");
    assert!(!format!("{created:?}").contains("opensesame"));
}

#[tokio::test]
async fn a_proxy_that_repeats_the_request_gets_no_key_into_an_error() {
    let echo = format!("<pre>X-Api-Key: {OLD}</pre>");
    let (_peer, _, client) = client([Step::Send(text(403, "text/html", "", &echo))]).await;
    let error = client.validate().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(OLD), "{error:?}");
}
