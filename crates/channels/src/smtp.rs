//! Mail by SMTP (RFC 5321), with lettre.
//!
//! A connection waits for the next mail for some seconds: opening one takes more round trips than a mail does. The steps are taken one by one rather
//! than by lettre's transport, which sets no time limit once it is connected, and does not tell whether a fault came before the mail was
//! handed over.
//!
//! With a bounce address each mail has a return path of its own, and the server is asked to report its failure where it offers that (RFC
//! 3461). What comes back is read by [`crate::maildir`] and [`crate::bounce`].

mod channel;
mod compose;
mod config;
mod idle;

pub use channel::SmtpChannel;
pub(crate) use channel::is_enhanced;
pub use compose::is_address;
pub(crate) use compose::{Composed, compose};
pub use config::{SmtpConfig, SmtpTls};
