//! Keys by which a sandbox is asked for an answer: in the applicant's middle name, as the public test data have them.

use crate::Environment;
use crate::credit_account::RiskRating;
use crate::stored_text::stored_name;

/// An answer that a sandbox was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResponseKey {
    /// Approved, with this rating.
    Approved(RiskRating),
    /// To be looked at, for what the rest of the key says.
    Pending(&'static str),
    /// Declined, for what the rest of the key says.
    Declined(&'static str),
    /// Not decided now.
    Retry,
}

stored_name!(ResponseKey);

/// The text is no response key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is no response key")]
pub struct UnknownResponseKey;

/// Every key. `D-MISSING_INFO` was renamed `P-MISSING_INFO`, and is read as that.
const KEYS: [(&str, ResponseKey); 17] = [
    ("A-RR_L", ResponseKey::Approved(RiskRating::Low)),
    ("A-RR_M", ResponseKey::Approved(RiskRating::Medium)),
    ("A-RR_H", ResponseKey::Approved(RiskRating::High)),
    ("A-RR_X", ResponseKey::Approved(RiskRating::ExtraHigh)),
    ("A-RR_XX", ResponseKey::Approved(RiskRating::VeryHigh)),
    ("A-RR_XXX", ResponseKey::Approved(RiskRating::Highest)),
    ("P-MISSING_INFO", ResponseKey::Pending("MISSING_INFO")),
    ("P-REVIEW_MISC", ResponseKey::Pending("REVIEW_MISC")),
    ("P-EXIST_CUST", ResponseKey::Pending("EXIST_CUST")),
    ("P-CREDIT", ResponseKey::Pending("CREDIT")),
    ("P-FRAUD", ResponseKey::Pending("FRAUD")),
    ("D-NO_HIT", ResponseKey::Declined("NO_HIT")),
    ("D-NO_SCORE", ResponseKey::Declined("NO_SCORE")),
    ("D-DUPLICATE", ResponseKey::Declined("DUPLICATE")),
    ("D-FRAUD", ResponseKey::Declined("FRAUD")),
    ("D-EMAIL_DBL_TIMEOUT", ResponseKey::Retry),
    ("D-MISSING_INFO", ResponseKey::Pending("MISSING_INFO")),
];

impl ResponseKey {
    /// The key that a middle name is, in either case; none in production, where a middle name is a middle name.
    #[must_use]
    pub fn of_middle_name(middle_name: Option<&str>, environment: Environment) -> Option<Self> {
        match environment {
            Environment::Sandbox => Self::parse(middle_name?.trim()).ok(),
            Environment::Production => None,
        }
    }

    /// Reads a key, in either case.
    ///
    /// # Errors
    /// [`UnknownResponseKey`].
    pub fn parse(text: &str) -> Result<Self, UnknownResponseKey> {
        let known = KEYS.iter().find(|(key, _)| key.eq_ignore_ascii_case(text));
        known.map(|(_, meant)| *meant).ok_or(UnknownResponseKey)
    }

    /// The key.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        KEYS.iter().find(|(_, meant)| *meant == self).map_or("", |(key, _)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_middle_name_is_a_key_in_a_sandbox_only() {
        let read = |text| ResponseKey::of_middle_name(Some(text), Environment::Sandbox);
        assert_eq!(read("A-RR_X"), Some(ResponseKey::Approved(RiskRating::ExtraHigh)));
        assert_eq!(read(" a-rr_xx "), Some(ResponseKey::Approved(RiskRating::VeryHigh)));
        assert_eq!(
            (read("D-MISSING_INFO"), read("D-EMAIL_DBL_TIMEOUT")),
            (read("P-MISSING_INFO"), Some(ResponseKey::Retry))
        );
        for other in ["Anne", "", "A-RR", "A-RR_XXXX", "A_RR_L"] {
            assert_eq!(read(other), None, "{other}");
        }
        for (key, _) in KEYS {
            assert_eq!(ResponseKey::of_middle_name(Some(key), Environment::Production), None, "{key}");
        }
        assert_eq!(ResponseKey::of_middle_name(None, Environment::Sandbox), None);
    }

    #[test]
    fn every_key_reads_back() {
        for (_, meant) in KEYS {
            assert_eq!(ResponseKey::parse(meant.as_str()), Ok(meant));
        }
    }
}
