//! How long the other side of HTTP asks to wait.

use std::time::{Duration, SystemTime};

use domain::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Seconds, or a date (RFC 9110, section 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let micros = u64::try_from(now.micros()).ok()?;
    Some(date.duration_since(SystemTime::UNIX_EPOCH + Duration::from_micros(micros)).unwrap_or_default())
}
