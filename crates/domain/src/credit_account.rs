//! Credit accounts: their numbers and cards, their states, how a risk is rated, and what is owed and free on one.

mod balances;
mod holder;
mod number;
mod rating;
mod state;

pub use balances::Balances;
pub use holder::AccountHolder;
pub use number::{AccountNumber, CardNumber, CustomerNumber, NumberFault};
pub use rating::{Category, RiskRating, UnknownRating};
pub use state::{AccountState, AccountStatus, StateFault, StatusReason};

/// Whose an account is: `account_type` of the POS API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AccountType {
    /// A person's.
    #[default]
    Consumer,
    /// A business's.
    Business,
}

impl AccountType {
    /// As it is called on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Business => "business",
        }
    }

    /// The type of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Consumer, Self::Business].into_iter().find(|kind| kind.name() == name)
    }
}
