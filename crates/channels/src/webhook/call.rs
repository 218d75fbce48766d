//! A webhook, whatever sends it.

use futures_util::future::BoxFuture;

use crate::Fault;

/// A way to call a partner's endpoint.
pub trait WebhookChannel: Send + Sync + 'static {
    /// Its name, which no channel of the configuration may have.
    fn name(&self) -> &str;

    /// Calls the endpoint once and gives the status of its answer, which is one of success.
    ///
    /// # Errors
    /// [`Fault`], with the status as its code where the receiver has answered. [`crate::FaultKind::Permanent`] is the endpoint's own word that
    /// it is gone (410); whatever else is wrong may pass. A fault of the channel ([`crate::FaultKind::is_of_the_channel`]) is one of ours,
    /// which no endpoint is to blame for; any other says nothing of other endpoints.
    fn call<'a>(&'a self, call: &'a WebhookCall) -> BoxFuture<'a, Result<u16, Fault>>;
}

/// A webhook to send, signed.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookCall {
    /// Where it goes.
    pub url: String,
    /// The header `webhook-id`, the same at each try.
    pub id: String,
    /// The header `webhook-timestamp`.
    pub timestamp: i64,
    /// The header `webhook-signature`.
    pub signatures: String,
    /// The payload, in JSON.
    pub body: String,
}

impl std::fmt::Debug for WebhookCall {
    /// Without the address, which may hold a secret of the receiver's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookCall").field("id", &self.id).finish_non_exhaustive()
    }
}
