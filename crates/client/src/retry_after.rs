//! The header `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date in one of three forms (section 5.6.7).

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::parsing::Parsed;
use time::{OffsetDateTime, PrimitiveDateTime};

const IMF: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
const RFC_850: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday], [day]-[month repr:short]-[year repr:last_two] [hour]:[minute]:[second] GMT");
const ASCTIME: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]");

/// How long the answer with these headers asks to wait; `None` when it does not, or not in a readable way. A date is measured
/// from the answer's own `Date` where there is one, so that a wrong clock here does no harm, and from `now` otherwise.
pub(crate) fn read(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let value = text(RETRY_AFTER)?;
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too long for an integer is still a number, and means: not soon.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let from = text(DATE).and_then(http_date).unwrap_or(now);
    Some(Duration::try_from(http_date(value)? - from).unwrap_or(Duration::ZERO))
}

fn http_date(text: &str) -> Option<OffsetDateTime> {
    PrimitiveDateTime::parse(text, IMF)
        .or_else(|_| PrimitiveDateTime::parse(text, ASCTIME))
        .ok()
        .or_else(|| rfc_850(text))
        .map(PrimitiveDateTime::assume_utc)
}

/// The form with two digits for the year. They count from 2000: a time to come back at is never in the past century.
fn rfc_850(text: &str) -> Option<PrimitiveDateTime> {
    let mut parsed = Parsed::new();
    let rest = parsed.parse_items(text.as_bytes(), RFC_850).ok()?;
    let year = 2000 + i32::from(parsed.year_last_two()?);
    parsed.set_year(year)?;
    if rest.is_empty() { parsed.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderValue;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-06 08:49:00 UTC);

    fn wait(retry_after: &str, date: Option<&'static str>) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after).unwrap());
        if let Some(date) = date {
            headers.insert(DATE, HeaderValue::from_static(date));
        }
        read(&headers, NOW)
    }

    #[test]
    fn reads_seconds() {
        assert_eq!(wait("0", None), Some(Duration::ZERO));
        assert_eq!(wait(" 120 ", None), Some(Duration::from_secs(120)));
        assert_eq!(wait("99999999999999999999999", None), Some(Duration::MAX));
        assert_eq!(read(&HeaderMap::new(), NOW), None);
    }

    #[test]
    fn reads_all_three_forms_of_a_date() {
        let in_37_seconds = Some(Duration::from_secs(37));
        assert_eq!(wait("Fri, 06 Nov 2026 08:49:37 GMT", None), in_37_seconds);
        assert_eq!(wait("Friday, 06-Nov-26 08:49:37 GMT", None), in_37_seconds);
        assert_eq!(wait("Fri Nov  6 08:49:37 2026", None), in_37_seconds);
    }

    #[test]
    fn measures_from_the_answers_own_date() {
        let date = "Sat, 07 Nov 2026 08:49:30 GMT";
        assert_eq!(wait("Sat, 07 Nov 2026 08:49:37 GMT", Some(date)), Some(Duration::from_secs(7)));
        assert_eq!(wait("Fri, 06 Nov 2026 08:49:37 GMT", Some("yesterday")), Some(Duration::from_secs(37)));
    }

    #[test]
    fn a_date_in_the_past_is_now_and_nonsense_is_nothing() {
        assert_eq!(wait("Fri, 06 Nov 2020 08:49:37 GMT", None), Some(Duration::ZERO));
        for wrong in ["", "-1", "+1", "1.5", "soon", "Fri, 06 Nov 2026 08:49:37 EET", "Fri, 31 Feb 2026 08:49:37 GMT"] {
            assert_eq!(wait(wrong, None), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[ -~]{0,40}") {
            let _ = wait(&text, None);
        }

        #[test]
        fn every_second_survives_the_way_there_and_back(seconds in 0_i64..253_402_300_799) {
            let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            prop_assert_eq!(http_date(&time.format(IMF).unwrap()), Some(time));
            prop_assert_eq!(http_date(&time.format(ASCTIME).unwrap()), Some(time));
        }
    }
}
