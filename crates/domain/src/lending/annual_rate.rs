//! What financing costs in a year, as a rate: interest and fees together.
//!
//! The rate is that of the laws of Canada on the disclosure of the cost of credit, which the provinces and Ottawa have agreed on: `C ÷ (T × P)`,
//! the cost over the time in years and the average principal (Cost of Borrowing (Banks) Regulations, SOR/2001-101, section 3). What the
//! principal is after a payment depends on how much of the payment is cost, and New Brunswick says how (General Regulation 2010-104 under
//! the Cost of Credit Disclosure and Payday Loans Act, section 12): the cost of a period is the rate itself times its length times the
//! principal; a payment is applied to the cost that has accumulated and then to the principal; and cost does not become principal. So the
//! rate is the one by which nothing is left after the last payment. Where each payment covers the cost of its month, it is twelve times the
//! monthly internal rate of return.
//!
//! It is the rate of the terms and not of the cents: payments are taken before they are rounded, so that a plan of interest alone has its own
//! nominal rate, as the regulations ask for, also for a purchase of a few cents. This file alone computes in floating point: a rate is no
//! money, and no amount is made of it.

use std::fmt;

use super::exact::{MONTHLY, ONE, half_even};
use super::fee::{Charged, with_payment};
use super::plan::{PaymentRule, Plan};
use super::plan_term::PlanTerm;
use crate::cents::Cents;
use crate::percent::Percent;

/// A yearly rate, as a part of one, to nine decimals: `0.0999` is 9.99 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AnnualRate(u64);

/// One, in the parts that a rate is kept in.
const WHOLE: u64 = 1_000_000_000;

impl AnnualRate {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The nominal rate that a percentage is.
    #[must_use]
    pub fn of_percent(percent: Percent) -> Self {
        Self(u64::from(percent.hundredths()) * (WHOLE / 10_000))
    }

    /// The rate of so many parts of 10⁻⁹.
    #[must_use]
    pub const fn of_billionths(billionths: u64) -> Self {
        Self(billionths)
    }

    /// In parts of 10⁻⁹.
    #[must_use]
    pub const fn billionths(self) -> u64 {
        self.0
    }

    /// In ten-thousandths, hundredths of a percent, rounded half to even: as it is shown.
    #[must_use]
    pub fn ten_thousandths(self) -> i64 {
        let rounded = half_even(i128::from(self.0), i128::from(WHOLE / 10_000));
        i64::try_from(rounded).unwrap_or(i64::MAX)
    }

    /// From the solver.
    fn of_fraction(fraction: f64) -> Self {
        // A cast to an integer takes the nearest that there is, and zero for what is no number.
        Self((fraction * WHOLE as f64).round() as u64)
    }
}

impl fmt::Display for AnnualRate {
    /// With four decimals: `0.0999`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::decimal::write_decimal(f, self.ten_thousandths(), 4)
    }
}

/// The rate of a term, where it is the same for every amount.
pub(super) fn of_every_amount(plan: &Plan, term: &PlanTerm) -> Option<AnnualRate> {
    if !plan.fees.is_empty() {
        return None;
    }
    let bears_interest = |period: super::plan::Period| period.bearing > 0;
    if plan.rate == Percent::ZERO || !plan.periods(term.months).any(bears_interest) {
        return Some(AnnualRate::ZERO);
    }
    if plan.periods(term.months).all(|period| period.bearing == period.months) {
        return Some(AnnualRate::of_percent(plan.rate));
    }
    // The least payment is an amount, so that a small purchase is paid sooner.
    let is_amount_free = !matches!(plan.payment, PaymentRule::Minimum { .. });
    is_amount_free.then(|| of_amount(plan, term, Cents(1_000_000)))
}

/// The rate of a term for an amount.
pub(super) fn of_amount(plan: &Plan, term: &PlanTerm, amount: Cents) -> AnnualRate {
    if !amount.is_positive() {
        return AnnualRate::ZERO;
    }
    let level = amount.0 as f64 * (ONE as f64 / term.divisor() as f64);
    let monthly = f64::from(plan.rate.hundredths()) / MONTHLY as f64;
    let monthly_fees = plan.fees.iter().filter(|fee| fee.charged == Charged::Monthly).map(|fee| fee.amount).sum();
    let (first_fees, monthly_fees): (Cents, Cents) = (with_payment(&plan.fees, true), monthly_fees);
    let mut owed = amount.0 as f64;
    let mut payments = Vec::with_capacity(usize::from(term.months));
    for period in plan.periods(term.months) {
        let interest = owed * monthly * f64::from(period.bearing);
        let all = owed + interest;
        let due = match plan.payment {
            _ if period.is_last => all,
            PaymentRule::Equal => level,
            PaymentRule::AtEnd => all,
            PaymentRule::Minimum { share, least } => {
                (all * f64::from(share.hundredths()) / 10_000.0).max(least.0 as f64).max(interest).min(all)
            }
        };
        owed = all - due;
        let fee = if period.is_first { first_fees } else { monthly_fees };
        payments.push((f64::from(period.months), due + fee.0 as f64));
    }
    solve(amount.0 as f64, &payments)
}

/// The most steps of the solver. It takes about five.
const MOST_STEPS: u32 = 100;

/// The rate at which `payments`, each with the months since the one before, leave nothing over of `principal`.
fn solve(principal: f64, payments: &[(f64, f64)]) -> AnnualRate {
    let cost = payments.iter().map(|(_, payment)| payment).sum::<f64>() - principal;
    let first_months = payments.first().map_or(0.0, |(months, _)| *months);
    // No cost but what the arithmetic left over of the payments.
    if cost <= principal * 1e-12 || first_months <= 0.0 {
        return AnnualRate::ZERO;
    }
    // The cost of the first period alone is no more than all of it.
    let (mut low, mut high) = (0.0, cost / (principal * first_months));
    // If the principal went down to nothing in a straight line.
    let months: f64 = payments.iter().map(|(months, _)| months).sum();
    let mut rate = (2.0 * cost / (principal * (months + first_months))).min(high);
    let mut before = high - low;
    for _ in 0..MOST_STEPS {
        let (left, slope) = left_over(principal, payments, rate);
        if left > 0.0 {
            high = rate;
        } else {
            low = rate;
        }
        let newton = rate - left / slope;
        // What leads out of the interval is not followed, nor what comes closer by less than half: where payments begin to cover the cost there is
        // a bend, over which two steps may lead to and fro for ever.
        let is_closer = newton > low && newton < high && (newton - rate).abs() < 0.5 * before.abs();
        let next = if is_closer { newton } else { f64::midpoint(low, high) };
        let step = next - rate;
        (rate, before) = (next, step);
        if step.abs() <= 1e-13 * (1.0 + rate) {
            break;
        }
    }
    AnnualRate::of_fraction(rate * 12.0)
}

/// What is left of the principal and the cost after the last payment, at a monthly rate, and how that grows with the rate.
fn left_over(principal: f64, payments: &[(f64, f64)], rate: f64) -> (f64, f64) {
    let (mut principal, mut principal_slope) = (principal, 0.0);
    let (mut cost, mut cost_slope) = (0.0, 0.0);
    for (months, payment) in payments {
        cost += rate * months * principal;
        cost_slope += months * (principal + rate * principal_slope);
        if *payment >= cost {
            principal -= payment - cost;
            principal_slope += cost_slope;
            (cost, cost_slope) = (0.0, 0.0);
        } else {
            cost -= payment;
        }
    }
    (principal + cost, principal_slope + cost_slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(principal: f64, payments: &[(f64, f64)]) -> u64 {
        solve(principal, payments).billionths()
    }

    #[test]
    fn simple_cases_are_as_the_formula_has_them() {
        // A year's cost of 10 for 100.
        assert_eq!(rate(100.0, &[(12.0, 110.0)]), 100_000_000);
        // The same over half a year.
        assert_eq!(rate(100.0, &[(6.0, 110.0)]), 200_000_000);
        // Interest of one in a hundred, each month.
        assert_eq!(rate(100.0, &[(1.0, 1.0), (1.0, 1.0), (1.0, 101.0)]), 120_000_000);
        assert_eq!(rate(100.0, &[(1.0, 50.0), (1.0, 50.0)]), 0);
        // More than the principal is cost: 100 each month for a principal of 100.
        assert_eq!(rate(100.0, &[(1.0, 100.0), (1.0, 200.0)]), 12_000_000_000);
    }

    #[test]
    fn it_is_shown_with_four_decimals() {
        let shown = |billionths| AnnualRate(billionths).to_string();
        assert_eq!(
            [99_900_000, 0, 102_449_999, 102_450_000, 102_550_000].map(shown),
            ["0.0999", "0.0000", "0.1024", "0.1024", "0.1026"]
        );
        let percent = Percent::from_hundredths(3_099).unwrap();
        assert_eq!(AnnualRate::of_percent(percent).to_string(), "0.3099");
    }
}
