//! SMS by SMPP 3.4, as a transceiver over one connection that is kept up.
//!
//! The PDUs that we send are made by rusmpp. Its client, rusmppc 0.4, was looked at and left: it brings a DNS resolver of its own that
//! cannot be turned off, queues without a bound, ignores the time limit given for one request, and does not tell whether a request had
//! reached the wire when the link broke. What a provider sends is read by a small reader of our own, because the
//! library refuses a whole PDU for one odd field, such as a `receipted_message_id` without its final NUL, and then loses its place in the
//! stream: a receipt must not be lost to that.

mod backoff;
mod channel;
mod config;
mod incoming;
mod keeper;
mod link;
mod outgoing;
mod receipt;
mod status;

pub use channel::SmppChannel;
pub use config::{LongMessages, SmppConfig, SmppTls};
