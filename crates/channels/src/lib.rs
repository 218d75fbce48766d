//! The outside world: how a short message, a mail, a document and a webhook leave, and how receipts come back. Each channel is a small type
//! behind one of four traits ([`SmsChannel`], [`MailChannel`], [`DocumentChannel`], [`webhook::WebhookChannel`]), and knows nothing of the
//! database.
//!
//! What the caller must know:
//!
//! - A channel sends once. Whether and when to try again is the caller's to decide, by the [`Fault`]. Where
//!   [`Fault::may_have_been_accepted`] is set, another try may reach the recipient twice.
//! - A long text goes out as several messages. [`Fault::accepted`] tells which of them the provider took before the fault; hand them
//!   back in [`SmsSubmit::accepted`], and they are not sent again.
//! - Receipts go to the [`ReceiptSink`] that the channel was made with. The provider is told that a receipt arrived only after the sink
//!   has answered, so a sink answers when the receipt is stored. Receipts come before the submit answer, twice, in any order, and with
//!   the id in another spelling: see [`domain::sms::id_forms`].
//! - Mail that comes back lies in a [`maildir::Maildir`], which hands it to a [`bounce::BounceSink`] in the same way.
//! - An operator's acknowledgements of e-invoices go to the [`acknowledgement::AcknowledgementSink`] in the same way.
//! - Whatever is random or a time of day is handed in. Waiting runs on the clock of tokio.

pub mod acknowledgement;
pub mod bounce;
pub mod console;
mod document;
pub mod drop_folder;
mod exchange;
mod fault;
pub mod http_gateway;
mod mail;
pub mod mail_folder;
pub mod maildir;
pub mod operator;
mod retry_after;
mod secret;
pub mod smpp;
mod sms;
pub mod smtp;
mod span;
mod tls;
pub mod webhook;

pub use document::{About, Addressee, Document, DocumentChannel, DocumentKind, PostalAddress};
pub use fault::{ConfigFault, Fault, FaultKind};
pub use mail::{Attachment, Mail, MailChannel};
pub use sms::{Accepted, AcceptedPart, Receipt, ReceiptSink, SinkFault, SmsChannel, SmsSubmit};
