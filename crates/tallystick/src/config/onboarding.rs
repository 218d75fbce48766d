//! `[onboarding]`: manual onboarding, and notices of keys that will expire.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::ConfigError;
use super::section::section;
use super::span::Span;
use super::text::from_text;

section! {
    /// Manual onboarding, and notices of keys that will expire.
    Onboarding, OnboardingLayer, "onboarding";

    /// Where the server is reached from outside, such as `https://partner.example.com`: one-time links begin with it
    public_url ["TALLYSTICK_PUBLIC_URL", "URL"]: PublicUrl;

    /// The public form of the deployment request at /onboarding/request: `off` or `on`
    deployment_form ["TALLYSTICK_DEPLOYMENT_FORM", "off|on"]: Switch = Switch::Off;

    /// How long the one-time link to the credentials of an approved client works
    credentials_link_lifetime ["TALLYSTICK_CREDENTIALS_LINK_LIFETIME", "SPAN"]: Span =
        Span(service::Settings::default().credentials_link_lifetime);

    /// How long before a key expires its client is told by mail, and its partner by webhook: `off`, or spans such as `30d,7d,1d`
    expiry_notice ["TALLYSTICK_EXPIRY_NOTICE", "off|SPAN,…"]: LeadTimes = LeadTimes::default();
}

/// The longest time ahead of which a notice is sent.
const LONGEST_LEAD: Duration = Duration::from_secs(366 * 24 * 3600);

impl Onboarding {
    /// Refuses what can't be done.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.credentials_link_lifetime.0.is_zero() {
            return Err(ConfigError::invalid(
                "credentials-link-lifetime",
                "a link that lives 0 can't be opened".to_owned(),
            ));
        }
        Ok(())
    }
}

/// `off` or `on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// It is not there.
    #[default]
    Off,
    /// It is there.
    On,
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub const fn is_on(self) -> bool {
        matches!(self, Self::On)
    }
}

impl FromStr for Switch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "on" => Ok(Self::On),
            other => Err(format!("`{other}` is neither `off` nor `on`")),
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_on() { "on" } else { "off" })
    }
}

from_text!(Switch);

/// `off`, or how long ahead, once for each span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadTimes(pub Vec<Span>);

impl FromStr for LeadTimes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self::default());
        }
        let spans = text.split(',').map(|span| {
            let span: Span = span.trim().parse()?;
            if span.0.is_zero() || span.0 > LONGEST_LEAD {
                return Err(format!("`{span}` is no time ahead: write spans up to 366d, such as 30d,7d,1d"));
            }
            Ok(span)
        });
        spans.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for LeadTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("off");
        }
        for (i, span) in self.0.iter().enumerate() {
            write!(f, "{}{span}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

from_text!(LeadTimes);

/// An http(s) address without a query: what paths are added to. Without the slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(pub String);

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let plain = |rest: &str| {
            !rest.is_empty()
                && !rest.starts_with(['/', ':'])
                && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\"'<>\\".contains(&byte))
        };
        match rest {
            Some(rest) if plain(rest) => Ok(Self(text.trim_end_matches('/').to_owned())),
            _ => Err(format!("`{text}` is no address: write https://HOST, perhaps with a port or a path")),
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

from_text!(PublicUrl);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lead_times_are_off_or_spans() {
        assert_eq!("off".parse(), Ok(LeadTimes::default()));
        assert_eq!("30d, 7d,1d".parse::<LeadTimes>().unwrap().to_string(), "30d,7d,1d");
        for wrong in ["", "0", "on", "30d,", "400d"] {
            assert!(wrong.parse::<LeadTimes>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_public_address_has_a_scheme_and_a_host() {
        assert_eq!("https://a.example/".parse(), Ok(PublicUrl("https://a.example".into())));
        assert_eq!(
            "http://127.0.0.1:8080/base".parse::<PublicUrl>().unwrap().to_string(),
            "http://127.0.0.1:8080/base"
        );
        for wrong in ["a.example", "https://", "https:///x", "ftp://a", "https://a?b", "https://u@a", "https://a b"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }
}
