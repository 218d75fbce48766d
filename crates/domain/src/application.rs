//! Applications for credit: what one is now, and what may still become of it.

use crate::decision::Verdict;
use crate::stored_text::stored_name;

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

#[cfg(test)]
mod tests {
    use super::*;

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
