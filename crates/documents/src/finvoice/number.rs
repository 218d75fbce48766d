//! Numbers, dates and times as Finvoice writes them: a decimal comma, two decimals of an amount at least, no leading
//! zeros (chapter 8.4); days as `CCYYMMDD` (chapter 22.1).

use domain::Timestamp;
use domain::calendar::CalendarDate;
use domain::decimal::Decimal;
use domain::money::Money;
use domain::percent::Percent;
use time::OffsetDateTime;

/// `units` of which 10^`scale` make one, with `least` decimals at least.
fn number(units: i128, scale: u8, least: u8) -> String {
    let lift = least.saturating_sub(scale);
    let units = units * 10_i128.pow(u32::from(lift));
    let scale = usize::from(scale + lift);
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, decimals) = digits.split_at(digits.len() - scale);
    let minus = if units < 0 { "-" } else { "" };
    let comma = if scale > 0 { "," } else { "" };
    format!("{minus}{whole}{comma}{decimals}")
}

/// An amount without its currency: `1234,50`.
pub(super) fn money(money: Money) -> String {
    number(i128::from(money.minor()), money.decimals(), 2)
}

/// An amount with two decimals exactly; `None` when it has more that count.
pub(super) fn money_of_two_decimals(money: Money) -> Option<String> {
    let surplus = money.decimals().saturating_sub(2);
    let parts = 10_i64.pow(u32::from(surplus));
    (money.minor() % parts == 0).then(|| number(i128::from(money.minor() / parts), money.decimals() - surplus, 2))
}

/// A number with the decimals that count: `12,5`.
pub(super) fn decimal(decimal: Decimal) -> String {
    number(i128::from(decimal.units()), decimal.scale(), 0)
}

/// The most decimals of a unit price.
const MOST_PRICE_DECIMALS: u8 = 5;

/// A unit price of two to five decimals, and the quantity that it is the price of, where it would have more for one.
pub(super) fn price(price: Decimal) -> (String, Option<String>) {
    let surplus = price.scale().saturating_sub(MOST_PRICE_DECIMALS);
    let base = (surplus > 0).then(|| 10_i64.pow(u32::from(surplus)).to_string());
    (number(i128::from(price.units()), price.scale() - surplus, 2), base)
}

/// A percentage without its sign: `25,5`.
pub(super) fn percent(percent: Percent) -> String {
    let hundredths = percent.hundredths();
    let scale = match hundredths {
        whole if whole % 100 == 0 => 0,
        tenths if tenths % 10 == 0 => 1,
        _ => 2,
    };
    number(i128::from(hundredths / 10_u16.pow(2 - u32::from(scale))), scale, 0)
}

/// A day: `20261201`.
pub(super) fn date(date: CalendarDate) -> String {
    let day = date.date();
    format!("{:04}{:02}{:02}", day.year(), u8::from(day.month()), day.day())
}

/// A time to the second, in UTC, as `xs:dateTime`: `2026-11-21T10:15:30+00:00`.
pub(super) fn time(at: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+00:00",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use domain::currency::CurrencyCode;

    use super::*;

    fn amount(text: &str, currency: &str) -> Money {
        Money::parse(text, CurrencyCode::parse(currency).unwrap()).unwrap()
    }

    #[test]
    fn amounts_have_two_decimals_at_least() {
        for (text, currency, written, of_two) in [
            ("1234.5", "EUR", "1234,50", Some("1234,50")),
            ("-0.05", "EUR", "-0,05", Some("-0,05")),
            ("0", "SEK", "0,00", Some("0,00")),
            ("1200", "JPY", "1200,00", Some("1200,00")),
            ("1.005", "KWD", "1,005", None),
            ("1.01", "KWD", "1,010", Some("1,01")),
        ] {
            assert_eq!(money(amount(text, currency)), written);
            assert_eq!(money_of_two_decimals(amount(text, currency)).as_deref(), of_two);
        }
    }

    #[test]
    fn a_price_of_many_decimals_is_that_of_more_units() {
        for (text, written, base) in [
            ("12.5", "12,50", None),
            ("0.00375", "0,00375", None),
            ("0.000375", "0,00375", Some("10")),
            ("123.000000000001", "1230000000,00001", Some("10000000")),
        ] {
            let (price, of) = price(Decimal::parse(text).unwrap());
            assert_eq!((price.as_str(), of.as_deref()), (written, base));
        }
        assert_eq!(decimal(Decimal::parse("-12.50").unwrap()), "-12,5");
        assert_eq!(decimal(Decimal::parse("1200").unwrap()), "1200");
    }

    #[test]
    fn percentages_days_and_times_are_in_their_form() {
        for (text, written) in [("25.5", "25,5"), ("10", "10"), ("0", "0"), ("11.11", "11,11"), ("100", "100")] {
            assert_eq!(percent(Percent::parse(text).unwrap()), written);
        }
        assert_eq!(date(CalendarDate::parse("2026-12-01").unwrap()), "20261201");
        assert_eq!(time(Timestamp::parse_rfc3339("2026-11-21T12:15:30.9+02:00").unwrap()), "2026-11-21T10:15:30+00:00");
    }
}
