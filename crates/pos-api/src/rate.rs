//! Rates in answers: JSON numbers, as parts of one.

use domain::lending::AnnualRate;
use domain::percent::Percent;
use serde::{Serialize, Serializer};

/// A rate as a JSON number of at most four decimals: `0.0999`, `0`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate(pub(crate) AnnualRate);

impl From<Percent> for Rate {
    fn from(percent: Percent) -> Self {
        Self(AnnualRate::of_percent(percent))
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = self.0.ten_thousandths();
        if shown % 10_000 == 0 {
            return serializer.serialize_i64(shown / 10_000);
        }
        // The nearest double to a decimal of at most 15 digits, which a rate has, is written as that decimal again.
        let number: f64 = self.0.to_string().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_four_decimals_at_most() {
        let written = |hundredths| {
            let percent = Percent::from_hundredths(hundredths).unwrap();
            serde_json::to_string(&Rate::from(percent)).unwrap()
        };
        assert_eq!([0, 3_099, 999, 1_000, 10_000, 1].map(written), ["0", "0.3099", "0.0999", "0.1", "1", "0.0001"]);
    }
}
