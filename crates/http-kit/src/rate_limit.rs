//! Rate limits: of each holder's keys of one kind, and of failed authentications of each address.
//!
//! Each is the generic cell rate algorithm: one number for each caller, the time at which its quota will be whole again. A caller who
//! is not in the table has its whole quota, so forgetting those who have not called for a while loses nothing. The tables are bounded.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use domain::api_key::{KeyHolder, KeyKind};
use domain::identifier::PartnerId;
use domain::site::site;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{Problem, code};

/// How much a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many a second in the long run.
    pub per_second: NonZeroU32,
    /// How many at once after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// A rate.
    ///
    /// # Panics
    /// When one of them is zero; for constants.
    #[must_use]
    pub const fn new(per_second: u32, burst: u32) -> Self {
        match (NonZeroU32::new(per_second), NonZeroU32::new(burst)) {
            (Some(per_second), Some(burst)) => Self { per_second, burst },
            _ => panic!("a rate has no zero"),
        }
    }
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The whole quota.
    pub limit: u32,
    /// How many requests are left now.
    pub remaining: u32,
    /// In how many seconds the quota is whole again, rounded up.
    pub reset: u64,
    /// In how many seconds a refused request may be repeated, rounded up; `None` when it was not refused.
    pub retry: Option<u64>,
}

/// The tables that a limiter is cut into, so that two requests seldom wait for one another.
const SHARDS: usize = 16;

/// A limiter of callers known by `K`.
pub struct Limiter<K> {
    rate: Rate,
    /// Nanoseconds for one request.
    interval: u64,
    /// Nanoseconds for a whole quota.
    tolerance: u64,
    epoch: Instant,
    hasher: RandomState,
    most_in_shard: usize,
    shards: [Mutex<HashMap<K, u64>>; SHARDS],
}

impl<K: Eq + Hash> Limiter<K> {
    /// A limiter that remembers `most` callers at most. `now` is the earliest time that it will be asked about.
    #[must_use]
    pub fn new(rate: Rate, most: usize, now: Instant) -> Self {
        let interval = (1_000_000_000 / u64::from(rate.per_second.get())).max(1);
        Self {
            rate,
            interval,
            tolerance: interval.saturating_mul(u64::from(rate.burst.get())),
            epoch: now,
            hasher: RandomState::new(),
            most_in_shard: (most / SHARDS).max(1),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// A limiter of `rate` in each `seconds` instead of each second.
    #[must_use]
    pub fn every(seconds: u64, rate: Rate, most: usize, now: Instant) -> Self {
        let mut limiter = Self::new(rate, most, now);
        limiter.interval = limiter.interval.saturating_mul(seconds.max(1));
        limiter.tolerance = limiter.interval.saturating_mul(u64::from(rate.burst.get()));
        limiter
    }

    /// Counts one request of `caller` at `now`, when it may pass.
    pub fn count(&self, caller: K, now: Instant) -> Quota {
        let now = self.nanos(now);
        let mut shard = self.shard(&caller);
        let whole_at = shard.get(&caller).copied().unwrap_or(0).max(now);
        let next = whole_at.saturating_add(self.interval);
        if next - now > self.tolerance {
            let mut quota = self.quota(whole_at - now);
            quota.retry = Some((next - now - self.tolerance).div_ceil(1_000_000_000));
            return quota;
        }
        if shard.len() >= self.most_in_shard && !shard.contains_key(&caller) {
            shard.retain(|_, whole_at| *whole_at > now);
            // More callers at once than the table holds: all of this shard begin anew. Memory is bounded before fairness is.
            if shard.len() >= self.most_in_shard {
                shard.clear();
            }
        }
        shard.insert(caller, next);
        self.quota(next - now)
    }

    /// In how many seconds `caller` may go on, when a request at `now` would be refused. Counts nothing.
    pub fn refused(&self, caller: &K, now: Instant) -> Option<u64> {
        let now = self.nanos(now);
        let whole_at = self.shard(caller).get(caller).copied().unwrap_or(0).max(now);
        let over = (whole_at - now).saturating_add(self.interval).saturating_sub(self.tolerance);
        (over > 0).then(|| over.div_ceil(1_000_000_000))
    }

    fn quota(&self, used: u64) -> Quota {
        let remaining = self.tolerance.saturating_sub(used) / self.interval;
        Quota {
            limit: self.rate.burst.get(),
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            reset: used.div_ceil(1_000_000_000),
            retry: None,
        }
    }

    fn nanos(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.epoch).as_nanos()).unwrap_or(u64::MAX)
    }

    fn place(&self, caller: &K) -> usize {
        self.hasher.hash_one(caller) as usize % SHARDS
    }

    fn shard(&self, caller: &K) -> std::sync::MutexGuard<'_, HashMap<K, u64>> {
        // Nothing in here panics half-way through a change.
        self.shards[self.place(caller)].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most keys and addresses that are remembered, about 3 MB each.
const MOST_CALLERS: usize = 65_536;

/// Forms that one address may send: five at once, and one more every minute. Nobody needs a setting for that.
const FORMS: Rate = Rate::new(1, 5);
const FORM_INTERVAL: u64 = 60;

/// Calls that pages at one address may make, behind which a whole office may be: 200 at once, and 20 more every second.
const PAGES: Rate = Rate::new(20, 200);

/// The limits of one server.
pub struct RateLimits {
    /// By holder and kind, not by key: a renewed key must not begin anew.
    keys: Option<Limiter<(KeyHolder, KeyKind)>>,
    failures: Option<Limiter<IpAddr>>,
    forms: Option<Limiter<IpAddr>>,
    pages: Option<Limiter<IpAddr>>,
    credentials: Option<Limiter<PartnerId>>,
}

impl RateLimits {
    /// Limits at these rates; `None` is no limit.
    #[must_use]
    pub fn new(keys: Option<Rate>, failures: Option<Rate>, credentials: Option<Rate>, now: Instant) -> Self {
        Self {
            credentials: credentials.map(|rate| Limiter::new(rate, MOST_CALLERS, now)),
            keys: keys.map(|rate| Limiter::new(rate, MOST_CALLERS, now)),
            failures: failures.map(|rate| Limiter::new(rate, MOST_CALLERS, now)),
            // Without a limit of wrong keys there is none of forms either: both are of addresses.
            forms: failures.map(|_| Limiter::every(FORM_INTERVAL, FORMS, MOST_CALLERS, now)),
            pages: failures.map(|_| Limiter::new(PAGES, MOST_CALLERS, now)),
        }
    }

    /// Counts a request made with a key of this holder and kind; `None` when keys are not limited.
    pub fn count(&self, holder: KeyHolder, kind: KeyKind, now: Instant) -> Option<Quota> {
        self.keys.as_ref().map(|keys| keys.count((holder, kind), now))
    }

    /// Counts credentials that are shown to a partner, whichever of its keys asks.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn show_credentials(&self, partner: PartnerId, now: Instant) -> Result<(), Problem> {
        match self.credentials.as_ref().and_then(|credentials| credentials.count(partner, now).retry) {
            None => Ok(()),
            Some(seconds) => Err(too_many("Credentials were asked for too often", seconds)),
        }
    }

    /// Whether `address` has tried wrong keys too often. Asked before a key is looked up, so that a stranger who tries keys
    /// cannot make the database work.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn admit(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Problem> {
        let refused = |address| self.failures.as_ref()?.refused(&site(address), now);
        match address.and_then(refused) {
            None => Ok(()),
            Some(seconds) => Err(too_many("Too many requests with wrong keys came from this address", seconds)),
        }
    }

    /// As [`Self::admit`], but what is known is let in all the same: one program with a wrong key must not shut out the others behind its
    /// address.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn admit_known(
        &self,
        address: Option<IpAddr>,
        now: Instant,
        is_known: impl FnOnce() -> bool,
    ) -> Result<(), Problem> {
        match self.admit(address, now) {
            Err(_) if is_known() => Ok(()),
            admitted => admitted,
        }
    }

    /// Counts a form that `address` sends.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn count_form(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Problem> {
        let refused = |address| self.forms.as_ref()?.count(site(address), now).retry;
        match address.and_then(refused) {
            None => Ok(()),
            Some(seconds) => Err(too_many("Too many forms came from this address", seconds)),
        }
    }

    /// Counts a call that a page at `address` makes, without a key of anybody's.
    ///
    /// # Errors
    /// 429 with the time to wait.
    pub fn count_page(&self, address: Option<IpAddr>, now: Instant) -> Result<(), Problem> {
        let refused = |address| self.pages.as_ref()?.count(site(address), now).retry;
        match address.and_then(refused) {
            None => Ok(()),
            Some(seconds) => Err(too_many("Too many requests came from this address", seconds)),
        }
    }

    /// Counts a try with a wrong key from `address`.
    pub fn failed(&self, address: Option<IpAddr>, now: Instant) {
        if let (Some(failures), Some(address)) = (&self.failures, address) {
            failures.count(site(address), now);
        }
    }
}

/// 429 `rate_limited`.
pub(crate) fn too_many(what: &str, seconds: u64) -> Problem {
    let seconds = seconds.max(1);
    Problem::new(code::RATE_LIMITED, format!("{what}. Go on in {seconds} s")).with_retry_after(seconds)
}

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

impl Quota {
    /// Writes the `RateLimit-*` headers.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::identifier::{ClientIdentifier, PartnerId};
    use proptest::prelude::*;

    use super::*;
    use crate::stopwatch;

    fn limiter(per_second: u32, burst: u32, most: usize) -> (Limiter<u32>, Instant) {
        let now = stopwatch::now();
        (Limiter::new(Rate::new(per_second, burst), most, now), now)
    }

    #[test]
    fn a_burst_passes_then_the_rate() {
        let (limiter, start) = limiter(2, 3, 100);
        let left: Vec<_> = (0..3).map(|_| limiter.count(1, start).remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = limiter.count(1, start);
        assert_eq!(refused, Quota { limit: 3, remaining: 0, reset: 2, retry: Some(1) });
        // Another caller has a quota of its own.
        assert_eq!(limiter.count(2, start).retry, None);
        let later = start + Duration::from_millis(500);
        assert_eq!(limiter.count(1, later).retry, None);
        assert!(limiter.count(1, later).retry.is_some());
        let much_later = start + Duration::from_secs(60);
        assert_eq!(limiter.count(1, much_later), Quota { limit: 3, remaining: 2, reset: 1, retry: None });
    }

    #[test]
    fn a_slow_limiter_lets_one_more_pass_after_each_interval() {
        let start = stopwatch::now();
        let limiter = Limiter::every(60, Rate::new(1, 2), 100, start);
        assert_eq!([(); 3].map(|()| limiter.count(1, start).retry), [None, None, Some(60)]);
        assert_eq!(limiter.count(1, start + Duration::from_secs(60)).retry, None);
        assert!(limiter.count(1, start + Duration::from_secs(60)).retry.is_some());
    }

    #[test]
    fn pages_at_one_address_are_counted_together_and_apart_from_those_elsewhere() {
        let start = stopwatch::now();
        let limits = RateLimits::new(None, Some(Rate::new(1, 10)), None, start);
        let [here, there] = [1, 2].map(|last| Some(IpAddr::from([192, 0, 2, last])));
        for _ in 0..200 {
            assert!(limits.count_page(here, start).is_ok());
        }
        assert!(limits.count_page(here, start).is_err());
        assert!(limits.count_page(there, start).is_ok());
        // That somebody calls often is no sign that they guess.
        assert!(limits.admit(here, start).is_ok());
        let later = start + Duration::from_secs(1);
        let passed = (0..100).filter(|_| limits.count_page(here, later).is_ok()).count();
        assert_eq!(passed, 20);
        let unlimited = RateLimits::new(None, None, None, start);
        assert!((0..1_000).all(|_| unlimited.count_page(here, start).is_ok()));
    }

    #[test]
    fn asking_counts_nothing_and_agrees_with_counting() {
        let (limiter, start) = limiter(1, 2, 100);
        for _ in 0..10 {
            assert_eq!(limiter.refused(&1, start), None);
        }
        limiter.count(1, start);
        limiter.count(1, start);
        assert_eq!(limiter.refused(&1, start), Some(1));
        assert_eq!(limiter.refused(&1, start + Duration::from_secs(1)), None);
    }

    #[test]
    fn the_table_is_bounded() {
        let (limiter, start) = limiter(1, 2, SHARDS * 4);
        for caller in 0..10_000 {
            limiter.count(caller, start);
        }
        let remembered: usize = limiter.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(remembered <= SHARDS * 4, "{remembered}");
    }

    #[test]
    fn those_whose_quota_is_whole_are_forgotten_first() {
        let (limiter, start) = limiter(1, 2, SHARDS);
        let of_one_shard: Vec<u32> = (0..).filter(|caller| limiter.place(caller) == 0).take(2).collect();
        limiter.count(of_one_shard[0], start);
        limiter.count(of_one_shard[1], start + Duration::from_secs(5));
        assert_eq!(limiter.shards[0].lock().unwrap().len(), 1);
    }

    #[test]
    fn failures_are_counted_by_site_and_refused_before_the_look_up() {
        let start = stopwatch::now();
        let limits = RateLimits::new(None, Some(Rate::new(1, 2)), None, start);
        let address = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for _ in 0..2 {
            assert!(limits.admit(address("2001:db8::1"), start).is_ok());
            limits.failed(address("2001:db8::1"), start);
        }
        let problem = limits.admit(address("2001:db8::2"), start).unwrap_err();
        assert_eq!(problem.code(), code::RATE_LIMITED);
        assert!(limits.admit(address("2001:db8:0:1::1"), start).is_ok());
        assert!(limits.admit(None, start).is_ok());
        let holder = KeyHolder { partner: PartnerId(1), client: None };
        assert_eq!(limits.count(holder, KeyKind::Partner, start), None);
    }

    #[test]
    fn the_keys_of_a_holder_share_a_quota_by_kind() {
        let start = stopwatch::now();
        let limits = RateLimits::new(Some(Rate::new(1, 2)), None, None, start);
        let count = |partner, client, kind| {
            let holder = KeyHolder { partner: PartnerId(partner), client };
            limits.count(holder, kind, start).unwrap().remaining
        };
        assert_eq!(count(1, None, KeyKind::Partner), 1);
        assert_eq!(count(1, None, KeyKind::Partner), 0);
        assert_eq!(count(1, None, KeyKind::Provisioning), 1);
        assert_eq!(count(1, Some(ClientIdentifier(7)), KeyKind::Client), 1);
        assert_eq!(count(2, None, KeyKind::Partner), 1);
    }

    proptest! {
        #[test]
        fn never_more_than_burst_and_rate(per_second in 1..50u32, burst in 1..50u32, gaps in prop::collection::vec(0..200u64, 1..300)) {
            let (limiter, start) = limiter(per_second, burst, 100);
            let mut passed = 0u64;
            let mut millis = 0;
            for gap in gaps {
                millis += gap;
                let quota = limiter.count(1, start + Duration::from_millis(millis));
                passed += u64::from(quota.retry.is_none());
                prop_assert!(quota.remaining < burst);
            }
            prop_assert!(passed <= u64::from(burst) + millis * u64::from(per_second) / 1000 + 1);
        }
    }
}
