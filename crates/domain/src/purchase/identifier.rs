//! The identifiers of authorizations, captures and returns. Those of one moment lie near each other, so that the indexes that have them are
//! written in one place; which of those they are is random. They are no secrets: who asks by one proves who they are by a token.

use std::fmt;
use std::time::Duration;

use crate::{Random, Timestamp};

/// So long a moment is.
const MOMENT: Duration = Duration::from_millis(10);

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $digits:literal, $free:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// How many digits one has.
            pub const DIGITS: usize = $digits;

            /// Reads an identifier; `None` for a text that is none.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let formed = text.len() == $digits && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|_| formed).map(Self)
            }

            /// New ones of the moment `at`, to take the first of that is free. The later half of them is of any moment: there are so many
            /// moments only, then the first one comes again.
            #[must_use]
            pub fn candidates<const COUNT: usize>(random: &dyn Random, at: Timestamp) -> [Self; COUNT] {
                std::array::from_fn(|place| {
                    let at = (place < COUNT.div_ceil(2)).then_some(at);
                    Self(identifier(random, at, $digits, $free))
                })
            }
        }

        impl From<i64> for $name {
            fn from(number: i64) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

identifier!(
    /// `authorization_id` of the POS API: 16 digits, the first of which is 1 to 8.
    AuthorizationId,
    16,
    9
);
identifier!(
    /// `capture_id` of the POS API: 9 digits, the first of which is 1 to 8.
    CaptureId,
    9,
    3
);
identifier!(
    /// `return_id` of the POS API: 16 digits, the first of which is 1 to 8.
    ReturnId,
    16,
    9
);

/// A number of so many digits, whose last `free` digits are random and whose others are of the moment `at`; where that is not given, all are
/// random. The first is 1 to 8, so that programs that read a JSON number as a double (IEEE 754) read one of 16 digits exactly.
fn identifier(random: &dyn Random, at: Option<Timestamp>, digits: u32, free: u32) -> i64 {
    let (least, kinds) = (10_u64.pow(digits - 1), 8 * 10_u64.pow(digits - 1));
    let each = 10_u64.pow(free);
    let drawn = match at {
        None => below(random, kinds),
        Some(at) => {
            let moment = at.since(Timestamp::from_micros(0)).as_micros() / MOMENT.as_micros();
            // Below what it is divided by.
            let moment = u64::try_from(moment % u128::from(kinds / each)).unwrap_or_default();
            moment * each + below(random, each)
        }
    };
    // Below 10^16.
    (least + drawn).cast_signed()
}

/// A number below `end`, each as likely as any other.
fn below(random: &dyn Random, end: u64) -> u64 {
    // Numbers beyond the largest multiple are drawn again.
    let most = u64::MAX - u64::MAX % end;
    let mut bytes = [0; 8];
    loop {
        random.fill(&mut bytes);
        let drawn = u64::from_le_bytes(bytes);
        if drawn < most {
            return drawn % end;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    struct Numbers(AtomicU64, u64);
    impl Random for Numbers {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0.fetch_add(self.1, Ordering::Relaxed).to_le_bytes());
        }
    }

    fn numbers(first: u64, step: u64) -> Numbers {
        Numbers(AtomicU64::new(first), step)
    }

    const START: Timestamp = Timestamp::from_micros(0);

    #[test]
    fn identifiers_have_their_digits() {
        // The largest number is passed over.
        let [near, anywhere] = CaptureId::candidates(&numbers(u64::MAX, 1), START).map(|id| id.0);
        assert_eq!((near, anywhere), (100_000_000, 100_000_001));
        let [near, last] = CaptureId::candidates(&numbers(799_999_999, 0), START).map(|id| id.to_string());
        assert_eq!((near.as_str(), last.as_str()), ("100000999", "899999999"));
        let [id] = AuthorizationId::candidates(&numbers(0x0123_4567_89ab_cdef, 0), START.after(Duration::MAX));
        assert_eq!(AuthorizationId::parse(&id.to_string()), Some(id));
        for text in ["", "12345678", "1234567890", "012345678", "+12345678", "12345678x"] {
            assert_eq!(CaptureId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn those_of_one_moment_lie_near_each_other() {
        let at = |moment| START.after(MOMENT * moment);
        let [id] = CaptureId::candidates(&numbers(999, 0), at(7));
        assert_eq!(id.0, 100_007_999);
        // Of the last moment there is, and of the first again.
        for (moment, wanted) in [(799_999, 899_999_999), (800_000, 100_000_999)] {
            let [id] = CaptureId::candidates(&numbers(999, 0), at(moment));
            assert_eq!(id.0, wanted);
        }
        let [id] = AuthorizationId::candidates(&numbers(999_999_999, 0), at(7));
        assert_eq!(id.0, 1_000_007_999_999_999);
        let [id] = ReturnId::candidates(&numbers(0, 0), START.before(MOMENT));
        assert_eq!(id.0, 1_000_000_000_000_000, "nothing is before the start");
    }
}
