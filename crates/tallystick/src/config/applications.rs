//! `[applications]`: by which policy applications for credit are decided, and how many there may be.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use domain::cents::Cents;
use domain::credit_account::RiskRating;
use domain::decision::{Policy, RatingPolicy};

use super::ConfigError;
use super::section::section;
use super::span::Span;
use super::text::from_text;

section! {
    /// By which policy applications for credit are decided, and how many there may be.
    Applications, ApplicationsLayer, "applications";

    /// The least age of an applicant in years, 18 to 99; the age of majority of the province holds besides
    applicant_least_age ["TALLYSTICK_APPLICANT_LEAST_AGE", "YEARS"]: u8 = Policy::default().least_age;

    /// The least yearly income of an applicant, in Canadian dollars
    applicant_least_income ["TALLYSTICK_APPLICANT_LEAST_INCOME", "DOLLARS"]: Dollars = Dollars(Policy::default().least_income);

    /// The least credit limit that is given, in Canadian dollars
    least_credit_limit ["TALLYSTICK_LEAST_CREDIT_LIMIT", "DOLLARS"]: Dollars = Dollars(Policy::default().least_limit);

    /// For how long the next applications of somebody who was declined are declined as well. Whole days, 365d at most
    reapply_after ["TALLYSTICK_REAPPLY_AFTER", "SPAN"]: Span = Span(DAY * Policy::default().reapply_after_days);

    /// Who is rated L, and what they get: the least yearly income, the most of it that housing takes, the part of it that the limit is, and the
    /// largest limit; `off` behind it where nothing is lent to them
    rating_l ["TALLYSTICK_RATING_L", "RATING"]: Grade = Grade::of(RiskRating::Low);

    /// The same of M
    rating_m ["TALLYSTICK_RATING_M", "RATING"]: Grade = Grade::of(RiskRating::Medium);

    /// The same of H
    rating_h ["TALLYSTICK_RATING_H", "RATING"]: Grade = Grade::of(RiskRating::High);

    /// The same of XH
    rating_xh ["TALLYSTICK_RATING_XH", "RATING"]: Grade = Grade::of(RiskRating::ExtraHigh);

    /// The same of XXH, which only merchants with standard accounts offer
    rating_xxh ["TALLYSTICK_RATING_XXH", "RATING"]: Grade = Grade::of(RiskRating::VeryHigh);

    /// The same of XXXH, which only merchants with standard accounts offer
    rating_xxxh ["TALLYSTICK_RATING_XXXH", "RATING"]: Grade = Grade::of(RiskRating::Highest);

    /// The most applications of one merchant in 24 hours, half of them by tokens of the scope customer. A further one is answered 409
    most_applications ["TALLYSTICK_MOST_APPLICATIONS", "NUMBER"]: u32 = service::Settings::default().most_applications;
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How many applications of a merchant there may be in a day. Half of two is one for customers.
const APPLICATIONS: RangeInclusive<u32> = 2..=1_000_000;

impl Applications {
    /// The policy.
    pub(crate) fn policy(&self) -> Policy {
        let grades =
            [&self.rating_l, &self.rating_m, &self.rating_h, &self.rating_xh, &self.rating_xxh, &self.rating_xxxh];
        Policy {
            least_age: self.applicant_least_age,
            least_income: self.applicant_least_income.0,
            least_limit: self.least_credit_limit.0,
            reapply_after_days: u32::try_from(self.reapply_after.0.as_secs() / DAY.as_secs()).unwrap_or(u32::MAX),
            ratings: grades.map(|grade| grade.0),
        }
    }

    /// Refuses what can't be done.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if !self.reapply_after.0.as_millis().is_multiple_of(DAY.as_millis()) {
            return Err(ConfigError::invalid("reapply-after", "give whole days, such as 30d"));
        }
        if let Err(fault) = self.policy().check() {
            return Err(ConfigError::invalid("applications", fault.to_string()));
        }
        if !APPLICATIONS.contains(&self.most_applications) {
            return Err(ConfigError::invalid("most-applications", "give 2 to 1000000"));
        }
        Ok(())
    }
}

/// An amount of Canadian dollars: `12000.00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dollars(pub Cents);

impl FromStr for Dollars {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Cents::parse(text).map(Self).map_err(|fault| format!("`{text}`: {fault}"))
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

from_text!(Dollars);

/// Who has a rating, and what is lent to them: `60000.00 30% 25% 15000.00`, with ` off` behind it where nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grade(pub RatingPolicy);

impl Grade {
    fn of(rating: RiskRating) -> Self {
        Self(*Policy::default().of(rating))
    }
}

impl FromStr for Grade {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || {
            format!(
                "`{text}` is no rating: write the least income, the percentages of housing and of the limit, and the largest limit, \
                 such as `60000 30% 25% 15000`, and `off` behind it where nothing is lent"
            )
        };
        let dollars = |text: &str| text.parse::<Dollars>().map(|dollars| dollars.0).map_err(|_| fault());
        let percent = |text: &str| text.strip_suffix('%').and_then(|text| text.parse().ok()).ok_or_else(fault);
        let words: Vec<_> = text.split_whitespace().collect();
        let (income, housing, limit, largest, is_lent_to) = match words[..] {
            [income, housing, limit, largest] => (income, housing, limit, largest, true),
            [income, housing, limit, largest, "off"] => (income, housing, limit, largest, false),
            _ => return Err(fault()),
        };
        Ok(Self(RatingPolicy {
            least_income: dollars(income)?,
            housing_percent: percent(housing)?,
            limit_percent: percent(limit)?,
            largest_limit: dollars(largest)?,
            is_lent_to,
        }))
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RatingPolicy { least_income, housing_percent, limit_percent, largest_limit, is_lent_to } = self.0;
        let off = if is_lent_to { "" } else { " off" };
        write!(f, "{least_income} {housing_percent}% {limit_percent}% {largest_limit}{off}")
    }
}

from_text!(Grade);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_is_read_as_it_is_written() {
        let grade = Grade::of(RiskRating::High);
        assert_eq!(grade.to_string().parse(), Ok(grade));
        let off: Grade = "60000 30% 25% 15000 off".parse().unwrap();
        assert!(!off.0.is_lent_to);
        assert_eq!(off.to_string(), "60000.00 30% 25% 15000.00 off");
        for wrong in
            ["", "off", "60000 30 25% 15000", "60000 30% 25%", "60000 30% 25% x", "60000 300% 25% 1", "1 1% 1% 1 on"]
        {
            assert!(wrong.parse::<Grade>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_policy_of_the_defaults_is_the_default_policy() {
        assert_eq!(Applications::default().policy(), Policy::default());
        assert!(Applications::default().check().is_ok());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let told = |broken: Applications| broken.check().unwrap_err().to_string();
        let defaults = Applications::default;
        for (broken, expected) in [
            (Applications { applicant_least_age: 17, ..defaults() }, "18 to 99"),
            (Applications { reapply_after: Span::hours(36), ..defaults() }, "whole days"),
            (Applications { reapply_after: Span::hours(24 * 366), ..defaults() }, "365 days"),
            (Applications { rating_h: "1 0% 1% 1000".parse().unwrap(), ..defaults() }, "rating H"),
            (Applications { most_applications: 1, ..defaults() }, "2 to 1000000"),
        ] {
            let told = told(broken);
            assert!(told.contains(expected), "{told}");
        }
    }
}
