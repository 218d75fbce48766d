//! One write's work, run so that a panic in it harms nobody else.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::connection::Tx;
use crate::error::StoreError;

/// Runs the work, with a panic turned into an error.
pub(crate) async fn catch<T, E, F>(work: &mut F, tx: &mut Tx) -> Result<T, E>
where
    E: From<StoreError>,
    F: for<'t> FnMut(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
{
    AssertUnwindSafe(async { work(tx).await }).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a write panicked; its changes are undone");
        Err(StoreError::Panicked.into())
    })
}
