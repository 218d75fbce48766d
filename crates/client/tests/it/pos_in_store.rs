//! The flow in a store against the server itself: from the application to the refund, with answers that are lost on the way.

use std::time::Duration;

use domain::calendar::CalendarDate;
use domain::credit_account::AccountNumber;
use domain::identifier::ClientIdentifier;
use domain::merchant::MerchantChange;
use serde_json::json;
use tallystick_client::pos::{
    AccountStatus, ApplicantDraft, ApplicationStatus, AuthorizationQuery, AuthorizationStatus, CaptureQuery,
    CustomerKey, CustomerSearch, ErrorName, Financing, Flow, Lang, Payment, PaymentType, PosError, Proof, Province,
    Purchase, Refund, Return, Scope, SkuData, SkuProduct, Till, TransactionType, Verification, VerificationFormat,
};
use tallystick_client::{Decimal, Secret};
use testkit::account::open_account;
use testkit::app::{Merchant, TestApp};
use testkit::core::operator;
use testkit::database::TestDatabase;
use testkit::on_both_engines;

use crate::pos::client;
use crate::relay::Relay;

/// A made-up applicant, who is approved.
pub(crate) fn applicant(first_name: &str, province: Province) -> ApplicantDraft {
    let some = |text: &str| Some(text.to_owned());
    ApplicantDraft {
        first_name: some(first_name),
        last_name: some("Tremblay"),
        dob: some("1985-02-14"),
        email: some("marie@example.ca"),
        phone_number: some("6135550123"),
        address_1: some("55 Queen St W"),
        city: some("Ottawa"),
        province: Some(province),
        postal_code: some(if province == Province::Qc { "H2X 1Y4" } else { "K1A 0B1" }),
        housing_type: some("Rent"),
        housing_payment: Some("1450.50".parse().unwrap()),
        occupation_id: some("FE"),
        employer: some("Example Inc."),
        annual_income: Some(72_000_u32.into()),
        govid_type: some("CADL"),
        govid_issued_by: some("ON"),
        govid_number: Some("T1234-56789-50214".into()),
        govid_expiry: some("2029-02-14"),
        security_qid: some("4"),
        security_answer: Some("Snowball".into()),
        tos_agreement: Some(true),
        ..ApplicantDraft::default()
    }
}

pub(crate) async fn open(database: &TestDatabase) -> (TestApp, Merchant) {
    let app = TestApp::open(database).await;
    let partner = app.partner("QUICK3").await;
    let merchant = app.merchant(&partner, 1).await;
    (app, merchant)
}

pub(crate) fn dollars(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Applies for somebody of this first name, and gives the account.
async fn apply(flow: &Flow, first_name: &str) -> u64 {
    flow.apply(&applicant(first_name, Province::On)).await.unwrap().account_number.unwrap()
}

/// Has the customer sent a code, which is 2222 in a sandbox, and gives it as the proof of what is called so.
async fn code(flow: &Flow, account: u64, format: VerificationFormat, request_id: &str) -> Proof {
    let asked = Verification { format, request_id: request_id.to_owned(), vcc_number: None };
    let made = flow.verify(account, &asked).await.unwrap();
    let verification_code = made.code().cloned().unwrap_or_else(|| "2222".into());
    Proof::Code { verification_code, request_id: request_id.to_owned() }
}

fn payment(account: CustomerKey, proof: Proof, amount: &str) -> Payment {
    let Proof::Code { verification_code, request_id } = proof else { panic!("{proof:?}") };
    let till = Till::order("Order-2");
    Payment {
        payment_type: PaymentType::Deposit,
        amount: dollars(amount),
        account,
        verification_code,
        request_id,
        till,
    }
}

on_both_engines! {
    async fn a_till_sells_on_credit(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (_, till) = client(&relay.url, &merchant, Scope::Merchant);
        let flow = till.flow();

        // What information was told need not be sent again, and an answer that is lost makes no second application.
        let marie = applicant("Marie", Province::On);
        let first = ApplicantDraft { annual_income: None, ..marie.clone() };
        assert_eq!(flow.information(&first).await.unwrap().missing, ["annual_income"]);
        relay.lose(1);
        let rest = ApplicantDraft { annual_income: marie.annual_income, ..ApplicantDraft::default() };
        let applied = flow.apply(&rest).await.unwrap();
        assert_eq!((applied.status, applied.risk_rating.as_deref()), (ApplicationStatus::Approved, Some("L")));
        assert_eq!(applied.credit_limit, applied.available_credit);
        let account = applied.account_number.unwrap();
        assert_eq!(flow.application(applied.application_id).await.unwrap(), applied);
        let again = flow.in_language(Lang::French).apply(&marie).await.unwrap_err();
        assert_eq!(again.name(), Some(ErrorName::CustomerAlreadyExists));
        assert!(again.to_string().contains("La personne a déjà un compte"), "{again}");
        let nothing = till.flow().apply(&ApplicantDraft::default()).await.unwrap_err();
        assert!(matches!(&nothing, PosError::WrongInputs(problem) if problem.field_errors.len() > 10), "{nothing:?}");

        let mut search = CustomerSearch {
            first_name: "MARIE".to_owned(),
            last_name: "Tremblay".to_owned(),
            dob: "1985-02-14".to_owned(),
            postal_code: Some("K1A0B1".to_owned()),
        };
        let found = flow.search_customers(&search).await.unwrap();
        assert_eq!((found.len(), found[0].account_number, found[0].account_status), (1, account, AccountStatus::Normal));
        assert_eq!(Some(found[0].credit_limit), applied.credit_limit);
        search.postal_code = None;
        search.last_name = "Trembley".to_owned();
        assert!(matches!(flow.search_customers(&search).await, Err(PosError::NotFound(_))));

        let customer = flow.look_up_customer(&CustomerKey::Account(account)).await.unwrap();
        assert_eq!(flow.look_up_customer(&CustomerKey::Customer(found[0].customer_id.clone())).await.unwrap(), customer);
        assert_eq!((customer.security_qid.id.as_str(), customer.province, customer.account_number), ("4", Province::On, account));
        assert!(customer.offer_types.iter().any(|offer| offer.plan_id == 4 && offer.term_options.contains(&3)));
        let card = flow.look_up_customer(&CustomerKey::Card("4000000000000002".into())).await.unwrap_err();
        assert!(matches!(card, PosError::NotFound(_)), "{card:?}");

        let price = dollars("300.50");
        let cost = flow.calculate_interest(account, price).await.unwrap();
        let plan = cost.promotional_purchase.iter().find(|plan| plan.plan_id == 4).unwrap();
        let term = plan.terms.iter().find(|term| term.term == 3).unwrap();
        assert_eq!((term.total_amount, term.payments.len()), (None, 0));
        let told = flow.calculate_schedules(account, price).await.unwrap();
        let plan = told.promotional_purchase.iter().find(|plan| plan.plan_id == 4).unwrap();
        let told = plan.terms.iter().find(|told| told.term == 3).unwrap();
        assert_eq!((told.payments.len(), told.payments[0].amount), (3, term.term_amount));
        assert!(told.total_amount.is_some());

        let proof = code(&flow, account, VerificationFormat::Sms, "till-1").await;
        let lamp = SkuProduct { description: Some("Lamp".to_owned()), quantity: Some(1.into()), ..SkuProduct::default() };
        let goods = SkuData { transaction_total: Some(price), products: vec![lamp], ..SkuData::default() };
        let order = Till { sku_data: Some(goods), ..Till::order("Order-1") };
        let purchase = Purchase::new(account, price, Financing::Plan { plan_id: 4, term: 3 }, proof);
        let purchase = Purchase { till: order.clone(), ..purchase };
        let wrong = Proof::Code { verification_code: "1111".into(), request_id: "till-1".to_owned() };
        let refused = flow.authorize(&Purchase { proof: wrong, ..purchase.clone() }).await.unwrap_err();
        assert_eq!(refused.name(), Some(ErrorName::WrongVerificationCode));
        let dear = flow.authorize(&Purchase { amount: dollars("1000000"), ..purchase.clone() }).await.unwrap_err();
        assert_eq!(dear.name(), Some(ErrorName::CreditExceeded));
        relay.take();
        relay.lose(2);
        let held = flow.authorize(&purchase).await.unwrap();
        assert_eq!((Some(held.finance_charge), held.annual_rate()), (told.finance_charge, term.annual_rate()));
        assert_eq!(relay.lines(), ["authorization 200", "authorization 200", "authorization 200"]);
        assert_eq!((held.authorization_status, held.amount, held.reference.as_deref()), (AuthorizationStatus::Opened, price, Some("Order-1")));
        assert_eq!((held.financing_option.transaction_type, held.financing_option.plan_id), (TransactionType::PromotionalPurchase, Some(4)));
        assert_eq!(held.remaining_authorization_amount, price);

        relay.lose(1);
        let captured = flow.capture(held.authorization_id, dollars("200.50"), &order).await.unwrap();
        assert_eq!((captured.amount, captured.remaining_authorization_amount), (dollars("200.50"), Some(100.into())));
        let over = flow.capture(held.authorization_id, dollars("100.01"), &order).await.unwrap_err();
        assert_eq!(over.name(), Some(ErrorName::AuthAmountExceeded));

        let (number, today) = (AccountNumber::of_stored(account as i64), CalendarDate::parse("2026-01-02").unwrap());
        let statement = app.test.core.account_statements(number, (today, today), &operator()).await.unwrap().remove(0);
        let goods = json!({"transaction_total": 300.5, "products": [{"description": "Lamp", "quantity": 1}]});
        assert_eq!(statement.entries[0].sku_data, goods.as_object().cloned());

        let part = Return { amount: Some(10.into()), till: order.clone(), ..Return::default() };
        relay.lose(1);
        let back = flow.return_capture(held.authorization_id, captured.capture_id, &part).await.unwrap();
        assert_eq!((back.amount, back.remaining_capture_amount), (10.into(), dollars("190.50")));
        let all = flow.return_capture(held.authorization_id, captured.capture_id, &Return::default()).await.unwrap();
        assert_eq!((all.amount, all.remaining_capture_amount), (dollars("190.50"), Decimal::ZERO));

        relay.lose(1);
        let released = flow.release(held.authorization_id, Some(40.into()), &order).await.unwrap();
        assert_eq!((released.authorization_status, released.released_amount), (AuthorizationStatus::Opened, 40.into()));
        let released = flow.release(held.authorization_id, None, &order).await.unwrap();
        assert_eq!((released.authorization_status, released.released_amount), (AuthorizationStatus::Closed, 100.into()));
        let ended = flow.release(held.authorization_id, None, &order).await.unwrap_err();
        assert_eq!(ended.name(), Some(ErrorName::AuthorizationEnded));

        // Each was done once.
        let shown = flow.authorization(held.authorization_id).await.unwrap();
        assert_eq!((shown.captured_amount, shown.released_amount, shown.captures.len()), (dollars("200.50"), 100.into(), 1));
        assert_eq!((shown.captures[0].capture_id, shown.captures[0].remaining_capture_amount), (captured.capture_id, Decimal::ZERO));
    }

    async fn a_regular_purchase_is_refunded_and_a_deposit_taken(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (_, till) = client(&relay.url, &merchant, Scope::Merchant);
        let flow = till.flow();
        let account = apply(&flow, "Marie").await;
        let limit = flow.look_up_customer(&CustomerKey::Account(account)).await.unwrap().available_credit;

        let proof = code(&flow, account, VerificationFormat::RegularPurchaseBypass, "till-1").await;
        let purchase = Purchase { auto_capture: true, ..Purchase::new(account, dollars("0.50"), Financing::Regular, proof) };
        let sold = flow.authorize(&purchase).await.unwrap();
        assert_eq!((sold.authorization_status, sold.finance_charge, sold.captured_amount), (AuthorizationStatus::Closed, Decimal::ZERO, dollars("0.50")));
        let wrong = flow.return_capture(sold.authorization_id, sold.capture_id.unwrap(), &Return::default()).await.unwrap_err();
        assert_eq!(wrong.name(), Some(ErrorName::WrongTransactionType));
        relay.lose(1);
        let refund = Refund { amount: dollars("0.50"), till: Till::order("Order-1"), ..Refund::default() };
        flow.refund(account, &refund).await.unwrap();
        let available = async || flow.look_up_customer(&CustomerKey::Account(account)).await.unwrap().available_credit;
        assert_eq!(available().await, limit);

        let proof = code(&flow, account, VerificationFormat::Email, "till-2").await;
        let deposit = payment(CustomerKey::Account(account), proof, "100.01");
        relay.lose(1);
        let paid = flow.transaction(&deposit).await.unwrap();
        assert_eq!((paid.payment_type, paid.amount, paid.balance), (PaymentType::Deposit, dollars("100.01"), dollars("-100.01")));
        assert_eq!((paid.account_number, paid.available_credit), (account, available().await));
        let used = flow.transaction(&deposit).await.unwrap_err();
        assert_eq!(used.name(), Some(ErrorName::WrongVerificationCode));

        // The other ways to be verified, and the other payments.
        let question = VerificationFormat::SecurityQuestion { security_qid: "4".to_owned(), security_answer: "snowball".into() };
        let proof = code(&flow, account, question, "till-3").await;
        let customer_id = flow.look_up_customer(&CustomerKey::Account(account)).await.unwrap().customer_id;
        let tradein = payment(CustomerKey::Customer(customer_id), proof, "1");
        let paid = flow.transaction(&Payment { payment_type: PaymentType::TradeIn, ..tradein }).await.unwrap();
        assert_eq!((paid.payment_type, paid.balance), (PaymentType::TradeIn, dollars("-101.01")));
        let wrong = VerificationFormat::SecurityQuestion { security_qid: "4".to_owned(), security_answer: "Rex".into() };
        let wrong = Verification { format: wrong, request_id: "till-4".to_owned(), vcc_number: None };
        assert_eq!(flow.verify(account, &wrong).await.unwrap_err().name(), Some(ErrorName::SecretAnswerMismatch));
        let vouch = Verification { format: VerificationFormat::MerchantOverride, ..wrong };
        assert_eq!(flow.verify(account, &vouch).await.unwrap_err().name(), Some(ErrorName::MerchantOverrideIsNotAllowed));
        let change = MerchantChange {
            merchant_override: Some(true),
            ..MerchantChange::default()
        };
        app.test.core.change_merchant(&merchant.id, &change, &operator()).await.unwrap();
        let proof = code(&flow, account, VerificationFormat::MerchantOverride, "till-5").await;
        let instore = payment(CustomerKey::Account(account), proof, "1");
        let paid = flow.transaction(&Payment { payment_type: PaymentType::InStorePayment, ..instore }).await.unwrap();
        assert_eq!((paid.payment_type, paid.interest_paid), (PaymentType::InStorePayment, Decimal::ZERO));
    }

    async fn a_card_that_is_swiped_is_that_of_its_account(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let (_, till) = client(&served.url, &merchant, Scope::Merchant);
        let flow = till.flow();
        let account = apply(&flow, "Marie").await;
        let lender = (app.test.core.partner_of_code("QUICK3").await.unwrap(), ClientIdentifier(merchant.creditor));
        // That of another account, and then the own one.
        let (mut key, other) = open_account(&app.test.core, lender, 1, 100_000).await;
        key.number = AccountNumber::parse(&account.to_string()).unwrap();
        let own = app.test.core.reveal_card(key, &operator()).await.unwrap();
        let (own, other) = (Secret::from(own.expose().to_owned()), Secret::from(other.expose().to_owned()));
        assert_eq!(flow.look_up_customer(&CustomerKey::Card(own.clone())).await.unwrap().account_number, account);

        let proof = code(&flow, account, VerificationFormat::Sms, "till-1").await;
        let purchase = Purchase::new(account, 100.into(), Financing::Plan { plan_id: 4, term: 3 }, proof);
        let purchase = Purchase { auto_capture: true, ..purchase };
        let with = |card: &Secret| Purchase { vcc_number: Some(card.clone()), ..purchase.clone() };
        assert_eq!(flow.authorize(&with(&other)).await.unwrap_err().name(), Some(ErrorName::VccAccountMismatch));
        let sold = flow.authorize(&with(&own)).await.unwrap();
        let back = |card: &Secret| Return { vcc_number: Some(card.clone()), ..Return::default() };
        let (id, capture) = (sold.authorization_id, sold.capture_id.unwrap());
        assert_eq!(flow.return_capture(id, capture, &back(&other)).await.unwrap_err().name(), Some(ErrorName::VccAccountMismatch));
        assert_eq!(flow.return_capture(id, capture, &back(&own)).await.unwrap().amount, 100.into());
        let refund = |card: &Secret| Refund { amount: 1.into(), vcc_number: Some(card.clone()), ..Refund::default() };
        assert_eq!(flow.refund(account, &refund(&other)).await.unwrap_err().name(), Some(ErrorName::VccAccountMismatch));
        flow.refund(account, &refund(&own)).await.unwrap();
        let asked = |card: &Secret| Verification { format: VerificationFormat::Sms, request_id: "till-2".to_owned(), vcc_number: Some(card.clone()) };
        assert_eq!(flow.verify(account, &asked(&other)).await.unwrap_err().name(), Some(ErrorName::VccAccountMismatch));
        flow.verify(account, &asked(&own)).await.unwrap();
        let proof = Proof::Code { verification_code: "2222".into(), request_id: "till-2".to_owned() };
        assert_eq!(flow.transaction(&payment(CustomerKey::Card(own), proof, "1")).await.unwrap().account_number, account);
    }

    async fn lists_are_read_page_by_page(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let (still, till) = client(&served.url, &merchant, Scope::Merchant);
        let flow = till.flow();
        let account = apply(&flow, "Marie").await;
        let mut made = Vec::new();
        for (day, auto_capture) in [false, true, true].into_iter().enumerate() {
            let proof = code(&flow, account, VerificationFormat::Sms, &format!("till-{day}")).await;
            let purchase = Purchase::new(account, dollars("10.5"), Financing::Regular, proof);
            made.push(flow.authorize(&Purchase { auto_capture, ..purchase }).await.unwrap());
            app.clock().advance(Duration::from_secs(24 * 3600));
            still.turn(24 * 3600);
        }
        let ids: Vec<_> = made.iter().rev().map(|held| held.authorization_id).collect();
        let mut query = AuthorizationQuery { page_size: Some(2), account_number: Some(account), ..AuthorizationQuery::default() };
        let mut read = Vec::new();
        loop {
            let page = flow.authorizations(&query).await.unwrap();
            assert_eq!((page.total_records, page.page_size), (3, 2));
            read.extend(page.authorizations.iter().map(|held| held.authorization_id));
            query.page_number = page.next_page();
            if query.page_number.is_none() {
                break;
            }
        }
        assert_eq!(read, ids);
        let open = AuthorizationQuery {
            authorization_status: Some(AuthorizationStatus::Opened),
            transaction_type: Some(TransactionType::RegularPurchase),
            creation_date_to: Some("2026-01-02".to_owned()),
            ..AuthorizationQuery::default()
        };
        let page = flow.authorizations(&open).await.unwrap();
        assert_eq!((page.authorizations.len(), page.authorizations[0].authorization_id), (1, made[0].authorization_id));
        let captures = flow.captures(&CaptureQuery { account_number: Some(account), ..CaptureQuery::default() }).await.unwrap();
        let captured: Vec<_> = captures.captures.iter().map(|capture| Some(capture.capture_id)).collect();
        assert_eq!((captured, captures.next_page()), (vec![made[2].capture_id, made[1].capture_id], None));
        let query = CaptureQuery {
            authorization_id: Some(made[1].authorization_id),
            capture_date_from: Some("2026-01-03".to_owned()),
            capture_date_to: Some("2026-01-03".to_owned()),
            page_number: Some(1),
            page_size: Some(1),
            ..CaptureQuery::default()
        };
        assert_eq!(flow.captures(&query).await.unwrap().captures.len(), 1);
        let wrong = flow.captures(&CaptureQuery { page_size: Some(101), ..CaptureQuery::default() }).await.unwrap_err();
        assert!(matches!(&wrong, PosError::WrongInputs(problem) if problem.field_errors[0].param == "page_size"), "{wrong:?}");
        assert!(matches!(flow.authorization(1_234_567_890_123_456).await, Err(PosError::NotFound(_))));
    }

    async fn an_account_of_quebec_is_closed_at_the_customers_wish(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let relay = Relay::before(&served.url).await;
        let (_, till) = client(&relay.url, &merchant, Scope::Merchant);
        let flow = till.flow();
        let elsewhere = apply(&flow, "Marie").await;
        assert_eq!(flow.close_account(elsewhere).await.unwrap_err().name(), Some(ErrorName::AccountNotInQuebec));
        let applied = till.flow().apply(&applicant("Anne", Province::Qc)).await.unwrap();
        let account = applied.account_number.unwrap();
        relay.lose(1);
        flow.close_account(account).await.unwrap();
        let closed = flow.look_up_customer(&CustomerKey::Account(account)).await.unwrap_err();
        assert_eq!(closed.name(), Some(ErrorName::UserNotActive));
        assert!(matches!(flow.close_account(12_345_678_901_237).await, Err(PosError::NotFound(_))));
    }

    async fn the_time_out_of_a_sandbox_is_told_after_the_last_try(database: TestDatabase) {
        let (app, merchant) = open(&database).await;
        let served = app.serve().await;
        let (still, till) = client(&served.url, &merchant, Scope::Merchant);
        let error = till.flow().look_up_customer(&CustomerKey::Account(1)).await.unwrap_err();
        assert!(matches!(&error, PosError::Unavailable { problem, .. } if problem.status == 504), "{error:?}");
        assert_eq!((error.name(), still.pauses().len()), (Some(ErrorName::GatewayTimeout), 3));
    }
}
