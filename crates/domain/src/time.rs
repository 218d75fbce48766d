//! Points in time, and the clock that tells them.

use std::fmt;
use std::time::Duration;

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// An integer, so that it compares and sorts alike in Rust, SQLite and PostgreSQL. Shown as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point `micros` microseconds after the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads RFC 3339 with any offset; `None` when `text` is not that, or lies outside the years 0 to 9999.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).ok().map(Self)
    }

    /// RFC 3339 in UTC without a fraction, `2026-11-22T10:15:00Z`, rounded down.
    #[must_use]
    pub fn whole_seconds(self) -> String {
        let whole = Self(self.seconds().saturating_mul(1_000_000)).to_string();
        whole.replacen(".000Z", "Z", 1)
    }

    /// This point moved on by `span`; the last representable one when that lies beyond it.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This point moved back by `span`; the first representable one when that lies before it.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this point, zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<i64> for Timestamp {
    fn from(micros: i64) -> Self {
        Self(micros)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Milliseconds are enough for a reader, and a fixed width keeps columns aligned.
        let Ok(at) = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000) else {
            return write!(f, "{} microseconds since 1970", self.0);
        };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

/// Tells the time. The program hands in the system's clock, a test its own, the sandbox one that can be turned.
pub trait Clock: Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_rfc3339() {
        let at = Timestamp::parse_rfc3339("2026-11-21T13:40:14.5+02:00").unwrap();
        assert_eq!(at.to_string(), "2026-11-21T11:40:14.500Z");
        assert_eq!(Timestamp::parse_rfc3339(&at.to_string()), Some(at));
        assert_eq!(Timestamp::parse_rfc3339("2026-11-21"), None);
        assert_eq!(at.whole_seconds(), "2026-11-21T11:40:14Z");
    }

    #[test]
    fn moves_and_measures_without_overflow() {
        let at = Timestamp::from_micros(10);
        assert_eq!(at.after(Duration::from_secs(1)).since(at), Duration::from_secs(1));
        assert_eq!(at.since(at.after(Duration::from_secs(1))), Duration::ZERO);
        assert_eq!(at.after(Duration::MAX), Timestamp::from_micros(i64::MAX));
        assert_eq!(at.after(Duration::MAX).to_string(), "9223372036854775807 microseconds since 1970");
    }
}
