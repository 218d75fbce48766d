//! Amounts of money: an integer of minor units and its currency.
//!
//! Rounding is half away from zero to the minor unit, the common rounding of trade: 0.125 is 0.13 and -0.125 is -0.13,
//! so that a credit note takes back exactly what its invoice charged. It is done where EN 16931-1 has an amount, and
//! nowhere else: once per row (the net amount of an invoice line, BT-131, of the exact price less the exact discount;
//! its discount in money, BT-136, is what that leaves of the rounded price) and once per VAT rate (the tax amount of a
//! category, BT-117, which by rule BR-CO-17 is its taxable amount times the rate, rounded to two decimals). Sums of
//! rounded amounts are exact.

use std::fmt;

use crate::currency::CurrencyCode;
use crate::decimal::{Decimal, DecimalFault, write_decimal};
use crate::fault_code::{Coded, OUT_OF_RANGE};
use crate::percent::Percent;

/// The largest amount, in minor units: the 15 digits that every reader of JSON keeps.
const LARGEST: i64 = 999_999_999_999_999;

/// An amount of at most 15 digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: CurrencyCode,
    decimals: u8,
}

impl serde::Serialize for Money {
    /// As it is stored: minor units and currency.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.minor, self.currency).serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (minor, currency) = serde::Deserialize::deserialize(deserializer)?;
        Self::new(minor, currency).map_err(serde::de::Error::custom)
    }
}

/// What is wrong with an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyFault {
    /// It is no number, or one of too many digits.
    #[error(transparent)]
    Number(#[from] DecimalFault),
    /// It has more decimals than its currency.
    #[error("An amount in {currency} has {decimals} decimals at most: round it")]
    Decimals {
        /// The currency.
        currency: CurrencyCode,
        /// The decimals of its minor unit.
        decimals: u8,
    },
    /// It has more than 15 digits.
    #[error("The amount is too large: it may have 15 digits, those of its decimals included")]
    TooLarge,
    /// Nobody is paid in this currency: ISO 4217 names no minor unit.
    #[error("Nothing can be invoiced in {currency}: use a currency that has a minor unit, such as EUR")]
    NoMinorUnit {
        /// The currency.
        currency: CurrencyCode,
    },
    /// Amounts of two currencies were to be added or taken from each other.
    #[error("The amounts are in two currencies, {one} and {other}: use one of them")]
    Currencies {
        /// The currency of the one.
        one: CurrencyCode,
        /// The currency of the other.
        other: CurrencyCode,
    },
}

impl Coded for MoneyFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Number(fault) => fault.code(),
            Self::Decimals { .. } => "amount_decimals",
            Self::TooLarge => OUT_OF_RANGE,
            Self::NoMinorUnit { .. } => "currency_no_minor_unit",
            Self::Currencies { .. } => "currency_mismatch",
        }
    }
}

impl Money {
    /// `minor` minor units of `currency`: 10025 of EUR is 100.25.
    ///
    /// # Errors
    /// [`MoneyFault::NoMinorUnit`] and [`MoneyFault::TooLarge`].
    pub fn new(minor: i64, currency: CurrencyCode) -> Result<Self, MoneyFault> {
        let decimals = currency.minor_units().ok_or(MoneyFault::NoMinorUnit { currency })?;
        if minor.unsigned_abs() > LARGEST.unsigned_abs() {
            return Err(MoneyFault::TooLarge);
        }
        Ok(Self { minor, currency, decimals })
    }

    /// Nothing, in `currency`.
    ///
    /// # Errors
    /// [`MoneyFault::NoMinorUnit`].
    pub fn zero(currency: CurrencyCode) -> Result<Self, MoneyFault> {
        Self::new(0, currency)
    }

    /// Reads an amount from the text of a JSON number. Nothing is rounded: `100.250` is an amount in euros,
    /// `100.255` is none.
    ///
    /// # Errors
    /// [`MoneyFault`], when it is no number, or has more digits or decimals than an amount of `currency`.
    pub fn parse(text: &str, currency: CurrencyCode) -> Result<Self, MoneyFault> {
        currency.minor_units().ok_or(MoneyFault::NoMinorUnit { currency })?;
        Self::exact(Decimal::parse(text)?, currency)
    }

    /// The amount that is `number`. Nothing is rounded.
    ///
    /// # Errors
    /// [`MoneyFault`], when it has more digits or decimals than an amount of `currency`.
    pub fn exact(number: Decimal, currency: CurrencyCode) -> Result<Self, MoneyFault> {
        let decimals = currency.minor_units().ok_or(MoneyFault::NoMinorUnit { currency })?;
        let lift = decimals.checked_sub(number.scale()).ok_or(MoneyFault::Decimals { currency, decimals })?;
        let minor = number.units().checked_mul(10_i64.pow(u32::from(lift))).ok_or(MoneyFault::TooLarge)?;
        Self::new(minor, currency)
    }

    /// `quantity` times `price`, rounded half away from zero.
    ///
    /// # Errors
    /// [`MoneyFault::NoMinorUnit`] and [`MoneyFault::TooLarge`].
    pub fn of_quantity(quantity: Decimal, price: Decimal, currency: CurrencyCode) -> Result<Self, MoneyFault> {
        // 30 digits at most, and an i128 has 38.
        let units = i128::from(quantity.units()) * i128::from(price.units());
        Self::rounded(units, u32::from(quantity.scale()) + u32::from(price.scale()), currency)
    }

    /// `percent` of `quantity` times `price`, rounded half away from zero and only once.
    ///
    /// # Errors
    /// [`MoneyFault::NoMinorUnit`] and [`MoneyFault::TooLarge`].
    pub fn share_of_quantity(
        quantity: Decimal,
        price: Decimal,
        percent: Percent,
        currency: CurrencyCode,
    ) -> Result<Self, MoneyFault> {
        // 35 digits at most.
        let units = i128::from(quantity.units()) * i128::from(price.units()) * i128::from(percent.hundredths());
        Self::rounded(units, u32::from(quantity.scale()) + u32::from(price.scale()) + 4, currency)
    }

    /// `percent` of this amount, rounded half away from zero.
    #[must_use]
    pub fn share(self, percent: Percent) -> Self {
        let units = i128::from(self.minor) * i128::from(percent.hundredths());
        // At most a hundred percent of what is an amount.
        let minor = i64::try_from(half_away(units, 10_000)).unwrap_or(self.minor);
        Self { minor, ..self }
    }

    fn rounded(units: i128, scale: u32, currency: CurrencyCode) -> Result<Self, MoneyFault> {
        let decimals = u32::from(currency.minor_units().ok_or(MoneyFault::NoMinorUnit { currency })?);
        let minor = match scale.checked_sub(decimals) {
            Some(surplus) => half_away(units, 10_i128.pow(surplus)),
            None => units.checked_mul(10_i128.pow(decimals - scale)).ok_or(MoneyFault::TooLarge)?,
        };
        Self::new(i64::try_from(minor).map_err(|_| MoneyFault::TooLarge)?, currency)
    }

    /// This amount and `other`.
    ///
    /// # Errors
    /// [`MoneyFault::Currencies`] and [`MoneyFault::TooLarge`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyFault> {
        self.same_currency(other)?;
        Self::new(self.minor.checked_add(other.minor).ok_or(MoneyFault::TooLarge)?, self.currency)
    }

    /// This amount less `other`.
    ///
    /// # Errors
    /// [`MoneyFault::Currencies`] and [`MoneyFault::TooLarge`].
    pub fn minus(self, other: Self) -> Result<Self, MoneyFault> {
        self.same_currency(other)?;
        Self::new(self.minor.checked_sub(other.minor).ok_or(MoneyFault::TooLarge)?, self.currency)
    }

    /// The sum of `amounts`, which are all in `currency`.
    ///
    /// # Errors
    /// [`MoneyFault`], as [`Money::zero`] and [`Money::plus`].
    pub fn sum(amounts: impl IntoIterator<Item = Self>, currency: CurrencyCode) -> Result<Self, MoneyFault> {
        amounts.into_iter().try_fold(Self::zero(currency)?, Self::plus)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyFault> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyFault::Currencies { one: self.currency, other: other.currency })
        }
    }

    /// In minor units, as it is stored.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> CurrencyCode {
        self.currency
    }

    /// The number of decimals of its currency.
    #[must_use]
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }
}

/// `units / parts`, rounded to the nearest integer and a half away from zero. `parts` is a positive power of ten.
const fn half_away(units: i128, parts: i128) -> i128 {
    let (whole, rest) = (units / parts, units % parts);
    // Compared without doubling the rest, which could overflow.
    if rest.unsigned_abs() < parts.unsigned_abs() - rest.unsigned_abs() { whole } else { whole + rest.signum() }
}

impl fmt::Display for Money {
    /// The number with the decimals of its currency, without the currency: `100.25`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.minor, self.decimals)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> CurrencyCode {
        CurrencyCode::parse(code).unwrap()
    }

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn amounts_are_read_with_the_decimals_of_their_currency() {
        for (text, code, minor, printed) in [
            ("100.25", "EUR", 10_025, "100.25"),
            ("-0.5", "SEK", -50, "-0.50"),
            ("1e2", "EUR", 10_000, "100.00"),
            ("1.250", "KWD", 1_250, "1.250"),
            ("1200.00", "JPY", 1_200, "1200"),
            ("9999999999999.99", "EUR", LARGEST, "9999999999999.99"),
        ] {
            let money = Money::parse(text, currency(code)).unwrap();
            assert_eq!((money.minor(), money.to_string().as_str()), (minor, printed), "{text} {code}");
        }
        for (text, code, fault) in [
            ("0.005", "EUR", "amount_decimals"),
            ("0.5", "JPY", "amount_decimals"),
            ("1,00", "EUR", "number_format"),
            ("10000000000000", "EUR", OUT_OF_RANGE),
            ("999999999999999", "KWD", OUT_OF_RANGE),
            ("1", "XAU", "currency_no_minor_unit"),
        ] {
            assert_eq!(Money::parse(text, currency(code)).unwrap_err().code(), fault, "{text} {code}");
        }
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (quantity, price, minor) in [
            ("0.5", "0.01", 1),
            ("-0.5", "0.01", -1),
            ("0.49", "0.01", 0),
            ("3", "0.335", 101),
            ("-3", "0.335", -101),
            ("0.3333", "3", 100),
            ("1000000", "1000", 100_000_000_000),
        ] {
            let money = Money::of_quantity(decimal(quantity), decimal(price), currency("EUR")).unwrap();
            assert_eq!(money.minor(), minor, "{quantity} × {price}");
        }
        let third = Percent::parse("33.33").unwrap();
        let share = Money::share_of_quantity(decimal("1"), decimal("0.05"), third, currency("EUR")).unwrap();
        assert_eq!(share.minor(), 2);
    }

    #[test]
    fn currencies_do_not_mix_and_sums_do_not_overflow() {
        let (euro, krona) = (Money::new(1, currency("EUR")).unwrap(), Money::new(1, currency("SEK")).unwrap());
        assert_eq!(euro.plus(krona).unwrap_err().code(), "currency_mismatch");
        assert_eq!(euro.minus(krona).unwrap_err().code(), "currency_mismatch");
        let most = Money::new(LARGEST, currency("EUR")).unwrap();
        assert_eq!(most.plus(euro), Err(MoneyFault::TooLarge));
        let largest = decimal("999999999999999");
        assert_eq!(Money::of_quantity(largest, largest, currency("EUR")), Err(MoneyFault::TooLarge));
        assert_eq!(Money::of_quantity(largest, largest, currency("CLF")), Err(MoneyFault::TooLarge));
    }

    fn any_currency() -> impl Strategy<Value = CurrencyCode> {
        proptest::sample::select(vec!["EUR", "SEK", "JPY", "KWD", "CLF"]).prop_map(currency)
    }

    proptest! {
        #[test]
        fn parsing_and_printing_are_inverse(minor in -LARGEST..=LARGEST, currency in any_currency()) {
            let money = Money::new(minor, currency).unwrap();
            prop_assert_eq!(Money::parse(&money.to_string(), currency), Ok(money));
        }

        #[test]
        fn a_double_on_the_way_changes_nothing(minor in -LARGEST..=LARGEST, currency in any_currency()) {
            let money = Money::new(minor, currency).unwrap();
            let double: f64 = money.to_string().parse().unwrap();
            prop_assert_eq!(Money::parse(&format!("{double}"), currency), Ok(money));
        }

        #[test]
        fn rounding_moves_by_half_a_unit_at_most(units in any::<i64>(), power in 1_u32..18) {
            let parts = 10_i128.pow(power);
            let off = half_away(i128::from(units), parts) * parts - i128::from(units);
            prop_assert!(2 * off.abs() <= parts);
            // A half goes away from zero.
            prop_assert!(2 * off.abs() < parts || off.signum() == i128::from(units).signum());
        }

        #[test]
        fn rounding_is_the_same_on_both_sides_of_zero(quantity in 0..1_000_000_i64, price in 0..1_000_000_i64, scale in 0_u8..6) {
            let (quantity, price) = (Decimal::new(quantity, 3).unwrap(), Decimal::new(price, scale).unwrap());
            let taken = Decimal::new(-quantity.units(), quantity.scale()).unwrap();
            let one = Money::of_quantity(quantity, price, currency("EUR")).unwrap();
            let other = Money::of_quantity(taken, price, currency("EUR")).unwrap();
            prop_assert!(one.plus(other).unwrap().is_zero());
        }

        #[test]
        fn what_is_added_can_be_taken_off_again(one in -LARGEST / 2..LARGEST / 2, other in -LARGEST / 2..LARGEST / 2) {
            let (one, other) = (Money::new(one, currency("EUR")).unwrap(), Money::new(other, currency("EUR")).unwrap());
            prop_assert_eq!(one.plus(other).unwrap().minus(other), Ok(one));
        }

        #[test]
        fn a_share_is_no_more_than_the_whole(minor in -LARGEST..=LARGEST, hundredths in 0_u16..=10_000) {
            let whole = Money::new(minor, currency("EUR")).unwrap();
            let share = whole.share(Percent::from_hundredths(hundredths).unwrap());
            prop_assert!(share.minor().abs() <= minor.abs() && share.minor() * minor.signum() >= 0);
        }
    }
}
