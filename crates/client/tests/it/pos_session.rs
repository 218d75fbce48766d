//! Tokens of the point-of-sale API against the server itself, with both clocks turned by hand and a relay that loses answers.

use std::time::Duration;

use domain::Secret as OwnSecret;
use domain::merchant::MerchantChange;
use reqwest::Method;
use tallystick_client::pos::{Lang, PosClient, PosError, Scope};
use testkit::app::{Merchant, TestApp};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::task::JoinSet;

use crate::pos::{PASSWORD, add_user, client};
use crate::relay::{Passed, Relay};

async fn open(database: &TestDatabase) -> (TestApp, Merchant) {
    let app = TestApp::open(database).await;
    let partner = app.partner("QUICK3").await;
    let merchant = app.merchant(&partner, 1).await;
    (app, merchant)
}

/// A member of an answer that passed.
fn member(passed: &Passed, name: &str) -> String {
    let body: serde_json::Value = serde_json::from_str(&passed.body).unwrap();
    body[name].as_str().unwrap().to_owned()
}

async fn call(till: &PosClient) -> Result<(), PosError> {
    till.flow().login().await.map(|_| ())
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

on_both_engines! {
    async fn a_token_is_refreshed_in_time_and_got_anew_after_its_expiry(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (still, till) = client(&relay.url, &merchant, Scope::Merchant);
        let turn = |by| {
            still.turn(by);
            app.clock().advance(seconds(by));
        };
        call(&till).await.unwrap();
        turn(1139);
        call(&till).await.unwrap();
        turn(1);
        call(&till).await.unwrap();
        assert_eq!(relay.lines(), ["client_credentials 200", "login 200", "login 200", "refresh_token 200", "login 200"]);
        turn(1200);
        call(&till).await.unwrap();
        assert_eq!(relay.lines(), ["client_credentials 200", "login 200"]);
        // The server's clock is ahead: the token has expired there, and then its refresh token, too.
        app.clock().advance(seconds(1200));
        call(&till).await.unwrap();
        assert_eq!(relay.lines(), ["login 401", "client_credentials 200", "login 200"]);
        app.clock().advance(seconds(60));
        turn(1140);
        call(&till).await.unwrap();
        assert_eq!(relay.lines(), ["refresh_token 400", "client_credentials 200", "login 200"]);
    }

    async fn a_lost_refresh_does_not_end_the_family(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (still, till) = client(&relay.url, &merchant, Scope::Customer);
        call(&till).await.unwrap();
        relay.take();
        let turn = |by| {
            still.turn(by);
            app.clock().advance(seconds(by));
        };
        let lines = |passed: &[Passed]| passed.iter().map(crate::relay::line).collect::<Vec<_>>();
        turn(1140);
        relay.lose(1);
        call(&till).await.unwrap();
        turn(5);
        relay.lose(1);
        till.force_refresh().await.unwrap();
        call(&till).await.unwrap();
        let mut passed = relay.take();
        let expected = ["refresh_token 200", "login 200", "refresh_token 200", "refresh_token 200", "login 200"];
        assert_eq!(lines(&passed), expected);
        passed.retain(|passed| crate::relay::line(passed) == "refresh_token 200");
        let given: Vec<_> = passed.iter().map(|passed| member(passed, "access_token")).collect();
        assert!(given.iter().all(|token| *token == given[0]), "it is one pair");
        assert_eq!(till.access_token().await.unwrap().scope, Scope::Customer);
    }

    async fn an_ended_family_is_followed_by_a_new_one(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (still, till) = client(&relay.url, &merchant, Scope::Merchant);
        let steal = async || {
            let stolen = member(&relay.take()[0], "refresh_token");
            let fields = merchant.with(&[("grant_type", "refresh_token"), ("refresh_token", &stolen)]);
            let refresh = || app.request(Method::POST, testkit::app::TOKEN).form(&fields).send();
            assert_eq!(refresh().await.status.as_u16(), 200);
            app.clock().advance(seconds(11));
            assert_eq!(refresh().await.status.as_u16(), 400);
        };
        call(&till).await.unwrap();
        steal().await;
        call(&till).await.unwrap();
        let passed = relay.take();
        assert_eq!(passed.iter().map(crate::relay::line).collect::<Vec<_>>(), ["login 401", "client_credentials 200", "login 200"]);

        // The same, found out by the refresh.
        till.force_refresh().await.unwrap();
        steal().await;
        still.turn(1140);
        call(&till).await.unwrap();
        assert_eq!(relay.lines(), ["refresh_token 400", "client_credentials 200", "login 200"]);
    }

    async fn a_revoked_secret_is_told_and_a_new_one_works(database: TestDatabase) {
        let (app, mut merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (_, till) = client(&relay.url, &merchant, Scope::Merchant);
        call(&till).await.unwrap();
        app.test.core.revoke_merchant(&merchant.id, &operator()).await.unwrap();
        relay.take();
        let error = call(&till).await.unwrap_err();
        let PosError::InvalidClient(problem) = &error else { panic!("{error:?}") };
        assert_eq!((problem.status, problem.error.as_str()), (400, "invalid_client"));
        assert!(problem.message.as_ref().unwrap().starts_with("The client was revoked"), "{problem}");
        assert!(problem.reference_id.is_some() && problem.request_id.is_some());
        assert!(!format!("{error} {error:?} {till:?}").contains(&merchant.secret));
        assert_eq!(relay.lines(), ["login 401", "client_credentials 400"]);
        let given = app.test.core.rotate_merchant(&merchant.id, &operator()).await.unwrap();
        merchant.secret = given.secret.expose().to_text();
        let (_, till) = client(&relay.url, &merchant, Scope::Merchant);
        call(&till).await.unwrap();
    }

    async fn fifty_tasks_make_one_request_for_a_token(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (still, till) = client(&relay.url, &merchant, Scope::Merchant);
        let all = async || {
            let mut tasks = JoinSet::new();
            for _ in 0..50 {
                let till = till.clone();
                tasks.spawn(async move { call(&till).await.unwrap() });
            }
            tasks.join_all().await;
            let mut lines = relay.lines();
            lines.retain(|line| !line.starts_with("login 200"));
            lines
        };
        assert_eq!(all().await, ["client_credentials 200"]);
        still.turn(1140);
        app.clock().advance(seconds(1140));
        assert_eq!(all().await, ["refresh_token 200"]);
        // Revoked elsewhere: whoever is refused waits for the one new token.
        app.test.core.rotate_merchant(&merchant.id, &operator()).await.unwrap();
        relay.hold_tokens(50);
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let till = till.clone();
            tasks.spawn(async move { call(&till).await.unwrap_err() });
        }
        let errors = tasks.join_all().await;
        assert!(errors.iter().all(|error| matches!(error, PosError::InvalidClient(_))), "{errors:?}");
        let lines = relay.lines();
        let count = |line: &str| lines.iter().filter(|passed| *passed == line).count();
        // A task that reads its refusal only after the answer of the token endpoint asks for itself.
        let (refused, asked) = (count("login 401"), count("client_credentials 400"));
        assert!(refused == 50 && (1..10).contains(&asked) && lines.len() == refused + asked, "{lines:?}");
    }

    async fn a_user_logs_in_and_has_to_again_when_the_password_was_changed(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        add_user(&app, &merchant).await;
        let served = app.serve().await;
        let (still, till) = client(&served.url, &merchant, Scope::Merchant);
        let error = till.log_in_with_password("anna", PASSWORD).await.unwrap_err();
        assert_eq!(error.code(), Some("unsupported_grant_type"));
        let change = MerchantChange {
            password_grant: Some(true),
            password_grant_note: Some("old tills".into()),
            ..MerchantChange::default()
        };
        app.test.core.change_merchant(&merchant.id, &change, &operator()).await.unwrap();
        let error = till.log_in_with_password("anna", "a wrong password").await.unwrap_err();
        assert!(matches!(&error, PosError::TokenRefused(problem) if problem.error == "invalid_grant"), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("a wrong password"));

        let anna = till.log_in_with_password("Anna", PASSWORD).await.unwrap();
        call(&anna).await.unwrap();
        let told = anna.introspect(&anna.access_token().await.unwrap().value).await.unwrap();
        assert_eq!((told.active, told.username.as_deref(), told.scope), (true, Some("anna"), Some(Scope::Merchant)));
        still.turn(1140);
        app.clock().advance(seconds(1140));
        call(&anna).await.unwrap();
        let password = OwnSecret::new("purism-dice-manila".into());
        app.test.core.set_merchant_user_password(&merchant.id, "anna", &password, &operator()).await.unwrap();
        let error = call(&anna).await.unwrap_err();
        assert!(matches!(&error, PosError::LoginNeeded { problem: Some(_) }), "{error:?}");
        assert!(matches!(call(&anna).await, Err(PosError::LoginNeeded { problem: None })));
        call(&till).await.unwrap();
    }

    async fn a_lost_refresh_does_not_end_the_session_of_a_user(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        add_user(&app, &merchant).await;
        let change = MerchantChange {
            password_grant: Some(true),
            password_grant_note: Some("old tills".into()),
            ..MerchantChange::default()
        };
        app.test.core.change_merchant(&merchant.id, &change, &operator()).await.unwrap();
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (still, till) = client(&relay.url, &merchant, Scope::Merchant);
        let turn = |by| {
            still.turn(by);
            app.clock().advance(seconds(by));
        };
        let anna = till.log_in_with_password("anna", PASSWORD).await.unwrap();
        turn(60);
        relay.lose(4);
        anna.force_refresh().await.unwrap_err();
        turn(120);
        relay.take();
        anna.force_refresh().await.unwrap_err();
        call(&anna).await.unwrap();
        turn(1009);
        call(&anna).await.unwrap();
        assert_eq!(relay.lines(), ["login 200", "login 200"]);
        turn(1);
        assert!(matches!(call(&anna).await, Err(PosError::LoginNeeded { problem: Some(_) })));

        // Inside the leeway the next pair is had.
        let anna = till.log_in_with_password("anna", PASSWORD).await.unwrap();
        turn(1140);
        relay.take();
        relay.lose(1);
        call(&anna).await.unwrap();
        turn(5);
        call(&anna).await.unwrap();
        assert_eq!(relay.lines(), ["refresh_token 200", "login 200", "refresh_token 200", "login 200"]);
    }

    async fn tokens_are_asked_about_refreshed_at_will_and_revoked(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let (_, till) = client(&served.url, &merchant, Scope::Customer);
        let first = till.access_token().await.unwrap();
        assert_eq!(till.access_token().await.unwrap(), first);
        let second = till.force_refresh().await.unwrap();
        assert_ne!(second.value, first.value);
        let told = till.introspect(&first.value).await.unwrap();
        assert_eq!((told.active, told.client_id.as_deref(), told.token_type.as_deref()), (true, Some(&*merchant.id), Some("bearer")));
        assert_eq!(told.expires_at.unwrap() - told.issued_at.unwrap(), time::Duration::seconds(1200));
        till.revoke().await.unwrap();
        for token in [&first.value, &second.value, &"nothing".into()] {
            let told = till.introspect(token).await.unwrap();
            assert!(!told.active && told.scope.is_none());
        }
        let third = till.access_token().await.unwrap();
        assert!(third.value != second.value && till.introspect(&third.value).await.unwrap().active);

        let told = till.metadata().await.unwrap();
        assert_eq!(told.issuer, format!("{}/flexiti/pos-api/v2.5", served.url));
        assert_eq!(told.token_endpoint, format!("{}/oauth/token", told.issuer));
        assert_eq!(told.scopes_supported.len(), Scope::ALL.len());
        assert_eq!(told.ui_locales_supported, Lang::ALL.iter().map(|lang| lang.to_string()).collect::<Vec<_>>());
    }
}
