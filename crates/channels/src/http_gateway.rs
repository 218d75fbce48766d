//! SMS by a provider's HTTP API: a request made from a template, an answer read by where things stand in it, and receipts by a signed
//! callback.
//!
//! A template holds `{placeholders}`, escaped for where they stand: in a URL and a form percent-encoded, in JSON as the inside of a
//! string, in a header as they are. A `{` that begins no placeholder is itself, so JSON is written as it is:
//! `{"to": "{recipient}", "text": "{text}"}`.
//!
//! | placeholder | stands for |
//! | --- | --- |
//! | `{id}` | our id of the message, the same at each try |
//! | `{recipient}`, `{recipient_digits}` | the recipient's number with its plus, and without |
//! | `{sender}`, `{text}` | as given |
//! | `{reference}` | the partner's reference, empty when there is none |
//! | `{encoding}` | `GSM_7BIT` or `UCS2` |
//! | `{parts}` | how many messages the text takes |
//! | `{validity_seconds}` | how long to try |
//! | `{wants_receipt}` | `true`, or `false` where no receipt is wanted: of one-time codes |
//! | `{secret.NAME}` | one of the configured secrets |

mod callback;
mod channel;
mod config;
mod template;

pub use callback::{Callback, CallbackFault, read_callback};
pub use channel::HttpGatewayChannel;
pub use config::{CallbackConfig, HttpGatewayConfig, SignatureEncoding};
