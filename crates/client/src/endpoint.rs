//! Where the API is.

use std::net::IpAddr;

use reqwest::Url;

/// The path of the Partner API below the base URL.
const PREFIX: &str = "/api/v1/partner";

/// The address of one API of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint(Url);

/// What is wrong with a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EndpointError {
    #[error("it is no absolute URL")]
    Form,
    #[error("its scheme must be http or https")]
    Scheme,
    #[error("it must have no user, password, query or fragment")]
    Extra,
}

impl Endpoint {
    /// Reads a base URL: with or without a trailing slash, a path in front (behind a proxy), or the documented `/api/v1/partner`.
    pub(crate) fn parse(text: &str) -> Result<Self, EndpointError> {
        Self::below(text, &[PREFIX])
    }

    /// Reads a base URL that ends in one of these prefixes, or below which the first of them is meant.
    pub(crate) fn below(text: &str, prefixes: &[&str]) -> Result<Self, EndpointError> {
        let mut url = Url::parse(text).map_err(|_| EndpointError::Form)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointError::Scheme);
        }
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::Extra);
        }
        let path = url.path().trim_end_matches('/');
        let is_there = prefixes.iter().any(|prefix| path.ends_with(prefix));
        let missing = if is_there { "" } else { prefixes.first().copied().unwrap_or_default() };
        url.set_path(&format!("{path}{missing}"));
        Ok(Self(url))
    }

    /// The address of one call; `path` starts with a slash.
    pub(crate) fn at(&self, path: &str, query: &[(&str, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Where a well-known document about this address stands: its name before the whole path (RFC 8414 section 3.1).
    pub(crate) fn well_known(&self, name: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("/.well-known/{name}{}", self.0.path()));
        url
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether keys would cross a network in clear.
    pub(crate) fn is_exposed(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        !self.is_https() && host != "localhost" && !address.is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appends_the_prefix_once() {
        for (base, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/api/v1/partner/client"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/api/v1/partner/client"),
            ("https://example.com/tally/", "https://example.com/tally/api/v1/partner/client"),
            ("https://example.com/api/v1/partner", "https://example.com/api/v1/partner/client"),
            ("https://example.com/api/v1/partner/", "https://example.com/api/v1/partner/client"),
        ] {
            assert_eq!(Endpoint::parse(base).unwrap().at("/client", &[]).as_str(), expected);
        }
    }

    #[test]
    fn refuses_what_is_no_base_url() {
        for (base, error) in [
            ("", EndpointError::Form),
            ("127.0.0.1:8080", EndpointError::Form),
            ("localhost:8080", EndpointError::Scheme),
            ("ftp://example.com", EndpointError::Scheme),
            ("https://user:password@example.com", EndpointError::Extra),
            ("https://example.com/?a=b", EndpointError::Extra),
            ("https://example.com/#a", EndpointError::Extra),
        ] {
            assert_eq!(Endpoint::parse(base), Err(error), "{base}");
        }
    }

    #[test]
    fn a_well_known_document_stands_before_the_whole_path() {
        let at = |base: &str| Endpoint::below(base, &["/pos/v2"]).unwrap().well_known("oauth-authorization-server");
        assert_eq!(at("http://a:1").as_str(), "http://a:1/.well-known/oauth-authorization-server/pos/v2");
        assert_eq!(at("http://a:1/base/").as_str(), "http://a:1/.well-known/oauth-authorization-server/base/pos/v2");
    }

    #[test]
    fn knows_where_a_key_would_travel_in_clear() {
        for (base, exposed) in [
            ("http://127.0.0.1:8080", false),
            ("http://[::1]:8080", false),
            ("http://localhost", false),
            ("https://example.com", false),
            ("http://example.com", true),
            ("http://192.0.2.1", true),
        ] {
            assert_eq!(Endpoint::parse(base).unwrap().is_exposed(), exposed, "{base}");
        }
    }
}
