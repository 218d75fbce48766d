//! Random histories of moves, run beside a model that was written without the code above: the books balance, nothing is bought for that is
//! not there, no more is captured than was authorized and no more brought back than was captured, every plan ends, and late interest is never
//! on more than was owed all the time.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::ledger::{Movement, MovementKind};

/// A purchase of a plan of so many months: the odd ones are the same as cash, without interest otherwise.
fn of_months(amount: i64, (interest, fees, months): (i64, i64, u8)) -> Purchase {
    let late = months % 2 == 1;
    let earned = EarningTime { from_month: 0, until_month: months };
    let late_rate = if late { Percent::from_hundredths(3_099).unwrap() } else { Percent::ZERO };
    Purchase { earned, late_rate, ..promotional(amount, if late { 0 } else { interest }, fees) }
}

/// The place of the authorization that was made last.
const LAST: usize = usize::MAX;

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
    let amount = || prop_oneof![2 => 1_i64..100, 8 => 1_i64..8_000, 3 => 1_i64..60_000, 1 => Just(0), 1 => Just(-1)];
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

/// A move, or a purchase of a plan, which is authorized and captured at once.
fn any_moves() -> impl Strategy<Value = Vec<Move>> {
    let plan = (0_i64..5_000, 0_i64..200, 1_u8..=6);
    let bought =
        |(amount, plan)| vec![Move::Authorize { amount, plan: Some(plan) }, Move::Capture { of: LAST, amount }];
    prop_oneof![
        3 => any_move().prop_map(|one| vec![one]),
        1 => (1_i64..20_000, plan).prop_map(bought),
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

fn place(of: usize, len: usize) -> usize {
    if of == LAST { len - 1 } else { of % len }
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
                let of = place(of, real.authorizations.len());
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
                let of = place(of, real.authorizations.len());
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
    fn the_books_balance_whatever_happens(moves in proptest::collection::vec(any_moves(), 1..80)) {
        run(&moves.concat());
    }
}
