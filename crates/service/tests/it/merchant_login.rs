//! Users of merchants log in, and guessing at their passwords slows down.

use std::net::IpAddr;
use std::time::Duration;

use domain::Secret;
use domain::audit::Actor;
use futures_util::future::{join, join_all};
use service::merchant::{Merchant, OWN_PARTNER};
use service::merchant_login::MerchantLoginError;
use service::merchant_user::MerchantUser;
use service::password::PasswordSettings;
use service::{Context, Settings};
use store::Engine;
use testkit::core::{TestCore, operator};
use testkit::on_both_engines;

use crate::merchant::{PASSWORD, add, records, user};

/// Somebody at a till, at the `number`th address.
fn from(number: u8) -> Context {
    let source = IpAddr::from([192, 0, 2, number]);
    Context { actor: Actor::Visitor("till"), source: Some(source), request_id: String::new() }
}

async fn merchant_with_anna(test: &TestCore) -> Merchant {
    let merchant = add(test, "flexitidemo").await.merchant;
    test.core.add_merchant_user("flexitidemo", user("Anna", None), &operator()).await.unwrap();
    merchant
}

async fn login(
    test: &TestCore,
    merchant: &Merchant,
    name: &str,
    password: &str,
    context: &Context,
) -> Result<MerchantUser, MerchantLoginError> {
    test.core.verify_merchant_user(merchant.partner, merchant.client_identifier, name, password, context).await
}

/// Costs little, where it is not the cost that is tried.
pub(crate) fn cheap() -> Settings {
    let password = PasswordSettings { memory_kib: 64, passes: 1, ..PasswordSettings::default() };
    Settings { password, ..Settings::default() }
}

fn wait(refused: Result<MerchantUser, MerchantLoginError>) -> Option<u64> {
    match refused {
        Err(MerchantLoginError::TooMany { retry_after }) => Some(retry_after.as_secs()),
        Err(MerchantLoginError::Wrong) => None,
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    async fn the_right_password_lets_in_and_every_try_is_on_record(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let merchant = merchant_with_anna(&test).await;
        let user = login(&test, &merchant, "ANNA", PASSWORD, &from(1)).await.unwrap();
        assert_eq!((user.username.as_str(), user.failed_count), ("Anna", 0));
        assert!(user.last_login_at.is_some());
        let other = add(&test, "other").await.merchant;
        let long = "x".repeat(1 << 20);
        for (merchant, name, password) in [
            (&merchant, "anna", "dice-manila-purisM"),
            (&merchant, "anna", ""),
            (&merchant, "anna", long.as_str()),
            (&merchant, "bert", PASSWORD),
            (&merchant, "", PASSWORD),
            (&other, "anna", PASSWORD),
        ] {
            assert_eq!(wait(login(&test, merchant, name, password, &from(1)).await), None, "{name}");
        }
        let records = records(&test, OWN_PARTNER, 6).await;
        let told: Vec<_> = records.iter().rev().map(|(action, outcome, detail)| {
            assert_eq!((action.as_str(), outcome.as_str()), ("merchant.login", "refused"));
            assert!(!detail.contains(PASSWORD) && !detail.contains("purisM"), "{detail}");
            detail.as_str()
        }).collect();
        let wrong = "wrong password; user anna";
        let expected = [wrong, wrong, wrong, "no such user", "no such user", "no such user"];
        assert_eq!(told, expected);
        login(&test, &merchant, "anna", PASSWORD, &from(1)).await.unwrap();
        let last = test.core.audit_records(Some(OWN_PARTNER), None, 1).await.unwrap().remove(0);
        assert_eq!((last.outcome.as_str(), last.detail.as_str()), ("done", "user anna"));
        assert_eq!((last.actor.as_str(), last.source.as_str()), ("visitor:till", "192.0.2.1"));
        assert_eq!(test.core.list_merchant_users("flexitidemo").await.unwrap()[0].failed_count, 0);
    }

    async fn a_disabled_user_is_out_until_enabled(database: TestDatabase) {
        let test = TestCore::with(&database, cheap()).await;
        let merchant = merchant_with_anna(&test).await;
        let disable = async |is_disabled| test.core.set_merchant_user_disabled("flexitidemo", "anna", is_disabled, &operator()).await.unwrap();
        assert!(disable(true).await.disabled_at.is_some());
        assert_eq!(wait(login(&test, &merchant, "anna", PASSWORD, &from(1)).await), None);
        assert_eq!(records(&test, OWN_PARTNER, 1).await[0].2, "disabled; user anna");
        assert_eq!(disable(false).await.disabled_at, None);
        login(&test, &merchant, "anna", PASSWORD, &from(1)).await.unwrap();
        let set = Secret::new("quite another password".to_owned());
        test.core.set_merchant_user_password("flexitidemo", "ANNA", &set, &operator()).await.unwrap();
        assert_eq!(wait(login(&test, &merchant, "anna", PASSWORD, &from(1)).await), None);
        login(&test, &merchant, "anna", set.expose(), &from(1)).await.unwrap();
    }

    async fn a_hundred_wrong_passwords_find_nothing_and_lock_nobody_out_for_good(database: TestDatabase) {
        let test = TestCore::with(&database, cheap()).await;
        let merchant = merchant_with_anna(&test).await;
        for name in ["anna", "nobody"] {
            let mut looked_at = 0;
            // Each from an address of its own: it is the user that is counted.
            for number in 0..100 {
                looked_at += u32::from(wait(login(&test, &merchant, name, "a wrong password", &from(number)).await).is_none());
            }
            assert_eq!(looked_at, 5, "{name}");
        }
        let refused = records(&test, OWN_PARTNER, 100).await.into_iter().filter(|record| record.1 == "refused").count();
        assert_eq!(refused, 12, "of those that were not looked at one for each user");
        assert_eq!(wait(login(&test, &merchant, "anna", PASSWORD, &from(1)).await), Some(2), "the right one waits as well");
        // Whoever keeps at it waits longer and longer, and the same whether there is such a user or not.
        for name in ["anna", "nobody"] {
            let mut waits = Vec::new();
            while waits.len() < 12 {
                if let Some(seconds) = wait(login(&test, &merchant, name, "a wrong password", &from(1)).await) {
                    waits.push(seconds);
                    test.clock.advance(Duration::from_secs(seconds));
                }
            }
            assert!(waits.windows(2).all(|pair| pair[1] == 900.min(2 * pair[0])) && waits[11] == 900, "{name}: {waits:?}");
        }
        test.clock.advance(Duration::from_secs(900));
        let user = login(&test, &merchant, "anna", PASSWORD, &from(1)).await.unwrap();
        assert_eq!((user.failed_count, user.locked_until), (0, None));
    }

    async fn many_at_once_count_no_less_than_one_after_the_other(database: TestDatabase) {
        let test = TestCore::with(&database, cheap()).await;
        let merchant = merchant_with_anna(&test).await;
        let mut tries = tokio::task::JoinSet::new();
        for number in 0..30 {
            let (core, merchant) = (test.core.clone(), merchant.clone());
            tries.spawn(async move {
                core.verify_merchant_user(merchant.partner, merchant.client_identifier, "anna", "a wrong password", &from(number)).await
            });
        }
        while let Some(tried) = tries.join_next().await {
            wait(tried.unwrap());
        }
        let kept = test.core.list_merchant_users("flexitidemo").await.unwrap().remove(0);
        assert_eq!(kept.failed_count, 5, "while it is locked nothing is counted");
        assert!(kept.locked_until.is_some());
        assert!(wait(login(&test, &merchant, "anna", PASSWORD, &from(1)).await).is_some());
    }

    async fn many_tills_may_log_in_at_once(database: TestDatabase) {
        let test = TestCore::with(&database, cheap()).await;
        let merchant = merchant_with_anna(&test).await;
        // Each would renew the hash.
        let test = TestCore::open(&database).await;
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (core, merchant) = (test.core.clone(), merchant.clone());
            tries.spawn(async move {
                core.verify_merchant_user(merchant.partner, merchant.client_identifier, "anna", PASSWORD, &from(1)).await
            });
        }
        while let Some(tried) = tries.join_next().await {
            tried.unwrap().unwrap();
        }
    }

    async fn a_lock_holds_in_another_process_and_after_a_restart(database: TestDatabase) {
        let (here, there) = (TestCore::with(&database, cheap()).await, TestCore::with(&database, cheap()).await);
        let merchant = merchant_with_anna(&here).await;
        for _ in 0..5 {
            wait(login(&here, &merchant, "anna", "a wrong password", &from(1)).await);
        }
        let locked = here.core.list_merchant_users("flexitidemo").await.unwrap()[0].locked_until.unwrap();
        there.clock.advance(Duration::from_secs(1));
        // It answers as to a wrong password, so that nobody learns there that there is such a user.
        assert_eq!(wait(login(&there, &merchant, "anna", PASSWORD, &from(2)).await), None);
        assert_eq!(records(&there, OWN_PARTNER, 1).await[0].2, "locked; user anna");
        let kept = there.core.list_merchant_users("flexitidemo").await.unwrap().remove(0);
        assert_eq!((kept.failed_count, kept.locked_until), (5, Some(locked)), "it is not made longer");
        there.clock.advance(Duration::from_secs(1));
        login(&there, &merchant, "anna", PASSWORD, &from(2)).await.unwrap();
        let restarted = TestCore::with(&database, cheap()).await;
        login(&restarted, &merchant, "anna", PASSWORD, &from(2)).await.unwrap();
    }

    async fn who_guesses_at_many_users_shuts_nobody_out(database: TestDatabase) {
        let test = TestCore::with(&database, cheap()).await;
        let merchant = merchant_with_anna(&test).await;
        for number in 0..40 {
            let name = format!("user {number}");
            assert_eq!(wait(login(&test, &merchant, &name, PASSWORD, &from(1)).await), None, "{name}");
        }
        for address in [1, 2] {
            login(&test, &merchant, "anna", PASSWORD, &from(address)).await.unwrap();
        }
    }

    async fn the_right_one_among_many_at_once_is_told_like_the_wrong_ones(database: TestDatabase) {
        let test = TestCore::with(&database, cheap()).await;
        let merchant = merchant_with_anna(&test).await;
        // Each has asked whether it may be looked at before any is: they wait for a connection to read by, and all of those are taken.
        let db = test.core.db();
        let connections = match db.engine() {
            Engine::Sqlite => db.options().read_connections,
            Engine::Postgres => db.options().connections,
        };
        let mut taken = Vec::new();
        for _ in 0..connections {
            taken.push(db.reader().await.unwrap());
        }
        let tries = (0..30).map(|number| {
            let (test, merchant) = (&test, &merchant);
            let password = if number == 20 { PASSWORD } else { "a wrong password" };
            async move { login(test, merchant, "anna", password, &from(number)).await }
        });
        let (told, ()) = join(join_all(tries), async move { drop(taken) }).await;
        for (number, tried) in told.into_iter().enumerate() {
            assert!(matches!(tried, Err(MerchantLoginError::Wrong)), "{number}: {tried:?}");
        }
        let records = test.core.audit_records(Some(OWN_PARTNER), None, 100).await.unwrap();
        let refused: Vec<_> = records.iter().filter(|record| record.outcome == "refused").collect();
        assert_eq!(refused.len(), 30, "{records:?}");
        let with = |detail: &str| refused.iter().filter(|record| record.detail == detail).count();
        assert_eq!((with("wrong password; user anna"), with("locked; user anna")), (5, 25));
        let right = refused.iter().find(|record| record.source == "192.0.2.20").unwrap();
        assert_eq!((right.action.as_str(), right.detail.as_str()), ("merchant.login", "locked; user anna"));
    }
}
