//! The connections that only read.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StoreError;
use crate::options::DbOptions;
use crate::sqlite::{Use, connect};

/// At most so many connections as the options say; each is opened when it is first needed.
#[derive(Clone)]
pub(crate) struct Readers(Arc<Shared>);

struct Shared {
    options: DbOptions,
    path: PathBuf,
    /// One permit for each connection that may be.
    free: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
    /// How often they were renewed. A connection of before is closed where it would go back.
    renewals: AtomicU64,
}

/// A connection that goes back when it is dropped.
pub(crate) struct PooledReader {
    /// `Some` until it is dropped.
    connection: Option<Connection>,
    goes_back: bool,
    /// The renewals before it was opened.
    opened_after: u64,
    pool: Readers,
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    pub(crate) fn new(options: &DbOptions, path: PathBuf) -> Self {
        let most = options.read_connections.max(1) as usize;
        Self(Arc::new(Shared {
            options: options.clone(),
            path,
            free: Arc::new(Semaphore::new(most)),
            idle: Mutex::new(Vec::with_capacity(most)),
            renewals: AtomicU64::new(0),
        }))
    }

    pub(crate) async fn acquire(&self) -> Result<PooledReader, StoreError> {
        let closed = |_| StoreError::unavailable("the database is closed");
        let permit = match Arc::clone(&self.0.free).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let permit = Arc::clone(&self.0.free).acquire_owned();
                let in_time = tokio::time::timeout(self.0.options.acquire_timeout, permit).await;
                in_time.map_err(|_| StoreError::Overloaded)?.map_err(closed)?
            }
        };
        // Read first: what is renewed meanwhile closes it needlessly at worst.
        let opened_after = self.0.renewals.load(Ordering::SeqCst);
        let idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let pool = self.clone();
                let opened = tokio::task::spawn_blocking(move || connect(&pool.0.options, &pool.0.path, Use::Read));
                let opened = opened.await.map_err(|error| StoreError::unavailable(error.to_string()))?;
                opened.map_err(|error| StoreError::from_engine("connection", error.into()))?
            }
        };
        Ok(PooledReader {
            connection: Some(connection),
            goes_back: true,
            opened_after,
            pool: self.clone(),
            _permit: permit,
        })
    }

    /// Has every connection closed as soon as nobody uses it; others are opened in their place.
    pub(crate) fn renew(&self) {
        let mut idle = self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.renewals.fetch_add(1, Ordering::SeqCst);
        idle.clear();
    }

    /// Waits until every connection is back, and closes them.
    pub(crate) async fn close(&self) {
        let all = self.0.options.read_connections.max(1);
        // Fails when it was closed before.
        let returned = self.0.free.acquire_many(all).await;
        self.0.free.close();
        drop(returned);
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl PooledReader {
    pub(crate) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("it is taken only when the reader is dropped")
    }

    /// Has the connection closed when it is dropped, with the transaction that is open on it.
    pub(crate) fn close_on_drop(&mut self) {
        self.goes_back = false;
    }
}

impl Drop for PooledReader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take().filter(|_| self.goes_back) else { return };
        let mut idle = self.pool.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if self.opened_after == self.pool.0.renewals.load(Ordering::SeqCst) {
            idle.push(connection);
        }
    }
}
