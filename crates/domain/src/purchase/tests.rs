//! Random histories of moves, run beside a model that was written without the code above: the books balance, nothing is bought for that is
//! not there, no more is captured than was authorized and no more brought back than was captured.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::cents::Cents;
use crate::credit_account::{AccountState, Balances};
use crate::ledger::{LedgerAccount, Movement, MovementKind};
use crate::percent::Percent;

const DAY: Duration = Duration::from_secs(24 * 3600);
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
const LIMIT: i64 = 100_000;
/// A purchase of a plan of so many months: the odd ones are the same as cash, without interest otherwise.
fn of_months(amount: i64, (interest, fees, months): (i64, i64, u8)) -> Purchase {
    let late = months % 2 == 1;
    let earned = EarningTime { from_month: 0, until_month: months };
    let late_rate = if late { Percent::from_hundredths(3_099).unwrap() } else { Percent::ZERO };
    Purchase { earned, late_rate, ..promotional(amount, if late { 0 } else { interest }, fees) }
}

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

/// A move of a random history. Places are taken modulo what is there.
#[derive(Clone, Debug)]
enum Move {
    Authorize { amount: i64, plan: Option<(i64, i64, u8)> },
    Capture { of: usize, amount: i64 },
    Release { of: usize, amount: Option<i64> },
    Return { of: usize, amount: Option<i64> },
    Refund { amount: i64 },
    Pay { way: usize, amount: i64 },
    Wait { hours: u32 },
    Interest,
}

fn any_move() -> impl Strategy<Value = Move> {
    let amount = || prop_oneof![1_i64..100, 1_i64..60_000, Just(0), Just(-1)];
    prop_oneof![
        4 => (amount(), proptest::option::of((0_i64..5_000, 0_i64..200, 1_u8..=6))).prop_map(|(amount, plan)| Move::Authorize { amount, plan }),
        5 => (any::<usize>(), amount()).prop_map(|(of, amount)| Move::Capture { of, amount }),
        2 => (any::<usize>(), proptest::option::of(amount())).prop_map(|(of, amount)| Move::Release { of, amount }),
        3 => (any::<usize>(), proptest::option::of(amount())).prop_map(|(of, amount)| Move::Return { of, amount }),
        1 => amount().prop_map(|amount| Move::Refund { amount }),
        3 => (0_usize..3, amount()).prop_map(|(way, amount)| Move::Pay { way, amount }),
        3 => (0_u32..1_000).prop_map(|hours| Move::Wait { hours }),
        1 => Just(Move::Interest),
    ]
}

/// What the model knows of an authorization: the amounts alone.
#[derive(Clone, Debug, Default)]
struct ModelAuthorization {
    amount: i64,
    charge: i64,
    captured: i64,
    released: i64,
    until: i64,
    over: bool,
}

/// The model: sums of what was moved, reckoned by its own rules. What an account owes and holds is added up anew each time.
#[derive(Default)]
struct Model {
    authorizations: Vec<ModelAuthorization>,
    /// Amount, brought back.
    captures: Vec<(i64, i64)>,
    /// Finance charges that were charged, less those given back.
    charges: i64,
    interest: i64,
    credited: i64,
}

impl Model {
    fn held(&self) -> i64 {
        let open = self.authorizations.iter().filter(|it| !it.over);
        open.map(|it| it.amount - it.captured - it.released).sum()
    }

    fn owed(&self) -> i64 {
        let captured: i64 = self.captures.iter().map(|(amount, back)| amount - back).sum();
        captured + self.charges + self.interest - self.credited
    }
}

/// The real thing, with what it has told.
#[derive(Clone)]
struct Real {
    book: Book,
    authorizations: Vec<Authorization>,
    captures: Vec<Capture>,
    /// The least that was ever owed of each capture.
    least: Vec<Cents>,
    ledger: BTreeMap<LedgerAccount, i64>,
}

impl Real {
    fn keep<T>(&mut self, done: Done<T>) -> T {
        let Done { book, movement, outcome } = done;
        self.post(&movement);
        self.book = book;
        outcome
    }

    fn post(&mut self, movement: &Movement) {
        for posting in &movement.postings {
            assert!(posting.amount.is_positive(), "{movement:?}");
            *self.ledger.entry(posting.debit).or_default() += posting.amount.0;
            *self.ledger.entry(posting.credit).or_default() -= posting.amount.0;
        }
    }

    /// The captures that have not matured, in the order in which they do.
    fn open(&self) -> Vec<usize> {
        let maturity = |of: usize| self.captures[of].maturity.filter(|it| it.matured_on.is_none());
        let mut open: Vec<usize> = (0..self.captures.len()).filter(|of| maturity(*of).is_some()).collect();
        open.sort_by_key(|of| (maturity(*of).map(|it| it.on), self.captures[*of].captured_at, *of));
        open
    }

    /// As the service does before it adds a capture.
    fn note_unpaid(&mut self, new: &Capture) {
        let Some(maturity) = new.maturity else { return };
        let later = |of: &usize| self.captures[*of].maturity.is_some_and(|it| it.on > maturity.on);
        let later: Vec<usize> = self.open().into_iter().filter(later).collect();
        let mut captures: Vec<Capture> = later.iter().map(|of| self.captures[*of]).collect();
        self.book.note_unpaid(&mut captures);
        later.into_iter().zip(captures).for_each(|(of, capture)| self.captures[of] = capture);
    }

    /// Takes what was paid from the captures, those that end first before the others: what is left of each.
    fn left(&self) -> Vec<(usize, Cents)> {
        let open = self.open();
        let billed: Cents = open.iter().map(|of| self.captures[*of].billed).sum();
        let mut paid = billed - self.book.promotional();
        assert!(!paid.is_negative(), "what is owed of promotional purchases is of captures that have not matured");
        let left = |of: usize| {
            let part = self.captures[of].billed.min(paid);
            paid -= part;
            (of, self.captures[of].billed - part)
        };
        open.into_iter().map(left).collect()
    }

    fn settle(&mut self, now: Timestamp, model: &mut Model) {
        let (open, today) = (self.open(), Day::of(now));
        let is_due = |of: &usize| self.captures[*of].maturity.is_some_and(|it| it.on <= today);
        let (places, later): (Vec<usize>, Vec<usize>) = open.into_iter().partition(is_due);
        let due: Vec<Capture> = places.iter().map(|of| self.captures[*of]).collect();
        let later = later.into_iter().map(|of| self.captures[of].billed).sum();
        for passed in self.book.catch_up((&due, later), &self.captures.clone(), RegularRate::USUAL, now) {
            let (before, left) = (self.book, self.left());
            match passed {
                Passed::Interest(done) => drop(self.keep(done)),
                Passed::Maturity { of, done } => {
                    assert_eq!(done.movement.kind, MovementKind::Maturity);
                    let of = places[of];
                    self.captures[of] = self.keep(done);
                    let capture = self.captures[of];
                    let maturity = capture.maturity.unwrap();
                    assert!(
                        capture.unearned_on(before.interest_from).is_zero() && maturity.matured_on == Some(maturity.on)
                    );
                    assert_eq!(before.interest_from, maturity.on);
                    let (_, left) = left.into_iter().find(|(it, _)| *it == of).unwrap();
                    assert_eq!(
                        (self.book.regular - before.regular, self.book.balances.principal),
                        (left, before.balances.principal)
                    );
                    // Never more than what accrued on what was owed of it.
                    let most = crate::lending::interest(self.least[of].min(left), maturity.late_rate, maturity.months);
                    assert!(self.book.balances.interest - before.balances.interest <= most);
                }
            }
            let charged = (self.book.balances.interest - before.balances.interest).0;
            assert!(charged >= 0);
            model.interest += charged;
        }
    }

    fn of(&self, account: LedgerAccount) -> i64 {
        self.ledger.get(&account).copied().unwrap_or_default()
    }
}

fn check(real: &mut Real, model: &Model, now: Timestamp) {
    for (of, left) in real.left() {
        real.least[of] = real.least[of].min(left);
    }
    let balances = real.book.balances;
    // The books balance, and the running balances are what was posted.
    assert_eq!(real.ledger.values().sum::<i64>(), 0);
    assert_eq!(real.of(LedgerAccount::Hold), balances.held.0);
    assert_eq!(real.of(LedgerAccount::HoldContra), -balances.held.0);
    assert_eq!(real.of(LedgerAccount::RegularReceivable), real.book.regular.0);
    assert_eq!(real.of(LedgerAccount::PromotionalReceivable), real.book.promotional().0);
    assert_eq!(real.of(LedgerAccount::InterestReceivable), balances.interest.0);
    let unearned: Cents = real.captures.iter().map(|capture| capture.unearned_on(real.book.interest_from)).sum();
    assert_eq!(real.of(LedgerAccount::UnearnedInterest), -unearned.0);
    // Never more than the limit.
    assert!((balances.limit - balances.principal - balances.held).0 >= 0, "{balances:?}");
    assert!(real.book.promotional().0 >= 0 && balances.interest.0 >= 0 && balances.held.0 >= 0);
    // Each as the model has it.
    for (authorization, model) in real.authorizations.iter().zip(&model.authorizations) {
        assert_eq!((authorization.captured.0, authorization.released.0), (model.captured, model.released));
        assert!(authorization.captured <= authorization.amount && !authorization.remaining().is_negative());
    }
    for (capture, (amount, back)) in real.captures.iter().zip(&model.captures) {
        assert_eq!((capture.amount.0, capture.returned.0), (*amount, *back));
        assert!(capture.returned <= capture.amount && capture.unearned.0 >= 0 && capture.fees.0 >= 0);
    }
    let holds: i64 = real.authorizations.iter().map(|it| it.held().0).sum();
    assert_eq!(holds, balances.held.0);
    let charges =
        |it: &ModelAuthorization| if it.over || it.captured + it.released == it.amount { 0 } else { it.charge };
    let most: i64 = model.authorizations.iter().map(charges).sum();
    assert!((model.held()..=model.held() + most).contains(&balances.held.0), "{balances:?} at {now}");
    assert_eq!(balances.principal.0 + balances.interest.0, model.owed());
}

fn run(moves: &[Move]) {
    let mut now = start();
    let mut model = Model::default();
    let mut real =
        Real { book: empty(), authorizations: vec![], captures: vec![], least: vec![], ledger: BTreeMap::new() };
    for one in moves {
        // As the service does: what is due comes before what is asked.
        real.settle(now, &mut model);
        match one.clone() {
            Move::Authorize { amount, plan } => {
                let purchase = plan.map_or_else(|| regular(amount), |plan| of_months(amount, plan));
                let needed = amount + purchase.charge.total().0;
                let fits = amount > 0
                    && needed <= LIMIT - (model.owed() - real.book.balances.interest.0) - real.book.balances.held.0;
                let result = purchase.authorize(&real.book, AccountState::NORMAL, now, LIFETIME);
                assert_eq!(result.is_ok(), fits, "{one:?} {result:?}");
                if let Ok(done) = result {
                    let authorization = real.keep(done);
                    real.authorizations.push(authorization);
                    let until = now.after(LIFETIME).micros();
                    model.authorizations.push(ModelAuthorization {
                        amount,
                        charge: needed - amount,
                        until,
                        ..Default::default()
                    });
                }
            }
            Move::Capture { of, amount } if !real.authorizations.is_empty() => {
                let of = of % real.authorizations.len();
                let it = &mut model.authorizations[of];
                let fits = !it.over
                    && now.micros() < it.until
                    && amount > 0
                    && amount <= it.amount - it.captured - it.released;
                let result = real.authorizations[of].capture(&real.book, Cents(amount), now);
                assert_eq!(result.is_ok(), fits, "{one:?} {result:?}");
                if let Ok(done) = result {
                    real.note_unpaid(&done.outcome.1);
                    let (authorization, capture) = real.keep(done);
                    it.captured += amount;
                    model.captures.push((amount, 0));
                    model.charges += capture.charge.total().0;
                    real.authorizations[of] = authorization;
                    real.captures.push(capture);
                    real.least.push(capture.billed);
                }
            }
            Move::Release { of, amount } if !real.authorizations.is_empty() => {
                let of = of % real.authorizations.len();
                let it = &mut model.authorizations[of];
                let left = it.amount - it.captured - it.released;
                let given = amount.unwrap_or(left);
                let fits = !it.over && now.micros() < it.until && given > 0 && given <= left;
                let result = real.authorizations[of].release(&real.book, amount.map(Cents), now);
                assert_eq!(result.is_ok(), fits, "{one:?} {result:?}");
                if let Ok(done) = result {
                    it.released += given;
                    real.authorizations[of] = real.keep(done);
                }
            }
            Move::Return { of, amount } if !real.captures.is_empty() => {
                let of = of % real.captures.len();
                let (whole, back) = model.captures[of];
                let given = amount.unwrap_or(whole - back);
                let capture = real.captures[of];
                let in_time = now.micros() - capture.captured_at.micros() <= 100 * 24 * 3_600_000_000;
                let fits = capture.financing != Financing::Regular && in_time && given > 0 && given <= whole - back;
                let result = capture.take_back(&real.book, amount.map(Cents), now);
                assert_eq!(result.is_ok(), fits, "{one:?} {result:?}");
                if let Ok(done) = result {
                    let (capture, returned) = real.keep(done);
                    assert_eq!(returned.amount.0, given);
                    model.captures[of].1 += given;
                    model.charges -= returned.charge.total().0;
                    real.captures[of] = capture;
                }
            }
            Move::Refund { amount } => {
                if let Ok(done) = real.book.refund(Cents(amount), Cents::ZERO, &CreditLimits::default()) {
                    real.keep(done);
                    model.credited += amount;
                }
            }
            Move::Pay { way, amount } => {
                if let Ok(done) =
                    Payment::ALL[way].pay(&real.book, Cents(amount), Cents::ZERO, &CreditLimits::default())
                {
                    real.keep(done);
                    model.credited += amount;
                }
            }
            Move::Wait { hours } => {
                now = now.after(Duration::from_secs(u64::from(hours) * 3600));
                for of in 0..real.authorizations.len() {
                    let it = &mut model.authorizations[of];
                    let is_due = !it.over && it.until <= now.micros() && it.captured + it.released < it.amount;
                    let done = real.authorizations[of].expire(&real.book, now);
                    assert_eq!(done.is_some(), is_due);
                    if let Some(done) = done {
                        it.released = it.amount - it.captured;
                        it.over = true;
                        real.authorizations[of] = real.keep(done);
                    }
                }
            }
            Move::Interest => real.settle(now, &mut model),
            Move::Capture { .. } | Move::Release { .. } | Move::Return { .. } => {}
        }
        check(&mut real, &model, now);
    }
    // However late it is posted, it is the same.
    let mut daily = real.clone();
    let mut by_day = Model::default();
    for _ in 0..250 {
        now = now.after(DAY);
        daily.settle(now, &mut by_day);
        check_settled(&daily);
    }
    real.settle(now, &mut Model::default());
    assert_eq!((real.book, &real.captures, &real.ledger), (daily.book, &daily.captures, &daily.ledger));
    assert!(real.open().is_empty() && real.book.promotional().is_zero(), "every plan has ended");
}

/// The running balances are what was posted.
fn check_settled(real: &Real) {
    assert_eq!(real.ledger.values().sum::<i64>(), 0);
    assert_eq!(real.of(LedgerAccount::RegularReceivable), real.book.regular.0);
    assert_eq!(real.of(LedgerAccount::PromotionalReceivable), real.book.promotional().0);
    assert_eq!(real.of(LedgerAccount::InterestReceivable), real.book.balances.interest.0);
}

proptest! {
    #[test]
    fn the_books_balance_whatever_happens(moves in proptest::collection::vec(any_move(), 1..80)) {
        run(&moves);
    }
}
