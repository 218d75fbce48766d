//! Documents posted to an e-invoice operator's address over HTTPS: the one XML file as the body, credentials and our identifier in the head.
//!
//! What the operator has taken under an identifier it should not take again: the header is the same at each try.

mod channel;
mod config;

pub use channel::OperatorChannel;
pub use config::OperatorConfig;
