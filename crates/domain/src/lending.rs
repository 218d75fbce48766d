//! Lending at the point of sale: by which plans a purchase can be financed, what is to be paid and when, and what it costs in a year.
//!
//! A plan is data ([`Plan`]), and the operator's to set; [`Lending`] holds those that were found right, and answers who is offered what
//! ([`Lending::quotes`]) and what a purchase comes to ([`Lending::financing`]).

mod annual_rate;
mod bilingual;
mod defaults;
mod exact;
mod fee;
mod offers;
mod plan;
mod plan_check;
mod plan_term;
mod regular_purchase;
mod schedule;

pub use annual_rate::AnnualRate;
pub use bilingual::Bilingual;
pub(crate) use exact::interest;
pub use fee::{Charged, Fee};
pub use offers::{Borrower, Financing, Lending, NotOffered, PlanQuote, TermQuote};
pub use plan::{PaymentRule, Plan};
pub use plan_check::{LARGEST_RATE, LONGEST_TERM, LendingFault};
pub use regular_purchase::{MOST_WITHOUT_CODE, MOST_WITHOUT_CODE_IN_A_DAY, RegularPurchases, goes_without_code};
pub use schedule::{Payment, Schedule};

#[cfg(test)]
mod tests;
