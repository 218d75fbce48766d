//! Percentages of 0 to 100 with at most two decimals, exact: VAT rates, discounts, interest.

use std::fmt;

use crate::decimal::{Decimal, DecimalFault, write_decimal};
use crate::fault_code::{Coded, OUT_OF_RANGE};

/// A percentage of 0 to 100, kept as hundredths of a percent: 2550 is 25.5 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u16);

impl serde::Serialize for Percent {
    /// As it is stored: hundredths of a percent.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Percent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hundredths = u16::deserialize(deserializer)?;
        Self::from_hundredths(hundredths).ok_or_else(|| serde::de::Error::custom("a percentage above 100"))
    }
}

/// What is wrong with a percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PercentFault {
    /// It is no number, or one of too many digits.
    #[error(transparent)]
    Number(#[from] DecimalFault),
    /// It is below 0 or above 100.
    #[error("A percentage is 0 to 100: write 25.5 for 25.5 %")]
    Range,
    /// It has more than two decimals.
    #[error("A percentage has two decimals at most: round it")]
    Decimals,
}

impl Coded for PercentFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Number(fault) => fault.code(),
            Self::Range => OUT_OF_RANGE,
            Self::Decimals => "number_precision",
        }
    }
}

impl Percent {
    /// 0 %.
    pub const ZERO: Self = Self(0);

    /// Reads a number of percent: `25.5`.
    ///
    /// # Errors
    /// [`PercentFault`], when it is no number of 0 to 100 with two decimals at most.
    pub fn parse(text: &str) -> Result<Self, PercentFault> {
        Self::exact(Decimal::parse(text)?)
    }

    /// The percentage that is `number`.
    ///
    /// # Errors
    /// [`PercentFault`], when it is not one of 0 to 100 with two decimals at most.
    pub fn exact(number: Decimal) -> Result<Self, PercentFault> {
        if number.is_negative() || number > Decimal::new(100, 0)? {
            return Err(PercentFault::Range);
        }
        let lift = 2_u8.checked_sub(number.scale()).ok_or(PercentFault::Decimals)?;
        u16::try_from(number.units() * 10_i64.pow(u32::from(lift))).map(Self).map_err(|_| PercentFault::Range)
    }

    /// The percentage of `hundredths` of a percent: 2550 is 25.5 %. `None` above 10000.
    #[must_use]
    pub const fn from_hundredths(hundredths: u16) -> Option<Self> {
        if hundredths <= 10_000 { Some(Self(hundredths)) } else { None }
    }

    /// What is left of 100 % after it: 74.5 % for 25.5 %.
    #[must_use]
    pub const fn rest(self) -> Self {
        Self(10_000 - self.0)
    }

    /// In hundredths of a percent.
    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Percent {
    /// The number without trailing zeros and without a sign: `25.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut units, mut scale) = (i64::from(self.0), 2);
        while scale > 0 && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        write_decimal(f, units, scale)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_zero_to_a_hundred_with_two_decimals() {
        for (text, hundredths) in
            [("0", 0), ("25.5", 2550), ("25.50", 2550), ("11.11", 1111), ("100", 10_000), ("1e1", 1000)]
        {
            assert_eq!(Percent::parse(text).map(Percent::hundredths), Ok(hundredths), "{text}");
        }
        for text in ["-1", "-0.01", "100.01", "255"] {
            assert_eq!(Percent::parse(text), Err(PercentFault::Range), "{text}");
        }
        assert_eq!(Percent::parse("25.555"), Err(PercentFault::Decimals));
        assert_eq!(Percent::parse("25,5").unwrap_err().code(), "number_format");
        assert_eq!(Percent::from_hundredths(10_001), None);
    }

    proptest! {
        #[test]
        fn parsing_and_printing_are_inverse(hundredths in 0_u16..=10_000) {
            let percent = Percent::from_hundredths(hundredths).unwrap();
            prop_assert_eq!(Percent::parse(&percent.to_string()), Ok(percent));
            prop_assert_eq!(percent.hundredths() + percent.rest().hundredths(), 10_000);
        }
    }
}
