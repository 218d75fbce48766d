//! Applications for credit: what one is now, and what may still become of it.

use crate::cents::Cents;
use crate::decision::{Grant, LARGEST_LIMIT, Verdict};
use crate::fault_code::{Coded, OUT_OF_RANGE, REQUIRED};
use crate::stored_text::stored_name;
use crate::{Faults, text};

/// The most applications in a day by tokens of the scope `customer` of one family: a shopper sends one, and perhaps another to mend it.
pub const MOST_OF_FAMILY: u32 = 20;

/// What an application is now: `status` of the POS API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApplicationStatus {
    /// The person has an account.
    Approved,
    /// Somebody has to look at it.
    Pending,
    /// The person gets no account.
    Declined,
    /// It could not be decided; the person may send it again.
    Retry,
}

stored_name!(ApplicationStatus);

/// The text names no status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the status is one of approved, pending, declined, retry")]
pub struct UnknownApplicationStatus;

impl ApplicationStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Approved, Self::Pending, Self::Declined, Self::Retry];

    /// What an application is after a decision.
    #[must_use]
    pub const fn after(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Approved(_) => Self::Approved,
            Verdict::Pending => Self::Pending,
            Verdict::Declined => Self::Declined,
            Verdict::Retry => Self::Retry,
        }
    }

    /// Whether somebody may still decide it: only what waits, and only once.
    #[must_use]
    pub const fn may_be_decided(self) -> bool {
        matches!(self, Self::Pending)
    }

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Declined => "declined",
            Self::Retry => "retry",
        }
    }

    /// The status of this name.
    ///
    /// # Errors
    /// [`UnknownApplicationStatus`].
    pub fn parse(name: &str) -> Result<Self, UnknownApplicationStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == name).ok_or(UnknownApplicationStatus)
    }
}

/// The most characters of the reason that a person gives for a decision.
pub const LONGEST_REASON: usize = 500;

/// Checks what a person decides: the reason, and what is lent, if anything.
///
/// # Errors
/// Every fault of it.
pub fn check_by_hand(reason: &str, grant: Option<Grant>) -> Result<(), Faults> {
    let mut faults = Faults::new();
    if text::is_blank(reason) {
        faults.add("reason", REQUIRED, "Say why it is decided so: it is kept with the application");
    } else if let Err(fault) = text::check(reason, LONGEST_REASON) {
        faults.add("reason", fault.code(), fault.to_string());
    }
    if grant.is_some_and(|grant| !(Cents(1)..=LARGEST_LIMIT).contains(&grant.limit)) {
        faults.add("creditLimit", OUT_OF_RANGE, format!("A credit limit is from 0.01 to {LARGEST_LIMIT}"));
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credit_account::RiskRating;

    #[test]
    fn who_decides_says_why_and_lends_no_more_than_the_most() {
        let codes = |reason: &str, limit: Option<i64>| {
            let grant = limit.map(|limit| Grant { rating: RiskRating::Low, limit: Cents(limit) });
            let faults = check_by_hand(reason, grant).err().unwrap_or_default().into_vec();
            faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect::<Vec<_>>()
        };
        assert!(codes("pay slips seen", Some(LARGEST_LIMIT.0)).is_empty() && codes("no income", None).is_empty());
        assert_eq!(codes(" ", Some(0)), ["reason required", "creditLimit out_of_range"]);
        assert_eq!(codes(&"x".repeat(501), Some(LARGEST_LIMIT.0 + 1)), ["reason too_long", "creditLimit out_of_range"]);
    }

    #[test]
    fn only_what_waits_is_decided() {
        let open: Vec<_> = ApplicationStatus::ALL.into_iter().filter(|status| status.may_be_decided()).collect();
        assert_eq!(open, [ApplicationStatus::Pending]);
        for status in ApplicationStatus::ALL {
            assert_eq!(ApplicationStatus::parse(status.as_str()), Ok(status));
        }
        assert_eq!(ApplicationStatus::parse("Approved"), Err(UnknownApplicationStatus));
    }
}
