//! Whether the database can be used, as its last uses showed.

use std::sync::{Arc, Mutex, PoisonError};

/// What the last use of the database showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answers and takes writes.
    Ready,
    /// It does not, for this reason.
    Unavailable(String),
}

/// The shared record of it. A failing read or write marks it; only a write that was committed clears it, because a full disk
/// still reads.
#[derive(Clone)]
pub(crate) struct HealthRecord(Arc<Mutex<Health>>);

impl HealthRecord {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Health::Ready)))
    }

    pub(crate) fn get(&self) -> Health {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn failed(&self, reason: &str) {
        let mut health = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *health == Health::Ready {
            tracing::error!(reason, "the database became unavailable");
        }
        *health = Health::Unavailable(reason.to_owned());
    }

    pub(crate) fn wrote(&self) {
        let mut health = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *health != Health::Ready {
            tracing::info!("the database is available again");
            *health = Health::Ready;
        }
    }
}
