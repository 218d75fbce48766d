//! Guesses at passwords, counted in memory: of each user of a merchant, whether there is such a user or not, and of each address that
//! a merchant's users come from.
//!
//! It keeps guessers from having passwords hashed, and answers alike for users that exist and those that do not. What must outlive the
//! process, and hold in every other, is in the user's row as well.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use domain::identifier::ClientIdentifier;
use domain::merchant::lock_after;
use domain::site::site;

/// The most users that are remembered: about 10 MB when all have the longest names, in the letters that take the most room.
const MOST_USERS: usize = 8192;

/// The most addresses of merchants, some 3 MB.
const MOST_ADDRESSES: usize = 32_768;

/// Wrong passwords after which an address is suspected: a shop has one for all of its tills. Nobody is refused for that, because whoever
/// else is behind it would be shut out with the guesser, but few passwords of it are hashed at once.
const BURST: i64 = 20;

/// One less for each of these, in microseconds.
const INTERVAL: i64 = 30_000_000;

/// A user of a merchant, by the folded name.
type User = (ClientIdentifier, String);

/// An address that users of a merchant come from. What they do there is no other merchant's concern.
type Site = (ClientIdentifier, IpAddr);

/// No password is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// For how long.
    pub(crate) wait: Duration,
    /// Whether nobody was refused since the last wrong password: the first is told in the audit trail, so that it does not grow
    /// with every try.
    pub(crate) is_first: bool,
}

#[derive(Default)]
pub(crate) struct Guesses(Mutex<Tables>);

#[derive(Default)]
struct Tables {
    users: HashMap<User, Wrong>,
    /// When all of the burst of each is there again.
    addresses: HashMap<Site, Timestamp>,
}

struct Wrong {
    count: i64,
    until: Timestamp,
    is_told: bool,
}

impl Guesses {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Nothing in here panics half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a password for `user` is to be refused unseen.
    pub(crate) fn refused(&self, user: &User, now: Timestamp) -> Option<Refusal> {
        let mut tables = self.tables();
        let wrong = tables.users.get_mut(user).filter(|wrong| wrong.until > now)?;
        Some(Refusal { wait: wrong.until.since(now), is_first: !std::mem::replace(&mut wrong.is_told, true) })
    }

    /// Whether `user` is locked, for whom a password was looked at already.
    pub(crate) fn is_locked(&self, user: &User, now: Timestamp) -> bool {
        self.tables().users.get(user).is_some_and(|wrong| wrong.until > now)
    }

    /// Whether so many passwords of users of `client` from `address` were wrong that somebody there may be guessing.
    pub(crate) fn is_suspect(&self, client: ClientIdentifier, address: Option<IpAddr>, now: Timestamp) -> bool {
        let Some(address) = address else { return false };
        let whole_at = self.tables().addresses.get(&(client, site(address))).copied();
        whole_at.is_some_and(|whole_at| whole_at.micros().saturating_sub((BURST - 1) * INTERVAL) > now.micros())
    }

    /// Counts a wrong password.
    pub(crate) fn failed(&self, user: User, address: Option<IpAddr>, now: Timestamp) {
        let client = user.0;
        let mut tables = self.tables();
        if tables.users.len() >= MOST_USERS && !tables.users.contains_key(&user) {
            tables.users.retain(|_, wrong| wrong.until > now);
            // Memory is bounded before fairness is; who exists is still locked by the row.
            if tables.users.len() >= MOST_USERS {
                tables.users.clear();
            }
        }
        let wrong = tables.users.entry(user).or_insert(Wrong { count: 0, until: now, is_told: false });
        // While it is locked nothing is counted, as in the row: those that were under way together cost no more than one.
        if wrong.until <= now {
            wrong.count += 1;
            wrong.until = now.after(lock_after(wrong.count));
            wrong.is_told = false;
        }
        let Some(address) = address else { return };
        let place = (client, site(address));
        if tables.addresses.len() >= MOST_ADDRESSES && !tables.addresses.contains_key(&place) {
            tables.addresses.retain(|_, whole_at| *whole_at > now);
            if tables.addresses.len() >= MOST_ADDRESSES {
                tables.addresses.clear();
            }
        }
        let known = tables.addresses.entry(place).or_insert(now);
        let whole_at = (*known).max(now).micros().saturating_add(INTERVAL);
        // Those that were under way together may be more than the burst: they cost no more than all of it.
        *known = Timestamp::from_micros(whole_at.min(now.micros().saturating_add(BURST * INTERVAL)));
    }

    /// The password was right, or is another one now.
    pub(crate) fn forget(&self, user: &User) {
        self.tables().users.remove(user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> User {
        (ClientIdentifier(1), name.to_owned())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn a_user_waits_longer_with_each_wrong_password_and_not_after_a_right_one() {
        let guesses = Guesses::default();
        let (anna, wait) = (user("anna"), |guesses: &Guesses, now| {
            guesses.refused(&user("anna"), at(now)).map(|refusal| refusal.wait.as_secs())
        });
        for _ in 0..4 {
            guesses.failed(anna.clone(), None, at(0));
            assert_eq!(wait(&guesses, 0), None);
        }
        guesses.failed(anna.clone(), None, at(0));
        assert_eq!((wait(&guesses, 0), wait(&guesses, 1), wait(&guesses, 2)), (Some(2), Some(1), None));
        guesses.failed(anna.clone(), None, at(10));
        assert_eq!((wait(&guesses, 10), wait(&guesses, 14)), (Some(4), None));
        assert_eq!(guesses.refused(&user("bert"), at(10)), None);
        assert_eq!(guesses.refused(&(ClientIdentifier(2), "anna".to_owned()), at(10)), None);
        guesses.forget(&anna);
        guesses.failed(anna, None, at(10));
        assert_eq!(wait(&guesses, 10), None);
    }

    #[test]
    fn an_address_is_suspected_after_a_burst_and_of_one_merchant_only() {
        let guesses = Guesses::default();
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        let suspect = |from: &str, now| guesses.is_suspect(ClientIdentifier(1), address(from), at(now));
        for number in 0..20 {
            assert!(!suspect("2001:db8::1", 0), "{number}");
            guesses.failed(user(&format!("user {number}")), address("2001:db8::1"), at(0));
        }
        assert!(suspect("2001:db8::2", 0) && suspect("2001:db8::1", 29), "the /64 is one caller");
        assert!(!suspect("2001:db8:0:1::1", 0) && !suspect("192.0.2.1", 0) && !suspect("2001:db8::1", 30));
        assert!(!guesses.is_suspect(ClientIdentifier(2), address("2001:db8::1"), at(0)), "another merchant's users");
        assert!(!guesses.is_suspect(ClientIdentifier(1), None, at(0)));
        guesses.failed(user("x"), address("2001:db8::1"), at(30));
        assert!(suspect("2001:db8::1", 59) && !suspect("2001:db8::1", 60));
        for number in 0..100 {
            guesses.failed(user(&format!("at once {number}")), address("2001:db8::1"), at(60));
        }
        assert!(!suspect("2001:db8::1", 91), "nobody is suspected for long");
    }

    #[test]
    fn the_first_refusal_is_told_apart() {
        let guesses = Guesses::default();
        for _ in 0..6 {
            guesses.failed(user("anna"), None, at(0));
        }
        assert_eq!(guesses.refused(&user("anna"), at(0)).unwrap().wait.as_secs(), 2, "it is locked already");
        guesses.forget(&user("anna"));
        for _ in 0..5 {
            guesses.failed(user("anna"), None, at(0));
        }
        let first = |now| guesses.refused(&user("anna"), at(now)).unwrap().is_first;
        assert!(first(0) && !first(0) && !first(1));
        guesses.failed(user("anna"), None, at(5));
        assert!(first(5));
    }

    #[test]
    fn the_tables_are_bounded() {
        let guesses = Guesses::default();
        for number in 0..u32::try_from(MOST_ADDRESSES + 10).unwrap() {
            guesses.failed(user(&number.to_string()), Some(std::net::Ipv4Addr::from_bits(number).into()), at(0));
        }
        let tables = guesses.tables();
        assert!(tables.users.len() <= MOST_USERS && tables.addresses.len() <= MOST_ADDRESSES);
    }
}
