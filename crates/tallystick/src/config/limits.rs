//! `[limits]`: how much one caller may ask for, and who may call from where.

use http::HeaderValue;
use http_kit::HttpSettings;
use http_kit::client_address::TrustedProxies;

use super::ConfigError;
use super::error::at_least_one;
use super::list::{Networks, Origins};
use super::rate::Rate;
use super::section::section;
use super::size::Size;
use super::span::Span;

section! {
    /// How much one caller may ask for, and who may call from where.
    Limits, LimitsLayer, "limits";

    /// Requests a second of one key, with the burst that may come at once: `50/100`, or `off`
    rate_limit ["TALLYSTICK_RATE_LIMIT", "off|RATE[/BURST]"]: Rate = defaults().key_rate.into();

    /// Requests a second with a wrong key from one address, with the burst, or `off`
    failure_rate_limit ["TALLYSTICK_FAILURE_RATE_LIMIT", "off|RATE[/BURST]"]: Rate = defaults().failure_rate.into();

    /// How often a second credentials are shown to one partner, with the burst, or `off`
    credentials_rate_limit ["TALLYSTICK_CREDENTIALS_RATE_LIMIT", "off|RATE[/BURST]"]: Rate =
        defaults().credentials_rate.into();

    /// The largest body of a request. A larger one is answered 413. An invoice may hold files, and always has 15 MiB
    body_limit ["TALLYSTICK_BODY_LIMIT", "SIZE"]: Size = Size(defaults().body_limit);

    /// How long a request may take. A longer one is answered 503
    request_timeout ["TALLYSTICK_REQUEST_TIMEOUT", "SPAN"]: Span = Span(defaults().deadline);

    /// Networks of the reverse proxies whose `X-Forwarded-For` is believed, separated by commas
    trusted_proxies ["TALLYSTICK_TRUSTED_PROXIES", "NETWORKS"]: Networks = Networks::default();

    /// Origins whose pages may call the API (CORS), separated by commas. Empty: none
    cors_origins ["TALLYSTICK_CORS_ORIGINS", "ORIGINS"]: Origins = Origins::default();

    /// Whether answers are compressed for callers who take that
    compression ["TALLYSTICK_COMPRESSION", "true|false"]: bool = defaults().compression;
}

/// The HTTP side's own defaults, so that they stand in one place.
fn defaults() -> HttpSettings {
    HttpSettings::default()
}

impl Limits {
    /// Refuses values that would refuse every request.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        at_least_one("body-limit", self.body_limit.0)?;
        at_least_one("request-timeout", usize::from(!self.request_timeout.0.is_zero()))
    }

    /// The settings of the HTTP side, but for `tls`, which is not of this section.
    #[must_use]
    pub fn http(&self) -> HttpSettings {
        // Every origin was checked to be a visible ASCII text when it was read.
        let origins = self.cors_origins.0.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
        HttpSettings {
            body_limit: self.body_limit.0,
            deadline: self.request_timeout.0,
            key_rate: self.rate_limit.limit(),
            failure_rate: self.failure_rate_limit.limit(),
            credentials_rate: self.credentials_rate_limit.limit(),
            trusted_proxies: TrustedProxies::new(self.trusted_proxies.0.clone()),
            cors_origins: origins.collect(),
            tls: false,
            compression: self.compression,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_lifts_the_limit() {
        let limits = Limits { rate_limit: "off".parse().unwrap(), ..Limits::default() };
        assert_eq!(limits.http().key_rate, None);
        assert_eq!(Limits::default().http().key_rate, HttpSettings::default().key_rate);
    }
}
