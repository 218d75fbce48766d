//! Calendar dates, `YYYY-MM-DD` (ISO 8601).

use time::{Date, Month};

use crate::fault_code::Coded;

/// A day of the Gregorian calendar, in the years 0000 to 9999. Its text sorts as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalendarDate(Date);

/// The first day that has a text of this form.
const FIRST: Date = time::macros::date!(0000 - 01 - 01);

/// The last one.
const LAST: Date = time::macros::date!(9999 - 12 - 31);

/// The text is no calendar date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This is no date: write it as YYYY-MM-DD, such as 2026-11-21")]
pub struct DateFault;

impl Coded for DateFault {
    fn code(&self) -> &'static str {
        "date_format"
    }
}

impl CalendarDate {
    /// Reads `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`DateFault`] for any other text, and for a day that is not in the calendar.
    pub fn parse(text: &str) -> Result<Self, DateFault> {
        let bytes = text.as_bytes();
        let has_form = bytes.len() == 10
            && bytes.iter().enumerate().all(|(place, byte)| match place {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !has_form {
            return Err(DateFault);
        }
        let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u16>().ok());
        let (year, month, day) = (number(0..4), number(5..7), number(8..10));
        let date = (|| {
            let month = Month::try_from(u8::try_from(month?).ok()?).ok()?;
            Date::from_calendar_date(i32::from(year?), month, u8::try_from(day?).ok()?).ok()
        })();
        date.map(Self).ok_or(DateFault)
    }

    /// The day of a moment, in UTC.
    #[must_use]
    pub fn of(at: crate::Timestamp) -> Self {
        let moment = time::OffsetDateTime::from_unix_timestamp(at.seconds());
        Self(moment.map_or(FIRST, |moment| moment.date().max(FIRST)))
    }

    /// The day so many days before this one, but none before the first.
    #[must_use]
    pub fn days_before(self, days: u32) -> Self {
        let before = self.0.checked_sub(time::Duration::days(days.into()));
        Self(before.map_or(FIRST, |day| day.max(FIRST)))
    }

    /// The day so many days after this one, but none after the last.
    #[must_use]
    pub fn days_after(self, days: u32) -> Self {
        let after = self.0.checked_add(time::Duration::days(days.into()));
        Self(after.map_or(LAST, |day| day.min(LAST)))
    }

    /// How many whole years this day is after `earlier`: an age. Who was born on 29 February turns older on 1 March. Zero where `earlier` is
    /// later.
    #[must_use]
    pub fn whole_years_since(self, earlier: Self) -> u32 {
        let day = |date: Self| (u8::from(date.0.month()), date.0.day());
        let years = self.year() - earlier.year() - i32::from(day(self) < day(earlier));
        u32::try_from(years).unwrap_or(0)
    }

    /// The day as the library for times has it.
    #[must_use]
    pub const fn date(self) -> Date {
        self.0
    }

    /// The year.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0.year()
    }
}

impl std::fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Digit by digit: an invoice has several dates, and that takes a fifth of the time of a formatter.
        let digit = |number: u16| b'0' + (number % 10) as u8;
        // A day before the year 0 or after 9999 is not made.
        let year = u16::try_from(self.0.year()).unwrap_or_default();
        let (month, day) = (u16::from(u8::from(self.0.month())), u16::from(self.0.day()));
        let text = [
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(day / 10),
            digit(day),
        ];
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl serde::Serialize for CalendarDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for CalendarDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_days_of_the_calendar_only() {
        for text in ["2026-11-21", "2024-02-29", "0000-01-01", "9999-12-31"] {
            assert_eq!(CalendarDate::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-1-1",
            "20261121",
            "+026-11-21",
            "2026-11-21 ",
            "２026-11-2",
        ] {
            assert_eq!(CalendarDate::parse(text), Err(DateFault), "{text}");
        }
    }

    #[test]
    fn days_are_those_of_utc_and_are_counted_back() {
        let at = |text| crate::Timestamp::parse_rfc3339(text).unwrap();
        let day = CalendarDate::of(at("2026-03-01T23:59:59Z"));
        assert_eq!(day.to_string(), "2026-03-01");
        assert_eq!(day.days_before(29).to_string(), "2026-01-31");
        assert_eq!(day.days_before(0), day);
        assert_eq!(day.days_before(u32::MAX).to_string(), "0000-01-01");
        assert_eq!(day.days_after(31).to_string(), "2026-04-01");
        assert_eq!(day.days_after(u32::MAX).to_string(), "9999-12-31");
        assert_eq!(CalendarDate::of(crate::Timestamp::from_micros(i64::MIN)).to_string(), "0000-01-01");
    }

    #[test]
    fn a_year_is_whole_on_its_day() {
        let years = |day: &str, since: &str| {
            CalendarDate::parse(day).unwrap().whole_years_since(CalendarDate::parse(since).unwrap())
        };
        assert_eq!((years("2026-11-21", "2008-11-22"), years("2026-11-22", "2008-11-22")), (17, 18));
        assert_eq!((years("2026-02-28", "2008-02-29"), years("2026-03-01", "2008-02-29")), (17, 18));
        assert_eq!((years("2026-01-01", "2026-12-31"), years("2026-01-01", "2030-01-01")), (0, 0));
    }

    proptest! {
        #[test]
        fn texts_sort_as_dates_do(one in 0..3_652_000i64, other in 0..3_652_000i64) {
            let date = |day: i64| CalendarDate(Date::from_calendar_date(0, Month::January, 1).unwrap() + time::Duration::days(day));
            let (one, other) = (date(one), date(other));
            prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
            prop_assert_eq!(CalendarDate::parse(&one.to_string()), Ok(one));
        }

        #[test]
        fn never_panics(text in any::<String>()) {
            let _ = CalendarDate::parse(&text);
        }
    }
}
