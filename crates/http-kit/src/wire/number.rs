//! Numbers of a body, exact.

use std::fmt;

use domain::Faults;
use domain::decimal::{Decimal, DecimalFault};

use super::{Reads, wrong};

/// A number, or what stands in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Number {
    /// Nothing, or null.
    #[default]
    Absent,
    /// A number: the exact one that was sent, when that had fifteen digits or fewer, or why it is not taken. Of a fraction with more digits
    /// that is told of the shortest one that is the same double (IEEE 754).
    Given(Result<Decimal, DecimalFault>),
    /// Something else: `a string`.
    Wrong(&'static str),
}

impl Number {
    /// The number, or why it is not taken, when there is one. A value of another type is a fault at `field`.
    #[inline]
    pub fn take<T: From<Result<Decimal, DecimalFault>>>(
        self,
        field: impl fmt::Display,
        faults: &mut Faults,
    ) -> Option<T> {
        match self {
            Self::Absent => None,
            Self::Given(read) => Some(read.into()),
            Self::Wrong(kind) => {
                wrong(&field, "a number", kind, faults);
                None
            }
        }
    }
}

impl Reads<'_> for Number {
    const ABSENT: Self = Self::Absent;
    fn wrong(kind: &'static str) -> Self {
        Self::Wrong(kind)
    }
    fn integer(number: i64) -> Self {
        Self::Given(Decimal::new(number, 0))
    }
    fn fraction(number: f64) -> Self {
        Self::Given(exact(number).unwrap_or_else(|| Decimal::parse(&digits(number))))
    }
}

/// The decimal number that `double` was read of, when that is one of hundredths: most are, and it is much cheaper than to write its digits
/// and read them.
///
/// A quotient is rounded to the nearest double, as what was read was. So when it is the double, they may have been the same decimal; and of
/// those of fifteen digits or fewer, only one is that double.
fn exact(double: f64) -> Option<Result<Decimal, DecimalFault>> {
    const MOST: u64 = 999_999_999_999_999;
    // Near an integer, whose half more is cut off to it. What is too large for an `i64` becomes its largest.
    let hundredths = (double * 100.0 + 0.5_f64.copysign(double)) as i64;
    (hundredths.unsigned_abs() <= MOST && hundredths as f64 / 100.0 == double).then(|| Decimal::new(hundredths, 2))
}

/// As JSON is written, the shortest digits that are read as the same double. Every double that was read has some.
pub(super) fn digits(double: f64) -> String {
    serde_json::to_string(&double).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[test]
    fn numbers_are_exact() {
        #[derive(Deserialize)]
        struct Holds {
            number: Number,
        }
        let read = |json: &str| serde_json::from_str::<Holds>(&format!(r#"{{"number":{json}}}"#)).unwrap().number;
        for (json, digits) in [
            ("7", "7"),
            ("-0.10", "-0.1"),
            ("-0.0", "0"),
            ("100.25", "100.25"),
            ("123456789012.345", "123456789012.345"),
            ("9999999999999.99", "9999999999999.99"),
            ("0.000000000001", "0.000000000001"),
            ("1e2", "100"),
            ("1.0000000000000000001", "1"),
        ] {
            assert_eq!(read(json), Number::Given(Decimal::parse(digits)), "{json}");
        }
        for (json, fault) in [
            ("0.30000000000000004", DecimalFault::Precision),
            ("1e-13", DecimalFault::Precision),
            ("9007199254740993", DecimalFault::TooLarge),
            ("99999999999999.99", DecimalFault::Precision),
            ("1e15", DecimalFault::TooLarge),
            ("-1e70", DecimalFault::TooLarge),
        ] {
            assert_eq!(read(json), Number::Given(Err(fault)), "{json}");
        }
        assert_eq!(read("null"), Number::Absent);
        assert_eq!(read("\"7\""), Number::Wrong("a string"));
        assert_eq!(read("true").take::<Result<_, _>>("a.b", &mut Faults::new()), None);
    }

    proptest! {
        #[test]
        fn a_number_is_what_its_shortest_digits_say(bits in any::<u64>(), hundredths in -2_000_000_000_000_000_i64..2_000_000_000_000_000) {
            for double in [f64::from_bits(bits), hundredths as f64 / 100.0, hundredths as f64 / 128.0, hundredths as f64 / 1e15] {
                if double.is_finite() {
                    prop_assert_eq!(Number::fraction(double), Number::Given(Decimal::parse(&digits(double))), "{}", double);
                }
            }
        }

        #[test]
        fn a_number_is_what_was_sent(text in "-?(0|[1-9][0-9]{0,11})(\\.[0-9]{1,3})?(e[+-]?[0-4])?") {
            let read: Number = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, Number::Given(Decimal::parse(&text)));
        }
    }
}
