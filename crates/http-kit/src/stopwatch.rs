//! The one place that measures time: for limits and durations, which must not move when the clock is turned.

use std::time::{Duration, Instant};

/// The time to measure by.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "limits and durations need a clock that never goes back")]
    Instant::now()
}

/// A span in whole microseconds, for logs.
pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
