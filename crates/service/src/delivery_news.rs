//! What is heard of deliveries after they were handed over: mail that comes back, and the acknowledgements of the e-invoice operator. Each
//! source is read again and again, by every process; what two of them read, or one reads twice, counts once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use channels::SinkFault;
use channels::acknowledgement::{Acknowledgement, AcknowledgementFault, AcknowledgementFolder, AcknowledgementSink};
use channels::bounce::{Bounce, BounceSink, Outcome};
use channels::maildir::Maildir;
use documents::{FinvoiceAcknowledgement, FinvoiceVerdict};
use domain::distribution::{DistributionMethod, DistributionStatus};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use store::StoreError;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Core;
use crate::distribution_progress::{Step, after};
use crate::invoice::status_of;
use crate::invoice_reason::remedy;

/// The pause between two looks at a source.
const PAUSE: Duration = Duration::from_secs(2);

/// The longest that a look under way is waited for when the process ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// The code of an operator that has the message already (chapter 21.2 of the Finvoice guidelines).
const DUPLICATE: i64 = 5;

/// Where something is heard of deliveries.
pub enum Source {
    /// Mail that came back.
    Bounces(Maildir),
    /// What the e-invoice operator answers.
    Acknowledgements(AcknowledgementFolder),
}

/// The running readers of a process.
pub struct NewsReaders {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl NewsReaders {
    /// Reads no further. What is being stored is stored, unless a file system hangs.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(FAREWELL, ended).await.is_err() {
            tracing::warn!("what is heard of deliveries was still being read; it is read again at the next start");
            self.tasks.abort_all();
        }
    }
}

/// What the other side says of a delivery.
pub(crate) struct News {
    pub(crate) distribution: Uuid,
    /// The method that this can be said of. Of another it is not believed.
    pub(crate) method: DistributionMethod,
    pub(crate) status: DistributionStatus,
    /// In words that a creditor can act on.
    pub(crate) reason: String,
}

/// What became of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// The delivery has moved on by it.
    Moved,
    /// There is none of this identifier and method, or it has come so far already.
    Nothing,
    /// What the database holds of the delivery makes no sense.
    Unreadable,
}

/// Stores what the sources of this core tell.
pub struct Newsroom(pub Core);

impl Core {
    /// Starts to read what is heard of deliveries: a task for each source.
    #[must_use]
    pub fn start_news(&self, sources: Vec<Source>) -> NewsReaders {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for source in sources {
            tasks.spawn(keep_reading(Newsroom(self.clone()), source, stop.clone()));
        }
        NewsReaders { stop, tasks }
    }

    /// Moves a delivery to where the other side says that it has come.
    ///
    /// # Errors
    /// When the database fails: then nothing is kept, and it is to be told again.
    pub(crate) async fn hear_of_delivery(&self, news: News) -> Result<Heard, StoreError> {
        let (core, news, moment) = (self.clone(), Arc::new(news), self.moment());
        self.db()
            .write(move |tx| {
                let (core, news) = (core.clone(), Arc::clone(&news));
                Box::pin(async move {
                    let found = store::distribution::anywhere(tx, news.distribution).await?;
                    let Some(delivery) = found.filter(|delivery| delivery.method == news.method.as_str()) else {
                        return Ok(Heard::Nothing);
                    };
                    let Ok(before) = status_of(&delivery.status) else { return Ok(Heard::Unreadable) };
                    if after(&delivery, before, news.status) == before {
                        return Ok(Heard::Nothing);
                    }
                    // It may come before it is recorded that it was handed over.
                    store::outbox::forget(tx, delivery.partner, news.distribution).await?;
                    core.advance(tx, delivery, Step::heard(news.status, news.reason.clone()), moment).await?;
                    Ok(Heard::Moved)
                })
            })
            .await
    }
}

impl BounceSink for Newsroom {
    fn receive(&self, bounce: Bounce) -> BoxFuture<'_, Result<(), SinkFault>> {
        Box::pin(async move {
            // Anybody can write a bounce. Who forges that a mail arrived would hide that it did not.
            if bounce.outcome != Outcome::Failed {
                return Ok(());
            }
            // Without the server's words, which may hold the address.
            let status = bounce.status.as_deref().unwrap_or_default();
            let why = if status.is_empty() { String::new() } else { format!(" with {status}") };
            let news = News {
                distribution: bounce.id,
                method: DistributionMethod::Email,
                status: DistributionStatus::Failed,
                reason: format!("The mail came back{why}: {}", remedy(DistributionMethod::Email, status)),
            };
            match self.0.hear_of_delivery(news).await {
                Ok(Heard::Moved) => tracing::warn!(message_id = %bounce.id, code = status, "an invoice came back"),
                // It would be the same each time, and what stands behind it would not be heard.
                Ok(Heard::Unreadable) => {
                    tracing::error!(message_id = %bounce.id, code = status, "a delivery can't be read; that it came back is not kept");
                }
                Ok(Heard::Nothing) => {
                    tracing::info!(message_id = %bounce.id, code = status, "a mail came back that is no invoice on its way")
                }
                Err(error) => {
                    tracing::warn!(message_id = %bounce.id, %error, "what came back was not stored; it is read again");
                    return Err(SinkFault);
                }
            }
            Ok(())
        })
    }
}

impl AcknowledgementSink for Newsroom {
    fn receive(&self, acknowledgement: Acknowledgement) -> BoxFuture<'_, Result<(), AcknowledgementFault>> {
        Box::pin(async move {
            let (channel, file) = (acknowledgement.channel, acknowledgement.name);
            let bytes = acknowledgement.bytes;
            let read = apart(move || documents::finvoice_acknowledgements(&bytes)).await;
            let unreadable = |error: &dyn std::fmt::Display| {
                tracing::warn!(channel, file, %error, "an acknowledgement can't be read");
                AcknowledgementFault::Unreadable
            };
            let read = read.map_err(|panicked| unreadable(&panicked))?.map_err(|error| unreadable(&error))?;
            let mut outcome = Ok(());
            for each in read {
                let heard = match each {
                    Ok(each) => self.acknowledged(&channel, &file, each).await,
                    Err(error) => Err(unreadable(&error)),
                };
                match heard {
                    Err(AcknowledgementFault::NotStored) => return Err(AcknowledgementFault::NotStored),
                    // What stands behind it in the file is of other invoices.
                    Err(AcknowledgementFault::Unreadable) => outcome = Err(AcknowledgementFault::Unreadable),
                    Ok(()) => {}
                }
            }
            outcome
        })
    }
}

impl Newsroom {
    async fn acknowledged(
        &self,
        channel: &str,
        file: &str,
        told: FinvoiceAcknowledgement,
    ) -> Result<(), AcknowledgementFault> {
        let Ok(distribution) = Uuid::try_parse(&told.message_id) else {
            tracing::warn!(channel, file, "an acknowledgement names no message of ours");
            return Err(AcknowledgementFault::Unreadable);
        };
        let (status, reason) = match told.verdict {
            // It was sent twice, as after a try of which we did not hear; the first has its own acknowledgement.
            FinvoiceVerdict::Rejected if told.code == DUPLICATE => return Ok(()),
            FinvoiceVerdict::Accepted => (DistributionStatus::Delivered, String::new()),
            FinvoiceVerdict::Rejected => {
                let code = told.code;
                let remedy = remedy(DistributionMethod::EInvoice, &code.to_string());
                let reason = format!("The e-invoice operator refused it with {code}: {remedy}");
                (DistributionStatus::Failed, reason)
            }
        };
        let news = News { distribution, method: DistributionMethod::EInvoice, status, reason };
        match self.0.hear_of_delivery(news).await {
            Ok(Heard::Moved) if status == DistributionStatus::Failed => {
                // The operator's words are about the message; they may name its parties.
                tracing::warn!(channel, message_id = %distribution, code = told.code, "an e-invoice was refused");
            }
            Ok(Heard::Moved) => tracing::debug!(channel, message_id = %distribution, "an e-invoice was accepted"),
            // It would be the same each time, and what stands behind it would not be heard.
            Ok(Heard::Unreadable) => {
                tracing::error!(channel, message_id = %distribution, "a delivery can't be read; what is said of it is put aside");
                return Err(AcknowledgementFault::Unreadable);
            }
            Ok(Heard::Nothing) => {
                tracing::info!(channel, message_id = %distribution, code = told.code, "an acknowledgement of no e-invoice on its way");
            }
            Err(error) => {
                tracing::warn!(channel, file, %error, "an acknowledgement was not stored; it is read again");
                return Err(AcknowledgementFault::NotStored);
            }
        }
        Ok(())
    }

    /// Reads a source once; whether there is more.
    async fn read(&self, source: &Source) -> Result<bool, String> {
        match source {
            Source::Bounces(maildir) => {
                let pass = maildir.read(self).await.map_err(|fault| fault.to_string())?;
                // What could be read was read.
                pass.fault.map_or(Ok(pass.has_more), |fault| Err(fault.to_string()))
            }
            Source::Acknowledgements(folder) => {
                folder.collect(self).await.map(|collected| collected.has_more).map_err(|fault| fault.to_string())
            }
        }
    }
}

/// Reading panicked.
#[derive(Debug, thiserror::Error)]
#[error("reading it panicked")]
struct Panicked;

/// Does `read` on a thread that may take its time. What comes from outside and makes it panic is only that one thing.
async fn apart<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Result<T, Panicked> {
    tokio::task::spawn_blocking(read).await.map_err(|_| Panicked)
}

impl Source {
    fn name(&self) -> &'static str {
        match self {
            Self::Bounces(_) => "bounces",
            Self::Acknowledgements(_) => "acknowledgements",
        }
    }
}

async fn keep_reading(newsroom: Newsroom, source: Source, stop: CancellationToken) {
    // Told once, and not at each look.
    let mut is_faulty = false;
    while !stop.is_cancelled() {
        // To its end: what is half read would only be read again.
        let read = AssertUnwindSafe(newsroom.read(&source)).catch_unwind().await;
        match read.unwrap_or_else(|_| Err("reading panicked".to_owned())) {
            Ok(true) => continue,
            Ok(false) => is_faulty = false,
            Err(error) if is_faulty => {
                tracing::debug!(source = source.name(), error, "still nothing is heard of deliveries")
            }
            Err(error) => {
                tracing::warn!(
                    source = source.name(),
                    error,
                    "nothing is heard of deliveries; it is tried again and again"
                );
                is_faulty = true;
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(PAUSE) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_makes_the_reader_panic_is_only_that_one() {
        assert!(apart(|| Vec::<u8>::new().first().copied().unwrap()).await.is_err());
        assert_eq!(apart(|| 7).await.unwrap(), 7);
    }
}
