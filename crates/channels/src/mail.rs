//! Mail, whatever the channel.

use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::{Accepted, Fault};

/// A way to send mail.
pub trait MailChannel: Send + Sync + 'static {
    /// Its name in the configuration.
    fn name(&self) -> &str;

    /// Hands one mail over and waits until the server has taken it. [`Accepted`] holds its Message-ID.
    ///
    /// # Errors
    /// [`Fault`], which says whether to try again.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<Accepted, Fault>>;

    /// Tries the connection and the credentials without sending anything, and tells in one line what was found.
    ///
    /// # Errors
    /// [`Fault`], when it does not work.
    fn test(&self) -> BoxFuture<'_, Result<String, Fault>>;
}

/// A mail to send, to one recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Ours, the same at each try: the Message-ID is made of it, so that the other side can drop a repeat.
    pub id: Uuid,
    /// Who it is from: `invoices@example.com` or `Example Oy <invoices@example.com>`.
    pub from: String,
    /// Who it is for, in the same form.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// It as plain text.
    pub text: String,
    /// It as HTML, for programs that show that.
    pub html: Option<String>,
    /// Where an answer goes, when not to the sender.
    pub reply_to: Option<String>,
    /// What comes with it.
    pub attachments: Vec<Attachment>,
}

impl std::fmt::Debug for Mail {
    /// Without what it says and whom it is for: it may hold a one-time link.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail")
            .field("id", &self.id)
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

/// A file that comes with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name: `invoice-1001.pdf`.
    pub name: String,
    /// Its media type: `application/pdf`.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}
