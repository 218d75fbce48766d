//! Access tokens that were looked up just now, so that most calls with one need no look-up.
//!
//! An entry is believed for less than a second, and not beyond a revocation that this process knows of. So it needs no word from the
//! database: what another process revokes is refused here within [`LONGEST_STAY`], even where the database can't be reached. Keys are
//! believed for longer, under the rule of the key cache; tokens end so often (every log-out may revoke one) that telling every process
//! of each would empty the caches of all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use domain::oauth_token::{TOKEN_BYTES, TokenLife};
use quick_cache::sync::Cache;

use crate::key_cache::monotonic;
use crate::oauth_token::TokenPrincipal;

/// The keyed hash of a token: as long as the token, which has no more to tell.
pub(crate) type TokenLookup = [u8; TOKEN_BYTES];

/// How long an entry is believed after the look-up began.
const LONGEST_STAY: Duration = Duration::from_millis(900);

/// The most entries, some 6 MB. An entry is believed for [`LONGEST_STAY`]: more serve nobody who makes fewer than 18,000 calls a second,
/// each with another token.
const MOST: usize = 16_384;

/// What is known of an access token.
pub(crate) struct KnownToken {
    pub(crate) principal: Arc<TokenPrincipal>,
    /// What decides whether it works, but for its client.
    pub(crate) life: TokenLife,
    /// Whether its client and its user may still use it.
    pub(crate) client_works: bool,
}

/// What an entry must still agree with to be believed: taken before the look-up, compared at each use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epochs {
    /// Of keys, clients and partners.
    pub(crate) keys: u64,
    /// Of families that have ended, which takes any number of tokens.
    families: u64,
    /// Of access tokens that were revoked alone and share the first byte of the look-up.
    tokens: u64,
}

#[derive(Clone)]
struct Entry {
    token: Arc<KnownToken>,
    epochs: Epochs,
    asked: Instant,
}

pub(crate) struct TokenCache {
    entries: Cache<TokenLookup, Entry>,
    families: AtomicU64,
    /// By the first byte of the look-up: a till that logs out takes few other entries along.
    tokens: [AtomicU64; 256],
}

impl TokenCache {
    /// One that is no larger than the cache of keys may be.
    pub(crate) fn new(keys: usize) -> Self {
        Self {
            entries: Cache::new(keys.clamp(1, MOST)),
            families: AtomicU64::new(0),
            tokens: [const { AtomicU64::new(0) }; 256],
        }
    }

    /// The epochs of a token now, with that of the key cache.
    pub(crate) fn epochs(&self, keys: u64, lookup: &TokenLookup) -> Epochs {
        let tokens = self.tokens[usize::from(lookup[0])].load(Ordering::Acquire);
        Epochs { keys, families: self.families.load(Ordering::Acquire), tokens }
    }

    pub(crate) fn get(&self, lookup: &TokenLookup, epochs: Epochs) -> Option<Arc<KnownToken>> {
        let entry = self.entries.get(lookup)?;
        (entry.epochs == epochs && entry.asked.elapsed() < LONGEST_STAY).then_some(entry.token)
    }

    /// Whether there is an entry, believed or not.
    pub(crate) fn has_seen(&self, lookup: &TokenLookup) -> bool {
        self.entries.peek(lookup).is_some()
    }

    /// Keeps a token whose look-up began at `asked`, after `epochs` were taken.
    pub(crate) fn keep(&self, lookup: TokenLookup, token: Arc<KnownToken>, epochs: Epochs, asked: Instant) {
        self.entries.insert(lookup, Entry { token, epochs, asked });
    }

    /// What was looked up of this token before counts no more, nor what is being looked up.
    pub(crate) fn forget(&self, lookup: &TokenLookup) {
        self.tokens[usize::from(lookup[0])].fetch_add(1, Ordering::AcqRel);
        self.entries.remove(lookup);
    }

    /// Nothing that was looked up before counts any more.
    pub(crate) fn forget_all(&self) {
        self.families.fetch_add(1, Ordering::AcqRel);
    }
}

/// When a look-up begins.
pub(crate) fn asked() -> Instant {
    monotonic()
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::api_key::KeyHolder;
    use domain::identifier::{ClientIdentifier, PartnerId};
    use domain::oauth_token::{FamilyId, Scope, TokenId};
    use uuid::Uuid;

    use super::*;

    fn token() -> Arc<KnownToken> {
        let id = TokenId(Uuid::nil());
        let principal = TokenPrincipal {
            token: id,
            family: FamilyId(Uuid::nil()),
            holder: KeyHolder { partner: PartnerId(1), client: Some(ClientIdentifier(7)) },
            oauth_client_id: "flexitidemo".into(),
            scope: Scope::Merchant,
            username: None,
            expires_at: Timestamp::from_micros(1),
        };
        let life = TokenLife {
            expires_at: Timestamp::from_micros(1),
            revoked_at: None,
            refreshed_at: None,
            family_ended_at: None,
        };
        Arc::new(KnownToken { principal: Arc::new(principal), life, client_works: true })
    }

    #[test]
    fn an_entry_is_believed_for_less_than_a_second() {
        let cache = TokenCache::new(10);
        let epochs = cache.epochs(0, &[1; 20]);
        cache.keep([1; 20], token(), epochs, asked());
        assert!(cache.get(&[1; 20], epochs).is_some());
        cache.keep([1; 20], token(), epochs, asked() - LONGEST_STAY);
        assert!(cache.get(&[1; 20], epochs).is_none());
    }

    #[test]
    fn a_revocation_counts_also_for_what_is_being_read() {
        let cache = TokenCache::new(10);
        let before = cache.epochs(0, &[1; 20]);
        cache.keep([1; 20], token(), before, asked());
        assert!(cache.get(&[1; 20], cache.epochs(1, &[1; 20])).is_none(), "a client was revoked");
        let other = cache.epochs(0, &[2; 20]);
        cache.keep([2; 20], token(), other, asked());
        cache.forget(&[1; 20]);
        cache.keep([1; 20], token(), before, asked());
        assert!(cache.get(&[1; 20], cache.epochs(0, &[1; 20])).is_none(), "it was revoked");
        assert!(cache.get(&[2; 20], cache.epochs(0, &[2; 20])).is_some(), "another was not");
        cache.forget_all();
        cache.keep([2; 20], token(), other, asked());
        assert!(cache.get(&[2; 20], cache.epochs(0, &[2; 20])).is_none(), "its family has ended");
    }
}
