//! API keys: their kinds, their states, and the rules of renewal (the contract's sections "Keys" and "Onboarding").

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use uuid::Uuid;
use zeroize::Zeroize;

use crate::identifier::{ClientIdentifier, PartnerId};
use crate::{Random, Secret, Timestamp, random};

/// The identifier of a key: what logs, audit records and commands name in place of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct KeyId(pub Uuid);

impl From<Uuid> for KeyId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The value of a key: a version 4 UUID in its hyphenated text form, 122 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyValue([u8; 16]);

impl KeyValue {
    /// A new random value.
    pub fn generate(random: &dyn Random) -> Secret<Self> {
        Secret::new(Self(random::uuid_v4(random).into_bytes()))
    }

    /// Reads the text form of RFC 9562, in either case. `None` when `text` is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Secret<Self>> {
        // Only the hyphenated form: other spellings of the same bits would be further names of one key.
        if text.len() != 36 {
            return None;
        }
        Uuid::try_parse(text).ok().map(|uuid| Secret::new(Self(uuid.into_bytes())))
    }

    /// The 16 bytes, for the keyed hash and for sealing.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The value of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The text form. It is the secret itself.
    #[must_use]
    pub fn to_text(&self) -> String {
        Uuid::from_bytes(self.0).hyphenated().to_string()
    }
}

impl Zeroize for KeyValue {
    fn zeroize(&mut self) {
        self.0.zeroize();
    }
}

/// What a key is for, which decides what it may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Held by a partner; creates clients.
    Provisioning,
    /// Held by a partner; calls the partner services.
    Partner,
    /// Held by a client; calls for the client's own records.
    Client,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Provisioning, Self::Partner, Self::Client];

    /// The name used in the database and in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Partner => "partner",
            Self::Client => "client",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for KeyKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| format!("`{text}` is no kind of key"))
    }
}

/// Who holds a key: a partner, or one client of a partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct KeyHolder {
    /// The partner, or the partner of the client.
    pub partner: PartnerId,
    /// The client, when the key is a client's.
    pub client: Option<ClientIdentifier>,
}

/// What decides whether a key works: the times kept with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLife {
    /// From when on it no longer works by itself; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was renewed: until when it goes on working beside its successor.
    pub overlap_until: Option<Timestamp>,
}

/// What a key is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// It works.
    Active,
    /// Its expiry has passed. It can be renewed.
    Expired,
    /// It was renewed and its overlap has passed. Its successor works in its place.
    Superseded,
    /// It was revoked, and neither works nor can be renewed.
    Revoked,
}

impl KeyLife {
    /// The state at `now`. Revocation outranks renewal, and renewal outranks expiry.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> KeyState {
        let passed = |limit: Option<Timestamp>| limit.is_some_and(|limit| limit <= now);
        if self.revoked_at.is_some() {
            KeyState::Revoked
        } else if passed(self.overlap_until) {
            KeyState::Superseded
        } else if passed(self.expires_at) {
            KeyState::Expired
        } else {
            KeyState::Active
        }
    }

    /// From when on it will not work unless something happens; `None` is never.
    #[must_use]
    pub fn works_until(&self) -> Option<Timestamp> {
        [self.expires_at, self.overlap_until, self.revoked_at].into_iter().flatten().min()
    }
}

/// What a renewal of a key must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Make a successor, and let the old key work until then.
    MakeSuccessor {
        /// The end of the overlap.
        overlap_until: Timestamp,
    },
    /// The successor is there: answer with it again, because the first answer may have been lost.
    RepeatSuccessor,
    /// The key was revoked, or was renewed longer ago than the overlap.
    Refuse(KeyState),
}

impl KeyLife {
    /// What to do when this key asks for renewal at `now`, with the configured `overlap`.
    #[must_use]
    pub fn renewal(&self, now: Timestamp, overlap: Duration) -> Renewal {
        match (self.state(now), self.overlap_until) {
            (state @ (KeyState::Revoked | KeyState::Superseded), _) => Renewal::Refuse(state),
            (KeyState::Active | KeyState::Expired, Some(_)) => Renewal::RepeatSuccessor,
            (KeyState::Active | KeyState::Expired, None) => {
                Renewal::MakeSuccessor { overlap_until: now.after(overlap) }
            }
        }
    }
}

/// The longest overlap that may be configured: seven days.
pub const LONGEST_OVERLAP: Duration = Duration::from_secs(7 * 24 * 3600);

/// The networks from which a key may be used; none listed means any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedNetworks(Vec<IpNet>);

impl AllowedNetworks {
    /// The most networks that one key may list.
    pub const MOST: usize = 64;

    /// Reads CIDR blocks and single addresses, separated by commas or spaces.
    ///
    /// # Errors
    /// A sentence that names the entry that is neither, or says that there are too many.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut networks = Vec::new();
        for entry in text.split([',', ' ']).filter(|entry| !entry.is_empty()) {
            let network = entry
                .parse::<IpNet>()
                .or_else(|_| entry.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| format!("`{entry}` is no network: write a CIDR block such as 192.0.2.0/24"))?;
            networks.push(network.trunc());
        }
        if networks.len() > Self::MOST {
            return Err(format!("a key may list {} networks at most", Self::MOST));
        }
        Ok(Self(networks))
    }

    /// Whether `address` may use the key. An IPv4 address mapped into IPv6 counts as the IPv4 address that it is.
    #[must_use]
    pub fn allow(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether any address is allowed.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for AllowedNetworks {
    /// The blocks, separated by commas: what [`AllowedNetworks::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, network) in self.0.iter().enumerate() {
            write!(f, "{}{network}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    const FRESH: KeyLife = KeyLife { expires_at: None, revoked_at: None, overlap_until: None };

    #[test]
    fn a_key_expires_at_its_expiry_not_after_it() {
        let life = KeyLife { expires_at: Some(at(10)), ..FRESH };
        assert_eq!(life.state(at(9)), KeyState::Active);
        assert_eq!(life.state(at(10)), KeyState::Expired);
    }

    #[test]
    fn an_expired_key_does_not_work_again_in_its_overlap() {
        let life = KeyLife { expires_at: Some(at(10)), overlap_until: Some(at(30)), ..FRESH };
        assert_eq!(life.state(at(20)), KeyState::Expired);
        assert_eq!(life.state(at(30)), KeyState::Superseded);
        assert_eq!(life.works_until(), Some(at(10)));
    }

    #[test]
    fn renewal_makes_one_successor_and_repeats_it_inside_the_overlap() {
        let overlap = Duration::from_secs(900);
        assert_eq!(FRESH.renewal(at(0), overlap), Renewal::MakeSuccessor { overlap_until: at(900) });
        let renewed = KeyLife { overlap_until: Some(at(900)), ..FRESH };
        assert_eq!(renewed.renewal(at(899), overlap), Renewal::RepeatSuccessor);
        assert_eq!(renewed.renewal(at(900), overlap), Renewal::Refuse(KeyState::Superseded));
        let expired = KeyLife { expires_at: Some(at(1)), ..FRESH };
        assert_eq!(expired.renewal(at(5), overlap), Renewal::MakeSuccessor { overlap_until: at(905) });
        let revoked = KeyLife { revoked_at: Some(at(1)), ..FRESH };
        assert_eq!(revoked.renewal(at(5), overlap), Renewal::Refuse(KeyState::Revoked));
    }

    #[test]
    fn a_key_has_one_spelling() {
        let text = "8848372d-8457-4ca4-9da9-673f1cdd6684";
        assert_eq!(KeyValue::parse(text).unwrap().expose().to_text(), text);
        assert_eq!(KeyValue::parse(&text.to_uppercase()).unwrap().expose().to_text(), text);
        for wrong in ["", "8848372d84574ca49da9673f1cdd6684", "{8848372d-8457-4ca4-9da9-673f1cdd6684}", "not a key"] {
            assert!(KeyValue::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn networks_allow_what_they_contain() {
        let networks = AllowedNetworks::parse("192.0.2.7/24, 2001:db8::/32 198.51.100.1").unwrap();
        assert_eq!(networks.to_string(), "192.0.2.0/24,2001:db8::/32,198.51.100.1/32");
        assert!(networks.allow("192.0.2.200".parse().unwrap()));
        assert!(networks.allow("::ffff:192.0.2.200".parse().unwrap()));
        assert!(!networks.allow("198.51.100.2".parse().unwrap()));
        assert!(AllowedNetworks::default().allow("203.0.113.1".parse().unwrap()));
        assert!(AllowedNetworks::parse("192.0.2.0/33").is_err());
    }
}
