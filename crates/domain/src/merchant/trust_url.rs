//! The trust URL: the origin of a merchant's web shop. The widget may be framed by it only, and reports to it only.

use url::{Host, Url};

use crate::Environment;
use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// The most characters of a trust URL.
const LONGEST: usize = 300;

/// An origin as browsers write it (RFC 6454 section 6.2): `https://shop.example`, `https://shop.example:8443`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrustUrl(String);

stored_text!(TrustUrl);

/// What is wrong with a trust URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustUrlFault {
    /// It is no URL with a host.
    #[error("The trust URL is not valid: write it like https://shop.example")]
    Format,
    /// It is longer than it may be.
    #[error("The trust URL may have {LONGEST} characters at most: use a shorter one")]
    TooLong,
    /// It has another scheme.
    #[error("The trust URL must begin with https://; http:// is taken in sandbox only, for this machine itself")]
    Scheme,
    /// It has a user name or a password.
    #[error("The trust URL must have no user name or password")]
    UserInfo,
    /// It is more than an origin.
    #[error("The trust URL is an origin: leave out the slash at the end, and path, query and fragment")]
    Origin,
}

impl Coded for TrustUrlFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "url_format",
            Self::TooLong => "too_long",
            Self::Scheme => "url_scheme",
            Self::UserInfo => "url_user_info",
            Self::Origin => "origin_format",
        }
    }
}

impl TrustUrl {
    /// Reads an origin of the scheme https; in sandbox also http, of a host that is this machine itself.
    ///
    /// # Errors
    /// [`TrustUrlFault`].
    pub fn parse(text: &str, environment: Environment) -> Result<Self, TrustUrlFault> {
        if text.len() > LONGEST {
            return Err(TrustUrlFault::TooLong);
        }
        // The parser passes over these, and takes a backslash for a slash.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(TrustUrlFault::Format);
        }
        let url = Url::parse(text).map_err(|_| TrustUrlFault::Format)?;
        if url.host_str().is_none_or(str::is_empty) || url.port() == Some(0) {
            return Err(TrustUrlFault::Format);
        }
        match url.scheme() {
            "https" => {}
            "http" if environment == Environment::Sandbox && is_loopback(&url) => {}
            _ => return Err(TrustUrlFault::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
            return Err(TrustUrlFault::UserInfo);
        }
        // The text itself, because the parser takes away what leads nowhere: a dot in the path, a slash too few.
        let (_, authority) = text.split_once("://").ok_or(TrustUrlFault::Format)?;
        if authority.contains(['/', '?', '#']) {
            return Err(TrustUrlFault::Origin);
        }
        let origin = url.origin().ascii_serialization();
        // Letters beyond those of ASCII are longer there. A wildcard or a quote would mean something in a Content-Security-Policy.
        if origin.len() > LONGEST {
            return Err(TrustUrlFault::TooLong);
        }
        if origin.contains(['*', '\'', '"', ';', ',']) {
            return Err(TrustUrlFault::Format);
        }
        Ok(Self(origin))
    }

    /// An origin that was kept.
    #[must_use]
    pub const fn of_stored(origin: String) -> Self {
        Self(origin)
    }
}

/// Whether the host is this machine itself, whatever its names say: <https://www.rfc-editor.org/rfc/rfc6761#section-6.3>.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Environment::{Production, Sandbox};

    #[test]
    fn takes_origins_in_their_one_form() {
        for (text, origin) in [
            ("https://shop.example", "https://shop.example"),
            ("HTTPS://Shop.Example:443", "https://shop.example"),
            ("https://shop.example:8443", "https://shop.example:8443"),
            ("https://boutique-été.example", "https://xn--boutique-t-59ag.example"),
            ("https://192.0.2.1", "https://192.0.2.1"),
        ] {
            let parsed = TrustUrl::parse(text, Production);
            assert!(parsed.is_ok(), "{text}: {parsed:?}");
            if text.is_ascii() {
                assert_eq!(parsed.unwrap().as_str(), origin);
            } else {
                assert!(parsed.unwrap().as_str().starts_with("https://xn--"));
            }
        }
        for text in ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:3000", "http://shop.localhost"] {
            assert_eq!(TrustUrl::parse(text, Sandbox).as_ref().map(TrustUrl::as_str), Ok(text));
            assert_eq!(TrustUrl::parse(text, Production), Err(TrustUrlFault::Scheme), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest_with_its_reason() {
        for (text, fault) in [
            ("", TrustUrlFault::Format),
            ("shop.example", TrustUrlFault::Format),
            ("https://", TrustUrlFault::Format),
            (" https://shop.example", TrustUrlFault::Format),
            ("https://shop.exa\nmple", TrustUrlFault::Format),
            ("https:\\\\shop.example", TrustUrlFault::Format),
            ("https://shop.example:0", TrustUrlFault::Format),
            ("https://*", TrustUrlFault::Format),
            ("http://shop.example", TrustUrlFault::Scheme),
            ("http://localhost.example", TrustUrlFault::Scheme),
            ("ftp://shop.example", TrustUrlFault::Scheme),
            ("https://user@shop.example", TrustUrlFault::UserInfo),
            ("https://@shop.example", TrustUrlFault::UserInfo),
            ("https://shop.example/", TrustUrlFault::Origin),
            ("https://shop.example/a", TrustUrlFault::Origin),
            ("https://shop.example?", TrustUrlFault::Origin),
            ("https://shop.example#", TrustUrlFault::Origin),
            ("https://shop.example/.", TrustUrlFault::Origin),
            ("https:///shop.example", TrustUrlFault::Origin),
            ("https:shop.example", TrustUrlFault::Format),
        ] {
            assert_eq!(TrustUrl::parse(text, Sandbox), Err(fault), "{text:?}");
        }
        let long = format!("https://{}.example", "a".repeat(300));
        assert_eq!(TrustUrl::parse(&long, Sandbox), Err(TrustUrlFault::TooLong));
    }

    proptest! {
        #[test]
        fn it_can_stand_in_a_policy(text in "https://[a-zA-Z0-9.*'\";,/@ -]{1,40}(:[0-9]{1,5})?") {
            if let Ok(url) = TrustUrl::parse(&text, Production) {
                prop_assert!(url.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-_~!$&()+=[]".contains(&byte)), "{}", url);
                prop_assert_eq!(TrustUrl::parse(url.as_str(), Production), Ok(url));
            }
        }
    }
}
