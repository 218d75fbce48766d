//! Regular purchases: those that no plan finances. They bear interest by the day from when they are due.

use super::Fee;
use crate::cents::Cents;
use crate::percent::Percent;

/// The most regular purchases of an account in the last 24 hours with which one more still goes without a one-time code.
pub const MOST_WITHOUT_CODE_IN_A_DAY: u32 = 3;

/// The largest regular purchase that goes without one.
pub const MOST_WITHOUT_CODE: Cents = Cents(20_000);

/// What all regular purchases have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegularPurchases {
    /// `air` of the POS API: the interest of a year.
    pub rate: Percent,
    /// Fees on top.
    pub fees: Vec<Fee>,
}

/// Whether a regular purchase of `amount` may go by `regular_purchase_bypass` instead of a one-time code, after so many of the account in the
/// last 24 hours (`regular_purchase.verify` of the POS API; the published page of `calculate-interest` has both bounds).
#[must_use]
pub fn goes_without_code(amount: Cents, in_the_last_day: u32) -> bool {
    amount <= MOST_WITHOUT_CODE && in_the_last_day <= MOST_WITHOUT_CODE_IN_A_DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_few_ones_go_without_a_code() {
        assert!(goes_without_code(Cents(20_000), 3));
        assert!(!goes_without_code(Cents(20_001), 0) && !goes_without_code(Cents(1), 4));
    }
}
