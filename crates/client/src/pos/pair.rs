//! A token pair: how it is read, for how long it works, and the header that presents it.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use serde::Deserialize;
use time::OffsetDateTime;

use super::closed::Scope;
use super::error::PosError;
use crate::api_key::Secret;
use crate::receive::Answer;

/// A token pair.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) access: Secret,
    pub(super) refresh: Option<Secret>,
    pub(super) scope: Scope,
    /// When it was asked for.
    created: OffsetDateTime,
    lifetime: Duration,
    /// That which all pairs share that came of one grant by refreshes.
    family: Arc<()>,
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
            family: Arc::default(),
        })
    }

    /// The same, as it came of a refresh of `before`.
    pub(super) fn refreshed_from(self, before: &Self) -> Self {
        Self { family: Arc::clone(&before.family), ..self }
    }

    /// Whether both came of one grant.
    pub(super) fn is_of_family_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.family, &other.family)
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
    pub(super) fn left(&self, now: OffsetDateTime) -> Duration {
        let age = Duration::try_from(now - self.created).ok();
        age.map(|age| self.lifetime.saturating_sub(age)).unwrap_or_default()
    }

    /// Whether it expires in `threshold` or less.
    pub(super) fn is_due(&self, now: OffsetDateTime, threshold: Duration) -> bool {
        self.left(now) <= threshold
    }

    pub(super) fn has_expired(&self, now: OffsetDateTime) -> bool {
        self.left(now).is_zero()
    }

    /// What ends the whole family, or this token where there is no family.
    pub(super) fn last_token(&self) -> &Secret {
        self.refresh.as_ref().unwrap_or(&self.access)
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
            family: Arc::default(),
        }
    }

    #[test]
    fn a_refresh_stays_in_its_family() {
        let first = pair();
        let second = pair().refreshed_from(&first);
        assert!(pair().refreshed_from(&second).is_of_family_of(&first) && !pair().is_of_family_of(&first));
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
