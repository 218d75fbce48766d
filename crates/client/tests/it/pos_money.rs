//! Calls that move money against a scripted peer: what is tried again, under which name, and what is not.

use std::sync::Arc;

use tallystick_client::pos::{
    ApplicantDraft, CustomerIdentification, CustomerKey, ErrorName, Financing, Flow, Lang, Payment, PaymentType,
    PosError, Proof, Purchase, Refund, Return, Scope, Till, Verification, VerificationFormat, WidgetRequest,
};
use tallystick_client::{Decimal, TransportFault};
use tokio::sync::Notify;

use crate::peer::{Peer, Request, Step, json, text};
use crate::pos_token::{bare, builder, pair, till};
use crate::support::{Still, scripted};

const ACCOUNT: u64 = 12_345_678_901_237;
const AUTHORIZATION: u64 = 1_234_567_890_123_456;
const CAPTURE: u64 = 346_123_456;
const CODE: &str = "246813";
const CARD: &str = "4000001234567982";

const APPLIED: &str = r#"{"application_id":"019aab5e-7c1e-7d2a-9f64-0a5b1c2d3e4f","status":"pending","message":"Later",
    "creation_date":"2026-11-22T10:15:00Z"}"#;
const HELD: &str = r#"{"authorization_id":1234567890123456,"authorization_status":"opened","account_number":12345678901237,
    "reference":null,"financing_option":{"transaction_type":"regular_purchase","plan_id":null,"term":null},"amount":10.5,"finance_charge":0,
    "captured_amount":0,"released_amount":0,"remaining_authorization_amount":10.5,"date":"2026-11-22T10:15:00Z",
    "expiry_date":"2026-12-22T10:15:00Z","available_credit":100}"#;
const CAPTURED: &str = r#"{"capture_id":346123456,"authorization_id":1234567890123456,"account_number":12345678901237,"reference":null,
    "financing_option":{"transaction_type":"regular_purchase","plan_id":null,"term":null},"date":"2026-11-22T10:15:00Z","amount":10.5,
    "finance_charge":0,"remaining_capture_amount":10.5}"#;
const RETURNED: &str = r#"{"return_id":1234567890123456,"reference":null,"capture_id":346123456,"date":"2026-11-22T10:15:00Z","amount":10.5,
    "finance_charge":0,"remaining_capture_amount":0,"remaining_authorization_amount":0}"#;
const PAID: &str = r#"{"transaction_id":17,"account_number":12345678901237,"transaction_type":"deposit","date":"2026-11-22T10:15:00Z",
    "amount":10.5,"interest_paid":0,"balance":-10.5,"available_credit":110.5}"#;

fn dollars() -> Decimal {
    Decimal::new(1_050, 2).unwrap()
}

fn purchase() -> Purchase {
    let proof = Proof::Code { verification_code: CODE.into(), request_id: "till-1".to_owned() };
    let purchase = Purchase::new(ACCOUNT, dollars(), Financing::Regular, proof);
    Purchase { vcc_number: Some(CARD.into()), ..purchase }
}

fn payment() -> Payment {
    Payment {
        payment_type: PaymentType::Deposit,
        amount: dollars(),
        account: CustomerKey::Account(ACCOUNT),
        verification_code: CODE.into(),
        request_id: "till-1".to_owned(),
        till: Till::default(),
    }
}

fn by_sms() -> Verification {
    Verification { format: VerificationFormat::Sms, request_id: "till-1".to_owned(), vcc_number: None }
}

/// The calls that the server does once.
#[derive(Clone, Copy, Debug)]
enum Move {
    Apply,
    Authorize,
    Release,
    Capture,
    Return,
    Refund,
    Pay,
}

impl Move {
    const ALL: [Self; 7] =
        [Self::Apply, Self::Authorize, Self::Release, Self::Capture, Self::Return, Self::Refund, Self::Pay];

    async fn make(self, flow: &Flow) -> Result<(), PosError> {
        let (till, amount) = (Till::default(), dollars());
        match self {
            Self::Apply => flow.apply(&ApplicantDraft::default()).await.map(drop),
            Self::Authorize => flow.authorize(&purchase()).await.map(drop),
            Self::Release => flow.release(AUTHORIZATION, None, &till).await.map(drop),
            Self::Capture => flow.capture(AUTHORIZATION, amount, &till).await.map(drop),
            Self::Return => flow.return_capture(AUTHORIZATION, CAPTURE, &Return::default()).await.map(drop),
            Self::Refund => flow.refund(ACCOUNT, &Refund { amount, ..Refund::default() }).await,
            Self::Pay => flow.transaction(&payment()).await.map(drop),
        }
    }

    const fn answer(self) -> &'static str {
        match self {
            Self::Apply => APPLIED,
            Self::Authorize | Self::Release => HELD,
            Self::Capture => CAPTURED,
            Self::Return => RETURNED,
            Self::Refund => "{}",
            Self::Pay => PAID,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Apply => "/apply",
            Self::Authorize => "/authorization",
            Self::Release => "/authorization/1234567890123456/release",
            Self::Capture => "/authorization/1234567890123456/capture",
            Self::Return => "/authorization/1234567890123456/capture/346123456/return",
            Self::Refund => "/accounts/12345678901237/refund",
            Self::Pay => "/transactions",
        }
    }
}

fn refused(status: u16, error: &str) -> Step {
    json(status, &format!(r#"{{"url":"/x","error":"{error}","message":"This is {error}","field_errors":[]}}"#))
}

fn key(request: &Request) -> &str {
    request.header("x-idempotency-key").unwrap_or_default()
}

/// A till with the scope `customer`.
async fn shop(script: impl IntoIterator<Item = Step>) -> (Peer, Arc<Still>, Flow) {
    let (peer, still) = scripted(script).await;
    let flow = builder(&peer.url, &still).scope(Scope::Customer).build().unwrap().flow();
    (peer, still, flow)
}

#[tokio::test]
async fn what_moves_money_is_tried_again_under_one_name_and_the_next_has_another() {
    for one in Move::ALL {
        let unavailable = refused(503, "overloaded");
        let (done, again) = (json(200, one.answer()), json(200, one.answer()));
        let script = [pair("a"), Step::Lose, unavailable, Step::Hang, done, again];
        let (peer, still, till) = till(script).await;
        let flow = till.flow();
        one.make(&flow).await.unwrap_or_else(|error| panic!("{one:?}: {error}"));
        one.make(&flow).await.unwrap_or_else(|error| panic!("{one:?}: {error}"));
        assert_eq!(still.pauses_ms(), [100, 200, 400], "{one:?}");
        let [_, tries @ .., next] = &peer.requests()[..] else { panic!("{one:?}") };
        assert_eq!(tries.len(), 4, "{one:?}");
        assert_eq!(tries[0].line, format!("POST /flexiti/pos-api/v2.5/client-id/shop{}", one.path()));
        let same = |request: &Request| (key(request).to_owned(), request.body.clone(), request.line.clone());
        assert!(key(&tries[0]).len() == 36 && tries.iter().all(|try_| same(try_) == same(&tries[0])), "{one:?}");
        assert!(key(next).len() == 36 && key(next) != key(&tries[0]), "{one:?}");
        assert_eq!(next.header("x-reference-id"), tries[0].header("x-reference-id"), "{one:?}");
    }
}

#[tokio::test]
async fn a_name_of_ones_own_is_sent_as_it_is() {
    let (peer, _, till) = till([pair("a"), json(200, HELD), refused(409, "idempotency_key_reused")]).await;
    let flow = till.flow();
    let key = "order-1234".parse().unwrap();
    flow.authorize_with(&purchase(), &key).await.unwrap();
    let other = flow.capture_with(AUTHORIZATION, dollars(), &Till::default(), &key).await.unwrap_err();
    assert!(matches!(other, PosError::IdempotencyKeyReused(_)), "{other:?}");
    assert!(peer.requests()[1..].iter().all(|request| self::key(request) == "order-1234"));
}

#[tokio::test]
async fn a_request_that_is_still_under_way_is_waited_for() {
    let busy = r#"{"url":"/x","error":"request_in_progress","message":"Wait","field_errors":[]}"#;
    let busy = || Step::Send(text(409, "application/json", "retry-after: 1\r\n", busy));
    let (_peer, still, till) = till([pair("a"), Step::Lose, busy(), json(200, HELD)]).await;
    assert_eq!(till.flow().authorize(&purchase()).await.unwrap().authorization_id, AUTHORIZATION);
    assert_eq!(still.pauses_ms(), [100, 1_200]);
    let (_peer, _, till) = self::till([pair("a"), busy(), busy(), busy(), busy()]).await;
    let error = till.flow().authorize(&purchase()).await.unwrap_err();
    assert!(matches!(&error, PosError::InProgress { retry_after: Some(_), .. }) && error.is_transient(), "{error:?}");
}

#[tokio::test]
async fn what_is_refused_is_not_tried_again_and_told_by_its_name() {
    for one in Move::ALL {
        for (status, name) in
            [(409, ErrorName::CreditExceeded), (404, ErrorName::NotFound), (409, ErrorName::WrongInputs)]
        {
            let (peer, _, till) = till([pair("a"), refused(status, name.as_str())]).await;
            let error = one.make(&till.flow()).await.unwrap_err();
            assert_eq!((error.name(), peer.count()), (Some(name), 2), "{one:?}");
            assert!(!error.is_transient(), "{one:?}");
        }
    }
}

#[tokio::test]
async fn a_code_is_not_asked_for_again_where_the_first_one_may_be_on_its_way() {
    let sent = || json(200, r#"{"verification_code":"verification_sent_to_sms"}"#);
    for lost in [Step::Lose, Step::Hang, refused(503, "overloaded"), refused(500, "internal_error")] {
        let (peer, _, till) = till([pair("a"), lost, sent()]).await;
        let error = till.flow().verify(ACCOUNT, &by_sms()).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        assert_eq!(peer.count(), 2, "{error:?}");
    }
    // It did not come so far.
    let unauthorized = refused(401, "unauthorized");
    let many = refused(429, "rate_limited");
    let (peer, _, till) = till([pair("a"), unauthorized, pair("b"), many, sent()]).await;
    till.flow().verify(ACCOUNT, &by_sms()).await.unwrap();
    let last = &peer.requests()[4];
    assert_eq!(last.line, "POST /flexiti/pos-api/v2.5/client-id/shop/account/12345678901237/verify");
    assert_eq!(
        (last.body.as_str(), last.header("x-idempotency-key")),
        (r#"{"format":"sms","request_id":"till-1"}"#, None)
    );
}

#[tokio::test]
async fn each_format_of_a_code_is_sent_with_what_it_needs() {
    let question =
        VerificationFormat::SecurityQuestion { security_qid: "4".to_owned(), security_answer: "Snowball".into() };
    for (format, expected) in [
        (VerificationFormat::Email, r#"{"format":"email","request_id":"7","vcc_number":"4000001234567982"}"#),
        (VerificationFormat::Sms, r#"{"format":"sms","request_id":"7","vcc_number":"4000001234567982"}"#),
        (
            question,
            r#"{"format":"security_question","request_id":"7","vcc_number":"4000001234567982","security_qid":"4","security_answer":"Snowball"}"#,
        ),
        (
            VerificationFormat::RegularPurchaseBypass,
            r#"{"format":"regular_purchase_bypass","request_id":"7","vcc_number":"4000001234567982"}"#,
        ),
        (
            VerificationFormat::MerchantOverride,
            r#"{"format":"merchant_override","request_id":"7","vcc_number":"4000001234567982"}"#,
        ),
    ] {
        let (peer, _, till) = till([pair("a"), json(200, r#"{"verification_code":2485}"#)]).await;
        let asked = Verification { format, request_id: "7".to_owned(), vcc_number: Some(CARD.into()) };
        let code = till.flow().verify(ACCOUNT, &asked).await.unwrap();
        assert_eq!(code.code().unwrap().expose(), "2485");
        assert_eq!(peer.requests()[1].body, expected);
    }
}

#[tokio::test]
async fn closing_an_account_is_tried_again_since_it_stays_closed() {
    let (peer, _, till) = till([pair("a"), Step::Lose, json(200, "{}")]).await;
    till.flow().close_account(ACCOUNT).await.unwrap();
    assert_eq!(peer.requests()[2].line, "POST /flexiti/pos-api/v2.5/client-id/shop/accounts/12345678901237/close");
}

#[tokio::test]
async fn a_customers_purchase_that_may_be_done_is_not_sent_by_another_family() {
    let purchase = Purchase { proof: Proof::OwnTokens, vcc_number: None, ..purchase() };
    // The tokens end while the purchase is tried: those of the client's secret are of another family, to which the key is new.
    let ended = || refused(401, "unauthorized");
    let (peer, _, flow) = shop([pair("a"), Step::Lose, ended(), pair("b"), json(200, HELD)]).await;
    let error = flow.authorize(&purchase).await.unwrap_err();
    assert!(matches!(error, PosError::Transport { fault: TransportFault::Interrupted, .. }), "{error:?}");
    assert_eq!(peer.count(), 4);
    // Before anything may be done it is sent.
    let (peer, _, flow) = shop([pair("a"), ended(), pair("b"), Step::Lose, json(200, HELD)]).await;
    flow.authorize(&purchase).await.unwrap();
    assert!(peer.is_done());
    // A merchant's key is the merchant's, whatever the token.
    let (peer, _, till) = till([pair("a"), Step::Lose, ended(), pair("b"), json(200, HELD)]).await;
    till.flow().authorize(&purchase).await.unwrap();
    assert!(peer.is_done());
}

#[tokio::test]
async fn a_refresh_between_two_tries_stays_in_the_family() {
    let purchase = Purchase { proof: Proof::OwnTokens, vcc_number: None, ..purchase() };
    let busy = r#"{"url":"/x","error":"overloaded","message":"Busy","field_errors":[]}"#;
    let told = Arc::new(Notify::new());
    let busy = Step::SendWhen(Arc::clone(&told), text(503, "application/json", "", busy));
    let (peer, still, flow) = shop([pair("a"), json(200, APPLIED), busy, pair("b"), json(200, HELD)]).await;
    flow.apply(&ApplicantDraft::default()).await.unwrap();
    still.turn(1139);
    let bought = tokio::spawn(async move { flow.authorize(&purchase).await });
    for _ in 0..3 {
        peer.arrival().await;
    }
    still.turn(1);
    told.notify_one();
    bought.await.unwrap().unwrap();
    let requests = peer.requests();
    assert!(
        requests[3].body.contains("grant_type=refresh_token")
            && requests[4].header("authorization") == Some("Bearer b")
    );
    assert_eq!(key(&requests[2]), key(&requests[4]));
}

#[tokio::test]
async fn that_a_later_try_was_not_let_in_does_not_hide_that_an_earlier_one_may_be_done() {
    let ended = || refused(401, "unauthorized");
    let unknown = || json(400, r#"{"error":"invalid_client","error_description":"Revoked","message":"Revoked"}"#);
    for rest in [
        vec![ended(), unknown()],
        vec![ended(), bare("b"), ended()],
        vec![ended(), bare("b"), refused(403, "forbidden")],
    ] {
        let (_peer, _, till) = till([pair("a"), Step::Lose].into_iter().chain(rest)).await;
        let error = till.flow().capture(AUTHORIZATION, dollars(), &Till::default()).await.unwrap_err();
        assert!(matches!(error, PosError::Transport { fault: TransportFault::Interrupted, .. }), "{error:?}");
    }
    // What tells of the request itself is heard.
    let (_peer, _, till) = till([pair("a"), Step::Lose, refused(409, "authorization_ended")]).await;
    let error = till.flow().capture(AUTHORIZATION, dollars(), &Till::default()).await.unwrap_err();
    assert_eq!(error.name(), Some(ErrorName::AuthorizationEnded));
}

#[tokio::test]
async fn no_error_and_no_debug_shows_a_code_or_a_card() {
    let wrong = r#"{"url":"/x","error":"wrong_inputs","message":"Wrong","field_errors":[{"param":"vcc_number","msg":"must be a card","value":"4000001234567982"}]}"#;
    let (_peer, _, till) = till([pair("a"), json(409, wrong), Step::Lose, Step::Lose, Step::Lose, Step::Lose]).await;
    let flow = till.flow();
    let first = flow.authorize(&purchase()).await.unwrap_err();
    let card = flow.look_up_customer(&CustomerKey::Card(CARD.into())).await.unwrap_err();
    let shown = format!("{first} {first:?} {card} {card:?} {:?} {:?} {flow:?}", purchase(), payment());
    assert!(!shown.contains(CARD) && !shown.contains(CODE), "{shown}");
}

#[tokio::test]
async fn the_widget_is_begun_in_the_language_of_the_flow() {
    let url = "https://pos.example.com/#/widget/shop/3d8f373a9a2b1e61baf5abb69930ff4f0e08cdb0?lang=fr&x-reference-id=x&widget_session_id=3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    let begun = json(200, &format!(r#"{{"redirection_url":"{url}"}}"#));
    let (peer, _, flow) = shop([pair("a"), Step::Lose, begun, json(200, "{}")]).await;
    let request = WidgetRequest::Purchase(CustomerIdentification::Account(ACCOUNT));
    let widget = flow.in_language(Lang::French).init_widget(&request).await.unwrap();
    assert_eq!(widget.redirection_url.expose(), url);
    assert_eq!(widget.widget_session_id.to_string(), "3f2504e0-4f89-41d3-9a0c-0305e82c3301");
    let sent = &peer.requests()[2];
    assert_eq!(sent.line, "POST /flexiti/pos-api/v2.5/client-id/shop/widget/init?lang=fr");
    assert_eq!(
        sent.body,
        r#"{"flow":"purchase","lang":"fr","customer_identification":{"account_number":12345678901237}}"#
    );
    let other = flow.init_widget(&request).await.unwrap_err();
    assert!(matches!(other, PosError::UnexpectedAnswer { status: 200, .. }), "{other:?}");
}
