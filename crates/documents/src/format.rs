//! Numbers, money, dates and references as each language writes them (Unicode CLDR for `fi`, `sv` and `en`).

use domain::calendar::CalendarDate;
use domain::decimal::Decimal;
use domain::money::Money;
use domain::payment_reference::PaymentReference;
use domain::percent::Percent;

use crate::language::Language;

/// The space that is not broken at.
const NO_BREAK: char = '\u{a0}';

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Language {
    /// `units` with `scale` decimals: `1 234,56` with no-break spaces and the minus sign, or `1,234.56` with a hyphen.
    fn number(self, units: i128, scale: u8) -> String {
        let (between, point, minus) = match self {
            Self::Finnish | Self::Swedish => (NO_BREAK, ',', '\u{2212}'),
            Self::English => (',', '.', '-'),
        };
        let scale = usize::from(scale);
        let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
        let (whole, decimals) = digits.split_at(digits.len() - scale);
        let mut text = String::with_capacity(digits.len() * 2);
        if units < 0 {
            text.push(minus);
        }
        for (place, digit) in whole.char_indices() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(between);
            }
            text.push(digit);
        }
        if scale > 0 {
            text.push(point);
            text.push_str(decimals);
        }
        text
    }

    /// An amount without its currency: `1 234,56`.
    pub(crate) fn money(self, money: Money) -> String {
        self.number(i128::from(money.minor()), money.decimals())
    }

    /// An amount with its currency: `1 234,56 EUR`, in English `EUR 1,234.56`.
    pub(crate) fn amount(self, money: Money) -> String {
        let (number, currency) = (self.money(money), money.currency());
        match self {
            Self::Finnish | Self::Swedish => format!("{number}{NO_BREAK}{currency}"),
            Self::English => format!("{currency}{NO_BREAK}{number}"),
        }
    }

    /// A number with the decimals that count, and `least` of them at least: a price of 12.5 with two is `12,50`.
    pub(crate) fn decimal(self, number: Decimal, least: u8) -> String {
        let lift = least.saturating_sub(number.scale());
        // 15 digits, and 12 decimals more at the most.
        let units = i128::from(number.units()) * 10_i128.pow(u32::from(lift));
        self.number(units, number.scale() + lift)
    }

    /// A percentage without its sign: `25,5`.
    pub(crate) fn rate(self, percent: Percent) -> String {
        let (mut units, mut scale) = (i128::from(percent.hundredths()), 2);
        while scale > 0 && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        self.number(units, scale)
    }

    /// A percentage: `25,5 %`, in English `25.5%`.
    pub(crate) fn percent(self, percent: Percent) -> String {
        let rate = self.rate(percent);
        match self {
            Self::Finnish | Self::Swedish => format!("{rate}{NO_BREAK}%"),
            Self::English => format!("{rate}%"),
        }
    }

    /// A day: `1.12.2025`, `2025-12-01`, `1 December 2025`.
    pub(crate) fn date(self, date: CalendarDate) -> String {
        let day = date.date();
        let month = usize::from(u8::from(day.month()));
        match self {
            Self::Finnish => format!("{}.{month}.{}", day.day(), day.year()),
            Self::Swedish => date.to_string(),
            Self::English => format!("{} {} {}", day.day(), MONTHS[month - 1], day.year()),
        }
    }
}

/// A payment reference as it is printed: Finnish ones in groups of five from the right, creditor references in groups of
/// four from the left (Finance Finland's guides to references; ISO 11649 section 5.5).
pub(crate) fn reference(reference: &PaymentReference) -> String {
    match reference {
        PaymentReference::Finnish(reference) => {
            let digits = reference.as_str();
            let mut text = String::with_capacity(digits.len() * 2);
            for (place, digit) in digits.char_indices() {
                if place > 0 && (digits.len() - place).is_multiple_of(5) {
                    text.push(NO_BREAK);
                }
                text.push(digit);
            }
            text
        }
        PaymentReference::Rf(reference) => in_fours(reference.as_str()),
        // Machines compare these as they are written, and some have a meaning by place.
        PaymentReference::Domestic(reference) => reference.as_str().to_owned(),
    }
}

/// A text in groups of four from the left, as an IBAN is printed (ISO 13616-1 section 5.3).
pub(crate) fn in_fours(text: &str) -> String {
    let mut grouped = String::with_capacity(text.len() * 2);
    for (place, character) in text.chars().enumerate() {
        if place > 0 && place.is_multiple_of(4) {
            grouped.push(NO_BREAK);
        }
        grouped.push(character);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use domain::currency::CurrencyCode;

    use super::*;

    fn money(text: &str, currency: &str) -> Money {
        Money::parse(text, CurrencyCode::parse(currency).unwrap()).unwrap()
    }

    #[test]
    fn amounts_are_written_as_the_language_does() {
        for (text, currency, fi, en) in [
            ("1234.56", "EUR", "1\u{a0}234,56", "1,234.56"),
            ("0.05", "EUR", "0,05", "0.05"),
            ("-1234567.8", "SEK", "\u{2212}1\u{a0}234\u{a0}567,80", "-1,234,567.80"),
            ("1200", "JPY", "1\u{a0}200", "1,200"),
            ("0", "EUR", "0,00", "0.00"),
            ("999.999", "KWD", "999,999", "999.999"),
            ("9999999999999.99", "EUR", "9\u{a0}999\u{a0}999\u{a0}999\u{a0}999,99", "9,999,999,999,999.99"),
        ] {
            assert_eq!(Language::Finnish.money(money(text, currency)), fi);
            assert_eq!(Language::Swedish.money(money(text, currency)), fi);
            assert_eq!(Language::English.money(money(text, currency)), en);
        }
        assert_eq!(Language::Finnish.amount(money("1.5", "EUR")), "1,50\u{a0}EUR");
        assert_eq!(Language::English.amount(money("1.5", "EUR")), "EUR\u{a0}1.50");
    }

    #[test]
    fn prices_keep_their_decimals() {
        let decimal = |text| Decimal::parse(text).unwrap();
        assert_eq!(Language::Finnish.decimal(decimal("12.5"), 2), "12,50");
        assert_eq!(Language::Finnish.decimal(decimal("0.00375"), 2), "0,00375");
        assert_eq!(Language::English.decimal(decimal("-1500"), 0), "-1,500");
        assert_eq!(Language::English.decimal(decimal("999999999999999"), 4), "999,999,999,999,999.0000");
    }

    #[test]
    fn percentages_and_days_follow_the_language() {
        let (percent, date) = (Percent::parse("25.5").unwrap(), CalendarDate::parse("2025-12-01").unwrap());
        for (language, rate, day) in [
            (Language::Finnish, "25,5\u{a0}%", "1.12.2025"),
            (Language::Swedish, "25,5\u{a0}%", "2025-12-01"),
            (Language::English, "25.5%", "1 December 2025"),
        ] {
            assert_eq!(language.percent(percent), rate);
            assert_eq!(language.date(date), day);
        }
        assert_eq!(Language::Finnish.rate(Percent::parse("10").unwrap()), "10");
        assert_eq!(Language::Finnish.rate(Percent::ZERO), "0");
    }

    #[test]
    fn references_and_accounts_are_in_groups() {
        let printed = |text| reference(&PaymentReference::parse(text).unwrap()).replace(NO_BREAK, " ");
        assert_eq!(printed("1234561"), "12 34561");
        assert_eq!(printed("868516259619897"), "86851 62596 19897");
        assert_eq!(printed("RF341234561"), "RF34 1234 561");
        assert_eq!(in_fours("FI2112345600000785").replace(NO_BREAK, " "), "FI21 1234 5600 0007 85");
    }
}
