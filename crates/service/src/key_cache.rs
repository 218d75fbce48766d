//! Verified keys, kept for a short time so that most requests need no look-up.
//!
//! An entry counts only while three things hold: it is younger than [`LONGEST_STAY`]; no key has been revoked since it was read (the
//! epoch); and this process has lately heard whether another process revoked one. So a revoked key is refused on the next request of
//! the process that revoked it, and within [`LONGEST_SILENCE`] everywhere else, also when the database can't be asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::Timestamp;
use domain::api_key::{AllowedNetworks, KeyLife};
use quick_cache::sync::Cache;

use crate::api_key::Principal;
use crate::vault::Lookup;

/// How long an entry is believed.
pub(crate) const LONGEST_STAY: Duration = Duration::from_secs(30);

/// How long entries are believed without word from the database about revocations.
pub(crate) const LONGEST_SILENCE: Duration = Duration::from_millis(900);

/// What is known of a key.
pub(crate) struct KnownKey {
    pub(crate) principal: Principal,
    pub(crate) life: KeyLife,
    pub(crate) networks: AllowedNetworks,
    /// The minute of the last use that was noted, so that a use is noted once a minute.
    pub(crate) noted_minute: AtomicI64,
}

#[derive(Clone)]
struct Entry {
    key: Arc<KnownKey>,
    epoch: u64,
    read_at: Timestamp,
}

pub(crate) struct KeyCache {
    entries: Cache<Lookup, Entry>,
    epoch: AtomicU64,
    started: Instant,
    /// When the database last told its version, in microseconds since `started`; -1 before the first time.
    heard: AtomicI64,
    /// The version that it told.
    version: AtomicI64,
}

impl KeyCache {
    pub(crate) fn new(entries: usize) -> Self {
        Self {
            entries: Cache::new(entries.max(1)),
            epoch: AtomicU64::new(0),
            started: monotonic(),
            heard: AtomicI64::new(-1),
            version: AtomicI64::new(-1),
        }
    }

    /// To be taken before the key is read from the database, and given to [`KeyCache::keep`].
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    pub(crate) fn get(&self, lookup: &Lookup, now: Timestamp) -> Option<Arc<KnownKey>> {
        let entry = self.entries.get(lookup)?;
        let is_believed =
            entry.read_at <= now && now.since(entry.read_at) < LONGEST_STAY && self.is_current(entry.epoch);
        is_believed.then_some(entry.key)
    }

    /// Whether there is an entry, believed or not.
    pub(crate) fn has_seen(&self, lookup: &Lookup) -> bool {
        self.entries.peek(lookup).is_some()
    }

    /// Keeps a key that was read after `epoch` was taken. When a key was revoked in between, the entry counts for nothing.
    pub(crate) fn keep(&self, lookup: Lookup, key: Arc<KnownKey>, epoch: u64, now: Timestamp) {
        self.entries.insert(lookup, Entry { key, epoch, read_at: now });
    }

    pub(crate) fn forget(&self, lookup: &[u8]) {
        if let Ok(lookup) = Lookup::try_from(lookup) {
            self.entries.remove(&lookup);
        }
    }

    /// Nothing that was read before counts any more.
    pub(crate) fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// The database told its version, in answer to a question asked at `asked`.
    pub(crate) fn heard(&self, version: i64, asked: Instant) {
        if self.version.swap(version, Ordering::AcqRel) != version {
            self.forget_all();
        }
        let since = asked.saturating_duration_since(self.started).as_micros();
        self.heard.store(i64::try_from(since).unwrap_or(i64::MAX), Ordering::Release);
    }

    /// Whether what was read after `epoch` was taken is to be believed: nothing was changed since, and the database was heard lately.
    pub(crate) fn is_current(&self, epoch: u64) -> bool {
        epoch == self.epoch() && self.has_heard_lately()
    }

    fn has_heard_lately(&self) -> bool {
        let heard = self.heard.load(Ordering::Acquire);
        let now = i64::try_from(monotonic().saturating_duration_since(self.started).as_micros()).unwrap_or(i64::MAX);
        heard >= 0 && now.saturating_sub(heard) < LONGEST_SILENCE.as_micros() as i64
    }
}

/// The clock of the silence. The handed-in clock may be turned, and this must not: it guards revocation.
#[expect(
    clippy::disallowed_methods,
    reason = "how long nothing was heard is measured, and no turned clock may stretch it"
)]
pub(crate) fn monotonic() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::api_key::{KeyHolder, KeyId, KeyKind};
    use domain::identifier::PartnerId;

    fn key() -> Arc<KnownKey> {
        let principal = Principal {
            key: KeyId(uuid::Uuid::nil()),
            kind: KeyKind::Partner,
            holder: KeyHolder { partner: PartnerId(1), client: None },
            expires_at: None,
        };
        let life = KeyLife { expires_at: None, revoked_at: None, overlap_until: None };
        Arc::new(KnownKey { principal, life, networks: AllowedNetworks::default(), noted_minute: AtomicI64::new(0) })
    }

    const NOW: Timestamp = Timestamp::from_micros(0);

    #[test]
    fn believes_an_entry_only_while_it_hears_from_the_database() {
        let cache = KeyCache::new(10);
        cache.keep([1; 32], key(), cache.epoch(), NOW);
        assert!(cache.get(&[1; 32], NOW).is_none(), "nothing was heard yet");
        cache.heard(0, monotonic());
        cache.keep([1; 32], key(), cache.epoch(), NOW);
        assert!(cache.get(&[1; 32], NOW).is_some());
        assert!(cache.get(&[1; 32], NOW.after(LONGEST_STAY)).is_none(), "it is too old");
        cache.heard(0, cache.started);
        let silent = KeyCache { started: monotonic() - 2 * LONGEST_SILENCE, ..cache };
        silent.keep([1; 32], key(), silent.epoch(), NOW);
        assert!(silent.get(&[1; 32], NOW).is_none(), "the database was silent");
    }

    #[test]
    fn a_change_elsewhere_empties_it() {
        let cache = KeyCache::new(10);
        cache.heard(0, monotonic());
        cache.keep([1; 32], key(), cache.epoch(), NOW);
        cache.heard(0, monotonic());
        assert!(cache.get(&[1; 32], NOW).is_some());
        cache.heard(1, monotonic());
        assert!(cache.get(&[1; 32], NOW).is_none());
    }

    #[test]
    fn a_key_read_before_a_revocation_does_not_enter_after_it() {
        let cache = KeyCache::new(10);
        cache.heard(0, monotonic());
        let epoch = cache.epoch();
        cache.forget_all();
        cache.keep([1; 32], key(), epoch, NOW);
        assert!(cache.get(&[1; 32], NOW).is_none());
    }
}
