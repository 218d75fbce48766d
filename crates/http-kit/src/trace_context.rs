//! W3C Trace Context, level 1: the header `traceparent`.

use std::fmt;

use http::HeaderMap;

const HEADER: &str = "traceparent";

/// The length of a version 00 header: `00-` + 32 + `-` + 16 + `-` + 2.
const LENGTH: usize = 55;

/// The identifier of the trace that a request belongs to: 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId([u8; 32]);

impl TraceId {
    /// The caller's trace, when there is one `traceparent` that is right in every part. A higher version may have more parts at the end.
    #[must_use]
    pub fn given(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(HEADER).iter();
        let value = values.next()?;
        if values.next().is_some() {
            return None;
        }
        Self::parse(value.as_bytes())
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let (known, further) = value.split_at_checked(LENGTH)?;
        let (version, trace, parent, flags) = (&known[..2], &known[3..35], &known[36..52], &known[53..]);
        let hex = |part: &[u8]| part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let some = |part: &[u8]| part.iter().any(|byte| *byte != b'0');
        let separated = [known[2], known[35], known[52]] == *b"---";
        let ends = further.is_empty() || (version != b"00" && further[0] == b'-');
        let right = separated
            && ends
            && [version, trace, parent, flags].into_iter().all(hex)
            && version != b"ff"
            && some(trace)
            && some(parent);
        if right { trace.try_into().ok().map(Self) } else { None }
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.0).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<String> {
        TraceId::parse(text.as_bytes()).map(|id| id.to_string())
    }

    #[test]
    fn takes_the_trace_of_a_right_header() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for right in [
            format!("00-{trace}-00f067aa0ba902b7-01"),
            format!("01-{trace}-00f067aa0ba902b7-00"),
            format!("cc-{trace}-00f067aa0ba902b7-01-what-comes"),
        ] {
            assert_eq!(parse(&right).as_deref(), Some(trace), "{right}");
        }
    }

    #[test]
    fn passes_over_every_other() {
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
