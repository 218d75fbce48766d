//! Amounts at the point of sale: Canadian cents. Rates are applied to them elsewhere, and give cents again.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use crate::currency::CurrencyCode;
use crate::decimal::write_decimal;
use crate::money::{Money, MoneyFault};

/// The currency of the point of sale (ISO 4217).
pub const CURRENCY: &str = "CAD";

/// An amount in Canadian cents. One that was sent has at most 15 digits ([`Cents::parse`]), so that sums of some thousands of such amounts are
/// far from the ends of an `i64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Reads an amount in dollars from the text of a JSON number. Nothing is rounded: `10.50` is an amount, `10.505` is none.
    ///
    /// # Errors
    /// [`MoneyFault`], when it is no number, or has more than 15 digits or two decimals.
    pub fn parse(dollars: &str) -> Result<Self, MoneyFault> {
        let currency = CurrencyCode::parse(CURRENCY).expect("the Canadian dollar is a currency");
        Money::parse(dollars, currency).map(|money| Self(money.minor()))
    }

    /// Whether it is more than nothing.
    #[must_use]
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is below nothing.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Cents {
    /// In dollars: `10.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0, 2)
    }
}

impl Add for Cents {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Cents {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for Cents {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Neg for Cents {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault_code::Coded;

    #[test]
    fn amounts_are_read_to_the_cent_and_printed_so() {
        for (text, cents, printed) in [
            ("10.5", 1_050, "10.50"),
            ("0.01", 1, "0.01"),
            ("-1e1", -1_000, "-10.00"),
            ("100000", 10_000_000, "100000.00"),
        ] {
            let amount = Cents::parse(text).unwrap();
            assert_eq!((amount, amount.to_string().as_str()), (Cents(cents), printed));
        }
        for (text, code) in [("10.505", "amount_decimals"), ("1e400", "out_of_range"), ("ten", "number_format")] {
            assert_eq!(Cents::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn a_sum_is_the_sum() {
        assert_eq!([Cents(150), -Cents(20), Cents(5)].into_iter().sum::<Cents>(), Cents(135));
    }
}
