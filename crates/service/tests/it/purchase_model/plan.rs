//! Plans as the model has them: what they cost is worked out by fractions of whole numbers.

use std::collections::BTreeMap;

use domain::cents::Cents;
use domain::lending::{Charged, Fee, Lending};
use domain::purchase::Financing;

/// A plan, as far as what is owed depends on it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) financing: Financing,
    /// The days from the capture until interest is earned, and until all is and the plan is over: a month is a twelfth of 365, and what is begun
    /// counts.
    pub(super) days: [i64; 2],
    /// Whether 9.99 % a year are added, for the months of the term.
    bears: bool,
    /// Whether 30.99 % a year are charged in the end on what is unpaid then.
    pub(super) is_same_as_cash: bool,
    pub(super) fee: i64,
    /// The least amount that it is for.
    pub(super) least: i64,
}

const fn plan(plan: u8, term: u8, days: [i64; 2]) -> Plan {
    let financing = Financing::Promotional { plan, term };
    Plan { financing, days, bears: false, is_same_as_cash: false, fee: 0, least: 1 }
}

/// Without interest and fees.
pub(super) static FREE: Plan = plan(5, 3, [0, 92]);
pub(super) static SAME_AS_CASH: Plan = Plan { is_same_as_cash: true, ..plan(6, 6, [0, 183]) };
pub(super) static INTEREST: Plan = Plan { bears: true, ..plan(4, 3, [0, 92]) };
/// Three months of grace that are free of interest, six months after them, and a fee.
pub(super) static GRACE: Plan = Plan { bears: true, fee: 149, least: 4_000, ..plan(1, 6, [92, 274]) };

/// The plans that there are by default, with the fee.
pub(super) fn lending() -> Lending {
    let mut plans = Lending::default_plans();
    let fee = Fee { description: Fee::usual_description(), amount: Cents(GRACE.fee), charged: Charged::Once };
    (plans[0].fees, plans[0].least_amount) = (vec![fee], Cents(GRACE.least));
    Lending::new(plans, Lending::default_regular_purchases(), BTreeMap::new()).unwrap()
}

impl Plan {
    /// The interest of a purchase, in equal payments but for the last. What a payment of one each month is worth at the purchase is the sum of
    /// the powers of 120,000 / 120,999: a twelfth of 9.99 % is 999 of 120,000.
    pub(super) fn interest(&self, amount: i64) -> i64 {
        let Financing::Promotional { term, .. } = self.financing else { return 0 };
        if !self.bears {
            return 0;
        }
        let term = u32::from(term);
        let (now, grown) = (120_000_i128, 120_999_i128);
        let worth = (1..=term).map(|month| now.pow(month) * grown.pow(term - month)).sum();
        let payment = half_even(i128::from(amount) * grown.pow(term), worth);
        let (mut left, mut all) = (i128::from(amount), 0);
        for month in 1..=term {
            let interest = half_even(left * 999, now);
            left -= if month == term { left } else { (payment - interest).clamp(0, left) };
            all += interest;
        }
        i64::try_from(all).unwrap()
    }
}

/// A half is rounded to the even number.
pub(super) fn half_even(number: i128, by: i128) -> i128 {
    let (whole, rest) = (number / by, number % by);
    whole + i128::from(2 * rest + whole % 2 > by)
}
