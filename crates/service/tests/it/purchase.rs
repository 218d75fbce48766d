//! Purchases on credit: authorized, captured, released, brought back, refunded, paid, with interest by the day; and the books are right.

use std::time::Duration;

use domain::Timestamp;
use domain::cents::Cents;
use domain::credit_account::CardNumber;
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::{FamilyId, Scope};
use domain::purchase::{AuthorizationId, AuthorizationState, CaptureId, Financing, Payment, Refusal};
use service::Core;
use service::account_book::Till;
use service::account_transaction::{AccountNames, PaymentRequest};
use service::authorization::{AuthorizationRequest, AuthorizationView};
use service::authorization_list::AuthorizationsWanted;
use service::capture::{CaptureView, CapturesWanted, ReturnRequest, ReturnView};
use service::idempotency::{Idempotency, IdempotencyError};
use service::information::FlowCaller;
use service::onboarding::Answer;
use service::purchase_error::{Missing, PurchaseError};
use service::refund::{CreditView, RefundRequest};
use service::verification::Proof;
use store::credit_account::AccountKey;
use testkit::account::open_account;
use testkit::core::{TestCore, draft, operator};
use testkit::on_both_engines;
use testkit::widget::add_verified_session;
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A merchant in a web shop and in its back office.
#[derive(Clone, Copy)]
pub(crate) struct Shop {
    pub(crate) caller: FlowCaller,
}

impl Shop {
    /// Three merchants of one partner: the second lends on the book of the first, the third on its own.
    pub(crate) async fn open(test: &TestCore) -> [Self; 3] {
        let added = test.partner("QUICK3").await;
        let provisioner = test.provisioner(&added).await;
        let mut shops: Vec<Self> = Vec::new();
        for number in 1..=3 {
            let mut draft = draft("QUICK3", number);
            draft.service_type = Some("POS_FINANCING".into());
            let made = test.core.create_client(&provisioner, &draft, None, &operator()).await.unwrap().value;
            let partner = provisioner.holder.partner;
            shops.push(Self {
                caller: FlowCaller {
                    partner,
                    client: made.client,
                    family: FamilyId(Uuid::nil()),
                    scope: Scope::Merchant,
                },
            });
        }
        lend_on(&test.core, shops[1].caller, shops[0].caller.client).await;
        shops.try_into().ok().unwrap()
    }

    pub(crate) fn lender(self) -> (PartnerId, ClientIdentifier) {
        (self.caller.partner, self.caller.client)
    }

    pub(crate) async fn authorize(
        self,
        core: &Core,
        account: AccountKey,
        (amount, plan): (i64, Option<u8>),
    ) -> Result<AuthorizationView, PurchaseError> {
        let asked = purchase(core, self.caller, account, (amount, plan)).await;
        core.authorize_purchase(&self.caller, &asked, None, &operator()).await.map(|answer| answer.value)
    }

    pub(crate) async fn capture(self, core: &Core, id: i64, amount: i64) -> Result<CaptureView, PurchaseError> {
        let what = (AuthorizationId(id), Cents(amount));
        core.capture(&self.caller, what, &Till::default(), None, &operator()).await.map(|answer| answer.value)
    }

    pub(crate) async fn release(
        self,
        core: &Core,
        id: i64,
        amount: Option<i64>,
    ) -> Result<AuthorizationView, PurchaseError> {
        let (id, amount) = (AuthorizationId(id), amount.map(Cents));
        core.release(&self.caller, id, amount, &Till::default(), None, &operator()).await.map(|answer| answer.value)
    }

    pub(crate) async fn bring_back(
        self,
        core: &Core,
        capture: &CaptureView,
        amount: Option<i64>,
    ) -> Result<ReturnView, PurchaseError> {
        let asked = ReturnRequest {
            authorization: AuthorizationId(capture.authorization),
            capture: CaptureId(capture.capture),
            amount: amount.map(Cents),
            full: amount.is_none(),
            card: None,
            till: Till::default(),
        };
        core.return_capture(&self.caller, &asked, None, &operator()).await.map(|answer| answer.value)
    }

    pub(crate) async fn refund(
        self,
        core: &Core,
        account: AccountKey,
        amount: i64,
    ) -> Result<CreditView, PurchaseError> {
        let asked = RefundRequest {
            account: account.number,
            amount: Cents(amount),
            card: None,
            capture: None,
            till: Till::default(),
        };
        core.refund(&self.caller, &asked, None, &operator()).await.map(|answer| answer.value)
    }

    pub(crate) async fn pay(self, core: &Core, account: AccountKey, amount: i64) -> Result<CreditView, PurchaseError> {
        let asked = PaymentRequest {
            account: AccountNames { account: Some(account.number), ..AccountNames::default() },
            payment: Payment::InstorePayment,
            amount: Cents(amount),
            proof: Proof::default(),
            till: Till::default(),
        };
        core.pay_verified(&self.caller, &asked, None, &operator()).await.map(|answer| answer.value)
    }
}

/// The first merchant lends on the book of the second from now on.
async fn lend_on(core: &Core, merchant: FlowCaller, lender: ClientIdentifier) {
    let changed = core.db().write(move |tx| {
        Box::pin(async move {
            let known = store::merchant::by_client(tx, merchant.partner, merchant.client).await?.unwrap();
            let row = store::merchant::MerchantRow { lender: Some(lender.0), ..known.row };
            store::merchant::update(tx, &row).await
        })
    });
    changed.await.unwrap();
}

/// A purchase of a customer who was verified in the widget.
pub(crate) async fn purchase(
    core: &Core,
    caller: FlowCaller,
    account: AccountKey,
    (amount, plan): (i64, Option<u8>),
) -> AuthorizationRequest {
    let session = add_verified_session(core.db(), account, caller.client).await;
    AuthorizationRequest {
        account: account.number,
        card: None,
        financing: plan.map_or(Financing::Regular, |plan| Financing::Promotional { plan, term: 3 }),
        amount: Cents(amount),
        auto_capture: false,
        proof: Proof { widget_session: Some(session), ..Proof::default() },
        till: Till { reference: Some("Order-1".into()), ..Till::default() },
    }
}

pub(crate) fn named(key: &str, fingerprint: u8) -> Option<Idempotency> {
    Some(Idempotency { key: key.into(), fingerprint: [fingerprint; 32] })
}

/// The books are right.
pub(crate) async fn assert_books(core: &Core) -> u64 {
    let report = core.check_ledger().await.unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
    assert_eq!((report.fault_count, report.balances.values().sum::<i64>()), (0, 0), "{report:?}");
    report.movements
}

pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, PurchaseError>) -> Refusal {
    match result {
        Err(PurchaseError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn missing<T: std::fmt::Debug>(result: Result<T, PurchaseError>) -> Missing {
    match result {
        Err(PurchaseError::NotFound(missing)) => missing,
        other => panic!("{other:?}"),
    }
}

fn all() -> AuthorizationsWanted {
    let (from, until) = (Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX));
    AuthorizationsWanted { account: None, transaction_type: None, state: None, from, until }
}

on_both_engines! {
    async fn a_purchase_goes_its_way_and_the_books_balance(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let held = shop.authorize(core, account, (30_000, Some(5))).await.unwrap();
        assert_eq!((held.status.as_str(), held.remaining, held.available_credit), ("opened", Cents(30_000), Some(Cents(70_000))));
        let first = shop.capture(core, held.authorization, 10_000).await.unwrap();
        assert_eq!(first.authorization_remaining, Some(Cents(20_000)));
        let over = refusal(shop.capture(core, held.authorization, 20_001).await);
        assert_eq!(over, Refusal::AuthAmountExceeded { remaining: Cents(20_000) });
        let released = shop.release(core, held.authorization, Some(5_000)).await.unwrap();
        assert_eq!((released.remaining, released.available_credit), (Cents(15_000), Some(Cents(75_000))));
        shop.capture(core, held.authorization, 15_000).await.unwrap();
        for late in [shop.capture(core, held.authorization, 1).await.map(drop), shop.release(core, held.authorization, None).await.map(drop)] {
            assert_eq!(refusal(late), Refusal::AuthorizationEnded);
        }
        let back = shop.bring_back(core, &first, Some(4_000)).await.unwrap();
        assert_eq!((back.remaining_capture, back.remaining_authorization), (Cents(6_000), Cents::ZERO));
        let over = refusal(shop.bring_back(core, &first, Some(6_001)).await);
        assert_eq!(over, Refusal::CaptureAmountExceeded { remaining: Cents(6_000) });
        shop.bring_back(core, &first, None).await.unwrap();
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(85_000)));

        // All at once, and what is not a promotional purchase is not brought back.
        let mut asked = purchase(core, shop.caller, account, (2_000, None)).await;
        asked.auto_capture = true;
        let bought = core.authorize_purchase(&shop.caller, &asked, None, &operator()).await.unwrap().value;
        assert_eq!((bought.status.as_str(), bought.captures.len()), ("closed", 1));
        assert_eq!(refusal(shop.bring_back(core, &bought.captures[0], None).await), Refusal::WrongTransactionType);

        let shown = core.authorization_of(&shop.caller, AuthorizationId(held.authorization)).await.unwrap();
        assert_eq!((shown.captured, shown.released, shown.captures.len()), (Cents(25_000), Cents(5_000), 2));
        let listed = core.authorizations(&shop.caller, &all(), (1, 0)).await.unwrap();
        assert_eq!((listed.records.len(), listed.total), (1, 2));
        let open = AuthorizationsWanted { state: Some(AuthorizationState::Opened), ..all() };
        assert_eq!(core.authorizations(&shop.caller, &open, (10, 0)).await.unwrap().total, 0);
        let captures = CapturesWanted { account: None, authorization: Some(AuthorizationId(held.authorization)), from: all().from, until: all().until };
        assert_eq!(core.captures(&shop.caller, &captures, (10, 0)).await.unwrap().total, 2);

        assert_eq!(assert_books(core).await, 8);
        let story = &core.account_stories(account.number, 3).await.unwrap()[0];
        assert_eq!((story.movement_count, story.principal, story.regular, story.held), (8, 17_000, 2_000, 0));
        let kinds: Vec<_> = story.movements.iter().map(|line| (line.movement, line.kind.as_str())).collect();
        assert_eq!(kinds, [(8, "capture"), (7, "authorization"), (6, "return")]);
        let last = [("hold_contra", "hold", 2_000), ("regular_receivable", "merchant_payable", 2_000)];
        assert_eq!(story.movements[0].postings, last);
        let records = core.audit_records(Some("QUICK3"), None, 100).await.unwrap();
        let count = |action: &str| records.iter().filter(|record| record.action == action).count();
        assert_eq!(["authorization.create", "authorization.capture", "authorization.release", "capture.return"].map(count), [2, 2, 1, 2]);
    }

    async fn a_plan_with_interest_holds_its_charge_and_earns_it_by_the_day(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        // The published example: three payments of 3.56 for 10.50, so that interest is 0.18.
        let held = shop.authorize(core, account, (1_050, Some(4))).await.unwrap();
        assert_eq!((held.finance_charge, held.available_credit), (Cents(18), Some(Cents(100_000 - 1_068))));
        let captured = shop.capture(core, held.authorization, 1_050).await.unwrap();
        assert_eq!((captured.finance_charge, core.available_credit(account).await.unwrap()), (Cents(18), Some(Cents(98_932))));
        test.clock.advance(46 * DAY);
        assert_eq!(core.post_interest().await.unwrap(), 1, "half of the 92 days");
        let income = core.check_ledger().await.unwrap().balances["interest_income"];
        assert_eq!(income, -9);
        let back = shop.bring_back(core, &captured, None).await.unwrap();
        assert_eq!((back.finance_charge, core.available_credit(account).await.unwrap()), (Cents(9), Some(Cents(99_991))));
        // What was earned is still owed.
        let story = &core.account_stories(account.number, 1).await.unwrap()[0];
        assert_eq!(story.principal, 9);
        assert_books(core).await;
    }

    async fn what_is_anothers_is_not_there(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, sister, stranger]) = (&test.core, Shop::open(&test).await);
        let (account, card) = open_account(core, shop.lender(), 1, 100_000).await;
        let (other, other_card) = open_account(core, shop.lender(), 2, 100_000).await;
        let held = shop.authorize(core, account, (1_000, Some(5))).await.unwrap();
        let captured = shop.capture(core, held.authorization, 500).await.unwrap();
        // The account is its lender's merchants'; the authorization is its merchant's alone.
        assert!(sister.authorize(core, account, (1_000, None)).await.is_ok());
        assert_eq!(missing(stranger.authorize(core, account, (1_000, None)).await), Missing::Account);
        assert_eq!(missing(stranger.refund(core, account, 1).await), Missing::Account);
        assert_eq!(missing(stranger.pay(core, account, 1).await), Missing::Account);
        for who in [sister, stranger] {
            assert_eq!(missing(who.capture(core, held.authorization, 1).await), Missing::Authorization);
            assert_eq!(missing(who.release(core, held.authorization, None).await), Missing::Authorization);
            assert_eq!(missing(who.bring_back(core, &captured, None).await), Missing::Authorization);
            let shown = core.authorization_of(&who.caller, AuthorizationId(held.authorization)).await;
            assert_eq!(missing(shown), Missing::Authorization);
        }
        assert_eq!(core.authorizations(&stranger.caller, &all(), (10, 0)).await.unwrap().total, 0);

        // A capture of another authorization.
        let second = shop.authorize(core, account, (1_000, Some(5))).await.unwrap();
        let elsewhere = CaptureView { authorization: second.authorization, ..captured.clone() };
        assert_eq!(missing(shop.bring_back(core, &elsewhere, None).await), Missing::Capture);

        let with = async |card: CardNumber| {
            let asked = purchase(core, shop.caller, account, (100, None)).await;
            let asked = AuthorizationRequest { card: Some(card), ..asked };
            core.authorize_purchase(&shop.caller, &asked, None, &operator()).await.map(|answer| answer.value)
        };
        assert!(with(card.clone()).await.is_ok());
        assert!(matches!(with(other_card.clone()).await, Err(PurchaseError::CardMismatch)));
        assert_eq!(missing(with(CardNumber::generate(core.random())).await), Missing::Account);
        let names = AccountNames { account: Some(other.number), card: Some(card), customer: None };
        let asked = PaymentRequest {
            account: names,
            payment: Payment::Deposit,
            amount: Cents(100),
            proof: Proof::default(),
            till: Till::default(),
        };
        let paid = core.pay_verified(&shop.caller, &asked, None, &operator()).await;
        assert!(matches!(paid, Err(PurchaseError::CardMismatch)), "{paid:?}");
        let till = Till { location: Some("STORE-1".into()), ..Till::default() };
        let nowhere = core.capture(&shop.caller, (AuthorizationId(held.authorization), Cents(1)), &till, None, &operator()).await;
        assert!(matches!(nowhere, Err(PurchaseError::LocationNotFound)));
        assert_books(core).await;
    }

    async fn no_interest_is_earned_in_the_time_that_is_free_of_it(database: TestDatabase) {
        const LIMIT: i64 = 500_000;
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, LIMIT).await;
        // Three months of grace, free of interest, and six months after them.
        let financing = Financing::Promotional { plan: 1, term: 6 };
        let asked = purchase(core, shop.caller, account, (100_000, Some(1))).await;
        let asked = AuthorizationRequest { financing, ..asked };
        let held = core.authorize_purchase(&shop.caller, &asked, None, &operator()).await.unwrap().value;
        assert!(held.finance_charge.is_positive());
        let captured = shop.capture(core, held.authorization, 100_000).await.unwrap();
        test.clock.advance(60 * DAY);
        let half = shop.bring_back(core, &captured, Some(50_000)).await.unwrap();
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(LIMIT - 50_000 - held.finance_charge.0 / 2)), "{half:?}");
        // On the last day on which it may, a few days' interest stays owed.
        test.clock.advance(40 * DAY);
        shop.bring_back(core, &captured, None).await.unwrap();
        let kept = LIMIT - core.available_credit(account).await.unwrap().unwrap().0;
        assert!((1..held.finance_charge.0 / 10).contains(&kept), "{kept} of {}", held.finance_charge);
        assert_books(core).await;
    }

    async fn a_till_needs_a_code_and_a_web_shop_none(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let ask = async |caller: FlowCaller, proof: Proof| {
            let asked = purchase(core, shop.caller, account, (100, None)).await;
            let asked = AuthorizationRequest { proof, ..asked };
            core.authorize_purchase(&caller, &asked, None, &operator()).await.map(drop)
        };
        let code = || Proof { code: Some("2222".into()), request: Some("1".into()), ..Proof::default() };
        let session = add_verified_session(core.db(), account, shop.caller.client).await;
        let widget = || Proof { widget_session: Some(session), ..Proof::default() };
        assert!(matches!(ask(shop.caller, Proof::default()).await, Err(PurchaseError::VerificationCodeRequired)));
        assert!(matches!(ask(shop.caller, code()).await, Err(PurchaseError::NotVerified)));
        let both = Proof { code: code().code, ..widget() };
        assert!(matches!(ask(shop.caller, both).await, Err(PurchaseError::VerificationCodeUnexpected)));
        assert!(ask(shop.caller, widget()).await.is_ok());
        // Once, and for this account alone.
        let unproved = Proof { widget_session: Some(Uuid::nil()), ..Proof::default() };
        for proof in [widget(), unproved] {
            assert!(matches!(ask(shop.caller, proof).await, Err(PurchaseError::WidgetNotVerified)));
        }
        // A token in a browser buys on the account that it has applied for, and this it has not.
        let browser = FlowCaller { scope: Scope::Customer, family: FamilyId(Uuid::max()), ..shop.caller };
        assert!(matches!(ask(browser, widget()).await, Err(PurchaseError::CustomerIdentityNotFound)));
    }

    async fn an_authorization_whose_time_is_over_holds_nothing(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 10_000).await;
        let held = shop.authorize(core, account, (9_000, None)).await.unwrap();
        let exceeded = refusal(shop.authorize(core, account, (1_001, None)).await);
        assert_eq!(exceeded, Refusal::CreditExceeded { needed: Cents(1_001), available: Cents(1_000) });
        test.clock.advance(30 * DAY);
        // As ended for every reader, before anybody has written it down.
        let shown = core.authorization_of(&shop.caller, AuthorizationId(held.authorization)).await.unwrap();
        assert_eq!((shown.status.as_str(), shown.remaining), ("expired", Cents::ZERO));
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(10_000)));
        assert_eq!(refusal(shop.capture(core, held.authorization, 1).await), Refusal::AuthorizationEnded);
        let second = shop.authorize(core, account, (10_000, None)).await.unwrap();
        assert_eq!(core.expire_authorizations().await.unwrap(), 0, "the purchase has ended it");
        test.clock.advance(30 * DAY);
        assert_eq!(core.expire_authorizations().await.unwrap(), 1);
        assert_eq!(core.expire_authorizations().await.unwrap(), 0);
        let shown = core.authorization_of(&shop.caller, AuthorizationId(second.authorization)).await.unwrap();
        assert_eq!((shown.status.as_str(), shown.released), ("expired", Cents(10_000)));
        assert_books(core).await;
    }

    async fn what_is_withdrawn_can_only_be_released(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 10_000).await;
        let held = shop.authorize(core, account, (9_000, None)).await.unwrap();
        let client_id = core.merchant_of(shop.caller.partner, shop.caller.client).await.unwrap().unwrap().client_id;
        let id = AuthorizationId(held.authorization);
        let withdrawn = core.withdraw_authorization(&client_id, id, &operator()).await.unwrap();
        assert_eq!((withdrawn.status.as_str(), withdrawn.remaining), ("unauthorized", Cents(9_000)));
        assert!(core.withdraw_authorization(&client_id, id, &operator()).await.is_err(), "it is not open any more");
        assert!(core.withdraw_authorization("nobody", id, &operator()).await.is_err());
        assert_eq!(refusal(shop.capture(core, held.authorization, 1).await), Refusal::NotPermitted);
        shop.release(core, held.authorization, None).await.unwrap();
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(10_000)));
        assert_books(core).await;
    }

    async fn interest_is_posted_once_a_day_whoever_comes_first(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, ..]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 200_000).await;
        let (idle, _) = open_account(core, shop.lender(), 2, 200_000).await;
        let held = shop.authorize(core, account, (100_000, None)).await.unwrap();
        shop.capture(core, held.authorization, 100_000).await.unwrap();
        assert_eq!(core.post_interest().await.unwrap(), 0, "the day has not ended");
        test.clock.advance(10 * DAY);
        // Several processes at once.
        let posted = tokio::join!(core.post_interest(), core.post_interest(), core.post_interest());
        assert_eq!(posted.0.unwrap() + posted.1.unwrap() + posted.2.unwrap(), 1);
        assert_eq!(core.post_interest().await.unwrap(), 0);
        let owed = async |key: AccountKey| {
            let story = &core.account_stories(key.number, 1).await.unwrap()[0];
            (story.interest, story.principal)
        };
        // 1,000.00 at 30.99 % for ten days of 365: 8.4904.
        assert_eq!((owed(account).await, owed(idle).await), ((849, 100_000), (0, 0)));
        assert_eq!(core.available_credit(account).await.unwrap(), Some(Cents(100_000)), "interest takes nothing from the limit");

        // A payment comes before the job, and is of the days before it.
        test.clock.advance(DAY);
        let paid = shop.pay(core, account, 50_000).await.unwrap();
        assert_eq!((paid.interest_paid, paid.balance), (Cents(933), Cents(50_933)));
        assert_eq!(core.post_interest().await.unwrap(), 0);
        test.clock.advance(DAY);
        assert_eq!(core.post_interest().await.unwrap(), 1);
        let story = &core.account_stories(account.number, 9).await.unwrap()[0];
        assert_eq!(story.interest, 44, "0.4324 for 509.33, and 0.0095 that was left over");
        let kinds: Vec<_> = story.movements.iter().map(|line| line.kind.as_str()).collect();
        assert_eq!(kinds, ["interest", "instore_payment", "interest", "interest", "capture", "authorization"]);
        assert_books(core).await;
    }

    async fn what_is_credited_in_a_day_is_limited(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, sister, _]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        shop.pay(core, account, 600_000).await.unwrap();
        test.clock.advance(DAY / 2);
        let over = refusal(sister.pay(core, account, 400_001).await);
        assert_eq!(over, Refusal::LimitPaymentAmount24 { left: Cents(400_000) });
        let paid = sister.pay(core, account, 400_000).await.unwrap();
        assert_eq!((paid.balance, paid.available_credit), (Cents(-1_000_000), Cents(1_100_000)));
        // Refunds have a limit of their own.
        assert_eq!(refusal(shop.refund(core, account, 1_000_001).await), Refusal::RefundsLimitExceededAmount { left: Cents(1_000_000) });
        shop.refund(core, account, 1_000_000).await.unwrap();
        assert_eq!(refusal(shop.refund(core, account, 1).await), Refusal::RefundsLimitExceededAmount { left: Cents::ZERO });
        // The first payment is a day ago.
        test.clock.advance(DAY / 2);
        assert_eq!(refusal(shop.pay(core, account, 600_001).await), Refusal::LimitPaymentAmount24 { left: Cents(600_000) });
        shop.pay(core, account, 600_000).await.unwrap();
        assert_books(core).await;
    }

    async fn a_repeat_gets_the_first_answer_and_another_request_none(database: TestDatabase) {
        let test = TestCore::open(&database).await;
        let (core, [shop, sister, _]) = (&test.core, Shop::open(&test).await);
        let (account, _) = open_account(core, shop.lender(), 1, 100_000).await;
        let ask = async |who: Shop, amount: i64, key: &str, fingerprint: u8| -> Result<Answer<AuthorizationView>, PurchaseError> {
            let asked = purchase(core, who.caller, account, (amount, None)).await;
            core.authorize_purchase(&who.caller, &asked, named(key, fingerprint), &operator()).await
        };
        let first = ask(shop, 1_000, "a", 1).await.unwrap();
        let again = ask(shop, 1_000, "a", 1).await.unwrap();
        assert_eq!((first.replayed, again.replayed), (false, true));
        assert_eq!((first.value.authorization, first.value.remaining), (again.value.authorization, again.value.remaining));
        let reused = ask(shop, 2_000, "a", 2).await;
        assert!(matches!(reused, Err(PurchaseError::Idempotency(IdempotencyError::KeyReused))), "{reused:?}");
        let what = (AuthorizationId(first.value.authorization), Cents(1));
        let reused = core.capture(&shop.caller, what, &Till::default(), named("a", 1), &operator()).await;
        assert!(matches!(reused, Err(PurchaseError::Idempotency(IdempotencyError::KeyReused))), "{reused:?}");
        // Another merchant's name is another name, and so is what was refused.
        assert!(!ask(sister, 1_000, "a", 1).await.unwrap().replayed);
        assert!(matches!(ask(shop, 1_000_000, "b", 3).await, Err(PurchaseError::Refused(_))));
        assert!(!ask(shop, 1_000, "b", 4).await.unwrap().replayed);
        assert_books(core).await;
    }
}
