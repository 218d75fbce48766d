//! Webhooks: what is told to a partner's own server, how it is signed (Standard Webhooks), where it may go and how often it is tried.

pub mod event;
pub mod reach;
pub mod schedule;
pub mod secret;
pub mod signature;
pub mod url;

pub use event::{EventKind, EventSelection};
pub use reach::Reach;
pub use secret::WebhookSecret;
pub use url::{EndpointUrl, UrlFault};

/// The most endpoints of a partner: every event is written once for each.
pub const MOST_ENDPOINTS: usize = 16;
