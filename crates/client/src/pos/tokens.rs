//! The token pair in use: when it is due, and how one request gets the next for everybody.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use reqwest::header::HeaderValue;
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::client::{Holder, Session};
use super::closed::Scope;
use super::error::PosError;
use super::oauth::{Manner, Patience};
use super::reference_id::ReferenceId;
use crate::api_key::Secret;
use crate::receive::Answer;

/// The longest that a call waits for a refresh that is made ahead of need.
const EARLY_LIMIT: Duration = Duration::from_secs(3);

/// How long nobody tries ahead of need again where that has failed. The next try is still inside the leeway that servers have by
/// default, so that an answer that was lost is asked for again.
const EARLY_PAUSE: Duration = Duration::from_secs(5);

/// What is kept back of the leeway, since a request takes its time to the server, which counts from the first one's arrival.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// A token pair.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) access: Secret,
    refresh: Option<Secret>,
    pub(super) scope: Scope,
    /// When it was asked for.
    created: OffsetDateTime,
    lifetime: Duration,
}

/// A pair as it is sent.
#[derive(Deserialize)]
struct PairBody {
    token_type: String,
    access_token: Secret,
    expires_in: u64,
    #[serde(default)]
    refresh_token: Option<Secret>,
    /// The documentation of the public API leaves it out.
    #[serde(default)]
    scope: Option<Scope>,
}

impl Pair {
    /// The pair of an answer to a request that was sent at `created` for `asked`.
    pub(super) fn of(answer: &Answer, created: OffsetDateTime, asked: Scope) -> Result<Self, PosError> {
        let body: Option<PairBody> = serde_json::from_slice(&answer.body).ok();
        // One of another type can't be used, whatever it says (RFC 6749 section 7.1); one that fits no header neither.
        let fits = |body: &PairBody| {
            let token = body.access_token.expose();
            body.token_type.eq_ignore_ascii_case("bearer")
                && !token.is_empty()
                && token.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let body = body.filter(fits).ok_or_else(|| PosError::unexpected(answer, "the body is no token pair"))?;
        Ok(Self {
            access: body.access_token,
            refresh: body.refresh_token,
            scope: body.scope.unwrap_or(asked),
            created,
            lifetime: Duration::from_secs(body.expires_in),
        })
    }

    /// The header that presents it, marked so that HTTP libraries neither print nor index it.
    pub(super) fn header(&self) -> HeaderValue {
        let text = zeroize::Zeroizing::new(format!("Bearer {}", self.access.expose()));
        let mut value = HeaderValue::from_str(&text).expect("a Pair's token is visible ASCII, which fits a header");
        value.set_sensitive(true);
        value
    }

    /// From when on it does not work.
    pub(super) fn expires_at(&self) -> OffsetDateTime {
        let end = time::Duration::try_from(self.lifetime).ok().and_then(|life| self.created.checked_add(life));
        end.unwrap_or(self.created)
    }

    /// For how long it works. Where the clock was set back since, nobody knows, and it counts as expired.
    fn left(&self, now: OffsetDateTime) -> Duration {
        let age = Duration::try_from(now - self.created).ok();
        age.map(|age| self.lifetime.saturating_sub(age)).unwrap_or_default()
    }

    /// Whether it expires in `threshold` or less.
    fn is_due(&self, now: OffsetDateTime, threshold: Duration) -> bool {
        self.left(now) <= threshold
    }

    fn has_expired(&self, now: OffsetDateTime) -> bool {
        self.left(now).is_zero()
    }

    /// What ends the whole family, or this token where there is no family.
    pub(super) fn last_token(&self) -> &Secret {
        self.refresh.as_ref().unwrap_or(&self.access)
    }
}

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
    /// When the refresh token in use was first presented, whatever came of it.
    refresh_begun: Option<OffsetDateTime>,
    /// When one was last begun ahead of need, or failed, and for how long there is no other.
    early: Option<(OffsetDateTime, Duration)>,
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

    /// Another pair in the place of one that works still, by one short try; else that one.
    async fn renew_early(&self, pair: Arc<Pair>, reference: Option<ReferenceId>) -> Result<Arc<Pair>, PosError> {
        // Who asks already may take long: somebody who wants a whole lifetime waits for one.
        let Ok(mut flight) = self.tokens.flight.try_lock() else { return Ok(pair) };
        if !self.tokens.in_use().is_some_and(|current| Arc::ptr_eq(&current, &pair)) {
            drop(flight);
            return self.renew(Why::Due, reference).await;
        }
        if flight.rests(self.now()) {
            return Ok(pair);
        }
        // Noted before anything is sent: whoever drops its call while it waits has found out, too.
        flight.early = Some((self.now(), EARLY_PAUSE));
        match self.obtain(Some(&pair), Why::Early, reference, &mut flight.refresh_begun).await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "the token was not refreshed in time; the one in use still works");
                let pause = error.retry_after().unwrap_or_default().max(EARLY_PAUSE);
                // Whoever waits for the flight has not had this try, and makes the whole of theirs.
                flight.early = Some((self.now(), pause));
                Ok(pair)
            }
            outcome => self.settle(outcome, &mut flight),
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
        let outcome = self.obtain(current.as_deref(), why, reference, &mut flight.refresh_begun).await;
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
        begun: &mut Option<OffsetDateTime>,
    ) -> Result<Pair, PosError> {
        let mut refused = None;
        if let Some(pair) = current
            && let Some(refresh) = &pair.refresh
            && self.may_refresh(pair, why, *begun)
        {
            // Noted before anything is sent: when the task is dropped now, the server may have made the next pair.
            let begun = *begun.get_or_insert_with(|| self.now());
            let patience = self.patience(why, Some(pair), Some(begun));
            match self.refresh(refresh, pair.scope, Manner { patience, reference }).await {
                Ok(next) => return Ok(next),
                Err(error) if error.is_invalid_grant() => {
                    tracing::debug!(%error, "the refresh token is not taken");
                    refused = Some(error);
                }
                // For a client that has its secret, the pair was worth its while as long as it worked.
                Err(error) if self.holder == Holder::Client && error.is_transient() && pair.has_expired(self.now()) => {
                    tracing::debug!(%error, "the token expired while it was refreshed");
                }
                Err(error) => return Err(error),
            }
        }
        match (self.holder, refused) {
            (Holder::Client, _) => {
                let patience = self.patience(why, current, None);
                self.client_credentials(Manner { patience, reference }).await
            }
            (Holder::User, Some(PosError::TokenRefused(problem))) => {
                Err(PosError::LoginNeeded { problem: Some(problem) })
            }
            (Holder::User, _) => Err(PosError::LoginNeeded { problem: None }),
        }
    }

    /// Whether to present the refresh token. A user has nothing else. A client has its secret, so that it leaves out what would be refused:
    /// a token that has expired, that is of a family which was probably ended, or that was presented longer ago than the leeway. The
    /// server would take the last for a theft.
    fn may_refresh(&self, pair: &Pair, why: Why<'_>, begun: Option<OffsetDateTime>) -> bool {
        let now = self.now();
        let within = |begun| Duration::try_from(now - begun).is_ok_and(|since| since < self.repeat_within());
        self.holder == Holder::User
            || (!pair.has_expired(now) && !matches!(why, Why::Refused(_)) && begun.is_none_or(within))
    }

    /// For how long a refresh that may have been done is repeated.
    fn repeat_within(&self) -> Duration {
        self.settings.refresh_leeway.saturating_sub(ON_THE_WAY)
    }

    /// How long a request for a pair may take. Where nobody needs it yet, half of what is left of the pair in use: the other half is for the
    /// call.
    fn patience(&self, why: Why<'_>, current: Option<&Pair>, begun: Option<OffsetDateTime>) -> Patience {
        let left = current.map(|pair| pair.left(self.now())).unwrap_or_default();
        if matches!(why, Why::Early) && !left.is_zero() {
            return Patience::Once(EARLY_LIMIT.min(left / 2));
        }
        let end = time::Duration::try_from(self.repeat_within()).ok();
        let end = begun.zip(end).and_then(|(begun, within)| begun.checked_add(within));
        end.map_or(Patience::Usual, Patience::Until)
    }

    fn is_due(&self, pair: &Pair) -> bool {
        pair.is_due(self.now(), self.settings.refresh_threshold)
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.wire.runtime.now()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const CREATED: OffsetDateTime = datetime!(2026-11-06 08:49:00 UTC);

    fn pair() -> Pair {
        Pair {
            access: Secret::from("a"),
            refresh: None,
            scope: Scope::Merchant,
            created: CREATED,
            lifetime: Duration::from_secs(1200),
        }
    }

    #[test]
    fn a_pair_is_due_the_threshold_before_it_expires() {
        let at = |seconds| CREATED + time::Duration::seconds(seconds);
        let minute = Duration::from_secs(60);
        for (seconds, due, expired) in [
            (0, false, false),
            (1139, false, false),
            (1140, true, false),
            (1199, true, false),
            (1200, true, true),
            (-1, true, true),
        ] {
            let pair = pair();
            assert_eq!((pair.is_due(at(seconds), minute), pair.has_expired(at(seconds))), (due, expired), "{seconds}");
        }
        assert!(pair().is_due(at(0), Duration::from_secs(1200)) && pair().is_due(at(0), Duration::MAX));
        assert_eq!(pair().expires_at(), at(1200));
        assert_eq!(Pair { lifetime: Duration::MAX, ..pair() }.expires_at(), CREATED);
    }

    #[test]
    fn no_debug_shows_a_token() {
        let pair = Pair { access: Secret::from("opensesame"), refresh: Some(Secret::from("opensesame")), ..pair() };
        assert!(!format!("{pair:?} {:?}", pair.header()).contains("opensesame"));
    }
}
