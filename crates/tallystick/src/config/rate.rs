//! The rate limit of one caller.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use http_kit::rate_limit;

/// `off`, or requests a second, with the burst that may come at once behind a slash: `50/100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// No limit: for benchmarks.
    Off,
    /// A limit.
    Limit(rate_limit::Rate),
}

impl Rate {
    /// The limit, when there is one.
    #[must_use]
    pub const fn limit(self) -> Option<rate_limit::Rate> {
        match self {
            Self::Off => None,
            Self::Limit(rate) => Some(rate),
        }
    }
}

impl From<Option<rate_limit::Rate>> for Rate {
    fn from(rate: Option<rate_limit::Rate>) -> Self {
        rate.map_or(Self::Off, Self::Limit)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let fault = || format!("`{text}` is no rate: write `off`, requests a second, or with a burst such as 50/100");
        let number = |text: &str| text.parse::<NonZeroU32>().map_err(|_| fault());
        let (per_second, burst) = match text.split_once('/') {
            Some((per_second, burst)) => (number(per_second)?, number(burst)?),
            None => (number(text)?, number(text)?),
        };
        Ok(Self::Limit(rate_limit::Rate { per_second, burst }))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Limit(rate) => write!(f, "{}/{}", rate.per_second, rate.burst),
        }
    }
}

super::text::from_text!(Rate);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_off_a_rate_and_a_rate_with_its_burst() {
        assert_eq!("off".parse(), Ok(Rate::Off));
        assert_eq!("50/100".parse::<Rate>().unwrap().to_string(), "50/100");
        assert_eq!("50".parse::<Rate>().unwrap().to_string(), "50/50");
        for text in ["", "0", "50/0", "-1", "50/s", "on"] {
            assert!(text.parse::<Rate>().unwrap_err().contains("50/100"), "{text}");
        }
    }
}
