//! Wakes the workers of this process when something was written for them. A worker that hears nothing looks twice a second.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use tokio::sync::watch;

/// A bell for each channel that has a worker in this process: what is written for one channel does not have the workers of all of them ask
/// the database.
#[derive(Debug, Default)]
pub(crate) struct Bells(RwLock<BTreeMap<String, watch::Sender<()>>>);

impl Bells {
    /// Has the worker of `channel` look.
    pub(crate) fn ring(&self, channel: &str) {
        if let Some(bell) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(channel) {
            bell.send_replace(());
        }
    }

    /// Has every worker look: for writers that don't know for which channels they have written.
    pub(crate) fn ring_all(&self) {
        for bell in self.0.read().unwrap_or_else(PoisonError::into_inner).values() {
            bell.send_replace(());
        }
    }

    /// Changes whenever it is rung for `channel` from now on.
    pub(crate) fn listen(&self, channel: &str) -> watch::Receiver<()> {
        let mut bells = self.0.write().unwrap_or_else(PoisonError::into_inner);
        bells.entry(channel.to_owned()).or_default().subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_is_heard_where_it_was_rung_for() {
        let bells = Bells::default();
        bells.ring("nobody listens");
        let (mut mail, mut sms) = (bells.listen("mail"), bells.listen("sms"));
        bells.ring("mail");
        assert!(mail.has_changed().unwrap() && !sms.has_changed().unwrap());
        mail.mark_unchanged();
        bells.ring_all();
        assert!(mail.has_changed().unwrap() && sms.has_changed().unwrap());
        sms.mark_unchanged();
        // A second worker of a channel, which begins anew after a panic.
        let mut again = bells.listen("sms");
        assert!(!again.has_changed().unwrap());
        bells.ring("sms");
        assert!(sms.has_changed().unwrap() && again.has_changed().unwrap());
        again.mark_unchanged();
    }
}
