//! Rates in answers: JSON numbers, as parts of one.

use domain::lending::AnnualRate;
use domain::percent::Percent;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use crate::lang::{Lang, of_two};
use crate::version::Version;

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

/// The annual rate of what is financed by a plan, in the shape of the version.
#[derive(Serialize, ToSchema)]
#[schema(as = AnnualRates)]
pub(crate) struct AnnualRatesAnswer {
    /// Under `v2.5` only: the annual rate, fees included, as a part of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 0.0999)]
    apr: Option<Rate>,
    /// Under `v2.5.1` only: the same with its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    annual_rates: Option<RateAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = InterestRate)]
struct RateAnswer {
    #[schema(value_type = String, example = "Annual Percentage Rate (APR)")]
    description: &'static str,
    /// As a part of one.
    #[schema(value_type = f64, example = 0.0999)]
    rate: Rate,
    /// Always `apr`.
    #[schema(value_type = String, example = "apr")]
    r#type: &'static str,
    /// What it takes for granted.
    #[schema(value_type = String, example = "Interest and fees of a year, when every payment is made in time")]
    message: &'static str,
}

impl AnnualRatesAnswer {
    /// A rate, or none where nothing is financed by a plan.
    pub(crate) fn of(rate: Option<AnnualRate>, lang: Lang, version: Version) -> Self {
        let newer = version == Version::V2_5_1;
        let named = |rate| RateAnswer {
            description: of_two(lang, "Annual Percentage Rate (APR)", "Taux annuel du coût d'emprunt (TAC)"),
            rate: Rate(rate),
            r#type: "apr",
            message: of_two(
                lang,
                "Interest and fees of a year, when every payment is made in time",
                "Intérêt et frais d'une année, lorsque chaque versement est fait à temps",
            ),
        };
        Self { apr: rate.filter(|_| !newer).map(Rate), annual_rates: rate.filter(|_| newer).map(named) }
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
