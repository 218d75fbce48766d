//! Purchases on credit: authorizations, captures, returns, refunds, payments and interest, as pure transitions. Each takes the [`Book`] of an
//! account as it is and gives it as it becomes, with the [`crate::ledger::Movement`] that led there, or a [`Refusal`]. Times and amounts are
//! handed in; amounts are Canadian cents.
//!
//! What stands on an account is changed by postings alone ([`Book::after`]), so that the running balances and the ledger never differ.

mod authorization;
mod book;
mod capture;
mod charge;
mod identifier;
mod interest;
mod maturity;
mod payment;
mod refusal;
#[cfg(test)]
mod tests;

pub use authorization::{Authorization, AuthorizationState, Financing, MOST_OPEN, Purchase};
pub use book::{Book, Day, Done};
pub use capture::{Capture, EarningTime, RETURN_DAYS, Returned};
pub use charge::FinanceCharge;
pub use identifier::{AuthorizationId, CaptureId, ReturnId};
pub use interest::RegularRate;
pub use maturity::{Maturity, Passed};
pub use payment::{CreditLimits, Payment};
pub use refusal::Refusal;
