//! Applications for credit: decided by policy or by a person, once, with one account for each person and lender.

use std::sync::Arc;
use std::time::Duration;

use domain::applicant::{ApplicantDraft, ApplicantFaults};
use domain::application::ApplicationStatus;
use domain::cents::Cents;
use domain::credit_account::RiskRating;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::merchant::MerchantChange;
use domain::oauth_token::{FamilyId, Scope};
use domain::reference_data::Lang;
use domain::{Environment, calendar::CalendarDate};
use service::application::{Application, ApplyError};
use service::application_admin::ByHand;
use service::customer::CustomerSearch;
use service::idempotency::{Idempotency, IdempotencyError};
use service::information::FlowCaller;
use service::purchase_error::PurchaseError;
use service::{AdminError, Core, MasterKeys, Settings};
use store::credit_account::AccountKey;
use testkit::clock::TestClock;
use testkit::core::{MASTER_KEY, TestCore, applicant, draft, operator};
use testkit::on_both_engines;
use testkit::random::TestRandom;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::purchase::purchase;

const NEW_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A merchant that takes applications.
#[derive(Clone, Debug)]
pub(crate) struct Till {
    pub(crate) partner: PartnerId,
    pub(crate) client: ClientIdentifier,
    /// `client_id` of the POS API.
    pub(crate) id: String,
}

impl Till {
    pub(crate) async fn open(test: &TestCore) -> [Self; 2] {
        let added = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&added).await;
        let mut tills = Vec::new();
        for number in 1..=2 {
            let mut draft = draft("QUICK3", number);
            draft.service_type = Some("POS_FINANCING".into());
            let made = test.core.create_client(&provisioner, &draft, None, &operator()).await.unwrap().value;
            let id = made.oauth.unwrap().id;
            tills.push(Self { partner: provisioner.holder.partner, client: made.client, id });
        }
        tills.try_into().ok().unwrap()
    }

    pub(crate) fn caller(&self) -> FlowCaller {
        FlowCaller { partner: self.partner, client: self.client, family: FamilyId(Uuid::nil()), scope: Scope::Merchant }
    }

    pub(crate) async fn apply(&self, core: &Core, said: ApplicantDraft) -> Result<Application, ApplyError> {
        self.apply_as(core, said, None).await
    }

    async fn apply_as(&self, core: &Core, said: ApplicantDraft, key: Option<&str>) -> Result<Application, ApplyError> {
        self.apply_in(core, Uuid::nil(), said, key).await
    }

    /// The same in a flow.
    async fn apply_in(
        &self,
        core: &Core,
        reference: Uuid,
        said: ApplicantDraft,
        key: Option<&str>,
    ) -> Result<Application, ApplyError> {
        let said = (said, ApplicantFaults::new());
        let idempotency = key.map(|key| Idempotency { key: key.to_owned(), fingerprint: [7; 32] });
        let taken = core.apply(self.caller(), reference, said, Lang::English, idempotency, &operator()).await?;
        Ok(taken.value)
    }

    /// The accounts of a person of this first name.
    pub(crate) async fn accounts(&self, core: &Core, first_name: &str) -> usize {
        let search = CustomerSearch {
            first_name: first_name.to_owned(),
            last_name: "Tremblay".to_owned(),
            dob: CalendarDate::parse("1985-02-14").unwrap(),
            postal_code: None,
        };
        core.search_customers((self.partner, self.client), &search).await.unwrap().len()
    }
}

/// An applicant who asks the sandbox for this answer.
fn asking(first_name: &str, key: &str) -> ApplicantDraft {
    ApplicantDraft { middle_name: Some(key.to_owned()), ..applicant(first_name) }
}

/// Somebody who spends so much on housing that a person has to look at it.
pub(crate) fn to_review(first_name: &str) -> ApplicantDraft {
    ApplicantDraft { housing_payment: Some("4000".to_owned()), ..applicant(first_name) }
}

const APPROVE: ByHand = ByHand::Approve { rating: None, limit: None, is_another: false };

/// Approves with a rating and a limit, as somebody else than those who have accounts or not.
pub(crate) fn approve(rating: RiskRating, limit: i64, is_another: bool) -> ByHand {
    ByHand::Approve { rating: Some(rating), limit: Some(Cents(limit)), is_another }
}

#[track_caller]
pub(crate) fn state_error<T: std::fmt::Debug>(result: Result<T, AdminError>) -> String {
    match result {
        Err(AdminError::State(why)) => why,
        other => panic!("{other:?}"),
    }
}

on_both_engines! {
    async fn one_that_waits_is_decided_once_by_whom_and_why(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        let waits = till.apply(&test.core, to_review("Marie")).await.unwrap();
        assert_eq!((waits.status, waits.account), (ApplicationStatus::Pending, None));
        // While it waits another one waits with it.
        let again = till.apply(&test.core, applicant("MARIE")).await.unwrap();
        assert_eq!(again.status, ApplicationStatus::Pending);
        let listed = test.core.list_applications(Some(ApplicationStatus::Pending), None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|it| (it.id, it.reasons[0].as_str())).collect::<Vec<_>>(), [
            (waits.id, "housing_too_dear"),
            (again.id, "under_review"),
        ]);
        assert_eq!(test.core.list_applications(None, Some(waits.id), 10).await.unwrap().len(), 1);

        // The policy rates nobody who spends so much on housing.
        let unrated = test.core.decide_application(waits.id, APPROVE, "pay slips seen", &operator()).await;
        assert!(matches!(&unrated, Err(AdminError::Invalid(faults)) if faults[0].field == "rating"), "{unrated:?}");
        let unexplained = test.core.decide_application(waits.id, approve(RiskRating::High, 200_000, false), " ", &operator()).await;
        assert!(matches!(&unexplained, Err(AdminError::Invalid(faults)) if faults[0].field == "reason"), "{unexplained:?}");
        test.clock.advance(DAY);
        let high = approve(RiskRating::High, 200_000, false);
        let decided = test.core.decide_application(waits.id, high, "pay slips seen", &operator()).await.unwrap();
        assert_eq!((decided.status, decided.reasons.as_slice()), (ApplicationStatus::Approved, &["decided_by_hand".to_owned()][..]));
        assert_eq!((decided.decided_by.as_deref(), decided.decided_at), (Some("operator:test"), Some(test.core.clock().now())));
        let now = test.core.application_of(till.caller(), waits.id).await.unwrap().unwrap();
        let account = now.account.unwrap();
        assert_eq!((now.status, account.rating, account.limit, account.available), (
            ApplicationStatus::Approved, RiskRating::High, Cents(200_000), Cents(200_000),
        ));
        assert_eq!(Some(account.number), decided.account_number);

        let twice = test.core.decide_application(waits.id, ByHand::Decline, "no", &operator()).await;
        assert!(state_error(twice).contains("approved by operator:test"));
        // The other one is of somebody who has an account by now.
        let second = test.core.decide_application(again.id, APPROVE, "pay slips seen", &operator()).await;
        assert!(state_error(second).contains("--another-person"));
        assert_eq!(till.accounts(&test.core, "Marie").await, 1);
        let namesake = approve(RiskRating::Low, 100_000, true);
        test.core.decide_application(again.id, namesake, "another person", &operator()).await.unwrap();
        assert_eq!(till.accounts(&test.core, "Marie").await, 2);

        let shown = test.core.show_application(waits.id, &operator()).await.unwrap();
        assert_eq!((shown.applicant.last_name.as_str(), shown.note.as_deref()), ("Tremblay", Some("pay slips seen")));
        assert_eq!((shown.decisions.len(), shown.case.decide()), (2, shown.decisions[0].clone()));
        let records = test.core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        let told: Vec<_> = records.iter().take(3).map(|record| (record.action.as_str(), record.detail.as_str())).collect();
        assert_eq!(told[0], ("application.show", ""));
        assert_eq!((told[1].0, told[2].0), ("application.decide", "application.decide"));
        assert_eq!(told[2].1, format!("approved, account {}", account.number));
        assert!(!format!("{records:?}").contains("Tremblay"));
        let unknown = test.core.show_application(Uuid::nil(), &operator()).await;
        assert!(matches!(unknown, Err(AdminError::NotFound(_))), "{unknown:?}");
    }

    async fn of_those_who_decide_at_once_one_does(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let [till, _] = Till::open(&tests[0]).await;
        for round in 0..3 {
            let name = format!("Marie{}", "x".repeat(round));
            let waits = till.apply(&tests[0].core, asking(&name, "P-CREDIT")).await.unwrap();
            let mut deciders = JoinSet::new();
            for number in 0..8 {
                let core = tests[number % 2].core.clone();
                let by_hand = if number < 4 { APPROVE } else { ByHand::Decline };
                deciders.spawn(async move { core.decide_application(waits.id, by_hand, "seen", &operator()).await });
            }
            let outcomes = deciders.join_all().await;
            let decided: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
            assert_eq!(decided.len(), 1, "{outcomes:?}");
            let others = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
            assert!(others.into_iter().all(|error| matches!(error, AdminError::State(_))), "{outcomes:?}");
            let is_approved = decided[0].status == ApplicationStatus::Approved;
            assert_eq!(till.accounts(&tests[0].core, &name).await, usize::from(is_approved));
        }
    }

    async fn the_same_person_many_times_at_once_gets_one_account(database: TestDatabase) {
        let tests = [TestCore::open(&database).await, TestCore::open(&database).await];
        let [till, _] = Till::open(&tests[0]).await;
        for name in ["Marie", "Zoé"] {
            let mut calls = JoinSet::new();
            for number in 0..12 {
                let (core, till) = (tests[number % 2].core.clone(), till.clone());
                let name = if number % 3 == 0 { name.to_uppercase() } else { name.to_owned() };
                calls.spawn(async move { till.apply(&core, applicant(&name)).await });
            }
            let outcomes = calls.join_all().await;
            let approved = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            let exists = outcomes.iter().filter(|it| matches!(it, Err(ApplyError::CustomerExists { .. }))).count();
            assert_eq!((approved, exists), (1, 11), "{outcomes:?}");
            assert_eq!(till.accounts(&tests[0].core, name).await, 1);
        }
    }

    async fn a_repeat_has_no_second_effect_and_a_retry_is_tried_anew(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, other] = Till::open(&test).await;
        let first = till.apply_as(&test.core, applicant("Marie"), Some("k")).await.unwrap();
        assert_eq!(till.apply_as(&test.core, applicant("Marie"), Some("k")).await.unwrap(), first);
        // Another merchant's key of the same name is another.
        let elsewhere = other.apply_as(&test.core, applicant("Marie"), Some("k")).await.unwrap();
        assert_ne!(elsewhere.id, first.id);
        for _ in 0..2 {
            let exists = till.apply_as(&test.core, applicant("Marie"), Some("exists")).await;
            assert!(matches!(exists, Err(ApplyError::CustomerExists { .. })), "{exists:?}");
        }
        let one = till.apply_as(&test.core, asking("Anne", "D-EMAIL_DBL_TIMEOUT"), Some("retry")).await.unwrap();
        let two = till.apply_as(&test.core, asking("Anne", "D-EMAIL_DBL_TIMEOUT"), Some("retry")).await.unwrap();
        assert_eq!((one.status, one.id == two.id), (ApplicationStatus::Retry, false));
        // The one that the merchant took, the refused one, and the two of Anne; and the other merchant's.
        assert_eq!(test.core.list_applications(None, None, 10).await.unwrap().len(), 5);
    }

    async fn a_key_is_of_one_flow_and_of_one_kind_of_call(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        let first = till.apply_in(&test.core, Uuid::from_u128(1), applicant("Marie"), Some("k")).await.unwrap();
        assert_eq!(till.apply_in(&test.core, Uuid::from_u128(1), applicant("Marie"), Some("k")).await.unwrap(), first);
        // The same body in another flow, where `information` was told of somebody else.
        let elsewhere = till.apply_in(&test.core, Uuid::from_u128(2), applicant("Marie"), Some("k")).await;
        assert!(matches!(elsewhere, Err(ApplyError::Idempotency(IdempotencyError::KeyReused))), "{elsewhere:?}");
        let key = AccountKey { partner: till.partner, lender: till.client, number: first.account.unwrap().number };
        let named = Some(Idempotency { key: "k".to_owned(), fingerprint: [7; 32] });
        let asked = purchase(&test.core, till.caller(), key, (100, None)).await;
        let bought = test.core.authorize_purchase(&till.caller(), &asked, named, &operator()).await;
        assert!(matches!(bought, Err(PurchaseError::Idempotency(IdempotencyError::KeyReused))), "{bought:?}");
    }

    async fn who_was_declined_is_declined_again_for_a_while(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        let poor = ApplicantDraft { annual_income: Some("8000".to_owned()), ..applicant("Marie") };
        let reasons = async |said: ApplicantDraft| {
            let id = till.apply(&test.core, said).await.unwrap().id;
            let listed = test.core.list_applications(None, None, 100).await.unwrap();
            listed.into_iter().find(|it| it.id == id).unwrap().reasons.join(",")
        };
        assert_eq!(reasons(poor).await, "income_too_low");
        assert_eq!(reasons(applicant("Marie")).await, "declined_lately");
        test.clock.advance(29 * DAY);
        assert_eq!(reasons(applicant("Marie")).await, "declined_lately");
        // It is counted from the first one, not from those that followed from it.
        test.clock.advance(DAY);
        assert_eq!(reasons(applicant("Marie")).await, "within_policy");
    }

    async fn a_closed_account_stands_in_nobodys_way(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        let quebec = ApplicantDraft {
            province: Some("QC".to_owned()),
            postal_code: Some("H2X 1Y4".to_owned()),
            ..applicant("Marie")
        };
        let account = till.apply(&test.core, quebec.clone()).await.unwrap().account.unwrap();
        test.core.close_account(till.caller(), account.number, &operator()).await.unwrap();
        let second = till.apply(&test.core, quebec.clone()).await.unwrap().account.unwrap();
        assert_ne!(second.number, account.number);
        assert_eq!(till.accounts(&test.core, "Marie").await, 2);
        let third = till.apply(&test.core, quebec).await;
        assert!(matches!(third, Err(ApplyError::CustomerExists { .. })), "{third:?}");
    }

    async fn merchants_of_one_lender_share_its_accounts(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let [till, other] = Till::open(&test).await;
        let lends_on = async |id: &str, lender: &str| test.core.set_lender(id, lender, &operator()).await;
        assert_eq!(lends_on(&other.id, &till.id).await.unwrap().lender.as_deref(), Some(till.id.as_str()));
        let account = other.apply(&test.core, applicant("Marie")).await.unwrap().account.unwrap();
        for merchant in [&till, &other] {
            assert_eq!(merchant.accounts(&test.core, "Marie").await, 1);
            let second = merchant.apply(&test.core, applicant("Marie")).await;
            assert!(matches!(second, Err(ApplyError::CustomerExists { .. })), "{second:?}");
        }
        let outside = test.core.add_merchant(None, &domain::merchant::MerchantDraft {
            client_id: "outside".to_owned(),
            settings: MerchantChange { name: Some("Outside".to_owned()), ..MerchantChange::default() },
        }, &operator()).await.unwrap();
        let outside = Till { partner: outside.merchant.partner, client: outside.merchant.client_identifier, id: "outside".into() };
        assert_eq!(outside.accounts(&test.core, "Marie").await, 0);
        let close = test.core.close_account(outside.caller(), account.number, &operator()).await;
        assert!(matches!(close, Err(service::customer::CloseError::NotFound)), "{close:?}");
    }

    async fn in_production_a_middle_name_is_a_middle_name(database: TestDatabase) {
        let settings = Settings { environment: Environment::Production, ..Settings::default() };
        let test = TestCore::with(&database, settings).await;
        let added = test.core.add_merchant(None, &domain::merchant::MerchantDraft {
            client_id: "shop".to_owned(),
            settings: MerchantChange { name: Some("Shop".to_owned()), ..MerchantChange::default() },
        }, &operator()).await.unwrap().merchant;
        let till = Till { partner: added.partner, client: added.client_identifier, id: "shop".to_owned() };
        let applied = till.apply(&test.core, asking("Marie", "D-FRAUD")).await.unwrap();
        assert_eq!(applied.status, ApplicationStatus::Approved);
    }

    async fn a_merchant_has_so_many_applications_a_day(database: TestDatabase) {
        let settings = Settings { most_applications: 2, ..Settings::default() };
        let test = TestCore::with(&database, settings).await;
        let [till, other] = Till::open(&test).await;
        till.apply(&test.core, applicant("Marie")).await.unwrap();
        till.apply(&test.core, applicant("Anne")).await.unwrap();
        let third = till.apply(&test.core, applicant("Zoé")).await;
        assert!(matches!(third, Err(ApplyError::TooMany { most: 2, .. })), "{third:?}");
        other.apply(&test.core, applicant("Zoé")).await.unwrap();
        test.clock.advance(DAY);
        till.apply(&test.core, applicant("Zoé")).await.unwrap();
    }

    async fn persons_are_sealed_and_a_new_master_key_takes_them_over(database: TestDatabase) {
        let open = async |keys: &str| {
            let keys = MasterKeys::parse(keys).unwrap();
            let random = Arc::new(TestRandom::new(u64::MAX / 3));
            let db = database.open().await;
            Core::open(db, Arc::new(TestClock::new()), random, keys, Settings::default()).await.unwrap()
        };
        let test = TestCore::open(&database).await;
        let [till, _] = Till::open(&test).await;
        let applied = till.apply(&test.core, applicant("Marie")).await.unwrap();
        let mut reader = test.core.db().reader().await.unwrap();
        let row = store::credit_application::by_id(&mut reader, applied.id).await.unwrap().unwrap();
        drop(reader);
        assert!(!row.sealed.windows(8).any(|bytes| bytes == b"Tremblay"));

        let both = open(&format!("1:{MASTER_KEY},2:{NEW_KEY}")).await;
        let needed = both.under_older_keys().await.unwrap().secrets;
        both.reseal(&operator(), |_| {}).await.unwrap();
        assert_eq!((needed > 3, both.under_older_keys().await.unwrap().secrets), (true, 0));
        let new = open(&format!("2:{NEW_KEY}")).await;
        assert_eq!(new.show_application(applied.id, &operator()).await.unwrap().applicant.first_name, "Marie");
        assert_eq!(till.accounts(&new, "Marie").await, 1);
    }
}
