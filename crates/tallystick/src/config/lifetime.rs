//! How long something lives: a span of time, or for ever.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::span::Span;

/// `never` (it does not expire), or the span after which it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It does not expire.
    Never,
    /// It expires this long after it was made.
    After(Span),
}

impl Lifetime {
    /// The span; `None` when it does not expire.
    #[must_use]
    pub const fn duration(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::After(span) => Some(span.0),
        }
    }
}

impl From<Option<Duration>> for Lifetime {
    fn from(span: Option<Duration>) -> Self {
        span.map_or(Self::Never, |span| Self::After(Span(span)))
    }
}

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self::Never);
        }
        match text.parse() {
            Ok(Span(Duration::ZERO)) => Err("a lifetime of 0 would make nothing usable: write `never` or 90d".into()),
            Ok(span) => Ok(Self::After(span)),
            Err(_) => Err(format!("`{text}` is no lifetime: write `never`, or a span such as 90d")),
        }
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::After(span) => span.fmt(f),
        }
    }
}

super::text::from_text!(Lifetime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_never_and_spans() {
        assert_eq!("never".parse(), Ok(Lifetime::Never));
        assert_eq!("90d".parse::<Lifetime>().unwrap().duration(), Some(Duration::from_secs(90 * 86_400)));
        assert!("0".parse::<Lifetime>().is_err());
        assert!("soon".parse::<Lifetime>().is_err());
    }
}
