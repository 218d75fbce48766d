//! Exact decimal numbers as they come in JSON: quantities, unit prices and amounts. Never a float.
//!
//! A number comes as the text that it has as a JSON number. That a JSON string in its place is no number is for the
//! reader of the body to say. Programs on the way may have had the number in a double: fifteen significant digits are
//! what a double keeps of any decimal (IEEE 754 binary64), so that a number of at most fifteen is the same with and
//! without one, and one of more is refused instead of being taken for its neighbour.

use std::cmp::Ordering;
use std::fmt;

use crate::fault_code::{Coded, OUT_OF_RANGE};

/// The most significant digits of a number.
pub const MOST_DIGITS: usize = 15;

/// The most decimals of a number.
pub const MOST_DECIMALS: u8 = 12;

/// An exact decimal number of at most 15 significant digits and 12 decimals, below 10^15. Equal numbers are equal
/// however they were written: `1.50` is `1.5`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits and the sign, below 10^15; without trailing zeros that are decimals.
    units: i64,
    /// The number of decimals.
    scale: u8,
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalFault {
    /// It is not written as a number is in JSON (RFC 8259 section 6).
    #[error("This is no number: write digits with a decimal point, such as 100.25")]
    Format,
    /// It has more than 15 significant digits or 12 decimals.
    #[error("The number has too many digits: 15 at most count, and 12 of them after the decimal point; round it")]
    Precision,
    /// It is 10^15 or more.
    #[error("The number is too large: it must be below 1000000000000000")]
    TooLarge,
}

impl Coded for DecimalFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "number_format",
            Self::Precision => "number_precision",
            Self::TooLarge => OUT_OF_RANGE,
        }
    }
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// Reads a number as JSON writes it: a minus, digits without leading zeros, decimals, an exponent.
    ///
    /// # Errors
    /// [`DecimalFault`], when the text is none, or the number has too many digits or is too large.
    pub fn parse(text: &str) -> Result<Self, DecimalFault> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (number, exponent) = match rest.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, read_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, decimals) = match number.split_once('.') {
            Some((_, "")) => return Err(DecimalFault::Format),
            Some(parts) => parts,
            None => (number, ""),
        };
        let formed = !whole.is_empty()
            && (whole == "0" || !whole.starts_with('0'))
            && whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit());
        if !formed {
            return Err(DecimalFault::Format);
        }
        // The digits that count are between the zeros before and behind them, wherever the point is.
        let all = || whole.bytes().chain(decimals.bytes());
        let Some(leading) = all().position(|digit| digit != b'0') else { return Ok(Self::ZERO) };
        let dropped = all().rev().take_while(|digit| *digit == b'0').count();
        let count = whole.len() + decimals.len() - leading - dropped;
        // The power of ten of the last digit that counts.
        let lowest = exponent + length(dropped) - length(decimals.len());
        if length(count) + lowest > length(MOST_DIGITS) {
            return Err(DecimalFault::TooLarge);
        }
        if count > MOST_DIGITS || lowest < -i64::from(MOST_DECIMALS) {
            return Err(DecimalFault::Precision);
        }
        let units = all().skip(leading).take(count).fold(0, |units, digit| units * 10 + i64::from(digit - b'0'));
        let units = if negative { -units } else { units };
        Ok(match u8::try_from(-lowest) {
            Ok(scale) => Self { units, scale },
            // At most 15 digits in all, as was seen above.
            Err(_) => Self { units: units * 10_i64.pow(u32::try_from(lowest).unwrap_or_default()), scale: 0 },
        })
    }

    /// The number of `units` parts of which 10^`scale` make one.
    ///
    /// # Errors
    /// [`DecimalFault`], as [`Decimal::parse`].
    pub fn new(units: i64, scale: u8) -> Result<Self, DecimalFault> {
        let (mut units, mut scale) = (units, scale);
        while scale > 0 && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        if units.unsigned_abs() >= 10_u64.pow(15) {
            Err(if scale == 0 { DecimalFault::TooLarge } else { DecimalFault::Precision })
        } else if scale > MOST_DECIMALS {
            Err(DecimalFault::Precision)
        } else {
            Ok(Self { units, scale })
        }
    }

    /// The number without its decimal point: 15025 for 150.25.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// The number of decimals that count: 2 for 150.25, 0 for 150.00.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.units < 0
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }
}

/// Beyond any length of a text, so that nothing brings a number back from so far.
const FARTHEST: i64 = 1 << 60;

/// A length as a power of ten is counted.
fn length(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(FARTHEST).min(FARTHEST)
}

fn read_exponent(text: &str) -> Result<i64, DecimalFault> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalFault::Format);
    }
    let size = digits.parse::<i64>().unwrap_or(FARTHEST).min(FARTHEST);
    Ok(if text.starts_with('-') { -size } else { size })
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // At most 15 digits and 12 zeros, far below the largest i128.
        let common = self.scale.max(other.scale);
        let lifted = |number: &Self| i128::from(number.units) * 10_i128.pow(u32::from(common - number.scale));
        lifted(self).cmp(&lifted(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.units, self.scale)
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For storage: a text, as it is printed, or in a form that nobody reads the units and the number of decimals. Answers
/// have JSON numbers.
impl serde::Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            (self.units, self.scale).serialize(serializer)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Decimal {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            Self::parse(&text).map_err(serde::de::Error::custom)
        } else {
            let (units, scale) = serde::Deserialize::deserialize(deserializer)?;
            Self::new(units, scale).map_err(serde::de::Error::custom)
        }
    }
}

/// Writes `units` with `scale` decimals: 15025 and 2 as `150.25`.
pub(crate) fn write_decimal(f: &mut fmt::Formatter<'_>, units: i64, scale: u8) -> fmt::Result {
    let sign = if units < 0 { "-" } else { "" };
    let size = units.unsigned_abs();
    if scale == 0 {
        return write!(f, "{sign}{size}");
    }
    let one = 10_u64.pow(u32::from(scale));
    write!(f, "{sign}{}.{:0width$}", size / one, size % one, width = usize::from(scale))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn reads_what_json_writes() {
        for (text, printed) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("0e999999999", "0"),
            ("100.25", "100.25"),
            ("-100.250", "-100.25"),
            ("1e3", "1000"),
            ("1.5E+2", "150"),
            ("125e-2", "1.25"),
            ("1e-7", "0.0000001"),
            ("999999999999999", "999999999999999"),
            ("0.000000000001", "0.000000000001"),
            ("100000000000000.0", "100000000000000"),
        ] {
            assert_eq!(decimal(text).to_string(), printed, "{text}");
        }
    }

    #[test]
    fn faults_are_told_apart() {
        for text in [
            "", "-", "+1", "1,5", ".5", "5.", "01", "00", "1e", "1e+", "1e1.5", "NaN", "Infinity", "0x10", "1 000",
            " 1", "١", "--1", "1.2.3",
        ] {
            assert_eq!(Decimal::parse(text), Err(DecimalFault::Format), "{text}");
        }
        for text in ["1e15", "1000000000000000", "-1e999999999999", "9999999999999999.9"] {
            assert_eq!(Decimal::parse(text), Err(DecimalFault::TooLarge), "{text}");
        }
        for text in ["0.30000000000000004", "0.0000000000001", "1e-999999999999", "12345678901234.56"] {
            assert_eq!(Decimal::parse(text), Err(DecimalFault::Precision), "{text}");
        }
    }

    #[test]
    fn sorts_as_numbers_do() {
        let sorted = ["-10", "-9.99", "-0.01", "0", "0.000000000001", "0.1", "0.11", "2", "10", "999999999999999"];
        for pair in sorted.windows(2) {
            assert!(decimal(pair[0]) < decimal(pair[1]), "{pair:?}");
        }
        assert_eq!(decimal("1.50"), decimal("1.5"));
    }

    #[test]
    fn long_texts_are_numbers_too() {
        let zeros = "0".repeat(70);
        assert_eq!(Decimal::parse(&format!("1{zeros}")), Err(DecimalFault::TooLarge));
        assert_eq!(Decimal::parse(&format!("0.{zeros}1")), Err(DecimalFault::Precision));
        assert_eq!(decimal(&format!("1.5{zeros}")).to_string(), "1.5");
        assert_eq!(decimal(&format!("0.{}15e1700", "0".repeat(1_699))).to_string(), "1.5");
    }

    proptest! {
        #[test]
        fn parsing_and_printing_are_inverse(units in -999_999_999_999_999_i64..1_000_000_000_000_000, scale in 0_u8..=12) {
            let number = Decimal::new(units, scale).unwrap();
            prop_assert_eq!(Decimal::parse(&number.to_string()), Ok(number));
            // However the same number is written.
            prop_assert_eq!(Decimal::parse(&format!("{units}e-{scale}")), Ok(number));
        }

        #[test]
        fn a_double_on_the_way_changes_nothing(units in -999_999_999_999_999_i64..1_000_000_000_000_000, scale in 0_u8..=12) {
            let number = Decimal::new(units, scale).unwrap();
            let double: f64 = number.to_string().parse().unwrap();
            prop_assert_eq!(Decimal::parse(&format!("{double}")), Ok(number));
            prop_assert_eq!(Decimal::parse(&format!("{double:e}")), Ok(number));
        }

        #[test]
        fn never_panics(text in "[-+0-9.eE]{0,40}|\\PC*") {
            if let Ok(number) = Decimal::parse(&text) {
                prop_assert_eq!(Decimal::parse(&number.to_string()), Ok(number));
                prop_assert_eq!(Decimal::new(number.units(), number.scale()), Ok(number));
            }
        }
    }
}
