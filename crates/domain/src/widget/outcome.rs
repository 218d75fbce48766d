//! What a session of the widget comes to: the `eventData` that the page reports to the shop (published page "Flexiti Widget Communication Events").

use crate::credit_account::AccountNumber;

/// `action`: what the shop is to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WidgetAction {
    /// Go on to an application.
    Apply,
    /// Go on to the purchase; where nothing was verified, to another way of payment.
    Purchase,
}

impl WidgetAction {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Apply, Self::Purchase];

    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Purchase => "purchase",
        }
    }

    /// The action of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == name)
    }
}

/// What a session came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WidgetOutcome {
    /// The customer has proved who they are and has chosen this account to buy with.
    Purchase(AccountNumber),
    /// The customer could not prove it. The account is told where the shop has named it.
    Failed(Option<AccountNumber>),
    /// The customer goes on to an application; `verified` says whether they have proved that the address that they told is theirs.
    Apply {
        /// Whether they have.
        verified: bool,
    },
    /// The customer is known and may neither buy nor apply: the account is frozen, charged off, or barred.
    Barred,
    /// The customer has closed the widget.
    Cancelled,
}

impl WidgetOutcome {
    /// As it is called in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase(_) => "purchase",
            Self::Failed(_) => "failed",
            Self::Apply { verified: true } => "apply",
            Self::Apply { verified: false } => "apply_unverified",
            Self::Barred => "barred",
            Self::Cancelled => "cancelled",
        }
    }

    /// The outcome of this name, with the account that was chosen or named.
    #[must_use]
    pub fn of_name(name: &str, account: Option<AccountNumber>) -> Option<Self> {
        match name {
            "purchase" => account.map(Self::Purchase),
            "failed" => Some(Self::Failed(account)),
            "apply" => Some(Self::Apply { verified: true }),
            "apply_unverified" => Some(Self::Apply { verified: false }),
            "barred" => Some(Self::Barred),
            "cancelled" => Some(Self::Cancelled),
            _ => None,
        }
    }

    /// `accountNumber`.
    #[must_use]
    pub const fn account(self) -> Option<AccountNumber> {
        match self {
            Self::Purchase(account) => Some(account),
            Self::Failed(account) => account,
            Self::Apply { .. } | Self::Barred | Self::Cancelled => None,
        }
    }

    /// `verified`.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Purchase(_) | Self::Apply { verified: true })
    }

    /// `action`.
    #[must_use]
    pub const fn action(self) -> Option<WidgetAction> {
        match self {
            Self::Purchase(_) | Self::Failed(_) => Some(WidgetAction::Purchase),
            Self::Apply { .. } => Some(WidgetAction::Apply),
            Self::Barred | Self::Cancelled => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountNumber = AccountNumber::of_stored(12_345_678_901_237);

    /// The table of the published page: account, `verified`, `action`.
    #[test]
    fn outcomes_are_told_as_published() {
        let told = |outcome: WidgetOutcome| (outcome.account(), outcome.is_verified(), outcome.action());
        let (apply, purchase) = (Some(WidgetAction::Apply), Some(WidgetAction::Purchase));
        assert_eq!(told(WidgetOutcome::Purchase(ACCOUNT)), (Some(ACCOUNT), true, purchase));
        assert_eq!(told(WidgetOutcome::Failed(Some(ACCOUNT))), (Some(ACCOUNT), false, purchase));
        assert_eq!(told(WidgetOutcome::Apply { verified: false }), (None, false, apply));
        assert_eq!(told(WidgetOutcome::Apply { verified: true }), (None, true, apply));
        assert_eq!(told(WidgetOutcome::Barred), (None, false, None));
    }

    #[test]
    fn outcomes_are_found_by_their_names() {
        for outcome in [
            WidgetOutcome::Purchase(ACCOUNT),
            WidgetOutcome::Failed(Some(ACCOUNT)),
            WidgetOutcome::Failed(None),
            WidgetOutcome::Apply { verified: true },
            WidgetOutcome::Apply { verified: false },
            WidgetOutcome::Barred,
            WidgetOutcome::Cancelled,
        ] {
            assert_eq!(WidgetOutcome::of_name(outcome.as_str(), outcome.account()), Some(outcome));
        }
        assert_eq!(WidgetOutcome::of_name("purchase", None), None);
        for action in WidgetAction::ALL {
            assert_eq!(WidgetAction::of_name(action.as_str()), Some(action));
        }
    }
}
