//! Messages whose only copy is sealed in the outbox: mails, and one-time codes by short message. They are gone when they are sent.

use channels::{Fault, FaultKind};
use domain::Timestamp;
use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use store::StoreError;
use store::outbox::{Kind, OutboxRow};

use crate::Core;
use crate::outbox::{Verdict, is_over, persist};
use crate::outbox_payload::{KEY_MISSING, Unreadable};

/// What a try came to, to be recorded.
#[derive(Clone)]
enum Ended {
    Sent,
    Again {
        due_at: Timestamp,
        fault: String,
        counts: bool,
    },
    GivenUp(String),
    /// It is gone, or another worker's: there is nothing to record.
    Lost,
}

impl Core {
    /// Tries a message once: opens it, hands it to `send`, and records what came of it.
    pub(crate) async fn deliver_sealed<'a, T: DeserializeOwned>(
        &'a self,
        channel: &str,
        row: &'a OutboxRow,
        send: impl FnOnce(T) -> BoxFuture<'a, Result<(), Fault>> + Send,
    ) -> Verdict {
        let (ended, verdict) = self.try_sealed(channel, row, send).await;
        let now = self.now();
        // A code is worth nothing later, so that nobody can have it sent again.
        let is_kept = row.kind != Kind::Code.as_str();
        let kept = persist(row.message, || {
            let (row, ended) = (row.clone(), ended.clone());
            self.db().take(move |tx| {
                let (row, ended) = (row.clone(), ended.clone());
                Box::pin(async move {
                    match ended {
                        // Also when the lease had ended: the server has it, whoever else holds the row by now.
                        Ended::Sent => store::outbox::forget(tx, row.partner, row.message).await,
                        Ended::Lost => Ok(false),
                        Ended::GivenUp(fault) if is_kept => store::outbox::give_up(tx, &row, now, &fault).await,
                        Ended::GivenUp(_) => store::outbox::forget(tx, row.partner, row.message).await,
                        Ended::Again { due_at, fault, counts } => {
                            store::outbox::again(tx, &row, due_at, &fault, counts).await
                        }
                    }
                })
            })
        })
        .await;
        if let Err(error) = kept {
            tracing::warn!(message_id = %row.message, %error, "what became of a message was not recorded; it is sent once more after its lease");
            return Verdict::Later;
        }
        verdict
    }

    /// Whether a message still waits under our lease: while it was in the queue, a try of before may have been recorded as sent.
    pub(crate) async fn is_ours(&self, row: &OutboxRow) -> Result<bool, StoreError> {
        let found = store::outbox::by_id(&mut self.db().reader().await?, row.partner, row.message).await?;
        Ok(found.is_some_and(|found| found.lease == row.lease))
    }

    async fn try_sealed<'a, T: DeserializeOwned>(
        &'a self,
        channel: &str,
        row: &'a OutboxRow,
        send: impl FnOnce(T) -> BoxFuture<'a, Result<(), Fault>> + Send,
    ) -> (Ended, Verdict) {
        let given_up = |fault: &str| (Ended::GivenUp(fault.to_owned()), Verdict::Over);
        let kind = row.kind.as_str();
        if self.now() >= row.expires_at {
            tracing::warn!(channel, kind, message_id = %row.message, "a message was not sent while it was worth sending");
            return given_up("it was not sent while it was worth sending");
        }
        match self.is_ours(row).await {
            Ok(true) => {}
            Ok(false) => return (Ended::Lost, Verdict::Over),
            Err(error) => {
                tracing::warn!(kind, message_id = %row.message, %error, "a message can't be looked for; it is tried again after its lease");
                return (Ended::Lost, Verdict::Later);
            }
        }
        let message = match self.payload_of(row) {
            Ok(message) => message,
            Err(Unreadable::KeyMissing(error)) => {
                tracing::warn!(kind, message_id = %row.message, %error, "a message waits for its master key");
                let due_at = self.now().after(KEY_MISSING);
                return (Ended::Again { due_at, fault: error.to_string(), counts: false }, Verdict::Later);
            }
            Err(error) => {
                tracing::error!(kind, message_id = %row.message, %error, "a message can't be read");
                return given_up("it can't be read: see the log");
            }
        };
        let fault = match self.hold(row, send(message)).await {
            Ok(()) => return (Ended::Sent, Verdict::Decided),
            Err(fault) => fault,
        };
        // Without the provider's words, which may hold the address. Those of a message are kept with it.
        let told = kept_of(row, &fault);
        let (of, code) = (fault.kind, fault.code.as_deref().unwrap_or_default());
        if of.is_of_the_channel() {
            tracing::debug!(channel, kind, message_id = %row.message, fault = ?of, code, "a message was not sent");
            let again = Ended::Again { due_at: self.now(), fault: told, counts: false };
            return (again, Verdict::Pause(of, fault.retry_after));
        }
        tracing::warn!(channel, kind, message_id = %row.message, fault = ?of, code, "a message was not sent");
        let due_at = self.next_try(row, &fault);
        if fault.kind == FaultKind::Permanent {
            return (Ended::GivenUp(told), Verdict::Decided);
        }
        if is_over(row, &fault) || due_at > row.expires_at {
            return given_up(&told);
        }
        (Ended::Again { due_at, fault: told, counts: true }, Verdict::Later)
    }
}

/// What is kept of a fault with the message. A partner's address may be told there; a customer's is nowhere in the clear, so that of a one-time code
/// the provider's words are left out.
fn kept_of(row: &OutboxRow, fault: &Fault) -> String {
    if row.kind != Kind::Code.as_str() {
        return fault.to_string();
    }
    // A gateway may put words where its codes stand.
    let is_code =
        |code: &&String| code.len() <= 32 && !code.contains('@') && code.bytes().filter(u8::is_ascii_digit).count() < 7;
    let words = "what the provider wrote is not kept, since it may name the customer";
    fault.code.as_ref().filter(is_code).map_or_else(|| words.to_owned(), |code| format!("{code}: {words}"))
}
