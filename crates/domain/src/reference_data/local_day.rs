//! Which day it is in a province: terms come into force, and people come of age, by the calendar where the applicant is.

use std::time::Duration;

use ::time::{Date, Month};

use super::Province;
use crate::Timestamp;
use crate::calendar::CalendarDate;

const HOUR: Duration = Duration::from_secs(3600);

impl Province {
    /// The day at the moment `now` in this province; where it lies in several time zones, in the one where most of its people live.
    #[must_use]
    pub fn today(self, now: Timestamp) -> CalendarDate {
        let standard = now.before(Duration::from_secs(60 * self.minutes_behind()));
        let day = CalendarDate::of(standard);
        // Summer time is an hour ahead: the last hour of the day is the first of the next.
        let is_last_hour = CalendarDate::of(standard.after(HOUR)) != day;
        if is_last_hour && self.has_summer_time() && is_in_summer(day) { day.days_after(1) } else { day }
    }

    /// How many minutes standard time is behind UTC.
    const fn minutes_behind(self) -> u64 {
        match self {
            Self::NewfoundlandAndLabrador => 210,
            Self::NewBrunswick | Self::NovaScotia | Self::PrinceEdwardIsland => 240,
            Self::Nunavut | Self::Ontario | Self::Quebec => 300,
            Self::Manitoba | Self::Saskatchewan => 360,
            Self::Alberta | Self::NorthwestTerritories | Self::Yukon => 420,
            Self::BritishColumbia => 480,
        }
    }

    const fn has_summer_time(self) -> bool {
        !matches!(self, Self::Saskatchewan | Self::Yukon)
    }
}

/// Whether summer time holds in the last hour of a day: from the second Sunday of March until before the first of November.
fn is_in_summer(day: CalendarDate) -> bool {
    let date = day.date();
    let sunday_from = |month, day| {
        let first = Date::from_calendar_date(date.year(), month, day).ok()?;
        let days = (7 - first.weekday().number_days_from_sunday()) % 7;
        first.checked_add(::time::Duration::days(days.into()))
    };
    match (sunday_from(Month::March, 8), sunday_from(Month::November, 1)) {
        (Some(start), Some(end)) => start <= date && date < end,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn day_in(province: Province, at: &str) -> String {
        let at = ::time::OffsetDateTime::parse(at, &::time::format_description::well_known::Rfc3339).unwrap();
        let micros = i64::try_from(at.unix_timestamp_nanos() / 1000).unwrap();
        province.today(Timestamp::from_micros(micros)).to_string()
    }

    #[test]
    fn a_day_begins_at_midnight_where_people_are() {
        use Province::{BritishColumbia, NewfoundlandAndLabrador, Ontario, Saskatchewan, Yukon};
        for (province, at, day) in [
            (Ontario, "2026-01-02T04:59:00Z", "2026-01-01"),
            (Ontario, "2026-01-02T05:00:00Z", "2026-01-02"),
            (Ontario, "2026-07-01T03:59:00Z", "2026-06-30"),
            (Ontario, "2026-07-01T04:00:00Z", "2026-07-01"),
            (NewfoundlandAndLabrador, "2026-07-01T02:29:00Z", "2026-06-30"),
            (NewfoundlandAndLabrador, "2026-07-01T02:30:00Z", "2026-07-01"),
            (BritishColumbia, "2026-07-01T06:59:00Z", "2026-06-30"),
            (BritishColumbia, "2026-07-01T07:00:00Z", "2026-07-01"),
            (Saskatchewan, "2026-07-01T05:59:00Z", "2026-06-30"),
            (Saskatchewan, "2026-07-01T06:00:00Z", "2026-07-01"),
            (Yukon, "2026-07-01T06:59:00Z", "2026-06-30"),
            (Yukon, "2026-07-01T07:00:00Z", "2026-07-01"),
            // The Sundays on which the clock is changed, and the days before.
            (Ontario, "2026-03-08T04:30:00Z", "2026-03-07"),
            (Ontario, "2026-03-09T04:30:00Z", "2026-03-09"),
            (Ontario, "2026-11-01T04:30:00Z", "2026-11-01"),
            (Ontario, "2026-11-02T04:30:00Z", "2026-11-01"),
        ] {
            assert_eq!(day_in(province, at), day, "{province} {at}");
        }
    }
}
