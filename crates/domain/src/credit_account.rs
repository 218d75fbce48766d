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
