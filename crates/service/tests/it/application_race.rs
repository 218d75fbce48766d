//! Applications and what they meet: others of the same person at once, a namesake with an account, and a merchant that changes its lender.

use domain::applicant::ApplicantDraft;
use domain::application::ApplicationStatus;
use domain::credit_account::RiskRating;
use domain::merchant::{MerchantChange, MerchantDraft};
use service::application::ApplyError;
use service::application_admin::ByHand;
use service::{AdminError, Core};
use testkit::core::{TestCore, applicant, operator};
use testkit::on_both_engines;

use crate::application::{Till, approve, state_error, to_review};
use crate::purchase_race::at_once;

/// A merchant of the operator's own partner.
async fn merchant(core: &Core, id: &str) -> Till {
    let named = MerchantChange { name: Some(id.to_owned()), ..MerchantChange::default() };
    let draft = MerchantDraft { client_id: id.to_owned(), settings: named };
    let added = core.add_merchant(None, &draft, &operator()).await.unwrap().merchant;
    Till { partner: added.partner, client: added.client_identifier, id: id.to_owned() }
}

async fn lend_on(core: &Core, merchant: &Till, lender: &Till) -> Result<(), AdminError> {
    core.set_lender(&merchant.id, &lender.id, &operator()).await.map(drop)
}

on_both_engines! {
    async fn of_many_at_once_of_one_person_one_is_decided_by_itself(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let [till, _] = Till::open(&tests[0]).await;
        for name in ["Marie", "Anne", "Zoe"] {
            let before = tests[0].core.list_applications(None, None, 100).await.unwrap();
            let results = at_once(20, |number| {
                let (core, till) = (tests[number % 2].core.clone(), till.clone());
                // Too poor, or rich enough for the best rating: what comes of either bars the others.
                let income = if number % 2 == 0 { 5_000 + number } else { 72_000 + number }.to_string();
                let said = ApplicantDraft { annual_income: Some(income), ..applicant(name) };
                async move { till.apply(&core, said).await }
            })
            .await;
            for result in &results {
                assert!(matches!(result, Ok(_) | Err(ApplyError::CustomerExists { .. })), "{result:?}");
            }
            let all = tests[0].core.list_applications(None, None, 100).await.unwrap();
            let reasons: Vec<_> = all.iter().filter(|it| !before.contains(it)).map(|it| it.reasons.join(",")).collect();
            let follows = |reason: &&String| ["declined_lately", "under_review", "has_account"].contains(&reason.as_str());
            assert_eq!((reasons.len(), reasons.iter().filter(follows).count()), (20, 19), "{reasons:?}");
        }
    }

    async fn a_namesake_of_somebody_with_an_account_is_let_in_by_hand(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        till.apply(&test.core, applicant("Mohammed")).await.unwrap();
        let second = till.apply(&test.core, applicant("Mohammed")).await;
        assert!(matches!(second, Err(ApplyError::CustomerExists { .. })), "{second:?}");
        let declined = test.core.list_applications(Some(ApplicationStatus::Declined), None, 10).await.unwrap();
        let id = declined[0].id;
        let decide = async |by_hand| test.core.decide_application(id, by_hand, "passport seen", &operator()).await;
        assert!(state_error(decide(ByHand::Decline).await).contains("is declined by policy"));
        let same = decide(approve(RiskRating::Low, 100_000, false)).await;
        assert!(state_error(same).contains("--another-person"));
        assert_eq!(till.accounts(&test.core, "Mohammed").await, 1);
        let let_in = decide(approve(RiskRating::Low, 100_000, true)).await.unwrap();
        assert_eq!((let_in.status, let_in.account_number.is_some()), (ApplicationStatus::Approved, true));
        assert_eq!(till.accounts(&test.core, "Mohammed").await, 2);
        assert!(state_error(decide(approve(RiskRating::Low, 100_000, true)).await).contains("is approved by operator:test"));

        // Who was declined for another reason stays so.
        let poor = ApplicantDraft { annual_income: Some("8000".to_owned()), ..applicant("Anne") };
        let poor = till.apply(&test.core, poor).await.unwrap().id;
        let refused = test.core.decide_application(poor, approve(RiskRating::Low, 100_000, true), "why not", &operator()).await;
        assert!(state_error(refused).contains("is declined by policy"));
    }

    async fn a_lender_is_changed_only_when_no_application_waits(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let core = &test.core;
        let (book, other, shop) = (merchant(core, "book").await, merchant(core, "other").await, merchant(core, "shop").await);
        let waits = shop.apply(core, to_review("Marie")).await.unwrap();
        assert!(state_error(lend_on(core, &shop, &book).await).contains("decide them first"));
        core.decide_application(waits.id, ByHand::Decline, "no", &operator()).await.unwrap();
        lend_on(core, &shop, &book).await.unwrap();

        // Also from the book of one to that of another, and to its own.
        let waits = shop.apply(core, to_review("Anne")).await.unwrap();
        for to in [&other, &shop] {
            assert!(state_error(lend_on(core, &shop, to).await).contains("decide them first"));
        }
        core.decide_application(waits.id, approve(RiskRating::High, 200_000, false), "seen", &operator()).await.unwrap();
        // A namesake who was declined can be let in only while the merchant would reach the account.
        let namesake = shop.apply(core, applicant("Anne")).await;
        assert!(matches!(namesake, Err(ApplyError::CustomerExists { .. })), "{namesake:?}");
        lend_on(core, &shop, &other).await.unwrap();
        let declined = core.list_applications(Some(ApplicationStatus::Declined), None, 10).await.unwrap();
        let by_hand = approve(RiskRating::Low, 100_000, true);
        let refused = core.decide_application(declined[1].id, by_hand, "seen", &operator()).await;
        assert!(state_error(refused).contains("lends on another book"));
    }

    async fn whoever_is_first_the_merchant_reaches_what_was_applied_for(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let core = &tests[0].core;
        let book = merchant(core, "book").await;
        for round in 0..8 {
            let shop = merchant(core, &format!("shop-{round}")).await;
            let results = at_once(7, |number| {
                let (core, shop, book) = (tests[number % 2].core.clone(), shop.clone(), book.clone());
                async move {
                    let name = format!("Marie{}", "abcdefgh".chars().nth(number).unwrap());
                    match number {
                        3 => lend_on(&core, &shop, &book).await.map_err(|error| error.to_string()),
                        0 | 2 | 4 => shop.apply(&core, to_review(&name)).await.map(drop).map_err(|error| error.to_string()),
                        // One person applies in every round: once it has an account on the book, it is refused there.
                        5 => shop.apply(&core, applicant(&name)).await.map(drop).or_else(|error| match error {
                            ApplyError::CustomerExists { .. } => Ok(()),
                            error => Err(error.to_string()),
                        }),
                        _ => shop.apply(&core, applicant(&format!("{name}{}", "x".repeat(round)))).await.map(drop)
                            .map_err(|error| error.to_string()),
                    }
                }
            })
            .await;
            for (number, result) in results.iter().enumerate() {
                let is_refused = result.as_ref().err().is_some_and(|why| why.contains("own book") || why.contains("decide them first"));
                assert!(result.is_ok() || is_refused, "{number}: {result:?}");
            }
            let mut reader = core.db().reader().await.unwrap();
            let lends_on = store::merchant::by_client(&mut reader, shop.partner, shop.client).await.unwrap().unwrap().row.lends_on();
            let rows = store::credit_application::page(&mut reader, None, uuid::Uuid::nil(), 1_000).await.unwrap();
            let own: Vec<_> = rows.iter().filter(|row| row.client == shop.client && row.status != "declined").collect();
            assert!(own.len() >= 5, "{own:?}");
            assert!(own.iter().all(|row| row.lender == lends_on), "{lends_on}: {own:?}");
        }
    }
}
