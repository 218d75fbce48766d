//! Guesses at the token endpoint, for the audit trail: each is counted and few are recorded, so that whoever guesses can't fill the trail.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use domain::identifier::{ClientIdentifier, PartnerId};

/// At most one guess at a client is recorded in this time; the next record, or that of the clean-up, tells how many there were besides.
const INTERVAL: Duration = Duration::from_secs(60);

/// The most clients that are remembered one by one. Guesses at more are counted together.
const MOST: usize = 4096;

/// A client that was guessed at. `None` for those that there are not, which are counted together.
pub(crate) type Guessed = Option<(PartnerId, ClientIdentifier)>;

/// Guesses that were not recorded, of this process.
#[derive(Debug, Default)]
pub(crate) struct GuessLog(Mutex<HashMap<Guessed, Noted>>);

#[derive(Debug)]
struct Noted {
    recorded_at: Timestamp,
    since: u64,
}

impl GuessLog {
    /// Counts a guess. `Some` when it is to be recorded, with the number of those since the last record.
    pub(crate) fn note(&self, client: Guessed, now: Timestamp) -> Option<u64> {
        // Nothing in here panics half-way through a change.
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |entry: &Noted| entry.is_over(now);
        if noted.len() >= MOST && !noted.contains_key(&client) {
            // What is still to be told stays for the clean-up.
            noted.retain(|_, entry| !is_over(entry) || entry.since > 0);
        }
        let client = if noted.len() >= MOST && !noted.contains_key(&client) { None } else { client };
        match noted.get_mut(&client) {
            Some(entry) if !is_over(entry) => {
                entry.since += 1;
                None
            }
            Some(entry) => {
                let since = entry.since;
                *entry = Noted { recorded_at: now, since: 0 };
                Some(since)
            }
            None => {
                noted.insert(client, Noted { recorded_at: now, since: 0 });
                Some(0)
            }
        }
    }
}

impl GuessLog {
    /// Takes out what was not recorded yet of guesses that have stopped: each client with their number. With `all`, also of those that
    /// may go on.
    pub(crate) fn take_untold(&self, now: Timestamp, all: bool) -> Vec<(Guessed, u64)> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = noted.extract_if(|_, entry| all || entry.is_over(now));
        over.map(|(client, entry)| (client, entry.since)).filter(|(_, since)| *since > 0).collect()
    }

    /// Puts back what could not be recorded.
    pub(crate) fn put_back(&self, client: Guessed, since: u64, now: Timestamp) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.entry(client).or_insert(Noted { recorded_at: now, since: 0 }).since += since;
    }
}

impl Noted {
    fn is_over(&self, now: Timestamp) -> bool {
        self.recorded_at.after(INTERVAL) <= now || now < self.recorded_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn one_a_minute_is_recorded_and_tells_of_the_others() {
        let (log, client) = (GuessLog::default(), Some((PartnerId(1), ClientIdentifier(7))));
        assert_eq!(log.note(client, at(0)), Some(0));
        for second in 1..60 {
            assert_eq!(log.note(client, at(second)), None);
        }
        assert_eq!(log.note(None, at(30)), Some(0), "another is counted apart");
        assert_eq!(log.note(client, at(60)), Some(59));
        assert_eq!(log.note(client, at(120)), Some(0));
    }

    #[test]
    fn what_has_stopped_is_told_without_a_further_guess() {
        let (log, client) = (GuessLog::default(), Some((PartnerId(1), ClientIdentifier(7))));
        for second in 0..10 {
            log.note(client, at(second));
            log.note(None, at(0));
        }
        assert_eq!(log.take_untold(at(59), false), []);
        log.note(client, at(59));
        let mut told = log.take_untold(at(60), false);
        told.sort_unstable();
        assert_eq!(told, [(None, 9), (client, 10)]);
        assert_eq!(log.take_untold(at(60), false), []);
        assert_eq!(log.note(client, at(60)), Some(0));
        log.note(client, at(61));
        let untold = log.take_untold(at(61), true);
        assert_eq!(untold, [(client, 1)], "at a stop");
        log.put_back(client, 1, at(61));
        assert_eq!(log.take_untold(at(61), true), untold);
    }

    #[test]
    fn it_is_bounded() {
        let log = GuessLog::default();
        for client in 0..10_000 {
            log.note(Some((PartnerId(1), ClientIdentifier(client))), at(0));
        }
        assert!(log.0.lock().unwrap().len() <= MOST + 1);
    }
}
