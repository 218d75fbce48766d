//! The identifiers of authorizations, captures and returns: random, so that none is guessed from another.

use std::fmt;

use crate::Random;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $digits:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// Reads an identifier; `None` for a text that is none.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let formed = text.len() == $digits && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|_| formed).map(Self)
            }

            /// A new one.
            #[must_use]
            pub fn generate(random: &dyn Random) -> Self {
                Self(random_number(random, $digits))
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
    16
);
identifier!(
    /// `capture_id` of the POS API: 9 digits, the first of which is 1 to 8.
    CaptureId,
    9
);
identifier!(
    /// `return_id` of the POS API: 16 digits, the first of which is 1 to 8.
    ReturnId,
    16
);

/// A number of so many digits, each as likely as any other. The first is 1 to 8, so that programs that read a JSON number as a double (IEEE
/// 754) read one of 16 digits exactly.
fn random_number(random: &dyn Random, digits: u32) -> i64 {
    let (least, kinds) = (10_u64.pow(digits - 1), 8 * 10_u64.pow(digits - 1));
    // Numbers beyond the largest multiple are drawn again.
    let most = u64::MAX - u64::MAX % kinds;
    let mut bytes = [0; 8];
    loop {
        random.fill(&mut bytes);
        let drawn = u64::from_le_bytes(bytes);
        if drawn < most {
            // Below 10^16.
            return (least + drawn % kinds).cast_signed();
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

    #[test]
    fn identifiers_have_their_digits() {
        let random = Numbers(AtomicU64::new(u64::MAX), 1);
        let drawn: Vec<i64> = (0..3).map(|_| CaptureId::generate(&random).0).collect();
        // The largest number is passed over.
        assert_eq!(drawn, [100_000_000, 100_000_001, 100_000_002]);
        let last = Numbers(AtomicU64::new(799_999_999), 0);
        assert_eq!(CaptureId::generate(&last).to_string(), "899999999");
        let id = AuthorizationId::generate(&Numbers(AtomicU64::new(0x0123_4567_89ab_cdef), 0));
        assert_eq!(AuthorizationId::parse(&id.to_string()), Some(id));
        for text in ["", "12345678", "1234567890", "012345678", "+12345678", "12345678x"] {
            assert_eq!(CaptureId::parse(text), None, "{text}");
        }
    }
}
