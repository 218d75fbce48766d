//! Websites: an http(s) URL or a bare host name.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// The most characters of a website.
pub const LONGEST: usize = 2048;

/// An http(s) URL or a bare host name, kept as sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Website(String);

stored_text!(Website);

/// What is wrong with a website.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebsiteFault {
    /// It is neither a URL nor a host name.
    #[error("The website is not valid: write it like https://www.example.fi/ or www.example.fi")]
    Format,
    /// It is longer than it may be.
    #[error("The website may have {LONGEST} characters at most: use a shorter address")]
    TooLong,
}

impl Coded for WebsiteFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "website_format",
            Self::TooLong => "too_long",
        }
    }
}

impl Website {
    /// Reads a URL of the scheme http or https, without a user name in it, or a host name of two labels or more.
    ///
    /// # Errors
    /// [`WebsiteFault`], when it is neither, or is longer than 2048 characters.
    pub fn parse(text: &str) -> Result<Self, WebsiteFault> {
        if text.chars().nth(LONGEST).is_some() {
            return Err(WebsiteFault::TooLong);
        }
        let fits = match without_scheme(text) {
            Some(rest) => is_url_rest(rest),
            None => is_host_name(text) && text.contains('.') && !ends_in_number(text),
        };
        if fits { Ok(Self(text.to_owned())) } else { Err(WebsiteFault::Format) }
    }
}

/// What follows `http://` or `https://`, in either case.
fn without_scheme(text: &str) -> Option<&str> {
    ["https://", "http://"].into_iter().find_map(|scheme| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

/// Whether `rest` can follow the scheme: a host, perhaps a port, perhaps a path and more.
fn is_url_rest(rest: &str) -> bool {
    // A backslash is taken as a slash by browsers, so that the host would not be the one seen here.
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c);
    if rest.contains(odd) {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if let Some(literal) = authority.strip_prefix('[') {
        return literal
            .split_once(']')
            .is_some_and(|(address, port)| address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port)));
    }
    let (host, port) = authority.find(':').map_or((authority, ""), |colon| authority.split_at(colon));
    (port.is_empty() || is_port(port))
        && is_host_name(host)
        && (!ends_in_number(host) || host.parse::<Ipv4Addr>().is_ok())
}

/// Whether `text` is a colon and a port.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|number| number > 0)
    })
}

/// Whether `host` is made of labels as in RFC 1123 section 2.1, or of such with letters beyond ASCII (RFC 5890).
fn is_host_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Whether the last label is a number, as of an IPv4 address.
fn ends_in_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or(host);
    last.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_urls_and_host_names() {
        for text in [
            "https://www.example.fi",
            "http://example.fi/",
            "HTTPS://Example.fi/a/b?c=d&e=%20#f",
            "https://example.fi:8443/x",
            "https://example.fi?x",
            "http://localhost:8080/",
            "http://192.0.2.1/",
            "http://[2001:db8::1]:80/",
            "https://www.älykoti.fi/ä",
            "www.example.fi",
            "example.fi.",
            "xn--lykoti-bua.fi",
        ] {
            assert_eq!(Website::parse(text).as_ref().map(Website::as_str), Ok(text));
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "example",
            "not a url",
            "ftp://example.fi",
            "javascript:alert(1)",
            "//example.fi",
            "https://",
            "https:///path",
            "https://example..fi",
            "https://-example.fi",
            "https://user:password@example.fi",
            "https://example.fi:0",
            "https://example.fi:99999",
            "https://example.fi:+80",
            "https://example.fi:",
            "https://exa mple.fi",
            "https://example.fi/a b",
            "https://example.fi/\"><script>",
            "https://good.fi\\@bad.fi",
            "https://192.0.2.999/",
            "https://[::1",
            "https://example.fi/\0",
            "example.fi/path",
            "example.fi:80",
            "192.0.2.1",
            "a_b.fi",
            "example.fi\n",
            "\u{202e}example.fi",
        ] {
            assert_eq!(Website::parse(text), Err(WebsiteFault::Format), "{text:?}");
        }
        assert_eq!(Website::parse(&format!("https://a.fi/{}", "a".repeat(2048))), Err(WebsiteFault::TooLong));
    }

    proptest! {
        #[test]
        fn never_takes_what_could_leave_an_attribute(start in "(https?://)?", rest in any::<String>()) {
            if let Ok(website) = Website::parse(&format!("{start}{rest}")) {
                prop_assert!(!website.as_str().contains(|c: char| c.is_whitespace() || c.is_control() || "\"<>\\".contains(c)));
            }
        }

        #[test]
        fn takes_any_host_of_plain_labels(text in "(https?://)?([a-z0-9]{1,20}\\.){1,4}[a-z]{2,10}") {
            prop_assert!(Website::parse(&text).is_ok());
        }
    }
}
