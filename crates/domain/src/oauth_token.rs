//! Tokens of the point-of-sale API: their form, their scopes, and the rules of refreshing (the contract's section "Tokens"; RFC 6749,
//! RFC 9700).

use std::fmt::{self, Write as _};
use std::str::FromStr;
use std::time::Duration;

use uuid::Uuid;
use zeroize::Zeroize;

use crate::{Random, Secret, Timestamp};

/// How long an access token works, and how long it can be refreshed: the contract's 1200 s.
pub const LIFETIME: Duration = Duration::from_secs(1200);

/// The longest leeway that may be configured, in which a refresh can be repeated.
pub const LONGEST_LEEWAY: Duration = Duration::from_secs(60);

/// The identifier of a token pair: what logs and audit records name in place of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(pub Uuid);

impl From<Uuid> for TokenId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The identifier of a family: the pair that a grant gave, and all that it was refreshed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyId(pub Uuid);

impl From<Uuid> for FamilyId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The bytes of a token.
pub const TOKEN_BYTES: usize = 20;

/// The value of an access or refresh token: 160 random bits, written as 40 hexadecimal digits in lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenValue([u8; TOKEN_BYTES]);

impl TokenValue {
    /// A new random value.
    pub fn generate(random: &dyn Random) -> Secret<Self> {
        let mut value = Secret::new(Self([0; TOKEN_BYTES]));
        random.fill(&mut value.expose_mut().0);
        value
    }

    /// The value of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; TOKEN_BYTES]) -> Secret<Self> {
        Secret::new(Self(bytes))
    }

    /// Reads the text form. `None` when `text` is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Secret<Self>> {
        // Lower case only: another spelling would be a further name of one token.
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let text: &[u8; 2 * TOKEN_BYTES] = text.as_bytes().try_into().ok()?;
        let mut value = Self([0; TOKEN_BYTES]);
        for (byte, pair) in value.0.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Secret::new(value))
    }

    /// The bytes, for the keyed hash.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; TOKEN_BYTES] {
        &self.0
    }

    /// The text form. It is the secret itself.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.iter().fold(String::with_capacity(2 * TOKEN_BYTES), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl Zeroize for TokenValue {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// What a token may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Every endpoint.
    #[default]
    Merchant,
    /// The endpoints that a customer's own screen needs.
    Customer,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Merchant, Self::Customer];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Customer => "customer",
        }
    }

    /// Whether a token of this scope may be exchanged for one of `other`: never for a wider one.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        matches!((self, other), (Self::Merchant, _) | (Self::Customer, Self::Customer))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| format!("`{text}` is no scope"))
    }
}

/// What decides whether a pair works: the times kept with it and with its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLife {
    /// From when on the access token does not work, and the pair can't be refreshed.
    pub expires_at: Timestamp,
    /// When the access token was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When the pair was refreshed. The access token works on until it expires: calls may be under way with it.
    pub refreshed_at: Option<Timestamp>,
    /// When its family ended.
    pub family_ended_at: Option<Timestamp>,
}

/// What an access token is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessState {
    /// It works.
    Active,
    /// Its time has passed.
    Expired,
    /// It was revoked, or its family has ended.
    Revoked,
}

/// What a refresh must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// Make the next pair, and end this refresh token.
    MakePair,
    /// The next pair is there: answer with it again, because the first answer may have been lost.
    RepeatPair,
    /// The refresh token was used before, longer ago than the leeway: end the family (RFC 9700 section 4.14.2).
    EndFamily,
    /// The access token has expired.
    RefuseExpired,
    /// The family has ended.
    RefuseEnded,
}

impl TokenLife {
    /// The state of the access token at `now`. Revocation outranks expiry.
    #[must_use]
    pub fn access(&self, now: Timestamp) -> AccessState {
        if self.revoked_at.is_some() || self.family_ended_at.is_some() {
            AccessState::Revoked
        } else if self.expires_at <= now {
            AccessState::Expired
        } else {
            AccessState::Active
        }
    }

    /// What to do when this pair's refresh token comes at `now`, with the configured `leeway`.
    ///
    /// A repeat is answered also when the pair has expired meanwhile: the refresh that it repeats came in time.
    #[must_use]
    pub fn refresh(&self, now: Timestamp, leeway: Duration) -> Refresh {
        match self.refreshed_at {
            _ if self.family_ended_at.is_some() => Refresh::RefuseEnded,
            // Of two processes one may have a clock that is behind: what was refreshed in the future was refreshed just now.
            Some(refreshed_at) if now < refreshed_at.after(leeway) => Refresh::RepeatPair,
            Some(_) => Refresh::EndFamily,
            None if self.expires_at <= now => Refresh::RefuseExpired,
            None => Refresh::MakePair,
        }
    }

    /// Whether the refresh token could be used at `now` for a new pair.
    #[must_use]
    pub fn can_be_refreshed(&self, now: Timestamp) -> bool {
        self.refresh(now, Duration::ZERO) == Refresh::MakePair
    }
}

/// Why a family ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyEnd {
    /// A refresh token was used again after the leeway.
    Reused,
    /// The client revoked its refresh token (RFC 7009).
    Revoked,
}

impl FamilyEnd {
    /// The name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reused => "reused",
            Self::Revoked => "revoked",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    const FRESH: TokenLife = TokenLife {
        expires_at: Timestamp::from_micros(1_200_000_000),
        revoked_at: None,
        refreshed_at: None,
        family_ended_at: None,
    };
    const LEEWAY: Duration = Duration::from_secs(10);

    #[test]
    fn an_access_token_expires_at_its_expiry_not_after_it() {
        assert_eq!(FRESH.access(at(1199)), AccessState::Active);
        assert_eq!(FRESH.access(at(1200)), AccessState::Expired);
        let revoked = TokenLife { revoked_at: Some(at(1)), ..FRESH };
        assert_eq!(revoked.access(at(1300)), AccessState::Revoked);
    }

    #[test]
    fn a_refresh_ends_the_refresh_token_and_leaves_the_access_token() {
        let refreshed = TokenLife { refreshed_at: Some(at(100)), ..FRESH };
        assert_eq!(refreshed.access(at(500)), AccessState::Active);
        assert!(FRESH.can_be_refreshed(at(500)) && !refreshed.can_be_refreshed(at(100)));
    }

    #[test]
    fn a_refresh_must_come_before_the_expiry() {
        assert_eq!(FRESH.refresh(at(1199), LEEWAY), Refresh::MakePair);
        assert_eq!(FRESH.refresh(at(1200), LEEWAY), Refresh::RefuseExpired);
    }

    #[test]
    fn a_repeat_gives_the_same_pair_in_the_leeway_and_ends_the_family_after_it() {
        let refreshed = TokenLife { refreshed_at: Some(at(1195)), ..FRESH };
        assert_eq!(refreshed.refresh(at(1190), LEEWAY), Refresh::RepeatPair, "a clock that is behind");
        assert_eq!(refreshed.refresh(at(1204), LEEWAY), Refresh::RepeatPair, "the first came in time");
        assert_eq!(refreshed.refresh(at(1205), LEEWAY), Refresh::EndFamily);
        assert_eq!(refreshed.refresh(at(1195), Duration::ZERO), Refresh::EndFamily);
    }

    #[test]
    fn nothing_of_an_ended_family_works() {
        for refreshed_at in [None, Some(at(5))] {
            let ended = TokenLife { refreshed_at, family_ended_at: Some(at(6)), ..FRESH };
            assert_eq!(ended.refresh(at(7), LEEWAY), Refresh::RefuseEnded);
            assert_eq!(ended.access(at(7)), AccessState::Revoked);
        }
    }

    #[test]
    fn a_scope_is_never_widened() {
        use Scope::{Customer, Merchant};
        let wider = |from: Scope, to: Scope| !from.covers(to);
        assert!(wider(Customer, Merchant));
        assert!(!wider(Merchant, Customer) && !wider(Merchant, Merchant) && !wider(Customer, Customer));
        for scope in Scope::ALL {
            assert_eq!(scope.name().parse(), Ok(scope));
        }
        assert!("Merchant".parse::<Scope>().is_err() && "merchant customer".parse::<Scope>().is_err());
    }

    proptest! {
        #[test]
        fn reads_what_it_shows(bytes in any::<[u8; TOKEN_BYTES]>()) {
            let text = TokenValue(bytes).to_text();
            prop_assert_eq!(text.len(), 40);
            prop_assert_eq!(TokenValue::parse(&text).map(|value| *value.expose().as_bytes()), Some(bytes));
        }

        #[test]
        fn nothing_else_is_a_token(text in "[0-9a-fA-Fg]{0,45}") {
            let is_one = text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            prop_assert_eq!(TokenValue::parse(&text).is_some(), is_one);
        }

        #[test]
        fn a_pair_is_made_once_and_only_in_time(now in 0_i64..4000, refreshed in proptest::option::of(0_i64..2000), leeway in 0_u64..60) {
            let life = TokenLife { refreshed_at: refreshed.map(at), ..FRESH };
            let decided = life.refresh(at(now), Duration::from_secs(leeway));
            prop_assert_eq!(decided == Refresh::MakePair, refreshed.is_none() && now < 1200);
            if let Some(refreshed) = refreshed {
                prop_assert_eq!(decided == Refresh::RepeatPair, now < refreshed + leeway as i64);
            }
        }
    }
}
