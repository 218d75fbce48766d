//! One write's work, run so that a panic in it harms nobody else, and what comes of it.
//!
//! The engines know a write by [`Job`] alone: what they do around it is compiled once, and not once for each use case.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::oneshot;

use crate::connection::Tx;
use crate::error::StoreError;

/// A write to be run.
pub(crate) trait Job: Send {
    /// Whether nobody waits for the answer any more; then it need not be run.
    fn is_abandoned(&self) -> bool;
    /// Runs it, again when it was run before. True when its changes are to be kept.
    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool>;
    /// Answers with what it came to, or with the reason why that was lost.
    fn answer(self: Box<Self>, lost: Option<StoreError>);
}

/// A write, and where its answer goes.
pub(crate) struct Work<T, E, F> {
    work: F,
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Work<T, E, F> {
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T, E>>) -> Self {
        Self { work, outcome: None, reply }
    }
}

impl<T, E, F> Job for Work<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run<'t>(&'t mut self, tx: &'t mut Tx) -> BoxFuture<'t, bool> {
        Box::pin(async move {
            let outcome = catch(&mut self.work, tx).await;
            let keep = outcome.is_ok();
            self.outcome = Some(outcome);
            keep
        })
    }

    fn answer(self: Box<Self>, lost: Option<StoreError>) {
        let outcome = match (lost, self.outcome) {
            (Some(lost), _) => Err(lost.into()),
            (None, Some(outcome)) => outcome,
            (None, None) => return,
        };
        // Whoever asked may have gone; the write stands all the same.
        drop(self.reply.send(outcome));
    }
}

/// Runs the work, with a panic turned into an error.
async fn catch<T, E, F>(work: &mut F, tx: &mut Tx) -> Result<T, E>
where
    E: From<StoreError>,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    AssertUnwindSafe(async { work(tx).await }).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a write panicked; its changes are undone");
        Err(StoreError::Panicked.into())
    })
}
