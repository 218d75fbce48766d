//! Bounces: mail that comes back and tells what became of a mail of ours.
//!
//! What it concerns is told by an address of its own that each mail returns to: `bounces+<id>@example.com`, the id as 32 hexadecimal digits
//! behind the subaddress separator (RFC 5233). Failing that, by the envelope id of the report (RFC 3461), or by the Message-ID of the mail
//! that is returned.
//!
//! Anybody can write to that address, so a bounce is believed in one thing alone: what became of the mail of its id. A sink should let no
//! outcome but [`Outcome::Failed`] change anything. Who wants to forge one needs the id. It is a UUID of version 7 of which 62 bits are random; the other bits are the version, the variant and the
//! time (RFC 9562, section 5.7, with the 12 bits of `rand_a` taken for the fraction of the millisecond). The mail itself carries it, in
//! its Message-ID and its return path: the recipient, and whoever carried it to there, can tell that it failed. They could refuse it, too.
//!
//! Only the heads of parts are read by the library for mail, and the parts are taken apart here: it sets no limit on how deep messages
//! stand in messages, and a deep one, once read, ends the program when it is dropped.

mod id;
mod mime;
mod old;
mod report;
#[cfg(test)]
mod tests;

use futures_util::future::BoxFuture;
use uuid::Uuid;

pub(crate) use id::{is_bounce_address, return_path};

use crate::SinkFault;
use mime::Mail;

/// The most octets of a bounce. A server that returns whole mails returns ours with what was attached to it; only its head is asked for,
/// where the server offers that.
pub const LARGEST: usize = 1024 * 1024;

/// What became of a mail of ours, as a server tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// Ours, of the mail: [`Mail::id`](crate::Mail::id).
    pub id: Uuid,
    /// What became of it.
    pub outcome: Outcome,
    /// The enhanced status code (RFC 3463): `5.1.1`.
    pub status: Option<String>,
    /// The server's own words, on one line of 300 characters at most, for the operator: they may hold the address.
    pub diagnostic: Option<String>,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It will not arrive (action `failed`).
    Failed,
    /// It has not arrived yet, and is tried further.
    Delayed,
    /// It lies in the mailbox.
    Delivered,
    /// It went on to where nobody tells what becomes of it (actions `relayed` and `expanded`).
    Relayed,
}

/// Why a mail to the bounce address says nothing of a mail of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotABounce {
    /// It was not read at all.
    #[error("it is larger than {} KiB", LARGEST / 1024)]
    TooLarge,
    /// It has no head.
    #[error("it is no mail")]
    Unreadable,
    /// Somebody is away, or has read it, or a program answers.
    #[error("it is an automatic reply, and no bounce")]
    AutoReply,
    /// A person wrote it, or it is an advertisement.
    #[error("it is no report of a delivery")]
    NoReport,
    /// It is a report, and does not name a mail of ours.
    #[error("it is a report that does not say on which mail")]
    NotOurs,
    /// It is a report that does not say whether it is final.
    #[error("it is a report that does not say what became of the mail")]
    Unclear,
}

/// Takes bounces in.
pub trait BounceSink: Send + Sync + 'static {
    /// Stores what `bounce` tells, whether or not a mail of its id is known, and answers when it is safe. The same one may come again, and
    /// a late one after the one that is final.
    ///
    /// # Errors
    /// [`SinkFault`], when it could not be stored; it comes again.
    fn receive(&self, bounce: Bounce) -> BoxFuture<'_, Result<(), SinkFault>>;
}

/// Reads a mail that came to the bounce address. Takes any octets, and time and memory in proportion to them.
///
/// # Errors
/// [`NotABounce`], when it says nothing of a mail of ours.
pub fn read(octets: &[u8]) -> Result<Bounce, NotABounce> {
    if octets.len() > LARGEST {
        return Err(NotABounce::TooLarge);
    }
    let mail = Mail::read(octets).ok_or(NotABounce::Unreadable)?;
    match mail.part(&["message/delivery-status", "message/global-delivery-status"]) {
        Some(part) => report::read(&mail, &part.text()),
        None => old::read(&mail),
    }
}
