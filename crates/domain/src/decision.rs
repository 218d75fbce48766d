//! The decision on an application: a pure function of what is known of the applicant, of the policy and, in a sandbox, of the answer that was
//! asked for. What it went by is kept with what it came to, so that it can be made again.

mod policy;
mod response_key;

pub use policy::{LARGEST_LIMIT, Policy, PolicyFault, RatingPolicy};
pub use response_key::{ResponseKey, UnknownResponseKey};

use std::fmt;

use crate::applicant::Applicant;
use crate::calendar::CalendarDate;
use crate::cents::Cents;
use crate::credit_account::{Category, RiskRating};
use crate::stored_text::stored_name;

/// What of an applicant the decision goes by. Personal data: its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Facts {
    /// The age in whole years.
    pub age: u32,
    /// The income of a year.
    pub annual_income: Cents,
    /// What housing costs in a month.
    pub housing_payment: Cents,
}

impl Facts {
    /// Those of an applicant, on the day `today` where the person lives.
    #[must_use]
    pub fn of(applicant: &Applicant, today: CalendarDate) -> Self {
        Self {
            age: today.whole_years_since(applicant.dob),
            annual_income: Cents(applicant.annual_income.minor()),
            housing_payment: Cents(applicant.housing_payment.minor()),
        }
    }

    /// Whether housing takes `percent` of the income at most.
    fn spends_on_housing(&self, percent: u8) -> bool {
        let of_year = i128::from(self.housing_payment.0) * 12;
        of_year * 100 <= i128::from(self.annual_income.0) * i128::from(percent)
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Facts(…)")
    }
}

/// What came of earlier applications of the person to the lender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Earlier {
    /// One waits for its decision.
    pub under_review: bool,
    /// One was declined since [`Policy::reapply_after_days`] ago.
    pub declined_lately: bool,
}

/// Everything that a decision goes by.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Case {
    /// The applicant.
    pub facts: Facts,
    /// The operator's policy.
    pub policy: Policy,
    /// Whether the merchant offers accounts of the category standard.
    pub offers_standard: bool,
    /// The answer that was asked for; always none in production.
    pub response_key: Option<ResponseKey>,
    /// What came of earlier applications.
    pub earlier: Earlier,
}

/// What a decision came to, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    /// What it came to.
    pub verdict: Verdict,
    /// Why, the weightiest first.
    pub reasons: Vec<Reason>,
}

/// What a decision comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The person gets an account.
    Approved(Grant),
    /// Somebody has to look at it.
    Pending,
    /// The person gets none.
    Declined,
    /// It could not be decided now; the same application may be sent again.
    Retry,
}

/// What is lent to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// How the risk is rated.
    pub rating: RiskRating,
    /// The most that may be owed.
    pub limit: Cents,
}

/// Why a decision came to what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The sandbox was asked for this answer.
    ResponseKey,
    /// Income and housing are as the policy wants them.
    WithinPolicy,
    /// An earlier application waits for its decision.
    UnderReview,
    /// An earlier application was declined lately.
    DeclinedLately,
    /// Younger than the policy wants.
    BelowLeastAge,
    /// Less income than the policy wants.
    IncomeTooLow,
    /// Housing takes more of the income than of any rating.
    HousingTooDear,
    /// Nothing is lent to this rating.
    RatingNotLentTo,
    /// The merchant does not offer accounts of the category standard.
    StandardNotOffered,
    /// What could be lent is less than the least limit.
    LimitTooSmall,
    /// The person has an account with the lender.
    HasAccount,
    /// Somebody decided.
    DecidedByHand,
}

stored_name!(Reason);

/// The text names no reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reason is unknown")]
pub struct UnknownReason;

impl Reason {
    const ALL: [Self; 12] = [
        Self::ResponseKey,
        Self::WithinPolicy,
        Self::UnderReview,
        Self::DeclinedLately,
        Self::BelowLeastAge,
        Self::IncomeTooLow,
        Self::HousingTooDear,
        Self::RatingNotLentTo,
        Self::StandardNotOffered,
        Self::LimitTooSmall,
        Self::HasAccount,
        Self::DecidedByHand,
    ];

    /// The name that is kept and shown to the operator: stable, in snake case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResponseKey => "response_key",
            Self::WithinPolicy => "within_policy",
            Self::UnderReview => "under_review",
            Self::DeclinedLately => "declined_lately",
            Self::BelowLeastAge => "below_least_age",
            Self::IncomeTooLow => "income_too_low",
            Self::HousingTooDear => "housing_too_dear",
            Self::RatingNotLentTo => "rating_not_lent_to",
            Self::StandardNotOffered => "standard_not_offered",
            Self::LimitTooSmall => "limit_too_small",
            Self::HasAccount => "has_account",
            Self::DecidedByHand => "decided_by_hand",
        }
    }

    /// The reason of this name.
    ///
    /// # Errors
    /// [`UnknownReason`].
    pub fn parse(name: &str) -> Result<Self, UnknownReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name).ok_or(UnknownReason)
    }
}

impl Case {
    /// Decides.
    ///
    /// A response key counts before everything. Then an earlier application that waits has this one wait with it, and one that was declined
    /// lately declines it, so that nobody finds the limits out by trying. Then the age and the income are looked at, and the rating is the best
    /// whose conditions hold ([`Policy::rate`]); who meets those of none because housing is too dear is looked at by a person.
    #[must_use]
    pub fn decide(&self) -> Decision {
        if let Some(key) = self.response_key {
            return self.as_asked(key);
        }
        let policy = &self.policy;
        if self.earlier.under_review {
            return Decision::new(Verdict::Pending, Reason::UnderReview);
        }
        if self.earlier.declined_lately {
            return Decision::new(Verdict::Declined, Reason::DeclinedLately);
        }
        if self.facts.age < u32::from(policy.least_age) {
            return Decision::new(Verdict::Declined, Reason::BelowLeastAge);
        }
        if self.facts.annual_income < policy.least_income {
            return Decision::new(Verdict::Declined, Reason::IncomeTooLow);
        }
        match policy.rate(&self.facts) {
            Some(rating) => self.lend_to(rating, policy.limit(rating, &self.facts), Reason::WithinPolicy),
            None if policy.has_enough_income(&self.facts) => Decision::new(Verdict::Pending, Reason::HousingTooDear),
            None => Decision::new(Verdict::Declined, Reason::IncomeTooLow),
        }
    }

    /// What is lent to an applicant whom a person approves, unless that person says otherwise: by the policy. `None` where the policy rates
    /// the applicant not at all.
    #[must_use]
    pub fn usual_grant(&self) -> Option<Grant> {
        let rating = self.policy.rate(&self.facts)?;
        Some(Grant { rating, limit: self.policy.limit(rating, &self.facts).max(self.policy.least_limit) })
    }

    fn as_asked(&self, key: ResponseKey) -> Decision {
        match key {
            ResponseKey::Approved(rating) => {
                // The income of a test may be any; the answer is the one that was asked for.
                let limit = self.policy.limit(rating, &self.facts).max(self.policy.least_limit);
                self.lend_to(rating, limit, Reason::ResponseKey)
            }
            ResponseKey::Pending(_) => Decision::new(Verdict::Pending, Reason::ResponseKey),
            ResponseKey::Declined(_) => Decision::new(Verdict::Declined, Reason::ResponseKey),
            ResponseKey::Retry => Decision::new(Verdict::Retry, Reason::ResponseKey),
        }
    }

    fn lend_to(&self, rating: RiskRating, limit: Cents, reason: Reason) -> Decision {
        let against = if !self.policy.of(rating).is_lent_to {
            Some(Reason::RatingNotLentTo)
        } else if rating.category() == Category::Standard && !self.offers_standard {
            Some(Reason::StandardNotOffered)
        } else if limit < self.policy.least_limit {
            Some(Reason::LimitTooSmall)
        } else {
            None
        };
        match against {
            Some(against) => Decision { verdict: Verdict::Declined, reasons: vec![against, reason] },
            None => Decision::new(Verdict::Approved(Grant { rating, limit }), reason),
        }
    }
}

impl Decision {
    /// Whether it has the next applications of the person to the lender declined for a while. Not where a test asked for it, where it followed
    /// from another one, or where only this merchant does not offer what the lender does.
    #[must_use]
    pub fn bars_others(&self) -> bool {
        let is_excused = |reason: &Reason| {
            matches!(
                reason,
                Reason::ResponseKey | Reason::DeclinedLately | Reason::HasAccount | Reason::StandardNotOffered
            )
        };
        self.verdict == Verdict::Declined && !self.reasons.iter().any(is_excused)
    }

    /// That of an application of somebody who has an account with the lender.
    #[must_use]
    pub fn has_account() -> Self {
        Self::new(Verdict::Declined, Reason::HasAccount)
    }

    /// One that a person made.
    #[must_use]
    pub fn by_hand(verdict: Verdict) -> Self {
        Self::new(verdict, Reason::DecidedByHand)
    }

    fn new(verdict: Verdict, reason: Reason) -> Self {
        Self { verdict, reasons: vec![reason] }
    }
}

/// How a verdict is kept: `approved XH 150000`, the limit in cents.
mod stored {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Cents, Grant, RiskRating, Verdict};

    impl Serialize for Verdict {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Self::Approved(grant) => {
                    serializer.collect_str(&format_args!("approved {} {}", grant.rating.code(), grant.limit.0))
                }
                Self::Pending => serializer.serialize_str("pending"),
                Self::Declined => serializer.serialize_str("declined"),
                Self::Retry => serializer.serialize_str("retry"),
            }
        }
    }

    impl<'de> Deserialize<'de> for Verdict {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            let mut words = text.split(' ');
            let verdict = match (words.next(), words.next(), words.next()) {
                (Some("approved"), Some(rating), Some(limit)) => {
                    let rating = RiskRating::of_code(rating).map_err(D::Error::custom)?;
                    Self::Approved(Grant { rating, limit: Cents(limit.parse().map_err(D::Error::custom)?) })
                }
                (Some("pending"), None, None) => Self::Pending,
                (Some("declined"), None, None) => Self::Declined,
                (Some("retry"), None, None) => Self::Retry,
                _ => return Err(D::Error::custom("this is no verdict")),
            };
            Ok(verdict)
        }
    }
}

#[cfg(test)]
mod tests;
