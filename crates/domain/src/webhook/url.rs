//! The address of an endpoint.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use super::Reach;
use crate::Environment;

/// The most characters of an address.
pub const LONGEST: usize = 2048;

/// An address that webhooks may be sent to, in its normal form. Where its host is a name, what that name stands for is looked at each time
/// something is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointUrl(Url);

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlFault {
    /// It is no address.
    #[error("The URL is not valid: write it like https://example.com/webhooks")]
    Format,
    /// It is longer than it may be.
    #[error("The URL may have {LONGEST} characters at most: use a shorter one")]
    TooLong,
    /// It would be sent in clear.
    #[error("The URL must begin with https://; http:// is for sandbox only")]
    Scheme,
    /// It has a user name or a password.
    #[error("The URL must have no user name or password: the signature tells who sends")]
    UserInfo,
    /// It has a fragment.
    #[error("The URL must have no fragment: leave out # and what follows")]
    Fragment,
    /// Its host is an address that webhooks may not go to.
    #[error(
        "The URL leads into the operator's network: use a public address, or see webhook-allowed-networks and webhook-denied-networks"
    )]
    Inner,
}

impl UrlFault {
    /// What is wrong, stable, in snake case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Format => "url_format",
            Self::TooLong => "too_long",
            Self::Scheme => "url_scheme",
            Self::UserInfo => "url_user_info",
            Self::Fragment => "url_fragment",
            Self::Inner => "url_inner_network",
        }
    }
}

impl EndpointUrl {
    /// Reads an address of the scheme https; http as well in sandbox.
    ///
    /// # Errors
    /// [`UrlFault`], when it is none that webhooks may be sent to.
    pub fn parse(text: &str, environment: Environment, reach: &Reach) -> Result<Self, UrlFault> {
        if text.len() > LONGEST {
            return Err(UrlFault::TooLong);
        }
        let url = Url::parse(text).map_err(|_| UrlFault::Format)?;
        match url.scheme() {
            "https" => {}
            "http" if environment == Environment::Sandbox => {}
            "http" => return Err(UrlFault::Scheme),
            _ => return Err(UrlFault::Format),
        }
        if url.host().is_none() || url.port() == Some(0) {
            return Err(UrlFault::Format);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlFault::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(UrlFault::Fragment);
        }
        if address(&url).is_some_and(|address| !reach.has(address)) {
            return Err(UrlFault::Inner);
        }
        // The normal form may be longer: other letters than those of ASCII are three octets each, written out.
        if url.as_str().len() > LONGEST {
            return Err(UrlFault::TooLong);
        }
        Ok(Self(url))
    }

    /// Its host and port, without what may be a secret of the receiver's.
    #[must_use]
    pub fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }
}

/// The address that a URL names without a name.
#[must_use]
pub fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, environment: Environment) -> Result<String, UrlFault> {
        EndpointUrl::parse(text, environment, &Reach::default()).map(|url| url.to_string())
    }

    #[test]
    fn an_address_of_the_internet_is_taken() {
        for (text, normal) in [
            ("https://example.com", "https://example.com/"),
            ("https://Example.com:443/a?b=c", "https://example.com/a?b=c"),
            ("https://m\u{e4}kinen.example/hook", "https://xn--mkinen-bua.example/hook"),
            ("https://1.1.1.1/hook", "https://1.1.1.1/hook"),
            ("https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443/"),
        ] {
            assert_eq!(parse(text, Environment::Production).as_deref(), Ok(normal), "{text}");
        }
        assert!(parse("http://example.com/", Environment::Sandbox).is_ok());
    }

    #[test]
    fn any_other_is_refused_with_its_reason() {
        for (text, fault) in [
            ("", UrlFault::Format),
            ("example.com/hook", UrlFault::Format),
            ("ftp://example.com/", UrlFault::Format),
            ("file:///etc/passwd", UrlFault::Format),
            ("https://", UrlFault::Format),
            ("https://example.com:0/", UrlFault::Format),
            ("https://[fe80::1%25eth0]/", UrlFault::Format),
            ("http://example.com/", UrlFault::Scheme),
            ("https://user@example.com/", UrlFault::UserInfo),
            ("https://:secret@example.com/", UrlFault::UserInfo),
            ("https://example.com/#part", UrlFault::Fragment),
            ("https://127.0.0.1/", UrlFault::Inner),
            ("https://0x7f.1/", UrlFault::Inner),
            ("https://2130706433/", UrlFault::Inner),
            ("https://[::1]/", UrlFault::Inner),
            ("https://[::ffff:10.0.0.1]/", UrlFault::Inner),
            ("https://169.254.169.254/latest/meta-data", UrlFault::Inner),
        ] {
            assert_eq!(parse(text, Environment::Production), Err(fault), "{text}");
        }
        assert_eq!(
            parse(&format!("https://example.com/{}", "a".repeat(LONGEST)), Environment::Production),
            Err(UrlFault::TooLong)
        );
        assert_eq!(
            parse(&format!("https://example.com/{}", "\u{e4}".repeat(700)), Environment::Production),
            Err(UrlFault::TooLong)
        );
    }

    #[test]
    fn the_operator_may_allow_a_network_of_its_own() {
        let reach = Reach::new(vec!["127.0.0.1/32".parse().unwrap()]);
        let url = EndpointUrl::parse("http://127.0.0.1:8080/hook?token=1", Environment::Sandbox, &reach).unwrap();
        assert_eq!(url.host(), "127.0.0.1:8080");
        assert!(EndpointUrl::parse("http://127.0.0.2/", Environment::Sandbox, &reach).is_err());
    }
}
