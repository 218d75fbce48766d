//! Schedules and rates of every plan, against rules that they must keep and against a solver of another kind.

use proptest::prelude::*;

use super::plan_term::PlanTerm;
use super::{Bilingual, Borrower, Charged, Fee, Lending, PaymentRule, Plan, Schedule, defaults};
use crate::cents::Cents;
use crate::credit_account::Category;
use crate::percent::Percent;
use crate::reference_data::{PlanId, Province};

/// 100,000.00.
const LARGEST: i64 = 10_000_000;

fn percent(hundredths: u16) -> Percent {
    Percent::from_hundredths(hundredths).unwrap()
}

fn default_plan(number: u8) -> Plan {
    let id = PlanId::of_number(number).unwrap();
    defaults::plans().into_iter().find(|plan| plan.id == id).unwrap()
}

fn fee(amount: i64, charged: Charged) -> Fee {
    Fee { description: Bilingual::new("Fee", "Frais"), amount: Cents(amount), charged }
}

fn schedule(plan: &Plan, months: u8, amount: i64) -> Schedule {
    PlanTerm::new(plan, months).schedule(plan, Cents(amount))
}

/// What can be configured beyond the defaults.
fn odd_plans() -> Vec<Plan> {
    let regular = default_plan(4);
    let minimum = |share, least| PaymentRule::Minimum { share: percent(share), least: Cents(least) };
    vec![
        Plan { fees: vec![fee(4_900, Charged::Once), fee(199, Charged::Monthly)], ..regular.clone() },
        Plan { fees: vec![fee(1, Charged::Monthly)], ..default_plan(5) },
        Plan { rate: percent(3_500), terms: vec![1, 2, 60, 120], ..regular.clone() },
        // Interest in the months of grace, and none for a while after them.
        Plan { grace_months: 2, terms: vec![1, 12, 24], ..regular.clone() },
        Plan { grace_months: 1, interest_free_months: 6, terms: vec![3, 12, 24], ..regular.clone() },
        Plan { payment: PaymentRule::AtEnd, interest_free_months: 3, terms: vec![2, 3, 12], ..regular.clone() },
        Plan { payment: PaymentRule::AtEnd, fees: vec![fee(4_900, Charged::Once)], ..default_plan(6) },
        Plan { payment: minimum(250, 2_500), rate: percent(1_999), terms: vec![1, 6, 24, 60], ..regular.clone() },
        Plan { payment: minimum(0, 1), interest_free_months: 4, terms: vec![1, 24], ..regular.clone() },
        Plan { payment: minimum(1_000, 0), same_as_cash: true, fees: vec![fee(2_500, Charged::Monthly)], ..regular },
    ]
}

fn every_term() -> Vec<(Plan, u8)> {
    let plans = defaults::plans().into_iter().chain(odd_plans());
    plans.flat_map(|plan| plan.terms.clone().into_iter().map(move |months| (plan.clone(), months))).collect()
}

/// What holds of every schedule.
fn keeps_the_rules(plan: &Plan, term: &PlanTerm, amount: Cents) -> Result<(), TestCaseError> {
    let schedule = term.schedule(plan, amount);
    let payments = &schedule.payments;
    prop_assert_eq!(payments.iter().map(|payment| payment.principal).sum::<Cents>(), amount);
    prop_assert_eq!(schedule.total(), amount + schedule.finance_charge());
    for payment in payments {
        prop_assert!(!payment.principal.is_negative() && !payment.interest.is_negative() && !payment.fee.is_negative());
    }
    prop_assert!(payments.is_sorted_by(|one, next| one.month < next.month));
    prop_assert_eq!(payments.last().map(|payment| payment.month), Some(plan.grace_months + term.months));
    prop_assert!(payments[0].month > plan.grace_months);
    prop_assert_eq!(term.first_payment(plan, amount), payments[0].interest + payments[0].principal);
    prop_assert!(plan.same_as_cash || schedule.late_interest.is_zero());
    if plan.payment == PaymentRule::Equal {
        // All alike, until nothing is owed any more or the last one takes the rest.
        let due = |payment: &super::Payment| payment.interest + payment.principal;
        let equal = payments.iter().take_while(|payment| due(payment) == due(&payments[0])).count();
        let rest: Cents = payments.iter().skip(equal + 1).map(due).sum();
        prop_assert!(equal + 1 >= payments.len() || rest.is_zero(), "{:?}", payments);
    }
    Ok(())
}

#[test]
fn small_purchases_keep_the_rules_one_by_one() {
    for (plan, months) in every_term() {
        let term = PlanTerm::new(&plan, months);
        for amount in 1..=1_500 {
            keeps_the_rules(&plan, &term, Cents(amount))
                .unwrap_or_else(|fault| panic!("{plan:?} {months} {amount}: {fault}"));
        }
        keeps_the_rules(&plan, &term, Cents(LARGEST)).unwrap();
    }
}

proptest! {
    #[test]
    fn every_schedule_keeps_the_rules(amount in 1..=LARGEST) {
        for (plan, months) in every_term() {
            keeps_the_rules(&plan, &PlanTerm::new(&plan, months), Cents(amount))?;
        }
    }

    #[test]
    fn so_does_one_of_any_plan(
        amount in 1..=LARGEST,
        months in 1_u8..=120,
        (grace_months, interest_free_months) in (0_u8..=24, 0_u8..=60),
        (rate, share, least) in (0_u16..=3_500, 0_u16..=10_000, 0_i64..=100_000),
        rule in 0..3,
    ) {
        let payment = match rule {
            0 => PaymentRule::Equal,
            1 => PaymentRule::AtEnd,
            _ => PaymentRule::Minimum { share: percent(share), least: Cents(least) },
        };
        let grace_months = if payment == PaymentRule::AtEnd { 0 } else { grace_months };
        let rate = percent(rate);
        let plan = Plan { payment, rate, grace_months, interest_free_months, ..default_plan(4) };
        let term = PlanTerm::new(&plan, months);
        prop_assume!(term.covers_interest(&plan));
        keeps_the_rules(&plan, &term, Cents(amount))?;
        agrees_with_bisection(&plan, months, Cents(amount))?;
    }

    #[test]
    fn interest_is_that_of_the_formula(amount in 1..=LARGEST, rate in 1_u16..=3_500, months in 1_u8..=120) {
        // The textbook's payment, in floating point: principal × i ÷ (1 − (1 + i)^−n).
        let plan = Plan { rate: percent(rate), ..default_plan(4) };
        let paid = schedule(&plan, months, amount);
        let monthly = f64::from(rate) / 120_000.0;
        let (principal, payments) = (amount as f64, f64::from(months));
        let exact = principal * monthly / (1.0 - (1.0 + monthly).powf(-payments));
        // Each payment and each interest is rounded by half a cent at most, and what that leaves over bears interest.
        let off = payments * (1.0 + monthly).powf(payments) + 1.0;
        let level = paid.payments[0].interest + paid.payments[0].principal;
        // The only payment is the last, which takes what is owed to the cent.
        prop_assert!(months == 1 || (level.0 as f64 - exact).abs() <= 0.5 + 1e-6);
        prop_assert!((paid.interest().0 as f64 - (exact * payments - principal)).abs() <= off);
    }

    #[test]
    fn annual_rates_agree_with_bisection(amount in 1..=LARGEST, place in any::<prop::sample::Index>()) {
        let terms = every_term();
        let (plan, months) = place.get(&terms);
        agrees_with_bisection(plan, *months, Cents(amount))?;
    }
}

/// So much larger are the amounts for the other solver, that its cents are next to exact.
const SCALE: i64 = 100_000_000;

/// Whether the annual rate is that at which the cost of each month, the rate times a twelfth times the principal, leaves nothing over: found by
/// halving an interval again and again, with every month a step of its own.
fn agrees_with_bisection(plan: &Plan, months: u8, amount: Cents) -> Result<(), TestCaseError> {
    let large = |amount: Cents| Cents(amount.0 * SCALE);
    let payment = match plan.payment {
        PaymentRule::Minimum { share, least } => PaymentRule::Minimum { share, least: large(least) },
        other => other,
    };
    let fees = plan.fees.iter().map(|fee| Fee { amount: large(fee.amount), ..fee.clone() }).collect();
    let scaled = Plan { payment, fees, ..plan.clone() };
    let paid = PlanTerm::new(&scaled, months).schedule(&scaled, large(amount));
    let left_over = |annual: f64| {
        let (mut principal, mut cost) = (large(amount).0 as f64, 0.0);
        for month in 1..=plan.grace_months + months {
            cost += annual / 12.0 * principal;
            let pay: i64 = paid.payments.iter().filter(|payment| payment.month == month).map(|it| it.total().0).sum();
            let to_cost = cost.min(pay as f64);
            cost -= to_cost;
            principal -= pay as f64 - to_cost;
        }
        principal + cost
    };
    let (mut low, mut high) = (0.0, 1.0);
    while left_over(high) < 0.0 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if left_over(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let found = PlanTerm::new(plan, months).annual_rate(plan, amount).billionths() as f64 / 1e9;
    prop_assert!((found - low).abs() <= 1e-6 * low.max(1.0), "{found} is not {low}: {plan:?}, {months}, {amount}");
    Ok(())
}

#[test]
fn a_bend_on_the_way_to_the_rate_leads_nobody_to_and_fro() {
    // Below some 23 % each payment covers the cost, above it the first ones do not.
    let plan = Plan { rate: percent(2_578), grace_months: 3, interest_free_months: 12, ..default_plan(4) };
    agrees_with_bisection(&plan, 119, Cents(1)).unwrap();
}

#[test]
fn the_published_example_is_paid_by_3_56_a_month() {
    let plan = default_plan(4);
    let paid = schedule(&plan, 3, 1_050);
    let parts: Vec<_> =
        paid.payments.iter().map(|payment| (payment.month, payment.interest.0, payment.principal.0)).collect();
    assert_eq!(parts, [(1, 9, 347), (2, 6, 350), (3, 3, 353)]);
    assert_eq!((paid.finance_charge(), paid.total()), (Cents(18), Cents(1_068)));
    let term = PlanTerm::new(&plan, 3);
    assert_eq!(term.first_payment(&plan, Cents(1_050)), Cents(356));
    assert_eq!(term.annual_rate(&plan, Cents(1_050)).to_string(), "0.0999");
}

#[test]
fn months_of_grace_come_before_the_term() {
    let paid = schedule(&default_plan(1), 6, 60_000);
    assert_eq!(paid.payments.iter().map(|payment| payment.month).collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9]);
    // Those of plan 1 bear no interest.
    assert_eq!(paid.payments[0].interest, Cents(500));
    let bearing = Plan { interest_free_months: 0, ..default_plan(1) };
    assert_eq!(schedule(&bearing, 6, 60_000).payments[0].interest, Cents(1_998));
}

#[test]
fn same_as_cash_costs_nothing_in_time_and_everything_late() {
    let plan = default_plan(6);
    let paid = schedule(&plan, 12, 100_000);
    assert_eq!(paid.payments.len(), 1);
    assert_eq!((paid.payments[0].month, paid.total(), paid.late_interest), (12, Cents(100_000), Cents(30_990)));
    assert_eq!(PlanTerm::new(&plan, 12).annual_rate(&plan, Cents(1)).to_string(), "0.0000");
    let minimum = PaymentRule::Minimum { share: percent(5_000), least: Cents::ZERO };
    let paid = schedule(&Plan { payment: minimum, ..plan }, 3, 100_000);
    assert_eq!(paid.payments.iter().map(|payment| payment.principal.0).collect::<Vec<_>>(), [50_000, 25_000, 25_000]);
    // Where nothing is paid, whatever the schedule says: 1,000.00 for three months at 30.99 %.
    assert_eq!(paid.late_interest, Cents(7_748));
    let lending = Lending::default();
    let borrower = Borrower { category: Category::Preferred, province: Province::Ontario };
    for quote in lending.quotes("shop", borrower, Cents(100_000)) {
        for term in &quote.terms {
            let financing = lending.financing("shop", borrower, (quote.plan.id, term.months), Cents(100_000)).unwrap();
            assert_eq!(term.late_interest.is_some(), quote.plan.same_as_cash);
            assert_eq!(term.late_interest.unwrap_or_default(), financing.schedule.late_interest);
        }
    }
    assert_eq!(schedule(&default_plan(7), 12, 100_000).late_interest, Cents::ZERO);
}

#[test]
fn minimum_payments_are_a_share_and_the_last_is_the_rest() {
    let due = |amount| -> Vec<i64> {
        schedule(&default_plan(9), 6, amount).payments.iter().map(|payment| payment.principal.0).collect()
    };
    assert_eq!(due(100_000), [3_000, 2_910, 2_823, 2_738, 2_656, 85_873]);
    assert_eq!(due(2_500), [1_000, 1_000, 500, 0, 0, 0]);
}

#[test]
fn fees_raise_the_annual_rate() {
    let plan = Plan { fees: vec![fee(500, Charged::Once), fee(100, Charged::Monthly)], ..default_plan(5) };
    let paid = schedule(&plan, 3, 30_000);
    assert_eq!(paid.payments.iter().map(|payment| payment.fee.0).collect::<Vec<_>>(), [600, 100, 100]);
    assert_eq!((paid.fees(), paid.interest()), (Cents(800), Cents::ZERO));
    // 106.00, 101.00 and 101.00 are worth 300.00 at 1.338 % a month.
    let rate = PlanTerm::new(&plan, 3).annual_rate(&plan, Cents(30_000));
    assert_eq!(rate.to_string(), "0.1606");
}
