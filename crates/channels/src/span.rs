//! Spans of time in the configuration: `500ms`, `30s`, `15m`, `24h`, `7d`.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::ConfigFault;

/// Reads one.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| {
        serde::de::Error::custom(format!("`{text}` is no span of time: write it like 500ms, 30s, 15m, 24h or 7d"))
    })
}

/// Refuses a span of nothing, which would leave no time for what is waited for, or no pause where there must be one.
pub(crate) fn at_least_some(setting: &str, span: Duration) -> Result<(), ConfigFault> {
    if span.is_zero() {
        return Err(ConfigFault::new(setting, "must be longer than 0: write a span such as 30s"));
    }
    Ok(())
}

fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_with_a_unit() {
        for (text, millis) in
            [("0s", 0), ("500ms", 500), ("30s", 30_000), ("15m", 900_000), ("24h", 86_400_000), ("7d", 604_800_000)]
        {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for wrong in ["", "30", "s", "-1s", "1.5s", "30 s", "99999999999999999999s", "99999999999999999d"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
