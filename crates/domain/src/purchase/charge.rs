//! The finance charge of a promotional purchase, and the part of it that falls on a part of the purchase.

use crate::cents::Cents;

/// What a promotional purchase costs on top of its amount, known when it is authorized.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FinanceCharge {
    /// The interest of its schedule, which is earned by the day.
    pub interest: Cents,
    /// Its fees, which are earned when it is captured.
    pub fees: Cents,
}

impl FinanceCharge {
    /// Nothing.
    pub const NONE: Self = Self { interest: Cents::ZERO, fees: Cents::ZERO };

    /// Interest and fees.
    #[must_use]
    pub fn total(self) -> Cents {
        self.interest + self.fees
    }

    /// What falls on `amount` of the purchase of `whole` when `before` of it has had its part already: in proportion, rounded down to the
    /// cent on the sum of what has had its part, so that parts never differ from the whole and the last one takes what is left.
    #[must_use]
    pub fn part(self, before: Cents, amount: Cents, whole: Cents) -> Self {
        let of = |charge| share(charge, before + amount, whole) - share(charge, before, whole);
        Self { interest: of(self.interest), fees: of(self.fees) }
    }
}

/// What falls of `charge` on `part` of `whole`, rounded down.
pub(super) fn share(charge: Cents, part: Cents, whole: Cents) -> Cents {
    if part >= whole {
        return charge;
    }
    // No more than `charge`, because `part` is less than `whole`.
    let exact = i128::from(charge.0) * i128::from(part.0) / i128::from(whole.0);
    Cents(i64::try_from(exact).unwrap_or(charge.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_part_takes_what_is_left() {
        let charge = FinanceCharge { interest: Cents(10), fees: Cents(1) };
        let parts =
            [(0, 1), (1, 1), (2, 1)].map(|(before, amount)| charge.part(Cents(before), Cents(amount), Cents(3)));
        assert_eq!(parts.map(|part| (part.interest.0, part.fees.0)), [(3, 0), (3, 0), (4, 1)]);
    }

    proptest! {
        #[test]
        fn parts_come_to_the_whole(
            interest in 0_i64..100_000_000, fees in 0_i64..10_000, parts in proptest::collection::vec(1_i64..10_000_000, 1..20),
        ) {
            let charge = FinanceCharge { interest: Cents(interest), fees: Cents(fees) };
            let whole: i64 = parts.iter().sum();
            let (mut before, mut sum) = (0, FinanceCharge::NONE);
            for part in parts {
                let of = charge.part(Cents(before), Cents(part), Cents(whole));
                prop_assert!(!of.interest.is_negative() && !of.fees.is_negative());
                sum = FinanceCharge { interest: sum.interest + of.interest, fees: sum.fees + of.fees };
                before += part;
            }
            prop_assert_eq!(sum, charge);
        }
    }
}
