//! Exact decimal numbers: amounts, quantities, prices and rates. Never a float.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The most significant digits: what every reader of JSON keeps (IEEE 754 binary64).
const MOST_DIGITS: usize = 15;

/// The most decimals.
const MOST_DECIMALS: usize = 12;

/// One more than the largest number without decimals.
const LIMIT: i64 = 1_000_000_000_000_000;

/// An exact decimal number below 10^15, of at most 15 significant digits and 12 decimals: what the API takes. It goes out as a JSON
/// number, digit by digit, and is written and read with `serde_json` only.
///
/// ```
/// use tallystick_client::Decimal;
///
/// let price: Decimal = "149.50".parse()?;
/// assert_eq!(price, Decimal::new(14_950, 2)?);   // 14,950 cents
/// assert_eq!(price.to_string(), "149.5");
/// assert_eq!(Decimal::from(2), "2.00".parse()?);
/// # Ok::<(), tallystick_client::DecimalError>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All digits and the sign; without zeros at the end of the decimals.
    units: i64,
    /// The number of decimals.
    decimals: u8,
}

/// A text or number that is no [`Decimal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// It is not written as a number.
    #[error("this is no decimal number: write digits and a decimal point, such as 149.50")]
    Format,
    /// It has too many digits, or is too large.
    #[error("the number has more than 15 significant digits or 12 decimals, or is 1000000000000000 or more: round it")]
    Precision,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { units: 0, decimals: 0 };

    /// `units` with this many of their digits behind the decimal point: `new(33_772, 2)` is 337.72.
    ///
    /// # Errors
    /// [`DecimalError::Precision`] when the number is too long or too large.
    pub const fn new(units: i64, decimals: u8) -> Result<Self, DecimalError> {
        let (mut units, mut decimals) = (units, decimals);
        while decimals > 0 && units % 10 == 0 {
            units /= 10;
            decimals -= 1;
        }
        if units.unsigned_abs() >= LIMIT.unsigned_abs() || decimals as usize > MOST_DECIMALS {
            return Err(DecimalError::Precision);
        }
        Ok(Self { units, decimals })
    }
}

impl From<i32> for Decimal {
    fn from(number: i32) -> Self {
        Self { units: i64::from(number), decimals: 0 }
    }
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self { units: i64::from(number), decimals: 0 }
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads digits with a decimal point, and a minus before them: `1234.50`. No exponent, no grouping, no decimal comma.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, decimals) = match digits.split_once('.') {
            Some((_, "")) => return Err(DecimalError::Format),
            Some(parts) => parts,
            None => (digits, ""),
        };
        if whole.is_empty() || !whole.bytes().chain(decimals.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(DecimalError::Format);
        }
        let decimals = decimals.trim_end_matches('0');
        let all = format!("{whole}{decimals}");
        let significant = all.trim_start_matches('0');
        if significant.len() > MOST_DIGITS {
            return Err(DecimalError::Precision);
        }
        // Without digits it is zero.
        let units = significant.parse().unwrap_or(0_i64);
        let scale = u8::try_from(decimals.len()).map_err(|_| DecimalError::Precision)?;
        Self::new(if is_negative { -units } else { units }, scale)
    }
}

impl fmt::Display for Decimal {
    /// As JSON writes it, without zeros at the end of the decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let decimals = usize::from(self.decimals);
        let digits = format!("{:0>1$}", self.units.unsigned_abs(), decimals + 1);
        let (whole, decimals) = digits.split_at(digits.len() - decimals);
        let point = if decimals.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{decimals}")
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer)?.get().parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, DecimalError> {
        text.parse::<Decimal>().map(|number| number.to_string())
    }

    #[test]
    fn reads_what_people_write_and_writes_what_json_has() {
        for (text, written) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("149.50", "149.5"),
            ("0.05", "0.05"),
            ("-0.05", "-0.05"),
            ("007", "7"),
            ("100", "100"),
            ("999999999999999", "999999999999999"),
            ("0.000000000001", "0.000000000001"),
            ("999.123456789012", "999.123456789012"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(written), "{text}");
        }
        for text in ["", "-", ".5", "5.", "1,5", "1 000", "1e3", "+1", "--1", "1.2.3", "\"1\"", "٣", "NaN"] {
            assert_eq!(read(text), Err(DecimalError::Format), "{text}");
        }
        for text in ["1000000000000000", "0.0000000000001", "1234567890.123456", "9".repeat(400).as_str()] {
            assert_eq!(read(text), Err(DecimalError::Precision), "{text}");
        }
    }

    #[test]
    fn units_and_decimals_are_checked_too() {
        assert_eq!(Decimal::new(33_772, 2).unwrap().to_string(), "337.72");
        assert_eq!(Decimal::new(-5, 1), "-0.5".parse());
        assert_eq!(Decimal::new(0, u8::MAX), Ok(Decimal::ZERO));
        for (units, decimals) in [(LIMIT, 0), (i64::MIN, 0), (1, 13), (i64::MAX, 3)] {
            assert_eq!(Decimal::new(units, decimals), Err(DecimalError::Precision), "{units} {decimals}");
        }
        assert_eq!((Decimal::from(-7), Decimal::from(7_u32)), ("-7".parse().unwrap(), "7".parse().unwrap()));
    }

    #[test]
    fn a_text_or_an_exponent_in_json_is_no_number() {
        for json in ["\"1.5\"", "1e3", "null", "[]", "true"] {
            assert!(serde_json::from_str::<Decimal>(json).is_err(), "{json}");
        }
        assert_eq!(serde_json::from_value::<Decimal>(serde_json::json!(337.72)).unwrap().to_string(), "337.72");
    }

    proptest! {
        #[test]
        fn every_number_comes_back_from_text_and_json(units in -LIMIT + 1..LIMIT, decimals in 0..=12_u8) {
            let number = Decimal::new(units, decimals).unwrap();
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(&json, &number.to_string());
            prop_assert_eq!(serde_json::from_str::<Decimal>(&json).unwrap(), number);
        }

        #[test]
        fn no_text_is_taken_for_another_number(text in "-?[0-9]{0,18}(\\.[0-9]{0,15})?") {
            if let Ok(number) = text.parse::<Decimal>() {
                let (shown, text) = (number.to_string(), text.trim_start_matches('-'));
                let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
                let plain = |whole: &str, decimals: &str| {
                    format!("{}.{}", whole.trim_start_matches('0'), decimals.trim_end_matches('0'))
                };
                let shown = shown.trim_start_matches('-');
                let (shown_whole, shown_decimals) = shown.split_once('.').unwrap_or((shown, ""));
                prop_assert_eq!(plain(shown_whole, shown_decimals), plain(whole, decimals));
            }
        }
    }
}
