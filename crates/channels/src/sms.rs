//! Short messages and their receipts, whatever the channel.

use std::time::Duration;

use domain::Timestamp;
use domain::sms::{Sender, SmsState};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::Fault;

/// A way to send short messages.
pub trait SmsChannel: Send + Sync + 'static {
    /// Its name in the configuration, which its receipts carry.
    fn name(&self) -> &str;

    /// Hands one message over, in as many parts as its text needs, and waits for the provider's answer. May be called by many tasks at
    /// once, and dropped: what was handed over then stays so.
    ///
    /// # Errors
    /// [`Fault`], which says whether to try again.
    fn submit<'a>(&'a self, message: &'a SmsSubmit) -> BoxFuture<'a, Result<Accepted, Fault>>;

    /// Tries the connection and the credentials without sending anything, and tells in one line what was found.
    ///
    /// # Errors
    /// [`Fault`], when it does not work.
    fn test(&self) -> BoxFuture<'_, Result<String, Fault>>;

    /// Takes no more messages, waits for the answers that are out, and takes leave of the provider.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// A message to send.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsSubmit {
    /// Ours, the same at each try. A provider that knows repeats can drop them by it.
    pub id: Uuid,
    /// The recipient's number in E.164, with its plus.
    pub recipient: String,
    /// Who it says it is from.
    pub sender: Sender,
    /// What it says.
    pub text: String,
    /// How long the provider tries to deliver it; its own default when absent.
    pub validity: Option<Duration>,
    /// Whether the provider is asked to tell what became of it. One that is not asked may tell all the same.
    pub wants_receipt: bool,
    /// The partner's own reference, for a gateway that takes one.
    pub reference: Option<String>,
    /// The parts that an earlier try has handed over already, from [`Fault::accepted`]: not sent again.
    pub accepted: Vec<AcceptedPart>,
}

impl std::fmt::Debug for SmsSubmit {
    /// Without the text and the recipient, which are nobody's business in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsSubmit").field("id", &self.id).field("validity", &self.validity).finish_non_exhaustive()
    }
}

/// The provider has taken a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's ids, by which receipts come: of each part in order, or one for the whole where the channel sends it whole. An id is
    /// empty, or missing, where the provider gave none; then no receipt can be matched.
    pub provider_message_ids: Vec<String>,
}

/// A part that the provider has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedPart {
    /// Its place in the text: 0 for the first.
    pub index: usize,
    /// The provider's id for it.
    pub provider_message_id: String,
}

/// What became of a message, as the provider tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The channel that it came by.
    pub channel: String,
    /// The provider's id of the message or part, as spelled in the receipt. Look it up by [`domain::sms::id_forms`].
    pub provider_message_id: String,
    /// What became of it. `SENT` for news on the way.
    pub state: SmsState,
    /// The provider's code for a failure.
    pub error_code: Option<String>,
    /// The recipient's number, as the provider spells it, to tell apart messages that the id does not.
    pub recipient: Option<String>,
    /// When the receipt reached us. The times inside a receipt carry no zone.
    pub at: Timestamp,
    /// The receipt's own text, without the words of the message in it.
    pub text: Option<String>,
}

/// Takes receipts in.
pub trait ReceiptSink: Send + Sync + 'static {
    /// Stores `receipt`, whether or not a message for it is known yet, and answers when it is safe. Called by many tasks at once.
    ///
    /// # Errors
    /// [`SinkFault`], when it could not be stored; the provider is asked to send it again.
    fn receive(&self, receipt: Receipt) -> BoxFuture<'_, Result<(), SinkFault>>;
}

/// A receipt, or a bounce, could not be stored. The cause is for the sink to log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what came could not be stored")]
pub struct SinkFault;
