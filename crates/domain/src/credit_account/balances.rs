//! What is owed and free on an account.

use crate::cents::Cents;

/// The running balances of an account. Each movement changes them in the transaction that writes it, so that none has to be added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// The most that may be owed and held together.
    pub limit: Cents,
    /// What is owed of purchases, with the finance charge that was agreed on with them. Below zero where more was paid than was owed.
    pub principal: Cents,
    /// The interest that has been charged by the day or for a plan that was not paid in time, which is owed on top and takes nothing from the
    /// limit.
    pub interest: Cents,
    /// What open authorizations hold.
    pub held: Cents,
}

impl Balances {
    /// What may still be bought for: `available_credit` of the POS API. Never below zero, also where the limit was lowered below what is
    /// owed.
    #[must_use]
    pub fn available(&self) -> Cents {
        (self.limit - self.principal - self.held).max(Cents::ZERO)
    }

    /// Whether nothing is owed and nothing is held.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.principal.is_positive() && !self.interest.is_positive() && self.held.is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_or_held_is_not_available() {
        let balances =
            Balances { limit: Cents(100_000), principal: Cents(30_000), interest: Cents(900), held: Cents(20_000) };
        assert_eq!(balances.available(), Cents(50_000));
        assert!(!balances.is_settled());
        let lowered = Balances { limit: Cents(40_000), ..balances };
        assert_eq!(lowered.available(), Cents::ZERO);
        let paid = Balances { principal: Cents(-500), interest: Cents::ZERO, held: Cents::ZERO, ..balances };
        assert_eq!(paid.available(), Cents(100_500));
        assert!(paid.is_settled());
    }
}
