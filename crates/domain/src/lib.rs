//! What is true without a computer: identifiers, references, rules and states. No I/O, no async, no clock and no random
//! source of its own: both are handed in ([`Clock`], [`Random`]).

pub mod agreement;
pub mod api_key;
pub mod audit;
pub mod bic;
pub mod business_code;
pub mod calendar;
mod check_digit;
pub mod client;
pub mod country;
pub mod creditor;
pub mod currency;
pub mod deployment;
pub mod email;
pub mod environment;
pub mod fault;
pub mod fault_code;
pub mod giro;
pub mod iban;
pub mod identifier;
pub mod language;
pub mod link_token;
mod pattern;
pub mod payment_reference;
pub mod postal_code;
pub mod random;
pub mod retry;
pub mod secret;
pub mod service_type;
pub mod sms;
mod stored_text;
pub mod telephone;
pub mod text;
pub mod time;
pub mod vat_number;
pub mod webhook;
pub mod website;

pub use environment::Environment;
pub use fault::{Fault, Faults};
pub use random::Random;
pub use secret::Secret;
pub use time::{Clock, Timestamp};
