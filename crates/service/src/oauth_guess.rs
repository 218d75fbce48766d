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

/// A client that was guessed at. `None` for those that there are not and those that are too many, which are counted together.
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
    /// Counts a guess. `Some` when it is to be recorded: under what it was counted, and the number of those since the last record of that.
    pub(crate) fn note(&self, client: Guessed, now: Timestamp) -> Option<(Guessed, u64)> {
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
                Some((client, since))
            }
            None => {
                noted.insert(client, Noted { recorded_at: now, since: 0 });
                Some((client, 0))
            }
        }
    }
}

impl GuessLog {
    /// Takes out what was not recorded yet of guesses that have stopped: each client with their number. With `all`, also of those that
    /// may go on.
    pub(crate) fn take_untold(&self, now: Timestamp, all: bool) -> Untold<'_> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = noted.extract_if(|_, entry| all || entry.is_over(now));
        let left = over.map(|(client, entry)| (client, entry.since)).filter(|(_, since)| *since > 0).collect();
        Untold { log: self, left, now }
    }

    fn put_back(&self, client: Guessed, since: u64, now: Timestamp) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.entry(client).or_insert(Noted { recorded_at: now, since: 0 }).since += since;
    }
}

/// Guesses that were taken out to be recorded. Those that are not when this is dropped go back: a task that records them may be stopped at any
/// of them. One whose record was under way then may be told twice, rather than not at all.
pub(crate) struct Untold<'l> {
    log: &'l GuessLog,
    left: Vec<(Guessed, u64)>,
    now: Timestamp,
}

impl Untold<'_> {
    /// What is to be recorded next.
    pub(crate) fn peek(&self) -> Option<(Guessed, u64)> {
        self.left.last().copied()
    }

    /// Notes that this was recorded.
    pub(crate) fn told(&mut self) {
        self.left.pop();
    }
}

impl Drop for Untold<'_> {
    fn drop(&mut self) {
        for (client, since) in self.left.drain(..) {
            self.log.put_back(client, since, self.now);
        }
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

    /// Everything that is untold, told.
    fn told(log: &GuessLog, second: i64, all: bool) -> Vec<(Guessed, u64)> {
        let mut untold = log.take_untold(at(second), all);
        let mut told: Vec<_> = untold.left.drain(..).collect();
        told.sort_unstable();
        told
    }

    #[test]
    fn one_a_minute_is_recorded_and_tells_of_the_others() {
        let (log, client) = (GuessLog::default(), Some((PartnerId(1), ClientIdentifier(7))));
        assert_eq!(log.note(client, at(0)), Some((client, 0)));
        for second in 1..60 {
            assert_eq!(log.note(client, at(second)), None);
        }
        assert_eq!(log.note(None, at(30)), Some((None, 0)), "another is counted apart");
        assert_eq!(log.note(client, at(60)), Some((client, 59)));
        assert_eq!(log.note(client, at(120)), Some((client, 0)));
    }

    #[test]
    fn what_has_stopped_is_told_without_a_further_guess() {
        let (log, client) = (GuessLog::default(), Some((PartnerId(1), ClientIdentifier(7))));
        for second in 0..10 {
            log.note(client, at(second));
            log.note(None, at(0));
        }
        assert_eq!(told(&log, 59, false), []);
        log.note(client, at(59));
        assert_eq!(told(&log, 60, false), [(None, 9), (client, 10)]);
        assert_eq!(told(&log, 60, false), []);
        assert_eq!(log.note(client, at(60)), Some((client, 0)));
        log.note(client, at(61));
        assert_eq!(told(&log, 61, true), [(client, 1)], "at a stop");
    }

    #[test]
    fn what_was_taken_out_and_not_recorded_goes_back() {
        let (log, client) = (GuessLog::default(), Some((PartnerId(1), ClientIdentifier(7))));
        for _ in 0..3 {
            log.note(client, at(0));
            log.note(None, at(0));
        }
        let mut untold = log.take_untold(at(60), false);
        let first = untold.peek().unwrap();
        untold.told();
        drop(untold);
        let other = if first.0.is_some() { None } else { client };
        assert_eq!((first.1, told(&log, 60, true)), (2, vec![(other, 2)]));
    }

    #[test]
    fn a_guess_beyond_the_most_clients_is_recorded_with_those_it_is_counted_with() {
        let log = GuessLog::default();
        let client = |number| Some((PartnerId(1), ClientIdentifier(number)));
        for number in 0..4096 {
            log.note(client(number), at(0));
        }
        assert_eq!(log.note(client(5000), at(1)), Some((None, 0)));
        assert_eq!(log.note(client(5001), at(1)), None);
        assert_eq!(told(&log, 1, true), [(None, 1)]);
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
