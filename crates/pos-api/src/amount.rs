//! Amounts of dollars in answers: JSON numbers, exact to the cent.

use domain::cents::Cents;
use serde::{Serialize, Serializer};

/// An amount as a JSON number: `14000`, `659.51`, `10.5`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dollars(pub(crate) Cents);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Cents(cents) = self.0;
        if cents % 100 == 0 {
            return serializer.serialize_i64(cents / 100);
        }
        // The nearest double to a decimal of at most 15 digits, which an amount has, is written as that decimal again.
        let number: f64 = self.0.to_string().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_exact_to_the_cent() {
        let written = |cents| serde_json::to_string(&Dollars(Cents(cents))).unwrap();
        for (cents, expected) in [
            (0, "0"),
            (1, "0.01"),
            (1_050, "10.5"),
            (65_951, "659.51"),
            (1_400_000, "14000"),
            (-1_234, "-12.34"),
            (999_999_999_999_999, "9999999999999.99"),
        ] {
            assert_eq!(written(cents), expected);
        }
        for cents in (0..2_000_000_000_000).step_by(999_999_997) {
            let text = written(cents);
            assert_eq!(Cents::parse(&text), Ok(Cents(cents)), "{text}");
        }
    }
}
