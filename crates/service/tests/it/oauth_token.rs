//! Token pairs: given, refreshed once, ended with their family, refused once their client is revoked, and removed after their time.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use domain::audit::Actor;
use domain::merchant::MerchantChange;
use domain::oauth_token::{LIFETIME, Scope};
use service::api_key::Principal;
use service::oauth_grant::{GrantError, IssuedTokens};
use service::oauth_inspect::TokenKind;
use service::oauth_token::{OauthClient, OauthClientError, TokenError};
use service::{Context, StoreError};
use testkit::core::{TestCore, draft, operator};
use testkit::database::TestDatabase;
use testkit::on_both_engines;
use tokio::sync::Semaphore;

use crate::merchant::{PASSWORD, user};
use crate::merchant_login::cheap;

/// A core with a partner and a merchant of it.
pub(crate) struct Till {
    pub(crate) test: TestCore,
    pub(crate) provisioner: Principal,
    partner: Principal,
    pub(crate) creditor: domain::identifier::ClientIdentifier,
    id: String,
    secret: String,
}

pub(crate) fn context() -> Context {
    Context { actor: Actor::OauthStranger, source: Some([192, 0, 2, 7].into()), request_id: "the-request".to_owned() }
}

impl Till {
    pub(crate) async fn open(test: TestCore) -> Self {
        let partner = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&partner).await;
        let key = partner.partner_key.value.expose().to_text();
        let partner = test.core.authenticate(Some(&key), None).await.unwrap();
        let (creditor, id, secret) = merchant(&test, &provisioner, 1).await;
        Self { test, provisioner, partner, creditor, id, secret }
    }

    pub(crate) async fn client(&self) -> OauthClient {
        let client = self.test.core.authenticate_oauth_client(&self.id, &self.secret, &context()).await;
        client.unwrap()
    }

    pub(crate) async fn pair(&self) -> IssuedTokens {
        self.test.core.issue_token(&self.client().await, Scope::Merchant, &context()).await.unwrap()
    }

    async fn allow_passwords(&self) {
        let change = MerchantChange {
            password_grant: Some(true),
            password_grant_note: Some("old tills".into()),
            ..MerchantChange::default()
        };
        self.test.core.change_merchant(&self.id, &change, &operator()).await.unwrap();
    }

    async fn refresh(&self, pair: &IssuedTokens) -> Result<IssuedTokens, GrantError> {
        refresh(&self.test, &self.client().await, pair, None).await
    }

    pub(crate) async fn works(&self, pair: &IssuedTokens) -> Result<(), TokenError> {
        works(&self.test, pair).await
    }

    /// The actions of the partner's trail, newest first.
    async fn actions(&self) -> Vec<String> {
        let records = self.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        records.into_iter().map(|record| format!("{} {} {}", record.actor, record.action, record.outcome)).collect()
    }
}

async fn merchant(
    test: &TestCore,
    provisioner: &Principal,
    number: u32,
) -> (domain::identifier::ClientIdentifier, String, String) {
    let mut draft = draft("QUICK3", number);
    draft.service_type = Some("POS_FINANCING".into());
    let made = test.core.create_client(provisioner, &draft, None, &operator()).await.unwrap().value;
    let oauth = made.oauth.unwrap();
    (made.client, oauth.id, oauth.secret.expose().to_text())
}

async fn works(test: &TestCore, pair: &IssuedTokens) -> Result<(), TokenError> {
    test.core.authenticate_token(Some(&pair.access.expose().to_text())).await.map(drop)
}

async fn refresh(
    test: &TestCore,
    client: &OauthClient,
    pair: &IssuedTokens,
    scope: Option<Scope>,
) -> Result<IssuedTokens, GrantError> {
    test.core.refresh_token(client, &pair.refresh.expose().to_text(), scope, &context()).await
}

fn texts(pair: &IssuedTokens) -> [String; 2] {
    [pair.access.expose().to_text(), pair.refresh.expose().to_text()]
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

on_both_engines! {
    async fn a_pair_works_for_its_time_and_is_refreshed_before_its_end(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let first = till.pair().await;
        assert_eq!((first.expires_in, first.scope), (1200, Scope::Merchant));
        let value = first.access.expose().to_text();
        let principal = till.test.core.authenticate_token(Some(&value)).await.unwrap();
        assert_eq!((principal.oauth_client_id.as_str(), principal.holder.client), (till.id.as_str(), Some(till.creditor)));
        till.test.clock.advance(LIFETIME - seconds(1));
        let second = till.refresh(&first).await.unwrap();
        assert_ne!(texts(&first), texts(&second));
        till.works(&first).await.unwrap();
        till.works(&second).await.unwrap();
        till.test.clock.advance(seconds(1));
        assert!(matches!(till.works(&first).await, Err(TokenError::Expired)));
        assert!(matches!(till.works(&second).await, Ok(())));
        till.test.clock.advance(LIFETIME);
        assert!(matches!(till.refresh(&second).await, Err(GrantError::Expired)));
        let by = format!("oauth_client:{}", till.id);
        let told = till.actions().await;
        assert_eq!(told[..2], [format!("{by} oauth_token.refresh done"), format!("{by} oauth_token.issue done")]);
    }

    async fn a_refresh_whose_answer_was_lost_gives_the_same_pair(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let first = till.pair().await;
        let second = till.refresh(&first).await.unwrap();
        till.test.clock.advance(seconds(9));
        let again = till.refresh(&first).await.unwrap();
        assert_eq!((texts(&again), again.token, again.expires_in), (texts(&second), second.token, 1191));
        till.works(&again).await.unwrap();
        let third = till.refresh(&second).await.unwrap();
        assert_ne!(texts(&third), texts(&second));
        till.works(&third).await.unwrap();
    }

    async fn a_later_use_of_a_refresh_token_ends_its_family_and_no_other(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let (first, other) = (till.pair().await, till.pair().await);
        let second = till.refresh(&first).await.unwrap();
        let third = till.refresh(&second).await.unwrap();
        till.works(&third).await.unwrap();
        till.test.clock.advance(seconds(10));
        assert!(matches!(till.refresh(&first).await, Err(GrantError::Reused)));
        for pair in [&first, &second, &third] {
            assert!(matches!(till.works(pair).await, Err(TokenError::Revoked)));
            assert!(matches!(till.refresh(pair).await, Err(GrantError::Revoked)));
        }
        till.works(&other).await.unwrap();
        till.refresh(&other).await.unwrap();
        let ends = till.actions().await.iter().filter(|action| action.contains("oauth_family.end")).count();
        assert_eq!(ends, 1, "an end is recorded once");
    }

    async fn many_refreshes_at_once_give_one_pair(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let there = TestCore::open(&database).await;
        let (first, client) = (till.pair().await, till.client().await);
        let mut answers = Vec::new();
        for number in 0..16 {
            let core = if number % 2 == 0 { &till.test.core } else { &there.core }.clone();
            let (client, presented) = (client.clone(), first.refresh.expose().to_text());
            answers.push(tokio::spawn(async move { core.refresh_token(&client, &presented, None, &context()).await }));
        }
        let mut pairs = Vec::new();
        for answer in answers {
            pairs.push(texts(&answer.await.unwrap().unwrap()));
        }
        pairs.dedup();
        assert_eq!(pairs.len(), 1, "{pairs:?}");
        let made = till.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        let made = made.iter().filter(|record| record.action == "oauth_token.refresh");
        let (again, first): (Vec<_>, Vec<_>) = made.partition(|record| record.detail.ends_with("given again"));
        assert_eq!((first.len(), again.len()), (1, 15));
    }

    async fn a_refresh_never_widens_the_scope(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let client = till.client().await;
        let wide = till.pair().await;
        let narrow = refresh(&till.test, &client, &wide, Some(Scope::Customer)).await.unwrap();
        assert_eq!(narrow.scope, Scope::Customer);
        let wider = refresh(&till.test, &client, &narrow, Some(Scope::Merchant)).await;
        assert!(matches!(wider, Err(GrantError::ScopeWider { has: Scope::Customer })), "{wider:?}");
        // The repeat is the same pair, and nothing but it.
        let other = refresh(&till.test, &client, &wide, Some(Scope::Merchant)).await;
        assert!(matches!(other, Err(GrantError::ScopeWider { has: Scope::Customer })), "{other:?}");
        assert_eq!(till.refresh(&wide).await.unwrap().scope, Scope::Customer);
        assert_eq!(till.refresh(&narrow).await.unwrap().scope, Scope::Customer);
    }

    async fn tokens_of_another_client_are_none(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let (_, id, secret) = merchant(&till.test, &till.provisioner, 2).await;
        let other = till.test.core.authenticate_oauth_client(&id, &secret, &context()).await.unwrap();
        let pair = till.pair().await;
        assert!(matches!(refresh(&till.test, &other, &pair, None).await, Err(GrantError::Unknown)));
        for token in texts(&pair) {
            assert_eq!(till.test.core.introspect_token(&other, &token).await.unwrap(), None);
            till.test.core.revoke_token(&other, &token, &context()).await.unwrap();
        }
        till.works(&pair).await.unwrap();
        till.refresh(&pair).await.unwrap();
        let wrong = till.test.core.authenticate_oauth_client(&id, &till.secret, &context()).await;
        assert!(matches!(wrong, Err(OauthClientError::Unknown)));
    }

    async fn a_token_is_introspected_and_revoked(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let (core, client) = (&till.test.core, till.client().await);
        let pair = till.pair().await;
        let [access, refreshing] = texts(&pair);
        let told = core.introspect_token(&client, &access).await.unwrap().unwrap();
        assert_eq!((told.kind, told.scope, told.oauth_client_id.as_str()), (TokenKind::Access, Scope::Merchant, till.id.as_str()));
        assert_eq!(told.expires_at.since(told.issued_at), LIFETIME);
        let told = core.introspect_token(&client, &refreshing).await.unwrap().unwrap();
        assert_eq!(told.kind, TokenKind::Refresh);
        till.works(&pair).await.unwrap();

        core.revoke_token(&client, &access, &context()).await.unwrap();
        assert!(matches!(till.works(&pair).await, Err(TokenError::Revoked)));
        assert_eq!(core.introspect_token(&client, &access).await.unwrap(), None);
        let next = till.refresh(&pair).await.unwrap();
        till.works(&next).await.unwrap();
        // What has been refreshed ends all that came of it: a till whose answer was lost has no other.
        for _ in 0..2 {
            core.revoke_token(&client, &refreshing, &context()).await.unwrap();
            assert!(matches!(till.works(&next).await, Err(TokenError::Revoked)));
            assert!(matches!(till.refresh(&next).await, Err(GrantError::Revoked)));
        }
        core.revoke_token(&client, &texts(&next)[1], &context()).await.unwrap();
        for nothing in ["", "x", &"0".repeat(40)] {
            core.revoke_token(&client, nothing, &context()).await.unwrap();
            assert_eq!(core.introspect_token(&client, nothing).await.unwrap(), None);
        }
        let revocations = till.actions().await.iter().filter(|action| action.contains("oauth_token.revoke")).count();
        assert_eq!(revocations, 2);
    }

    async fn a_revoked_merchant_is_refused_on_the_next_request_and_its_tokens_stay_dead(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let pair = till.pair().await;
        till.works(&pair).await.unwrap();
        let client = till.client().await;
        till.test.core.revoke_credentials(&till.partner, till.creditor, &operator()).await.unwrap();
        assert!(matches!(till.works(&pair).await, Err(TokenError::Revoked)));
        let refused = till.test.core.authenticate_oauth_client(&till.id, &till.secret, &context()).await;
        assert!(matches!(refused, Err(OauthClientError::Revoked)));
        // It may have proved itself just before.
        assert!(matches!(refresh(&till.test, &client, &pair, None).await, Err(GrantError::Revoked)));
        let late = till.test.core.issue_token(&client, Scope::Merchant, &context()).await.unwrap();
        assert!(matches!(till.works(&late).await, Err(TokenError::Revoked)));
        // With a new secret the client works again, and nothing that was given for the former one.
        let rotated = till.test.core.rotate_credentials(&till.partner, till.creditor, None, &operator()).await.unwrap();
        let secret = rotated.value.oauth.unwrap().secret.expose().to_text();
        for pair in [&pair, &late] {
            assert!(matches!(till.works(pair).await, Err(TokenError::Revoked)));
        }
        let client = till.test.core.authenticate_oauth_client(&till.id, &secret, &context()).await.unwrap();
        assert!(matches!(refresh(&till.test, &client, &pair, None).await, Err(GrantError::Revoked)));
        let new = till.test.core.issue_token(&client, Scope::Merchant, &context()).await.unwrap();
        till.works(&new).await.unwrap();
    }

    async fn a_revoked_partners_merchants_are_refused(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let pair = till.pair().await;
        till.works(&pair).await.unwrap();
        till.test.core.revoke_partner("QUICK3", &operator()).await.unwrap();
        assert!(matches!(till.works(&pair).await, Err(TokenError::Revoked)));
        let refused = till.test.core.authenticate_oauth_client(&till.id, &till.secret, &context()).await;
        assert!(matches!(refused, Err(OauthClientError::Revoked)));
    }

    async fn another_process_refuses_what_was_revoked_within_a_second(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let there = TestCore::open(&database).await;
        let jobs = there.core.start_jobs();
        let (first, second) = (till.pair().await, till.pair().await);
        for pair in [&first, &second] {
            works(&there, pair).await.unwrap();
        }
        till.test.core.revoke_token(&till.client().await, &texts(&first)[0], &context()).await.unwrap();
        refused_in_a_second(&there, &first).await;
        works(&there, &second).await.unwrap();
        till.test.core.revoke_credentials(&till.partner, till.creditor, &operator()).await.unwrap();
        refused_in_a_second(&there, &second).await;
        jobs.stop().await;
    }

    async fn the_operator_rotates_and_revokes_a_merchant_everywhere(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let there = TestCore::open(&database).await;
        let jobs = there.core.start_jobs();
        let core = &till.test.core;
        let (old, client) = (till.pair().await, till.client().await);
        works(&there, &old).await.unwrap();
        let rotated = core.rotate_merchant(&till.id, &operator()).await.unwrap().secret.expose().to_text();
        assert!(matches!(till.works(&old).await, Err(TokenError::Revoked)));
        assert!(matches!(refresh(&till.test, &client, &old, None).await, Err(GrantError::Revoked)));
        refused_in_a_second(&there, &old).await;
        let refused = core.authenticate_oauth_client(&till.id, &till.secret, &context()).await;
        assert!(matches!(refused, Err(OauthClientError::Unknown)));

        let client = there.core.authenticate_oauth_client(&till.id, &rotated, &context()).await.unwrap();
        let pair = there.core.issue_token(&client, Scope::Merchant, &context()).await.unwrap();
        works(&there, &pair).await.unwrap();
        core.revoke_merchant(&till.id, &operator()).await.unwrap();
        assert!(matches!(till.works(&pair).await, Err(TokenError::Revoked)));
        refused_in_a_second(&there, &pair).await;
        let refused = there.core.authenticate_oauth_client(&till.id, &rotated, &context()).await;
        assert!(matches!(refused, Err(OauthClientError::Revoked)));

        let anew = core.rotate_merchant(&till.id, &operator()).await.unwrap().secret.expose().to_text();
        let client = core.authenticate_oauth_client(&till.id, &anew, &context()).await.unwrap();
        for dead in [&old, &pair] {
            assert!(matches!(till.works(dead).await, Err(TokenError::Revoked)), "they stay dead");
        }
        till.works(&core.issue_token(&client, Scope::Merchant, &context()).await.unwrap()).await.unwrap();
        jobs.stop().await;
    }

    async fn guesses_are_recorded_once_a_minute(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let before = till.actions().await.len();
        for _ in 0..100 {
            for secret in ["", "wrong", "8848372d-8457-4ca4-9da9-673f1cdd6684"] {
                let refused = till.test.core.authenticate_oauth_client(&till.id, secret, &context()).await;
                assert!(matches!(refused, Err(OauthClientError::Unknown)));
            }
            for id in ["nobody", "", &"x".repeat(1000)] {
                let refused = till.test.core.authenticate_oauth_client(id, &till.secret, &context()).await;
                assert!(matches!(refused, Err(OauthClientError::Unknown)));
            }
        }
        assert_eq!(till.actions().await.len(), before + 1);
        till.test.clock.advance(seconds(60));
        let refused = till.test.core.authenticate_oauth_client(&till.id, "wrong", &context()).await;
        assert!(matches!(refused, Err(OauthClientError::Unknown)));
        let records = till.test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        assert_eq!(records[0].detail, "wrong secret; 299 more since the last record");
        assert_eq!((records[0].actor.as_str(), records[0].outcome.as_str()), ("stranger:token", "refused"));
        let of_nobody = till.test.core.audit_records(None, None, 100).await.unwrap();
        let of_nobody = of_nobody.iter().filter(|record| record.detail == "unknown client").count();
        assert_eq!(of_nobody, 1);
        // What has stopped is told by the clean-up.
        till.test.clock.advance(seconds(60));
        till.test.core.clean_up().await.unwrap();
        let of_nobody = till.test.core.audit_records(None, None, 100).await.unwrap();
        let told = of_nobody.iter().filter(|record| record.detail == "unknown client; 299 more since the last record");
        assert_eq!(told.count(), 1);
    }

    async fn the_grant_of_passwords_is_off(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let password = domain::Secret::new("dice-manila-purism".to_owned());
        let refused = till
            .test
            .core
            .issue_token_to_user(&till.client().await, "merchantonline", &password, Scope::Merchant, &context())
            .await;
        assert!(matches!(refused, Err(GrantError::PasswordNotAllowed)));
    }

    async fn a_merchant_user_gets_a_pair_where_the_merchant_allows_it(database: TestDatabase) {
        let till = Till::open(TestCore::with(&database, cheap()).await).await;
        let core = &till.test.core;
        let ask = async |name: &str, password: &str| {
            let password = domain::Secret::new(password.to_owned());
            core.issue_token_to_user(&till.client().await, name, &password, Scope::Customer, &context()).await
        };
        assert!(matches!(ask("anna", PASSWORD).await, Err(GrantError::PasswordNotAllowed)));
        till.allow_passwords().await;
        core.add_merchant_user(&till.id, user("Anna", None), &operator()).await.unwrap();
        // A user of the same name, of another merchant.
        let (_, other, _) = merchant(&till.test, &till.provisioner, 2).await;
        core.add_merchant_user(&other, user("bert", None), &operator()).await.unwrap();

        let pair = ask("ANNA", PASSWORD).await.unwrap();
        assert_eq!(pair.scope, Scope::Customer);
        let principal = core.authenticate_token(Some(&texts(&pair)[0])).await.unwrap();
        assert_eq!(principal.username.as_deref(), Some("Anna"));
        let next = till.refresh(&pair).await.unwrap();
        for token in texts(&next) {
            let told = core.introspect_token(&till.client().await, &token).await.unwrap().unwrap();
            assert_eq!(told.username.as_deref(), Some("Anna"));
        }
        for (name, password) in [("anna", "a wrong password"), ("bert", PASSWORD), ("nobody", PASSWORD), ("", "")] {
            let refused = ask(name, password).await;
            assert!(matches!(refused, Err(GrantError::WrongUser)), "{name}: {refused:?}");
        }
        core.set_merchant_user_disabled(&till.id, "anna", true, &operator()).await.unwrap();
        assert!(matches!(ask("anna", PASSWORD).await, Err(GrantError::WrongUser)), "disabled");
        core.set_merchant_user_disabled(&till.id, "anna", false, &operator()).await.unwrap();
        ask("anna", PASSWORD).await.unwrap();
        for _ in 0..6 {
            assert!(matches!(ask("anna", "a wrong password").await, Err(GrantError::WrongUser)));
        }
        assert!(matches!(ask("anna", PASSWORD).await, Err(GrantError::WrongUser)), "locked");
        let by = format!("oauth_client:{} merchant.login refused", till.id);
        assert!(till.actions().await.contains(&by));
    }

    async fn the_tokens_of_a_user_end_with_whatever_ends_the_user(database: TestDatabase) {
        let till = Till::open(TestCore::with(&database, cheap()).await).await;
        let there = TestCore::open(&database).await;
        let jobs = there.core.start_jobs();
        let core = &till.test.core;
        till.allow_passwords().await;
        core.add_merchant_user(&till.id, user("anna", None), &operator()).await.unwrap();
        let mut password = domain::Secret::new(PASSWORD.to_owned());
        let of_client = till.pair().await;
        for end in ["disabled", "password", "grant"] {
            let client = till.client().await;
            let ask = async || core.issue_token_to_user(&client, "anna", &password, Scope::Merchant, &context()).await.unwrap();
            let (first, second) = (ask().await, ask().await);
            let second = till.refresh(&second).await.unwrap();
            for pair in [&first, &second] {
                till.works(pair).await.unwrap();
                works(&there, pair).await.unwrap();
            }
            match end {
                "disabled" => {
                    core.set_merchant_user_disabled(&till.id, "anna", true, &operator()).await.unwrap();
                }
                "password" => {
                    let other = domain::Secret::new("quite another password".to_owned());
                    core.set_merchant_user_password(&till.id, "anna", &other, &operator()).await.unwrap();
                    password = other;
                }
                _ => {
                    let off = MerchantChange { password_grant: Some(false), ..MerchantChange::default() };
                    core.change_merchant(&till.id, &off, &operator()).await.unwrap();
                }
            }
            for pair in [&first, &second] {
                assert!(matches!(till.works(pair).await, Err(TokenError::Revoked)), "{end}");
                assert!(matches!(till.refresh(pair).await, Err(GrantError::Revoked)), "{end}");
                refused_in_a_second(&there, pair).await;
                let [access, refreshing] = texts(pair);
                assert_eq!(core.introspect_token(&client, &access).await.unwrap(), None);
                assert_eq!(core.introspect_token(&client, &refreshing).await.unwrap(), None);
            }
            if end == "disabled" {
                core.set_merchant_user_disabled(&till.id, "anna", false, &operator()).await.unwrap();
                assert!(matches!(till.works(&first).await, Err(TokenError::Revoked)), "they do not come back");
            }
        }
        till.works(&of_client).await.unwrap();
        jobs.stop().await;
    }

    async fn old_pairs_leave_by_themselves(database: TestDatabase) {
        let till = Till::open(TestCore::open(&database).await).await;
        let first = till.pair().await;
        let second = till.refresh(&first).await.unwrap();
        till.test.clock.advance(LIFETIME + seconds(3599));
        assert_eq!(till.test.core.clean_up().await.unwrap(), 0);
        assert!(matches!(till.works(&second).await, Err(TokenError::Expired)));
        assert!(matches!(till.refresh(&first).await, Err(GrantError::Reused)), "its use still ends the family");
        till.test.clock.advance(seconds(2));
        assert_eq!(till.test.core.clean_up().await.unwrap(), 2);
        assert!(matches!(till.refresh(&first).await, Err(GrantError::Unknown)));
        till.test.clock.advance(seconds(3600));
        assert_eq!(till.test.core.clean_up().await.unwrap(), 1, "the end of the family");
    }
}

/// On SQLite, where a writer that stalls holds up every other write.
#[tokio::test(flavor = "multi_thread")]
async fn the_leeway_begins_when_the_refresh_was_done() {
    let till = Till::open(TestCore::open(&TestDatabase::sqlite()).await).await;
    let (first, client) = (till.pair().await, till.client().await);
    let presented = first.refresh.expose().to_text();
    let (entered, leave) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let (db, inside, released) = (till.test.core.db().clone(), Arc::clone(&entered), Arc::clone(&leave));
    let stalled = tokio::spawn(async move {
        db.write(move |_| {
            let (inside, released) = (Arc::clone(&inside), Arc::clone(&released));
            Box::pin(async move {
                inside.add_permits(1);
                released.acquire().await.unwrap().forget();
                Ok::<_, StoreError>(())
            })
        })
        .await
    });
    entered.acquire().await.unwrap().forget();
    let context = context();
    let mut slow = Box::pin(till.test.core.refresh_token(&client, &presented, None, &context));
    // Polled once, it has come, and waits.
    assert!(poll_fn(|task| Poll::Ready(slow.as_mut().poll(task).is_pending())).await);
    till.test.clock.advance(seconds(12));
    leave.add_permits(1);
    stalled.await.unwrap().unwrap();
    let second = slow.await.unwrap();
    till.test.clock.advance(seconds(9));
    assert_eq!(texts(&till.refresh(&first).await.unwrap()), texts(&second));
    till.test.clock.advance(seconds(1));
    assert!(matches!(till.refresh(&first).await, Err(GrantError::Reused)));
}

async fn refused_in_a_second(test: &TestCore, pair: &IssuedTokens) {
    #[expect(clippy::disallowed_methods, reason = "the promise is about real time")]
    let revoked = Instant::now();
    // Asked without a pause, so that the token is in the cache whenever it can be.
    while works(test, pair).await.is_ok() {
        assert!(revoked.elapsed() < seconds(1), "it still works after a second");
        tokio::task::yield_now().await;
    }
}
