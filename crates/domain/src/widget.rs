//! The widget of a web shop: a session in which a customer proves who they are, and chooses the account to buy with or to apply for one.
//!
//! A session is begun by the shop's server (`widget/init`), opened by the page with a token that works once and for [`TOKEN_LIFE`], and ends with
//! an [`WidgetOutcome`] that the page reports to the shop. What it has proved counts for [`PROOF_LIFE`] and for one purchase.

mod destination;
mod outcome;

pub use destination::{Destination, masked_email, masked_number};
pub use outcome::{WidgetAction, WidgetOutcome};

use std::time::Duration;

/// How long the token in the address of the page works (contract, "Widget").
pub const TOKEN_LIFE: Duration = Duration::from_secs(20 * 60);

/// How long an opened session may take; it begins anew when the customer has proved who they are.
pub const SESSION_LIFE: Duration = Duration::from_secs(20 * 60);

/// How long what a session has proved counts after its end.
pub const PROOF_LIFE: Duration = Duration::from_secs(60 * 60);

/// How long a purchase may be made, on an account that was just applied for, without that the widget has proved who buys.
pub const APPLICANT_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The most codes and questions of a session.
pub const MOST_CODES: i64 = 3;

/// The most codes and questions in an hour of sessions that tokens of the scope `customer` of one family began: each may go to another address,
/// and the token is in a browser.
pub const MOST_CODES_OF_FAMILY: i64 = 20;

/// The most wrong answers to the question of one account in [`QUESTION_WINDOW`]: who asks it need not know more than a name, and pets have few names.
pub const MOST_WRONG_ANSWERS: i64 = 5;

/// Over which time wrong answers to a question are counted.
pub const QUESTION_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// The most sessions that tokens of the scope `customer` of one family begin in [`FAMILY_WINDOW`]: as many as they may send applications. Who opens
/// one learns whether there is a customer of this name.
pub const MOST_OF_FAMILY: u32 = 20;

/// Over which time the sessions of a family are counted.
pub const FAMILY_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// The most accounts that one session is about: those of one person, and of others of the same name, day of birth and postal code.
pub const MOST_ACCOUNTS: usize = 10;

/// `flow` of `widget/init`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WidgetFlow {
    /// The customer has an account, and is to buy with it.
    Purchase,
    /// The customer is to apply for one.
    Apply,
}

impl WidgetFlow {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Purchase, Self::Apply];

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Apply => "apply",
        }
    }

    /// The flow of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flow| flow.as_str() == name)
    }
}

/// How far a session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WidgetStep {
    /// The page has not opened it yet.
    Begun,
    /// The page has opened it, and the customer is to prove who they are.
    Opened,
    /// The customer has, and is to choose.
    Verified,
    /// It has an outcome.
    Ended,
}

impl WidgetStep {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Begun, Self::Opened, Self::Verified, Self::Ended];

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Opened => "opened",
            Self::Verified => "verified",
            Self::Ended => "ended",
        }
    }

    /// The step of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_and_steps_are_found_by_their_names() {
        for flow in WidgetFlow::ALL {
            assert_eq!(WidgetFlow::of_name(flow.as_str()), Some(flow));
        }
        for step in WidgetStep::ALL {
            assert_eq!(WidgetStep::of_name(step.as_str()), Some(step));
        }
        assert_eq!(WidgetFlow::of_name("Purchase"), None);
        assert_eq!(WidgetStep::of_name(""), None);
        assert!(WidgetStep::ALL.is_sorted());
    }
}
