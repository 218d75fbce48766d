//! Answers that are held until something happens, counted by partner: each makes the database work while it is held.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::identifier::PartnerId;

/// How many answers are held for one partner at a time.
pub const MOST_HELD: u32 = 100;

/// What is left of the deadline of a request once its answer is no longer held: to read the record again, and to send it.
const MARGIN: Duration = Duration::from_secs(2);

/// How long an answer may be held at most: `asked`, or less where the deadline of the request would cut it.
#[must_use]
pub fn longest(asked: Duration, deadline: Duration) -> Duration {
    asked.min(deadline.saturating_sub(MARGIN))
}

/// The answers of one server that are held.
#[derive(Default)]
pub struct HeldAnswers(Arc<Mutex<HashMap<PartnerId, u32>>>);

/// An answer that is held, until it is dropped.
pub struct HeldAnswer {
    all: Arc<Mutex<HashMap<PartnerId, u32>>>,
    partner: PartnerId,
}

impl HeldAnswers {
    /// Counts an answer that is to be held for a partner; `None` when [`MOST_HELD`] are, and this one should be given at once.
    #[must_use]
    pub fn hold(&self, partner: PartnerId) -> Option<HeldAnswer> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = all.entry(partner).or_insert(0);
        if *held >= MOST_HELD {
            return None;
        }
        *held += 1;
        Some(HeldAnswer { all: Arc::clone(&self.0), partner })
    }
}

impl Drop for HeldAnswer {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(&self.partner) {
            Some(held) if *held > 1 => *held -= 1,
            // Partners who wait for nothing are forgotten.
            _ => drop(all.remove(&self.partner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partner_has_so_many_held_and_another_its_own() {
        let held = HeldAnswers::default();
        let mut ours: Vec<_> = (0..MOST_HELD).filter_map(|_| held.hold(PartnerId(1))).collect();
        assert_eq!(ours.len(), MOST_HELD as usize);
        assert!(held.hold(PartnerId(1)).is_none());
        assert!(held.hold(PartnerId(2)).is_some());
        ours.pop();
        let again = held.hold(PartnerId(1));
        assert!(again.is_some() && held.hold(PartnerId(1)).is_none());
        drop((ours, again));
        assert!(held.0.lock().unwrap().is_empty());
    }

    #[test]
    fn an_answer_is_there_before_the_deadline() {
        let seconds = Duration::from_secs;
        assert_eq!(longest(seconds(30), seconds(40)), seconds(30));
        assert_eq!(longest(seconds(30), seconds(30)), seconds(28));
        assert_eq!(longest(seconds(5), seconds(1)), Duration::ZERO);
    }
}
