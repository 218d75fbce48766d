//! How a client of the point-of-sale API is put together.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::client::{PosClient, Settings};
use super::closed::{Lang, Scope};
use crate::api_key::Secret;
use crate::builder::BuildError;
use crate::endpoint::Endpoint;
use crate::wire::{WireSettings, wire_settings};

/// Where the API is unless the operator chose another place, and its newer version.
const PREFIXES: [&str; 2] = ["/flexiti/pos-api/v2.5", "/flexiti/pos-api/v2.5.1"];

/// Puts a [`PosClient`] together. Every setting but the credentials has a default.
pub struct PosBuilder {
    base_url: String,
    prefix: Option<String>,
    credentials: Option<(String, Secret)>,
    scope: Scope,
    lang: Lang,
    refresh_threshold: Duration,
    refresh_leeway: Duration,
    wire: WireSettings,
}

impl PosBuilder {
    pub(super) fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            prefix: None,
            credentials: None,
            scope: Scope::default(),
            lang: Lang::default(),
            refresh_threshold: Duration::from_secs(60),
            refresh_leeway: Duration::from_secs(10),
            wire: WireSettings::default(),
        }
    }

    /// `client_id` and `client_secret` of the merchant.
    #[must_use]
    pub fn credentials(mut self, client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Self {
        self.credentials = Some((client_id.into(), client_secret.into()));
        self
    }

    /// What the tokens may be used for. Default: [`Scope::Merchant`].
    #[must_use]
    pub const fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// The language of every text that a person reads, errors included. Default: [`Lang::English`]. A flow may have another:
    /// [`Flow::in_language`](super::Flow::in_language).
    #[must_use]
    pub const fn language(mut self, lang: Lang) -> Self {
        self.lang = lang;
        self
    }

    /// Where the API is below the base URL: the server's `pos-prefix`. Default: `/flexiti/pos-api/v2.5`. A base URL that ends with the
    /// prefix, or with `/flexiti/pos-api/v2.5.1`, is taken as it is.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// How long before its expiry a token is refreshed. Default: 60 s. With as much as a token lives, 1200 s, each call would refresh it.
    #[must_use]
    pub const fn refresh_threshold(mut self, threshold: Duration) -> Self {
        self.refresh_threshold = threshold;
        self
    }

    /// For how long the server gives the same pair for the same refresh token: its `refresh-leeway`. Later, and in its last
    /// second, a refresh is not repeated; that of a user only when the token is about to expire. Default: 10 s.
    #[must_use]
    pub const fn refresh_leeway(mut self, leeway: Duration) -> Self {
        self.refresh_leeway = leeway;
        self
    }

    wire_settings!();

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When the base URL or the credentials cannot be used, or TLS cannot be set up.
    pub fn build(self) -> Result<PosClient, BuildError> {
        let endpoint = match &self.prefix {
            Some(prefix) => {
                let prefix = format!("/{}", prefix.trim_matches('/'));
                Endpoint::below(&self.base_url, &[&prefix])
            }
            None => Endpoint::below(&self.base_url, &PREFIXES),
        };
        let endpoint = endpoint.map_err(|error| BuildError::BaseUrl { reason: error.to_string() })?;
        let (client_id, client_secret) = self.credentials.ok_or(BuildError::NoCredentials)?;
        if !is_client_id(&client_id) {
            return Err(BuildError::ClientId);
        }
        let settings = Settings {
            client_id,
            client_secret,
            scope: self.scope,
            lang: self.lang,
            refresh_threshold: self.refresh_threshold,
            refresh_leeway: self.refresh_leeway,
        };
        let wire = self.wire.connect(endpoint, "application/json")?;
        Ok(PosClient::new(Arc::new(wire), settings))
    }
}

/// Whether it is one that the server gives or takes: it stands in paths as it is.
fn is_client_id(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*,;=@".contains(&byte);
    !text.is_empty() && text.bytes().all(fits) && !matches!(text, "." | "..")
}

impl fmt::Debug for PosBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL is left out: it has not been checked for a password yet.
        f.debug_struct("PosBuilder")
            .field("scope", &self.scope)
            .field("time_limit", &self.wire.time_limit)
            .field("retry", &self.wire.retry)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_missing_without_showing_it() {
        let builder = || PosClient::builder("http://127.0.0.1:1");
        assert!(matches!(builder().build(), Err(BuildError::NoCredentials)));
        for wrong in ["", ".", "..", "a/b", "a b", "a%2e", "é", "a?b"] {
            let error = builder().credentials(wrong, "opensesame").build().unwrap_err();
            assert!(matches!(error, BuildError::ClientId), "{wrong}: {error}");
            assert!(!format!("{error} {error:?}").contains("opensesame"));
        }
        let builder = PosClient::builder("http://me:hunter2@127.0.0.1:1").credentials("shop", "opensesame");
        let mut shown = format!("{builder:?}");
        shown += &format!("{:?}", builder.build().unwrap_err());
        assert!(!shown.contains("hunter2") && !shown.contains("opensesame"), "{shown}");
    }

    #[test]
    fn the_prefix_is_appended_once() {
        let at = |base: &str, prefix: Option<&str>| {
            let builder = PosClient::builder(base).credentials("shop", "opensesame");
            let builder = match prefix {
                Some(prefix) => builder.prefix(prefix),
                None => builder,
            };
            format!("{:?}", builder.build().unwrap())
        };
        for (base, prefix, expected) in [
            ("http://a:1", None, "\"http://a:1/flexiti/pos-api/v2.5\""),
            ("http://a:1/flexiti/pos-api/v2.5/", None, "\"http://a:1/flexiti/pos-api/v2.5\""),
            ("http://a:1/flexiti/pos-api/v2.5.1", None, "\"http://a:1/flexiti/pos-api/v2.5.1\""),
            ("http://a:1/base", None, "\"http://a:1/base/flexiti/pos-api/v2.5\""),
            ("http://a:1", Some("/pos/v2.5"), "\"http://a:1/pos/v2.5\""),
            ("http://a:1/pos/v2.5", Some("pos/v2.5/"), "\"http://a:1/pos/v2.5\""),
        ] {
            let shown = at(base, prefix);
            assert!(shown.contains(expected), "{base} {prefix:?}: {shown}");
        }
    }
}
