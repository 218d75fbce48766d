//! Connections that wait for the next mail: opening one takes as many round trips as a mail, and more where it is encrypted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::channel::Connected;

/// For how long a connection waits, at least; at most it is twice that. Servers give minutes (RFC 5321, section 4.5.3.2.7), but a
/// connection is one of the few that they let us have.
const WAITS: Duration = Duration::from_secs(2);

/// How many mails go over one connection. Many servers allow a hundred.
const MOST_MAILS: u32 = 100;

/// How long a server may take to answer that we leave.
const LEAVE: Duration = Duration::from_secs(1);

/// The connections of a channel that wait. Never more than were in use at once.
#[derive(Clone, Default)]
pub(super) struct Idle(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// The one that has waited the shortest comes last.
    connections: Vec<(Connected, Turn)>,
    /// Whether a task looks after them.
    looked_after: bool,
}

/// How often the task has seen a connection wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Never,
    Once,
}

impl Idle {
    /// The one that has waited the shortest: those that are not needed leave the sooner.
    pub(super) fn take(&self) -> Option<Connected> {
        self.lock().connections.pop().map(|(connected, _)| connected)
    }

    /// Keeps a connection over which a mail went, or takes leave of it.
    pub(super) async fn keep(&self, mut connected: Connected) {
        connected.mails += 1;
        if connected.mails >= MOST_MAILS {
            return leave(connected).await;
        }
        let mut waiting = self.lock();
        waiting.connections.push((connected, Turn::Never));
        if !waiting.looked_after {
            waiting.looked_after = true;
            tokio::spawn(self.clone().look_after());
        }
    }

    /// Takes leave of those that have waited long enough, until none waits.
    async fn look_after(self) {
        loop {
            tokio::time::sleep(WAITS).await;
            let Some(over) = self.over() else { return };
            for connected in over {
                leave(connected).await;
            }
        }
    }

    /// Those that wait since the look before; `None` when there is nothing to look after any more.
    fn over(&self) -> Option<Vec<Connected>> {
        let mut waiting = self.lock();
        if waiting.connections.is_empty() {
            waiting.looked_after = false;
            return None;
        }
        let seen = |(_, turn): &mut (Connected, Turn)| std::mem::replace(turn, Turn::Once) == Turn::Once;
        Some(waiting.connections.extract_if(.., seen).map(|(connected, _)| connected).collect())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says good-bye: a courtesy, for which nobody waits long.
pub(super) async fn leave(mut connected: Connected) {
    drop(timeout(LEAVE, connected.connection.abort()).await);
}
