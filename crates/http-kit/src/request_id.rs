//! The identifier of a request: the caller's `X-Request-Id` when it is fit, else one made here; returned with every answer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::{Clock, Random, Timestamp};
use http::{HeaderMap, HeaderValue};

/// The header's name.
pub const HEADER: &str = "x-request-id";

const LONGEST: usize = 128;

/// The identifier of one request.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's, when there is one of 1 to 128 characters out of `A-Z a-z 0-9 . _ -`. Anything else is passed over: it would go
    /// into logs as it stands.
    #[must_use]
    pub fn given(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next()?;
        let fit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        ((1..=LONGEST).contains(&value.len()) && value.as_bytes().iter().all(fit) && values.next().is_none())
            .then(|| Self(value.clone()))
    }

    pub(crate) const fn nameless() -> Self {
        Self(HeaderValue::from_static("none"))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The value of the header of the answer.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Makes identifiers that sort by time: a ULID, 48 bits of milliseconds and 80 bits that do not repeat in this process and hardly in
/// another. They are no secrets, so random bytes are drawn once, at the start, and not for each request.
pub struct RequestIds {
    clock: Arc<dyn Clock>,
    seed: [u64; 2],
    made: AtomicU64,
}

impl RequestIds {
    /// A maker with a seed of its own.
    pub fn new(clock: Arc<dyn Clock>, random: &dyn Random) -> Self {
        let mut seed = [[0; 8]; 2];
        seed.iter_mut().for_each(|part| random.fill(part));
        Self { clock, seed: seed.map(u64::from_be_bytes), made: AtomicU64::new(0) }
    }

    /// The next identifier.
    pub fn make(&self) -> RequestId {
        let count = self.made.fetch_add(1, Ordering::Relaxed);
        // The mixing is one to one, so that no two counts share the low 64 bits.
        let low = mix(self.seed[0].wrapping_add(count));
        let high = mix(self.seed[1].wrapping_add(count)) & 0xffff;
        let text = ulid(self.clock.now(), u128::from(high) << 64 | u128::from(low));
        // Every character of a ULID may stand in a header.
        HeaderValue::from_bytes(&text).map_or_else(|_| RequestId::nameless(), RequestId)
    }
}

/// The finaliser of SplitMix64.
const fn mix(count: u64) -> u64 {
    let z = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The canonical text of a ULID: 26 characters of Crockford's base 32.
fn ulid(at: Timestamp, random: u128) -> [u8; 26] {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let millis = u64::try_from(at.micros().div_euclid(1_000)).unwrap_or(0);
    let mut bits = u128::from(millis) << 80 | random;
    let mut text = [0; 26];
    for place in text.iter_mut().rev() {
        *place = DIGITS[(bits & 31) as usize];
        bits >>= 5;
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashSet;

    use super::*;

    pub(crate) struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::parse_rfc3339("2026-11-21T10:00:00Z").unwrap()
        }
    }

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn given(values: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        RequestId::given(&headers).map(|id| id.to_string())
    }

    #[test]
    fn takes_what_is_fit_for_logs() {
        assert_eq!(given(&[b"a.B_9-"]).as_deref(), Some("a.B_9-"));
        assert_eq!(given(&[&[b'a'; 128]]).unwrap().len(), 128);
        let too_long = [b'a'; 129];
        for wrong in [&[][..], &[&b""[..]], &[&too_long], &[b"a b"], &[b"a\"b"], &["ä".as_bytes()], &[b"a", b"b"]] {
            assert_eq!(given(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn made_ones_differ_and_are_fit_to_be_taken() {
        let ids = RequestIds::new(Arc::new(Fixed), &Fixed);
        let made: HashSet<String> = (0..10_000).map(|_| ids.make().to_string()).collect();
        assert_eq!(made.len(), 10_000);
        for id in &made {
            assert!(id.len() == 26 && id.starts_with("01M7YR"), "{id}");
            assert!(given(&[id.as_bytes()]).is_some());
        }
    }

    #[test]
    fn the_text_is_that_of_the_ulid_specification() {
        let text = |millis: i64, random: u128| {
            String::from_utf8(ulid(Timestamp::from_micros(millis * 1000), random).to_vec()).unwrap()
        };
        assert_eq!(text(0, 0), "00000000000000000000000000");
        assert_eq!(text((1 << 48) - 1, (1 << 80) - 1), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(text(1_469_918_176_385, 0), "01ARYZ6S410000000000000000");
        assert_eq!(text(-5, 1), "00000000000000000000000001");
    }
}
