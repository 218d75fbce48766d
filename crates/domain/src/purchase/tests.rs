//! Each transition by itself; what they come to together is in `tests/history.rs`.

mod history;

use std::time::Duration;

use super::*;
use crate::Timestamp;
use crate::cents::Cents;
use crate::credit_account::{AccountState, Balances};
use crate::ledger::LedgerAccount;
use crate::percent::Percent;

const DAY: Duration = Duration::from_secs(24 * 3600);
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
const LIMIT: i64 = 100_000;
/// Of a plan of three months without grace.
const TERM: EarningTime = EarningTime { from_month: 0, until_month: 3 };

fn start() -> Timestamp {
    Day(20_000).begins().after(Duration::from_secs(3600))
}

fn empty() -> Book {
    let balances = Balances { limit: Cents(LIMIT), ..Balances::default() };
    Book { balances, interest_from: Day::of(start()), ..Book::default() }
}

fn promotional(amount: i64, interest: i64, fees: i64) -> Purchase {
    let charge = FinanceCharge { interest: Cents(interest), fees: Cents(fees) };
    Purchase {
        financing: Financing::Promotional { plan: 4, term: 3 },
        amount: Cents(amount),
        charge,
        earned: TERM,
        late_rate: Percent::ZERO,
    }
}

fn regular(amount: i64) -> Purchase {
    Purchase {
        financing: Financing::Regular,
        amount: Cents(amount),
        charge: FinanceCharge::NONE,
        earned: EarningTime::default(),
        late_rate: Percent::ZERO,
    }
}

fn authorized(book: &Book, purchase: Purchase) -> (Book, Authorization) {
    let done = purchase.authorize(book, AccountState::NORMAL, start(), LIFETIME).unwrap();
    (done.book, done.outcome)
}

#[test]
fn a_purchase_is_held_captured_in_parts_and_the_rest_given_up() {
    let (book, authorization) = authorized(&empty(), promotional(30_000, 1_000, 500));
    assert_eq!(
        (book.balances.held, authorization.held(), book.balances.available()),
        (Cents(31_500), Cents(31_500), Cents(68_500))
    );
    let done = authorization.capture(&book, Cents(10_000), start()).unwrap();
    let (authorization, capture) = done.outcome;
    assert_eq!((capture.charge.interest, capture.charge.fees), (Cents(333), Cents(166)));
    assert_eq!((done.book.balances.principal, done.book.balances.held), (Cents(10_499), Cents(21_001)));
    assert_eq!(done.book.balances.available(), Cents(68_500), "a capture takes nothing that was not held");
    let over = authorization.capture(&done.book, Cents(20_001), start());
    assert_eq!(over.unwrap_err(), Refusal::AuthAmountExceeded { remaining: Cents(20_000) });
    let done = authorization.release(&done.book, None, start()).unwrap();
    assert_eq!((done.outcome.state, done.book.balances.held), (AuthorizationState::Closed, Cents::ZERO));
    assert_eq!(done.outcome.capture(&done.book, Cents(1), start()).unwrap_err(), Refusal::AuthorizationEnded);
    assert_eq!(done.outcome.release(&done.book, None, start()).unwrap_err(), Refusal::AuthorizationEnded);
}

#[test]
fn what_is_refused_names_its_reason() {
    let book = empty();
    let ask = |purchase: Purchase, state| purchase.authorize(&book, state, start(), LIFETIME).unwrap_err();
    assert_eq!(ask(regular(0), AccountState::NORMAL), Refusal::NoAmount);
    assert_eq!(ask(regular(-5), AccountState::NORMAL), Refusal::NoAmount);
    let frozen = AccountState::of_codes("F", "FFRD").unwrap();
    assert_eq!(ask(regular(1), frozen), Refusal::UserNotAbleToPurchase);
    let exceeded = Refusal::CreditExceeded { needed: Cents(100_001), available: Cents(100_000) };
    assert_eq!(ask(promotional(99_000, 1_001, 0), AccountState::NORMAL), exceeded);

    // What is held by those whose time is over is as free.
    let (used, _) = authorized(&book, regular(99_900));
    let lapsed = Book { lapsed: Cents(99_000), ..used };
    assert_eq!(lapsed.balances_now().available(), Cents(99_100));
    let held = regular(99_100).authorize(&lapsed, AccountState::NORMAL, start(), LIFETIME).unwrap();
    assert_eq!((held.book.balances.held, held.book.balances_now().available()), (Cents(199_000), Cents::ZERO));
    let exceeded = Refusal::CreditExceeded { needed: Cents(1), available: Cents::ZERO };
    assert_eq!(regular(1).authorize(&held.book, AccountState::NORMAL, start(), LIFETIME).unwrap_err(), exceeded);

    let (book, authorization) = authorized(&book, regular(500));
    let late = start().after(LIFETIME);
    assert_eq!(authorization.capture(&book, Cents(1), late).unwrap_err(), Refusal::AuthorizationEnded);
    assert_eq!(
        (authorization.state_at(late), authorization.remaining_at(late)),
        (AuthorizationState::Expired, Cents::ZERO)
    );
    assert_eq!(authorization.expire(&book, Timestamp::from_micros(late.micros() - 1)), None);
    let expired = authorization.expire(&book, late).unwrap();
    assert_eq!((expired.outcome.state, expired.book.balances.held), (AuthorizationState::Expired, Cents::ZERO));
    assert_eq!(expired.outcome.expire(&expired.book, late), None);

    let withdrawn = authorization.withdraw(start()).unwrap();
    assert_eq!(withdrawn.capture(&book, Cents(1), start()).unwrap_err(), Refusal::NotPermitted);
    assert_eq!(withdrawn.release(&book, None, start()).unwrap().book.balances.held, Cents::ZERO);
    assert!(withdrawn.expire(&book, late).is_some() && withdrawn.withdraw(start()).is_none());

    let (_, capture) = authorization.capture(&book, Cents(500), start()).unwrap().outcome;
    assert_eq!(capture.take_back(&book, None, start()).unwrap_err(), Refusal::WrongTransactionType);
}

#[test]
fn what_is_brought_back_takes_its_part_of_the_unearned_interest() {
    let (book, authorization) = authorized(&empty(), promotional(9_000, 920, 90));
    let done = authorization.capture(&book, Cents(9_000), start()).unwrap();
    let (book, capture) = (done.book, done.outcome.1);
    // 92 days, ten cents each.
    assert_eq!(capture.earned_on.0 - capture.unearned_from.0, 92);
    let later = start().after(30 * DAY);
    let done = book.post_interest(&[capture], RegularRate::USUAL, later).unwrap();
    let earned: Cents = done.movement.postings.iter().map(|it| -it.debit_of(LedgerAccount::InterestIncome)).sum();
    assert_eq!((earned, capture.unearned_on(Day::of(later))), (Cents(300), Cents(620)));
    assert_eq!(done.book.balances, book.balances, "the customer owes the same");
    let back = capture.take_back(&done.book, Some(Cents(4_500)), later).unwrap();
    let (capture, returned) = back.outcome;
    assert_eq!((returned.charge.interest, returned.charge.fees), (Cents(310), Cents(45)));
    assert_eq!(back.book.balances.principal, Cents(10_010 - 4_500 - 310 - 45));
    let over = capture.take_back(&back.book, Some(Cents(4_501)), later).unwrap_err();
    assert_eq!(over, Refusal::CaptureAmountExceeded { remaining: Cents(4_500) });
    let hundred = start().after(100 * DAY);
    let rest = capture.take_back(&back.book, None, hundred).unwrap();
    assert_eq!(rest.outcome.1.charge, FinanceCharge { interest: Cents::ZERO, fees: Cents(45) });
    let late = Timestamp::from_micros(hundred.micros() + 1);
    assert_eq!(capture.take_back(&back.book, None, late).unwrap_err(), Refusal::ReturnDateExceeded);
    let again = rest.outcome.0.take_back(&rest.book, None, hundred).unwrap_err();
    assert_eq!(again, Refusal::CaptureAmountExceeded { remaining: Cents::ZERO });
}

#[test]
fn interest_is_posted_once_and_loses_no_part_of_a_cent() {
    // 10.00 bears 0.849 cents a day.
    let (book, authorization) = authorized(&empty(), regular(1_000));
    let book = authorization.capture(&book, Cents(1_000), start()).unwrap().book;
    assert_eq!(book.post_interest(&[], RegularRate::USUAL, start()), None);
    let whole = book.post_interest(&[], RegularRate::USUAL, start().after(365 * DAY)).unwrap().book;
    let (mut by_day, mut now) = (book, start());
    for _ in 0..365 {
        now = now.after(DAY);
        by_day = by_day.post_interest(&[], RegularRate::USUAL, now).unwrap().book;
        assert_eq!(by_day.post_interest(&[], RegularRate::USUAL, now), None);
    }
    assert_eq!(by_day, whole);
    assert_eq!((whole.balances.interest, whole.interest_rest), (Cents(309), 3_285_000));
    assert_eq!(whole.balances.available(), book.balances.available(), "interest takes nothing from the limit");
}

#[test]
fn a_payment_pays_interest_first_and_what_is_too_much_is_a_credit() {
    let balances = Balances { principal: Cents(1_000), interest: Cents(30), ..empty().balances };
    let book = Book { balances, regular: Cents(400), ..empty() };
    let limits =
        CreditLimits { paid_in_a_day: Cents(2_000), refunded_at_once: Cents(50), refunded_in_a_day: Cents(80) };
    let pay =
        |book: &Book, amount: i64, paid: i64| Payment::InstorePayment.pay(book, Cents(amount), Cents(paid), &limits);
    let after = |amount| {
        let book = pay(&book, amount, 0).unwrap().book;
        (book.balances.interest.0, book.regular.0, book.promotional().0, book.balances.principal.0)
    };
    assert_eq!(after(30), (0, 400, 600, 1_000));
    assert_eq!(after(31), (0, 399, 600, 999));
    assert_eq!(after(530), (0, 0, 500, 500));
    assert_eq!(after(1_130), (0, -100, 0, -100));
    assert_eq!(pay(&book, 1_500, 501).unwrap_err(), Refusal::LimitPaymentAmount24 { left: Cents(1_499) });
    assert_eq!(pay(&book, 0, 0).unwrap_err(), Refusal::NoAmount);
    let refunded = book.refund(Cents(50), Cents(30), &limits).unwrap().book;
    assert_eq!((refunded.balances.interest.0, refunded.regular.0), (30, 350));
    let refused = |amount, before| book.refund(Cents(amount), Cents(before), &limits).unwrap_err();
    assert_eq!(refused(51, 0), Refusal::RefundsLimitExceededAmount { left: Cents(50) });
    assert_eq!(refused(50, 31), Refusal::RefundsLimitExceededAmount { left: Cents(49) });
    assert!(Payment::ALL.iter().all(|payment| Payment::of_name(payment.name()) == Some(*payment)));
}
