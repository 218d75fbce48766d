//! The token pair in use: when it is due, and how one request gets the next for everybody.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::client::{Holder, Session};
use super::error::PosError;
use super::oauth::{Failed, Manner, Patience};
use super::pair::Pair;
use super::reference_id::ReferenceId;

/// The longest that a call waits for a refresh that is made ahead of need.
const EARLY_LIMIT: Duration = Duration::from_secs(3);

/// How long nobody tries ahead of need again where that has failed. The next try is still inside the leeway that servers have by
/// default, so that an answer that was lost is asked for again.
const EARLY_PAUSE: Duration = Duration::from_secs(5);

/// The same where the refresh token of a user was presented before: one try must outlast a slow endpoint before the leeway is over, since a
/// user has nothing else.
const AGAIN_LIMIT: Duration = Duration::from_secs(10);

/// How long before its expiry a user's pair is put at risk: a refresh token that is presented after the leeway ends the family if the
/// server made the next pair then, and is the only way on if it did not.
const LAST_CHANCE: Duration = Duration::from_secs(10);

/// What is kept back of the leeway, since a request takes its time to the server, which counts from the first one's arrival.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// The pair in use, shared by all clones of one client.
#[derive(Default)]
pub(super) struct Tokens {
    in_use: RwLock<Option<Arc<Pair>>>,
    /// How many requests for a pair have ended.
    ended: AtomicU64,
    /// Held while a request for a pair runs.
    pub(super) flight: Mutex<Flight>,
}

/// What there is to know of the requests for a pair.
#[derive(Default)]
pub(super) struct Flight {
    /// Why the last one failed, if it did.
    failure: Option<PosError>,
    /// That the refresh token in use was presented, and the server may have made the next pair.
    presented: Option<Presented>,
    /// When one was last begun ahead of need, or failed, and for how long there is no other.
    early: Option<(OffsetDateTime, Duration)>,
}

/// A refresh token that was presented, without an answer that tells whether it was taken.
struct Presented {
    /// When first.
    at: OffsetDateTime,
    /// What came of it the last time. Nothing where the task was dropped.
    failure: Option<PosError>,
}

impl Flight {
    fn rests(&self, now: OffsetDateTime) -> bool {
        let within = |(tried, pause)| Duration::try_from(now - tried).is_ok_and(|since| since < pause);
        self.early.is_some_and(within)
    }
}

/// Why another pair is wanted.
#[derive(Clone, Copy)]
pub(super) enum Why<'a> {
    /// There is none that works.
    Due,
    /// The one in use works, but not for long.
    Early,
    /// This one was refused.
    Refused(&'a Arc<Pair>),
    /// Somebody wants a whole lifetime.
    Forced,
}

impl Tokens {
    pub(super) fn of(pair: Pair) -> Self {
        Self { in_use: RwLock::new(Some(Arc::new(pair))), ..Self::default() }
    }

    pub(super) fn in_use(&self) -> Option<Arc<Pair>> {
        self.in_use.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn put(&self, pair: Option<Arc<Pair>>) {
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = pair;
    }

    /// Forgets the pair. Whoever calls this holds `flight`.
    pub(super) fn forget(&self, flight: &mut Flight) {
        self.put(None);
        *flight = Flight::default();
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Session {
    /// A pair that works: one that does not expire within the threshold, unless that can't be had at once. `reference` is the flow
    /// that wants it.
    pub(super) async fn fresh(&self, reference: Option<ReferenceId>) -> Result<Arc<Pair>, PosError> {
        match self.tokens.in_use() {
            Some(pair) if !self.is_due(&pair) => Ok(pair),
            Some(pair) if !pair.has_expired(self.now()) => self.renew_early(pair, reference).await,
            _ => self.renew(Why::Due, reference).await,
        }
    }

    /// Another pair in the place of one that works still, by one short try; else that one. Only the end of a log-in fails the call: where
    /// the pair does not work after all, the call finds out, and then the token endpoint's word is heard.
    async fn renew_early(&self, pair: Arc<Pair>, reference: Option<ReferenceId>) -> Result<Arc<Pair>, PosError> {
        // Who asks already may take long: somebody who wants a whole lifetime waits for one.
        let Ok(mut flight) = self.tokens.flight.try_lock() else { return Ok(pair) };
        match self.tokens.in_use() {
            Some(current) if Arc::ptr_eq(&current, &pair) => {}
            // Somebody else has just got it.
            Some(current) if !current.has_expired(self.now()) => return Ok(current),
            _ => {
                drop(flight);
                return self.renew(Why::Due, reference).await;
            }
        }
        if flight.rests(self.now()) || !self.may_renew_early(&pair, flight.presented.as_ref()) {
            return Ok(pair);
        }
        // Noted before anything is sent: whoever drops its call while it waits has found out, too.
        flight.early = Some((self.now(), self.early_pause(&pair, None)));
        match self.obtain(Some(&pair), Why::Early, reference, &mut flight.presented).await {
            outcome @ (Ok(_) | Err(PosError::LoginNeeded { .. })) => self.settle(outcome, &mut flight),
            Err(error) => {
                tracing::debug!(%error, "the token was not refreshed in time; the one in use still works");
                // Whoever waits for the flight has not had this try, and makes the whole of theirs.
                flight.early = Some((self.now(), self.early_pause(&pair, error.retry_after())));
                Ok(pair)
            }
        }
    }

    /// How long nobody tries ahead of need after a try that failed. A user must have tried before the expiry, whatever is asked for: the
    /// refresh token ends with the pair.
    fn early_pause(&self, pair: &Pair, asked: Option<Duration>) -> Duration {
        let pause = asked.unwrap_or_default().max(EARLY_PAUSE);
        match self.holder {
            Holder::Client => pause,
            Holder::User => pause.min(pair.left(self.now()) / 2),
        }
    }

    /// Another pair. Requests for one at the same time are one request, and have one outcome.
    pub(super) async fn renew(&self, why: Why<'_>, reference: Option<ReferenceId>) -> Result<Arc<Pair>, PosError> {
        let ended_before = self.tokens.ended.load(Ordering::Acquire);
        let mut flight = self.tokens.flight.lock().await;
        let has_waited = self.tokens.ended.load(Ordering::Acquire) != ended_before;
        if has_waited && let Some(error) = &flight.failure {
            return Err(error.clone());
        }
        let current = self.tokens.in_use();
        let is_there = |pair: &Arc<Pair>| match why {
            // What somebody else has just got will do, however short it lives.
            Why::Due | Why::Early => has_waited || !self.is_due(pair),
            Why::Refused(refused) => !Arc::ptr_eq(pair, refused),
            Why::Forced => has_waited,
        };
        if let Some(pair) = current.as_ref().filter(|pair| is_there(pair)) {
            return Ok(Arc::clone(pair));
        }
        let outcome = self.obtain(current.as_deref(), why, reference, &mut flight.presented).await;
        self.settle(outcome, &mut flight)
    }

    /// Ends a request for a pair: its outcome is that of everybody who waits.
    fn settle(&self, outcome: Result<Pair, PosError>, flight: &mut Flight) -> Result<Arc<Pair>, PosError> {
        let outcome = outcome.map(Arc::new);
        match &outcome {
            Ok(pair) => {
                self.tokens.put(Some(Arc::clone(pair)));
                *flight = Flight::default();
            }
            Err(error) => {
                if matches!(error, PosError::LoginNeeded { .. }) {
                    self.tokens.put(None);
                }
                flight.failure = Some(error.clone());
            }
        }
        self.tokens.ended.fetch_add(1, Ordering::Release);
        outcome
    }

    /// Asks for a pair: by the refresh token where that may work, else by what the client holds.
    async fn obtain(
        &self,
        current: Option<&Pair>,
        why: Why<'_>,
        reference: Option<ReferenceId>,
        presented: &mut Option<Presented>,
    ) -> Result<Pair, PosError> {
        let mut refused = None;
        if let Some(pair) = current
            && let Some(refresh) = &pair.refresh
        {
            if self.may_refresh(pair, why, presented.as_ref()) {
                let is_first = presented.is_none();
                // Noted before anything is sent: when the task is dropped now, the server may have made the next pair.
                let note = presented.get_or_insert_with(|| Presented { at: self.now(), failure: None });
                let patience = self.patience(why, Some(pair), Some((note.at, is_first)));
                match self.refresh(refresh, pair.scope, Manner { patience, reference }).await {
                    Ok(next) => return Ok(next.refreshed_from(pair)),
                    Err(failed) if failed.error.is_invalid_grant() => {
                        tracing::debug!(error = %failed.error, "the refresh token is not taken");
                        refused = Some(failed.error);
                    }
                    Err(Failed { error, may_be_done }) => {
                        note.failure = Some(error.clone());
                        if is_first && !may_be_done {
                            *presented = None;
                        }
                        // For a client that has its secret, the pair was worth its while as long as it worked.
                        let goes_on = self.holder == Holder::Client && error.is_transient();
                        if !goes_on || !pair.has_expired(self.now()) {
                            return Err(error);
                        }
                        tracing::debug!(%error, "the token expired while it was refreshed");
                    }
                }
            } else if self.holder == Holder::User {
                let failure = presented.as_ref().and_then(|presented| presented.failure.clone());
                return Err(failure.unwrap_or(PosError::Timeout { limit: self.repeat_within() }));
            }
        }
        match (self.holder, refused) {
            (Holder::Client, _) => {
                let patience = self.patience(why, current, None);
                Ok(self.client_credentials(Manner { patience, reference }).await?)
            }
            (Holder::User, Some(PosError::TokenRefused(problem))) => {
                Err(PosError::LoginNeeded { problem: Some(problem) })
            }
            (Holder::User, _) => Err(PosError::LoginNeeded { problem: None }),
        }
    }

    /// Whether to try ahead of need. A user who has no refresh token, or may not present it now, has nothing else to try.
    fn may_renew_early(&self, pair: &Pair, presented: Option<&Presented>) -> bool {
        self.holder == Holder::Client || (pair.refresh.is_some() && self.may_refresh(pair, Why::Early, presented))
    }

    /// Whether to present the refresh token. The server would take one that was presented longer ago than the leeway for a theft.
    ///
    /// A client has its secret, so that it leaves out whatever would be refused: that, a token that has expired, and one of a family which
    /// was probably ended. A user has nothing else, and leaves it out only as long as the pair in use works, which the theft would end.
    fn may_refresh(&self, pair: &Pair, why: Why<'_>, presented: Option<&Presented>) -> bool {
        let now = self.now();
        let within = |at| Duration::try_from(now - at).is_ok_and(|since| since < self.repeat_within());
        let is_no_theft = presented.is_none_or(|presented| within(presented.at));
        match self.holder {
            Holder::Client => is_no_theft && !pair.has_expired(now) && !matches!(why, Why::Refused(_)),
            Holder::User => is_no_theft || matches!(why, Why::Refused(_)) || pair.left(now) <= LAST_CHANCE,
        }
    }

    /// For how long a refresh that may have been done is repeated.
    fn repeat_within(&self) -> Duration {
        self.settings.refresh_leeway.saturating_sub(ON_THE_WAY)
    }

    /// How long a request for a pair may take. Where nobody needs it yet, half of what is left of the pair in use: the other half is for the
    /// call. `presented` is when the refresh token was first presented, and whether that is now.
    fn patience(&self, why: Why<'_>, current: Option<&Pair>, presented: Option<(OffsetDateTime, bool)>) -> Patience {
        let left = current.map(|pair| pair.left(self.now())).unwrap_or_default();
        if matches!(why, Why::Early) && !left.is_zero() {
            let is_again = presented.is_some_and(|(_, is_first)| !is_first);
            let limit = if is_again && self.holder == Holder::User { AGAIN_LIMIT } else { EARLY_LIMIT };
            return Patience::Once(limit.min(left / 2));
        }
        let within = time::Duration::try_from(self.repeat_within()).ok();
        let end = presented.zip(within).and_then(|((at, _), within)| at.checked_add(within));
        end.map_or(Patience::Usual, Patience::Until)
    }

    fn is_due(&self, pair: &Pair) -> bool {
        pair.is_due(self.now(), self.settings.refresh_threshold)
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.wire.runtime.now()
    }
}
