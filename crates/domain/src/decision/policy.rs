//! The policy that applications are decided by: the operator's, with defaults.

use super::Facts;
use crate::cents::Cents;
use crate::credit_account::RiskRating;

/// What a limit is rounded down to: whole hundreds of dollars.
const STEP: i64 = 10_000;

/// The largest limit that a policy or a person may give.
pub const LARGEST_LIMIT: Cents = Cents(10_000_000);

/// The policy.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Policy {
    /// The least age in years. Nobody under the age of majority of the province gets that far.
    pub least_age: u8,
    /// The least income of a year.
    pub least_income: Cents,
    /// The least limit that is worth an account.
    pub least_limit: Cents,
    /// For how many days the next application of somebody who was declined is declined as well.
    pub reapply_after_days: u32,
    /// What holds for each rating, in the order of [`RiskRating::ALL`].
    pub ratings: [RatingPolicy; 6],
}

/// Who has a rating, and what is lent to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RatingPolicy {
    /// The least income of a year.
    pub least_income: Cents,
    /// The most of the income that housing takes, in percent.
    pub housing_percent: u8,
    /// The limit as a part of the income of a year, in percent.
    pub limit_percent: u8,
    /// The largest limit.
    pub largest_limit: Cents,
    /// Whether anything is lent to who has it.
    pub is_lent_to: bool,
}

/// What is wrong with a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFault {
    /// The least age is no age of an adult.
    #[error("the least age is 18 to 99")]
    LeastAge,
    /// The least income is below zero.
    #[error("the least income is 0 or more")]
    LeastIncome,
    /// The least limit is none, or beyond the largest.
    #[error("the least limit is from 100.00 to {LARGEST_LIMIT}")]
    LeastLimit,
    /// Too many days.
    #[error("who was declined may apply again after 365 days at most")]
    ReapplyAfter,
    /// A rating has a percentage of nothing or of more than all.
    #[error("rating {}: a percentage is 1 to 100", .0.code())]
    Percent(RiskRating),
    /// A rating has a least income below zero.
    #[error("rating {}: the least income is 0 or more", .0.code())]
    RatingIncome(RiskRating),
    /// A rating has a largest limit below the least, or beyond the largest of all.
    #[error("rating {}: the largest limit is from the least limit to {LARGEST_LIMIT}", .0.code())]
    RatingLimit(RiskRating),
}

const fn rating(least_income: i64, housing_percent: u8, limit_percent: u8, largest_limit: i64) -> RatingPolicy {
    RatingPolicy {
        least_income: Cents(least_income * 100),
        housing_percent,
        limit_percent,
        largest_limit: Cents(largest_limit * 100),
        is_lent_to: true,
    }
}

impl Default for Policy {
    /// Our own, of no lender's: an operator who lends looks at each number.
    fn default() -> Self {
        Self {
            least_age: 18,
            least_income: Cents(1_200_000),
            least_limit: Cents(50_000),
            reapply_after_days: 30,
            ratings: [
                rating(60_000, 30, 25, 15_000),
                rating(45_000, 35, 20, 10_000),
                rating(32_000, 40, 15, 6_000),
                rating(24_000, 45, 12, 4_000),
                rating(18_000, 50, 8, 2_000),
                rating(12_000, 60, 6, 1_000),
            ],
        }
    }
}

impl Policy {
    /// What holds for a rating.
    #[must_use]
    pub fn of(&self, rating: RiskRating) -> &RatingPolicy {
        let place = RiskRating::ALL.iter().position(|known| *known == rating);
        &self.ratings[place.unwrap_or(self.ratings.len() - 1)]
    }

    /// The best rating whose least income and share of housing an applicant meets.
    #[must_use]
    pub fn rate(&self, facts: &Facts) -> Option<RiskRating> {
        let meets = |rating: &RiskRating| {
            let policy = self.of(*rating);
            facts.annual_income >= policy.least_income && facts.spends_on_housing(policy.housing_percent)
        };
        RiskRating::ALL.into_iter().find(meets)
    }

    /// Whether the income alone would do for some rating.
    pub(super) fn has_enough_income(&self, facts: &Facts) -> bool {
        self.ratings.iter().any(|policy| facts.annual_income >= policy.least_income)
    }

    /// What may be lent to an applicant of this rating: the part of the income, but the largest limit at most, in whole hundreds of dollars.
    #[must_use]
    pub fn limit(&self, rating: RiskRating, facts: &Facts) -> Cents {
        let policy = self.of(rating);
        // An income has eleven digits at most, so that no product comes near the end of an i64.
        let part = facts.annual_income.0.max(0) / 100 * i64::from(policy.limit_percent);
        let limit = part.min(policy.largest_limit.0);
        Cents(limit - limit % STEP)
    }

    /// Looks at a policy that somebody has written.
    ///
    /// # Errors
    /// [`PolicyFault`], the first one.
    pub fn check(&self) -> Result<(), PolicyFault> {
        if !(18..=99).contains(&self.least_age) {
            return Err(PolicyFault::LeastAge);
        }
        if self.least_income.is_negative() {
            return Err(PolicyFault::LeastIncome);
        }
        if !(Cents(STEP)..=LARGEST_LIMIT).contains(&self.least_limit) {
            return Err(PolicyFault::LeastLimit);
        }
        if self.reapply_after_days > 365 {
            return Err(PolicyFault::ReapplyAfter);
        }
        for (rating, policy) in RiskRating::ALL.into_iter().zip(&self.ratings) {
            if !(1..=100).contains(&policy.housing_percent) || !(1..=100).contains(&policy.limit_percent) {
                return Err(PolicyFault::Percent(rating));
            }
            if policy.least_income.is_negative() {
                return Err(PolicyFault::RatingIncome(rating));
            }
            if !(self.least_limit..=LARGEST_LIMIT).contains(&policy.largest_limit) {
                return Err(PolicyFault::RatingLimit(rating));
            }
        }
        Ok(())
    }
}
