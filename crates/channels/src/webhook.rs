//! Webhooks: one signed POST to an address that a partner chose, which therefore must not lead into the operator's own network.

mod call;
mod config;
mod resolver;
mod sender;

pub use call::{WebhookCall, WebhookChannel};
pub use config::WebhookConfig;
pub use resolver::{Lookup, SystemLookup};
pub use sender::WebhookSender;
