//! A plan for one of its terms: what a payment is.

use super::annual_rate::{self, AnnualRate};
use super::exact::{MONTHLY, ONE, cents, half_even, interest, share};
use super::fee::with_payment;
use super::plan::{PaymentRule, Period, Plan};
use super::schedule::{Payment, Schedule};
use crate::cents::Cents;

/// A term, with what is known of it before an amount is.
#[derive(Clone, Debug)]
pub(super) struct PlanTerm {
    /// In months.
    pub(super) months: u8,
    /// What a purchase is divided by for an equal payment: what payments of one are worth at the purchase, as a fixed-point number.
    divisor: i128,
    /// The annual rate, where it is the same for every amount.
    annual_rate: Option<AnnualRate>,
}

impl PlanTerm {
    pub(super) fn new(plan: &Plan, months: u8) -> Self {
        let mut term = Self { months, divisor: divisor(plan, months), annual_rate: None };
        term.annual_rate = annual_rate::of_every_amount(plan, &term);
        term
    }

    /// The equal payment for `amount`.
    fn level(&self, amount: Cents) -> Cents {
        cents(half_even(i128::from(amount.0) * ONE, self.divisor))
    }

    /// The divisor, for the rate.
    pub(super) const fn divisor(&self) -> i128 {
        self.divisor
    }

    /// The first payment, without fees: `term_amount` of the POS API.
    pub(super) fn first_payment(&self, plan: &Plan, amount: Cents) -> Cents {
        let Some(period) = plan.periods(self.months).next() else { return amount };
        let interest = interest(amount, plan.rate, period.bearing);
        due(plan.payment, self.level(amount), (amount, interest), period)
    }

    /// The annual rate for `amount`.
    pub(super) fn annual_rate(&self, plan: &Plan, amount: Cents) -> AnnualRate {
        self.annual_rate.unwrap_or_else(|| annual_rate::of_amount(plan, self, amount))
    }

    /// Every payment for `amount`.
    pub(super) fn schedule(&self, plan: &Plan, amount: Cents) -> Schedule {
        let (level, mut left) = (self.level(amount), amount);
        let payment = |period: Period| {
            let interest = interest(left, plan.rate, period.bearing);
            let principal = due(plan.payment, level, (left, interest), period) - interest;
            left -= principal;
            Payment { month: period.month, interest, principal, fee: with_payment(&plan.fees, period.is_first) }
        };
        let payments = plan.periods(self.months).map(payment).collect();
        Schedule { amount, payments, late_interest: self.late_interest(plan, amount).unwrap_or_default() }
    }

    /// Of a plan that is the same as cash, the interest of the whole time on `amount`: what is charged where nothing is paid by its end.
    pub(super) fn late_interest(&self, plan: &Plan, amount: Cents) -> Option<Cents> {
        plan.same_as_cash.then(|| interest(amount, plan.rate, plan.grace_months + self.months))
    }

    /// Whether an equal payment covers the interest of each period, but for what rounding to cents does. Other payments do by their rule.
    pub(super) fn covers_interest(&self, plan: &Plan) -> bool {
        // So large that rounding is nothing to it.
        const AMOUNT: Cents = Cents(100_000_000_000_000);
        let (level, mut principal) = (self.level(AMOUNT), AMOUNT);
        plan.payment != PaymentRule::Equal
            || plan.periods(self.months).all(|period| {
                let interest = interest(principal, plan.rate, period.bearing);
                principal = (principal + interest - level).max(Cents::ZERO);
                interest <= level
            })
    }
}

/// What is due at the end of a period, without fees, of the principal and the interest that are owed then.
fn due(rule: PaymentRule, level: Cents, (principal, interest): (Cents, Cents), period: Period) -> Cents {
    let owed = principal + interest;
    let due = match rule {
        _ if period.is_last => owed,
        PaymentRule::Equal => level,
        PaymentRule::AtEnd => owed,
        PaymentRule::Minimum { share: of, least } => share(owed, of).max(least),
    };
    due.max(interest).min(owed)
}

/// What payments of one, at the end of each period, are worth at the purchase: each divided by one and the interest of its period, and by
/// that of all before it.
fn divisor(plan: &Plan, months: u8) -> i128 {
    let mut worth = ONE;
    let mut sum = 0;
    for period in plan.periods(months) {
        let grown = MONTHLY + i128::from(plan.rate.hundredths()) * i128::from(period.bearing);
        worth = half_even(worth * MONTHLY, grown);
        sum += worth;
    }
    sum
}
